"""The two figures to move of "Full batch", its hero and its lab."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from beyond_the_kernel.full_batch import grid
from replearn.experiments import full_batch
from replearn.experiments.curves import select, summarise
from replearn.experiments.tables import read_table
from replearn.learners.full_batch import fit_full_batch
from replearn.targets.generators import random_generator
from replearn.theory.full_batch import Covariates, predict_ridge
from replearn.views import knobs
from replearn.views.controls import ExplorerSpec
from replearn.views.facts import Fact, Guide, Words, number
from replearn.views.hero import Frame, Hero, Mark, Panel, label
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, means
from replearn.views.parts import Axis, Cell, Knob, Scale
from replearn.views.stages import Look, Stage

N, BOTH = grid.SAMPLES, ("test", "training")
RIDGE = Knob("ridge", grid.RIDGES, 1.0, "ridge λ", "", "lam", "λ = {}")
LOSS = Knob("loss", grid.LOSSES, "square", "loss", "")
SPEC = ExplorerSpec(
    name="fub",
    knobs=(
        RIDGE,
        Knob("activation", grid.ACTIVATIONS, "relu", "activation", "", "act"),
        LOSS,
    ),
    axes=(Axis("p", f"features p, for n = {N} samples"),),
    y=Scale("error", 0.01, 300, note="1: no better than saying nothing"),
    learners=BOTH,
    family="test",
    caption=(
        "Random features of 100 Gaussian inputs, 200 samples. Marks are medians over "
        "eight draws, then means over {seeds} seeds with 95 % intervals; dotted is the "
        "theory, which sees covariances alone. Lower λ, and watch p = 200."
    ),
    switches=knobs.switches("theory", "where p = n", "λ"),
    symbol="p",
)
CURVES = {"test": "test", "training": "training", "signs": "signs"}


def said(value: float) -> str:
    """An error with two digits, large ones without decimals."""
    return f"{value:.0f}" if value >= 9.95 else number(value)


def measured() -> pd.DataFrame:
    """The table `double-descent`, a curve for each kind of error."""
    return means(read_table("double-descent"), SPEC, CURVES)


def foretold() -> pd.DataFrame:
    """The theory's curves."""
    told = read_table("double-descent-theory")
    at = ["ridge", "activation", "loss", "n"]
    return told.melt(at, list(CURVES), "learner", "error")


def read(curves: pd.DataFrame, learner: str, n: float) -> float:
    """A curve's value at a point of the table."""
    return float(select(curves, learner=learner, n=n)["error"].iloc[0])


def peak(curves: pd.DataFrame) -> tuple[float, int]:
    """The highest test error, and where."""
    rows = select(curves, learner="test")
    top = rows.loc[rows["error"].idxmax()]
    return float(top["error"]), int(top["n"])


