"""The figures to move of "What layer-wise training can do", and its lab."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import pandas as pd
import torch

from beyond_the_kernel.layer_wise_training import grid
from replearn.experiments import layer_wise
from replearn.experiments.tables import read_table
from replearn.views import knobs
from replearn.views.controls import ExplorerSpec
from replearn.views.facts import Read, Say, Telling, percent, tiny
from replearn.views.hero import Frame, Hero, Mark, Panel
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, means
from replearn.views.parts import Axis, Knob, Level, Scale
from replearn.views.stages import Look, Stage

MODES = tuple(layer_wise.MODES)
KIND = Knob("kind", tuple(layer_wise.KINDS), "bounded", "inputs, or levels", "", "of")
GAP = Knob("gap", grid.GAPS, 0.1, "gap a", "", "a", "a = {}")
SPEC = ExplorerSpec(
    name="lwt",
    knobs=(KIND, GAP),
    axes=(knobs.N,),
    y=Scale("missed of the last level's part", 1e-9, 30),
    learners=("joint", "free"),
    family="free",
    caption=(
        "The label's error on new inputs, over the variance of the last level's part: "
        "at one, nothing of that part is learnt. In all curves but that of joint "
        "training, lower levels are frozen when the next one joins. Means over {seeds} "
        "seeds with 95 % intervals."
    ),
    level=Level(0.01, "one hundredth"),
)


def last(curve: str) -> Callable[[Read], str]:
    """A curve's value with all samples."""
    return lambda read: tiny(read.at(curve, grid.ALL))


def told(say: str, n: int, look: Look) -> str:
    """A stage's sentence with the values of curves at n in it."""
    read = look()
    return say.format(**{mode: tiny(read.at(mode, n)) for mode in MODES})


STEPS: tuple[tuple[str, dict[str, Any], str, int], ...] = (
    (
        "three levels",
        {},
        "Frozen features, freely read, miss {free} of the faint part; all levels "
        "together miss {joint}",
        grid.ALL,
    ),
    (
        "poorer read-outs",
        {"show": ["joint", "free", "refit", "frozen"]},
        "Frozen with its read-out, the first level costs {frozen} of the faint part; "
        "re-fitted, {refit}",
        grid.ALL,
    ),
    (
        "few samples",
        {"gap": 0.3, "show": ["joint", "free", "refit", "wide"]},
        "Look at n = 125, where the re-fitted read-out misses {refit}, the free one "
        "{free}, two features more {wide}; together, {joint}",
        125,
    ),
    (
        "four levels",
        {"kind": "four levels", "gap": 0.3, "show": ["joint", "free", "true"]},
        "One level more: the free read-out misses {free}, all levels together {joint}, "
        "and true features, frozen, {true}",
        grid.ALL,
    ),
)
EXPLORER = Moving(
    SPEC,
    lambda: means(read_table(grid.LAYER_WISE.name), SPEC, curve="mode"),
    Telling(
        SPEC,
        f"with {grid.ALL:,} samples".replace(",", " ")
        + " a free read-out of frozen features misses {free}, joint training {joint}",
        (
            Say("frozen", "frozen", last("frozen"), "with its read-out"),
            Say("refit", "re-fitted", last("refit"), "squares of the features"),
            Say("free", "free", last("free"), "any square of what is below"),
            Say("joint", "together", last("joint"), "all levels train on"),
        ),
    ),
    stages=[Stage(name, at, partial(told, say, n)) for name, at, say, n in STEPS],
    source=grid.LAYER_WISE.name,
)


def along(
    ns: Sequence[int], seed: int, learner: str, kind: str, gap: float
) -> Mapping[str, Sequence[float]]:
    """The error of one mode for each number of samples."""
    runs = [layer_wise.measure_modes(kind, learner, n, [gap], [seed]) for n in ns]
    return {learner: [float(run["error"][0]) for run in runs]}


