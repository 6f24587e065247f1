"""What is read off learning curves: means, samples to an error, exponents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from replearn.checks import check_real

Interval = tuple[float, float, float]  # a value, and the ends of its interval
COLUMNS = ("d", "r", "degree", "learner", "n")


def summarise(
    frame: pd.DataFrame, by: Sequence[str] = COLUMNS, value: str = "error"
) -> pd.DataFrame:
    """Mean error over seeds with a 95 % interval of Student's t, for each point.

    The ends lie at equal ratios of the mean, or where some value is not positive at
    equal distances; a point with one seed only has no width.

    Args:
        frame: tidy rows with the columns `by`, seed and `value`.
        by: what makes a point; each must have the same seeds.
        value: the column to average, an overlap say.
    Returns: `by`, `value` (mean), low, high, seeds (how many).
    Raises: ValueError: points with unequal numbers of seeds.
    Cost: O(rows).
    Example:
        >>> rows = pd.DataFrame({"n": [5, 5], "seed": [0, 1], "error": [1.0, 3.0]})
        >>> float(summarise(rows, by=["n"]).error.iloc[0])
        2.0
    """
    keys = list(by)
    ordered = frame.sort_values([*keys, "seed"], ignore_index=True)
    points = ordered.drop_duplicates(keys, ignore_index=True)
    errors = _by_seed(ordered, points, value)
    mean, margin = errors.mean(axis=1), margins(left_out_means(errors))
    ratio = np.exp(margin / np.where(mean > 0, mean, 1.0))
    positive = (errors > 0).all(axis=1)
    low = np.where(positive, mean / ratio, mean - margin)
    high = np.where(positive, mean * ratio, mean + margin)
    columns = {value: mean, "low": low, "high": high}
    return points[keys].assign(**columns, seeds=errors.shape[1])


def _by_seed(
    ordered: pd.DataFrame, points: pd.DataFrame, value: str = "error"
) -> np.ndarray:
    seeds, extra = divmod(len(ordered), len(points))
    if extra:
        raise ValueError(
            f"{len(ordered)} rows at {len(points)} points: some point lacks a seed"
        )
    return ordered[value].to_numpy(dtype=float).reshape(len(points), seeds)


def left_out_means(errors: np.ndarray) -> np.ndarray:
    """Means without one seed, for each seed: (seeds, points); of one seed, the seed.

    A seed is left out at all points together: its errors along a curve share their
    data.

    Args: errors: (points, seeds).
    Returns: (seeds, points).
    Cost: O(points * seeds).
    Example:
        >>> left_out_means(np.array([[1.0, 2.0, 6.0]])).flatten().tolist()
        [4.0, 3.5, 1.5]
    """
    others = max(errors.shape[1] - 1, 1)
    total = errors.sum(axis=1, keepdims=True) if errors.shape[1] > 1 else 2 * errors
    means: np.ndarray = ((total - errors) / others).T
    return means


def margins(left_out: np.ndarray) -> np.ndarray:
    """Half the width of the 95 % interval of what was read off without each seed.

    The jackknife's standard error times the quantile of Student's t with one degree of
    freedom less than seeds; for a mean this is the textbook's interval.

    Source: Tukey 1958.

    Args: left_out: one reading for each seed that was left out, (seeds, ...).
    Returns: (...); zero for a single seed.
    Cost: O(size).
    Example:
        >>> round(float(margins(left_out_means(np.array([[1.0, 3.0]])))[0]), 3)
        12.706
    """
    freedom = len(left_out) - 1
    if not freedom:
        return np.zeros(left_out.shape[1:])
    error = np.sqrt(freedom * left_out.var(axis=0))
    half: np.ndarray = stats.t.ppf(0.975, freedom) * error
    return half


def mean_interval(values: np.ndarray) -> Interval:
    """Mean over seeds with its 95 % interval of Student's t.

    Args: values: one for each seed.
    Returns: the mean, and the interval's ends.
    Cost: O(seeds).
    Example:
        >>> mean_interval(np.array([1.0, 1.0]))
        (1.0, 1.0, 1.0)
    """
    point = np.asarray(values, dtype=float)[None]
    mean, margin = float(point.mean()), float(margins(left_out_means(point))[0])
    return mean, mean - margin, mean + margin


def seed_values(rows: pd.DataFrame, value: str = "error") -> np.ndarray:
    """One value for each seed of a point, in the order of the seeds.

    Args: rows: of one point, with a column seed. value: the column that is read.
    Returns: values (seeds,).
    Raises: ValueError: no such column, or the rows are of several points.
    Cost: O(rows).
    Example:
        >>> seed_values(pd.DataFrame({"seed": [1, 0], "error": [3.0, 2.0]})).tolist()
        [2.0, 3.0]
    """
    _expect_columns(rows, "seed", value)
    _expect_one(rows, "seed")
    return rows.sort_values("seed")[value].to_numpy(dtype=float)


def read_between(curve: pd.DataFrame, ns: Sequence[int]) -> list[float]:
    """The error at some n, interpolated in log n between the sizes of a curve.

    Args: curve: rows n, error. ns: where to read.
    Returns: one error for each n.
    Raises: ValueError: rows of several curves, or some n lies outside their sizes.
    Cost: O(rows).
    Example:
        >>> read_between(pd.DataFrame({"n": [1, 100], "error": [1.0, 0.0]}), [10])
        [0.5]
    """
    _expect_columns(curve, "n", "error")
    _expect_one(curve, "n")
    curve = curve.sort_values("n")
    sizes = curve["n"].to_numpy(float)
    if min(ns) < sizes[0] or max(ns) > sizes[-1]:
        raise ValueError(f"ns={list(ns)} leave the sizes {sizes[0]:g} to {sizes[-1]:g}")
    found = np.interp(np.log(ns), np.log(sizes), curve["error"])
    return [float(error) for error in found]


def select(frame: pd.DataFrame, **values: object) -> pd.DataFrame:
    """The rows whose columns have these values.

    Args: frame: a table. values: column=value, or column=[values].
    Returns: the rows, in their order.
    Raises: ValueError: no such column, or no row has them all.
    Cost: O(rows).
    Example:
        >>> select(pd.DataFrame({"d": [10, 20]}), d=20).index.tolist()
        [1]
    """
    _expect_columns(frame, *values)
    kept = pd.Series(True, index=frame.index)
    for column, value in values.items():
        kept &= frame[column].isin(value if isinstance(value, list) else [value])
    if not kept.any():
        raise ValueError(f"no row of the table has {values}")
    return frame[kept]


def _expect_columns(rows: pd.DataFrame, *names: str) -> None:
    if absent := [name for name in names if name not in rows]:
        raise ValueError(f"no column {absent} in the table; it has {[*rows]}")


def _expect_one(rows: pd.DataFrame, *keys: str) -> None:
    if rows.duplicated([*keys]).any():
        raise ValueError(f"several rows have the same {', '.join(keys)}: select more")


def first_crossing(ns: np.ndarray, errors: np.ndarray, level: float) -> np.ndarray:
    """The n at which each error curve first falls to `level`, log-log interpolated.

    Args: ns: increasing sizes (k,). errors: curves (..., k). level: > 0.
    Returns:
        Sizes (...,); NaN where the curve stays above the level, and where it starts
        below it, since then the crossing was not seen.
    Cost: O(curves).
    Example:
        >>> n = first_crossing(np.array([1, 100]), np.array([1, 0.01]), 0.1)
        >>> round(float(n), 6)
        10.0
    """
    log_n, log_e = np.log(ns), np.log(np.maximum(errors, 1e-12))
    below = log_e <= np.log(level)
    index = below.argmax(axis=-1)[..., None]
    before = np.maximum(index - 1, 0)
    high = np.take_along_axis(log_e, before, -1)[..., 0]
    low = np.take_along_axis(log_e, index, -1)[..., 0]
    start, stop = log_n[before[..., 0]], log_n[index[..., 0]]
    share = (high - np.log(level)) / np.where(high > low, high - low, 1.0)
    seen = below.any(axis=-1) & (index[..., 0] > 0)
    return np.where(seen, np.exp(start + share * (stop - start)), np.nan)


@dataclass(frozen=True)
class Reach:
    """Samples to reach a level along a column: by the mean over all seeds but one too.

    Args:
        x: values of the column, (k,). n: samples needed at each, (k,).
        left_out: the same without each seed, (seeds, k); 0 where a value has fewer.
        over: the column's name.
    """

    x: np.ndarray
    n: np.ndarray
    left_out: np.ndarray
    over: str = "d"

    def needs(self) -> dict[float, float]:
        """The samples needed, by the column's value; NaN where it was not reached."""
        return dict(zip(self.x.tolist(), self.n.tolist(), strict=True))

    def frame(self, **labels: str | float) -> pd.DataFrame:
        """The column, samples, low, high where the level was reached, and labels.

        The interval is NaN where the level is not reached without some seed.
        """
        seen = np.isfinite(self.n)
        own = (sizes[sizes != 0] for sizes in self.left_out.T[seen])
        ratio = np.exp([float(margins(np.log(sizes))) for sizes in own])
        n = self.n[seen]
        found = {"samples": n, "low": n / ratio, "high": n * ratio}
        return pd.DataFrame({self.over: self.x[seen]} | found).assign(**labels)


