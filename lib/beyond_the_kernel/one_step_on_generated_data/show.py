"""The figure to move of "One gradient step on generated data", its hero and its lab."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from beyond_the_kernel.one_step_on_generated_data import grid
from replearn.experiments import generated_step
from replearn.experiments.curves import mean_interval
from replearn.experiments.tables import read_table
from replearn.views import knobs
from replearn.views.controls import RELATIVE_ERROR, ExplorerSpec
from replearn.views.facts import Fact, Guide, Words, number
from replearn.views.hero import Frame, Hero, Mark, Panel
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, means
from replearn.views.palette import ink, line_style
from replearn.views.parts import Axis, Cell, Knob
from replearn.views.pictures import finish
from replearn.views.stages import Look, Stage

TO_SHOW = ("made", "made-twin", "white", "ntk")
CURVES = dict(zip(generated_step.INPUTS, TO_SHOW, strict=True))
INPUTS = {curve: name for name, curve in CURVES.items()}
LATENT = Knob("d", grid.DIMENSIONS, 10, "latent numbers D", "", said="D = {}")
GENERATOR = Knob("activation", grid.ACTIVATIONS[1:], "erf", "generator", "", "act")
SPEC = ExplorerSpec(
    name="osg",
    knobs=(LATENT, knobs.r_knob((1, 2)), knobs.p_knob((2, 3)), GENERATOR),
    axes=(knobs.N, Axis("n/D2", "n / D²", (("d", 2),))),
    y=replace(RELATIVE_ERROR, low=5e-3),
    learners=("made", "latent"),
    family="made",
    caption=(
        "Test error of one gradient step, 64 neurons, where 4 D inputs are made of D "
        "latent numbers, and where the latent numbers are the inputs: means over "
        "{seeds} seeds with 95 % intervals. Dotted: the limit of large D, for r = 1."
    ),
    switches=knobs.switches("theory", "n = D²", "D"),
)


def by_curve(column: str) -> pd.DataFrame:
    """The table as the explorer takes it; x = c stands beside every generator."""
    table = read_table("generated-step")
    rows = table[table["degree"] > 0].rename(columns={"latent": "d"})
    rows = rows[rows["d"].isin(grid.DIMENSIONS)]
    made = rows[(rows["activation"] != "none") & (rows["aspect"] == grid.ASPECT)]
    plain = rows[(rows["activation"] == "none") & (rows["learner"] == "generated")]
    both = [
        made.assign(learner=made["learner"].map(CURVES)),
        *(
            plain.assign(learner="latent", activation=name)
            for name in grid.ACTIVATIONS[1:]
        ),
    ]
    return pd.concat(both).dropna(subset=[column])


def told() -> pd.DataFrame:
    """The predicted errors, means over the same seeds."""
    rows = means(by_curve("predicted"), SPEC, "predicted")
    return rows.rename(columns={"mean": "error"})[
        [*(knob.name for knob in SPEC.knobs), "learner", "n", "error"]
    ]


def error_at(curves: pd.DataFrame, curve: str, n: float) -> str:
    """A curve's value in two digits, or a dash."""
    found = curves[(curves["learner"] == curve) & (curves["n"] == n)]
    return number(float(found["error"].iloc[0])) if len(found) else "–"


