"""Transfer in the limit: the kernel on the line, fitted to samples on the line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from replearn.experiments.learning_curves import (
    HELD_OUT_POINTS,
    KERNEL_RIDGES,
    SEEDS,
    draw,
)
from replearn.experiments.sweep import Cell, Row, Sweep
from replearn.experiments.transfer import check_order
from replearn.experiments.transfer_sweeps import FACTORS, SIZES
from replearn.targets import degenerate_target
from replearn.theory import predict_overlap, transferred_kernel

DEGREE, LARGEST_SIZE = 3, 1000
ANY_DIMENSION = 100  # the overlap depends on n/d^2 alone


def simulate_line(
    overlap: float, degree: int, sizes: Sequence[int], seed: int
) -> list[float]:
    """Errors of ridge regression with the kernel to which transferred features tend.

    Infinitely many neurons, infinitely many dimensions, but true samples: what is left
    of `theory.predict_transfer_curve` when its learning-curve formula is taken out.

    Args:
        overlap: alpha, 0 to 1. degree: p of the target. sizes: increasing N.
        seed: of the samples.
    Returns:
        Errors relative to Var f*, one for each N; the ridge is chosen on 500 held-out
        samples, as everywhere.
    Raises:
        ValueError, TypeError: arguments out of range.
    Cost:
        O(6400 k^2) for k = N + 2500 points; 3 s for N = 1000.
    Example:
        >>> near, far = simulate_line(0.9, 2, [10, 300], seed=0)
        >>> far < 0.05 < near
        True
    """
    ns, target = check_order(sizes), degenerate_target(1, 1, degree)
    data = draw(1, ns[-1], seed)
    z = torch.cat([data.x, data.x_held, data.x_test]).double()
    kernel, spread = transferred_kernel(z[:, 0].numpy(), overlap)
    label, after = target(z).numpy(), ns[-1]
    kept = slice(after, after + HELD_OUT_POINTS)
    test = slice(after + HELD_OUT_POINTS, None)
    errors = []
    for n in ns:
        gram = kernel[:n, :n] + np.diag(spread[:n])
        trials = []
        for ridge in (0.0, *KERNEL_RIDGES):
            dual = np.linalg.solve(gram + ridge * np.eye(n), label[:n])
            square = (kernel[:, :n] @ dual - label) ** 2
            trials.append((square[kept].mean(), square[test].mean()))
        errors.append(float(min(trials)[1] / label[test].var(ddof=1)))
    return errors


def _run(cell: Cell) -> list[Row]:
    n = cell["factor"] * ANY_DIMENSION**2
    overlap = predict_overlap(ANY_DIMENSION, n, 1.0)
    sizes = [size for size in SIZES if size <= LARGEST_SIZE]
    errors = simulate_line(overlap, DEGREE, sizes, cell["seed"])
    pairs = zip(sizes, errors, strict=True)
    return [{**cell, "n": size, "error": error} for size, error in pairs]


TRANSFER_LINE = Sweep(
    name="transfer-line",
    cells=[{"factor": factor, "seed": seed} for factor in FACTORS for seed in SEEDS],
    run=_run,
    keys=("factor", "n", "seed"),
    note="Kernel on the line, simulated, target He_3: d and m infinite, factor n/d^2.",
)
