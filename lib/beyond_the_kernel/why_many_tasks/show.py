"""The figure to move of "Why many tasks", its hero, its lab and its pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from torch import Tensor

from beyond_the_kernel.why_many_tasks import grid
from replearn.experiments import many_tasks
from replearn.experiments.tables import read_table
from replearn.learners import ManyTaskStep
from replearn.targets import BooleanTasks, draw_tasks
from replearn.theory import coefficients, predict_alignment
from replearn.views import knobs
from replearn.views.controls import ExplorerSpec
from replearn.views.facts import Need, Read, Say, Telling, count, number, percent
from replearn.views.hero import Frame, Hero, Mark, Panel, board
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, Theory, means
from replearn.views.palette import ink, line_style
from replearn.views.parts import Axis, Knob, Level, Scale
from replearn.views.pictures import finish
from replearn.views.stages import Look, Stage

ALL_T = grid.COUNTS[-1]
SPEC = ExplorerSpec(
    name="wmt",
    knobs=(
        knobs.d_knob(grid.DIMENSIONS, 10),
        knobs.r_knob(grid.DIRECTIONS, 3),
        Knob("samples", grid.SAMPLES, 450, "samples of each task n", "", "n", "n = {}"),
    ),
    axes=(
        Axis("T", "number of tasks T"),
        Axis("Tn/d", "T n / d", (("samples", -1), ("d", 1))),
    ),
    y=Scale("sine of the angle to the plane", 0.02, 1.3, note="1: nothing is found"),
    learners=("balanced", "iid"),
    family="balanced",
    caption=(
        "Sine of the largest angle between the layer's r strongest directions and the "
        "plane, after one step on T tasks, 128 neurons: means over {seeds} seeds with "
        "95 % intervals, dotted the formula. Move d, then n."
    ),
    switches=knobs.switches("theory", "r tasks", "d"),
    level=Level(0.2, "sine 0.2"),
    symbol="T",
)
ANGLED = {"balanced": "balanced", "centred": "iid"}


def sine_by_formula(family: str) -> Callable[..., float]:
    """The predicted sine of a family, a function of n = T and of the knobs."""

    def sine(n: float, d: int, r: int, samples: int) -> float:
        return predict_alignment(family, r, d, int(n), samples, many_tasks.WIDTH)

    return sine


def tasks(found: Need | None) -> str:
    """A number of tasks to the level, in words."""
    return f"T {found.sign} {found.n:.0f}" if found else "–"


def reached(read: Read, curve: str) -> str:
    """Whether a curve comes to the level, and when."""
    found = read.needs[curve]
    return f"do not by T = {ALL_T}" if found.sign == ">" else f"do at {tasks(found)}"


def sentence(read: Read) -> str:
    """Who comes within a sine of 0.2 of the plane."""
    balanced, coins = (reached(read, curve) for curve in ("balanced", "iid"))
    return f"to a sine of 0.2, balanced tasks {balanced}, coin-toss tasks {coins}"


def say(curve: str) -> Say:
    """The read-out of the tasks that a curve needs."""

    def said(read: Read) -> tuple[str, str]:
        by_formula = read.foretold.get(curve)
        note = f"formula {tasks(by_formula)}" if by_formula else "sine 0.2"
        return tasks(read.needs.get(curve)), note

    return Say(curve, ink(curve).label, said)


def in_all(read: Read) -> str:
    """How many samples one step takes of all tasks together."""
    found = read.needs["balanced"]
    many = found.n * float(read.cell["samples"])
    return count(many) if found.sign != ">" else "–"


def without_end(read: Read) -> str:
    """The sine that coin tosses tend to."""
    return number(grid.coins_forever(int(read.cell["d"]), int(read.cell["r"]))[0])


def compared(words: str, *both: str) -> Callable[[Look], str]:
    """A stage's sentence: these words, and what two curves need."""

    def told(look: Look) -> str:
        found = (f"{ink(curve).label} {tasks(look().needs[curve])}" for curve in both)
        return f"{words}: {', '.join(found)}"

    return told


