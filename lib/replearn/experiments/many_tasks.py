"""How near the neurons come to the plane that all tasks share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from replearn.checks import check_choice, check_matrix, check_sizes
from replearn.learners import ManyTaskStep
from replearn.learners.many_tasks import Block
from replearn.streams import Stream
from replearn.targets import BooleanTasks, draw_tasks

WIDTH = 128
# what the tasks are, or what was done to them -> the family that they are drawn from
KINDS = {
    "balanced": "balanced",
    "iid": "iid",
    "centred": "iid",
    "cancelled": "iid",
    "coordinate": "coordinate",
    "xor": "xor",
    "shuffled": "balanced",
    "shared": "balanced",
    "own-planes": "balanced",
    "single-task": "balanced",
}


def plane_sine(w: Tensor, directions: Tensor) -> float:
    """Sine of the largest angle between W's r leading singular directions and U's.

    Args: w: first layer (m, d). directions: orthonormal U (r, d).
    Returns: 0 for the same plane, 1 where one direction is missed altogether.
    Cost: O(m d^2 + d^3).
    """
    w = check_matrix("w", w, dtype=torch.float64)
    u = check_matrix("directions", directions, w.shape[1], torch.float64)
    top = torch.linalg.eigh(w.T @ w).eigenvectors[:, -len(u) :]
    missed = torch.linalg.matrix_norm(top - u.T @ (u @ top), 2)
    return min(float(missed), 1.0)


def outside_share(w: Tensor, r: int) -> float:
    """The share of |W|^2 outside the first r coordinates.

    Args: w: first layer (m, d), not zero. r: dimension of the plane.
    Returns: the share, 0 to 1.
    Cost: O(m d).
    """
    return float(w[:, r:].square().sum() / w.square().sum())


def neuron_share(w: Tensor, r: int) -> float:
    """The share of a neuron's square in the first r coordinates, each counting alike.

    Args: w: first layer (m, d), no row zero. r: dimension of the plane.
    Returns: the mean share, 0 to 1.
    Cost: O(m d).
    """
    return 1 - outside_share(torch.nn.functional.normalize(w, dim=1), r)


def learn_layers(
    kind: str,
    d: int,
    r: int,
    samples: int,
    counts: Sequence[int],
    seed: int,
    width: int = WIDTH,
) -> dict[int, Tensor]:
    """The first layer after the step on the first T tasks, for each T of `counts`.

    Args:
        kind: one of KINDS. d, r: dimension and directions, the first coordinates.
        samples: n of each task for each of both steps. counts: increasing T.
        seed: of tasks, samples and start. width: number of neurons.
    Returns: T -> W (width, d).
    Cost: O(T n d width), one pass for all; 0.4 s for T = 256, n = 500, d = 50.
    """
    family = KINDS[check_choice("kind", kind, list(KINDS))]
    counts = check_sizes("counts", counts, maximum=10**6)
    tasks = draw_tasks(family, d, r, counts[-1], seed)
    if kind == "single-task":  # the same samples, all labelled by the first task
        tasks = BooleanTasks(d, r, tasks.table[:, :1].expand(-1, len(tasks)))
    network = ManyTaskStep(width, kind == "centred", kind == "cancelled", seed)
    if kind == "shared":  # one sample for all tasks: a pass for each T
        found = {}
        for t in counts:
            few = BooleanTasks(d, r, tasks.table[:, :t])
            parts = (few.blocks(samples, seed, part=p, shared=True) for p in PARTS)
            found[t] = network.first_layer(*parts)
        return found
    layers = network.layers(*(_blocks(kind, tasks, samples, seed, p) for p in PARTS))
    return {t: layer for t, layer in layers if t in counts}


PARTS = ("source", "training")  # of the samples: for the heads, for the layer


def _blocks(
    kind: str, tasks: BooleanTasks, n: int, seed: int, part: str
) -> Iterator[Block]:
    """The samples of every task, or what a control makes of them."""
    for t, (x, y) in enumerate(tasks.blocks(n, seed, part=part)):
        if kind == "shuffled":
            y = y[Stream("resampling", seed, PARTS.index(part), t).order(n)]
        if kind == "own-planes":  # the same turn of the inputs for both steps
            draw = Stream("resampling", seed, t).normal(tasks.d, tasks.d)
            x = x @ torch.linalg.qr(draw).Q.to(x)
        yield x, y


def measure_alignment(
    counts: Sequence[int], seed: int, kind: str, d: int, r: int, samples: int
) -> dict[str, list[float]]:
    """How far the layer is from the plane, after the step on T tasks for each T.

    Args: counts, seed, kind, d, r, samples: see `learn_layers`.
    Returns: plane, the `plane_sine`; neurons, the root of the `outside_share`.
    Cost: as `learn_layers`.
    """
    layers = learn_layers(kind, d, r, samples, counts, seed).values()
    u = torch.eye(r, d)
    return {
        "plane": [plane_sine(w, u) for w in layers],
        "neurons": [outside_share(w, r) ** 0.5 for w in layers],
    }


def measure_coefficients(
    kind: str, d: int, r: int, samples: int, tasks: int, seed: int
) -> tuple[float, float]:
    """What is left of a neuron after the step: in the plane, and outside.

    Args: kind, d, r, samples, seed: see `learn_layers`. tasks: T.
    Returns: the regression of the new weights on the old ones in both.
    Cost: as `learn_layers`.
    """
    layer = learn_layers(kind, d, r, samples, [tasks], seed)[tasks].double()
    start = ManyTaskStep(WIDTH, seed=seed).start(d).double()
    slopes = (layer * start).sum(0) / start.square().sum(0)
    return float(slopes[:r].mean()), float(slopes[r:].mean())


def likeness(w: Tensor, r: int, seed: int, n: int = 400) -> float:
    """How much more alike inputs of one sign pattern look to a layer than others.

    The mean cosine between features relu(Wx) of two inputs with the same signs along
    the first r coordinates, less that of two with different ones.

    Args: w: first layer (m, d). r: signs. seed: of the inputs. n: how many.
    Returns: the difference.
    Cost: O(n d m + n^2 m).
    """
    x = Stream("test inputs", seed, w.shape[1]).normal(n, w.shape[1]).to(w)
    phi = torch.nn.functional.normalize(torch.relu(x @ w.T), dim=1)
    cosines, signs = phi @ phi.T, x[:, :r].sign()
    same = signs @ signs.T == r
    apart = ~same
    same.fill_diagonal_(False)
    return float(cosines[same].mean() - cosines[apart].mean())


def estimate_seconds(d: int, samples: int, tasks: int) -> float:
    """Seconds that `measure_alignment` takes on one core, at most.

    An idle core took two fifths of them, and of many samples a twelfth.

    Args: d: dimension. samples: of each task. tasks: T.
    Returns: seconds.
    Cost: O(1).
    """
    return tasks * (5e-4 + samples * (2e-7 * WIDTH + d * 3e-8))
