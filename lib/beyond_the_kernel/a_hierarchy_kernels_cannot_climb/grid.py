"""Hierarchies of squares from few samples: who learns them, and who does not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from replearn.experiments import curves
from replearn.experiments import hierarchy_samples as samples
from replearn.experiments.curves import Interval, select
from replearn.experiments.hierarchy_samples import KERNELS, RULES
from replearn.experiments.sweep import Measured, Sweep, grid
from replearn.experiments.tables import read_table
from replearn.targets import Hierarchy

SEEDS = tuple(range(400, 405))  # others were used while the programs were written
DIMENSIONS, GAPS, WIDTH = (10, 20, 40), (0.3, 1.0), 2
FACTORS = (3, 4, 6, 8, 12, 20, 40)  # n/d of what has levels
SIZES = [100, 200, 400, 800, 1000, 1200, 1600]  # of the rivals
FEW = {"adam": [200, 600, 1600], "algorithm-1": [100, 200, 400, 800]}
GAPS_OF: dict[str, tuple[float, ...]] = {"adam": (1.0,), "algorithm-1": (0.3,)}


def sizes_of(learner: str, d: int) -> list[int]:
    """The sizes of a learner."""
    if learner == "hierarchy":
        return sorted({*(factor * d for factor in FACTORS), SIZES[-1]})
    return FEW.get(learner, SIZES)


def rules(rule: str, d: int, gaps: Sequence[float], seed: int) -> list[Hierarchy]:
    """One target for each gap, alike in all else."""
    return [samples.rule_of(rule, d, (1.0, gap), WIDTH, seed) for gap in gaps]


@cache
def all_climbs(learner: str, rule: str, d: int) -> Measured:
    """Errors of what has levels, for every gap, size and seed in one product."""
    gaps = GAPS_OF.get(learner, GAPS)
    targets = [t for seed in SEEDS for t in rules(rule, d, gaps, seed)]
    seeds = [seed for seed in SEEDS for _ in gaps]
    return samples.climb_samples(targets, seeds, sizes_of(learner, d), learner)


def errors(learner: str, rule: str, d: int, seed: int) -> Measured:
    """Errors of one learner on one seed's targets, all gaps."""
    gaps, start = GAPS_OF.get(learner, GAPS), 0
    if learner in samples.CLIMBERS:
        rows, start = all_climbs(learner, rule, d), seed * len(gaps)
    else:
        targets = rules(rule, d, gaps, SEEDS[seed])
        rows = samples.rival_samples(
            learner, targets, SEEDS[seed], sizes_of(learner, d)
        )
    found = samples.of_targets(rows, range(start, start + len(gaps)))
    return {"gap": np.array(gaps)[found.pop("target") % len(gaps)], **found}


HIERARCHY_SAMPLES = Sweep(
    "hierarchy-samples",
    errors,
    [
        *grid(
            lambda learner, rule, d: learner != "ntk" or (rule, d) == (RULES[0], 20),
            learner=("hierarchy", *samples.RIVALS),
            rule=RULES,
            d=DIMENSIONS,
        ),
        *grid(learner="algorithm-1", rule=RULES[0], d=20),
    ],
    "Test error / Var of the label for hierarchies of two levels, k = 2: the paper's "
    "class on uniform inputs (dense, degree 8) and the plain one (degree 4).",
    seeds=len(SEEDS),
    keys=("rule", "d", "gap", "learner", "n", "seed"),
    cheap=lambda learner, rule, d: learner == "quadratic" and d == 10,
    timed=("learner", "d"),
)

PLAIN: dict[str, Any] = {"k": WIDTH, "levels": 3, "noise": 0.0}  # of the main table
VARIED: dict[str, dict[str, Any]] = {
    "noise 0.4": {"noise": 0.4},
    "noise 1.3": {"noise": 1.3},
    "one feature": {"k": 1},
    "four features": {"k": 4},
    "fourth level": {"levels": 4},
}
WITHOUT = ("all directions", "random polynomial", "shuffled labels")  # d = 10 alone
AT = {case: PLAIN | VARIED.get(case, {}) for case in (*VARIED, *WITHOUT)}
LIMIT_SIZES = [200, 800, 2000]


