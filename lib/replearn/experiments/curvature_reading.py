"""The tables of "When it fails" as the chapter reads them, with what is predicted."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from replearn.experiments import curves
from replearn.experiments.curvature_sweeps import DEGREES, DIMENSIONS
from replearn.experiments.curves import Interval
from replearn.experiments.tables import read_table
from replearn.targets.curvature import conditioned_target, quadratic_target
from replearn.theory.curvature import predict_exact_overlap, predict_shares
from replearn.theory.population_step import direction_moments

SHARE_KEYS = ["quadratic", "degree", "d", "n"]


def share_errors() -> pd.DataFrame:
    """Test errors at every quadratic weight, of the one-step network and of Adam.

    At weights below one half they are the tables `quadratic-share` and
    `quadratic-share-adam`; at one half and one the targets are those of
    `kernel-vs-network`, and its rows are taken.

    Returns:
        Columns learner, quadratic, degree, d, n, seed, error, for n >= d^2.
    Cost:
        Reads three files.
    Example:
        >>> sorted(set(share_errors()["quadratic"]))
        [0.0, 0.01, 0.05, 0.2, 0.5, 1.0]
    """
    names = ("quadratic-share", "quadratic-share-adam")
    fading = [_exact(read_table(name), "quadratic") for name in names]
    known = curves.select(
        read_table("kernel-vs-network"),
        learner=["one-step", "adam"],
        r=1,
        d=list(DIMENSIONS),
    )
    known = known[known["n"] >= known["d"] ** 2].drop(columns="r")
    half = curves.select(known, degree=list(DEGREES)).assign(quadratic=0.5)
    pure = curves.select(known, degree=2).assign(quadratic=1.0)
    whole = [pure.assign(degree=p) for p in DEGREES]  # no part of degree p is left
    return pd.concat([*fading, half, *whole], ignore_index=True)


def share_overlaps() -> pd.DataFrame:
    """Mean overlap of the neurons at every weight, and the exact formula beside it.

    Returns:
        Columns quadratic, degree, d, n, overlap, low, high, seeds, formula.
    Cost:
        Reads a file; 0.3 s.
    Example:
        >>> rows = curves.select(share_overlaps(), quadratic=0.0, degree=3, d=160)
        >>> [round(value, 3) for value in rows["formula"]]
        [0.042, 0.042, 0.042]
    """
    table = _exact(read_table("curvature-overlap"), "quadratic")
    mean = curves.summarise(table, by=SHARE_KEYS, value="overlap")
    formula = [
        predicted_overlap(int(d), int(degree), float(w), float(n))
        for w, degree, d, n in mean[SHARE_KEYS].to_numpy()
    ]
    return mean.assign(formula=formula)


def predicted_overlap(d: int, degree: int, quadratic: float, n: float) -> float:
    """`theory.curvature.predict_exact_overlap` for a quadratic target, r = 1.

    Args:
        d, degree, quadratic: of the target. n: number of samples, > 0.
    Returns:
        The overlap.
    Raises:
        ValueError, TypeError: arguments out of range.
    Cost:
        O(1).
    Example:
        >>> round(predicted_overlap(160, 3, 0.0, 1e5), 3)
        0.042
    """
    target = quadratic_target(d, 1, degree, quadratic)
    parts = {k: c for (k,), c in target.hermite_coefficients().items()}
    return predict_exact_overlap(d, n, parts)


def weight_needs(d: int, degree: int) -> curves.Reach:
    """Samples to an overlap of one half for each positive quadratic weight w.

    Args:
        d, degree: of the table.
    Returns:
        A reach, with 1/w in the place of the dimension; NaN where one half was passed
        before the first size, or not by the last.
    Raises:
        ValueError: no such setting in the table.
    Cost:
        O(rows * 1000).
    Example:
        >>> weight_needs(80, 3).d.tolist()
        [1.0, 2.0, 5.0, 20.0, 100.0]
    """
    table = _exact(read_table("curvature-overlap"), "quadratic")
    rows = curves.select(table, d=d, degree=degree)
    rows = rows[rows["quadratic"] > 0]
    scaled = rows.assign(d=1 / rows["quadratic"], error=1 - rows["overlap"])
    return curves.samples_to_reach(scaled, level=0.5)


def condition_means() -> pd.DataFrame:
    """Mean error and overlaps for each kappa, with the predicted overlaps.

    Returns:
        Columns d, kappa (infinite for a missing direction), n, error, low, high,
        overlap_1, overlap_2, formula_1, formula_2.
    Cost:
        Reads a file.
    Example:
        >>> sorted(set(condition_means()["kappa"]))
        [1.0, 2.0, 3.0, 4.0, 8.0, inf]
    """
    table, keys = condition_rows(), ["d", "kappa", "n"]
    mean = curves.summarise(table, by=keys)
    shares = table.groupby(keys)[["overlap_1", "overlap_2"]].mean().reset_index()
    predicted = [
        predicted_shares(int(d), kappa, n) for d, kappa, n in mean[keys].to_numpy()
    ]
    columns = dict(
        zip(("formula_1", "formula_2"), np.transpose(predicted), strict=True)
    )
    return mean.merge(shares, on=keys).assign(**columns)


def condition_rows() -> pd.DataFrame:
    """The table `condition` with kappa in the place of its inverse.

    Returns:
        Columns d, kappa, n, seed, error, overlap_1, overlap_2.
    Cost:
        Reads a file.
    Example:
        >>> set(condition_rows()["seed"])
        {0, 1, 2, 3, 4}
    """
    table = read_table("condition")
    inverse = table["inverse_kappa"].to_numpy(float)
    kappa = np.where(inverse > 0, 1 / np.maximum(inverse, 1e-9), math.inf)
    return table.assign(kappa=kappa.round(2)).drop(columns="inverse_kappa")


def kappa_needs(d: int, level: float = 0.1) -> curves.Reach:
    """Samples from which the error is below `level`, for each finite kappa.

    Each direction's cubic carries a quarter of the variance: below that, and so at the
    default, the weak one must have been found.

    Args:
        d: 20 or 40. level: of the relative error, > 0.
    Returns:
        A reach, with kappa in the place of the dimension.
    Raises:
        ValueError: no such d in the table.
    Cost:
        O(rows * 1000).
    Example:
        >>> kappa_needs(20).d.tolist()
        [1.0, 2.0, 3.0, 4.0, 8.0]
    """
    rows = curves.select(condition_rows(), d=d)
    finite = rows[np.isfinite(rows["kappa"])]
    return curves.samples_to_reach(finite.assign(d=finite["kappa"]), level)


def kappa_exponent(d: int, smallest: int = 1) -> Interval:
    """Slope of log n against log kappa at that level, with its bootstrap interval.

    Args:
        d: 20 or 40. smallest: leave out smaller kappas, where the slope is not yet
            that of a weak direction.
    Returns:
        The slope and the interval's ends.
    Raises:
        ValueError: no such d, or the level reached at fewer than two kappas.
    Cost:
        O(rows * 1000).
    Example:
        >>> slope, low, high = kappa_exponent(20)
        >>> low <= slope <= high
        True
    """
    return curves.fit_exponent(kappa_needs(d), smallest_d=smallest)


def predicted_shares(d: int, kappa: float, n: float) -> list[float]:
    """`theory.curvature.predict_shares` for the target with two directions.

    Args:
        d: input dimension. kappa: 1 or more, or infinite. n: number of samples, > 0.
    Returns:
        The layer's share along the strong and along the weak direction.
    Raises:
        ValueError, TypeError: arguments out of range.
    Cost:
        O(1).
    Example:
        >>> [round(share, 3) for share in predicted_shares(40, 4, 25_600)]
        [0.882, 0.034]
    """
    target = conditioned_target(d, 0.0 if math.isinf(kappa) else 1 / kappa)
    squares = target.expected_hessian().square().sum(1)[:2].tolist()
    moments = direction_moments(target.hermite_coefficients())
    return predict_shares(d, n, squares, moments)


def _exact(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Decimal fractions as they were meant: tables keep single precision."""
    return table.assign(**{column: table[column].astype(float).round(4)})
