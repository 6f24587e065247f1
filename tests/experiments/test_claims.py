"""The ledger of claims: one rule, all three verdicts, and a page that is up to date."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from book_sources import ROOT, toc_entries

from replearn.experiments import claims
from replearn.experiments.claims import (
    CONSISTENT,
    NOT_TESTED,
    REFUTED,
    REPRODUCED,
    UNTESTED,
    Claim,
)
from replearn.experiments.registry import MEASURES, SWEEPS
from replearn.experiments.tables import read_provenance

LEDGER = claims.ledger()
every_claim = pytest.mark.parametrize("claim", LEDGER, ids=lambda claim: claim.id)
FINITE = replace(LEDGER[0], scope="at its settings", agrees=(1.0, 2.0))
LIMIT = replace(FINITE, scope="in a limit")
NO_TEST = {"tables": (), "measure": "", "quantity": "", "agrees": None}
SILENT = replace(FINITE, scope=UNTESTED, why="It is too large.", **NO_TEST)


@pytest.mark.parametrize(
    ("claim", "found", "verdict"),
    [
        (FINITE, (1.5, 1.2, 1.8), REPRODUCED),
        (LIMIT, (1.5, 1.2, 1.8), CONSISTENT),
        (FINITE, (1.9, 1.7, 2.1), CONSISTENT),
        (FINITE, (2.2, 1.9, 2.5), CONSISTENT),
        (FINITE, (2.5, 2.1, 2.9), REFUTED),
        (LIMIT, (0.5, 0.1, 0.9), REFUTED),
        (replace(FINITE, agrees=(2.0, float("inf"))), (9.0, 8.0, 99.0), REPRODUCED),
    ],
)
def test_one_rule_judges_all(
    claim: Claim, found: tuple[float, float, float], verdict: str
) -> None:
    assert claims.judge(found, claim) == verdict


@pytest.mark.parametrize("found", [(1, float("nan"), 2), (3, 1, 2), (1, 2, 3)])
def test_what_is_no_interval_is_an_error(found: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="is no interval"):
        claims.judge(found, FINITE)


@every_claim
def test_a_claim_rests_on_complete_tables_and_stands_in_a_chapter(claim: Claim) -> None:
    assert claim.tables or claim.scope == UNTESTED
    for name in claim.tables:
        assert read_provenance(name)["cells"] == len(SWEEPS[name].cells)
        assert read_provenance(name)["complete"] is True
    assert f"book/{claim.chapter}" in toc_entries()
    assert f"{{{claim.source}," in (ROOT / "book/references.bib").read_text("utf-8")


def test_every_measure_belongs_to_a_claim() -> None:
    tested = {claim.measure for claim in LEDGER if claim.scope != UNTESTED}
    assert tested == set(MEASURES)


def test_all_four_verdicts_occur() -> None:
    verdicts = {claims.evaluate(claim)[1] for claim in LEDGER}
    assert verdicts == {REPRODUCED, CONSISTENT, REFUTED, NOT_TESTED}


def test_what_is_not_tested_has_a_reason_and_is_counted_apart() -> None:
    assert claims.evaluate(SILENT) == (None, NOT_TESTED)
    text = claims.page([LEDGER[0], SILENT])
    assert "Of 2 claims: 0 reproduced; 1 consistent" in text
    assert "0 not reproduced; and one that no experiment of this size can test." in text
    assert "**not tested**. It is too large." in text
    assert "can test" not in claims.page([LEDGER[0]]).split("##")[0]
    with pytest.raises(ValueError, match="nothing to judge"):
        claims.judge((1, 1, 1), SILENT)


@pytest.mark.parametrize(
    ("claim", "fields", "message"),
    [
        (SILENT, {"why": ""}, r"needs \['why'\]"),
        (SILENT, {"measure": FINITE.measure}, r"\['measure'\] too many"),
        (SILENT, {"agrees": (0.0, 1.0)}, r"\['agrees'\] too many"),
        (SILENT, {"tables": FINITE.tables}, r"\['tables'\] too many"),
        (SILENT, {"quantity": "number"}, r"\['quantity'\] too many"),
        (FINITE, {"why": "It is too large."}, r"\['why'\] too many"),
        (FINITE, NO_TEST, "needs .*tables.*measure.*quantity.*agrees"),
        (LIMIT, {"agrees": None}, r"needs \['agrees'\]"),
    ],
)
def test_a_row_has_a_test_or_a_reason(
    claim: Claim, fields: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(claim, **fields)


def test_the_page_is_what_the_tables_say() -> None:
    written = claims.PAGE.read_text("utf-8")
    assert written == claims.page(), "run: python -m replearn claims"


def test_a_missing_table_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "replearn.experiments.tables.read_table.__defaults__", (tmp_path,)
    )
    with pytest.raises(FileNotFoundError, match="python -m replearn sweep"):
        claims.page()


def test_a_faulty_ledger_is_an_error(tmp_path: Path) -> None:
    text = claims.LEDGER.read_text("utf-8")
    faults = {
        "twice": text + "\n" + text[text.index("[[claim]]") :],
        "scope": text.replace("in a limit", "sometimes"),
        "no range": text.replace("[0.8, 1.25]", "[1.25, 0.8]"),
        "unexpected": text.replace("digits = 3", 'mood = "good"'),
    }
    for message, faulty in faults.items():
        (tmp_path / "claims.toml").write_text(faulty, "utf-8")
        with pytest.raises((ValueError, TypeError), match=message):
            claims.ledger(tmp_path / "claims.toml")
