"""The labels' part in one gradient step: transformed, or left over and in the way."""

from __future__ import annotations

import math
from functools import cache

import torch

from replearn.checks import check_choice, check_int, check_real, undisturbed
from replearn.targets import MultiIndex, degenerate_target
from replearn.targets.transforms import TRANSFORMS, Transform
from replearn.theory.curvature import predict_exact_overlap

REMOVALS = ("correlation", "centred", "least-squares")
END, POINTS = 10.0, 400_000  # of the mid-point rule: T may jump


@undisturbed
def transformed_moments(
    target: MultiIndex,
    transform: Transform,
    noise: float = 0.0,
    removal: str = "correlation",
) -> tuple[float, float]:
    r"""H_T = E[T(y) (z^2 - 1)], z = u.x, and V: the step on T(y) in two numbers.

    T(y) is a label like any other, of expected Hessian H_T u u^T: the overlap is
    `predict_overlap(d, n, H_T**2, target_variance=V)`. V is E T(y)^2 less what leaves
    no trace: M^2 + L^2 with least squares, M = E T(y), L = E[T(y) z]. The correlation
    beta leaves (I - S) L u / 2 in every neuron, S the mean of x x^T, and, as in
    Algorithm 1 taken before M is removed, -M (mean of x) / 2: of energies d L^2 / (4 n)
    and d M^2 / (4 n), as if nothing had been removed.
    Source: derived in the book.

    Args:
        target: f*, with r = 1. transform: T, elementwise, see `targets.transforms`.
        noise: e of the labels f* +- e, >= 0. removal: "correlation", as in Algorithm
            1; "centred" if M is removed before beta is taken; or "least-squares".
    Returns: H_T and V.
    Cost: 800 000 evaluations; where T jumps the error is about 1e-5.
    Example:
        >>> cubic = MultiIndex(9, 1, 3, {(3,): 1.0})
        >>> [round(v, 3) for v in transformed_moments(cubic, torch.square)]
        [6.0, 93.0]
    """
    if target.r != 1:
        raise ValueError(f"r={target.r}: only targets of one direction, r=1")
    check_choice("removal", removal, REMOVALS)
    level = check_real("noise", noise, minimum=0.0)
    step = 2 * END / POINTS
    z = (torch.arange(POINTS, dtype=torch.float64) + 0.5) * step - END
    mass = torch.exp(-(z**2) / 2) * (step / math.sqrt(2 * math.pi))
    f = target.link(z[:, None])
    pair = torch.stack([transform(f + level), transform(f - level)]).double()
    t = mass * pair.mean(0)
    power = float((mass * pair.square().mean(0)).sum())
    free = [float(t.sum()) ** 2, float((t * z).sum()) ** 2]
    power -= sum(free[: REMOVALS.index(removal)])
    return float((t * (z**2 - 1)).sum()), power


def transformed_half(target: MultiIndex, transform: Transform) -> float:
    r"""Samples from which half of the layer lies along u, with T(y) centred, noiseless.

    n = pi d^2 Var T(y) / (2 H_T^2), where `predict_overlap` is one half.
    Source: derived in the book.

    Args: target: f*, with r = 1. transform: T, elementwise, see `targets.transforms`.
    Returns: n, a real number; infinite where H_T is zero, to 1e-6.
    Cost: as `transformed_moments`.
    Example:
        >>> cubic = MultiIndex(1, 1, 3, {(3,): 1.0})
        >>> round(transformed_half(cubic, torch.abs), 3)
        1.655
    """
    hessian, variance = transformed_moments(target, transform, removal="centred")
    if abs(hessian) < 1e-6:
        return math.inf
    return math.pi * target.d**2 * variance / (2 * hessian**2)


def hermite_half(d: int, degree: int, transform: str) -> float:
    """`transformed_half` of He_p alone, whose own labels have no curvature for p > 2.

    Source: derived in the book.

    Args: d: input dimension. degree: p. transform: a name in `TRANSFORMS`.
    Returns: n, a real number; infinite where H_T is zero.
    Cost: as `transformed_moments`, once.
    Example:
        >>> hermite_half(40, 3, "identity")
        inf
    """
    check_choice("transform", transform, tuple(TRANSFORMS))
    return check_int("d", d) ** 2 * _half_in_one(degree, transform)


@cache
def _half_in_one(degree: int, transform: str) -> float:
    """In one dimension: n_half goes with d^2."""
    return transformed_half(degenerate_target(1, 1, degree), TRANSFORMS[transform])


def hermite_overlap(n: float, d: int, degree: int, transform: str) -> float:
    """The overlap after one step on T(y) where f* is He_p alone.

    n / (n + n_half) with `hermite_half`; for T(y) = y the exact formula of
    `predict_exact_overlap`: the leak and, for even p, the small expected step.
    Source: derived in the book.

    Args: n: number of samples, > 0. d, degree, transform: as for `hermite_half`.
    Returns: alpha, between 0 and 1.
    Cost: as `hermite_half`.
    Example:
        >>> found = [hermite_overlap(6400, 40, 3, T) for T in ("identity", "abs")]
        >>> [round(alpha, 2) for alpha in found]
        [0.15, 0.71]
    """
    half = hermite_half(d, degree, transform)
    if transform == "identity":
        return predict_exact_overlap(d, n, {degree: 1.0})
    return check_real("n", n, above=0.0) / (n + half)


def correlation_onset(d: int, hessian_norm_squared: float, power: float = 1.0) -> float:
    r"""Samples at which what the removed correlation leaves has the signal's energy.

    n = sqrt(pi E y^2 / (2 |H|_F^2)) d^(3/2). Derivation: with beta the mean of y x and
    S that of x x^T, the mean of y~ x is (I - S) beta, and half of it is in every
    neuron. |beta|^2 = d E y^2 / n, and I - S shrinks squares by d / n: its energy is
    d^2 E y^2 / (4 n^2) to leading order in d / n (with the next, 1 + d / n times
    that), the signal's |H|_F^2 / (2 pi d). Well below
    that n it is the leading right singular vector; least squares leaves none of it.
    Then labels without a bound still matter: one sample is a spike of size
    |y| sqrt(m d) / (2 n) beside |H| sqrt(m / (2 pi d)), so n / d must exceed
    sqrt(pi / 2) max|y| / |H|, where max|y| is of order (2 log n)^(p / 2).
    Source: derived in the book, for f* without mean and linear part.

    Args:
        d: input dimension. hessian_norm_squared: |H|_F^2, > 0.
        power: E y^2, the label noise included, > 0.
    Returns: n, a real number.
    Cost: O(1).
    Example:
        >>> round(correlation_onset(160, 1.0) / 160, 1)
        15.9
    """
    hessian = check_real("hessian_norm_squared", hessian_norm_squared, above=0.0)
    ratio = check_real("power", power, above=0.0) / hessian
    return math.sqrt(math.pi / 2 * ratio * check_int("d", d) ** 3)
