"""Algorithm 1 of Allen-Zhu & Li: levels are switched on in order, and never frozen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from replearn.checks import check_choice, check_int, check_real
from replearn.learners.hierarchy import (
    HierarchyNetwork,
    Training,
    check_multiple,
    check_training,
)
from replearn.learners.levels import ROWS, Levels
from replearn.targets.hierarchy import Hierarchy

AFTER = ("joint", "frozen", "refit", "cut")
LOWEST = 1e-3  # of eps_0


@dataclass(frozen=True)
class AlgorithmOne(HierarchyNetwork):
    r"""The paper's learner and Algorithm 1: levels switched on in order, never frozen.

    W_{l+1} joins once the objective is below up * alpha_l^2 B_l^2, with B_l^2 =
    E |S*_l|^4; at down * alpha_l^2 B_l^2 the regularisers of level l come in, and K_l
    is distilled from W_l: with U Sigma V the best approximation of rank k_l to
    W_{l,<}^T W_{l,l-1}, K_{l,<}^T = U Sigma^(1/2), K_{l,l-1} = Sigma^(1/2) V. For l = 2
    the block "<" is empty, and W_2^T W_2 takes its place.

    With E = K_l^T K_l - W_l^T W_l the regularisers are lambda_3 |E_{l-1,<}|^2 +
    lambda_4 |E_{l-1,l-1}|^2 + lambda_5 |E|^2, in alpha_l^2, and lambda_6 (|K_l|^2 +
    |W_l|^2), in alpha_l^2 eps_0^2, where eps_0 is halved once the objective is below
    eps_0^2 / 4.

    Source: Allen-Zhu & Li 2023 (version 6), sections 2.1 and 4. Ours: Adam on batches
    in the place of SGD on single samples, k_l given and not counted, thresholds without
    the paper's powers of d, no truncation, and `hold` and `patience`.

    Args:
        steps: all of them; the rate falls to 0 in the last three tenths.
        hold: steps before a level joins, in which the rate falls to 3 %: it shows what
            the lower levels reach alone. 0: join at once.
        patience: steps that a level waits for its thresholds until they count as
            reached; 0: for ever.
        up, down: the thresholds, see above. regularisers: lambda_3 ... lambda_6.
        after: as in `StagedNetwork`; "refit" lets the wide W train on, and no
            regulariser ties it to the frozen K. "cut": W_l is frozen, and none ties
            K_l to it: K_l hears from F_{l+1} only.
        stop_gradient: as there. m, rows: of W_l and R_l, see `Levels`.
        rate: of Adam, times (objective / its first value)^(1/4). batch, clip, every.
    Cost: 0.8 ms a step for one run at d = 20, L = 3; 2 ms for nine.
    """

    steps: int = 6000
    hold: int = 800
    patience: int = 0
    up: float = 0.1
    down: float = 0.25
    regularisers: tuple[float, float, float, float] = (0.3, 0.1, 0.03, 1e-4)
    after: str = "joint"
    stop_gradient: bool = False
    m: int = 0
    rows: str = "fixed"
    rate: float = 1e-2
    batch: int = 128
    clip: float = math.inf
    every: int = 50

    def __post_init__(self) -> None:
        check_choice("after", self.after, AFTER)
        check_choice("rows", self.rows, ROWS)
        check_int("steps", self.steps)
        check_int("hold", self.hold, minimum=0)
        check_int("patience", self.patience, minimum=0)
        if len(self.regularisers) != 4:
            raise ValueError(f"regularisers={self.regularisers} must be four numbers")
        for value in (*self.regularisers, self.up, self.down):
            check_real("each of regularisers, up, down", value, minimum=0.0)
        check_training(self)
        check_multiple("steps", self.steps, self.every)

    def open(self, targets: Sequence[Hierarchy], seeds: Sequence[int]) -> Training:
        """The network before its first step."""
        net = Levels(targets, seeds, m=self.m, rows=self.rows)
        net.stop_gradient = self.stop_gradient
        for lv in net.order:
            net.start((lv, "W"), 0.03 / math.sqrt(net.columns[lv]))
        return Training(net, targets, seeds)

    def look(self, training: Training, step: int) -> None:
        """Let levels in, distil them, and freeze what is to be frozen."""
        net = training.net
        if step == 0:
            self._join(
                training, 2, torch.ones(len(training.seeds), dtype=torch.bool), 0
            )
            return
        for i, lv in enumerate(net.order):
            size = net.alphas[:, i].square() * training.powers[:, i]
            late = self._out_of_patience(training, lv, step)
            ready = (training.joined[:, i] >= 0) & (training.known[:, i] < 0)
            ready &= (training.objective <= self.down * size) | late
            for run in ready.nonzero().flatten().tolist():
                distil(net, lv, run)
            training.known[ready, i] = step
            net.train((lv, "K"), ready)
            if lv < net.order[-1]:
                low = (training.objective <= self.up * size) | late
                self._let_in(training, lv + 1, low, step)

    def _out_of_patience(self, training: Training, level: int, step: int) -> Tensor:
        """In which runs (runs,) a level has waited for its thresholds too long."""
        since = training.joined[:, level - 2]
        return (since >= 0) & (step - since >= (self.patience or self.steps + 1))

    def _let_in(self, training: Training, level: int, low: Tensor, step: int) -> None:
        """The next level, `hold` steps after its threshold or the end of patience."""
        known, due = training.known[:, level - 3], training.due
        waits = (known >= 0) & (training.joined[:, level - 2] < 0)
        due[waits & low & (due < 0)] = step + self.hold
        joins = waits & (due >= 0) & (due <= step)
        if joins.any():
            self._join(training, level, joins, step)
            due[joins] = -1

    def _join(self, training: Training, level: int, runs: Tensor, step: int) -> None:
        training.join(level, runs, step)
        training.net.train((level, "W"), runs)
        for below in range(2, level):
            if self.after in ("frozen", "cut"):
                training.net.train((below, "W"), runs, False)
            if self.after in ("frozen", "refit") or below in training.held:
                training.net.train((below, "K"), runs, False)

    def rates(self, training: Training, step: int) -> Tensor:
        """The rates (runs,) of a step."""
        fall = (training.objective / training.first).clamp_max(1) ** 0.25
        waits = ((training.due - step) / max(self.hold, 1)).clamp(0.03, 1)
        fall = torch.where(training.due >= 0, fall * waits, fall)
        return self.rate * fall * min(1.0, (self.steps - step) / (0.3 * self.steps))

    def regularise(self, training: Training) -> Tensor:
        """What is added to the objective (runs,), its gradient to the slopes."""
        net, total = training.net, torch.zeros_like(training.objective)
        low = training.objective < training.eps.square() / 4
        training.eps = torch.where(low, training.eps / 2, training.eps).clamp_min(
            LOWEST
        )
        for i, lv in enumerate(net.order):
            k, w = (net.parameters[lv, name] for name in ("K", "W"))
            square = net.alphas[:, i].square()
            tied = (training.known[:, i] >= 0) * square
            if self.after in ("cut", "refit") and lv < net.order[-1]:
                tied = tied * (training.joined[:, i + 1] < 0)
            decay = (training.joined[:, i] >= 0) * square * training.eps.square()
            decay = self.regularisers[3] * decay[:, None, None]
            gap = k.mT @ k - w.mT @ w
            weights = _weights(net.columns[lv], net.block(lv), tuple(self.regularisers))
            weighted = tied[:, None, None] * weights * gap
            net.slopes[lv, "K"].add_(4 * k @ weighted + 2 * decay * k)
            net.slopes[lv, "W"].add_(-4 * w @ weighted + 2 * decay * w)
            total += (weighted * gap).sum((1, 2))
            total += (decay * k.square()).sum((1, 2)) + (decay * w.square()).sum((1, 2))
        return total


@cache
def _weights(q: int, block: int, regularisers: tuple[float, ...]) -> Tensor:
    """lambda_3 ... lambda_5 laid out over the entries of K^T K (q, q)."""
    crossed, same, all_of_it, _ = regularisers
    weights = torch.full((q, q), all_of_it, dtype=torch.float64)
    weights[:block, :block] += same
    weights[:block, block:] += crossed / 2  # the transpose counts as well
    weights[block:, :block] += crossed / 2
    return weights


def distil(net: Levels, level: int, run: int) -> None:
    """Put into K_l what W_l has learnt, see `AlgorithmOne`.

    Source: Allen-Zhu & Li 2023 (version 6), section 4, Initial-Distill.

    Args: net: whose parameters. level: l. run: which of the runs.
    Returns: None.
    Cost: O(q^3).
    Example:
        >>> from replearn.targets import paper_hierarchy
        >>> net = Levels([paper_hierarchy(10)], [0])
        >>> net.parameters[2, "W"][0, 3, 4] = 2.0
        >>> distil(net, 2, 0)
        >>> round(float(net.parameters[2, "K"].abs().max()), 6)
        2.0
    """
    w, k = (net.parameters[level, name][run] for name in ("W", "K"))
    gram, block = w.T @ w, net.block(level)
    if block == len(gram):
        values, vectors = torch.linalg.eigh(gram)
        top = values[-len(k) :].clamp_min(0).sqrt()
        k.copy_(top[:, None] * vectors[:, -len(k) :].T)
        return
    u, sizes, vt = torch.linalg.svd(gram[block:, :block])
    root = sizes[: len(k)].sqrt()
    k[:, block:] = (u[:, : len(k)] * root).T
    k[:, :block] = root[:, None] * vt[: len(k)]
