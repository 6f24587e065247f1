"""Many tasks, one step: how near the neurons come to the plane of all tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from replearn.experiments import many_tasks
from replearn.experiments.curves import Interval, mean_interval, select
from replearn.experiments.sweep import Measured, Sweep, grid
from replearn.experiments.tables import read_table
from replearn.learners import ManyTaskStep
from replearn.theory import coefficients, predict_alignment

DIMENSIONS, DIRECTIONS, SAMPLES = (10, 40, 80), (2, 3, 4), (50, 150, 450)
COUNTS = tuple(2**k for k in range(9))  # T
FAMILIES = ("balanced", "iid", "centred", "xor")


def alignments(learner: str, d: int, r: int, samples: int, seed: int) -> Measured:
    """Both sines at every number of tasks; one pass over the tasks gives them all."""
    found = many_tasks.measure_alignment(COUNTS, seed, learner, d, r, samples)
    return {"n": COUNTS, **found}


MANY_TASKS = Sweep(
    "many-tasks",
    alignments,
    grid(samples=SAMPLES, d=DIMENSIONS, r=DIRECTIONS, learner=FAMILIES),
    "Sines of layer and neurons to the plane after one step on n = T tasks, m = 128.",
    value="plane",
    keys=("learner", "d", "r", "samples", "n", "seed"),
    cheap=lambda d, samples: d * samples <= 4000,
)


def parts_of_a_neuron(learner: str, d: int, r: int, seed: int) -> Measured:
    """What is left of a neuron in the plane and outside, with 400 tasks."""
    found = many_tasks.measure_coefficients(learner, d, r, 300, 400, seed)
    return dict(zip(("useful", "useless"), found, strict=True))


TASK_COEFFICIENTS = Sweep(
    "task-coefficients",
    parts_of_a_neuron,
    grid(learner=("iid", "balanced", "coordinate"), d=(20, 80), r=(1, 2, 3, 4)),
    "Coefficients of a neuron's parts after one step, T = 400, n = 300 each.",
    value="useful",
    cheap=lambda d: d < 80,
)

CONTROLS = ("balanced", "shuffled", "own-planes", "shared", "iid", "cancelled")
AT = {"d": 40, "r": 3, "samples": 200}  # of the controls


def controls(learner: str, tasks: int, seed: int) -> Measured:
    """Both sines, and how alike inputs of one pattern look, before and after."""
    layer = many_tasks.learn_layers(learner, counts=[tasks], seed=seed, **AT)[tasks]
    start = ManyTaskStep(many_tasks.WIDTH, seed=seed).start(AT["d"])
    return {
        "plane": many_tasks.plane_sine(layer, torch.eye(AT["r"], AT["d"])),
        "neurons": many_tasks.outside_share(layer, AT["r"]) ** 0.5,
        "before": many_tasks.likeness(start, AT["r"], seed),
        "after": many_tasks.likeness(layer, AT["r"], seed),
    }


TASK_CONTROLS = Sweep(
    "task-controls",
    controls,
    grid(learner=CONTROLS, tasks=(64, 256)),
    "Controls of the one step at d = 40, r = 3, n = 200; likeness of one pattern.",
    value="plane",
    cheap=lambda tasks: tasks <= 64,
)


def sine_exponent() -> Interval:
    """Slope of log sine against log T from 32 to 256, one for each seed."""
    setting: dict[str, Any] = dict(d=40, r=3, samples=450, n=[32, 64, 128, 256])
    rows = select(read_table("many-tasks"), learner="balanced", **setting)
    sines = rows.pivot_table(index="n", columns="seed", values="plane")
    return mean_interval(np.polyfit(np.log(sines.index), np.log(sines), 1)[0])


def sine_over_formula() -> Interval:
    """The sine of 256 balanced tasks over the formula's, at d = 40, r = 3, n = 150."""
    at = {"d": 40, "r": 3, "samples": 150, "n": 256}
    rows = select(read_table("many-tasks"), learner="balanced", **at)
    formula = predict_alignment("balanced", 3, 40, 256, 150, many_tasks.WIDTH)
    return mean_interval(rows["plane"].to_numpy(float) / formula)


def _over_formula(learner: str, part: str) -> Interval:
    """A measured coefficient over the formula's, r = 3, d = 80."""
    rows = select(read_table("task-coefficients"), learner=learner, r=3, d=80)
    useful, useless = coefficients(learner, 3)
    formula = useful if part == "useful" or not useless else useless
    return mean_interval(rows[part].to_numpy(float) / formula)


def balanced_useful() -> Interval:
    """The useful part of balanced tasks, over 1/(2π(2^r − 1))."""
    return _over_formula("balanced", "useful")


def balanced_useless() -> Interval:
    """The useless part of balanced tasks, over the formula of the useful one."""
    rows = select(read_table("task-coefficients"), learner="balanced", r=3, d=80)
    useful, _ = coefficients("balanced", 3)
    return mean_interval(rows["useless"].to_numpy(float) / useful)


def coin_useful() -> Interval:
    """The useful part of coin-toss tasks, over 2/(2π 2^r)."""
    return _over_formula("iid", "useful")


def coin_useless() -> Interval:
    """The useless part of coin-toss tasks, over 1/(2π 2^r)."""
    return _over_formula("iid", "useless")


def coins_forever(d: int, r: int) -> Interval:
    """The sine that infinitely many coin-toss tasks leave, by the theorem."""
    useful, useless = coefficients("iid", r)
    parts = torch.tensor([useful] * r + [useless] * (d - r))
    starts = [ManyTaskStep(many_tasks.WIDTH, seed=seed).start(d) for seed in range(5)]
    sines = [many_tasks.plane_sine(w * parts, torch.eye(r, d)) for w in starts]
    return mean_interval(np.array(sines))


def likeness_gained() -> Interval:
    """By how much inputs of one pattern have come to look more alike."""
    rows = select(read_table("task-controls"), learner="balanced", tasks=256)
    return mean_interval((rows["after"] - rows["before"]).to_numpy(float))


def at(**setting: Any) -> Mapping[str, float]:
    """Mean sines of one point of the table."""
    rows = select(read_table("many-tasks"), **setting)
    return {name: float(rows[name].mean()) for name in ("plane", "neurons")}
