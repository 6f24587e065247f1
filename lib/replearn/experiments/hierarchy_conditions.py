"""What Algorithm 1's conditions are needed for: the gap, the skip link, the ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np
import torch

from replearn.checks import check_choice
from replearn.experiments.hierarchy import (
    SKIP_SHARE,
    algorithm_one,
    each,
    of_seed,
    powers_of,
)
from replearn.experiments.sweep import Measured
from replearn.learners import AlgorithmOne
from replearn.learners.hierarchy import Training
from replearn.targets import Hierarchy, paper_hierarchy

SEEDS = tuple(range(500, 505))  # used for nothing before
AT_ONCE = {"steps": 3000, "hold": 0, "patience": 0}
# gaps; settings of the target, of the algorithm
CONDITIONS: dict[str, tuple[tuple[float, ...], Mapping[str, Any], Mapping[str, Any]]]
CONDITIONS = {
    "thresholds alone": ((0.3, 1.0), {"d": 10, "k": 2}, AT_ONCE),
    "rank": ((0.03, 0.1, 0.3), {"d": 30, "k": 2}, AT_ONCE),
    "skip link": ((0.1,), {"d": 15, "k": 3}, {}),
    "no skip link": ((0.1,), {"d": 15, "k": 3, "links": {2: (1,), 3: (2,)}}, {}),
}


class _Counted(AlgorithmOne):
    """Algorithm 1 that keeps the eigenvalues of W_2^T W_2 when K_2 is distilled."""

    @cached_property
    def sizes(self) -> dict[int, list[float]]:
        """Run -> these eigenvalues, the largest first."""
        return {}

    def look(self, training: Training, step: int) -> None:
        """Look, and keep the values where this was the look that distilled."""
        super().look(training, step)
        w = training.net.parameters[2, "W"]
        for run in (training.known[:, 0] == step).nonzero().flatten().tolist():
            self.sizes[run] = torch.linalg.svdvals(w[run]).square().tolist()


def spread(target: Hierarchy) -> float:
    """kappa of a target: all singular values of its weights lie in [1/kappa, kappa].

    Args: target: whose weights.
    Returns: the smallest such number, >= 1.
    Cost: O(d k^2) for each matrix.
    Example:
        >>> w = {(2, 1): [[0.5, 0.0]], (3, 2): [[1.0]]}
        >>> spread(Hierarchy(2, (1.0, 0.1), w))
        2.0
    """
    sizes = torch.cat([torch.linalg.svdvals(w) for w in target.weights.values()])
    return float(torch.maximum(sizes, 1 / sizes).max())


def under_condition(condition: str, seeds: Sequence[int]) -> Measured:
    """Algorithm 1 under one of the conditions, at all its gaps.

    Args: condition: a key of `CONDITIONS`. seeds: of the targets and the trainings.
    Returns: columns gap, joined (the step at which level 3 came in, -1 for never), rank
        (how many eigenvalues of W_2^T W_2 at the distillation reach 1 / (10 kappa^2),
        -1 where nothing was distilled), top (E|S*_3 - U S_3|^2 at the end), mse; the
        runs of one seed stand together.
    Cost: 20 to 60 s for five seeds.
    """
    at_gaps, shape, settings = CONDITIONS[
        check_choice("condition", condition, tuple(CONDITIONS))
    ]
    gaps, drawn = each(at_gaps, seeds)
    targets = [
        paper_hierarchy(alphas=powers_of(a, 3), seed=s, skip_share=SKIP_SHARE, **shape)
        for a, s in zip(gaps, drawn, strict=True)
    ]
    usual = vars(algorithm_one("uniform", 3, **settings))
    network = _Counted(**usual)
    found = network.climb(targets, drawn)
    least = [1 / (10 * spread(target) ** 2) for target in targets]
    ranks = np.full(len(targets), -1)
    for run, sizes in network.sizes.items():
        ranks[run] = sum(size >= least[run] for size in sizes)
    return {
        "gap": np.array(gaps),
        "joined": found.joined[:, 1].numpy(),
        "rank": ranks,
        "top": found.apart[:, -1, 1].numpy(),
        "mse": found.mse[:, -1].numpy(),
    }


@cache
def _all_seeds(condition: str) -> Measured:
    return under_condition(condition, SEEDS)


def conditioned(condition: str, seed: int) -> Measured:
    """Of the runs under one condition, those of one seed.

    Args: condition: as of `under_condition`. seed: its place among `SEEDS`.
    Returns: its columns; top is called feature_error.
    Cost: that of `under_condition`, once.
    """
    return of_seed(_all_seeds(condition), seed, len(SEEDS), "top")
