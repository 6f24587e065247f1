"""The grammar of the pictures: a family of curves, its axes, its legend."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation
from torch import Tensor

from replearn.checks import check_int
from replearn.experiments.curves import Interval
from replearn.views.drawing import log_axes, need_columns, spread, write_ticks
from replearn.views.palette import MATPLOTLIB_MARKERS, ink, line_style
from replearn.views.style import SOFT
from replearn.views.style import style as style  # what notebooks call

MARKERS = tuple(MATPLOTLIB_MARKERS.values())
TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
MOST_TICKS = 8
BELOW = 0.5  # inches from an axis down to its legend: ticks and label fit between
Along = str | Callable[[pd.DataFrame], pd.Series]


def plot_reach(
    ax: Axes,
    reach: pd.DataFrame,
    exponents: Mapping[Any, Interval],
    theory: pd.DataFrame | None = None,
    by: str = "learner",
    label: str = "{}",
    level: float = 0.1,
) -> Axes:
    """Draw the samples that reach an error level against d, with fitted exponents.

    Each line is c d^k with the exponent k given and c the geometric mean through the
    points.

    Args:
        ax: where to draw.
        reach: columns `by`, d, samples, low, high, from `Reach.frame(...)`.
        exponents: value of `by` -> (k, low, high), from `curves.fit_exponent`.
        theory: predicted samples, columns `by`, d, samples; hollow and dotted.
        by: what parts the points: "learner", or a column whose values are shaded.
        label: of the points, {} being the value.
        level: the relative error that is reached, for the axis label.
    """
    need_columns(reach, by, "d", "samples", "low", "high")
    log_axes(ax, "input dimension d", f"samples to reach {level:.0%} error")
    for value, look in _looks(reach[by], label).items():
        points = reach[reach[by] == value]
        _plot_reach(ax, points, exponents.get(value), look | {"linestyle": "none"})
    if theory is not None:
        need_columns(theory, by, "d", "samples")
        for value, look in _looks(theory[by], label).items():
            points = theory[theory[by] == value]
            look |= {"linestyle": ":", "markerfacecolor": "white"}
            look |= {"label": f"{look['label']}, theory"}
            ax.plot(points["d"], points["samples"], **look)
    _plain_ticks(ax, pd.concat([reach, theory])["d"])
    ax.set_ylim(top=ax.get_ylim()[1] * 12)  # the legend stands above the curves
    ax.legend(title="fitted exponent of d, 95 % interval", alignment="left")
    return ax


def family(
    ax: Axes,
    frame: pd.DataFrame,
    by: str,
    label: str = "{}",
    x: Along = "n",
    y: str = "error",
    formula: str = "",
    descending: bool = False,
    skip: Sequence[Any] = (),
    **look: Any,
) -> Axes:
    """Draw y with its interval against x, one curve for each value of a column.

    Args:
        ax: where to draw.
        frame: columns `by`, y, low, high, what x needs, and the formula's.
        by: what parts the curves: "learner" or "part", which have their own looks, or
            a column whose values are shaded in order.
        label: of a curve, {} being the value, or the name that goes with its look.
        x: a column, or what makes one of a frame, such as `over_d(2)`. y: a column.
        formula: a column of theory, drawn dotted; "" for none.
        descending: whether the largest value comes first.
        skip: values that keep their shade and are not drawn.
        look: of every curve, as `Axes.errorbar` takes it.
    """
    need_columns(frame, by, y, "low", "high", *([formula] if formula else []))
    for value, own in _looks(frame[by], label, descending).items():
        if value in skip:
            continue
        curve = frame[frame[by] == value]
        along = curve[x] if isinstance(x, str) else x(curve)
        curve = curve.assign(along=along).sort_values("along")
        style = {"capsize": 2, "elinewidth": 1.1, **own, **look}
        ax.errorbar(curve["along"], curve[y], yerr=spread(curve, y), **style)
        if formula:
            ax.plot(curve["along"], curve[formula], ":", color=own["color"], lw=1.5)
    return ax


def over_d(power: int = 2) -> Callable[[pd.DataFrame], pd.Series]:
    """n / d^power of a frame."""
    return lambda frame: frame["n"] / frame["d"] ** power


def finish(
    ax: Axes,
    x: str,
    y: str,
    log: str = "xy",
    ylim: tuple[float, float] | None = None,
    xticks: Iterable[float] | None = None,
    columns: int = 3,
) -> Axes:
    """Label the axes, write their ticks out, and put a legend below, if any.

    Args:
        ax: with the curves already drawn. x, y: labels of the axes.
        log: the logarithmic ones. ylim: ends of the vertical axis.
        xticks: where they stand; None for powers of two on a logarithmic axis.
        columns: of the legend; 0 puts it inside, where there is room.
    """
    for axis in log:
        ax.set(**{f"{axis}scale": "log"})
    ax.set(xlabel=x, ylabel=y)
    if ylim:
        ax.set_ylim(*ylim)
    if xticks is not None:
        _plain_ticks(ax, xticks)
    elif "x" in log:
        _powers_of_two(ax)
    if "y" in log:
        write_ticks(ax, TICKS)
    ax.minorticks_off()
    ax.grid(True, which="major")
    if not ax.get_legend_handles_labels()[0]:
        return ax  # the curves have their names beside them
    if columns:
        legend_below(ax, columns)
    else:
        ax.legend()
    return ax


def legend_below(ax: Axes, columns: int = 3) -> None:
    """Put the legend under the axis label.

    At the side it would take its width from the curves, and on a phone most of it. The
    gap is in inches, so that it fits panels of any height.
    """
    down = ScaledTranslation(0, -BELOW, ax.figure.dpi_scale_trans)
    ax.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=ax.transAxes + down,
        borderaxespad=0,
        ncols=columns,
    )


def plot_plane(ax: Axes, w: Tensor, directions: Tensor, title: str = "") -> Axes:
    """Draw each neuron's direction w/|w| as a point in the plane of two directions.

    A neuron inside the plane lies on the circle, one across it at the centre.

    Args:
        ax: where to draw.
        w: first layer (m, d), no row zero. directions: orthonormal U (2, d).
        title: over the panel.
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


