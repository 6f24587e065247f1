"""The ordinary network: both layers trained by Adam, many runs in one product."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import torch
from torch import Tensor

from replearn.checks import (
    CPU,
    MAX_SEED,
    Device,
    check_device,
    check_int,
    check_memory,
    check_real,
    undisturbed,
)
from replearn.learners.base import Learner, Predictor, check_curve, check_samples
from replearn.learners.ridge_head import HeadChoice
from replearn.streams import Stream

ADAM_RATES = (1e-2, 3e-2)
Parameters = list[Tensor]  # w (runs, d, m), b (runs, 1, m), a (runs, m, 1)


@dataclass(frozen=True)
class Runs:
    """Independent training runs on prefixes of the same samples.

    Args:
        x: inputs (n, d). y: labels (n,).
        sizes: how many of the first samples each run may use.
        seeds: seed of each run's start and mini-batches.
    """

    x: Tensor
    y: Tensor
    sizes: Sequence[int]
    seeds: Sequence[int]

    @cached_property
    def means(self) -> Tensor:
        """The mean of each run's labels, which they lose: (runs,)."""
        return torch.stack([self.y[:n].mean() for n in self.sizes])


class AdamNetwork(Learner):
    r"""f(x) = c + sum_j a_j relu(w_j.x + b_j), all of a, W, b trained by Adam.

    c is the mean of the labels. Mini-batches with replacement, a cosine schedule from
    the rate to 0, and the parameters that did best on held-out data, over all rates and
    along the way. Runs of many seeds and sizes go through one batched product.

    Args:
        width: number of neurons m, >= 1.
        learning_rate: > 0, or several to choose from: as many trainings.
        steps: >= 1. batch: samples per step, >= 1.
        checkpoints: how often the held-out error is looked at, >= 1.
        held_out: (x, y) to choose on; None keeps back a fifth of the samples.
        seed: of the start and the mini-batches, >= 0.
        device: where all is drawn and computed, and what is given is moved.
    Raises: ValueError: no rate at which it does not diverge.
    Cost: 6 steps * batch * d * width flops per run and rate.
    Example:
        >>> from replearn.targets import paper_target
        >>> x, y = paper_target(3, 1, 2).sample(500, seed=0)
        >>> fit = AdamNetwork(32, steps=300, batch=64).fit(x, y)
        >>> bool((fit.predict(x) - y).square().mean() < 0.1)
        True
    """

    def __init__(
        self,
        width: int = 256,
        learning_rate: float | Sequence[float] = ADAM_RATES,
        steps: int = 2500,
        batch: int = 256,
        checkpoints: int = 25,
        held_out: tuple[Any, Any] | None = None,
        seed: int = 0,
        device: Device = CPU,
    ) -> None:
        self.width = check_int("width", width)
        given = learning_rate
        rates = given if isinstance(given, list | tuple) and given else [given]
        self.rates = [check_real("learning_rate", rate, 1e-12, 1e30) for rate in rates]
        self.steps = check_int("steps", steps)
        self.batch = check_int("batch", batch)
        self.checkpoints = check_int("checkpoints", checkpoints, maximum=self.steps)
        self.choice = HeadChoice(held_out=held_out)
        self.seed = check_int("seed", seed, minimum=0, maximum=MAX_SEED)
        self.device = check_device(device)

    def fit(self, x: Any, y: Any) -> Predictor:
        """Learn from inputs x (n, d) and labels y (n,)."""
        return self.fit_seeds(x, y, [self.seed])[0]

    @undisturbed
    def fit_seeds(self, x: Any, y: Any, seeds: Sequence[int]) -> list[Predictor]:
        """One fit per seed to the same samples, all in one batched product."""
        x, y = check_samples(x, y, torch.float32, self.device)
        seeds = [check_int("each of seeds", s, 0, MAX_SEED) for s in seeds]
        x_fit, y_fit, x_held, y_held = self.choice.split(x, y)
        runs = Runs(x_fit, y_fit[:, 0], [len(x_fit)] * len(seeds), seeds)
        best, mean = self.train(runs, x_held, y_held[:, 0]), float(runs.means[0])
        runs_own = ([p[i : i + 1].clone() for p in best] for i in range(len(seeds)))
        return [
            Predictor(
                partial(_of_one_run, own, mean), x.shape[1], x.dtype, device=x.device
            )
            for own in runs_own
        ]

    @undisturbed
    def learning_curve(
        self, x: Any, y: Any, ns: Sequence[int], x_test: Any, y_test: Any
    ) -> Tensor:
        """Mean squared test error after the first n samples, for each n: (len(ns),)."""
        if not self.choice.shared:
            return super().learning_curve(x, y, ns, x_test, y_test)
        x, y, sizes, x_test, y_test = check_curve(
            x, y, ns, x_test, y_test, torch.float32, self.device
        )
        _, _, x_held, y_held = self.choice.split(x, y)
        runs = Runs(x, y, sizes, [self.seed] * len(sizes))
        best = self.train(runs, x_held, y_held[:, 0])
        guess = forward(best, x_test) + runs.means[:, None]
        return self._errors(guess, y_test).double()

    def train(self, runs: Runs, x_held: Tensor, y_held: Tensor) -> Parameters:
        """Parameters of every run, best on held-out x (n, d), y (n,)."""
        y_held = y_held - runs.means[:, None]
        best, lowest = self._train(runs, x_held, y_held, self.rates[0])
        for rate in self.rates[1:]:
            others, errors = self._train(runs, x_held, y_held, rate)
            lowest = _keep_better(best, others, lowest, errors)
        if not torch.isfinite(lowest).all():
            raise ValueError(
                f"learning_rate={min(self.rates)} is too large: the held-out error was "
                "never finite"
            )
        return best

    def _train(
        self, runs: Runs, x_held: Tensor, y_held: Tensor, rate: float
    ) -> tuple[Parameters, Tensor]:
        """The same at one rate, y_held (runs, n), and the lowest held-out errors."""
        rows = max(self.batch, len(x_held))
        # five copies of the parameters (best, gradient, two moments), three of h
        per_neuron = 5 * (runs.x.shape[1] + 2) + 3 * rows
        check_memory(
            4.0 * len(runs.seeds) * self.width * per_neuron,
            f"{len(runs.seeds)} runs of width {self.width}",
            self.device,
        )
        d = runs.x.shape[1]
        parameters = self._start(d, runs.seeds)
        batches = self._streams("batches of Adam", runs.seeds, d)
        optimiser = torch.optim.Adam(parameters, lr=rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, self.steps)
        best = [p.clone() for p in parameters]
        lowest = runs.x.new_full((len(runs.seeds),), math.inf)
        every = self.steps // self.checkpoints
        for step in range(1, self.steps + 1):
            x, y = self._mini_batch(runs, batches)
            set_gradients(parameters, x, y)
            optimiser.step()
            schedule.step()
            if step % every == 0:
                errors = (forward(parameters, x_held) - y_held).square().mean(dim=1)
                lowest = _keep_better(best, parameters, lowest, errors)
        return best, lowest

    def _start(self, d: int, seeds: Sequence[int]) -> Parameters:
        m, streams = self.width, self._streams("start of Adam", seeds, d)
        drawn = torch.stack([s.normal(d + 1, m, dtype=torch.float32) for s in streams])
        w, a = drawn[:, :d] / math.sqrt(d), drawn[:, d, :, None] / math.sqrt(m)
        return [w, w.new_zeros(len(seeds), 1, m), a]

    def _streams(self, purpose: str, seeds: Sequence[int], d: int) -> list[Stream]:
        return [Stream(purpose, seed, d, device=self.device) for seed in seeds]

    def _mini_batch(
        self, runs: Runs, streams: Sequence[Stream]
    ) -> tuple[Tensor, Tensor]:
        """Inputs (runs, batch, d) and labels (runs, batch), with replacement."""
        uniform = torch.stack([s.uniform(self.batch) for s in streams])
        sizes = torch.tensor(runs.sizes, device=uniform.device)
        index = (uniform * sizes[:, None]).long()
        return runs.x[index], runs.y[index] - runs.means[:, None]


