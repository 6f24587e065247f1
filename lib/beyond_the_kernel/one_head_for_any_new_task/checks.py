"""Predictions, questions and exercises of "One head for any new task"."""

from __future__ import annotations

from math import pi

import torch
from torch import Tensor

from beyond_the_kernel.one_head_for_any_new_task.grid import at_new
from replearn.experiments.exercises import agrees
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import declare
from replearn.targets import draw_tasks
from replearn.targets.boolean import walsh_functions
from replearn.views.ask import ask as ask
from replearn.views.ask import recall as recall
from replearn.views.facts import percent

agrees(
    "ohn-damp",
    lambda r, d, k: (r / d) ** k,
    *((3, 100, 3), (3, 12, 2), (4, 40, 1)),
    slips={
        "it is the coefficient, and not its square": lambda r, d, k: (r / d) ** (k / 2),
        "one direction is counted, and not r": lambda r, d, k: d**-k,
        "the share is multiplied by k": lambda r, d, k: k * r / d,
    },
)


def heard(
    table: Tensor, chi: Tensor, share: float, power: float = 1.0, square: int = 2
) -> float:
    """The sum over sets of signs of the coefficient's square times share^|S|."""
    part = chi.T @ table / len(table)
    sizes = torch.tensor([bin(s).count("1") for s in range(len(table))])
    return float((part[1:].abs() ** square * share ** (power * sizes[1:])).sum())


TASKS, CHI = draw_tasks("iid", 3, 3, 3, seed=2).table.T, walsh_functions(3)
agrees(
    "ohn-mixed",
    heard,
    *((task, CHI, share) for task, share in zip(TASKS, (0.9, 0.6, 0.3), strict=True)),
    slips={
        "the coefficients are not squared": lambda t, c, s: heard(t, c, s, square=1),
        "the share enters by its root": lambda t, c, s: heard(t, c, s, power=0.5),
        "the constant is counted": lambda t, c, s: heard(t, c, s) + t.mean() ** 2,
    },
)


def frozen(d: int, floor: float) -> float:
    """Frozen neurons at which the floor of three signs stands at `floor`."""
    return (1 - floor) * d * (d - 1) * (d + 4) / 6 * (pi / 2) ** 3


agrees(
    "ohn-frozen",
    frozen,
    *((100, 0.9), (40, 0.8), (1000, 0.75)),
    slips={
        "a monomial of each degree is counted": lambda d, floor: (
            (1 - floor) * d * (d + 1) * (d + 2) / 6 * (pi / 2) ** 3
        ),
        "the harmonics are taken to hold all of the parity": lambda d, floor: (
            (1 - floor) * d * (d - 1) * (d + 4) / 6
        ),
        "it is the share that is learnt, not what is left": lambda d, floor: frozen(
            d, 1 - floor
        ),
    },
)
agrees(
    "ohn-hidden",
    lambda tangent, r, m: 1 / (1 + tangent**2 * m / r),
    *((0.1, 3, 256), (0.05, 2, 1000)),
    slips={
        "neurons and directions are exchanged": lambda t, r, m: 1 / (1 + t**2 * r / m),
        "the outer length is not squared": lambda t, r, m: 1 / (1 + t * (m / r) ** 0.5),
        "it is the share outside": lambda t, r, m: 1 - 1 / (1 + t**2 * m / r),
    },
)


def crowds() -> str:
    """Wrong XORs from 50 samples in 10 and in 100 dimensions."""
    few, many = (
        percent(at_new("many-tasks", d, 50, task="XOR").mean()) for d in (10, 100)
    )
    return f"with 50 samples {few} are wrong at d = 10, and {many} at d = 100"


def alone() -> str:
    """Wrong parities on the layer of one task, and on that of many."""
    one, many = (
        percent(at_new(name, 100, 1600).mean())
        for name in ("single-task", "many-tasks")
    )
    return f"{one} with one task, {many} with 256"


declare("one-head-for-any-new-task", crowds=crowds, alone=alone)
