"""Pictures of a first layer and its overlap with the target's directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from torch import Tensor

from replearn.checks import check_int
from replearn.experiments.curves import select
from replearn.views.controls import EXPLORER
from replearn.views.drawing import need_columns, spread, write_ticks
from replearn.views.palette import ink
from replearn.views.pictures import SAMPLES_LABEL, WIDTH_MARKERS
from replearn.views.style import SOFT

TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
POWERS = {0: "", 1: " / d", 2: " / d²"}


def plot_plane(ax: Axes, w: Tensor, directions: Tensor, title: str = "") -> Axes:
    """Draw each neuron's direction w/|w| as a point in the plane of two directions.

    A neuron inside the plane lies on the circle, one across it at the centre.

    Args:
        ax: where to draw.
        w: first layer (m, d), no row zero. directions: orthonormal U (2, d).
        title: over the panel.
    Returns: `ax`.
    Raises:
        ValueError: if there are not two directions.
    Cost: O(m d).
    """
    if len(directions) != 2:
        raise ValueError(f"a plane has 2 directions, not {len(directions)}")
    points = (w / w.norm(dim=1, keepdim=True)) @ directions.to(w.dtype).T
    angle = np.linspace(0, 2 * np.pi, 200)
    ax.plot(np.cos(angle), np.sin(angle), color=SOFT, lw=1)
    ax.plot(*points.T.numpy(), "o", color=ink("one-step").light, ms=3.5, mew=0)
    ax.set(aspect="equal", xlim=(-1.08, 1.08), ylim=(-1.08, 1.08), title=title)
    ax.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1], xlabel=r"$u_1 \cdot w/|w|$")
    return ax


def plot_overlap(
    ax: Axes, summary: pd.DataFrame, power: int, formula: pd.DataFrame | None = None
) -> Axes:
    """Draw an overlap against n / d^power, one curve for each d.

    Args:
        ax: where to draw.
        summary: columns d, n, overlap, low, high.
        power: of d by which n is divided, 0, 1 or 2.
        formula: columns x (n / d^power) and overlap, drawn dashed.
    Returns: `ax`.
    Raises:
        ValueError, TypeError: if a column is missing or the power is another.
    Cost: O(rows).
    Example:
        >>> import matplotlib.pyplot as plt
        >>> row = dict(d=9, n=[81, 162], overlap=[0.4, 0.6], low=0.4, high=0.6)
        >>> plot_overlap(plt.figure().gca(), pd.DataFrame(row), 2).get_xlabel()
        'n / d²'
    """
    need_columns(summary, "d", "n", "overlap", "low", "high")
    check_int("power", power, minimum=0, maximum=2)
    _overlap_axes(ax, "n" + POWERS[power] if power else SAMPLES_LABEL)
    dimensions = sorted(set(summary["d"]))
    for d, look in zip(dimensions, shades(len(dimensions)), strict=True):
        curve = summary[summary["d"] == d].sort_values("n")
        _plot_curve(ax, curve["n"] / d**power, curve, "overlap", f"d = {d}", look)
    if formula is not None:
        need_columns(formula, "x", "overlap")
        ax.plot(formula["x"], formula["overlap"], "k--", lw=1.6, label="formula")
    ax.legend()
    return ax


def plot_row_norms(ax: Axes, summary: pd.DataFrame) -> Axes:
    """Draw the test error against the size of the step, one curve for each degree.

    Args:
        ax: where to draw.
        summary: columns degree, row_norm, error, low, high.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing.
    Cost: O(rows).
    """
    need_columns(summary, "degree", "row_norm", "error", "low", "high")
    degrees = sorted(set(summary["degree"]))
    for degree, look in zip(degrees, shades(len(degrees)), strict=True):
        curve = summary[summary["degree"] == degree].sort_values("row_norm")
        _plot_curve(ax, curve["row_norm"], curve, "error", f"p = {degree}", look)
    _error_axis(ax)
    ax.set_xscale("log")
    ax.set_xlabel("root mean square row norm after the step")
    ax.legend()
    return ax


def plot_steps(axes: Sequence[Axes], frame: pd.DataFrame, d: int) -> None:
    """Draw overlap and test error against the number of steps on the same samples.

    Args:
        axes: two of them, for the overlap and for the error.
        frame: columns steps, n, quantity ("overlap" or "error"), mean, low, high.
        d: input dimension, for the legend's n in units of d².
    Raises:
        ValueError, TypeError: if a column is missing.
    Cost: O(rows).
    """
    need_columns(frame, "steps", "n", "quantity", "mean", "low", "high")
    check_int("d", d)
    sizes = sorted(set(frame["n"]))
    for ax, quantity in zip(axes, ("overlap", "error"), strict=True):
        for n, look in zip(sizes, shades(len(sizes)), strict=True):
            curve = select(frame, n=n, quantity=quantity).sort_values("steps")
            _plot_curve(ax, curve["steps"], curve, "mean", f"n = {n / d**2:g} d²", look)
        ticks = sorted(set(frame["steps"]))
        ax.set_xscale("log")
        ax.set_xticks(ticks, [str(tick) for tick in ticks])
        ax.xaxis.minorticks_off()
        ax.set_xlabel("steps on the first layer")
    axes[0].set(ylabel="overlap of the neurons", ylim=(0, 1))
    _error_axis(axes[1])
    axes[0].legend(loc="lower right")


def plot_zero_hessian(
    ax: Axes,
    alone: pd.DataFrame,
    whole: pd.DataFrame,
    limits: Mapping[int, float],
) -> Axes:
    """Draw the neurons' overlap where H = 0 (hollow) and where it is not (filled).

    Args:
        ax: where to draw.
        alone: without quadratic part, columns d, n, overlap, low, high.
        whole: with it, the same columns and dimensions.
        limits: d -> the predicted overlap without it, a dotted line each.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing.
    Cost: O(rows).
    """
    for frame in (alone, whole):
        need_columns(frame, "d", "n", "overlap", "low", "high")
    _overlap_axes(ax, "n / d²")
    for (d, limit), look in zip(limits.items(), shades(len(limits)), strict=True):
        for name, frame in (("He₂ + He₃", whole), ("He₃ alone", alone)):
            curve = select(frame, d=d).sort_values("n")
            fill = {} if frame is whole else {"markerfacecolor": "white"}
            _plot_curve(
                ax, curve["n"] / d**2, curve, "overlap", f"{name}, d = {d}", look | fill
            )
        ax.axhline(limit, color=look["color"], ls=":", lw=1.4)
    ax.legend()
    return ax


def shades(count: int) -> list[dict[str, Any]]:
    """Looks for an ordered family of curves: darker and with another marker each.

    Args:
        count: how many, at most as many as there are markers.
    Returns: keyword arguments for `Axes.plot`.
    Raises:
        ValueError, TypeError: count out of range.
    Cost: O(count).
    Example:
        >>> [look["marker"] for look in shades(2)]
        ['o', 's']
    """
    check_int("count", count, maximum=len(WIDTH_MARKERS))
    colours = mpl.colormaps["viridis_r"](np.linspace(0.25, 1.0, count))
    return [
        {"color": mpl.colors.to_hex(colour), "marker": marker}
        for colour, marker in zip(colours, WIDTH_MARKERS, strict=False)
    ]


def _overlap_axes(ax: Axes, x_label: str) -> None:
    ax.set(xscale="log", xlabel=x_label, ylim=(0, 1), ylabel="overlap")
    ax.grid()


def _error_axis(ax: Axes) -> None:
    """A logarithmic axis of at most a few decades, with its ticks written out."""
    ax.set(yscale="log", ylabel=EXPLORER.y.title)
    write_ticks(ax, TICKS)
    ax.grid(axis="y")


def _plot_curve(
    ax: Axes,
    x: pd.Series,
    curve: pd.DataFrame,
    value: str,
    label: str,
    look: dict[str, Any],
) -> None:
    style = {"elinewidth": 1.1, "capsize": 2, **look}
    ax.errorbar(x, curve[value], yerr=spread(curve, value), label=label, **style)