def _of_one_run(parameters: Parameters, mean: float, x: Tensor) -> Tensor:
    return forward(parameters, x)[0] + mean


def forward(parameters: Parameters, x: Tensor) -> Tensor:
    """Outputs (runs, n) at inputs x, (n, d) shared or (runs, n, d).

    Args: parameters: w (runs, d, m), b (runs, 1, m), a (runs, m, 1). x: inputs.
    Returns: outputs (runs, n).
    Cost: O(runs n d m).
    Example:
        >>> one = torch.ones(1, 1, 1)
        >>> forward([one, 0 * one, one], torch.tensor([[2.0], [-1.0]])).tolist()
        [[2.0, 0.0]]
    """
    w, b, a = parameters
    x = x.expand(len(w), -1, -1) if x.ndim == 2 else x
    hidden = torch.baddbmm(b, x, w).clamp_(min=0.0)
    return torch.bmm(hidden, a)[:, :, 0]


def set_gradients(parameters: Parameters, x: Tensor, y: Tensor) -> None:
    """Write the gradient of every run's mean squared error into `.grad`.

    By hand, since three matrix products are all there is to it: with h = relu(xW + b)
    and e = 2 (ha - y)/n, the gradients are h^T e for a, and x^T D and sum D for W and
    b, where D = e a^T where h > 0 and 0 elsewhere.

    Args:
        parameters: w (runs, d, m), b (runs, 1, m), a (runs, m, 1).
        x: (runs, n, d). y: (runs, n).
    Cost: 6 runs n d m flops.
    Example:
        >>> p = [torch.ones(1, 1, 1), torch.zeros(1, 1, 1), torch.ones(1, 1, 1)]
        >>> set_gradients(p, torch.ones(1, 1, 1), torch.zeros(1, 1))
        >>> [g.grad.item() for g in p]
        [2.0, 2.0, 2.0]
    """
    w, b, a = parameters
    hidden = torch.baddbmm(b, x, w).clamp_(min=0.0)
    error = (torch.bmm(hidden, a) - y[:, :, None]).mul_(2 / y.shape[1])
    a.grad = torch.bmm(hidden.mT, error)
    # the sign of h is the gate; overwriting h saves a pass over memory
    delta = hidden.sign_().mul_(error).mul_(a.mT)
    w.grad = torch.bmm(x.mT, delta)
    b.grad = delta.sum(dim=1, keepdim=True)


def _keep_better(
    best: Parameters, parameters: Parameters, lowest: Tensor, current: Tensor
) -> Tensor:
    """Copy the runs whose held-out error fell; the lowest errors so far (runs,)."""
    better = current < lowest
    for kept, new in zip(best, parameters, strict=True):
        kept[better] = new[better]
    return torch.fmin(lowest, current)  # a run that overflowed keeps its best
