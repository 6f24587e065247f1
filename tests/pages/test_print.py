"""On every screen and on paper: nothing cut, nothing folded, the light colours."""

from __future__ import annotations

import pytest
from book_sources import toc_entries
from pages.visit import LIVE, UNFOLD, Watched, overhang, watch
from playwright.sync_api import Browser

WIDTHS = (320, 390, 768, 1280, 1920)
A4 = 680  # the width of A4 less its margins, in CSS pixels
# Text that ends outside a box (and so over an edge, or cut by it) that cannot scroll.
CUT = """() => {
    for (const move of document.getAnimations())  // the sidebar glides in
        if (move.effect.getComputedTiming().endTime < Infinity) move.finish();
    const cut = new Set(), own = '.katex-mathml, .replearn-explorer, .visually-hidden';
    const walker = document.createTreeWalker(document.querySelector('main'), 4);
    for (let text; (text = walker.nextNode());) {
        const parent = text.parentElement, range = document.createRange();
        if (!text.data.trim() || parent.closest(own)) continue;
        range.selectNodeContents(text);
        const right = Math.max(0, ...[...range.getClientRects()].map((r) => r.right));
        let box = parent.closest('.katex')?.parentElement ?? parent;
        for (; box.tagName !== 'MAIN'; box = box.parentElement) {
            const style = getComputedStyle(box);
            if (/auto|scroll/.test(style.overflowX)) break;
            if (style.position === 'absolute') break;
            if (/inline$|contents/.test(style.display)) continue;
            if (right > box.getBoundingClientRect().right + 1.5)
                cut.add(text.data.trim().slice(0, 60));
        }
    }
    return [...cut]; }"""
WIDE = """() => [...document.querySelectorAll('article :is(pre, img)')].filter((e) =>
    e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > innerWidth
).map((e) => e.outerHTML.slice(0, 80))"""
FOLDED = """() => document.querySelectorAll(
    'article :is(details:not([open]), .toggle-hidden)').length"""
PLANTED = """() => document.querySelector('article p').insertAdjacentHTML('beforeend',
    `<span style="white-space: nowrap">${'planted '.repeat(60)}</span>`)"""
every_page = pytest.mark.parametrize("entry", toc_entries())


@every_page
def test_no_text_ends_outside_its_box(window: Watched, entry: str) -> None:
    page = window.open(f"{entry}.html")
    page.evaluate(UNFOLD)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(CUT) == [], width
        assert overhang(page) == [], width


@every_page
def test_paper_is_light_unfolded_and_whole(
    browser: Browser, home: str, entry: str
) -> None:
    size = {"width": A4, "height": 1000}
    with watch(browser, home, viewport=size, color_scheme="dark") as watched:
        page = watched.open(f"{entry}.html")
        page.wait_for_function(LIVE)
        page.wait_for_function("() => document.readyState === 'complete'")
        folded = page.evaluate(FOLDED)
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.get_attribute("html", "data-theme") == "light"
        assert page.evaluate(FOLDED) == 0
        assert page.evaluate(WIDE) == []
        assert page.evaluate(CUT) == []
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.get_attribute("html", "data-theme") == "dark"
        assert page.evaluate(FOLDED) == folded


def test_the_look_sees_planted_text(window: Watched) -> None:
    page = window.open(f"{toc_entries()[0]}.html")
    assert page.evaluate(CUT) == []
    page.evaluate(PLANTED)
    assert page.evaluate(CUT)[0].startswith("planted")


def test_the_buttons_of_the_header_show_the_focus(window: Watched) -> None:
    page = window.open(f"{toc_entries()[1]}.html")
    page.keyboard.press("Tab")  # from now on the focus is the keyboard's
    for button in page.locator(".article-header-buttons :is(a, button).btn").all():
        if button.is_visible():
            button.focus()
            style = button.evaluate("e => getComputedStyle(e).outlineStyle")
            assert style == "solid", button.get_attribute("aria-label")
