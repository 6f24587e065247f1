"""The two figures to move of "Full batch", its hero and its lab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
import torch

from beyond_the_kernel.full_batch import grid
from replearn.experiments.curves import select
from replearn.experiments.full_batch import ERRORS, measure_features, walk_samples
from replearn.experiments.tables import read_table
from replearn.experiments.worlds import network_covariates
from replearn.theory.full_batch import predict_ridge
from replearn.views import knobs
from replearn.views.controls import ExplorerSpec
from replearn.views.facts import Fact, Guide, Words, number
from replearn.views.hero import Frame, Hero, Mark, Panel, label
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, means
from replearn.views.parts import Axis, Cell, Knob, Scale
from replearn.views.stages import Look, Stage

N, POINT = grid.SAMPLES, grid.KEYS[:-1]
RIDGE = Knob("ridge", grid.RIDGES, 1.0, "ridge λ", "", "lam", "λ = {}")
RELU = Knob("activation", grid.ACTIVATIONS, "relu", "activation", "", "act")
LOSS = Knob("loss", grid.LOSSES, "square", "loss", "")
SPEC = ExplorerSpec(
    name="fub",
    knobs=(RIDGE, LOSS, RELU),
    axes=(
        Axis("p", f"features p, for n = {N} samples"),
        Axis("p/n", f"features over samples p / n, n = {N}", by=N),
    ),
    y=Scale("error", 0.01, 300, note="1: says nothing"),
    learners=("test", "training"),
    family="test",
    caption=(
        "Random features of 100 Gaussian inputs, 200 samples. Marks: means over "
        "{seeds} seeds, with 95 % intervals, of medians over eight draws. Dotted: the "
        "theory, from covariances alone."
    ),
    switches=knobs.switches("theory", "where p = n", "λ"),
    symbol="p",
)


def said(value: float) -> str:
    """An error with two digits."""
    large = f"{value:.0f}" if value >= 9.95 else f"{value:.1f}"
    return large if value >= 0.995 else number(value)


def read(curves: pd.DataFrame, learner: str, n: float) -> float:
    """A curve's value on the line that is drawn; nan where there is no curve."""
    rows = curves[curves["learner"] == learner].sort_values("n")
    logs = np.log(rows[["n", "error"]].to_numpy(float)).T
    return float(np.exp(np.interp(np.log(n), *logs))) if len(rows) else np.nan


def found_at(curves: pd.DataFrame, theory: pd.DataFrame) -> dict[str, str]:
    """Test errors with few, equal and many features, the theory's, and the highest."""
    rows = curves[curves["learner"] == "test"].sort_values("error")
    places = {"few": 50, "equal": N, "many": 800}
    found = {name: said(read(curves, "test", p)) for name, p in places.items()}
    found |= {f"{k}_told": said(read(theory, "test", p)) for k, p in places.items()}
    return found | {"top": said(rows["error"].iloc[-1]), "at": f"{rows['n'].iloc[-1]}"}


def words(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
    """The test error with few features, as many as samples, and many."""
    at = found_at(curves, theory)
    named = {"few": "p = 50", "equal": f"p = {N}", "many": "p = 800"}
    facts = [Fact(k, v, at[k], f"theory {at[k + '_told']}") for k, v in named.items()]
    facts += [Fact("top", "highest", at["top"], f"at p = {at['at']}")]
    sentence = (
        "{}: test error {few} with 50 features, {equal} with 200, {many} with 800."
    )
    return Words(sentence.format(SPEC.say(cell), **at), facts, [Guide(N, "p = n")])


def told(look: Look, text: str) -> str:
    """A stage's sentence with what was found in it, and what it was with λ = 1."""
    here, ample = (found_at(x.curves, x.theory) for x in (look(), look(ridge=1.0)))
    return text.format(**here, ample=ample["equal"])


TINY: dict[str, Any] = {"ridge": 0.0001}
ALL, SIGNED = TINY | {"all": True, "show": ["test"]}, TINY | {"loss": "logistic"}
STEPS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("enough ridge", {}, "More features help: {few} with 50, {many} with 800"),
    ("hardly any", TINY, "At p = n the test error is {equal}, where it was {ample}"),
    ("all λ at once", ALL, "The peak grows to {equal}; the theory says {equal_told}"),
    ("logistic", SIGNED, "A peak of {top}, now at p = {at}"),
)
EXPLORER = Moving(
    SPEC,
    lambda: means(read_table("double-descent"), SPEC, {k: k for k in ERRORS}),
    words,
    lambda: read_table("double-descent-theory").melt(POINT, ERRORS, "learner", "error"),
    stages=[Stage(name, at, partial(told, text=text)) for name, at, text in STEPS],
    source="double-descent",
)

