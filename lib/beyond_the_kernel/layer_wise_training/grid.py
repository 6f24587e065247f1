"""Layer by layer: what a frozen level costs under fair read-outs, and on digits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial

import numpy as np

from replearn.experiments import digits
from replearn.experiments.curves import Interval, mean_interval, select
from replearn.experiments.layer_wise import (
    KINDS,
    MODES,
    measure_features,
    measure_modes,
    rows_of,
)
from replearn.experiments.sweep import Measured, Sweep, grid
from replearn.experiments.tables import read_table

SEEDS = tuple(range(300, 305))  # others were used while the programs were written
GAPS, ALL = (0.1, 0.3), 20_000
SIZES = {"bounded": (60, 125, 500, 3000, ALL)}
FEW = (500, 3000, ALL)


@cache
def all_layer_wise(kind: str, mode: str, n: int) -> Measured:
    """Of one setting all gaps and seeds, trained in one product."""
    gaps, seeds = [*GAPS] * len(SEEDS), [s for s in SEEDS for _ in GAPS]
    return measure_modes(kind, mode, n, gaps, seeds)


def layer_wise_of_seed(kind: str, mode: str, n: int, seed: int) -> Measured:
    """Of these, one seed."""
    return rows_of(all_layer_wise(kind, mode, n), seed, len(SEEDS))


LAYER_WISE = Sweep(
    "layer-wise-training",
    layer_wise_of_seed,
    [
        cell
        for kind in KINDS
        for cell in grid(kind=kind, n=SIZES.get(kind, FEW), mode=tuple(MODES))
    ],
    "The paper's class, d = 10, k = 2, plain learner: the label's error over the last "
    "level's variance in six modes; level 2 alone, E|S* - US|^2 and 1 - R^2.",
    seeds=len(SEEDS),
    keys=("kind", "mode", "gap", "n", "seed"),
    cheap=lambda kind, n: kind == "bounded" and n == 125,
)

REGULARISERS = {
    "all": (0.3, 0.1, 0.03, 1e-4),
    "only the tie": (0.0, 0.1, 0.0, 0.0),  # lambda_4: K and W of the level below
    "only the decay": (0.0, 0.0, 0.0, 1e-4),
    "none": (0.0, 0.0, 0.0, 0.0),
}


@cache
def all_regularised(kept: str) -> Measured:
    """With some of the regularisers all seeds, trained in one product."""
    return measure_features(REGULARISERS[kept], 0.1, SEEDS)


def regularised(kept: str, seed: int) -> Measured:
    """Of these, one seed."""
    return rows_of(all_regularised(kept), seed, len(SEEDS))


REGULARISED = Sweep(
    "layer-wise-regularisers",
    regularised,
    grid(kept=tuple(REGULARISERS)),
    "Algorithm 1 on the paper's class, L = 3, bounded inputs, d = 10, gap 0.1: label "
    "and features at the end with some of the regularisers.",
    seeds=len(SEEDS),
    value="feature_error",
    keys=("kept", "gap", "level", "seed"),
    cheap=lambda kept: kept == "none",
)

CHANNELS, STAGE = (3, 8), 300
# how layers are trained -> a way, and the steps of each stage over STAGE
WAYS = {"joint": 1, "staged": 1, "greedy": 1, "greedy, four times": 4}


@cache
def all_digits(channels: int, way: str) -> Measured:
    """Accuracies of all seeds after one way of training."""
    net = digits.NarrowNetwork(SEEDS, channels)
    net.train_layers(way.partition(",")[0], WAYS[way] * STAGE)
    return {"accuracy": net.accuracy("test"), "fitted": net.accuracy("training")}


def digits_of_seed(channels: int, way: str, seed: int) -> Measured:
    """Of these, one seed."""
    return {name: v[seed] for name, v in all_digits(channels, way).items()}


NARROW_DIGITS = Sweep(
    "narrow-digits",
    digits_of_seed,
    grid(channels=CHANNELS, way=tuple(WAYS)),
    "Four narrow convolutional layers on 1000 digits: shares of 797 others that are "
    "read rightly, all layers at once or one by one.",
    seeds=len(SEEDS),
    value="accuracy",
    curve="",
    keys=("channels", "way", "seed"),
    cheap=lambda channels, way: channels == 3 and way == "greedy",
)
# what layer 1 is read out through, and whether the others join it after a stage
ARMS = tuple(
    f"{read}, {then}"
    for read in ("own head", "random layers above")
    for then in ("others join", "alone")
)


@cache
def all_probes(arm: str) -> tuple[Sequence[int], np.ndarray]:
    """Steps, and what a linear probe of the first layer reads rightly, by seed."""
    read, then = arm.split(", ")
    net = digits.NarrowNetwork(SEEDS, CHANNELS[0])
    return net.first_layer(read == "own head", then == "others join", STAGE, 4 * STAGE)


def probes_of_seed(arm: str, seed: int) -> Measured:
    """Of these, one seed."""
    steps, probes = all_probes(arm)
    return {"step": np.array(steps), "accuracy": probes[:, seed]}


EQUAL_TIME = Sweep(
    "equal-time",
    probes_of_seed,
    grid(arm=ARMS),
    "The first of four layers of 3 channels: what a ridge regression on it reads "
    "rightly of 797 digits, alone throughout or with the others from step 300 on.",
    seeds=len(SEEDS),
    value="accuracy",
    curve="",
    along="step",
    keys=("arm", "step", "seed"),
    cheap=lambda arm: arm == ARMS[1],
)


def by_seed(table: str, column: str, value: str, **at: object) -> dict[str, np.ndarray]:
    """Values of all seeds for each value of a column."""
    rows = select(read_table(table), **at)
    pivot = rows.pivot_table(index=column, columns="seed", values=value)
    return {str(name): row.to_numpy(float) for name, row in pivot.iterrows()}


def shares(kind: str, gap: float, n: int = ALL) -> np.ndarray:
    """What of level 2's error a linear map of its features removes, by seed."""
    at = {"kind": kind, "mode": "free", "gap": gap, "n": n}
    rows = select(read_table(LAYER_WISE.name), **at)
    return np.asarray(1 - 2 * rows["missing"] / rows["apart"])


