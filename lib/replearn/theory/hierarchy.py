"""What a level of a hierarchy learns alone, and what it costs to count the whole."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from replearn.checks import (
    check_directions,
    check_int,
    check_matrix,
    check_real,
    undisturbed,
)

MAX_LEVELS = 12


def hierarchy_plateau(k: int, skip_share: float, gap: float) -> float:
    r"""f_2, the error of the first level while the second is not there yet.

    f_2 = min over unitary U of E|S*_2 - U S_2|^2 = k (sqrt(1 + 2 (1 - rho) a) - 1)^2.
    Conventions: levels are numbered as in the paper, so the first that is learnt is 2.
    a = alpha_3 / alpha_2 is the gap. E|S*_2|^2 = E|S*_3|^2 = k, and of the latter
    the share rho comes through the skip link from x, 1 - rho through W_{3,2} S_2^2.

    Derivation: let S_2 be standard normal, and A = W_{3,2} = c Q with Q orthogonal;
    then E|A S_2^2|^2 = 3 c^2 k = (1 - rho) k. The best quadratic in S_2 to
    |S_2|^2 + a |A S_2^2 + B x|^2 has the matrix I + a/2 E Hess = (1 + 6 c^2 a) I, since
    |A s^2|^2 = c^2 sum_j s_j^4 and s^4 has the part 6 s^2; the product with the skip
    link is odd, and the link's own square resembles S_2^2 by O(1/d) only. So
    S_2 = sqrt(1 + 2 (1 - rho) a) S*_2: the right features, of the wrong size. For
    small a this is k (1 - rho)^2 a^2.

    Source: our own derivation for the class of Allen-Zhu & Li 2023, whose Theorem 2
    has the scale a^2. It is exact in the limit of dense W_{2,1}, many inputs and equal
    singular values; on Gaussian inputs, where S_2 is far from Gaussian, too small.

    Args:
        k: width of both levels, >= 1. skip_share: rho, 0 to 1. gap: a >= 0.
    Returns: f_2.
    Cost: O(1).
    Example:
        >>> round(hierarchy_plateau(2, 0.5, 0.1), 5)
        0.00476
    """
    k = check_int("k", k)
    rho = check_real("skip_share", skip_share, minimum=0.0, maximum=1.0)
    a = check_real("gap", gap, minimum=0.0)
    grown = 2 * (1 - rho) * a
    return k * (grown / (math.sqrt(1 + grown) + 1)) ** 2


def quadratic_remainder(skip_share: float, gap: float) -> float:
    r"""What a quadratic in the features and the inputs leaves of a label of two levels.

    (8/3) (1 - rho) a^2 over 2 (1 + 2 (1 - rho) a)^2 + (2 rho^2 + (4/3) (1 - rho) rho +
    (8/3) (1 - rho)) a^2.

    Derivation: for one feature let s = S_2 and the skip link's t be independent
    standard normal, y = s^2 + a (c s^2 + b t)^2 with 3 c^2 = 1 - rho and b^2 = rho.
    As s^4 = (s^4 - 6 s^2 + 3) + 6 s^2 - 3 and s^2 t = (s^2 - 1) t + t, the parts
    beyond degree two have the mean squares 24 c^4 a^2 and 8 c^2 b^2 a^2. The others
    have 2 (1 + 6 c^2 a)^2 for s^2, 2 b^4 a^2 for t^2 and 4 c^2 b^2 a^2 for t. With k
    features and W_{3,2} a multiple of an orthogonal matrix all are k times that.

    Source: our own derivation for the class of Allen-Zhu & Li 2023, exact in the limit
    of dense weights and many inputs.

    Args: skip_share: rho, 0 to 1. gap: a >= 0.
    Returns: a share of the label's variance, 0 to 1.
    Cost: O(1).
    Example:
        >>> [round(quadratic_remainder(0.5, a), 3) for a in (0.3, 1.0)]
        [0.034, 0.131]
    """
    rho = check_real("skip_share", skip_share, minimum=0.0, maximum=1.0)
    a = check_real("gap", gap, minimum=0.0)
    left = 8 / 3 * (1 - rho) * a**2
    known = (
        2 * (1 + 2 * (1 - rho) * a) ** 2 + (2 * rho + 4 / 3 * (1 - rho)) * rho * a**2
    )
    return left / (left + known)


@undisturbed
def best_quadratic(first: Any, mixing: Any, skip: Any, gap: float) -> Tensor:
    r"""M* of the quadratic x.M* x that fits a plain hierarchy best, over alpha_2.

    For S_2 = W x with orthonormal rows and S_3 = A h(S_2) + B x on x ~ N(0, I), h(s) =
    (s^2 - 1)/sqrt(2), half the expected Hessian of |S_2|^2 + a |S_3|^2 is
    M* = W^T W + a [B^T B + 2 W^T diag(A^T A) W]. The constant is fitted apart.

    Source: our own derivation, by the Hermite parts of degree two: He_2 occurs twice
    in h^2, and h_i h_j, h_i x_j have none.

    Args:
        first: W (k, d), orthonormal rows. mixing: A (k_3, k). skip: B (k_3, d).
        gap: a = alpha_3 / alpha_2, >= 0.
    Returns: (d, d), float64, symmetric.
    Cost: O(k d^2).
    Example:
        >>> m = best_quadratic([[1.0, 0.0]], [[1.0]], [[0.6, 0.8]], 0.5)
        >>> [[round(v, 2) for v in row] for row in m.tolist()]
        [[2.18, 0.24], [0.24, 0.32]]
    """
    w = check_directions(first)
    k, d = w.shape
    a = check_matrix("mixing", mixing, k, torch.float64)
    b = check_matrix("skip", skip, d, torch.float64)
    gap = check_real("gap", gap, minimum=0.0)
    inner = 2 * a.square().sum(0)
    return w.T @ w + gap * (b.T @ b + w.T @ (inner[:, None] * w))


@undisturbed
def plane_tilt(first: Any, quadratic: Any) -> float:
    r"""The mean of sin^2 of the angles between span W and M*'s top eigenspace.

    It is 1 - R^2 of the true features on those that the level learns alone.

    Source: Davis & Kahan 1970 bound it by the gap of M*; here it is computed.

    Args: first: W (k, d), orthonormal rows. quadratic: M* (d, d), symmetric.
    Returns: 0 to 1.
    Cost: O(d^3).
    Example:
        >>> plane_tilt([[1.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]])
        0.5
    """
    w = check_directions(first)
    k, d = w.shape
    m = check_matrix("quadratic", quadratic, d, torch.float64)
    if m.shape != (d, d) or not torch.allclose(m, m.T):
        raise ValueError(f"quadratic has shape {tuple(m.shape)}; it must be symmetric")
    top = torch.linalg.eigh(m)[1][:, d - k :]
    return round(float(1 - (w @ top).square().sum() / k), 15) + 0.0


def correction_scale(alphas: Sequence[float], level: int, joined: int) -> float:
    r"""(alpha_{m+1} / alpha_l)^2: the scale of level l's error once m has joined.

    Theorem 2 bounds E alpha_l^2 |S*_l - U S_l|^2 by alpha_{m+1}^2 + eps^2 up to factors
    that it does not name, with eps^2 the error of the levels up to m, and
    alpha_{L+1} = 0: where all have joined nothing is left but eps.

    Source: Allen-Zhu & Li 2023 (version 6), Theorem 2.

    Args:
        alphas: alpha_2 ... alpha_L. level: l, 2 to m. joined: m, 2 to L.
    Returns: the square of the ratio.
    Cost: O(1).
    Example:
        >>> round(correction_scale((1.0, 0.1, 0.01), level=2, joined=3), 6)
        0.0001
    """
    known = [check_real("each of alphas", a, above=0.0) for a in alphas]
    m = check_int("joined", joined, 2, len(known) + 1)
    lv = check_int("level", level, 2, m, "no level is corrected before it is there")
    return (known[m - 1] / known[lv - 2]) ** 2 if m <= len(known) else 0.0


def hierarchy_degree(level: int) -> int:
    r"""The degree 2^l of the part |S_l|^2 of the paper's class, S_l itself 2^(l-1).

    Source: Allen-Zhu & Li 2023 (version 6), section 2.

    Args: level: l, 2 to 12.
    Returns: 2^l.
    Cost: O(1).
    Example:
        >>> hierarchy_degree(3)
        8
    """
    return int(2 ** check_int("level", level, 2, MAX_LEVELS))


def hierarchy_parameters(
    d: int, links: Mapping[int, Sequence[int]], widths: Mapping[int, int]
) -> int:
    r"""How many numbers the narrow K_l hold: sum over l of k_l q_l.

    q_l is the sum over j in J_l of k_j (k_j + 1) / 2 for j >= 2, and d for 0 and 1.

    Source: Allen-Zhu & Li 2023 (version 6), section 2.1.

    Args: d: input dimension. links: l -> J_l. widths: l -> k_l.
    Returns: the count.
    Cost: O(sum of |J_l|).
    Example:
        >>> hierarchy_parameters(30, {2: (1,), 3: (2, 0)}, {2: 2, 3: 2})  # beside 4.9e7
        126
    """
    d = check_int("d", d)
    k = {level: check_int(f"widths[{level}]", width) for level, width in widths.items()}
    return sum(
        k[level] * sum(d if j < 2 else k[j] * (k[j] + 1) // 2 for j in below)
        for level, below in links.items()
    )


def hierarchy_counting_bound(d: int, levels: int) -> float:
    r"""C(d, 2^(L-1)) / 1000: with fewer samples no kernel learns the last level.

    For at least 99 of 100 targets of a hard class with k_l = 1, and a risk of order
    alpha_L^2 / log(d)^(2^(L+2)). At d = 30, L = 3 it says 27 samples: nothing.

    Source: Allen-Zhu & Li 2023 (version 6), appendix on lower bounds; there with
    L <= log(log(d)) / 100, which no computer will see.

    Args: d: input dimension, >= 1. levels: L, 2 to 12.
    Returns: the bound.
    Cost: O(1).
    Example:
        >>> hierarchy_counting_bound(30, 3)
        27.405
    """
    top = 2 ** (check_int("levels", levels, 2, MAX_LEVELS) - 1)
    return math.comb(check_int("d", d, maximum=10**6), top) / 1000
