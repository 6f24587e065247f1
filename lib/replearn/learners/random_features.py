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
    centred_head,
    nested_heads,
)
from replearn.streams import Stream


class FixedFeatures(ReadOutLearner):
    """A ridge read-out on features that do not depend on the labels, less their mean.

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
        x, y = check_samples(x, y, self.dtype, self.device)
        x_fit, y_fit, x_held, y_held = self.choice.split(x, y)
        features = self.features(x.shape[1])
        moments = Moments(features, self.dimension(x.shape[1]), device=x.device)
        moments.add(x_fit, y_fit)
        head, mean = centred_head(moments, self.choice, x_held, y_held)
        function = partial(_read_out, features, head[:, 0], float(mean[0]))
        return Predictor(function, x.shape[1], self.dtype, device=x.device)

    @undisturbed
    def learning_curve(
        self, x: Any, y: Any, ns: Sequence[int], x_test: Any, y_test: Any
    ) -> Tensor:
        """Mean squared test error after the first n samples, for each n: (len(ns),)."""
        if not self.choice.shared:
            return super().learning_curve(x, y, ns, x_test, y_test)
        x, y, sizes, x_test, y_test = check_curve(
            x, y, ns, x_test, y_test, self.dtype, self.device
        )
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
        return torch.stack([phi @ head + mean for head, mean in heads])


def _read_out(features: Features, head: Tensor, mean: float, x: Tensor) -> Tensor:
    return features(x).double() @ head + mean


class RandomFeatures(FixedFeatures):
    r"""f(x) = sum_j a_j relu(w_j.x + b_j), only a is fitted, by ridge regression.

    w_j ~ N(0, I/d) and b_j ~ N(0, 1), so that both terms have unit variance.

    Args:
        width: number of neurons m, >= 1.
        choice: how the ridge is chosen, see `HeadChoice`.
        seed: of the weights, >= 0.
        dtype: precision of the features. device: see `ReadOutLearner`.
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
        stream = Stream("random features", self.seed, d, device=self.device)
        w, b = stream.normal(self.width, d + 1, dtype=self.dtype).split([d, 1], dim=1)
        return relu_features(w / math.sqrt(d), b[:, 0])


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

    f(x) = sum_j c_j relu(w_j.x) + sum_j 1{w_j.x >= 0} (v_j.x + t_j), w_j ~ N(0, I/d);
    c, v and t are fitted, i.e. all first-order changes of both layers and of the
    biases, which start at zero, with a_j = +-1. In the symmetric start of the one-step
    network every w_j appears twice: a network of width m has m/2 distinct neurons here.

    Args:
        width: number of neurons m, even.
        choice: how the ridge is chosen, see `HeadChoice`.
        seed: of the weights, >= 0.
        dtype: precision of the features.
    Cost: D = m (d + 2)/2 features: O(n D^2) for the whole curve, O(D^3) per size.
    Example:
        >>> LinearisedNetwork(width=4).dimension(3)
        10
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
        return self.width // 2 * (d + 2)

    @undisturbed
    def features(self, d: int) -> Features:
        """The feature map of d-dimensional inputs: x (n, d) -> (n, dimension)."""
        stream = Stream("linearised start", self.seed, d)
        w = stream.normal(self.width // 2, d, dtype=self.dtype)
        return partial(_tangent, w / math.sqrt(d))


def _tangent(w: Tensor, x: Tensor) -> Tensor:
    pre = x @ w.T
    gate = (pre >= 0).to(x.dtype)
    gated = gate[:, :, None] * x[:, None, :]
    return torch.cat([pre.clamp(min=0.0), gated.flatten(1), gate], dim=1)


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