def shades(count: int) -> list[dict[str, Any]]:
    """Looks for an ordered family of curves: darker and with another marker each."""
    check_int("count", count, maximum=len(MARKERS))
    colours = mpl.colormaps["viridis_r"](np.linspace(0.25, 1.0, count))
    return [
        {"color": mpl.colors.to_hex(colour), "marker": marker}
        for colour, marker in zip(colours, MARKERS, strict=False)
    ]


def _looks(
    column: pd.Series, label: str, descending: bool = False
) -> dict[Any, dict[str, Any]]:
    """Value -> look and label: names have their own, others are shaded in order."""
    values = list(dict.fromkeys(column))
    if column.name in ("learner", "part"):
        own = {value: line_style(str(value)) for value in values}
        return {
            v: look | {"label": label.format(look["label"])} for v, look in own.items()
        }
    ordered = sorted(values, reverse=descending)
    said = [f"{v:g}" if isinstance(v, int | float) else v for v in ordered]
    return {
        value: look | {"label": label.format("∞" if word == "inf" else word)}
        for value, word, look in zip(ordered, said, shades(len(ordered)), strict=True)
    }


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


def _plain_ticks(ax: Axes, values: Iterable[float]) -> None:
    ticks = sorted(set(values))
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.xaxis.minorticks_off()


def _powers_of_two(ax: Axes) -> None:
    low, high = ax.get_xlim()
    powers = [2.0**k for k in range(-6, 9) if low <= 2.0**k <= high]
    shown = powers if len(powers) <= MOST_TICKS else powers[::2]
    # 1/64 is read at a glance, 0.015625 is not
    words = [f"{tick:g}" if tick >= 1 else f"1/{1 / tick:g}" for tick in shown]
    ax.set_xticks(shown, words)
