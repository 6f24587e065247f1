"""A new task on a layer that others have taught: its samples, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from replearn.experiments import many_tasks, new_tasks
from replearn.experiments.curves import (
    Interval,
    first_crossing,
    left_out_means,
    margins,
    mean_interval,
    select,
)
from replearn.experiments.new_tasks import BLIND, NEW_TASKS, OLD_TASKS
from replearn.experiments.sweep import Measured, Sweep, grid
from replearn.experiments.tables import read_table
from replearn.theory import parity_floor

DIMENSIONS, FACTORS, R = (10, 30, 100), (1, 2, 5, 20), 3
SIZES = [25, 50, 100, 200, 400, 800, 1600]
TAUGHT = ("many-tasks", "coordinate", "single-task")


def new_heads(learner: str, d: int, factor: int, seed: int) -> Measured:
    """Wrong answers to three new tasks, from n samples of each."""
    layer = new_tasks.taught_layer(learner, d, R, factor * d, seed)
    tasks = new_tasks.new_tasks(d, R, seed)
    return {
        "task": NEW_TASKS * len(SIZES),
        "n": np.repeat(SIZES, len(NEW_TASKS)),
        "wrong": new_tasks.probe_layer(layer, tasks, SIZES, seed).flatten(),
    }


ONE_HEAD = Sweep(
    "one-head",
    new_heads,
    [
        *grid(d=DIMENSIONS, learner=BLIND, factor=0),
        *grid(d=DIMENSIONS, learner=("many-tasks", "single-task"), factor=FACTORS),
        *grid(d=DIMENSIONS, learner=("coordinate", "xor"), factor=20),
    ],
    "Wrong answers to new tasks; layers from 256 tasks, factor d samples each, r = 3.",
    value="wrong",
    keys=("learner", "d", "factor", "task", "n", "seed"),
    cheap=lambda d, factor: d * factor <= 200,
)

AT = {"d": 40, "r": R, "samples": 200}  # where angle and share are told apart
STEPS, LENGTHS = (100, 300, 900), (0.1, 0.3, 0.6, 1.0)
MADE: dict[str, Sequence[float]] = dict(
    zip(
        new_tasks.WAYS,
        ((4, 16, 64, 256), STEPS, STEPS, (300,), (300,), LENGTHS, LENGTHS),
        strict=True,
    )
)


def angle_and_share(made: str, amount: float, seed: int) -> Measured:
    """What a layer has found, and how it serves the parity, 1600 samples."""
    layer = new_tasks.made_layer(made, amount, seed=seed, **AT)
    flat = layer * (torch.arange(AT["d"]) < R)
    tasks = new_tasks.new_tasks(AT["d"], R, seed)
    return {
        "sine": many_tasks.plane_sine(layer, torch.eye(R, AT["d"])),
        "share": many_tasks.neuron_share(layer, R),
        "square": 1 - many_tasks.outside_share(layer, R),
        "wrong": new_tasks.probe_layer(layer, tasks, [1600], seed)[0, 0],
        "projected": new_tasks.probe_layer(flat, tasks, [1600], seed)[0, 0],
    }


ANGLE_AND_SHARE = Sweep(
    "angle-and-share",
    angle_and_share,
    [cell for made, many in MADE.items() for cell in grid(made=made, amount=many)],
    "d = 40, r = 3, m = 128: angle, neurons' share, and wrong answers to the parity.",
    value="wrong",
    cheap=lambda made, amount: "in turn" not in made and amount <= 16,
)

FROZEN_D, FROZEN_WIDTHS, FROZEN_N = (6, 12, 24, 48), (50, 200, 800), 4000


def frozen(learner: str, d: int, width: int, seed: int) -> Measured:
    """Mean square error on the parity, of frozen features and of learnt ones."""
    layer = new_tasks.taught_layer(learner, d, R, 20 * d, seed, width)
    return {"error": new_tasks.parity_error(layer, R, FROZEN_N, seed)}


FROZEN_PARITY = Sweep(
    "frozen-parity",
    frozen,
    grid(learner=("random-features", "many-tasks"), d=FROZEN_D, width=FROZEN_WIDTHS),
    "Mean square error on the parity of 3 signs, 4000 samples, by width.",
    seeds=lambda learner, width: 10 if "many" in learner and width != 200 else 5,
    cheap=lambda learner, width: learner != "many-tasks" and width <= 200,
)


def at_new(learner: str, d: int, n: int, factor: int = 20, task: str = "parity") -> Any:
    """Wrong answers at one point of the table, seed by seed."""
    factor = 0 if learner in BLIND else factor
    setting = dict(learner=learner, d=d, n=n, factor=factor, task=task)
    rows = select(read_table("one-head"), **setting)
    return rows.sort_values("seed")["wrong"].to_numpy(float)


def needed(d: int, level: float) -> float:
    """Samples at which a share of the parities is wrong, by the mean over seeds."""
    means = [at_new("many-tasks", d, n).mean() for n in SIZES]
    return float(first_crossing(np.array(SIZES), np.array(means), level))


def free_of_d(n: int = 400) -> Interval:
    """Wrong answers at d = 100 over those at d = 10, seed by seed."""
    return mean_interval(at_new("many-tasks", 100, n) / at_new("many-tasks", 10, n))


def never_seen() -> Interval:
    """Wrong parities of a layer that saw single signs only, over the usual layer's."""
    usual = at_new("many-tasks", 100, 400)
    return mean_interval(at_new("coordinate", 100, 400) / usual)


