"""Measures of the claims of Part I, each a function of the tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from replearn.experiments import curves
from replearn.experiments.curves import Interval, mean_interval, seed_values
from replearn.experiments.staircase_reading import half_learnt
from replearn.experiments.tables import read_readings, read_table


def _exponent(learner: str, degree: int) -> Interval:
    rows = curves.select(
        read_table("kernel-vs-network"), learner=learner, r=1, degree=degree
    )
    return curves.fit_exponent(curves.samples_to_reach(rows))


def _kernel_exponent() -> Interval:
    """Exponent of d in the polynomial kernel's need at degree 3, where measured."""
    return _exponent("polynomial", 3)


def _one_step_exponent() -> Interval:
    """Exponent of d in the one-step network's need at degree 3."""
    return _exponent("one-step", 3)


def _one_step_worst_error() -> Interval:
    """Largest relative error over d at n = 16 d^2, for r = 1 and degrees 2 to 4."""
    rows = curves.select(read_table("kernel-vs-network"), learner="one-step", r=1)
    last = rows[rows["n"] == 16 * rows["d"] ** 2]
    worst = curves.summarise(last).sort_values("error").iloc[-1]
    return float(worst["error"]), float(worst["low"]), float(worst["high"])


def _figure_1_gap() -> Interval:
    """Error of the better frozen network over Algorithm 1's, width 1000, n = d^4."""
    table = curves.select(read_table("figure-1"), width=1000, n=10**4)
    one_step, random, linearised = (
        seed_values(curves.select(table, learner=learner))
        for learner in ("one-step", "random-features", "linearised")
    )
    return mean_interval(np.minimum(random, linearised) / one_step)


def _figure_1_heights() -> Interval:
    """Our error over the printed one, geometric mean over the points of Algorithm 1."""
    paper = curves.select(read_readings("paper-figure-1"), learner="one-step")
    table = curves.select(read_table("figure-1"), learner="one-step")
    logs = []
    for width, power, error in paper[["width", "log_d_n", "error"]].to_numpy():
        ours = curves.select(table, width=width, n=round(10**power))
        logs.append(np.log(seed_values(ours) / error))
    mean, low, high = mean_interval(np.mean(logs, axis=0))
    return float(np.exp(mean)), float(np.exp(low)), float(np.exp(high))


def _rank_deficient_error() -> Interval:
    """Relative error on the rank-deficient target at the most samples, d = 40."""
    table = curves.select(
        read_table("negative-control"), target="rank-deficient", learner="one-step"
    )
    return mean_interval(seed_values(table[table["n"] == table["n"].max()]))


def _staircase_exponent() -> Interval:
    """Exponent of d in the samples to half of degree 2, polynomial kernel."""
    cell = dict(target="staircase", kernel="polynomial", part="degree-2", r=1)
    rows = curves.select(read_table("staircase"), inputs="gaussian", **cell)
    return curves.fit_exponent(half_learnt(rows))


def _neurons_exponent() -> Interval:
    """Exponent of d in the samples to an overlap of one half, single neurons."""
    table = read_table("overlap").assign(error=lambda rows: 1 - rows["overlap"])
    rows = curves.select(table, r=1, noise=0, quadratic=0.5, measure="neurons")
    return curves.fit_exponent(curves.samples_to_reach(rows, level=0.5))


def _cubic_overlap() -> Interval:
    """Overlap of single neurons at d = 160, n = 8 d^2, for He_3 alone."""
    table = curves.select(read_table("overlap"), r=1, noise=0, quadratic=0.0, d=160)
    rows = curves.select(table, measure="neurons", n=8 * 160**2)
    return mean_interval(seed_values(rows, "overlap"))


MEASURES: dict[str, Callable[[], Interval]] = {
    "kernel-exponent-cubic": _kernel_exponent,
    "one-step-exponent-cubic": _one_step_exponent,
    "one-step-worst-error": _one_step_worst_error,
    "figure-1-gap": _figure_1_gap,
    "figure-1-heights": _figure_1_heights,
    "rank-deficient-error": _rank_deficient_error,
    "staircase-exponent": _staircase_exponent,
    "neurons-exponent": _neurons_exponent,
    "cubic-overlap": _cubic_overlap,
}
