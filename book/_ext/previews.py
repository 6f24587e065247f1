"""What a reader sees of a term, theorem, equation or reference without going there.

On its own page the reader's browser copies it. What stands on another page is put into
the page that links to it, when all are built: a page opened from a file may not fetch.
"""

import os
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup
from sphinx.application import Sphinx

LINK = re.compile(r'<a class="[^"]*\binternal\b[^"]*" href="([^"#]+#[^"]+)"')
KINDS = r'<dt id="{0}"|<div class="(?:proof|math|citation)\b[^"]*" id="{0}"'


@cache
def read(page: Path) -> str:
    """A page's text; it is searched, since reading it as a tree takes seconds."""
    return page.read_text("utf-8")


def element(text: str, start: int) -> str:
    """The element that begins at `start`; after a term what it means."""
    if text.startswith("<dt", start):
        return f"<dl>{text[start : text.index('</dd>', start)]}</dd></dl>"
    depth = 0
    for tag in re.compile(r"<(/?)div\b").finditer(text, start):
        depth += -1 if tag[1] else 1
        if not depth:
            return f"{text[start : tag.start()]}</div>"
    raise ValueError(f"no end of {text[start : start + 60]!r}")


def excerpt(page: Path, name: str) -> str | None:
    """What is shown of `name` on a page, with no links and no names of its own."""
    found = re.search(KINDS.format(re.escape(name)), read(page))
    if not found:
        return None
    copy = BeautifulSoup(element(read(page), found.start()), "html.parser")
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
    for link in dict.fromkeys(links):
        parts = urlsplit(link)
        target = Path(os.path.normpath(page.parent / unquote(parts.path)))
        if not parts.scheme and target.is_file():
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
        excerpts = foreign_excerpts(page, LINK.findall(read(page)))
        if excerpts:
            parts = [f'<div data-for="{k}">{v}</div>' for k, v in excerpts.items()]
            template = f'<template id="previews">{"".join(parts)}</template>\n</body>'
            written[page] = read(page).replace("</body>", template)
    for page, text in written.items():
        page.write_text(text, "utf-8")
    read.cache_clear()


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", carry, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
