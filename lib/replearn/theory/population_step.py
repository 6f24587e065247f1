"""The expected gradient of the first step, exactly, from Hermite coefficients."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from replearn.checks import check_directions, check_int, check_matrix, check_real
from replearn.hermite import relu_coefficients

Powers = tuple[int, ...]


def population_gradient(
    w: Any, coefficients: Mapping[Powers, float], directions: Any
) -> Tensor:
    r"""G(w) = E[f(x) x 1{w.x >= 0}] for f = g(Ux), x ~ N(0, I): no samples needed.

    With v = w / |w|, s = Uv, the part g_k(s) = sum over |k| = k of
    c_k prod_i s_i^{k_i} / sqrt(k_i!) of each degree, and the Hermite coefficients of
    the ReLU, gamma_k = E[relu(Z) He_k(Z)],

        G(w) = sum_k  gamma_{k+1} U^T grad g_{k+1}(s) + gamma_{k+2} g_k(s) v.

    For k = 1 the first term is Hw / (|w| sqrt(2 pi)), with H the expected Hessian.

    Source: Damian, Lee & Soltanolkotabi 2022, the expansion before their Lemma 4, in
    which k! g_k(s) is the k-th expected derivative, applied to v k times.

    Args:
        w: neurons (m, d), no row zero; only their directions matter.
        coefficients: (k_1, ..., k_r) -> c_k of g in the orthonormal Hermite basis, as
            in `targets.MultiIndex`; a constant and a linear part are allowed.
        directions: orthonormal U (r, d).
    Returns: (m, d), float64.
    Raises: ValueError: shapes that do not fit, a zero row, U not orthonormal.
    Cost: O(m d r + m r len(coefficients)).
    Example:
        >>> u, w = torch.eye(1, 3), torch.tensor([[0.6, 0.8, 0.0]])
        >>> square = population_gradient(w, {(2,): math.sqrt(0.5)}, u)  # H = u u^T
        >>> scaled = square * math.sqrt(2 * math.pi)  # Hw - (w.Hw) w / 2
        >>> [round(value, 6) for value in scaled[0].tolist()]
        [0.492, -0.144, 0.0]
    """
    u = check_directions(directions)
    r, d = u.shape
    checked = _check_coefficients(coefficients, r)
    w = check_matrix("w beside directions", w, d, torch.float64)
    lengths = w.norm(dim=1, keepdim=True)
    if not bool((lengths.isfinite() & (lengths > 0)).all()):
        raise ValueError("w has a row whose length is 0, or too large for a float")
    v = w / lengths
    s = v @ u.T
    top = max(sum(powers) for powers in checked)
    gamma = [
        math.sqrt(math.factorial(k)) * float(c)
        for k, c in enumerate(relu_coefficients(top + 2))
    ]
    inside, along = torch.zeros_like(s), torch.zeros_like(lengths)
    for powers, c in checked.items():
        order = sum(powers)
        scale = c / math.sqrt(math.prod(math.factorial(k) for k in powers))
        factors = torch.stack([s[:, i] ** k for i, k in enumerate(powers)], dim=1)
        along += gamma[order + 2] * scale * factors.prod(1, keepdim=True)
        for i, k in enumerate(powers):
            if k:
                others = torch.cat([factors[:, :i], factors[:, i + 1 :]], dim=1)
                slope = scale * k * s[:, i] ** (k - 1) * others.prod(1)
                inside[:, i] += gamma[order] * slope
    return inside @ u + along * v


def subspace_moment(coefficients: Mapping[Powers, float]) -> float:
    r"""E[g(z)^2 |z|^2] for z ~ N(0, I_r), which weighs the noise inside the subspace.

    The sum of `direction_moments`.

    Source: our own; used by `theory.first_step.predict_finite_overlap`.

    Args: coefficients: (k_1, ..., k_r) -> c_k of g in the orthonormal Hermite basis.
    Returns: the moment.
    Cost: O(r len(coefficients)).
    Example:
        >>> round(subspace_moment({(3,): 1.0}), 12)  # 2p + 1 for He_p / sqrt(p!)
        7.0
    """
    return sum(direction_moments(coefficients))


def direction_moments(coefficients: Mapping[Powers, float]) -> list[float]:
    r"""E[g(z)^2 z_i^2] for each i: the noise of the first step along each direction.

    In the orthonormal basis z_i sends the k-th function to sqrt(k + 1) times the next
    one and sqrt(k) times the one before; the moment is the sum of |z_i g|^2.

    Source: our own; used by `theory.curvature.predict_shares`.

    Args: coefficients: (k_1, ..., k_r) -> c_k of g in the orthonormal Hermite basis.
    Returns: r moments.
    Cost: O(r len(coefficients)).
    Example:
        >>> [round(v, 12) for v in direction_moments({(3, 0): 1.0})]
        [7.0, 1.0]
    """
    checked = _check_coefficients(coefficients)
    found = []
    for i in range(len(next(iter(checked)))):
        moved: dict[Powers, float] = {}
        for powers, c in checked.items():
            for step, factor in ((1, powers[i] + 1), (-1, powers[i])):
                there = (*powers[:i], powers[i] + step, *powers[i + 1 :])
                moved[there] = moved.get(there, 0.0) + c * math.sqrt(factor)
        found.append(sum(c * c for c in moved.values()))
    return found


def _check_coefficients(
    coefficients: Mapping[Powers, float], r: int | None = None
) -> dict[Powers, float]:
    if not isinstance(coefficients, Mapping) or not coefficients:
        raise TypeError(
            f"coefficients={coefficients!r} must map powers to numbers, {{(2,): 1}} say"
        )
    checked: dict[Powers, float] = {}
    for powers, value in coefficients.items():
        r = len(powers) if r is None and isinstance(powers, tuple) else r
        if not isinstance(powers, tuple) or len(powers) != r:
            raise ValueError(f"powers={powers!r} must be a tuple of r={r} integers")
        powers = tuple(check_int("each power", k, 0, 150) for k in powers)
        checked[powers] = check_real(f"the coefficient of {powers}", value)
    return checked
