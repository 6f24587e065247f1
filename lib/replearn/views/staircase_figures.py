"""Pictures of what a kernel has learnt of each degree, and of its spectrum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from replearn.views.drawing import need_columns, spread
from replearn.views.palette import MATPLOTLIB_MARKERS, ink, line_style
from replearn.views.pictures import SAMPLES_LABEL
from replearn.views.style import SOFT

MISSING_LABEL = "missing share (1 − q)²"
FLAT = 0.95  # a share above it has not begun to fall; less of that is drawn
MARKERS = tuple(MATPLOTLIB_MARKERS.values())
FINITE_NAMES = {
    "random-features": "random features",
    "tangent": "tangent kernel, with biases",
    "tangent-no-bias": "tangent kernel, without biases",
}
FINITE_INKS = {
    "random-features": "random-features",
    "tangent": "ntk",
    "tangent-no-bias": "ntk-no-bias",
}


def plot_staircase(
    ax: Axes, summary: pd.DataFrame, theory: pd.DataFrame | None = None
) -> Axes:
    """Draw the missing share of each degree against n, theory dotted underneath.

    Args:
        ax: where to draw.
        summary: columns part, n, error, low, high of one kernel and one d; may be
            empty where there is theory only.
        theory: columns part, n, error.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing or there is nothing to draw.
    Cost: O(rows).
    Example:
        >>> import matplotlib.pyplot as plt
        >>> row = dict(part="degree-1", n=[10, 99], error=[1, .1], low=[.9, .1], high=1)
        >>> plot_staircase(plt.figure().gca(), pd.DataFrame(row)).get_xscale()
        'log'
    """
    need_columns(summary, "part", "n", "error", "low", "high")
    _linear_axes(ax, SAMPLES_LABEL)
    for part, curve in summary.groupby("part", sort=True):
        curve = curve.sort_values("n")
        look = line_style(str(part))
        ax.plot(curve["n"], curve["error"], **look)
        ax.fill_between(
            curve["n"], curve["low"], curve["high"], color=look["color"], alpha=0.16
        )
    if theory is not None:
        _dotted(ax, theory)
    return ax


def plot_predicted_staircase(ax: Axes, theory: pd.DataFrame, d: int) -> Axes:
    """Draw theory's missing shares of one d against log n / log d, with its steps.

    Args:
        ax: where to draw. theory: columns part, n, error. d: input dimension.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing or there is no row.
    Cost: O(rows).
    """
    need_columns(theory, "part", "n", "error")
    _linear_axes(ax, f"log n / log d, d = {d}")
    for part, curve in theory.groupby("part", sort=True):
        look = ink(str(part))
        curve = curve.sort_values("n")
        ax.plot(curve["n"], curve["error"], color=look.light, label=look.label)
    powers = np.arange(
        np.ceil(np.log(theory["n"].min()) / np.log(d)),
        np.floor(np.log(theory["n"].max()) / np.log(d) + 1e-9) + 1,
    )
    ax.set_xticks(float(d) ** powers, [f"{power:g}" for power in powers])
    ax.minorticks_off()
    return ax


def plot_collapse(
    ax: Axes, summary: pd.DataFrame, theory: pd.DataFrame, part: str
) -> Axes:
    """Draw one degree's missing share against n / d^k for every d at once.

    Args:
        ax: where to draw.
        summary: columns d, part, n, error, low, high. theory: d, part, n, error.
        part: "degree-k".
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing, or the part has no rows.
    Cost: O(rows).
    """
    need_columns(summary, "d", "part", "n", "error", "low", "high")
    k = int(part.removeprefix("degree-"))
    rows, lines = (f[f["part"] == part].sort_values("n") for f in (summary, theory))
    need_columns(rows, "d")
    over = "n / d" if k == 1 else f"$n / d^{k}$"
    _linear_axes(ax, over)
    dimensions = sorted(set(lines["d"]) | set(rows["d"]))
    for d, shade, marker in zip(
        dimensions, _shades(ink(part).light, len(dimensions)), MARKERS, strict=False
    ):
        line, points = lines[lines["d"] == d], rows[rows["d"] == d]
        ax.plot(line["n"] / float(d) ** k, line["error"], ":", color=shade, lw=1.6)
        if len(points):
            x = points["n"] / float(d) ** k
            look: dict[str, Any] = {"color": shade, "marker": marker, "ls": "none"}
            ax.errorbar(
                x, points["error"], yerr=spread(points), label=f"d = {d}", **look
            )
    over_power = rows["n"] / rows["d"].astype(float) ** k
    falling = over_power[rows["error"] < FLAT]
    ax.set_xlim(falling.min() / 3, over_power.max() * 1.3)
    ax.set_title(ink(part).label)
    return ax


def plot_shares(ax: Axes, shares: Mapping[str, Sequence[float]]) -> Axes:
    """Draw the share of k(x, x) that each kernel spends on each degree.

    Args:
        ax: where to draw.
        shares: learner -> share of degree 0, 1, 2, ...; a share of zero is not drawn.
    Returns: `ax`.
    Raises:
        ValueError: if there is no kernel, or one that the palette does not know.
    Cost: O(kernels).
    """
    if not shares:
        raise ValueError("shares is empty; give at least one kernel")
    ax.set_yscale("log")
    for learner, values in shares.items():
        kept = [(k, v) for k, v in enumerate(values) if v > 0]
        degrees, positive = zip(*kept, strict=True)
        ax.plot(degrees, positive, **line_style(learner))
    ax.set_xlabel("degree")
    ax.set_ylabel("share of k(x, x)")
    ax.grid(axis="y")
    ax.legend()
    return ax


def plot_gram_error(
    ax: Axes, summary: pd.DataFrame, predicted: Mapping[int, float]
) -> Axes:
    """Draw the finite networks' relative Gram error against the width.

    Args:
        ax: where to draw.
        summary: columns kind, width, error, low, high.
        predicted: width -> theory for the random features, dotted.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing or there is no row.
    Cost: O(rows).
    """
    need_columns(summary, "kind", "width", "error", "low", "high")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("width m")
    ax.set_ylabel("relative error of the Gram matrix")
    ax.grid()
    for kind, points in summary.groupby("kind", sort=False):
        look = line_style(FINITE_INKS[str(kind)]) | {"label": FINITE_NAMES[str(kind)]}
        look["linestyle"] = "none" if kind == "random-features" else "-"
        ax.errorbar(
            points["width"], points["error"], yerr=spread(points), capsize=3, **look
        )
    colour = ink("random-features").light
    label = "random features, theory"
    values = list(predicted.values())
    ax.plot(list(predicted), values, ":", color=colour, lw=2.4, label=label)
    ax.legend()
    return ax


def _linear_axes(ax: Axes, x_label: str) -> None:
    ax.set_xscale("log")
    ax.set_xlabel(x_label)
    ax.set_ylabel(MISSING_LABEL)
    ax.set_ylim(-0.03, 1.12)
    ax.axhline(1.0, color=SOFT, linewidth=0.8, linestyle=(0, (5, 4)))
    ax.grid()


def _dotted(ax: Axes, theory: pd.DataFrame) -> None:
    need_columns(theory, "part", "n", "error")
    limits = ax.get_xlim()
    for part, curve in theory.groupby("part", sort=True):
        curve = curve.sort_values("n")
        ax.plot(curve["n"], curve["error"], ":", color=ink(str(part)).light, lw=2.2)
    ax.set_xlim(limits)


def _shades(colour: str, count: int) -> list[str]:
    """The colour from pale to full."""
    full = np.array(mpl.colors.to_rgb(colour))
    weights = np.linspace(0.5, 1.0, count)
    return [mpl.colors.to_hex(1 - w * (1 - full)) for w in weights]
