"""Measures of the claims on transfer, each a function of the tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from replearn.experiments import curves
from replearn.experiments.curves import Interval, mean_interval, seed_values
from replearn.experiments.tables import read_table


def _figure_errors(source_power: float, target_power: float) -> np.ndarray:
    powers = {"source_power": source_power, "target_power": target_power}
    return seed_values(curves.select(read_table("figure-2"), **powers))


def _flat_in_dimension() -> Interval:
    """Exponent of d in the read-out's N_10: cubic target, features from 16 d^2."""
    cell = {"learner": "transferred", "r": 1, "degree": 3, "factor": 16}
    rows = curves.select(read_table("transfer"), **cell)
    return curves.fit_exponent(curves.samples_to_reach(rows))


def _figure_2_fall() -> Interval:
    """Error from n = d^4 source samples over that from one, both with N = d^3."""
    return mean_interval(_figure_errors(4, 3) / _figure_errors(0, 3))


def _figure_2_constant() -> Interval:
    """Error with ten target samples and a million of the source."""
    return mean_interval(_figure_errors(6, 1))


def _own_source() -> Interval:
    """Error on He_3, d = 160, with features learnt on He_3 itself."""
    cell = {"source": "cubic", "d": 160, "direction": "along", "degree": 3}
    rows = curves.select(read_table("transfer-source"), **cell, n=3162)
    return mean_interval(seed_values(rows))


MEASURES: dict[str, Callable[[], Interval]] = {
    "transfer-exponent": _flat_in_dimension,
    "figure-2-fall": _figure_2_fall,
    "figure-2-constant": _figure_2_constant,
    "transfer-own-source": _own_source,
}
