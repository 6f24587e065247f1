"""Predictions, questions and exercises on Hermite parts and derivatives."""

from __future__ import annotations

from itertools import combinations_with_replacement
from math import comb, factorial, pi, sqrt

import torch

from beyond_the_kernel.hermite_and_targets.grid import SIZES
from replearn.experiments.curves import select
from replearn.experiments.exercises import agrees
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import predict, question
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


predict(
    "hmt-hidden",
    "The label is a cubic of one hidden direction. From a hundred thousand samples you "
    "measure how it bends, on average. What does that show of the direction?",
    "the direction, clearly",
    "the direction, but faintly",
    "nothing: noise, and no more",
    measured=bend,
    where="Take the weight of degree 2 away, and read the eigenvalues of H.",
    at="#hmt:w2=0",
)
predict(
    "hmt-faint",
    "A neuron looks in a random direction among 100 inputs. How strongly does one step "
    "of training feel a parabola along the hidden direction, beside a straight line of "
    "the same size?",
    "just as strongly",
    "about 9 times more faintly",
    "about 100 times more faintly",
    measured=fainter,
    where="Read what a random gate sees, with d = 100; the line's number is one half.",
    at="#hmt:w1=1,w3=0",
)
question(
    "hmt-share",
    "A target has the coefficients 0.6 at h₂ and 0.8 at h₃. How many per cent of "
    "its variance are of degree two?",
    36,
    "The squares add up, 0.36 + 0.64 = 1, and the first is that of degree two.",
    (60, "That is the coefficient itself. What of it adds up to the variance?"),
    (42.9, "Coefficients are not added up. What of them is?"),
    unit="%",
)
question(
    "hmt-twist",
    "The label is the product z₁z₂ of two hidden coordinates, a straight line along "
    "either axis. How many of the two directions does H show?",
    "both",
    "Its one coefficient is of degree two, and stands in H at the place of the pair: "
    "the rank is 2.",
    ("none", "It does not bend along an axis. Does it bend along a diagonal?"),
    ("one", "Exchange z₁ and z₂: which of the two would it be?"),
)
question(
    "hmt-squares",
    "In 20 inputs, how many averages must be known to know all of degree two?",
    210,
    "20 squares and 190 pairs: 20 · 21 / 2.",
    (400, "Is the product of the inputs 3 and 7 another one than that of 7 and 3?"),
    (190, "Those are the pairs of two different inputs. Which products are missing?"),
    unit="averages",
)
