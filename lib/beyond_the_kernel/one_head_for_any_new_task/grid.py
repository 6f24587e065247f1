"""A new task on a layer that others have taught: its samples, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from replearn.experiments import many_tasks
from replearn.experiments.curves import (
    Interval,
    first_crossing,
    left_out_means,
    margins,
    mean_interval,
    select,
)
from replearn.experiments.sweep import Measured, Sweep, grid
from replearn.experiments.tables import read_table
from replearn.learners import AlternatingNetwork, HeadChoice, LinearProbe, ManyTaskStep
from replearn.targets import BooleanTasks, draw_tasks
from replearn.targets.boolean import sign_patterns
from replearn.theory import parity_floor

DIMENSIONS, FACTORS, R, TASKS, WIDTH = (10, 30, 100), (1, 2, 5, 20), 3, 256, 256
SIZES = [25, 50, 100, 200, 400, 800, 1600]
NEW_TASKS = ("parity", "XOR", "coin toss")
BLIND = ("oracle", "random-features")  # they see no task: factor 0


def new_tasks(d: int, seed: int) -> BooleanTasks:
    """The parity of three signs, the XOR of two, and a task by coin toss."""
    signs, coins = sign_patterns(R), draw_tasks("iid", d, R, 1, seed).table
    table = [signs.prod(1), signs[:, :2].prod(1), coins[:, 0]]
    return BooleanTasks(d, R, torch.stack(table, 1))


def layer_of(
    learner: str, d: int, factor: int, seed: int, width: int = WIDTH
) -> Tensor:
    """The first layer of a learner, from TASKS tasks of factor * d samples a step."""
    if learner in BLIND:
        layer = ManyTaskStep(width, seed=seed).start(d)
        layer[:, R:] *= learner != "oracle"
        return layer
    kind = "balanced" if learner == "many-tasks" else learner
    setting: dict[str, Any] = dict(counts=[TASKS], seed=seed, width=width)
    return many_tasks.learn_layers(kind, d, R, factor * d, **setting)[TASKS]


def new_heads(learner: str, d: int, factor: int, seed: int) -> Measured:
    """Wrong answers to three new tasks, from n samples of each."""
    layer = layer_of(learner, d, factor, seed)
    wrong = many_tasks.probe_layer(layer, new_tasks(d, seed), SIZES, seed)
    return {
        "task": NEW_TASKS * len(SIZES),
        "n": np.repeat(SIZES, len(NEW_TASKS)),
        "wrong": wrong.flatten(),
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
MADE = {
    "one step": (4, 16, 64, 256),  # number of tasks
    "in turn": (100, 300, 900),  # steps, 64 balanced tasks
    "in turn, XORs": (100, 300, 900),  # steps, 64 XORs
    "in turn, one task": (300,),
    "in turn, one XOR": (300,),
    "apart": (0.1, 0.3, 0.6, 1.0),  # size of what lies outside
    "together": (0.1, 0.3, 0.6, 1.0),
}


def made_layer(made: str, amount: float, seed: int) -> Tensor:
    """A layer that was learnt in one of these ways, or made by hand."""
    if made in ("apart", "together"):
        return many_tasks.tilted_layer(made, amount, AT["d"], R, seed)
    if made == "one step":
        counts = [int(amount)]
        found = many_tasks.learn_layers("balanced", counts=counts, seed=seed, **AT)
        return found[counts[0]]
    family = "xor" if "XOR" in made else "balanced"
    drawn = draw_tasks(family, AT["d"], R, 1 if "one" in made else 64, seed)
    network = AlternatingNetwork(many_tasks.WIDTH, int(amount), seed=seed)
    return network.first_layer(
        lambda i: drawn.sample(1000, seed, torch.float32, place=1 + i)
    )


def angle_and_share(made: str, amount: float, seed: int) -> Measured:
    """What a layer has found, and how it serves the parity, 1600 samples."""
    layer = made_layer(made, amount, seed)
    flat = layer * (torch.arange(AT["d"]) < R)
    parity, plane = new_tasks(AT["d"], seed), torch.eye(R, AT["d"])
    return {
        "sine": many_tasks.plane_sine(layer, plane),
        "share": many_tasks.neuron_share(layer, R),
        "square": 1 - many_tasks.outside_share(layer, R),
        "wrong": many_tasks.probe_layer(layer, parity, [1600], seed)[0, 0],
        "projected": many_tasks.probe_layer(flat, parity, [1600], seed)[0, 0],
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
    layer, parity = layer_of(learner, d, 20, seed, width), new_tasks(d, seed)
    parts = {"training": FROZEN_N, **many_tasks.NEW_PARTS}
    fit, held, test = (
        (x, y[:, 0])
        for x, y in (
            parity.sample(n, seed, torch.float32, part, many_tasks.NEW)
            for part, n in parts.items()
        )
    )
    probe = LinearProbe(layer, HeadChoice(held_out=held), seed)
    return {"error": probe.learning_curve(*fit, [FROZEN_N], *test)[0]}


FROZEN_PARITY = Sweep(
    "frozen-parity",
    frozen,
    grid(
        lambda learner, width: learner != "many-tasks" or width == 200,
        learner=("random-features", "many-tasks"),
        d=FROZEN_D,
        width=FROZEN_WIDTHS,
    ),
    "Mean square error on the parity of 3 signs, 4000 samples, by width.",
    cheap=lambda learner, width: learner != "many-tasks" and width <= 200,
)


def at_new(learner: str, d: int, n: int, factor: int = 20, task: str = "parity") -> Any:
    """Wrong answers at one point of the table, seed by seed."""
    factor = 0 if learner in BLIND else factor
    setting = dict(learner=learner, d=d, n=n, factor=factor, task=task)
    rows = select(read_table("one-head"), **setting)
    return rows.sort_values("seed")["wrong"].to_numpy(float)


def free_of_d() -> Interval:
    """Wrong answers at d = 100 over those at d = 10, seed by seed, n = 400."""
    many = (at_new("many-tasks", d, 400) for d in (100, 10))
    return mean_interval(np.divide(*many))


def never_seen() -> Interval:
    """Wrong parities of a layer that saw single signs only, over the usual layer's."""
    both = (at_new(name, 100, 400) for name in ("coordinate", "many-tasks"))
    return mean_interval(np.divide(*both))


