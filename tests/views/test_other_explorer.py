"""An explorer of another table: a knob of names, a linear axis, words of its own.

Its labels hold signs that mean something in HTML, which must all be shown as written.
"""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from views import harness
from views.harness import CURVES, STATE, open_page, slide, write_page
from views.synthetic import (
    OVERLAP,
    STEPS,
    overlap_table,
    overlap_words,
    synthetic_table,
)

from beyond_the_kernel.kernel_versus_network.show import EXPLORER
from replearn.experiments.curves import summarise
from replearn.views import explorer
from replearn.views.explorer import Explorer
from replearn.views.palette import ink

CELLS = [(str(s), d) for s in STEPS.values for d in (10, 20, 40)]
COMPUTED = [(s, d) for s, d in CELLS if (s, d) != (STEPS.default, 10)]
POINTS = """() => Object.fromEntries(
    [...document.querySelectorAll('[data-learner]')].map((g) => [
        g.dataset.learner, g.querySelector('.rl-curve').getAttribute('d')
        .slice(1).split('L').map((pair) => pair.split(' ').map(Number))]))"""
AXIS = """() => Object.fromEntries([...document.querySelectorAll('.rl-chart text')]
    .filter((t) => /^[01][.]?\\d*$/.test(t.textContent)
        && t.getAttribute('text-anchor') === 'end')
    .map((t) => [t.textContent, t.getAttribute('y') - 4]))"""


@pytest.fixture(scope="module")
def fragment() -> str:
    return Explorer(OVERLAP, overlap_table(), overlap_words).to_html()


