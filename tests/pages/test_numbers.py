"""The numbers that the page draws are those of the book's tables."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from pages.visit import first_explorers

from replearn.experiments.curves import select, summarise
from replearn.experiments.tables import read_table

THREE_DIGITS = 5.1e-3  # half a unit of the third digit, at its coarsest
CELL = ("d", "r", "degree")
POINTS = 60


@pytest.fixture(
    scope="module", params=first_explorers(), ids=lambda e: f"{e[0]}-{e[1]}"
)
def payload(request: pytest.FixtureRequest, built_book: Path) -> dict[str, Any]:
    """What the page carries, read from the page itself."""
    entry, place = request.param
    page = BeautifulSoup((built_book / f"{entry}.html").read_bytes(), "html.parser")
    box = page.select(".replearn-explorer")[place]
    script = box.find("script", type="application/json")
    carried: dict[str, Any] = json.loads(script.string)["state"]["payload"]
    return carried


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return read_table("kernel-vs-network")


def settings(frame: pd.DataFrame) -> set[str]:
    return {
        f"{d}/{r}/{p}" for d, r, p in frame[list(CELL)].drop_duplicates().to_numpy()
    }


def test_the_page_has_every_curve_of_the_table(
    payload: dict[str, Any], table: pd.DataFrame
) -> None:
    assert set(payload["curves"]) == settings(table)
    for key, curves in payload["curves"].items():
        rows = select(table, **dict(zip(CELL, map(int, key.split("/")), strict=True)))
        assert set(curves) == set(rows["learner"])
        for learner, curve in curves.items():
            assert curve["n"] == sorted(set(select(rows, learner=learner)["n"]))


def test_its_curves_are_the_table_s_means_and_intervals(
    payload: dict[str, Any], table: pd.DataFrame
) -> None:
    for seed in range(POINTS):
        draw = random.Random(seed)
        key = draw.choice(sorted(payload["curves"]))
        learner = draw.choice(sorted(payload["curves"][key]))
        curve = payload["curves"][key][learner]
        place = draw.randrange(len(curve["n"]))
        cell = dict(zip(CELL, map(int, key.split("/")), strict=True))
        rows = select(table, **cell, learner=learner, n=curve["n"][place])
        shown = [curve[name][place] for name in ("mean", "low", "high")]
        [point] = summarise(rows).itertuples()
        expected = [rows["error"].astype(float).mean(), point.low, point.high]
        assert shown == pytest.approx(expected, rel=THREE_DIGITS), (key, learner)
        assert str(rows["seed"].nunique()) in payload["seeds"].split()


def test_its_theory_is_the_table_s(payload: dict[str, Any]) -> None:
    theory = read_table("kernel-theory")
    assert set(payload["theory"]) <= settings(theory)
    for seed in range(POINTS):
        draw = random.Random(seed)
        key = draw.choice(sorted(payload["theory"]))
        learner = draw.choice(sorted(payload["theory"][key]))
        curve = payload["theory"][key][learner]
        place = draw.randrange(len(curve["n"]))
        cell = dict(zip(CELL, map(int, key.split("/")), strict=True))
        rows = select(theory, **cell, learner=learner, n=curve["n"][place])
        expected = max(float(rows["error"].iloc[0]), payload["y"]["low"] / 100)
        assert curve["error"][place] == pytest.approx(expected, rel=THREE_DIGITS)
