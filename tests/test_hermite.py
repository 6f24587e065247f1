"""Hermite polynomials and quadrature against closed forms and other libraries."""

import math

import pytest
import torch
from scipy.integrate import quad
from scipy.special import eval_hermitenorm

from replearn.hermite import (
    gauss_hermite,
    hermite,
    hermite_coefficients,
    orthonormal_hermite,
    relu_coefficients,
)


@pytest.mark.parametrize("k", [*range(9), 12])
def test_hermite_agrees_with_scipy(k: int) -> None:
    x = torch.linspace(-4, 4, 41, dtype=torch.float64)
    expected = torch.from_numpy(eval_hermitenorm(k, x.numpy()))
    torch.testing.assert_close(hermite(k, x), expected, rtol=1e-11, atol=1e-9)
    single = hermite(k, x.float()[:, None])
    assert single.dtype == torch.float32
    torch.testing.assert_close(single, expected.float()[:, None], rtol=1e-3, atol=1e-2)
    assert torch.equal(x, torch.linspace(-4, 4, 41, dtype=torch.float64))
    torch.testing.assert_close(
        orthonormal_hermite(k, x), hermite(k, x) / math.sqrt(math.factorial(k))
    )


def test_orthogonality() -> None:
    nodes, weights = gauss_hermite(30)
    basis = torch.stack([orthonormal_hermite(k, nodes) for k in range(12)])
    torch.testing.assert_close((basis * weights) @ basis.T, torch.eye(12).double())
    assert torch.isfinite(orthonormal_hermite(500, nodes)).all()


@pytest.mark.parametrize("points", [1, 2, 7, 100, 300])
def test_quadrature_is_exact_for_polynomials(points: int) -> None:
    nodes, weights = gauss_hermite(points)
    assert float(weights.sum()) == pytest.approx(1.0, rel=1e-12)
    for power in range(0, min(2 * points, 20), 2):
        moment = math.prod(range(1, power, 2))
        assert float((weights * nodes**power).sum()) == pytest.approx(moment, rel=1e-9)


def test_coefficients_of_an_exponential_are_exact() -> None:
    """exp(a z) has E[f He_k] = a^k exp(a^2 / 2)."""
    a = 0.7
    c = hermite_coefficients(lambda z: torch.exp(a * z), 6, points=80)
    known = [a**k * math.exp(a**2 / 2) / math.sqrt(math.factorial(k)) for k in range(7)]
    assert c.tolist() == pytest.approx(known, rel=1e-10)


@pytest.mark.parametrize("bias", [0.0, 0.7, -1.5])
def test_relu_coefficients_are_those_of_a_quadrature(bias: float) -> None:
    """Each side of the kink integrated by itself."""
    closed = relu_coefficients(9, bias)
    for k in range(10):

        def integrand(z: float, k: int = k) -> float:
            value = (z + bias) * float(eval_hermitenorm(k, z))
            return value * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

        found = quad(integrand, -bias, 12)[0] / math.sqrt(math.factorial(k))
        assert float(closed[k]) == pytest.approx(found, abs=1e-8)


def test_relu_s_odd_coefficients_vanish_without_a_bias_and_all_have_its_norm() -> None:
    assert relu_coefficients(9)[3::2].abs().max() == 0.0
    assert float(relu_coefficients(3, bias=1.0)[3].abs()) > 0.09
    squares = relu_coefficients(400).square()
    left = 0.5 - squares.cumsum(0)
    assert 0 < float(left[-1]) < 2e-5
    # what is left above degree k falls like k^(-3/2)
    assert float(left[100] / left[400]) == pytest.approx(8.0, rel=0.05)
