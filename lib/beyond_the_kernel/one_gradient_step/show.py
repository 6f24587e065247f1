"""The figure to move of "One gradient step", its lab and its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from beyond_the_kernel.one_gradient_step import grid
from replearn.experiments import first_layer
from replearn.experiments.curves import Reach, fit_exponent, select, summarise
from replearn.experiments.learning_curves import WIDTH
from replearn.experiments.tables import read_table
from replearn.targets import paper_target
from replearn.theory import predict_overlap
from replearn.views import knobs
from replearn.views.controls import RELATIVE_ERROR, ExplorerSpec
from replearn.views.drawing import log_axes
from replearn.views.facts import Read, Say, Telling, count, need, times_more
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, Theory, means
from replearn.views.parts import Knob, Level, Scale
from replearn.views.pictures import family, finish, over_d, shades

ERROR = RELATIVE_ERROR.title
SPEC = ExplorerSpec(
    name="ogs",
    knobs=(
        knobs.d_knob(grid.DIMENSIONS),
        knobs.r_knob(grid.DIRECTIONS),
        Knob("noise", grid.NOISES, 0.0, "label noise ς", "", said="noise {}"),
    ),
    axes=(knobs.over(2), knobs.over(1), knobs.N),
    y=Scale("overlap with the span of U", 0, 1.06, log=False),
    learners=first_layer.MEASURES,
    caption=(
        "Overlap of the first layer with the target's directions after one step: the "
        "share of the layer's square in their span, and that of its leading singular "
        "vectors. Means over {seeds} seeds with 95 % intervals, dotted the formula. "
        "Tick all d at once, then divide n by d² to see the neurons' curves fall "
        "together, and by d to see those of the singular space come close."
    ),
    switches=knobs.switches("formula", "where the formula is one half", "d"),
    level=Level(0.5, "one half"),
)


def overlap_means() -> pd.DataFrame:
    """The table `overlap`, for targets with a quadratic part."""
    table = select(read_table("overlap"), quadratic=0.5)
    return means(table, SPEC, "overlap", curve="measure")


def half(d: int, noise: float) -> float:
    """The n at which the formula is one half."""
    return float(np.pi * d**2 * (1 + noise**2) / 2)


def sentence(read: Read) -> str:
    """What the layer's square and its singular space need for one half."""
    d, neurons, space = read.cell["d"], *(read.needs[c] for c in SPEC.learners)
    return (
        f"an overlap of one half takes n {neurons.sign} {neurons.n / d**2:.2g} d² for "
        f"the layer's square and n {space.sign} {space.n / d:.2g} d for its top "
        "singular space"
    )


EXPLORER = Moving(
    SPEC,
    overlap_means,
    Telling(
        SPEC,
        sentence,
        (
            *(need(curve, note="for one half") for curve in SPEC.learners),
            times_more("neurons", "singular-space", "neurons ÷ singular space", ""),
            Say(
                "formula",
                "formula",
                lambda read: f"n ≈ {count(half(read.cell['d'], read.cell['noise']))}",
                "π d²(1 + ς²)/2",
            ),
        ),
        {"π d²(1 + ς²)/2": half},
        SPEC.learners,
        rising=True,
    ),
    Theory(
        {"neurons": lambda n, d, noise: predict_overlap(d, n, 1.0, noise**2)},
        lambda d: np.geomspace(max(d * d / 16, 10), max(8 * d * d, 320 * d), 60),
        ("d", "noise"),
    ),
)


def measure(
    ns: Sequence[int], seed: int, d: int, r: int, degree: int, noise: float, width: int
) -> Mapping[str, Sequence[float]]:
    """Overlaps after one step, at any setting."""
    target = paper_target(d, r, degree)
    return first_layer.measure_overlaps(target, ns, seed, noise, width)


LAB = LabSpec(
    knobs=(
        knobs.DIMENSION,
        knobs.DIRECTIONS,
        knobs.DEGREE,
        knobs.most(512_000, 8000),
        knobs.NOISE,
        knobs.width_knob(WIDTH),
        knobs.SEEDS,
    ),
    runs={"one-step": first_layer.MEASURES},
    measure=measure,
    estimate=lambda ns, d, width, **others: first_layer.estimate_seconds(d, ns, width),
    shows=EXPLORER,
    fixed={"degree": 3},
)


def plot_overlap(ax: Axes, rows: pd.DataFrame, power: int) -> Axes:
    """Draw an overlap against n / d^power, one curve for each d."""
    mean = summarise(rows, by=["d", "n"], value="overlap")
    family(ax, mean, "d", "d = {}", over_d(power), "overlap")
    label = knobs.over(power).title
    return finish(ax, label, "overlap", "x", (0, 1), columns=0)


def plot_steps(axes: Sequence[Axes], rows: pd.DataFrame) -> None:
    """Draw overlap and error against the number of steps, for each n = factor d^2."""
    for ax, value in zip(axes, ("overlap", "error"), strict=True):
        mean = summarise(rows, ["factor", "steps"], value)
        family(ax, mean, "factor", "n = {} d²", "steps", value)
    ticks, label = sorted(set(rows["steps"])), "steps on the first layer"
    finish(axes[0], label, "overlap of the neurons", "x", (0, 1), ticks, columns=0)
    finish(axes[1], label, ERROR, xticks=ticks, columns=0)


def plot_zero_hessian(
    ax: Axes, alone: pd.DataFrame, whole: pd.DataFrame, limits: Mapping[int, float]
) -> Axes:
    """Draw the neurons' overlap where H = 0 (hollow) and where it is not (filled).

    Dotted, for each d, the limit of the overlap without a quadratic part.
    """
    for (d, limit), look in zip(limits.items(), shades(len(limits)), strict=True):
        for name, frame in (("He₂ + He₃", whole), ("He₃ alone", alone)):
            fill = {} if frame is whole else {"markerfacecolor": "white"}
            label, rows, own = f"{name}, d = {d}", select(frame, d=d), look | fill
            family(ax, rows, "d", label, over_d(), "overlap", **own)
        ax.axhline(limit, color=look["color"], ls=":", lw=1.4)
    return finish(ax, "n / d²", "overlap", "x", (0, 1), columns=0)


def plot_onset(ax: Axes, found: Mapping[str, Reach], balance: Sequence[float]) -> Axes:
    """Draw n/d at overlap one half against d, a line for each cause taken away.

    Dotted, n/d at which the removed correlation balances the signal.
    """
    log_axes(ax, "input dimension d", "n / d at overlap one half")
    for (name, reach), look in zip(found.items(), shades(len(found)), strict=True):
        label = f"{name}: {fit_exponent(reach)[0]:.2f}"
        ax.plot(reach.x, reach.n / reach.x, label=label, **look)
        dimensions = reach.x
    ax.plot(dimensions, np.divide(balance, dimensions), "k:", label="balance: 1.50")
    ax.set_xticks(dimensions, [f"{d:g}" for d in dimensions])
    ax.set_yticks([4, 8, 16, 32], ["4", "8", "16", "32"])
    ax.minorticks_off()
    ax.legend(title="exponent of d in n", alignment="left")
    return ax
