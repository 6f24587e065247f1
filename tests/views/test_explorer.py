"""The explorer carries the table's numbers, as a widget and as a page fragment."""

from __future__ import annotations

import base64
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
import traitlets
from PIL import Image
from views.synthetic import synthetic_table, synthetic_theory

from replearn.experiments.curves import summarise
from replearn.theory.rates import kernel_rate, network_rate
from replearn.views.controls import EXPLORER
from replearn.views.explorer import explore, explorer_data

CELL = ["d", "r", "degree"]


@pytest.fixture(scope="module")
def summary() -> pd.DataFrame:
    return summarise(synthetic_table())


@pytest.fixture(scope="module")
def theory() -> pd.DataFrame:
    return synthetic_theory()


@pytest.fixture(scope="module")
def page(summary, theory) -> str:
    return explore(summary, theory).to_html()


def test_payload_agrees_with_the_table_at_random_points(summary, theory):
    payload = explorer_data(summary, theory)
    for _, row in summary.sample(200, random_state=0).iterrows():
        curve = payload["curves"]["-".join(str(row[k]) for k in CELL)][row["learner"]]
        i = curve["n"].index(row["n"])
        shown = [curve["mean"][i], curve["low"][i], curve["high"][i]]
        expected = [row["error"], row["low"], row["high"]]
        np.testing.assert_allclose(shown, expected, rtol=5.1e-3)


def test_theory_agrees_and_stops_once_below_the_picture(summary, theory):
    packed = explorer_data(summary, theory)["theory"]
    for _, row in theory[theory["error"] > 1e-3].sample(100, random_state=0).iterrows():
        curve = packed["-".join(str(row[k]) for k in CELL)][row["learner"]]
        shown = curve["error"][curve["n"].index(row["n"])]
        assert shown == pytest.approx(row["error"], rel=5.1e-3)
    ends = [c["error"][-1] for learners in packed.values() for c in learners.values()]
    assert min(ends) == pytest.approx(EXPLORER.floor / 100)


def test_theory_without_r_serves_every_r(summary, theory):
    shared = theory[theory["r"] == 1].drop(columns="r")
    packed = explorer_data(summary, shared)["theory"]
    assert packed["40-4-3"] == packed["40-1-3"]


def test_guides_are_the_rates(summary):
    guides = explorer_data(summary)["guides"]
    assert guides["40-2-3"]["kernel"] == kernel_rate(40, 3)
    assert guides["40-2-3"]["network"] == network_rate(40, 2, 3)


def test_a_table_that_no_slider_fits_is_refused(summary):
    with pytest.raises(ValueError, match="d=11 is not one of 10, 20"):
        explorer_data(summary.head(3).assign(d=11))
    with pytest.raises(ValueError, match="not a finite number"):
        explorer_data(summary.head(3).assign(error=float("nan")))
    with pytest.raises(ValueError, match="lacks"):
        explorer_data(summary.drop(columns="low"))


def test_traits_accept_what_the_table_has_and_refuse_the_rest(summary):
    widget = explore(summary, d=80, show=["one-step"])
    widget.d = 10
    assert widget.state()["d"] == 10
    with pytest.raises(ValueError, match="d=33"):
        widget.d = 33
    with pytest.raises(traitlets.TraitError):
        widget.axis = "n/d9"
    with pytest.raises(ValueError, match="r=2, degree=3 is not in the table"):
        explore(summary, d=160, r=2)
    with pytest.raises(ValueError, match="must be a word"):
        explore(summary, name="a b")


def test_jupyter_gets_the_widget_and_the_page_the_fragment(summary):
    bundle, _ = explore(summary)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/html"].startswith('<div class="replearn-explorer">')


def test_the_fragment_shows_the_finding_before_any_script(page, summary):
    alt = re.search(r'alt="([^"]+)"', page)[1]
    assert "d = 40, r = 1, degree 3" in alt
    one = summary[(summary["d"] == 40) & (summary["r"] == 1) & (summary["degree"] == 3)]
    network = one[(one["learner"] == "one-step") & (one["error"] <= 0.1)]
    assert f"below 10 % error from n = {network['n'].min()} on" in alt
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
