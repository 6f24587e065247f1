"""One-pass SGD beside its equations: a student, a teacher, and inputs between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from replearn.experiments.sweep import Measured
from replearn.learners.one_pass import OnePass, one_pass_sgd
from replearn.targets.committee import Committee, random_committee
from replearn.targets.generators import (
    Generator,
    Moments,
    identity_generator,
    matched_gaussian,
    random_generator,
)
from replearn.theory.order_parameters import (
    OrderPath,
    generalisation_error,
    generated_order,
    predict_sgd,
)

UNITS, SCALE = 2, 0.5
SEEN = 10_000


def straight_teacher(d: int, seed: int) -> Committee:
    """Two units at right angles, so that T is the identity.

    Args: d: of what it looks at, at least 2. seed: >= 0.
    Returns: the teacher, both of its output weights 1.
    Cost: O(d).
    """
    drawn = random_committee(UNITS, d, seed)
    axes = torch.linalg.qr(drawn.weights.T).Q
    return Committee(math.sqrt(d) * axes.T, drawn.head)


@dataclass(frozen=True)
class Pair:
    """A teacher on the latent numbers, and a student on the inputs made of them.

    Args: generator, moments: of the inputs. teacher, student: two units each.
    """

    generator: Generator
    moments: Moments
    teacher: Committee
    student: Committee

    def path(self, times: Sequence[float], rate: float, **how: Any) -> OrderPath:
        """The equations from here; the second layer rests unless `both_layers`.

        Args: times: steps over N. rate: eta. how: of `predict_sgd`.
        Returns: the path.
        Cost: 0.2 s at N = 500; far more where D is a handful.
        """
        start = generated_order(self.moments, self.student, self.teacher)
        return predict_sgd(start, times, rate, **{"both_layers": False, **how})

    def run(
        self,
        times: Sequence[float],
        rate: float,
        seed: int,
        twin: bool = False,
        both_layers: bool = False,
    ) -> OnePass:
        """SGD from here, on the inputs or on Gaussian ones with their covariances.

        Args:
            times: steps over N. rate: eta. seed: of the samples.
            twin: whether on the Gaussian ones. both_layers: whether v is trained.
        Returns: one run.
        Cost: 0.06 ms a step at N = 500, twice that for the twin.
        """
        return one_pass_sgd(
            matched_gaussian(self.moments) if twin else self.generator,
            self.teacher,
            [self.student],
            times,
            rate,
            both_layers,
            [seed],
            self.moments,
            SEEN,
        )


def draw_pair(inputs: str, latent: int, size: int, seed: int, layers: int = 1) -> Pair:
    """Generator, teacher and student, all drawn anew from a seed.

    Args:
        inputs: an activation of `random_generator`, or "white" for x = c, N(0, I).
        latent: D. size: N, of every layer. seed: >= 0.
        layers: of the generator; with two and more its moments are estimated.
    Returns: the pair.
    Cost: O(N^2 D); with more layers 1 s each at N = 256, for the moments.
    """
    if inputs == "white":
        generator = identity_generator(size)
    else:
        generator = random_generator([latent, *[size] * layers], inputs, seed)
    teacher = straight_teacher(generator.latent, seed)
    student = random_committee(UNITS, size, seed, "student", SCALE)
    return Pair(generator, generator.moments(), teacher, student)


def farthest(run: OnePass, path: OrderPath) -> np.ndarray:
    """The largest distance of an entry of R from its path so far.

    Args: run: S runs at T times. path: at the same.
    Returns: (T, S).
    Cost: O(T S).
    """
    off = (run.r - path.r[:, None]).abs().amax((2, 3)).numpy()
    return np.maximum.accumulate(off, axis=0)


def own_errors(run: OnePass) -> list[float]:
    """The Gaussian formula of the error on the Q and R that the first run has.

    Args: run: with a teacher whose T is the identity, and v = 1.
    Returns: (T,).
    Cost: O(T).
    """
    t, head = torch.eye(UNITS, dtype=run.q.dtype), run.q.new_ones(UNITS)
    fields = [
        torch.cat([torch.cat([q, r], 1), torch.cat([r.T, t], 1)])
        for q, r in zip(run.q[:, 0], run.r[:, 0], strict=True)
    ]
    return [generalisation_error(c, head, head) for c in fields]


def weights_by_modes(pair: Pair, student: Committee) -> tuple[float, float, Tensor]:
    """What of a student lies along the D largest modes of the inputs.

    Args: pair: whose inputs and teacher. student: on these inputs.
    Returns: the mean square weight along them, along the others, and their part of R
        (K, M).
    Cost: O(N^3).
    """
    modes = torch.linalg.eigh(pair.moments.covariance).eigenvectors
    n, latent = pair.moments.cross.shape
    w, b = student.weights @ modes, pair.teacher.weights @ pair.moments.cross.T @ modes
    few, many = w[:, n - latent :], w[:, : n - latent]
    part = few @ b[:, n - latent :].T / math.sqrt(n * latent)
    return float(few.square().mean()), float(many.square().mean()), part


def follow_pair(pair: Pair, times: Sequence[float], rate: float, seed: int) -> Measured:
    """SGD, SGD on the Gaussian twin, and the equations, from one start.

    Args: pair: where it starts. times: steps over N. rate: eta. seed: of the samples.
    Returns: n; the errors of SGD (error), the twin and the equations (flow), and the
        formula on SGD's Q and R (own); how far R has been off its path (off, twin_off).
    Cost: 3 s at N = 512 to t = 16.
    """
    path = pair.path(times, rate, tolerance=1e-6)
    run, twin = (pair.run(times, rate, seed, twin) for twin in (False, True))
    measured: dict[str, Any] = {
        "error": run.error[:, 0],
        "flow": path.error,
        "own": own_errors(run),
        "off": farthest(run, path)[:, 0],
        "twin": twin.error[:, 0],
        "twin_off": farthest(twin, path)[:, 0],
    }
    rounded = {k: [float(f"{v:.4g}") for v in values] for k, values in measured.items()}
    return {"n": [round(t * pair.generator.dimension) for t in times], **rounded}


def follow_modes(
    pair: Pair, times: Sequence[float], rate: float, seed: int
) -> Measured:
    """Mean square weight along the D largest modes (on) and the others (off).

    Args: pair: where it starts. times: steps over N. rate: eta. seed: of the samples.
    Returns: t; on and off, of SGD and of the equations (flow_on, flow_off); the share
        of R's change that lies along the D largest (moved_on).
    Cost: 2 s at N = 512 to t = 16.
    """
    n, latent = pair.moments.cross.shape
    path = pair.path([0.0, *times], rate, tolerance=1e-6)
    squares = torch.einsum("tgkk->tg", path.squares) * n / UNITS
    seen, now, before = [], pair, 0.0
    first = weights_by_modes(pair, pair.student)[2]
    for i, t in enumerate(times):  # fresh samples again after each look
        run = now.run([t - before], rate, 10 * seed + i)
        now, before = replace(now, student=run.students[0]), t
        on, off, part = weights_by_modes(pair, now.student)
        moved = float((part - first).sum() / (run.r[-1, 0] - path.r[0]).sum())
        seen.append((on, off, moved))
    own = dict(zip(("on", "off", "moved_on"), np.array(seen).T, strict=True))
    flow = {
        "flow_on": squares[1:, n - latent :].mean(1),
        "flow_off": squares[1:, : n - latent].mean(1),
    }
    return {"t": list(times), **own, **flow}


def many_starts(
    generator: Generator,
    moments: Moments,
    times: Sequence[float],
    rate: float,
    seeds: Sequence[int],
    points: int = SEEN,
) -> tuple[OnePass, list[Pair]]:
    """SGD from several starts on the inputs of one generator, in one product.

    Args:
        generator, moments: of the inputs. times: steps over N. rate: eta.
        seeds: of start and samples; the first is that of the one teacher as well.
        points: inputs on which all runs have their error measured.
    Returns: the runs, and the pair from which each began.
    Cost: 0.1 ms a step for five of N = 500, besides what the generator takes.
    """
    size = generator.dimension
    teacher = straight_teacher(generator.latent, seeds[0])
    students = [random_committee(UNITS, size, s, "student", SCALE) for s in seeds]
    run = one_pass_sgd(
        generator, teacher, students, times, rate, False, seeds, moments, points
    )
    return run, [Pair(generator, moments, teacher, s) for s in students]


@cache
def white_runs(
    size: int, rate: float, times: tuple[float, ...], seeds: tuple[int, ...]
) -> tuple[OnePass, list[OrderPath]]:
    """Saad and Solla's case: a student for each seed, on inputs N(0, I).

    One teacher will do for all: any other is a rotation of it.

    Args: size: N. rate: eta. times: steps over N. seeds: of start and samples.
    Returns: the runs, made in one product, and the path of each.
    Cost: 0.1 ms a step for five of N = 500.
    """
    generator = identity_generator(size)
    run, pairs = many_starts(generator, generator.moments(), times, rate, seeds)
    return run, [pair.path(times, rate) for pair in pairs]
