"""The teachers' pages: each address opens, and its explorer says what is quoted."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from book_sources import page_sources

from replearn.views.condition_explorer import (
    CONDITION,
    condition_summary,
    condition_theory,
    condition_words,
)
from replearn.views.controls import EXPLORER, ExplorerSpec
from replearn.views.curvature_explorer import (
    CURVATURE,
    curvature_summary,
    curvature_theory,
    curvature_words,
)
from replearn.views.explorer import Explorer, explore
from replearn.views.hermite_parts import HERMITE, part_curves, part_words
from replearn.views.overlap_explorer import (
    OVERLAP,
    overlap_summary,
    overlap_theory,
    overlap_words,
)
from replearn.views.staircase_explorer import (
    STAIRCASE,
    staircase_frames,
    staircase_words,
)
from replearn.views.transfer_explorer import (
    TRANSFER,
    transfer_summary,
    transfer_theory,
    transfer_words,
)


def explore_transfer() -> Explorer:
    return explore(TRANSFER, transfer_summary(), transfer_words, transfer_theory())


def explore_curvature() -> Explorer:
    return explore(CURVATURE, curvature_summary(), curvature_words, curvature_theory())


def explore_condition() -> Explorer:
    return explore(CONDITION, condition_summary(), condition_words, condition_theory())


def explore_overlap() -> Explorer:
    return explore(OVERLAP, overlap_summary(), overlap_words, overlap_theory())


def explore_staircase() -> Explorer:
    summary, theory = staircase_frames()
    return explore(STAIRCASE, summary, staircase_words, theory)


def explore_parts() -> Explorer:
    return explore(HERMITE, part_curves(), part_words)


EXPLORERS = {
    EXPLORER.name: (EXPLORER, explore),
    TRANSFER.name: (TRANSFER, explore_transfer),
    CURVATURE.name: (CURVATURE, explore_curvature),
    CONDITION.name: (CONDITION, explore_condition),
    OVERLAP.name: (OVERLAP, explore_overlap),
    STAIRCASE.name: (STAIRCASE, explore_staircase),
    HERMITE.name: (HERMITE, explore_parts),
}
PAGES = [path for path in page_sources() if path.stem == "teaching"]
ROW = re.compile(r'^\| <a href="[\w-]+\.html#(\w+):([^"]+)">[^|]+\| ([^|]+) \|', re.M)
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


def test_there_is_something_to_show() -> None:
    assert len(QUOTED) >= 6


@pytest.fixture(scope="module")
def shown() -> dict[str, Explorer]:
    return {name: make() for name, (_, make) in EXPLORERS.items()}


@pytest.mark.parametrize(("part", "name", "address", "sentence"), QUOTED)
def test_the_explorer_says_what_the_page_quotes(
    shown: dict[str, Explorer], part: str, name: str, address: str, sentence: str
) -> None:
    spec = EXPLORERS[name][0]
    key = spec.key(setting(spec, address))
    assert shown[name].payload["cells"][key]["sentence"] == sentence, part
