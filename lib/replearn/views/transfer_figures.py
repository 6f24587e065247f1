"""Pictures of transfer: families of error curves, filled and hollow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes

from replearn.views.drawing import need_columns, spread, write_ticks
from replearn.views.subspace_figures import shades
from replearn.views.transfer_explorer import TRANSFER

TICKS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
TARGET_SAMPLES = "target samples N"


def plot_family(
    ax: Axes,
    summary: pd.DataFrame,
    by: str,
    label: str,
    x: str = "n",
    hollow: bool = False,
) -> Axes:
    """Draw error against `x`, one curve with its intervals for each value of `by`.

    Args:
        ax: where to draw.
        summary: columns `by`, `x`, error, low, high.
        by: the column that parts the curves. label: of a curve, `{}` being the value.
        x: the horizontal column. hollow: white markers and a dotted line.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing.
    Cost: O(rows).
    Example:
        >>> import matplotlib.pyplot as plt
        >>> row = dict(d=9, n=[10, 99], error=[1, 0.1], low=0.1, high=1)
        >>> len(plot_family(plt.figure().gca(), pd.DataFrame(row), "d", "d = {}").lines)
        3
    """
    need_columns(summary, by, x, "error", "low", "high")
    values = sorted(set(summary[by]))
    look = {"ls": ":", "markerfacecolor": "white"} if hollow else {}
    for value, shade in zip(values, shades(len(values)), strict=True):
        curve = summary[summary[by] == value].sort_values(x)
        style = {"label": label.format(f"{value:g}"), **shade, **look}
        style |= {"elinewidth": 1.1, "capsize": 2}
        ax.errorbar(curve[x], curve["error"], yerr=spread(curve), **style)
    return ax


def error_axes(ax: Axes, x_label: str = TARGET_SAMPLES, log: bool = True) -> Axes:
    """Label the axes of errors on the target: both logarithmic, or both linear.

    Args:
        ax: with the curves already drawn. x_label: of the horizontal axis.
        log: whether the axes are logarithmic.
    Returns: `ax`.
    Cost: O(1).
    Example:
        >>> import matplotlib.pyplot as plt
        >>> ax = plot_theory(plt.figure().gca(), [1, 2], {"theory": [1, 0.5]})
        >>> error_axes(ax).get_xlabel()
        'target samples N'
    """
    ax.set(xlabel=x_label, ylabel=TRANSFER.y.title)
    ax.grid()
    if log:
        ax.set(xscale="log", yscale="log")
        write_ticks(ax, TICKS)
    else:
        ax.set_ylim(0, 1.1)
    ax.legend()
    return ax


def plot_theory(
    ax: Axes, ns: Sequence[int], curves: Mapping[str, Sequence[float]]
) -> Axes:
    """Draw computed curves, black, each with its own dash.

    Args:
        ax: where to draw. ns: sizes. curves: label -> errors at these sizes.
    Returns: `ax`.
    Raises:
        ValueError: more curves than dashes.
    Cost: O(points).
    Example:
        >>> import matplotlib.pyplot as plt
        >>> len(plot_theory(plt.figure().gca(), [1, 2], {"theory": [1, 0.5]}).lines)
        1
    """
    dashes = ("--", "-.", ":")
    if len(curves) > len(dashes):
        raise ValueError(f"{len(curves)} curves, but {len(dashes)} dashes")
    for (label, errors), dash in zip(curves.items(), dashes, strict=False):
        ax.plot(ns, errors, color="black", ls=dash, lw=1.6, label=label)
    return ax
