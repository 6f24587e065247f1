"""The tables of "What kernels can and cannot do", measured and predicted."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch

from replearn import kernels
from replearn.experiments.few_directions import NTK_BIAS_VARIANCE, SEEDS
from replearn.experiments.staircase import (
    EQUAL_WEIGHTS,
    STAIRCASE_KERNELS,
    WHOLE,
    kernel_of,
    measure_degrees,
    predict_degrees,
)
from replearn.experiments.sweep import Cell, Row, Sweep
from replearn.learners.finite_kernels import random_feature_gram, tangent_gram
from replearn.targets import sample_gaussian
from replearn.targets.staircase import INPUTS, Staircase
from replearn.theory.random_features import predict_gram_error

STAIRCASE_DIMENSIONS = (10, 20, 40)
# the staircase itself, for one direction and for two, and two controls
STAIRCASE_TARGETS = (
    ("staircase", 1, EQUAL_WEIGHTS),
    ("staircase", 2, EQUAL_WEIGHTS),
    ("linear", 1, {1: 1.0}),
    ("cubic", 1, {3: 1.0}),
)
KEYS = ("target", "inputs", "kernel", "d", "r", "part", "n")


def staircase_sizes(d: int) -> list[int]:
    """Sizes of the measured curves: 16, evenly spaced in log n, to 2000 or 4000.

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
    largest = 2000 if d <= 10 else 4000
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
        for d in (*STAIRCASE_DIMENSIONS, 80)
        for kernel in STAIRCASE_KERNELS
    ],
    run=_run_theory,
    keys=("target", "kernel", "d", "r", "part", "n"),
    note="Predicted (1 - c)^2 of each degree, and test error, on the sphere.",
)

GRAM_POINTS, GRAM_DIMENSION = 200, 20
GRAM_WIDTHS = (64, 256, 1024, 4096, 16384)
FINITE_KERNELS = ("random-features", "tangent", "tangent-no-bias")


def measure_gram_error(kind: str, width: int, seed: int) -> float:
    """|K_m - K|_F / |K|_F at 200 Gaussian inputs in 20 dimensions.

    Args:
        kind: one of FINITE_KERNELS. width: neurons m. seed: of the weights; the inputs
            are always the same.
    Returns:
        The relative error of the finite network's Gram matrix.
    Raises:
        KeyError: unknown kind. ValueError, TypeError: arguments out of range.
    Cost:
        O(m n^2).
    Example:
        >>> 0.1 < measure_gram_error("tangent", 64, seed=0) < 1
        True
    """
    x = sample_gaussian(GRAM_POINTS, GRAM_DIMENSION, seed=0)
    if kind == "random-features":
        limit = kernels.nngp(x, x, weight_variance=1.0, bias_variance=1.0) - 1.0
        finite = random_feature_gram(x, x, width, seed)
    else:
        bias = {"tangent": NTK_BIAS_VARIANCE, "tangent-no-bias": 0.0}[kind]
        tangent = partial(tangent_gram, width=width, seed=seed, bias_variance=bias)
        limit, finite = kernels.ntk(x, x, bias_variance=bias), tangent(x, x)
    return float(torch.linalg.norm(finite - limit) / torch.linalg.norm(limit))


def predict_feature_error(width: int) -> float:
    """The theory of `measure_gram_error` for random features, at the same inputs.

    Args:
        width: neurons m.
    Returns:
        Root mean square of the relative error over the weights.
    Raises:
        ValueError, TypeError: arguments out of range.
    Cost:
        O(n^2).
    Example:
        >>> round(predict_feature_error(100) / predict_feature_error(400), 6)
        2.0
    """
    x = sample_gaussian(GRAM_POINTS, GRAM_DIMENSION, seed=0)
    return predict_gram_error(x, width)


def _run_width(cell: Cell) -> list[Row]:
    return [cell | {"error": measure_gram_error(**cell)}]


GRAM_ERROR = Sweep(
    name="gram-error",
    cells=[
        {"kind": kind, "width": width, "seed": seed}
        for kind in FINITE_KERNELS
        for width in GRAM_WIDTHS
        for seed in SEEDS
    ],
    run=_run_width,
    keys=("kind", "width", "seed"),
    note="Relative distance of finite networks' Gram matrices from their limits.",
)