def reach(
    rows: pd.DataFrame,
    level: float = 0.1,
    over: str = "d",
    value: str = "error",
    rising: bool = False,
) -> Reach:
    """n at which the mean over seeds first reaches `level`, along a column.

    Args:
        rows: of one curve: n, seed, `over`, `value`; without seed they are one seed.
        level: > 0; below 1 if rising. over: a dimension, kappa, a width; rows where it
            is infinite are left out. value: the column that reaches the level.
        rising: it is a share and rises to it; 1 - value is then what falls.
    Returns: sizes for each value of the column, and the same without each seed.
    Raises: ValueError: a column missing, rows of several curves.
    Cost: O(rows * seeds).
    Example:
        >>> rows = pd.DataFrame({"w": 5, "n": [1, 100], "seed": 0, "error": [1, 0.01]})
        >>> reach(rows, over="w").n.round(6).tolist()
        [10.0]
    """
    check_real("level", level, minimum=1e-9, maximum=1 - 1e-9 if rising else np.inf)
    _expect_columns(rows, over, value, "n")
    seen = rows[np.isfinite(rows[over])]
    if seen.empty:
        raise ValueError(f"no row has a finite {over}")
    seen = seen if "seed" in rows else seen.assign(seed=0)
    _expect_one(seen, over, "n", "seed")
    falling = seen.assign(falling=1 - seen[value] if rising else seen[value])
    level = 1 - level if rising else level
    places, found, left_out = [], [], []
    for place, part in falling.sort_values([over, "n", "seed"]).groupby(over):
        ns = part["n"].unique().astype(float)
        values = _by_seed(part, part.drop_duplicates("n"), "falling")
        places.append(place)
        found.append(first_crossing(ns, values.mean(axis=1), level))
        left_out.append(first_crossing(ns, left_out_means(values), level))
    seeds = max(len(sizes) for sizes in left_out)
    without = np.stack([np.pad(n, (0, seeds - len(n))) for n in left_out], axis=1)
    return Reach(np.array(places), np.array(found), without, over)


