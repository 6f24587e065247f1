"""Figures of the right form with made-up curves, for tests of the views only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from beyond_the_kernel.kernel_versus_network import show
from replearn.experiments.curves import summarise
from replearn.views.controls import ExplorerSpec
from replearn.views.facts import Drop, Fact, Guide, Words
from replearn.views.moving import Moving
from replearn.views.parts import Axis, Cell, Knob, Level, Scale, Switch

KERNELS = ("ntk", "polynomial", "rbf")
EXPONENTS = {"random-features": 2.6, "one-step": 1.7, "adam": 1.2, "oracle": 0.3}


def each_curve(*learners: str) -> Iterator[tuple[dict[str, Any], float]]:
    """Cell and learner, and where it falls to one half; d=160 only with r=1."""
    for d, r, degree in product((10, 20, 40, 80, 160), (1, 2, 4), (2, 3, 4)):
        for learner in learners if d < 160 or r == 1 else ():
            half = 2.0 * r * degree * d ** EXPONENTS.get(learner, 0)
            if learner in KERNELS:
                half = (1 + KERNELS.index(learner)) * 0.15 * d**degree
            yield {"d": d, "r": r, "degree": degree, "learner": learner}, half


@cache
def synthetic_table(seeds: int = 3) -> pd.DataFrame:
    """The summary over seeds: columns d, r, degree, learner, n, error, low, high."""
    noise = np.random.default_rng(0)
    rows = [
        {**curve, "n": n, "seed": seed, "error": error * factor}
        for curve, half in each_curve(*KERNELS, *EXPONENTS)
        for top in [6000 if curve["learner"] in KERNELS else 16 * curve["d"] ** 2]
        for n in np.unique(np.geomspace(20, top, 12).astype(int))
        for error in [1.05 / (1 + (n / half) ** 1.6)]
        for seed, factor in enumerate(np.exp(0.15 * noise.standard_normal(seeds)))
    ]
    return summarise(pd.DataFrame(rows))


@cache
def synthetic_theory() -> pd.DataFrame:
    """Columns d, r, degree, learner, n, error of the made-up kernels."""
    return pd.DataFrame(
        {**curve, "n": int(n), "error": 0.95 / (1 + (n / half) ** 1.6)}
        for curve, half in each_curve(*KERNELS)
        for n in np.geomspace(10, 1e7, 25)
    )


STEPS = Knob("steps", ("one step", "two <b>steps", "γ & more"), "γ & more", "how", "")
OVERLAP = ExplorerSpec(
    name="overlap",
    knobs=(STEPS, Knob("d", (10, 20, 40), 20, "input dimension d", "", short="dim")),
    axes=(Axis("N/d2", "N / d² <i>", (("d", 2),)), Axis("N", "target samples N")),
    y=Scale("overlap <i>", 0, 1, log=False, note="1: found"),
    learners=("one-step", "oracle"),
    caption="Overlap, {seeds} seeds.",
    switches=(Switch("guides", True, "d²"), Switch("all", False, "all at once")),
    level=Level(0.5, "half <i>"),
    symbol="N",
)


def half_overlap(learner: str, steps: str, d: int) -> float:
    """Samples at which the made-up overlap is one half."""
    speed = 1 + STEPS.index(steps) + (learner == "oracle")
    return 3.0 * d * d / speed


@cache
def overlap_table() -> pd.DataFrame:
    """Columns steps, d, learner, n, mean, low, high, seeds; no "γ & more" at d=10."""
    rows = pd.DataFrame(
        {"steps": steps, "d": d, "learner": learner, "n": n, "mean": n / (n + half)}
        for steps, d, learner in product(STEPS.values, (10, 20, 40), OVERLAP.learners)
        if (steps, d) != (STEPS.default, 10)
        for half in [half_overlap(learner, str(steps), d)]
        for n in np.unique(np.geomspace(d, 30 * d * d, 10).astype(int))
    )
    return rows.assign(low=rows["mean"] ** 1.2, high=rows["mean"] ** 0.8, seeds=3)


def overlap_words(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
    """What the explorer of the made-up overlap says; it has no theory."""
    assert theory.empty
    half, d = half_overlap("one-step", cell["steps"], cell["d"]), cell["d"]
    return Words(
        sentence=f"{OVERLAP.say(cell)}: half at N = {half:.0f}, of {len(curves)} rows.",
        facts=[
            Fact("half", "one half", f"{half:.0f}", "<i>"),
            Fact("d", "d", f"{d}", ""),
        ],
        guides=[Guide(d * d, f"d² <i> = {d * d}")],
        drops=[Drop("one-step", half, 0.5, dashed=False)],
    )


ERRORS = replace(show.EXPLORER, table=synthetic_table, theory=synthetic_theory)
OVERLAPS = Moving(OVERLAP, overlap_table, overlap_words)
