"""One gradient step: how far the first layer turns, and what each line of it buys."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from replearn.experiments.far import measure_far
from replearn.experiments.first_layer import (
    measure_onset,
    measure_overlaps,
    measure_variant,
)
from replearn.experiments.sweep import Sweep, grid
from replearn.learners.one_step_variants import PREPROCESSING
from replearn.targets import MultiIndex, degenerate_target, paper_target

DIMENSIONS, DIRECTIONS, NOISES = (10, 20, 40, 80, 160), (1, 2, 4), (0.0, 1.0)


def overlap_sizes(d: int) -> list[int]:
    """Sizes 5 d 2^k that cover n/d^2 from 1/16 to 8 and n/d from 5 to 320."""
    sizes = [5 * d * 2**k / 16 for k in range(13)]
    low, high = min(d * d / 16, 5 * d), max(8 * d * d, 320 * d)
    return [int(n) for n in sizes if max(low, 10) <= n <= high]


def overlaps(
    ns: Sequence[int], seed: int, d: int, r: int, noise: float, quadratic: float
) -> Mapping[str, Sequence[float]]:
    """After one step on the cubic target, or on He_3 alone."""
    build = paper_target if quadratic else degenerate_target
    return measure_overlaps(build(d, r, 3), ns, seed, noise)


OVERLAP = Sweep(
    "overlap",
    overlaps,
    [
        cell
        for d in DIMENSIONS
        for cell in [
            *grid(d=d, r=DIRECTIONS, noise=NOISES, quadratic=0.5),
            *grid(d=d, r=1, noise=0.0, quadratic=0.0),
        ]
    ],
    "Overlap of the neurons and of the top singular space after one step, p = 3.",
    value="overlap",
    curve="measure",
    sizes=overlap_sizes,
    cheap=lambda d: d <= 40,
)

ONSET_DIMENSIONS = (20, 40, 80, 160, 320)


def onset(
    ns: Sequence[int], seed: int, d: int, preprocess: str, limit: float
) -> Mapping[str, Sequence[float]]:
    """The top singular vector's overlap on the cubic target, r = 1."""
    target = paper_target(d, 1, 3)
    return {"overlap": measure_onset(target, ns, seed, preprocess, limit)}


ONSET = Sweep(
    "onset",
    onset,
    grid(
        d=ONSET_DIMENSIONS,
        preprocess=("correlation", "least-squares"),
        limit=(math.inf, 3.0),
    ),
    "Overlap of the top singular vector, p = 3, r = 1; labels cut off at a limit.",
    seeds=20,
    value="overlap",
    curve="",
    sizes=lambda d: [round(d * 2 ** (k / 2)) for k in range(2, 12)],
    cheap=lambda d: d <= 40,
)

ROW_NORMS = (0.03, 0.1, 0.3, 0.5, 1.0, 2.0, 4.0, 10.0, 30.0)
SWITCHES: dict[str, dict[str, Any]] = {
    "algorithm 1": {},
    "least squares": {"preprocess": "least-squares"},
    "no preprocessing": {"preprocess": "none"},
    "no decay": {"decay": False},
    "no twins": {"symmetric": False},
    "biases kept": {"redraw_biases": False},
}
SWITCH_SIZES = {3: 4 * 20**2, 4: 16 * 20**2}


def switched(degree: int, switch: str, row_norm: float, seed: int) -> dict[str, float]:
    """One fit with a line of Algorithm 1 changed."""
    settings = {"row_norm": row_norm, **SWITCHES[switch]}
    return measure_variant(
        paper_target(20, 1, degree), SWITCH_SIZES[degree], seed, **settings
    )


ONE_STEP_SWITCHES = Sweep(
    "one-step-switches",
    switched,
    grid(
        lambda switch, row_norm: switch == "algorithm 1" or row_norm == 0.5,
        degree=tuple(SWITCH_SIZES),
        switch=tuple(SWITCHES),
        row_norm=ROW_NORMS,
    ),
    "d = 20, n = 4 d^2 (p = 3) and 16 d^2 (p = 4): parts of Algorithm 1 changed.",
)


def stepped(n: int, steps: int, seed: int) -> dict[str, float]:
    """One fit after several steps on the same samples."""
    return measure_variant(paper_target(40, 1, 4), n, seed, steps=steps)


FIRST_LAYER_STEPS = Sweep(
    "first-layer-steps",
    stepped,
    grid(n=tuple(factor * 1600 for factor in (1, 2, 4, 8)), steps=(1, 2, 4, 8, 16)),
    "d = 40, p = 4: several steps of the first layer on the same samples.",
    keys=("steps", "n", "seed"),
)


def with_linear_part(slope: float, preprocess: str, seed: int) -> dict[str, float]:
    """One fit on the cubic target plus `slope` times another coordinate."""
    half = 0.5**0.5
    powers: dict[tuple[int, ...], float] = {(2, 0): half, (3, 0): half, (0, 1): slope}
    found = measure_variant(
        MultiIndex(40, 2, 3, powers), 4 * 1600, seed, preprocess=preprocess
    )
    # MultiIndex rescales to E f*^2 = 1: back in units of the cubic part's variance
    return found | {"error": found["error"] * (1 + slope**2)}


LINEAR_PART = Sweep(
    "linear-part",
    with_linear_part,
    grid(slope=(0.0, 1.0, 3.0), preprocess=PREPROCESSING),
    "d = 40, n = 4 d^2, p = 3: a linear part L v.x added to the labels.",
)
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
