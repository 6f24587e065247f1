"""The chapter's own formulas, each against samples that know nothing of it."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from replearn.experiments.first_layer import (
    MEASURES,
    measure_overlaps,
    step_layer,
    subspace_overlaps,
)
from replearn.hermite import hermite
from replearn.learners.one_step import gated_correlation, linear_part
from replearn.learners.one_step_variants import least_squares_part
from replearn.targets import degenerate_target, paper_target, sample_gaussian
from replearn.theory import predict_overlap


def normal(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def noise_mean_square(removed: bool) -> float:
    """n/d times the mean |g_n|^2 of labels that are pure noise, of mean square 1."""
    d, n, total = 30, 2000, 0.0
    for seed in range(10):
        x, y = sample_gaussian(n, d, seed), normal(n, seed=100 + seed)
        if removed:
            alpha, beta = linear_part(x, y)
            y = y - alpha - x @ beta
        w = normal(200, d, seed=200 + seed)
        total += float(gated_correlation(x, y, w).square().sum(1).mean()) / 10
    return n / d * total


def test_removing_the_correlation_turns_a_half_into_a_quarter() -> None:
    assert noise_mean_square(removed=True) == pytest.approx(0.25, rel=0.08)
    assert noise_mean_square(removed=False) == pytest.approx(0.5, rel=0.08)


def test_the_correlation_leaves_as_much_of_a_linear_part_as_noise_of_its_size() -> None:
    d, n, slope = 40, 6400, 3.0
    target = paper_target(d, 1, 3)
    found, left = [], []
    for seed in range(5):
        x, y = target.sample(n, seed, dtype=torch.float32)
        labels = y + slope * x[:, 1]
        found.append(subspace_overlaps(step_layer(x, labels, seed), torch.eye(1, d)))
        linear = slope * x[:, 1]
        _, beta = linear_part(x, linear)
        rest = slope * torch.eye(d)[1] - beta
        left.append(float(rest.square().sum()))
    neurons = sum(pair[0] for pair in found) / 5
    assert sum(left) / 5 == pytest.approx(slope**2 * (d + 1) / n, rel=0.25)
    expected = predict_overlap(d, n, 1.0, noise_variance=slope**2)
    assert neurons == pytest.approx(expected, abs=0.05)
    # the control: without the linear part, or with all of it removed, it is far more
    assert predict_overlap(d, n, 1.0) > neurons + 0.3
    alpha, beta = least_squares_part(x, labels)
    clean = step_layer(x, labels - alpha - x @ beta, 4)
    assert subspace_overlaps(clean, torch.eye(1, d))[0] > neurons + 0.3


@pytest.mark.parametrize("overlap", [0.6, 0.95])
def test_the_best_function_of_one_common_vector(overlap: float) -> None:
    """A regression on polynomials of u^.x leaves sum s_k (1 - alpha^k)."""
    z, other = normal(2, 400_000)
    along = math.sqrt(overlap) * z + math.sqrt(1 - overlap) * other
    labels = 0.5 * hermite(2, along) + hermite(4, along) / math.sqrt(48)
    powers = torch.stack([hermite(k, z) for k in range(7)], dim=1)
    fit = torch.linalg.lstsq(powers, labels[:, None]).solution[:, 0]
    left = float((labels - powers @ fit).square().mean() / labels.var())
    expected = 0.5 * (1 - overlap**2) + 0.5 * (1 - overlap**4)
    assert left == pytest.approx(expected, rel=0.06)


def test_overlaps_of_neurons_and_of_the_singular_space() -> None:
    basis, _ = torch.linalg.qr(normal(6, 6))
    u, across = basis[:2], basis[2:]
    assert subspace_overlaps(normal(9, 2) @ u, u) == pytest.approx((1, 1))
    neurons, space = subspace_overlaps(normal(9, 4) @ across, u)
    assert neurons == pytest.approx(0, abs=1e-12)
    assert space == pytest.approx(0, abs=1e-12)
    # a common direction and independent noise: the space knows it, a neuron does not
    w = normal(4000, 1, seed=1) @ u[:1] + normal(4000, 6, seed=2)
    neurons, space = subspace_overlaps(w, u[:1])
    assert neurons < 0.4
    assert space > 0.95


def test_the_whole_layer_knows_before_its_neurons_do() -> None:
    d = 60
    found = [measure_overlaps(paper_target(d, 1, 3), [40 * d], s) for s in range(4)]
    neurons, space = (sum(each[name][0] for each in found) / 4 for name in MEASURES)
    assert space > neurons + 0.3
    # the control: labels that mean nothing show no direction, by neuron or as a whole
    x, y = sample_gaussian(40 * d, d, 0), normal(40 * d, seed=9)
    assert max(subspace_overlaps(step_layer(x, y, 0), torch.eye(1, d))) < 0.2


def test_without_a_hessian_the_neurons_do_not_move_with_n() -> None:
    d = 60
    few, many = (
        sum(
            measure_overlaps(degenerate_target(d), [n], seed)["neurons"][0]
            for seed in range(3)
        )
        / 3
        for n in (d * d, 8 * d * d)
    )
    assert few == pytest.approx(7 / (6 + d), abs=0.03)
    assert many == pytest.approx(7 / (6 + d), abs=0.02)
