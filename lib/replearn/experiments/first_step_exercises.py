"""Checks of the exercises of "One gradient step finds the subspace"."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from replearn.experiments.exercises import (
    check,
    expect_close,
    expect_returned,
    register,
)
from replearn.learners import OneStepNetwork
from replearn.targets import paper_target
from replearn.theory import first_step

__all__ = ["check"]


@register("ogs-quarter")
def _quarter(answer: Callable[[int, float, float, bool], float]) -> None:
    for d, n, square in ((40, 1000.0, 1.0), (10, 50.0, 2.0)):
        for removed, share in ((True, 4), (False, 2)):
            at = f"for d={d}, n={n:.0f}, mean square {square}, removed={removed} it"
            expected = d * square / (share * n)
            expect_close(answer(d, n, square, removed), expected, at)


@register("ogs-step-size")
def _step_size(answer: Callable[[int, int, float, float], float]) -> None:
    d, n = 80, 25_600
    for noise in (0.0, 2.0):  # a one would hide a forgotten square
        eta = float(expect_returned(answer(d, n, 1.0, noise)))
        if not (math.isfinite(eta) and eta > 0):
            raise AssertionError(f"eta={eta} must be a positive number")
        x, y = paper_target(d, 1, 3).sample(n, 0, noise, torch.float32)
        network = OneStepNetwork(step_size=eta)
        alpha, beta = network.linear_part(x, y)
        w = network.first_layer(x, y - alpha - x @ beta)
        norm = float(w.square().sum(1).mean().sqrt())
        at = f"with noise {noise:g} and your eta the measured row norm"
        expect_close(norm, 0.5, at, relative=0.06)


@register("ogs-noise")
def _noise(answer: Callable[[float, float], float]) -> None:
    for n, noise in ((1600, 1.0), (6400, 0.5), (400, 2.0)):
        quiet, loud = (
            first_step.predict_overlap(40, n, 1.0, noise_variance=s**2)
            for s in (0.0, noise)
        )
        at = f"from overlap {quiet:.3f} at noise {noise} the overlap"
        expect_close(answer(quiet, noise), loud, at)


@register("ogs-least-squares")
def _least_squares(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
    target, n = paper_target(20, 1, 3), 3200
    x, y = target.sample(n, 0, dtype=torch.float32)
    x_new, y_new = target.stratified(1000, 1, torch.float32)
    guess = torch.as_tensor(expect_returned(answer(x, y + 3 * x[:, 1], x_new)))
    if guess.shape != y_new.shape:
        raise AssertionError(f"the predictions have shape {tuple(guess.shape)}")
    truth = y_new + 3 * x_new[:, 1]
    error = float((guess - truth).square().mean())
    plain = OneStepNetwork().fit(x, y).predict(x_new)
    without = float((plain - y_new).square().mean())
    if not error < 1.5 * without + 0.01:
        raise AssertionError(
            f"the error is {error:.3f}; without the linear part it is {without:.3f}"
        )


@register("ogs-floor")
def _floor(answer: Callable[[float, Mapping[int, float]], float]) -> None:
    for weights in ({2: 0.5, 4: 0.5}, {1: 0.2, 3: 0.8}):
        for overlap in (0.5, 0.98):
            expected = sum(w * (1 - overlap**k) for k, w in weights.items())
            at = f"for overlap {overlap} and shares {weights} the error"
            expect_close(answer(overlap, weights), expected, at)


@register("ogs-emergence")
def _emergence(answer: Callable[[int, float, float], float]) -> None:
    for d, eigenvalue, noise in ((80, 1.0, 0.0), (40, 0.5, 0.5)):
        expected = d * (1 + noise**2) / eigenvalue**2
        at = f"for d={d}, eigenvalue {eigenvalue}, noise {noise} the number"
        expect_close(answer(d, eigenvalue, noise), expected, at)
