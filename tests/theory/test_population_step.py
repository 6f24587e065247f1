"""The closed-form expected gradient, against quadrature, samples and simple cases."""

import math

import pytest
import torch
from helpers import meets, moment_by_grid, normal, rotation
from torch import Tensor

from replearn.hermite import gauss_hermite
from replearn.targets import MultiIndex, degenerate_target, paper_target
from replearn.theory import population_gradient, subspace_moment

ROTATED = {(2, 0): 0.5, (1, 1): 0.4, (0, 3): 0.3, (2, 2): 0.5, (1, 0): 0.2, (3, 1): 0.4}


def unit_rows(m: int, d: int) -> Tensor:
    w = normal(m, d)
    return w / w.norm(dim=1, keepdim=True)


def by_quadrature(target: MultiIndex, v: Tensor) -> Tensor:
    """One direction, u = e_1: the gate is integrated out, what is left is smooth."""
    z, weights = gauss_hermite(120)
    along = float(v[0])
    across = math.sqrt(1 - along**2)
    labels = weights * target.link(z[:, None])
    t = along * z / across
    inside = (labels * z * torch.special.ndtr(t)).sum()
    outside = (labels * torch.exp(-t.square() / 2)).sum() / math.sqrt(2 * math.pi)
    gradient = outside * v / across
    gradient[0] = inside
    return gradient


@pytest.mark.parametrize("degree", [2, 3, 4, 5])
def test_agrees_with_quadrature_for_one_direction(degree: int) -> None:
    target = paper_target(12, 1, degree)
    w = unit_rows(5, 12)
    ours = population_gradient(w, target.hermite_coefficients(), torch.eye(1, 12))
    theirs = torch.stack([by_quadrature(target, v) for v in w])
    torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-10)


def test_agrees_with_samples_for_two_rotated_directions() -> None:
    d, n, batches = 4, 200_000, 20
    target, w = MultiIndex(d, 2, 4, ROTATED, rotation(d, 2)), unit_rows(3, d)
    pairs = (target.sample(n, seed) for seed in range(batches))
    runs = [(x @ w.T >= 0).double().T @ (x * y[:, None]) / n for x, y in pairs]
    ours = population_gradient(w, target.hermite_coefficients(), target.directions)
    assert meets(torch.stack(runs), ours, errors=4.5).all()
    # the control: another sign of one mixed coefficient would be seen
    other = MultiIndex(d, 2, 4, ROTATED | {(1, 1): -0.4}, target.directions)
    wrong = population_gradient(w, other.hermite_coefficients(), target.directions)
    assert not meets(torch.stack(runs), wrong, errors=4.5).all()


@pytest.mark.parametrize("degree", [3, 4])
def test_the_hessian_term_leads_and_the_rest_is_smaller_by_root_d(degree: int) -> None:
    ratios = []
    for d in (100, 400, 1600):
        target, w = paper_target(d, 2, degree), unit_rows(200, d)
        exact = population_gradient(w, target.hermite_coefficients(), torch.eye(2, d))
        leading = w @ target.expected_hessian() / math.sqrt(2 * math.pi)
        rest = (exact - leading).square().mean() / leading.square().mean()
        ratios.append(float(rest.sqrt()))
    assert ratios[0] < 0.25
    assert ratios[0] / ratios[2] == pytest.approx(4.0, rel=0.25)


def test_an_odd_degree_alone_leaves_nothing_and_degree_four_little() -> None:
    d = 30
    w, u = unit_rows(50, d), torch.eye(1, d)
    cubic = degenerate_target(d, 1, 3).hermite_coefficients()
    assert float(population_gradient(w, cubic, u).abs().max()) == 0.0
    pair = degenerate_target(d, 1, 4), paper_target(d, 1, 2)
    powers = (target.hermite_coefficients() for target in pair)
    small, large = (float(population_gradient(w, c, u).norm()) for c in powers)
    assert 0 < small < 0.2 * large


@pytest.mark.parametrize(("r", "degree"), [(1, 2), (1, 4), (2, 3), (3, 3)])
def test_subspace_moment_by_a_tensor_grid(r: int, degree: int) -> None:
    target = paper_target(r + 1, r, degree)
    moment = subspace_moment(target.hermite_coefficients())
    assert moment == pytest.approx(moment_by_grid(target), rel=1e-9)
