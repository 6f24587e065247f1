"""Ridge and logistic regression on Gaussian features: solves, and scikit-learn."""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import torch
from helpers import DOUBLE, meets, normal, refuses
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import expit, ndtr
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from replearn.targets.generators import Generator, random_generator
from replearn.theory.full_batch import (
    Covariates,
    _logistic,
    _proximal,
    fixed_point,
    gaussian_covariates,
    predict_ridge,
)

LATENT, NOISE = 60, 0.3
THETA = normal(LATENT, seed=8)
THETA = THETA / THETA.norm()


@cache
def features(p: int, activation: str) -> Generator:
    return random_generator([LATENT, p], activation, seed=4)


def covariates(p: int, activation: str, noise: float = NOISE**2) -> Covariates:
    moments = features(p, activation).moments()
    return gaussian_covariates(moments.covariance, moments.cross @ THETA, 1 + noise)


def drawn(
    p: int, activation: str, n: int, seed: int, centred: bool = True
) -> tuple[Tensor, Tensor]:
    """Features, without their mean, and a noisy linear function of the latent."""
    generator = features(p, activation)
    c, x = generator.sample(n, seed)
    y = c @ THETA + NOISE * normal(n, seed=1000 + seed)
    return (x - generator.moments().mean if centred else x), y


def solved(
    p: int, activation: str, n: int, ridge: float, centred: bool = True
) -> Tensor:
    """Test and training errors of 12 ridge regressions (12, 2), by plain solves."""
    test = drawn(p, activation, 3000, 99, centred)
    errors = []
    for seed in range(12):
        x, y = drawn(p, activation, n, seed, centred)
        w = torch.linalg.solve(x.T @ x + ridge * torch.eye(p), x.T @ y)
        errors.append([(a @ w - b).square().mean() for a, b in (test, (x, y))])
    return torch.tensor(errors, dtype=DOUBLE)


def pair(covariates: Covariates, n: int, ridge: float) -> Tensor:
    risk = predict_ridge(covariates, n, ridge)
    return torch.tensor([risk.test, risk.training], dtype=DOUBLE)


@pytest.mark.parametrize("activation", ["erf", "relu"])
@pytest.mark.parametrize(
    ("p", "n", "ridge"), [(60, 120, 0.5), (120, 120, 1.0), (240, 120, 0.1)]
)
def test_ridge_meets_solves(activation: str, p: int, n: int, ridge: float) -> None:
    runs, right = (
        solved(p, activation, n, ridge),
        pair(covariates(p, activation), n, ridge),
    )
    # besides the error over runs, what features that are not Gaussian leave at p = 60
    assert meets(runs, right, 0.05 * right).all()
    # conventions: a mean over samples in the place of the sum is not within it
    wrong = [pair(covariates(p, activation), n, n * ridge)]
    # nor is the covariance of another activation
    other = {"erf": "relu", "relu": "erf"}[activation]
    wrong.append(pair(covariates(p, other), n, ridge))
    for moved in wrong:
        assert not meets(runs, moved, 0.05 * moved).all()


def test_features_that_keep_their_mean_are_other_features() -> None:
    right = pair(covariates(120, "relu"), 120, 0.01)
    kept, lost = (solved(120, "relu", 120, 0.01, centred) for centred in (False, True))
    assert not torch.allclose(kept.mean(0), lost.mean(0), rtol=0.05)
    assert meets(lost, right, 0.15 * right).all()


def test_the_peak_stands_where_there_are_as_many_features_as_samples() -> None:
    heights = {
        p: predict_ridge(covariates(p, "relu"), 120, 1e-3).test for p in (60, 120, 240)
    }
    assert heights[120] > 5 * max(heights[60], heights[240])
    flat = [
        predict_ridge(covariates(p, "relu"), 120, 20.0).test for p in (60, 120, 240)
    ]
    assert max(flat) < 1.5 * min(flat)
    assert predict_ridge(covariates(120, "relu"), 120, 0.0).test > 1e6


@pytest.mark.parametrize("activation", ["erf", "relu", "sign"])
@pytest.mark.parametrize("n", [30, 118, 120, 500])
def test_the_fixed_point_is_the_closed_form(activation: str, n: int) -> None:
    for ridge in (1e-3, 1e-1, 10.0):
        closed = predict_ridge(covariates(120, activation), n, ridge)
        found = fixed_point(covariates(120, activation), n, ridge, "square")
        assert found.test == pytest.approx(closed.test, rel=1e-8)
        assert found.training == pytest.approx(closed.training, rel=1e-8)


