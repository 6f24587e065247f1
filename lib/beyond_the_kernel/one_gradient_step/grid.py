"""One gradient step: how far the first layer turns, and what each line of it buys."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from replearn.experiments.first_layer import (
    measure_onset,
    measure_overlaps,
    measure_variant,
)
from replearn.experiments.sweep import Sweep, grid
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
    grid(slope=(0.0, 1.0, 3.0), preprocess=("correlation", "least-squares", "none")),
    "d = 40, n = 4 d^2, p = 3: a linear part L v.x added to the labels.",
)
