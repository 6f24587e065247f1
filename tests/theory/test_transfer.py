"""The kernel of transferred features: closed form, simulation, limits."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from helpers import normal

from replearn.experiments.transfer import perfect_layer, source_target
from replearn.learners.random_features import relu_features
from replearn.theory import predict_transfer_curve, transferred_kernel

Z = np.array([-1.3, 0.0, 0.4, 2.0])


@pytest.mark.parametrize(("overlap", "row_norm"), [(0.9, 0.5), (0.3, 1.5), (1.0, 0.5)])
def test_the_kernel_is_the_mean_over_random_neurons(
    overlap: float, row_norm: float
) -> None:
    """Monte Carlo over slopes, biases and two independent parts across u."""
    rng = np.random.default_rng(0)
    slope, bias = rng.standard_normal((2, 400_000, 1))
    one, other = rng.standard_normal((2, 400_000, len(Z)))
    inside = row_norm * math.sqrt(overlap) * slope * Z + bias
    across = row_norm * math.sqrt(1 - overlap)
    first = np.maximum(inside + across * one, 0)
    second = np.maximum(inside + across * other, 0)
    kernel, spread = transferred_kernel(Z, overlap, row_norm)
    np.testing.assert_allclose(first.T @ second / 400_000, kernel, atol=0.02)
    own = kernel.diagonal() + spread
    np.testing.assert_allclose((first**2).mean(axis=0), own, atol=0.02)


def test_neurons_in_high_dimension_have_this_kernel() -> None:
    """Rows with independent noise across u, on inputs of 2000 coordinates."""
    d, m, overlap = 2000, 20_000, 0.7
    x, w, (slope, bias) = normal(len(Z), d), normal(m, d, seed=1), normal(2, m, seed=2)
    x[:, 0] = torch.tensor(Z)
    w *= 0.5 * math.sqrt((1 - overlap) / d)
    w[:, 0] = 0.5 * math.sqrt(overlap) * slope
    phi = relu_features(w, bias)(x).numpy()
    kernel, spread = transferred_kernel(Z, overlap)
    np.testing.assert_allclose(phi @ phi.T / m, kernel + np.diag(spread), atol=0.03)


def test_the_oracle_s_features_are_the_limit_of_overlap_one() -> None:
    layer = perfect_layer(source_target("mixed", 3), seed=0, width=40_000)
    bias = torch.randn(40_000, generator=torch.Generator().manual_seed(5))
    x = torch.zeros(len(Z), 3)
    x[:, 0] = torch.tensor(Z)
    phi = relu_features(layer, bias)(x).double().numpy()
    kernel, spread = transferred_kernel(Z, 1.0)
    np.testing.assert_allclose(phi @ phi.T / 40_000, kernel, atol=0.03)
    assert np.abs(spread).max() < 1e-6


def krr_error(overlap: float, degree: int, n: int, ridge: float, seed: int) -> float:
    """Kernel ridge regression with this very kernel, simulated on the line."""
    rng = np.random.default_rng(seed)
    z = np.concatenate([rng.standard_normal(n), rng.standard_normal(4000)])
    kernel, spread = transferred_kernel(z, overlap)
    label = np.polynomial.hermite_e.hermeval(z, [0] * degree + [1])
    gram = kernel[:n, :n] + np.diag(spread[:n] + ridge)
    guess = kernel[n:, :n] @ np.linalg.solve(gram, label[:n])
    error: float = ((guess - label[n:]) ** 2).mean() / math.factorial(degree)
    return error


def test_the_curve_is_near_a_simulation_on_the_line(monkeypatch: Any) -> None:
    # fewer nodes suffice away from overlap one, and the Gram is large
    monkeypatch.setattr("replearn.theory.transfer.NODES", 12)
    predicted = float(predict_transfer_curve(0.9, 2, [200])[0])
    ridges = (0.0, 0.01)
    found = [min(krr_error(0.9, 2, 200, v, seed) for v in ridges) for seed in range(5)]
    assert predicted == pytest.approx(np.median(found), rel=0.5)


def test_without_overlap_nothing_is_learnt() -> None:
    assert float(predict_transfer_curve(0.0, 3, [10**6])[0]) >= 0.999