def test_isotropic_features_by_hand() -> None:
    """Without ridge: noise n / (n - p) below the peak; above, what p - n leave out."""
    cross = normal(50, seed=2)
    signal, noise = float(cross @ cross), 0.5
    unit = gaussian_covariates(torch.eye(50), cross, signal + noise)
    assert predict_ridge(unit, 80, 0.0).test == pytest.approx(noise * 80 / 30)
    expected = signal * 30 / 50 + noise * 50 / 30
    assert predict_ridge(unit, 20, 0.0).test == pytest.approx(expected)
    assert predict_ridge(unit, 20, 0.0).training == 0.0
    # features of no variance change nothing
    padded = gaussian_covariates(
        torch.diag(torch.cat([torch.ones(50), torch.zeros(9)])),
        torch.cat([cross, torch.zeros(9)]),
        signal + noise,
    )
    one, two = (predict_ridge(c, 80, 0.7) for c in (padded, unit))
    assert one.test == pytest.approx(two.test)
    assert one.training == pytest.approx(two.training)


def classified(p: int, activation: str, n: int, ridge: float) -> Tensor:
    """Errors and losses of 10 fits by scikit-learn (10, 3), as in `FixedPoint`."""
    x_test, nu_test = (part.numpy() for part in drawn(p, activation, 4000, 99))
    found = []
    for seed in range(10):
        x, nu = (part.numpy() for part in drawn(p, activation, n, seed))
        fit = LogisticRegression(
            C=1 / ridge, fit_intercept=False, tol=1e-8, max_iter=5000
        )
        w = fit.fit(x, np.sign(nu)).coef_[0]
        margins = [np.sign(b) * (a @ w) for a, b in ((x, nu), (x_test, nu_test))]
        losses = [np.logaddexp(0, -m).mean() for m in margins]
        found.append([(margins[1] < 0).mean(), *losses])
    return torch.tensor(found, dtype=DOUBLE)


@pytest.mark.parametrize(
    ("p", "n", "ridge"), [(60, 200, 0.1), (120, 120, 0.01), (240, 120, 1.0)]
)
def test_logistic_regression_meets_scikit_learn(p: int, n: int, ridge: float) -> None:
    runs = classified(p, "erf", n, ridge)

    def told(c: Covariates, ridge: float) -> Tensor:
        found = fixed_point(c, n, ridge)
        return torch.tensor([found.test, found.training, found.loss], dtype=DOUBLE)

    right = told(covariates(p, "erf"), ridge)
    assert meets(runs, right, 0.04 * right).all()
    for wrong in (
        told(covariates(p, "erf"), n * ridge),
        told(covariates(p, "relu"), ridge),
        told(covariates(p, "erf", noise=1.0), ridge),
    ):
        assert not meets(runs, wrong, 0.04 * wrong).all()


def test_the_fixed_point_is_found_down_to_tiny_ridges() -> None:
    """Newton alone overflowed here, and a coarse quadrature was wrong by a fifth."""
    for p in (60, 240):
        ridges = np.geomspace(1e-8, 1e3, 10)
        found = [fixed_point(covariates(p, "erf"), 120, float(r)) for r in ridges]
        errors = [f.test for f in found]
        assert all(0.1 < e < 0.5 for e in errors)
        assert np.abs(np.diff(errors)).max() < 0.05  # no jump: one branch throughout
        losses = [f.training for f in found]
        assert all(np.diff(losses) > 0)
        lengths = [f.length for f in found]
        assert all(np.diff(lengths) < 0)


def test_labels_without_noise_and_hardly_any_ridge() -> None:
    """Two thousand equal steps had .01208 here, six thousand .012061."""
    unit = Covariates(torch.ones(50).double(), torch.full((50,), 1 / 50).double(), 1.0)
    assert fixed_point(unit, 2000, 1e-8).test == pytest.approx(0.0120628, abs=2e-7)


@pytest.mark.parametrize("spread", [1e-6, 1.0, 1e3, 1e9])
def test_the_proximal_solves_its_equation(spread: float) -> None:
    omega = np.linspace(-60, 60, 301)
    h = _proximal(omega, spread)
    with np.errstate(over="ignore"):
        left = omega + spread / (1 + np.exp(h))
    assert np.abs(h - left).max() < 1e-10 * (1 + min(spread, 60))
    assert (np.diff(h) > 0).all()


