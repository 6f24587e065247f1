"""Predicted kernel curves against kernel ridge regression done by hand."""

import math
from functools import lru_cache, partial

import numpy as np
import pytest
import torch
from helpers import meets, sphere_points
from torch import Tensor

from replearn.kernels import Kernel, nngp, ntk, polynomial, rbf
from replearn.learners import KernelRidge
from replearn.targets import MultiIndex, paper_target
from replearn.theory import monomials, predict_best_ridge_curve, predict_learning_curve
from replearn.theory.eigenlearning import excess_error
from replearn.theory.sphere import sphere_spectrum

NS = [25, 60, 150, 400]
relu: Kernel = partial(nngp, bias_variance=1.0)


@lru_cache(maxsize=8)
def population_moments(target: MultiIndex) -> tuple[float, float]:
    """Mean and standard deviation of the target on the sphere."""
    f = target(sphere_points(200_000, target.d, 77))
    return float(f.mean()), float(f.std())


def measured_curve(
    kernel: Kernel, target: MultiIndex, ridge: float, noise: float, seed: int
) -> Tensor:
    """Relative errors at NS on fresh points of the sphere, by plain solves."""
    x = sphere_points(NS[-1], target.d, seed)
    x_test = sphere_points(4000, target.d, 10_000 + seed)
    mean, scale = population_moments(target)
    f_test = target(x_test) - mean
    generator = torch.Generator().manual_seed(seed)
    flips = 2 * torch.randint(0, 2, (NS[-1],), generator=generator) - 1
    y = target(x) - mean + noise * scale * flips
    errors, fast = [], KernelRidge(kernel, ridge, centre=False)
    for n in NS:
        gram = kernel(x[:n], x[:n]) + ridge * torch.eye(n, dtype=x.dtype)
        prediction = kernel(x_test, x[:n]) @ torch.linalg.solve(gram, y[:n])
        errors.append((prediction - f_test).square().mean() / f_test.var())
    if seed == 0:  # the learner is held to the theory by being the same
        ours = fast.learning_curve(x, y, NS, x_test, f_test) / f_test.var()
        torch.testing.assert_close(ours, torch.stack(errors), rtol=1e-6, atol=1e-9)
    return torch.stack(errors)


@pytest.mark.parametrize("noise", [0.0, 0.5])
@pytest.mark.parametrize(
    ("kernel", "degree", "ridge", "r"),
    [
        (relu, 3, 1e-2, 1),
        (relu, 2, 0.3, 2),
        (partial(polynomial, degree=3), 3, 1e-2, 1),
        (rbf, 2, 1e-3, 4),
        (partial(ntk, bias_variance=1.0), 2, 0.1, 1),
    ],
)
def test_prediction_agrees_with_simulation(
    kernel: Kernel, degree: int, ridge: float, r: int, noise: float
) -> None:
    d = 8
    target = paper_target(d, r, degree)
    weights = target.degree_weights()
    curves = [measured_curve(kernel, target, ridge, noise, s) for s in range(10)]
    runs = torch.stack(curves)
    right, wrong = (
        predict_learning_curve(kernel, dimension, weights, NS, ridge, noise**2, r)
        for dimension in (d, d + 4)
    )
    # besides the error over seeds, 10 % for the formula being asymptotic in n
    assert meets(runs, right, 0.1 * right + 1e-3).all()
    # a dimension that is off by four is not within that tolerance
    assert not meets(runs, wrong, 0.1 * wrong + 1e-3).all()


def test_curve_agrees_with_the_formula_on_explicit_modes() -> None:
    """Every eigenvalue of a large Gram put in one by one, kappa by bisection."""
    d, n, ridge, population = 5, 60, 0.05, 1800
    x = sphere_points(population, d, seed=5)
    target = paper_target(d, 1, 3)
    f = target(x) - target(x).mean()
    values, vectors = torch.linalg.eigh(rbf(x, x) / population)
    values = values.clamp(min=0.0)
    shares = (vectors.T @ f).square() / f.square().sum()
    low, high = 1e-12, 10.0
    for _ in range(200):
        kappa = math.sqrt(low * high)
        used = float((values / (values + kappa)).sum()) + ridge / kappa
        low, high = (kappa, high) if used > n else (low, kappa)
    learned = values / (values + kappa)
    by_hand = n / (n - learned.square().sum()) * (1 - learned).square() @ shares
    predicted = predict_learning_curve(rbf, d, target.degree_weights(), [n], ridge)
    assert float(predicted[0]) == pytest.approx(float(by_hand), rel=0.05)


def test_best_ridge_curve_never_rises_and_is_the_lower_envelope() -> None:
    ns = [10, 30, 100, 300, 1000, 3000, 10_000]
    ridges = [10.0**k for k in range(-6, 8)]
    weights = {2: 0.5, 4: 0.5}
    best = predict_best_ridge_curve(relu, 10, weights, ns, ridges, 0.2)
    each = [predict_learning_curve(relu, 10, weights, ns, v, 0.2) for v in ridges]
    torch.testing.assert_close(best, torch.stack(each).amin(0))
    assert bool((best[1:] <= best[:-1] + 1e-6).all())


def test_polynomial_kernel_ridge_is_exact_beyond_its_monomials() -> None:
    """On Gaussian inputs: the space has C(d+p, p) dimensions, and no more."""
    target, count = paper_target(5, 2, 3), monomials(5, 3)
    x, y = target.sample(count + 20, seed=0)
    test, ns = target.sample(2000, seed=1), [count // 2, count + 20]
    learner = KernelRidge(partial(polynomial, degree=3), 1e-10)
    below, above = learner.learning_curve(x, y, ns, *test)
    assert float(below) > 0.05
    assert float(above) < 1e-8


def test_each_degree_waits_for_its_power_of_d() -> None:
    """The step at n = d^p: half-learned sizes grow like d^p."""
    ns = [int(10 ** (k / 20)) for k in range(20, 170)]
    for p in (2, 3):
        reached = []
        for d in (40, 160):
            curve = predict_learning_curve(relu, d, {p: 1.0}, ns, 1e-3)
            reached.append(ns[int((curve < 0.5).nonzero()[0])])
        slope = math.log(reached[1] / reached[0]) / math.log(4)
        assert slope == pytest.approx(p, abs=0.15)


def test_as_many_samples_as_modes_interpolate_what_is_within_and_nothing_else() -> None:
    spectrum = sphere_spectrum(polynomial, 20, 3)  # of degree 2: 1 + 20 + 209 modes
    within, beyond = np.array([0, 0, 1.0, 0]), np.array([0, 0, 0.5, 0.5])
    assert excess_error(spectrum, within, 230, 0.0, 0.0) == 0.0
    assert excess_error(spectrum, beyond, 230, 0.0, 0.0) == math.inf
