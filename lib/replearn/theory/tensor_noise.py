"""How far an average over samples is from an expected derivative of the target."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from replearn.checks import check_int, check_real
from replearn.hermite import gauss_hermite
from replearn.targets import MultiIndex

MAX_NODES = 10**6


def predict_tensor_error(
    target: MultiIndex, degree: int, n: float, noise: float = 0.0
) -> float:
    r"""Mean squared error of all Hermite coefficients of one degree, from n samples.

    The estimate of T = E[grad^k f*] is the average of y He_k(x) over n samples, with
    He_1(x) = x, He_2(x) = x x^T - I and so on, and the errors of the coefficients sum
    to |T_n - T|_F^2 / k!, whose mean is

        (E[(f*^2 + s^2) |He_k(x)|_F^2] - |T|_F^2) / (k! n).

    |He_k(x)|_F^2 has the mean k! C(d + k - 1, k): to leading order in d the error is
    the number of the coefficients over n.

    Derivation: our own. With q = |x|^2, |He_k(x)|_F^2 is q, q^2 - 2q + d or
    q^3 - 6q^2 + (3d + 6)q; what of q lies outside the span of U is chi-square.

    Args:
        target: f*, with r and its degree small enough for a product quadrature.
        degree: k, 1 to 3.
        n: number of samples, > 0 (real, so that a line can be drawn).
        noise: s of the labels, >= 0.
    Returns: the mean squared error.
    Cost: O((p + 4)^r) for a target of degree p.
    Example:
        >>> from replearn.targets import paper_target
        >>> target = paper_target(10, 1, 2)  # E[f*^2 |x|^2] = d + 4
        >>> round(predict_tensor_error(target, 1, n=100), 6)
        0.14
    """
    degree = check_int("degree", degree, maximum=3)
    samples, level = _check_sampling(n, noise)
    d, r = target.d, target.r
    powers = {1: (0, 1), 2: (d, -2, 1), 3: (0, 3 * d + 6, -6, 1)}[degree]
    inside = [
        _mean(target, partial(_weighted_norm, order=j, level=level))
        for j in range(degree + 1)
    ]
    outside = [_chi_square_moment(d - r, j) for j in range(degree + 1)]
    squares = sum(
        factor * math.comb(power, j) * inside[j] * outside[power - j]
        for power, factor in enumerate(powers)
        for j in range(power + 1)
    )
    share = target.degree_weights().get(degree, 0.0)
    error = (squares / math.factorial(degree) - share) / samples
    return check_real("the error at this n and noise", error)


def predict_curvature_error(
    target: MultiIndex, direction: int, n: float, noise: float = 0.0
) -> float:
    r"""Mean squared error of u_i^T H u_i estimated from n samples.

    The estimate averages y (z_i^2 - 1) with z_i = u_i.x, so that its error is
    (E[(f*^2 + s^2)(z_i^2 - 1)^2] - (u_i^T H u_i)^2) / n: it falls like 1/n at a
    constant that does not know d.

    Derivation: our own.

    Args:
        target: f*, with r and its degree small enough for a product quadrature.
        direction: i, from 0 to r - 1.
        n: number of samples, > 0.
        noise: s of the labels, >= 0.
    Returns: the mean squared error.
    Cost: O((p + 4)^r) for a target of degree p.
    Example:
        >>> from replearn.targets import degenerate_target
        >>> round(predict_curvature_error(degenerate_target(9), 0, n=100), 6)
        0.62
    """
    i = check_int("direction", direction, minimum=0, maximum=target.r - 1)
    samples, level = _check_sampling(n, noise)

    def square(f: Tensor, z: Tensor) -> Tensor:
        return (f**2 + level) * (z[:, i] ** 2 - 1) ** 2

    mean = _mean(target, lambda f, z: f * (z[:, i] ** 2 - 1))
    error = (_mean(target, square) - mean**2) / samples
    return check_real("the error at this n and noise", error)


def _weighted_norm(f: Tensor, z: Tensor, order: int, level: float) -> Tensor:
    return (f**2 + level) * z.square().sum(1) ** order


def _check_sampling(n: float, noise: float) -> tuple[float, float]:
    samples = check_real("n", n, above=0.0)
    return samples, check_real("noise", noise, minimum=0.0) ** 2


def _mean(target: MultiIndex, function: Callable[[Tensor, Tensor], Tensor]) -> float:
    """E[function(f*, z)], exact where it is of degree six in z beside f*^2."""
    points = target.degree + 4
    if points**target.r > MAX_NODES:
        raise ValueError(
            f"r={target.r} and degree={target.degree} need {points}^{target.r} nodes; "
            f"{MAX_NODES} are allowed"
        )
    nodes, weights = gauss_hermite(points)
    z = torch.cartesian_prod(*[nodes] * target.r).reshape(-1, target.r)
    mass = torch.cartesian_prod(*[weights] * target.r).reshape(-1, target.r).prod(1)
    return float((mass * function(target.link(z), z)).sum())


def _chi_square_moment(freedom: int, order: int) -> float:
    """E[q^j] of a chi-square variable q; one of no freedom is 0."""
    return float(math.prod(freedom + 2 * j for j in range(order)))
