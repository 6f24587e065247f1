"""Which links of a folder of pages lead nowhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

ATTRIBUTES = ("href", "src", "poster", "data")


@cache
def parse(path: Path) -> BeautifulSoup:
    """The page as a tree."""
    return BeautifulSoup(path.read_bytes(), "html.parser")


@cache
def anchors(path: Path) -> set[str]:
    """Where on a page a link may lead."""
    page = parse(path)
    names = {
        tag[name]
        for name in ("id", "name")
        for tag in page.find_all(attrs={name: True})
    }
    return names | {"", "top"}


def is_setting(path: Path, fragment: str) -> bool:
    """Whether a fragment such as "kvn:d=40" is read by an explorer of the page."""
    return ":" in fragment and parse(path).select_one(".replearn-explorer") is not None


def internal_links(path: Path) -> list[str]:
    """Every address on the page that stays within the book."""
    tags = parse(path).find_all(True)
    found = [tag[name] for tag in tags for name in ATTRIBUTES if tag.has_attr(name)]
    return [link for link in found if not urlsplit(link).scheme and link[:2] != "//"]


def broken_links(folder: Path) -> list[str]:
    """The links under a folder that lead nowhere; its folders _* are the theme's."""
    broken = []
    for path in sorted(set(folder.rglob("*.html")) - set(folder.glob("_*/**/*.html"))):
        for link in internal_links(path):
            parts = urlsplit(link)
            target = (path.parent / unquote(parts.path or path.name)).resolve()
            fragment = unquote(parts.fragment)
            lost = not target.is_file() or folder.resolve() not in target.parents
            if not lost and fragment and target.suffix == ".html":
                known = fragment in anchors(target) or is_setting(target, fragment)
                lost = not known
            if lost:
                broken.append(f"{path.relative_to(folder)}: {link}")
    return broken
