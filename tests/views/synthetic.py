"""A table of the right form with made-up power laws, for tests of the views only."""

from __future__ import annotations

import numpy as np
import pandas as pd

KERNELS = ("ntk", "polynomial", "rbf")
EXPONENTS = {
    "random-features": 2.6,
    "one-step": 1.7,
    "adam": 1.2,
    "oracle": 0.3,
}


def samples_needed(learner: str, d: int, r: int, degree: int) -> float:
    """Samples at which the made-up curve has fallen to one half."""
    if learner in KERNELS:
        return (1 + KERNELS.index(learner)) * 0.15 * d**degree
    return 2.0 * r * degree * d ** EXPONENTS[learner]


def synthetic_table(seeds: int = 3) -> pd.DataFrame:
    """Columns d, r, degree, learner, n, seed, error; d=160 only with r=1."""
    noise = np.random.default_rng(0)
    rows = []
    cells = [(d, r) for d in (10, 20, 40, 80) for r in (1, 2, 4)] + [(160, 1)]
    for d, r in cells:
        for degree in (2, 3, 4):
            for learner in (*KERNELS, *EXPONENTS):
                top = 6000 if learner in KERNELS else 16 * d * d
                half = samples_needed(learner, d, r, degree)
                for n in np.unique(np.geomspace(20, top, 12).astype(int)):
                    for seed in range(seeds):
                        error = 1.05 / (1 + (n / half) ** 1.6)
                        error *= np.exp(0.15 * noise.standard_normal())
                        rows.append((d, r, degree, learner, int(n), seed, error))
    names = ["d", "r", "degree", "learner", "n", "seed", "error"]
    return pd.DataFrame(rows, columns=names)


def synthetic_theory() -> pd.DataFrame:
    """Columns d, r, degree, learner, n, error of the made-up kernels."""
    rows = []
    for d in (10, 20, 40, 80, 160):
        for r in (1, 2, 4) if d < 160 else (1,):
            for degree in (2, 3, 4):
                for learner in KERNELS:
                    half = samples_needed(learner, d, r, degree)
                    for n in np.geomspace(10, 1e7, 25):
                        error = 0.95 / (1 + (n / half) ** 1.6)
                        rows.append((d, r, degree, learner, int(n), error))
    names = ["d", "r", "degree", "learner", "n", "error"]
    return pd.DataFrame(rows, columns=names)
