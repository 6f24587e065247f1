"""Networks whose first layer is not learnt: the baselines, and the oracle."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from replearn.checks import check_int, check_matrix, undisturbed
from replearn.learners.base import Predictor, check_curve, check_samples
from replearn.learners.ridge_head import (
    Features,
    HeadChoice,
    Moments,
    ReadOutLearner,
    nested_heads,
)


class FixedFeatures(ReadOutLearner):
    """A ridge read-out on features that do not depend on the labels.

    Cost: O(n D^2) per n samples and O(D^3) per size, D = `dimension`.
    """

    @abstractmethod
    def features(self, d: int) -> Features:
        """The feature map of d-dimensional inputs: x (n, d) -> (n, dimension)."""

    def dimension(self, d: int) -> int:
        """The number of features of d-dimensional inputs."""
        return self.width

    @undisturbed
    def fit(self, x: Any, y: Any) -> Predictor:
        """Learn from inputs x (n, d) and labels y (n,)."""
        x, y = check_samples(x, y, self.dtype)
        x_fit, y_fit, x_held, y_held = self.choice.split(x, y)
        features = self.features(x.shape[1])
        moments = Moments(features, self.dimension(x.shape[1]))
        moments.add(x_fit, y_fit)
        head = self.choice.head(moments, x_held, y_held)[:, 0]
        return Predictor(partial(_read_out, features, head), x.shape[1], self.dtype)

    @undisturbed
    def learning_curve(
        self, x: Any, y: Any, ns: Sequence[int], x_test: Any, y_test: Any
    ) -> Tensor:
        """Mean squared test error after the first n samples, for each n: (len(ns),)."""
        if not self.choice.shared:
            return super().learning_curve(x, y, ns, x_test, y_test)
        x, y, sizes, x_test, y_test = check_curve(x, y, ns, x_test, y_test, self.dtype)
        predictions = self.predict_prefixes(x, y[:, None], sizes, x_test)[:, :, 0]
        return self._errors(predictions, y_test)

    @undisturbed
    def predict_prefixes(
        self, x: Tensor, y: Tensor, ns: Sequence[int], x_test: Tensor
    ) -> Tensor:
        """Predictions (len(ns), n_test, t) from the first n samples, t targets."""
        d = x.shape[1]
        features = self.features(d)
        heads = nested_heads(features, self.dimension(d), x, y, ns, self.choice)
        phi = features(x_test).double()
        return torch.stack([phi @ head for head in heads])


def _read_out(features: Features, head: Tensor, x: Tensor) -> Tensor:
    return features(x).double() @ head


class RandomFeatures(FixedFeatures):
    r"""f(x) = sum_j a_j relu(w_j.x + b_j), only a is fitted, by ridge regression.

    w_j ~ N(0, I/d) and b_j ~ N(0, 1), so that both terms have unit variance.

    Args:
        width: number of neurons m, >= 1.
        choice: how the ridge is chosen, see `HeadChoice`.
        seed: of the weights, >= 0.
        dtype: precision of the features.
    Cost: O(n m (d + m)) for the whole learning curve, O(m^3) per size.
    Example:
        >>> x = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
        >>> fit = RandomFeatures(200, HeadChoice(ridge=1e-6)).fit(x, x[:, 0])
        >>> bool((fit.predict(x) - x[:, 0]).abs().max() < 0.05)
        True
    """

    @undisturbed
    def features(self, d: int) -> Features:
        """The feature map of d-dimensional inputs: x (n, d) -> (n, width)."""
        generator = torch.Generator().manual_seed(self.seed)
        w = torch.randn(self.width, d, generator=generator, dtype=self.dtype)
        b = torch.randn(self.width, generator=generator, dtype=self.dtype)
        return relu_features(w / math.sqrt(d), b)


class Oracle(FixedFeatures):
    """Random features of Ux: what could be done if the directions were known.

    Args:
        directions: orthonormal U (r, d).
        width, choice, seed, dtype: as for `RandomFeatures`.
    Cost: as `RandomFeatures`.
    Example:
        >>> x = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
        >>> oracle = Oracle(torch.eye(1, 3), 50, HeadChoice(ridge=1e-6))
        >>> bool((oracle.fit(x, x[:, 0]).predict(x) - x[:, 0]).abs().max() < 0.05)
        True
    """

    def __init__(
        self,
        directions: Any,
        width: int = 512,
        choice: HeadChoice | None = None,
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(width, choice, seed, dtype)
        self.directions = check_matrix("directions", directions, dtype=dtype)

    def features(self, d: int) -> Features:
        """The feature map of d-dimensional inputs: x (n, d) -> (n, width)."""
        u = check_matrix("directions", self.directions, columns=d)
        inner = RandomFeatures(self.width, seed=self.seed, dtype=self.dtype)
        return partial(_projected, inner.features(len(u)), u)


def _projected(features: Features, u: Tensor, x: Tensor) -> Tensor:
    return features(x @ u.T)


class LinearisedNetwork(FixedFeatures):
    r"""The network linearised at its start: finite-width neural tangent features.

    f(x) = sum_j c_j relu(w_j.x) + sum_j 1{w_j.x >= 0} v_j.x with w_j ~ N(0, I/d); c
    and v are fitted, i.e. all first-order changes of both layers of a bias-free
    network with a_j = +-1. In the symmetric start of the one-step network every w_j
    appears twice, so a network of width m has m/2 distinct neurons here.

    Args:
        width: number of neurons m, even.
        choice: how the ridge is chosen, see `HeadChoice`.
        seed: of the weights, >= 0.
        dtype: precision of the features.
    Cost: D = m (d + 1)/2 features: O(n D^2) for the whole curve, O(D^3) per size.
    Example:
        >>> LinearisedNetwork(width=4).dimension(3)
        8
    """

    def __init__(
        self,
        width: int = 512,
        choice: HeadChoice | None = None,
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(check_even(width), choice, seed, dtype)

    def dimension(self, d: int) -> int:
        """The number of features of d-dimensional inputs."""
        return self.width // 2 * (d + 1)

    @undisturbed
    def features(self, d: int) -> Features:
        """The feature map of d-dimensional inputs: x (n, d) -> (n, dimension)."""
        generator = torch.Generator().manual_seed(self.seed)
        w = torch.randn(self.width // 2, d, generator=generator, dtype=self.dtype)
        return partial(_tangent, w / math.sqrt(d))


def _tangent(w: Tensor, x: Tensor) -> Tensor:
    pre = x @ w.T
    gated = (pre >= 0).to(x.dtype)[:, :, None] * x[:, None, :]
    return torch.cat([pre.clamp(min=0.0), gated.flatten(1)], dim=1)


def relu_features(w: Tensor, b: Tensor) -> Features:
    """The map x (n, d) -> relu(x w^T + b) of shape (n, m).

    Args: w: (m, d). b: (m,).
    Returns: the feature map.
    Cost: O(n m d) per call of the map.
    Example:
        >>> relu_features(torch.eye(2), torch.zeros(2))(torch.tensor([[1.0, -1.0]]))
        tensor([[1., 0.]])
    """
    return partial(_relu, w, b)


def _relu(w: Tensor, b: Tensor, x: Tensor) -> Tensor:
    return torch.addmm(b, x, w.T).clamp_(min=0.0)


def check_even(width: int) -> int:
    """An even width, as the symmetric start needs pairs of neurons.

    Args: width: number of neurons.
    Returns: the width.
    Cost: O(1).
    Example:
        >>> check_even(4)
        4
    """
    width = check_int("width", width, minimum=2)
    if width % 2:
        raise ValueError(f"width={width} is odd; the symmetric start needs pairs")
    return width
