"""The three figures to move of "When it fails", and its lab."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

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
from replearn.theory import kernel_rate
from replearn.theory.curvature import csq_rate, target_shares
from replearn.views import facts, knobs
from replearn.views.controls import TENTH, ExplorerSpec
from replearn.views.facts import Say, number, percent
from replearn.views.hero import Frame, Hero, Mark, Panel, label, needles, ring
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, Theory, means
from replearn.views.parts import Knob, Scale, Value
from replearn.views.stages import Look, Stage

LAST = 16  # n/d^2 where the words read the curves


def last(curve: str, form: Callable[[float], str] = number) -> facts.Told:
    """A curve's value there, between two of its sizes on the line that is drawn."""

    def said(read: facts.Read) -> str:
        rows = read.curves[read.curves["learner"] == curve]
        log_n, wanted = np.log(rows["n"]), math.log(LAST * read.cell["d"] ** 2)
        return form(float(np.exp(np.interp(wanted, log_n, np.log(rows["error"])))))

    return said


def after(words: str, **before: Value) -> Callable[[Look], str]:
    """The error of one step there and, where a knob was moved, what it was before."""
    error = last("one-step")
    return lambda look: (
        f"{words}: at n = {LAST} d² the error of one step is {error(look())}"
        + (f", where it was {error(look(**before))}" if before else "")
    )


WEIGHT = Knob(
    "quadratic", grid.SHARES, 0.5, "quadratic weight w", "", "w", "quadratic weight {}"
)
FADING_SPEC = ExplorerSpec(
    name="wif",
    knobs=(WEIGHT, knobs.d_knob(grid.DIMENSIONS, 80), knobs.p_knob(grid.DEGREES)),
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
    inside = grid.read(grid.CURVATURE_OVERLAP).query("10 < d < 160 and degree < 5")
    outside = means(inside, FADING_SPEC, {"outside": "overlap"}, complement=["outside"])
    return pd.concat([means(grid.share_errors(), FADING_SPEC), outside])


def by_theory(read: facts.Read) -> str:
    """What the formula says at the last size."""
    return f"formula {percent(read.theory['error'].iloc[-1])}"


def halfway(d: int, quadratic: float) -> float:
    """The n at which half the layer has turned, by the simple formula."""
    return math.pi * d * d / (4 * quadratic) if quadratic else math.inf


outside, adam = last("outside", percent), last("adam")
FADING = Moving(
    FADING_SPEC,
    fading_means,
    facts.Telling(
        FADING_SPEC,
        lambda read: (
            f"at n = {LAST} d² one step leaves an error of {last('one-step')(read)} "
            f"and {outside(read)} of the layer outside; Adam leaves {adam(read)}"
        ),
        (
            Say("error", "one step", last("one-step"), f"error at {LAST} d²"),
            Say(
                "outside",
                "layer outside",
                last("outside", percent),
                lambda r: "formula " + "".join(map(percent, r.theory["error"][-1:])),
            ),
            Say("adam", "Adam", last("adam"), f"error at {LAST} d²"),
            facts.rate("half", "half has turned", "by πd²/(4w)", halfway, "n ≈ "),
            facts.rate("csq", "lower bound", "d^(p/2), explained below", csq_rate),
        ),
        {"dᵖ": kernel_rate, "πd²/(4w)": halfway},
        ("adam", "one-step"),
    ),
    Theory(
        {"outside": lambda **setting: 1 - grid.predicted_overlap(**setting)},
        lambda d: np.geomspace(d * d, LAST * d * d, 25),
        ("quadratic", "d", "degree"),
    ),
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
        knobs.DIMENSION,
        knobs.DIRECTIONS,
        knobs.p_knob(range(3, 7), short=""),
        replace(WEIGHT, values=WEIGHTS, said="w = {}"),
        knobs.most(128_000, 8000),
        knobs.NOISE,
        knobs.SEEDS,
    ),
    runs={"one-step": ("one-step", "outside"), "adam": ("adam",)},
    ticked=("one-step",),
    measure=measure_fading,
    estimate=lambda ns, learner, d, **others: estimate_seconds(learner, d, ns),
    shows=FADING,
    fixed={"r": 1},
)
KAPPAS = {"1": 1.0, "2": 2.0, "3": 3.0, "4": 4.0, "8": 8.0, "∞": math.inf}
CURVES = {"one-step": "error", "strong": "overlap_1", "weak": "overlap_2"}
CONDITION_SPEC = ExplorerSpec(
    name="kap",
    knobs=(
        Knob("kappa", tuple(KAPPAS), "1", "condition number κ", "", said="κ = {}"),
        knobs.d_knob(tuple(grid.FACTORS)),
    ),
    axes=(knobs.over(2), knobs.N),
    y=Scale("error, and shares of the layer", 1e-3, 3),
    learners=("one-step", "weak"),
    family="one-step",
    caption=(
        "Orange: relative test error of the one-step network where κ makes the second "
        "of two directions hard to see. Blue and green: the shares of the first layer "
        "along both; without marks the formula. {seeds} seeds, 95 % intervals."
    ),
    switches=knobs.switches("formula", "where signal meets noise, πd²κ²", "κ"),
    level=TENTH,
)
tenths = partial(percent, digits=1)


