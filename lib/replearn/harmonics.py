"""The sphere of radius sqrt(d): its harmonics and their polynomials."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from replearn.checks import check_array, check_int, check_matrix


def count_harmonics(d: int, k: int) -> int:
    """Number of linearly independent spherical harmonics of degree k.

    Args:
        d: input dimension, >= 2.
        k: degree, >= 0.
    Returns: C(d+k-1, k) - C(d+k-3, k-2).
    Cost: O(k).
    Example:
        >>> [count_harmonics(3, k) for k in range(4)]
        [1, 3, 5, 7]
    """
    d, k = check_int("d", d, minimum=2), check_int("k", k, 0, 10**4)
    return math.comb(d + k - 1, k) - (math.comb(d + k - 3, k - 2) if k >= 2 else 0)


def gegenbauer(k: int, t: Any, d: int) -> Tensor:
    r"""The Gegenbauer polynomial P_k of the sphere in d dimensions, P_k(1) = 1.

    P_0 = 1, P_1 = t, (j + d - 2) P_{j+1} = (2j + d - 2) t P_j - j P_{j-1}. For unit
    vectors, P_k(u.x) is the harmonic of degree k that is symmetric about u; its mean
    square is one over the number of harmonics.

    Args: k: degree, >= 0. t: cosines, any shape. d: input dimension, >= 2.
    Returns: P_k(t), same shape.
    Cost: O(k) per point.
    Example:
        >>> gegenbauer(2, torch.tensor([0.0, 1.0]), 3).tolist()
        [-0.5, 1.0]
    """
    *_, last = gegenbauers(k, t, d)
    return last


def gegenbauers(max_degree: int, t: Any, d: int) -> Iterator[Tensor]:
    """P_0(t), ..., P_K(t) one after the other, see `gegenbauer`.

    Args: max_degree: K, >= 0. t: cosines, any shape. d: input dimension, >= 2.
    Returns: an iterator of K + 1 tensors shaped as t.
    Cost: O(K) per point.
    Example:
        >>> [float(p) for p in gegenbauers(2, torch.tensor(0.0), 3)]
        [1.0, 0.0, -0.5]
    """
    max_degree = check_int("degree", max_degree, 0, 10**4)
    d = check_int("d", d, minimum=2, why="the circle is the smallest sphere")
    t = check_array("t", t, graph=True)
    previous, current = torch.zeros_like(t), torch.ones_like(t)
    yield current
    for j in range(max_degree):
        step = (2 * j + d - 2) * t * current - j * previous
        # d = 2, j = 0 is the one place where j + d - 2 vanishes; P_1 = t always
        previous, current = current, t if j == 0 else step / (j + d - 2)
        yield current


def to_sphere(x: Any) -> Tensor:
    """Inputs x (n, d) stretched to length sqrt(d); Gaussian ones become uniform.

    Args: x: inputs, none of them zero.
    Returns: tensor (n, d).
    Cost: O(n d).
    Example:
        >>> to_sphere(torch.tensor([[3.0, 0.0, 0.0, 0.0]])).tolist()
        [[2.0, 0.0, 0.0, 0.0]]
    """
    x = check_matrix("x", x, graph=True)
    lengths = x.norm(dim=1, keepdim=True)
    if not bool((lengths.isfinite() & (lengths > 0)).all()):
        raise ValueError("x has a row whose length is 0, or too large for its dtype")
    return x * (math.sqrt(x.shape[1]) / lengths)
