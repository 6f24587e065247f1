"""Levels that are frozen when the next one joins, and what their read-outs may do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from replearn.checks import check_choice
from replearn.experiments.hierarchy import SAMPLES, SKIP_SHARE, WIDTH, powers_of
from replearn.experiments.sweep import Measured
from replearn.learners import AlgorithmOne, StagedNetwork, turned_to
from replearn.learners.levels import truth
from replearn.targets import Hierarchy, paper_hierarchy

D = 10
# what is learnt -> inputs, levels up to L, steps of each stage
KINDS: dict[str, tuple[str, int, tuple[int, ...]]] = {
    "bounded": ("uniform", 3, (1000, 1500)),
    "Gaussian": ("gaussian", 3, (1000, 2500)),
    "four levels": ("uniform", 4, (1000, 1500, 3000)),
}
# what becomes of a level when the next one joins
MODES: dict[str, dict[str, Any]] = {
    "joint": {"after": "joint"},
    "frozen": {"after": "frozen"},
    "refit": {"after": "refit"},
    "free": {"after": "free"},
    "wide": {"after": "refit", "wide": 2},
    "true": {"after": "refit"},  # with the true features held
}


def draw_targets(
    kind: str, gaps: Sequence[float], seeds: Sequence[int]
) -> list[Hierarchy]:
    """Targets of the paper's class in ten inputs, two features on each level.

    Args: kind: of KINDS. gaps, seeds: one of each for each target.
    Returns: the targets.
    Cost: 0.1 s each.
    Example:
        >>> [target] = draw_targets("four levels", [0.1], [0])
        >>> target.alphas
        (1.0, 0.1, 0.010000000000000002)
    """
    inputs, levels, _ = KINDS[check_choice("kind", kind, tuple(KINDS))]
    settings: dict[str, Any] = {"skip_share": SKIP_SHARE, "inputs": inputs}
    return [
        paper_hierarchy(D, powers_of(gap, levels), WIDTH, seed, **settings)
        for gap, seed in zip(gaps, seeds, strict=True)
    ]


def true_features(targets: Sequence[Hierarchy]) -> dict[int, torch.Tensor]:
    """The true K of every level but the last, for the plain learner.

    Args: targets: of one shape, nothing centred.
    Returns: level -> (targets, k, q), what `climb` takes as `held`.
    Cost: O(k q) each.
    Example:
        >>> held = true_features(draw_targets("bounded", [0.1], [0]))
        >>> {level: tuple(k.shape) for level, k in held.items()}
        {2: (1, 2, 11)}
    """
    pad = torch.zeros(WIDTH, 1, dtype=torch.float64)  # of its constant
    return {
        level: torch.stack([torch.cat([truth(t, level), pad], 1) for t in targets])
        for level in list(targets[0].levels)[:-1]
    }


def top_variance(target: Hierarchy) -> float:
    """The variance of the last level's part of the label.

    Args: target: which.
    Returns: alpha_L^2 Var |S_L|^2, over 20 000 inputs.
    Cost: 20 ms.
    Example:
        >>> target = draw_targets("bounded", [0.1], [0])[0]
        >>> 0.01 < top_variance(target) < 1
        True
    """
    top = list(target.levels)[-1]
    part = target.features(target.draw(SAMPLES, 1, "test"))[top].square().sum(1)
    return float(target.alphas[-1] ** 2 * part.var())


def measure_modes(
    kind: str, mode: str, n: int, gaps: Sequence[float], seeds: Sequence[int]
) -> Measured:
    """The plain learner in one mode on n samples, all targets in one product.

    Args: kind, mode: of KINDS and MODES. n: samples. gaps, seeds: of the targets.
    Returns: columns gap, error, apart, missing, an entry for each target: the label's
        error over `top_variance`; of level 2 before the next one joins, E|S* - US|^2
        and 1 - R^2.
    Cost: 1.5 ms a step for ten targets; 2500 to 5500 steps.
    Example:
        >>> list(measure_modes("bounded", "joint", 60, [0.1], [0]))
        ['gap', 'error', 'apart', 'missing']
    """
    targets = draw_targets(kind, gaps, seeds)
    chosen = MODES[check_choice("mode", mode, tuple(MODES))]
    network = StagedNetwork(KINDS[kind][2], batch=128, **chosen)
    held = true_features(targets) if mode == "true" else None
    found = network.climb(targets, seeds, n, held)
    at = [(run, found.when(run, 3), 0) for run in range(len(seeds))]
    sizes = np.array([top_variance(target) for target in targets])
    return {
        "gap": np.array(gaps),
        "error": found.mse[:, -1].numpy() / sizes,
        "apart": np.array([float(found.apart[place]) for place in at]),
        "missing": np.array([float(found.missing[place]) for place in at]),
    }


def measure_features(
    regularisers: tuple[float, float, float, float], gap: float, seeds: Sequence[int]
) -> Measured:
    """Algorithm 1 on bounded inputs and three levels, with these regularisers.

    Args: regularisers: lambda_3 to lambda_6. gap: of all targets. seeds: of each.
    Returns: columns gap, level, feature_error, missing, mse: two entries for each
        target, E|S* - US|^2 and 1 - R^2 of levels 2 and 3 at the end; the label's.
    Cost: 6 s for five targets.
    """
    targets = draw_targets("bounded", [gap] * len(seeds), seeds)
    network = AlgorithmOne(4000, patience=1000, regularisers=regularisers)
    found = network.climb(targets, seeds, SAMPLES)
    many = 2 * len(seeds)
    return {
        "gap": np.full(many, gap),
        "level": np.array([2, 3] * len(seeds)),
        "feature_error": found.apart[:, -1].numpy().flatten(),
        "missing": found.missing[:, -1].numpy().flatten(),
        "mse": found.mse[:, -1].numpy().repeat(2),
    }


def first_level(kind: str, gap: float, seed: int, n: int) -> dict[str, torch.Tensor]:
    """The first level's features of new inputs: true, and learnt in three ways.

    Args: kind: of KINDS. gap, seed: of the target. n: new inputs.
    Returns: "true", "alone" and "together" with the next level, these two after the
        best rotation, and "re-fitted": alone, after the best affine map; (n, 2) each.
    Cost: 2 s.
    Example:
        >>> sorted(first_level("bounded", 1.0, 0, 100))
        ['alone', 're-fitted', 'together', 'true']
    """
    [target] = drawn = draw_targets(kind, [gap], [seed])
    x = target.draw(n, 1, "test")
    found = {"true": target.features(x)[2]}
    for state, second in (("alone", 0), ("together", 3000)):
        network = StagedNetwork((1000, second), batch=128)
        net = network.climb(drawn, [seed]).network
        inside = net.forward(x[None])[1]["S"][2][0]
        found[state] = turned_to(found["true"], inside)
    one = torch.ones(n, 1, dtype=torch.float64)
    alone = torch.cat([found["alone"], one], 1)
    best = torch.linalg.lstsq(alone, found["true"]).solution
    return {**found, "re-fitted": alone @ best}


def rows_of(found: Measured, seed: int, seeds: int) -> Measured:
    """Of columns whose entries are ordered by seed, those of one.

    Args: found: the columns. seed: which, from zero. seeds: how many there are.
    Returns: its part of each column.
    Cost: O(entries).
    Example:
        >>> rows_of({"gap": np.array([1, 2, 3, 4])}, 1, 2)["gap"].tolist()
        [3, 4]
    """
    mine = np.array_split(np.arange(len(next(iter(found.values())))), seeds)[seed]
    return {name: np.asarray(values)[mine] for name, values in found.items()}
