"""The grids behind "One gradient step finds the subspace"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from replearn.experiments.learning_curves import SEEDS, draw
from replearn.experiments.first_layer import MEASURES, measure_subspace, subspace_overlaps
from replearn.experiments.sweep import Cell, Row, Sweep
from replearn.learners.one_step_variants import PREPROCESSING, OneStepVariant
from replearn.learners.ridge_head import HeadChoice
from replearn.targets import MultiIndex, degenerate_target, paper_target

DEGREE = 3
DIMENSIONS = (10, 20, 40, 80, 160)
DIRECTIONS = (1, 2, 4)
NOISES = (0.0, 1.0)


def overlap_sizes(d: int) -> list[int]:
    """Sizes 5 d 2^k that cover n/d^2 from 1/16 to 8 and n/d from 5 to 320.

    Args:
        d: one of DIMENSIONS, all of them 10 times a power of two.
    Returns:
        Increasing sizes, at least 10.
    Cost:
        O(1).
    Example:
        >>> overlap_sizes(20)
        [25, 50, 100, 200, 400, 800, 1600, 3200, 6400]
    """
    sizes = [5 * d * 2**k / 16 for k in range(13)]
    low, high = min(d * d / 16, 5 * d), max(8 * d * d, 320 * d)
    return [int(n) for n in sizes if max(low, 10) <= n <= high]


def overlap_target(d: int, r: int, quadratic: float) -> MultiIndex:
    """The cubic target of the chapter, or without its quadratic part: He_3 alone.

    Args:
        d: input dimension. r: number of directions. quadratic: its share of E f*^2,
            0.5 or 0.
    Returns:
        The target.
    Cost:
        O(r).
    Example:
        >>> overlap_target(10, 1, 0.0).degree_weights()
        {3: 1.0}
    """
    build = paper_target if quadratic else degenerate_target
    return build(d, r, DEGREE)


def _settings() -> Iterator[tuple[int, float, float]]:
    """(r, noise, quadratic): the targets of each d."""
    for r in DIRECTIONS:
        for noise in NOISES:
            yield r, noise, 0.5
    yield 1, 0.0, 0.0


def _run_overlap(cell: Cell) -> list[Row]:
    d, r, noise, quadratic = (cell[k] for k in ("d", "r", "noise", "quadratic"))
    sizes, target = overlap_sizes(d), overlap_target(d, r, quadratic)
    found = measure_subspace(target, sizes, cell["seed"], noise)
    return [
        {**cell, "n": n, "measure": measure, "overlap": value}
        for n, pair in zip(sizes, found, strict=True)
        for measure, value in zip(MEASURES, pair, strict=True)
    ]


OVERLAP = Sweep(
    name="overlap",
    cells=[
        {"d": d, "r": r, "noise": noise, "quadratic": quadratic, "seed": seed}
        for d in DIMENSIONS
        for r, noise, quadratic in _settings()
        for seed in SEEDS
    ],
    run=_run_overlap,
    keys=("d", "r", "noise", "quadratic", "measure", "n", "seed"),
    note="Overlap of the neurons and of the top singular space after one step, p = 3.",
    value="overlap",
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
SWITCH_DIMENSION = 20
SWITCH_SIZES = {3: 4 * SWITCH_DIMENSION**2, 4: 16 * SWITCH_DIMENSION**2}


def _run_switch(cell: Cell) -> list[Row]:
    degree, norm = cell["degree"], cell["row_norm"]
    target = paper_target(SWITCH_DIMENSION, 1, degree)
    settings = {"row_norm": norm, **SWITCHES[cell["switch"]]}
    return [{**cell, **_fit(target, SWITCH_SIZES[degree], cell["seed"], settings)}]


ONE_STEP_SWITCHES = Sweep(
    name="one-step-switches",
    cells=[
        {"degree": degree, "switch": switch, "row_norm": norm, "seed": seed}
        for degree in SWITCH_SIZES
        for switch in SWITCHES
        for norm in (ROW_NORMS if switch == "algorithm 1" else (0.5,))
        for seed in SEEDS
    ],
    run=_run_switch,
    keys=("degree", "switch", "row_norm", "seed"),
    note="d = 20, n = 4 d^2 (p = 3) and 16 d^2 (p = 4): parts of Algorithm 1 changed.",
)

STEPS_DIMENSION = 40
STEPS = (1, 2, 4, 8, 16)
STEPS_FACTORS = (1, 2, 4, 8)


def _run_steps(cell: Cell) -> list[Row]:
    target = paper_target(STEPS_DIMENSION, 1, 4)
    return [{**cell, **_fit(target, cell["n"], cell["seed"], {"steps": cell["steps"]})}]


FIRST_LAYER_STEPS = Sweep(
    name="first-layer-steps",
    cells=[
        {"steps": steps, "n": factor * STEPS_DIMENSION**2, "seed": seed}
        for factor in STEPS_FACTORS
        for steps in STEPS
        for seed in SEEDS
    ],
    run=_run_steps,
    keys=("steps", "n", "seed"),
    note="d = 40, p = 4: several steps of the first layer on the same samples.",
)

LINEAR_DIMENSION = 40
LINEAR_SIZE = 4 * LINEAR_DIMENSION**2
LINEAR_PARTS = (0.0, 1.0, 3.0)


def linear_target(slope: float) -> MultiIndex:
    """The cubic target of one direction plus `slope` times another coordinate.

    `MultiIndex` rescales to E f*^2 = 1, so this f* is (cubic target + slope v.x)
    divided by sqrt(1 + slope^2).

    Args:
        slope: L >= 0.
    Returns:
        A target with r = 2, the second direction of which enters linearly.
    Cost:
        O(1).
    Example:
        >>> {k: round(w, 6) for k, w in linear_target(3.0).degree_weights().items()}
        {1: 0.9, 2: 0.05, 3: 0.05}
    """
    half = 0.5**0.5
    powers: dict[tuple[int, ...], float] = {(2, 0): half, (3, 0): half, (0, 1): slope}
    return MultiIndex(LINEAR_DIMENSION, 2, 3, powers)


def _run_linear(cell: Cell) -> list[Row]:
    slope = cell["slope"]
    settings = {"preprocess": cell["preprocess"]}
    found = _fit(linear_target(slope), LINEAR_SIZE, cell["seed"], settings)
    # back in units of the cubic part's variance, whatever the linear part is
    return [{**cell, **found, "error": found["error"] * (1 + slope**2)}]


LINEAR_PART = Sweep(
    name="linear-part",
    cells=[
        {"slope": slope, "preprocess": preprocess, "seed": seed}
        for slope in LINEAR_PARTS
        for preprocess in PREPROCESSING
        for seed in SEEDS
    ],
    run=_run_linear,
    keys=("slope", "preprocess", "seed"),
    note="d = 40, n = 4 d^2, p = 3: a linear part L v.x added to the labels.",
)


def _fit(
    target: MultiIndex, n: int, seed: int, settings: dict[str, Any]
) -> dict[str, float]:
    """Relative test error of a variant and what its first layer looks like."""
    data = draw(target.d, n, seed)
    y, y_held, y_test = data.labels(target)
    choice = HeadChoice(held_out=(data.x_held, y_held))
    network = OneStepVariant(**settings, choice=choice, seed=seed)
    guess = network.fit(data.x, y).predict(data.x_test)
    alpha, beta = network.linear_part(data.x, y)
    w = network.first_layer(data.x, y - alpha - data.x @ beta).double()
    directions = torch.eye(target.r, target.d, dtype=w.dtype)
    shares = (w @ directions.T).square().sum(0) / w.square().sum()
    lengths = w.norm(dim=1)
    return {
        "error": float((guess - y_test).square().mean() / y_test.double().var()),
        "overlap": float(shares[0]),
        "other_overlap": float(shares[1:].sum()),
        "top_overlap": subspace_overlaps(w, directions[:1])[1],
        "norm_spread": float(lengths.std() / lengths.mean()),
    }
