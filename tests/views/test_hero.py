"""Every chapter's hero as declared: what it carries, and what is refused."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from PIL import Image

from beyond_the_kernel import catalogue
from replearn.views.hero import Frame, Hero, HeroView, Mark, Panel, needles
from replearn.views.parts import Knob

HEROES = catalogue.heroes()
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
    for frame in payload["frames"]:
        assert all(isinstance(v, int | str) for mark in frame for v in mark)
    assert len(set(payload["says"])) == len(payload["says"]), "a sentence comes twice"
    assert all(re.search(r"\d", s) for s in payload["says"]), "a sentence has no number"
    assert max(map(len, payload["says"])) <= LONGEST_SENTENCE
    assert len(gzip.compress(opened(chapter).to_html().encode())) <= MOST_BYTES


@each
def test_its_fragment_stands_still_without_scripts(chapter: str) -> None:
    view = opened(chapter)
    page = view.to_html()
    assert page.startswith('<div class="replearn-hero" data-part="hero">')
    alt = view.finding()
    assert len(alt.removesuffix(view.payload["says"][-1])) > 80
    assert f'alt="{alt[:30]}' in page
    picture = Image.open(io.BytesIO(view.to_png()))
    assert picture.width > 2 * picture.height
    assert len(picture.convert("RGB").getcolors(10**6)) > 3, "an empty picture"
    assert base64.b64encode(view.to_png()).decode() in page
    data = re.search(r'<script type="application/json">(.*?)</script>', page, re.S)
    state = json.loads(data[1])["state"]
    assert state == {"name": view.name, "at": view.at, "payload": view.payload}


def made(frame: Any, **changes: Any) -> Hero:
    knob = Knob("n", (1, 2), 1, "samples n", "")
    return Hero("abc", knob, (Panel("", (0, 10), (-1, 1)),), frame, "what is seen")


def dots(*points: tuple[float, float]) -> Frame:
    return Frame([Mark("dots", points)], "said")


def test_points_are_placed_in_whole_steps_of_the_panel() -> None:
    payload = made(lambda n: dots((0, -1), (10, 1), (n, 0))).payload()
    assert payload["frames"] == [[[0, 0, 1000, 1000, n * 100, 500]] for n in (1, 2)]
    assert payload["panels"][0]["zero"] == [0, 500]
    bars = made(lambda n: Frame([Mark("bars", [[1, 3, 0.5]])], "")).payload()
    assert bars["frames"][0] == [[100, 300, 750]]
    grid = made(lambda n: Frame([Mark("grid", [[-2, 0], [0.5, 1]])], "")).payload()
    assert grid["frames"][0] == [[-100, 0, 50, 100]]


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
    ("the marks at n = 2 are others than at n = 1", lambda n: dots(*[(1, 0)] * n)),
    ("others than", lambda n: Frame([Mark("dots", [[n, 0]], faint=n > 1)], "")),
    ("must be finite rows", lambda n: dots((n, float("nan")))),
    ("must be finite rows", lambda n: Frame([Mark("grid", [])], "")),
    ("bars take rows of 3", lambda n: Frame([Mark("bars", [[n, 0]])], "")),
    ("kind='stars'", lambda n: Frame([Mark("stars", [[n, 0]])], "")),
    ("svm", lambda n: Frame([Mark("dots", [[n, 0]], "svm")], "")),
]


@pytest.mark.parametrize(("message", "frame"), MISFITS)
def test_frames_between_which_nothing_can_move_are_refused(
    message: str, frame: Any
) -> None:
    with pytest.raises(ValueError, match=message):
        made(frame).payload()
