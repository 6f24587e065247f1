"""The figure to move of "One head for any new task", its hero, lab and pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import torch
from matplotlib.axes import Axes
from torch import Tensor

from beyond_the_kernel.one_head_for_any_new_task import grid
from replearn.experiments import many_tasks, new_tasks
from replearn.experiments.curves import summarise
from replearn.experiments.tables import read_table
from replearn.learners import HeadChoice, LinearProbe, ManyTaskStep
from replearn.targets import BooleanTasks
from replearn.theory import parity_floor
from replearn.views import knobs
from replearn.views.controls import ExplorerSpec
from replearn.views.facts import Read, Say, Telling, count, need, percent
from replearn.views.hero import Frame, Hero, Mark, Panel, board
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, means
from replearn.views.palette import ink
from replearn.views.parts import Axis, Knob, Level, Scale
from replearn.views.pictures import family, finish
from replearn.views.stages import Look, Stage

NEW_TASK = Knob("task", new_tasks.NEW_TASKS, "XOR", "the new task", "")
SPEC = ExplorerSpec(
    name="ohn",
    knobs=(
        knobs.d_knob(grid.DIMENSIONS, 10),
        NEW_TASK,
        Knob("factor", grid.FACTORS, 20, "of each old task n", "d", "n", "n = {} d"),
    ),
    axes=(Axis("N", "samples of the new task N"),),
    y=Scale("share of wrong answers", 0.03, 0.7, note="one half: guessing"),
    learners=("many-tasks", "random-features"),
    family="many-tasks",
    caption=(
        "Wrong answers to a new task from N of its samples, a head on 256 neurons: "
        "means over {seeds} seeds with 95 % intervals. Before, the layer has learnt "
        "from 256 old tasks, n samples of each for either step. Move d, then n."
    ),
    switches=knobs.switches("", "", "d")[2:],
    level=Level(0.2, "20 % wrong"),
    symbol="N",
)


def table() -> pd.DataFrame:
    """The means; what never sees an old task is there at every n alike."""
    rows = means(read_table("one-head"), SPEC, "wrong")
    blind = rows["factor"] == 0
    copies = [rows[blind].assign(factor=factor) for factor in grid.FACTORS]
    return pd.concat([rows[~blind], *copies], ignore_index=True)


def paid(read: Read) -> str:
    """What the old tasks have cost."""
    return count(2 * new_tasks.OLD_TASKS * read.cell["factor"] * read.cell["d"])


def at(curve: str) -> Callable[[Read], str]:
    """A curve's wrong answers at its right end, in per cent."""
    return lambda read: percent(read.at(curve, grid.SIZES[-1]))


def compared(words: str, *both: str) -> Callable[[Look], str]:
    """A stage's sentence: these words, and what curves have wrong at the right end."""
    return lambda look: (
        f"{words}: at N = 1600 the wrong answers are "
        + ", ".join(f"{at(c)(look())} ({ink(c).label})" for c in both)
    )


def together(look: Look) -> str:
    """What the layer of many tasks needs at each d, and what was paid."""
    reads = [look(d=d) for d in grid.DIMENSIONS]
    needs = ", ".join(count(read.needs["many-tasks"].n) for read in reads)
    bills, ds = ", ".join(map(paid, reads)), ", ".join(map(str, grid.DIMENSIONS))
    return f"For d = {ds} the level is met at N ≈ {needs}; paid before were {bills}"


EXPLORER = Moving(
    SPEC,
    table,
    Telling(
        SPEC,
        "20 % are wrong at {many-tasks} on the layer of many tasks and "
        "{random-features} on random features (paid before: {paid})",
        (
            need("many-tasks", note="20 % wrong", symbol="N"),
            need("random-features", note="20 % wrong", symbol="N"),
            Say("paid", "paid before", paid, "samples of 256 tasks"),
            Say("many", "layer of many tasks", at("many-tasks"), "N = 1600"),
            Say("single", "layer of one task", at("single-task"), "N = 1600"),
            Say("oracle", "oracle", at("oracle"), "N = 1600"),
        ),
        drops=SPEC.learners,
    ),
    stages=(
        Stage("two curves at d = 10", {}, compared("Both fall", *SPEC.learners)),
        Stage("d = 100", {"d": 100}, compared("One has stayed", *SPEC.learners)),
        Stage(
            "one old task only",
            {"d": 100, "task": "parity", "show": ["many-tasks", "single-task"]},
            compared("The parity, taught on as much data", "many-tasks", "single-task"),
        ),
        Stage("all d at once", {"d": 30, "task": "parity", "all": True}, together),
    ),
    source="one-head",
)


def measure(
    ns: Sequence[int], seed: int, learner: str, d: int, task: str, factor: int
) -> Mapping[str, Sequence[float]]:
    """Wrong answers to a new task."""
    layer = new_tasks.taught_layer(learner, d, grid.R, factor * d, seed)
    tasks = new_tasks.new_tasks(d, grid.R, seed)
    wrong = new_tasks.probe_layer(layer, tasks, ns, seed)
    return {learner: wrong[:, new_tasks.NEW_TASKS.index(task)].tolist()}


