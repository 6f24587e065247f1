"""The page carries the numbers, words and front end that its explorer declares."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pages.links import parse
from pages.visit import explorers

from beyond_the_kernel import catalogue


@pytest.mark.parametrize(("entry", "place"), explorers())
def test_a_page_carries_its_explorer(built_book: Path, entry: str, place: int) -> None:
    scripts = parse(built_book / f"{entry}.html").select(".replearn-explorer script")
    carried = json.loads(scripts[place].string)
    declared = catalogue.explorers()[carried["state"]["name"]].open().to_html()
    assert carried == json.loads(BeautifulSoup(declared, "html.parser").script.string)