def rescaled_share() -> Interval:
    """That share with bounded inputs and the gap 0.1."""
    return mean_interval(shares("bounded", 0.1))


def left_by_free() -> Interval:
    """The worse gap's error with frozen features freely read, bounded inputs."""
    at = {"kind": "bounded", "mode": "free", "n": ALL}
    errors = by_seed(LAYER_WISE.name, "gap", "error", **at)
    return mean_interval(np.max(list(errors.values()), 0))


def losses(kind: str, n: int, over: str = "joint") -> np.ndarray:
    """Decades from another mode's error to a free read-out's, lesser gap, by seed."""
    at = {"kind": kind, "n": n}
    rows = [by_seed(LAYER_WISE.name, "mode", "error", gap=a, **at) for a in GAPS]
    return np.log10([row["free"] / row[over] for row in rows]).min(0)


def loss(kind: str, n: int, over: str = "joint") -> Interval:
    """Their mean."""
    return mean_interval(losses(kind, n, over))


def without_regularisers(value: str) -> Interval:
    """Decades by which something is larger with none than with all."""
    rows = by_seed(REGULARISED.name, "kept", value, level=2)
    return mean_interval(np.log10(rows["none"] / rows["all"]))


def digits_gap(way: str, channels: int = 3) -> Interval:
    """Accuracy of joint training less that of a way."""
    rows = by_seed(NARROW_DIGITS.name, "way", "accuracy", channels=channels)
    return mean_interval(rows["joint"] - rows[way])


def probe_gain(read: str) -> Interval:
    """What the first layer gains from the others beyond an equal time alone."""
    rows = by_seed(EQUAL_TIME.name, "arm", "accuracy", step=4 * STAGE)
    return mean_interval(rows[f"{read}, others join"] - rows[f"{read}, alone"])


# what the claims measure
loss_four_levels = partial(loss, "four levels", ALL)
loss_gaussian = partial(loss, "Gaussian", ALL)
loss_few = partial(loss, "bounded", 125)
loss_true = partial(loss, "four levels", ALL, "true")
features_without = partial(without_regularisers, "feature_error")
label_without = partial(without_regularisers, "mse")
gap_equal_total = partial(digits_gap, "greedy")
gap_equal_each = partial(digits_gap, "greedy, four times")
gain_own_head = partial(probe_gain, "own head")
gain_random_above = partial(probe_gain, "random layers above")
