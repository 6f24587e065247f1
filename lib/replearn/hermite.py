"""Hermite polynomials and Gaussian quadrature: the algebra of Gaussian inputs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from replearn.checks import (
    check_array,
    check_finite,
    check_int,
    check_real,
    check_vector,
    undisturbed,
)

MAX_DEGREE = 10**4
TOO_HIGH = "take a lower degree, or points nearer to zero"


def hermite(k: int, x: Any) -> Tensor:
    r"""The probabilists' Hermite polynomial He_k, orthogonal under N(0, 1).

    He_0 = 1, He_1 = x, He_{k+1}(x) = x He_k(x) - k He_{k-1}(x);
    E[He_j(Z) He_k(Z)] = k! when j = k and 0 otherwise.

    Source: Abramowitz & Stegun, 22.7.14.

    Args:
        k: degree, >= 0.
        x: points, any shape.
    Returns: he_k(x), same shape.
    Cost: O(k) per point.
    Example:
        >>> hermite(2, torch.tensor([0.0, 2.0])).tolist()
        [-1.0, 3.0]
    """
    k, x = check_int("k", k, 0, MAX_DEGREE), check_array("x", x, graph=True)
    previous, current = torch.zeros_like(x), torch.ones_like(x)
    for j in range(k):
        previous, current = current, x * current - j * previous
    return check_finite(f"He_{k}(x)", current, TOO_HIGH)


def orthonormal_hermite(k: int, x: Any) -> Tensor:
    r"""h_k = He_k / sqrt(k!), of mean square one under N(0, 1).

    h_0 = 1, h_1 = x, sqrt(k + 1) h_{k+1}(x) = x h_k(x) - sqrt(k) h_{k-1}(x), which
    stays in range where k! does not.

    Source: Abramowitz & Stegun, 22.7.14, rescaled.

    Args:
        k: degree, >= 0.
        x: points, any shape.
    Returns: h_k(x), same shape.
    Cost: O(k) per point.
    Example:
        >>> value = orthonormal_hermite(2, torch.tensor(3.0))  # (9 - 1) / sqrt(2)
        >>> round(float(value), 4)
        5.6569
    """
    k, x = check_int("k", k, 0, MAX_DEGREE), check_array("x", x, graph=True)
    previous, current = torch.zeros_like(x), torch.ones_like(x)
    for j in range(k):
        following = (x * current - math.sqrt(j) * previous) / math.sqrt(j + 1)
        previous, current = current, following
    return check_finite(f"h_{k}(x)", current, TOO_HIGH)


@undisturbed
def gauss_hermite(points: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights so that sum(w f(t)) = E[f(Z)] for Z ~ N(0, 1).

    Exact for polynomials of degree below 2 `points`.

    Args: points: number of nodes, 1 to 300.
    Returns: nodes and weights, float64, each of shape (points,).
    Cost: O(points^3), once.
    Example:
        >>> t, w = gauss_hermite(5)
        >>> round(float((w * t**4).sum()), 12)
        3.0
    """
    points = check_int("points", points, maximum=300)
    nodes, weights = np.polynomial.hermite_e.hermegauss(points)
    return torch.from_numpy(nodes), torch.from_numpy(weights / math.sqrt(2 * math.pi))


@undisturbed
def hermite_coefficients(
    function: Callable[[Tensor], Tensor], max_degree: int, points: int = 200
) -> Tensor:
    r"""Coefficients of f in the orthonormal basis He_k / sqrt(k!).

    c_k = E[f(Z) He_k(Z)] / sqrt(k!), so that E[f(Z)^2] = sum of c_k^2.

    Args:
        function: f, elementwise on float64 tensors.
        max_degree: the largest k, >= 0.
        points: quadrature nodes; a kink (ReLU) converges only like 1/points.
    Returns: (c_0, ..., c_max_degree), float64.
    Cost: O(points * max_degree^2).
    Example:
        >>> c = hermite_coefficients(lambda z: z**2, 3)
        >>> [round(float(v), 6) for v in c]  # z^2 = He_0 + sqrt(2) He_2/sqrt(2)
        [1.0, 0.0, 1.414214, 0.0]
    """
    max_degree = check_int("max_degree", max_degree, 0, MAX_DEGREE)
    nodes, weights = gauss_hermite(points)
    values = check_vector("function(nodes)", function(nodes), len(nodes), nodes.dtype)
    basis = [orthonormal_hermite(k, nodes) for k in range(max_degree + 1)]
    return torch.stack([(weights * values * h).sum() for h in basis])


@undisturbed
def relu_coefficients(max_degree: int, bias: float = 0.0) -> Tensor:
    r"""Coefficients of z -> relu(z + b) in the orthonormal basis, in closed form.

    c_0 = phi(b) + b Phi(b), c_1 = Phi(b), and for k >= 2, since the second derivative
    is a point mass at -b, c_k = phi(b) h_{k-2}(-b) / sqrt(k (k - 1)), with the normal
    density phi and distribution Phi. At b = 0 every odd one above c_1 vanishes.

    Source: integration by parts; tested against quadrature.

    Args:
        max_degree: the largest k, >= 0.
        bias: b, finite.
    Returns: (c_0, ..., c_max_degree), float64.
    Cost: O(max_degree^2).
    Example:
        >>> [round(float(c), 4) for c in relu_coefficients(4)]
        [0.3989, 0.5, 0.2821, 0.0, -0.0814]
    """
    max_degree = check_int("max_degree", max_degree, 0, MAX_DEGREE)
    b = torch.tensor(check_real("bias", bias), dtype=torch.float64)
    density = torch.exp(-(b**2) / 2) / math.sqrt(2 * math.pi)
    below = torch.special.ndtr(b)
    found = [density + b * below, below]
    for k in range(2, max_degree + 1):
        # the density beats any power of b, but not in floating-point numbers
        h = orthonormal_hermite(k - 2, -b) if density > 0 else density
        found.append(density * h / math.sqrt(k * (k - 1)))
    return torch.stack(found[: max_degree + 1]) + 0.0  # no negative zeros
