"""What is read off the tables of hierarchies: one number with its interval each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from replearn.experiments.curves import Interval, mean_interval, select
from replearn.experiments.hierarchy import each_just_before, powers_of
from replearn.experiments.tables import read_table
from replearn.theory import correction_scale

SMALL = (0.03, 0.1, 0.3)  # gaps
TOP_VARIANCE = 7.5  # of |S_3|^2, about


def worst_run(value: str) -> np.ndarray:
    """Of each seed's runs at three gaps and two d, L = 3, the largest value.

    Args: value: a column of the table `paper-hierarchy`.
    Returns: one for each seed.
    Cost: O(rows).
    """
    at = {"inputs": "uniform", "levels": 3, "level": 2, "stage": "joined"}
    rows = select(read_table("paper-hierarchy"), gap=list(SMALL), **at)
    return rows.groupby("seed")[value].max().to_numpy(float)


def theorem_2_ratio() -> Interval:
    """The largest ratio of Theorem 2's sides on a path, the worst of gaps and d.

    Returns: the mean over the seeds with its interval.
    Cost: O(rows).
    """
    return mean_interval(worst_run("worst"))


def label_decades() -> Interval:
    """log10 of the label's error at the end, the worst of gaps and d.

    Returns: the mean over the seeds with its interval.
    Cost: O(rows).
    """
    return mean_interval(np.log10(worst_run("mse")))


def ratios(path: pd.DataFrame) -> pd.DataFrame:
    r"""Theorem 2's two sides divided, at every look of every run.

    max over l' <= l of alpha_{l'}^2 f_{l'}, over alpha_{l+1}^2 + mse, with l the
    highest level that is learnt; alpha_l = a^(l - 2) and alpha_{L+1} = 0.

    Source: Allen-Zhu & Li 2023 (version 6), Theorem 2, its factor left out.

    Args: path: rows of the table `hierarchy-path`.
    Returns: columns levels, gap, seed, step, ratio.
    Cost: O(rows).
    """
    left = path["gap"] ** (2 * (path["level"] - 2)) * path["feature_error"]
    looks = path.assign(left=left).groupby(["levels", "gap", "seed", "step"])
    found = looks.agg(left=("left", "max"), top=("level", "max"), mse=("mse", "first"))
    found = found.reset_index()
    missing = found["gap"] ** (2 * (found["top"] - 1))
    missing = missing.where(found["top"] < found["levels"], 0.0)
    found["ratio"] = found["left"] / (found["mse"] + missing)
    return found.drop(columns=["left", "top", "mse"])


def highest(found: pd.DataFrame, stretch: int) -> pd.DataFrame:
    """The largest ratio of each run in each stretch of steps: median, and the ends.

    Args: found: of `ratios`. stretch: how many steps are put together.
    Returns: columns levels, gap, step (the last of the stretch), ratio, low, high: the
        median over the seeds, the least and the largest.
    Cost: O(rows).
    """
    ends = (found["step"] + stretch - 1) // stretch * stretch
    keys = ["levels", "gap", "step"]
    most = found.assign(step=ends).groupby([*keys, "seed"])["ratio"].max()
    seeds = most.groupby(keys)
    ends_and_middle = {"ratio": seeds.median(), "low": seeds.min(), "high": seeds.max()}
    return pd.DataFrame(ends_and_middle).reset_index()


def on_its_stair(level: int) -> Interval:
    """A level's error before level 4 joins over (alpha_4 / alpha_l)^2, gap 0.1.

    Args: level: l, 2 or 3.
    Returns: the mean over the seeds with its interval.
    Cost: O(rows).
    """
    rows = select(read_table("hierarchy-path"), levels=4, gap=0.1)
    errors = each_just_before(rows, 4).loc[level].to_numpy(float)
    return mean_interval(errors / correction_scale(powers_of(0.1, 4), level, joined=3))


def _decades(errors: pd.DataFrame, over: str, under: str) -> Interval:
    """One row of errors over another, seed by seed, in powers of ten."""
    return mean_interval(np.log10((errors.loc[over] / errors.loc[under]).to_numpy()))


def under_control(control: str) -> Interval:
    """Decades from f_2 alone to f_2 at the end, gap 0.1; below 0 it has grown.

    Args: control: of the table `correction-controls`.
    Returns: the mean over the seeds with its interval.
    Cost: O(rows).
    """
    rows = select(read_table("correction-controls"), control=control, level=2, gap=0.1)
    errors = rows.pivot_table(index="stage", columns="seed", values="feature_error")
    return _decades(errors, "alone", "joined")


def lost(table: str, wrong: str, right: str, **where: Any) -> Interval:
    """Decades of the label's error at the end, gap 0.1, one training over another.

    Args: table: `backward-correction` or `correction-controls`. wrong, right: modes or
        controls. where: other columns.
    Returns: the mean over the seeds with its interval.
    Cost: O(rows).
    """
    rows = select(read_table(table), gap=0.1, level=3, stage="joined", **where)
    column = "mode" if "mode" in rows else "control"
    errors = rows.pivot_table(index=column, columns="seed", values="mse")
    return _decades(errors, wrong, right)


def _rows(condition: str, **where: Any) -> pd.DataFrame:
    return select(read_table("hierarchy-conditions"), condition=condition, **where)


def thresholds_need_a_gap() -> Interval:
    """Share of seeds whose thresholds let level 3 in at the gap 0.3, less that at 1.

    Returns: the mean over the seeds with its interval.
    Cost: O(rows).
    """
    rows = _rows("thresholds alone")
    joined = rows.pivot_table(index="gap", columns="seed", values="joined") >= 0
    return mean_interval(joined.loc[0.3].to_numpy(float) - joined.loc[1.0].to_numpy())


def skip_link_tells() -> Interval:
    """Decades by which level 3's error over the label's is larger without skip link.

    Returns: the mean over the seeds with its interval.
    Cost: O(rows).
    """
    without, given = (
        np.log10((rows["feature_error"] / rows["mse"]).to_numpy(float))
        for rows in (_rows("no skip link"), _rows("skip link"))
    )
    return mean_interval(without - given)


def rank_found() -> Interval:
    """Share of three gaps at which the rank of W_2 is counted as k = 2.

    Returns: the mean over the seeds with its interval.
    Cost: O(rows).
    """
    right = _rows("rank").assign(right=lambda rows: rows["rank"] == 2)
    return mean_interval(right.groupby("seed")["right"].mean().to_numpy(float))


def rows_cure() -> Interval:
    """Share of seeds that succeed with four times as many random rows, less as many.

    A run succeeds whose label ends below a ten-thousandth of alpha_3^2 Var |S_3|^2, at
    the gap 0.1; the variance is 7.5.

    Returns: the mean over the seeds with its interval.
    Cost: O(rows).
    """
    table = read_table("correction-controls")
    rows = select(table, gap=0.1, level=3, stage="joined")
    errors = rows.pivot_table(index="control", columns="seed", values="mse")
    well = (errors < 1e-4 * 0.1**2 * TOP_VARIANCE).astype(float)
    cured = well.loc["random R, 4 times"] - well.loc["random R"]
    return mean_interval(cured.to_numpy())
