"""How well a colour is seen on another."""

from __future__ import annotations


def contrast(first: str, second: str) -> float:
    """Contrast of two colours: (L1 + 0.05) / (L2 + 0.05) of relative luminances.

    Source: WCAG 2.2, definition of contrast ratio.
    Args:
        first: a colour, #rrggbb.
        second: a colour, #rrggbb.
    Example:
        >>> round(contrast("#ffffff", "#000000"))
        21
    """
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    if len(colour) != 7 or not colour.startswith("#"):
        raise ValueError(f"colour={colour!r} is not of the form #rrggbb")
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
