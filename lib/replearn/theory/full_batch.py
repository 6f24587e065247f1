"""Ridge and logistic regression on Gaussian features, from the features' covariance."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import root
from scipy.special import expit, ndtr
from torch import Tensor

from replearn.checks import (
    check_choice,
    check_int,
    check_real,
    check_vector,
    undisturbed,
)
from replearn.targets.generators import check_covariance
from replearn.theory.eigenlearning import MAX_SAMPLES, solve_kappa

Array = NDArray[np.float64]
LOSSES = ("square", "logistic")
EMPTY = 1e-12  # eigenvalues below this share of the largest hold nothing
END = 9.0  # of the fields that are averaged over, in standard deviations
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)  # on each panel of them
ROUNDS, WARM, CLOSE, NEAR = 30, 4, 1e-13, 1e-9
MOST = 100  # evaluations of a root finder
FIRST, FALL = 1e3, 10.0  # ridges, in units of the mean eigenvalue, on the way down
STEP = 0.7  # of the way to the next round
LOG = 300.0  # bound of a logarithm on a search


@dataclass(frozen=True)
class Covariates:
    r"""Gaussian features phi, and a label nu to which they are correlated.

    Args:
        eigenvalues: s of the features' covariance (p,), >= 0, not all zero.
        squares: b_i, the squared components of E phi nu along its eigenvectors (p,).
        power: rho = E nu^2, noise included.
    """

    eigenvalues: Tensor
    squares: Tensor
    power: float


@dataclass(frozen=True)
class RidgeRisk:
    """Mean squared errors against labels with their noise.

    Args: test: on fresh samples. training: on the n that were fitted.
    """

    test: float
    training: float


@dataclass(frozen=True)
class FixedPoint:
    """A solution of the fixed-point equations.

    Args:
        test: mean squared error, or share of wrong signs, on fresh samples.
        training: mean squared error, or mean logistic loss, on those that were fitted.
        loss: as `training`, on fresh samples.
        spread: V, how far one sample moves the prediction on itself.
        length: q = E of the squared prediction. match: m = E of prediction times nu.
    """

    test: float
    training: float
    loss: float
    spread: float
    length: float
    match: float


@undisturbed
def gaussian_covariates(covariance: Any, cross: Any, power: float) -> Covariates:
    """Features by their covariance, ready for `predict_ridge` and `fixed_point`.

    Features and labels are centred: it is covariances that count.

    Args:
        covariance: of the features (p, p). cross: E phi nu (p,), centred.
        power: E nu^2, at least what the features explain of it.
    Returns: their eigenvalues, and the cross-covariance along the eigenvectors.
    Cost: O(p^3).
    Example:
        >>> gaussian_covariates([[2.0, 0.0], [0.0, 1.0]], [0.0, 3.0], 9.0).squares
        tensor([9., 0.], dtype=torch.float64)
    """
    c = check_covariance("covariance", covariance)
    if c.ndim > 2:
        raise ValueError(f"covariance has shape {tuple(c.shape)}; it must be (p, p)")
    b = check_vector("cross", cross, len(c), torch.float64)
    rho = check_real("power", power, above=0.0)
    values, vectors = torch.linalg.eigh(c)
    values, squares = values.clamp(min=0.0), (vectors.T @ b).square()
    full = values > EMPTY * values[-1]
    if not bool(full.any()):
        raise ValueError("covariance is zero: there are no features")
    beyond = float(squares[~full].sum()) > 1e-6 * float(squares.sum())
    explained = float((squares[full] / values[full]).sum())
    if beyond or explained > rho * (1 + 1e-6):
        raise ValueError(
            f"cross explains {'what has no variance' if beyond else f'{explained:.6g}'}"
            f" of power={rho:.6g}: it is no covariance with these features"
        )
    return Covariates(values, squares * full, rho)


@undisturbed
def predict_ridge(covariates: Covariates, n: int, ridge: float) -> RidgeRisk:
    r"""Ridge regression min_w sum_i (y_i - w.phi_i)^2 + lambda |w|^2, n and p large.

    kappa solves n = lambda / kappa + sum s / (s + kappa). With
    gamma = sum (s / (s + kappa))^2 / n and sigma^2 = E y^2 - sum b / s,
    test = (kappa^2 sum b / (s (s + kappa)^2) + sigma^2) / (1 - gamma) and
    training = test (lambda / (n kappa))^2.

    Source: Hastie et al. 2022; in these terms Simon et al. 2021.

    Args: covariates: of the features. n: samples. ridge: lambda >= 0, with a sum over
        samples: a mean over them would have lambda / n.
    Returns: mean squared errors; infinite at p = n without ridge.
    Cost: O(p), 0.2 ms.
    Example:
        >>> unit = gaussian_covariates(torch.eye(50), torch.zeros(50), 1.0)
        >>> risk = predict_ridge(unit, 100, 0.0)  # noise alone: n / (n - p), and back
        >>> round(risk.test, 9), round(risk.training, 9)
        (2.0, 0.5)
    """
    n = check_int("n", n, maximum=MAX_SAMPLES)
    ridge = check_real("ridge", ridge, minimum=0.0)
    full = covariates.eigenvalues > EMPTY * covariates.eigenvalues.max()
    s, b = (part[full].numpy() for part in (covariates.eigenvalues, covariates.squares))
    kappa = solve_kappa(s, np.ones_like(s), n, ridge)
    learned = s / (s + kappa)
    spare = 1 - float((learned**2).sum()) / n
    bias = float((b / s * (1 - learned) ** 2).sum())
    noise = max(covariates.power - float((b / s).sum()), 0.0)
    test = (bias + noise) / spare if spare > 0 else math.inf
    left = 1 - float(learned.sum()) / n if ridge or n > len(s) else 0.0
    return RidgeRisk(test, test * left**2 if left else 0.0)


def ridge_peak(covariates: Covariates, ridge: float) -> float:
    r"""The test error of `predict_ridge` at n = p, to leading order in a small ridge.

    sigma^2 p / (2 sqrt(lambda sum 1 / s)), with sigma^2 = E y^2 - sum b / s.

    Args: covariates: of the features, no eigenvalue zero. ridge: lambda > 0.
    Returns: the error.
    Cost: O(p).
    Example:
        >>> unit = Covariates(torch.ones(200), torch.zeros(200), 1.0)
        >>> round(ridge_peak(unit, 0.01), 1)  # sqrt(n / lambda) / 2
        70.7
    """
    s, b = covariates.eigenvalues, covariates.squares
    noise = covariates.power - float((b / s).sum())
    lam = check_real("ridge", ridge, above=0.0)
    return noise * len(s) / (2 * math.sqrt(lam * float((1 / s).sum())))


@undisturbed
def fixed_point(
    covariates: Covariates, n: int, ridge: float, loss: str = "logistic"
) -> FixedPoint:
    r"""Regression min_w sum_i l(y_i, w.phi_i) + (lambda / 2) |w|^2, n and p large.

    "square": y = nu, l = (y - h)^2 / 2. "logistic": y = sign nu and
    l = log(1 + exp(-y h)). With a, b, c the responses of the loss to one field h, of
    mean square q and overlap m with nu, and sums over the p features,
    V = sum s / (lambda + a s), q = sum (c s^2 + b^2 beta s) / (lambda + a s)^2,
    m = b sum beta / (lambda + a s), where beta are the squares of the covariates; see
    `_square` and `_logistic` for a, b, c. The solution is followed while lambda falls
    to its value.

    Source: Loureiro et al. 2021, the replica equations of the Gaussian covariate model.

    Args:
        covariates: of the features. n: samples. ridge: lambda > 0, with a sum over
            samples. loss: "square" or "logistic".
    Returns: errors and order parameters.
    Raises: ValueError: no fixed point was reached.
    Accuracy: 1e-9 in log V, log q and atanh(m / sqrt(rho q)). The averages of the
        logistic loss are kept to 1e-11 up to V = 1e6 rho and q = 1e8 rho, where
        1 - m^2 / (rho q) is at least 2e-5. Beyond lie labels without noise with 100
        samples a feature and a ridge of 1e-8, for which none may be found.
    Cost: O(p) a round for the square loss, 0.02 s in all. O(p + 1000) for the logistic
        one: 80 rounds and 0.1 s where the ridge is 1, 600 and 1.2 s for labels without
        noise, p = 50, n = 2000 and a ridge of 1e-8; 10 s before it raises.
    Example:
        >>> unit = gaussian_covariates(torch.eye(50), torch.ones(50) / 8, 1.0)
        >>> two = fixed_point(unit, 90, 2.0, "square")
        >>> abs(predict_ridge(unit, 90, 2.0).test - two.test) < 1e-9
        True
    """
    n = check_int("n", n, maximum=MAX_SAMPLES)
    ridge = check_real("ridge", ridge, above=0.0)
    name = check_choice("loss", loss, LOSSES)
    channel = _square if name == "square" else _logistic
    s, beta = covariates.eigenvalues.numpy(), covariates.squares.numpy()
    rho = covariates.power
    top = max(ridge, FIRST * float(s.mean()))
    falls = max(math.ceil(math.log(top / ridge) / math.log(FALL)), 1)
    state = _inward(float(s.sum()) / top, 1e-6 * rho, 0.0, rho)
    for lam in np.geomspace(top, ridge, falls + 1):
        state = _settle(_round(s, beta, rho, n, float(lam), channel), state)
    found = _outward(state, rho)
    read = _squared if name == "square" else _signs
    return FixedPoint(*read(*found, rho), *found)


Channel = Callable[[int, float, float, float, float], tuple[float, float, float]]


def _settle(step: Callable[[Array], Array], state: Array) -> Array:
    """The fixed point of a round, in coordinates without bounds: see `_inward`.

    A few rounds lead into its basin; Powell's method finds the root of what a further
    round would change; rounds alone, if that fails.
    """
    for _ in range(ROUNDS):
        for _ in range(WARM):
            state = state + STEP * (step(state) - state)
        found = root(
            lambda at: step(at) - at, state, tol=CLOSE, options={"maxfev": MOST}
        )
        if np.isfinite(found.x).all() and np.abs(step(found.x) - found.x).max() < NEAR:
            return np.asarray(found.x)
    raise ValueError("the ridge is too small: no fixed point was reached")


def _round(
    s: Array, beta: Array, rho: float, n: int, lam: float, channel: Channel
) -> Callable[[Array], Array]:
    """One round of the equations."""

    def step(at: Array) -> Array:
        a, b, c = channel(n, *_outward(at, rho), rho)
        pull = lam + a * s
        match = b * float((beta / pull).sum())
        length = float(((c * s + b * b * beta) * s / pull**2).sum())
        return _inward(float((s / pull).sum()), length, match, rho)

    return step


def _inward(spread: float, length: float, match: float, rho: float) -> Array:
    """(log V, log q, atanh of the cosine between prediction and label)."""
    cosine = min(match / math.sqrt(rho * length), 1 - 1e-15)
    return np.array([math.log(spread), math.log(length), math.atanh(cosine)])


def _outward(at: Array, rho: float) -> tuple[float, float, float]:
    spread, length = (math.exp(min(max(float(v), -LOG), LOG)) for v in at[:2])
    return spread, length, math.tanh(float(at[2])) * math.sqrt(rho * length)


def _square(
    n: int, spread: float, length: float, match: float, rho: float
) -> tuple[float, float, float]:
    """a = b = n / (1 + V), c = n E(nu - h)^2 / (1 + V)^2."""
    pull = n / (1 + spread)
    return pull, pull, pull**2 / n * (rho + length - 2 * match)


def _logistic(
    n: int, spread: float, length: float, match: float, rho: float
) -> tuple[float, float, float]:
    r"""The responses, on the field h that sees the sample, given the one that does not.

    With h = omega + V sigma(-h), omega = sqrt(q) xi, for y = 1, f = sigma(-h) and nu
    given omega of mean m xi / sqrt q and variance v = rho - m^2 / q:
    a = 2 n E P(nu > 0) f (1 - f) / (1 + V f (1 - f)), c = 2 n E P(nu > 0) f^2 and
    b = 2 n E p(nu = 0) f; the 2 is the other label.
    """
    xi, mass, positive, at_zero = _label_given_field(spread, length, match, rho)
    f = expit(-_proximal(math.sqrt(length) * xi, spread))
    bend = f * (1 - f)
    a = float(mass @ (positive * bend / (1 + spread * bend)))
    return (
        2 * n * a,
        2 * n * float(mass @ (at_zero * f)),
        2 * n * float(mass @ (positive * f * f)),
    )


def _label_given_field(
    spread: float, length: float, match: float, rho: float
) -> tuple[Array, Array, Array, Array]:
    """Nodes xi and their masses; P(nu > 0) and the density of nu at 0 given xi."""
    slope = match / math.sqrt(length)
    width = math.sqrt(max(rho - match**2 / length, 1e-9 * rho))
    xi, mass = _panels(spread, math.sqrt(length), width / max(abs(slope), width))
    ratio = slope * xi / width
    density = np.exp(-(ratio**2) / 2) / math.sqrt(2 * math.pi) / width
    return xi, mass, ndtr(ratio), density


def _panels(spread: float, scale: float, step: float) -> tuple[Array, Array]:
    """Nodes and masses of a standard normal xi, dense where an average bends.

    P(nu > 0) bends at xi = 0, within `step`; as omega = scale xi goes up, f leaves 1
    near -V - log(1 + V) and reaches 0 near log(1 + V), within about one. Away from each
    of these places the panels double in width.
    """
    knee, one = math.log1p(spread), 1 / scale
    edges = [np.array([-END, END])]
    places = (0.0, min(step, one)), (knee * one, one), (-(spread + knee) * one, one)
    for place, least in places:
        rungs = max(math.ceil(math.log2(2 * END / least)), 0)
        away = least * 2.0 ** np.arange(rungs)
        edges.append(np.concatenate([place - away, [place], place + away]))
    cuts = np.unique(np.concatenate(edges).clip(-END, END))
    half, middle = np.diff(cuts) / 2, (cuts[1:] + cuts[:-1]) / 2
    xi = (middle[:, None] + half[:, None] * NODES).ravel()
    mass = (half[:, None] * WEIGHTS).ravel()
    return xi, mass * np.exp(-(xi**2) / 2) / math.sqrt(2 * math.pi)


def _proximal(omega: Array, spread: float) -> Array:
    """The h with h = omega + V sigma(-h), by Newton's steps inside a bisection."""
    low, high = omega.copy(), omega + spread
    guess = np.maximum(omega, math.log1p(spread) - np.log1p(np.abs(omega)))
    h = np.clip(guess, low, high)
    for _ in range(200):
        f = expit(-h)
        excess = h - omega - spread * f
        low, high = np.where(excess < 0, h, low), np.where(excess < 0, high, h)
        newton = h - excess / (1 + spread * f * (1 - f))
        inside = (newton > low) & (newton < high)
        new = np.where(inside, newton, (low + high) / 2)
        moved = float((np.abs(new - h) / (1 + np.abs(new))).max())
        h = new
        if moved <= 1e-13:
            break
    return h


def _squared(
    spread: float, length: float, match: float, rho: float
) -> tuple[float, float, float]:
    test = rho + length - 2 * match
    return test, test / (1 + spread) ** 2, test


def _signs(
    spread: float, length: float, match: float, rho: float
) -> tuple[float, float, float]:
    cosine = match / math.sqrt(rho * length)
    xi, mass, positive, _ = _label_given_field(spread, length, match, rho)
    omega = math.sqrt(length) * xi
    seen = _proximal(omega, spread)
    training, test = (
        2 * float(mass @ (positive * np.logaddexp(0, -h))) for h in (seen, omega)
    )
    return math.acos(min(max(cosine, -1.0), 1.0)) / math.pi, training, test
