"""The closed-form expected gradient, against quadrature, samples and simple cases."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from replearn.hermite import gauss_hermite
from replearn.targets import MultiIndex, degenerate_target, paper_target
from replearn.theory import population_gradient, subspace_moment

ROTATED = {(2, 0): 0.5, (1, 1): 0.4, (0, 3): 0.3, (2, 2): 0.5, (1, 0): 0.2, (3, 1): 0.4}


def unit_rows(m: int, d: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    w = torch.randn(m, d, generator=generator, dtype=torch.float64)
    return w / w.norm(dim=1, keepdim=True)


def rotated_target(d: int) -> MultiIndex:
    basis, _ = torch.linalg.qr(unit_rows(d, d, seed=1))
    return MultiIndex(d, 2, 4, ROTATED, basis[:2])


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
    target, w = rotated_target(d), unit_rows(3, d)
    means = []
    for seed in range(batches):
        x, y = target.sample(n, seed)
        means.append((x @ w.T >= 0).double().T @ (x * y[:, None]) / n)
    runs = torch.stack(means)
    error = runs.std(0) / math.sqrt(batches)
    ours = population_gradient(w, target.hermite_coefficients(), target.directions)
    assert bool(((runs.mean(0) - ours).abs() < 4.5 * error).all())
    # the control: another sign of one mixed coefficient would be seen
    other = MultiIndex(d, 2, 4, ROTATED | {(1, 1): -0.4}, target.directions)
    wrong = population_gradient(w, other.hermite_coefficients(), target.directions)
    assert bool(((runs.mean(0) - wrong).abs() > 4.5 * error).any())


@pytest.mark.parametrize("degree", [3, 4])
def test_the_hessian_term_leads_and_the_rest_is_smaller_by_root_d(degree: int) -> None:
    ratios = []
    for d in (100, 400, 1600):
        target, w = paper_target(d, 2, degree), unit_rows(200, d)
        exact = population_gradient(
            w, target.hermite_coefficients(), torch.eye(2, d, dtype=w.dtype)
        )
        leading = w @ target.expected_hessian() / math.sqrt(2 * math.pi)
        rest = (exact - leading).square().mean() / leading.square().mean()
        ratios.append(float(rest.sqrt()))
    assert ratios[0] < 0.25
    assert ratios[0] / ratios[2] == pytest.approx(4.0, rel=0.25)


def test_a_linear_part_is_half_of_itself_in_every_neuron() -> None:
    w = unit_rows(6, 8)
    gradient = population_gradient(w, {(1,): 0.7}, torch.eye(1, 8))
    assert torch.allclose(gradient, 0.35 * torch.eye(1, 8, dtype=w.dtype))


def test_an_odd_degree_alone_leaves_nothing_and_degree_four_little() -> None:
    d = 30
    w, u = unit_rows(50, d), torch.eye(1, d)
    cubic = degenerate_target(d, 1, 3).hermite_coefficients()
    assert float(population_gradient(w, cubic, u).abs().max()) == 0.0
    quartic = degenerate_target(d, 1, 4).hermite_coefficients()
    quadratic = paper_target(d, 1, 2).hermite_coefficients()
    small, large = (
        float(population_gradient(w, c, u).norm()) for c in (quartic, quadratic)
    )
    assert 0 < small < 0.2 * large


@pytest.mark.parametrize(("r", "degree"), [(1, 2), (1, 4), (2, 3), (3, 3)])
def test_subspace_moment_by_a_tensor_grid(r: int, degree: int) -> None:
    target = paper_target(r + 1, r, degree)
    z, weights = gauss_hermite(12)
    grid = torch.cartesian_prod(*[z] * r).reshape(-1, r)
    mass = torch.cartesian_prod(*[weights] * r).reshape(-1, r).prod(1)
    expected = (mass * target.link(grid).square() * grid.square().sum(1)).sum()
    moment = subspace_moment(target.hermite_coefficients())
    assert moment == pytest.approx(float(expected), rel=1e-9)
