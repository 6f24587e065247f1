"""Full batch: double descent in a random network, and images in three ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from replearn.experiments import full_batch
from replearn.experiments.curves import Interval, mean_interval, select
from replearn.experiments.full_batch import World
from replearn.experiments.sweep import Measured, Sweep, grid
from replearn.experiments.tables import read_table

LATENT, SAMPLES = 100, 200  # D and n of the random networks
RIDGES, LOSSES = (0.0001, 0.001, 0.01, 0.1, 1.0), ("square", "logistic")
ACTIVATIONS = ("relu", "erf", "sign")
COUNTS = (25, 50, 75, 100, 140, 180, 200, 220, 280, 400, 800)  # p
DRAWS = 8  # of network, direction and samples behind the median of one seed
KEYS = ("activation", "loss", "ridge", "n", "seed")


def network(activation: str, p: int, seed: int) -> World:
    """A random network of p features."""
    return full_batch.network_world(activation, LATENT, p, seed)


def rows_of(found: Mapping[tuple[str, int], Mapping[str, Any]]) -> Measured:
    """Columns of what was found for each loss and p, one row for each ridge."""
    each = len(RIDGES)
    return {
        "loss": np.repeat([loss for loss, _ in found], each),
        "n": np.repeat([p for _, p in found], each),
        "ridge": list(RIDGES) * len(found),
        **{
            name: np.concatenate([values[name] for values in found.values()])
            for name in ("test", "training", "signs")
        },
    }


def simulated(activation: str, seed: int) -> Measured:
    """Medians over draws, for every loss, p and ridge."""
    found = {}
    for p in COUNTS:
        worlds = [network(activation, p, DRAWS * seed + i) for i in range(DRAWS)]
        for loss in LOSSES:
            runs = [
                full_batch.measure_errors(world, SAMPLES, loss, RIDGES, seed, i)
                for i, world in enumerate(worlds)
            ]
            names = runs[0]
            found[loss, p] = {k: np.median([r[k] for r in runs], 0) for k in names}
    return rows_of(found)


def foretold(activation: str) -> Measured:
    """The same by the theory, from the covariances of one network for each p."""
    found = {}
    for p in COUNTS:
        covariates = full_batch.network_covariates(activation, LATENT, p, 0)
        for loss in LOSSES:
            told = full_batch.predict_errors(covariates, SAMPLES, loss, RIDGES)
            found[loss, p] = told
    return rows_of(found)


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

WAYS, IMAGE_RIDGES = ("theory", "gaussian", "data"), (0.001, 0.1)
SIZES = {"pixels": (20, 40, 64, 120, 250, 500), "random": (50, 100, 200, 300, 400, 800)}
WIDTHS = {"pixels": 0, "random": 300}


def three_ways(source: str, features: str, loss: str, seed: int) -> Measured:
    """Errors by theory, on the matched Gaussian and on the images themselves."""
    world = full_batch.image_world(source, WIDTHS[features], loss, seed)
    covariates, twin = world.covariates(), world.twin()
    draws = 8 if features == "pixels" else 2
    columns: dict[str, list[Any]] = {
        k: [] for k in ("way", "n", "ridge", "test", "signs")
    }
    for n in SIZES[features]:
        for way, own in (("gaussian", twin), ("data", world), ("theory", None)):
            runs = [
                full_batch.measure_errors(own, n, loss, IMAGE_RIDGES, seed, i)
                if own
                else full_batch.predict_errors(covariates, n, loss, IMAGE_RIDGES)
                for i in range(draws if own else 1)
            ]
            for i, ridge in enumerate(IMAGE_RIDGES):
                values = {
                    k: np.mean([run[k][i] for run in runs]) for k in ("test", "signs")
                }
                for name, value in {
                    "way": way,
                    "n": n,
                    "ridge": ridge,
                    **values,
                }.items():
                    columns[name].append(value)
    return columns


THREE_WAYS = Sweep(
    "three-ways",
    three_ways,
    grid(
        lambda source, loss: source != "flow-1797" or loss == "square",
        features=tuple(SIZES),
        loss=LOSSES,
        source=full_batch.SOURCES,
    ),
    "Images as pixels or through 300 random features: theory, matched Gaussian, data.",
    value="test",
    keys=("source", "features", "loss", "ridge", "way", "n", "seed"),
    cheap=lambda source, features, loss: (
        source == "digits" and features == "pixels" and loss == "square"
    ),
)


def over_theory(loss: str, value: str, counts: Sequence[int], ridge: float) -> Interval:
    """Simulation over theory in the random networks: a geometric mean of all."""
    at = {"loss": loss, "ridge": ridge, "n": list(counts)}
    keys = ["activation", "loss", "ridge", "n"]
    rows = select(read_table("double-descent"), **at)
    told = select(read_table("double-descent-theory"), **at)
    both = rows.merge(told, on=keys, suffixes=("", "_told"))
    return _geometric(both.assign(ratio=both[value] / both[f"{value}_told"]))


def _geometric(ratios: pd.DataFrame) -> Interval:
    """The geometric mean over points, seed by seed, with its interval."""
    logs = ratios.assign(log=np.log(ratios["ratio"])).groupby("seed")["log"].mean()
    mean, low, high = np.exp(mean_interval(logs.to_numpy(float)))
    return float(mean), float(low), float(high)


AWAY = {  # p outside the peaks: that of logistic regression is where signs separate
    "square": (25, 50, 75, 100, 280, 400, 800),
    "logistic": (25, 50, 180, 200, 220, 280, 400, 800),
}


def ridge_ratio() -> Interval:
    """Ridge: test error over theory, away from the peak."""
    return over_theory("square", "test", AWAY["square"], 0.01)


def training_ratio() -> Interval:
    """Ridge: training error over theory, below the peak."""
    return over_theory("square", "training", AWAY["square"][:4], 0.01)


def logistic_ratio() -> Interval:
    """Logistic regression: test loss over theory, away from its peak."""
    return over_theory("logistic", "test", AWAY["logistic"], 0.01)


def peak_slope() -> Interval:
    """Slope of log error against log lambda at p = n, from 0.0001 to 0.01."""
    at = {"loss": "square", "n": SAMPLES, "ridge": list(RIDGES[:3])}
    rows = select(read_table("double-descent"), **at)
    wide = rows.pivot_table(
        index=["ridge", "activation"], columns="seed", values="test"
    )
    logs = np.log(wide).groupby("ridge").mean()
    return mean_interval(np.polyfit(np.log(logs.index), logs, 1)[0])


def way_ratio(
    source: str,
    features: str,
    loss: str,
    ridge: float,
    sizes: Sequence[int],
    way: str = "data",
) -> Interval:
    """What was measured on images over the theory's, geometric mean over the sizes."""
    at = {"source": source, "features": features, "loss": loss, "ridge": ridge}
    rows = select(read_table("three-ways"), n=list(sizes), **at)
    value = "test" if loss == "square" else "signs"
    wide = rows.pivot_table(index=["seed", "n"], columns="way", values=value)
    return _geometric(wide.assign(ratio=wide[way] / wide["theory"]).reset_index())


