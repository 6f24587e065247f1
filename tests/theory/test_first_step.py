"""The predicted overlap against gradients summed by hand, with no learner."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from replearn.hermite import gauss_hermite
from replearn.targets import MultiIndex, degenerate_target, paper_target
from replearn.theory import predict_finite_overlap, predict_overlap


def measured_overlap(target: MultiIndex, n: int, seed: int, noise: float) -> float:
    """Share of the empirical gradients' squared norm that lies in the subspace."""
    x, y = target.sample(n, seed, noise)
    y = y - y.mean()
    y = y - x @ (x.T @ y / n)
    generator = torch.Generator().manual_seed(1000 + seed)
    w = torch.randn(256, target.d, generator=generator, dtype=x.dtype)
    gradients = (x @ w.T >= 0).to(x.dtype).T @ (y[:, None] * x) / n
    inside = gradients[:, : target.r].square().sum()
    return float(inside / gradients.square().sum())


def subspace_moment(target: MultiIndex) -> float:
    """E[f*(x)^2 (u.x)^2] for one direction, by quadrature."""
    z, weights = gauss_hermite(40)
    return float((weights * target.link(z[:, None]).square() * z.square()).sum())


def overlaps(target: MultiIndex, n: int, noise: float = 0.0) -> Tensor:
    return torch.tensor([measured_overlap(target, n, s, noise) for s in range(6)])


@pytest.mark.parametrize("noise", [0.0, 1.0])
@pytest.mark.parametrize("n_over_d2", [0.5, 2.0, 8.0])
def test_overlap_agrees_with_gradients(n_over_d2: float, noise: float) -> None:
    d = 60
    target, n = paper_target(d, 1, 3), int(n_over_d2 * d**2)
    runs = overlaps(target, n, noise)
    tolerance = 4 * float(runs.std()) / math.sqrt(len(runs)) + 0.015
    finite = predict_finite_overlap(
        d, 1, n, 1.0, subspace_moment(target), noise_variance=noise**2
    )
    assert abs(float(runs.mean()) - finite) < tolerance
    # the parameter-free form leaves out a term of order 1/d, and lies below
    simple = predict_overlap(d, n, 1.0, noise_variance=noise**2)
    assert simple < finite
    assert abs(float(runs.mean()) - simple) < tolerance + 6 / d


def test_the_tolerance_would_see_a_wrong_quarter() -> None:
    """Without the preprocessing's factor 1/2 the prediction is clearly off."""
    d = 60
    n = 2 * d**2
    measured = float(overlaps(paper_target(d, 1, 3), n).mean())
    right, wrong = predict_overlap(d, n, 1.0), predict_overlap(d, n // 2, 1.0)
    assert abs(measured - right) < 0.04
    assert abs(measured - wrong) > 0.1


@pytest.mark.parametrize("d", [40, 80])
def test_without_a_hessian_only_label_size_shows(d: int) -> None:
    runs = overlaps(degenerate_target(d, 1, 3), 4 * d**2)
    predicted = predict_finite_overlap(d, 1, 4 * d**2, 0.0, 7.0)
    assert predicted == pytest.approx(7 / (6 + d))
    assert float(runs.mean()) == pytest.approx(predicted, abs=0.03)
    assert predict_overlap(d, 4 * d**2, 0.0) == 0.0


def test_overlap_depends_on_n_over_d_squared_only() -> None:
    values = [predict_overlap(d, 3 * d**2, 1.0) for d in (10, 100, 1000)]
    assert values == pytest.approx([values[0]] * 3, rel=1e-12)


def test_overlap_rises_with_n_and_falls_with_noise() -> None:
    by_n = [predict_overlap(40, n, 1.0) for n in (1, 100, 10_000, 10**9)]
    assert by_n == sorted(by_n)
    assert by_n[-1] > 0.9999
    by_noise = [predict_overlap(40, 4000, 1.0, s) for s in (0.0, 1.0, 10.0)]
    assert by_noise == sorted(by_noise, reverse=True)
