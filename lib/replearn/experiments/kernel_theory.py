"""The table `kernel-theory`: predicted learning curves, drawn under measured ones."""

from __future__ import annotations

import numpy as np

from replearn.experiments.learning_curves import KERNEL_RIDGES, KERNELS
from replearn.experiments.few_directions_sweeps import grid
from replearn.experiments.sweep import Cell, Row, Sweep
from replearn.kernels import kernel_of
from replearn.learners.kernel_ridge import scaled_ridge
from replearn.targets import paper_target
from replearn.theory.eigenlearning import predict_best_ridge_curve

SIZES = [int(n) for n in np.unique(np.geomspace(10, 10**9, 193).astype(int))]


def predict_kernel_curves(d: int, r: int, degree: int) -> dict[str, list[float]]:
    """Predicted relative test errors at SIZES of the ntk, rbf and polynomial kernels.

    The ridge is the best of those among which the measured curves choose.

    Args:
        d: input dimension. r: directions. degree: of the paper's target.
    Returns:
        Learner -> relative errors (len(SIZES),).
    Raises:
        ValueError, TypeError: arguments out of range.
    Cost:
        About 0.2 s.
    Example:
        >>> predict_kernel_curves(10, 1, 2)["ntk"][-1] < 1e-3
        True
    """
    weights = paper_target(d, r, degree).degree_weights()
    curves = {}
    for name in KERNELS:
        kernel = kernel_of(name, degree)
        ridges = [scaled_ridge(kernel, d, relative) for relative in KERNEL_RIDGES]
        errors = predict_best_ridge_curve(kernel, d, weights, SIZES, ridges, r=r)
        curves[name] = errors.tolist()
    return curves


def _run(cell: Cell) -> list[Row]:
    curves = predict_kernel_curves(**cell)
    return [
        cell | {"learner": learner, "n": n, "error": error}
        for learner, errors in curves.items()
        for n, error in zip(SIZES, errors, strict=True)
    ]


KERNEL_THEORY = Sweep(
    name="kernel-theory",
    cells=[{"d": d, "r": r, "degree": degree} for d, r, degree in grid()],
    run=_run,
    keys=("d", "r", "degree", "learner", "n"),
    note="Predicted test error / Var f* of three kernels on the sphere, best ridge.",
)
