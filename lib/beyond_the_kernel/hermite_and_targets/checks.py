"""Predictions, questions and exercises on Hermite parts and derivatives."""

from __future__ import annotations

from itertools import combinations_with_replacement
from math import comb, factorial, pi, sqrt

import torch

from beyond_the_kernel.hermite_and_targets.grid import SIZES
from replearn.experiments.curves import select
from replearn.experiments.exercises import agrees
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import declare
from replearn.experiments.tables import read_table
from replearn.hermite import relu_coefficients
from replearn.views.ask import ask as ask
from replearn.views.ask import recall as recall


def relu(k: int, bias: float = 0.0) -> float:
    """E[ReLU(Z + bias) h_k(Z)]."""
    return float(relu_coefficients(k, bias)[k])


agrees(
    "hmt-count",
    lambda r, degree: len(list(combinations_with_replacement(range(r), degree))),
    *((1, 5), (2, 3), (3, 4), (10, 2)),
    slips={
        "z₁ z₂ and z₂ z₁ are counted as two": lambda r, degree: r**degree,
        "no variable may occur twice": comb,
        "lower degrees are counted too": lambda r, degree: comb(r + degree, degree),
    },
)
agrees(
    "hmt-remainder",
    lambda: relu(2) ** 2 / (1 / 2 - relu(0) ** 2 - relu(1) ** 2),
    relative=2e-3,
    slips={
        "it is a share of all, with the mean and the line": lambda: 1 / (2 * pi),
        "the line is not taken out of the whole": lambda: 1 / (2 * pi - 2),
        "the mean is not taken out of the whole": lambda: 1 / pi,
    },
)
agrees(
    "hmt-abs",
    lambda k: 0.0 if k % 2 else 2 * relu(k),
    *((k,) for k in range(7)),
    relative=1e-5,
    slips={
        "the odd parts double too": lambda k: 2 * relu(k),
        "the even parts do not double": lambda k: 0.0 if k % 2 else relu(k),
        "the even parts cancel, not the odd ones": lambda k: 2 * relu(k) * (k % 2),
        "it is the mean with He_k and not with h_k": lambda k: (
            0.0 if k % 2 else 2 * relu(k) * sqrt(factorial(k))
        ),
    },
)
agrees(
    "hmt-product",
    lambda shift: shift * (1 - torch.eye(3)),
    *((0.0,), (0.5,), (-2.0,)),
    slips={
        "the diagonal is not empty": lambda shift: shift * torch.ones(3, 3),
        "two factors remain, and not one": lambda shift: shift**2 * (1 - torch.eye(3)),
        "the factor that remains has the mean one": lambda shift: 1 - torch.eye(3),
    },
)
agrees(
    "hmt-bias",
    lambda b: relu(3, b),
    *((0.0,), (0.5,), (-1.0,)),
    relative=1e-5,
    slips={
        "the ReLU bends at b, not at -b": lambda b: relu(3, -b),
        "it is the mean with He_3 and not with h_3": lambda b: sqrt(6) * relu(3, b),
        "the density at the bend is that at zero": lambda b: -b / sqrt(12 * pi),
    },
)


def bend() -> str:
    """The curvature along the second direction, for fifty seeds."""
    last = select(read_table("hermite-curvature"), direction=2, n=SIZES[-1])
    said = last.groupby("target").curvature.agg(["mean", "std"]).abs()
    cubic, both = (
        f"{m:.2f} ± {s:.2f}" for m, s in said.loc[["cubic", "full-rank"]].to_numpy()
    )
    return f"{cubic} along the direction; {both} with a parabola in the label"


def fainter() -> str:
    """How strongly a gate feels a line and a parabola at overlap 1/10."""
    line, parabola = (p * relu(p) * 0.1 ** (p - 1) for p in (1, 2))
    words = f"the line {line:.2f}, the parabola {parabola:.3f}"
    return f"{words}, {line / parabola:.0f} times less (by the formula)"


declare("hermite-and-targets", bend=bend, fainter=fainter)
