"""What kernels can do: each degree measured and predicted, and finite widths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from replearn.experiments.curves import Interval, summarise
from replearn.experiments.degrees import (
    EQUAL_WEIGHTS,
    STAIRCASE_KERNELS,
    WHOLE,
    measure_degrees,
    predict_degrees,
)
from replearn.experiments.gram import FINITE_KERNELS, measure_gram_error
from replearn.experiments.learning_curves import KERNELS, WIDTH
from replearn.experiments.sweep import Sweep, grid
from replearn.experiments.tables import read_table
from replearn.kernels import kernel_of
from replearn.targets import paper_target
from replearn.targets.staircase import INPUTS, Staircase
from replearn.theory import kernel_floor

DIMENSIONS = (10, 20, 40, 80)
LARGEST = {10: 2000, 20: 4000, 40: 4000, 80: 6000}
# the staircase itself, for one direction and for two, and two controls
TARGETS = (
    ("staircase", 1, EQUAL_WEIGHTS),
    ("staircase", 2, EQUAL_WEIGHTS),
    ("linear", 1, {1: 1.0}),
    ("cubic", 1, {3: 1.0}),
)
POINT = ("target", "inputs", "kernel", "d", "r", "part", "n")
HALF = 0.25  # of (1 - q)^2, at q = 1/2
RANDOM = "random-features"


def tidy(ns: Sequence[int], found: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Columns for the curves of all targets, one for each of their parts."""
    frames = [
        pd.DataFrame({"n": ns, **curves})
        .melt("n", var_name="part", value_name="error")
        .assign(target=name, r=r)
        for (name, r, _), curves in zip(TARGETS, found, strict=True)
    ]
    return {str(name): values for name, values in pd.concat(frames).items()}


def measured(d: int, inputs: str, kernel: str, seed: int) -> Mapping[str, Any]:
    """All targets from one Gram matrix, at 16 sizes evenly spaced in log n."""
    ns = [round(n) for n in np.geomspace(8, LARGEST[d], 16)]
    targets = [Staircase(d, r, weights, inputs) for _, r, weights in TARGETS]
    found = measure_degrees(kernel_of(kernel), targets, ns, seed)
    return tidy(ns, ({p: e.numpy() for p, e in curves.items()} for curves in found))


STAIRCASE = Sweep(
    "staircase",
    measured,
    grid(d=DIMENSIONS, inputs=INPUTS, kernel=STAIRCASE_KERNELS),
    "Missing share (1 - c)^2 of each degree, and the test error, of four kernels.",
    curve="part",
    keys=(*POINT, "seed"),
    cheap=lambda d: d <= 10,
)


def predicted(d: int, kernel: str) -> Mapping[str, Any]:
    """The theory of all targets, on the sphere."""
    ns = [int(n) for n in np.unique(np.geomspace(8, 10**6, 61).astype(int))]
    found = []
    for _, r, weights in TARGETS:
        told = predict_degrees(kernel_of(kernel), d, ns, weights, r)
        parts = zip(told.degrees, told.missing.T.numpy(), strict=True)
        found.append({f"degree-{k}": e for k, e in parts} | {WHOLE: told.total})
    return tidy(ns, found)


STAIRCASE_THEORY = Sweep(
    "staircase-theory",
    predicted,
    grid(d=DIMENSIONS, kernel=STAIRCASE_KERNELS),
    "Predicted (1 - c)^2 of each degree, and test error, on the sphere.",
    seeds=0,
    curve="part",
    keys=[name for name in POINT if name != "inputs"],
)

WIDTHS = (64, 256, 1024, 4096, 16384)


def gram_error(kind: str, width: int, seed: int) -> Mapping[str, float]:
    """One finite network's Gram matrix against its limit."""
    return {"error": measure_gram_error(kind, width, seed)}


GRAM_ERROR = Sweep(
    "gram-error",
    gram_error,
    grid(kind=FINITE_KERNELS, width=WIDTHS),
    "Relative distance of finite networks' Gram matrices from their limits.",
    seeds=20,
    curve="kind",
    along="width",
    cheap=lambda width: width <= 1024,
)


def worst_over_floor(learners: Sequence[str] = (*KERNELS, RANDOM)) -> Interval:
    """Smallest mean error over the floor, at all points where that is above zero."""
    table, found = read_table("kernel-vs-network"), []
    rows = table[table["learner"].isin(learners)]
    for _, curve in rows.groupby(["learner", "d", "r", "degree"]):
        at, means = curve.iloc[0], summarise(curve)
        target = paper_target(at.d, at.r, at.degree)
        width = WIDTH if at.learner == RANDOM else None
        floor = kernel_floor(target, means["n"].tolist(), width).numpy()
        ratios = means[["error", "low", "high"]].div(floor, axis=0)[floor > 0]
        found += ratios.to_numpy().tolist()
    value, low, high = min(found)
    return value, low, high
