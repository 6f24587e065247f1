"""The explorer of Hermite parts: its words, its curves, its linear axis."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from views import harness
from views.harness import CURVES, STATE, open_page, slide, write_page

from replearn.hermite import gauss_hermite
from replearn.views.explorer import Explorer
from replearn.views.hermite_parts import (
    HERMITE,
    hermite_cells,
    hermite_target,
    part_curves,
    part_words,
)
from replearn.views.packing import explorer_data
from replearn.views.palette import DARK_PAGE, LIGHT_PAGE, PARTS, contrast, ink

NOTHING = pd.DataFrame()
DEFAULT = {"shape": "one direction", "w1": 0, "w2": 1, "w3": 1, "w4": 0}
TICKS = """() => Object.fromEntries([...document.querySelectorAll(
    '.rl-chart text[text-anchor=middle]')].map((t) => [t.textContent,
    Number(t.getAttribute('x'))]))"""


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return part_curves()


@pytest.fixture(scope="module")
def fragment(table) -> str:
    return Explorer(HERMITE, table, part_words).to_html()


@pytest.fixture(scope="module")
def address(fragment, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("page") / "hermite.html"
    return write_page(path, fragment).as_uri()


def select(table: pd.DataFrame, cell: dict, learner: str) -> np.ndarray:
    keep = table["learner"] == learner
    for name, value in cell.items():
        keep &= table[name] == value
    return table[keep].sort_values("n")[["n", "error"]].to_numpy()


@pytest.mark.parametrize("cell", hermite_cells()[::7], ids=str)
def test_curves_are_the_target_averaged_over_the_rest(table, cell):
    """f* along an axis, the other relevant one integrated out by quadrature."""
    target, (nodes, weights) = hermite_target(cell), gauss_hermite(6)
    for axis, learner in enumerate(("target", "target-2")):
        for z, value in select(table, cell, learner):
            points = torch.zeros(6, max(target.r, 2), dtype=torch.float64)
            points[:, 1 - axis] = nodes
            points[:, axis] = z
            # one direction: along the second axis the first is integrated out
            mean = float((weights * target.link(points[:, : target.r])).sum())
            assert value == pytest.approx(mean, abs=1e-9)


@pytest.mark.parametrize("cell", hermite_cells()[::7], ids=str)
def test_words_say_what_derivatives_show(cell):
    words = part_words(cell, NOTHING, NOTHING)
    facts = {fact.key: fact.value for fact in words.facts}
    target = hermite_target(cell)
    shares = target.degree_weights()
    for p in range(1, 5):
        assert facts[f"degree-{p}"] == f"{shares.get(p, 0.0):.0%}"
    rank = int(torch.linalg.matrix_rank(target.expected_hessian()))
    shown = [] if facts["hessian"] == "none" else facts["hessian"].split(", ")
    assert len(shown) == rank
    squares = sum(float(value) ** 2 for value in shown)
    assert squares == pytest.approx(2 * shares.get(2, 0.0), abs=0.03)
    assert float(facts["gradient"]) ** 2 == pytest.approx(shares.get(1, 0.0), abs=0.01)
    assert ("H is zero" in words.sentence) == (rank == 0)


def test_odd_degrees_are_hidden_from_h_and_from_gates():
    hidden = DEFAULT | {"w2": 0}
    words = part_words(hidden, NOTHING, NOTHING)
    facts = {fact.key: fact.value for fact in words.facts}
    assert facts["gate"] == "nothing"
    assert facts["hessian"] == "none"
    apart = part_words(DEFAULT | {"shape": "two apart"}, NOTHING, NOTHING)
    assert "the second direction does not show" in apart.sentence
    alike = part_words(DEFAULT | {"shape": "two alike"}, NOTHING, NOTHING)
    assert "both directions show" in alike.sentence


def test_no_weights_are_refused():
    with pytest.raises(ValueError, match="all weights are zero"):
        hermite_target(DEFAULT | {"w2": 0, "w3": 0})


def test_a_computed_curve_carries_no_interval_and_may_be_left_of_zero(table):
    payload = explorer_data(HERMITE, table, part_words)
    assert payload["seeds"] == "0"
    assert set(payload["curves"]) == set(payload["cells"]) == set(payload["theory"])
    curve = payload["curves"]["one direction/0/1/1/0"]["target"]
    assert set(curve) == {"n", "mean"}
    assert (curve["n"][0], curve["n"][1], curve["n"][-1]) == (-2.5, -2.25, 2.5)


def test_a_logarithmic_axis_still_refuses_what_is_not_above_zero(table):
    from replearn.views.controls import EXPLORER

    row = {"d": 10, "r": 1, "degree": 2, "learner": "ntk", "n": [0], "error": 0.5}
    bad = pd.DataFrame(row | {"low": 0.5, "high": 0.5, "seeds": 5})
    with pytest.raises(ValueError, match="n must be above 0"):
        explorer_data(EXPLORER, bad, part_words)


@pytest.mark.parametrize("part", PARTS)
def test_every_ink_of_a_part_is_seen_on_its_page(part):
    assert contrast(ink(part).light, LIGHT_PAGE) >= 3
    assert contrast(ink(part).dark, DARK_PAGE) >= 3


def test_the_horizontal_axis_is_linear(page, address):
    open_page(page, address)
    ticks = {
        float(text.replace("−", "-")): x for text, x in page.evaluate(TICKS).items()
    }
    assert sorted(ticks) == [-2, -1, 0, 1, 2]
    steps = np.diff([ticks[value] for value in sorted(ticks)])
    np.testing.assert_allclose(steps, steps[0], atol=0.3)
    assert not page.query_selector_all(".rl select")
    assert not page.query_selector_all(".rl-chart :is(.rl-band, .rl-mark)")


def test_knobs_move_the_curves_and_what_is_said(page, address):
    open_page(page, address)
    before = page.evaluate(CURVES)
    assert set(before) == set(HERMITE.learners)
    slide(page, HERMITE, shape="two apart")
    after = page.evaluate(CURVES)
    assert after["target"] != before["target"]
    assert after["target-2"] != before["target-2"]
    assert "H has rank 1 of 2" in page.inner_text(".rl-sentence")
    slide(page, HERMITE, w2=0)
    assert "H is zero" in page.inner_text(".rl-sentence")
    assert page.inner_text("[data-readout=hessian] strong") == "none"


def test_nothing_to_learn_is_said_and_the_nearest_shown(page, address):
    open_page(page, address)
    slide(page, HERMITE, w2=0, w3=0)
    assert "is not computed" in page.inner_text("[role=status]")
    state = page.evaluate(STATE)
    assert state["w3"] == "weight of degree 3 = 0"


def test_the_table_of_computed_curves_has_no_interval(page, address):
    open_page(page, address)
    page.click("text=show as table")
    heads = page.query_selector_all(".rl-table thead th")
    assert [h.inner_text() for h in heads] == ["curve", "z", "f* and its parts"]
    assert page.inner_text(".rl-table caption").startswith("Computed, at one direction")
    assert {len(row) for row in harness.table_rows(page)} == {3}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_narrow_page_needs_no_sideways_scroll(page, fragment, tmp_path, theme):
    page.set_viewport_size({"width": 360, "height": 700})
    path = write_page(tmp_path / "narrow.html", fragment, theme=theme)
    open_page(page, path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