def case_of(case: str, d: int, seed: int) -> Hierarchy:
    """The target of a case."""
    if case == WITHOUT[0]:
        return samples.rule_of(RULES[1], d, (1.0, 1.0), 5, seed)
    if case in WITHOUT:
        return samples.without_levels(case.split()[0], d, seed)
    alphas = (1.0,) * (AT[case]["levels"] - 1)
    return samples.rule_of(RULES[0], d, alphas, AT[case]["k"], seed)


@cache
def all_cases(case: str, d: int) -> Measured:
    """Errors of the network with levels in a case, all sizes and seeds."""
    targets = [case_of(case, d, seed) for seed in SEEDS]
    more = [factor * d for factor in (3, 6, 12, 20, 40)] if case in VARIED else []
    sizes = sorted({*LIMIT_SIZES, *more})
    return samples.climb_samples(targets, SEEDS, sizes, noise=AT[case]["noise"])


def limits(learner: str, case: str, d: int, seed: int) -> Measured:
    """Errors in a case, one seed."""
    found: Measured
    if learner in samples.CLIMBERS:
        found = samples.of_targets(all_cases(case, d), [seed])
    else:
        sizes = SIZES if case in VARIED else LIMIT_SIZES
        at = [case_of(case, d, SEEDS[seed])], SEEDS[seed], sizes, AT[case]["noise"]
        found = samples.rival_samples(learner, *at)
    return {"n": found["n"], "error": found["error"]}


BOTH = ("hierarchy", "polynomial")
HIERARCHY_LIMITS = Sweep(
    "hierarchy-limits",
    limits,
    grid(learner=BOTH, case=tuple(VARIED), d=DIMENSIONS)
    + grid(learner=BOTH, case=WITHOUT, d=DIMENSIONS[0]),
    "Gap 1: noise, other widths, a fourth level, as many directions as inputs, and "
    "labels without levels.",
    seeds=len(SEEDS),
    keys=("case", "d", "learner", "n", "seed"),
    cheap=lambda learner, case: learner == "polynomial" and "all" in case,
)


def movable() -> pd.DataFrame:
    """The main table and the varied cases of the other, a column for all that moves."""
    others = read_table("hierarchy-limits")
    parts = [
        select(others, case=case).assign(rule=RULES[0], gap=1.0, **AT[case])
        for case in VARIED
    ]
    return pd.concat([read_table("hierarchy-samples").assign(**PLAIN), *parts])


def at(learner: str | list[str], d: int, n: int, **setting: Any) -> pd.DataFrame:
    """Rows of the main table at gap 1."""
    where = {"gap": 1.0, "rule": RULES[0]} | setting
    return select(read_table("hierarchy-samples"), learner=learner, d=d, n=n, **where)


def worst_at_the_end() -> Interval:
    """Of n = 40 d, dense: the largest mean error over d and gaps."""
    rows = select(read_table("hierarchy-samples"), learner="hierarchy", rule=RULES[0])
    at_the_end = rows[rows["n"] == FACTORS[-1] * rows["d"]]
    return curves.extreme_mean(at_the_end, ["d", "gap"], -1)


def best_kernel() -> Interval:
    """The least mean error of a kernel at d = 40, n = 1600, gap 1, dense."""
    return curves.extreme_mean(at([*KERNELS], 40, SIZES[-1]), ["learner"], 0)


def kernel_wins() -> Interval:
    """Decades of the matched kernel's error over the network's, degree 4, d = 10."""
    kernel, network = (
        curves.seed_values(at(learner, 10, SIZES[-1], rule=RULES[1]))
        for learner in ("polynomial", "hierarchy")
    )
    return curves.mean_interval(np.log10(kernel / network))


@cache
def floors(d: int, gap: float, ns: tuple[int, ...]) -> list[float]:
    """The finite floor of all kernels on the plain class, the mean over its seeds."""
    return samples.mean_floor([rules(RULES[1], d, [gap], s)[0] for s in SEEDS], ns)


def over_the_floor() -> Interval:
    """The smallest ratio of a kernel's error to the floor, where that is above 0.05."""
    rows = select(read_table("hierarchy-samples"), rule=RULES[1], learner=[*KERNELS])
    return min(
        curves.mean_interval(curves.seed_values(part) / floor)
        for (d, gap, _, n), part in rows.groupby(["d", "gap", "learner", "n"])
        for floor in floors(d, gap, (n,))
        if floor > 0.05
    )
