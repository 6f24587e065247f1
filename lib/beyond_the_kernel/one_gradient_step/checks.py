"""The predictions, questions and exercises of "One gradient step"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from math import pi, sqrt

import torch
from torch import Tensor

from replearn.experiments.curves import reach_by, select
from replearn.experiments.exercises import agrees, expect_returned, register, solves
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import declare
from replearn.experiments.tables import read_table
from replearn.learners import OneStepNetwork
from replearn.learners.one_step_variants import least_squares_part
from replearn.targets import paper_target
from replearn.theory import first_step
from replearn.views.ask import ask as ask
from replearn.views.ask import recall as recall
from replearn.views.facts import percent


def noise_square(with_part: int, without: int) -> Callable[..., float]:
    """d E y^2 / (share n), the share with and without the linear part."""
    return lambda d, n, square, removed: (
        d * square / ((without if removed else with_part) * n)
    )


agrees(
    "ogs-quarter",
    noise_square(2, 4),
    (40, 1e3, 1.0, 1),
    (40, 1e3, 1.0, 0),
    (10, 50.0, 2.0, 1),
    (10, 50.0, 2.0, 0),
    slips={
        "the gate is open for all samples": noise_square(1, 2),
        "removing the linear part changes nothing": noise_square(2, 2),
    },
)


@cache
def unit_step_norm(noise: float) -> float:
    """The measured row norm after a step of size one: it grows in proportion."""
    x, y = paper_target(80, 1, 3).sample(25_600, 0, noise, torch.float32)
    network = OneStepNetwork(step_size=1.0)
    w = network.first_layer(x, network.step_labels(x, y))
    return float(w.square().sum(1).mean().sqrt())


def step_size(noise_power: int, norm: float = 0.5) -> Callable[..., float]:
    """The step that gives the rows their norm, by signal and noise."""

    def answer(d: int, n: int, square: float, noise: float) -> float:
        spread = d * (1 + noise**noise_power) / (4 * n)
        return norm / (2 * sqrt(square / (2 * pi * d) + spread))

    return answer


solves(
    "ogs-step-size",
    lambda eta, d, n, hessian_norm_squared, noise: eta * unit_step_norm(noise),
    0.5,
    (80, 25_600, 1.0, 0.0),
    (80, 25_600, 1.0, 2.0),  # a noise of one would hide a forgotten square
    relative=0.06,
    what="the measured row norm",
    slips={
        "the noise is not squared": step_size(1),
        "the rows get norm one instead of one half": step_size(2, norm=1.0),
    },
)


def with_noise(overlap: float, noise: float) -> float:
    """The signal stays, and its noise grows by 1 + noise^2."""
    return 1 / (1 + (1 / overlap - 1) * (1 + noise**2))


agrees(
    "ogs-noise",
    with_noise,
    (first_step.predict_overlap(40, 1600, 1.0), 1.0),
    (first_step.predict_overlap(40, 6400, 1.0), 0.5),
    (first_step.predict_overlap(40, 400, 1.0), 2.0),
    slips={
        "the overlap is divided by 1 + noise²": lambda a, s: a / (1 + s**2),
        "the noise is not squared": lambda a, s: 1 / (1 + (1 / a - 1) * (1 + s)),
    },
)


def cleaned(add_back: bool, remove: bool = True) -> Callable[..., Tensor]:
    """One step on labels without their least-squares part, which is added again."""

    def answer(x: Tensor, y: Tensor, x_new: Tensor) -> Tensor:
        alpha, beta = least_squares_part(x, y)
        rest = y - alpha - x @ beta if remove else y
        guess = OneStepNetwork().fit(x, rest).predict(x_new)
        return guess + (alpha + x_new @ beta if add_back else 0)

    return answer


@register(
    "ogs-least-squares",
    slips={
        "the linear part is not added to the predictions": cleaned(False),
        "nothing is removed before the step": cleaned(False, remove=False),
    },
)
def _least_squares(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
    target, n = paper_target(20, 1, 3), 3200
    x, y = target.sample(n, 0, dtype=torch.float32)
    x_new, y_new = target.stratified(1000, 1, torch.float32)
    guess = torch.as_tensor(expect_returned(answer(x, y + 3 * x[:, 1], x_new)))
    if guess.shape != y_new.shape:
        raise AssertionError(f"the predictions have shape {tuple(guess.shape)}")
    error = float((guess - y_new - 3 * x_new[:, 1]).square().mean())
    plain = OneStepNetwork().fit(x, y).predict(x_new)
    without = float((plain - y_new).square().mean())
    if not error < 1.5 * without + 0.01:
        raise AssertionError(
            f"the error is {error:.3f}; without the linear part it is {without:.3f}"
        )


def floor(overlap: float, shares: Mapping[int, float]) -> float:
    """What a neuron with this overlap must miss of each degree."""
    return sum(share * (1 - overlap**degree) for degree, share in shares.items())


agrees(
    "ogs-floor",
    floor,
    (0.5, {2: 0.5, 4: 0.5}),
    (0.98, {2: 0.5, 4: 0.5}),
    (0.5, {1: 0.2, 3: 0.8}),
    (0.98, {1: 0.2, 3: 0.8}),
    slips={
        "the overlap is taken for its square root": lambda overlap, shares: floor(
            overlap**2, shares
        ),
        "what is seen is counted, not what is missed": lambda overlap, shares: (
            1 - floor(overlap, shares)
        ),
    },
)


def emergence(noise_power: int, power: int) -> Callable[..., float]:
    """d (1 + noise^2) / eigenvalue^2, with other powers for the slips."""
    return lambda d, eigenvalue, noise: d * (1 + noise**noise_power) / eigenvalue**power


agrees(
    "ogs-emergence",
    emergence(2, 2),
    (80, 1.0, 0.0),
    (40, 0.5, 0.5),
    slips={
        "the noise is not squared": emergence(1, 2),
        "the eigenvalue is not squared": emergence(2, 1),
    },
)

CUBIC = select(read_table("overlap"), r=1, noise=0, quadratic=0.5)


def doubled() -> str:
    """What the last doubling of d costs for one half of the layer."""
    left = CUBIC.assign(error=1 - CUBIC.overlap)
    needs = reach_by(left, "measure", ["neurons"], level=0.5)["neurons"].n
    return f"from d = 80 to d = 160, {needs[-1] / needs[-2]:.1f} times as many samples"


def crowd() -> str:
    """The overlap of the layer and of its longest direction, at d = 160, n = d²/4."""
    seen = select(CUBIC, d=160, n=6400).groupby("measure").overlap.mean()
    layer, longest = (percent(seen[m]) for m in ("neurons", "singular-space"))
    return f"{longest}, where of the layer's square it is {layer}"


declare("one-gradient-step", doubled=doubled, crowd=crowd)
