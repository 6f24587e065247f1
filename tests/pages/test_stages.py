"""The stages of the book's explorers, the trace of a move, and what is taken along."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pages.test_explorers import MODEL
from pages.visit import LIVE, Watched, explorer, explorers
from playwright.sync_api import Locator, Page, expect
from views.harness import UNFOLD, control, seen

from beyond_the_kernel import catalogue
from replearn.views.moving import Moving

STAGES = "[data-part=stage]"
GONE = "() => document.activeElement.closest('.rl-chart') !== null"
DOTS = """(box) => Object.fromEntries([...box.querySelectorAll('[data-need]')].map(
    (g) => [g.dataset.need, g.querySelectorAll('.rl-mark, .rl-ring').length]))"""
WITHIN = """(svg) => { const {top, bottom} = svg.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight; }"""
LINK = """([html]) => { document.querySelector('article').insertAdjacentHTML(
    'beforeend', html); }"""


def stages() -> list[tuple[str, int]]:
    """The explorers of the chapters that declare stages, as `explorers` has them."""
    folders: dict[str, list[Moving]] = {}
    for chapter, moving in catalogue.declared("show", Moving):
        folders.setdefault(chapter.replace("_", "-"), []).append(moving)
    return [
        (entry, place)
        for entry, place in explorers()
        if (shown := folders.get(Path(entry).name)) and shown[place].stages
    ]


@pytest.fixture(params=stages(), ids=str)
def staged(request: pytest.FixtureRequest, window: Watched) -> tuple[Locator, Any]:
    entry, place = request.param
    box = explorer(window.open(f"{entry}.html"), place)
    return box, box.evaluate(MODEL)


@pytest.fixture
def kvn(window: Watched) -> Locator:
    window.open("book/few-directions/kernel-versus-network.html")
    return window.page.locator("#kvn")


def test_a_stage_sets_its_state_says_its_sentence_and_is_kept(staged: Any) -> None:
    box, payload = staged
    page: Page = box.page
    assert box.get_attribute("data-part") == "explorer"
    assert box.locator(STAGES).count() == len(payload["stages"])
    assert set(seen(box)["curves"]) == set(payload["first"])
    # the digits' control is to come second, and not to be seen before it is asked for
    assert len(payload["first"]) == (1 if box.get_attribute("id") == "dig" else 2)
    for i, stage in enumerate(payload["stages"]):
        box.locator(STAGES).nth(i).click()
        for _ in range(2):  # the address keeps it
            marked = box.locator(f"{STAGES}[aria-current=step]")
            assert marked.inner_text() == f"{i + 1} {stage['label']}"
            assert box.locator(".rl-say").inner_text() == stage["sentence"]
            assert set(seen(box)["curves"]) == set(stage["state"]["show"])
            for knob in payload["knobs"]:
                at = knob["values"].index(stage["state"][knob["name"]])
                assert control(box, knob["name"]).input_value() == str(at)
            page.reload()
            page.wait_for_function(LIVE)
    knob, state = payload["knobs"][0], payload["stages"][-1]["state"]
    first, place = control(box, knob["name"]), knob["values"].index(state[knob["name"]])
    step = -1 if place == len(knob["values"]) - 1 else 1
    first.press("ArrowLeft" if step < 0 else "ArrowRight")
    moved = state | {knob["name"]: knob["values"][place + step]}
    stage = [other for other in payload["stages"] if other["state"] == moved]
    assert box.locator(f"{STAGES}[aria-current]").count() == len(stage)
    said = stage[0]["sentence"] if stage else "Free play"
    assert box.locator(".rl-say").inner_text().startswith(said)
    page.evaluate(f"location.hash = '#{box.get_attribute('id')}:stage=2'")
    expect(box.locator(f"{STAGES}[aria-current]")).to_contain_text("2 ")


def test_a_stage_is_announced_once_the_reader_rests(kvn: Locator) -> None:
    kvn.page.clock.install()
    kvn.locator(STAGES).nth(1).click()
    assert kvn.locator(".rl-heard").inner_text() == ""
    kvn.page.clock.run_for(1000)
    heard = kvn.locator(".rl-heard").inner_text()
    assert heard == kvn.locator(".rl-say").inner_text()


def test_a_move_leaves_the_setting_before(kvn: Locator) -> None:
    pale, note = kvn.locator(".rl-pale path"), kvn.locator(".rl-pale-note")
    before = seen(kvn)["curves"]
    assert pale.count() == 0
    for at in (1, 2):  # one knob: whence it began to move
        control(kvn, "d").fill(str(at))
        assert {p.get_attribute("d") for p in pale.all()} == {*before.values()}
        assert note.inner_text() == "pale: before, d = 10, r = 1, degree 3"
    control(kvn, "degree").fill("0")
    assert note.inner_text() == "pale: before, d = 40, r = 1, degree 3"
    assert kvn.locator(".rl-pale").get_attribute("aria-hidden") == "true"
    kvn.page.emulate_media(media="print")
    assert not kvn.locator(".rl-pale").is_visible()
    kvn.page.emulate_media(media="screen")
    control(kvn, "all").click()
    assert pale.count() == 0


def test_the_panel_fills_as_settings_are_visited(kvn: Locator) -> None:
    payload = kvn.evaluate(MODEL)
    first = payload["knobs"][0]
    for at in range(1, len(first["values"])):
        control(kvn, "d").fill(str(at))
        dots = kvn.evaluate(DOTS)
        assert [dots[learner] for learner in payload["first"]] == [at + 1] * 2
    label = kvn.locator(".rl-needs svg").get_attribute("aria-label")
    for word in first["words"]:
        for learner, n, sign, told in payload["cells"][f"{word}/1/3"]["needs"]:
            here = f"d = {word}: n {sign} {n:.4g}"[:14]
            assert (here in label) or learner not in payload["first"] or n >= 1e4
            assert not told or "(theory)" in label
    control(kvn, "r").fill("1")
    assert {*kvn.evaluate(DOTS).values()} == {0, 1}
    control(kvn, "r").fill("0")
    kvn.get_by_text("clear the trail").click()
    assert {*kvn.evaluate(DOTS).values()} == {0, 1}
    kvn.locator(".rl-needs svg").press("ArrowRight")
    assert "n ≈" in kvn.locator(".rl-needs .rl-hover").text_content()


def test_all_at_once_is_the_family_of_one(kvn: Locator) -> None:
    control(kvn, "all").click()
    ghosts = kvn.locator("[data-ghost]").evaluate_all(
        "(g) => g.map((e) => e.dataset.ghost)"
    )
    assert {ghost.rpartition("-")[0] for ghost in ghosts} == {"one-step"}
    assert len(ghosts) == 4


def test_a_link_in_the_prose_sets_shows_and_focuses(kvn: Locator) -> None:
    page = kvn.page
    page.evaluate(LINK, ["<p><a href='#kvn:d=40' id=there>d = 40</a></p>"])
    for _ in range(2):  # the same link serves twice
        page.locator("#there").click()
        expect(kvn.locator(".rl-sentence")).to_contain_text("d = 40, r = 1")
        page.wait_for_function(GONE)
        page.wait_for_function(f"({WITHIN})(document.querySelector('#kvn .rl-chart'))")
        control(kvn, "d").fill("0")
    page.locator("#there").click()
    page.wait_for_function(f"({WITHIN})(document.querySelector('#kvn .rl-chart'))")
    page.go_back()
    page.wait_for_function("!location.hash || location.hash.includes('d=10')")


def taken(box: Locator, label: str) -> tuple[str, str]:
    with box.page.expect_download() as download:
        box.get_by_text(label).click()
    path = Path(download.value.path())
    return download.value.suggested_filename, path.read_bytes().decode("utf-8")


def test_the_numbers_are_those_that_are_shown(staged: Any) -> None:
    box, payload = staged
    box.evaluate(UNFOLD)
    name, text = taken(box, "numbers (CSV)")
    now = payload["defaults"]
    assert name.endswith(".csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    key = next(
        iter(
            k
            for k, c in payload["cells"].items()
            if c["values"] == [now[n["name"]] for n in payload["knobs"]]
        )
    )
    looks = {look["key"]: look["label"] for look in payload["learners"]}
    expected = [
        (looks[learner], float(n), float(mean))
        for learner in looks
        if learner in now["show"]
        for n, mean in zip(
            *[payload["curves"][key][learner][c] for c in ("n", "mean")], strict=True
        )
    ]
    found = [
        (r["curve"], float(r[payload["symbol"]]), float(r[payload["y"]["title"]]))
        for r in rows
        if r["kind"] in ("measured", "computed")
    ]
    assert found == expected
    told = bool(payload["theory"].get(key))
    assert any(r["kind"] == "theory" for r in rows) == told
    knob = payload["knobs"][0]
    assert {r[knob["short"]] for r in rows} == {
        knob["words"][knob["values"].index(now[knob["name"]])]
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_stands_alone_and_is_light(
    kvn: Locator, scheme: str, window: Watched
) -> None:
    page = kvn.page
    page.emulate_media(color_scheme=scheme)
    page.reload()
    page.wait_for_function(LIVE)
    name, text = taken(kvn, "picture (SVG)")
    assert name == "kvn-d10-r1-p3.svg"
    root = ElementTree.fromstring(text)
    assert "class=" not in text
    assert "var(" not in text
    assert seen(kvn)["sentence"] in root[0].text
    (label,) = [e for e in root.iter() if e.text == "polynomial kernel"]
    assert "rgb(0, 133, 95)" in label.get("style")  # as on a white page
    assert "rgb(24, 185, 139)" not in text
    assert "d = 10, r = 1, degree 3" in "".join(root.itertext())
    assert not kvn.locator(".rl").get_attribute("style")
    page.set_content(text)
    assert page.locator("svg").bounding_box()["width"] == 720


def test_code_and_table_are_linked(kvn: Locator) -> None:
    links = {
        a.inner_text(): a.get_attribute("href")
        for a in kvn.locator(".rl-buttons a").all()
    }
    home = kvn.page.get_attribute("meta[name=repository]", "content")
    root = Path(__file__).parents[2]
    assert set(links) == {"code", "table"}
    for href in links.values():
        assert (root / href.removeprefix(f"{home}/")).exists()
