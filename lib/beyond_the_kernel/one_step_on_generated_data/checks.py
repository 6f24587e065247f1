"""Predictions, questions and exercises of "One gradient step on generated data"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from beyond_the_kernel.one_step_on_generated_data import grid
from replearn.experiments.exercises import agrees
from replearn.experiments.exercises import check as check
from replearn.experiments.generated_step import make_generator, standardise
from replearn.experiments.questions import declare
from replearn.views.ask import ask as ask
from replearn.views.ask import recall as recall


def world(latent: int, aspect: int, activation: str) -> tuple[Tensor, Tensor]:
    """Omega and phi of a generator, for the first latent number."""
    made = make_generator(latent, aspect, activation, seed=3)
    moments = standardise(made.moments())[1]
    return moments.covariance, moments.cross[:, 0]


WORLDS = [world(8, 3, "erf"), world(5, 6, "sign"), world(6, 1, "none")]


def samples(omega: Tensor, phi: Tensor) -> float:
    """K."""
    size = (phi @ phi) * (phi @ omega @ phi)
    return float(omega.trace() * omega.square().sum() / size)


def seen(omega: Tensor, phi: Tensor) -> float:
    """rho."""
    return float(phi @ phi / (phi @ omega @ phi).sqrt())


def best(omega: Tensor, phi: Tensor) -> float:
    """The square of the correlation of the best linear guess."""
    return float(phi @ torch.linalg.solve(omega, phi))


agrees(
    "osg-scale",
    samples,
    *WORLDS,
    slips={
        "it is the square of the number of inputs": lambda o, f: float(o.trace() ** 2),
        "the signal's variance along phi is missing": lambda o, f: float(
            o.trace() * o.square().sum() / (f @ f)
        ),
        "the trace of Omega squared is the square of its trace": lambda o, f: float(
            o.trace() ** 3 / ((f @ f) * (f @ o @ f))
        ),
    },
)
agrees(
    "osg-seen",
    seen,
    *WORLDS[:2],
    slips={
        "it is the correlation squared": lambda o, f: seen(o, f) ** 2,
        "it is the best linear guess, which the step does not find": lambda o, f: (
            best(o, f) ** 0.5
        ),
    },
)


def floor(coefficients: Sequence[float], rho: float) -> float:
    """The share of g that is not seen, c_k being its coefficients."""
    kept = sum(c * c * rho ** (2 * k) for k, c in enumerate(coefficients))
    return 1 - kept / sum(c * c for c in coefficients)


agrees(
    "osg-floor",
    floor,
    *(([0, 0, 1, 1], 0.9), ([0, 0, 3, 0, 4], 0.8), ([0, 0, 1], 0.5)),
    slips={
        "coefficients are damped, but errors are squares": lambda c, rho: (
            1 - sum(v * v * rho**k for k, v in enumerate(c)) / sum(v * v for v in c)
        ),
        "all degrees are damped alike": lambda c, rho: 1 - rho**4,
        "it is the share that is seen": lambda c, rho: 1 - floor(c, rho),
    },
)
agrees(
    "osg-white",
    lambda omega, phi: len(omega) ** 2 / best(omega, phi) ** 2,
    *WORLDS[:2],
    slips={
        "the correlation of the best guess is left out": lambda o, f: len(o) ** 2,
        "the inputs were not whitened": samples,
        "the correlation comes in to the second power": lambda o, f: (
            len(o) ** 2 / best(o, f)
        ),
    },
)


def wider() -> str:
    """What four times the inputs do."""
    at: dict[str, Any] = {"latent": 40, "activation": "erf"}
    few, many = (grid.errors(**at, aspect=a)[1].mean() for a in (4, 16))
    return f"at n = 1600 an error of {few:.2f} with 160 inputs, of {many:.2f} with 640"


def last() -> str:
    """Errors at many samples, D = 40."""
    plain, made = (
        grid.errors(latent=40, activation=name)[16].mean() for name in ("none", "sign")
    )
    return (
        f"with 40 numbers at n = 16 D² an error of {plain:.2f} on them, of {made:.2f} "
        "on the sign generator's inputs"
    )


declare("one-step-on-generated-data", wider=wider, last=last)
