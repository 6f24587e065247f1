"""Checks of the exercises of "Transfer"."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from replearn.experiments.exercises import (
    check,
    expect_close,
    expect_returned,
    register,
)
from replearn.theory import monomials, predict_overlap, predict_transfer_curve

__all__ = ["check"]


@register("trf-count")
def _count(answer: Callable[[int, int], float]) -> None:
    for r, degree in ((1, 3), (2, 3), (4, 4), (40, 3)):
        at = f"for {r} variables and degree {degree} the number"
        expect_close(answer(r, degree), monomials(r, degree), at)


@register("trf-bill")
def _bill(answer: Callable[[int, int, int], float]) -> None:
    for source, features, kernel in (
        (25_600, 250, 10_000),
        (1000, 100, 1100),
        (999, 100, 1099),
        (409_600, 250, 630_000),
    ):
        at = f"for n={source}, N={features} against N={kernel} the number of targets"
        # one more than the largest number of targets at which transfer does not pay
        expect_close(
            answer(source, features, kernel), source // (kernel - features) + 1, at
        )
    for kernel, what in ((200, "less"), (300, "the same")):
        never = float(expect_returned(answer(1000, 300, kernel)))
        if never != math.inf:
            raise AssertionError(
                f"where the kernel needs {what} it never pays, not {never}"
            )


@register("trf-fresh")
def _fresh(answer: Callable[[int, int, int], float]) -> None:
    for d, r, degree in ((40, 1, 3), (40, 8, 4), (160, 20, 4)):
        reused = d**2 * r + d * r**degree
        fresh = d**2 * r + r**degree
        at = f"for d={d}, r={r}, p={degree} the ratio"
        expect_close(answer(d, r, degree), reused / fresh, at)


@register("trf-angle")
def _angle(answer: Callable[[int, float], float]) -> None:
    for degree, error in ((3, 0.1), (2, 0.1), (4, 0.05)):
        cosine = (1 - error) ** (1 / (2 * degree))
        at = f"for degree {degree} and error {error} the angle"
        expect_close(
            answer(degree, error), math.degrees(math.acos(cosine)), at, relative=1e-3
        )


@register("trf-smooth")
def _smooth(answer: Callable[[float, float], float]) -> None:
    # independent of the closed form: the mean over a fine grid of zeta
    zeta = np.linspace(-10, 10, 200_001)
    density = np.exp(-(zeta**2) / 2) / math.sqrt(2 * math.pi)
    step = zeta[1] - zeta[0]
    for s, nu in ((0.5, 1.0), (-1.0, 0.3), (0.0, 2.0)):
        expected = float((np.maximum(s + nu * zeta, 0) * density).sum() * step)
        at = f"for s={s}, nu={nu} the mean"
        expect_close(answer(s, nu), expected, at, relative=1e-4)


@register("trf-enough")
def _enough(answer: Callable[[int, int, float], float]) -> None:
    for degree, N, error in ((3, 1000, 0.1), (2, 100, 0.1), (4, 3000, 0.2)):
        x = float(expect_returned(answer(degree, N, error)))
        if not (math.isfinite(x) and x > 0):
            raise AssertionError(f"n/d^2 = {x} must be a positive number")
        overlap = predict_overlap(100, x * 100**2, 1.0)
        found = float(predict_transfer_curve(overlap, degree, [N])[0])
        at = f"for degree {degree}, N={N} and your n/d^2 = {x:.3g} the predicted error"
        expect_close(found, error, at, relative=0.004)
