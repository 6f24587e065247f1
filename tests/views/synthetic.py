"""A table of the right form with made-up power laws, for tests of the views only."""

from __future__ import annotations

import numpy as np
import pandas as pd

from replearn.views.controls import ExplorerSpec
from replearn.views.facts import Drop, Fact, Guide, Words
from replearn.views.parts import Axis, Cell, Knob, Level, Scale, Switch

KERNELS = ("ntk", "polynomial", "rbf")
EXPONENTS = {"random-features": 2.6, "one-step": 1.7, "adam": 1.2, "oracle": 0.3}


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


def overlap_table() -> pd.DataFrame:
    """Columns steps, d, learner, n, mean, low, high, seeds; no "γ & more" at d=10."""
    rows = []
    for steps in STEPS.values:
        for d in (10, 20, 40) if steps != STEPS.default else (20, 40):
            for learner in OVERLAP.learners:
                half = half_overlap(learner, str(steps), d)
                for n in np.unique(np.geomspace(d, 30 * d * d, 10).astype(int)):
                    mean = n / (n + half)
                    rows.append((steps, d, learner, n, mean, mean**1.2, mean**0.8, 3))
    names = ["steps", "d", "learner", "n", "mean", "low", "high", "seeds"]
    return pd.DataFrame(rows, columns=names)


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
