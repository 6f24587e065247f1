"""The learning curve of one gradient step, for d -> infinity at fixed n / d^2."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from replearn.checks import check_int, check_real, check_vector, undisturbed
from replearn.hermite import orthonormal_hermite
from replearn.streams import Stream

END, STEP = 9.0, 1 / 16  # of the grid of u.x; a polynomial times its density ends there
RIDGE = 1e-9  # relative to a neuron's own size, in the place of 0


@undisturbed
def predict_network_limit(
    neurons: int | tuple[Any, Any],
    coefficients: Sequence[float],
    ratios: Sequence[float],
    noise_variance: float = 0.0,
    row_norm: float = 0.5,
    seed: int = 0,
) -> Tensor:
    r"""Error / Var f* of Algorithm 1 on g(u.x) as d -> infinity, n = c d^2, m fixed.

    After the step neuron j sees a_j t + k xi_j + b_j, t = u.x: along u the step is
    H w / sqrt(2 pi), the rest is noise of length sqrt(d E y^2 / (4 n)). So a_j =
    k sqrt(S) z_j, S = 2 c |H|_F^2 / (pi E y^2), k = row_norm / sqrt(1 + S mean z^2), y
    the labels without linear part. The xi_j ~ N(0, 1) are independent, but twins have
    -a_j, -xi_j and a bias of their own. The read-out is population least squares: with
    mu_j(t) the mean of neuron j over xi_j, and D the mean covariance of the neurons at
    given t, in blocks of two, it leaves min_a E(f - a.mu)^2 + a.D a
    = <f, (1 + sum_ij mu_i D^-1_ij mu_j)^-1 f>.
    Source: derived in the book, at the rigour of physics.

    Args:
        neurons: m, even, to draw z and b from N(0, 1) by `seed`; or both: the starts'
            z_j = sqrt(d) u.w_j (m / 2,), and b_j (m,), the twins' ones second.
        coefficients: (c_0, ..., c_p) of g in the basis He_k / sqrt(k!); c_0 and
            c_1 are taken to be removed by least squares, else give zeros.
        ratios: c, up to 1000. noise_variance: of the labels, >= 0.
        row_norm: rms of |w_j|, > 0. seed: >= 0.
    Returns: Errors (len(ratios),), float64, against the labels without noise.
    Cost: O(m q^2 + q^3) per ratio, with q = 300 to 2500 grid points.
    Example:
        >>> errors = predict_network_limit(([1.0], [0.5, -0.5]), [0, 0, 1], [1.0, 4.0])
        >>> [round(e, 3) for e in errors.tolist()]
        [0.873, 0.718]
    """
    if isinstance(neurons, int):
        if check_int("width", neurons, minimum=2) % 2:
            raise ValueError(f"width={neurons} must be even: neurons come in pairs")
        drawn = Stream("neurons of the limit", seed).normal(3 * neurons // 2)
        z, b = drawn.split([neurons // 2, neurons])
    else:
        z, b = neurons
    z = check_vector("starts", z, len(z), torch.float64)
    b = check_vector("biases", b, 2 * len(z), torch.float64)[:, None]
    c = [check_real("each of coefficients", v) for v in coefficients]
    rest, variance = sum(v * v for v in c[2:]), sum(v * v for v in c[1:])
    if not rest or not len(ratios):
        raise ValueError(f"coefficients={c} end below degree two, or ratios={ratios}")
    power = rest + check_real("noise_variance", noise_variance, minimum=0.0)
    check_real("row_norm", row_norm, above=0.0)
    errors = []
    for ratio in ratios:
        check_real("each of ratios", ratio, maximum=1000.0, above=0.0)
        signal = 4 * ratio * c[2] ** 2 / (math.pi * power)
        k = row_norm / math.sqrt(1 + signal * float(z.square().mean()))
        a = k * math.sqrt(signal) * z[:, None]
        step = min(STEP, k / (1.5 * max(float(a.abs().max()), k)))  # finer than kinks
        t = torch.arange(-END, END + step, step, dtype=torch.float64)
        root = (step * _density(t)).sqrt()
        mu = _whitened_means(torch.cat([a, -a]), k, b, t) * root
        f = sum(v * orthonormal_hermite(i, t) for i, v in enumerate(c) if i > 1) * root
        errors.append(f @ torch.linalg.solve(torch.eye(len(t)) + mu.T @ mu, f))
    return torch.stack(errors) / variance


def _whitened_means(a: Tensor, k: float, b: Tensor, t: Tensor) -> Tensor:
    """L^-1 mu(t), (m, q), with L L^T = D, from exact truncated moments."""
    at, mass, sigma = a * t + b, _density(t) * (t[1] - t[0]), (a**2 + k * k).sqrt()
    mu = at * _below(at / k) + k * _density(at / k)
    square = (b**2 + sigma**2) * _below(b / sigma) + b * sigma * _density(b / sigma)
    spread = (square - (mass * mu**2).sum(1, keepdim=True)).maximum(RIDGE * square)
    one, other = (spread.sqrt() + 1e-150).chunk(2)
    (up, down), (b, twin), sigma = mu.chunk(2), b.chunk(2), sigma.chunk(2)[0]
    low, high = -b / sigma, (twin / sigma).maximum(-b / sigma)  # both are open between
    inside = _below(high) - _below(low)
    first = sigma * (_density(low) - _density(high))
    second = sigma**2 * (inside + low * _density(low) - high * _density(high))
    both = b * twin * inside + (twin - b) * first - second
    shared = (both - (mass * up * down).sum(1, keepdim=True)) / one / other
    shared, up = shared.clamp(RIDGE - 1, 1 - RIDGE), up / one
    return torch.cat([up, (down / other - shared * up) / (1 - shared**2).sqrt()])


def _density(x: Tensor) -> Tensor:
    return torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


def _below(x: Tensor) -> Tensor:
    """The normal distribution; torch.special.ndtr has no digits left below -6."""
    return torch.erfc(-x / math.sqrt(2)) / 2
