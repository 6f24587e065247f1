"""The predictions, questions and exercises of "What kernels can and cannot do"."""

from __future__ import annotations

from math import ceil, comb, exp, floor

import pandas as pd
import torch
from torch import Tensor

from replearn.experiments.curves import reach, read_between, select, summarise
from replearn.experiments.exercises import agrees, solves
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import declare
from replearn.experiments.tables import read_table
from replearn.harmonics import count_harmonics
from replearn.learners.kernel_ridge import factorise
from replearn.views.ask import ask as ask
from replearn.views.ask import recall as recall


def samples(n: int, width: int, ridge: float) -> tuple[Tensor, Tensor, Tensor, float]:
    """The Gram matrix of n samples, its rows for five new points, labels, a ridge."""
    generator = torch.Generator().manual_seed(n)
    drawn = torch.randn(n + 5, width + 1, generator=generator, dtype=torch.float64)
    gram = drawn[:, :-1] @ drawn[:n, :-1].T
    return gram[:n], gram[n:], drawn[:n, -1], ridge


def by_weights(gram: Tensor, cross: Tensor, y: Tensor, ridge: float) -> Tensor:
    """Predict by the weights of features that have these inner products."""
    values, vectors = torch.linalg.eigh(gram)
    kept = values > 1e-9 * values[-1]
    phi = vectors[:, kept] * values[kept].sqrt()  # orthogonal columns
    predictions: Tensor = cross @ phi @ (phi.T @ y / (values * (values + ridge))[kept])
    return predictions


def pair(width: int) -> tuple[Tensor, Tensor, Tensor]:
    """The factor of two samples, their kernel with a new point, and their labels."""
    gram, cross, y, ridge = samples(2, width, 0.3)
    return factorise(gram, ridge), cross[0], y


def terms(factor: Tensor, cross: Tensor, y: Tensor) -> Tensor:
    """What each of the samples adds to the prediction."""
    both = torch.stack([cross, y], dim=1)
    solved: Tensor = torch.linalg.solve_triangular(factor, both, upper=False)
    return solved.prod(dim=1)


def slope(ridge: float, weight: float, noise: float) -> float:
    """How fast the mean squared error grows with log ridge, at two sums of squares."""

    def error(ridge: float, squares: float) -> float:
        return ((weight * ridge) ** 2 + noise**2 * squares) / (squares + ridge) ** 2

    ends = ridge * exp(1e-4), ridge * exp(-1e-4)
    more, less = (error(end, 1.0) + error(end, 50.0) for end in ends)
    return (more - less) / 2e-4


agrees(
    "wkc-dual",
    by_weights,
    *(samples(30, 8, 0.5), samples(6, 40, 2.0)),
    slips={
        "the ridge is added to every entry": (
            lambda k, new, y, ridge: new @ torch.linalg.solve(k + ridge, y)
        ),
        "it is n times the ridge": lambda k, c, y, r: by_weights(k, c, y, len(y) * r),
    },
)
agrees(
    "wkc-count",
    lambda d, degree, share: ceil(share * count_harmonics(d, degree)),
    *((5, 1, 0.5), (10, 2, 0.5), (30, 3, 0.9)),
    slips={
        "samples are rounded down": lambda d, k, q: floor(q * count_harmonics(d, k)),
        "a binomial is left out": lambda d, k, q: ceil(q * comb(d + k - 1, k)),
        "d^k stands for the number of harmonics": lambda d, k, q: ceil(q * d**k),
    },
)
agrees(
    "wkc-width",
    lambda relative_error: 5 / relative_error**2,
    *((0.1,), (0.01,)),
    slips={
        "the variance, not its root, is the given fraction": lambda e: 5 / e,
        "the square of the mean is not subtracted": lambda e: 6 / e**2,
        "the ReLU, which halves both moments, is forgotten": lambda e: 2 / e**2,
    },
)
agrees(
    "wkc-prefix",
    lambda factor, cross, y: terms(factor, cross, y).cumsum(0),
    *(pair(3), pair(4)),
    slips={
        "the second prediction lacks the first term": terms,
        "the entry below the diagonal is left out": (
            lambda c, new, y: terms(c.diag().diag(), new, y).cumsum(0)
        ),
    },
)
solves(
    "wkc-ridge",
    slope,
    0.0,
    *((1.0, 0.5), (1.0, 1.0), (2.0, 1.0)),
    relative=2.5e-3,
    what="the slope of the mean squared error",
    slips={
        "two squares are forgotten": lambda a, noise: noise / a,
        "the weight's square is forgotten": lambda a, noise: noise**2 / a,
        "the ratio is upside down": lambda a, noise: a**2 / noise**2,
    },
)


def rows(kernel: str, r: int = 1) -> pd.DataFrame:
    """The staircase on the sphere in 20 dimensions."""
    cell = {"target": "staircase", "inputs": "sphere", "d": 20, "r": r}
    return select(read_table("staircase"), kernel=kernel, **cell)


def missing() -> str:
    """What is missing of each degree at n = d²."""
    means = summarise(rows("polynomial"), ["part", "n"])
    parts = (select(means, part=f"degree-{k}") for k in (1, 2, 3))
    one, two, three = (f"{100 * read_between(p, [400])[0]:.0f} %" for p in parts)
    return f"{three} of the cubic, {two} of degree two, {one} of degree one are missing"


def second() -> str:
    """Where half of the cubic is learnt, with one direction and with two."""
    found = (
        reach(select(rows("polynomial", r), part="degree-3"), 0.25) for r in (1, 2)
    )
    one, two = (f"{half.n[0]:.0f}" for half in found)
    return f"half of the cubic takes {one} samples, with a second direction {two}"


declare(
    "what-kernels-can-do",
    missing=missing,
    second=second,
    harmonics=lambda: count_harmonics(40, 2),
    tenth=lambda: ceil(0.9 * count_harmonics(40, 2)),
)
