"""Averages that stand for derivatives, against automatic and finite differences."""

import math

import numpy as np
import pytest
import torch
from helpers import gaussian_grid, meets, rotation
from torch import Tensor

from replearn.experiments.derivatives import (
    average_derivatives,
    measure_derivative,
    measure_derivatives,
    measure_gate_signal,
)
from replearn.hermite import hermite, relu_coefficients
from replearn.targets import MultiIndex, degenerate_target

MIXED = {(1, 0): 0.4, (1, 1): 0.5, (2, 0): -0.3, (0, 3): 0.7, (2, 1): 0.4, (1, 2): 0.3}
TARGET = MultiIndex(4, 2, 3, MIXED, rotation(4, 2, seed=5))


def hermite_tensor(x: Tensor, order: int) -> Tensor:
    """He_k(x) of one input, entry by entry from products of Hermite polynomials."""
    d = len(x)
    tensor = torch.empty((d,) * order, dtype=x.dtype)
    for place in np.ndindex(*tensor.shape):
        counts = [place.count(i) for i in range(d)]
        tensor[place] = math.prod(float(hermite(k, x[i])) for i, k in enumerate(counts))
    return tensor


@pytest.mark.parametrize("order", [1, 2, 3])
def test_every_size_of_one_pass_is_the_average_of_hermite_tensors(order: int) -> None:
    x, y = TARGET.sample(20, seed=0)
    terms = [y[i] * hermite_tensor(x[i], order) for i in range(20)]
    for n, found in zip(
        (3, 20), measure_derivatives(x, y, order, (3, 20)), strict=True
    ):
        torch.testing.assert_close(found, sum(terms[:n]) / n)
        torch.testing.assert_close(found, measure_derivative(x[:n], y[:n], order))


@pytest.mark.parametrize("order", [1, 2, 3])
def test_stein_average_meets_the_coefficients(order: int) -> None:
    """At exact Gaussian points, a product quadrature along and across U."""
    grid, mass = gaussian_grid(4, 6)
    labels = TARGET(grid) * mass * len(grid)
    found = measure_derivative(grid, labels, order)
    torch.testing.assert_close(found, TARGET.expected_derivative(order))


def test_stein_average_is_wrong_for_other_inputs() -> None:
    """The control that must fail: uniform inputs of the same mean and variance."""
    x = torch.linspace(-1, 1, 20_001, dtype=torch.float64)[:, None] * math.sqrt(3)
    target = degenerate_target(1, 1, 4)
    _, hessian = average_derivatives(target, x)
    stein = measure_derivative(x, target(x), 2)
    assert abs(float(hessian) - float(stein)) > 0.5


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
def test_a_gate_weighs_degrees_by_the_coefficients_of_relu(degree: int) -> None:
    rho = float(relu_coefficients(degree)[degree])
    for t in (-0.5, 0.3, 0.8):
        runs = [measure_gate_signal(degree, t, 40_000, s) for s in range(30)]
        assert meets(runs, degree * rho * t ** (degree - 1), errors=4.5)
