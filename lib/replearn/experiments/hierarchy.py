"""What a level of a hierarchy learns alone, and what it knows once others joined."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from replearn.checks import check_int, undisturbed
from replearn.experiments.sweep import Measured
from replearn.learners import (
    AlgorithmOne,
    Climb,
    HierarchyNetwork,
    StagedNetwork,
    turned_to,
)
from replearn.learners.features import feature_errors
from replearn.learners.levels import truth
from replearn.targets import Hierarchy, paper_hierarchy, plain_hierarchy
from replearn.theory import (
    best_quadratic,
    correction_scale,
    hierarchy_plateau,
    plane_tilt,
)

SKIP_SHARE, WIDTH = 0.5, 2
SAMPLES = 20_000
STEPS = {("uniform", 3): 4000, ("uniform", 4): 10_000, ("gaussian", 3): 7000}
STAGES = (1500, 2500, 4000)


def algorithm_one(inputs: str, levels: int, **settings: Any) -> AlgorithmOne:
    """Algorithm 1 as it is run for the tables: longer on what is harder.

    Args: inputs, levels: of the targets. settings: what is to be different.
    Returns: the learner.
    Cost: O(1).
    """
    if inputs == "gaussian":  # heavy tails
        settings = {"batch": 256, "clip": 1.0, **settings}
    steps = STEPS.get((inputs, levels), STEPS["uniform", 4])
    return AlgorithmOne(**{"steps": steps, "patience": 1000, **settings})


def powers_of(gap: float, levels: int) -> tuple[float, ...]:
    """alpha_2 ... alpha_L = 1, a, a^2 ...

    Args: gap: a. levels: L.
    Returns: the alphas.
    Cost: O(L).
    """
    return tuple(gap**i for i in range(check_int("levels", levels, minimum=3) - 1))


def climb_paper(
    gaps: Sequence[float],
    seeds: Sequence[int],
    d: int,
    inputs: str = "uniform",
    levels: int = 3,
    oracle: bool = False,
    network: HierarchyNetwork | None = None,
    **settings: Any,
) -> Climb:
    """Algorithm 1 on random targets of the paper's class, one for each gap and seed.

    Args:
        gaps, seeds: one of each for each run; targets of one seed differ in the gap
            only. d, inputs, levels: of the targets. oracle: K_2 is set to the truth
            when level 3 joins, and kept. network: in the place of Algorithm 1.
            settings: of `AlgorithmOne`.
    Returns: what was seen, the runs in their order.
    Cost: 8 s for 9 runs at d = 20, L = 3.
    """
    targets = [
        paper_hierarchy(
            d, powers_of(a, levels), WIDTH, s, skip_share=SKIP_SHARE, inputs=inputs
        )
        for a, s in zip(gaps, seeds, strict=True)
    ]
    network = network or algorithm_one(inputs, levels, **settings)
    return network.climb(targets, seeds, SAMPLES, truths(targets) if oracle else {})


def climb_plain(
    gaps: Sequence[float],
    seeds: Sequence[int],
    d: int,
    levels: int = 3,
    align: float = 0.7,
    oracle: bool = False,
    **settings: Any,
) -> tuple[Climb, list[float]]:
    """The plain learner on plain hierarchies, and the tilt of each M*.

    Args:
        gaps, seeds: one of each for each run. d, levels, align: of the targets.
        oracle: as above. settings: of `StagedNetwork`.
    Returns: what was seen, and the predicted 1 - R^2 of the first level alone.
    Cost: 6 s for 5 runs of 4000 steps at d = 20.
    """
    targets = [
        plain_hierarchy(
            d, powers_of(a, levels), WIDTH, s, skip_share=SKIP_SHARE, align=align
        )
        for a, s in zip(gaps, seeds, strict=True)
    ]
    network: HierarchyNetwork = StagedNetwork(
        **{"stages": STAGES[: levels - 1], **settings}
    )
    found = network.climb(targets, seeds, SAMPLES, truths(targets) if oracle else {})
    return found, [plane_tilt(t.weights[2, 0], best_form(t)) for t in targets]


def best_form(target: Hierarchy) -> Tensor:
    """M* of a plain hierarchy: what its first level would learn alone.

    Args: target: with J_2 = {0} and J_3 = {2, 0}.
    Returns: (d, d), see `best_quadratic`.
    Cost: O(k d^2).
    """
    w, a, b = (target.weights[at] for at in ((2, 0), (3, 2), (3, 0)))
    return best_quadratic(w, a, b, target.alphas[1] / target.alphas[0])


def truths(targets: Sequence[Hierarchy]) -> dict[int, Tensor]:
    """The true K_2, for `HierarchyNetwork.climb` to keep: a control of frozen levels.

    Args: targets: of the runs.
    Returns: level -> (runs, k, q).
    Cost: O(runs k q).
    """
    return {2: torch.stack([truth(target, 2) for target in targets])}


def stages(found: Climb, gaps: Sequence[float], predicted: Sequence[float]) -> Measured:
    """Each level just before the next one joins, "alone", and at the end, "joined".

    Args:
        found: what was seen. gaps: of its runs. predicted: the first level's error
            alone, for each run; NaN stands where nothing is predicted.
    Returns: columns gap, level, stage, apart, missing, predicted, mse, worst: the two
        feature errors, the error of the label, and the largest ratio of Theorem 2's
        sides on the whole path.
    Cost: O(runs).
    """
    ratios = found.theorem_2().nan_to_num(nan=0.0).amax(1)
    rows = []
    for run, gap in enumerate(gaps):
        for i, level in enumerate(found.levels):
            moments = {"joined": found.when(run)}
            if level < found.levels[-1]:
                there = int(found.joined[run, i + 1]) >= 0
                # a level that nobody joined is alone to the end
                moments["alone"] = found.when(run, level + 1 if there else None)
            for stage, at in moments.items():
                first = stage == "alone" and level == 2
                rows.append(
                    {
                        "gap": gap,
                        "level": level,
                        "stage": stage,
                        "apart": float(found.apart[run, at, i]),
                        "missing": float(found.missing[run, at, i]),
                        "predicted": predicted[run] if first else math.nan,
                        "mse": float(found.mse[run, at]),
                        "worst": float(ratios[run]),
                    }
                )
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def paths(found: Climb, gaps: Sequence[float]) -> Measured:
    """Each level's error along the way, from the first look at which it is learnt.

    Args: found: what was seen. gaps: of its runs.
    Returns: columns run, gap, level, step, apart, mse, joined: the last is the step at
        which the level came in.
    Cost: O(runs looks levels).
    """
    rows = [
        (run, gap, level, step, found.apart[run, at, i], found.mse[run, at], joined)
        for run, gap in enumerate(gaps)
        for i, level in enumerate(found.levels)
        if (known := int(found.known[run, i])) >= 0
        for joined in [int(found.joined[run, i])]
        for at, step in enumerate(found.steps.tolist())
        if step > known
    ]
    names = ("run", "gap", "level", "step", "apart", "mse", "joined")
    return {
        name: np.array(values).astype(float if name in ("gap", "apart", "mse") else int)
        for name, values in zip(names, zip(*rows, strict=True), strict=True)
    }


def each_just_before(path: pd.DataFrame, joining: int) -> pd.DataFrame:
    """The error of each level just before another one joins, seed by seed.

    Args: path: rows of `paths` of one setting, with columns seed and feature_error.
        joining: the level that joins.
    Returns: a row for each level below, a column for each seed.
    Cost: O(rows).
    """
    when = path[path["level"] == joining].groupby("seed")["joined"].first()
    rows = path[path["step"] == path["seed"].map(when)]
    errors = rows.pivot_table(index="level", columns="seed", values="feature_error")
    return errors.loc[[*range(2, joining)]]


def just_before(path: pd.DataFrame, joining: int) -> dict[int, float]:
    """The mean error of each level just before another one joins.

    Args: path, joining: as of `each_just_before`.
    Returns: level -> mean over the seeds.
    Cost: O(rows).
    """
    means = each_just_before(path, joining).mean(axis=1)
    return {level: float(means[level]) for level in range(2, joining)}


def stairs(path: pd.DataFrame, gap: float, levels: int) -> list[dict[str, Any]]:
    """What a level's error should be while another is missing: lines of two points.

    The closed form for level 2 alone, then the scale of Theorem 2. A line starts 150
    steps after the mean step at which the last level came in.

    Args: path: as of `each_just_before`. gap: a, with alpha_l = a^(l - 2). levels: L.
    Returns: rows of learner (level-2 ...), n (a step) and error.
    Cost: O(rows).
    """
    at = path.groupby("level")["joined"].mean()
    rows = []
    for known in range(2, levels):  # the highest level that is there
        for level in range(2, known + 1):
            scale = correction_scale(powers_of(gap, levels), level, known)
            error = plateaus([gap])[0] if known == 2 else scale
            ends = (round(at[known]) + 151, round(at[known + 1]))
            rows += [
                {"learner": f"level-{level}", "n": n, "error": error} for n in ends
            ]
    return rows


def plateaus(gaps: Sequence[float]) -> list[float]:
    """The closed form of the first level's error, for each gap.

    Args: gaps: a.
    Returns: f_2 for each.
    Cost: O(1) each.
    """
    return [hierarchy_plateau(WIDTH, SKIP_SHARE, a) for a in gaps]


@undisturbed
def fitted_plateau(target: Hierarchy, n: int = 100_000, seed: int = 3) -> float:
    """f_2 of the first level that fits a label of the paper's class best, by squares.

    The best quadratic in G_1 with a constant is fitted to the whole label; its top
    eigenvectors, as long as the roots of their eigenvalues, are the features.

    Args: target: with J_2 = {1}. n, seed: of the samples.
    Returns: min over unitary U of E|S*_2 - U S_2|^2.
    Cost: O(n d^4); 1 s at d = 10.
    Example:
        >>> found = fitted_plateau(paper_hierarchy(10, (1.0, 0.3)), 20_000)
        >>> 0.03 < found < 0.05  # the closed form has 0.039
        True
    """
    x, y = target.sample(n, seed)
    inner, k = x.square() - 1, target.widths[2]
    i, j = torch.triu_indices(target.d, target.d)
    basis = torch.cat([inner[:, i] * inner[:, j], torch.ones(len(x), 1).to(x)], 1)
    half = torch.zeros(target.d, target.d, dtype=x.dtype)
    half[i, j] = torch.linalg.lstsq(basis, y[:, None]).solution[:-1, 0] / 2
    sizes, vectors = torch.linalg.eigh(half + half.T)
    found = inner @ (vectors[:, -k:] * sizes[-k:].sqrt())
    return float(feature_errors(target.features(x)[2], found)[0])


def each(gaps: Sequence[float], seeds: Sequence[int]) -> tuple[list[float], list[int]]:
    """Every gap with every seed: all of them are trained in one product.

    Args: gaps, seeds: to be combined.
    Returns: the gap and the seed of each run; runs of one seed stand together.
    Cost: O(runs).
    Example:
        >>> each([0.1, 0.3], [7, 8])
        ([0.1, 0.3, 0.1, 0.3], [7, 7, 8, 8])
    """
    return [a for _ in seeds for a in gaps], [s for s in seeds for _ in gaps]


def of_seed(rows: Measured, seed: int, seeds: int, error: str) -> Measured:
    """The rows of one seed of `stages`, with one of its errors called feature_error.

    Args: rows: of all runs, seed by seed. seed: its place. seeds: how many there are.
        error: "apart" or "missing"; the other is left out.
    Returns: its columns.
    Cost: O(rows).
    """
    mine = np.array_split(np.arange(len(rows["gap"])), seeds)[seed]
    return {
        "feature_error" if name == error else name: values[mine]
        for name, values in rows.items()
        if name == error or name not in ("apart", "missing")
    }


def swing(
    moments: Sequence[int], joins: int, gap: float = 1.0, seed: int = 7
) -> tuple[Tensor, list[Tensor]]:
    """The first level's plane in the plain class, from its edge, along one training.

    Of the true plane the direction is taken that M* turns most, and the axis across it
    is where M* turns it to. What is returned are the directions of learnt planes that
    are nearest to it, as points of these two axes; the true one is (1, 0).

    Args: moments: steps, multiples of 50. joins: the step at which level 3 joins, one
        of them. gap, seed: of the target, d = 10, k = 2.
    Returns: the direction of M*, and that of each moment, each (2,) and of length one.
    Cost: 2 s for 2500 steps.
    """
    target = plain_hierarchy(10, (1.0, gap), WIDTH, seed, skip_share=SKIP_SHARE)
    network = StagedNetwork((joins, max(moments) - joins), batch=128)
    found = network.climb([target], [seed], SAMPLES)
    w = target.weights[2, 0]
    best = torch.linalg.eigh(best_form(target))[1][:, -WIDTH:].T
    inside = torch.linalg.svd(w @ best.T)[0][:, -1] @ w
    turned = best.T @ (best @ inside)
    outside = turned - (turned @ inside) * inside
    axes = torch.stack([inside, outside / outside.norm()])

    def seen(plane: Tensor) -> Tensor:
        rows = torch.linalg.qr(plane.T)[0]
        tip = axes @ (rows @ (rows.T @ inside))
        return tip / tip.norm()

    learnt = [found.first[0, found.steps.tolist().index(m), :, :10] for m in moments]
    return seen(best), [seen(k) for k in learnt]


def cloud(
    moments: Sequence[int], joins: int, gap: float = 1.0, seed: int = 7
) -> tuple[Tensor, list[Tensor]]:
    """The first level's features in the paper's class along one training.

    Args: moments, joins: as of `swing`; the level waits 400 steps for its threshold,
        and the rest of the time for the next. gap, seed: likewise.
    Returns: the true ones (2000, 2); those of each moment, turned to them.
    Cost: 3 s for 2500 steps.
    """
    target = paper_hierarchy(10, (1.0, gap), WIDTH, seed, skip_share=SKIP_SHARE)
    network = AlgorithmOne(max(moments), hold=joins - 400, patience=400)
    found = network.climb([target], [seed], SAMPLES)
    x = target.draw(2000, 1, "test")
    true, at = target.features(x)[2], [found.steps.tolist().index(m) for m in moments]
    inner = x.square() - 1
    return true, [turned_to(true, inner @ found.first[0, i].T) for i in at]