def collapsed(look: Look) -> str:
    """T n / d at the level, for every d."""
    found = [look(d=d).needs["balanced"].n / d for d in grid.DIMENSIONS]
    told = ", ".join(count(x * float(look().cell["samples"])) for x in found)
    return (
        "Counted in T n / d the curves of all d come together; they meet the level at "
        f"{told} for d = {', '.join(map(str, grid.DIMENSIONS))}"
    )


EXPLORER = Moving(
    SPEC,
    lambda: means(read_table("many-tasks"), SPEC, "plane"),
    Telling(
        SPEC,
        sentence,
        (
            *map(say, grid.FAMILIES),
            Say("in-all", "samples in all", in_all, "T times n, balanced"),
            Say(
                "left",
                f"coin toss, T = {ALL_T}",
                lambda read: number(read.at("iid", ALL_T)),
                "sine that is left",
            ),
            Say("limit", "with no end of them", without_end, "theorem, 128 neurons"),
        ),
        {"r": lambda r: r},
        ("balanced", "iid"),
    ),
    Theory(
        {name: sine_by_formula(family) for name, family in ANGLED.items()},
        lambda r: [t for t in grid.COUNTS if t >= 2**r],
        ("d", "r", "samples"),
    ),
    stages=(
        Stage("two kinds", {}, compared("A sine of 0.2 at d = 10", "balanced", "iid")),
        Stage(
            "eight times the dimension",
            {"d": 80},
            compared("One comes to 0.2, the other does not", "balanced", "iid"),
        ),
        Stage(
            "take each task's mean out",
            {"d": 80, "show": ["iid", "centred"]},
            compared("The same tasks, with labels centred", "centred", "iid"),
        ),
        Stage(
            "all d at once",
            {"d": 40, "axis": "Tn/d", "all": True, "show": ["balanced"]},
            collapsed,
        ),
    ),
    source="many-tasks",
)


def measure(
    ns: Sequence[int], seed: int, learner: str, d: int, r: int, samples: int
) -> Mapping[str, Sequence[float]]:
    """The sine after every number of tasks, at any setting."""
    found = many_tasks.measure_alignment(ns, seed, learner, d, r, samples)
    return {learner: found["plane"]}


LAB = LabSpec(
    knobs=(
        replace(knobs.DIMENSION, default=40),
        Knob("r", (2, 3, 4, 5, 6), 3, "relevant directions r", ""),
        Knob("samples", (50, 150, 450, 1350), 150, "samples of each task n", "", "n"),
        Knob("n_max", (16, 64, 256, 1024), 64, "most tasks T", "", "most"),
        knobs.SEEDS,
    ),
    runs={name: (name,) for name in (*grid.FAMILIES, "coordinate")},
    ticked=("balanced", "iid"),
    measure=measure,
    estimate=lambda ns, d, samples, **others: many_tasks.estimate_seconds(
        d, samples, ns[-1]
    ),
    shows=EXPLORER,
    fewest=2,
)


HERO_D, HERO_R, HERO_N, SHOWN = 40, 3, 400, 48


@cache
def grown() -> tuple[BooleanTasks, dict[int, Tensor]]:
    """All tasks that the slider has, and the layer after the first T of them."""
    at = (HERO_D, HERO_R)
    start = {0: ManyTaskStep(many_tasks.WIDTH, seed=0).start(HERO_D)}
    layers = many_tasks.learn_layers("balanced", *at, HERO_N, grid.COUNTS, seed=0)
    return draw_tasks("balanced", *at, ALL_T, seed=0), start | layers


def lying(w: Tensor) -> Mark:
    """Neurons of length one: across lies what is in the plane, upwards the rest."""
    w = w[:SHOWN] / w[:SHOWN].norm(dim=1, keepdim=True)
    parts = (w[:, :HERO_R], w[:, HERO_R:])
    across, up = (part.norm(dim=1) * part[:, 0].sign() for part in parts)
    return Mark("arrows", np.stack([across, up], 1), "neurons", 1)


