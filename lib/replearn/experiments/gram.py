"""How far the kernels of finite networks are from their limits."""

from __future__ import annotations

from functools import partial

import torch

from replearn import kernels
from replearn.checks import check_choice
from replearn.learners.finite_kernels import random_feature_gram, tangent_gram
from replearn.targets import sample_gaussian
from replearn.theory.random_features import predict_gram_error

GRAM_POINTS, GRAM_DIMENSION = 200, 20
FINITE_KERNELS = ("random-features", "tangent", "tangent-no-bias")


def measure_gram_error(kind: str, width: int, seed: int) -> float:
    """|K_m - K|_F / |K|_F at 200 Gaussian inputs in 20 dimensions.

    Args:
        kind: one of FINITE_KERNELS. width: neurons m. seed: of the weights; the inputs
            are always the same.
    Returns: the relative error of the finite network's Gram matrix.
    Cost: O(m n^2).
    """
    check_choice("kind", kind, FINITE_KERNELS)
    x = sample_gaussian(GRAM_POINTS, GRAM_DIMENSION, seed=0)
    if kind == "random-features":
        limit = kernels.nngp(x, x, weight_variance=1.0, bias_variance=1.0) - 1.0
        finite = random_feature_gram(x, x, width, seed)
    else:
        bias = {"tangent": kernels.BIAS_VARIANCE, "tangent-no-bias": 0.0}[kind]
        tangent = partial(tangent_gram, width=width, seed=seed, bias_variance=bias)
        limit, finite = kernels.ntk(x, x, bias_variance=bias), tangent(x, x)
    return float(torch.linalg.norm(finite - limit) / torch.linalg.norm(limit))


def predict_feature_error(width: int) -> float:
    """The theory of `measure_gram_error` for random features: its root mean square.

    Args: width: neurons m.
    Returns: the relative error over many draws of the weights, at the same inputs.
    Cost: O(n^2).
    Example:
        >>> round(predict_feature_error(100) / predict_feature_error(400), 6)
        2.0
    """
    x = sample_gaussian(GRAM_POINTS, GRAM_DIMENSION, seed=0)
    return predict_gram_error(x, width)
