"""What a fading Hessian costs, and how far away the lower bound is, by formula."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from scipy.special import roots_gegenbauer

from replearn.checks import check_int, check_matrix, check_real, undisturbed
from replearn.targets import MultiIndex
from replearn.theory.population_step import (
    Powers,
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
    Returns: kappa, infinite if H has a rank below r.
    Cost: O(d^3).
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

    Args: d: input dimension, 1 to 10^9. degree: p, 1 to 20.
    Returns: d^{p/2}.
    Cost: O(1).
    Example:
        >>> round(csq_rate(40, 3))
        253
    """
    d = check_int("d", d, maximum=MAX_DIMENSION)
    degree = check_int("degree", degree, maximum=MAX_DEGREE)
    return float(d) ** (degree / 2)


def half_turn(d: int, quadratic: float) -> float:
    r"""pi d^2 / (4 w): samples from which half of the layer's square lies along u.

    Where `predict_overlap` is one half for a target of one direction and variance one
    whose quadratic part has the weight w, |H|_F^2 = 2 w.

    Source: derived in the book, to leading order in 1/d.

    Args: d: input dimension, 1 to 10^9. quadratic: w, 0 to 1.
    Returns: n, a real number; infinite at w = 0.
    Cost: O(1).
    Example:
        >>> round(half_turn(80, 0.5) / 80**2, 2)
        1.57
    """
    d = check_int("d", d, maximum=MAX_DIMENSION)
    w = check_real("quadratic", quadratic, minimum=0.0, maximum=1.0)
    return math.pi * d * d / (4 * w) if w else math.inf


def predict_shares(
    d: int,
    n: float,
    hessian: Any,
    moments: Sequence[float],
    noise_variance: float = 0.0,
) -> list[float]:
    r"""Share of the layer's square along each direction after one step.

    alpha_i = (S_i + N_i) / (sum_j (S_j + N_j) + S_out + N_out). For a unit vector w the
    expected step is [H w - (w.Hw) w / 2] / sqrt(2 pi): all of it at degree three, whose
    odd part the gate does not see. With T = tr H and w uniform on the sphere,
    2 pi d S_i = |H_i|^2 - b_i / (d + 2) + (q + b_i) / c, 2 pi d S_out = (d - r) q / c,
    b_i = H_ii T + 2 |H_i|^2, q = (T^2 + 2 |H|_F^2) / 4, c = (d + 2) (d + 4).
    N_i = (E[f*^2 z_i^2] + s^2) / (4 n) and N_out = (d - r)(1 + s^2) / (4 n), as in
    `predict_finite_overlap`, which has no term but |H_i|^2 in its signal.

    Source: our own.

    Args:
        d: input dimension. n: number of samples, > 0.
        hessian: H along the directions, symmetric (r, r).
        moments: E[f*^2 z_i^2] for each, (r,); `population_step.direction_moments`.
        noise_variance: s^2 of the labels, >= 0.
    Returns: r shares.
    Cost: O(r^2).
    Example:
        >>> shares = predict_shares(40, 1600, [[1.0, 0.0], [0.0, 0.0]], [3.0, 1.0])
        >>> [round(share, 3) for share in shares]
        [0.404, 0.015]
    """
    h = check_matrix("hessian", hessian, dtype=torch.float64)
    r = len(h)
    d, number = check_int("d", d, minimum=r), check_real("n", n, above=0.0)
    noise = check_real("noise_variance", noise_variance, minimum=0.0)
    if h.shape[1] != r or len(moments) != r:
        raise ValueError(f"{len(moments)} moments and a {tuple(h.shape)} hessian")
    rows, trace = h.square().sum(1), float(h.trace())
    both, c = h.diagonal() * trace + 2 * rows, (d + 2) * (d + 4)
    q = (trace**2 + 2 * float(rows.sum())) / 4
    signal = (rows - both / (d + 2) + (q + both) / c) / (2 * math.pi * d)
    inside = [
        float(part) + (check_real("a moment", moment, minimum=0.0) + noise) / 4 / number
        for part, moment in zip(signal, moments, strict=True)
    ]
    outside = q / c / (2 * math.pi * d) + (1 + noise) / (4 * number)
    whole = sum(inside) + (d - r) * outside
    return [part / whole for part in inside]


