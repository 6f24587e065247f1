"""Shares, leak and condition number against gradients and quadrature by hand."""

import math
from dataclasses import replace

import pytest
import torch
from helpers import meets, normal, refuses, rotation, step_shares

from replearn.hermite import gauss_hermite, orthonormal_hermite
from replearn.targets import MultiIndex, degenerate_target, paper_target
from replearn.targets.curvature import conditioned_target, quadratic_target
from replearn.theory import predict_overlap
from replearn.theory.curvature import (
    condition_number,
    csq_rate,
    half_turn,
    predict_exact_overlap,
    predict_shares,
    target_overlap,
    target_shares,
)
from replearn.theory.population_step import direction_moments, population_gradient


@pytest.mark.parametrize("degree", [1, 2, 3, 4, 5, 6])
def test_the_noise_along_u_is_2p_plus_1_times_that_across_it(degree: int) -> None:
    z, weight = gauss_hermite(60)
    square = orthonormal_hermite(degree, z).square()
    moment = float((weight * square * z.square()).sum())
    assert moment == pytest.approx(2 * degree + 1)
    along, across = direction_moments({(degree, 0): 1.0})
    assert (along, across) == pytest.approx((moment, 1.0))
    # the gate less its mean is +-1/2 and squares to the same quarter everywhere
    x = degenerate_target(3, 1, degree).sample(400_000, seed=1)[0]
    y = orthonormal_hermite(degree, x[:, 0])
    gate = (x @ torch.tensor([0.6, 0.0, 0.8], dtype=x.dtype) >= 0).double() - 0.5
    noise = (y * gate)[:, None] * x
    ratio = noise.square().mean(0)
    if degree <= 3:  # the sample's fourth moments are hopeless beyond
        assert float(ratio[0]) == pytest.approx((2 * degree + 1) / 4, rel=0.1)
        assert float(ratio[2]) == pytest.approx(1 / 4, rel=0.1)


def test_half_turns_where_signal_and_noise_are_equal() -> None:
    for d, w in ((20, 0.01), (80, 1.0)):
        assert predict_overlap(d, half_turn(d, w), 2 * w) == pytest.approx(0.5)
    assert half_turn(80, 0.0) == math.inf
    refuses(lambda: half_turn(80, 1.1), "quadratic=1.1")


@pytest.mark.parametrize("d", [10, 40, 160])
@pytest.mark.parametrize("degree", [3, 5])
def test_for_odd_degrees_the_leak_is_the_same_at_every_n(d: int, degree: int) -> None:
    for n in (10.0, 1e4, 1e9):
        found = target_overlap(degenerate_target(d, 1, degree), n)
        assert found == pytest.approx((2 * degree + 1) / (2 * degree + d))


def test_for_even_degrees_it_ends_at_one_and_takes_d_to_the_p_samples() -> None:
    targets = {d: degenerate_target(d, 1, 4) for d in (20, 40, 80, 160)}
    for d in (20, 40):
        early = target_overlap(targets[d], d**2)
        assert early == pytest.approx(9 / (8 + d), abs=0.01)
        assert target_overlap(targets[d], 1e3 * d**4) > 0.8
    middle = [target_overlap(targets[d], 0.1 * d**4) for d in (40, 80, 160)]
    assert max(middle) - min(middle) < 0.02
    assert min(middle) > 0.3


@pytest.mark.parametrize("noise", [0.0, 1.0])
@pytest.mark.parametrize(("degree", "quadratic"), [(3, 0.0), (3, 0.2), (3, 1.0)])
def test_the_exact_overlap_is_that_of_gradients(
    degree: int, quadratic: float, noise: float
) -> None:
    d = 60
    target, n = quadratic_target(d, 1, degree, quadratic), 4 * d**2
    runs = torch.stack([step_shares(target, n, s, noise)[0] for s in range(6)])
    assert meets(runs, target_overlap(target, n, noise**2), 0.015)
    if quadratic:  # the negative control of this comparison: without curvature it fails
        without = target_overlap(degenerate_target(d, 1, degree), n, noise**2)
        assert not meets(runs, without, 0.015)