SOURCES = {"flow": "flow", "vae": "autoencoder", "digits": "digits"}
IMAGES = Knob("source", tuple(SOURCES.values()), "flow", "images", "", "data")
WAY_SPEC = ExplorerSpec(
    name="way",
    knobs=(
        IMAGES,
        Knob("features", tuple(grid.SIZES), "pixels", "features", ""),
        LOSS,
        replace(RIDGE, values=grid.IMAGE_RIDGES, default=0.1),
    ),
    axes=(knobs.N,),
    y=Scale("test error", 0.01, 50, note="or share of wrong signs"),
    learners=("data", "gaussian"),
    family="data",
    caption=(
        "Orange: images, as 64 pixels or through 300 random features. Blue: Gaussian "
        "vectors with the same covariances. Dotted: the theory. Test error for the "
        "square loss, wrong signs for the logistic one; means over {seeds} seeds with "
        "95 % intervals. From seed to seed all three move together."
    ),
    switches=knobs.switches("theory", "where n = p", "images"),
)


def by_way(*ways: str) -> pd.DataFrame:
    """The table `three-ways`: squared errors for ridge, wrong signs for the other."""
    rows = select(read_table("three-ways"), way=list(ways), source=list(SOURCES))
    error = rows["test"].where(rows["loss"] == "square", rows["signs"])
    rows = rows.assign(error=error).replace({"source": SOURCES})
    return means(rows, WAY_SPEC, curve="way")


