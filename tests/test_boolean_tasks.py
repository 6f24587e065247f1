"""Boolean tasks: their labels, their Walsh tables, and how they are drawn."""

from collections.abc import Callable
from itertools import product

import pytest
import torch
from helpers import refuses, rotation

from replearn.targets import BooleanTasks, draw_tasks
from replearn.targets.boolean import FAMILIES, family_of, sign_patterns, walsh_functions
from replearn.theory.task_kernel import kernel_spread, limit_kernel, walsh_weights

every_family = pytest.mark.parametrize("family", FAMILIES)


def test_the_walsh_table_is_products_of_signs() -> None:
    signs, chi = sign_patterns(3), walsh_functions(3)
    for s in range(8):
        chosen = [i for i in range(3) if s >> i & 1]
        assert torch.equal(chi[:, s], signs[:, chosen].prod(1))
    assert torch.equal(chi @ chi, 8 * torch.eye(8).double())


@every_family
def test_labels_are_the_table_at_the_signs_of_the_projections(family: str) -> None:
    u = rotation(6, 3, seed=1)
    tasks = draw_tasks(family, 6, 3, 7, seed=2, directions=u)
    x, y = tasks.sample(400, seed=3)
    numbers = {tuple(v): i for i, v in enumerate(sign_patterns(3).tolist())}
    rows = [numbers[tuple(v)] for v in (x @ u.T).sign().tolist()]
    assert torch.equal(y, tasks.table[rows])
    rebuilt = torch.stack([(x @ u.T).sign()[:, [i]].squeeze(1) for i in range(3)])
    linear = torch.einsum("rt,rn->nt", tasks.linear_parts(), rebuilt)
    if family == "coordinate":  # nothing but single signs
        torch.testing.assert_close(y, linear)


@every_family
def test_each_family_is_what_its_name_says(family: str) -> None:
    tasks = draw_tasks(family, 5, 3, 4000, seed=0)
    squares = tasks.fourier().square()
    torch.testing.assert_close(squares.sum(0), torch.ones(4000).double())
    sizes = [bin(s).count("1") for s in range(8)]
    wanted = squares.new_tensor([walsh_weights(family, 3)[k] for k in sizes])
    assert bool((squares.mean(1) - wanted).abs().max() < 0.03)
    assert (squares[0].max() == 0) == (family != "iid")
    few = draw_tasks(family, 9, 3, 10, seed=0)
    assert torch.equal(few.table, tasks.table[:, :10])
    other = draw_tasks(family, 5, 3, 4000, seed=1)
    assert not torch.equal(other.table, tasks.table)


@every_family
@pytest.mark.parametrize("r", [2, 3])
def test_the_label_kernel_nears_its_limit_as_the_root_of_tasks(
    family: str, r: int
) -> None:
    limit = limit_kernel(family, r)
    for count in (20, 320):
        drawn = [draw_tasks(family, 4, r, count, seed) for seed in range(60)]
        misses = torch.stack([(t.label_kernel() - limit).square() for t in drawn])
        expected = kernel_spread(family, r, count)
        assert float(misses.mean().sqrt()) == pytest.approx(expected, rel=0.15)
        assert bool(torch.all(drawn[0].label_kernel().diagonal() == 1))


@pytest.mark.parametrize("family", ["iid", "balanced"])
def test_the_limit_is_the_mean_over_all_tasks_there_are(family: str) -> None:
    every = torch.tensor(list(product([-1.0, 1.0], repeat=8))).double().T
    kept = every if family == "iid" else every[:, every.sum(0) == 0]
    kernel = BooleanTasks(3, 3, kept).label_kernel()
    torch.testing.assert_close(kernel, limit_kernel(family, 3))


def test_every_task_has_samples_of_its_own_unless_they_are_shared() -> None:
    tasks = draw_tasks("balanced", 4, 2, 3, seed=0)
    fresh = list(tasks.blocks(50, seed=5))
    assert [tuple(y.shape) for _, y in fresh] == [(50, 1)] * 3
    inputs = torch.stack([x for x, _ in fresh]).flatten(1)
    assert bool((torch.corrcoef(inputs) - torch.eye(3)).abs().max() < 0.3)
    for t, (x, y) in enumerate(fresh):
        assert torch.equal(y[:, 0], tasks(x)[:, t])
    ((x, y),) = tasks.blocks(50, seed=5, shared=True)
    assert torch.equal(y, tasks(x))
    assert y.shape == (50, 3)
    assert not torch.equal(x, next(tasks.blocks(50, seed=5, part="source"))[0])


def test_names_of_families_may_be_written_as_people_do() -> None:
    said = {
        "iid": ("iid", "i.i.d.", "IID", "i.i.d. Boolean", "random"),
        "balanced": ("balanced", "Balanced"),
        "coordinate": ("coordinate", "coordinates"),
        "xor": ("xor", "XOR", "XOR-of-pairs"),
    }
    for family, names in said.items():
        assert {family_of(name) for name in names} == {family}


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: family_of("parity"), "'parity'.*iid"),
        (lambda: family_of(3), "family=3"),
        (lambda: draw_tasks("xor", 4, 1, 5, 0), "r=1 is below 2"),
        (lambda: draw_tasks("iid", 4, 5, 5, 0), "r=5 is above 4"),
        (lambda: draw_tasks("iid", 4, 2, 0, 0), "tasks=0"),
        (lambda: BooleanTasks(4, 2, [[1.0], [1.0]]), r"2\^r=4 rows"),
        (lambda: BooleanTasks(4, 1, [[1.0], [0.5]]), "entries -1 and 1"),
        (lambda: BooleanTasks(4, 13, [[1.0]]), "r=13 is above 4"),
        (lambda: BooleanTasks(2, 1, [[1], [-1]])([[1.0]]), "1 columns"),
    ],
)
def test_what_is_no_task_is_refused(call: Callable[[], object], match: str) -> None:
    refuses(call, match)
