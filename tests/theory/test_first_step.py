"""The predicted overlap against gradients summed by hand, and the layers themselves."""

import math
from typing import Any

import pytest
import torch
from helpers import meets, moment_by_grid, normal, rotation, step_shares
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
from replearn.targets import (
    MultiIndex,
    degenerate_target,
    paper_target,
    rank_deficient_target,
    sample_gaussian,
)
from replearn.theory import predict_finite_overlap, predict_overlap


def layer_shares(target: MultiIndex, n: int, seed: int, noise: float = 0.0) -> Tensor:
    """The same of the library's first layer after the step."""
    w = step_layer(*target.sample(n, seed, noise), seed)
    return w.square().sum(0)[: target.r] / w.square().sum()


def overlaps(shares: Any, target: MultiIndex, n: int, noise: float = 0.0) -> Tensor:
    return torch.stack([shares(target, n, s, noise).sum() for s in range(6)])


both_ways = pytest.mark.parametrize("shares", [step_shares, layer_shares])


@both_ways
@pytest.mark.parametrize(
    ("d", "r", "degree", "noise"),
    [(60, 1, 3, 0), (60, 1, 3, 1), (40, 1, 3, 0), (60, 1, 4, 0.5), (60, 2, 3, 0)],
)
@pytest.mark.parametrize("n_over_d2", [0.5, 2.0, 8.0])
def test_overlap_agrees_with_gradients(
    d: int, r: int, degree: int, noise: float, n_over_d2: float, shares: Any
) -> None:
    target, n = paper_target(d, r, degree), int(n_over_d2 * d**2)
    runs, moment = overlaps(shares, target, n, noise), moment_by_grid(target)
    finite = predict_finite_overlap(d, r, n, 1.0, moment, noise_variance=noise**2)
    # terms beyond the Hessian's are left out: 0.025 of them at degree four
    assert meets(runs, finite, 0.03 if degree == 4 else 0.015)
    # the parameter-free form leaves out a term of order 1/d, and lies below
    simple = predict_overlap(d, n, 1.0, noise_variance=noise**2)
    assert simple < finite
    assert meets(runs, simple, 0.015 + 8 * r / d)


@both_ways
def test_the_tolerance_would_see_a_wrong_quarter_and_another_n(shares: Any) -> None:
    """Without the preprocessing's factor 1/2 the prediction is clearly off."""
    n = 2 * 60**2
    measured = float(overlaps(shares, paper_target(60, 1, 3), n).mean())
    assert abs(measured - predict_overlap(60, n, 1.0)) < 0.04
    assert abs(measured - predict_overlap(60, n // 2, 1.0)) > 0.1
    same = float(overlaps(shares, paper_target(30, 1, 3), 2 * 30**2).mean())
    assert same == pytest.approx(measured, abs=0.06)
    # three times the dimension at the same n is far from the same overlap
    other = float(overlaps(shares, paper_target(20, 1, 3), 3200).mean())
    assert other > 0.4 + float(overlaps(shares, paper_target(80, 1, 3), 3200).mean())


@both_ways
@pytest.mark.parametrize("d", [40, 80])
def test_without_a_hessian_only_label_size_shows(d: int, shares: Any) -> None:
    runs = overlaps(shares, degenerate_target(d, 1, 3), 4 * d**2)
    predicted = predict_finite_overlap(d, 1, 4 * d**2, 0.0, 7.0)
    assert predicted == pytest.approx(7 / (6 + d))
    assert float(runs.mean()) == pytest.approx(predicted, abs=0.03)
    assert float(runs.max()) < 0.25
    assert float(overlaps(shares, paper_target(d, 1, 3), 4 * d**2).min()) > 0.6
    assert predict_overlap(d, 4 * d**2, 0.0) == 0.0


@both_ways
def test_a_direction_missing_from_the_hessian_is_missed(shares: Any) -> None:
    missing, twin = (
        shares(target, 16 * 40**2, 0)
        for target in (rank_deficient_target(40), paper_target(40, 2, 3))
    )
    assert float(missing[0]) > 0.8
    assert float(missing[1]) < 0.02
    assert float(twin.min()) > 0.3


@pytest.mark.parametrize(("removed", "expected"), [(True, 0.25), (False, 0.5)])
def test_removing_the_correlation_turns_a_half_into_a_quarter(
    removed: bool, expected: float
) -> None:
    """n/d times the mean |g_n|^2 of labels that are pure noise, of mean square 1."""
    d, n, total = 30, 2000, 0.0
    for seed in range(10):
        x, y = sample_gaussian(n, d, seed), normal(n, seed=100 + seed)
        if removed:
            alpha, beta = linear_part(x, y)
            y = y - alpha - x @ beta
        w = normal(200, d, seed=200 + seed)
        total += float(gated_correlation(x, y, w).square().sum(1).mean()) / 10
    assert n / d * total == pytest.approx(expected, rel=0.08)


def test_the_correlation_leaves_as_much_of_a_linear_part_as_noise_of_its_size() -> None:
    d, n, slope = 40, 6400, 3.0
    target, u = paper_target(d, 1, 3), torch.eye(1, d)
    found, left = 0.0, 0.0
    for seed in range(5):
        x, y = target.sample(n, seed, dtype=torch.float32)
        linear = slope * x[:, 1]
        labels = y + linear
        found += subspace_overlaps(step_layer(x, labels, seed), u)[0] / 5
        rest = slope * torch.eye(d)[1] - linear_part(x, linear)[1]
        left += float(rest.square().sum()) / 5
    assert left == pytest.approx(slope**2 * (d + 1) / n, rel=0.25)
    expected = predict_overlap(d, n, 1.0, noise_variance=slope**2)
    assert found == pytest.approx(expected, abs=0.05)
    # the control: without the linear part, or with all of it removed, it is far more
    assert predict_overlap(d, n, 1.0) > found + 0.3
    alpha, beta = least_squares_part(x, labels)
    clean = step_layer(x, labels - alpha - x @ beta, 4)
    assert subspace_overlaps(clean, u)[0] > found + 0.3


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


def test_overlaps_are_those_of_neurons_and_of_the_singular_space() -> None:
    basis, turn = rotation(6), rotation(6, seed=1)
    u, inside = basis[:2], normal(40, 2) @ basis[:2]
    across = normal(40, 4, seed=1) @ basis[2:]
    assert subspace_overlaps(inside, u) == pytest.approx((1, 1))
    assert subspace_overlaps(across, u) == pytest.approx((0, 0), abs=1e-12)
    neurons, space = subspace_overlaps(3 * inside + across, u)
    assert 0.5 < neurons < space
    turned = subspace_overlaps((3 * inside + across) @ turn, u @ turn)
    assert turned == pytest.approx((neurons, space))
    # a common direction and independent noise: the space knows it, a neuron does not
    w = normal(4000, 1, seed=1) @ u[:1] + normal(4000, 6, seed=2)
    neurons, space = subspace_overlaps(w, u[:1])
    assert neurons < 0.4
    assert space > 0.95


def test_the_whole_layer_knows_before_its_neurons_do() -> None:
    d = 60
    found = [measure_overlaps(paper_target(d, 1, 3), [40 * d], s) for s in range(4)]
    neurons, space = (sum(each[name][0] for each in found) / 4 for name in MEASURES)
    assert neurons < 0.5 < space
    assert space > neurons + 0.3
    # the control: labels that mean nothing show no direction, by neuron or as a whole
    x, y = sample_gaussian(40 * d, d, 0), normal(40 * d, seed=9)
    assert max(subspace_overlaps(step_layer(x, y, 0), torch.eye(1, d))) < 0.2
