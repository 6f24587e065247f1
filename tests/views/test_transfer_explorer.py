"""The explorer of transfer says what its table and its theory hold."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from replearn.experiments.curves import select
from replearn.experiments.tables import read_table
from replearn.theory import predict_overlap, predict_transfer_curve
from replearn.views.explorer import explore
from replearn.views.packing import by_cell, check_frames
from replearn.views.transfer_explorer import (
    TRANSFER,
    transfer_summary,
    transfer_theory,
    transfer_words,
)
from replearn.views.words import count


@pytest.fixture(scope="module")
def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    return check_frames(TRANSFER, transfer_summary(), transfer_theory())


def tenth(rows: pd.DataFrame, learner: str) -> float:
    """Where a curve, straight in the logarithms, first passes a tenth."""
    curve = rows[rows["learner"] == learner].sort_values("n")
    points = list(zip(curve["n"], curve["error"], strict=True))
    for (n, high), (next_n, low) in zip(points, points[1:], strict=False):
        if high > 0.1 >= low:
            share = math.log(high / 0.1) / math.log(high / max(low, 1e-12))
            return float(n * (next_n / n) ** share)
    return math.inf


def test_the_summary_is_the_table_s_means() -> None:
    summary, table = transfer_summary(), read_table("transfer")
    at = {"d": 40, "r": 1, "degree": 3, "learner": "transferred", "n": 316}
    for factor in (1, 16):
        shown = select(summary, factor=factor, **at)["error"].iloc[0]
        rows = select(table, factor=factor, **at)
        assert float(shown) == pytest.approx(rows["error"].mean())
    assert set(summary["seeds"]) == {5}


def test_what_sees_no_source_is_the_same_at_every_n() -> None:
    summary = select(transfer_summary(), learner="random-features", d=40, r=1)
    spread = summary.groupby(["degree", "n"])["error"].agg(["nunique", "count"])
    assert set(spread["nunique"]) == {1}
    assert set(spread["count"]) == {3}


def test_the_theory_is_the_library_s(
    frames: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    line = select(frames[1], learner="transferred", d=20, factor=4, degree=3)
    assert set(line["r"]) == {1}
    for row in line.sample(5, random_state=0).itertuples():
        overlap = predict_overlap(20, 4 * 400, 1.0)
        [wanted] = predict_transfer_curve(overlap, 3, [int(row.n)])
        assert row.error == pytest.approx(float(wanted), rel=1e-3)


def test_the_words_agree_with_the_curves(
    frames: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    summary, theory = frames
    predictions = {TRANSFER.key(cell): rows for cell, rows in by_cell(TRANSFER, theory)}
    seen = 0
    for cell, rows in by_cell(TRANSFER, summary):
        words = transfer_words(cell, rows, predictions[TRANSFER.key(cell)])
        assert words.sentence.startswith(TRANSFER.say(cell))
        places = {drop.learner: drop.n for drop in words.drops}
        for learner in ("transferred", "oracle"):
            wanted = tenth(rows, learner)
            if math.isfinite(wanted):
                assert places[learner] == pytest.approx(wanted, rel=0.01)
                seen += 1
        if "transferred" not in places:
            assert "features miss 10 % error" in words.sentence
        [guide] = words.guides
        assert guide.n == cell["d"] ** cell["degree"]
        facts = {fact.key: fact.value for fact in words.facts}
        kernel = tenth(rows, "polynomial")
        if math.isfinite(kernel):
            assert facts["kernel"] == f"N ≈ {count(kernel)}"
            assert ", by theory," not in words.sentence
        else:
            assert ", by theory," in words.sentence
    assert seen > 100


def test_it_opens_at_its_default_and_moves() -> None:
    widget = explore(TRANSFER, transfer_summary(), transfer_words, transfer_theory())
    opening = "d = 40, n = 16 d², degree 3, r = 1: the transferred features reach 10 %"
    assert widget.finding().startswith(opening)
    widget.state = {"d": 160, "factor": 1}
    assert widget.finding().startswith("d = 160, n = 1 d², degree 3, r = 1:")
    with pytest.raises(ValueError, match="r=4"):
        widget.state = {"r": 4}  # at d = 160 there is one direction only
