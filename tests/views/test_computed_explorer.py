"""An explorer of curves that are computed: no seeds, and an axis that is linear."""

from __future__ import annotations

import numpy as np
import pytest
from views import harness
from views.harness import CURVES, STATE, open_page, slide, write_page

from beyond_the_kernel.hermite_and_targets.show import EXPLORER, SPEC

TICKS = """() => Object.fromEntries([...document.querySelectorAll(
    '.rl-chart text[text-anchor=middle]')].map((t) => [t.textContent,
    Number(t.getAttribute('x'))]))"""


@pytest.fixture(scope="module")
def widget():
    return EXPLORER.open()


@pytest.fixture(scope="module")
def address(widget, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("page") / "computed.html"
    return write_page(path, widget.to_html()).as_uri()


def test_a_computed_curve_carries_no_interval_and_may_be_left_of_zero(widget):
    payload = widget.payload
    assert payload["seeds"] == "0"
    assert set(payload["curves"]) == set(payload["cells"]) == set(payload["theory"])
    curve = payload["curves"]["one direction/0/1/1/0"]["target"]
    assert set(curve) == {"n", "mean"}
    assert (curve["n"][0], curve["n"][1], curve["n"][-1]) == (-2.5, -2.25, 2.5)


def test_the_horizontal_axis_is_linear(page, address):
    open_page(page, address)
    ticks = {
        float(text.replace("−", "-")): x for text, x in page.evaluate(TICKS).items()
    }
    assert sorted(ticks) == [-2, -1, 0, 1, 2, 3]  # room for names beyond 2.5
    steps = np.diff([ticks[value] for value in sorted(ticks)])
    np.testing.assert_allclose(steps, steps[0], atol=0.3)
    assert not page.query_selector_all(".rl select")
    assert not page.query_selector_all(".rl-chart :is(.rl-band, .rl-mark)")


def test_knobs_move_the_curves_and_what_is_said(page, address):
    open_page(page, address)
    before = page.evaluate(CURVES)
    assert set(before) == set(SPEC.learners)
    slide(page, SPEC, shape="two apart")
    after = page.evaluate(CURVES)
    assert after["target"] != before["target"]
    assert after["target-2"] != before["target-2"]
    assert "H has rank 1 of 2" in page.inner_text(".rl-sentence")
    slide(page, SPEC, w2=0)
    assert "H is zero" in page.inner_text(".rl-sentence")
    assert page.inner_text("[data-readout=hessian] strong") == "none"


def test_nothing_to_learn_is_said_and_the_nearest_shown(page, address):
    open_page(page, address)
    slide(page, SPEC, w2=0, w3=0)
    assert "is not computed" in page.inner_text("[role=status]")
    assert page.evaluate(STATE)["w3"] == "weight of degree 3 = 0"


def test_the_table_of_computed_curves_has_no_interval(page, address):
    open_page(page, address)
    page.click("text=show as table")
    heads = page.query_selector_all(".rl-table thead th")
    assert [h.inner_text() for h in heads] == ["curve", "z", "f* and its parts"]
    assert page.inner_text(".rl-table caption").startswith("Computed, at one direction")
    assert {len(row) for row in harness.table_rows(page)} == {3}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_narrow_page_needs_no_sideways_scroll(page, widget, tmp_path, theme):
    page.set_viewport_size({"width": 360, "height": 700})
    path = write_page(tmp_path / "narrow.html", widget.to_html(), theme=theme)
    open_page(page, path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
