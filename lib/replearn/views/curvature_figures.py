"""Pictures of a fading quadratic part, of its leak, and of a large kappa."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.transforms import ScaledTranslation

from replearn.views.controls import EXPLORER
from replearn.views.drawing import need_columns, spread, write_ticks
from replearn.views.palette import line_style
from replearn.views.subspace_figures import shades

TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
MOST_TICKS = 8
BELOW = 0.5  # inches from an axis down to its legend: ticks and label fit between


def plot_weights(ax: Axes, summary: pd.DataFrame) -> Axes:
    """Draw the error against n / d^2, one curve for each quadratic weight.

    Args:
        ax: where to draw.
        summary: of one d and degree: columns quadratic, d, n, error, low, high.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing.
    Cost: O(rows).
    """
    need_columns(summary, "quadratic", "d", "n", "error", "low", "high")
    weights = sorted(set(summary["quadratic"]), reverse=True)
    for weight, look in zip(weights, shades(len(weights)), strict=True):
        curve = summary[summary["quadratic"] == weight].sort_values("n")
        _errors(ax, curve["n"] / curve["d"] ** 2, curve, f"w = {weight:g}", look)
    _error_axes(ax, "n / d²")
    legend_below(ax)
    return ax


def plot_weight_overlaps(ax: Axes, overlaps: pd.DataFrame) -> Axes:
    """Draw the overlap against n / d^2 for each quadratic weight, dotted its formula.

    Args:
        ax: where to draw.
        overlaps: of one d and degree: columns quadratic, d, n, overlap, low, high,
            formula.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing.
    Cost: O(rows).
    """
    need_columns(overlaps, "quadratic", "d", "n", "overlap", "low", "high", "formula")
    weights = sorted(set(overlaps["quadratic"]), reverse=True)
    for weight, look in zip(weights, shades(len(weights)), strict=True):
        curve = overlaps[overlaps["quadratic"] == weight].sort_values("n")
        x = curve["n"] / curve["d"] ** 2
        look = look | {"linestyle": "", "label": f"w = {weight:g}", "capsize": 2}
        ax.errorbar(x, curve["overlap"], yerr=spread(curve, "overlap"), **look)
        ax.plot(x, curve["formula"], ":", color=look["color"], lw=1.5)
    ax.set(xscale="log", xlabel="n / d²", ylabel="overlap", ylim=(0, 1))
    _size_ticks(ax)
    ax.minorticks_off()
    ax.grid(True, which="major", color="#e3e7ec", linewidth=0.8)
    ax.set_axisbelow(True)
    legend_below(ax)
    return ax


def plot_leak(ax: Axes, overlaps: pd.DataFrame) -> Axes:
    """Draw the overlap for He_p alone against d, and its formula (2p + 1)/(2p + d).

    Args:
        ax: where to draw.
        overlaps: at one n/d^2: columns degree, d, overlap, low, high, formula.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing.
    Cost: O(rows).
    """
    need_columns(overlaps, "degree", "d", "overlap", "low", "high", "formula")
    degrees = sorted(set(overlaps["degree"]))
    for degree, look in zip(degrees, shades(len(degrees)), strict=True):
        curve = overlaps[overlaps["degree"] == degree].sort_values("d")
        ax.errorbar(
            curve["d"],
            curve["overlap"],
            yerr=spread(curve, "overlap"),
            label=f"p = {degree}",
            linestyle="",
            capsize=2,
            **look,
        )
        ax.plot(curve["d"], curve["formula"], ":", color=look["color"], lw=1.5)
    ticks = sorted(set(overlaps["d"]))
    ax.set(xscale="log", yscale="log", xlabel="input dimension d")
    ax.set(ylabel="overlap of the neurons")
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    _write_ticks(ax)
    ax.legend()
    return ax


def plot_kappa(ax: Axes, means: pd.DataFrame, scaled: bool) -> Axes:
    """Draw the error against n / d^2, or n / (kappa d)^2, a curve for each kappa.

    Args:
        ax: where to draw.
        means: of one d: columns kappa, d, n, error, low, high; kappa may be infinite.
        scaled: divide n by kappa^2 too, which leaves out the infinite one.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing.
    Cost: O(rows).
    """
    need_columns(means, "kappa", "d", "n", "error", "low", "high")
    kappas = sorted(set(means["kappa"]))
    for kappa, look in zip(kappas, shades(len(kappas)), strict=True):
        if scaled and math.isinf(kappa):
            continue
        curve = means[means["kappa"] == kappa].sort_values("n")
        x = curve["n"] / (curve["d"] * (kappa if scaled else 1)) ** 2
        label = "κ = ∞" if math.isinf(kappa) else f"κ = {kappa:g}"
        _errors(ax, x, curve, label, look)
    _error_axes(ax, "n / (κ d)²" if scaled else "n / d²")
    legend_below(ax)
    return ax


def plot_hard_targets(ax: Axes, summary: pd.DataFrame) -> Axes:
    """Draw Adam (solid) and one step (dashed) on He_p alone, p by the mark's filling.

    Args:
        ax: where to draw.
        summary: columns learner, degree, d, n, error, low, high.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing or a learner unknown.
    Cost: O(rows).
    """
    need_columns(summary, "learner", "degree", "d", "n", "error", "low", "high")
    for (learner, part), curve in summary.groupby(["learner", "degree"], sort=False):
        look = line_style(str(learner))
        hollow = {} if part == summary["degree"].min() else {"mfc": "white"}
        label = f"{look.pop('label')}, p = {part}"
        curve = curve.sort_values("n")
        _errors(ax, curve["n"] / curve["d"] ** 2, curve, label, look | hollow)
    _error_axes(ax, "n / d²")
    legend_below(ax, columns=2)
    return ax


def legend_below(ax: Axes, columns: int = 3) -> Legend:
    """Put the legend under the axis label.

    At the side it would take its width from the curves, and on a phone most of it. The
    gap is in inches, so that it fits panels of any height.

    Args:
        ax: with the labelled curves already drawn. columns: of the legend.
    Returns: the legend.
    Cost: O(curves).
    Example:
        >>> import matplotlib.pyplot as plt
        >>> ax = plt.figure().gca()
        >>> len(ax.plot([1, 2], label="a curve"))
        1
        >>> len(legend_below(ax).get_texts())
        1
    """
    down = ScaledTranslation(0, -BELOW, ax.figure.dpi_scale_trans)
    return ax.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=ax.transAxes + down,
        borderaxespad=0,
        ncols=columns,
    )


def _errors(
    ax: Axes, x: pd.Series, curve: pd.DataFrame, label: str, look: dict[str, Any]
) -> None:
    ax.errorbar(
        x,
        curve["error"],
        yerr=spread(curve),
        label=label,
        elinewidth=1.1,
        capsize=2,
        **look,
    )


def _error_axes(ax: Axes, x_label: str) -> None:
    ax.set(xscale="log", yscale="log", xlabel=x_label, ylabel=EXPLORER.y.title)
    _size_ticks(ax)
    _write_ticks(ax)


def _size_ticks(ax: Axes) -> None:
    low, high = ax.get_xlim()
    powers = [2.0**k for k in range(-6, 9) if low <= 2.0**k <= high]
    shown = powers if len(powers) <= MOST_TICKS else powers[::2]
    ax.set_xticks(shown, [_power(tick) for tick in shown])


def _power(tick: float) -> str:
    # 1/64 is read at a glance, 0.015625 is not
    return f"{tick:g}" if tick >= 1 else f"1/{1 / tick:g}"


def _write_ticks(ax: Axes) -> None:
    write_ticks(ax, TICKS)
    ax.minorticks_off()
    ax.grid(True, which="major", color="#e3e7ec", linewidth=0.8)
    ax.set_axisbelow(True)
