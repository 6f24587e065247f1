"""Checks of the exercises of Part I, few directions."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd
import torch
from torch import Tensor

from replearn.experiments.curves import fit_exponent, samples_to_reach, select
from replearn.experiments.exercises import (
    check,
    expect_close,
    expect_returned,
    register,
)
from replearn.experiments.tables import read_table
from replearn.theory import first_step, rates

__all__ = ["check"]


@register("kvn-exact")
def _exact(answer: Callable[[int, int], int]) -> None:
    for d, degree in ((2, 1), (10, 4), (80, 3)):
        few = " (the monomials are 1, x_1 and x_2)" if (d, degree) == (2, 1) else ""
        at = f"for d={d}, degree={degree}{few} the answer"
        expect_close(answer(d, degree), rates.monomials(d, degree), at)


@register("kvn-half")
def _half(answer: Callable[[int, float, float], float]) -> None:
    for d, hessian, noise in ((40, 1.0, 0.0), (10, 2.0, 0.5), (80, 0.5, 1.0)):
        n = float(expect_returned(answer(d, hessian, noise)))
        if not (math.isfinite(n) and n > 0):
            raise AssertionError(f"for d={d} the answer is {n}, not a number above 0")
        overlap = first_step.predict_overlap(d, n, hessian, noise_variance=noise**2)
        at = f"for d={d}, |H|_F^2={hessian}, noise={noise} the overlap at your n"
        expect_close(overlap, 0.5, at)


@register("kvn-exponent")
def _exponent(answer: Callable[[pd.DataFrame], float]) -> None:
    table = read_table("kernel-vs-network")
    for degree in (3, 2):
        rows = select(table, learner="one-step", r=1, degree=degree)
        slope = fit_exponent(samples_to_reach(rows))[0]
        at = f"from the rows of degree {degree} the exponent"
        expect_close(answer(rows), slope, at, relative=0.05 / max(1.0, slope))


@register("kvn-least-squares")
def _least_squares(answer: Callable[[Tensor, Tensor], Tensor]) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(200, 5, generator=generator, dtype=torch.float64)
    y = 2.0 + x @ torch.arange(5.0, dtype=torch.float64) + x[:, 0] ** 2
    rest = torch.as_tensor(expect_returned(answer(x, y)), dtype=y.dtype)
    if rest.shape != y.shape:
        raise AssertionError(f"the remainder has shape {tuple(rest.shape)}, not (200,)")
    mean = "the remainder's mean (does the fit have an intercept?)"
    expect_close(float(rest.mean().abs()), 0.0, mean)
    correlation = float((x.T @ rest / len(x)).norm())
    expect_close(correlation, 0.0, "the remainder's correlation with x")
    residual = (
        y
        - y.mean()
        - (x - x.mean(0))
        @ torch.linalg.lstsq(x - x.mean(0), (y - y.mean())[:, None]).solution[:, 0]
    )
    expect_close(float(rest.var()), float(residual.var()), "the remainder's variance")
