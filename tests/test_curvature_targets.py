"""Targets with little curvature: shares, Hessian, and the two known ends."""

from __future__ import annotations

import math

import pytest
import torch

from replearn.targets import degenerate_target, paper_target
from replearn.targets.curvature import conditioned_target, quadratic_target


@pytest.mark.parametrize("r", [1, 2])
@pytest.mark.parametrize("degree", [3, 4, 5])
def test_the_ends_of_the_family_are_the_known_targets(r: int, degree: int) -> None:
    x = torch.randn(50, 6, dtype=torch.float64)
    for quadratic, known in ((0.5, paper_target), (0.0, degenerate_target)):
        torch.testing.assert_close(
            quadratic_target(6, r, degree, quadratic)(x), known(6, r, degree)(x)
        )
    torch.testing.assert_close(
        quadratic_target(6, r, degree, 1.0)(x), paper_target(6, r, 2)(x)
    )


@pytest.mark.parametrize("quadratic", [0.01, 0.3, 1.0])
def test_the_quadratic_part_has_the_weight_that_was_asked_for(quadratic: float) -> None:
    target = quadratic_target(9, 3, 4, quadratic)
    assert target.degree_weights()[2] == pytest.approx(quadratic)
    square = float(target.expected_hessian().square().sum())
    assert square == pytest.approx(2 * quadratic)


@pytest.mark.parametrize("kappa", [1.0, 1.7, 8.0])
def test_kappa_is_that_of_the_hessian_by_autograd(kappa: float) -> None:
    target = conditioned_target(3, 1 / kappa)
    x, _ = target.sample(200_000, seed=0)
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(target(x).sum(), x, create_graph=True)
    rows = [
        torch.autograd.grad(gradient[:, i].sum(), x, retain_graph=True)[0].mean(0)
        for i in range(2)
    ]
    hessian = torch.stack(rows)[:, :2]
    exact = target.expected_hessian()[:2, :2]
    torch.testing.assert_close(hessian, exact, atol=0.02, rtol=0.0)
    weakest = float(torch.linalg.svdvals(exact).min())
    assert 1 / weakest / math.sqrt(2) == pytest.approx(kappa)
    assert target.degree_weights() == pytest.approx({2: 0.5, 3: 0.5})


def test_at_its_ends_the_conditioned_target_is_balanced_or_misses_a_direction() -> None:
    x = torch.randn(50, 5, dtype=torch.float64)
    torch.testing.assert_close(conditioned_target(5, 1.0)(x), paper_target(5, 2, 3)(x))
    hessian = conditioned_target(5, 0.0).expected_hessian()
    assert int(torch.linalg.matrix_rank(hessian)) == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"degree": 2},
        {"quadratic": -0.1},
        {"quadratic": 1.1},
        {"quadratic": math.nan},
        {"quadratic": None},
        {"r": 6},
        {"r": 0},
    ],
)
def test_a_bad_quadratic_target_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises((ValueError, TypeError), match=next(iter(bad))):
        quadratic_target(5, **bad)


@pytest.mark.parametrize("bad", [-0.1, 1.5, math.inf, "one"])
def test_a_bad_kappa_is_refused(bad: float) -> None:
    with pytest.raises((ValueError, TypeError), match="inverse_kappa"):
        conditioned_target(5, bad)
