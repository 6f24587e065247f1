"""The figures to move of "Order parameters", and its lab."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from beyond_the_kernel.order_parameters import grid
from replearn.experiments.curves import summarise
from replearn.experiments.order_flow import draw_pair, farthest
from replearn.experiments.tables import read_table
from replearn.learners.one_pass import OnePass
from replearn.theory.order_parameters import OrderPath
from replearn.views import knobs, pictures
from replearn.views.controls import ExplorerSpec
from replearn.views.facts import Fact, Words, number
from replearn.views.hero import Frame, Hero, Mark, Panel, label
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, means
from replearn.views.parts import Axis, Cell, Knob, Scale
from replearn.views.stages import Look, Stage

SIZE = Knob("size", grid.SIZES, 512, "pixels N", "", "N", "N = {}")
LATENT = Knob("latent", grid.LATENTS, "N÷3", "latent numbers D", "", "D", "D = {}")
INPUTS = Knob("inputs", grid.KINDS, "sign", "generator", "", "G")
RATE = Knob("rate", grid.RATES, 0.2, "learning rate η", "", "eta", "η = {}")
SPEC = ExplorerSpec(
    name="ops",
    knobs=(SIZE, LATENT, INPUTS, RATE),
    axes=(Axis("t", "samples per pixel, t = n/N", (("size", 1),)), knobs.N),
    y=Scale("test error; distance of R from its path", 3e-3, 1.5),
    learners=("student", "twin"),
    caption=(
        "Orange: SGD's error on fresh inputs of the generator; blue: on Gaussian "
        "inputs with the same covariances; dotted: the equations. Behind more curves: "
        "the farthest that an entry of R has been from its path. Means over {seeds} "
        "seeds with 95 % intervals."
    ),
    switches=knobs.switches("the equations", "", "N")[::2],
)
CURVES = {"student": "error", "twin": "twin", "off": "off", "twin-off": "twin_off"}


def measured() -> pd.DataFrame:
    """The table `order-flow`."""
    return means(read_table("order-flow"), SPEC, {**CURVES, "own": "own"})


def predicted() -> pd.DataFrame:
    """The equations' error, the mean over the five starts."""
    at = [*(knob.name for knob in SPEC.knobs), "n"]
    mean = read_table("order-flow").groupby(at)["flow"].mean().rename("error")
    return mean.reset_index().assign(learner="student")


