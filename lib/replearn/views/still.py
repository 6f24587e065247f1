"""The picture that explorer and lab share: learning curves, named at their ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from replearn.views.controls import RELATIVE_ERROR, TENTH
from replearn.views.drawing import log_axes, need_columns
from replearn.views.palette import ink, line_style
from replearn.views.parts import Level, Scale
from replearn.views.style import SOFT

MOST_END_LABELS = 5  # more curves than this are named in a legend
SAMPLES_LABEL = "training samples n"
LABEL_STEP = 1 / 19  # between names of curves, in parts of the height
NOTE: dict[str, Any] = {"color": SOFT, "fontsize": 10.5, "textcoords": "offset points"}
PATCH = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.8}


def plot_learning_curves(
    ax: Axes,
    summary: pd.DataFrame,
    theory: pd.DataFrame | None = None,
    guides: Mapping[str, float] | None = None,
    level: Level | None = TENTH,
    y: Scale = RELATIVE_ERROR,
    x_title: str = SAMPLES_LABEL,
    x_log: bool = True,
    forbidden: pd.DataFrame | None = None,
) -> Axes:
    """Draw test error against samples: mean, 95 % interval, theory and guide lines.

    Args:
        ax: where to draw.
        summary: one target's columns learner, n, error, low, high (relative errors).
        theory: columns learner, n, error; drawn dotted in the learner's colour.
        guides: label -> n of the vertical guide lines.
        level: a horizontal line; None for none.
        y: the vertical axis. x_title: of the horizontal one.
        x_log: whether that is logarithmic, else linear.
        forbidden: columns learner (a name), n, error; hatched below, and named.
    """
    need_columns(summary, "learner", "n", "error", "low", "high")
    marks = guides or {}
    log_axes(ax, x_title, y.title)
    ax.set_yscale("log" if y.log else "linear")
    ends = [
        _plot_curve(ax, str(learner), curve, y.low)
        for learner, curve in summary.groupby("learner", sort=False)
    ]
    smallest, largest = summary["n"].min(), summary["n"].max()
    many = len(ends) > MOST_END_LABELS
    # room for the names at the ends, or else for the guide lines nearby
    wanted = [12] if not many else [1.2, *(1.2 * n / largest for n in marks.values())]
    if theory is not None:
        need_columns(theory, "learner", "n", "error")
        for learner, curve in theory.groupby("learner", sort=False):
            ax.plot(curve["n"], curve["error"], ":", color=ink(str(learner)).light)
    ax.set_ylim(y.low, y.high)
    if x_log:
        ax.set_xlim(smallest / 1.15, largest * min(12, max(wanted)))
    else:
        ax.set(xscale="linear", xlim=(smallest, largest + 0.3 * (largest - smallest)))
    if level is not None:
        _mark_level(ax, level)
    for label, n in marks.items():
        _mark_guide(ax, label, n)
    if forbidden is not None:
        for name, edge in forbidden.groupby("learner"):
            _forbid(ax, str(name), edge)
    if many:
        ax.legend(loc="lower left")
    else:
        _label_ends(ax, ends)
    return ax


def plot_backdrop(ax: Axes, summary: pd.DataFrame) -> Axes:
    """Draw curves faintly under those already there, within the present limits.

    Args:
        ax: where to draw.
        summary: columns learner, n, error; without rows nothing is drawn.
    """
    limits = ax.get_xlim(), ax.get_ylim()
    for learner, curve in summary.groupby("learner", sort=False):
        curve = curve.sort_values("n")
        colour = ink(str(learner)).light
        ax.plot(curve["n"], curve["error"], color=colour, lw=5, alpha=0.22, zorder=1)
    ax.set(xlim=limits[0], ylim=limits[1])
    return ax


def _plot_curve(
    ax: Axes, learner: str, curve: pd.DataFrame, floor: float
) -> tuple[str, float, float]:
    """Draw one learner; return it with the last point that is above the floor."""
    curve = curve.sort_values("n")
    look = line_style(learner)
    if (curve["low"] == curve["high"]).all():  # computed, not measured
        look |= {"marker": ""}
    ax.plot(curve["n"], curve["error"], markeredgecolor="white", mew=0.6, **look)
    _fill(ax, curve, look["color"])
    visible = curve[curve["error"] >= floor]
    last = (visible if len(visible) else curve).iloc[-1]
    return learner, float(last["n"]), max(float(last["error"]), floor)


def _fill(ax: Axes, curve: pd.DataFrame, colour: Any) -> None:
    n, low, high = curve["n"], curve["low"], curve["high"]
    ax.fill_between(n, low, high, color=colour, alpha=0.16, lw=0)


def _label_ends(ax: Axes, ends: list[tuple[str, float, float]]) -> None:
    """Write each learner's name beside the end of its curve, none over another."""
    place = ax.transScale + ax.transLimits  # from data to parts of the axes
    placed: list[tuple[float, float]] = []
    for learner, (x, y) in sorted(
        ((learner, place.transform((n, error))) for learner, n, error in ends),
        key=lambda end: -end[1][1],
    ):
        x, y = min(x, 0.76), min(y, 1.0)  # a curve may leave through the top
        for other_x, other_y in placed:
            if abs(x - other_x) < 0.26 and y > other_y - LABEL_STEP:
                y = other_y - LABEL_STEP
        placed.append((x, y))
        ax.annotate(
            ink(learner).label,
            (x, y),
            xycoords="axes fraction",
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            color=ink(learner).light,
            weight="bold",
            fontsize=10.5,
            bbox=PATCH,
        )


def _forbid(ax: Axes, name: str, edge: pd.DataFrame) -> None:
    """Hatch what lies below an edge, and say what that is."""
    look: dict[str, Any] = {"facecolor": "none", "edgecolor": SOFT, "alpha": 0.28}
    low = ax.get_ylim()[0]
    tops = edge["error"].clip(lower=low)
    ax.fill_between(edge["n"], low, tops, hatch="///", zorder=0, **look)
    ax.annotate(name, (0, 0), (7, 8), "axes fraction", bbox=PATCH, **NOTE)


def _mark_level(ax: Axes, level: Level) -> None:
    ax.axhline(level.value, color=SOFT, linewidth=1, linestyle=(0, (5, 4)))
    at = (0, level.value), (5, 3), ("axes fraction", "data")
    ax.annotate(level.label, *at, **NOTE)


def _mark_guide(ax: Axes, label: str, n: float) -> None:
    low, high = ax.get_xlim()
    if not low <= n <= high:
        return
    ax.axvline(n, color=SOFT, linewidth=1.2, linestyle=":")
    ax.annotate(label, (n, 1), (0, 3), ("data", "axes fraction"), ha="center", **NOTE)
