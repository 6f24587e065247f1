"""Transfer: features learnt on a source, read out from N samples of other targets."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

import numpy as np
import torch

from replearn.experiments import transfer
from replearn.experiments.first_layer import subspace_overlaps
from replearn.experiments.learning_curves import draw, predict_kernel_curve
from replearn.experiments.sweep import Measured, Sweep, grid
from replearn.learners import TransferredFeatures
from replearn.targets import MultiIndex, degenerate_target
from replearn.theory import predict_overlap

DIMENSIONS, DIRECTIONS, DEGREES = (10, 20, 40, 80, 160), (1, 2, 4), (2, 3, 4)
FACTORS = (1, 4, 16)  # source samples in units of d^2
SIZES = tuple(round(10 ** (k / 4)) for k in range(4, 15))  # N
THEORY_SIZES = tuple(int(n) for n in np.unique(np.geomspace(10, 10**8, 71).astype(int)))


def seen(d: int, r: int) -> bool:
    """Whether the table has this cell: the largest d for one direction only."""
    return r == 1 or d < DIMENSIONS[-1]


def overlap(factor: float) -> float:
    """The predicted overlap after factor d^2 samples of the mixed source, for any d."""
    return predict_overlap(100, factor * 100**2, 1.0)


def pays_from(n: int, features: float, kernel: float) -> float:
    """One more than the largest number of targets at which transfer does not pay."""
    return inf if kernel <= features else int(n // (kernel - features)) + 1


def read_out(
    learner: str, d: int, r: int, factor: int, degrees: Sequence[int], seed: int
) -> Measured:
    """Errors on He_p for several p, on the same features where they see no target."""
    sizes = SIZES[:10] if learner == "polynomial" else SIZES
    targets = [degenerate_target(d, r, degree) for degree in degrees]
    source, n = transfer.source_target("mixed", d, r), max(factor, 1) * d * d
    found = transfer.measure_transfer(learner, source, targets, n, sizes, seed)
    degree, size = np.repeat(degrees, len(sizes)), sizes * len(degrees)
    return {"degree": degree, "n": size, "error": found.T.flatten()}


ALL: dict[str, Any] = dict(degrees=[[*DEGREES]], d=DIMENSIONS, r=DIRECTIONS)
BLIND = ("oracle", "random-features")  # they see no source: factor 0
ALONE = [[degree] for degree in DEGREES]  # the matched kernel takes one at a time

TRANSFER = Sweep(
    "transfer",
    read_out,
    [
        *grid(seen, learner="transferred", factor=FACTORS, **ALL),
        *grid(seen, learner=BLIND, factor=0, **ALL),
        *grid(learner="polynomial", factor=0, degrees=ALONE, d=(10, 20, 40), r=1),
    ],
    "Test error / Var f* on He_p from n target samples, features from factor d^2.",
    seeds=lambda learner, r: 10 if learner == "transferred" and r == 1 else 5,
    keys=("d", "r", "degree", "learner", "factor", "n", "seed"),
    cheap=lambda learner, d: d <= 40 and learner != "polynomial",
)


def kernel_theory(ns: Sequence[int], d: int, r: int, degree: int) -> Measured:
    """The learning curve of the matched polynomial kernel, at its best ridge."""
    target = degenerate_target(d, r, degree)
    return {"": predict_kernel_curve("polynomial", target, ns)}


TRANSFER_KERNEL_THEORY = Sweep(
    "transfer-kernel-theory",
    kernel_theory,
    grid(seen, d=DIMENSIONS, r=DIRECTIONS, degree=DEGREES),
    "Predicted test error / Var f* on He_p of the matched polynomial kernel.",
    seeds=0,
    curve="",
    sizes=lambda: THEORY_SIZES,
)


def from_source(source: str, d: int, seed: int) -> Measured:
    """Targets along the source's direction and across it, on 16 d^2 of its samples."""
    layer = transfer.learn_layer(transfer.source_target(source, d), 16 * d * d, seed)
    along = [degenerate_target(d, 1, p) for p in (2, 3)]
    across = [MultiIndex(d, 1, p, {(p,): 1.0}, torch.eye(2, d)[1:]) for p in (2, 3)]
    data, targets = draw(d, SIZES[-1], seed), [*along, *across]
    return {
        "direction": ["along", "along", "across", "across"] * len(SIZES),
        "degree": [2, 3, 2, 3] * len(SIZES),
        "n": np.repeat(SIZES, 4),
        "error": transfer.transfer_errors(layer, targets, SIZES, data, seed).flatten(),
        "overlap": subspace_overlaps(layer, torch.eye(1, d))[0],
    }


