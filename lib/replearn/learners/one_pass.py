"""A two-layer erf network in one pass over a generator's inputs, many runs at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from replearn.checks import (
    MAX_SEED,
    SWITCH,
    check_choice,
    check_finite,
    check_int,
    check_memory,
    check_real,
    check_vector,
    undisturbed,
)
from replearn.streams import Stream
from replearn.targets.committee import Committee
from replearn.targets.generators import Generator, Moments, erf_unit

CHUNK = 128  # steps whose inputs are made in one product
SLOWER = "lower the rate"


@dataclass(frozen=True)
class OnePass:
    """What was measured of S runs at T times, with K students and M teachers.

    Args:
        times: (T,), steps / N. q: Q (T, S, K, K). r: R (T, S, K, M). head: (T, S, K).
        error: half the mean squared error on fresh inputs (T, S).
        students: what each run ends with.
    """

    times: Tensor
    q: Tensor
    r: Tensor
    head: Tensor
    error: Tensor
    students: list[Committee]


@undisturbed
def one_pass_sgd(
    generator: Generator,
    teacher: Committee,
    students: Sequence[Committee],
    times: Sequence[float],
    rate: float,
    both_layers: bool = True,
    seeds: Sequence[int] | None = None,
    moments: Moments | None = None,
    test_points: int = 5000,
) -> OnePass:
    r"""SGD with one fresh sample a step, all runs in one batched product.

    With l_k = w_k.x / sqrt N and Delta = student(x) - teacher(c), a step is
    w_k -= (eta / sqrt N) v_k g'(l_k) Delta x and v_k -= (eta / N) g(l_k) Delta, both
    from the old weights. Inputs lose their mean. Q = W Omega W^T / N and
    R = W Phi B^T / sqrt(N D); the error is an average over inputs of its own.

    Source: the set-up of Saad & Solla 1995 and of Goldt et al. 2021.

    Args:
        generator: of the inputs. teacher: on its latent numbers.
        students: the start of each run, all with the same K.
        times: steps / N at which to look, increasing, >= 0, at least one.
        rate: eta > 0. both_layers: whether v is trained too.
        seeds: of each run's samples, >= 0; None takes 0, 1, ...
        moments: of the generator, if they are at hand already.
        test_points: how many inputs the error is measured on, >= 1.
    Returns: the path of every run.
    Raises: ValueError: arguments, or runs that diverge.
    Cost: S N (D + 4 K) flops and about 60 us a step, N steps a unit of time.
    Example:
        >>> from replearn.targets.committee import random_committee
        >>> from replearn.targets.generators import identity_generator
        >>> B, W = (random_committee(1, 40, 1, role) for role in ("teacher", "student"))
        >>> run = one_pass_sgd(identity_generator(40), B, [W], [0.0, 40.0], rate=1.0)
        >>> bool(run.error[1, 0] < run.error[0, 0] / 10)
        True
    """
    own = _check_students(generator, teacher, students)
    rate = check_real("rate", rate, above=0.0)
    step_head = rate / generator.dimension * check_choice("both", both_layers, SWITCH)
    steps = _check_times(times, generator.dimension)
    if isinstance(seeds, int):
        raise TypeError(f"seeds={seeds} must be a sequence, one for each student")
    drawn = range(len(own)) if seeds is None else seeds
    places = [check_int("each of seeds", s, 0, MAX_SEED) for s in drawn]
    if len(places) != len(own):
        raise ValueError(f"{len(places)} seeds for {len(own)} students")
    moments = moments or generator.moments()
    look = _Look(generator, teacher, moments, test_points)
    source = _Samples(generator, teacher, moments.mean, places)
    w = torch.stack([s.weights for s in own])
    v = torch.stack([s.head for s in own])
    seen, done = [], 0
    for until in steps:
        while done < until:
            count = min(CHUNK, until - done)
            for x, y in zip(*source.draw(count), strict=True):
                _step(w, v, x, y, rate, step_head)
            done += count
        seen.append(look(w, v))
    q, r, error = (
        torch.stack(part) for part in zip(*(s[:3] for s in seen), strict=True)
    )
    check_finite("the error", error, SLOWER)
    heads = torch.stack([s[3] for s in seen])
    last = [Committee(a, b) for a, b in zip(w, v, strict=True)]
    at = torch.tensor(steps, dtype=torch.float64) / generator.dimension
    return OnePass(at, q, r, heads, error, last)


def _step(
    w: Tensor, v: Tensor, x: Tensor, y: Tensor, rate: float, step_head: float
) -> None:
    """One step of all runs in place: w (S, K, N), v (S, K), x (S, N), y (S,)."""
    root = math.sqrt(x.shape[1])
    fields = torch.bmm(w, x[:, :, None])[:, :, 0] / root
    out = erf_unit(fields)
    gap = ((out * v).sum(1) - y)[:, None]
    slope = math.sqrt(2 / math.pi) * torch.exp(-(fields**2) / 2)
    w.baddbmm_((v * slope * gap)[:, :, None], x[:, None], alpha=-rate / root)
    if step_head:
        v.sub_(step_head * out * gap)


class _Samples:
    """Fresh inputs (steps, S, N) and labels (steps, S), a stream for every run."""

    def __init__(
        self, generator: Generator, teacher: Committee, mean: Tensor, seeds: list[int]
    ) -> None:
        self.generator, self.teacher, self.mean = generator, teacher, mean
        place = (generator.latent, generator.dimension)
        self.streams = [Stream("one pass", seed, *place) for seed in seeds]

    def draw(self, steps: int) -> tuple[Tensor, Tensor]:
        g, runs = self.generator, len(self.streams)
        c = torch.stack(
            [s.normal(steps, g.latent + g.extra) for s in self.streams], dim=1
        ).reshape(steps * runs, -1)
        x = g(c) - self.mean
        y = self.teacher(c[:, : g.latent])
        return x.reshape(steps, runs, -1), y.reshape(steps, runs)


class _Look:
    """Measures the order parameters of all runs, and their error on fresh inputs."""

    def __init__(
        self, generator: Generator, teacher: Committee, moments: Moments, points: int
    ) -> None:
        points, n = check_int("test_points", points), generator.dimension
        c, x = generator.sample(points, 0, "test of one pass")
        self.x, self.y = (x - moments.mean) / math.sqrt(n), teacher(c)
        self.omega = moments.covariance / n
        scale = math.sqrt(n * generator.latent)
        self.cross = moments.cross @ teacher.weights.T / scale

    def __call__(self, w: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        q = w @ self.omega @ w.mT
        out = (v[:, None] @ erf_unit(w @ self.x.T))[:, 0]
        error = (out - self.y).square().mean(1) / 2
        return q, w @ self.cross, error, v.clone()


def _check_students(
    generator: Generator, teacher: Committee, students: Sequence[Any]
) -> list[Committee]:
    if teacher.d != generator.latent:
        raise ValueError(
            f"teacher works on d={teacher.d}; there are {generator.latent} latent ones"
        )
    if not isinstance(students, Sequence) or not students:
        raise TypeError(f"students={students!r:.60} must be a sequence of networks")
    shape = (students[0].units, generator.dimension)
    for student in students:
        if student.weights.shape != shape:
            found = tuple(student.weights.shape)
            raise ValueError(f"students need weights {shape}; one has {found}")
    size = len(students) * math.prod(shape)
    check_memory(32.0 * size + 16.0 * CHUNK * size, f"{len(students)} runs")
    return list(students)


def _check_times(times: Sequence[float], n: int) -> list[int]:
    t = check_vector("times", times, dtype=torch.float64)
    steps = [round(float(value) * n) for value in t]
    if steps[0] < 0 or any(b <= a for a, b in zip(steps, steps[1:], strict=False)):
        raise ValueError(
            f"times={t.tolist()!s:.60} must be >= 0 and at least a step of 1/{n} apart"
        )
    return steps
