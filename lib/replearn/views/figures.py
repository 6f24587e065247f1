"""Pictures of learning curves; each function draws on the Axes that it is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from replearn.experiments.curves import Interval
from replearn.views.controls import EXPLORER
from replearn.views.drawing import need_columns, spread
from replearn.views.palette import MATPLOTLIB_MARKERS, ink, line_style
from replearn.views.parts import Level, Scale
from replearn.views.style import SOFT
from replearn.views.style import style as style  # what notebooks call

MOST_END_LABELS = 5  # more curves than this are named in a legend
SAMPLES_LABEL = "training samples n"
LABEL_STEP = 1 / 19  # between names of curves, in parts of the height
WIDTH_MARKERS = tuple(MATPLOTLIB_MARKERS.values())


def plot_learning_curves(
    ax: Axes,
    summary: pd.DataFrame,
    theory: pd.DataFrame | None = None,
    guides: Mapping[str, float] | None = None,
    level: Level | None = EXPLORER.level,
    y: Scale = EXPLORER.y,
    x_title: str = SAMPLES_LABEL,
    x_log: bool = True,
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
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing, `summary` is empty or a learner unknown.
    Cost: O(rows).
    Example:
        >>> import matplotlib.pyplot as plt
        >>> row = dict(learner="ntk", n=[10, 99], error=[1, .1], low=[.9, .1], high=1.1)
        >>> plot_learning_curves(plt.figure().gca(), pd.DataFrame(row)).get_xscale()
        'log'
    """
    need_columns(summary, "learner", "n", "error", "low", "high")
    marks = guides or {}
    _log_axes(ax, x_title, y.title)
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
    if many:
        ax.legend(loc="lower left")
    else:
        _label_ends(ax, ends)
    return ax


def plot_samples_to_reach(
    ax: Axes,
    reach: pd.DataFrame,
    exponents: Mapping[str, Interval],
    theory: pd.DataFrame | None = None,
    level: float = 0.1,
) -> Axes:
    """Draw the samples that reach an error level against d, with fitted exponents.

    Each line is c d^k with the exponent k given and c the geometric mean through the
    points.

    Args:
        ax: where to draw.
        reach: columns learner, d, samples, low, high, from `Reach.frame(learner=...)`.
        exponents: learner -> (k, low, high), from `experiments.curves.fit_exponent`.
        theory: predicted samples, columns learner, d, samples; hollow and dotted.
        level: the relative error that is reached, for the axis label.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing, `reach` is empty or a learner unknown.
    Cost: O(rows).
    """
    need_columns(reach, "learner", "d", "samples", "low", "high")
    _log_axes(ax, "input dimension d", f"samples to reach {level:.0%} error")
    for learner, points in reach.groupby("learner", sort=False):
        look = line_style(str(learner)) | {"linestyle": "none"}
        _plot_reach(ax, points, exponents.get(str(learner)), look)
    if theory is not None:
        need_columns(theory, "learner", "d", "samples")
        for learner, points in theory.groupby("learner", sort=False):
            look = line_style(str(learner)) | {"linestyle": ":"}
            look |= {"markerfacecolor": "white", "label": f"{look['label']}, theory"}
            ax.plot(points["d"], points["samples"], **look)
    _plain_ticks(ax, pd.concat([reach, theory])["d"])
    ax.set_ylim(top=ax.get_ylim()[1] * 12)  # the legend stands above the curves
    ax.legend(title="fitted exponent of d, 95 % interval", alignment="left")
    return ax


def plot_figure_1(
    ax: Axes, summary: pd.DataFrame, width: int, d: int = 10, floor: float = 5e-3
) -> Axes:
    """Draw the paper's Figure 1 for one width, with infinite-width kernels beside it.

    Source: Damian, Lee and Soltanolkotabi 2022, Figure 1.
    Args:
        ax: where to draw.
        summary: columns width (0 for an infinite-width kernel), learner, n, error,
            low, high.
        width: which finite width to draw.
        d: input dimension; the upper ticks stand at whole powers of it.
        floor: the smallest relative error drawn.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing or the width is not in `summary`.
    Cost: O(rows).
    Example:
        >>> import matplotlib.pyplot as plt
        >>> rows = dict(width=9, learner="one-step", n=[10], error=1, low=1, high=1)
        >>> plot_figure_1(plt.figure().gca(), pd.DataFrame(rows), 9).get_title()
        'width m = 9'
    """
    need_columns(summary, "width", "learner", "n", "error", "low", "high")
    widths = sorted(set(summary["width"]) - {0})
    if width not in widths:
        raise ValueError(f"width={width} is not in the table, which has {widths}")
    shown = summary[summary["width"].isin([0, width])]
    scale = replace(EXPLORER.y, low=floor)
    plot_learning_curves(ax, shown, level=None, y=scale)
    low, high = (np.log(shown["n"]) / np.log(d)).agg(["min", "max"])
    powers = np.arange(np.ceil(low - 1e-9), np.floor(high + 1e-9) + 1)
    ax.set_xticks(d**powers, [f"$d^{{{power:g}}}$" for power in powers])
    ax.set_xlabel(f"{SAMPLES_LABEL}, in powers of d = {d}")
    ax.set_ylabel("excess test error / Var f*")
    ax.set_title(f"width m = {width}")
    return ax


