"""What a level learns alone: closed forms against minimisation and Monte Carlo."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles

from replearn import theory
from replearn.hermite import gauss_hermite
from replearn.targets import Hierarchy, paper_hierarchy, plain_hierarchy


@pytest.mark.parametrize("rho", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("gap", [0.03, 0.3, 1.0])
def test_the_plateau_is_a_direct_minimum(rho: float, gap: float) -> None:
    """Least squares of |s|^2 + a |A s^2|^2 on squares, products and 1: quadrature."""
    nodes, mass = (np.asarray(part, float) for part in gauss_hermite(9))
    s = np.stack(np.meshgrid(nodes, nodes), -1).reshape(-1, 2)
    weight = np.sqrt(np.outer(mass, mass).ravel())
    turn = np.array([[0.6, 0.8], [-0.8, 0.6]])
    level = math.sqrt((1 - rho) / 3) * s**2 @ turn.T
    value = (s**2).sum(1) + gap * (level**2).sum(1)
    basis = np.stack(
        [s[:, 0] ** 2, s[:, 1] ** 2, s[:, 0] * s[:, 1], np.ones(len(s))], 1
    )
    found = np.linalg.lstsq(weight[:, None] * basis, weight * value, rcond=None)[0]
    assert found[2] == pytest.approx(0.0, abs=1e-9)
    error = ((np.sqrt(found[:2]) - 1) ** 2).sum()
    assert theory.hierarchy_plateau(2, rho, gap) == pytest.approx(error, rel=1e-9)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("gap", [0.1, 1.0, 3.0])
def test_what_a_quadratic_leaves_is_least_squares(rho: float, gap: float) -> None:
    """Two features: all quadratics in s and t, fitted by quadrature."""
    nodes, mass = (np.asarray(part, float) for part in gauss_hermite(9))
    z = np.stack(np.meshgrid(*[nodes] * 4), -1).reshape(-1, 4)
    weight = np.sqrt(np.prod(np.stack(np.meshgrid(*[mass] * 4), -1), -1).ravel())
    turn = np.array([[0.6, 0.8], [-0.8, 0.6]])
    level = math.sqrt((1 - rho) / 3) * z[:, :2] ** 2 @ turn.T
    level += math.sqrt(rho) * z[:, 2:]
    value = (z[:, :2] ** 2).sum(1) + gap * (level**2).sum(1)
    pairs = [z[:, i] * z[:, j] for i in range(4) for j in range(i + 1)]
    basis = weight[:, None] * np.stack([np.ones(len(z)), *z.T, *pairs], 1)
    found = np.linalg.lstsq(basis, weight * value, rcond=None)[0]
    left = ((weight * value - basis @ found) ** 2).sum()
    mean = (weight**2 * value).sum()
    share = left / ((weight * (value - mean)) ** 2).sum()
    assert theory.quadratic_remainder(rho, gap) == pytest.approx(share, abs=1e-9)


def test_the_plateau_s_shape() -> None:
    small = theory.hierarchy_plateau(3, 0.5, 1e-6)
    assert small == pytest.approx(3 * 0.25e-12, rel=1e-5)  # no cancellation
    assert theory.hierarchy_plateau(2, 0.5, 0.0) == 0.0  # no level above: no error
    assert theory.hierarchy_plateau(2, 1.0, 0.3) == 0.0  # all of it is a skip
    assert theory.hierarchy_plateau(5, 0.5, 0.1) == pytest.approx(0.01191, rel=1e-3)


def best_fit(target: Hierarchy, n: int = 60_000) -> float:
    """f_2 of the best quadratic in G_1 to a target of the paper's class, by samples."""
    x, y = target.sample(n, seed=1)
    g, d = x.square() - 1, target.d
    i, j = torch.triu_indices(d, d)
    basis = torch.cat([g[:, i] * g[:, j], torch.ones(n, 1).double()], 1)
    found = torch.linalg.lstsq(basis, y[:, None]).solution[:-1, 0]
    half = torch.zeros(d, d).double()
    half[i, j] = found / 2
    # a constant is free where W is wide: those of its directions that W* leaves out
    values, vectors = torch.linalg.eigh(half + half.T)
    top = values[-2:].sqrt()[:, None] * vectors[:, -2:].T
    s, true = g @ top.T, target.features(x)[2]
    sizes = (s.square().sum() + true.square().sum()) / n
    return float(sizes - 2 * torch.linalg.svdvals(s.T @ true / n).sum())


