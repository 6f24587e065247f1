"""Figure 1 of Damian, Lee & Soltanolkotabi 2022, at its own settings."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from replearn.experiments.sweep import Cell, Row, Sweep
from replearn.kernels import kernel_of
from replearn.learners import LinearisedNetwork, OneStepNetwork, RandomFeatures
from replearn.learners.kernel_ridge import (
    factorise,
    prefix_duals,
    scaled_ridge,
    tuned_errors,
)
from replearn.learners.ridge_head import BLOCK_ROWS, Features, HeadChoice
from replearn.targets import paper_target

Data = tuple[Tensor, Tensor]

DIMENSION, DEGREE, NOISE = 10, 4, 1.0
HELD_OUT = TEST = 100_000
SEEDS = tuple(range(10))
# n = d^k at quarter powers; the paper's axis is log_d n
SIZES = {100: 5.0, 1000: 4.0, 0: 3.75}
FINITE = ("one-step", "random-features", "linearised")
# "ntk-no-bias" is the limit of the linearised network, "nngp" that of random features
INFINITE = ("ntk-no-bias", "nngp", "ntk", "polynomial")
# in units of k(1, 1); with unit noise the best ridges are large
RIDGES = (1e-3, 1e-2, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0)


def sizes(width: int) -> list[int]:
    """Sample sizes d^1.5 up to d^5 (width 100), d^4 (1000), d^3.75 (infinite: 0).

    Args:
        width: 100, 1000, or 0 for the infinite-width kernels.
    Returns:
        Increasing sizes.
    Raises:
        KeyError: another width.
    Cost:
        O(1).
    Example:
        >>> sizes(1000)[-1]
        10000
    """
    quarters = range(6, int(4 * SIZES[width]) + 1)
    return [round(DIMENSION ** (q / 4)) for q in quarters]


def _run(cell: Cell) -> list[Row]:
    learner, width, seed = cell["learner"], cell["width"], cell["seed"]
    ns, (samples, held_out, test) = sizes(width), _draw(width, seed)
    if learner in INFINITE:
        errors = _infinite(learner, ns, samples, held_out, test)
    elif learner == "linearised" and width > 100:
        errors = _by_duals(width, seed, ns, samples, held_out, test)
    else:
        choice = HeadChoice(held_out=held_out)
        network = {
            "one-step": OneStepNetwork(width, choice=choice, seed=seed),
            "random-features": RandomFeatures(width, choice, seed),
            "linearised": LinearisedNetwork(width, choice, seed),
        }[learner]
        errors = network.learning_curve(*samples, ns, *test)
    return [
        {"learner": learner, "width": width, "n": n, "seed": seed, "error": float(e)}
        for n, e in zip(ns, errors, strict=True)
    ]


def _draw(width: int, seed: int) -> tuple[Data, Data, Data]:
    """Samples for the largest size, held-out ones, and noiseless test points."""
    target = paper_target(DIMENSION, 1, DEGREE)
    samples = target.sample(sizes(width)[-1], 3 * seed, NOISE, torch.float32)
    held_out = target.sample(HELD_OUT, 3 * seed + 1, NOISE, torch.float32)
    x_test, _ = target.sample(TEST, 3 * seed + 2, 0.0, torch.float32)
    return samples, held_out, (x_test, target(x_test))


def _infinite(
    learner: str,
    ns: Sequence[int],
    samples: Data,
    held_out: Data,
    test: Data,
) -> Tensor:
    # a Gram against all 200 000 points would not fit: the first tenth of them
    def part(data: Data, points: int) -> Data:
        return data[0][:points].double(), data[1][:points, None].double()

    return tuned_errors(
        kernel_of(learner, DEGREE),
        RIDGES,
        part(samples, ns[-1]),
        ns,
        part(held_out, HELD_OUT // 10),
        part(test, TEST // 10),
    )[:, 0]


def _by_duals(
    width: int,
    seed: int,
    ns: Sequence[int],
    samples: Data,
    held_out: Data,
    test: Data,
) -> Tensor:
    """The linearised network when its features outnumber the small sample sizes."""
    network = LinearisedNetwork(width, seed=seed)
    features = network.features(DIMENSION)
    phi = features(samples[0]).double()
    gram = phi @ phi.T

    def kernel(x: Tensor, z: Tensor) -> Tensor:
        return features(x.float()).double() @ features(z.float()).double().T

    weights = []
    for relative in RIDGES:
        ridge = scaled_ridge(kernel, DIMENSION, relative)
        factor = factorise(gram.clone(), ridge)
        duals = prefix_duals(factor, samples[1][:, None].double(), ns)
        weights.append(phi.T @ duals[:, :, 0])
    stacked = torch.cat(weights, dim=1)
    shape = (len(RIDGES), len(ns))
    judged = _mean_squares(features, stacked, *held_out).reshape(shape)
    errors = _mean_squares(features, stacked, *test).reshape(shape)
    return errors.gather(0, judged.argmin(dim=0, keepdim=True))[0]


def _mean_squares(features: Features, weights: Tensor, x: Tensor, y: Tensor) -> Tensor:
    total = weights.new_zeros(weights.shape[1])
    for start in range(0, len(x), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        residual = features(x[rows]).double() @ weights - y[rows, None]
        total += residual.square().sum(0)
    return total / len(x)


FIGURE_1 = Sweep(
    name="figure-1",
    cells=[
        {"learner": learner, "width": width, "seed": seed}
        for width in (100, 1000)
        for learner in FINITE
        for seed in SEEDS
    ]
    + [
        {"learner": learner, "width": 0, "seed": seed}
        for learner in INFINITE
        for seed in SEEDS[:5]
    ],
    run=_run,
    keys=("width", "learner", "n", "seed"),
    note="Excess squared error at d = 10, p = 4, label noise 1; width 0 is infinite.",
)


def _run_step(cell: Cell) -> list[Row]:
    width, row_norm, seed = cell["width"], cell["row_norm"], cell["seed"]
    samples, held_out, test = _draw(width, seed)
    network = OneStepNetwork(
        width, row_norm, choice=HeadChoice(held_out=held_out), seed=seed
    )
    errors = network.learning_curve(*samples, sizes(width), *test)
    return [
        {"width": width, "row_norm": row_norm, "n": n, "seed": seed, "error": float(e)}
        for n, e in zip(sizes(width), errors, strict=True)
    ]


FIGURE_1_STEP = Sweep(
    name="figure-1-step",
    cells=[
        {"width": width, "row_norm": row_norm, "seed": seed}
        for width, row_norm in ((100, 0.25), (100, 1.0), (100, 2.0), (1000, 1.0))
        for seed in SEEDS
    ],
    run=_run_step,
    keys=("width", "row_norm", "n", "seed"),
    note="Algorithm 1 as in figure-1, whose rows have norm 0.5, at other norms.",
)
