"""The grids behind "Gaussian inputs, Hermite polynomials, multi-index targets"."""

from __future__ import annotations

from replearn.experiments.derivatives import measure_coefficient_errors
from replearn.experiments.few_directions_sweeps import control_target
from replearn.experiments.sweep import Cell, Row, Sweep
from replearn.targets import MultiIndex, degenerate_target, paper_target
from replearn.targets.multi_index import sample_gaussian

DIMENSIONS = (10, 20, 40)
SEEDS = range(10)
SIZES = tuple(100 * 4**step for step in range(6))
CURVATURE_DIMENSION = 2  # curvature along U needs no other coordinate
CURVATURE_SEEDS = range(50)
CURVATURE_TARGETS = ("full-rank", "rank-deficient", "cubic")


def curvature_target(name: str, d: int = CURVATURE_DIMENSION) -> MultiIndex:
    """A target with r = 2 and degree 3 whose Hessian has rank 2, 1 or 0.

    Args:
        name: "full-rank", "rank-deficient" or "cubic" (He_3 alone, both directions).
        d: input dimension.
    Returns:
        The target.
    Raises:
        ValueError, TypeError: d < 2.
    Cost:
        O(1).
    Example:
        >>> float(curvature_target("cubic").expected_hessian().norm())
        0.0
    """
    return degenerate_target(d, 2, 3) if name == "cubic" else control_target(name, d)


def _run_coefficients(cell: Cell) -> list[Row]:
    d, seed = cell["d"], cell["seed"]
    errors = measure_coefficient_errors(paper_target(d, 1, 3), SIZES, seed)
    return [
        {"d": d, "degree": degree, "n": n, "seed": seed, "error": error}
        for degree, values in errors.items()
        for n, error in zip(SIZES, values, strict=True)
    ]


HERMITE_COEFFICIENTS = Sweep(
    name="hermite-coefficients",
    cells=[{"d": d, "seed": seed} for d in DIMENSIONS for seed in SEEDS],
    run=_run_coefficients,
    keys=("d", "degree", "n", "seed"),
    note="Squared error of all Hermite coefficients of one degree; He_2 + He_3, r = 1.",
)


def _run_curvature(cell: Cell) -> list[Row]:
    target, seed = curvature_target(cell["target"]), cell["seed"]
    z = sample_gaussian(SIZES[-1], target.r, seed)  # U is all the coordinates
    y = target(z)
    truth = target.expected_hessian().diagonal()
    rows = []
    for n in SIZES:
        curvatures = (y[:n, None] * (z[:n].square() - 1)).mean(0)
        for i in range(target.r):
            row = {"target": cell["target"], "direction": i + 1, "n": n, "seed": seed}
            row["curvature"] = float(curvatures[i])
            row["error"] = float((curvatures[i] - truth[i]) ** 2)
            rows.append(row)
    return rows


HERMITE_CURVATURE = Sweep(
    name="hermite-curvature",
    cells=[
        {"target": name, "seed": seed}
        for name in CURVATURE_TARGETS
        for seed in CURVATURE_SEEDS
    ],
    run=_run_curvature,
    keys=("target", "direction", "n", "seed"),
    note="Curvature along each of two directions from n samples: H of rank 2, 1, 0.",
)
