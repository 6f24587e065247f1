"""The three figures to move of "When it fails", and its lab."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
import torch

from beyond_the_kernel.when_it_fails import grid
from replearn.experiments.first_layer import layer_shares, measure_fading, step_layer
from replearn.experiments.learning_curves import estimate_seconds
from replearn.experiments.tables import read_table
from replearn.targets import sample_gaussian
from replearn.targets.curvature import conditioned_target, quadratic_target
from replearn.targets.transforms import TRANSFORMS
from replearn.theory import hermite_half, hermite_overlap, kernel_rate
from replearn.theory.curvature import csq_rate, half_turn, target_shares
from replearn.views import facts, knobs
from replearn.views.controls import TENTH, ExplorerSpec
from replearn.views.facts import Say, percent
from replearn.views.hero import Frame, Hero, Panel, label, link, needles, ring
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, Theory, means
from replearn.views.parts import Knob, Scale
from replearn.views.stages import Stage, then

LAST = 16  # n/d^2 where the words read the curves
DEGREE = knobs.p_knob(grid.DEGREES)
last = partial(facts.value, factor=LAST)
share = partial(facts.beside, factor=LAST)
after = partial(then, what=f"at {LAST} d² one step's error", value=last("one-step"))
ERROR = Say("error", "one step", last("one-step"), f"error at {LAST} d²")
LEFT = f"at n = {LAST} d² one step leaves an error of {{error}}"


def sizes(d: int) -> np.ndarray:
    """Where the formulas are drawn."""
    return np.geomspace(d * d, LAST * d * d, 25)


WEIGHT = Knob("quadratic", grid.SHARES, 0.5, "quadratic weight w", "", "w", "w = {}")
FADING_SPEC = ExplorerSpec(
    name="wif",
    knobs=(WEIGHT, knobs.d_knob(grid.DIMENSIONS, 80), DEGREE),
    axes=(knobs.over(2), knobs.N),
    y=Scale("what is missing", 1e-3, 3, note="of the label, or of the layer"),
    learners=("one-step", "outside"),
    family="one-step",
    caption=(
        "Orange and gold: relative test error of the one-step network and of Adam. "
        "Blue: the share of the first layer outside the label's direction; lines "
        "without marks are the formula. Means over {seeds} seeds with 95 % intervals."
    ),
    switches=knobs.switches("formula", "where half has turned, and dᵖ", "weights"),
    level=TENTH,
)
CUBIC = {"quadratic": 0.0, "show": ["one-step", "outside", "adam"]}


def fading_means() -> pd.DataFrame:
    """Errors at every weight, and the layer's share outside."""
    overlaps = read_table("curvature-overlap")
    inside = overlaps.query("10 < d < 160 and degree < 5")
    outside = means(inside, FADING_SPEC, {"outside": "overlap"}, complement=["outside"])
    return pd.concat([means(grid.share_errors(), FADING_SPEC), outside])


def missed(**setting: Any) -> float:
    """The formula's share of the layer outside."""
    return 1 - grid.predicted_overlap(**setting)


