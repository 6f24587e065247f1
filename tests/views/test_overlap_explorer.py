"""The explorer of the first step says what its table holds."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from replearn.experiments.curves import select
from replearn.experiments.tables import read_table
from replearn.theory import predict_overlap
from replearn.views.explorer import explore
from replearn.views.overlap_explorer import (
    OVERLAP,
    overlap_summary,
    overlap_theory,
    overlap_words,
)
from replearn.views.packing import by_cell


def half(rows: pd.DataFrame, learner: str) -> float:
    """Where a straight line between two points of a curve passes one half."""
    curve = rows[rows["learner"] == learner].sort_values("n")
    points = list(zip(curve["n"], curve["mean"], strict=True))
    for (n, low), (next_n, high) in zip(points, points[1:], strict=False):
        if low < 0.5 <= high:
            share = (0.5 - low) / (high - low)
            return n * (next_n / n) ** share
    return math.inf


def test_the_summary_is_the_table_s_means() -> None:
    summary, table = overlap_summary(), read_table("overlap")
    rows = select(table, d=80, r=2, noise=1, quadratic=0.5, n=6400, measure="neurons")
    shown = select(summary, d=80, r=2, noise=1, n=6400, learner="neurons")
    assert float(shown["mean"].iloc[0]) == pytest.approx(rows["overlap"].mean())
    assert set(summary["seeds"]) == {5}
    assert len(summary[["d", "r", "noise"]].drop_duplicates()) == 30


def test_the_theory_is_the_formula_for_every_cell() -> None:
    theory = overlap_theory()
    for row in theory.sample(20, random_state=0).itertuples():
        assert row.error == predict_overlap(row.d, row.n, 1.0, row.noise**2)
    assert set(theory["d"]) == set(OVERLAP.knob("d").values)


def test_the_words_agree_with_the_curves() -> None:
    summary = overlap_summary()
    for cell, rows in by_cell(OVERLAP, summary):
        words = overlap_words(cell, rows.rename(columns={"mean": "error"}), rows)
        assert words.sentence.startswith(OVERLAP.say(cell))
        places = {drop.learner: drop.n for drop in words.drops}
        for learner in OVERLAP.learners:
            assert places[learner] == pytest.approx(half(rows, learner), rel=0.12)
        facts = {fact.key: fact.value for fact in words.facts}
        ratio = float(facts["ratio"].rstrip("×"))
        expected = half(rows, "neurons") / half(rows, "singular-space")
        assert ratio == pytest.approx(expected, rel=0.2)
        [guide] = words.guides
        assert predict_overlap(
            cell["d"], guide.n, 1.0, cell["noise"] ** 2
        ) == pytest.approx(0.5)


def test_it_opens_at_its_default_and_moves() -> None:
    widget = explore(OVERLAP, overlap_summary(), overlap_words, overlap_theory())
    assert widget.finding().startswith("d = 40, r = 1, noise 0: an overlap of one half")
    widget.state = {"d": 160, "noise": 1.0}
    assert widget.finding().startswith("d = 160, r = 1, noise 1:")
    with pytest.raises(ValueError, match="d=30"):
        widget.state = {"d": 30}
