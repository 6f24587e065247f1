"""What hides the subspace from the layer's singular vectors while n is small."""

from __future__ import annotations

import math

import torch

from replearn.checks import check_int, check_real
from replearn.targets import MultiIndex


def correlation_onset(d: int, hessian_norm_squared: float, power: float = 1.0) -> float:
    r"""Samples at which what the removed correlation leaves has the signal's energy.

    n = sqrt(pi E y^2 / (2 |H|_F^2)) d^(3/2). Derivation: with beta the mean of y x and
    S that of x x^T, the mean of y~ x is (I - S) beta, and half of it is in every
    neuron. |beta|^2 = d E y^2 / n, and I - S shrinks squares by d / n: its energy is
    d^2 E y^2 / (4 n^2) to leading order, the signal's |H|_F^2 / (2 pi d). Well below
    that n it is the leading right singular vector; least squares leaves none of it.

    Source: derived in the book, for f* without mean and linear part.

    Args:
        d: input dimension. hessian_norm_squared: |H|_F^2, > 0.
        power: E y^2, the label noise included, > 0.
    Returns:
        n, a real number.
    Raises:
        ValueError, TypeError: arguments out of range.
    Cost:
        O(1).
    Example:
        >>> round(correlation_onset(160, 1.0) / 160, 1)
        15.9
    """
    hessian = check_real("hessian_norm_squared", hessian_norm_squared, minimum=1e-300)
    ratio = check_real("power", power, minimum=1e-300) / hessian
    return math.sqrt(math.pi / 2 * ratio * check_int("d", d) ** 3)


def largest_label(target: MultiIndex, n: float, noise: float = 0.0) -> float:
    r"""The scale of the largest of n labels, of order (2 log n)^(p/2).

    max |g(+-q)| + noise, where P(|z| > q) = 1 / n. One sample adds a matrix of rank one
    and size |y| d / n to the mean of y (x x^T - I), beside |H|; in the layer it adds
    |y| sqrt(m d) / (2 n), beside |H| sqrt(m / (2 pi d)). So n / d must exceed
    max |y| / |H|, in the layer sqrt(pi / 2) times that: no n = C d is enough.

    Source: derived in the book; a scale, not a limit law.

    Args:
        target: f*, with r = 1. n: number of samples, > 1. noise: of the labels, >= 0.
    Returns:
        The size.
    Raises:
        ValueError, TypeError: r is not one, arguments out of range.
    Cost:
        O(p).
    Example:
        >>> from replearn.targets import degenerate_target
        >>> round(largest_label(degenerate_target(9, degree=2), 100), 1)  # q = 2.58
        4.0
    """
    if target.r != 1:
        raise ValueError(f"r={target.r}: only targets of one direction, r=1")
    tail = 0.5 / check_real("n", n, minimum=1.0 + 1e-9)
    q = -torch.special.ndtri(torch.tensor([tail], dtype=torch.float64))
    size = float(target.link(torch.stack([q, -q])).abs().max())
    return size + check_real("noise", noise, minimum=0.0)
