"""The linear read-out on top of fixed features: a whole ridge path per sample size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from replearn.checks import check_matrix, check_memory, check_real, check_vector

Features = Callable[[Tensor], Tensor]

# relative to the largest eigenvalue of the features' second moment; without noise the
# best ridge is tiny, with few samples it is large
RIDGE_GRID = torch.logspace(-10, 1, 23, dtype=torch.float64)
BLOCK_ROWS = 4096


class Moments:
    """Running sums Phi^T Phi (m, m) and Phi^T y (m, t) over blocks of samples.

    Features are computed in their own precision and summed in float64.

    Args:
        features: maps x (n, d) to (n, m). width: m. targets: t.
    Raises:
        MemoryError: the (m, m) sums do not fit.
    Cost:
        O(n m^2) per n samples added.
    Example:
        >>> moments = Moments(lambda x: x, width=1, targets=1)
        >>> moments.add(torch.ones(3, 1), torch.ones(3, 1))
        >>> moments.gram.item(), moments.count
        (3.0, 3)
    """

    def __init__(self, features: Features, width: int, targets: int = 1) -> None:
        check_memory(3 * 8 * width**2, f"the second moment of {width} features")
        self.features = features
        self.gram = torch.zeros(width, width, dtype=torch.float64)
        self.cross = torch.zeros(width, targets, dtype=torch.float64)
        self.count = 0

    def add(self, x: Tensor, y: Tensor) -> None:
        """Add samples x (n, d), y (n, t)."""
        for start in range(0, len(x), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            phi = self.features(x[rows]).double()
            self.gram.addmm_(phi.T, phi)
            self.cross.addmm_(phi.T, y[rows].double())
        self.count += len(x)


@dataclass(frozen=True)
class Heads:
    """Read-outs, one per ridge and target.

    Args:
        weights: (ridges, m, t). ridges: (ridges,).
    """

    weights: Tensor
    ridges: Tensor


def ridge_path(moments: Moments, ridges: Tensor | None = None) -> Heads:
    r"""Minimise |Phi a - y|^2 / n + ridge |a|^2 for many ridges from one eigenbasis.

    Args:
        moments: sums over the samples seen so far.
        ridges: values >= 0; None takes RIDGE_GRID times the largest eigenvalue.
    Returns:
        The read-outs and their ridges.
    Cost:
        O(m^3) once, O(m^2 t) per ridge.
    Example:
        >>> moments = Moments(lambda x: x, width=1)
        >>> moments.add(torch.ones(2, 1), torch.ones(2, 1))
        >>> ridge_path(moments, torch.tensor([1.0])).weights.item()
        0.5
    """
    eigenvalues, basis = torch.linalg.eigh(moments.gram / moments.count)
    eigenvalues = eigenvalues.clamp(min=0.0)
    if ridges is None:
        ridges = RIDGE_GRID * eigenvalues[-1].clamp(min=1e-300)
    rotated = basis.T @ (moments.cross / moments.count)
    total = eigenvalues[:, None] + ridges.double()[:, None, None]
    # where features are dependent and the ridge is 0: the solution of least norm
    solvable = total > 1e-13 * eigenvalues[-1]
    shrunk = torch.where(solvable, rotated / total, 0.0)
    return Heads(basis @ shrunk, ridges)


def choose_ridge(heads: Heads, phi: Tensor, y: Tensor) -> Tensor:
    """The read-out that predicts held-out labels best, for each target: (m, t).

    Args:
        heads: the candidates. phi: held-out features (n, m). y: labels (n, t).
    Returns:
        Weights (m, t), float64.
    Cost:
        O(ridges n m t).
    Example:
        >>> heads = Heads(torch.tensor([[[1.0]], [[2.0]]]).double(), torch.ones(2))
        >>> choose_ridge(heads, torch.ones(1, 1), 2 * torch.ones(1, 1)).item()
        2.0
    """
    errors = (phi.double() @ heads.weights - y.double()).square().mean(dim=1)
    best = errors.argmin(dim=0)
    return torch.stack(
        [heads.weights[b, :, t] for t, b in enumerate(best.tolist())], dim=1
    )


@dataclass(frozen=True)
class HeadChoice:
    """How a read-out gets its ridge: a fixed one, or the best on held-out data.

    Args:
        ridge: fixed ridge >= 0 in |Phi a - y|^2 / n + ridge |a|^2; None chooses it.
        held_out: (x, y) to choose on, y (n,) or (n, t); None keeps back a fifth of
            the samples, which then serve neither the features nor the read-out.
    Raises:
        ValueError, TypeError: ridge is negative or not a number.
    Cost:
        O(1) to build.
    Example:
        >>> HeadChoice(ridge=0.1).ridge
        0.1
    """

    ridge: float | None = None
    held_out: tuple[Tensor, Tensor] | None = None

    def __post_init__(self) -> None:
        if self.ridge is not None:
            check_real("ridge", self.ridge, minimum=0.0)
        if self.held_out is not None:
            x, y = self.held_out
            x = check_matrix("held-out x", x)
            y = torch.stack(
                [check_vector("held-out y", c, len(x)) for c in columns(y).T]
            )
            object.__setattr__(self, "held_out", (x, y.T))

    @property
    def shared(self) -> bool:
        """Whether all sample sizes choose alike, so that one pass can serve them."""
        return self.ridge is not None or self.held_out is not None

    def split(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Samples to train on, then samples to choose on; labels as (n, t)."""
        y = columns(y)
        if self.ridge is not None:
            return x, y, x[:0], y[:0]
        if self.held_out is not None:
            x_held, y_held = self.held_out
            return x, y, x_held.to(x.dtype), y_held.to(x.dtype)
        if len(x) < 5:
            raise ValueError(
                f"n={len(x)} samples are too few to keep a fifth back; give a ridge, "
                "held-out data, or at least 5 samples"
            )
        kept = len(x) - len(x) // 5
        return x[:kept], y[:kept], x[kept:], y[kept:]

    def head(self, moments: Moments, x_held: Tensor, y_held: Tensor) -> Tensor:
        """Weights (m, t) of the read-out; y_held is (n, t)."""
        if self.ridge is not None:
            fixed = torch.tensor([self.ridge], dtype=torch.float64)
            return ridge_path(moments, fixed).weights[0]
        heads = ridge_path(moments)
        return choose_ridge(heads, moments.features(x_held), y_held)


