"""How far the Gram matrix of finitely many random features is from its limit."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from replearn.checks import check_int, check_matrix, check_real
from replearn.kernels import nngp


def predict_gram_error(x: Any, width: int) -> float:
    r"""Root mean square of |K_m - K|_F / |K|_F for m ReLU random features.

    K_m is an average of m independent matrices relu(h) relu(h)^T with h ~ N(0, S),
    S = x.x'/d + 1, so E|K_m - K|_F^2 = sum_ij Var[relu(h_i) relu(h_j)] / m. At angle t
    between h_i and h_j, E[relu(h_i)^2 relu(h_j)^2] =
    S_ii S_jj [3 sin t cos t + (pi - t)(1 + 2 cos^2 t)] / (2 pi).

    Source: Cho & Saul 2009 (arc-cosine kernel of order 2) for the last formula.

    Args: x: inputs (n, d). width: number of features m.
    Returns: the relative error, a number of order 1 / sqrt(m).
    Cost: O(n^2 d).
    Example:
        >>> one = torch.zeros(1, 3)  # relu(b)^2 has mean 1/2 and variance 5/4
        >>> round(predict_gram_error(one, 500) ** 2 * 500, 6)
        5.0
    """
    x = check_matrix("x", x, dtype=torch.float64)
    width = check_int("width", width)
    mean = nngp(x, x, weight_variance=1.0, bias_variance=1.0) - 1.0
    spread = _fourth_moment(x @ x.T / x.shape[1] + 1.0) - mean.square()
    share = float(spread.sum() / mean.square().sum())
    return math.sqrt(check_real("the error at these x", share) / width)


def _fourth_moment(covariance: Tensor) -> Tensor:
    """E[relu(u)^2 relu(v)^2] for every pair of the Gaussian vector."""
    scale = covariance.diagonal().sqrt()
    cosine = (covariance / torch.outer(scale, scale)).clamp(-1.0, 1.0)
    angle = cosine.acos()
    bracket = 3 * angle.sin() * cosine + (math.pi - angle) * (1 + 2 * cosine.square())
    return torch.outer(scale, scale).square() * bracket / (2 * math.pi)
