"""What a fading Hessian costs, and how far away the lower bound is, by formula."""

from __future__ import annotations

import math
from typing import Any

import torch
from scipy.special import roots_gegenbauer

from replearn.checks import check_int, check_matrix, check_real, undisturbed
from replearn.targets import MultiIndex
from replearn.theory.population_step import (
    direction_moments,
    population_gradient,
    subspace_moment,
)
from replearn.theory.rates import MAX_DEGREE, MAX_DIMENSION

NODES = 80  # exact for s^k, k < 160: any degree here
RANK_TOLERANCE = 1e-9


def condition_number(hessian: Any, r: int) -> float:
    r"""The paper's kappa = |H^+| / sqrt(r): one over sqrt(r) times the weakest pull.

    |H^+| is one over the smallest of the r leading singular values of H.

    Source: Damian, Lee & Soltanolkotabi 2022, after their assumption 2.

    Args:
        hessian: H, (d, d), of the whole target or only along its r directions.
        r: number of directions of the target, 1 to d.
    Returns:
        kappa, infinite if H has a rank below r.
    Raises:
        ValueError, TypeError: H not a square matrix, r out of range.
    Cost:
        O(d^3).
    Example:
        >>> round(condition_number(torch.diag(torch.tensor([2.0, 0.5])), r=2), 4)
        1.4142
    """
    h = check_matrix("hessian", hessian, dtype=torch.float64)
    if h.shape[0] != h.shape[1]:
        raise ValueError(f"hessian of shape {tuple(h.shape)} must be square")
    r = check_int("r", r, maximum=len(h))
    weakest = float(torch.linalg.svdvals(h)[r - 1])
    if weakest <= RANK_TOLERANCE * max(1.0, float(h.abs().max())):
        return math.inf
    return 1 / (weakest * math.sqrt(r))


def csq_rate(d: int, degree: int) -> float:
    r"""d^{p/2}: samples below which the lower bound speaks, if tau = n^{-1/2}.

    The theorem bounds the tolerance, tau^2 <= log^{p/2}(q d) / d^{p/2}; that a
    sample of size n is a tolerance of n^{-1/2} is a heuristic. Logarithms left out.

    Source: Damian, Lee & Soltanolkotabi 2022, Theorem 2 and the heuristic after it.

    Args:
        d: input dimension, 1 to 10^9. degree: p, 1 to 20.
    Returns:
        d^{p/2}.
    Raises:
        ValueError, TypeError: an argument is not an integer in its range.
    Cost:
        O(1).
    Example:
        >>> round(csq_rate(40, 3))
        253
    """
    d = check_int("d", d, maximum=MAX_DIMENSION)
    degree = check_int("degree", degree, maximum=MAX_DEGREE)
    return float(d) ** (degree / 2)


def predict_shares(
    target: MultiIndex, n: float, noise_variance: float = 0.0
) -> list[float]:
    r"""Share of the layer's square along each direction after one step.

    alpha_i = (S_i + N_i) / (sum_j (S_j + N_j) + N_out) with S_i = |H_i|^2/(2 pi d),
    N_i = (E[f*^2 z_i^2] + s^2) / (4 n) and N_out = (d - r)(1 + s^2) / (4 n), where H_i
    is the row of H along the direction. The sum is `predict_finite_overlap`, whose
    derivation holds direction by direction.

    Source: our own.

    Args:
        target: f*, without mean and linear part. n: number of samples, > 0.
        noise_variance: s^2 of the labels, >= 0.
    Returns:
        r shares.
    Raises:
        ValueError, TypeError: arguments out of range, a target with a linear part.
    Cost:
        O(r d^2).
    Example:
        >>> from replearn.targets import paper_target
        >>> [round(share, 3) for share in predict_shares(paper_target(40, 2), 1600)]
        [0.246, 0.246]
    """
    number, noise = _check_sampling(target, n, noise_variance)
    hessian, u, d = target.expected_hessian(), target.directions, target.d
    rows = hessian[: target.r] if u is None else u @ hessian
    moments = direction_moments(target.hermite_coefficients())
    inside = [
        square / (2 * math.pi * d) + (moment + noise) / (4 * number)
        for square, moment in zip(rows.square().sum(1).tolist(), moments, strict=True)
    ]
    whole = sum(inside) + (d - target.r) * (1 + noise) / (4 * number)
    return [part / whole for part in inside]


@undisturbed
def predict_exact_overlap(
    target: MultiIndex, n: float, noise_variance: float = 0.0
) -> float:
    r"""Overlap after one step for one direction, with every term of the signal.

    alpha = (S_in + N_in) / (S_in + S_out + N_in + N_out), where S_in and S_out are the
    mean squares, over a random start, of the expected step along u and across it
    (`population_gradient`), and N_in, N_out as in `predict_finite_overlap`. For He_p
    with odd p >= 3 the signal is zero and alpha = (2p + 1)/(2p + d) at every n; for
    even p the signal's mean square is of order d^{1-p}.

    Source: our own.

    Args:
        target: f*, with r = 1 and d >= 3, without mean and linear part.
        n: number of samples, > 0. noise_variance: s^2 of the labels, >= 0.
    Returns:
        alpha, between 0 and 1.
    Raises:
        ValueError, TypeError: arguments out of range, another target.
    Cost:
        O(1).
    Example:
        >>> from replearn.targets import degenerate_target
        >>> found = predict_exact_overlap(degenerate_target(40, 1, 3), 1e3)
        >>> round(found, 4), round(7 / 46, 4)
        (0.1522, 0.1522)
    """
    number, noise = _check_sampling(target, n, noise_variance)
    d, powers = check_int("d", target.d, minimum=3), target.hermite_coefficients()
    if target.r != 1:
        raise ValueError(f"the target has r={target.r}; one direction is asked for")
    # s = u.w for a random unit w has density (1 - s^2)^{(d-3)/2}; two coordinates do
    s, weight = map(torch.from_numpy, roots_gegenbauer(NODES, d / 2 - 1))
    w = torch.stack([s, (1 - s * s).sqrt()], dim=1)
    step = population_gradient(w, powers, torch.eye(1, 2)).square()
    along, across = (weight / weight.sum() @ step).tolist()
    along += (subspace_moment(powers) + noise) / (4 * number)
    across += (d - 1) * (1 + noise) / (4 * number)
    return float(along / (along + across))


def _check_sampling(
    target: MultiIndex, n: float, noise_variance: float
) -> tuple[float, float]:
    number = check_real("n", n)
    if number <= 0:
        raise ValueError(f"n={n} must be positive")
    if low := [k for k in target.degree_weights() if k < 2]:
        raise ValueError(f"the target has parts of degree {low}: take them out first")
    return number, check_real("noise_variance", noise_variance, minimum=0.0)