def condition_means() -> pd.DataFrame:
    """The table `condition`, with kappa as a word."""
    rows = grid.conditions()
    rows["kappa"] = rows["kappa"].map({kappa: word for word, kappa in KAPPAS.items()})
    return means(rows, CONDITION_SPEC, CURVES)


def share(i: int, n: float, kappa: str, d: int) -> float:
    """The formula's share along the strong direction, 0, or along the weak one, 1."""
    return target_shares(conditioned_target(d, 1 / KAPPAS[kappa]), n)[i]


def by_formula(i: int) -> facts.Told:
    """The same in words, where the words read the curves."""
    return lambda r: f"formula {tenths(share(i, LAST * r.cell['d'] ** 2, **r.cell))}"


CONDITION = Moving(
    CONDITION_SPEC,
    condition_means,
    facts.Telling(
        CONDITION_SPEC,
        lambda read: (
            f"at n = {LAST} d² one step leaves an error of "
            f"{last('one-step', '{:.2f}'.format)(read)}; {last('weak', tenths)(read)} "
            "of the layer lie along u₂"
        ),
        (
            facts.need("one-step", "10 % error", "one step"),
            Say("strong", "along u₁", last("strong", tenths), by_formula(0)),
            Say("weak", "along u₂", last("weak", tenths), by_formula(1)),
        ),
        {"πd²κ²": lambda d, kappa: math.pi * (d * KAPPAS[kappa]) ** 2},
        ("one-step",),
    ),
    Theory(
        {"strong": partial(share, 0), "weak": partial(share, 1)},
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


@cache
def inputs() -> torch.Tensor:
    """16 d² of them, for every weight the same."""
    return sample_gaussian(LAST * HERO_D**2, HERO_D, 0, torch.float32)


def fading_layer(weight: str) -> Frame:
    """The label along u, and the layer after one step, at a weight of the parabola."""
    target, x = quadratic_target(HERO_D, 1, 3, float(weight)), inputs()
    layer, z = step_layer(x, target(x), 0, NEURONS), torch.linspace(-2.6, 2.6, 53)
    curve = torch.stack([z, target.link(z[:, None])], 1)
    name = label(0.94, -0.28, "u", "whole", 1, 1)
    return Frame(
        [Mark("curve", curve, "target"), ring(1), needles(layer, panel=1), name],
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
    "Left, the label along u, which turns from a parabola into a cubic; right, the "
    "neurons after one step in 80 dimensions. They lie in the line of u while there is "
    "a parabola, and point away from it when there is none.",
)

NAMES = dict(zip(("y itself", "|y|", "y²", "1{|y| > 1}"), TRANSFORMS, strict=True))
SEES = "the step sees {}"
DIAL_SPEC = ExplorerSpec(
    name="dial",
    knobs=(
        Knob("transform", tuple(NAMES), "y itself", "the step sees", "", "T", SEES),
        knobs.d_knob(grid.DIAL_DIMENSIONS, 80),
        knobs.p_knob(grid.DEGREES),
    ),
    axes=(knobs.over(2), knobs.N),
    y=Scale("error, and share of the layer", 1e-3, 3),
    learners=("one-step", "inside"),
    caption=(
        "Heₚ alone, without curvature. The one step sees a function T of the labels, "
        "the read-out the labels themselves. Orange: test error over Var f*. Blue: the "
        "share of the layer along u, dotted its formula. Means over {seeds} seeds with "
        "95 % intervals. Move T."
    ),
    switches=knobs.switches("formula", "where the formula is one half", "functions T"),
    level=TENTH,
)


def dial_means() -> pd.DataFrame:
    """The table `label-transform`, its functions as they are written."""
    table = read_table(grid.LABEL_TRANSFORM.name)
    table["transform"] = table["transform"].map({v: k for k, v in NAMES.items()})
    return means(table, DIAL_SPEC, {"one-step": "error", "inside": "overlap"})


def named(formula: Callable[..., float]) -> Callable[..., float]:
    """The same formula, of functions as they are written."""
    return lambda transform, **at: formula(transform=NAMES[transform], **at)


HALF, turned = named(grid.dial_half), last("inside", percent)
DIAL = Moving(
    DIAL_SPEC,
    dial_means,
    facts.Telling(
        DIAL_SPEC,
        lambda read: (
            f"at n = {LAST} d² {turned(read)} of the layer lie along u, and one step "
            f"leaves an error of {last('one-step')(read)}"
        ),
        (
            Say("error", "one step", last("one-step"), f"error at {LAST} d²"),
            Say("inside", "layer along u", turned, by_theory),
            facts.rate("half", "formula one half", "πd² Var T/(2H²)", HALF),
        ),
        {"half by formula": HALF},
        ("one-step",),
    ),
    Theory(
        {"inside": named(grid.dialled_overlap)},
        lambda d: np.geomspace(d * d, LAST * d * d, 25),
        ("transform", "d", "degree"),
    ),
)
