"""Features learnt on one target, read out for another."""

from __future__ import annotations

from typing import Any

import torch

from replearn.checks import DTYPES, check_choice, check_matrix
from replearn.learners.one_step import redrawn_biases
from replearn.learners.random_features import FixedFeatures, relu_features
from replearn.learners.ridge_head import Features, HeadChoice


class TransferredFeatures(FixedFeatures):
    r"""g_a(x) = sum_j a_j relu(w_j.x + b_j) on a first layer W that is given.

    W comes from elsewhere, the one gradient step on a source target say. The biases
    are drawn anew, b_j ~ N(0, 1), by the seed as in `OneStepNetwork`, and only the
    read-out a is fitted, to the labels as they are.

    Source: Damian, Lee & Soltanolkotabi 2022, Theorem 3.

    Args:
        layer: first layer W (m, d). choice: how the ridge is chosen, see `HeadChoice`.
        seed: of the biases, >= 0. dtype: precision of the features.
    Cost: as `RandomFeatures`.
    Example:
        >>> x = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
        >>> layer = torch.randn(50, 3, generator=torch.Generator().manual_seed(1))
        >>> fit = TransferredFeatures(layer, HeadChoice(ridge=1e-6)).fit(x, x[:, 0])
        >>> bool((fit.predict(x) - x[:, 0]).abs().max() < 0.05)
        True
    """

    def __init__(
        self,
        layer: Any,
        choice: HeadChoice | None = None,
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.layer = check_matrix(
            "layer", layer, dtype=check_choice("dtype", dtype, DTYPES)
        )
        super().__init__(len(self.layer), choice, seed, dtype)

    def features(self, d: int) -> Features:
        """The feature map of d-dimensional inputs: x (n, d) -> (n, m)."""
        w = check_matrix("layer", self.layer, columns=d)
        return relu_features(w, redrawn_biases(self.width, self.seed, self.dtype, d))
