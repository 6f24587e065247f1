"""The predicted errors of averaged derivatives, against averages."""

from __future__ import annotations

import math

import pytest
import torch

from replearn.experiments.derivatives import measure_derivatives
from replearn.targets import (
    MultiIndex,
    degenerate_target,
    paper_target,
    rank_deficient_target,
)
from replearn.theory import (
    monomials_of_degree,
    predict_curvature_error,
    predict_tensor_error,
)

TARGETS = {
    "paper": paper_target(6, 1, 3),
    "two": paper_target(5, 2, 2),
    "products": MultiIndex(4, 2, 3, {(1, 1): 0.5, (2, 0): -0.3, (2, 1): 0.4}),
    "all-relevant": MultiIndex(2, 2, 2, {(1, 1): 1.0, (1, 0): 0.5}),
}
every_target = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())


@every_target
@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("noise", [0.0, 0.7])
def test_tensor_error_is_the_mean_of_squared_errors(
    target: MultiIndex, degree: int, noise: float
) -> None:
    """Sixty-four batches of one long sample, their scatter as the measure."""
    n, batches = 1500, 64
    truth = target.expected_derivative(degree)
    errors = []
    for seed in range(batches):
        x, y = target.sample(n, seed, noise)
        found = next(measure_derivatives(x, y, degree, [n]))
        errors.append(float((found - truth).square().sum()) / math.factorial(degree))
    runs = torch.tensor(errors)
    predicted = predict_tensor_error(target, degree, n, noise)
    assert abs(float(runs.mean()) - predicted) < 4 * float(runs.std()) / batches**0.5


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_error_tends_to_the_number_of_coefficients_over_n(degree: int) -> None:
    def excess(d: int) -> float:
        error = predict_tensor_error(paper_target(d, 1, 3), degree, n=1000)
        return error * 1000 / monomials_of_degree(d, degree) - 1

    assert 0 < excess(1000) < 0.06
    assert excess(4000) == pytest.approx(excess(1000) / 4, rel=0.1)


@pytest.mark.parametrize("direction", [0, 1])
@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_curvature_error_is_measured(direction: int, noise: float) -> None:
    target, n = rank_deficient_target(3), 2000
    true = float(target.expected_hessian()[direction, direction])
    errors = []
    for seed in range(200):
        x, y = target.sample(n, seed, noise)
        found = float((y * (x[:, direction] ** 2 - 1)).mean())
        errors.append((found - true) ** 2)
    runs = torch.tensor(errors)
    predicted = predict_curvature_error(target, direction, n, noise)
    assert abs(float(runs.mean()) - predicted) < 4 * float(runs.std()) / 200**0.5


def test_curvature_error_does_not_know_the_dimension() -> None:
    small, large = (degenerate_target(d, 1, 3) for d in (1, 500))
    assert predict_curvature_error(small, 0, 10) == pytest.approx(
        predict_curvature_error(large, 0, 10)
    )
    assert predict_curvature_error(small, 0, 10) == pytest.approx(6.2)


@pytest.mark.parametrize("n", [0, -1.0, float("nan")])
def test_a_sample_size_must_be_positive(n: float) -> None:
    with pytest.raises(ValueError, match="n="):
        predict_tensor_error(TARGETS["paper"], 1, n)


def test_too_many_directions_are_refused() -> None:
    with pytest.raises(ValueError, match=r"r=9 and degree=2 need 6\^9 nodes"):
        predict_tensor_error(paper_target(10, 9, 2), 1, 10)
    with pytest.raises(ValueError, match="degree=4 is above 3"):
        predict_tensor_error(TARGETS["paper"], 4, 10)
