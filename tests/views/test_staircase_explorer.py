"""The staircase's explorer says what its table says, at every setting."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from replearn.experiments.staircase_reading import half_learnt, missing_at
from replearn.experiments.tables import read_table
from replearn.harmonics import count_harmonics
from replearn.views.explorer import Explorer
from replearn.views.staircase_explorer import (
    INPUT_WORDS,
    KERNEL_WORDS,
    STAIRCASE,
    staircase_summary,
    staircase_theory,
    staircase_words,
)
from replearn.views.words import count


@pytest.fixture(scope="module")
def widget() -> Explorer:
    summary, predicted = staircase_summary(), staircase_theory()
    return Explorer(STAIRCASE, summary, staircase_words, predicted)


def every_setting() -> list[tuple[int, str, int, str]]:
    cells = read_table("staircase")[["d", "kernel", "r", "inputs"]].drop_duplicates()
    return [tuple(row) for row in cells.to_numpy().tolist()]


@pytest.mark.slow
def test_facts_are_the_table_s_at_every_setting(widget: Explorer) -> None:
    table = read_table("staircase")
    table = table[table["target"] == "staircase"]
    assert len(widget.payload["cells"]) == len(every_setting()) == 64
    for d, kernel, r, inputs in every_setting():
        key = f"{d}/{KERNEL_WORDS[kernel]}/{r}/{INPUT_WORDS[inputs]}"
        said = widget.payload["cells"][key]
        assert [guide[0] for guide in said["guides"]] == [
            count_harmonics(d, k) for k in (1, 2, 3)
        ]
        rows = table[(table["d"] == d) & (table["kernel"] == kernel)]
        rows = rows[(rows["r"] == r) & (rows["inputs"] == inputs)]
        for fact, k in zip(said["facts"], (1, 2, 3), strict=True):
            found = half_learnt(rows[rows["part"] == f"degree-{k}"]).n
            value = f"n ≈ {count(found[0])}" if len(found) else f"n > {count(top(d))}"
            assert fact[2] == value
            assert f"of degree {k} " in said["sentence"]


def top(d: int) -> int:
    return {10: 2000, 80: 6000}.get(d, 4000)


def test_without_biases_no_setting_learns_degree_three(widget: Explorer) -> None:
    for key, said in widget.payload["cells"].items():
        if "/bias-free/" in key:
            assert "of degree 3 not by" in said["sentence"]
            assert min(widget.payload["curves"][key]["degree-3"]["mean"]) > 0.85


def test_theory_serves_both_kinds_of_inputs(widget: Explorer) -> None:
    theory = widget.payload["theory"]
    assert theory["20/RBF/1/Gaussian"] == theory["20/RBF/1/spherical"]


def test_shares_are_read_between_sizes_and_never_outside() -> None:
    curve = pd.DataFrame({"n": [10, 1000], "error": [1.0, 0.5]})
    assert missing_at(curve, [100]) == pytest.approx([0.75])
    with pytest.raises(ValueError, match="leave the sizes"):
        missing_at(curve, [9])
    with pytest.raises(ValueError, match="several curves"):
        missing_at(pd.concat([curve, curve]), [100])


def test_a_half_that_is_not_reached_is_left_out() -> None:
    reached = pd.DataFrame({"d": 10, "n": [1, 100], "error": [1.0, 1 / 16]})
    missed = pd.DataFrame({"d": 20, "n": [1, 100], "error": [1.0, 0.5]})
    found = half_learnt(pd.concat([reached, missed]))
    assert found.d.tolist() == [10]
    assert math.isclose(found.n[0], 10.0)