def words(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
    """Errors at n = 4 D²."""
    n = 4 * int(cell["d"]) ** 2
    facts = []
    for c in ("latent", *CURVES.values()):
        limit = error_at(theory, c, n)
        note = "not computed" if limit == "–" else f"limit {limit}"
        facts.append(Fact(c, ink(c).label, error_at(curves, c, n), note))
    at = {fact.key: fact.value for fact in facts}
    sentence = (
        f"{SPEC.say(cell)}: with n = 4 D² = {n} samples the step's error is "
        f"{at['made']} on generated inputs, {at['latent']} on the latent numbers "
        "themselves."
    )
    return Words(sentence, facts, [Guide(n / 4, "D²")])


def at_all(look: Look, curve: str, factor: int = 4) -> str:
    """A curve's errors at n = factor D², for every D."""
    found = (error_at(look(d=d).curves, curve, factor * d * d) for d in grid.DIMENSIONS)
    return ", ".join(found)


def stage(words: str, *curves: str) -> Callable[[Look], str]:
    """A stage's sentence: these words, and errors at 4 D² for every D."""
    names = ", ".join(map(str, grid.DIMENSIONS))
    return lambda look: (
        f"{words}. Errors at n = 4 D² for D = {names}: "
        + "; ".join(f"{ink(c).label} {at_all(look, c)}" for c in curves)
    )


COUNTED: dict[str, Any] = {"axis": "n/D2", "all": True, "show": ["made"]}
EXPLORER = Moving(
    SPEC,
    lambda: means(by_curve("error"), SPEC),
    words,
    told,
    stages=(
        Stage(
            "forty inputs, ten numbers",
            {},
            stage("The step on generated inputs ends higher", "latent", "made"),
        ),
        Stage(
            "count samples in D²",
            {"d": 20, **COUNTED},
            stage("The curves of all D come together", "made"),
        ),
        Stage(
            "its Gaussian twin",
            {"d": 40, "activation": "sign", "show": ["made", "made-twin"]},
            stage("With more latent numbers the two draw near", "made", "made-twin"),
        ),
        Stage(
            "whiten first",
            {"d": 40, "activation": "sign", "show": ["made", "white"]},
            stage("White inputs cost samples", "made", "white"),
        ),
    ),
    source="generated-step",
)


def measure(
    ns: Sequence[int],
    seed: int,
    learner: str,
    d: int,
    aspect: int,
    activation: str,
    degree: int,
) -> Mapping[str, Sequence[float]]:
    """The errors of one curve at any setting."""
    inputs = "generated" if learner == "latent" else INPUTS[learner]
    made_of = ("none", 1) if learner == "latent" else (activation, aspect)
    found = generated_step.measure_generated_step(
        d, made_of[1], made_of[0], [(1, degree)], list(ns), [inputs], seed
    )
    return {learner: found["error"]}


def seconds(
    ns: Sequence[int], learner: str, d: int, aspect: int, **others: object
) -> float:
    """Of one run: the inputs' eigenvectors, then a few passes over the samples."""
    inputs = d if learner == "latent" else aspect * d
    return 0.03 + 6e-10 * inputs**3 + sum(ns) * (1.5e-6 + 4.5e-8 * inputs)


LAB = LabSpec(
    knobs=(
        Knob("d", tuple(range(5, 81)), 20, "latent numbers D", ""),
        Knob("aspect", (1, 2, 4, 8, 16), 4, "inputs to a latent number N/D", "", "nd"),
        Knob("activation", ("erf", "sign", "relu"), "erf", "generator", "", "act"),
        knobs.p_knob((2, 3, 4, 5)),
        knobs.most(64_000, 4000),
        knobs.SEEDS,
    ),
    runs={name: (name,) for name in ("made", "latent", "made-twin", "white")},
    ticked=("made", "latent"),
    measure=measure,
    estimate=seconds,
    shows=EXPLORER,
    fixed={"aspect": grid.ASPECT},
    fewest=100,
    table=lambda: EXPLORER.table().query("r == 1"),
)

HERO_D, HERO_N = 20, tuple(50 * 2**k for k in range(9))


@cache
def seen(activation: str) -> Mapping[int, Any]:
    """Points of a neuron's view at every n."""
    at = (HERO_D, grid.ASPECT, activation, HERO_N)
    return generated_step.look_through(*at, seed=0, points=220)


def sharpened(n: int) -> Frame:
    """What a neuron sees of the number that matters, without and with a generator."""
    views = [np.asarray(seen(name)[n]) for name in ("none", "sign")]
    marks = [Mark("dots", v.clip(-3.1, 3.1), "made", i) for i, v in enumerate(views)]
    clear, blurred = (abs(float(np.corrcoef(v.T)[0, 1])) for v in views)
    return Frame(
        marks,
        f"n = {n}: correlation with the number that matters {clear:.2f} where it is an "
        f"input, {blurred:.2f} seen through 80 inputs.",
    )


FIELD: dict[str, Any] = {"x": (-3.2, 3.2), "y": (-3.2, 3.2), "square": True}
FIELD["below"] = "the number that matters"
HERO = Hero(
    "osg",
    Knob("n", HERO_N, HERO_N[0], "samples n of the step", ""),
    (Panel("20 inputs", **FIELD), Panel("80, made of 20", **FIELD)),
    sharpened,
    "Clouds of points: across lies the one latent number that the labels depend on, "
    "upwards what a neuron sees after the step. With n the left cloud becomes a line, "
    "the right one a blurred line.",
)


def plot_limit(ax: Axes) -> Axes:
    """Draw measured errors at D = 80 as dots, and their limits as dotted lines."""
    looks = {"none": "latent", "erf": "made", "sign": "twin"}
    names = {"none": "latent numbers themselves", "erf": "erf", "sign": "sign"}
    for name, curve in looks.items():
        found = grid.errors(latent=grid.LARGE, activation=name)
        told = grid.errors("predicted", latent=grid.LARGE, activation=name).mean()
        style = line_style(curve) | {"linestyle": "none", "label": names[name]}
        margin = [mean_interval(values) for values in found.to_numpy().T]
        gaps = [[abs(m[i] - m[0]) for m in margin] for i in (1, 2)]
        ax.errorbar(told.index, [m[0] for m in margin], gaps, **style)
        ax.plot(told.index, told, ":", color=style["color"], lw=1.5)
    return finish(ax, "n / D²", "test error", xticks=told.index)