def short_of_oracle() -> Interval:
    """Wrong answers over the oracle's at d = 100, n = 400."""
    both = (at_new(name, 100, 400) for name in ("many-tasks", "oracle"))
    return mean_interval(np.divide(*both))


def single_over_many() -> Interval:
    """Wrong answers of one task's layer over those of many, d = 100, n = 1600."""
    both = (at_new(name, 100, 1600) for name in ("single-task", "many-tasks"))
    return mean_interval(np.divide(*both))


def bills() -> pd.DataFrame:
    """Wrong parities from 400 samples, against what pre-training took in all."""
    rows = select(read_table("one-head"), learner="many-tasks", task="parity", n=400)
    return rows.assign(n=2 * TASKS * rows["factor"] * rows["d"])


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
    means, without = paid()
    logs = np.log(DIMENSIONS)
    slope = float(np.polyfit(logs, np.log(means), 1)[0])
    margin = float(margins(np.polyfit(logs, np.log(without), 1)[0]))
    return slope, slope - margin, slope + margin


def made_at(made: str, amount: float, value: str) -> Any:
    """One value of a made layer, seed by seed."""
    rows = select(read_table("angle-and-share"), made=made, amount=amount)
    return rows.sort_values("seed")[value].to_numpy(float)


def sharper_but_worse() -> Interval:
    """Wrong parities of 100 steps in turn over those of one step on 64 tasks."""
    both = (made_at(*made, "wrong") for made in (("in turn", 100), ("one step", 64)))
    return mean_interval(np.divide(*both))


def share_tells() -> Interval:
    """Rank correlation over the layers of share and wrong answers, seed by seed."""
    table = read_table("angle-and-share")
    found = [
        rows["share"].corr(rows["wrong"], method="spearman")
        for _, rows in table.groupby("seed")
    ]
    return mean_interval(np.array(found))


def over_floor() -> Interval:
    """The smallest ratio of a frozen error to its floor, over the points."""
    table = select(read_table("frozen-parity"), learner="random-features")
    widths = [(d, m) for d in FROZEN_D for m in FROZEN_WIDTHS]
    floors = {(d, m): float(parity_floor(R, d, [m])[0]) for d, m in widths}
    table = table.assign(
        floor=[floors[k] for k in zip(table.d, table.width, strict=True)]
    )
    rows = table[table["floor"] > 0.05]
    ratio = rows.assign(ratio=rows["error"] / rows["floor"])
    return mean_interval(ratio.groupby("seed")["ratio"].min().to_numpy(float))


def means(table: str, value: str, **at: Any) -> float:
    """The mean of a column over the rows that have these values."""
    return float(select(read_table(table), **at)[value].mean())


def paid_for(setting: Mapping[str, Any]) -> int:
    """Pre-training samples of a setting, those of both steps."""
    return 2 * TASKS * int(setting["factor"]) * int(setting["d"])


def told(values: Sequence[float] | Interval, digits: int = 2) -> str:
    """A mean with its interval."""
    mean, low, high = values
    return f"{mean:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
