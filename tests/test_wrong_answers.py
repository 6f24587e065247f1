"""Likely wrong answers are refused, and the right one beside them is not."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, pi, sqrt

import pytest

from replearn.experiments import (
    curvature_exercises,
    first_step_exercises,
    transfer_exercises,
)


def weight(power: int) -> Callable[[float, float], float]:
    return lambda factor, noise: pi * (1 + noise**power) / (4 * factor)


def weak_need(power: int) -> Callable[[int, float, float], float]:
    return lambda d, kappa, noise: pi * (d * kappa) ** 2 * (1 + noise**power)


def step_size(power: int) -> Callable[[int, int, float, float], float]:
    def answer(d: int, n: int, square: float, noise: float) -> float:
        spread = d * (1 + noise**power) / (4 * n)
        return 1 / (4 * sqrt(square / (2 * pi * d) + spread))

    return answer


def emergence(power: int) -> Callable[[int, float, float], float]:
    return lambda d, eigenvalue, noise: d * (1 + noise**power) / eigenvalue**2


def shift(sign: int) -> Callable[[float], float]:
    return lambda share: sign * sqrt(share / (3 * (1 - share)))


def bill(n: int, features: int, kernel: int) -> float:
    return inf if kernel <= features else n // (kernel - features) + 1


def bill_that_divides(n: int, features: int, kernel: int) -> float:
    return inf if kernel < features else n // (kernel - features) + 1


def bill_at_a_tie(n: int, features: int, kernel: int) -> float:
    return n if kernel == features else bill(n, features, kernel)


@pytest.mark.parametrize(
    ("check", "name", "right", "wrong", "reason"),
    [
        (curvature_exercises.check, "wif-weight", weight(2), weight(1), "overlap"),
        (
            curvature_exercises.check,
            "wif-kappa-need",
            weak_need(2),
            weak_need(1),
            "noise=0.5",
        ),
        (curvature_exercises.check, "wif-shift", shift(1), shift(-1), "positive"),
        (
            first_step_exercises.check,
            "ogs-step-size",
            step_size(2),
            step_size(1),
            "noise 2",
        ),
        (
            first_step_exercises.check,
            "ogs-emergence",
            emergence(2),
            emergence(1),
            "noise 0.5",
        ),
        (transfer_exercises.check, "trf-bill", bill, bill_that_divides, "ZeroDivision"),
        (transfer_exercises.check, "trf-bill", bill, bill_at_a_tie, "the same"),
    ],
)
def test_the_near_miss_is_refused(
    check: Callable[[str, object], None],
    name: str,
    right: object,
    wrong: object,
    reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    check(name, right)
    assert capsys.readouterr().out == "correct\n"
    check(name, wrong)
    refused = capsys.readouterr().out
    assert refused.startswith("not yet: ")
    assert reason in refused
