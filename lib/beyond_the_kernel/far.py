"""The sweep far out, read by the first chapter and by the one step's."""

from __future__ import annotations

import numpy as np

from replearn.experiments.far import measure_far
from replearn.experiments.sweep import Sweep

# width, dimensions, n / d^2 = 2^first and on, how many sizes, seeds
FAR_STEPS: tuple[tuple[int, tuple[int, ...], int, int, int], ...] = (
    (128, (40, 160, 640, 1280), -1, 5, 13),
    (512, (20, 40, 80), -1, 5, 15),
    (512, (160, 320, 640, 1280), -2, 4, 15),
    (512, (2560,), -2, 4, 8),
    (512, (5120,), -2, 1, 6),
    (512, (5120,), -1, 2, 8),
    (2048, (20, 40, 80, 160, 320, 640), -2, 5, 5),
    (2048, (1280,), -2, 3, 5),
    (2048, (2560,), -2, 3, 4),
    (2048, (5120,), -2, 2, 3),
)
# budget, dimensions, n / d; three seeds each, as the kernels
FAR_ADAM: tuple[tuple[int, tuple[int, ...], tuple[int, ...]], ...] = (
    (2500, (160, 320, 640, 1280), (25, 50, 75, 100, 150, 200)),
    (10000, (160, 320), (25, 35, 50, 70, 100, 150)),
    (10000, (640,), (25, 35, 50, 70, 100, 150, 200)),
    (10000, (1280,), (50, 100, 200)),
    (40000, (160, 320, 640, 1280, 2560), (25, 35, 50, 70, 100, 150)),
)
# learner, d, from n to n, how many sizes
FAR_KERNELS = (
    ("polynomial", 20, 900, 2600, 8),
    ("polynomial", 40, 6000, 18000, 8),
    ("polynomial", 60, 20000, 46000, 6),
    ("ntk", 10, 500, 8000, 7),
    ("ntk", 20, 2000, 40000, 8),
    ("ntk", 30, 8000, 48000, 6),
)


def far_cells() -> dict[tuple[str, int, int, int, int], int]:
    """(learner, d, n, width, steps) -> seeds."""
    found: dict[tuple[str, int, int, int, int], int] = {}
    for width, dimensions, first, count, seeds in FAR_STEPS:
        for d in dimensions:
            sizes = [int(2.0**k * d * d) for k in range(first, first + count)]
            found |= {("one-step", d, n, width, 1): seeds for n in sizes}
    for steps, at, factors in FAR_ADAM:
        many = [(d, factor * d) for d in at for factor in factors]
        found |= {("adam", d, n, 256, steps): 3 for d, n in many}
    for learner, d, low, high, count in FAR_KERNELS:
        sizes = [int(n) for n in np.geomspace(low, high, count)]
        found |= {(learner, d, n, 0, 0): 3 for n in sizes}
    return found


FAR_SEEDS = far_cells()
FAR = Sweep(
    "far",
    measure_far,
    [
        {
            "learner": learner,
            "d": d,
            "r": 1,
            "degree": 3,
            "n": n,
            "width": m,
            "steps": s,
        }
        for learner, d, n, m, s in FAR_SEEDS
    ],
    "Far out, p = 3: one step to d = 5120, Adam at three budgets, two kernels.",
    seeds=lambda learner, d, n, width, steps: FAR_SEEDS[learner, d, n, width, steps],
    keys=("learner", "d", "r", "degree", "n", "width", "steps", "seed"),
    cheap=lambda learner, d, width: learner == "one-step" and d <= 40 and width <= 512,
)