TRANSFER_SOURCE = Sweep(
    "transfer-source",
    from_source,
    grid(d=(40, 160), source=transfer.SOURCES),
    "Features from 16 d^2 samples of three sources, read out along u and across.",
    keys=("source", "d", "direction", "degree", "n", "seed"),
    cheap=lambda d: d <= 40,
)


def at_width(ns: Sequence[int], seed: int, factor: int, width: int) -> Measured:
    """The cubic at d = 40, on features of another width."""
    setting: dict[str, Any] = dict(d=40, factor=factor, width=width)
    return transfer.measure_read_out(ns, seed, "transferred", **setting)


TRANSFER_WIDTH = Sweep(
    "transfer-width",
    at_width,
    [*grid(factor=(1, 16), width=(32, 128, 512)), *grid(factor=1, width=1024)],
    "d = 40, target He_3: features of four widths from factor d^2 samples.",
    curve="",
    sizes=lambda: SIZES,
    cheap=lambda width: width <= 512,
)


def own_ridge(ns: Sequence[int], seed: int, d: int) -> Measured:
    """The cubic, where the ridge is chosen on a fifth of the target samples."""
    layer = transfer.learn_layer(transfer.source_target("mixed", d), 16 * d * d, seed)
    data = draw(d, ns[-1], seed)
    y, _, y_test = data.labels(degenerate_target(d))
    readout = TransferredFeatures(layer, seed=seed)
    errors = readout.learning_curve(data.x, y, ns, data.x_test, y_test)
    return {"": (errors / y_test.double().var()).tolist()}


TRANSFER_OWN_RIDGE = Sweep(
    "transfer-own-ridge",
    own_ridge,
    grid(d=DIMENSIONS),
    "Target He_3, features from 16 d^2: the ridge chosen on a fifth of the n.",
    curve="",
    sizes=lambda: SIZES,
    cheap=lambda d: d <= 40,
)


def on_the_line(ns: Sequence[int], seed: int, factor: int) -> Measured:
    """The cubic, with infinitely many neurons and dimensions and true samples."""
    return {"": transfer.simulate_line(overlap(factor), 3, ns, seed)}


TRANSFER_LINE = Sweep(
    "transfer-line",
    on_the_line,
    grid(factor=FACTORS),
    "Kernel on the line, simulated, target He_3: d and m infinite, factor n/d^2.",
    curve="",
    sizes=lambda: SIZES[:9],
)

TARGET_POWERS = tuple(k / 2 for k in range(9))  # N = d^0 to d^4


def as_in_figure_2(source_power: float, seed: int) -> Measured:
    """Excess errors on the cubic at d = 10, noise 1, for both numbers of samples."""
    n, sizes = round(10**source_power), [round(10**power) for power in TARGET_POWERS]
    layer = transfer.learn_layer(transfer.source_target("mixed", 10), n, seed, 1.0)
    data = draw(10, sizes[-1], seed, 1.0, 1, held_out=4000, test_points=4000)
    targets = [degenerate_target(10)]
    errors = transfer.transfer_errors(layer, targets, sizes, data, seed)
    return {"target_power": TARGET_POWERS, "error": errors[:, 0]}


FIGURE_2 = Sweep(
    "figure-2",
    as_in_figure_2,
    grid(source_power=(0.0, 1.0, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0)),
    "d = 10, p = 3, noise 1: excess error for powers of d in n and N.",
    along="target_power",
    cheap=lambda source_power: source_power <= 4,
)
