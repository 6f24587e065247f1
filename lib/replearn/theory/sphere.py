"""Rotation-invariant kernels and targets on the sphere of radius sqrt(d).

That sphere stands in for N(0, I_d): a rotation-invariant kernel is diagonal there, and
its eigenspaces are the spherical harmonics of each degree. Gaussian inputs have
fluctuating norms besides.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import roots_gegenbauer
from torch import Tensor

from replearn.checks import check_int, check_real, undisturbed
from replearn.harmonics import count_harmonics, gegenbauers
from replearn.hermite import orthonormal_hermite
from replearn.kernels import Kernel, gram_of

Array = NDArray[np.float64]

ROUNDING = 1e-12


def max_level(d: int) -> int:
    """The largest harmonic degree that the quadrature resolves in d dimensions.

    Args: d: input dimension.
    Returns: 200, or 30 where d is above 200.
    Cost: O(1).
    Example:
        >>> max_level(40)
        200
    """
    return 200 if check_int("d", d) <= 200 else 30


@dataclass(frozen=True)
class SphereSpectrum:
    """Eigenvalues of a rotation-invariant kernel on the sphere of radius sqrt(d).

    Args:
        d: input dimension.
        eigenvalues: (K + 1,), one per degree 0..K of the spherical harmonics.
        multiplicities: (K + 1,), how many harmonics share each eigenvalue.
        residual: k(x, x) minus the kept part of the trace: the power above degree K.
    Example:
        >>> from replearn.kernels import polynomial
        >>> sphere_spectrum(polynomial, 5, 2).multiplicities.tolist()
        [1.0, 5.0, 14.0]
    """

    d: int
    eigenvalues: Tensor
    multiplicities: Tensor
    residual: float

    @property
    def powers(self) -> Tensor:
        """Share of k(x, x) that each degree carries, (K + 1,)."""
        return self.eigenvalues * self.multiplicities


@undisturbed
def sphere_spectrum(kernel: Kernel, d: int, max_degree: int) -> SphereSpectrum:
    r"""Eigenvalues of a rotation-invariant kernel by Gauss-Gegenbauer quadrature.

    lambda_k = E[h(t) P_k(t)], with h(t) = k(x, z) at x.z = d t, P_k the Gegenbauer
    polynomial with P_k(1) = 1, and t the cosine between two uniform directions (density
    proportional to (1 - t^2)^((d-3)/2)). Degree k has
    C(d+k-1, k) - C(d+k-3, k-2) harmonics. As d grows, lambda_k times that number tends
    to the k-th power-series coefficient of h.

    Source: the Funk-Hecke formula.

    Args:
        kernel: callable (x, z) -> Gram that depends on |x|, |z| and x.z only.
        d: input dimension, >= 2.
        max_degree: the largest degree K, 0 to 200 (30 at most if d > 200).
    Returns: A `SphereSpectrum`.
    Raises: ValueError: the kernel is not finite or not rotation invariant.
    Cost: O(600 (d + K)): 600 kernel evaluations.
    Example:
        >>> from replearn.kernels import polynomial
        >>> spectrum = sphere_spectrum(lambda x, z: polynomial(x, z, degree=1), 8, 2)
        >>> [round(float(v), 6) + 0.0 for v in spectrum.eigenvalues]  # 1 + x.z/d
        [1.0, 0.125, 0.0]
    """
    d = check_int("d", d, minimum=2, why="the circle is the smallest sphere")
    max_degree = check_int("max_degree", max_degree, minimum=0, maximum=max_level(d))
    nodes, weights = _sphere_quadrature(d)
    values, at_one = _profile(kernel, d, nodes)
    counts = np.array(
        [count_harmonics(d, k) for k in range(max_degree + 1)], dtype=float
    )
    weighted = weights * values
    polynomials = gegenbauers(max_degree, torch.from_numpy(nodes), d)
    levels = np.array([weighted @ p.numpy() for p in polynomials])
    # smaller values are rounding: P_k is of size 1/sqrt(count) at the nodes
    levels[np.abs(levels) < ROUNDING * at_one / np.sqrt(counts)] = 0.0
    if (levels < 0).any():
        raise ValueError(
            f"the kernel has negative eigenvalues on the sphere of d={d}, degrees "
            f"{np.flatnonzero(levels < 0).tolist()}: it is not positive semi-definite"
        )
    residual = at_one - float(levels @ counts)
    return SphereSpectrum(
        d,
        torch.from_numpy(levels),
        torch.from_numpy(counts),
        residual if residual > ROUNDING * at_one else 0.0,
    )


@undisturbed
def sphere_degree_powers(
    d: int, degree_weights: Mapping[int, float], r: int = 1
) -> Tensor:
    r"""Power per harmonic degree of a Hermite target placed on the sphere.

    The target is f(x) = sum_i q(u_i.x) / sqrt(r) with
    q = sum_k sqrt(w_k) He_k / sqrt(k!), u_i orthonormal. On the sphere He_k is degree
    k plus a part of order 1/d in degrees k - 2, k - 4, ...; with
    b_j = m_j E[q P_j], m_j harmonics of degree j, the power is
    (b_j^2 / m_j) (1 + (r - 1) P_j(0)). The mean (degree 0) is dropped and the rest
    scaled to sum to 1.

    Args:
        d: input dimension, >= 2.
        degree_weights: {k: w_k}, Hermite degree k >= 1 -> power w_k >= 0, not all zero.
        r: number of directions, 1 to d.
    Returns: (p_0 = 0, p_1, ..., p_K), float64, K the largest degree.
    Cost: O(600 K).
    Example:
        >>> [round(float(p), 6) for p in sphere_degree_powers(10, {2: 1.0})]
        [0.0, 0.0, 1.0]
    """
    d = check_int("d", d, minimum=2, why="the circle is the smallest sphere")
    r = check_int("r", r, maximum=d, why=f"r directions lie in d={d} dimensions")
    weights = _check_degree_weights(degree_weights)
    top = max(weights)
    nodes, mass = _sphere_quadrature(d)
    t = torch.from_numpy(nodes)
    values = np.zeros_like(nodes)
    for k, weight in weights.items():
        values += math.sqrt(weight) * orthonormal_hermite(k, math.sqrt(d) * t).numpy()
    at_zero = [float(p) for p in gegenbauers(top, t.new_zeros(()), d)]
    powers = np.zeros(top + 1)
    for j, p in enumerate(gegenbauers(top, t, d)):
        if j > 0:
            power = count_harmonics(d, j) * float((mass * values) @ p.numpy()) ** 2
            powers[j] = power * (1 + (r - 1) * at_zero[j])
    if powers.sum() <= ROUNDING:
        raise ValueError(
            f"the target {dict(degree_weights)} with r={r} is constant on the sphere "
            f"of d={d}; take r < d"
        )
    powers[powers < ROUNDING * powers.sum()] = 0.0
    return torch.from_numpy(powers / powers.sum())


@lru_cache(maxsize=16)
def _sphere_quadrature(d: int) -> tuple[Array, Array]:
    """Nodes and weights for the cosine of the angle to a fixed direction."""
    # in high dimension t lives near 0 and many nodes would underflow
    nodes, weights = roots_gegenbauer(600 if d <= 200 else 64, (d - 2) / 2)
    weights = weights / weights.sum()
    if not np.isfinite(weights).all():
        raise ValueError(f"d={d} is too large for the quadrature on the sphere")
    return nodes, weights


def _profile(kernel: Kernel, d: int, nodes: Array) -> tuple[Array, float]:
    """h(t) at the nodes and at t = 1, after a check that h exists."""
    cosines = np.append(nodes, 1.0)
    sines = np.sqrt(1 - cosines**2)
    points = torch.zeros(len(cosines), d, dtype=torch.float64)
    points[:, 0] = torch.from_numpy(math.sqrt(d) * cosines)
    points[:, 1] = torch.from_numpy(math.sqrt(d) * sines)
    values = _gram_row(kernel, points)
    # the same angles about another axis: a Householder reflection of every point
    axis = torch.linspace(1.0, 2.0, d, dtype=torch.float64)
    mirror = points - 2 * torch.outer(points @ axis, axis) / (axis @ axis)
    if not np.allclose(_gram_row(kernel, mirror), values, rtol=1e-5, atol=1e-7):
        raise ValueError(
            "the kernel is not rotation invariant: turning both inputs changes it"
        )
    return values[:-1], float(values[-1])


def _gram_row(kernel: Kernel, points: Tensor) -> Array:
    row: Array = gram_of(kernel, points[-1:], points)[0].numpy()
    if row[-1] <= 0:
        raise ValueError("kernel(x, z) must be positive at x = z")
    return row


def _check_degree_weights(degree_weights: Mapping[int, float]) -> dict[int, float]:
    if not isinstance(degree_weights, Mapping):
        raise TypeError(
            f"degree_weights={degree_weights!r} must map degrees to powers, "
            "e.g. {2: 0.5, 3: 0.5}"
        )
    weights = {
        check_int("each degree in degree_weights", k, maximum=20): check_real(
            f"degree_weights[{k}]", w, minimum=0.0
        )
        for k, w in degree_weights.items()
    }
    if sum(weights.values()) <= 0:
        raise ValueError(f"degree_weights={weights} must have a positive power")
    return weights
