"""The grids behind "When it fails": a quadratic part that fades, and a large kappa."""

from __future__ import annotations

from replearn.experiments.curvature import measure_target
from replearn.experiments.learning_curves import SEEDS, network_sizes
from replearn.experiments.first_layer import measure_subspace
from replearn.experiments.sweep import Cell, Row, Sweep
from replearn.targets.curvature import conditioned_target, quadratic_target

DIMENSIONS = (20, 40, 80)
DEGREES = (3, 4)
SHARES = (0.0, 0.01, 0.05, 0.2, 0.5, 1.0)
# at one half and at one the main table, kernel-vs-network, has the errors
NEW_SHARES = (0.0, 0.01, 0.05, 0.2)


def adam_factors(quadratic: float) -> tuple[int, ...]:
    """The n/d^2 at which Adam is measured; few, since it costs most.

    Args:
        quadratic: one of NEW_SHARES.
    Returns:
        Factors.
    Cost:
        O(1).
    Example:
        >>> adam_factors(0.0), adam_factors(0.2)
        ((1, 4, 16), (4, 16))
    """
    return (4, 16) if quadratic else (1, 4, 16)


def _run_share(cell: Cell) -> list[Row]:
    d, learner, quadratic = cell["d"], cell["learner"], cell["quadratic"]
    ns = network_sizes(d, 1)
    if learner == "adam":
        ns = [factor * d * d for factor in adam_factors(quadratic)]
    target = quadratic_target(d, 1, cell["degree"], quadratic)
    rows = measure_target(target, learner, ns, cell["seed"])
    return [{**cell, "n": row["n"], "error": row["error"]} for row in rows]


QUADRATIC_SHARE = Sweep(
    name="quadratic-share",
    cells=[
        {"learner": learner, "d": d, "degree": p, "quadratic": w, "seed": seed}
        for learner in ("one-step", "adam")
        for d in DIMENSIONS
        for p in DEGREES
        for w in NEW_SHARES
        if learner == "one-step" or d < DIMENSIONS[-1] or not w
        for seed in SEEDS
    ],
    run=_run_share,
    keys=("learner", "d", "degree", "quadratic", "n", "seed"),
    note="r = 1: test error when the quadratic part has little weight or none.",
)

# a table of its own, since these few cells take as long as all smaller d together
ADAM_SHARE = Sweep(
    name="quadratic-share-adam",
    cells=[
        {"learner": "adam", "d": DIMENSIONS[-1], "degree": p, "quadratic": w, "seed": s}
        for p in DEGREES
        for w in NEW_SHARES
        if w
        for s in SEEDS
    ],
    run=_run_share,
    keys=("learner", "d", "degree", "quadratic", "n", "seed"),
    note="The Adam network at d = 80 with a little quadratic part.",
)

# He_p alone leaks for small d and not for large: more dimensions, and one degree more
LEAK_DIMENSIONS = (10, 20, 40, 80, 160)
LEAK_DEGREES = (3, 4, 5)


def _overlap_settings() -> list[tuple[int, int, float]]:
    """(d, degree, quadratic) of the overlaps, each once."""
    grid = {(d, p, w) for d in DIMENSIONS for p in DEGREES for w in SHARES}
    return sorted(grid | {(d, p, 0.0) for d in LEAK_DIMENSIONS for p in LEAK_DEGREES})


def _run_overlap(cell: Cell) -> list[Row]:
    d = cell["d"]
    ns = [n for n in network_sizes(d, 1) if n <= 110_000]
    target = quadratic_target(d, 1, cell["degree"], cell["quadratic"])
    found = measure_subspace(target, ns, cell["seed"])
    return [
        {**cell, "n": n, "overlap": neurons}
        for n, (neurons, _) in zip(ns, found, strict=True)
    ]


CURVATURE_OVERLAP = Sweep(
    name="curvature-overlap",
    cells=[
        {"d": d, "degree": p, "quadratic": w, "seed": seed}
        for d, p, w in _overlap_settings()
        for seed in SEEDS
    ],
    run=_run_overlap,
    keys=("d", "degree", "quadratic", "n", "seed"),
    note="r = 1: overlap of the neurons after one step, for every quadratic weight.",
    value="overlap",
)

CONDITION_FACTORS = {20: (1, 2, 4, 8, 16, 32, 64, 128), 40: (1, 2, 4, 8, 16, 32, 64)}
INVERSE_KAPPAS = (0.0, 0.125, 0.25, 0.3333, 0.5, 1.0)


def _run_condition(cell: Cell) -> list[Row]:
    d = cell["d"]
    target = conditioned_target(d, cell["inverse_kappa"])
    ns = [factor * d * d for factor in CONDITION_FACTORS[d]]
    return [
        {**cell, **row} for row in measure_target(target, "one-step", ns, cell["seed"])
    ]


CONDITION = Sweep(
    name="condition",
    cells=[
        {"d": d, "inverse_kappa": inverse, "seed": seed}
        for d in CONDITION_FACTORS
        for inverse in INVERSE_KAPPAS
        for seed in SEEDS
    ],
    run=_run_condition,
    keys=("d", "inverse_kappa", "n", "seed"),
    note="r = 2, p = 3: error and overlaps when H has unequal eigenvalues.",
)

WIDTHS = (128, 512, 2048)
WIDTH_DIMENSIONS = (40, 80)


def _run_width(cell: Cell) -> list[Row]:
    d, width = cell["d"], cell["width"]
    [row] = measure_target(
        quadratic_target(d, quadratic=0.0),
        "one-step",
        [16 * d * d],
        cell["seed"],
        width=width,
    )
    return [{**cell, "error": row["error"]}]


CUBIC_WIDTH = Sweep(
    name="cubic-width",
    cells=[
        {"d": d, "width": width, "seed": seed}
        for d in WIDTH_DIMENSIONS
        for width in WIDTHS
        for seed in SEEDS
    ],
    run=_run_width,
    keys=("d", "width", "seed"),
    note="He_3 alone, n = 16 d^2, one step: test error for three widths.",
)
