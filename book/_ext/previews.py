"""What a reader sees of a term, theorem, equation or reference without going there.

On its own page the reader's browser copies it. What stands on another page is put into
the page that links to it, when all are built: a page opened from a file may not fetch.
"""

import os
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx

KINDS = ("proof", "math", "citation")


@cache
def parse(page: Path) -> BeautifulSoup:
    """A page as a tree."""
    return BeautifulSoup(page.read_bytes(), "html.parser")


def excerpt(page: Path, name: str) -> str | None:
    """What is shown of `name` on a page, with no links and no names of its own."""
    found = parse(page).find(id=name)
    if not isinstance(found, Tag):
        return None
    if found.name == "dt":
        meaning = found.find_next_sibling("dd")
        text = f"<dl>{found}{meaning}</dl>"
    elif set(KINDS) & set(found.get("class") or []):
        text = str(found)
    else:
        return None
    copy = BeautifulSoup(text, "html.parser")
    for link in copy.select(".headerlink"):
        link.decompose()
    for link in copy.find_all("a"):
        link.unwrap()
    for tag in copy.find_all(True):
        tag.attrs.pop("id", None)
        tag.attrs.pop("role", None)  # no child of a list any more
    return str(copy)


def foreign_excerpts(page: Path, links: list[str]) -> dict[str, str]:
    """An excerpt for each link of a page to a thing on another page."""
    found = {}
    for link in links:
        parts = urlsplit(link)
        target = Path(os.path.normpath(page.parent / unquote(parts.path)))
        if parts.path and parts.fragment and not parts.scheme and target.is_file():
            text = excerpt(target, unquote(parts.fragment))
            if text:
                found[link] = text
    return found


def carry(app: Sphinx, exception: Exception | None) -> None:
    """Write into each page what it links to on others."""
    if exception is not None or app.builder.format != "html":
        return
    written = {}
    for document in app.env.found_docs:
        page = Path(app.outdir) / f"{document}.html"
        links = [str(a["href"]) for a in parse(page).select("article a.internal[href]")]
        excerpts = foreign_excerpts(page, links)
        if excerpts:
            parts = [f'<div data-for="{k}">{v}</div>' for k, v in excerpts.items()]
            template = f'<template id="previews">{"".join(parts)}</template>\n</body>'
            written[page] = page.read_text("utf-8").replace("</body>", template)
    for page, text in written.items():
        page.write_text(text, "utf-8")
    parse.cache_clear()


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", carry, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