def short_of_oracle() -> Interval:
    """Wrong answers over the oracle's at d = 100, n = 400."""
    return mean_interval(at_new("many-tasks", 100, 400) / at_new("oracle", 100, 400))


def single_over_many() -> Interval:
    """Wrong answers of one task's layer over those of many, d = 100, n = 1600."""
    many = at_new("many-tasks", 100, 1600)
    return mean_interval(at_new("single-task", 100, 1600) / many)


def bills() -> pd.DataFrame:
    """Wrong parities from 400 samples, against what pre-training took in all."""
    rows = select(read_table("one-head"), learner="many-tasks", task="parity", n=400)
    return rows.assign(n=2 * OLD_TASKS * rows["factor"] * rows["d"])


def paid(level: float = 0.25) -> tuple[np.ndarray, np.ndarray]:
    """Pre-training samples at which a quarter is wrong, and the same without a seed."""
    means, without = [], []
    for d in DIMENSIONS:
        wrong = select(bills(), d=d).pivot_table("wrong", "n", "seed")
        sizes = wrong.index.to_numpy(float)
        means.append(first_crossing(sizes, wrong.mean(axis=1).to_numpy(), level))
        left = left_out_means(wrong.to_numpy())
        without.append(first_crossing(sizes, left, level))
    return np.array(means), np.array(without)


def bill_exponent() -> Interval:
    """Exponent of d in the pre-training samples for a quarter of wrong answers."""
    (means, without), logs = paid(), np.log(DIMENSIONS)
    slope = float(np.polyfit(logs, np.log(means), 1)[0])
    margin = float(margins(np.polyfit(logs, np.log(without), 1)[0]))
    return slope, slope - margin, slope + margin


def made_at(made: str, amount: float, value: str) -> Any:
    """One value of a made layer, seed by seed."""
    rows = select(read_table("angle-and-share"), made=made, amount=amount)
    return rows.sort_values("seed")[value].to_numpy(float)


def sharper_but_worse() -> Interval:
    """Wrong parities of 100 steps in turn over those of one step on 64 tasks."""
    one = made_at("one step", 64, "wrong")
    return mean_interval(made_at("in turn", 100, "wrong") / one)


def ranks(value: str) -> Interval:
    """Rank correlation of a value with wrong parities over the layers, by seed."""
    seeds = read_table("angle-and-share").groupby("seed")
    found = [rows[value].corr(rows["wrong"], method="spearman") for _, rows in seeds]
    return mean_interval(np.array(found))


def share_tells() -> Interval:
    """How nearly the neurons' share orders the layers."""
    return ranks("share")


def over_floor() -> Interval:
    """The smallest ratio of a frozen error to its floor, over the points."""
    table = select(read_table("frozen-parity"), learner="random-features")
    floor = [
        float(parity_floor(R, d, [m])[0]) for d, m in table[["d", "width"]].to_numpy()
    ]
    ratio = (table["error"] / floor)[np.array(floor) > 0.05]
    least = ratio.groupby(table["seed"]).min()
    return mean_interval(least.to_numpy(float))


def frozen_error(learner: str, d: int, width: int) -> float:
    """The mean square error of a layer on the parity."""
    rows = select(read_table("frozen-parity"), learner=learner, d=d, width=width)
    return float(rows["error"].mean())


def told(values: Interval, digits: int = 2) -> str:
    """A mean with its interval."""
    mean, low, high = values
    return f"{mean:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
