"""Checks of the exercises on Hermite polynomials and expected derivatives."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from scipy.integrate import quad

from replearn.experiments.exercises import (
    check,
    expect_close,
    expect_returned,
    register,
)
from replearn.hermite import gauss_hermite, orthonormal_hermite

__all__ = ["check"]


@register("hmt-count")
def _count(answer: Callable[[int, int], int]) -> None:
    for r, degree in ((1, 5), (2, 3), (3, 4), (10, 2)):
        listed = len(list(itertools.combinations_with_replacement(range(r), degree)))
        few = " (z_1^3, z_1^2 z_2, ...)" if (r, degree) == (2, 3) else ""
        at = f"for r={r}, degree={degree}{few} the answer"
        expect_close(answer(r, degree), listed, at)


@register("hmt-remainder")
def _remainder(answer: Callable[[], float]) -> None:
    share = float(expect_returned(answer()))
    if share < 0.5:
        raise AssertionError(
            f"{share:.3g} is too small: is it a share of what is left, and are the "
            "mean and the linear part taken out of the whole?"
        )
    expect_close(share, _relu_share_of_degree_two(), "the share", relative=2e-3)


def _relu_share_of_degree_two() -> float:
    relu = partial(_shifted_relu, 0.0)
    mean, line, curve = (_coefficient(relu, k) ** 2 for k in range(3))
    return curve / (_integral(lambda z: relu(z) ** 2) - mean - line)


@register("hmt-abs")
def _absolute(answer: Callable[[int], float]) -> None:
    for k in range(7):
        at = f"the coefficient of degree {k}"
        expect_close(answer(k), _coefficient(abs, k), at, relative=1e-5)


@register("hmt-product")
def _product(answer: Callable[[float], Any]) -> None:
    nodes, weights = gauss_hermite(5)
    z = torch.cartesian_prod(nodes, nodes, nodes)
    mass = torch.cartesian_prod(weights, weights, weights).prod(1)
    for shift in (0.0, 0.5, -2.0):
        labels = mass * (z + shift).prod(1)
        truth = (z * labels[:, None]).T @ z - labels.sum() * torch.eye(3)
        found = torch.as_tensor(expect_returned(answer(shift)), dtype=torch.float64)
        if found.shape != (3, 3):
            raise AssertionError(f"the Hessian has shape {tuple(found.shape)}, not 3x3")
        for i, j in ((0, 0), (0, 1), (1, 2), (2, 2)):
            at = f"for a shift of {shift} the entry {i + 1}, {j + 1}"
            expect_close(float(found[i, j]), float(truth[i, j]), at)


@register("hmt-bias")
def _bias(answer: Callable[[float], float]) -> None:
    for b in (0.0, 0.5, -1.0):
        truth = _coefficient(partial(_shifted_relu, b), 3, kink=-b)
        at = f"for b={b} the coefficient of degree 3"
        expect_close(answer(b), truth, at, relative=1e-5)


def _shifted_relu(b: float, z: float) -> float:
    return max(z + b, 0.0)


def _coefficient(f: Callable[[float], float], k: int, kink: float = 0.0) -> float:
    """E[f(Z) h_k(Z)] for a function that bends at one place."""

    def basis(z: float) -> float:
        return float(orthonormal_hermite(k, torch.tensor(z, dtype=torch.float64)))

    return _integral(lambda z: f(z) * basis(z), kink)


def _integral(f: Callable[[float], float], kink: float = 0.0) -> float:
    """E[f(Z)], each side of the kink by itself."""

    def weighted(z: float) -> float:
        return f(z) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    return float(quad(weighted, -12, kink)[0] + quad(weighted, kink, 12)[0])
