"""Hermite parts: targets built of them, and what samples say of each degree."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from replearn.experiments.curves import Interval, Reach, fit_exponent, left_out_means
from replearn.experiments.derivatives import measure_coefficient_errors
from replearn.experiments.sweep import Cell, Sweep, grid
from replearn.targets import (
    MultiIndex,
    degenerate_target,
    paper_target,
    rank_deficient_target,
    sample_gaussian,
)

SIZES = tuple(100 * 4**step for step in range(6))


def coefficient_errors(
    ns: Sequence[int], seed: int, d: int
) -> Mapping[Any, Sequence[float]]:
    """Of all coefficients of each degree, on the cubic target with one direction."""
    return measure_coefficient_errors(paper_target(d, 1, 3), ns, seed)


HERMITE_COEFFICIENTS = Sweep(
    "hermite-coefficients",
    coefficient_errors,
    grid(d=(10, 20, 40)),
    "Squared error of all Hermite coefficients of one degree; He_2 + He_3, r = 1.",
    seeds=10,
    curve="degree",
    sizes=lambda: SIZES,
    cheap=lambda d: d < 40,
)

# two dimensions: curvature along U needs no other coordinate
CURVED = {
    "full-rank": paper_target(2, 2, 3),
    "rank-deficient": rank_deficient_target(2),
    "cubic": degenerate_target(2, 2, 3),
}


def curvatures(target: str, seed: int) -> Mapping[str, Any]:
    """The average of y (z_i^2 - 1) for both directions, from the first n samples."""
    f = CURVED[target]
    z = sample_gaussian(SIZES[-1], f.r, seed)
    products = f(z)[:, None] * (z.square() - 1)
    found = torch.stack([products[:n].mean(0) for n in SIZES])
    return {
        "direction": [*range(1, f.r + 1)] * len(SIZES),
        "n": np.repeat(SIZES, f.r),
        "curvature": found.flatten(),
        "error": (found - f.expected_hessian().diagonal()).square().flatten(),
    }


HERMITE_CURVATURE = Sweep(
    "hermite-curvature",
    curvatures,
    grid(target=tuple(CURVED)),
    "Curvature along each of two directions from n samples: H of rank 2, 1, 0.",
    seeds=50,
    keys=("target", "direction", "n", "seed"),
)


def noise_exponent(rows: pd.DataFrame) -> Interval:
    """Slope of the log root mean square error against log n, with its interval."""
    squares = rows.pivot_table(index="n", columns="seed", values="error")
    errors, sizes = squares.to_numpy(float), squares.index.to_numpy(float)
    without = np.sqrt(left_out_means(errors))
    return fit_exponent(Reach(sizes, np.sqrt(errors.mean(axis=1)), without, "n"))


SHAPES = ("one direction", "two alike", "two apart")
WEIGHTS = {1: (0, 1), 2: (0, 1, 2), 3: (0, 1, 2), 4: (0, 1)}
BUILT = grid(
    lambda w1, w2, w3, w4: w1 + w2 + w3 + w4 > 0,
    shape=SHAPES,
    **{f"w{p}": values for p, values in WEIGHTS.items()},
)


def along(cell: Cell) -> list[dict[int, float]]:
    """For each direction its coefficient at each degree, scaled to E f*^2 = 1."""
    raw = {p: float(cell[f"w{p}"]) for p in WEIGHTS if cell[f"w{p}"]}
    if not raw:
        raise ValueError("all weights are zero: there is nothing to be learned")
    alike = [raw] if cell["shape"] == SHAPES[0] else [raw, raw]
    apart = [{p: c for p, c in raw.items() if p % 2 == odd} for odd in (0, 1)]
    parts = apart if cell["shape"] == SHAPES[2] else alike
    norm = math.sqrt(sum(c * c for part in parts for c in part.values()))
    return [{p: c / norm for p, c in part.items()} for part in parts]


def built_target(cell: Cell) -> MultiIndex:
    """The target of these parts, in ten dimensions."""
    parts = along(cell)
    powers = {
        tuple(p * (j == i) for j in range(len(parts))): c
        for i, part in enumerate(parts)
        for p, c in part.items()
    }
    return MultiIndex(10, len(parts), max(map(sum, powers)), powers)