def flow_ratio() -> Interval:
    """The flow, ridge on pixels, lambda 0.1."""
    return way_ratio("flow", "pixels", "square", 0.1, (120, 250, 500))


def vae_ratio() -> Interval:
    """The autoencoder, ridge on random features near p = n, lambda 0.001."""
    return way_ratio("vae", "random", "square", 0.001, (200, 300, 400))


def vae_twin_ratio() -> Interval:
    """The same on the matched Gaussian."""
    return way_ratio("vae", "random", "square", 0.001, (200, 300, 400), "gaussian")


def digits_ratio() -> Interval:
    """Real digits, ridge on pixels, lambda 0.1."""
    return way_ratio("digits", "pixels", "square", 0.1, (120, 250, 500))


def digits_logistic_ratio() -> Interval:
    """Real digits, logistic regression on random features, lambda 0.1."""
    return way_ratio("digits", "random", "logistic", 0.1, (200, 400, 800))


def population_ratio() -> Interval:
    """1797 images of the flow, ridge on random features near p = n, lambda 0.001."""
    return way_ratio("flow-1797", "random", "square", 0.001, (300, 400))


def fresh_ratio() -> Interval:
    """Fresh images of the flow in the same place."""
    return way_ratio("flow", "random", "square", 0.001, (300, 400))
