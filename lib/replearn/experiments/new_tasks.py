"""What a first layer that old tasks have taught is worth to a new one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from replearn.checks import check_choice, check_int, check_sizes
from replearn.experiments.many_tasks import WIDTH, learn_layers
from replearn.learners import AlternatingNetwork, HeadChoice, LinearProbe, ManyTaskStep
from replearn.streams import Stream
from replearn.targets import BooleanTasks, draw_tasks
from replearn.targets.boolean import sign_patterns

NEW_TASKS = ("parity", "XOR", "coin toss")
NEW_PARTS = {"held-out": 500, "test": 4000}
NEW = 2**31  # the place of a new task's samples, which no task before has
OLD_TASKS = 256
BLIND = ("oracle", "random-features")  # they see no old task
LAYERS = ("many-tasks", "single-task", "coordinate", "xor", *BLIND)
WAYS = (
    "one step",
    "in turn",
    "in turn, XORs",
    "in turn, one task",
    "in turn, one XOR",
    "apart",
    "together",
)


def new_tasks(d: int, r: int, seed: int) -> BooleanTasks:
    """The parity of r signs, the XOR of the first two, and a task by coin toss.

    Args: d, r: dimension and directions, the first coordinates; r >= 2. seed: of the
        coins.
    Returns: three tasks, in the order of NEW_TASKS.
    Cost: O(2^r).
    Example:
        >>> new_tasks(5, 2, seed=0).table[:, 0].tolist()
        [1.0, -1.0, -1.0, 1.0]
    """
    signs = sign_patterns(check_int("r", r, 2, why="an XOR needs two signs"))
    coins = draw_tasks("iid", d, r, 1, seed).table[:, 0]
    return BooleanTasks(
        d, r, torch.stack([signs.prod(1), signs[:, :2].prod(1), coins], 1)
    )


def taught_layer(
    name: str, d: int, r: int, samples: int, seed: int, width: int = 256
) -> Tensor:
    """A first layer that one step on OLD_TASKS tasks has taught, or its rivals.

    Args:
        name: of LAYERS: "many-tasks", balanced; "single-task", one of them in the
            place of all; "coordinate" or "xor" ones; "random-features", the start, or
            "oracle", the start with nothing outside the plane.
        d, r: dimension and directions. samples: of each task for each step.
        seed: of tasks, samples and start. width: number of neurons.
    Returns: W (width, d).
    Cost: as `learn_layers`; O(width d) for the last two.
    """
    if check_choice("name", name, LAYERS) in BLIND:
        layer = ManyTaskStep(width, seed=seed).start(d)
        layer[:, r:] *= name != "oracle"
        return layer
    kind = "balanced" if name == "many-tasks" else name
    return learn_layers(kind, d, r, samples, [OLD_TASKS], seed, width)[OLD_TASKS]


def made_layer(
    way: str, amount: float, d: int, r: int, samples: int, seed: int
) -> Tensor:
    """A layer of WIDTH neurons that was learnt in one of WAYS, or made by hand.

    Args:
        way: "one step" on `amount` balanced tasks; heads and layer "in turn", `amount`
            times on 1000 samples, with 64 balanced tasks, 64 "XORs", or one; or as in
            `tilted_layer`, of that size.
        amount: see there. d, r: dimension and directions.
        samples: of each task for either half of the one step. seed: of everything.
    Returns: W (WIDTH, d).
    Cost: 7 s for 900 steps at d = 40.
    """
    if check_choice("way", way, WAYS) in ("apart", "together"):
        return tilted_layer(way, amount, d, r, seed)
    count = int(amount)
    if way == "one step":
        return learn_layers("balanced", d, r, samples, [count], seed)[count]
    family = "xor" if "XOR" in way else "balanced"
    drawn = draw_tasks(family, d, r, 1 if "one" in way else 64, seed)
    return AlternatingNetwork(WIDTH, count, seed=seed).first_layer(
        lambda i: drawn.sample(1000, seed, torch.float32, place=1 + i)
    )


def tilted_layer(tilt: str, size: float, d: int, r: int, seed: int) -> Tensor:
    """Neurons made by hand: a useful part of length 1, and one of `size` outside.

    Args:
        tilt: "apart", where each neuron errs in a direction of its own, or "together",
            where the plane is turned as a whole, by an angle of this tangent.
        size: >= 0. d, r: dimension and directions, d >= 2 r. seed: of the directions.
    Returns: W (WIDTH, d), the plane being the first r coordinates.
    Cost: O(WIDTH d).
    """
    draw = Stream("resampling", seed, d, r).normal(WIDTH, d, dtype=torch.float32)
    useful = torch.nn.functional.normalize(draw[:, :r], dim=1)
    if check_choice("tilt", tilt, ("apart", "together")) == "apart":
        useless = torch.nn.functional.normalize(draw[:, r:], dim=1)
    else:
        useless = torch.nn.functional.pad(useful, (0, d - 2 * r))
    return torch.cat([useful, size * useless], dim=1)


def probe_layer(
    layer: Tensor, tasks: BooleanTasks, ns: Sequence[int], seed: int
) -> Tensor:
    """The share of wrong answers to new tasks, of heads fitted to n samples of each.

    The tasks have the same inputs. The ridge of each head is chosen on 500 samples
    that are not counted in n; the answers are to 4000 others.

    Args:
        layer: W (m, d). tasks: k new ones. ns: increasing sizes.
        seed: of samples and biases; no old task has had these samples.
    Returns: (len(ns), k).
    Cost: O(n m^2) for the largest n, O(m^3) for each; 0.1 s for m = 256.
    """
    held, test = (tasks.sample(n, seed, part=p) for p, n in NEW_PARTS.items())
    probe = LinearProbe(layer, HeadChoice(held_out=held), seed)
    new = tasks.sample(check_sizes("ns", ns, 10**6)[-1], seed, place=NEW)
    return 1 - probe.accuracies(*new, ns, *test)


def parity_error(layer: Tensor, r: int, n: int, seed: int) -> float:
    """The mean square error of a head for the parity, from n samples.

    Args: layer: W (m, d). r: directions. n: samples. seed: as for `probe_layer`.
    Returns: the error; 1 for an answer that is always zero.
    Cost: O(n m^2 + m^3).
    """
    parity, parts = new_tasks(layer.shape[1], r, seed), {"training": n, **NEW_PARTS}
    fit, held, test = (
        (x, y[:, 0])
        for x, y in (
            parity.sample(size, seed, torch.float32, part, NEW)
            for part, size in parts.items()
        )
    )
    probe = LinearProbe(layer, HeadChoice(held_out=held), seed)
    return float(probe.learning_curve(*fit, [n], *test)[0])
