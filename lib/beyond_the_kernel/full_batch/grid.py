"""Full batch: double descent in a random network, and images in three ways."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from replearn.experiments import full_batch, worlds
from replearn.experiments.curves import Interval, mean_interval, select
from replearn.experiments.sweep import Measured, Sweep, grid
from replearn.experiments.tables import read_table

LATENT, SAMPLES = 100, 200  # D and n of the random networks
RIDGES, LOSSES = (0.0001, 0.001, 0.01, 0.1, 1.0), ("square", "logistic")
ACTIVATIONS = ("relu", "erf", "sign")
COUNTS = (25, 50, 75, 100, 140, 180, 200, 220, 280, 400, 800)  # p
DRAWS = 8  # of network, direction and samples behind the median of one seed
KEYS = ("activation", "loss", "ridge", "n", "seed")


def simulated(activation: str, seed: int) -> Measured:
    """Medians over draws, for every loss, p and ridge."""

    def errors(loss: str, p: int) -> full_batch.Errors:
        own = range(DRAWS * seed, DRAWS * (seed + 1))
        drawn = [worlds.network_world(activation, LATENT, p, i) for i in own]
        return full_batch.median_errors(drawn, SAMPLES, loss, RIDGES, seed)

    return full_batch.tabulate(errors, LOSSES, COUNTS, RIDGES)


def foretold(activation: str) -> Measured:
    """The same by the theory, from the covariances of one network for each p."""

    def errors(loss: str, p: int) -> full_batch.Errors:
        told = worlds.network_covariates(activation, LATENT, p, 0)
        return full_batch.predict_errors(told, SAMPLES, loss, RIDGES)

    return full_batch.tabulate(errors, LOSSES, COUNTS, RIDGES)


DOUBLE_DESCENT = Sweep(
    "double-descent",
    simulated,
    grid(activation=ACTIVATIONS),
    "Random features of 100 Gaussian inputs, 200 samples, p = n features: medians.",
    value="test",
    keys=KEYS,
    cheap=lambda activation: activation == "sign",
)
DOUBLE_DESCENT_THEORY = Sweep(
    "double-descent-theory",
    foretold,
    grid(activation=ACTIVATIONS),
    "The same from the covariances of the features alone.",
    value="test",
    seeds=0,
    keys=KEYS[:-1],
    cheap=lambda activation: activation == "sign",
)

PEAKS, PEAK_RIDGE = (50, 100, 200, 400), 0.001  # n = p, with D = n / 2
MANY, FRESH = 32, 1000  # draws behind a median; the first seed, not used above


def peaks(activation: str, seed: int) -> Measured:
    """The typical error and the theory's where p = n, at several sizes."""
    rows: dict[str, list[float]] = {"n": [], "test": [], "theory": []}
    for n in PEAKS:
        own = range(FRESH + MANY * seed, FRESH + MANY * (seed + 1))
        drawn = [worlds.network_world(activation, n // 2, n, i) for i in own]
        at = n, "square", [PEAK_RIDGE]
        [error] = full_batch.median_errors(drawn, *at, FRESH + seed)["test"]
        told = worlds.network_covariates(activation, n // 2, n, FRESH)
        [theory] = full_batch.predict_errors(told, *at)["test"]
        for column, value in zip(rows, (n, error, theory), strict=True):
            rows[column].append(value)
    return rows


PEAK_SIZES = Sweep(
    "peak-sizes",
    peaks,
    grid(activation=ACTIVATIONS),
    "As many random features as samples, at four sizes, D = n/2, ridge 0.001: medians.",
    value="test",
    keys=("activation", "n", "seed"),
)


def peak_ratio(n: int) -> Interval:
    """Measured over predicted at one of the sizes, three activations."""
    rows = select(read_table("peak-sizes"), n=n)
    told = rows.assign(test=rows["theory"])
    return full_batch.over_theory(rows, told, ["activation"], "test")


def peak_sizes() -> Interval:
    """Slope of log measured over predicted against log n, three activations."""
    rows = read_table("peak-sizes")
    logs = rows.assign(log=np.log(rows["test"] / rows["theory"]))
    wide = logs.pivot_table("log", "n", "seed")
    return mean_interval(np.polyfit(np.log(wide.index), wide, 1)[0])


SIZES = {"pixels": (20, 40, 64, 120, 250, 500), "random": (50, 100, 200, 300, 400, 800)}
CHEAP = ("digits", "pixels", "square")
WIDTHS, IMAGE_RIDGES = {"pixels": 0, "random": 300}, (0.001, 0.1)


def three_ways(source: str, features: str, loss: str, seed: int) -> Measured:
    """Errors by theory, on the matched Gaussian and on the images themselves."""
    world = worlds.image_world(source, WIDTHS[features], loss, seed)
    draws = 8 if features == "pixels" else 2
    at = SIZES[features], loss, IMAGE_RIDGES, seed, draws
    return full_batch.three_ways(world, *at)


THREE_WAYS = Sweep(
    "three-ways",
    three_ways,
    grid(
        lambda source, loss: source != "flow-1797" or loss == "square",
        features=tuple(SIZES),
        loss=LOSSES,
        source=worlds.SOURCES,
    ),
    "Images as pixels or through 300 random features: theory, matched Gaussian, data.",
    value="test",
    keys=("source", "features", "loss", "ridge", "way", "n", "seed"),
    cheap=lambda source, features, loss: (source, features, loss) == CHEAP,
)


def net_ratio(loss: str, value: str, counts: Sequence[int]) -> Interval:
    """Simulation over theory in the random networks, lambda = 0.01."""
    at = {"loss": loss, "ridge": 0.01, "n": list(counts)}
    names = DOUBLE_DESCENT.name, DOUBLE_DESCENT_THEORY.name
    rows, told = (select(read_table(name), **at) for name in names)
    return full_batch.over_theory(rows, told, KEYS[:-1], value)


def single_ratios(name: str) -> pd.Series:
    """What "ridge", "training" or "logistic" averages, by p and activation."""
    loss, value, counts = CASES[name]
    at, key = {"loss": loss, "ridge": 0.01, "n": list(counts)}, ["n", "activation"]
    rows = select(read_table("double-descent"), **at).groupby(key)[value].mean()
    told = select(read_table("double-descent-theory"), **at).set_index(key)[value]
    return rows / told


def peak_slope() -> Interval:
    """Slope of log error against log lambda at p = n, from 0.0001 to 0.01."""
    at = {"loss": "square", "n": SAMPLES, "ridge": list(RIDGES[:3])}
    rows = select(read_table("double-descent"), **at)
    wide = rows.pivot_table(["test"], ["ridge", "activation"], "seed")
    logs = wide.apply(np.log).groupby("ridge").mean()
    return mean_interval(np.polyfit(np.log(logs.index), logs, 1)[0])


def way_ratio(sizes: Sequence[int], way: str = "data", **at: Any) -> Interval:
    """What was measured on images over the theory's."""
    rows = select(read_table("three-ways"), n=list(sizes), **at)
    value = "test" if at["loss"] == "square" else "signs"
    found, told = select(rows, way=way), select(rows, way="theory")
    return full_batch.over_theory(found, told, ["n"], value)


AWAY = (25, 50, 75, 100, 280, 400, 800)  # p outside the peak of ridge
SIGNS_AWAY = (25, 50, 180, 200, 220, 280, 400, 800)  # and outside where signs separate
CASES: dict[str, tuple[str, str, Sequence[int]]] = {
    "ridge": ("square", "test", AWAY),
    "training": ("square", "training", AWAY[:4]),
    "logistic": ("logistic", "test", SIGNS_AWAY),
}
ridge_ratio, training_ratio, logistic_ratio = (
    partial(net_ratio, loss, value, counts) for loss, value, counts in CASES.values()
)
PIXELS: dict[str, Any] = {"features": "pixels", "loss": "square", "ridge": 0.1}
RANDOM: dict[str, Any] = {"features": "random", "loss": "square", "ridge": 0.001}
flow_ratio = partial(way_ratio, (120, 250, 500), source="flow", **PIXELS)
digits_ratio = partial(way_ratio, (120, 250, 500), source="digits", **PIXELS)
vae_ratio = partial(way_ratio, (200, 300, 400), source="vae", **RANDOM)
vae_twin_ratio = partial(vae_ratio, way="gaussian")
population_ratio = partial(way_ratio, (300, 400), source="flow-1797", **RANDOM)
SIGNS = RANDOM | {"source": "digits", "loss": "logistic", "ridge": 0.1}
digits_logistic_ratio = partial(way_ratio, (200, 400, 800), **SIGNS)
