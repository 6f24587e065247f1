"""Hermite polynomials and Gaussian quadrature: the algebra of Gaussian inputs."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from replearn.checks import check_int


def hermite(k: int, x: Tensor) -> Tensor:
    r"""The probabilists' Hermite polynomial He_k, orthogonal under N(0, 1).

    He_0 = 1, He_1 = x, He_{k+1}(x) = x He_k(x) - k He_{k-1}(x);
    E[He_j(Z) He_k(Z)] = k! when j = k and 0 otherwise.

    Source: Abramowitz & Stegun, 22.7.14.

    Args:
        k: degree, >= 0.
        x: points, any shape.
    Returns:
        He_k(x), same shape.
    Raises:
        ValueError, TypeError: k is not an integer >= 0.
    Cost:
        O(k) per point.
    Example:
        >>> hermite(2, torch.tensor([0.0, 2.0])).tolist()
        [-1.0, 3.0]
    """
    check_int("k", k, minimum=0)
    previous, current = torch.zeros_like(x), torch.ones_like(x)
    for j in range(k):
        previous, current = current, x * current - j * previous
    return current


def gauss_hermite(points: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights so that sum(w f(t)) = E[f(Z)] for Z ~ N(0, 1).

    Exact for polynomials of degree below 2 `points`.

    Args:
        points: number of nodes, 1 to 300.
    Returns:
        Nodes and weights, float64, each of shape (points,).
    Raises:
        ValueError, TypeError: points is not an integer in the range.
    Cost:
        O(points^3), once.
    Example:
        >>> t, w = gauss_hermite(5)
        >>> round(float((w * t**4).sum()), 12)
        3.0
    """
    check_int("points", points, maximum=300)
    nodes, weights = np.polynomial.hermite_e.hermegauss(points)
    return torch.from_numpy(nodes), torch.from_numpy(weights / math.sqrt(2 * math.pi))


def hermite_coefficients(
    function: Callable[[Tensor], Tensor], max_degree: int, points: int = 200
) -> Tensor:
    r"""Coefficients of f in the orthonormal basis He_k / sqrt(k!).

    c_k = E[f(Z) He_k(Z)] / sqrt(k!), so that E[f(Z)^2] = sum of c_k^2.

    Args:
        function: f, elementwise on float64 tensors.
        max_degree: the largest k, >= 0.
        points: quadrature nodes; a kink (ReLU) converges only like 1/points.
    Returns:
        (c_0, ..., c_max_degree), float64.
    Raises:
        ValueError, TypeError: arguments out of range.
    Cost:
        O(points * max_degree).
    Example:
        >>> c = hermite_coefficients(lambda z: z**2, 3)
        >>> [round(float(v), 6) for v in c]  # z^2 = He_0 + sqrt(2) He_2/sqrt(2)
        [1.0, 0.0, 1.414214, 0.0]
    """
    check_int("max_degree", max_degree, minimum=0)
    nodes, weights = gauss_hermite(points)
    values = weights * function(nodes)
    return torch.stack(
        [
            (values * hermite(k, nodes)).sum() / math.sqrt(math.factorial(k))
            for k in range(max_degree + 1)
        ]
    )