@pytest.fixture(scope="module")
def address(fragment, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("page") / "overlap.html"
    return write_page(path, fragment).as_uri()


def test_every_knob_moves_every_curve_and_all_that_is_said(page, address):
    open_page(page, address)
    seen: dict[str, set[str]] = {}
    said, readouts = set(), set()
    for steps, d in COMPUTED:
        slide(page, OVERLAP, d=d, steps=steps)
        for learner, path in page.evaluate(CURVES).items():
            seen.setdefault(learner, set()).add(path)
        sentence = page.inner_text(".rl-sentence")
        assert sentence.startswith(f"{steps}, d = {d}: half at N = ")
        assert page.get_attribute("svg[role=img]", "aria-label") == sentence
        said.add(sentence)
        readouts.add(page.inner_text("[data-readout=half]"))
        assert page.inner_text("[data-readout=d] strong") == str(d)
        assert f"d² <i> = {d * d}" in page.text_content(".rl-chart svg")
        assert page.query_selector("[data-reach=one-step]")
    assert set(seen) == set(OVERLAP.learners)
    assert {len(paths) for paths in seen.values()} == {len(COMPUTED)}
    assert len(said) == len(COMPUTED)
    assert len(readouts) == len(COMPUTED)


def test_the_curve_is_drawn_on_a_linear_scale(page, address):
    open_page(page, f"{address}#overlap:x=N")
    marks = page.evaluate(AXIS)
    assert list(marks) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    zero, one = marks["0.0"], marks["1.0"]
    rows = overlap_table().query("steps == @STEPS.default and d == 20")
    for learner, points in page.evaluate(POINTS).items():
        heights = [(zero - y) / (zero - one) for _, y in points]
        expected = rows[rows["learner"] == learner]["mean"]
        np.testing.assert_allclose(heights, expected, atol=0.006)
    assert page.evaluate(CURVES) != open_and_read(page, f"{address}#overlap:x=N,dim=40")


def open_and_read(page, address) -> dict[str, str]:
    return open_page(page, address).evaluate(CURVES)


def test_the_slider_of_names_says_the_name(page, address):
    open_page(page, address)
    assert page.evaluate(STATE)["steps"] == "how = γ & more"
    page.focus(".rl-knob input")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(STATE)["steps"] == "how = two <b>steps"
    assert page.inner_text(".rl-knob output") == "two <b>steps"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(STATE)["d"] == "input dimension d = 40"
    assert page.inner_text(".rl-sentence").startswith("two <b>steps, d = 40:")


def test_the_missing_cell_is_said_and_the_nearest_shown(page, address):
    open_page(page, address)
    slide(page, OVERLAP, d=10)
    said = page.inner_text("[role=status]")
    assert said == (
        "γ & more, d = 10 is not computed. Shown instead: two <b>steps, d = 10."
    )


def test_the_address_keeps_any_setting(page, address):
    for steps, d in COMPUTED:
        open_page(page, address)
        slide(page, OVERLAP, steps=steps, d=d)
        page.select_option(".rl select", "N")
        page.check("text=all at once")
        page.uncheck("label:has-text('oracle')")
        assert f"dim={d},x=N,show=one-step,guides=1,all=1" in page.url
        picture = page.inner_html("svg[role=img]")
        open_page(page, page.url)
        assert page.inner_html("svg[role=img]") == picture
        assert page.inner_text(".rl-sentence").startswith(f"{steps}, d = {d}:")


def test_each_box_switches_what_it_names(page, address):
    open_page(page, address)
    assert page.query_selector_all(".rl-guide")
    page.uncheck("text='d²'")
    assert not page.query_selector_all(".rl-guide")
    page.check("text=all at once")
    ghosts = page.query_selector_all("[data-ghost]")
    others = (len(STEPS.values) - 1) * len(OVERLAP.learners)
    assert len(ghosts) == others
    for learner in OVERLAP.learners:
        page.uncheck(f"label:has-text('{ink(learner).label}')")
        assert learner not in page.evaluate(CURVES)
    assert not page.query_selector_all("[data-reach], [data-ghost]")


def test_the_table_holds_the_numbers_of_the_curves(page, address):
    open_page(page, address)
    page.click("text=show as table")
    heads = page.query_selector_all(".rl-table thead th")
    assert [h.inner_text() for h in heads][1:3] == ["N", "overlap <i>"]
    rows = overlap_table().query("steps == @STEPS.default and d == 20")
    shown = harness.table_rows(page)
    assert len(shown) == len(rows)
    for (label, n, mean, _), row in zip(shown, rows.itertuples(), strict=True):
        assert (label, int(n)) == (ink(row.learner).label, row.n)
        assert float(mean.replace(" × 10^", "e")) == pytest.approx(row.mean, rel=0.06)
    caption = page.inner_text(".rl-table caption")
    assert caption.endswith("3 seeds with its 95 % interval, at γ & more, d = 20.")


def test_what_is_written_is_shown_as_written(page, address):
    open_page(page, f"{address}#overlap:all=1")
    page.click("text=show as table")
    page.hover("svg[role=img]")
    assert not page.query_selector_all(".rl b, .rl i, figcaption b")
    text = page.text_content(".rl-chart svg")
    for written in ("overlap <i>", "N / d² <i>", "half <i>", "d² <i> = 400"):
        assert written in text
    assert "two <b>steps" in text  # beside its ghost


def test_two_explorers_of_two_tables_share_a_page(page, fragment, tmp_path):
    made_up = summarise(synthetic_table())
    first = Explorer(EXPLORER.spec, made_up, EXPLORER.words).to_html()
    path = write_page(tmp_path / "two.html", first, fragment)
    address = f"{path.as_uri()}#overlap:dim=40;kvn:d=80"
    page.goto(address)
    page.wait_for_selector("#overlap[data-state=live]")
    said = [e.inner_text() for e in page.query_selector_all(".rl-sentence")]
    assert said[0].startswith("d = 80, r = 1, degree 3:")
    assert said[1].startswith("γ & more, d = 40:")
    slide(page, EXPLORER.spec, d=20)
    assert "overlap:" in page.url
    assert "kvn:d=20" in page.url
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_narrow_page_needs_no_sideways_scroll(page, fragment, tmp_path, theme):
    page.set_viewport_size({"width": 360, "height": 700})
    path = write_page(tmp_path / "narrow.html", fragment, theme=theme)
    open_page(page, f"{path.as_uri()}#overlap:all=1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_axe_finds_nothing(page, address):
    from axe_playwright_python.sync_playwright import Axe

    open_page(page, address)
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


def test_the_still_picture_has_the_axes_of_the_specification(monkeypatch):
    drawn: list[Figure] = []
    keep = explorer.compact_png
    monkeypatch.setattr(explorer, "compact_png", lambda f: drawn.append(f) or keep(f))
    widget = Explorer(OVERLAP, overlap_table(), overlap_words, d=40)
    assert Image.open(io.BytesIO(widget.to_png())).size == (1240, 840)
    (ax,) = drawn[0].axes
    assert ax.get_yscale() == "linear"
    assert ax.get_ylim() == (0, 1)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("N / d² <i>", "overlap <i>")
    rows = overlap_table().query("steps == @STEPS.default and d == 40")
    line = next(x for x in ax.lines if x.get_color() == ink("one-step").light)
    shown = rows[rows["learner"] == "one-step"]
    np.testing.assert_allclose(line.get_xdata(), shown["n"] / 1600)
    np.testing.assert_allclose(line.get_ydata(), shown["mean"])


def test_the_fragment_escapes_what_it_says(fragment):
    widget = Explorer(OVERLAP, overlap_table(), overlap_words)
    assert widget.caption() == "Overlap, 3 seeds."
    assert widget.finding().startswith("γ & more, d = 20: half at N = ")
    assert re.search(r'alt="γ &amp; more, d = 20: half at N = ', fragment)
