"""Every chapter's hero as declared: what it carries, and what is refused."""

from __future__ import annotations

import gzip
import html
import json
import re
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import numpy as np
import pytest

from beyond_the_kernel import catalogue
from replearn.views.hero import (
    Frame,
    Hero,
    HeroView,
    Mark,
    Panel,
    board,
    label,
    needles,
    ring,
    under_bell,
)
from replearn.views.parts import Knob

HEROES = catalogue.heroes()
SVG = "{http://www.w3.org/2000/svg}"
MOST_BYTES = 40_000  # of a fragment, compressed
LONGEST_SENTENCE = 130
each = pytest.mark.parametrize("chapter", HEROES)


@cache
def opened(chapter: str) -> HeroView:
    return HEROES[chapter].open()


def test_every_chapter_has_one_with_a_name_of_its_own() -> None:
    assert sorted(HEROES) == catalogue.chapters()
    assert len({hero.name for hero in HEROES.values()}) == len(HEROES)


@each
def test_its_frames_are_light_whole_and_the_same_again(chapter: str) -> None:
    hero, payload = HEROES[chapter], opened(chapter).payload
    assert hero.payload() == payload
    assert len(payload["frames"]) == len(payload["says"]) == len(hero.knob.values)
    different = {json.dumps(frame) for frame in payload["frames"]}
    assert len(different) == len(payload["frames"]), "two frames are alike"
    assert len(set(payload["says"])) == len(payload["says"]), "a sentence comes twice"
    assert all(re.search(r"\d", s) for s in payload["says"]), "a sentence has no number"
    assert max(map(len, payload["says"])) <= LONGEST_SENTENCE
    assert len(gzip.compress(opened(chapter).to_html().encode())) <= MOST_BYTES


@each
def test_its_fragment_stands_still_without_scripts(chapter: str) -> None:
    view = opened(chapter)
    page = view.to_html()
    assert page.startswith('<div class="replearn-hero" data-part="hero">')
    alt = f"{view.payload['alt']} {view.payload['says'][-1]}"
    assert len(view.payload["alt"]) > 80
    assert f'alt="{html.escape(alt)}"' in page
    picture = ElementTree.fromstring(view.to_svg())
    drawn = [path.get("d") for path in picture.iter(f"{SVG}path")]
    marks = zip(view.payload["marks"], view.payload["frames"][-1], strict=True)
    assert sorted(drawn) == sorted(d for mark, d in marks if mark["drawn"])
    assert f'src="data:image/svg+xml,{quote(view.to_svg())}"' in page
    data = re.search(r'<script type="application/json">(.*?)</script>', page, re.S)
    state = json.loads(data[1])["state"]
    held = {"name": view.name, "at": view.at, "payload": view.payload}
    assert state == json.loads(json.dumps(held))


def made(frame: Any, **changes: Any) -> Hero:
    knob = Knob("n", (1, 2), 1, "samples n", "")
    return Hero("abc", knob, (Panel("", (0, 10), (-1, 1)),), frame, "what is seen")


def dots(*points: tuple[float, float]) -> Frame:
    return Frame([Mark("dots", points)], "said")


def test_points_are_placed_in_whole_steps_of_the_panel() -> None:
    payload = made(lambda n: dots((0, -1), (10, 1), (n, 0))).payload()
    shapes = [[f"M0 1000h0M1000 0h0M{100 * n} 500h0"] for n in (1, 2)]
    assert payload["frames"] == shapes
    assert payload["panels"][0]["zero"] == [0, 500]
    for mark, shape in (
        (Mark("bars", [[1, 0, 3, 0.5]]), "M100 500V250H300V500Z"),
        (Mark("curve", [[0, 0], [5, 1]]), "M0 500L500 0"),
        (label(5, 1, "here", "whole"), "here"),
        (Mark("arrows", [[0, 0]]), "M0 500L0 500M0 500L0 500L0 500Z"),
    ):
        frames = made(lambda n, mark=mark: Frame([mark], "")).payload()["frames"]
        assert frames == [[shape]] * 2


def test_a_board_shows_sizes_as_areas() -> None:
    ground, above, below = board([[1, -0.25], [0, -4]])
    assert ground.faint
    sizes = [mark.at[:, 2] - mark.at[:, 0] for mark in (above, below)]
    np.testing.assert_allclose(sizes, [[0.5, 0, 0, 0], [0, 0.25, 0, 0.5]])
    np.testing.assert_allclose(above.at[0], [0, 0.5, 0.5, 1])


def test_a_histogram_has_the_bells_area_and_is_brought_to_its_size() -> None:
    z = np.repeat([-1.0, 0.0, 0.0, 1.0], 50)
    bars, bell = under_bell(7 + 3 * z, "neurons", bins=40)
    again, _ = under_bell(z, "neurons", bins=40)
    np.testing.assert_allclose(bars.at, again.at)
    left, low, right, high = bars.at.T
    np.testing.assert_allclose(right - left, 0.2 * 0.86)
    assert sorted(set(high)) == [0, 0.6], "cut at the top"
    assert set(low) == {0}
    assert max(bell.at[:, 1]) == pytest.approx(0.3989, abs=1e-4)
    flat, _ = under_bell(np.linspace(-1, 1, 100_001), "neurons", bins=80)
    assert float(flat.at[:, 3].sum() * 0.1) == pytest.approx(1)


def test_needles_keep_their_angle_and_their_length_to_the_longest() -> None:
    layer = np.array([[0, 3, 4, 0], [3, -4, 0, 0], [1, 0, 0, 0]])
    expected = [[0, 1], [0.6, -0.8], [0.2, 0]]
    np.testing.assert_allclose(needles(layer).at, expected, atol=1e-12)
    plane = [[0, 0.6], [0.6, -0.8], [0.2, 0]]
    np.testing.assert_allclose(needles(layer, plane=True).at, plane, atol=1e-12)


def test_it_opens_where_it_is_asked_to() -> None:
    hero = made(lambda n: dots((n, 0)))
    assert [hero.open(value).at for value in (None, 1, 2)] == [0, 0, 1]
    with pytest.raises(ValueError, match="n=3 is not one of 1, 2"):
        hero.open(3)
    later = replace(hero, knob=replace(hero.knob, default=2))
    assert later.open().at == 1


MISFITS = [
    ("abc: the marks differ", lambda n: dots(*[(1, 0)] * n)),
    ("abc: the marks differ", lambda n: Frame([ring()] * n, "")),
    (
        "abc: the marks differ",
        lambda n: Frame([Mark("dots", [[0, 0]], faint=n > 1)], ""),
    ),
    ("dots take finite rows of 2", lambda n: dots((n, float("nan")))),
    ("bars take finite rows of 4", lambda n: Frame([Mark("bars", [[n, 0]])], "")),
    ("kind='stars'", lambda n: Frame([Mark("stars", [[n, 0]])], "")),
    ("svm", lambda n: Frame([Mark("dots", [[n, 0]], "svm")], "")),
]


@pytest.mark.parametrize(("message", "frame"), MISFITS)
def test_frames_between_which_nothing_can_move_are_refused(
    message: str, frame: Any
) -> None:
    with pytest.raises(ValueError, match=message):
        made(frame).payload()
