"""Targets on few directions: scale, Hessians, strata, seeds, and little curvature."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import DOUBLE, gaussian_grid, meets, normal, rotation

from replearn.targets import (
    MultiIndex,
    degenerate_target,
    paper_target,
    rank_deficient_target,
)
from replearn.targets.curvature import conditioned_target, quadratic_target

PRODUCTS = {(1, 1): 0.5, (2, 0): -0.3, (0, 3): 0.7, (2, 1): 0.4, (1, 0): 0.2}
MIXED = MultiIndex(5, 2, 3, PRODUCTS)
U = rotation(5)
TURNED = replace(MIXED, directions=U[:2])
TARGETS = {
    "paper-1-4": paper_target(6, 1, 4),
    "paper-3-3": paper_target(6, 3, 3),
    "paper-2-2": paper_target(6, 2, 2),
    "degenerate": degenerate_target(6, 2, 3),
    "rank-deficient": rank_deficient_target(6),
    "conditioned": conditioned_target(6, 0.4),
    "mixed": MIXED,
    "mixed-rotated": TURNED,
}
every_target = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())


@every_target
def test_moments_and_weights_are_those_of_unit_variance(target: MultiIndex) -> None:
    z, mass = gaussian_grid(target.r)
    moments = [float((mass * target.link(z) ** power).sum()) for power in (1, 2)]
    assert moments == pytest.approx([0.0, 1.0], abs=1e-12)
    weights = target.degree_weights()
    assert sum(weights.values()) == pytest.approx(1.0)
    assert max(weights) == target.degree


@every_target
def test_expected_derivatives_are_means_of_automatic_ones(target: MultiIndex) -> None:
    x, _ = target.sample(2000, seed=1)
    x.requires_grad_()
    (slopes,) = torch.autograd.grad(target(x).sum(), x, create_graph=True)
    sums = slopes.sum(0)
    rows = [torch.autograd.grad(total, x, retain_graph=True)[0] for total in sums]
    hessians = torch.stack(rows, dim=1)
    slopes = slopes.detach()
    assert meets(slopes, target.expected_gradient(), 1e-9, errors=4.5).all()
    assert meets(hessians, target.expected_hessian(), 1e-9, errors=4.5).all()


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


@pytest.mark.parametrize(
    ("target", "square", "rank"),
    [
        *((paper_target(9, r, p), 1.0, r) for r, p in ((1, 3), (1, 4), (2, 3), (4, 4))),
        (paper_target(9, 4, 2), 2.0, 4),
        *((quadratic_target(9, 3, 4, share), 2 * share, 3) for share in (0.01, 0.3, 1)),
        # the controls lack curvature, in all or in one direction
        (degenerate_target(9, 2, 4), 0.0, 0),
        (degenerate_target(9, 1, 2), 2.0, 1),
        (rank_deficient_target(9), None, 1),
        (conditioned_target(5, 0.0), None, 1),
    ],
)
def test_the_hessian_has_its_norm_and_rank(
    target: MultiIndex, square: float | None, rank: int
) -> None:
    hessian = target.expected_hessian()
    assert int(torch.linalg.matrix_rank(hessian)) == rank
    if square is not None:
        assert float(hessian.square().sum()) == pytest.approx(square)
        assert target.degree_weights().get(2, 0.0) == pytest.approx(square / 2)


@pytest.mark.parametrize("kappa", [1.0, 1.7, 8.0])
def test_kappa_is_that_of_the_hessian(kappa: float) -> None:
    target = conditioned_target(3, 1 / kappa)
    weakest = float(torch.linalg.svdvals(target.expected_hessian()[:2, :2]).min())
    assert 1 / weakest / math.sqrt(2) == pytest.approx(kappa)
    assert target.degree_weights() == pytest.approx({2: 0.5, 3: 0.5})


def test_paper_target_is_the_formula_of_the_paper() -> None:
    x, y = paper_target(10, 1, 4).sample(50, seed=0)
    z = x[:, 0]
    he_4 = z**4 - 6 * z**2 + 3
    torch.testing.assert_close(y, (z**2 - 1) / 2 + he_4 / (4 * math.sqrt(3)))


@pytest.mark.parametrize("r", [1, 2])
@pytest.mark.parametrize("degree", [3, 4, 5])
def test_the_ends_of_the_families_are_the_known_targets(r: int, degree: int) -> None:
    x = normal(50, 6)
    for ours, known in (
        (quadratic_target(6, r, degree, 0.5), paper_target(6, r, degree)),
        (quadratic_target(6, r, degree, 0.0), degenerate_target(6, r, degree)),
        (quadratic_target(6, r, degree, 1.0), paper_target(6, r, 2)),
        (conditioned_target(6, 1.0), paper_target(6, 2, 3)),
    ):
        torch.testing.assert_close(ours(x), known(x))


def test_rotated_target_is_the_target_of_rotated_inputs() -> None:
    x = normal(20, 5, seed=2)
    torch.testing.assert_close(TURNED(x), MIXED(x @ U.T))
    turned = U.T @ MIXED.expected_hessian() @ U
    torch.testing.assert_close(TURNED.expected_hessian(), turned)


def test_noise_has_two_values_and_leaves_the_inputs() -> None:
    target = paper_target(4, 1, 3)
    clean_x, clean_y = target.sample(4000, 3)
    noisy_x, noisy_y = target.sample(4000, 3, noise=0.7)
    assert torch.equal(clean_x, noisy_x)
    flips = (noisy_y - clean_y) / 0.7
    torch.testing.assert_close(flips.abs(), torch.ones(4000, dtype=DOUBLE))
    # the noise has no mean, and tells nothing of the label
    assert meets(flips, 0.0)
    assert meets(flips * clean_y, 0.0, errors=5)


def test_inputs_are_standard_normal() -> None:
    x, _ = paper_target(5, 1, 3).sample(40_000, seed=0)
    assert float((x.T @ x / len(x) - torch.eye(5)).abs().max()) < 5 * math.sqrt(2 / 4e4)
    assert float(x.mean(0).abs().max()) < 5 / 200
    assert float((x**4).mean()) == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize("target", [paper_target(8, 1, 4), paper_target(8, 2, 4)])
def test_strata_steady_the_variance(target: MultiIndex) -> None:
    strata = [float(target.stratified(2000, s)[1].var()) for s in range(12)]
    independent = [float(target.sample(2000, s)[1].var()) for s in range(12)]
    assert np.std(strata) < 0.1 * np.std(independent)
    # the tails beyond the last quantile are missing: say how much
    assert 0.8 < np.mean(strata) < 1.0
