"""The ledger of claims: one rule, all three verdicts, and a page that is up to date."""

import tomllib
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from book_sources import ROOT, toc_entries
from helpers import refuses

from beyond_the_kernel import catalogue, claims
from beyond_the_kernel.claims import CONSISTENT, REFUTED, REPRODUCED, UNTESTED, Claim
from replearn.experiments.tables import read_provenance, read_table

LEDGER = claims.ledger()
TEXT, RECORD = (p.read_text("utf-8") for p in (claims.LEDGER, claims.RANGES))
every_claim = pytest.mark.parametrize("claim", LEDGER, ids=lambda claim: claim.id)
FINITE = replace(LEDGER[0], scope="at its settings", agrees=(1.0, 2.0))
LIMIT = replace(FINITE, scope="in a limit")
NO_TEST: dict[str, Any] = {"tables": (), "quantity": "", "agrees": None}
NO_READING: dict[str, Any] = {"reads": "", "reading": {}}
TESTED = {name: getattr(FINITE, name) for name in (*NO_TEST, *NO_READING)}
SILENT = replace(FINITE, scope=UNTESTED, why="Too large.", **NO_TEST, **NO_READING)


@pytest.mark.parametrize(
    ("claim", "found", "verdict"),
    [
        (FINITE, (1.5, 1.2, 1.8), REPRODUCED),
        (LIMIT, (1.5, 1.2, 1.8), CONSISTENT),
        (FINITE, (1.5, 1.0, 2.0), REPRODUCED),
        (FINITE, (1.9, 1.7, 2.1), CONSISTENT),
        (FINITE, (2.5, 2.0, 3.0), CONSISTENT),
        (FINITE, (0.5, 0.0, 1.0), CONSISTENT),
        (FINITE, (2.5, 2.1, 2.9), REFUTED),
        (LIMIT, (0.5, 0.1, 0.9), REFUTED),
        (replace(FINITE, agrees=(2.0, float("inf"))), (9.0, 8.0, 99.0), REPRODUCED),
    ],
)
def test_one_rule_judges_all(
    claim: Claim, found: tuple[float, float, float], verdict: str
) -> None:
    assert claims.judge(found, claim) == verdict
    for wrong in ((1, float("nan"), 2), (3, 1, 2), (1, 2, 3)):
        refuses(lambda wrong=wrong: claims.judge(wrong, claim), "is no interval")


@every_claim
def test_a_claim_rests_on_complete_tables_and_stands_in_a_chapter(claim: Claim) -> None:
    assert claim.tables or claim.scope == UNTESTED
    for name in claim.tables:
        runs = catalogue.find_sweep(name).runs()
        assert read_provenance(name)["cells"] == len(runs)
        assert read_provenance(name)["complete"] is True
    assert f"book/{claim.chapter}" in toc_entries()
    assert not claim.source or f"{{{claim.source}," in (
        ROOT / "book/references.bib"
    ).read_text("utf-8")


def test_what_is_not_tested_has_a_reason_and_is_counted_apart() -> None:
    assert claims.evaluate(SILENT) == (None, claims.NOT_TESTED)
    text = claims.page([LEDGER[0], SILENT])
    assert "Of 2 claims of the papers: 1 consistent" in text
    assert "size; and one that no experiment of this size can test." in text
    assert "**not tested**. Too large." in text
    assert "can test" not in claims.page([LEDGER[0]]).split("##")[0]
    # a question of ours is answered below, and counted nowhere
    ours = claims.page([replace(LEDGER[0], asks="ours"), SILENT])
    assert "Of 1 claims" in ours
    assert ours.index("What the papers claim") < ours.index("Questions of ours")
    refuses(lambda: replace(SILENT, asks="them"), "asks")
    refuses(lambda: claims.judge((1, 1, 1), SILENT), "nothing to judge")


@pytest.mark.parametrize(
    ("claim", "fields", "message"),
    [
        (SILENT, {"why": ""}, r"needs \['why'\]"),
        (SILENT, TESTED, r"has \['tables', 'quantity', 'agrees', 'reads', 'reading'\]"),
        (FINITE, {"why": "Too large."}, r"\['why'\] too many"),
        (FINITE, NO_TEST, "needs .*tables.*quantity.*agrees"),
        (LIMIT, {"measure": "worst"}, "either reads or measure"),
        (LIMIT, {"reads": "median"}, "reads='median' is unknown.*'mean'"),
        (LIMIT, {"reads": "mean", "reading": {"level": 1}}, "mean does not.*'level'"),
        (LIMIT, {"reads": "", "measure": "worst"}, "worst does not take.*'where'"),
        (LIMIT, {"reading": {"table": "width"}}, "table='width' is unknown"),
    ],
)
def test_a_row_says_what_is_read_or_why_nothing_is(
    claim: Claim, fields: dict[str, object], message: str
) -> None:
    refuses(lambda: replace(claim, **fields), f"claim {claim.id}.*{message}")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"reading": {"where": {"lerner": "rbf"}}}, r"no column \['lerner'\]"),
        ({"reading": {"where": {"degree": 9}}}, "no row"),
        ({"reading": {"where": {}}}, "same d, n, seed: select more"),
        ({"reading": FINITE.reading | {"level": "low"}}, "level='low'"),
        ({"reading": FINITE.reading | {"from": 200}}, r"d=\[\] only"),
        ({"reading": FINITE.reading | {"over": "1/D"}}, "over='D' is unknown"),
        ({**NO_READING, "measure": "worst"}, "its row says nothing"),
    ],
)
def test_what_a_table_cannot_answer_is_an_error(fields: Any, message: str) -> None:
    row = replace(FINITE, **fields)
    refuses(lambda: claims.measure_row(row), f"claim {FINITE.id}.*{message}")


