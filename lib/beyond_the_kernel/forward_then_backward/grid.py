"""Hierarchies: what each level knows alone, and after the next ones have joined."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from replearn.experiments import hierarchy
from replearn.experiments import hierarchy_conditions as conditions
from replearn.experiments import hierarchy_readings as readings
from replearn.experiments.curves import (
    Interval,
    Reach,
    fit_exponent,
    left_out_means,
    mean_interval,
    select,
)
from replearn.experiments.sweep import Measured, Sweep, grid
from replearn.experiments.tables import read_table
from replearn.learners import StagedNetwork

SEEDS = tuple(range(200, 205))  # those below were used while the programs were written
GAPS = {3: (0.03, 0.1, 0.3, 1.0), 4: (0.1, 0.3)}
SMALL = (0.03, 0.1, 0.3)
DIMENSIONS = (10, 20)
PAPER = [
    *grid(inputs="uniform", d=DIMENSIONS, levels=3),
    *grid(inputs="uniform", d=10, levels=4),
    *grid(inputs="gaussian", d=10, levels=3),
]


@cache
def paper_climbs(inputs: str, d: int, levels: int) -> Measured:
    """Algorithm 1 on the paper's class, all gaps and seeds."""
    gaps, seeds = hierarchy.each(GAPS[levels], SEEDS)
    found = hierarchy.climb_paper(gaps, seeds, d, inputs, levels)
    return hierarchy.stages(found, gaps, hierarchy.plateaus(gaps))


def paper_levels(inputs: str, d: int, levels: int, seed: int) -> Measured:
    """Of these, one seed."""
    found = paper_climbs(inputs, d, levels)
    return hierarchy.of_seed(found, seed, len(SEEDS), "apart")


PAPER_HIERARCHY = Sweep(
    "paper-hierarchy",
    paper_levels,
    PAPER,
    "The paper's class, k = 2, rho = 1/2, alpha = 1, a, a^2: E|S* - US|^2 of levels "
    "just before the next joins (alone) and at the end (joined); 20 000 samples.",
    seeds=len(SEEDS),
    value="feature_error",
    keys=("inputs", "d", "levels", "gap", "level", "stage", "seed"),
    cheap=lambda inputs, d, levels: (inputs, d, levels) == ("uniform", 10, 3),
)


@cache
def all_paths(levels: int) -> Measured:
    """The same trainings in ten uniform inputs, seen all along."""
    gaps, seeds = hierarchy.each(GAPS[levels], SEEDS)
    found = hierarchy.climb_paper(gaps, seeds, 10, levels=levels)
    return hierarchy.paths(found, gaps)


def path_of_seed(levels: int, seed: int) -> Measured:
    """Of these, one seed."""
    rows = dict(all_paths(levels))
    mine = rows.pop("run") // len(GAPS[levels]) == seed
    return {
        "feature_error" if name == "apart" else name: values[mine]
        for name, values in rows.items()
    }


HIERARCHY_PATH = Sweep(
    "hierarchy-path",
    path_of_seed,
    grid(levels=(3, 4)),
    "As paper-hierarchy, uniform inputs, d = 10: E|S* - US|^2 of each level along the "
    "way, from when it is learnt.",
    seeds=len(SEEDS),
    value="feature_error",
    along="step",
    keys=("levels", "gap", "level", "step", "seed"),
    cheap=lambda levels: levels == 3,
)

CONTROLS: dict[str, dict[str, Any]] = {
    "Algorithm 1": {},
    "stop-gradient": {"stop_gradient": True},
    "identity link cut": {"after": "cut"},
    "frozen": {"after": "frozen"},
    "refit": {"after": "refit"},
    "true, refit": {"after": "refit", "oracle": True},
    "K only": {"network": StagedNetwork((1500, 2500), batch=128)},
    "narrow W": {"m": 2},
    "no regularisers": {"regularisers": (0.0, 0.0, 0.0, 0.0)},
    "random R": {"rows": "random"},
    "random R, 4 times": {"rows": "random, four times"},
}
CONTROL_GAPS = (0.1, 0.3)


@cache
def controlled_climbs(control: str) -> Measured:
    """The paper's class at L = 3, d = 10, with one thing changed in Algorithm 1."""
    gaps, seeds = hierarchy.each(CONTROL_GAPS, SEEDS)
    found = hierarchy.climb_paper(gaps, seeds, 10, **CONTROLS[control])
    return hierarchy.stages(found, gaps, hierarchy.plateaus(gaps))


def controlled_levels(control: str, seed: int) -> Measured:
    """Of these, one seed."""
    found = controlled_climbs(control)
    return hierarchy.of_seed(found, seed, len(SEEDS), "apart")


