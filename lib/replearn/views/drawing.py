"""What all modules of pictures call: checked frames, error bars, written-out ticks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes


def need_columns(frame: pd.DataFrame, *names: str) -> None:
    """Raise unless the frame has rows and the named columns.

    Args:
        frame: a table or a summary of one.
        names: the columns that must be there.
    """
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ValueError(f"the frame lacks {missing}; it has {list(frame.columns)}")
    if frame.empty:
        raise ValueError("the frame has no rows, so there is nothing to draw")


def spread(curve: pd.DataFrame, value: str = "error") -> np.ndarray:
    """How far each point's interval reaches below and above it, for `Axes.errorbar`.

    Args: curve: columns `value`, low, high. value: the column that is drawn.
    Returns: lengths (2, rows), none below zero: a mean may lie outside its interval
        by a rounding.
    """
    ends = curve[value] - curve["low"], curve["high"] - curve[value]
    return np.array(ends, dtype=float).clip(min=0)


def write_ticks(ax: Axes, ticks: Sequence[float]) -> None:
    """Write out those ticks of the vertical axis that are within its limits.

    A logarithmic axis of few decades has too few ticks of its own.
    """
    low, high = ax.get_ylim()
    shown = [tick for tick in ticks if low <= tick <= high]
    ax.set_yticks(shown, [f"{tick:g}" for tick in shown])
    ax.yaxis.minorticks_off()


def log_axes(ax: Axes, x_label: str, y_label: str) -> None:
    """Make both axes logarithmic, with their labels and a grid."""
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel(x_label)
    ax.set_ylabel(y_label)
    ax.grid()