def sharpened(tasks: int) -> Frame:
    """The mean agreement of labels for all pairs of patterns, and the neurons."""
    drawn, layers = grown()
    table = drawn.table[:, : max(tasks, 1)]
    kernel = BooleanTasks(HERO_D, HERO_R, table).label_kernel() * (tasks > 0)
    apart = kernel[~np.eye(len(kernel), dtype=bool)]
    inside = 1 - many_tasks.outside_share(layers[tasks], HERO_R)
    sine = many_tasks.plane_sine(layers[tasks], torch.eye(HERO_R, HERO_D))
    low, high = (f"{v:.2f}".replace("-", "−") for v in (apart.min(), apart.max()))
    agree = f"different patterns agree by {low} to {high}" if tasks else "no labels yet"
    return Frame(
        [*board(kernel), lying(layers[tasks])],
        f"T = {tasks}: {agree}; the plane holds "
        f"{percent(inside)} of the neurons' square, the worst direction is "
        f"{math.degrees(math.asin(sine)):.0f}° off.",
    )


BOARD: dict[str, Any] = {"x": (0, 1), "y": (0, 1), "square": True, "cross": False}
HERO = Hero(
    "wmt",
    Knob("T", (0, *grid.COUNTS), 0, "number of tasks T", ""),
    (
        Panel("agreement of labels", **BOARD),
        Panel("neurons", (-1.1, 1.1), (-1.1, 1.1), "the plane", square=True),
    ),
    sharpened,
    "On the left a square for each pair of eight sign patterns, as large as their "
    "labels agree on average; none before the first task. As tasks are added, all but "
    "the diagonal fade. On the right the neurons as arrows, turning towards the plane.",
)


def plot_coefficients(ax: Axes, found: pd.DataFrame) -> Axes:
    """Draw both parts (part, error) of two families against r, the formula dotted."""
    for (learner, part), rows in found.groupby(["learner", "part"], sort=False):
        look: dict[str, Any] = line_style(str(learner)) | {"linestyle": "none"}
        fill: dict[str, Any] = {} if part == "useful" else {"markerfacecolor": "white"}
        label = f"{look.pop('label')}, {part} part"
        gaps = [rows["error"] - rows["low"], rows["high"] - rows["error"]]
        ax.errorbar(rows["r"], rows["error"], gaps, **look, **fill, label=label)
        line = [coefficients(str(learner), r)[part != "useful"] for r in rows["r"]]
        ax.plot(rows["r"], line, ":", color=look["color"], lw=1.3)
    ticks = sorted(set(found["r"]))
    return finish(ax, "directions r", "coefficient", "", xticks=ticks, columns=0)


NAMES = {
    "balanced": "balanced tasks",
    "shared": "one sample for all tasks",
    "iid": "coin toss as it is",
    "shuffled": "labels shuffled",
    "own-planes": "a plane for each task",
}
# name -> at which end of its curve it stands, and how far above
ENDS = dict(
    zip(NAMES, ((-1, 24), (-1, 12), (-1, -28), (-1, -16), (0, -16)), strict=True)
)


def plot_controls(ax: Axes, found: pd.DataFrame) -> Axes:
    """Draw the sine (error) against tasks: what must work and what must fail."""
    for name, words in NAMES.items():
        rows = found[found["learner"] == name]
        color = ink(name).light if name in grid.FAMILIES else "0.35"
        ax.plot(rows["tasks"], rows["error"], "-o", color=color)
        ax.fill_between(
            rows["tasks"], rows["low"], rows["high"], color=color, alpha=0.15
        )
        end, up = ENDS[name]
        look: dict[str, Any] = {"color": color, "ha": "right" if end else "left"}
        at = (rows["tasks"].iloc[end], rows["error"].iloc[end])
        ax.annotate(words, at, (0, up), textcoords="offset points", **look)
    return finish(ax, "number of tasks T", "sine", xticks=sorted(set(found["tasks"])))
