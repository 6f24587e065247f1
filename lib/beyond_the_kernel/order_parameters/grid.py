"""One-pass SGD beside its differential equations: sizes, rates, generators, modes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
import torch

from replearn.experiments.curves import (
    Interval,
    Reach,
    fit_exponent,
    left_out_means,
    mean_interval,
    seed_values,
    select,
)
from replearn.experiments.sweep import Measured, Sweep, grid
from replearn.experiments.tables import read_table
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

Array = np.ndarray
UNITS, SCALE, ONES = 2, 0.5, [1.0, 1.0]
SIZES, RATES, KINDS = (64, 128, 256, 512), (0.2, 1.0), ("sign", "relu")
LATENTS = {"2": 0, "N÷10": 10, "N÷3": 3}  # a word -> N over D; 0 for D = 2
END = 16
TIMES = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, END)
SEEDS, SEEN = tuple(range(300, 305)), 10_000


def latent_numbers(latent: str, size: int) -> int:
    """D, of its word."""
    return size // LATENTS[latent] if LATENTS[latent] else 2


def straight_teacher(d: int, seed: int) -> Committee:
    """Two units at right angles, so that T is the identity."""
    drawn = random_committee(UNITS, d, seed).weights
    axes = torch.linalg.qr(drawn.T).Q
    return Committee(math.sqrt(d) * axes.T, ONES)


class Pair(NamedTuple):
    """A teacher on the latent numbers, and a student on the inputs made of them."""

    generator: Generator
    moments: Moments
    teacher: Committee
    student: Committee

    def path(self, times: Sequence[float], rate: float, **how: Any) -> OrderPath:
        """The equations, from where the student starts; its second layer rests."""
        start = generated_order(self.moments, self.student, self.teacher)
        return predict_sgd(start, times, rate, both_layers=False, **how)

    def run(
        self, times: Sequence[float], rate: float, seed: int, twin: bool = False
    ) -> OnePass:
        """SGD on the generator's inputs, or on Gaussian ones with their covariances."""
        return one_pass_sgd(
            matched_gaussian(self.moments) if twin else self.generator,
            self.teacher,
            [self.student],
            times,
            rate,
            both_layers=False,
            seeds=[seed],
            moments=self.moments,
            test_points=SEEN,
        )


def make_pair(inputs: str, latent: int, size: int, seed: int) -> Pair:
    """A generator, its teacher and a student, all drawn anew from a seed."""
    generator = random_generator([latent, size], inputs, seed)
    student = random_committee(UNITS, size, seed, "student", SCALE)
    return Pair(generator, generator.moments(), straight_teacher(latent, seed), student)


def farthest(run: OnePass, path: OrderPath) -> Array:
    """The largest distance of an entry of R from its path so far (T, S)."""
    off = (run.r - path.r[:, None]).abs().amax((2, 3)).numpy()
    return np.maximum.accumulate(off, axis=0)


def follow(inputs: str, latent: str, size: int, rate: float, seed: int) -> Measured:
    """A generator's inputs and their Gaussian twin, beside the equations."""
    seed = SEEDS[seed]
    pair = make_pair(inputs, latent_numbers(latent, size), size, seed)
    path = pair.path(TIMES, rate, tolerance=1e-6)
    run, twin = (pair.run(TIMES, rate, seed, twin) for twin in (False, True))
    covariances = [
        torch.cat([torch.cat([q, r], 1), torch.cat([r.T, torch.eye(UNITS)], 1)])
        for q, r in zip(run.q[:, 0], run.r[:, 0], strict=True)
    ]
    measured = {
        "error": run.error[:, 0],
        "flow": path.error,
        "own": [generalisation_error(c, ONES, ONES) for c in covariances],
        "off": farthest(run, path)[:, 0],
        "twin": twin.error[:, 0],
        "twin_off": farthest(twin, path)[:, 0],
    }
    rounded = {k: [float(f"{v:.4g}") for v in values] for k, values in measured.items()}
    return {"n": [round(t * size) for t in TIMES], **rounded}


