"""The labs of Part I: what a reader may set beyond the tables, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from replearn.experiments import (
    curvature,
    expected_derivatives,
    few_directions,
    subspace,
)
from replearn.experiments.curves import summarise
from replearn.experiments.tables import read_table
from replearn.targets import paper_target
from replearn.views.controls import EXPLORER, TENTH
from replearn.views.curvature_explorer import (
    CURVATURE,
    OUTSIDE,
    curvature_summary,
)
from replearn.views.lab import LabSpec
from replearn.views.overlap_explorer import HALF, OVERLAP, overlap_summary
from replearn.views.parts import Knob, Scale

DIMENSION = Knob("d", tuple(range(9, 201)), 20, "input dimension d", "")
DIRECTIONS = Knob("r", tuple(range(1, 9)), 1, "relevant directions r", "")
DEGREE = Knob("degree", tuple(range(2, 7)), 3, "degree p", "", said="degree {}")
NOISE = Knob("noise", (0.0, 0.25, 0.5, 1.0), 0.0, "label noise ς", "", said="noise {}")
WIDTHS = (128, 256, 512, 1024, 2048)
SEEDS = Knob("seeds", (1, 2, 3, 5), 2, "repetitions", "seeds")

Curves = Mapping[str, Sequence[float]]


def most(largest: int, default: int) -> Knob:
    """The slider of the largest size: 250 times powers of two.

    Args: largest: its upper end. default: where it stands.
    Returns: the knob.
    Raises: ValueError: if `default` is none of the sizes.
    Cost: O(1).
    Example:
        >>> most(1000, 500).values
        (250, 500, 1000)
    """
    sizes = [250 * 2**k for k in range(12)]
    values = tuple(n for n in sizes if n <= largest)
    return Knob("n_max", values, default, "most samples n", "")


def _learn(run: str, ns: Sequence[int], seed: int, **settings: Any) -> Curves:
    return {run: few_directions.measure_curve(run, ns=ns, seed=seed, **settings)}


def _learn_seconds(run: str, ns: Sequence[int], seeds: int, **settings: Any) -> float:
    d, width = settings["d"], settings["width"]
    return learning_curves.estimate_seconds(run, d, ns, seeds, width)


LEARNING_CURVES = LabSpec(
    knobs=(
        DIMENSION,
        DIRECTIONS,
        DEGREE,
        most(16000, 2000),
        NOISE,
        Knob("width", WIDTHS, few_directions.WIDTH, "width m", "neurons"),
        SEEDS,
    ),
    runs={name: (name,) for name in few_directions.LEARNERS},
    ticked=("ntk", "one-step"),
    measure=_learn,
    estimate=_learn_seconds,
    table=lambda: summarise(read_table("kernel-vs-network")),
    y=EXPLORER.y,
    level=TENTH,
)


def _coefficients(run: str, ns: Sequence[int], seed: int, **settings: Any) -> Curves:
    target = paper_target(settings["d"], settings["r"], settings["degree"])
    found = expected_derivatives.measure_coefficient_errors(target, ns, seed)
    return {f"degree-{order}": errors for order, errors in found.items()}


def _coefficient_table() -> pd.DataFrame:
    table = read_table("hermite-coefficients")
    found = summarise(table, by=["d", "degree", "n"])
    curves = "degree-" + found["degree"].astype(str)
    return found.assign(learner=curves, r=1, degree=3)


COEFFICIENTS = LabSpec(
    knobs=(DIMENSION, DIRECTIONS, DEGREE, most(128_000, 16_000), SEEDS),
    runs={"samples": ("degree-1", "degree-2", "degree-3")},
    measure=_coefficients,
    estimate=lambda run, ns, seeds, **settings: (
        seeds * expected_derivatives.estimate_seconds(settings["d"], ns)
    ),
    table=_coefficient_table,
    y=Scale("squared error of the coefficients", 1e-4, 1e4),
)


def _overlap(run: str, ns: Sequence[int], seed: int, **settings: Any) -> Curves:
    target = paper_target(settings["d"], settings["r"], settings["degree"])
    noise, width = settings["noise"], settings["width"]
    pairs = subspace.measure_subspace(target, ns, seed, noise, width)
    return dict(zip(OVERLAP.learners, zip(*pairs, strict=True), strict=True))


OVERLAP_LAB = LabSpec(
    knobs=(
        DIMENSION,
        DIRECTIONS,
        DEGREE,
        most(512_000, 8000),
        NOISE,
        Knob("width", WIDTHS, subspace.WIDTH, "width m", "neurons"),
        SEEDS,
    ),
    runs={"one-step": OVERLAP.learners},
    measure=_overlap,
    estimate=lambda run, ns, seeds, **settings: (
        seeds * subspace.estimate_seconds(settings["d"], ns, settings["width"])
    ),
    table=lambda: overlap_summary().assign(degree=3),
    y=OVERLAP.y,
    level=HALF,
)


def _fade(run: str, ns: Sequence[int], seed: int, **settings: Any) -> Curves:
    rows = pd.DataFrame(
        curvature.measure_run(ns=ns, seed=seed, learner=run, **settings)
    )
    found = {run: rows["error"].tolist()}
    if run == "one-step":
        found[OUTSIDE] = (1 - rows.filter(like="overlap").sum(axis=1)).tolist()
    return found


FADING_LAB = LabSpec(
    knobs=(
        DIMENSION,
        DIRECTIONS,
        Knob("degree", tuple(range(3, 7)), 3, "degree p", "", said="degree {}"),
        Knob(
            "quadratic",
            (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
            0.0,
            "quadratic weight w",
            "",
            said="w = {}",
        ),
        most(128_000, 8000),
        NOISE,
        SEEDS,
    ),
    runs={"one-step": ("one-step", OUTSIDE), "adam": ("adam",)},
    ticked=("one-step",),
    measure=_fade,
    estimate=lambda run, ns, seeds, **settings: (
        seeds * curvature.estimate_run(settings["d"], ns, run)
    ),
    table=lambda: curvature_summary().assign(r=1),
    y=CURVATURE.y,
    level=CURVATURE.level,
)
