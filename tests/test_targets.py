"""Multi-index targets: scale, Hessians, strata, seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from replearn.hermite import gauss_hermite
from replearn.targets import (
    MultiIndex,
    degenerate_target,
    paper_target,
    rank_deficient_target,
)


def rotation(d: int, rows: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    square = torch.randn(d, d, generator=generator, dtype=torch.float64)
    return torch.linalg.qr(square).Q[:rows]


def mixed_target(directions: Tensor | None = None) -> MultiIndex:
    """A target with products, unequal weights and a negative coefficient."""
    coefficients = {(1, 1): 0.5, (2, 0): -0.3, (0, 3): 0.7, (2, 1): 0.4, (1, 0): 0.2}
    return MultiIndex(5, 2, 3, coefficients, directions)


TARGETS = {
    "paper-1-4": paper_target(6, 1, 4),
    "paper-3-3": paper_target(6, 3, 3),
    "paper-2-2": paper_target(6, 2, 2),
    "degenerate": degenerate_target(6, 2, 3),
    "rank-deficient": rank_deficient_target(6),
    "mixed": mixed_target(),
    "mixed-rotated": mixed_target(rotation(5, 2)),
}
every_target = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())


def expectation(target: MultiIndex, power: int) -> float:
    """E g(z)^power by a tensor grid of Gauss-Hermite nodes."""
    nodes, weights = gauss_hermite(12)
    grid = torch.cartesian_prod(*[nodes] * target.r).reshape(-1, target.r)
    mass = torch.cartesian_prod(*[weights] * target.r).reshape(-1, target.r).prod(1)
    return float((mass * target.link(grid) ** power).sum())


@every_target
def test_mean_is_zero_and_second_moment_one(target: MultiIndex) -> None:
    assert expectation(target, 1) == pytest.approx(0.0, abs=1e-12)
    assert expectation(target, 2) == pytest.approx(1.0, abs=1e-12)


@every_target
def test_expected_hessian_is_the_mean_of_hessians(target: MultiIndex) -> None:
    """Against automatic second derivatives at Gaussian points."""
    x, _ = target.sample(200, seed=1)

    def value(point: Tensor) -> Tensor:
        z = (
            point[: target.r]
            if target.directions is None
            else (target.directions @ point)
        )
        return target.link(z[None])[0]

    hessians = torch.stack([torch.autograd.functional.hessian(value, p) for p in x])
    error = hessians.std(0) / math.sqrt(len(x))
    distance = (hessians.mean(0) - target.expected_hessian()).abs()
    assert bool((distance <= 4.5 * error + 1e-9).all())


@pytest.mark.parametrize(("r", "degree"), [(1, 3), (1, 4), (2, 3), (4, 4)])
def test_paper_hessian_has_full_rank_and_unit_norm(r: int, degree: int) -> None:
    hessian = paper_target(9, r, degree).expected_hessian()
    assert int(torch.linalg.matrix_rank(hessian)) == r
    assert float(hessian.square().sum()) == pytest.approx(1.0)
    assert float(paper_target(9, r, 2).expected_hessian().square().sum()) == (
        pytest.approx(2.0)
    )


def test_controls_lack_curvature() -> None:
    assert float(degenerate_target(9, 2, 4).expected_hessian().abs().max()) == 0.0
    assert float(degenerate_target(9, 1, 2).expected_hessian().abs().max()) > 1.0
    deficient = rank_deficient_target(9).expected_hessian()
    assert int(torch.linalg.matrix_rank(deficient)) == 1


def test_paper_target_is_the_formula_of_the_paper() -> None:
    x, y = paper_target(10, 1, 4).sample(50, seed=0)
    z = x[:, 0]
    he_4 = z**4 - 6 * z**2 + 3
    torch.testing.assert_close(y, (z**2 - 1) / 2 + he_4 / (4 * math.sqrt(3)))


@every_target
def test_degree_weights_sum_to_one(target: MultiIndex) -> None:
    weights = target.degree_weights()
    assert sum(weights.values()) == pytest.approx(1.0)
    assert max(weights) == target.degree


def test_degree_weights_of_a_product_count_its_total_degree() -> None:
    target = MultiIndex(4, 2, 3, {(2, 1): 3.0, (1, 1): 4.0})
    assert target.degree_weights() == pytest.approx({2: 0.64, 3: 0.36})


def test_only_the_directions_matter() -> None:
    target = mixed_target(rotation(5, 2))
    x, y = target.sample(30, seed=0)
    u = target.directions
    assert u is not None
    other, _ = target.sample(30, seed=1)
    moved = x + other - other @ u.T @ u
    torch.testing.assert_close(target(moved), y)
    assert float((target(x + other) - y).abs().max()) > 0.1


def test_rotated_target_is_the_target_of_rotated_inputs() -> None:
    u = rotation(5, 5)
    plain, turned = mixed_target(), mixed_target(u[:2])
    x, _ = plain.sample(20, seed=2)
    torch.testing.assert_close(turned(x), plain(x @ u.T))
    torch.testing.assert_close(
        turned.expected_hessian(), u.T @ plain.expected_hessian() @ u
    )


@every_target
def test_seeds_reproduce(target: MultiIndex) -> None:
    first, second = target.sample(40, 7, 0.5), target.sample(40, 7, 0.5)
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])
    assert not torch.equal(first[0], target.sample(40, 8, 0.5)[0])
    strata = target.stratified(40, 7)
    assert torch.equal(strata[0], target.stratified(40, 7)[0])


def test_noise_has_two_values_and_leaves_the_inputs() -> None:
    target = paper_target(4, 1, 3)
    clean_x, clean_y = target.sample(4000, 3)
    noisy_x, noisy_y = target.sample(4000, 3, noise=0.7)
    assert torch.equal(clean_x, noisy_x)
    flips = (noisy_y - clean_y) / 0.7
    torch.testing.assert_close(flips.abs(), torch.ones(4000, dtype=torch.float64))
    assert abs(float(flips.mean())) < 4 / math.sqrt(4000)
    # the noise tells nothing of the label
    assert abs(float((flips * clean_y).mean())) < 5 / math.sqrt(4000)


def test_inputs_are_standard_normal() -> None:
    x, _ = paper_target(5, 1, 3).sample(40_000, seed=0)
    assert float((x.T @ x / len(x) - torch.eye(5)).abs().max()) < 5 * math.sqrt(2 / 4e4)
    assert float(x.mean(0).abs().max()) < 5 / 200
    assert float((x**4).mean()) == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize("target", [paper_target(8, 1, 4), paper_target(8, 2, 4)])
def test_strata_steady_the_variance(target: MultiIndex) -> None:
    n = 2000
    strata = [float(target.stratified(n, s)[1].var()) for s in range(12)]
    independent = [float(target.sample(n, s)[1].var()) for s in range(12)]
    assert np.std(strata) < 0.1 * np.std(independent)
    # the tails beyond the last quantile are missing: say how much
    assert 0.8 < np.mean(strata) < 1.0


def test_strata_of_a_rotated_target_lie_on_quantiles() -> None:
    target = mixed_target(rotation(5, 2))
    u = target.directions
    assert u is not None
    x, f = target.stratified(101, seed=0)
    z = (x @ u.T).sort(dim=0).values
    torch.testing.assert_close(z[:, 0], z[:, 1])
    torch.testing.assert_close(z[50], torch.zeros(2, dtype=torch.float64))
    torch.testing.assert_close(f, target(x))
    # outside the subspace the inputs are as before
    plain, _ = target.sample(101, seed=0)
    torch.testing.assert_close(x - x @ u.T @ u, plain - plain @ u.T @ u)


@every_target
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_expected_derivatives_have_the_size_of_their_degree(
    target: MultiIndex, order: int
) -> None:
    tensor = target.expected_derivative(order)
    assert tensor.shape == (target.d,) * order
    share = target.degree_weights().get(order, 0.0)
    squares = float(tensor.square().sum()) / math.factorial(order)
    assert squares == pytest.approx(share, abs=1e-12)


@every_target
def test_expected_gradient_is_the_mean_of_gradients(target: MultiIndex) -> None:
    x, _ = target.sample(2000, seed=1)
    x.requires_grad_()
    (slopes,) = torch.autograd.grad(target(x).sum(), x)
    error = slopes.std(0) / math.sqrt(len(x))
    distance = (slopes.mean(0) - target.expected_gradient()).abs()
    assert bool((distance <= 4.5 * error + 1e-9).all())


def test_a_huge_derivative_is_refused_before_it_is_made() -> None:
    with pytest.raises(MemoryError, match=r"100000\^4 expected derivatives"):
        paper_target(100_000).expected_derivative(4)
    with pytest.raises(ValueError, match="order=0 is below 1"):
        paper_target(4).expected_derivative(0)
