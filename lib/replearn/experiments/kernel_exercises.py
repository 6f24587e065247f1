"""Checks of the exercises of "What kernels can and cannot do"."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from replearn.experiments.exercises import (
    check,
    expect_close,
    expect_returned,
    register,
)
from replearn.harmonics import count_harmonics
from replearn.learners.kernel_ridge import factorise

__all__ = ["check"]


@register("wkc-dual")
def _dual(answer: Callable[[Tensor, Tensor, Tensor, float], Tensor]) -> None:
    for n, width, ridge in ((30, 8, 0.5), (6, 40, 2.0)):
        phi, new = _numbers(n, width), _numbers(5, width, seed=1)
        y = _numbers(n, 1, seed=2)[:, 0]
        primal = phi.T @ phi + ridge * torch.eye(width, dtype=phi.dtype)
        expected = new @ torch.linalg.solve(primal, phi.T @ y)
        found = torch.as_tensor(
            expect_returned(answer(phi @ phi.T, new @ phi.T, y, ridge))
        )
        if found.shape != expected.shape:
            raise AssertionError(f"the shape is {tuple(found.shape)}, not (5,)")
        gap = float((found - expected).abs().max())
        expect_close(gap, 0.0, f"the distance from the primal fit, n={n},")


@register("wkc-count")
def _count(answer: Callable[[int, int, float], int]) -> None:
    for d, degree, share in ((5, 1, 0.5), (10, 2, 0.5), (30, 3, 0.9)):
        expected = math.ceil(share * count_harmonics(d, degree))
        at = f"for d={d}, degree={degree}, share={share} the answer"
        expect_close(answer(d, degree, share), expected, at)


@register("wkc-width")
def _width(answer: Callable[[float], float]) -> None:
    for accuracy in (0.1, 0.01):
        at = f"for a relative error of {accuracy} the answer"
        expect_close(answer(accuracy), 5 / accuracy**2, at)


@register("wkc-prefix")
def _prefix(answer: Callable[[Tensor, Tensor, Tensor], tuple[float, float]]) -> None:
    for seed in (0, 1):
        phi, ridge = _numbers(3, 4, seed), 0.3
        gram, cross = phi[:2] @ phi[:2].T, phi[:2] @ phi[2]
        y = _numbers(2, 1, seed + 5)[:, 0]
        found = expect_returned(answer(factorise(gram.clone(), ridge), cross, y))
        for n, value in zip((1, 2), found, strict=True):
            block = gram[:n, :n] + ridge * torch.eye(n, dtype=gram.dtype)
            expected = float(cross[:n] @ torch.linalg.solve(block, y[:n]))
            expect_close(value, expected, f"the prediction from n={n}")


@register("wkc-ridge")
def _ridge(answer: Callable[[float, float], float]) -> None:
    for weight, noise in ((1.0, 0.5), (1.0, 1.0), (2.0, 1.0)):
        best = float(expect_returned(answer(weight, noise)))
        for features in (1.0, 50.0):
            here, *around = (
                (weight**2 * v**2 + noise**2 * features) / (features + v) ** 2
                for v in (best, 0.98 * best, 1.02 * best)
            )
            if not (best > 0 and all(here < other for other in around)):
                raise AssertionError(
                    f"for weight={weight}, noise={noise} the ridge {best:.4g} is not "
                    f"the best where the sum of squares is {features:g}"
                )


def _numbers(rows: int, columns: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(rows, columns, generator=generator, dtype=torch.float64)
