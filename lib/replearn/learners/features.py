"""How far learnt features are from the true ones."""

from __future__ import annotations

import torch
from torch import Tensor


def feature_errors(true: Tensor, learnt: Tensor) -> tuple[Tensor, Tensor]:
    r"""How far features are from the true ones, up to a unitary and up to any map.

    min over unitary U of E|S* - U S|^2 = E|S*|^2 + E|S|^2 - 2 |E S S*^T|_1, with the
    sum of singular values; and 1 - R^2 of the best affine map of S to S*.

    Source: Allen-Zhu & Li 2023 (version 6), Theorem 2; Schönemann 1966 for U.

    Args: true: S* (..., n, k). learnt: S (..., n, k').
    Returns: both errors, (...).
    Cost: O(n k k').
    Example:
        >>> s = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
        >>> apart, missing = feature_errors(s, 2 * s.flip(1))
        >>> round(float(apart), 4), round(float(missing), 4) + 0.0
        (1.3333, 0.0)
    """
    n = true.shape[-2]
    cross = learnt.mT @ true / n
    sizes = (true.square().sum((-2, -1)) + learnt.square().sum((-2, -1))) / n
    apart = sizes - 2 * torch.linalg.svdvals(cross).sum(-1)
    a, b = (s - s.mean(-2, keepdim=True) for s in (true, learnt))
    left, kept, _ = torch.linalg.svd(b, full_matrices=False)
    left = left * (kept > 1e-12 * kept[..., :1])[..., None, :]
    total = a.square().sum((-2, -1))
    missing = (a - left @ (left.mT @ a)).square().sum((-2, -1)) / total
    return apart.clamp_min(0), missing


def turned_to(true: Tensor, learnt: Tensor) -> Tensor:
    r"""Learnt features times the unitary that brings them nearest to the true ones.

    Source: Schönemann 1966.

    Args: true: S* (n, k). learnt: S (n, k).
    Returns: (n, k); its mean squared distance is the first of `feature_errors`.
    Cost: O(n k^2).
    Example:
        >>> s = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
        >>> turned_to(s, s.flip(1)).round(decimals=4).abs().tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    left, _, right = torch.linalg.svd(learnt.mT @ true)
    return learnt @ (left @ right)