def reach_by(
    rows: pd.DataFrame, column: str, values: Sequence[str | int], **options: Any
) -> dict[str | int, Reach]:
    """`reach` for each value of a column, a learner or a width say.

    Args:
        rows: as in `reach`, with that column. column: its name. values: of the column.
        options: level, over, value, rising of `reach`.
    Returns: value -> its reach.
    Raises: ValueError: a value has no rows; see `reach` for the rest.
    Cost: O(rows * seeds).
    Example:
        >>> rows = pd.DataFrame({"d": 5, "n": [1, 100], "seed": 0, "error": [1, 0.01]})
        >>> reach_by(rows.assign(width=8), "width", [8])[8].n.round(6).tolist()
        [10.0]
    """
    return {v: reach(select(rows, **{column: v}), **options) for v in values}


def fit_exponent(reach: Reach, smallest: float = 0) -> Interval:
    """Slope of log n against the column's log, with its 95 % interval (`margins`).

    A value counts where the mean curve reaches the level, and reaches it still without
    any one of the seeds.

    Args: reach: from `reach`. smallest: leave out smaller values of the column.
    Returns: least-squares slope, and the interval's ends.
    Raises: ValueError: the level was reached at fewer than two values, or these have
        unequal numbers of seeds.
    Cost: O(seeds * len(reach.x)).
    Example:
        >>> d = np.array([10.0, 20.0])
        >>> found = Reach(d, d**2, np.stack([d**2, d**2]))
        >>> [round(v, 6) for v in fit_exponent(found)]
        [2.0, 2.0, 2.0]
    """
    check_real("smallest", smallest)
    seen = np.isfinite(reach.n) & np.isfinite(reach.left_out).all(axis=0)
    kept = seen & (reach.x >= smallest) & (reach.x > 0)
    if kept.sum() < 2:
        raise ValueError(
            f"the level was reached at {reach.over}={reach.x[kept].tolist()} only; "
            "an exponent needs two values"
        )
    left_out = reach.left_out[:, kept]
    left_out = left_out[left_out.any(axis=1)]
    if not left_out.all():
        raise ValueError(f"values of {reach.over} have unequal numbers of seeds")
    x = np.log(reach.x[kept].astype(float))
    centred = x - x.mean()

    def slope(n: np.ndarray) -> np.ndarray:
        fitted: np.ndarray = np.log(n) @ centred / (centred @ centred)
        return fitted

    found, margin = slope(reach.n[kept]), margins(slope(left_out))
    return float(found), float(found - margin), float(found + margin)


