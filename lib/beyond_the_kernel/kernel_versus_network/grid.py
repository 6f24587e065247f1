"""Kernel versus network: seven learners, theory, widths, a control, and Figure 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from beyond_the_kernel.far import FAR as FAR
from replearn.experiments import curves, frozen, learning_curves
from replearn.experiments.curves import Interval, select
from replearn.experiments.first_layer import measure_step
from replearn.experiments.learning_curves import KERNELS, LEARNERS, network_sizes
from replearn.experiments.sweep import Cell, Measured, Sweep, grid
from replearn.experiments.tables import read_table
from replearn.targets import paper_target, rank_deficient_target
from replearn.theory import predict_network_limit
from replearn.theory.rates import monomials

DIMENSIONS, DIRECTIONS, DEGREES = (10, 20, 40, 80, 160), (1, 2, 4), (2, 3, 4)
TARGETS = grid(
    lambda d, r: d < 160 or r == 1, d=DIMENSIONS, r=DIRECTIONS, degree=DEGREES
)
KERNEL_SIZES = [round(n) for n in np.geomspace(16, 6000, 27)]
THEORY_SIZES = [int(n) for n in np.unique(np.geomspace(10, 10**9, 193).astype(int))]
# the matched polynomial kernel falls off a cliff at as many samples as it has
# monomials; between sizes far apart, reading off where would miss it by a third
CLIFF = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.15)
# a Gram's factor, or a basis of fixed features, serves all targets on the same inputs
SHARED = ("ntk", "rbf", "random-features", "oracle")
# ten seeds where the ledger reads an exponent
MAIN = {("polynomial", 10), ("polynomial", 20), *(("one-step", d) for d in DIMENSIONS)}
Pairs = Sequence[Sequence[int]]  # of r and degree


def sizes_of(learner: str, d: int, degree: int = 2) -> list[int]:
    """The sizes of a learner; the polynomial kernel has more where its curve falls."""
    if learner not in KERNELS:
        return network_sizes(d, 0.5 if learner == "adam" else 0.25)
    near = [round(f * monomials(d, degree)) for f in CLIFF if learner == "polynomial"]
    return sorted({*KERNEL_SIZES, *(n for n in near if 16 < n < 6000)})


def cost(learner: str, d: int, targets: Pairs) -> float:
    """Seconds of a cell, about."""
    repeats = 1 if learner in KERNELS else len({r for r, _ in targets})
    return learning_curves.estimate_seconds(learner, d, sizes_of(learner, d), repeats)


def cells() -> list[Cell]:
    """A learner, a d, and all (r, degree) that can share its work."""
    found: list[Cell] = []
    for at in grid(learner=LEARNERS, d=DIMENSIONS):
        those = [(t["r"], t["degree"]) for t in TARGETS if t["d"] == at["d"]]
        alone = [[t for t in those if t[1] == degree] for degree in DEGREES]
        parts = [those] if at["learner"] in SHARED else alone
        found += [{**at, "targets": targets} for targets in parts]
    return sorted(found, key=lambda cell: cost(**cell))


def errors(learner: str, d: int, targets: Pairs, seed: int) -> Measured:
    """Errors of one learner on several targets, on the same inputs."""
    ns = sizes_of(learner, d, max(degree for _, degree in targets))
    built = [paper_target(d, r, degree) for r, degree in targets]
    found = learning_curves.measure_curves(learner, built, ns, seed).T.flatten()
    r, degree = np.repeat(targets, len(ns), axis=0).T
    return {"r": r, "degree": degree, "n": ns * len(targets), "error": found}


KERNEL_VS_NETWORK = Sweep(
    "kernel-vs-network",
    errors,
    cells(),
    "Test error / Var f* of seven learners on He_2 + He_p targets, noiseless.",
    seeds=lambda learner, d: 10 if (learner, d) in MAIN else 5,
    keys=("d", "r", "degree", "learner", "n", "seed"),
    cheap=lambda **cell: cost(**cell) < 3,
    timed=("learner", "d"),
)
KERNEL_THEORY = Sweep(
    "kernel-theory",
    learning_curves.predict_kernel_curves,
    TARGETS,
    "Predicted test error / Var f* of three kernels on the sphere, best ridge.",
    seeds=0,
    sizes=lambda: THEORY_SIZES,
)


def at_width(ns: Sequence[int], seed: int, d: int, width: int) -> Measured:
    """The one-step network on the cubic target."""
    return learning_curves.measure_curve(ns, seed, "one-step", d, 1, 3, width=width)


WIDTH = Sweep(
    "width",
    at_width,
    grid(d=DIMENSIONS[:-1], width=(128, 512, 2048)),
    "One-step network on r = 1, degree 3: test error at three widths.",
    seeds=10,
    curve="",
    sizes=network_sizes,
    cheap=lambda d, width: d <= 20 and width <= 512,
)
RATIOS, DRAWS = [2 ** (k / 2) for k in range(-8, 11)], 10  # of n to d^2; of networks


def network_limit(degree: int, width: int) -> Measured:
    """The one-step network's error for d -> infinity at fixed n / d^2, r = 1."""
    powers = paper_target(1, 1, degree).hermite_coefficients()
    link = [powers.get((k,), 0.0) for k in range(degree + 1)]
    draws = [predict_network_limit(width, link, RATIOS, seed=s) for s in range(DRAWS)]
    return {"ratio": RATIOS, "error": torch.stack(draws).mean(0)}


