"""The tables of "What kernels can and cannot do", measured and predicted."""

from __future__ import annotations

import numpy as np

from replearn.experiments.learning_curves import SEEDS
from replearn.experiments.degrees import (
    EQUAL_WEIGHTS,
    STAIRCASE_KERNELS,
    WHOLE,
    measure_degrees,
    predict_degrees,
)
from replearn.experiments.sweep import Cell, Row, Sweep
from replearn.kernels import kernel_of
from replearn.targets.staircase import INPUTS, Staircase

STAIRCASE_DIMENSIONS = (10, 20, 40, 80)
LARGEST_SIZES = {10: 2000, 80: 6000}  # 4000 elsewhere
# the staircase itself, for one direction and for two, and two controls
STAIRCASE_TARGETS = (
    ("staircase", 1, EQUAL_WEIGHTS),
    ("staircase", 2, EQUAL_WEIGHTS),
    ("linear", 1, {1: 1.0}),
    ("cubic", 1, {3: 1.0}),
)
KEYS = ("target", "inputs", "kernel", "d", "r", "part", "n")


def staircase_sizes(d: int) -> list[int]:
    """Sizes of the measured curves: 16, evenly spaced in log n.

    Args:
        d: input dimension.
    Returns:
        Increasing sizes.
    Cost:
        O(1).
    Example:
        >>> staircase_sizes(10)[0], staircase_sizes(40)[-1]
        (8, 4000)
    """
    largest = LARGEST_SIZES.get(d, 4000)
    return [round(n) for n in np.geomspace(8, largest, 16)]


def _run(cell: Cell) -> list[Row]:
    d, inputs, kernel = cell["d"], cell["inputs"], cell["kernel"]
    ns = staircase_sizes(d)
    targets = [Staircase(d, r, w, inputs) for _, r, w in STAIRCASE_TARGETS]
    measured = measure_degrees(kernel_of(kernel), targets, ns, cell["seed"])
    rows = []
    for (name, r, _), errors in zip(STAIRCASE_TARGETS, measured, strict=True):
        for part, curve in errors.items():
            point = cell | {"target": name, "r": r, "part": part}
            values = zip(ns, curve.tolist(), strict=True)
            rows += [point | {"n": n, "error": error} for n, error in values]
    return rows


STAIRCASE = Sweep(
    name="staircase",
    cells=[
        {"kernel": kernel, "d": d, "inputs": inputs, "seed": seed}
        for d in STAIRCASE_DIMENSIONS
        for inputs in INPUTS
        for kernel in STAIRCASE_KERNELS
        for seed in SEEDS
    ],
    run=_run,
    keys=(*KEYS, "seed"),
    note="Missing share (1 - c)^2 of each degree, and the test error, of four kernels.",
)


def _run_theory(cell: Cell) -> list[Row]:
    ns = [int(n) for n in np.unique(np.geomspace(8, 10**6, 61).astype(int))]
    rows = []
    for name, r, weights in STAIRCASE_TARGETS:
        curves = predict_degrees(kernel_of(cell["kernel"]), cell["d"], ns, weights, r)
        parts = [f"degree-{k}" for k in curves.degrees]
        columns = [*curves.missing.T.tolist(), curves.total.tolist()]
        for part, column in zip([*parts, WHOLE], columns, strict=True):
            point = cell | {"target": name, "r": r, "part": part}
            values = zip(ns, column, strict=True)
            rows += [point | {"n": n, "error": error} for n, error in values]
    return rows


STAIRCASE_THEORY = Sweep(
    name="staircase-theory",
    cells=[
        {"kernel": kernel, "d": d}
        for d in STAIRCASE_DIMENSIONS
        for kernel in STAIRCASE_KERNELS
    ],
    run=_run_theory,
    keys=("target", "kernel", "d", "r", "part", "n"),
    note="Predicted (1 - c)^2 of each degree, and test error, on the sphere.",
)
