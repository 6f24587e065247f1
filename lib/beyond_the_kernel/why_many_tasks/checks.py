"""Predictions, questions and exercises of "Why many tasks"."""

from __future__ import annotations

from math import pi, sqrt

import torch

from beyond_the_kernel.why_many_tasks.grid import at
from replearn.experiments.exercises import agrees
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import declare
from replearn.targets import draw_tasks
from replearn.views.ask import ask as ask
from replearn.views.ask import recall as recall

TABLES = [draw_tasks(name, 3, 3, 5, seed=1).table for name in ("iid", "balanced")]

agrees(
    "wmt-kernel",
    lambda table: table @ table.T / table.shape[1],
    *((table,) for table in TABLES),
    slips={
        "the sum is not divided by the number of tasks": lambda t: t @ t.T,
        "it is divided by the number of patterns": lambda t: t @ t.T / len(t),
        "it is the share of equal labels, from 0 to 1": lambda t: (
            (1 + t @ t.T / t.shape[1]) / 2
        ),
    },
)

agrees(
    "wmt-centred",
    lambda r: torch.tensor([-(2**-r), 1 - 2**-r]),
    *((1,), (2,), (5,)),
    slips={
        "the tasks are balanced": lambda r: torch.tensor([-1 / (2**r - 1), 1]),
        "the mean is not taken out": lambda r: torch.tensor([0.0, 1.0]),
        "patterns are counted as signs": lambda r: torch.tensor([-1 / r, 1 - 1 / r]),
    },
)


def biased(q: float, r: int) -> float:
    """The useful coefficient over the useless one, for coins that show +1 with q."""
    mean = 2 * q - 1
    single = (1 - mean**2) / 2**r
    return (mean**2 + 2 * single) / (mean**2 + single)


agrees(
    "wmt-coin",
    biased,
    *((0.6, 3), (0.9, 2), (0.25, 4)),
    slips={
        "the coin is fair": lambda q, r: 2.0,
        "only the mean of all coins counts as imbalance": lambda q, r: (
            1 + (1 - (2 * q - 1) ** 2) / 2**r / (2 * q - 1) ** 2
        ),
        "a label's variance is taken to be one": lambda q, r: (
            ((2 * q - 1) ** 2 + 2 / 2**r) / ((2 * q - 1) ** 2 + 1 / 2**r)
        ),
    },
)


def tasks_for(tangent: float, r: int, d: int, n: int) -> float:
    """T at which the formula for many samples gives this tangent."""
    return pi * (2**r - 1) * (sqrt(d - r) + sqrt(r)) ** 2 / (2 * n * tangent**2)


agrees(
    "wmt-tasks",
    tasks_for,
    *((0.1, 3, 40, 1000), (0.2, 2, 100, 500)),
    relative=1e-3,
    slips={
        "the tangent is not squared": lambda t, r, d, n: tasks_for(t, r, d, n) * t,
        "the square roots are squared apart": lambda t, r, d, n: (
            pi * (2**r - 1) * d / (2 * n * t**2)
        ),
        "the patterns are r, not two to the power r": lambda t, r, d, n: (
            tasks_for(t, r, d, n) * r / (2**r - 1)
        ),
    },
)


def sine(learner: str, n: int, d: int) -> float:
    """The mean sine after n tasks of 450 samples, r = 3."""
    return at(learner=learner, n=n, d=d, r=3, samples=450)["plane"]


def fourfold() -> str:
    """What four times the tasks do, d = 40."""
    before, after = (sine("balanced", n, 40) for n in (64, 256))
    return f"four times as many: from {before:.3f} at 64 tasks to {after:.3f} at 256"


def coins() -> str:
    """What is left with many tasks of either kind, d = 80."""
    found = [sine(kind, 256, 80) for kind in ("balanced", "iid")]
    left = "a sine of {:.2f} is left with 256 balanced tasks, {:.2f} with coin tosses"
    return left.format(*found)


declare("why-many-tasks", fourfold=fourfold, coins=coins)