def test_the_plateau_holds_on_the_papers_class_and_needs_its_terms() -> None:
    found = best_fit(paper_hierarchy(20, (1.0, 0.3), seed=2))
    assert found == pytest.approx(theory.hierarchy_plateau(2, 0.5, 0.3), rel=0.12)
    # the controls: another share of the skip, and another gap
    assert found < 0.4 * theory.hierarchy_plateau(2, 0.1, 0.3)
    assert found > 4 * theory.hierarchy_plateau(2, 0.5, 0.1)


def parts(target: Hierarchy) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return target.weights[2, 0], target.weights[3, 2], target.weights[3, 0]


def test_the_best_quadratic_is_half_the_expected_hessian() -> None:
    target = plain_hierarchy(6, (1.0, 0.5), seed=4)
    m = theory.best_quadratic(*parts(target), gap=0.5)
    x, y = target.sample(400_000, seed=2)
    outer = (y[:, None] * x).T @ x / len(x) - y.mean() * torch.eye(6)
    torch.testing.assert_close(outer / 2, m, atol=0.06, rtol=0)
    assert float(m.abs().max()) > 1  # the tolerance could not pass an empty matrix
    values = torch.linalg.eigvalsh(m)
    assert float(values[-2]) > 2 * float(values[-3])


def test_the_tilt_is_that_of_the_angles_and_vanishes_without_alignment() -> None:
    target = plain_hierarchy(10, (1.0, 0.3), seed=1)
    w = target.weights[2, 0]
    m = theory.best_quadratic(*parts(target), gap=0.3)
    top = torch.linalg.eigh(m)[1][:, -2:]
    angles = subspace_angles(w.T.numpy(), top.numpy())
    tilt = theory.plane_tilt(w, m)
    assert tilt == pytest.approx(float(np.mean(np.sin(angles) ** 2)), rel=1e-6)
    assert tilt > 1e-3
    straight = plain_hierarchy(10, (1.0, 0.3), seed=1, align=0.0)
    none = theory.best_quadratic(*parts(straight), gap=0.3)
    assert theory.plane_tilt(straight.weights[2, 0], none) < 1e-12


def test_the_tilt_grows_with_the_square_of_a_small_gap() -> None:
    pieces = parts(plain_hierarchy(10, (1.0, 0.3), seed=1))
    small, large = (
        theory.plane_tilt(pieces[0], theory.best_quadratic(*pieces, gap=a))
        for a in (1e-3, 1e-2)
    )
    assert math.log10(large / small) == pytest.approx(2.0, abs=0.05)


def test_theorem_2_s_scale_by_hand() -> None:
    alphas = (1.0, 0.1, 0.02)
    scale = theory.correction_scale
    assert scale(alphas, 2, 2) == pytest.approx(0.01)
    assert scale(alphas, 2, 3) == pytest.approx(4e-4)
    assert scale(alphas, 3, 3) == pytest.approx(0.04)
    assert scale(alphas, 3, 4) == 0.0
    with pytest.raises(ValueError, match="before it is there"):
        scale(alphas, 4, 3)


def test_counts() -> None:
    bounds = [theory.hierarchy_counting_bound(d, 3) for d in (10, 20, 30)]
    assert bounds == pytest.approx([0.21, 4.845, 27.405])
    assert theory.hierarchy_counting_bound(40, 4) == pytest.approx(76_904.685)
    assert [theory.hierarchy_degree(lv) for lv in (2, 3, 4)] == [4, 8, 16]
    links = {2: (1,), 3: (2, 0), 4: (3, 1)}
    assert theory.hierarchy_parameters(10, links, {2: 3, 3: 2, 4: 1}) == 30 + 32 + 13
    with pytest.raises(ValueError, match="levels"):
        theory.hierarchy_counting_bound(10, 1)
