"""Many tasks: closed forms against quadrature over all tasks, and against the step."""

import math
from itertools import combinations, product

import numpy as np
import pytest
import torch
from helpers import meets, refuses
from torch import Tensor

from replearn.experiments.many_tasks import plane_sine
from replearn.learners import ManyTaskStep
from replearn.targets import BooleanTasks, draw_tasks
from replearn.targets.boolean import FAMILIES, sign_patterns
from replearn.theory import task_kernel


def all_tasks(family: str, r: int) -> Tensor:
    """Every task of a family, as anyone would list them: (2^r, T)."""
    signs = sign_patterns(r)
    if family == "coordinate":
        return signs
    if family == "xor":
        pairs = combinations(range(r), 2)
        return torch.stack([signs[:, i] * signs[:, j] for i, j in pairs], 1)
    table = torch.tensor(list(product([-1.0, 1.0], repeat=2**r))).double().T
    return table if family == "iid" else table[:, table.sum(0) == 0]


def population_step(s: Tensor, table: Tensor) -> tuple[Tensor, float]:
    """The mean step on a neuron (s, sqrt(1 - |s|^2)), by quadrature in each orthant.

    Gives its part in the plane (r,), and that along the neuron's outer part.
    """
    r, rho = len(s), math.sqrt(1 - float(s.square().sum()))
    nodes, weights = map(torch.from_numpy, np.polynomial.legendre.leggauss(24))
    half, mass = 4 * (nodes + 1), 4 * weights / math.sqrt(2 * math.pi)
    mass = mass * torch.exp(-(half**2) / 2)
    size = torch.cartesian_prod(*[half] * r).reshape(-1, r)
    mass = torch.cartesian_prod(*[mass] * r).reshape(-1, r).prod(1)
    heads, plane, outer = [], [], []
    for signs in sign_patterns(r):
        z = size * signs
        h = z @ s / rho
        density = torch.exp(-(h**2) / 2) / math.sqrt(2 * math.pi)
        above = torch.special.ndtr(h)
        heads.append((mass * rho * (density + h * above)).sum())
        plane.append(mass * above @ z)
        outer.append((mass * density).sum())
    seen = table @ (table.T @ torch.stack(heads)) / table.shape[1]
    return seen @ torch.stack(plane), float(seen @ torch.stack(outer)) / rho


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("r", [2, 3])
def test_coefficients_are_the_population_step_to_leading_order(
    family: str, r: int
) -> None:
    along = torch.tensor([0.8, -0.5, 0.3], dtype=torch.float64)[:r]
    useful, useless = task_kernel.coefficients(family, r)
    missed = []
    for size in (0.2, 0.1, 0.05):
        s = size * along / along.norm()
        plane, outer = population_step(s, all_tasks(family, r))
        missed.append([float((plane - useful * s).norm() / size), outer - useless])
    gaps = torch.tensor(missed).abs()
    assert bool((gaps[2] < 6e-4).all())
    for gap in gaps.T:  # what is left out falls as |s|^2, or was nothing
        assert gap[2] < gap[0] / 12 or gap[0] < 1e-12
    if family == "iid":  # the pencil's first answer, 1.36 in the place of 2
        assert useful / useless == pytest.approx(2)


def test_an_xor_adds_something_useless_of_fourth_order() -> None:
    size = 0.1
    s = size * torch.tensor([0.8, -0.6], dtype=torch.float64)
    plane, outer = population_step(s, all_tasks("xor", 2))
    scale = (2 / math.pi) ** 2 / (2 * math.pi) * float(s.prod())
    assert plane == pytest.approx(scale * s.flip(0), rel=0.02)
    assert outer == pytest.approx(-scale * float(s.prod()), rel=0.02)


@pytest.mark.parametrize(("d", "left"), [(10, 0.16), (40, 0.08)])
def test_xors_leave_an_angle_without_any_noise(d: int, left: float) -> None:
    """The figures of the chapter: 128 neurons, the mean of five starts."""
    table, sines = all_tasks("xor", 2), []
    for seed in range(5):
        rows = []
        for w in ManyTaskStep(128, seed=seed).start(d).double():
            size = w.norm()
            plane, outer = population_step(w[:2] / size, table)
            rows.append(torch.cat([size * plane, outer * w[2:]]))
        sines.append(plane_sine(torch.stack(rows), torch.eye(2, d)))
    assert np.mean(sines) == pytest.approx(left, abs=0.005)


def test_the_closed_forms_are_those_of_the_chapter() -> None:
    for r in range(1, 9):
        circle = 2 * math.pi
        both = task_kernel.coefficients("i.i.d.", r)
        assert both == pytest.approx((2 / (circle * 2**r), 1 / (circle * 2**r)))
        both = task_kernel.coefficients("balanced", r)
        assert both == pytest.approx((1 / (circle * (2**r - 1)), 0))
        both = task_kernel.coefficients("coordinate", r)
        assert both == pytest.approx((1 / (circle * r), 0))
        assert r == 1 or task_kernel.coefficients("XOR", r) == (0, 0)
        for family in FAMILIES if r > 1 else FAMILIES[:3]:
            weights = task_kernel.walsh_weights(family, r)
            total = sum(math.comb(r, k) * w for k, w in enumerate(weights))
            assert total == pytest.approx(1)


