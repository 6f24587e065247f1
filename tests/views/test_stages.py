"""Stages: each sets what the table has and says one whole sentence told from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from views.synthetic import OVERLAPS

from beyond_the_kernel import catalogue
from replearn.views.facts import Need, Read
from replearn.views.moving import Moving
from replearn.views.stages import Stage, grew, tell, versus

STAGED = {name: m for name, m in catalogue.explorers().items() if m.stages}
each = pytest.mark.parametrize("name", STAGED)


def packed(moving: Moving, *stages: Stage) -> list[dict[str, Any]]:
    return replace(moving, stages=stages).open().payload["stages"]


@each
def test_stages_are_three_or_four_and_open_where_the_page_opens(name: str) -> None:
    stages = STAGED[name].open().payload["stages"]
    assert 3 <= len(stages) <= 4
    assert stages[0]["state"] == STAGED[name].spec.defaults()


@each
def test_each_stage_is_in_the_table_and_says_a_sentence(name: str) -> None:
    payload, spec = STAGED[name].open().payload, STAGED[name].spec
    for stage in payload["stages"]:
        key, said = spec.key(stage["state"]), stage["sentence"]
        assert set(stage["state"]["show"]) <= {*payload["curves"][key]}
        assert said[0].isupper()
        assert said.endswith(".")
        assert not any(
            word in said for word in ("nan", "None", "{", "–", "not computed")
        )
        assert len(said.split()) <= 40


@each
def test_a_sentence_is_told_from_the_table(name: str) -> None:
    """Where curves lie further right, the more so the further a knob is moved."""
    moving, spec = STAGED[name], STAGED[name].spec

    def later(rows: pd.DataFrame) -> pd.DataFrame:
        moved = sum(rows[knob.name].map(knob.index) for knob in spec.knobs)
        return rows.assign(n=rows["n"] * (1.5 + moved / 5))

    other = replace(moving, table=lambda: later(moving.table()), theory=None)
    before, after = moving.open().payload["stages"], other.open().payload["stages"]
    for old, new in zip(before, after, strict=True):
        assert old["sentence"] != new["sentence"], old["label"]


def read(needs: dict[str, float], foretold: dict[str, float], sign: str = "≈") -> Read:
    found = {curve: Need(curve, n, sign) for curve, n in needs.items()}
    told = {curve: Need(curve, n, "≈") for curve, n in foretold.items()}
    return Read({}, found, told, pd.DataFrame(), pd.DataFrame())


def test_needs_are_told_compared_and_followed() -> None:
    small = read({"rbf": 50, "ntk": 60, "one-step": 120}, {"ntk": 55})
    large = read({"ntk": 600}, {"ntk": 900}, ">")
    assert [tell(r, "ntk") for r in (small, large)] == ["n ≈ 60", "n ≈ 900 (theory)"]
    assert versus(small, "ntk", "rbf") == "NTK kernel n ≈ 60, RBF kernel n ≈ 50: a tie"
    assert versus(small, "one-step", "rbf").endswith(
        "RBF kernel n ≈ 50: 2.4× as many for the one-step network"
    )
    assert versus(large, "ntk", "rbf").endswith("(theory), RBF kernel not computed")
    assert grew(small, large, "ntk") == "15×"
    assert grew(small, large, "rbf") == "–"


def test_a_stage_sets_what_differs_and_looks_at_other_cells() -> None:
    def say(look: Any) -> str:
        return f"{look().cell['d']}, {look(d=40).cell['d']}, {len(look().curves)}"

    (stage,) = packed(OVERLAPS, Stage("one", {"d": 40, "axis": "N"}, say))
    assert stage["state"] == OVERLAPS.spec.defaults() | {"d": 40, "axis": "N"}
    assert stage["sentence"] == "40, 40, 20."


@pytest.mark.parametrize(
    ("message", "stages"),
    [
        ("d=11 is not one of 10, 20, 40", [("one", {"d": 11})]),
        ("'pace' is not one of steps, d", [("one", {"pace": 1})]),
        ("stage 'one': the table has no γ & more/10", [("one", {"d": 10})]),
        ("'one' is taken", [("one", {"d": 20}), ("one", {"d": 40})]),
        ("is taken", [("one", {}), ("two", {"d": 20})]),
    ],
)
def test_what_cannot_be_a_stage_is_refused(message: str, stages: Any) -> None:
    with pytest.raises(ValueError, match=message):
        packed(OVERLAPS, *(Stage(*stage, lambda look: "It") for stage in stages))
