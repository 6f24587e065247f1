"""The floor of homogeneous functions, against regressions and a kernel."""

import math

import pytest
import torch
from helpers import normal

from replearn.hermite import hermite_coefficients, orthonormal_hermite
from replearn.kernels import ntk
from replearn.learners import KernelRidge
from replearn.theory import homogeneous_floor

PAPER = {p: [0, 0, math.sqrt(0.5)] + [0] * (p - 3) + [math.sqrt(0.5)] for p in (3, 4)}


def label(coefficients: list[float], z: torch.Tensor) -> torch.Tensor:
    return sum(c * orthonormal_hermite(k, z) for k, c in enumerate(coefficients))


@pytest.mark.parametrize(("d", "degree"), [(3, 3), (10, 4), (20, 3)])
def test_a_regression_on_homogeneous_functions_leaves_the_floor(
    d: int, degree: int
) -> None:
    x = normal(400_000, d, seed=d)
    y, radius = label(PAPER[degree], x[:, 0]), x.norm(dim=1)
    t = x[:, 0] / radius
    features = radius[:, None] * torch.stack([t**j for j in range(9)], dim=1)
    fit = torch.linalg.lstsq(features, y[:, None]).solution
    share = (y - (features @ fit)[:, 0]).square().mean() / y.square().mean()
    assert homogeneous_floor(d, PAPER[degree]) == pytest.approx(float(share), rel=0.04)


def test_relu_has_no_floor_and_a_constant_a_small_one() -> None:
    relu = hermite_coefficients(lambda z: z.clamp(min=0), 30).tolist()
    assert homogeneous_floor(10, relu) < 0.01
    # |x| / sqrt(d) is nearly constant: its variance is about 1 / (2 d)
    assert homogeneous_floor(50, [1.0]) == pytest.approx(1 / 100, rel=0.05)


def test_a_kernel_without_biases_stays_above_the_floor_and_one_with_does_not() -> None:
    x = normal(4000, 3)
    y = label(PAPER[4], x[:, 0])
    floor = homogeneous_floor(3, PAPER[4])
    for bias, below in ((0.0, False), (2.0, True)):
        learner = KernelRidge(lambda a, b, v=bias: ntk(a, b, bias_variance=v), 1e-4)
        predictor = learner.fit(x[:3000], y[:3000])
        error = (predictor.predict(x[3000:]) - y[3000:]).square().mean()
        assert bool(error / y[3000:].square().mean() < 0.5 * floor) == below