def last(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> dict[str, str]:
    """Every curve's value at the end, in words."""
    told, n = {"flow": "–"}, grid.END * cell["size"]
    both = pd.concat([curves, theory.assign(learner="flow")])
    for name, rows in both.groupby("learner"):
        at = float(np.interp(n, rows["n"], rows["error"]))
        said = number(at) if at >= SPEC.y.low else f"under {SPEC.y.low:g}"
        told[str(name).replace("-", "_")] = said
    return told


def words(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
    """SGD and the equations where the training ends."""
    at = last(cell, curves, theory)
    return Words(
        f"{SPEC.say(cell)}: at t = {grid.END} SGD has the test error {at['student']}, "
        f"where the equations say {at['flow']}; R has been {at['off']} off its path.",
        [
            Fact("student", "SGD", at["student"], "test error"),
            Fact("flow", "the equations", at["flow"], "test error"),
            Fact("twin", "Gaussian twin", at["twin"], "test error"),
            Fact("off", "R off its path", at["off"], f"twin {at['twin_off']}"),
        ],
    )


def told(look: Look, say: str, **before: Any) -> str:
    """A stage's sentence, with the numbers of its cell, and {was} of another."""
    reads = look(), look(**before)
    now, was = (last(read.cell, read.curves, read.theory) for read in reads)
    return say.format(**now, **{f"was_{name}": value for name, value in was.items()})


STEPS: tuple[tuple[str, dict[str, Any], dict[str, Any], str], ...] = (
    (
        "on the line",
        {},
        {},
        "Both curves lie on the dotted line: in the end {student} and {twin}, and "
        "{flow} by the equations",
    ),
    (
        "N from 64 to 512",
        {"show": ["off"], "all": True},
        {"size": 64},
        "The more pixels, the lower the line: R strays by {was_off} at N = 64, and by "
        "{off} at N = 512",
    ),
    (
        "five times the rate",
        {"rate": 1.0},
        {"rate": 0.2},
        "The fall is earlier, and ends higher: {student}, where it was {was_student}",
    ),
    (
        "two latent numbers",
        {"latent": "2"},
        {},
        "Orange leaves the dotted line, {student} for {flow}; blue, with the same "
        "covariances, stays near it: {twin}",
    ),
)
EXPLORER = Moving(
    SPEC,
    measured,
    words,
    predicted,
    stages=[
        Stage(name, at, partial(told, say=say, **before))
        for name, at, before, say in STEPS
    ],
    source="order-flow",
)


def beside(
    ns: Sequence[int], seed: int, size: int, latent: str, rate: float, **how: Any
) -> Mapping[str, Sequence[float]]:
    """A run and its equations, after these numbers of samples."""
    few = grid.latent_numbers(latent, size)
    pair = draw_pair(latent=few, size=size, seed=seed, **how)
    times = [n / size for n in ns]
    run, path = pair.run(times, rate, seed), pair.path(times, rate, tolerance=1e-6)
    return {
        "student": run.error[:, 0].tolist(),
        "flow": path.error.tolist(),
        "off": farthest(run, path)[:, 0].tolist(),
    }


def seconds(
    ns: Sequence[int], size: int, latent: str, layers: int, **others: Any
) -> float:
    """Of a run, its equations, stiff where D is small, and a deep one's moments."""
    few = grid.latent_numbers(latent, size) < 10
    besides = (4.0 if few else 0.3) + (2.0 if layers > 1 else 0.0)
    return max(ns) * 1.2e-4 + (size / 512) ** 2 * besides


LAB = LabSpec(
    knobs=(
        Knob("size", (64, 128, 256, 512, 1000), 512, "pixels N", ""),
        Knob("latent", ("2", "5", "20", "N÷10", "N÷3"), "N÷3", "latent numbers D", ""),
        Knob("inputs", ("sign", "erf", "relu"), "sign", "generator", ""),
        Knob("layers", (1, 2, 3), 1, "layers of the generator", ""),
        Knob("rate", (0.1, 0.2, 0.5, 1.0, 2.0), 0.2, "learning rate η", ""),
        knobs.most(64_000, 8000),
        knobs.SEEDS,
    ),
    runs={"both": ("student", "flow", "off")},
    measure=beside,
    estimate=seconds,
    shows=EXPLORER,
    fixed={"layers": 1},
)


def plot_modes(ax: Axes, where: str, title: str) -> Axes:
    """Mean square weight along some modes: SGD, and dotted the equations."""
    table = read_table("order-modes")
    mean = summarise(table, ["rate", "t"], where)
    formula = table.groupby(["rate", "t"])[f"flow_{where}"].mean().to_numpy()
    pictures.family(
        ax, mean.assign(flow=formula), "rate", "η = {}", "t", where, "flow", ls="none"
    )
    ax.set_title(title)
    return pictures.finish(ax, "t", "mean square weight", log="x", columns=3)


# the hero: Saad and Solla's case, two units each, in the plane of the teacher
HERO_SIZE, HERO_RATE, HERO_SEED = 500, 1.5, 7
CLOCK = (0, 0.5, 1, 2, 4, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80)
BETWEEN = (0.0, 0.5, *(float(t) for t in range(1, 81)))
PLANE: dict[str, Any] = {"x": (-0.35, 1.35), "y": (-0.35, 1.35), "square": True}


@cache
def training() -> tuple[OnePass, OrderPath]:
    """SGD on 500 Gaussian numbers, and its equations."""
    pair = draw_pair("white", HERO_SIZE, HERO_SIZE, HERO_SEED)
    return pair.run(BETWEEN, HERO_RATE, HERO_SEED), pair.path(BETWEEN, HERO_RATE)


def in_the_plane(t: float) -> Frame:
    """The student's weight vectors at a time, their path, and the error so far."""
    run, path = training()
    now = BETWEEN.index(float(t))
    seen = np.minimum(np.arange(0, len(BETWEEN), 2), now)  # the dots so far
    height = (path.error.log10(), run.error[:, 0].log10())
    line, dots = (np.stack([BETWEEN, np.maximum(h.numpy(), LOWEST)], 1) for h in height)
    marks = [Mark("arrows", np.eye(2), "flow"), *NAMES]
    for k, look in enumerate(("student", "twin")):
        marks += [
            Mark("curve", path.r[:, k], "flow", faint=True),
            Mark("dots", run.r[seen, 0, k], look),
            Mark("arrows", run.r[now : now + 1, 0, k], look),
        ]
    marks += [Mark("curve", line, "flow", 1, True), Mark("dots", dots[seen], "off", 1)]
    mine, told = (number(float(e[now])) for e in (run.error[:, 0], path.error))
    after = f"After {round(t * HERO_SIZE):,} samples".replace(",", " ")
    return Frame(marks, f"{after}: test error {mine}, by the equations {told}.")


LOWEST = -4.0
NAMES = [
    label(1.04, 0.05, "b₁", "flow"),
    label(0.05, 1.08, "b₂", "flow"),
    *(label(4, h + 0.06, f"{10.0**h:g}", "whole", 1) for h in (-3, -2)),
    *(Mark("curve", [[0, h], [80, h]], "whole", 1, True) for h in (-3, -2, -1)),
    label(79, -0.94, "0.1", "whole", 1, 1),
]
HERO = Hero(
    "ops",
    Knob("t", CLOCK, 0, "time t = samples ÷ N", ""),
    (
        Panel("the teacher's plane", below="overlap with b₁ →", **PLANE),
        Panel("test error", (0, 80), (LOWEST, 0), "t →", cross=False),
    ),
    in_the_plane,
    "Left, the plane of the teacher's two weight vectors: the two of the student, "
    "orange and blue, first grow along the diagonal between them, rest there, and then "
    "part, each to one teacher. Dots of SGD lie along the thin path of the equations. "
    "Right, the test error: a fall, a plateau, a second fall.",
)