def averages_by_quadrature(spread: float, length: float, cosine: float) -> list[float]:
    """A, B and C of one sample for rho = 1, as integrals over h, not over omega."""
    scale, rest = math.sqrt(length), math.sqrt(1 - cosine**2)

    def terms(h: float) -> tuple[float, float, float]:
        f, bend = float(expit(-h)), float(expit(-h) * expit(h))
        xi = (h - spread * f) / scale
        mass = math.exp(-(xi**2) / 2) / math.sqrt(2 * math.pi) / scale
        at = cosine * xi / rest
        seen, at_zero = float(ndtr(at)), math.exp(-(at**2) / 2) / rest
        jump = 1 + spread * bend
        b = at_zero / math.sqrt(2 * math.pi) * f * jump
        return mass * seen * bend, mass * b, mass * seen * f * f * jump

    def field(xi: float) -> float:
        return float(
            brentq(
                lambda h: h - spread * expit(-h) - scale * xi,
                scale * xi - 1,
                scale * xi + spread + 1,
                xtol=1e-14,
            )
        )

    away = [k * s for k in (1, 3, 10, 30) for s in (-1, 1)]
    cuts = [field(k * rest / cosine) for k in (0, *away)] + [field(k) for k in (-3, 3)]
    cuts += [s * math.log1p(spread) + k for s in (-1, 0, 1) for k in (0, *away)]
    low, high = field(-9), field(9)
    ends = [low, *sorted(cut for cut in cuts if low < cut < high), high]

    def whole(i: int) -> float:
        """Twice the integral of one of the terms; the 2 is the other label."""
        pairs = zip(ends, ends[1:], strict=False)
        one = [
            quad(lambda h: terms(h)[i], *p, epsabs=0, epsrel=1e-12)[0] for p in pairs
        ]
        return 2 * math.fsum(one)

    return [whole(i) for i in range(3)]


@pytest.mark.parametrize(
    ("spread", "length", "cosine"),
    [
        (1e-3, 0.01, 0.1),
        (1.0, 1.0, 0.8),
        (1e3, 1e4, 0.9),
        (1e6, 1e4, 0.5),
        (1e4, 1e6, 0.99),
        (1e3, 1e6, 0.9999),
        (1.0, 1e8, 0.99999),
    ],
)
def test_the_logistic_averages_meet_quadrature(
    spread: float, length: float, cosine: float
) -> None:
    """Two thousand equal steps were off by 6 % at the last but one."""
    found = _logistic(1, spread, length, cosine * math.sqrt(length), 1.0)
    wanted = averages_by_quadrature(spread, length, cosine)
    np.testing.assert_allclose(found, wanted, rtol=1e-11)


def test_the_logistic_averages_meet_monte_carlo() -> None:
    """Labels of both signs are drawn: nothing is halved and doubled again."""
    spread, length, cosine, draws = 5.0, 4.0, 0.8, 200_000
    h = np.linspace(-60, 60, 400_001)  # omega rises with h, so one reads it backwards
    omega_of_h = h - spread * expit(-h)
    runs = []
    for seed in range(20):
        field, noise = normal(2, draws, seed=seed).numpy()
        rest = math.sqrt(1 - cosine**2) * noise
        y = np.sign(cosine * field + rest)
        f = expit(-np.interp(y * math.sqrt(length) * field, omega_of_h, h))
        bend = f * (1 - f)
        at_zero = (y * f * rest).mean() / (1 - cosine**2)  # by parts in nu
        runs.append([(bend / (1 + spread * bend)).mean(), at_zero, (f * f).mean()])
    found = _logistic(1, spread, length, cosine * math.sqrt(length), 1.0)
    assert meets(torch.tensor(runs), torch.tensor(found, dtype=DOUBLE)).all()
    other = _logistic(1, spread, length, 0.9 * cosine * math.sqrt(length), 1.0)
    assert not meets(torch.tensor(runs), torch.tensor(other, dtype=DOUBLE)).any()


ONE = torch.eye(3, dtype=DOUBLE)
GOOD = gaussian_covariates(ONE, ONE[0], 2.0)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: predict_ridge(GOOD, 0, 0.1), "n=0"),
        (lambda: predict_ridge(GOOD, 5, -0.1), "ridge=-0.1"),
        (lambda: fixed_point(GOOD, 5, 0.0), "ridge=0.0 must be above 0"),
        (lambda: fixed_point(GOOD, 5, 0.1, "hinge"), "loss='hinge'"),
        (
            lambda: gaussian_covariates(ONE, ONE[0], 0.5),
            "cross explains 1 of power=0.5",
        ),
        (lambda: gaussian_covariates(ONE, ONE[0, :2], 2.0), "cross has 2 entries"),
        (lambda: gaussian_covariates(0 * ONE, 0 * ONE[0], 2.0), "covariance is zero"),
        (lambda: gaussian_covariates(-ONE, ONE[0], 2.0), "covariance is no covariance"),
        (lambda: gaussian_covariates(ONE, ONE[0], math.inf), "power"),
        (
            lambda: gaussian_covariates(torch.diag(ONE[0]), ONE[1], 2.0),
            "cross explains what has no variance",
        ),
    ],
)
def test_what_goes_in_is_checked(call: Callable[[], object], match: str) -> None:
    refuses(call, match)