CORRECTION_CONTROLS = Sweep(
    "correction-controls",
    controlled_levels,
    grid(control=tuple(CONTROLS)),
    "As paper-hierarchy at L = 3, uniform inputs, d = 10, with one thing changed in "
    "the algorithm.",
    seeds=len(SEEDS),
    value="feature_error",
    keys=("control", "gap", "level", "stage", "seed"),
)

PLAIN: dict[str, dict[str, Any]] = {
    "joint": {},
    "stop-gradient": {"stop_gradient": True},
    "frozen": {"after": "frozen"},
    "refit": {"after": "refit"},
    "free": {"after": "free"},
    "wide": {"after": "refit", "wide": 2},
    "true, frozen": {"after": "frozen", "oracle": True},
}


@cache
def plain_climbs(mode: str, align: float) -> Measured:
    """The plain learner on degrees 2 and 4 in ten inputs."""
    gaps, seeds = hierarchy.each(GAPS[3], SEEDS)
    settings: dict[str, Any] = {"stages": (1000, 1500), "batch": 128} | PLAIN[mode]
    found, tilts = hierarchy.climb_plain(gaps, seeds, 10, align=align, **settings)
    return hierarchy.stages(found, gaps, tilts)


def plain_levels(mode: str, align: float, seed: int) -> Measured:
    """Of these, one seed."""
    found = plain_climbs(mode, align)
    return hierarchy.of_seed(found, seed, len(SEEDS), "missing")


BACKWARD_CORRECTION = Sweep(
    "backward-correction",
    plain_levels,
    [*grid(mode=tuple(PLAIN), align=0.7), *grid(mode="joint", align=0.0)],
    "The plain class, degrees 2 and 4, d = 10, k = 2, rho = 1/2: 1 - R^2 of each "
    "level's features just before the next joins (alone) and at the end (joined).",
    seeds=len(SEEDS),
    value="feature_error",
    keys=("mode", "align", "gap", "level", "stage", "seed"),
)


HIERARCHY_CONDITIONS = Sweep(
    "hierarchy-conditions",
    conditions.conditioned,
    grid(condition=tuple(conditions.CONDITIONS)),
    "Algorithm 1 at L = 3, uniform inputs: by its thresholds alone (d = 10), with the "
    "rank counted at d = 30, with and without skip link at k = 3, d = 15; error of "
    "level 3 at the end, the step at which it joined (-1: never).",
    seeds=len(conditions.SEEDS),
    value="feature_error",
    keys=("condition", "gap", "seed"),
    cheap=lambda condition: condition == "thresholds alone",
)


def of_level_2(stage: str, d: int | tuple[int, ...] = DIMENSIONS) -> pd.DataFrame:
    """The first level's error, (gap, d) by seed: uniform inputs, L = 3, gap <= 0.3."""
    many = [d] if isinstance(d, int) else list(d)
    at = {"inputs": "uniform", "levels": 3, "level": 2, "stage": stage}
    rows = select(read_table("paper-hierarchy"), d=many, gap=list(SMALL), **at)
    return rows.pivot_table(index=["gap", "d"], columns="seed", values="feature_error")


def plateau_slope() -> Interval:
    """Slope of log f_2 alone against the log of the gap."""
    errors = of_level_2("alone").groupby("gap").mean()
    values, gaps = errors.to_numpy(float), errors.index.to_numpy(float)
    left = left_out_means(values)
    return fit_exponent(Reach(gaps, values.mean(1), left, "gap"))


def plateau_over_formula() -> Interval:
    """f_2 alone over the closed form at d = 20, the mean over the gaps."""
    errors = of_level_2("alone", 20)
    formula = np.array(hierarchy.plateaus([gap for gap, _ in errors.index]))
    return mean_interval((errors.to_numpy(float) / formula[:, None]).mean(0))


def correction_factor() -> Interval:
    """Decades by which f_2 falls when level 3 joins, the least of three gaps and d."""
    fall = of_level_2("alone") / of_level_2("joined")
    return mean_interval(np.log10(fall.to_numpy(float)).min(0))


# what the claims measure
theorem_2_ratio, label_decades = readings.theorem_2_ratio, readings.label_decades
level_2_on_its_stair = partial(readings.on_its_stair, 2)
level_3_on_its_stair = partial(readings.on_its_stair, 3)
without_gradient = partial(readings.under_control, "stop-gradient")
without_identity_link = partial(readings.under_control, "identity link cut")
in_controls = partial(readings.lost, "correction-controls", "refit")
frozen_loss, layerwise_loss_papers = (
    partial(in_controls, right) for right in ("true, refit", "Algorithm 1")
)
layerwise_loss = partial(
    readings.lost, "backward-correction", "refit", "joint", align=0.7
)
rows_cure, rank_found = readings.rows_cure, readings.rank_found
skip_link_tells = readings.skip_link_tells
thresholds_need_a_gap = readings.thresholds_need_a_gap