LAB = LabSpec(
    knobs=(
        KIND,
        Knob("gap", (0.03, 0.1, 0.3, 1.0), 0.1, "gap a", ""),
        knobs.most(16_000, 4000),
        knobs.SEEDS,
    ),
    runs={mode: (mode,) for mode in MODES},
    ticked=("joint", "free"),
    measure=along,
    estimate=lambda ns, kind, **others: len(ns) * sum(layer_wise.KINDS[kind][2]) * 8e-4,
    shows=EXPLORER,
)
READ = Knob(
    "read",
    ("random layers above", "own head"),
    "random layers above",
    "layer 1 is read out through",
    "",
    "by",
)
DIGITS_SPEC = ExplorerSpec(
    name="dig",
    knobs=(READ,),
    axes=(Axis("step", "steps of training", log=False),),
    y=Scale("digits read rightly off layer 1", 0.88, 0.96, log=False),
    learners=("others-join",),  # the control comes second
    family="others-join",
    caption=(
        "What a ridge regression on the first of four layers reads rightly of 797 new "
        "digits, along the training. From step 300 on the layers above train as well, "
        "or do not. Means over {seeds} seeds with 95 % intervals."
    ),
    level=Level(0.9, "nine in ten"),
    symbol="step",
)


def probes() -> pd.DataFrame:
    """The table `equal-time`, its arms taken apart."""
    table = read_table(grid.EQUAL_TIME.name).rename(columns={"step": "n"})
    arms = table["arm"].str.partition(", ")
    curve = arms[2].str.replace(" ", "-")
    table = table.assign(read=arms[0], curve=curve, n=table["n"] + 1)  # no log of zero
    return means(table, DIGITS_SPEC, "accuracy", curve="curve")


def at_step(curve: str, step: int) -> Callable[[Read], str]:
    """A curve's value at a step."""
    return lambda read: percent(read.at(curve, step + 1), 1)


JOIN, END = grid.STAGE, 4 * grid.STAGE
before, after, control = (
    at_step("others-join", JOIN),
    at_step("others-join", END),
    at_step("alone", END),
)
DIGITS = Moving(
    DIGITS_SPEC,
    probes,
    Telling(
        DIGITS_SPEC,
        "{join} when the others join, {after} at the end",
        (
            Say("join", "at step 300", before, "the others join"),
            Say("after", "at the end", after, "with the others"),
            Say("alone", "the control", control, "alone, equally long"),
        ),
    ),
    stages=(
        Stage(
            "a curve",
            {},
            lambda look: (
                f"At step 300 the others join: {before(look())}, and at the end "
                f"{after(look())}"
            ),
        ),
        Stage(
            "its control",
            {"show": ["others-join", "alone"]},
            lambda look: f"Alone for as long, layer 1 comes to {control(look())}",
        ),
        Stage(
            "a head of its own",
            {"read": "own head", "show": ["others-join", "alone"]},
            lambda look: (
                f"From {before(look())} to {after(look())} with the others, and to "
                f"{control(look())} without them"
            ),
        ),
    ),
    source=grid.EQUAL_TIME.name,
)

# the hero: the errors of 200 inputs' features against the features, in three states
SHOWN, STRONG, SPAN, OFF = 200, 1.0, 4.0, 1.2
STATES = ("alone", "re-fitted", "together")
INPUTS = ("bounded", "Gaussian")


learnt = cache(partial(layer_wise.first_level, gap=STRONG, seed=7, n=4000))


def clouds(state: str) -> Frame:
    """How far level 2's features are from the true ones, for both kinds of inputs."""
    marks, missed = [], []
    for panel, kind in enumerate(INPUTS):
        true, off = learnt(kind)["true"], learnt(kind)[state] - learnt(kind)["true"]
        missed.append(tiny(float(off.square().sum() / true.square().sum())))
        x, y = true[:SHOWN].flatten(), off[:SHOWN].flatten()
        dots = torch.stack([x.clamp(-SPAN, SPAN), y.clamp(-OFF, OFF)], 1)
        marks.append(Mark("dots", dots[dots[:, 0].argsort()], "joint", panel))
    return Frame(
        marks,
        f"{state.capitalize()}: off by {missed[0]} of the features' mean square, with "
        f"Gaussian inputs by {missed[1]}.",
    )


HERO = Hero(
    "lwt",
    Knob("state", STATES, "alone", "the first level", ""),
    tuple(
        Panel(f"{kind}: error ↑", (-SPAN, SPAN), (-OFF, OFF), "true feature →")
        for kind in INPUTS
    ),
    clouds,
    "The error of each learnt feature against the true feature. Alone, the errors lie "
    "along rising lines: the features are too long. After the best re-fit a flat band "
    "is left, wider with Gaussian inputs. Trained together with the next level, all "
    "errors are zero.",
)
