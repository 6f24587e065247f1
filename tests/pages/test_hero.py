"""Every hero in a browser, on a page that stands alone in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from pages.visit import overhang, watch
from playwright.sync_api import Browser, Locator, Page, expect
from views.harness import write_page

from beyond_the_kernel import catalogue

HEROES = catalogue.heroes()
HIGHEST = {(1366, 768): 400, (390, 664): 330}  # of what is seen at once, in pixels
MARKS = """(box) => [...box.querySelectorAll('[data-mark]')]
    .map((mark) => mark.getAttribute('d') ?? mark.textContent)"""
CUT = """(box) => {
    const all = box.getBoundingClientRect();
    return [...box.querySelectorAll('.rl-panels :is(strong, span)')].filter((text) => {
        const ink = text.getBoundingClientRect();
        return ink.left < all.left - 1 || ink.right > all.right + 1
            || ink.top < all.top - 1;
    }).map((text) => text.textContent); }"""
COLOURS = """(box) => [...box.querySelectorAll('.rl-panels .ink')].map((mark) => [
    getComputedStyle(mark).color, mark.style.getPropertyValue('--light'),
    mark.style.getPropertyValue('--dark')])"""
each = pytest.mark.parametrize("chapter", HEROES)
Show = Callable[..., Locator]


@cache
def fragment(chapter: str) -> str:
    return HEROES[chapter].open().to_html()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page without motion, on which any complaint or outside request fails."""
    options = {"viewport": {"width": 1366, "height": 768}, "reduced_motion": "reduce"}
    with watch(browser, "file:", **options) as watched:
        yield watched.page
        assert watched.faults() == []


@pytest.fixture
def show(page: Page, tmp_path: Path) -> Show:
    """Opens a page with one hero, or with the same twice."""

    def opened(chapter: str, theme: str | None = None, times: int = 1) -> Locator:
        shown = [fragment(chapter)] * times
        path = write_page(tmp_path / "hero.html", *shown, theme=theme)
        page.goto(path.as_uri())
        alive = page.locator(".replearn-hero[data-state=live]")
        expect(alive).to_have_count(times)
        return page.locator("[data-part=hero]").first

    return opened


@each
def test_slider_and_keys_move_the_marks_and_the_words(
    page: Page, show: Show, chapter: str
) -> None:
    box, payload = show(chapter), HEROES[chapter].payload()
    slider, words = box.locator("input[type=range]"), payload["knob"]["words"]
    assert not box.locator("img").is_visible()
    slider.fill("0")
    slider.focus()
    seen = []
    for at, says in enumerate(payload["says"]):
        if at:
            page.keyboard.press("ArrowRight")
        label = payload["knob"]["label"]
        told = slider.get_attribute("aria-valuetext")
        assert told.startswith(f"{label} = {words[at]}")
        assert box.locator(".rl-sentence").inner_text() == says
        seen.append(tuple(box.evaluate(MARKS)))
    assert len(set(seen)) == len(payload["says"])
    page.keyboard.press("Home")
    assert tuple(box.evaluate(MARKS)) == seen[0]


def test_frames_that_are_left_half_way_stay_whole(page: Page, show: Show) -> None:
    """With motion, and keys faster than it: what complains in between fails."""
    page.emulate_media(reduced_motion="no-preference")
    box = show("when_do_data_look_gaussian")
    slider = box.locator("input[type=range]")
    slider.fill("0")
    slider.focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(80)
        assert not any("NaN" in path for path in box.evaluate(MARKS))
    last = HEROES["when_do_data_look_gaussian"].payload()["frames"][-1]
    page.wait_for_timeout(900)
    assert box.evaluate(MARKS) == last


@each
@pytest.mark.parametrize(("width", "height"), HIGHEST)
def test_it_is_seen_at_once_and_whole(
    page: Page, show: Show, chapter: str, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    box = show(chapter)
    for at in range(len(HEROES[chapter].knob.values)):
        box.locator("input[type=range]").fill(str(at))
        assert box.bounding_box()["height"] <= HIGHEST[width, height]
        assert box.evaluate(CUT) == []
        assert overhang(page) == []
    page.set_viewport_size({"width": 320, "height": height})
    page.wait_for_function("document.querySelector('.rl-hero').clientWidth < 320")
    assert box.evaluate(CUT) == []
    assert overhang(page) == []


@each
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_the_theme_counts(
    page: Page, show: Show, chapter: str, theme: str
) -> None:
    box = show(chapter, theme)
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []
    for colour, light, dark in box.evaluate(COLOURS):
        shade = {"light": light, "dark": dark}[theme]
        parts = (int(shade[i : i + 2], 16) for i in (1, 3, 5))
        assert colour == "rgb({}, {}, {})".format(*parts)


def test_play_goes_through_once_and_may_be_stopped(page: Page, show: Show) -> None:
    page.clock.install(time=0)
    box = show("one_gradient_step")
    page.clock.pause_at(86_400)  # from here on no time passes but what is run
    last = len(HEROES["one_gradient_step"].knob.values) - 1
    slider, play = box.locator("input[type=range]"), box.locator(".rl-moves button")
    play.click()
    assert play.inner_text() == "Pause"
    page.clock.run_for(700)
    assert slider.input_value() == "2"
    play.click()
    page.clock.run_for(60_000)
    assert slider.input_value() == "2"
    play.click()
    page.clock.run_for(60_000)
    assert (slider.input_value(), play.inner_text()) == (str(last), "Play")
    assert (
        box.locator(".rl-heard").inner_text()
        == box.locator(".rl-sentence").inner_text()
    )
    play.click()
    assert slider.input_value() == "0"


def test_marks_pass_through_what_lies_between(page: Page, show: Show) -> None:
    page.emulate_media(reduced_motion="no-preference")
    page.clock.install(time=0)
    box = show("one_gradient_step")
    page.clock.pause_at(86_400)
    first = box.evaluate(MARKS)
    box.locator("input[type=range]").fill("5")
    page.clock.run_for(300)
    between = box.evaluate(MARKS)
    page.clock.run_for(2000)
    end = box.evaluate(MARKS)
    changed = [i for i, (a, b) in enumerate(zip(first, end, strict=True)) if a != b]
    assert changed
    assert all(between[i] not in (first[i], end[i]) for i in changed)


def test_two_on_a_page_act_on_themselves(page: Page, show: Show) -> None:
    show("transfer", times=2)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))
    sliders = page.locator("[data-part=hero] input[type=range]")
    sliders.nth(1).fill("2")
    assert [sliders.nth(i).input_value() for i in (0, 1)] == ["0", "2"]


def test_without_scripts_the_last_frame_stands_there(
    browser: Browser, tmp_path: Path
) -> None:
    path = write_page(tmp_path / "still.html", fragment("transfer"))
    with watch(browser, "file:", java_script_enabled=False) as window:
        window.page.goto(path.as_uri())
        assert window.page.locator("[data-part=hero] img").is_visible()
