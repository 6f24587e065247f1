"""A chapter's figure to move and its lab."""

from __future__ import annotations

import pandas as pd

from beyond_the_kernel.full_batch import grid
from replearn.experiments.learning_curves import estimate_seconds
from replearn.theory.rates import kernel_rate
from replearn.views import knobs
from replearn.views.controls import RELATIVE_ERROR, TENTH, ExplorerSpec
from replearn.views.facts import Read, Telling, need, times_more
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, means

SPEC = ExplorerSpec(
    name="fub",  # three letters that no other explorer has
    knobs=(knobs.d_knob(grid.DIMENSIONS, 10), knobs.p_knob(grid.DEGREES)),
    axes=(knobs.N, knobs.over(2)),
    y=RELATIVE_ERROR,
    learners=grid.LEARNERS,
    caption="Means over {seeds} seeds with 95 % intervals. Move d and the degree.",
    switches=knobs.switches("theory", "rate dᵖ", "d")[1:],  # it has no theory
    level=TENTH,
)


def table() -> pd.DataFrame:
    """Measured here and now; yours is `read_table(grid.ERRORS.name)`, once made."""
    rows = [grid.ERRORS.rows(run) for run in grid.ERRORS.runs()]
    return means(pd.concat(rows, ignore_index=True), SPEC)


def sentence(read: Read) -> str:
    """What stands after the setting; the numbers come from the curves."""
    return f"who knows the direction reaches 10 % error at {read.needs['oracle']}"


EXPLORER = Moving(
    SPEC,
    table,
    Telling(
        SPEC,
        sentence,
        (*map(need, grid.LEARNERS), times_more(*grid.LEARNERS, "random ÷ oracle")),
        {"d{degree}": lambda d, degree: kernel_rate(d, degree)},
        drops=grid.LEARNERS,
    ),
)
LAB = LabSpec(
    knobs=(
        knobs.DIMENSION,
        knobs.DEGREE,
        knobs.width_knob(128),
        knobs.most(4000, 1000),
        knobs.SEEDS,
    ),
    runs={"both": grid.LEARNERS},
    measure=grid.errors,
    estimate=lambda ns, d, width, **others: sum(
        estimate_seconds(learner, d, ns, width=width) for learner in grid.LEARNERS
    ),
    shows=EXPLORER,
)