def test_without_noise_the_exact_overlap_is_the_expected_step_s() -> None:
    d, target = 20, paper_target(20, 1, 4)
    w = normal(200_000, d)
    powers = target.hermite_coefficients()
    step = population_gradient(w, powers, torch.eye(1, d)).square().sum(0)
    found = target_overlap(target, 1e12)
    assert found == pytest.approx(float(step[0] / step.sum()), abs=2e-3)


@pytest.mark.parametrize("kappa", [1.0, 3.0])
def test_each_direction_s_share_is_that_of_gradients(kappa: float) -> None:
    d = 60
    target, n = conditioned_target(d, 1 / kappa), 8 * d**2
    runs = torch.stack([step_shares(target, n, s) for s in range(6)])
    found = target_shares(target, n)
    assert meets(runs, torch.tensor(found), 0.02).all()
    if kappa > 1:  # the control: the other direction's share is not this one's
        assert abs(float(runs[:, 0].mean()) - found[1]) > 0.3
    turn = rotation(d, 2)
    assert target_shares(replace(target, directions=turn), n) == pytest.approx(found)


def test_to_degree_three_the_shares_are_those_of_the_whole_expected_step() -> None:
    d, n = 12, 1e9
    hessian = torch.tensor([[1.0, 0.3], [0.3, -0.2]], dtype=torch.float64)
    powers = {(2, 0): 0.5**0.5, (1, 1): 0.3, (0, 2): -0.2 * 0.5**0.5, (3, 0): 0.6}
    w = normal(100_000, d)
    step = population_gradient(w, powers, torch.eye(2, d)).square().sum(0)
    found = predict_shares(d, n, hessian, [1.0, 1.0])
    assert found == pytest.approx((step[:2] / step.sum()).tolist(), rel=0.02)
    crude = hessian.square().sum(1) / hessian.square().sum()  # without (w.Hw) w
    assert abs(float(crude[1]) / found[1] - 1) > 0.1
    single = paper_target(20, 1, 3)
    assert target_shares(single, 800) == pytest.approx([target_overlap(single, 800)])


@pytest.mark.parametrize("kappa", [1.0, 2.5, 8.0])
def test_the_condition_number_does_not_see_a_rotation(kappa: float) -> None:
    hessian = conditioned_target(6, 1 / kappa).expected_hessian()
    turn = rotation(6)
    for h in (hessian, turn.T @ hessian @ turn):
        assert condition_number(h, 2) == pytest.approx(kappa)
        pseudo = float(torch.linalg.matrix_norm(torch.linalg.pinv(h, rtol=1e-9), 2))
        assert condition_number(h, 2) == pytest.approx(pseudo / math.sqrt(2))
    missing = conditioned_target(6, 0.0).expected_hessian()
    assert condition_number(missing, 2) == math.inf
    assert math.isfinite(condition_number(missing, 1))


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: condition_number(torch.ones(2, 3), 1), "square"),
        (lambda: condition_number(torch.eye(2), 3), "r"),
        (lambda: predict_shares(10, 50, [[1.0]], [1.0, 2.0]), "2 moments"),
        (lambda: predict_exact_overlap(10, 50, {2: 1.0, 3: 1.0}), "unit norm"),
        (lambda: target_shares(paper_target(10), 0.0), "n="),
        (lambda: target_shares(MultiIndex(9, 1, 1, {(1,): 1.0}), 50), "degree .1."),
        (lambda: target_overlap(paper_target(2), 50), "d"),
        (lambda: target_overlap(paper_target(10, 2), 50), "r=2"),
        (lambda: target_overlap(paper_target(10), 50, -1.0), "noise"),
    ],
)
def test_bad_arguments_are_refused(call, match: str) -> None:
    refuses(call, match)


def test_the_lower_bound_s_rate_is_below_the_square_until_degree_four() -> None:
    assert csq_rate(40, 3) == pytest.approx(40**1.5)
    assert csq_rate(10**6, 3) < 16 * 10**12
    assert csq_rate(17, 6) > 16 * 17**2 > 16 * 16**2 == csq_rate(16, 6)