@undisturbed
def predict_exact_overlap(
    d: int, n: float, coefficients: Mapping[int, float], noise_variance: float = 0.0
) -> float:
    r"""Overlap after one step for one direction, with every term of the signal.

    alpha = (S_in + N_in) / (S_in + S_out + N_in + N_out), where S_in and S_out are the
    mean squares, over a random start, of the expected step along u and across it
    (`population_gradient`), and N_in, N_out as in `predict_finite_overlap`. For He_p
    with odd p >= 3 the signal is zero and alpha = (2p + 1)/(2p + d) at every n; for
    even p the signal's mean square is of order d^{1-p}.

    Source: our own.

    Args:
        d: input dimension, >= 3. n: number of samples, > 0.
        coefficients: k -> c_k of g in the orthonormal basis, k >= 2, of unit norm: mean
            and linear part have been taken out.
        noise_variance: s^2 of the labels, >= 0.
    Returns: alpha, between 0 and 1.
    Raises: ValueError: coefficients that are not of unit norm.
    Cost: O(1).
    Example:
        >>> round(predict_exact_overlap(40, 1e3, {3: 1.0}), 4), round(7 / 46, 4)
        (0.1522, 0.1522)
    """
    d, number = check_int("d", d, minimum=3), check_real("n", n, above=0.0)
    noise = check_real("noise_variance", noise_variance, minimum=0.0)
    powers: dict[Powers, float] = {
        (check_int("each degree of coefficients", k, 2, 150),): check_real(
            "each of coefficients", c
        )
        for k, c in coefficients.items()
    }
    if abs(sum(c * c for c in powers.values()) - 1) > 1e-6:
        raise ValueError(f"coefficients={dict(coefficients)} must have unit norm")
    # s = u.w for a random unit w has density (1 - s^2)^{(d-3)/2}; two coordinates do
    s, weight = map(torch.from_numpy, roots_gegenbauer(NODES, d / 2 - 1))
    w = torch.stack([s, (1 - s * s).sqrt()], dim=1)
    step = population_gradient(w, powers, torch.eye(1, 2)).square()
    along, across = (weight / weight.sum() @ step).tolist()
    along += (subspace_moment(powers) + noise) / (4 * number)
    across += (d - 1) * (1 + noise) / (4 * number)
    return float(along / (along + across))


def target_shares(
    target: MultiIndex, n: float, noise_variance: float = 0.0
) -> list[float]:
    """`predict_shares` for a target without mean and linear part.

    Args: target: f*. n: number of samples, > 0. noise_variance: of the labels, >= 0.
    Returns: r shares.
    Cost: O(r d^2).
    Example:
        >>> from replearn.targets import paper_target
        >>> [round(share, 3) for share in target_shares(paper_target(40, 2), 1600)]
        [0.237, 0.237]
    """
    _check_no_linear_part(target)
    hessian, u = target.expected_hessian(), target.directions
    along = hessian[: target.r, : target.r] if u is None else u @ hessian @ u.T
    moments = direction_moments(target.hermite_coefficients())
    return predict_shares(target.d, n, along, moments, noise_variance)


def target_overlap(target: MultiIndex, n: float, noise_variance: float = 0.0) -> float:
    """`predict_exact_overlap` for a target of one direction, no mean or linear part.

    Args: target: f*. n: number of samples, > 0. noise_variance: of the labels, >= 0.
    Returns: alpha, between 0 and 1.
    Cost: O(1).
    Example:
        >>> from replearn.targets import degenerate_target
        >>> round(target_overlap(degenerate_target(40, 1, 3), 1e3), 4)
        0.1522
    """
    _check_no_linear_part(target)
    if target.r != 1:
        raise ValueError(f"the target has r={target.r}; one direction is asked for")
    along = {k: c for (k,), c in target.hermite_coefficients().items()}
    return predict_exact_overlap(target.d, n, along, noise_variance)


def _check_no_linear_part(target: MultiIndex) -> None:
    if low := [k for k in target.degree_weights() if k < 2]:
        raise ValueError(f"the target has parts of degree {low}: take them out first")