def seconds(ns: Sequence[int], learner: str, d: int, factor: int, **rest: Any) -> float:
    """What `measure` takes, within a factor of two or so."""
    learnt = 0.3 * many_tasks.estimate_seconds(d, factor * d, new_tasks.OLD_TASKS)
    return 0.02 * len(ns) + learnt * (learner not in new_tasks.BLIND)


D = replace(knobs.DIMENSION, default=10)
LAB = LabSpec(
    knobs=(D, *SPEC.knobs[1:], knobs.most(8000, 2000), knobs.SEEDS),
    runs={name: (name,) for name in new_tasks.LAYERS},
    ticked=("many-tasks", "random-features"),
    measure=measure,
    estimate=seconds,
    shows=EXPLORER,
    fewest=25,
)

HERO_N, OLD, NEURONS, SQUARES, SPAN = 200, 64, 256, 14, 2.1


def answers(layer: Tensor, panel: int) -> tuple[list[Mark], float]:
    """An XOR answered over the plane of two signs from few samples, and its errors."""
    d = layer.shape[1]
    new = BooleanTasks(d, 2, [[1], [-1], [-1], [1]])
    x, y = new.sample(HERO_N, seed=0, dtype=torch.float32)
    fit = LinearProbe(layer, HeadChoice()).fit(x, y[:, 0])
    x, y = new.sample(4000, seed=0, dtype=torch.float32, part="test")
    wrong = float(((fit.predict(x) >= 0) != (y[:, 0] > 0)).double().mean())
    line = torch.linspace(-SPAN, SPAN, SQUARES)
    up, across = torch.meshgrid(-line, line, indexing="ij")
    x = x[: SQUARES**2].clone()  # what lies outside the plane: drawn for each square
    x[:, :2] = torch.stack([across.flatten(), up.flatten()], 1)
    size = 0.8 * fit.predict(x).clamp(-1, 1)
    return board(size.reshape(SQUARES, SQUARES), panel), wrong


def painted(d: int) -> Frame:
    """The same new task on a layer that single signs have taught, and on its start."""
    setting: dict[str, Any] = dict(counts=[OLD], seed=0, width=NEURONS)
    learnt = many_tasks.learn_layers("coordinate", d, 2, 20 * d, **setting)[OLD]
    (left, few), (right, many) = (
        answers(layer, panel)
        for panel, layer in enumerate((learnt, ManyTaskStep(NEURONS).start(d)))
    )
    return Frame(
        [*left, *right],
        f"d = {d}, {HERO_N} samples of an XOR: {percent(few)} are wrong on the learnt "
        f"layer, {percent(many)} on a random one.",
    )


BOARD: dict[str, Any] = {"x": (0, 1), "y": (0, 1), "square": True, "cross": False}
HERO = Hero(
    "ohn",
    Knob("d", (4, 8, 16, 32, 64), 4, "input dimension d", ""),
    (
        Panel("on the learnt layer", **BOARD, below="first direction →"),
        Panel("on a random layer", **BOARD, below="first direction →"),
    ),
    painted,
    "Answers to an XOR, painted over the plane of two directions, orange for plus and "
    "blue for minus. As the dimension grows, the four fields stay on the learnt layer "
    "and fade into faint noise on the random one.",
)


def plot_bill(ax: Axes) -> Axes:
    """Draw wrong parities from 400 samples against what pre-training took."""
    rows = summarise(grid.bills(), ["d", "n"], "wrong")
    family(ax, rows, "d", "d = {}", y="wrong")
    x, y = "samples of all old tasks", "wrong answers"
    return finish(ax, x, y, xticks=(1e4, 3e4, 1e5, 3e5))


GROUPS = {
    "one step": ("one step",),
    "many steps": tuple(made for made in grid.MADE if "in turn" in made),
    "by hand, apart": ("apart",),
    "by hand, together": ("together",),
}


def plot_made(ax: Axes, along: str, x: str) -> Axes:
    """Draw wrong parities against an angle or a share, a point for each layer."""
    found = read_table("angle-and-share")
    mean = found.groupby(["made", "amount"], sort=False)[[along, "wrong"]].mean()
    for (words, made), mark in zip(GROUPS.items(), "oD^s", strict=True):
        rows = mean.loc[list(made)]
        ax.plot(rows[along], rows["wrong"], mark, markersize=8, label=words)
    return finish(ax, x, "wrong answers", log="", columns=2)


def plot_floor(ax: Axes) -> Axes:
    """Draw the mean square error of frozen features against width, and its floor."""
    rows = read_table("frozen-parity").query("learner == 'random-features'")
    rows = summarise(rows, ["d", "width"], "error")
    pairs = rows[["d", "width"]].to_numpy().tolist()
    rows = rows.assign(floor=[float(parity_floor(grid.R, d, [m])) for d, m in pairs])
    family(ax, rows, "d", "d = {}", x="width", y="error", formula="floor")
    return finish(ax, "neurons m", "mean square error", "x", xticks=(50, 200, 800))
