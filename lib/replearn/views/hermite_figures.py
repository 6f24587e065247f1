"""Pictures of Hermite expansions and of what samples say about coefficients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from torch import Tensor

from replearn.checks import check_int
from replearn.hermite import orthonormal_hermite
from replearn.views.drawing import need_columns, spread
from replearn.views.palette import MATPLOTLIB_MARKERS, ink
from replearn.views.style import SOFT, TEXT

DIMENSION_MARKERS = ("o", "s", "D", "^")
TARGET_LOOKS = {
    "full-rank": ("degree-2", "-"),
    "rank-deficient": ("degree-3", (0, (5, 2))),
    "cubic": ("degree-4", (0, (2, 2))),
}


def plot_partial_sums(
    ax: Axes,
    function: Callable[[Tensor], Tensor],
    coefficients: Sequence[float] | Tensor,
    degrees: Sequence[int],
    reach: float = 3.0,
) -> Axes:
    """Draw a function of one Gaussian variable and its first Hermite sums.

    Args:
        ax: where to draw.
        function: f, elementwise on float64 tensors.
        coefficients: of f in the orthonormal basis, from degree 0.
        degrees: where the sums end, at most four.
        reach: the picture goes from -reach to reach.
    Returns: `ax`.
    Raises:
        ValueError: a degree has no coefficient, or there are more than four.
    Cost: O(degrees).
    """
    if len(degrees) > 4:
        raise ValueError(f"{len(degrees)} sums are too many for one picture, show 4")
    z = torch.linspace(-reach, reach, 241, dtype=torch.float64)
    _plain_axes(ax, "z", "f(z)")
    ax.plot(z, function(z), color=TEXT, linewidth=4, alpha=0.3, label="f itself")
    terms = [float(c) * orthonormal_hermite(k, z) for k, c in enumerate(coefficients)]
    for number, degree in enumerate(degrees, start=1):
        check_int("each of degrees", degree, minimum=0, maximum=len(terms) - 1)
        look = ink(f"degree-{number}")
        total = torch.stack(terms[: degree + 1]).sum(0)
        dash = (0, (1 + 2 * number, 1.5)) if number > 1 else "-"
        label = f"up to degree {degree}"
        ax.plot(z, total, color=look.light, linestyle=dash, label=label)
    ax.legend()
    return ax


def plot_gate_signals(
    ax: Axes, measured: pd.DataFrame, theory: Mapping[int, Callable[[float], float]]
) -> Axes:
    """Draw what a gate sees of each degree against its overlap with the direction.

    Args:
        ax: where to draw.
        measured: columns degree, overlap, error (the signal), low, high.
        theory: degree -> signal as a function of the overlap.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing or there is no row.
    Cost: O(rows).
    """
    need_columns(measured, "degree", "overlap", "error", "low", "high")
    _plain_axes(
        ax, "overlap t of the neuron with the direction", "signal in the gradient"
    )
    t = np.linspace(0, float(measured["overlap"].max()), 100)
    for degree in sorted(set(measured["degree"])):
        rows = measured[measured["degree"] == degree]
        look = ink(f"degree-{degree}")
        ax.plot(t, [theory[degree](value) for value in t], ":", color=look.light)
        ax.errorbar(
            rows["overlap"],
            rows["error"],
            yerr=spread(rows),
            color=look.light,
            marker=MATPLOTLIB_MARKERS[look.marker],
            linestyle="none",
            capsize=2,
            label=look.label,
        )
    ax.axhline(0, color=SOFT, linewidth=0.8, zorder=0)
    ax.legend()
    return ax


def plot_coefficient_errors(
    ax: Axes, measured: pd.DataFrame, theory: pd.DataFrame
) -> Axes:
    """Draw the error of all coefficients of a degree against samples per coefficient.

    Args:
        ax: where to draw.
        measured: columns d, degree, per_coefficient, error, low, high.
        theory: columns d, degree, per_coefficient, error; drawn dotted.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing or there is no row.
    Cost: O(rows).
    """
    need_columns(measured, "d", "degree", "per_coefficient", "error", "low", "high")
    need_columns(theory, "d", "degree", "per_coefficient", "error")
    _plain_axes(ax, "samples per coefficient of that degree", "squared error, summed")
    ax.set(xscale="log", yscale="log")
    for (degree, _), rows in theory.groupby(["degree", "d"]):
        colour = ink(f"degree-{degree}").light
        ax.plot(rows["per_coefficient"], rows["error"], ":", color=colour, lw=1.3)
    dimensions = sorted(set(measured["d"]))
    for (degree, d), rows in measured.groupby(["degree", "d"]):
        first = d == dimensions[0]
        ax.errorbar(
            rows["per_coefficient"],
            rows["error"],
            yerr=spread(rows),
            color=ink(f"degree-{degree}").light,
            marker=DIMENSION_MARKERS[dimensions.index(d) % 4],
            linestyle="none",
            label=f"degree {degree}" if first else None,
        )
    for d, marker in zip(dimensions, DIMENSION_MARKERS, strict=False):
        ax.plot([], [], marker=marker, color=SOFT, linestyle="none", label=f"d = {d}")
    ax.legend(ncols=2)
    return ax


def plot_curvatures(
    ax: Axes, measured: pd.DataFrame, theory: Mapping[str, Sequence[float]]
) -> Axes:
    """Draw an estimated curvature against n, for targets that have it or have not.

    Args:
        ax: where to draw.
        measured: columns target, n, error (root mean square), low, high.
        theory: target -> the same, predicted, at the sizes of `measured`; dotted.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing or a target has another name.
    Cost: O(rows).
    """
    need_columns(measured, "target", "n", "error", "low", "high")
    unknown = set(measured["target"]) - set(TARGET_LOOKS)
    if unknown:
        raise ValueError(f"target={sorted(unknown)} is not one of {list(TARGET_LOOKS)}")
    _plain_axes(ax, "samples n", "estimated curvature along $u_2$ (rms)")
    ax.set(xscale="log", yscale="log")
    for target, rows in measured.groupby("target", sort=False):
        key, dash = TARGET_LOOKS[str(target)]
        look, rows = ink(key), rows.sort_values("n")
        marker = MATPLOTLIB_MARKERS[look.marker]
        (line,) = ax.plot(rows["n"], rows["error"], linestyle=dash, label=str(target))
        line.set(color=look.light, marker=marker)
        ax.fill_between(
            rows["n"], rows["low"], rows["high"], color=look.light, alpha=0.16, lw=0
        )
        ax.plot(rows["n"], theory[str(target)], ":", color=look.light, lw=1.3)
    ax.legend()
    return ax


def plot_second_moments(ax: Axes, moments: pd.DataFrame) -> Axes:
    """Draw averages of f*^2, whose mean is 1, on independent and stratified points.

    Args:
        ax: where to draw.
        moments: columns degree, points ("independent" or "stratified"), moment.
    Returns: `ax`.
    Raises:
        ValueError: if a column is missing or there is no row.
    Cost: O(rows).
    """
    need_columns(moments, "degree", "points", "moment")
    _plain_axes(ax, "degree p", "average of $h_p^2$; its mean is 1")
    ax.set_yscale("log")
    degrees = sorted(set(moments["degree"]))
    for key, points, shift in (
        ("degree-2", "independent", -0.12),
        ("degree-1", "stratified", 0.12),
    ):
        rows = moments[moments["points"] == points]
        at = np.array([degrees.index(degree) for degree in rows["degree"]]) + shift
        look = ink(key)
        marker = MATPLOTLIB_MARKERS[look.marker]
        ax.plot(at, rows["moment"], marker, color=look.light, alpha=0.7, label=points)
    ax.axhline(1, color=SOFT, linewidth=1, linestyle=(0, (5, 4)))
    ax.set_xticks(range(len(degrees)), [str(degree) for degree in degrees])
    ax.legend()
    return ax


def _plain_axes(ax: Axes, x_label: str, y_label: str) -> None:
    ax.set_xlabel(x_label)
    ax.set_ylabel(y_label)
    ax.grid()