def test_over_one_over_a_column_the_exponent_has_the_other_sign() -> None:
    plain, inverse = (
        claims.measure_row(replace(FINITE, reading=FINITE.reading | {"over": over}))
        for over in ("d", "1/d")
    )
    assert inverse == pytest.approx((-plain[0], -plain[2], -plain[1]))


def test_the_better_of_two_and_the_printed_heights_read_another_way() -> None:
    rows = read_table("figure-1").set_index(["learner", "width", "n"]).sort_index()
    rows = rows.sort_values("seed").error.astype(float)
    ours, *frozen = (
        rows.loc[name, 1000, 10_000].to_numpy()
        for name in ("one-step", "random-features", "linearised")
    )
    gap, *_ = claims.measure_row(find("figure-1-order"))
    assert gap == pytest.approx((np.minimum(*frozen) / ours).mean())
    printed = {(100, 3): 0.55, (100, 3.5): 0.25, (100, 4): 0.09, (100, 5): 0.02}
    printed |= {(1000, 3): 0.46, (1000, 3.5): 0.19, (1000, 4): 0.06}
    logs = [
        np.log(rows.loc["one-step", width, round(10**power)] / error).mean()
        for (width, power), error in printed.items()
    ]
    heights, low, high = claims.measure_row(find("figure-1-heights"))
    assert heights == pytest.approx(np.exp(np.mean(logs)))
    assert low < heights < high


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"measure": "worst"}, "measure='worst' is no function of .*network.grid"),
        ({"measure": "worst", "chapter": "a-part/none"}, "chapter='none' is unknown"),
    ],
)
def test_what_a_chapter_does_not_measure_is_an_error(
    fields: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=f"claim {FINITE.id}: {message}"):
        catalogue.measure(replace(FINITE, **NO_READING, **fields))


def find(name: str) -> Claim:
    return next(claim for claim in LEDGER if claim.id == name)


def test_the_page_is_what_the_tables_say() -> None:
    written = claims.PAGE.read_text("utf-8")
    remedy = "run: python -m beyond_the_kernel claims"
    assert written == claims.page(measure=catalogue.measure), remedy


def test_a_missing_table_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_table = "replearn.experiments.tables.read_table.__defaults__"
    monkeypatch.setattr(read_table, (tmp_path,))
    with pytest.raises(FileNotFoundError, match="python -m replearn sweep"):
        claims.page()


def record(agrees: str, day: str, reason: str = "Read anew.") -> str:
    """The record with one more range of the figure's heights."""
    fields = f'id = "figure-1-heights"\nagrees = {agrees}\ndate = {day}\n'
    return f'{RECORD}\n[[range]]\n{fields}reason = "{reason}"\n'


WIDER = TEXT.replace("[0.8, 1.25]", "[0.5, 1.25]", 1)
LATER, EARLIER = "2027-01-01", "2020-01-01"
NO_PLACE = TEXT.replace("place = ", "# place = ", 1)


@pytest.mark.parametrize(
    ("text", "ranges", "message"),
    [
        (TEXT + TEXT[TEXT.index("[[claim]]") :], RECORD, "an id occurs twice"),
        (TEXT.replace("in a limit", "sometimes"), RECORD, "scope='sometimes'"),
        (TEXT.replace("[0.8, 1.25]", "[1.25, 0.8]"), RECORD, "is no range"),
        (TEXT.replace("digits =", "mood ="), RECORD, r"16-d2: unexpected \['mood'\]"),
        (NO_PLACE, RECORD, r"kernel-lower-bound: it needs \['place'\]"),
        (WIDER, RECORD, r"heights: .*0.5, 1.25.*0.8, 1.25.* a new record there"),
        (TEXT, record("[0.5, 1.25]", LATER), r"heights: .*0.8, 1.25.*0.5, 1.25"),
        (TEXT, RECORD.replace("heights", "widths"), r"heights: .*ranges.toml .*None"),
        (WIDER, record("[0.5, 1.25]", LATER, " "), "has no reason"),
        (WIDER, record("[0.5, 1.25]", EARLIER), "follows a later one"),
        (TEXT, record("[0.8, 1.25]", LATER), "is the one before"),
        (TEXT, record("[]", LATER), "heights: .*says None"),
    ],
)
def test_a_faulty_ledger_or_record_is_an_error(
    tmp_path: Path, text: str, ranges: str, message: str
) -> None:
    paths = tmp_path / "claims.toml", tmp_path / "ranges.toml"
    for path, content in zip(paths, (text, ranges), strict=True):
        path.write_text(content, "utf-8")
    refuses(lambda: claims.ledger(*paths), message)
    paths[0].write_text(WIDER, "utf-8")
    paths[1].write_text(record("[0.5, 1.25]", LATER), "utf-8")
    assert (0.5, 1.25) in [claim.agrees for claim in claims.ledger(*paths)]


def test_a_range_that_says_so_was_recorded_before_its_table_was_made() -> None:
    """The first rows have a day only, and say how it was."""
    records = tomllib.loads(RECORD)["range"]
    first = {record["id"]: record for record in reversed(records)}
    tables = {claim.id: claim.tables for claim in LEDGER}
    for name, record in first.items():
        hour = record["date"]
        if not isinstance(hour, datetime):
            assert hour <= date(2026, 11, 26), f"{name}: its range needs an hour"
        elif "after" not in record["reason"].casefold():
            for table in tables[name]:
                made = read_provenance(table)["made"]
                assert hour < datetime.fromisoformat(made), (name, table)
