"""Kernels of networks of finite width: what their infinite limits are limits of."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from replearn.checks import (
    check_finite,
    check_int,
    check_matrix,
    check_memory,
    check_real,
    undisturbed,
)
from replearn.learners.base import SMALLER
from replearn.learners.random_features import RandomFeatures
from replearn.streams import Stream


@undisturbed
def random_feature_gram(x: Any, z: Any, width: int, seed: int) -> Tensor:
    r"""(1/m) sum_j relu(w_j.x + b_j) relu(w_j.z + b_j), w_j ~ N(0, I/d), b_j ~ N(0, 1).

    Its mean over the weights is `kernels.nngp` at weight and bias variance one, minus
    that one, which belongs to the read-out's bias.

    Args:
        x: inputs (n_x, d). z: inputs (n_z, d). width: neurons m. seed: of the weights.
    Returns: gram matrix (n_x, n_z), float64.
    Raises: ValueError, TypeError: arguments out of range. MemoryError: too large.
    Cost: O(m (n_x + n_z) d + m n_x n_z).
    Example:
        >>> x = torch.ones(1, 4)
        >>> 0.95 < random_feature_gram(x, x, 50_000, seed=0).item() < 1.05  # limit 1
        True
    """
    x, z, width = _check_pair(x, z, width)
    network = RandomFeatures(width, seed=seed, dtype=torch.float64)
    features = network.features(x.shape[1])
    gram = features(x) @ features(z).T / width
    return check_finite("the Gram matrix", gram, SMALLER)


@undisturbed
def tangent_gram(
    x: Any,
    z: Any,
    width: int,
    seed: int,
    weight_variance: float = 2.0,
    bias_variance: float = 0.0,
) -> Tensor:
    r"""Inner products of a random network's gradients: its empirical tangent kernel.

    f(x) = sigma_w a.relu(h) / sqrt(m) + sigma_b c, h = sigma_w W x / sqrt(d) +
    sigma_b b, all parameters standard normal. The gradients at x and z have the product
    (sigma_w^2 / m) sum_j [relu(h_j) relu(h'_j) + a_j^2 1{h_j, h'_j > 0} K_0(x, z)]
    + sigma_b^2, K_0 = sigma_w^2 x.z/d + sigma_b^2. Its limit is `kernels.ntk`.

    Args:
        x: inputs (n_x, d). z: inputs (n_z, d). width: neurons m. seed: of the weights.
        weight_variance: sigma_w^2 > 0. bias_variance: sigma_b^2 >= 0.
    Returns: gram matrix (n_x, n_z), float64.
    Raises: ValueError, TypeError: arguments out of range. MemoryError: too large.
    Cost: O(m (n_x + n_z) d + m n_x n_z); the gradients are never stored.
    Example:
        >>> x = torch.ones(1, 4)
        >>> 3.8 < tangent_gram(x, x, 50_000, seed=0).item() < 4.2  # limit 4
        True
    """
    x, z, width = _check_pair(x, z, width)
    weight = check_real("weight_variance", weight_variance, minimum=1e-12)
    bias = check_real("bias_variance", bias_variance, minimum=0.0)
    w, b, a = tangent_weights(x.shape[1], width, seed)
    scale = math.sqrt(weight / x.shape[1])
    h_x, h_z = (scale * p @ w.T + math.sqrt(bias) * b for p in (x, z))
    read_out = h_x.clamp(min=0.0) @ h_z.clamp(min=0.0).T
    gates = ((h_x > 0) * a.square()) @ (h_z > 0).to(a.dtype).T
    first = gates * (scale**2 * x @ z.T + bias)
    gram = weight / width * (read_out + first) + bias
    return check_finite("the Gram matrix", gram, SMALLER)


@undisturbed
def tangent_weights(d: int, width: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """The start of the network of `tangent_gram`: W (m, d), b (m,) and a (m,).

    Args: d: input dimension. width: neurons m. seed: >= 0.
    Returns: independent standard normal numbers, float64.
    Cost: O(m d).
    Example:
        >>> [part.shape[0] for part in tangent_weights(3, 5, seed=0)]
        [5, 5, 5]
    """
    d, width = check_int("d", d), check_int("width", width)
    draw = Stream("tangent start", seed, d).normal(width, d + 2)
    return draw[:, :d], draw[:, d], draw[:, d + 1]


def _check_pair(x: Any, z: Any, width: int) -> tuple[Tensor, Tensor, int]:
    x = check_matrix("x", x, dtype=torch.float64)
    z = check_matrix("z", z, columns=x.shape[1], dtype=torch.float64)
    width = check_int("width", width)
    check_memory(24 * width * (len(x) + len(z)), f"{width} features of the inputs")
    return x, z, width
