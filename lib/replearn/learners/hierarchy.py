"""Networks that climb a hierarchy level by level, and the plain one of them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from replearn.checks import (
    MAX_SEED,
    check_array,
    check_choice,
    check_int,
    check_memory,
    check_real,
    undisturbed,
)
from replearn.learners.features import feature_errors
from replearn.learners.levels import Levels
from replearn.streams import Stream
from replearn.targets.hierarchy import Hierarchy

AFTER = ("joint", "frozen", "refit", "free")
Held = Mapping[int, Any]
TEST, HELD_OUT = 4000, 500


@dataclass(frozen=True)
class Climb:
    r"""What was seen of each training: errors along the way, levels L - 1 at the end.

    Args:
        levels: 2 ... L. steps: (c,), when it was looked.
        mse: (runs, c), E (f* - F)^2 on fresh inputs.
        apart: (runs, c, L - 1), min over unitary U of E|S*_l - U S_l|^2.
        missing: (runs, c, L - 1), 1 - R^2 of S*_l on S_l: blind to invertible maps.
        joined: (runs, L - 1), the step at which a level came in, -1 if it never did.
        known: (runs, L - 1), the step from which on S_l is learnt, likewise.
        first: (runs, c, k, q), K_2 along the way.
        held_out: (runs, c), the same as mse on held-out samples, with their noise.
        network: the parameters at the end.
    """

    levels: tuple[int, ...]
    steps: Tensor
    mse: Tensor
    apart: Tensor
    missing: Tensor
    joined: Tensor
    known: Tensor
    first: Tensor
    held_out: Tensor
    network: Levels = field(repr=False)

    def when(self, run: int, joining: int | None = None) -> int:
        """Where in `steps` it was looked just before a level joined, or at the end."""
        if joining is None:
            return len(self.steps) - 1
        check_choice("joining", joining, self.levels)
        step = int(self.joined[run, joining - 2])
        if step < 0:
            raise ValueError(f"level {joining} never joined in run {run}")
        return int((self.steps == step).nonzero()[0, 0])

    def stopped(self) -> Tensor:
        """mse (runs,) where the held-out error was lowest."""
        best = self.held_out.nan_to_num(nan=math.inf).argmin(1, keepdim=True)
        return self.mse.gather(1, best)[:, 0]

    def theorem_2(self) -> Tensor:
        r"""Its two sides divided, (runs, c): NaN before the first level is learnt.

        max over l' <= l of alpha_{l'}^2 f_{l'}, over alpha_{l+1}^2 + mse, where l is
        the highest level that is learnt; alpha_{L+1} = 0.
        """
        there = (self.known >= 0)[:, None] & (self.steps[:, None] > self.known[:, None])
        squares = self.network.alphas.square()
        next_ones = torch.cat([squares[:, 1:], torch.zeros_like(squares[:, :1])], 1)
        top = there.sum(2)
        left = (squares[:, None] * self.apart * there).amax(2)
        right = self.mse + next_ones.gather(1, (top - 1).clamp_min(0))
        return torch.where(top > 0, left / right, math.nan)


class HierarchyNetwork(ABC):
    """Trains Levels, and looks at them on the way."""

    rate: float
    batch: int
    every: int
    after: str
    clip: float

    @property
    @abstractmethod
    def steps(self) -> int:
        """How many steps there are."""

    @abstractmethod
    def open(self, targets: Sequence[Hierarchy], seeds: Sequence[int]) -> Training:
        """The network before its first step."""

    @abstractmethod
    def look(self, training: Training, step: int) -> None:
        """Let levels in, and freeze what is to be frozen."""

    @abstractmethod
    def rates(self, training: Training, step: int) -> Tensor:
        """The rates (runs,) of a step."""

    @undisturbed
    def climb(
        self,
        targets: Sequence[Hierarchy],
        seeds: Sequence[int],
        n: int | Sequence[int] = 20_000,
        held: Held | None = None,
        noise: float = 0.0,
    ) -> Climb:
        """Train once for each target and seed on n samples, all in one product.

        n may be a size for each run. The labels are as noisy as `noise` says, also the
        500 that are held out and that `Climb.stopped` looks at. Where `held` has K_l,
        (k, q) or (runs, k, q), it takes the place of what was learnt when the level
        above joins, and stays.
        """
        if len(seeds) != len(targets) or not targets:
            raise ValueError(f"{len(targets)} targets need as many seeds, >= 1")
        seeds = [check_int("each of seeds", s, 0, MAX_SEED) for s in seeds]
        sizes = [n] * len(seeds) if isinstance(n, int) else list(n)
        if len(sizes) != len(seeds):
            raise ValueError(f"n has {len(sizes)} sizes for {len(seeds)} runs")
        most, d = max(check_int("n", size) for size in sizes), targets[0].d
        check_memory(8.0 * len(seeds) * (most + TEST) * (d + 1), f"{len(seeds)} runs")
        training = self.open(targets, seeds)
        training.hold_out(noise)
        training.held = {
            lv: _check_held(training.net, lv, k) for lv, k in (held or {}).items()
        }
        each = zip(targets, sizes, seeds, strict=True)
        pairs = [t.sample(size, s, noise) for t, size, s in each]
        x, y = (torch.cat(part) for part in zip(*pairs, strict=True))
        streams = [Stream("batches of a hierarchy", s, d) for s in seeds]
        many = torch.tensor(sizes)[:, None]
        first = many.cumsum(0) - many  # of each run's samples
        for step in range(self.steps + 1):
            if step % self.every == 0:
                training.record(step)
                self.look(training, step)
                drawn = [s.uniform(self.every, self.batch) for s in streams]
                index = (torch.stack(drawn, 1) * many).long() + first
            if step < self.steps:
                some = index[step % self.every]
                self._step(training, x[some], y[some], step)
        return training.climb()

    def _step(self, training: Training, x: Tensor, y: Tensor, step: int) -> None:
        objective = training.net.backward(x, y)
        training.note(objective + self.regularise(training))
        training.net.step(self.rates(training, step), self.clip)

    def regularise(self, training: Training) -> Tensor | float:
        """What is added to the objective (runs,), its gradient to the slopes."""
        return 0.0


@dataclass
class Training:
    """A training that is under way.

    Args:
        net: what is trained. targets, seeds: one for each run.
        held: see `HierarchyNetwork.climb`.
    """

    net: Levels
    targets: Sequence[Hierarchy]
    seeds: Sequence[int]
    held: dict[int, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        runs, levels = self.net.alphas.shape
        each = list(zip(self.targets, self.seeds, strict=True))
        pairs = [t.sample(TEST, s, part="test") for t, s in each]
        self.x, self.y = (torch.stack(part) for part in zip(*pairs, strict=True))
        true = [t.features(x) for t, x in zip(self.targets, self.x, strict=True)]
        self.true = {lv: torch.stack([s[lv] for s in true]) for lv in self.net.order}
        self.joined = torch.full((runs, levels), -1)
        self.first = self.y.square().mean(1)  # the objective where F = 0
        self.objective = self.first.clone()  # a running average
        powers = [
            self.true[lv].square().sum(2).square().mean(1) for lv in self.net.order
        ]
        self.powers = torch.stack(powers, 1)  # E |S*_l|^4
        self.known = torch.full_like(self.joined, -1)  # since when K_l is there
        self.due = torch.full((runs,), -1)  # when the next level joins
        self.eps = 2 * self.first.sqrt()
        self.seen: list[tuple[Tensor, ...]] = []
        self.at: list[int] = []

    def hold_out(self, noise: float) -> None:
        """Draw what a stop is chosen on."""
        each = zip(self.targets, self.seeds, strict=True)
        pairs = [t.sample(HELD_OUT, s, noise, "held-out") for t, s in each]
        self.kept = [torch.stack(part) for part in zip(*pairs, strict=True)]

    def note(self, objective: Tensor) -> None:
        """Take an objective (runs,) into the running average."""
        self.objective = self.objective.lerp(objective, 0.02)

    def record(self, step: int) -> None:
        """Look at the network."""
        value, inner = self.net.forward(self.x)
        errors = []
        for lv in self.net.order:
            true = self.true[lv]
            found = inner["S"].get(lv, torch.zeros_like(true))
            errors.append(torch.stack(feature_errors(true, found)))
        apart, missing = torch.stack(errors, -1)
        mse, k = (value - self.y).square().mean(1), self.net.parameters[2, "K"]
        kept = (self.net.forward(self.kept[0])[0] - self.kept[1]).square().mean(1)
        self.seen.append((mse, apart, missing, kept, k.clone()))
        self.at.append(step)

    def join(self, level: int, runs: Tensor, step: int) -> None:
        """Let a level in, in these runs (runs,) of truth values."""
        self.net.on[runs, level - 2] = 1.0
        self.joined[runs, level - 2] = step
        for below, k in self.held.items():
            if below < level:
                where = self.net.parameters[below, "K"]
                where[runs] = k.expand_as(where)[runs]

    def climb(self) -> Climb:
        """What was seen."""
        mse, apart, missing, kept, k = (
            torch.stack(part, 1) for part in zip(*self.seen, strict=True)
        )
        levels, at = tuple(self.net.order), torch.tensor(self.at)
        when = self.joined, self.known
        return Climb(levels, at, mse, apart, missing, *when, k, kept, self.net)


def check_multiple(name: str, steps: int, every: int) -> None:
    """Refuse a number of steps at whose end nobody would look.

    Args: name: of the argument. steps: how many. every: how often it is looked.
    Raises: ValueError: not a multiple.
    Cost: O(1).
    Example:
        >>> check_multiple("steps", 100, every=50)
    """
    if steps % every:
        raise ValueError(f"{name}={steps} must be a multiple of every={every}")


def _check_held(net: Levels, level: int, k: Any) -> Tensor:
    want = net.parameters[check_choice("a level of held", level, net.order), "K"].shape
    found = check_array(f"held[{level}]", k, torch.float64)
    if found.shape not in (want, want[1:]):
        raise ValueError(
            f"held[{level}] has shape {tuple(found.shape)}; it must be "
            f"{tuple(want[1:])}, or {tuple(want)} for each run"
        )
    return found


def check_training(network: HierarchyNetwork) -> None:
    """Refuse settings of a training that make no sense.

    Args: network: whose rate, batch, clip and every are looked at.
    Raises: ValueError, TypeError: out of range.
    Cost: O(1).
    Example:
        >>> check_training(StagedNetwork())
    """
    check_real("rate", network.rate, above=0.0)
    check_int("batch", network.batch)
    check_int("every", network.every)
    if network.clip < math.inf:
        check_real("clip", network.clip, above=0.0)


@dataclass(frozen=True)
class StagedNetwork(HierarchyNetwork):
    r"""The plain learner: S_l = K_l z_l of width k, read off as it is, stage by stage.

    Level l comes in at the start of its stage. Adam's rate is constant in the first
    half of a stage and falls to a thousandth of it in the second.

    Args:
        stages: steps of each stage, one for each level; 0 lets a level in at once.
        after: what becomes of lower levels when another joins. "joint": they train on.
            "frozen": not. "refit": their K is frozen, and any square of S_l is read
            off. "free": frozen, and any square of z_l is read off.
        wide: rows of K_l beyond k_l. stop_gradient: whether none passes to S_l from
            the levels above. rate, batch, clip: of Adam. every: how often it is looked,
            in steps; stages are multiples of it.
    Cost: 0.6 ms a step for one run at d = 20, k = 2; 2.3 ms for ten.
    """

    stages: Sequence[int] = (1500, 2500)
    after: str = "joint"
    wide: int = 0
    stop_gradient: bool = False
    rate: float = 1e-2
    batch: int = 256
    clip: float = 1.0
    every: int = 50

    def __post_init__(self) -> None:
        check_choice("after", self.after, AFTER)
        check_training(self)
        for stage in self.stages:
            check_int("each of stages", stage, minimum=0)
            check_multiple("stages", stage, self.every)

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return sum(self.stages)

    def open(self, targets: Sequence[Hierarchy], seeds: Sequence[int]) -> Training:
        """The network before its first step."""
        net = Levels(targets, seeds, tied=True, wide=self.wide)
        if len(net.order) != len(self.stages):
            raise ValueError(f"{len(net.order)} levels need as many stages")
        net.stop_gradient = self.stop_gradient
        for lv in net.order:
            net.start((lv, "K"), 0.1)
        return Training(net, targets, seeds)

    def look(self, training: Training, step: int) -> None:
        """Let levels in, and freeze what is to be frozen."""
        net, every_run = training.net, slice(None)
        starts = accumulate(self.stages, initial=0)
        for lv, start in zip(net.order, starts, strict=False):
            if step != start:
                continue
            training.join(lv, torch.ones(len(training.seeds), dtype=torch.bool), step)
            training.known[:, lv - 2] = step
            net.train((lv, "K"), every_run)
            for below in range(2, lv):
                kept = self.after == "joint" and below not in training.held
                net.train((below, "K"), every_run, kept)
                net.train((below, "V"), every_run, self.after == "refit")
                if self.after == "free" and net.reads[below] == "V":
                    net.untie(below, 1e-2)
                    net.train((below, "W"), every_run)

    def rates(self, training: Training, step: int) -> Tensor:
        """The rates (runs,) of a step."""
        ends = list(accumulate(self.stages))
        stage = next(i for i, end in enumerate(ends) if step < end)
        left = (ends[stage] - step) / self.stages[stage]
        rate = self.rate * max(min(1.0, 2 * left), 1e-3)
        return torch.full((len(training.seeds),), rate, dtype=torch.float64)
