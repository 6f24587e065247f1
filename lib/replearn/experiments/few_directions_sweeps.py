"""The grids behind "Kernel versus network", one function per kind of cell."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from replearn.experiments.learning_curves import (
    DEGREES,
    DIMENSIONS,
    DIRECTIONS,
    KERNELS,
    LARGEST_DIMENSION,
    LEARNERS,
    SEEDS,
    draw,
    estimate_seconds,
    measure_curves,
    network_sizes,
    sizes_of,
)
from replearn.experiments.first_layer import step_layer
from replearn.experiments.sweep import Cell, Row, Sweep
from replearn.targets import (
    MultiIndex,
    paper_target,
    rank_deficient_target,
)


def grid() -> Iterator[tuple[int, int, int]]:
    """All (d, r, degree) of the main table.

    Returns:
        An iterator of triples.
    Cost:
        O(1).
    Example:
        >>> len(list(grid()))
        39
    """
    for d in (*DIMENSIONS, LARGEST_DIMENSION):
        for r in DIRECTIONS if d in DIMENSIONS else (1,):
            for degree in DEGREES:
                yield d, r, degree


def _cells() -> list[Cell]:
    """One cell per learner, d and seed, with all targets that can share its work.

    A factor of the ntk or rbf kernel, or a basis of fixed features, serves all
    targets on the same inputs; the polynomial kernel is matched to the degree; the
    trained networks are split further, so that two workers finish together.
    """
    cells: list[Cell] = []
    for learner in LEARNERS:
        for d in (*DIMENSIONS, LARGEST_DIMENSION):
            together = learner in ("ntk", "rbf", "random-features", "oracle")
            for degrees in [DEGREES] if together else [(p,) for p in DEGREES]:
                targets = [[r, p] for (e, r, p) in grid() if e == d and p in degrees]
                for seed in SEEDS:
                    cells.append(
                        {"learner": learner, "d": d, "targets": targets, "seed": seed}
                    )
    return sorted(cells, key=_cost)


def _cost(cell: Cell) -> float:
    learner, d = cell["learner"], cell["d"]
    repeats = 1 if learner in KERNELS else len({r for r, _ in cell["targets"]})
    return estimate_seconds(learner, d, sizes_of(learner, d), seeds=repeats)


def _run(cell: Cell) -> list[Row]:
    learner, d, seed = cell["learner"], cell["d"], cell["seed"]
    ns = sizes_of(learner, d, max(degree for _, degree in cell["targets"]))
    targets = [paper_target(d, r, degree) for r, degree in cell["targets"]]
    errors = measure_curves(learner, targets, ns, seed)
    return [
        {
            "d": d,
            "r": r,
            "degree": degree,
            "learner": learner,
            "n": n,
            "seed": seed,
            "error": float(errors[i, t]),
        }
        for t, (r, degree) in enumerate(cell["targets"])
        for i, n in enumerate(ns)
    ]


KERNEL_VS_NETWORK = Sweep(
    name="kernel-vs-network",
    cells=_cells(),
    run=_run,
    keys=("d", "r", "degree", "learner", "n", "seed"),
    note="Test error / Var f* of seven learners on He_2 + He_p targets, noiseless.",
)


def _run_width(cell: Cell) -> list[Row]:
    d, width, seed = cell["d"], cell["width"], cell["seed"]
    ns = network_sizes(d)
    errors = measure_curves("one-step", [paper_target(d, 1, 3)], ns, seed, width=width)
    return [
        {"d": d, "width": width, "n": n, "seed": seed, "error": float(errors[i, 0])}
        for i, n in enumerate(ns)
    ]


WIDTH_SWEEP = Sweep(
    name="width",
    cells=[
        {"d": d, "width": width, "seed": seed}
        for d in DIMENSIONS
        for width in (128, 512, 2048)
        for seed in SEEDS
    ],
    run=_run_width,
    keys=("d", "width", "n", "seed"),
    note="One-step network on r = 1, degree 3: test error at three widths.",
)

CONTROL_DIMENSION = 40
CONTROL_SIZES = tuple(factor * CONTROL_DIMENSION**2 for factor in (2, 4, 8, 16, 32, 64))


def control_target(name: str, d: int = CONTROL_DIMENSION) -> MultiIndex:
    """The control, He_2(z_1) and He_3(z_2) only, or its twin with both in both.

    Args:
        name: "rank-deficient" or "full-rank". d: input dimension.
    Returns:
        A target with r = 2 and degree 3.
    Cost:
        O(1).
    Example:
        >>> control_target("full-rank").r
        2
    """
    if name == "rank-deficient":
        return rank_deficient_target(d)
    return paper_target(d, 2, 3)


def _run_control(cell: Cell) -> list[Row]:
    target, learner, seed = (
        control_target(cell["target"]),
        cell["learner"],
        cell["seed"],
    )
    ns = list(CONTROL_SIZES)
    errors = measure_curves(learner, [target], ns, seed)[:, 0]
    rows = [
        {"target": cell["target"], "learner": learner, "n": n, "seed": seed}
        | {"error": float(errors[i])}
        for i, n in enumerate(ns)
    ]
    if learner == "one-step":
        x = draw(target.d, ns[-1], seed).x
        for row, n in zip(rows, ns, strict=True):
            shares = step_overlaps(x[:n], target(x[:n]), seed)[: target.r]
            row |= {f"overlap_{i + 1}": float(s) for i, s in enumerate(shares)}
    return rows


def step_overlaps(x: Tensor, y: Tensor, seed: int) -> Tensor:
    """The share of |W|_F^2 along each coordinate after the one step: (d,).

    Args:
        x: inputs (n, d). y: labels (n,). seed: of the network.
    Returns:
        Shares that sum to 1.
    Cost:
        O(n m d).
    Example:
        >>> x, _ = paper_target(3, 1, 2).sample(50, seed=0)
        >>> round(float(step_overlaps(x, x[:, 0] ** 2, seed=0).sum()), 5)
        1.0
    """
    w = step_layer(x, y, seed)
    return w.square().sum(0) / w.square().sum()


NEGATIVE_CONTROL = Sweep(
    name="negative-control",
    cells=[
        {"target": target, "learner": learner, "seed": seed}
        for learner in ("one-step", "adam")
        for target in ("rank-deficient", "full-rank")
        for seed in SEEDS
    ],
    run=_run_control,
    keys=("target", "learner", "n", "seed"),
    note="d = 40: a direction missing from the Hessian, beside the full-rank twin.",
)
