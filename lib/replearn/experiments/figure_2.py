"""Figure 2 of Damian, Lee & Soltanolkotabi 2022, at its own settings."""

from __future__ import annotations

import torch

from replearn.experiments.learning_curves import SEEDS, Data
from replearn.experiments.sweep import Cell, Row, Sweep
from replearn.experiments.transfer import learn_layer, source_target, transfer_errors
from replearn.targets import degenerate_target, sample_gaussian, sample_noise

DIMENSION, NOISE, POINTS = 10, 1.0, 4000
SOURCE_POWERS = (0.0, 1.0, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0)  # n = d^0 to d^6
TARGET_POWERS = tuple(k / 2 for k in range(9))  # N = d^0 to d^4


def _data(n: int, seed: int) -> Data:
    d, single = DIMENSION, torch.float32
    held, test = 3 * seed + 1, 3 * seed + 2
    return Data(
        sample_gaussian(n, d, 3 * seed, single),
        sample_noise(n, 3 * seed, NOISE, single),
        sample_gaussian(POINTS, d, held, single),
        sample_noise(POINTS, held, NOISE, single),
        degenerate_target(d).stratified(POINTS, test, single)[0],
    )


def _run(cell: Cell) -> list[Row]:
    d, seed = DIMENSION, cell["seed"]
    n = round(d ** cell["source_power"])
    sizes = [round(d**power) for power in TARGET_POWERS]
    layer = learn_layer(source_target("mixed", d), n, seed, NOISE)
    data = _data(sizes[-1], seed)
    found = transfer_errors(layer, [degenerate_target(d)], sizes, data, seed)
    pairs = zip(TARGET_POWERS, found[:, 0], strict=True)
    return [{**cell, "target_power": k, "error": float(e)} for k, e in pairs]


FIGURE_2 = Sweep(
    name="figure-2",
    cells=[
        {"source_power": power, "seed": seed}
        for power in SOURCE_POWERS
        for seed in SEEDS
    ],
    run=_run,
    keys=("source_power", "target_power", "seed"),
    note="d = 10, p = 3, noise 1: excess error for powers of d in n and N.",
)
