"""Checks of the exercises of "When it fails"."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch

from replearn.experiments.exercises import (
    check,
    expect_close,
    expect_returned,
    register,
)
from replearn.hermite import hermite_coefficients
from replearn.targets import MultiIndex
from replearn.targets.curvature import quadratic_target
from replearn.theory import predict_overlap
from replearn.theory.population_step import subspace_moment

__all__ = ["check"]

Powers = tuple[int, ...]


@register("wif-weight")
def _weight(answer: Callable[[float, float], float]) -> None:
    # no noise of one: it would hide a forgotten square
    for factor, noise in ((16.0, 0.0), (4.0, 0.5), (64.0, 2.0)):
        weight = float(expect_returned(answer(factor, noise)))
        d = 1000
        overlap = predict_overlap(d, factor * d * d, 2 * weight, noise**2)
        at = f"at n = {factor:.0f} d^2, noise {noise:g}, your weight gives an overlap"
        expect_close(overlap, 0.5, at)


@register("wif-moment")
def _moment(answer: Callable[[float, int], float]) -> None:
    for quadratic, degree in ((0.0, 3), (0.0, 5), (0.5, 3), (0.5, 4), (0.2, 4)):
        target = quadratic_target(1, 1, degree, quadratic)
        expected = subspace_moment(target.hermite_coefficients())
        at = f"for w={quadratic}, p={degree} the moment"
        expect_close(answer(quadratic, degree), expected, at)


@register("wif-full-rank")
def _full_rank(answer: Callable[[Mapping[Powers, float], int], bool]) -> None:
    cases: list[tuple[Mapping[Powers, float], int]] = [
        ({(2, 0): 1.0, (0, 3): 1.0}, 2),
        ({(1, 1): 1.0}, 2),
        ({(1, 1, 1): 1.0}, 3),
        ({(1, 1, 0): 1.0, (0, 1, 1): 1.0}, 3),
        ({(1, 1, 0): 1.0, (0, 1, 1): 1.0, (1, 0, 1): 0.1}, 3),
        ({(2, 0): 1.0, (1, 1): math.sqrt(2), (0, 2): 0.5, (3, 0): 1.0}, 2),
        ({(2, 0): 1.0, (1, 1): 1.0, (0, 2): 0.5, (3, 0): 1.0}, 2),
        ({(4,): 1.0}, 1),
    ]
    for powers, r in cases:
        degree = max(sum(k) for k in powers)
        hessian = MultiIndex(r, r, degree, powers).expected_hessian()
        expected = int(torch.linalg.matrix_rank(hessian, atol=1e-9)) == r
        found = bool(expect_returned(answer(dict(powers), r)))
        if found is not expected:
            raise AssertionError(f"for {dict(powers)} the answer is {found}")


@register("wif-csq")
def _csq(answer: Callable[[int], int | None]) -> None:
    for degree in (3, 4):
        if (found := answer(degree)) is not None:
            raise AssertionError(
                f"degree {degree}: d={found}, but d^{degree / 2:g} never exceeds 16 d^2"
            )
    for degree in (5, 6, 7, 8):
        expected = next(d for d in range(1, 300) if d**degree > (16 * d * d) ** 2)
        expect_close(answer(degree), expected, f"for degree {degree} the smallest d")


def _quadratic_share(c: float) -> float:
    """Of He_3(z + c), mean and linear part removed, by quadrature."""
    parts = hermite_coefficients(lambda z: (z + c) ** 3 - 3 * (z + c), 3).square()
    return float(parts[2] / (parts[2] + parts[3]))


@register("wif-shift")
def _shift(answer: Callable[[float], float]) -> None:
    for weight in (0.05, 0.5, 0.75):
        c = float(expect_returned(answer(weight)))
        if not c > 0:  # minus c has the same share
            raise AssertionError(f"c={c:.4g} must be positive")
        share = _quadratic_share(c)
        at = f"shifted by your c={c:.4g} the quadratic weight"
        expect_close(share, weight, at)


@register("wif-kappa-need")
def _kappa(answer: Callable[[int, float, float], float]) -> None:
    for d, kappa, noise in ((40, 1.0, 0.0), (40, 4.0, 0.5), (20, 3.0, 2.0)):
        n = float(expect_returned(answer(d, kappa, noise)))
        signal = 1 / (2 * kappa**2) / (2 * math.pi * d)
        if not n > 0:
            raise AssertionError(f"n={n} must be positive")
        at = f"for d={d}, kappa={kappa:.0f}, noise={noise:g} signal over noise"
        expect_close(signal / (d * (1 + noise**2) / (4 * n)), 1.0, at)
