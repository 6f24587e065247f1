"""Where the two pillars meet: learners measured, theory predicted, nothing shared."""

import math
from functools import partial

import pytest
import torch
from helpers import meets, moment_by_grid
from torch import Tensor

from replearn.kernels import Kernel, nngp, ntk, polynomial
from replearn.learners import KernelRidge, OneStepNetwork
from replearn.learners.one_step import linear_part
from replearn.targets import (
    MultiIndex,
    degenerate_target,
    paper_target,
    rank_deficient_target,
)
from replearn.theory import (
    monomials,
    predict_finite_overlap,
    predict_learning_curve,
    predict_overlap,
)

SEEDS = range(5)


def first_layer(target: MultiIndex, n: int, seed: int, noise: float = 0.0) -> Tensor:
    """The library's first layer after the step, (m, d)."""
    x, y = target.sample(n, seed, noise)
    alpha, beta = linear_part(x, y)
    network = OneStepNetwork(width=256, seed=seed)
    return network.first_layer(x, y - alpha - x @ beta)


def overlaps(target: MultiIndex, n: int, noise: float = 0.0) -> Tensor:
    layers = (first_layer(target, n, s, noise) for s in SEEDS)
    return torch.stack([shares(w)[: target.r].sum() for w in layers])


def shares(w: Tensor) -> Tensor:
    """Of the squares of a layer, along each axis."""
    return w.square().sum(0) / w.square().sum()


@pytest.mark.parametrize(
    ("d", "r", "degree", "noise"),
    [(40, 1, 3, 0.0), (80, 1, 3, 0.0), (80, 1, 4, 0.5), (80, 2, 3, 0.0)],
)
def test_overlap_after_one_step(d: int, r: int, degree: int, noise: float) -> None:
    target = paper_target(d, r, degree)
    moment = moment_by_grid(target)
    for n_over_d2 in (0.5, 1, 2, 4):
        n = int(n_over_d2 * d**2)
        runs = overlaps(target, n, noise)
        finite = predict_finite_overlap(d, r, n, 1.0, moment, noise**2)
        assert meets(runs, finite, 0.02)
        assert meets(runs, predict_overlap(d, n, 1.0, noise**2), 0.02 + 8 * r / d)


def test_overlap_collapses_on_n_over_d_squared() -> None:
    means = [float(overlaps(paper_target(d, 1, 3), 2 * d**2).mean()) for d in (30, 80)]
    assert means[0] == pytest.approx(means[1], abs=0.06)
    # four times the dimension at the same n is far from the same overlap
    fixed_n = [float(overlaps(paper_target(d, 1, 3), 3200).mean()) for d in (20, 80)]
    assert fixed_n[0] - fixed_n[1] > 0.4


@pytest.mark.parametrize("d", [40, 80])
def test_degenerate_hessian_gives_near_no_overlap(d: int) -> None:
    n = 4 * d**2
    runs = overlaps(degenerate_target(d, 1, 3), n)
    predicted = predict_finite_overlap(d, 1, n, 0.0, 7.0)
    assert float(runs.mean()) == pytest.approx(predicted, abs=0.04)
    assert float(runs.max()) < 0.25
    assert float(overlaps(paper_target(d, 1, 3), n).min()) > 0.6


def test_a_direction_missing_from_the_hessian_is_missed() -> None:
    d = 40
    n = 16 * d**2
    share = shares(first_layer(rank_deficient_target(d), n, seed=0))
    assert float(share[0]) > 0.8
    assert float(share[1]) < 0.02
    twin = shares(first_layer(paper_target(d, 2, 3), n, seed=0))
    assert float(twin[:2].min()) > 0.3


def sphere_sample(target: MultiIndex, n: int, seed: int) -> tuple[Tensor, Tensor]:
    x, _ = target.sample(n, seed)
    x = math.sqrt(target.d) * x / x.norm(dim=1, keepdim=True)
    return x, target(x)


@pytest.mark.parametrize(
    ("kernel", "degree", "ridge"),
    [
        (partial(nngp, bias_variance=1.0), 3, 1e-3),
        (partial(ntk, bias_variance=1.0), 2, 0.1),
        (partial(polynomial, degree=3), 3, 1e-2),
    ],
    ids=["nngp", "ntk", "polynomial"],
)
def test_kernel_ridge_follows_its_eigenvalues(
    kernel: Kernel, degree: int, ridge: float
) -> None:
    d, ns = 10, [50, 120, 300, 700]
    target = paper_target(d, 1, degree)
    _, population = sphere_sample(target, 400_000, seed=999)
    mean, variance = population.mean(), population.var()
    curves = []
    for seed in range(8):
        x, y = sphere_sample(target, ns[-1], seed)
        x_test, f_test = sphere_sample(target, 8000, 100 + seed)
        errors = KernelRidge(kernel, ridge).learning_curve(
            x, y - mean, ns, x_test, f_test - mean
        )
        curves.append(errors / variance)
    runs = torch.stack(curves)
    weights = target.degree_weights()
    for dimension, right in ((d, True), (d + 4, False)):
        curve = predict_learning_curve(kernel, dimension, weights, ns, ridge)
        assert bool(meets(runs, curve, 0.06 * curve + 1e-3).all()) == right


def test_polynomial_kernel_is_exact_beyond_its_monomials() -> None:
    """On Gaussian inputs: the space has C(d+p, p) dimensions, and no more."""
    d, degree = 5, 3
    kernel: Kernel = partial(polynomial, degree=degree)
    count = monomials(d, degree)
    target = paper_target(d, 2, degree)
    x, y = target.sample(count + 20, seed=0)
    x_test, f_test = target.sample(2000, seed=1)
    below, above = KernelRidge(kernel, 1e-10).learning_curve(
        x, y, [count // 2, count + 20], x_test, f_test
    )
    assert float(below) > 0.05
    assert float(above) < 1e-8