def plot_width_exponents(
    ax: Axes,
    reach: pd.DataFrame,
    exponents: Mapping[int, Interval],
    level: float = 0.1,
) -> Axes:
    """Draw the one-step network's samples to reach a level against d, for each width.

    Args:
        ax: where to draw.
        reach: columns width, d, samples, low, high, from `Reach.frame(width=...)`.
        exponents: width -> (k, low, high), from `experiments.curves.fit_exponent`.
        level: the relative error that is reached, for the axis label.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing or `reach` is empty.
    Cost: O(rows).
    """
    need_columns(reach, "width", "d", "samples", "low", "high")
    _log_axes(ax, "input dimension d", f"samples to reach {level:.0%} error")
    widths = sorted(int(width) for width in set(reach["width"]))
    shades = mpl.colormaps["Oranges"](np.linspace(0.55, 0.95, len(widths)))
    for width, shade, marker in zip(widths, shades, WIDTH_MARKERS, strict=False):
        look = {"color": mpl.colors.to_hex(shade), "marker": marker}
        look |= {"label": f"m = {width}", "linestyle": "none"}
        points = reach[reach["width"] == width]
        _plot_reach(ax, points, exponents.get(width), look)
    _plain_ticks(ax, reach["d"])
    ax.legend(title="width: fitted exponent of d, 95 % interval", alignment="left")
    return ax


def plot_negative_control(ax: Axes, summary: pd.DataFrame) -> Axes:
    """Draw learners on a target with rank-deficient H (dashed) and on its twin (solid).

    Args:
        ax: where to draw.
        summary: columns target ("rank-deficient" or "full-rank"), learner, n, error,
            low, high.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing or a target has another name.
    Cost: O(rows).
    """
    need_columns(summary, "target", "learner", "n", "error", "low", "high")
    dashes = {"rank-deficient": (0, (4, 2)), "full-rank": "-"}
    unknown = set(summary["target"]) - set(dashes)
    if unknown:
        raise ValueError(f"target={sorted(unknown)} is not one of {list(dashes)}")
    _log_axes(ax, SAMPLES_LABEL, EXPLORER.y.title)
    for (learner, target), curve in summary.groupby(["learner", "target"], sort=False):
        label = f"{ink(str(learner)).label}, {target} H"
        look = line_style(str(learner)) | {
            "linestyle": dashes[str(target)],
            "label": label,
        }
        if target == "rank-deficient":
            look["markerfacecolor"] = "white"
        curve = curve.sort_values("n")
        ax.plot(curve["n"], curve["error"], **look)
        _fill(ax, curve, look["color"])
    ax.set_ylim(summary["low"].min() / 2, 2)
    ax.legend(loc="lower left")
    return ax


def plot_backdrop(ax: Axes, summary: pd.DataFrame) -> Axes:
    """Draw curves faintly under those already there, within the present limits.

    Args:
        ax: where to draw.
        summary: columns learner, n, error; without rows nothing is drawn.
    Returns: `ax`.
    Raises:
        ValueError: if a learner is unknown.
    Cost: O(rows).
    """
    limits = ax.get_xlim(), ax.get_ylim()
    for learner, curve in summary.groupby("learner", sort=False):
        curve = curve.sort_values("n")
        colour = ink(str(learner)).light
        ax.plot(curve["n"], curve["error"], color=colour, lw=5, alpha=0.22, zorder=1)
    ax.set(xlim=limits[0], ylim=limits[1])
    return ax


def _log_axes(ax: Axes, x_label: str, y_label: str) -> None:
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel(x_label)
    ax.set_ylabel(y_label)
    ax.grid()


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
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.8},
        )


def _mark_level(ax: Axes, level: Level) -> None:
    ax.axhline(level.value, color=SOFT, linewidth=1, linestyle=(0, (5, 4)))
    ax.annotate(
        level.label,
        (0, level.value),
        xycoords=("axes fraction", "data"),
        xytext=(5, 3),
        textcoords="offset points",
        color=SOFT,
        fontsize=10.5,
    )


def _mark_guide(ax: Axes, label: str, n: float) -> None:
    low, high = ax.get_xlim()
    if not low <= n <= high:
        return
    ax.axvline(n, color=SOFT, linewidth=1.2, linestyle=":")
    ax.annotate(
        label,
        (n, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        color=SOFT,
        fontsize=10.5,
    )


def _plot_reach(
    ax: Axes, points: pd.DataFrame, exponent: Interval | None, look: dict[str, Any]
) -> None:
    """Points with their intervals; where an exponent is given, the power law."""
    d, n = points["d"].to_numpy(float), points["samples"].to_numpy(float)
    if exponent is not None:
        slope, low, high = exponent
        look = look | {"label": f"{look['label']}: {slope:.2f} [{low:.2f}, {high:.2f}]"}
        scale = np.exp(np.mean(np.log(n) - slope * np.log(d)))
        ends = np.array([d.min() / 1.1, d.max() * 1.1])
        ax.plot(ends, scale * ends**slope, color=look["color"], linewidth=1.3)
    ax.errorbar(d, n, yerr=spread(points, "samples"), capsize=3, **look)


def _plain_ticks(ax: Axes, values: Iterable[int]) -> None:
    ticks = sorted(set(values))
    ax.set_xticks(ticks, [str(tick) for tick in ticks])
    ax.xaxis.minorticks_off()
