"""The explorer carries the table's numbers, as a widget and as a page fragment."""

from __future__ import annotations

import base64
import html
import io
import json
import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from views.synthetic import ERRORS, synthetic_table, synthetic_theory

from replearn.views.explorer import Explorer
from replearn.views.facts import Guide, Words
from replearn.views.packing import explorer_data, seeds

SPEC, WORDS = ERRORS.spec, ERRORS.words
HEIGHT = np.log(SPEC.y.high / SPEC.y.low)
SUMMARY, THEORY = synthetic_table(), synthetic_theory()


def pack(summary: pd.DataFrame, theory: pd.DataFrame | None = None) -> dict[str, Any]:
    return explorer_data(SPEC, summary, WORDS, theory)


@pytest.fixture(scope="module")
def page() -> str:
    return ERRORS.open().to_html()


def test_theory_is_drawn_to_a_pixel_and_stops_once_below_the_picture() -> None:
    packed = pack(SUMMARY, THEORY)["theory"]
    for _, row in THEORY[THEORY["error"] > 1e-3].sample(100, random_state=0).iterrows():
        curve = packed[f"{row.d}/{row.r}/{row.degree}"][row["learner"]]
        assert set(curve["n"]) <= set(THEORY["n"])
        drawn = np.interp(np.log(row["n"]), np.log(curve["n"]), np.log(curve["error"]))
        assert abs(drawn - np.log(row["error"])) < 0.005 * HEIGHT + 5.1e-3
    ends = [c["error"][-1] for learners in packed.values() for c in learners.values()]
    assert min(ends) == pytest.approx(SPEC.y.low / 100)


WITHOUT_SWITCH = replace(SPEC, switches=())
MISFITS: list[tuple[str, Any]] = [
    ("d=11 is not one of 10, 20", lambda t, theory: (SPEC, t.head(3).assign(d=11))),
    ("nothing at r=4, where the slider", lambda t, theory: (SPEC, t[t["r"] < 4])),
    ("not a finite number", lambda t, theory: (SPEC, t.assign(error=math.nan))),
    ("n must be above 0", lambda t, theory: (SPEC, t.assign(n=0))),
    ("lacks", lambda t, theory: (SPEC, t.drop(columns="low"))),
    ("svm", lambda t, theory: (SPEC, t.assign(learner="svm"))),
    ("d=10, .*learner=adam, n=20 is there twice", lambda t, _: (SPEC, twice(t))),
    ("not a finite number", lambda t, theory: (SPEC, t, theory.assign(error=math.inf))),
    ("svm", lambda t, theory: (SPEC, t, theory.assign(learner="svm"))),
    ("is there twice", lambda t, theory: (SPEC, t, twice(theory))),
    ("no switch", lambda t, theory: (WITHOUT_SWITCH, t, theory)),
]


def twice(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([rows, rows.head(1)])


@pytest.mark.parametrize(("message", "given"), MISFITS)
def test_tables_that_do_not_fit_are_refused(message: str, given: Any) -> None:
    spec, summary, *theory = given(SUMMARY, THEORY)
    with pytest.raises(ValueError, match=message):
        explorer_data(spec, summary, WORDS, *theory)


def test_the_state_accepts_what_the_table_has_and_refuses_the_rest() -> None:
    widget = Explorer(SPEC, SUMMARY, WORDS, d=80, show=["one-step"], theory=False)
    widget.state = {"d": np.int64(10), "axis": "n/d2"}  # what is not named, stays
    expected = dict(d=10, r=1, degree=3, axis="n/d2", show=["one-step"])
    assert widget.state == expected | dict(theory=False, guides=True, all=False)
    before = widget.state
    for wrong, message in (
        ({"d": 33}, "d=33 is not one of 10, 20, 40, 80, 160"),
        ({"dimension": 10}, "'dimension' is not one of d, r, degree, axis, show, "),
        ({"axis": "n/d9"}, "'n/d9' is not one of"),
        ({"show": ["svm"]}, "svm.*one-step"),
        ({"show": "one-step"}, "not a list"),
        ({"guides": 1}, "True or False, not a int"),
        ({"d": 160, "r": 2}, "d=160, r=2, degree=3 is not in the table, which has"),
    ):
        with pytest.raises(ValueError, match=message):
            widget.state = wrong
        with pytest.raises(ValueError, match=message):
            Explorer(SPEC, SUMMARY, WORDS, **wrong)
    assert widget.state == before


def test_what_the_front_end_sends_is_checked_too() -> None:
    widget = Explorer(SPEC, SUMMARY, WORDS)
    widget.set_state({"state": widget.state | {"d": 20, "all": True}})
    assert widget.state["d"] == 20
    assert widget.finding().startswith("d = 20, r = 1, degree 3:")
    with pytest.raises(ValueError, match="d=21"):
        widget.set_state({"state": widget.state | {"d": 21}})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([5, 5], "5"),
        ([10, 5, 10], "5 or 10"),
        ([0, 5], "5"),
        ([3, 10, 5], "3 to 10"),
        ([0, 0], "0"),
    ],
)
def test_a_caption_says_how_many_seeds_each_mean_has(
    given: list[int], said: str
) -> None:
    assert seeds(pd.DataFrame({"seeds": given})) == said
    row = SUMMARY.assign(seeds=np.resize(given, len(SUMMARY)))
    assert (
        f"overlap, {said} seeds"
        in Explorer(
            replace(SPEC, caption="overlap, {seeds} seeds"), row, WORDS
        ).caption()
    )


def test_words_that_json_cannot_write_are_refused() -> None:
    nowhere = Words("", guides=[Guide(float("nan"), "nowhere")])
    with pytest.raises(ValueError, match="cannot stand at nan"):
        explorer_data(SPEC, SUMMARY, lambda *_: nowhere)


def test_the_fragment_shows_the_finding_before_any_script(page: str) -> None:
    assert f'alt="{html.escape(ERRORS.open().finding())}"' in page
    picture = base64.b64decode(re.search(r"base64,([^\"]+)", page)[1])
    assert len(picture) <= 52_000  # hatching takes a fifth of it
    assert Image.open(io.BytesIO(picture)).size == (1240, 840)


def test_the_fragment_cannot_end_its_script_early(page: str) -> None:
    assert page.count("</script>") == 1
    data = re.search(r'<script type="application/json">(.*?)</script>', page, re.S)[1]
    parts = json.loads(data)
    assert "export default" in parts["esm"]
    assert parts["state"]["payload"]["defaults"]["d"] == SPEC.knob("d").default
    assert "http" not in parts["css"]
    assert set(re.findall(r"https?://[^\"'\s]+", parts["esm"])) == {
        "http://www.w3.org/2000/svg"
    }
