"""Many seeds of a small trained network: one batched product against a loop."""

from __future__ import annotations

import torch
from torch import Tensor

from replearn.learners import AdamNetwork
from replearn.targets import paper_target

from .timing import Result, compare, scaled, timed

SEEDS, SAMPLES, TEST_POINTS = 16, 2000, 500
# the sums run in another order, in float32, and training amplifies the rounding
TOLERANCE = 1e-4


def compare_seeds(scale: float, repetitions: int) -> list[Result]:
    """Sixteen seeds of the Adam network, at two sizes.

    Args:
        scale: of the number of steps. repetitions: timed pairs.
    Returns:
        One comparison per size of the network.
    """
    return [
        compare_size(10, 64, 64, scaled(500, scale), repetitions, target=5.0),
        compare_size(40, 256, 256, scaled(50, scale), repetitions, target=None),
    ]


def compare_size(
    d: int, width: int, batch: int, steps: int, repetitions: int, target: float | None
) -> Result:
    """Sixteen seeds batched, against sixteen fits.

    Args:
        d: input dimension. width, batch, steps: of the network.
        repetitions: timed pairs. target: of the ratio.
    Returns:
        The comparison.
    """
    x, y = paper_target(d, 1, 3).sample(SAMPLES, seed=0)
    x_test, _ = paper_target(d, 1, 3).sample(TEST_POINTS, seed=1)

    def network(seed: int) -> AdamNetwork:
        return AdamNetwork(width, steps=steps, batch=batch, checkpoints=1, seed=seed)

    def batched() -> Tensor:
        fits = network(0).fit_seeds(x, y, range(SEEDS))
        return torch.stack([fit.predict(x_test) for fit in fits])

    def loop() -> Tensor:
        fits = [network(seed).fit(x, y) for seed in range(SEEDS)]
        return torch.stack([fit.predict(x_test) for fit in fits])

    return compare(
        f"Adam network, {SEEDS} seeds: d = {d}, width {width}, batch {batch}, "
        f"{steps} steps",
        ("one batched product", lambda: timed(batched)),
        ("one seed after the other", lambda: timed(loop)),
        repetitions,
        tolerance=TOLERANCE,
        target=target,
        note="" if target else "larger products keep the core busy on their own",
    )
