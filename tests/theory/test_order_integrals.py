"""I_2, I_3, I_4 against Monte Carlo, quadrature, and one another."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from helpers import gaussian_grid, normal, refuses
from torch import Tensor

from replearn.theory.order_parameters import i2, i3, i4


def g(z: Tensor) -> Tensor:
    return torch.erf(z / math.sqrt(2))


def slope(z: Tensor) -> Tensor:
    return math.sqrt(2 / math.pi) * torch.exp(-(z**2) / 2)


FORMS: list[tuple[Callable[[Any], Tensor], int, Callable[[Tensor], Tensor]]] = [
    (i2, 2, lambda z: g(z[:, 0]) * g(z[:, 1])),
    (i3, 3, lambda z: slope(z[:, 0]) * z[:, 1] * g(z[:, 2])),
    (i4, 4, lambda z: slope(z[:, 0]) * slope(z[:, 1]) * g(z[:, 2]) * g(z[:, 3])),
]
each = pytest.mark.parametrize(("form", "p", "inside"), FORMS, ids=["i2", "i3", "i4"])


def covariance(p: int, seed: int) -> Tensor:
    """Fields of unequal variances, correlated."""
    factor = normal(p, p + 1, seed=seed)
    scale = torch.linspace(0.6, 1.1, p, dtype=factor.dtype)[:, None]
    factor = scale * factor / factor.norm(dim=1, keepdim=True)
    return factor @ factor.T


@each
@pytest.mark.parametrize("seed", range(3))
def test_an_integral_is_its_quadrature(
    form: Any, p: int, inside: Any, seed: int
) -> None:
    c = covariance(p, seed)
    z, mass = gaussian_grid(p, 24)
    value = float(mass @ inside(z @ torch.linalg.cholesky(c).T))
    assert float(form(c)) == pytest.approx(value, abs=2e-5)
    # a wrong covariance is not within that tolerance
    wrong = c.clone()
    wrong[-1, -2] = wrong[-2, -1] = c[-1, -2] - 0.05
    assert abs(float(form(wrong)) - value) > 1e-4


@each
def test_an_integral_is_its_monte_carlo(form: Any, p: int, inside: Any) -> None:
    c = 2.5 * covariance(p, 7)  # fields too wide for a quadrature of few nodes
    draws = inside(normal(400_000, p, seed=3) @ torch.linalg.cholesky(c).T)
    error = float(draws.std()) / math.sqrt(len(draws))
    assert float(form(c)) == pytest.approx(float(draws.mean()), abs=4 * error)
    assert abs(float(form(c))) > 8 * error  # and it is not zero


@each
def test_many_covariances_at_once_and_in_any_form(
    form: Any, p: int, inside: Any
) -> None:
    many = torch.stack([covariance(p, s) for s in range(6)]).reshape(2, 3, p, p)
    single = [float(form(c.numpy())) for c in many.reshape(6, p, p)]
    assert form(many).shape == (2, 3)
    torch.testing.assert_close(
        form(np.asarray(many)).flatten(), torch.tensor(single, dtype=many.dtype)
    )
    assert float(form(many[0, 0].tolist())) == single[0]


def test_stein_s_lemma_ties_i3_and_i2_together() -> None:
    """E g'(1) z_2 g(3) by Stein, from derivatives of I_2 in the covariance."""
    c = covariance(3, 5)

    def shifted(i: int, j: int, h: float) -> float:
        moved = c.clone()
        moved[i, j] += h
        moved[j, i] = moved[i, j]
        pair = torch.tensor([i, j])
        return float(i2(moved[pair][:, pair]))

    h = 1e-5  # d I_2 / d C_13 = E g'(1) g'(3); E g''(1) g(3) from d/dC_11
    both = (shifted(0, 2, h) - shifted(0, 2, -h)) / (2 * h)
    root = math.sqrt((1 + c[0, 0]) * (1 + c[2, 2]) - c[0, 2] ** 2)
    assert both == pytest.approx(2 / math.pi / root, rel=1e-6)
    bend = -both * float(c[0, 2]) / (1 + float(c[0, 0]))
    expected = bend * float(c[0, 1]) + both * float(c[1, 2])
    assert float(i3(c)) == pytest.approx(expected, rel=1e-6)


@each
def test_the_same_field_twice_is_allowed(form: Any, p: int, inside: Any) -> None:
    z, mass = gaussian_grid(1, 60)
    value = float(mass @ inside(0.8 * z.expand(-1, p)))
    assert float(form(0.64 * np.ones((p, p)))) == pytest.approx(value, abs=1e-9)


@each
def test_what_is_no_covariance_is_refused(form: Any, p: int, inside: Any) -> None:
    good = torch.eye(p, dtype=torch.float64)
    skew, negative = good.clone(), good.clone()
    skew[0, 1] = 0.5
    negative[0, 1] = negative[1, 0] = 1.5
    refuses(lambda: form(skew), "covariance is not symmetric")
    refuses(lambda: form(negative), "covariance is no covariance.* eigenvalue -0.5")
    refuses(lambda: form(torch.eye(p + 1)), f"of {p + 1} fields; there must be {p}")
    refuses(lambda: form(good[0]), "shape")
    refuses(lambda: form(good * math.nan), "covariance is not finite")
    refuses(lambda: form("C"), "covariance")
