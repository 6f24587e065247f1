"""What kernels can do: its controls that must fail, its exercises, its pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from beyond_the_kernel.what_kernels_can_do import checks, grid, show
from replearn.experiments.curves import fit_exponent, reach, select
from replearn.experiments.tables import read_table
from replearn.harmonics import count_harmonics
from replearn.views.explorer import Explorer
from replearn.views.facts import count


@pytest.fixture(scope="module")
def widget() -> Explorer:
    return show.EXPLORER.open()


def test_half_is_learnt_where_the_table_says_it(widget: Explorer) -> None:
    table = select(read_table("staircase"), target="staircase", d=20)
    setting = ["kernel", "r", "inputs"]
    for (kernel, r, inputs), rows in table.groupby(setting):
        key = f"20/{show.KERNELS[kernel]}/{r}/{show.INPUTS[inputs]}"
        said = widget.payload["cells"][key]
        for k, fact in zip((1, 2, 3), said["facts"], strict=True):
            [n] = reach(select(rows, part=f"degree-{k}"), grid.HALF).n
            assert fact[2] == ("n > 4k" if np.isnan(n) else f"n ≈ {count(n)}")
        assert [n for n, _ in said["guides"]] == [20, 209, 1520]
    assert count_harmonics(20, 3) == 1520


def test_without_biases_no_setting_learns_degree_three(widget: Explorer) -> None:
    cells = widget.payload["cells"]
    keys = [key for key in cells if "/bias-free/" in key]
    assert len(keys) == 16
    for key in keys:
        assert "of degree 3 not by" in cells[key]["sentence"]
        assert min(widget.payload["curves"][key]["degree-3"]["mean"]) > 0.85


def test_theory_and_table_have_the_same_steps() -> None:
    cell = {"target": "staircase", "kernel": "polynomial", "r": 1, "part": "degree-2"}
    theory = reach(select(read_table("staircase-theory"), **cell), grid.HALF)
    table = select(read_table("staircase"), inputs="gaussian", **cell)
    found = reach(table, grid.HALF)
    np.testing.assert_allclose(found.n, theory.n, rtol=0.12)
    assert abs(fit_exponent(found)[0] - fit_exponent(theory)[0]) < 0.1


def test_the_checks_know_the_answer_from_elsewhere() -> None:
    gram, cross, y, ridge = checks.samples(30, 8, 0.5)
    identity = torch.eye(30, dtype=gram.dtype)
    dual = cross @ torch.linalg.solve(gram + ridge * identity, y)
    torch.testing.assert_close(checks.by_weights(gram, cross, y, ridge), dual)
    factor, new, labels = checks.pair(3)
    matrix, added = factor @ factor.T, checks.terms(factor, new, labels)
    both = new @ torch.linalg.solve(matrix, labels)
    torch.testing.assert_close(added.sum(), both)
    torch.testing.assert_close(added[0], new[0] * labels[0] / matrix[0, 0])


def test_the_best_ridge_of_the_check_is_that_of_a_simulation() -> None:
    generator = torch.Generator().manual_seed(0)
    phi, noise = torch.tensor([1.0, 2.0]), 1.0
    y = 2 * phi + noise * torch.randn(200_000, 2, generator=generator)
    squares = phi.square().sum()
    errors = {
        ridge: float((y @ phi / (ridge + squares) - 2).square().mean())
        for ridge in (0.05, 0.25, 1.25)
    }
    assert min(errors, key=errors.__getitem__) == 0.25
    assert checks.slope(0.25, 2.0, noise) == pytest.approx(0, abs=1e-6)
