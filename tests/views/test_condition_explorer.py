"""The explorer of kappa says what its table holds."""

from __future__ import annotations

import pandas as pd
import pytest

from replearn.experiments.curves import select
from replearn.experiments.tables import read_table
from replearn.views.condition_explorer import (
    CONDITION,
    KAPPAS,
    VALUES,
    condition_summary,
    condition_theory,
    condition_words,
)
from replearn.views.explorer import explore


@pytest.fixture(scope="module")
def summary() -> pd.DataFrame:
    return condition_summary()


def test_every_cell_has_every_curve(summary: pd.DataFrame) -> None:
    cells = summary.groupby(["kappa", "d"])["learner"].unique()
    assert len(cells) == len(KAPPAS) * 2
    assert all(set(found) == set(VALUES) for found in cells)
    assert set(summary["seeds"]) == {5}


@pytest.mark.parametrize(("word", "inverse"), [("4", 0.25), ("∞", 0.0)])
def test_the_summary_is_the_tables_means(
    summary: pd.DataFrame, word: str, inverse: float
) -> None:
    rows = select(read_table("condition"), d=40, inverse_kappa=inverse, n=6400)
    assert len(rows) == 5
    for learner, value in VALUES.items():
        [mean] = select(summary, kappa=word, d=40, n=6400, learner=learner)["mean"]
        assert mean == pytest.approx(rows[value].mean())


def test_the_formula_tells_a_weak_direction_from_a_missing_one() -> None:
    theory = condition_theory()
    last = theory[theory["n"] == theory["n"].max()]
    [weak] = select(last, kappa="4", learner="weak")["error"]
    [missing] = select(last, kappa="∞", learner="weak")["error"]
    assert weak == pytest.approx(1 / 32, rel=0.2)  # 1/(2 kappa^2)
    assert missing < 0.1 * weak


def test_the_words_follow_the_dial(summary: pd.DataFrame) -> None:
    widget = explore(CONDITION, summary, condition_words, condition_theory())
    errors = []
    for word in KAPPAS:
        widget.state = {"kappa": word}
        assert widget.finding().startswith(f"κ = {word}, d = 40: at n = 16 d²")
        at = select(summary, kappa=word, d=40, n=25_600, learner="one-step")
        errors.append(float(at["mean"].iloc[0]))
        assert f"error of {errors[-1]:.2f};" in widget.finding()
    assert errors == sorted(errors)
    assert errors[0] < 0.1 < 0.2 < errors[-1]


def test_an_unknown_kappa_is_refused(summary: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="kappa=5"):
        explore(CONDITION, summary, condition_words, kappa="5")
