"""No link of the book leads nowhere; the rocket opens the right notebook."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest
from book_sources import ROOT, repository_url, toc_entries
from pages.links import broken_links, internal_links, parse
from pages.visit import SHORTEST_ALT, Watched, notebook_entries

SLUG = repository_url().removeprefix("https://github.com/")


def outward(page: Path, host: str) -> list[str]:
    """The links of a page to a host."""
    links = [tag["href"] for tag in parse(page).find_all("a", href=True)]
    return [link for link in links if urlsplit(link).hostname == host]


def test_every_link_within_the_book_leads_somewhere(built_book: Path) -> None:
    chapter = built_book / f"{toc_entries()[1]}.html"
    assert len(internal_links(chapter)) > 30
    assert broken_links(built_book) == []


def test_a_planted_broken_link_is_seen(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="#here">1</a><a href="sub/b.html#there">2</a>'
        '<a href="sub/b.html#nowhere">3</a><img src="gone.png"><a href="../x">4</a>'
    )
    (tmp_path / "sub/b.html").write_text('<p id="there"><a href="../a.html#here">5</a>')
    found = [f"a.html: {link}" for link in ("sub/b.html#nowhere", "gone.png", "../x")]
    assert broken_links(tmp_path) == found


@pytest.mark.parametrize("entry", toc_entries())
def test_a_notebook_and_it_alone_has_its_rocket(built_book: Path, entry: str) -> None:
    page, notebook = built_book / f"{entry}.html", f"{entry}.ipynb"
    hosts = ("mybinder.org", "colab.research.google.com")
    found = [urlsplit(link) for host in hosts for link in set(outward(page, host))]
    if entry in notebook_entries():
        binder, colab = found
        assert binder.path == f"/v2/gh/{SLUG}/main"
        assert parse_qs(binder.query)["urlpath"] == [f"lab/tree/{notebook}"]
        assert colab.path == f"/github/{SLUG}/blob/main/{notebook}"
    else:
        assert found == []


@pytest.mark.parametrize("entry", notebook_entries())
def test_the_notebook_to_download_is_the_book_s(built_book: Path, entry: str) -> None:
    handed_out = built_book / f"_sources/{entry}.ipynb"
    notebook = nbformat.read(handed_out, as_version=4)
    nbformat.validate(notebook)
    own = nbformat.read(ROOT / f"{entry}.ipynb", as_version=4)
    assert [c.source for c in notebook.cells] == [c.source for c in own.cells]
    links = internal_links(built_book / f"{entry}.html")
    assert any(link.endswith(f"_sources/{entry}.ipynb") for link in links)


@pytest.mark.parametrize("entry", [e for e in notebook_entries() if e.count("/") == 2])
def test_a_lab_is_a_picture_and_names_the_rocket(window: Watched, entry: str) -> None:
    page = window.open(f"{entry}.html")
    [still] = page.locator(".replearn-still").all()  # each chapter has one lab
    still.evaluate("(lab) => { lab.closest('details').open = true; }")
    picture = still.locator("img")
    assert picture.is_visible()
    assert picture.evaluate("(image) => image.complete && image.naturalWidth > 400")
    assert len(picture.get_attribute("alt")) > SHORTEST_ALT
    assert "rocket" in still.locator("figcaption").text_content()
    assert "Lab(children" not in page.locator("article").text_content()
    assert page.locator("article .jupyter-widgets").count() == 0
