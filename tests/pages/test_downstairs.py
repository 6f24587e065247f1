"""Folds, code, previews, citation and paper, tried on a book of two pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from book_sources import ROOT
from form import BASEMENT, in_form, order_faults
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from pages.visit import ACCESSIBILITY_KNOWN, Watched, notebook_entries, watch
from pdf import bind
from playwright.sync_api import Browser, Page, expect
from tiny_book import build_book

WORDS = "# Words\n\n```{glossary}\nkernel\n  How alike two inputs are.\n```\n"
ABOVE = """# A chapter with a basement

A [kernel](words.md#term-kernel), {eq}`tin-sum`, {prf:ref}`tin-theorem`, and a
[proof further down](tiny.ipynb#tin-proof); {cite:t}`damian2022`.

$$ a + b = c $$ (tin-sum)
"""
BELOW = f"""## {BASEMENT}

What may wait.

### A proof

The proof, in two lines.

(tin-proof)=
#### First line

A word that nobody else has: xylophone.

:::{{prf:theorem}} Little (nobody, 1)
:label: tin-theorem

Nothing is easier.
:::
"""
SHELF = "### Tables and code\n\nWhere the code of the figures is.\n\nA table."
PICTURE = "from IPython.display import HTML\n\nHTML('<p>a figure</p>')"


def code(source: str, *tags: str) -> Any:
    return new_code_cell(source, metadata={"tags": list(tags)})


CELLS = [
    new_markdown_cell(ABOVE),
    code("a = 'the set-up'", "setup"),
    code(PICTURE, "figure-code"),
    code("print('on the path')"),
    code("b = 'an exercise'", "exercise"),
    new_markdown_cell(BELOW),
    code("print('downstairs')", "hide-input"),
    new_markdown_cell(SHELF),
    new_markdown_cell("## Take-away\n\nOne sentence."),
]
SHUT = "details[data-part=basement]:not([open])"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built pages."""
    folder = tmp_path_factory.mktemp("tiny")
    pages = {
        "book/words.md": WORDS,
        "book/tiny.ipynb": str(nbformat.writes(new_notebook(cells=CELLS))),
        "book/papers.md": "# Papers\n\n```{bibliography}\n```\n",
    }
    result = build_book(folder, pages)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder / "_build/html"


@pytest.fixture
def page(browser: Browser, tiny: Path) -> Iterator[Page]:
    """The chapter, opened from its file; it may ask for nothing and not complain."""
    with watch(browser, tiny.as_uri(), viewport={"width": 390, "height": 664}) as seen:
        yield seen.open("book/tiny.html")
        own = ("XMLHttpRequest", "ERR_FAILED")  # axe reads the styles anew
        said = [c for c in seen.complaints if not any(word in c for word in own)]
        assert seen.strangers + said == []


def is_open(page: Page, title: str) -> bool:
    fold = page.locator("details[data-part=basement]", has_text=title).first
    return bool(fold.evaluate("(fold) => fold.open"))


def test_subsections_fold_and_say_what_is_in_them(page: Page) -> None:
    summaries = page.locator("details[data-part=basement] > summary")
    said = [
        re.sub(r"[#\s]+", " ", text).strip() for text in summaries.all_inner_texts()
    ]
    assert said == [
        "A proof The proof, in two lines.",
        "Tables and code Where the code of the figures is.",
    ]
    assert page.locator(SHUT).count() == 2
    button = page.get_by_role("button", name="Open all")
    button.press("Enter")
    expect(page.locator(SHUT)).to_have_count(0)
    page.get_by_role("button", name="Close all").press("Enter")
    expect(page.locator(SHUT)).to_have_count(2)
    summaries.first.press("Enter")
    assert is_open(page, "A proof")
    contents = page.locator(".page-toc a").all_text_contents()
    assert [t.strip() for t in contents][-4:-1] != [], "the folds stand in the contents"


@pytest.mark.parametrize("name", ["tin-proof", "a-proof", "tin-theorem"])
def test_an_address_opens_the_fold_it_lies_in(page: Page, name: str) -> None:
    address = page.url
    page.goto("about:blank")
    page.goto(f"{address}#{name}")
    expect(page.locator(f"#{name}")).to_be_in_viewport()
    assert is_open(page, "A proof")
    assert not is_open(page, "Tables and code")


def test_a_link_opens_the_fold_once_more_after_it_was_shut(page: Page) -> None:
    link = page.get_by_role("link", name="proof further down")
    for _ in range(2):
        link.press("Enter")
        expect(page.locator(SHUT)).to_have_count(1)
        expect(page.locator("#first-line")).to_be_in_viewport()
        page.locator("details[data-part=basement] > summary").first.press("Enter")
        expect(page.locator(SHUT)).to_have_count(2)


def test_code_is_behind_a_line_above_and_open_below(page: Page) -> None:
    above = page.locator("article details.hide summary")
    assert [text.split("\n")[0] for text in above.all_inner_texts()] == [
        "Show the code"
    ]
    assert page.get_by_text("an exercise").is_visible()
    page.get_by_role("link", name="How this figure is made").click()
    expect(page.locator("#code-2")).to_be_in_viewport()
    assert "a figure" in page.locator("#code-2 pre").inner_text()
    assert "the set-up" in page.locator("#code-1 pre").inner_text()
    page.locator("#code-2").get_by_role("link", name="The figure").click()
    expect(page.locator("#figure-2")).to_be_in_viewport()
    page.get_by_role("button", name="Open all").click()
    assert page.get_by_text("print('downstairs')").is_visible()


LOOKS = {"kernel": "How alike", "(1)": "=", "Theorem 1": "Nothing is easier"}


@pytest.mark.parametrize(("name", "shown"), [*LOOKS.items(), ("2022", "Damian")])
def test_a_link_shows_what_it_leads_to(page: Page, name: str, shown: str) -> None:
    look = page.get_by_role("tooltip")
    link = page.locator("article p").first.get_by_role("link", name=name)
    page.keyboard.press("Tab")  # from now on the focus is the keyboard's
    link.focus()
    expect(look).to_contain_text(shown)
    expect(link).to_have_attribute("aria-describedby", "preview")
    known = {*ACCESSIBILITY_KNOWN, "color-contrast"}  # of a link under the mouse
    faults = {fault["id"] for fault in Axe().run(page).response["violations"]}
    assert faults <= known
    assert page.locator("#preview :is(a, [id])").count() == 0
    page.keyboard.press("Escape")
    expect(look).to_be_hidden()
    link.hover()
    expect(look).to_contain_text(shown)
    box = look.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_a_tap_shows_and_a_second_one_goes(browser: Browser, tiny: Path) -> None:
    touch = dict(viewport={"width": 320, "height": 640}, has_touch=True)
    with watch(browser, tiny.as_uri(), **touch) as seen:
        page = seen.open("book/tiny.html")
        link = page.get_by_role("link", name="kernel").first
        link.tap()
        expect(page.get_by_role("tooltip")).to_contain_text("Tap again")
        assert page.url.endswith("tiny.html")
        link.tap()
        page.wait_for_url("**/words.html#term-kernel")


def test_a_page_says_how_it_is_cited(page: Page) -> None:
    page.get_by_text("Cite this page").click()
    entry = page.locator("details.cite pre").inner_text()
    assert re.fullmatch(r"@incollection\{[\w-]+,\n(  \w+ += \{.*\},?\n)+\}", entry)
    assert "title     = {A chapter with a basement}" in entry
    assert "/book/tiny.html}" in entry


def test_the_bound_book_has_all_of_it(browser: Browser, tiny: Path) -> None:
    names = ["book/words", "book/tiny", "book/papers"]
    bound = bind(browser, tiny, names, "A tiny book")
    texts = [sheet.extract_text() for sheet in bound.pages]
    assert "xylophone" in texts[2], "a fold that was shut"
    assert [text.split()[-1] for text in texts] == list("1234567"[: len(texts)])
    assert re.search(r"A chapter with a basement\s+3", texts[0])
    assert [item.title for item in bound.outline][:2] == [
        "Words",
        "A chapter with a basement",
    ]
    notes = [n.get_object() for s in bound.pages for n in s.get("/Annots", [])]
    assert not [n for n in notes if "file:" in str(n.get("/A", {}).get("/URI", ""))]
    assert all(abs(float(s.mediabox.width) - 595) < 2 for s in bound.pages), "A4"


FINISHED = [e for e in notebook_entries() if in_form(ROOT / f"{e}.ipynb")]


@pytest.mark.parametrize("entry", FINISHED)
def test_a_finished_chapter_has_its_parts_in_order(window: Watched, entry: str) -> None:
    page = window.open(f"{entry}.html")
    parts = page.evaluate(
        "() => [...document.querySelectorAll('[data-part]')].map((e) => e.dataset.part)"
    )
    assert order_faults(parts) == []
