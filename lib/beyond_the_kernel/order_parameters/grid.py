"""One-pass SGD beside its differential equations: sizes, rates, generators, modes."""

from __future__ import annotations

import math
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from replearn.experiments.curves import (
    Interval,
    mean_interval,
    seed_values,
    select,
    slope_of_means,
)
from replearn.experiments.order_flow import (
    draw_pair,
    farthest,
    follow_modes,
    follow_pair,
    white_runs,
)
from replearn.experiments.sweep import Measured, Sweep, grid
from replearn.experiments.tables import read_table

SIZES, RATES, KINDS = (64, 128, 256, 512), (0.2, 0.5, 1.0), ("sign", "relu")
PARTS = {"N÷10": 10, "N÷3": 3}  # a word for D -> N over D
LATENTS = ("2", *PARTS)
END = 16
TIMES = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, END)
SEEDS = tuple(range(300, 305))


def latent_numbers(latent: str, size: int) -> int:
    """D, of its word."""
    return size // PARTS[latent] if latent in PARTS else int(latent)


def follow(inputs: str, latent: str, size: int, rate: float, seed: int) -> Measured:
    """A generator's inputs and their Gaussian twin, beside the equations."""
    pair = draw_pair(inputs, latent_numbers(latent, size), size, SEEDS[seed])
    return follow_pair(pair, TIMES, rate, SEEDS[seed])


ORDER_FLOW = Sweep(
    "order-flow",
    follow,
    grid(latent=LATENTS, inputs=KINDS, size=SIZES, rate=RATES),
    "K = M = 2, first layer trained, t = n/N <= 16, new generator, teacher, student "
    "each seed: half the squared error on 10 000 inputs, of SGD (error), of SGD on the "
    "Gaussian twin, of the equations (flow) and of I_2 on SGD's own Q and R (own); "
    "off: the farthest that an entry of R has been from its path.",
    seeds=len(SEEDS),
    keys=("latent", "inputs", "size", "rate", "n", "seed"),
    cheap=lambda size: size == SIZES[0],
)
WHITE_SIZES, WHITE_RATE = (64, 128, 256, 512, 1024), 0.5


def classical(size: int, seed: int) -> Measured:
    """Saad and Solla's case: how far R leaves its path."""
    run, paths = white_runs(size, WHITE_RATE, TIMES, SEEDS)
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
    run, paths = white_runs(size, rate, LONG, SEEDS)
    names = ("height", "left"), ("flow_height", "flow_left")
    found = (leaves(errors) for errors in (run.error[:, seed], paths[seed].error))
    pairs = (zip(*pair, strict=True) for pair in zip(names, found, strict=True))
    return dict(chain.from_iterable(pairs))


ORDER_PLATEAU = Sweep(
    "order-plateau",
    plateau,
    grid(size=(128, 512), rate=PLATEAU_RATES),
    "Gaussian inputs: t at which half the error of t = 8 is left (160: not by then).",
    seeds=len(SEEDS),
    value="left",
    cheap=lambda size: size == 128,
)
MODE_TIMES, MODE_RATES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0), (0.2, 0.5, 1.0)
MODE_SIZE, MODE_D = 512, 170


def by_modes(rate: float, seed: int) -> Measured:
    """How much weight lies on the manifold, and off it, along a training."""
    pair = draw_pair("sign", MODE_D, MODE_SIZE, SEEDS[seed])
    return follow_modes(pair, MODE_TIMES, rate, SEEDS[seed])


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
    cheap=lambda rate: rate == MODE_RATES[0],
)


def last_rows(table: str, **at: Any) -> Any:
    """The rows of a setting at the end of the training."""
    rows = select(read_table(table), **at)
    return rows[rows["n"] == END * rows["size"]]


def between(one: str, other: str, size: int = SIZES[-1], **at: Any) -> np.ndarray:
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
    return slope_of_means(last_rows("order-white"), "size", "off")


def generated_slope(latent: str = "N÷3") -> Interval:
    """Against N on those of a generator."""
    rows = last_rows("order-flow", inputs="sign", latent=latent, rate=RATES[0])
    return slope_of_means(rows, "size", "off")


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