ORDER_FLOW = Sweep(
    "order-flow",
    follow,
    grid(latent=tuple(LATENTS), inputs=KINDS, size=SIZES, rate=RATES),
    "K = M = 2, first layer trained, t = n/N <= 16, new generator, teacher, student "
    "each seed: half the squared error on 10 000 inputs, of SGD (error), of SGD on the "
    "Gaussian twin, of the equations (flow) and of I_2 on SGD's own Q and R (own); "
    "off: the farthest that an entry of R has been from its path.",
    seeds=len(SEEDS),
    keys=("latent", "inputs", "size", "rate", "n", "seed"),
    cheap=lambda size: size == SIZES[0],
)
WHITE_SIZES, WHITE_RATE = (64, 128, 256, 512, 1024), 0.5


@cache
def white(size: int, rate: float, times: tuple[float, ...]) -> tuple[OnePass, Any]:
    """Five students on Gaussian inputs: runs in one product, and the path of each."""
    generator = identity_generator(size)
    teacher = straight_teacher(size, SEEDS[0])  # any other is a rotation of it
    students = [random_committee(UNITS, size, s, "student", SCALE) for s in SEEDS]
    pairs = [Pair(generator, generator.moments(), teacher, s) for s in students]
    run = one_pass_sgd(
        generator, teacher, students, times, rate, False, SEEDS, test_points=SEEN
    )
    return run, [pair.path(times, rate) for pair in pairs]


def classical(size: int, seed: int) -> Measured:
    """Saad and Solla's case: how far R leaves its path."""
    run, paths = white(size, WHITE_RATE, TIMES)
    error, off = run.error[:, seed], farthest(run, paths[seed])[:, seed]
    n = [round(t * size) for t in TIMES]
    return {"n": n, "error": error, "flow": paths[seed].error, "off": off}


ORDER_WHITE = Sweep(
    "order-white",
    classical,
    grid(size=WHITE_SIZES),
    "As order-flow, on Gaussian inputs N(0, I), rate 0.5.",
    seeds=len(SEEDS),
    value="off",
    cheap=lambda size: size == WHITE_SIZES[0],
)
LONG = tuple(float(t) for t in range(0, 161, 2))
PLATEAU_RATES, PLATEAU_FROM = (1.0, 1.5), 8


def leaves(error: Any) -> tuple[float, float]:
    """The height of a plateau, and when half of it is left; the end, if never."""
    e = np.asarray(error)
    height = float(e[LONG.index(PLATEAU_FROM)])
    below = np.flatnonzero(e < height / 2)
    return height, LONG[below[0]] if len(below) else LONG[-1]


def plateau(size: int, rate: float, seed: int) -> Measured:
    """When SGD leaves the plateau, and when the equations do."""
    run, paths = white(size, rate, LONG)
    (height, left), (flow_height, flow_left) = (
        leaves(errors) for errors in (run.error[:, seed], paths[seed].error)
    )
    return {
        "left": left,
        "height": height,
        "flow_left": flow_left,
        "flow_height": flow_height,
    }


ORDER_PLATEAU = Sweep(
    "order-plateau",
    plateau,
    grid(size=(128, 512), rate=PLATEAU_RATES),
    "Gaussian inputs: t at which half the error of t = 8 is left (160: not by then).",
    seeds=len(SEEDS),
    value="left",
    cheap=lambda size: False,
)
MODE_TIMES, MODE_RATES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0), (0.2, 0.5, 1.0)
MODE_SIZE, MODE_D = 512, 170


def mean_squares(pair: Pair, student: Committee) -> tuple[float, float, Array]:
    """Mean square weight along the D largest modes and the others; the former's R."""
    modes = torch.linalg.eigh(pair.moments.covariance).eigenvectors
    w, b = student.weights @ modes, pair.teacher.weights @ pair.moments.cross.T @ modes
    on = slice(len(modes) - pair.generator.latent, None)
    part = w[:, on] @ b[:, on].T / math.sqrt(len(modes) * pair.generator.latent)
    off = w[:, : on.start].square().mean()
    return float(w[:, on].square().mean()), float(off), part.numpy()


