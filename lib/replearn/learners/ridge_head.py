"""The linear read-out on top of fixed features: a whole ridge path per sample size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from replearn.checks import (
    CPU,
    DTYPES,
    MAX_SEED,
    Device,
    check_choice,
    check_device,
    check_finite,
    check_int,
    check_memory,
    check_real,
)
from replearn.learners.base import SMALLER, Learner, check_pair

Features = Callable[[Tensor], Tensor]

# relative to the largest eigenvalue of the features' second moment; without noise the
# best ridge is tiny, with few samples it is large
RIDGE_GRID = torch.logspace(-10, 1, 23, dtype=torch.float64, device=CPU)
BLOCK_ROWS = 4096


class Moments:
    """Running sums Phi^T Phi (m, m), Phi^T y (m, t), Phi^T 1 and y^T 1 over blocks.

    Features are computed in their own precision and summed in float64.

    Args: features: maps x (n, d) to (n, m). width: m. targets: t. device: of the sums.
    Raises: MemoryError: the (m, m) sums do not fit.
    Cost: O(n m^2) per n samples added.
    Example:
        >>> moments = Moments(lambda x: x, width=1, targets=1)
        >>> moments.add(torch.ones(3, 1), torch.ones(3, 1))
        >>> moments.gram.item(), moments.count
        (3.0, 3)
    """

    def __init__(
        self,
        features: Features,
        width: int,
        targets: int = 1,
        device: torch.device = CPU,
    ) -> None:
        need = f"the second moment of {width} features"
        check_memory(3 * 8 * width**2, need, device)
        self.features = features
        self.gram = torch.zeros(width, width, dtype=torch.float64, device=device)
        self.cross = self.gram.new_zeros(width, targets)
        self.total = self.gram.new_zeros(width)
        self.labels = self.gram.new_zeros(targets)
        self.count = 0

    def add(self, x: Tensor, y: Tensor) -> None:
        """Add samples x (n, d), y (n, t)."""
        for start in range(0, len(x), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            phi = self.features(x[rows]).double()
            self.gram.addmm_(phi.T, phi)
            self.cross.addmm_(phi.T, y[rows].double())
            self.total += phi.sum(0)
            self.labels += y[rows].double().sum(0)
        self.count += len(x)


@dataclass(frozen=True)
class Heads:
    """Read-outs, one per ridge and target.

    Args: weights: (ridges, m, t). ridges: (ridges,).
    """

    weights: Tensor
    ridges: Tensor


def ridge_path(moments: Moments, ridges: Tensor | None = None) -> Heads:
    r"""Minimise |Phi a - y|^2 / n + ridge |a|^2 for many ridges from one eigenbasis.

    Args:
        moments: sums over the samples seen so far.
        ridges: values >= 0; None takes RIDGE_GRID times the largest eigenvalue.
    Returns: the read-outs and their ridges.
    Raises: ValueError: the sums are not finite.
    Cost: O(m^3) once, O(m^2 t) per ridge.
    Example:
        >>> moments = Moments(lambda x: x, width=1)
        >>> moments.add(torch.ones(2, 1), torch.ones(2, 1))
        >>> ridge_path(moments, torch.tensor([1.0])).weights.item()
        0.5
    """
    check_finite("the features' second moment", moments.gram, SMALLER)
    check_finite("the features' moment with the labels", moments.cross, SMALLER)
    eigenvalues, basis = torch.linalg.eigh(moments.gram / moments.count)
    eigenvalues = eigenvalues.clamp(min=0.0)
    if ridges is None:
        ridges = RIDGE_GRID.to(eigenvalues) * eigenvalues[-1].clamp(min=1e-300)
    rotated = basis.T @ (moments.cross / moments.count)
    total = eigenvalues[:, None] + ridges.to(eigenvalues)[:, None, None]
    # where features are dependent and the ridge is 0: the solution of least norm
    solvable = total > 1e-13 * eigenvalues[-1]
    shrunk = torch.where(solvable, rotated / total, 0.0)
    return Heads(basis @ shrunk, ridges)


def _choose_ridge(heads: Heads, phi: Tensor, y: Tensor) -> Tensor:
    """The read-out that predicts held-out labels best, for each target: (m, t)."""
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
    Cost: O(1) to build.
    Example:
        >>> HeadChoice(ridge=0.1).ridge
        0.1
    """

    ridge: float | None = None
    held_out: tuple[Any, Any] | None = None

    def __post_init__(self) -> None:
        if self.ridge is not None:
            ridge = check_real("ridge", self.ridge, minimum=0.0)
            object.__setattr__(self, "ridge", ridge)
        if self.held_out is not None:
            object.__setattr__(self, "held_out", check_pair("held-out", self.held_out))

    @property
    def shared(self) -> bool:
        """Whether all sample sizes choose alike, so that one pass can serve them."""
        return self.ridge is not None or self.held_out is not None

    def split(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Samples to train on, then samples to choose on; labels as (n, t)."""
        y = y[:, None] if y.ndim == 1 else y
        if self.ridge is not None:
            return x, y, x[:0], y[:0]
        if self.held_out is not None:
            like = (x.shape[1], y.shape[1], x.dtype)
            return x, y, *check_pair("held-out", self.held_out, *like, x.device)
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
            fixed = moments.gram.new_tensor([self.ridge])
            return ridge_path(moments, fixed).weights[0]
        heads = ridge_path(moments)
        return _choose_ridge(heads, moments.features(x_held), y_held)


def centred_head(
    moments: Moments, choice: HeadChoice, x_held: Tensor, y_held: Tensor
) -> tuple[Tensor, Tensor]:
    """A read-out of the labels less their mean, and that mean.

    Args:
        moments: of samples and their labels. choice, x_held, y_held: see its `head`.
    Returns: weights (m, t), means (t,).
    Cost: as `HeadChoice.head`.
    Example:
        >>> moments = Moments(lambda x: x, width=1)
        >>> moments.add(torch.tensor([[-1.0], [1.0]]), torch.tensor([[4.0], [6.0]]))
        >>> x_held = torch.ones(1, 1)
        >>> head, mean = centred_head(moments, HeadChoice(0.0), x_held, 6 * x_held)
        >>> head.item(), mean.item()
        (1.0, 5.0)
    """
    mean = moments.labels / moments.count
    centred = copy(moments)
    centred.cross = moments.cross - torch.outer(moments.total, mean)
    return choice.head(centred, x_held, y_held.double() - mean), mean


class ReadOutLearner(Learner):
    """A network whose read-out is a ridge regression on its features.

    Args:
        width: number of neurons m, >= 1.
        choice: how the ridge is chosen, see `HeadChoice`.
        seed: of the random weights, >= 0.
        dtype: precision of the features; sums and solves are float64.
        device: where all is drawn and computed, and what is given is moved.
    Cost: O(1) to build.
    """

    def __init__(
        self,
        width: int = 512,
        choice: HeadChoice | None = None,
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
        device: Device = CPU,
    ) -> None:
        self.width = check_int("width", width)
        self.choice = HeadChoice() if choice is None else choice
        if not isinstance(self.choice, HeadChoice):
            raise TypeError(f"choice={choice!r} must be a HeadChoice")
        self.seed = check_int("seed", seed, minimum=0, maximum=MAX_SEED)
        self.dtype = check_choice("dtype", dtype, DTYPES)
        self.device = check_device(device)


def nested_heads(
    features: Features,
    width: int,
    x: Tensor,
    y: Tensor,
    ns: Sequence[int],
    choice: HeadChoice,
) -> list[tuple[Tensor, Tensor]]:
    """`centred_head` of the first n samples for every n: one pass over the data.

    Args:
        features: maps x (n, d) to (n, m). width: m. x: (n, d). y: (n, t).
        ns: increasing sizes. choice: a fixed ridge or given held-out data.
    Returns: one (m, t) matrix with its t means per n.
    Cost: O(n_max m^2 + len(ns) m^3).
    Example:
        >>> one = torch.ones(2, 1)
        >>> heads = nested_heads(lambda x: x, 1, one, one, [1, 2], HeadChoice(0.0))
        >>> [(head.item(), mean.item()) for head, mean in heads]
        [(0.0, 1.0), (0.0, 1.0)]
    """
    moments, start, heads = Moments(features, width, y.shape[1], x.device), 0, []
    _, _, x_held, y_held = choice.split(x, y)
    for n in ns:
        moments.add(x[start:n], y[start:n])
        heads.append(centred_head(moments, choice, x_held, y_held))
        start = n
    return heads
