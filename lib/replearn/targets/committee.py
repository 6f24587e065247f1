"""Two-layer erf networks: what a teacher computes, and what a student starts from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from replearn.checks import (
    check_choice,
    check_int,
    check_matrix,
    check_real,
    check_vector,
    undisturbed,
)
from replearn.streams import Stream
from replearn.targets.generators import erf_unit

ROLES = ("teacher", "student")


@dataclass(frozen=True)
class Committee:
    r"""f(x) = sum_k v_k g(w_k.x / sqrt(d)), g(z) = erf(z / sqrt 2).

    Args:
        weights: W (K, d).
        head: v (K,).
    Cost: O(n K d) to evaluate.
    Example:
        >>> one = Committee(weights=[[2.0, 0.0, 0.0, 0.0]], head=[3.0])
        >>> round(float(one([[1.0, 0.0, 0.0, 0.0]])), 4)  # 3 g(1)
        2.0481
    """

    weights: Tensor
    head: Tensor

    def __post_init__(self) -> None:
        w = check_matrix("weights", self.weights, dtype=torch.float64)
        object.__setattr__(self, "weights", w)
        head = check_vector("head", self.head, len(w), torch.float64)
        object.__setattr__(self, "head", head)

    @property
    def units(self) -> int:
        """K."""
        return len(self.weights)

    @property
    def d(self) -> int:
        """The dimension of its inputs."""
        return self.weights.shape[1]

    @undisturbed
    def __call__(self, x: Any) -> Tensor:
        """Outputs (n,) at inputs x (n, d)."""
        x = check_matrix("x", x, self.d, torch.float64)
        return erf_unit(x @ self.weights.T / math.sqrt(self.d)) @ self.head


@undisturbed
def random_committee(
    units: int,
    d: int,
    seed: int,
    role: str = "teacher",
    scale: float = 1.0,
    head: float | None = 1.0,
) -> Committee:
    """Independent normal weights.

    Args:
        units: K >= 1. d: dimension of its inputs. seed: >= 0.
        role: "teacher" or "student": one seed gives each other weights.
        scale: standard deviation of the weights, > 0.
        head: every v_k; None draws them from N(0, 1).
    Returns: the network.
    Cost: O(K d).
    Example:
        >>> random_committee(2, 50, seed=0).weights.shape
        torch.Size([2, 50])
    """
    units, d = check_int("units", units), check_int("d", d)
    stream = Stream(check_choice("role", role, ROLES), seed, units, d)
    scale = check_real("scale", scale, above=0.0)
    weights = scale * stream.normal(units, d)
    if head is None:
        return Committee(weights, stream.normal(units))
    value = check_real("head", head)
    return Committee(weights, torch.full((units,), value, dtype=weights.dtype))
