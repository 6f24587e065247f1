"""The grids behind "Transfer"."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from replearn.experiments.learning_curves import (
    DIMENSIONS,
    DIRECTIONS,
    KERNEL_RIDGES,
    LARGEST_DIMENSION,
    SEEDS,
    draw,
)
from replearn.experiments.first_layer import subspace_overlaps
from replearn.experiments.sweep import Cell, Row, Sweep
from replearn.experiments.transfer import (
    learn_layer,
    measure_transfer,
    source_target,
    transfer_errors,
)
from replearn.kernels import kernel_of
from replearn.learners import TransferredFeatures
from replearn.learners.kernel_ridge import scaled_ridge
from replearn.targets import MultiIndex, degenerate_target
from replearn.theory.eigenlearning import predict_best_ridge_curve

DEGREES = (2, 3, 4)
FACTORS = (1, 4, 16)  # source samples in units of d^2
# N = 10^(k/4)
SIZES = tuple(round(10 ** (k / 4)) for k in range(4, 15))
KERNEL_DIMENSIONS = (10, 20, 40)
LARGEST_KERNEL_SIZE = 1800
THEORY_SIZES = tuple(int(n) for n in np.unique(np.geomspace(10, 10**8, 71).astype(int)))


def grid() -> Iterator[tuple[int, int]]:
    """All (d, r) of the main table.

    Returns:
        An iterator of pairs.
    Cost:
        O(1).
    Example:
        >>> len(list(grid()))
        13
    """
    for d in (*DIMENSIONS, LARGEST_DIMENSION):
        for r in DIRECTIONS if d < LARGEST_DIMENSION else (1,):
            yield d, r


def _run(cell: Cell) -> list[Row]:
    learner, d, r, factor = (cell[k] for k in ("learner", "d", "r", "factor"))
    degrees = cell["degrees"]
    largest = LARGEST_KERNEL_SIZE if learner == "polynomial" else SIZES[-1]
    sizes = [n for n in SIZES if n <= largest]
    found = measure_transfer(
        learner,
        source_target("mixed", d, r),
        [degenerate_target(d, r, degree) for degree in degrees],
        max(factor, 1) * d * d,
        sizes,
        cell["seed"],
    )
    shared = {"learner": learner, "d": d, "r": r, "factor": factor}
    return [
        {**shared, "degree": p, "n": n, "seed": cell["seed"], "error": float(error)}
        for n, errors in zip(sizes, found, strict=True)
        for p, error in zip(degrees, errors, strict=True)
    ]


def _cells() -> Iterator[Cell]:
    """One cell for each first layer; those that see no source have factor 0."""
    for d, r in grid():
        for seed in SEEDS:
            at = {"d": d, "r": r, "seed": seed}
            for factor in FACTORS:
                yield {
                    "learner": "transferred",
                    "factor": factor,
                    "degrees": [*DEGREES],
                    **at,
                }
            for learner in ("oracle", "random-features"):
                yield {"learner": learner, "factor": 0, "degrees": [*DEGREES], **at}
            for p in DEGREES if d in KERNEL_DIMENSIONS and r == 1 else ():
                yield {"learner": "polynomial", "factor": 0, "degrees": [p], **at}


TRANSFER = Sweep(
    name="transfer",
    cells=list(_cells()),
    run=_run,
    keys=("d", "r", "degree", "learner", "factor", "n", "seed"),
    note="Test error / Var f* on He_p from n target samples, features from factor d^2.",
)


def _run_theory(cell: Cell) -> list[Row]:
    d, degree = cell["d"], cell["degree"]
    kernel = kernel_of("polynomial", degree)
    ridges = [scaled_ridge(kernel, d, relative) for relative in KERNEL_RIDGES]
    weights = degenerate_target(d, cell["r"], degree).degree_weights()
    errors = predict_best_ridge_curve(
        kernel, d, weights, THEORY_SIZES, ridges, r=cell["r"]
    )
    pairs = zip(THEORY_SIZES, errors.tolist(), strict=True)
    return [{**cell, "n": n, "error": error} for n, error in pairs]


TRANSFER_KERNEL_THEORY = Sweep(
    name="transfer-kernel-theory",
    cells=[{"d": d, "r": r, "degree": p} for d, r in grid() for p in DEGREES],
    run=_run_theory,
    keys=("d", "r", "degree", "n"),
    note="Predicted test error / Var f* on He_p of the matched polynomial kernel.",
)

CONTROL_DIMENSIONS = (40, 160)
CONTROL_FACTOR = 16


def _across(d: int, degree: int) -> MultiIndex:
    """He_p(v.x)/sqrt(p!) with v across every direction of the source."""
    return MultiIndex(d, 1, degree, {(degree,): 1.0}, torch.eye(2, d)[1:])


def _run_source(cell: Cell) -> list[Row]:
    d, seed = cell["d"], cell["seed"]
    source = source_target(cell["source"], d)
    layer = learn_layer(source, CONTROL_FACTOR * d * d, seed)
    seen = subspace_overlaps(layer, torch.eye(1, d))[0]
    along = [degenerate_target(d, 1, degree) for degree in (2, 3)]
    targets = [*along, _across(d, 2), _across(d, 3)]
    found = transfer_errors(layer, targets, SIZES, draw(d, SIZES[-1], seed), seed)
    names = [(where, p) for where in ("along", "across") for p in (2, 3)]
    return [
        {**cell, "direction": where, "degree": p, "n": n, "overlap": seen}
        | {"error": float(error)}
        for n, errors in zip(SIZES, found, strict=True)
        for (where, p), error in zip(names, errors, strict=True)
    ]


TRANSFER_SOURCE = Sweep(
    name="transfer-source",
    cells=[
        {"source": source, "d": d, "seed": seed}
        for d in CONTROL_DIMENSIONS
        for source in ("mixed", "quadratic", "cubic")
        for seed in SEEDS
    ],
    run=_run_source,
    keys=("source", "d", "direction", "degree", "n", "seed"),
    note="Features from 16 d^2 samples of three sources, read out along u and across.",
)

WIDTHS = {1: (32, 128, 512, 1024), 16: (32, 128, 512)}
WIDTH_DIMENSION = 40


def _run_width(cell: Cell) -> list[Row]:
    d, width, seed = WIDTH_DIMENSION, cell["width"], cell["seed"]
    n = cell["factor"] * d * d
    layer = learn_layer(source_target("mixed", d), n, seed, width=width)
    data = draw(d, SIZES[-1], seed)
    found = transfer_errors(layer, [degenerate_target(d)], SIZES, data, seed)
    pairs = zip(SIZES, found[:, 0], strict=True)
    return [{**cell, "n": n, "error": float(error)} for n, error in pairs]


TRANSFER_WIDTH = Sweep(
    name="transfer-width",
    cells=[
        {"factor": factor, "width": width, "seed": seed}
        for factor, widths in WIDTHS.items()
        for width in widths
        for seed in SEEDS
    ],
    run=_run_width,
    keys=("factor", "width", "n", "seed"),
    note="d = 40, target He_3: features of four widths from factor d^2 samples.",
)


def _run_own(cell: Cell) -> list[Row]:
    d, seed = cell["d"], cell["seed"]
    layer = learn_layer(source_target("mixed", d), CONTROL_FACTOR * d * d, seed)
    target, data = degenerate_target(d), draw(d, SIZES[-1], seed)
    y, _, y_test = data.labels(target)
    readout = TransferredFeatures(layer, seed=seed)  # keeps a fifth back
    errors = readout.learning_curve(data.x, y, SIZES, data.x_test, y_test)
    relative = errors / y_test.double().var()
    pairs = zip(SIZES, relative, strict=True)
    return [{**cell, "n": n, "error": float(error)} for n, error in pairs]


TRANSFER_OWN_RIDGE = Sweep(
    name="transfer-own-ridge",
    cells=[
        {"d": d, "seed": seed}
        for d in (*DIMENSIONS, LARGEST_DIMENSION)
        for seed in SEEDS
    ],
    run=_run_own,
    keys=("d", "n", "seed"),
    note="Target He_3, features from 16 d^2: the ridge chosen on a fifth of the n.",
)