def columns(y: Any) -> Tensor:
    """Labels (n,) or (n, t) as (n, t).

    Args:
        y: labels.
    Returns:
        A matrix, one column per target.
    Cost:
        O(1).
    Example:
        >>> columns([1.0, 2.0]).shape
        torch.Size([2, 1])
    """
    y = torch.as_tensor(y)
    return y[:, None] if y.ndim == 1 else y


def nested_heads(
    features: Features,
    width: int,
    x: Tensor,
    y: Tensor,
    ns: Sequence[int],
    choice: HeadChoice,
) -> list[Tensor]:
    """Read-outs (m, t) from the first n samples for every n: one pass over the data.

    Args:
        features: maps x (n, d) to (n, m). width: m. x: (n, d). y: (n, t).
        ns: increasing sizes. choice: a fixed ridge or given held-out data.
    Returns:
        One (m, t) matrix per n.
    Cost:
        O(n_max m^2 + len(ns) m^3).
    Example:
        >>> one = torch.ones(2, 1)
        >>> choice = HeadChoice(ridge=0.0)
        >>> [h.item() for h in nested_heads(lambda x: x, 1, one, one, [1, 2], choice)]
        [1.0, 1.0]
    """
    moments, start, heads = Moments(features, width, y.shape[1]), 0, []
    _, _, x_held, y_held = choice.split(x, y)
    for n in ns:
        moments.add(x[start:n], y[start:n])
        heads.append(choice.head(moments, x_held, y_held))
        start = n
    return heads
