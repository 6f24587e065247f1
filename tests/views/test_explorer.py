"""The explorer carries the table's numbers, as a widget and as a page fragment."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from views.synthetic import synthetic_table, synthetic_theory

from beyond_the_kernel.kernel_versus_network.show import EXPLORER
from replearn.experiments.curves import first_crossing, summarise
from replearn.theory.rates import kernel_rate, network_rate
from replearn.views.explorer import Explorer
from replearn.views.facts import Guide, Words
from replearn.views.packing import explorer_data

CELL = ["d", "r", "degree"]
SPEC, WORDS = EXPLORER.spec, EXPLORER.words
HEIGHT = np.log(SPEC.y.high / SPEC.y.low)


def pack(summary: pd.DataFrame, theory: pd.DataFrame | None = None) -> dict:
    return explorer_data(SPEC, summary, WORDS, theory)


def key(row: pd.Series) -> str:
    return "/".join(str(row[name]) for name in CELL)


@pytest.fixture(scope="module")
def summary() -> pd.DataFrame:
    return summarise(synthetic_table())


@pytest.fixture(scope="module")
def theory() -> pd.DataFrame:
    return synthetic_theory()


@pytest.fixture(scope="module")
def page(summary, theory) -> str:
    return Explorer(SPEC, summary, WORDS, theory).to_html()


def test_payload_agrees_with_the_table_at_random_points(summary, theory):
    payload = pack(summary, theory)
    for _, row in summary.sample(200, random_state=0).iterrows():
        curve = payload["curves"][key(row)][row["learner"]]
        i = curve["n"].index(row["n"])
        shown = [curve["mean"][i], curve["low"][i], curve["high"][i]]
        expected = [row["error"], row["low"], row["high"]]
        np.testing.assert_allclose(shown, expected, rtol=5.1e-3)


def test_theory_is_drawn_to_a_pixel_and_stops_once_below_the_picture(summary, theory):
    packed = pack(summary, theory)["theory"]
    for _, row in theory[theory["error"] > 1e-3].sample(100, random_state=0).iterrows():
        curve = packed[key(row)][row["learner"]]
        assert set(curve["n"]) <= set(theory["n"])
        drawn = np.interp(np.log(row["n"]), np.log(curve["n"]), np.log(curve["error"]))
        assert abs(drawn - np.log(row["error"])) < 0.005 * HEIGHT + 5.1e-3
    ends = [c["error"][-1] for learners in packed.values() for c in learners.values()]
    assert min(ends) == pytest.approx(SPEC.y.low / 100)


def test_theory_without_r_serves_every_r(summary, theory):
    shared = theory[theory["r"] == 1].drop(columns="r")
    packed = pack(summary, shared)["theory"]
    assert packed["40/4/3"] == packed["40/1/3"]


def test_guides_are_the_rates(summary):
    guides = pack(summary)["cells"]["40/2/3"]["guides"]
    assert sorted(n for n, _ in guides) == [network_rate(40, 2, 3), kernel_rate(40, 3)]


def test_every_cell_carries_its_axes(summary):
    for cell in pack(summary)["cells"].values():
        d, _, p = cell["values"]
        assert [divisor for divisor, _ in cell["axes"]] == [1, d**2, d**p]
        assert cell["axes"][2][1] == f"n / d{'⁰¹²³⁴'[p]}"


def test_a_table_that_no_slider_fits_is_refused(summary, theory):
    with pytest.raises(ValueError, match="d=11 is not one of 10, 20"):
        pack(summary.head(3).assign(d=11))
    with pytest.raises(ValueError, match="not a finite number"):
        pack(summary.head(3).assign(error=float("nan")))
    with pytest.raises(ValueError, match="not a finite number"):
        pack(summary, theory.assign(error=float("inf")))
    with pytest.raises(ValueError, match="n must be above 0"):
        pack(summary.head(3).assign(n=0))
    with pytest.raises(ValueError, match="lacks"):
        pack(summary.drop(columns="low"))
    with pytest.raises(ValueError, match="svm"):
        pack(summary.head(3).assign(learner="svm"))
    with pytest.raises(ValueError, match="svm"):
        pack(summary, theory.assign(learner="svm"))
    first = summary.iloc[0]
    where = f"d={first['d']}, .*learner={first['learner']}, n={first['n']} is there"
    with pytest.raises(ValueError, match=f"{where} twice"):
        pack(pd.concat([summary, summary.head(1)]))
    with pytest.raises(ValueError, match="is there twice"):
        pack(summary, pd.concat([theory, theory.tail(1)]))
    bare = replace(SPEC, switches=())
    with pytest.raises(ValueError, match="no switch"):
        explorer_data(bare, summary, WORDS, theory)


def test_the_state_accepts_what_the_table_has_and_refuses_the_rest(summary):
    widget = Explorer(SPEC, summary, WORDS, d=80, show=["one-step"], theory=False)
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
            Explorer(SPEC, summary, WORDS, **wrong)
    assert widget.state == before


def test_what_the_front_end_sends_is_checked_too(summary):
    widget = Explorer(SPEC, summary, WORDS)
    widget.set_state({"state": widget.state | {"d": 20, "all": True}})
    assert widget.state["d"] == 20
    assert widget.finding().startswith("d = 20, r = 1, degree 3:")
    with pytest.raises(ValueError, match="d=21"):
        widget.set_state({"state": widget.state | {"d": 21}})


def test_words_that_json_cannot_write_are_refused(summary):
    nowhere = Words("", guides=[Guide(float("nan"), "nowhere")])
    with pytest.raises(ValueError, match="cannot stand at nan"):
        explorer_data(SPEC, summary, lambda *_: nowhere)


def test_jupyter_gets_the_widget_and_the_page_the_fragment(summary):
    bundle, _ = Explorer(SPEC, summary, WORDS)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/html"].startswith('<div class="replearn-explorer">')


def test_the_fragment_shows_the_finding_before_any_script(page, summary):
    alt = re.search(r'alt="([^"]+)"', page)[1]
    assert "d = 40, r = 1, degree 3" in alt
    one = summary[(summary["d"] == 40) & (summary["r"] == 1) & (summary["degree"] == 3)]
    network = one[one["learner"] == "one-step"]
    n = first_crossing(network["n"].to_numpy(), network["error"].to_numpy(), 0.1)
    assert f"one-step network reaches 10 % error at n ≈ {n / 1e3:.0f}k" in alt
    picture = base64.b64decode(re.search(r"base64,([^\"]+)", page)[1])
    assert len(picture) <= 40_000
    assert Image.open(io.BytesIO(picture)).size == (1240, 840)


def test_the_fragment_cannot_end_its_script_early(page):
    assert page.count("</script>") == 1
    data = re.search(r'<script type="application/json">(.*?)</script>', page, re.S)[1]
    parts = json.loads(data)
    assert "export default" in parts["esm"]
    assert parts["state"]["payload"]["defaults"]["d"] == 40
    assert "http" not in parts["css"]
    assert set(re.findall(r"https?://[^\"'\s]+", parts["esm"])) == {
        "http://www.w3.org/2000/svg"
    }