def ways_at(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> dict[str, str]:
    """What the three ways say at one n, and their ratios."""
    n = 250 if cell["features"] == "pixels" else 400
    data, twin = (read(curves, way, n) for way in ("data", "gaussian"))
    line = read(theory, "gaussian", n)
    numbers = {"theory": said(line), "twin": said(twin), "images": said(data)}
    ratios = {"model": f"{data / line:.2f}", "equation": f"{twin / line:.2f}"}
    return {"n": f"{n}", **numbers, **ratios}


def way_words(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
    """Theory, matched Gaussian and images at one number of samples."""
    at = ways_at(cell, curves, theory)
    sentence = (
        "{}: with {n} samples the theory says {theory}, its Gaussian twin {twin}, the "
        "images {images}."
    )
    facts = [
        Fact("theory", "theory", at["theory"], f"n = {at['n']}"),
        Fact("twin", "twin", at["twin"], f"{at['equation']} of the theory"),
        Fact("images", "images", at["images"], f"{at['model']} of the theory"),
    ]
    guide = Guide(grid.WIDTHS[cell["features"]] or 64, "n = p")
    return Words(sentence.format(WAY_SPEC.say(cell), **at), facts, [guide])


def three(text: str) -> Callable[[Look], str]:
    """A stage's sentence with the three ways' numbers after it."""
    form = text + ": theory {theory}, twin {twin}, images {images} at n = {n}"
    return lambda look: form.format(
        **ways_at(look().cell, look().curves, look().theory)
    )


SMALL = {"source": "autoencoder", "features": "random", "ridge": 0.001}
SIGNS = {"source": "digits", "features": "random", "loss": "logistic"}
WAYS = Moving(
    WAY_SPEC,
    lambda: by_way("data", "gaussian"),
    way_words,
    lambda: (
        by_way("theory").assign(learner="gaussian").rename(columns={"mean": "error"})
    ),
    stages=(
        Stage("a flow", {}, three("All three close")),
        Stage("real digits", {"source": "digits"}, three("Close again")),
        Stage("autoencoder", SMALL, three("Only the twin keeps to theory")),
        Stage("signs of digits", SIGNS, three("Images are easier than their twin")),
    ),
    source="three-ways",
)


LAB = LabSpec(
    knobs=(
        *(RELU, LOSS, replace(RIDGE, values=(1e-8, 1e-6, *grid.RIDGES, 10.0))),
        Knob("d", (5, 25, 50, 100, 200), grid.LATENT, "inputs D", ""),
        Knob("samples", (50, 100, 200, 400), N, "samples n", ""),
        *(Knob("n_max", (400, 800, 1600), 800, "most features p", ""), knobs.SEEDS),
    ),
    runs={"fit": ERRORS},
    measure=measure_features,
    estimate=lambda ns, samples, **others: sum(0.02 + 7e-7 * p * samples for p in ns),
    shows=EXPLORER,
    fixed={"d": grid.LATENT, "samples": N},
    fewest=20,
)

# the hero: 200 features fitted to 200 samples, on a walk from sample to sample
STOPS, STRIDE, HIGH, DRAW = 6, 24, 8.0, 11
SHOWN = ("1", "0.1", "0.01", "0.001", "0.0001")
PLACES = np.array([25, 50, 80, 110, 140, 170, 190, 200, 210, 235, 280, 400, 800])
walk = cache(partial(walk_samples, "relu", grid.LATENT, N, N, [*map(float, SHOWN)]))
told_of = cache(partial(network_covariates, "relu", grid.LATENT, seed=0))


def exploding(ridge: str) -> Frame:
    """The fit between samples, and the theory's error for every p."""
    stops, truth, fits = walk(seed=DRAW, stops=STOPS, steps=STRIDE)
    fit = fits[SHOWN.index(ridge)]
    curve = [predict_ridge(told_of(p=int(p)), N, float(ridge)).test for p in PLACES]
    along, off = torch.arange(len(truth)) / STRIDE, (fit - truth).square().mean().sqrt()
    errors, here = np.stack([np.log10(PLACES), np.log10(curve)], 1), PLACES == N
    marks = [
        Mark("curve", torch.stack([along, truth], 1), "target", faint=True),
        Mark("curve", torch.stack([along, fit.clamp(-HIGH, HIGH)], 1), "test"),
        Mark("dots", np.stack([np.arange(STOPS), stops], 1), "training"),
        Mark("curve", [[SPAN[0], 0], [SPAN[1], 0]], "whole", 1, faint=True),
        Mark("curve", errors, "test", 1),
        Mark("dots", errors[here], "test", 1),
        label(2.95, 0.08, "error 1", "whole", 1, 1),
        label(2.3, -1.05, "p = n", "whole", 1, 0.5),
    ]
    told = f"Theory: error {said(10 ** errors[here][0, 1])} at p = {N}"
    says = f"λ = {ridge}: {float(off):.1f} off the truth on this walk. {told}"
    return Frame(marks, f"{says}, {said(curve[-1])} at 800.")


SPAN = (1.35, 2.95)
HERO = Hero(
    "fub",
    Knob("ridge", SHOWN, "1", "ridge λ", ""),
    (
        Panel("200 features", (-0.1, 5.1), (-HIGH, HIGH), "sample to sample →"),
        Panel("test error", SPAN, (-1.15, 2.2), "features p →", cross=False),
    ),
    exploding,
    "Left, a fit of 200 features to 200 samples on a walk from sample to sample, and "
    "the truth: as the ridge falls it meets the samples and leaves the truth between. "
    "Right, the theory's test error against the features: a peak grows at 200.",
)
