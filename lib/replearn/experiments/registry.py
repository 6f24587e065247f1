"""Every sweep and every measure of a claim, by name: the place to add new ones."""

from __future__ import annotations

from collections.abc import Callable

from replearn.experiments import (
    curvature_claims,
    few_directions_claims,
    transfer_claims,
)
from replearn.experiments.curvature_sweeps import (
    ADAM_SHARE,
    CONDITION,
    CUBIC_WIDTH,
    CURVATURE_OVERLAP,
    QUADRATIC_SHARE,
)
from replearn.experiments.curves import Interval
from replearn.experiments.few_directions_sweeps import (
    KERNEL_VS_NETWORK,
    NEGATIVE_CONTROL,
    WIDTH_SWEEP,
)
from replearn.experiments.figure_1 import FIGURE_1, FIGURE_1_STEP
from replearn.experiments.figure_2 import FIGURE_2
from replearn.experiments.first_step_sweeps import (
    FIRST_LAYER_STEPS,
    LINEAR_PART,
    ONE_STEP_SWITCHES,
    OVERLAP,
)
from replearn.experiments.gram_error import GRAM_ERROR
from replearn.experiments.hermite_sweeps import (
    HERMITE_COEFFICIENTS,
    HERMITE_CURVATURE,
)
from replearn.experiments.kernel_theory import KERNEL_THEORY
from replearn.experiments.staircase_sweeps import STAIRCASE, STAIRCASE_THEORY
from replearn.experiments.sweep import Sweep
from replearn.experiments.transfer_line import TRANSFER_LINE
from replearn.experiments.transfer_sweeps import (
    TRANSFER,
    TRANSFER_KERNEL_THEORY,
    TRANSFER_OWN_RIDGE,
    TRANSFER_SOURCE,
    TRANSFER_WIDTH,
)

SWEEPS: dict[str, Sweep] = {
    sweep.name: sweep
    for sweep in (
        KERNEL_VS_NETWORK,
        KERNEL_THEORY,
        FIGURE_1,
        FIGURE_1_STEP,
        WIDTH_SWEEP,
        NEGATIVE_CONTROL,
        HERMITE_COEFFICIENTS,
        HERMITE_CURVATURE,
        STAIRCASE,
        STAIRCASE_THEORY,
        GRAM_ERROR,
        OVERLAP,
        ONE_STEP_SWITCHES,
        FIRST_LAYER_STEPS,
        LINEAR_PART,
        TRANSFER,
        TRANSFER_KERNEL_THEORY,
        TRANSFER_LINE,
        FIGURE_2,
        TRANSFER_SOURCE,
        TRANSFER_WIDTH,
        TRANSFER_OWN_RIDGE,
        QUADRATIC_SHARE,
        ADAM_SHARE,
        CURVATURE_OVERLAP,
        CONDITION,
        CUBIC_WIDTH,
    )
}

MEASURES: dict[str, Callable[[], Interval]] = {
    **few_directions_claims.MEASURES,
    **transfer_claims.MEASURES,
    **curvature_claims.MEASURES,
}
