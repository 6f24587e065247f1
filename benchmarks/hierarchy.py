"""Algorithm 1 for many seeds and gaps: one batched product against a loop."""

from __future__ import annotations

import torch
from torch import Tensor

from replearn.learners import AlgorithmOne
from replearn.targets import paper_hierarchy

from .timing import Result, compare, scaled, timed

GAPS, SEEDS, SAMPLES = (0.03, 0.1, 0.3, 1.0), range(5), 5000
# the sums run in another order, and training amplifies the rounding
TOLERANCE = 1e-4


def compare_climbs(scale: float, repetitions: int) -> list[Result]:
    """Four gaps and five seeds of the paper's class at d = 10.

    Args:
        scale: of the number of steps. repetitions: timed pairs.
    Returns:
        The comparison.
    """
    each = [(paper_hierarchy(10, (1.0, a), seed=s), s) for a in GAPS for s in SEEDS]
    steps = 50 * max(1, scaled(1000, scale) // 50)
    network = AlgorithmOne(steps, hold=100, every=steps // 2)

    def batched() -> Tensor:
        targets, seeds = zip(*each, strict=True)
        return network.climb(targets, seeds, SAMPLES).apart[..., 0]

    def loop() -> Tensor:
        found = [network.climb([t], [s], SAMPLES).apart[..., 0] for t, s in each]
        return torch.cat(found)

    return [
        compare(
            f"Algorithm 1, {len(each)} gaps and seeds: d = 10, L = 3, {steps} steps",
            ("one batched product", lambda: timed(batched)),
            ("one after the other", lambda: timed(loop)),
            repetitions,
            tolerance=TOLERANCE,
            target=3.0,
        )
    ]
