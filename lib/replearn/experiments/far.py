"""Far out: more samples than memory holds, drawn again block by block for each sum."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from replearn.checks import CPU, Device, check_int
from replearn.experiments.first_layer import layer_shares, trial
from replearn.experiments.learning_curves import KERNELS, measure_curves
from replearn.learners import AdamNetwork, OneStepNetwork
from replearn.streams import Stream
from replearn.targets import MultiIndex, paper_target

BLOCK = 8192  # samples: 170 MB at d = 5120
ADAM_RATE = 1e-2


def sample_blocks(
    target: MultiIndex, n: int, seed: int, device: Device = CPU
) -> Iterator[tuple[Tensor, Tensor]]:
    """Noiseless training samples in blocks, each from a stream of its own.

    The first n of them do not depend on how many follow.

    Args: target: f*. n: how many. seed: >= 0. device: where they are made.
    Returns: x (rows, d) and y (rows,), float32, rows = BLOCK but for the last.
    Cost: O(n d) time, O(BLOCK d) memory.
    """
    for start in range(0, check_int("n", n), BLOCK):
        place = (target.d, start // BLOCK)
        stream = Stream("training inputs", seed, *place, device=device)
        x = stream.normal(BLOCK, target.d, dtype=torch.float32)[: n - start]
        yield x, target(x)


def measure_far(
    seed: int,
    learner: str,
    d: int,
    n: int,
    width: int,
    steps: int,
    r: int = 1,
    degree: int = 3,
    device: Device = CPU,
) -> dict[str, float]:
    """Test error of one learner on the paper's target at any d and n.

    Ridges, and where Adam stops, are chosen on 500 held-out samples; Adam's rate is
    0.01. Kernels are computed on the CPU wherever the networks are.

    Args:
        seed: of data and network. learner: "one-step", "adam" or a kernel.
        d: input dimension. n: samples. width: of the network, 0 for a kernel.
        steps: 1 for one step, Adam's budget, 0 for a kernel. r, degree: of the target.
        device: where data and network are drawn and computed.
    Returns: error, relative to Var f*; overlap, the layer's share, NaN for others.
    Cost: one step O(n width (d + width)) in memory O(BLOCK (d + width)); for the rest
        see `learning_curves.estimate_seconds`.
    """
    target = paper_target(d, r, degree)
    if learner in KERNELS:
        error = float(measure_curves(learner, [target], [n], seed))
        return {"error": error, "overlap": float("nan")}
    if learner == "adam":
        x, y, choice, error_of = trial(target, n, seed, device=device)
        network = AdamNetwork(
            width, ADAM_RATE, steps, held_out=choice.held_out, seed=seed, device=device
        )
        return {"error": error_of(network.fit(x, y)), "overlap": float("nan")}
    _, _, choice, error_of = trial(target, 1, seed, device=device)
    one_step = OneStepNetwork(width, choice=choice, seed=seed, device=device)
    fit = one_step.fit_blocks(partial(sample_blocks, target, n, seed, device))
    overlap = float(layer_shares(fit.first_layer())[:r].sum())
    return {"error": error_of(fit), "overlap": overlap}
