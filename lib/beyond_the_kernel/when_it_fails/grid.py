"""When it fails: a quadratic part that fades, and a direction ever harder to see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from replearn.experiments import curves, first_layer
from replearn.experiments.curves import Interval, select
from replearn.experiments.learning_curves import network_sizes
from replearn.experiments.sweep import Measured, Sweep, grid
from replearn.experiments.tables import read_table
from replearn.targets import degenerate_target
from replearn.targets.curvature import conditioned_target, quadratic_target
from replearn.targets.transforms import TRANSFORMS
from replearn.theory import hermite_overlap
from replearn.theory.curvature import target_overlap

DIMENSIONS, DIAL_DIMENSIONS, DEGREES = (20, 40, 80), (40, 80, 160), (3, 4)
SHARES = (0.0, 0.01, 0.05, 0.2, 0.5, 1.0)
NEW_SHARES = SHARES[:4]  # at one half and at one, kernel-vs-network has the errors


def fading(ns: Sequence[int], seed: int, learner: str, **setting: Any) -> Measured:
    """Errors of one learner, r = 1."""
    return {learner: first_layer.measure_fading(ns, seed, learner, **setting)[learner]}


def fading_sizes(learner: str, d: int, quadratic: float) -> list[int]:
    """The sizes of a learner; few for Adam, which costs most."""
    few = [factor * d * d for factor in ((4, 16) if quadratic else (1, 4, 16))]
    return few if learner == "adam" else network_sizes(d, 1)


QUADRATIC_SHARE = Sweep(
    "quadratic-share",
    fading,
    grid(
        lambda learner, d, quadratic: learner == "one-step" or d < 80 or not quadratic,
        learner=("one-step", "adam"),
        d=DIMENSIONS,
        degree=DEGREES,
        quadratic=NEW_SHARES,
    ),
    "r = 1: test error when the quadratic part has little weight or none.",
    sizes=fading_sizes,
    cheap=lambda learner, d: learner == "one-step" and d == 20,
)
QUADRATIC_SHARE_ADAM = Sweep(
    "quadratic-share-adam",
    fading,
    grid(learner="adam", d=80, degree=DEGREES, quadratic=NEW_SHARES[1:]),
    "The Adam network at d = 80 with a little quadratic part.",
    sizes=fading_sizes,
)


def turned(ns: Sequence[int], seed: int, d: int, **setting: Any) -> Measured:
    """The neurons' overlap after one step, r = 1."""
    found = first_layer.measure_overlaps(quadratic_target(d, 1, **setting), ns, seed)
    return {"overlap": found["neurons"]}


CURVATURE_OVERLAP = Sweep(
    "curvature-overlap",
    turned,
    grid(  # He_p alone leaks for small d: more dimensions there, and one degree more
        lambda d, degree, quadratic: not quadratic or (10 < d < 160 and degree < 5),
        d=(10, *DIMENSIONS, 160),
        degree=(*DEGREES, 5),
        quadratic=SHARES,
    ),
    "r = 1: overlap of the neurons after one step, for every quadratic weight.",
    value="overlap",
    curve="",
    sizes=lambda d: [n for n in network_sizes(d, 1) if n <= 110_000],
    cheap=lambda d: d <= 20,
)
FACTORS = {20: (1, 2, 4, 8, 16, 32, 64, 128), 40: (1, 2, 4, 8, 16, 32, 64)}


def weakened(d: int, inverse_kappa: float, seed: int) -> Measured:
    """Errors, and the layer's shares along a strong and a weak direction."""
    target, ns = conditioned_target(d, inverse_kappa), [f * d * d for f in FACTORS[d]]
    return {"n": ns, **first_layer.measure_step(target, ns, seed)}


CONDITION = Sweep(
    "condition",
    weakened,
    grid(d=tuple(FACTORS), inverse_kappa=(0.0, 1 / 8, 1 / 4, 1 / 3, 1 / 2, 1.0)),
    "r = 2, p = 3: error and overlaps when H has unequal eigenvalues.",
    seeds=10,
    cheap=lambda d: d == 20,
)


def at_width(d: int, width: int, seed: int) -> Measured:
    """The error that a width leaves on He_3 alone."""
    target = quadratic_target(d, quadratic=0.0)
    found = first_layer.measure_step(target, [16 * d * d], seed, width=width)
    return {"error": found["error"]}


CUBIC_WIDTH = Sweep(
    "cubic-width",
    at_width,
    grid(d=(40, 80), width=(128, 512, 2048)),
    "He_3 alone, n = 16 d^2, one step: test error for three widths.",
    cheap=lambda d, width: d == 40 and width == 128,
)


def dialled(d: int, degree: int, transform: str, seed: int) -> Measured:
    """He_p alone, with T(y) in the place of y before the one step."""
    target, ns = degenerate_target(d, 1, degree), network_sizes(d, 1)
    found = first_layer.measure_step(target, ns, seed, transform=transform)
    return {"n": ns, "error": found["error"], "overlap": found["overlap_1"]}


LABEL_TRANSFORM = Sweep(
    "label-transform",
    dialled,
    grid(d=DIAL_DIMENSIONS, degree=DEGREES, transform=tuple(TRANSFORMS)),
    "He_p alone, one step on T(y), read-out on y: test error and overlap.",
    cheap=lambda d: d == 40,
)


def dial_over_formula() -> Interval:
    """Overlap over the formula's, for the threshold at d = 160, n = 4 d^2."""
    at, n = {"d": 160, "degree": 3, "transform": "threshold"}, 4 * 160**2
    rows = select(read_table("label-transform"), n=n, **at)
    formula = hermite_overlap(n, 160, 3, "threshold")
    return curves.mean_interval(curves.seed_values(rows, "overlap") / formula)


def share_errors() -> pd.DataFrame:
    """Errors at every weight; at one half and one those of the first chapter."""
    known = read_table("kernel-vs-network").query(
        "learner in ('one-step', 'adam') and r == 1 and d in @DIMENSIONS and n >= d**2"
    )
    half = select(known, degree=list(DEGREES)).assign(quadratic=0.5)
    whole = select(known, degree=2).assign(quadratic=1.0)  # no part of degree p is left
    parts = [half, *(whole.assign(degree=p) for p in DEGREES)]
    new = [read_table(sweep.name) for sweep in (QUADRATIC_SHARE, QUADRATIC_SHARE_ADAM)]
    return pd.concat([*new, *parts], ignore_index=True).drop(columns="r")


def mean_overlaps() -> pd.DataFrame:
    """Mean overlap at every weight, and the exact formula beside it."""
    at = ["d", "degree", "quadratic", "n"]
    mean = curves.summarise(read_table("curvature-overlap"), at, "overlap")
    formula = [predicted_overlap(*row) for row in mean[at].itertuples(index=False)]
    return mean.assign(formula=formula)


def predicted_overlap(d: int, degree: int, quadratic: float, n: float) -> float:
    """The exact formula for a quadratic target with r = 1."""
    return target_overlap(quadratic_target(d, 1, degree, quadratic), n)


def conditions() -> pd.DataFrame:
    """The table `condition` with kappa in the place of its inverse."""
    table = read_table("condition")
    return table.assign(kappa=1 / table.pop("inverse_kappa"))
