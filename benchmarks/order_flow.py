"""Order parameters against an Euler loop at equal accuracy; SGD of sixteen seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from replearn.learners.one_pass import one_pass_sgd
from replearn.targets.committee import Committee, random_committee
from replearn.targets.generators import random_generator
from replearn.theory.order_parameters import (
    OrderParameters,
    generated_order,
    predict_sgd,
)

from .timing import Result, compare, relative_difference, scaled, timed

Array = NDArray[np.float64]
N, RATE, END, STEP, SEEDS = 250, 0.2, 10.0, 0.01, 16
TOLERANCE = 1e-4  # of our integrator: as good as Euler's steps, which is asserted


def networks(n: int) -> tuple[Committee, Committee]:
    """A student on n inputs and a teacher on a third as many latent numbers.

    Args:
        n: inputs.
    Returns:
        Both, with two units.
    """
    student = random_committee(2, n, 0, "student")
    return student, random_committee(2, n // 3, 0)


def compare_flow(scale: float, repetitions: int) -> list[Result]:
    """The equations by our integrator and by Euler; runs in one product and in a loop.

    Args:
        scale: of the number of inputs and of the time. repetitions: timed pairs.
    Returns:
        Two comparisons.
    """
    n, end = scaled(N, scale, minimum=12), END * max(scale, 0.05)
    generator = random_generator([n // 3, n], "sign", seed=0)
    moments = generator.moments()
    student, teacher = networks(n)
    start = generated_order(moments, student, teacher)
    times = [end / 2, end]

    def ours(tolerance: float = TOLERANCE) -> Tensor:
        path = predict_sgd(start, times, RATE, tolerance=tolerance)
        return torch.cat([path.q.flatten(), path.r.flatten(), path.head.flatten()])

    exact = ours(1e-11)
    own = relative_difference(ours(), exact)
    euler = relative_difference(by_euler(start, times), exact)
    if own > euler:
        raise AssertionError(f"our error {own:.0e} is above Euler's, {euler:.0e}")
    students = [student] * SEEDS

    def together() -> Tensor:
        run = one_pass_sgd(
            generator, teacher, students, times, RATE, moments=moments, test_points=500
        )
        return run.error

    def one_by_one() -> Tensor:
        runs = [
            one_pass_sgd(
                generator,
                teacher,
                [student],
                times,
                RATE,
                seeds=[seed],
                moments=moments,
                test_points=500,
            )
            for seed in range(SEEDS)
        ]
        return torch.cat([run.error for run in runs], 1)

    return [
        compare(
            f"order parameters, N = {n}, t = {end:g}",
            (f"scipy's DOP853, error {own:.0e}", lambda: timed(ours)),
            (
                f"Euler loop in NumPy, steps of {STEP}, error {euler:.0e}",
                lambda: timed(lambda: by_euler(start, times)),
            ),
            repetitions,
            tolerance=2e-2,
            target=10.0,
        ),
        compare(
            f"one-pass SGD of {SEEDS} seeds, N = {n}, {round(end * n)} steps",
            ("one batched product", lambda: timed(together)),
            ("one seed after the other", lambda: timed(one_by_one)),
            repetitions,
            tolerance=1e-8,
            target=3.0,
        ),
    ]


def by_euler(start: OrderParameters, times: list[float]) -> Tensor:
    """The equations as they are published, unit by unit, in explicit Euler steps.

    Args:
        start: order parameters. times: increasing.
    Returns:
        Q, R and v at the times, in a row.
    """
    state = _State(
        start.q.numpy().copy(), start.r.numpy().copy(), start.student_head.numpy()
    )
    seen, step = [], 0
    for until in times:
        while step < round(until / STEP):
            state, step = state.stepped(start), step + 1
        q = np.einsum("g,gkl->kl", start.eigenvalues.numpy(), state.q)
        seen.append((q, state.r.sum(0), state.v))
    parts = [np.stack(part).ravel() for part in zip(*seen, strict=True)]
    return torch.from_numpy(np.concatenate(parts))


@dataclass
class _State:
    q: Array
    r: Array
    v: Array

    def stepped(self, start: OrderParameters) -> _State:
        """The state one Euler step later."""
        rho = start.eigenvalues.numpy()[:, None, None]
        k, a = len(self.v), start.teacher_head.numpy()
        u = np.concatenate([self.v, -a])
        r = self.r.sum(0)
        c = np.block([[(rho * self.q).sum(0), r], [r.T, start.teacher.numpy()]])
        pull = np.zeros((k, len(u)))
        for i in range(k):
            for j in range(len(u)):
                if j == i:
                    pull[i, i] += u[i] * i3(c, i, i, i) / c[i, i]
                    continue
                one, two = i3(c, i, i, j), i3(c, i, j, j)
                det = c[i, i] * c[j, j] - c[i, j] ** 2
                pull[i, i] += u[j] * (c[j, j] * one - c[i, j] * two) / det
                pull[i, j] += u[j] * (c[i, i] * two - c[i, j] * one) / det
        pull *= self.v[:, None]
        noise, head = np.zeros((k, k)), np.zeros(k)
        fields = range(len(u))
        for i in range(k):
            head[i] = sum(u[j] * i2(c, i, j) for j in fields)
            for j in range(k):
                every = ((x, y) for x in fields for y in fields)
                total = sum(u[x] * u[y] * i4(c, i, j, x, y) for x, y in every)
                noise[i, j] = self.v[i] * self.v[j] * total
        m1, m2 = pull[:, :k], pull[:, k:]
        dr = -RATE * (rho * (m1 @ self.r) + m2 @ start.b.numpy())
        dq = -RATE * (rho * (m1 @ self.q) + m2 @ self.r.transpose(0, 2, 1))
        share = start.shares.numpy()[:, None, None]
        dq = dq + dq.transpose(0, 2, 1) + RATE**2 * rho * share * noise
        return _State(
            self.q + STEP * dq, self.r + STEP * dr, self.v - STEP * RATE * head
        )


def i2(c: Array, a: int, b: int) -> float:
    """E g(a) g(b), as published."""
    return 2 / math.pi * math.asin(c[a, b] / math.sqrt((1 + c[a, a]) * (1 + c[b, b])))


def i3(c: Array, a: int, b: int, d: int) -> float:
    """E g'(a) b g(d), as published."""
    bend = (1 + c[a, a]) * (1 + c[d, d]) - c[a, d] ** 2
    mixed = c[b, d] * (1 + c[a, a]) - c[a, b] * c[a, d]
    return 2 / math.pi * mixed / (math.sqrt(bend) * (1 + c[a, a]))


def i4(c: Array, a: int, b: int, d: int, e: int) -> float:
    """E g'(a) g'(b) g(d) g(e), as published."""
    one, two, both = 1 + c[a, a], 1 + c[b, b], c[a, b]
    l4 = one * two - both**2
    l0 = l4 * c[d, e] - c[b, d] * c[b, e] * one - c[a, d] * c[a, e] * two
    l0 += both * (c[a, d] * c[b, e] + c[a, e] * c[b, d])
    roots = 1.0
    for f in (d, e):
        own = l4 * (1 + c[f, f]) - c[b, f] ** 2 * one - c[a, f] ** 2 * two
        roots *= own + 2 * both * c[a, f] * c[b, f]
    return 4 / math.pi**2 / math.sqrt(l4) * math.asin(l0 / math.sqrt(roots))
