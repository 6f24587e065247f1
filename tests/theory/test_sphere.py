"""Eigenvalues on the sphere against closed forms, Monte Carlo and brute force."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from helpers import meets, sphere_points
from scipy.special import eval_gegenbauer, gamma, iv

from replearn.harmonics import count_harmonics
from replearn.kernels import nngp, ntk, polynomial, rbf
from replearn.targets import paper_target
from replearn.theory import sphere_degree_powers, sphere_spectrum


def legendre(k: int, d: int, cosine: np.ndarray) -> np.ndarray:
    """P_k of the sphere, by scipy."""
    return eval_gegenbauer(k, d / 2 - 1, cosine) / eval_gegenbauer(k, d / 2 - 1, 1.0)


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
def test_polynomial_kernel_has_nothing_above_its_degree(degree: int) -> None:
    spectrum = sphere_spectrum(partial(polynomial, degree=degree), 12, degree + 4)
    assert bool((spectrum.eigenvalues[: degree + 1] > 0).all())
    assert spectrum.eigenvalues[degree + 1 :].abs().max() == 0.0
    assert float(spectrum.powers.sum()) == pytest.approx(2.0**degree, rel=1e-10)


@pytest.mark.parametrize("d", [2, 3, 10, 60, 300])
def test_gaussian_kernel_has_bessel_eigenvalues(d: int) -> None:
    """exp(t - 1) = sum of e^-1 Gamma(d/2) 2^(d/2-1) I_(k+d/2-1)(1) m_k P_k(t)."""
    spectrum = sphere_spectrum(rbf, d, 5)
    order = d / 2 - 1
    if d <= 60:
        k = np.arange(6)
        closed = math.exp(-1) * gamma(d / 2) * 2**order * iv(k + order, 1.0)
        np.testing.assert_allclose(spectrum.eigenvalues.numpy(), closed, rtol=1e-6)
    assert float(spectrum.powers[:6].sum()) == pytest.approx(1.0, rel=2e-3)


def test_tangent_kernel_without_bias_misses_odd_degrees() -> None:
    eigenvalues = sphere_spectrum(ntk, 10, 7).eigenvalues
    assert eigenvalues[[3, 5, 7]].abs().max() == 0.0
    with_bias = sphere_spectrum(partial(ntk, bias_variance=1.0), 10, 7).eigenvalues
    assert bool((with_bias > 0).all())


@pytest.mark.parametrize("kernel", [ntk, nngp, rbf])
def test_eigenvalues_agree_with_monte_carlo(kernel: object) -> None:
    d, n = 6, 400_000
    assert callable(kernel)
    spectrum = sphere_spectrum(kernel, d, 4)
    x = sphere_points(n, d, seed=1)
    values = kernel(x[:1], x)[0].numpy()
    cosine = (x @ x[0]).numpy()[1:] / d
    for k in range(5):
        draws = torch.from_numpy(values[1:] * legendre(k, d, cosine))
        assert meets(draws, spectrum.eigenvalues[k], errors=4.5)


def test_eigenvalues_agree_with_a_decomposed_gram() -> None:
    d, n = 4, 3000
    spectrum = sphere_spectrum(rbf, d, 3)
    x = sphere_points(n, d, seed=2)
    top = torch.linalg.eigvalsh(rbf(x, x) / n).flip(0)
    start = 0
    for k in range(3):
        stop = start + count_harmonics(d, k)
        assert float(top[start:stop].mean()) == pytest.approx(
            float(spectrum.eigenvalues[k]), rel=0.02
        )
        start = stop


@pytest.mark.parametrize("d", [2, 3, 4, 7])
def test_harmonics_are_polynomials_modulo_the_sphere(d: int) -> None:
    """Degrees 0..K together span all polynomials of degree <= K on the sphere."""
    for top in range(1, 6):
        total = sum(count_harmonics(d, k) for k in range(top + 1))
        assert total == math.comb(d + top - 1, top) + math.comb(d + top - 2, top - 1)


@pytest.mark.parametrize(("r", "degree"), [(1, 3), (1, 4), (2, 4), (4, 3)])
def test_degree_powers_agree_with_projections(r: int, degree: int) -> None:
    """E[f_j(x)^2] = m_j E[f(x) f(z) P_j(x.z/d)], by Monte Carlo over pairs."""
    d, n = 6, 1_000_000
    target = paper_target(d, r, degree)
    powers = sphere_degree_powers(d, target.degree_weights(), r)
    assert float(powers.sum()) == pytest.approx(1.0)
    x, z = sphere_points(n, d, seed=3), sphere_points(n, d, seed=4)
    f = target(x)
    variance = float(f.var())
    product = ((f - f.mean()) * (target(z) - f.mean())).numpy()
    cosine = ((x * z).sum(1) / d).numpy()
    for j in range(1, degree + 1):
        draws = count_harmonics(d, j) * product * legendre(j, d, cosine) / variance
        assert meets(torch.from_numpy(draws), powers[j], 2e-3, errors=4.5)
