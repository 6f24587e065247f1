"""The learners of many tasks: against autograd, and where they must fail."""

from collections.abc import Callable, Iterator

import pytest
import torch
from helpers import refuses
from torch import Tensor

from replearn.experiments.many_tasks import plane_sine
from replearn.learners import (
    AlternatingNetwork,
    HeadChoice,
    LinearProbe,
    ManyTaskStep,
    RandomFeatures,
)
from replearn.targets import BooleanTasks, draw_tasks
from replearn.targets.boolean import walsh_functions

Block = tuple[Tensor, Tensor]
TASKS = draw_tasks("iid", 6, 2, 5, seed=0)
DOUBLE = torch.float64


def blocks(part: str, shared: bool = False) -> Iterator[Block]:
    return TASKS.blocks(40, 3, DOUBLE, part, shared)


def by_autograd(head: list[Block], step: list[Block], start: Tensor) -> Tensor:
    """Both steps as gradients of the hinge loss, task by task."""
    w, total, count = start.clone().requires_grad_(), torch.zeros_like(start), 0
    for (x, y), (x2, y2) in zip(head, step, strict=True):
        for t in range(y.shape[1]):
            a = torch.zeros(len(w), dtype=DOUBLE, requires_grad=True)
            loss = torch.relu(1 - y[:, t] * (torch.relu(x @ w.detach().T) @ a)).mean()
            (down,) = torch.autograd.grad(loss, a)
            margins = y2[:, t] * (torch.relu(x2 @ w.T) @ (-1e-3 * down))
            (down,) = torch.autograd.grad(torch.relu(1 - margins).mean(), w)
            total, count = total - 1e3 * down, count + 1
    return total / count


@pytest.mark.parametrize("shared", [False, True])
def test_both_steps_are_gradients_of_the_hinge_loss(shared: bool) -> None:
    network = ManyTaskStep(9, seed=1, dtype=DOUBLE)
    head, step = list(blocks("source", shared)), list(blocks("training", shared))
    layer = network.first_layer(head, step)
    wanted = by_autograd(head, step, network.start(6))
    torch.testing.assert_close(layer, wanted, rtol=1e-9, atol=1e-12)


def test_centring_and_cancelling_do_what_they_say() -> None:
    less = [(x, y - y.mean()) for x, y in blocks("source")]
    step = [(x, y - y.mean()) for x, y in blocks("training")]
    centred = ManyTaskStep(9, centre=True, dtype=DOUBLE)
    same = ManyTaskStep(9, dtype=DOUBLE).first_layer(less, step)
    layer = centred.first_layer(blocks("source"), blocks("training"))
    torch.testing.assert_close(layer, same)
    cancelled = ManyTaskStep(9, cancel=True, dtype=DOUBLE)
    layer = cancelled.first_layer(blocks("source"), blocks("training"))
    assert float((layer * cancelled.start(6)).sum()) == pytest.approx(0, abs=1e-12)
    # on unbalanced tasks the neurons come back as they were: less so if cancelled
    tasks, u = draw_tasks("iid", 30, 2, 100, seed=0), torch.eye(2, 30)
    kept, gone = (
        ManyTaskStep(64, cancel=cancel).first_layer(
            tasks.blocks(300, 0, part="source"), tasks.blocks(300, 0)
        )
        for cancel in (False, True)
    )
    shares = [float((w @ u.T).square().sum() / w.square().sum()) for w in (kept, gone)]
    assert shares[0] < 0.4
    assert shares[1] > shares[0] + 0.3


def many_steps(family: str, tasks: int, seed: int = 0) -> Tensor:
    drawn = draw_tasks(family, 20, 3, tasks, seed)
    return AlternatingNetwork(64, steps=80, seed=seed).first_layer(
        lambda i: drawn.sample(1000, seed, torch.float32, place=i + 1)
    )


def test_many_steps_find_what_one_step_misses_but_not_what_is_not_there() -> None:
    u = torch.eye(3, 20)
    assert plane_sine(many_steps("xor", 16), u) < 0.2
    assert plane_sine(many_steps("xor", 1), u) > 0.9  # its third sign is in no label
    tasks = draw_tasks("xor", 20, 3, 16, 0)
    few, many = (
        ManyTaskStep(64).first_layer(
            tasks.blocks(n, 0, part="source"), tasks.blocks(n, 0)
        )
        for n in (100, 5000)
    )
    assert plane_sine(few, u) > 0.6
    assert plane_sine(many, u) < 0.4  # a signal r/d times weaker is not none


def test_one_probe_reads_any_new_task_off_the_layer_that_was_learnt() -> None:
    d, r = 30, 3
    tasks, new = draw_tasks("balanced", d, r, 200, 0), walsh_functions(r)[:, [3, 7]]
    fresh = BooleanTasks(d, r, new)  # an XOR, and the parity of all three
    layer = ManyTaskStep(256).first_layer(
        tasks.blocks(600, 0, part="source"), tasks.blocks(600, 0)
    )
    x, y = fresh.sample(1600, 0, torch.float32)
    choice = HeadChoice(held_out=fresh.sample(1000, 0, torch.float32, "held-out"))
    test = fresh.sample(4000, 0, torch.float32, "test")
    probe = LinearProbe(layer, choice)
    xor, parity = probe.accuracies(x, y, [400, 1600], *test).T
    assert xor[1] > 0.9
    assert parity[1] > max(0.82, float(parity[0]))
    # neurons of other lengths are the same to the probe
    scaled = LinearProbe(layer * torch.arange(1, 257)[:, None], choice)
    torch.testing.assert_close(scaled.accuracies(x, y, [1600], *test)[0, 1], parity[1])
    start = LinearProbe(ManyTaskStep(256).start(d), choice)
    assert start.accuracies(x, y, [1600], *test)[0, 1] < 0.55
    random = RandomFeatures(256, choice).predict_prefixes(x, y, [1600], test[0])
    assert ((random > 0) == (test[1] > 0)).double().mean(1)[0, 1] < 0.55
    # without biases a neuron has no odd part but a linear one
    flat = torch.relu(test[0] @ probe.layer.T)
    even = flat - torch.relu(-test[0] @ probe.layer.T)
    torch.testing.assert_close(even, test[0] @ probe.layer.T)


ONE = [(torch.ones(4, 3), torch.ones(4, 1))]


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: ManyTaskStep(8).first_layer([], []), "no task"),
        (lambda: ManyTaskStep(8).first_layer(ONE, ONE * 2), "longer|shorter"),
        (lambda: ManyTaskStep(8).first_layer(ONE, [(ONE[0][0], ONE[0][0])]), "columns"),
        (lambda: ManyTaskStep(8, centre=1), "centre=1"),
        (lambda: ManyTaskStep(0), "width=0"),
        (lambda: AlternatingNetwork(8, rate=0.0), "rate=0"),
        (lambda: LinearProbe(ONE[0][0]).accuracies(*ONE[0], [1], *ONE[0]), "held-out"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(
    call: Callable[[], object], match: str
) -> None:
    refuses(call, match)