def slope_of_means(rows: pd.DataFrame, over: str, value: str) -> Interval:
    """Slope of a mean over seeds against a column, both logarithmic, with interval.

    Args: rows: the columns seed, `over` and `value`, one row for each pair.
    Returns: the slope, and the ends of its interval.
    Raises: ValueError: see `fit_exponent`.
    Cost: O(rows * seeds).
    Example:
        >>> rows = pd.DataFrame({"N": [1, 10], "seed": 0, "off": [1.0, 0.1]})
        >>> round(slope_of_means(rows, "N", "off")[0], 6)
        -1.0
    """
    _expect_columns(rows, over, "seed", value)
    many = rows.pivot_table(index=over, columns="seed", values=value)
    values, places = many.to_numpy(float), many.index.to_numpy(float)
    left = left_out_means(values)
    return fit_exponent(Reach(places, values.mean(1), left, over))


def extreme_mean(rows: pd.DataFrame, by: Sequence[str], place: int) -> Interval:
    """The least mean error of some points, or the largest, with its own interval.

    Args: rows, by: as of `summarise`. place: 0 for the least, -1 for the largest.
    Returns: (mean, low, high). Choosing the point is not in the interval.
    Cost: O(rows).
    Example:
        >>> rows = pd.DataFrame({"n": [5, 6], "seed": [0, 0], "error": [1.0, 3.0]})
        >>> extreme_mean(rows, ["n"], -1)
        (3.0, 3.0, 3.0)
    """
    found = summarise(rows, by).sort_values("error").iloc[place]
    return float(found["error"]), float(found["low"]), float(found["high"])


def complete(rows: pd.DataFrame) -> pd.DataFrame:
    """Without sizes that lack a seed of their d, then without seeds that lack a d.

    Args: rows: of one curve: d, n, seed.
    Returns: some of them, with the same seeds at every d and n.
    Cost: O(rows).
    Example:
        >>> rows = pd.DataFrame({"d": 5, "n": [1, 1, 2], "seed": [0, 1, 0]})
        >>> complete(rows).n.tolist()
        [1, 1]
    """
    at, seed = rows.groupby(["d", "n"])["seed"], rows.groupby("d")["seed"]
    rows = rows[at.transform("nunique") == seed.transform("nunique")]
    points = rows.groupby("seed").size()
    return rows[rows["seed"].isin(points.index[points == points.max()])]


def needs_of(rows: pd.DataFrame, by: str, level: float = 0.1) -> pd.DataFrame:
    """Samples to a level for each value of a column and d; seeds may differ.

    Args: rows: d, n, seed, error and a column. by: that column. level: > 0.
    Returns: d, samples, low, high as of `Reach.frame`, and the column.
    Raises: ValueError: see `reach`.
    Cost: O(rows * seeds).
    Example:
        >>> rows = pd.DataFrame({"d": 5, "n": [1, 100], "seed": 0, "error": [1, 0.01]})
        >>> needs_of(rows.assign(width=8), "width").samples.round(6).tolist()
        [10.0]
    """
    parts = [
        reach(complete(part), level).frame(**{by: part[by].iloc[0]})
        for _, part in rows.groupby([by, "d"])
    ]
    return pd.concat(parts, ignore_index=True)


def local_exponents(rows: pd.DataFrame, needs: pd.DataFrame) -> pd.DataFrame:
    """The exponent of d between neighbours, by the seeds that both have, each width.

    Args:
        rows: width, d, n, seed, error. needs: from `needs_of(rows, "width")`.
    Returns: width, d (the geometric mean of the two), exponent, low, high.
    Raises: ValueError: see `reach`.
    Cost: O(rows * seeds).
    Example:
        >>> one = pd.DataFrame({"d": 5, "n": [1, 100], "seed": 0, "error": [1, 0.01]})
        >>> rows = pd.concat([one, one.assign(d=10, n=4 * one.n)]).assign(width=8)
        >>> local_exponents(rows, needs_of(rows, "width")).exponent.round(6).tolist()
        [2.0]
    """
    found = []
    for width, points in needs.groupby("width"):
        for pair in pairwise(points["d"]):
            both = complete(select(rows, width=width, d=list(pair)))
            slope = fit_exponent(reach(both))
            found.append((width, np.sqrt(np.prod(pair)), *slope))
    return pd.DataFrame(found, columns=["width", "d", "exponent", "low", "high"])
