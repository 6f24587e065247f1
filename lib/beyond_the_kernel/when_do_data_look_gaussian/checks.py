"""The predictions, questions and exercises of "When do data look Gaussian"."""

from __future__ import annotations

from math import asin, pi, sqrt

import numpy as np
from scipy.integrate import quad

from beyond_the_kernel.when_do_data_look_gaussian.grid import at_size
from replearn.experiments.exercises import agrees
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import declare
from replearn.theory import typical_kurtosis
from replearn.views.ask import ask as ask
from replearn.views.ask import recall as recall

agrees(
    "wdg-arcsine",
    lambda r: 2 / pi * asin(r),
    *((0.6,), (-0.3,), (1.0,)),
    slips={
        "the arcsine is not scaled to one at r = 1": asin,
        "the law is taken for a straight line": lambda r: 2 / pi * r,
        "it is the share of equal signs": lambda r: 0.5 + asin(r) / pi,
    },
)


def constants(a: float) -> tuple[float, float, float]:
    """κ₀, κ₁ and κ*² of the activation max(u, a u)."""
    k0, k1 = (1 - a) / sqrt(2 * pi), (1 + a) / 2
    return k0, k1, (1 + a**2) / 2 - k0**2 - k1**2


agrees(
    "wdg-leaky",
    constants,
    *((0.0,), (0.1,), (-1.0,), (0.5,)),
    slips={
        "the mean is not taken from the rest": lambda a: (
            *constants(a)[:2],
            (1 + a**2) / 2 - ((1 + a) / 2) ** 2,
        ),
        "the rest is not squared": lambda a: (*constants(a)[:2], sqrt(constants(a)[2])),
        "the negative half is left out": lambda a: constants(0.0),
    },
)
agrees(
    "wdg-row",
    lambda a: sqrt(2 / pi) / sqrt(1 + a**2),
    *((1.0,), (0.2,), (3.0,)),
    slips={
        "the row is taken to have length one": lambda a: 1 / sqrt(pi),
        "erf(z) is taken for erf(z/√2)": lambda a: 2 / sqrt(pi) / sqrt(1 + 2 * a**2),
        "it is the slope at zero": lambda a: sqrt(2 / pi),
    },
)


agrees(
    "wdg-spectrum",
    lambda values: typical_kurtosis(0.0, np.diag(values)),
    *(([1.0] * 10,), ([4.0, 1.0, 1.0],), ([1.0, 0.0, 0.0],)),
    slips={
        "directions are counted, not weighed": lambda v: -6 / (np.count_nonzero(v) + 2),
        "the variance is taken to be the same along all": lambda v: (
            -6 * sum(x**2 for x in v) / sum(v) ** 2
        ),
        "the eigenvalues are not squared": lambda v: -6 / (sum(v) + 2),
    },
)


def at_last(d: int, square: float | None = None) -> float:
    """The excess kurtosis that infinitely many signs of D latent numbers have."""
    if square is None:
        up, _ = quad(lambda t: t**2 * np.cos(t) ** (d - 2), 0, pi / 2)
        down, _ = quad(lambda t: np.cos(t) ** (d - 2), 0, pi / 2)
        square = 4 / pi**2 * up / down
    return -6 * square / (1 + 2 * square)


agrees(
    "wdg-latent",
    at_last,
    *((2,), (3,), (10,)),
    relative=1e-3,
    slips={
        "the arcsine law is taken for a line": lambda d: at_last(d, 4 / pi**2 / d),
        "every cosine is equally likely": lambda d: at_last(3),
        "the variance is taken to be the same along all": lambda d: (
            at_last(d) / (1 + at_last(d) / 3)
        ),
    },
)


def told(*sizes: int, **setting: str) -> list[str]:
    """Mean sizes of the excess kurtosis of a typical sum at some N, sign."""
    found = [at_size("generic", n, activation="sign", **setting).mean() for n in sizes]
    return [f"{value:.2f}" for value in found]


def fourfold() -> str:
    """What four times the inputs do, D = N/2."""
    return "from {} at N = 64 to {} at N = 256, a quarter".format(*told(64, 256))


def few() -> str:
    """What they do with four latent numbers."""
    return "{} at N = 64 and {} at N = 256".format(*told(64, 256, latent="4"))


declare("when-do-data-look-gaussian", fourfold=fourfold, few=few)