NETWORK_LIMIT = Sweep(
    "network-limit",
    network_limit,
    grid(degree=DEGREES, width=(128, 512, 2048)),
    "Predicted error / Var f* of one-step networks, d to infinity, n = ratio d^2.",
    seeds=0,
    keys=("degree", "width", "ratio"),
    along="ratio",
)


def limits(width: int = learning_curves.WIDTH) -> pd.DataFrame:
    """The limit of one width at each d, for r = 1: d, r, degree, learner, n, error."""
    rows = select(read_table(NETWORK_LIMIT.name), width=width)
    at = [rows.assign(d=d, n=rows["ratio"] * d**2) for d in DIMENSIONS]
    return pd.concat(at, ignore_index=True).assign(r=1, learner="one-step")


CONTROL_SIZES = [factor * 40**2 for factor in (2, 4, 8, 16, 32, 64)]


def controlled(target: str, learner: str, seed: int) -> Measured:
    """Where the Hessian misses a direction, or not: errors, and what the step finds."""
    missed, ns = target == "rank-deficient", CONTROL_SIZES
    built = rank_deficient_target(40) if missed else paper_target(40, 2, 3)
    if learner == "one-step":
        return {"n": ns, **measure_step(built, ns, seed)}
    found = learning_curves.measure_curves(learner, [built], ns, seed)
    return {"n": ns, "error": found[:, 0]}


NEGATIVE_CONTROL = Sweep(
    "negative-control",
    controlled,
    grid(learner=("one-step", "adam"), target=("rank-deficient", "full-rank")),
    "d = 40: a direction missing from the Hessian, beside the full-rank twin.",
    keys=("target", "learner", "n", "seed"),
    cheap=lambda learner: learner == "one-step",
)


def quarter_powers(width: int) -> list[int]:
    """n = d^1.5 and on at quarter powers, as on the axis of the paper's figure."""
    last = {100: 20, 1000: 16, 0: 15}[width]
    return [round(10 ** (quarter / 4)) for quarter in range(6, last + 1)]


def excess(ns: Sequence[int], seed: int, **setting: Any) -> Measured:
    """The learners of the paper's Figure 1, at its settings."""
    return frozen.measure_excess(ns, seed, paper_target(10, 1, 4), 1.0, **setting)


FIGURE_1 = Sweep(
    "figure-1",
    excess,
    grid(width=(100, 1000), learner=frozen.FINITE)
    + grid(width=0, learner=frozen.INFINITE),
    "Excess squared error at d = 10, p = 4, label noise 1; width 0 is infinite.",
    sizes=quarter_powers,
    cheap=lambda width, learner: width == 100 and learner == "one-step",
)
FIGURE_1_STEP = Sweep(
    "figure-1-step",
    excess,
    grid(width=100, row_norm=(0.25, 1.0, 2.0)) + grid(width=1000, row_norm=1.0),
    "Algorithm 1 as in figure-1, whose rows have norm 0.5, at other norms.",
    curve="",
    sizes=quarter_powers,
    cheap=lambda width: width == 100,
)


def one_step_worst_error() -> Interval:
    """Largest relative error over d at n = 16 d^2, for r = 1 and degrees 2 to 4."""
    rows = select(read_table("kernel-vs-network"), learner="one-step", r=1)
    means = curves.summarise(rows[rows["n"] == 16 * rows["d"] ** 2])
    worst = means.sort_values("error").iloc[-1]
    return float(worst["error"]), float(worst["low"]), float(worst["high"])
