"""A chapter's experiments: what is measured, and at which cells; nothing is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from replearn.experiments.learning_curves import measure_curve
from replearn.experiments.sweep import Sweep, grid

DIMENSIONS, DEGREES = (10, 20), (2, 3)
LEARNERS = ("random-features", "oracle")


def errors(
    ns: Sequence[int], seed: int, d: int, degree: int, width: int = 64
) -> Mapping[str, Sequence[float]]:
    """Test error over Var f* of each learner at each n: curve -> values."""
    found: dict[str, list[float]] = {}
    for learner in LEARNERS:
        found |= measure_curve(ns, seed, learner, d, 1, degree, width=width)
    return found


ERRORS = Sweep(
    "chapter-template",
    errors,
    grid(d=DIMENSIONS, degree=DEGREES),
    "What the table holds, for whoever finds it: r = 1, 64 neurons.",
    sizes=lambda d: [d * d // 2, 2 * d * d, 8 * d * d],
)
