"""Ridge and logistic regression three ways: theory, matched Gaussian, data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import softplus

from replearn.checks import check_choice, check_int
from replearn.experiments.curves import Interval, mean_interval
from replearn.experiments.worlds import World, direction, network_world
from replearn.learners.full_batch import fit_full_batch
from replearn.targets.generators import random_generator
from replearn.theory.full_batch import Covariates, fixed_point

NOTHING = math.log(2.0)  # the logistic loss of who says nothing
TESTS = 2000
ERRORS = ("test", "training", "signs")
Errors = Mapping[str, Sequence[float]]


def measure_errors(
    world: World, n: int, loss: str, ridges: Sequence[float], seed: int, part: int = 0
) -> Errors:
    """What n samples of a world teach, on fresh samples.

    Args: world: whose. n: samples. loss: "square", of nu, or "logistic", of its sign.
        ridges: each lambda of `fit_full_batch`. seed, part: of the samples.
    Returns: "test" and "training" errors, 1 for who says nothing, and "signs", the
        share of wrong signs on fresh samples; one for each of the ridges.
    Cost: that of the fit.
    """
    check_choice("loss", loss, ("square", "logistic"))
    phi, nu = world.draw(check_int("n", n), seed, 2 * part)
    fresh, truth = world.draw(TESTS, seed, 2 * part + 1)
    weights = fit_full_batch(phi, nu, ridges, loss)
    wrong = (torch.sign(weights @ fresh.T) != torch.sign(truth)).double().mean(1)

    def error(x: Tensor, y: Tensor) -> list[float]:
        h = weights @ x.T
        if loss == "square":
            return ((h - y).square().mean(1) / world.power).tolist()
        return (softplus(-torch.sign(y) * h).mean(1) / NOTHING).tolist()

    both = {"test": error(fresh, truth), "training": error(phi, nu)}
    return both | {"signs": wrong.tolist()}


def predict_errors(
    covariates: Covariates, n: int, loss: str, ridges: Sequence[float]
) -> Errors:
    """The same by the theory, from covariances alone.

    Args: covariates: of the world. n, loss, ridges: as for `measure_errors`.
    Returns: as there.
    Cost: 0.02 s for each ridge; 0.3 s if logistic.
    """
    found = [fixed_point(covariates, n, lam, loss) for lam in ridges]
    rho = covariates.power
    if loss == "square":
        cosines = [f.match / math.sqrt(rho * f.length) for f in found]
        return {
            "test": [f.test / rho for f in found],
            "training": [f.training / rho for f in found],
            "signs": [math.acos(min(c, 1.0)) / math.pi for c in cosines],
        }
    return {
        "test": [f.loss / NOTHING for f in found],
        "training": [f.training / NOTHING for f in found],
        "signs": [f.test for f in found],
    }


def median_errors(
    worlds: Sequence[World], n: int, loss: str, ridges: Sequence[float], seed: int
) -> Errors:
    """The medians of `measure_errors` over worlds: near p = n a mean is a rare draw's.

    Args: worlds: each with samples of its own. n, loss, ridges, seed: as there.
    Returns: as there.
    Cost: that of the fits.
    """
    runs = [measure_errors(w, n, loss, ridges, seed, i) for i, w in enumerate(worlds)]
    return {name: np.median([r[name] for r in runs], 0).tolist() for name in ERRORS}


def tabulate(
    errors: Callable[[str, int], Errors],
    losses: Sequence[str],
    counts: Sequence[int],
    ridges: Sequence[float],
) -> Mapping[str, Sequence[Any]]:
    """The columns of a table: a row for each loss, p and ridge.

    Args: errors: of a loss and p, one for each of the ridges. losses, counts, ridges:
        where they are taken.
    Returns: columns loss, n (that is p), ridge and the errors.
    Cost: that of the errors.
    """
    at = [(loss, p) for p in counts for loss in losses]
    found = [errors(loss, p) for loss, p in at]
    return {
        "loss": [loss for loss, _ in at for _ in ridges],
        "n": [p for _, p in at for _ in ridges],
        "ridge": list(ridges) * len(at),
        **{name: [v for one in found for v in one[name]] for name in ERRORS},
    }


def three_ways(
    world: World,
    sizes: Sequence[int],
    loss: str,
    ridges: Sequence[float],
    seed: int,
    draws: int,
) -> Mapping[str, Sequence[Any]]:
    """Test errors by theory, on the matched Gaussian, and on the data.

    Args: world: of the data. sizes: n. loss, ridges: as for `measure_errors`. seed:
        of the samples. draws: of samples, behind a mean.
    Returns: columns way, n, ridge, test and signs.
    Cost: that of 2 draws fits, and of the theory.
    """
    told, twin = world.covariates(), world.twin()
    rows = []
    for n in sizes:
        for way, own in (("theory", None), ("gaussian", twin), ("data", world)):
            runs = [
                measure_errors(own, n, loss, ridges, seed, i)
                if own
                else predict_errors(told, n, loss, ridges)
                for i in range(draws if own else 1)
            ]
            mean = {k: np.mean([run[k] for run in runs], 0) for k in ("test", "signs")}
            for i, ridge in enumerate(ridges):
                values = {k: float(v[i]) for k, v in mean.items()}
                rows.append({"way": way, "n": n, "ridge": ridge, **values})
    return {str(k): v.tolist() for k, v in pd.DataFrame(rows).items()}


def measure_features(
    ns: Sequence[int], seed: int, activation: str, d: int, samples: int, **at: Any
) -> Errors:
    """Errors of random features of Gaussian inputs, for each number of features.

    Args: ns: numbers of features. seed: of all. activation, d: of `network_world`.
        samples: n. at: "loss" and "ridge".
    Returns: the three errors, one for each of ns.
    Cost: that of the fits.
    """
    drawn = (network_world(activation, d, p, seed) for p in ns)
    runs = [measure_errors(w, samples, at["loss"], [at["ridge"]], seed) for w in drawn]
    return {name: [run[name][0] for run in runs] for name in ERRORS}


def over_theory(
    rows: pd.DataFrame, told: pd.DataFrame, at: Sequence[str], value: str
) -> Interval:
    """Measured over predicted: the geometric mean over points, seed by seed.

    Args: rows: measured; columns `at`, `value` and seed. told: the same, predicted,
        with or without seeds. at: what makes a point. value: what is compared.
    Returns: the mean and the ends of its interval over the seeds.
    Cost: O(rows).
    """
    keys = [*at, "seed"] if "seed" in told else [*at]
    both = rows.merge(told, on=keys, suffixes=("", "_told"))
    ratio = (both[value] / both[f"{value}_told"]).to_numpy(float)
    logs = both.assign(log=np.log(ratio)).groupby("seed")["log"].mean()
    mean, low, high = np.exp(mean_interval(logs.to_numpy(float)))
    return float(mean), float(low), float(high)


def walk_samples(
    activation: str,
    d: int,
    p: int,
    n: int,
    ridges: Sequence[float],
    seed: int,
    stops: int,
    steps: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """A ridge fit on a walk through the inputs, from one sample to the next.

    Between two samples a and b lies cos(t) a + sin(t) b, t from 0 to pi/2: an input of
    about their length.

    Args: activation, d, p: of `network_world`. n, ridges: of the fit. seed: of both.
        stops: how many samples are walked along. steps: between two of them.
    Returns: nu of these samples (stops,); nu along the walk (t,), with
        t = steps (stops - 1) + 1; and what is fitted there, (ridges, t).
    Cost: that of the fit.
    """
    network, theta = random_generator([d, p], activation, seed), direction(d, seed)
    c, x = network.sample(n, seed)
    turn = torch.linspace(0, math.pi / 2, steps + 1, dtype=c.dtype)[:-1, None]
    ends = zip(c, c[1:stops], strict=False)
    path = torch.cat([turn.cos() * a + turn.sin() * b for a, b in ends])
    path = torch.cat([path, c[stops - 1 : stops]])
    mean, nu = network.moments().mean, c @ theta
    weights = fit_full_batch(x - mean, nu, ridges)
    return nu[:stops], path @ theta, weights @ (network(path) - mean).T
