"""Far out: a GPU beside the CPU, and theory beside what it spares."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from replearn.experiments.far import measure_far
from replearn.experiments.learning_curves import measure_curves
from replearn.targets import paper_target
from replearn.theory import kernel_floor, predict_network_limit

from .timing import Result, compare, scaled, timed

WIDTH, SEEDS = 512, 4


def cell(d: int, n: int, seeds: int, device: str) -> Tensor:
    """The mean error of far cells.

    Args:
        d: input dimension. n: samples. seeds: how many. device: where.
    Returns:
        The mean over the seeds.
    """
    runs = [
        measure_far(seed, "one-step", d, n, WIDTH, 1, device=device)["error"]
        for seed in range(seeds)
    ]
    return torch.tensor(runs, dtype=torch.float64).mean()[None]


def compare_devices(scale: float, repetitions: int) -> list[Result]:
    """Cells of the sweep `far` on a GPU and on the CPU, where there is a GPU.

    Args:
        scale: of the dimensions. repetitions: timed pairs.
    Returns:
        One comparison for each d; none without a GPU.
    """
    if not torch.cuda.is_available():
        print("far cells on CPU and GPU: no GPU here", end="\n\n")
        return []
    found = []
    for d in (40, 160, 640):
        d = scaled(d, scale, minimum=10)
        on_gpu, on_cpu = (partial(cell, d, d * d, SEEDS, at) for at in ("cuda", "cpu"))
        found.append(
            compare(
                f"one step, d = {d}, n = d^2, {SEEDS} seeds",
                ("GPU", lambda run=on_gpu: timed(run)),
                ("CPU", lambda run=on_cpu: timed(run)),
                repetitions,
                tolerance=0.5,
                note="each device has its own random numbers",
            )
        )
    return found


def compare_theory(scale: float, repetitions: int) -> list[Result]:
    """The network's limit beside its simulation, the kernels' floor beside a kernel.

    Args:
        scale: of the dimensions. repetitions: timed pairs.
    Returns:
        Two comparisons, whose sides agree as far as theory does.
    """
    d, half = scaled(160, scale, minimum=20), 0.5**0.5
    link = [0.0, 0.0, half, half]
    small = paper_target(scaled(20, scale, minimum=10), 1, 3)
    ns = [small.d**3 * part // 20 for part in (1, 2, 3)]
    return [
        compare(
            f"one step, {WIDTH} neurons, n = d^2",
            ("limit of large d", lambda: timed(lambda: _limit(link))),
            (f"simulated at d = {d}", lambda: timed(lambda: cell(d, d * d, 1, "cpu"))),
            repetitions,
            tolerance=1.0,
            note="one draw each; at a finite d the error is larger than in the limit",
        ),
        compare(
            f"no kernel, and the polynomial one, d = {small.d}",
            (
                "floor under every kernel",
                lambda: timed(lambda: kernel_floor(small, ns)),
            ),
            (
                "the matched polynomial kernel",
                lambda: timed(
                    lambda: measure_curves("polynomial", [small], ns, 0)[:, 0]
                ),
            ),
            repetitions,
            tolerance=1.0,
            note="the kernel's errors must lie above the floor",
        ),
    ]


def _limit(link: list[float]) -> Tensor:
    return predict_network_limit(WIDTH, link, [1.0])