def learnt(
    family: str, r: int, d: int, tasks: int, n: int, seed: int, **settings: bool
) -> Tensor:
    drawn = draw_tasks(family, d, r, tasks, seed)
    head, step = drawn.blocks(n, seed, part="source"), drawn.blocks(n, seed)
    return ManyTaskStep(seed=seed, **settings).first_layer(head, step)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_learner_has_these_coefficients(family: str) -> None:
    r, d, found = 2, 20, []
    for seed in range(5):
        layer = learnt(family, r, d, 200, 300, seed)
        start = ManyTaskStep(seed=seed).start(d)
        products = (layer * start).sum(0) / start.square().sum(0)
        found.append([float(products[:r].mean()), float(products[r:].mean())])
    expected = torch.tensor(task_kernel.coefficients(family, r)).double()
    # to leading order in r/d = 1/10: a few per cent of the largest coefficient
    assert bool(meets(torch.tensor(found), expected, floor=0.004).all())
    wrong = expected.flip(0) if expected[0] else expected + 0.05
    assert not bool(meets(torch.tensor(found), wrong, floor=0.004).all())


@pytest.mark.parametrize(
    ("family", "r", "d", "tasks", "n", "centre"),
    [
        ("balanced", 3, 50, 64, 500, False),
        ("balanced", 3, 50, 64, 100, False),
        ("balanced", 2, 100, 64, 300, False),
        ("coordinate", 4, 50, 64, 300, False),
        ("iid", 3, 50, 64, 500, True),
    ],
)
def test_alignment_and_energy_are_predicted(
    family: str, r: int, d: int, tasks: int, n: int, centre: bool
) -> None:
    layers = [learnt(family, r, d, tasks, n, s, centre=centre) for s in range(5)]
    sines = torch.tensor([plane_sine(w, torch.eye(r, d)) for w in layers]).double()
    sine = task_kernel.predict_alignment(family, r, d, tasks, n, 128)
    assert bool(meets(sines, sine, floor=0.1 * sine))
    energies = [float(w[:, :r].square().sum() / w.square().sum()) for w in layers]
    energy = task_kernel.predict_energy(family, r, d, tasks, n, centre)
    assert bool(meets(energies, energy, floor=0.1 * (1 - energy)))
    if centre:  # the control: without it both are far from what they would be
        plain = [learnt(family, r, d, tasks, n, s) for s in range(3)]
        assert all(plane_sine(w, torch.eye(r, d)) > 2 * sine for w in plain)
        share = float(torch.stack(plain)[:, :, :r].square().sum())
        share /= float(torch.stack(plain).square().sum())
        raw = task_kernel.predict_energy(family, r, d, tasks, n)
        assert share == pytest.approx(raw, rel=0.2)
        assert raw < 0.3


def test_the_sine_falls_as_the_root_of_the_number_of_tasks() -> None:
    counts, means = (64, 256), []
    for tasks in counts:
        layers = [learnt("balanced", 2, 40, tasks, 300, s) for s in range(6)]
        means.append(np.mean([plane_sine(w, torch.eye(2, 40)) for w in layers]))
    slope = np.polyfit(np.log(counts), np.log(means), 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.1)
    many = (10**6, 4 * 10**6)
    one, four = (task_kernel.predict_alignment("iid", 3, 50, t, 500, 128) for t in many)
    assert one / four == pytest.approx(2, rel=1e-3)


def shuffled(tasks: BooleanTasks, n: int, seed: int) -> list[tuple[Tensor, Tensor]]:
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    return [(x, y[order]) for x, y in tasks.blocks(n, seed)]


def test_where_nothing_is_common_nothing_is_found() -> None:
    """XORs alone, one task, shuffled labels, a plane for each task: one step fails."""
    d, r, n, u = 30, 3, 400, torch.eye(3, 30)
    assert plane_sine(learnt("balanced", r, d, 64, n, 0), u) < 0.25
    assert plane_sine(learnt("xor", r, d, 64, n, 0), u) > 0.7
    assert plane_sine(learnt("balanced", r, d, 1, n, 0), u) > 0.8
    tasks = draw_tasks("balanced", d, r, 64, 0)
    layer = ManyTaskStep().first_layer(shuffled(tasks, n, 1), shuffled(tasks, n, 2))
    assert plane_sine(layer, u) > 0.8
    own = []
    for t in range(64):
        turn = torch.linalg.qr(
            torch.randn(d, d, generator=torch.Generator().manual_seed(t))
        ).Q[:r]
        own.append(BooleanTasks(d, r, tasks.table[:, t : t + 1], turn))
    blocks = (
        [task.sample(n, t, torch.float32, part) for t, task in enumerate(own)]
        for part in ("source", "training")
    )
    assert plane_sine(ManyTaskStep().first_layer(*blocks), u) > 0.8


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: task_kernel.coefficients("parity", 3), "parity"),
        (lambda: task_kernel.coefficients("xor", 1), "an XOR"),
        (lambda: task_kernel.coefficients("iid", 0), "r=0"),
        (lambda: task_kernel.coefficients("iid", 2.0), "r=2.0"),
        (lambda: task_kernel.predict_alignment("iid", 3, 3, 9, 9, 9), "d=3 is below 4"),
    ],
)
def test_what_cannot_be_predicted_is_refused(call: object, match: str) -> None:
    assert callable(call)
    refuses(call, match)
