"""Every page, light and dark, wide and narrow: whole, quiet, accessible, offline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from book_sources import ROOT, read_cells, toc_entries
from pages.visit import (
    ACCESSIBILITY_KNOWN,
    REACHABLE,
    UNFOLD,
    Watched,
    bad_images,
    bad_maths,
    cut_formulas,
    overhang,
    watch,
)
from playwright.sync_api import Browser, Page

VISITS = list(product(toc_entries(), ("light", "dark"), (1280, 360)))
OWN_VIEWS = ".replearn-explorer, .replearn-hero, .replearn-still"
IN_OWN_VIEWS = f"(target) => document.querySelector(target).closest('{OWN_VIEWS}')"
PLANTED = """<!doctype html><html lang="en"><title>planted</title><article>
<img src="//stranger.invalid/picture.png" alt="../_images/1a2b3c.png">
<img src="missing.png"><span class="katex-error">\\frac{1}</span>
<span class="katex-html"><span style="color:#cc0000;">\\Q</span></span>
<span class="katex-display" style="display: block; margin-left: -9px">
<span class="katex-html"><span class="base" style="margin-left: -9px">cut</span></span>
</span><div style="width: 900px">wide</div>
<div style="overflow-x: auto"><div style="width: 900px">scrolls by itself</div></div>
<script>console.error("planted complaint"); throw new Error("planted error");</script>
</article></html>"""


@pytest.fixture(scope="module", params=VISITS, ids=str)
def visited(
    request: pytest.FixtureRequest, browser: Browser, home: str
) -> Iterator[Watched]:
    """A page with everything on it unfolded, seen down to its end."""
    entry, scheme, width = request.param
    viewport = {"width": width, "height": 800}
    with watch(browser, home, viewport=viewport, color_scheme=scheme) as watched:
        page = watched.open(f"{entry}.html")
        assert page.get_attribute("html", "data-theme") == scheme
        page.evaluate(UNFOLD)
        yield watched


def test_it_asks_nothing_of_the_network_and_does_not_complain(visited: Watched) -> None:
    assert visited.faults() == []


@pytest.mark.parametrize("look", [overhang, bad_maths, cut_formulas, bad_images])
def test_looks_find_none(visited: Watched, look: Callable[[Page], list[str]]) -> None:
    assert look(visited.page) == []


def test_it_says_what_it_is(visited: Watched) -> None:
    page = visited.page
    assert page.get_attribute("html", "lang") == "en"
    heading = page.locator("article h1").first.evaluate("h => h.firstChild.textContent")
    assert page.title().startswith(heading.strip()[:20])
    description = page.get_attribute("meta[name=description]", "content")
    assert 40 <= len(description) <= 161


def test_every_figure_that_a_notebook_draws_is_there(visited: Watched) -> None:
    page = visited.page.url.removeprefix(f"{visited.home}/")
    source = (ROOT / page).with_suffix(".ipynb")
    there = "(image) => image.complete && image.naturalWidth > 300"
    for cell in read_cells(source) if source.exists() else []:
        if cell.draws():
            assert visited.page.get_by_alt_text(cell.alt()).evaluate(there), cell.alt()


def test_axe_finds_nothing_new(visited: Watched) -> None:
    page = visited.page
    page.wait_for_function(REACHABLE)
    # axe measures where things lie, and what is skipped so far lies nowhere
    page.add_style_tag(content="* { content-visibility: visible !important; }")
    found = Axe().run(page).response["violations"]
    new = [
        (fault["id"], node["html"])
        for fault in found
        for node in fault["nodes"]
        if fault["id"] not in ACCESSIBILITY_KNOWN
        or page.evaluate(IN_OWN_VIEWS, node["target"][0])
    ]
    assert new == []


@pytest.fixture
def planted(browser: Browser, home: str, built_book: Path) -> Iterator[Watched]:
    """A page that does everything wrong, at an address of the book."""
    with watch(browser, home, viewport={"width": 360, "height": 800}) as watched:
        address = f"{home}/planted.html"
        answer = {"body": PLANTED, "content_type": "text/html"}
        watched.page.route(address, lambda route: route.fulfill(**answer))
        watched.page.goto(address)
        yield watched


def test_the_watch_itself_sees_what_is_planted(planted: Watched) -> None:
    assert planted.strangers == [f"{planted.home[:5]}//stranger.invalid/picture.png"]
    assert f"{planted.home}/missing.png" in planted.failures
    assert "planted complaint" in planted.complaints
    assert "planted error" in planted.complaints


def test_the_looks_themselves_see_what_is_planted(planted: Watched) -> None:
    assert bad_maths(planted.page) == ["\\frac{1}", "\\Q"]
    assert [text.strip() for text in cut_formulas(planted.page)] == ["cut"]
    assert len(bad_images(planted.page)) == 2
    wide, total = overhang(planted.page)
    assert wide.endswith(">wide</div>")
    assert "too wide" in total
    found = Axe().run(planted.page).response["violations"]
    assert "image-alt" in {fault["id"] for fault in found}
