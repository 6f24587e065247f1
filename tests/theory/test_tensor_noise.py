"""The predicted errors of averaged derivatives, against averages."""

import math

import pytest
from helpers import meets

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
    truth, n, errors = target.expected_derivative(degree), 1500, []
    for seed in range(64):
        x, y = target.sample(n, seed, noise)
        found = next(measure_derivatives(x, y, degree, [n]))
        errors.append(float((found - truth).square().sum()) / math.factorial(degree))
    assert meets(errors, predict_tensor_error(target, degree, n, noise))


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
    assert meets(errors, predict_curvature_error(target, direction, n, noise))


def test_curvature_error_does_not_know_the_dimension() -> None:
    small, large = (degenerate_target(d, 1, 3) for d in (1, 500))
    found = [predict_curvature_error(target, 0, 10) for target in (small, large)]
    assert found == pytest.approx([6.2, 6.2])