FADING = Moving(
    FADING_SPEC,
    fading_means,
    facts.Telling(
        FADING_SPEC,
        LEFT + " and {outside} of the layer outside; Adam leaves {adam}",
        (
            ERROR,
            share("outside", "layer outside", missed),
            Say("adam", "Adam", last("adam"), f"error at {LAST} d²"),
            facts.rate("half", "half has turned", "by πd²/(4w)", half_turn, "n ≈ "),
            facts.rate("csq", "lower bound", "d^(p/2), explained below", csq_rate),
        ),
        {"dᵖ": kernel_rate, "πd²/(4w)": half_turn},
        ("adam", "one-step"),
    ),
    Theory({"outside": missed}, sizes, ("quadratic", "d", "degree")),
    stages=(
        Stage("half and half", {}, after("Both curves fall")),
        Stage("a tenth of it", {"quadratic": 0.05}, after("Both move", quadratic=0.5)),
        Stage("cubic alone", CUBIC, after("Adam's curve falls", quadratic=0.05)),
        Stage("at d = 20", {**CUBIC, "d": 20}, after("It looks learnt", d=80)),
    ),
    source="quadratic-share",
)
WEIGHTS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
LAB = LabSpec(
    knobs=(
        *knobs.TARGET[:2],
        knobs.p_knob(range(3, 7), short=""),
        replace(WEIGHT, values=WEIGHTS),
        *(knobs.most(128_000, 8000), knobs.NOISE, knobs.SEEDS),
    ),
    runs={"one-step": ("one-step", "outside"), "adam": ("adam",)},
    ticked=("one-step",),
    measure=measure_fading,
    estimate=lambda ns, learner, d, **others: estimate_seconds(learner, d, ns),
    shows=FADING,
    fixed={"r": 1},
)
TRANSFORM = Knob("transform", tuple(TRANSFORMS), "identity", "T is", "", "T", "T = {}")
DIAL_SPEC = replace(
    FADING_SPEC,
    name="dial",
    knobs=(TRANSFORM, knobs.d_knob(grid.DIAL_DIMENSIONS, 80), DEGREE),
    y=Scale("error, and share of the layer", 1e-3, 3),
    learners=("one-step", "inside"),
    caption=(
        "No parabola: the label is hₚ alone. The one step is shown T(y), the read-out "
        "the labels y themselves. Orange: relative test error. Blue: the share of the "
        "layer along u, without marks the formula. {seeds} seeds, 95 % intervals."
    ),
    switches=knobs.switches("formula", "where the formula is one half", "functions T"),
)
QUARTIC = {"transform": "square", "degree": 4}
DIAL_CURVES = {"one-step": "error", "inside": "overlap"}
DIAL = Moving(
    DIAL_SPEC,
    lambda: means(read_table("label-transform"), DIAL_SPEC, DIAL_CURVES),
    facts.Telling(
        DIAL_SPEC,
        LEFT + "; {inside} of the layer lie along u",
        (
            ERROR,
            share("inside", "layer along u", hermite_overlap),
            facts.rate("half", "half has turned", "by the formula", hermite_half),
        ),
        {"half by formula": hermite_half},
        ("one-step",),
    ),
    Theory({"inside": hermite_overlap}, sizes, ("transform", "d", "degree")),
    stages=(
        Stage("y itself", {}, after("Blue lies at the leak")),
        Stage("|y|", {"transform": "abs"}, after("Blue rises", transform="identity")),
        Stage("y²", {"transform": "square"}, after("Blue lags", transform="abs")),
        Stage("degree 4", QUARTIC, after("Later still", degree=3)),
    ),
    source="label-transform",
)
KAPPAS = {"1": 1.0, "2": 2.0, "3": 3.0, "4": 4.0, "8": 8.0, "∞": math.inf}
SHARES = {"one-step": "error", "strong": "overlap_1", "weak": "overlap_2"}
KAPPA = Knob("kappa", tuple(KAPPAS), "1", "condition number κ", "", said="κ = {}")
CONDITION_SPEC = replace(
    FADING_SPEC,
    name="kap",
    knobs=(KAPPA, knobs.d_knob(tuple(grid.FACTORS))),
    y=Scale("error, and shares of the layer", 1e-3, 3),
    learners=("one-step", "weak"),
    caption=(
        "Orange: relative test error of the one-step network where κ makes the second "
        "of two directions hard to see. Blue and green: the shares of the first layer "
        "along both; without marks the formula. {seeds} seeds, 95 % intervals."
    ),
    switches=knobs.switches("formula", "where signal meets noise, πd²κ²", "κ"),
)
WORDS = {kappa: word for word, kappa in KAPPAS.items()}
tenths = partial(percent, digits=1)


def along(i: int, n: float, kappa: str, d: int) -> float:
    """The formula's share along the strong direction, 0, or along the weak one, 1."""
    return target_shares(conditioned_target(d, 1 / KAPPAS[kappa]), n)[i]


STRONG, WEAK = partial(along, 0), partial(along, 1)
CONDITION = Moving(
    CONDITION_SPEC,
    lambda: means(grid.conditions().replace({"kappa": WORDS}), CONDITION_SPEC, SHARES),
    facts.Telling(
        CONDITION_SPEC,
        LEFT + "; {weak} of the layer lie along u₂",
        (
            ERROR,
            facts.need("one-step", "10 % error", "one step"),
            share("strong", "along u₁", STRONG, tenths),
            share("weak", "along u₂", WEAK, tenths),
        ),
        {"πd²κ²": lambda d, kappa: math.pi * (d * KAPPAS[kappa]) ** 2},
        ("one-step",),
    ),
    Theory(
        {"strong": STRONG, "weak": WEAK},
        lambda d: np.geomspace(grid.FACTORS[d][0], grid.FACTORS[d][-1], 25) * d * d,
        ("kappa", "d"),
    ),
    stages=(
        Stage("both alike", {}, after("Half of the layer for each")),
        Stage("κ = 4", {"kappa": "4"}, after("Green falls", kappa="1")),
        Stage("κ = ∞", {"kappa": "∞"}, after("Green is left to chance", kappa="4")),
    ),
    source="condition",
)
HERO_D, NEURONS = 80, 72
SHOWN = ("1", "0.5", "0.2", "0.1", "0.05", "0.02", "0.01", "0")
inputs = cache(partial(sample_gaussian, LAST * HERO_D**2, HERO_D, 0, torch.float32))


def fading_layer(weight: str) -> Frame:
    """The label along u, and the layer after one step, at a weight of the parabola."""
    target = quadratic_target(HERO_D, 1, 3, float(weight))
    layer = step_layer(inputs(), target(inputs()), 0, NEURONS)
    name = label(0.94, -0.28, "u", "whole", 1, 1)
    return Frame(
        [link(target, 2.6), ring(1), needles(layer, panel=1), name],
        f"w = {weight}: after one step on {LAST} d² samples, "
        f"{percent(float(layer_shares(layer)[0]))} of the layer lies along u.",
    )


HERO = Hero(
    "wif",
    Knob("weight", SHOWN, "1", "weight w of the parabola", ""),
    (
        Panel("the label along u", (-2.6, 2.6), (-4, 5), "u·x →"),
        Panel("the neurons", (-1.12, 1.12), (-1.12, 1.12), square=True),
    ),
    fading_layer,
    "Left, the label along u, from a parabola to a cubic; right, the neurons after one "
    "step in 80 dimensions: in the line of u while there is a parabola, else away.",
)
