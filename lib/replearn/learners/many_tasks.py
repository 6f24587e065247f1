"""One first layer for many tasks: learnt by heads and steps in turn, then probed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import Any

import torch
from torch import Tensor

from replearn.checks import (
    CPU,
    DTYPES,
    MAX_SEED,
    SWITCH,
    check_choice,
    check_finite,
    check_int,
    check_matrix,
    check_real,
    check_sizes,
    undisturbed,
)
from replearn.learners.base import SMALLER, check_pair
from replearn.learners.random_features import relu_features
from replearn.learners.ridge_head import Features, HeadChoice, Moments, centred_head
from replearn.learners.transfer import TransferredFeatures
from replearn.streams import Stream

Block = tuple[Tensor, Tensor]  # x (n, d), y (n, k): k tasks on the same inputs


class _ManyTasks:
    """Neurons that start at w_j ~ N(0, I/d), without biases."""

    def __init__(self, width: int, seed: int, dtype: torch.dtype) -> None:
        self.width = check_int("width", width)
        self.seed = check_int("seed", seed, minimum=0, maximum=MAX_SEED)
        self.dtype = check_choice("dtype", dtype, DTYPES)

    def start(self, d: int) -> Tensor:
        """W before the first step, (m, d)."""
        stream = Stream("start of many tasks", self.seed, d)
        return stream.normal(self.width, d, dtype=self.dtype) / math.sqrt(d)


class ManyTaskStep(_ManyTasks):
    r"""A step on every task's head, then one on the first layer that all share.

    1. Heads start at 0, so that f_t = 0, w_j ~ N(0, I/d). One step on each head,
       a_tj = mean of y_t relu(w_j.x).
    2. One step on the layer, on other samples, whose weight decay cancels the start:
       w_j = (1/T) sum_t a_tj mean of y_t x 1{w_j.x >= 0}.
    Losses whose slope at 0 is -y (hinge, logistic, square) give the same up to a
    factor. On average over the samples it is the step of the pseudo-contrastive loss
    -E[K_T(x, x') relu(w.x) relu(w.x')] / 2, K_T the mean of y_t(x) y_t(x').

    Source: heads before representation, in the spirit of Collins et al. 2024; the
    details are ours.

    Args:
        width: number of neurons m, >= 1.
        centre: take from each task's labels their mean over the block.
        cancel: take from the step its component along the start,
            <W, W_0> / <W_0, W_0> W_0, as a further weight decay would.
        seed: of the start, >= 0. dtype: of the layer.
    Cost: O(T n m d) for n samples of each of T tasks, O(n m (d + T)) if shared.
    Example:
        >>> from replearn.targets import draw_tasks
        >>> tasks = draw_tasks("balanced", 20, 2, 50, seed=0)
        >>> layer = ManyTaskStep(64).first_layer(
        ...     tasks.blocks(500, seed=0), tasks.blocks(500, seed=1)
        ... )
        >>> bool(layer[:, :2].square().sum() > 0.9 * layer.square().sum())
        True
    """

    def __init__(
        self,
        width: int = 128,
        centre: bool = False,
        cancel: bool = False,
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(width, seed, dtype)
        self.centre = check_choice("centre", centre, SWITCH)
        self.cancel = check_choice("cancel", cancel, SWITCH)

    @undisturbed
    def first_layer(self, head: Iterable[Block], step: Iterable[Block]) -> Tensor:
        """W after both steps (m, d), from each task's samples for either step.

        Both give blocks of inputs x (n, d) and labels y (n, k), the same tasks in the
        same order: a block for each task, or one for all that share their inputs.
        """
        *_, (_, layer) = self.layers(head, step)
        return layer

    @undisturbed
    def layers(
        self, head: Iterable[Block], step: Iterable[Block]
    ) -> list[tuple[int, Tensor]]:
        """After each block, the number of tasks so far and what they make of W."""
        start, total, tasks = None, torch.zeros((), dtype=self.dtype, device=CPU), 0
        found = []
        for first, second in zip(head, step, strict=True):
            x, y = self._block("head", first, start)
            start = self.start(x.shape[1]) if start is None else start
            x_step, y_step = self._block("step", second, start, y.shape[1])
            a = y.T @ torch.relu(x @ start.T) / len(x)
            total = total + label_step(x_step, y_step, a, start)
            tasks += y.shape[1]
            found.append((tasks, self._mean(total / tasks, start)))
        if not found:
            raise ValueError("no task was given: head and step have no blocks")
        return found

    def _mean(self, layer: Tensor, start: Tensor) -> Tensor:
        if self.cancel:
            layer = layer - (layer * start).sum() / start.square().sum() * start
        return check_finite("the first layer", layer, SMALLER)

    def _block(
        self, name: str, block: Block, start: Tensor | None, tasks: int | None = None
    ) -> Block:
        d = None if start is None else start.shape[1]
        x, y = check_pair(name, block, d, tasks, self.dtype)
        return x, y - y.mean(0) if self.centre else y


def label_step(x: Tensor, y: Tensor, heads: Tensor, w: Tensor) -> Tensor:
    """Sum over tasks of a_tj times the mean of y_t x 1{w_j.x >= 0}: (m, d).

    Args: x: (n, d). y: labels or residuals (n, k). heads: a (k, m). w: (m, d).
    Returns: minus the gradient of the linear loss -sum_t mean of y_t f_t(x).
    Cost: O(n m (d + k)).
    Example:
        >>> x = torch.tensor([[1.0], [-1.0]])
        >>> label_step(x, x, torch.ones(1, 1), torch.ones(1, 1)).item()
        0.5
    """
    pull = (y @ heads) * (x @ w.T >= 0)
    return pull.T @ x / len(x)


class AlternatingNetwork(_ManyTasks):
    r"""Heads and layer in turn, many times: best heads, then a gradient step.

    At each step, a fresh batch of samples that all tasks share. Its first half fits
    every head a_t, with intercept, by ridge regression; on its second half the layer
    takes a step of the mean squared error, averaged over tasks, whose root mean square
    over the neurons is `rate` times that of the rows of the layer.

    Source: alternating steps, in the spirit of Collins et al. 2024; details are ours.

    Args:
        width: number of neurons m. steps: number of steps, >= 1.
        rate: relative size of a step, > 0; it falls to zero as a cosine.
        ridge: of the heads, relative to a neuron's mean square, > 0.
        seed: of the start. dtype: of the layer.
    Cost: O(n m (d + m + T) + m^3) per step.
    Example:
        >>> from replearn.targets import draw_tasks
        >>> tasks = draw_tasks("xor", 6, 2, 1, seed=0)
        >>> batches = lambda i: tasks.sample(1000, seed=0, place=i)
        >>> layer = AlternatingNetwork(32, steps=40).first_layer(batches)
        >>> bool(layer[:, :2].square().sum() > 0.6 * layer.square().sum())
        True
    """

    def __init__(
        self,
        width: int = 128,
        steps: int = 200,
        rate: float = 0.3,
        ridge: float = 1e-3,
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(width, seed, dtype)
        self.steps = check_int("steps", steps)
        self.rate = check_real("rate", rate, above=0.0)
        self.ridge = check_real("ridge", ridge, above=0.0)

    @undisturbed
    def first_layer(self, batch: Callable[[int], Block]) -> Tensor:
        """W after all steps (m, d); batch(i) gives x (n, d), y (n, T) of the i-th."""
        w = None
        for i in range(self.steps):
            x, y = check_pair("batch", batch(i), dtype=self.dtype)
            w = self.start(x.shape[1]) if w is None else w
            half = len(x) // 2
            step = self._step(x[:half], y[:half], x[half:], y[half:], w)
            size = self.rate * (1 + math.cos(math.pi * i / self.steps)) / 2
            w = w + step * (size * w.norm() / step.norm().clamp(min=1e-30))
        return check_finite("the first layer", _given(w), SMALLER)

    def _step(self, x: Tensor, y: Tensor, x2: Tensor, y2: Tensor, w: Tensor) -> Tensor:
        features = relu_features(w, w.new_zeros(len(w)))
        moments = Moments(features, len(w), y.shape[1])
        moments.add(x, y)
        ridge = self.ridge * float(moments.gram.diagonal().mean()) / moments.count
        heads, mean = centred_head(moments, HeadChoice(ridge), x[:0], y[:0])
        heads, mean = heads.to(w), mean.to(w)
        return label_step(x2, y2 - features(x2) @ heads - mean, heads.T, w)


def _given(w: Tensor | None) -> Tensor:
    if w is None:
        raise ValueError("no batch was given")
    return w


class LinearProbe(TransferredFeatures):
    r"""What a read-out makes of a layer learnt elsewhere, its rows of length 1.

    Only directions count: how long the neurons are is left to the read-out. The biases
    are b_j ~ N(0, 1), without which neurons see no odd part but the linear one.

    Args: layer, choice, seed, dtype: as for `TransferredFeatures`.
    Cost: as `RandomFeatures`.
    Example:
        >>> x = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
        >>> layer = torch.randn(99, 2, generator=torch.Generator().manual_seed(1))
        >>> y = x.prod(1).sign()  # the XOR of two signs
        >>> probe = LinearProbe(layer, HeadChoice(held_out=(x[200:300], y[200:300])))
        >>> bool(probe.accuracies(x[:200], y[:200], [200], x[300:], y[300:]) > 0.8)
        True
    """

    def features(self, d: int) -> Features:
        """The feature map of d-dimensional inputs: x (n, d) -> (n, m)."""
        unit = copy(self)
        unit.layer = self.layer / self.layer.norm(dim=1, keepdim=True).clamp(min=1e-30)
        return super(LinearProbe, unit).features(d)

    @undisturbed
    def accuracies(
        self, x: Any, y: Any, ns: Sequence[int], x_test: Any, y_test: Any
    ) -> Tensor:
        """Share of test signs that are right after n samples, (len(ns), k).

        The labels y are (n,) or (n, k), for k tasks.
        """
        d = self.layer.shape[1]
        x, y = check_pair("training", (x, y), d, dtype=self.dtype)
        test = check_pair("test", (x_test, y_test), d, y.shape[1], self.dtype)
        sizes = check_sizes("ns", ns, maximum=len(x))
        if not self.choice.shared:
            raise ValueError(
                "accuracies need a ridge, or held-out data to choose it on"
            )
        found = self.predict_prefixes(x, y, sizes, check_matrix("x_test", test[0]))
        return ((found >= 0) == (test[1] > 0)).double().mean(1)