def by_modes(rate: float, seed: int) -> Measured:
    """How much weight lies on the manifold, and off it, along a training."""
    seed = SEEDS[seed]
    pair = make_pair("sign", MODE_D, MODE_SIZE, seed)
    path = pair.path([0.0, *MODE_TIMES], rate, tolerance=1e-6)
    squares = torch.einsum("tgkk->tg", path.squares) * MODE_SIZE / UNITS
    off, on = squares[:, :-MODE_D].mean(1), squares[:, -MODE_D:].mean(1)
    seen, now, before = [], pair, 0.0
    first = mean_squares(pair, pair.student)[2]
    for i, t in enumerate(MODE_TIMES):  # fresh samples again after each look
        run = now.run([t - before], rate, 10 * seed + i)
        now, before = now._replace(student=run.students[0]), t
        part = mean_squares(pair, now.student)
        moved = float((part[2] - first).sum() / (run.r[-1, 0] - path.r[0]).sum())
        seen.append((*part[:2], moved))
    mine = np.array(seen).T
    return {
        "t": MODE_TIMES,
        "on": mine[0],
        "off": mine[1],
        "moved_on": mine[2],
        "flow_on": on[1:],
        "flow_off": off[1:],
    }


ORDER_MODES = Sweep(
    "order-modes",
    by_modes,
    grid(rate=MODE_RATES),
    "Sign generator, N = 512, D = 170: mean square weight along the D largest modes "
    "(on) and the others (off), of SGD and of the equations (flow_...); moved_on: the "
    "share of R's change that lies in the former.",
    seeds=len(SEEDS),
    value="off",
    along="t",
    keys=("rate", "t", "seed"),
    cheap=lambda rate: False,
)


def last_rows(table: str, **at: Any) -> Any:
    """The rows of a setting at the end of the training."""
    rows = select(read_table(table), **at)
    return rows[rows["n"] == END * rows["size"]]


def slope(rows: Any, value: str = "off") -> Interval:
    """Of the logarithm of a mean over seeds, against that of N."""
    many = rows.pivot_table(index="size", columns="seed", values=value)
    values, sizes = many.to_numpy(float), many.index.to_numpy(float)
    left = left_out_means(values)
    return fit_exponent(Reach(sizes, values.mean(1), left, "size"))


def between(one: str, other: str, size: int = SIZES[-1], **at: Any) -> Array:
    """One column over another at the end, for each seed."""
    rows = last_rows("order-flow", size=size, rate=RATES[0], **at)
    return seed_values(rows, one) / seed_values(rows, other)


def factor(one: str, latent: str) -> Interval:
    """By which factor two errors differ, whichever is larger: the geometric mean."""
    off = np.log(between(one, "flow", inputs="sign", latent=latent))
    mean, low, high = mean_interval(np.abs(off))
    return math.exp(mean), math.exp(low), math.exp(high)


def white_slope() -> Interval:
    """Against N on Gaussian inputs."""
    return slope(last_rows("order-white"))


def generated_slope(latent: str = "N÷3") -> Interval:
    """Against N on those of a generator."""
    rows = last_rows("order-flow", inputs="sign", latent=latent, rate=RATES[0])
    return slope(rows)


narrow_slope = partial(generated_slope, "2")


def sampled_over_flow(inputs: str = "sign") -> Interval:
    """SGD's error over that of the equations, D = N / 3."""
    return mean_interval(between("error", "flow", inputs=inputs, latent="N÷3"))


biased_over_flow = partial(sampled_over_flow, "relu")
narrow_factor, narrow_twin = partial(factor, "error", "2"), partial(factor, "twin", "2")


def plateau_left() -> Interval:
    """The time at which SGD leaves the plateau, over that of the equations."""
    rows = select(read_table("order-plateau"), size=512, rate=1.5)
    return mean_interval(seed_values(rows, "left") / seed_values(rows, "flow_left"))


def at_the_end(rate: float) -> Any:
    """The weights by modes when the training ends."""
    return select(read_table("order-modes"), rate=rate, t=MODE_TIMES[-1])


def moved_on() -> Interval:
    """The share of R's change in the D largest modes."""
    return mean_interval(seed_values(at_the_end(0.2), "moved_on"))


def noise_over_flow() -> Interval:
    """Mean square weight off the manifold, over that of the equations."""
    rows = at_the_end(1.0)
    return mean_interval(seed_values(rows, "off") / seed_values(rows, "flow_off"))
