"""Predictions, questions and exercises on levels that learn alone, and together."""

from __future__ import annotations

from math import sqrt

from beyond_the_kernel.forward_then_backward import grid
from replearn.experiments.curves import select
from replearn.experiments.exercises import agrees
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import declare
from replearn.experiments.tables import read_table
from replearn.theory import hierarchy_plateau
from replearn.views.ask import ask as ask
from replearn.views.ask import recall as recall

agrees(
    "ftb-degree",
    lambda level: 2**level,
    *((2,), (3,), (4,), (5,)),
    slips={
        "each level adds two": lambda level: 2 * level,
        "it is the degree of S, before the last square": lambda level: 2 ** (level - 1),
        "the level is squared": lambda level: level**2,
    },
)
agrees(
    "ftb-numbers",
    lambda d, k: k * d + k * (k * (k + 1) // 2 + d),
    *((10, 2), (30, 2), (30, 5)),
    slips={
        "the skip link is left out": lambda d, k: k * d + k * (k * (k + 1) // 2),
        "products of two features are counted twice": lambda d, k: k * (2 * d + k * k),
        "it is for one feature": lambda d, k: 2 * d + k * (k + 1) // 2,
    },
)
agrees(
    "ftb-plateau",
    hierarchy_plateau,
    *((2, 0.5, 0.1), (3, 0.2, 1.0), (1, 0.9, 0.3)),
    slips={
        "the share is that of the skip link": lambda k, rho, a: (
            k * (sqrt(1 + 2 * rho * a) - 1) ** 2
        ),
        "it is for one feature": lambda k, rho, a: (
            (sqrt(1 + 2 * (1 - rho) * a) - 1) ** 2
        ),
        "the square root is forgotten": lambda k, rho, a: k * (2 * (1 - rho) * a) ** 2,
    },
)
agrees(
    "ftb-scale",
    lambda gap, level, known: gap ** (2 * (known + 1 - level)),
    *((0.1, 2, 2), (0.1, 2, 3), (0.3, 3, 3)),
    slips={
        "it is not squared": lambda gap, level, known: gap ** (known + 1 - level),
        "it counts to the highest known": lambda gap, level, known: (
            gap ** (2 * (known - level))
        ),
    },
)


def size() -> str:
    """The first level's error alone at the gap 0.1, over the features' size."""
    at = {"inputs": "uniform", "d": 10, "levels": 3, "level": 2, "gap": 0.1}
    rows = select(read_table("paper-hierarchy"), stage="alone", **at)
    return f"{rows['feature_error'].mean() / 2:.2%} of the features' mean square"


def road() -> str:
    """What cutting each of the two roads does."""
    falls, grows = grid.without_gradient()[0], 10 ** -link_cut()[0]
    return (
        f"without the gradient the error still falls by {falls:.0f} powers of ten; "
        f"without the shared error it grows {grows:.0f} times"
    )


link_cut = grid.without_identity_link
declare("forward-then-backward", size=size, road=road)