def words(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
    """The test error with few features, as many as samples, and many."""
    few, equal, many = (read(curves, "test", p) for p in (50, N, 800))
    top, where = peak(curves)
    told = read(theory, "test", N)
    return Words(
        f"{SPEC.say(cell)}: test error {said(few)} with 50 features, {said(equal)} with "
        f"{N} and {said(many)} with 800.",
        [
            Fact(
                "few", "p = 50", said(few), f"theory {said(read(theory, 'test', 50))}"
            ),
            Fact("equal", f"p = {N}", said(equal), f"theory {said(told)}"),
            Fact("many", "p = 800", said(many), "test error"),
            Fact("top", "highest", said(top), f"at p = {where}"),
        ],
        [Guide(N, "p = n")],
    )


def compared(text: str) -> Callable[[Look], str]:
    """A stage's sentence: {here} is the error at p = n, {top}, {at} the highest one."""

    def told(look: Look) -> str:
        here = look().curves
        top, where = peak(here)
        ample = look(ridge=1.0).curves
        return text.format(
            few=said(read(here, "test", 50)),
            here=said(read(here, "test", N)),
            many=said(read(here, "test", 800)),
            ample=said(read(ample, "test", N)),
            top=said(top),
            at=where,
        )

    return told


def heights(look: Look) -> str:
    """The error at p = n for the three smallest ridges."""
    found = [said(read(look(ridge=r).curves, "test", N)) for r in grid.RIDGES[2::-1]]
    return (
        f"At p = n the test error is {', '.join(found)} for λ = 0.01, 0.001, 0.0001: a "
        "hundredth of the ridge, about ten times the error"
    )


TINY: dict[str, Any] = {"ridge": 0.0001}
EXPLORER = Moving(
    SPEC,
    measured,
    words,
    foretold,
    stages=(
        Stage(
            "enough ridge",
            {},
            compared("More features help: {few} with 50 of them, {many} with 800"),
        ),
        Stage(
            "hardly any",
            TINY,
            compared(
                "The training error is gone from p = n on, and there the test error "
                "is {here}, where it was {ample}"
            ),
        ),
        Stage("all λ at once", {**TINY, "all": True, "show": ["test"]}, heights),
        Stage(
            "logistic",
            {**TINY, "loss": "logistic"},
            compared("A peak again, {top}, and not at p = n: at p = {at}"),
        ),
    ),
    source="double-descent",
)

SOURCES = {"flow": "flow", "vae": "autoencoder", "digits": "digits"}
WAY_SPEC = ExplorerSpec(
    name="way",
    knobs=(
        Knob("source", tuple(SOURCES.values()), "flow", "images", "", "data"),
        Knob("features", tuple(grid.SIZES), "pixels", "features", ""),
        LOSS,
        Knob("ridge", grid.IMAGE_RIDGES, 0.1, "ridge λ", "", "lam", "λ = {}"),
    ),
    axes=(Axis("n", "training samples n"),),
    y=Scale(
        "test error", 0.01, 6, note="square: 1 says nothing; logistic: wrong signs"
    ),
    learners=("data", "gaussian"),
    family="data",
    caption=(
        "Orange: images, as 64 pixels or through 300 random features. Blue: Gaussian "
        "vectors with the same covariances. Dotted: the theory. Means over {seeds} seeds "
        "with 95 % intervals. Theory apart from blue: the equation is wrong. Blue apart "
        "from orange: the model is."
    ),
    switches=knobs.switches("theory", "where p = n", "images"),
)


def in_three_ways() -> pd.DataFrame:
    """The table `three-ways`: squared errors for ridge, wrong signs for the other."""
    rows = read_table("three-ways")
    rows = rows[rows["source"].isin(SOURCES)].replace({"source": SOURCES})
    square = rows["loss"] == "square"
    return rows.assign(error=rows["test"].where(square, rows["signs"]))


def by_way(*ways: str) -> pd.DataFrame:
    """The means of some ways."""
    rows = in_three_ways()
    return means(rows[rows["way"].isin(ways)], WAY_SPEC, curve="way")


def theory_of_images() -> pd.DataFrame:
    """The theory's curves, means over the seeds' directions and features."""
    told = by_way("theory").rename(columns={"mean": "error"})
    return told.assign(learner="gaussian").drop(columns=["low", "high", "seeds"])


def ways_at(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> dict[str, str]:
    """What the three ways say at one n, and their ratios."""
    n = 120 if cell["features"] == "pixels" else 300
    data, twin = (read(curves, way, n) for way in ("data", "gaussian"))
    told = read(theory, "gaussian", n)
    found = {"theory": said(told), "twin": said(twin), "data": said(data), "n": str(n)}
    return found | {"over": f"{data / told:.2f}", "equation": f"{twin / told:.2f}"}


def way_words(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
    """Theory, matched Gaussian and images at one number of samples."""
    at = ways_at(cell, curves, theory)
    width = grid.WIDTHS[cell["features"]] or 64
    return Words(
        f"{WAY_SPEC.say(cell)}: with {at['n']} samples the theory says {at['theory']}, "
        f"its Gaussian twin has {at['twin']}, the images have {at['data']}.",
        [
            Fact("theory", "theory", at["theory"], f"n = {at['n']}"),
            Fact("twin", "twin", at["twin"], f"{at['equation']} of the theory"),
            Fact("images", "images", at["data"], f"{at['over']} of the theory"),
        ],
        [Guide(width, "n = p")],
    )


def three(text: str) -> Callable[[Look], str]:
    """A stage's sentence with the three ways' numbers in it."""

    def told(look: Look) -> str:
        seen = look()
        return text.format(**ways_at(seen.cell, seen.curves, seen.theory))

    return told


NUMBERS = "theory {theory}, twin {twin}, images {data} at n = {n}"
SMALL: dict[str, Any] = {"features": "random", "ridge": 0.001}
HARD: dict[str, Any] = {"source": "digits", "features": "random", "loss": "logistic"}
WAYS = Moving(
    WAY_SPEC,
    lambda: by_way("data", "gaussian"),
    way_words,
    theory_of_images,
    stages=(
        Stage("a flow", {}, three(f"All three are close: {NUMBERS}")),
        Stage("real digits", {"source": "digits"}, three(f"Close again: {NUMBERS}")),
        Stage(
            "autoencoder, small λ",
            {"source": "autoencoder", **SMALL},
            three(f"The twin keeps to the theory, the images do not: {NUMBERS}"),
        ),
        Stage("signs of digits", HARD, three(f"Images are easier: {NUMBERS}")),
    ),
    source="three-ways",
)


def measure(
    ns: Sequence[int],
    seed: int,
    activation: str,
    loss: str,
    ridge: float,
    d: int,
    samples: int,
) -> Mapping[str, Sequence[float]]:
    """Errors at any setting, for each number of features."""
    runs = [
        full_batch.measure_errors(
            full_batch.network_world(activation, d, p, seed),
            samples,
            loss,
            [ridge],
            seed,
        )
        for p in ns
    ]
    return {name: [run[name][0] for run in runs] for name in CURVES}


LAB = LabSpec(
    knobs=(
        Knob("activation", (*grid.ACTIVATIONS, "linear"), "relu", "activation", ""),
        LOSS,
        Knob("ridge", (1e-8, 1e-6, *grid.RIDGES, 10.0), 0.01, "ridge λ", ""),
        Knob("d", (5, 25, 50, 100, 200), 100, "inputs D", ""),
        Knob("samples", (50, 100, 200, 400), 200, "samples n", ""),
        Knob("n_max", (400, 800, 1600), 800, "most features p", ""),
        knobs.SEEDS,
    ),
    runs={"fit": tuple(CURVES)},
    measure=measure,
    estimate=lambda ns, loss, samples, **others: sum(
        1e-4 * p + (0.02 if loss == "square" else 1e-5 * min(p, samples) ** 2)
        for p in ns
    ),
    shows=EXPLORER,
    fixed={"d": grid.LATENT, "samples": N},
    fewest=20,
)

# the hero: a fit of 200 features to 200 samples, on a walk from sample to sample
STOPS, STEPS, HIGH = 6, 24, 6.0
SHOWN = ("1", "0.1", "0.01", "0.001", "0.0001")
PLACES = (25, 40, 60, 80, 100, 125, 150, 170, 185, 195, 200, 205, 215, 235, 270)
PLACES += (320, 400, 550, 800)


@cache
def walk() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Features of all samples and along the walk, their labels and the truth there."""
    network = random_generator([grid.LATENT, N], "relu", seed=0)
    c, x = network.sample(N, 0)
    theta = full_batch.network_direction(grid.LATENT, 0)
    turn = torch.linspace(0, math.pi / 2, STEPS + 1, dtype=c.dtype)[:-1, None]
    parts = [
        turn.cos() * a + turn.sin() * b for a, b in zip(c, c[1:STOPS], strict=False)
    ]
    path = torch.cat([*parts, c[STOPS - 1 : STOPS]])
    mean = network.moments().mean
    return x - mean, network(path) - mean, c @ theta, path @ theta


@cache
def covariates(p: int) -> Covariates:
    """What the theory is told of p features."""
    return full_batch.network_covariates("relu", grid.LATENT, p, 0)


@cache
def swings() -> dict[str, Tensor]:
    """The fit along the walk, for each ridge."""
    phi, along, nu, _ = walk()
    weights = fit_full_batch(phi, nu, [float(ridge) for ridge in SHOWN])
    return dict(zip(SHOWN, weights @ along.T, strict=True))


def exploding(ridge: str) -> Frame:
    """The fit between samples, and the theory's error for every p."""
    _, _, nu, truth = walk()
    fit, t = swings()[ridge], torch.arange(len(truth)) / STEPS
    errors = [predict_ridge(covariates(p), N, float(ridge)).test for p in PLACES]
    curve = np.stack([np.log10(PLACES), np.log10(errors)], 1)
    at = np.array([[math.log10(N), math.log10(errors[PLACES.index(N)])]])
    line = np.array([[1.0, 0.0], [4.0, 0.0]])
    stops = torch.stack([torch.arange(STOPS), nu[:STOPS]], 1)
    off = float((fit - truth).square().mean().sqrt())
    return Frame(
        [
            Mark("curve", torch.stack([t, truth], 1), "target", 0, faint=True),
            Mark("curve", torch.stack([t, fit.clamp(-HIGH, HIGH)], 1), "test"),
            Mark("dots", stops, "training"),
            Mark("curve", line.clip(*LOGS), "whole", 1, faint=True),
            Mark("curve", curve, "test", 1),
            Mark("dots", at, "test", 1),
            label(1.42, 0.06, "1", "whole", 1),
            label(math.log10(N), -0.72, f"p = {N}", "whole", 1, 0.5),
        ],
        f"λ = {ridge}: on this walk the fit is {off:.1f} away from the truth. With {N} "
        f"features theory expects a test error of {said(errors[PLACES.index(N)])}, with "
        f"800 of {said(errors[-1])}.",
    )


LOGS = (1.38, 2.95)
HERO = Hero(
    "fub",
    Knob("ridge", SHOWN, "1", "ridge λ", ""),
    (
        Panel(
            f"{N} features, {N} samples",
            (-0.1, 5.1),
            (-HIGH, HIGH),
            "from sample to sample →",
            cross=False,
        ),
        Panel("test error", LOGS, (-0.9, 2.1), "features p →", cross=False),
    ),
    exploding,
    "Left, what was fitted along a walk from sample to sample, and the truth: as the ridge "
    "falls the fit meets the samples and leaves the truth between them. Right, the test "
    "error against the number of features: a peak grows where these are as many as samples.",
)
