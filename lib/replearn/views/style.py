"""The look of every picture: legible type on opaque white, fit for any page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl

TEXT = "#1d232b"
SOFT = "#59636f"
STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": SOFT,
    "axes.facecolor": "white",
    "axes.labelcolor": TEXT,
    "axes.labelsize": 12,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 12.5,
    "figure.constrained_layout.use": True,
    "figure.dpi": 110,
    "figure.facecolor": "white",
    "figure.figsize": (6.2, 4.2),  # small, so that its type is legible on a phone
    "font.family": "sans-serif",
    "font.size": 11.5,
    "grid.color": "#e3e7ec",
    "grid.linewidth": 0.8,
    "legend.fontsize": 10.5,
    "legend.frameon": False,
    "lines.linewidth": 1.9,
    "lines.markersize": 5,
    "savefig.facecolor": "white",
    "text.color": TEXT,
    "xtick.color": SOFT,
    "xtick.labelcolor": TEXT,
    "ytick.color": SOFT,
    "ytick.labelcolor": TEXT,
}


@contextmanager
def style() -> Iterator[None]:
    """The book's look: legible type on opaque white, fit for light and dark pages."""
    # Not rc_context: it would also take back what the first figure of a notebook
    # switches on, interactive drawing, and no later figure would be shown.
    before = {name: mpl.rcParams[name] for name in STYLE}
    mpl.rcParams.update(STYLE)
    try:
        yield
    finally:
        mpl.rcParams.update(before)
