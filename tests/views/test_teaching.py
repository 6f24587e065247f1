"""The teachers' pages: each address opens, and its explorer says what is quoted."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from book_sources import page_sources

from beyond_the_kernel import catalogue
from replearn.views.controls import ExplorerSpec
from replearn.views.explorer import Explorer

PAGES = [path for path in page_sources() if path.stem == "teaching"]
LINK = r'<a href="[\w-]+\.html#(\w+):([^"]+)"(?: aria-label="[^"]+")?>'
ROW = re.compile(rf"^\| {LINK}[^|]+\| ([^|]+) \|", re.M)
QUOTED = [
    (page.parent.name, *row)
    for page in PAGES
    for row in ROW.findall(page.read_text("utf-8"))
]


def setting(spec: ExplorerSpec, address: str) -> dict[str, float | str]:
    """The knobs' values that an address such as "d=10,r=1" sets."""
    pairs = dict(pair.split("=") for pair in unquote(address).split(","))
    of_short = {knob.short: knob for knob in spec.knobs}
    assert set(pairs) <= set(of_short), f"unknown in {address}"
    values = {knob.name: knob.default for knob in spec.knobs}
    for short, word in pairs.items():
        [value] = [v for v in of_short[short].values if of_short[short].word(v) == word]
        values[of_short[short].name] = value
    return values


@pytest.fixture(scope="module")
def shown() -> dict[str, Explorer]:
    return {name: moving.open() for name, moving in catalogue.explorers().items()}


def test_every_explorer_is_shown_in_class(shown: dict[str, Explorer]) -> None:
    assert {name for _, name, _, _ in QUOTED} == set(shown)


@pytest.mark.parametrize(("part", "name", "address", "sentence"), QUOTED)
def test_the_explorer_says_what_the_page_quotes(
    shown: dict[str, Explorer], part: str, name: str, address: str, sentence: str
) -> None:
    explorer = shown[name]
    explorer.state = setting(explorer._spec, address)
    assert explorer.finding() == sentence, part
