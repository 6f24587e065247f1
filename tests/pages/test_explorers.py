"""The explorers of the built book: as declared, and with the book's page around them.

tests/views tries each choice of each explorer on a bare page, which has no theme.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from book_sources import chapters
from bs4 import BeautifulSoup
from colours import contrast
from pages.links import parse
from pages.visit import LIVE, SHORTEST_ALT, Watched, explorer, explorers, watch
from playwright.sync_api import Browser, Locator, Page, expect
from views.harness import UNFOLD, control, foretold, seen

from beyond_the_kernel import catalogue

MODEL = """(box) => JSON.parse(box.querySelector(
    "script[type='application/json']").textContent).state.payload"""
STEP = """async (input, index) => {
    const box = input.closest('.rl'), svg = box.querySelector('.rl-chart svg');
    const work = {layouts: 0, pictures: 0, changes: 0, nodes: 0};
    const count = (owner, name) => {  // what makes the browser lay out the page
        const own = Object.getOwnPropertyDescriptor(owner, name);
        const part = own.get ? 'get' : 'value';
        Object.defineProperty(owner, name, {...own, [part]: function (...given) {
            work.layouts += 1;
            return own[part].apply(this, given); }});
        return () => Object.defineProperty(owner, name, own); };
    const back = [count(Element.prototype, 'clientWidth'),
        count(Element.prototype, 'getBoundingClientRect'),
        count(HTMLElement.prototype, 'offsetWidth'), count(window, 'getComputedStyle')];
    const observer = new MutationObserver((records) => records.forEach((record) => {
        work.changes += 1;
        work.pictures += record.target === svg && record.type === 'childList';
        for (const node of record.addedNodes)
            work.nodes += 1 + (node.querySelectorAll?.('*').length ?? 0); }));
    observer.observe(box, {
        subtree: true, childList: true, attributes: true, characterData: true});
    input.value = index;
    input.dispatchEvent(new Event('input', {bubbles: true}));
    back.forEach((restore) => restore());  // what is asked in the next frame is free
    for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
    observer.disconnect();
    return work; }"""
CONTROLS = "(box) => box.querySelectorAll('.rl :is(input, select, button)').length"
FOCUSED = """(box) => {
    const it = document.activeElement;
    if (!box.querySelector('.rl').contains(it)) return null;
    const style = getComputedStyle(it);
    return {kind: it.type || 'table', what: it.id || it.textContent,
            last: it.type === 'select-one' ? it.selectedIndex === it.length - 1
                : it.type === 'range' && it.value === it.max,
            ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth)}; }"""
INKS = """(box) => {
    const ground = (e) => {
        const colour = getComputedStyle(e).backgroundColor;
        return colour === 'rgba(0, 0, 0, 0)' ? ground(e.parentElement) : colour; };
    return [...box.querySelectorAll('[data-learner] .rl-curve')].map((curve) => [
        curve.parentElement.dataset.learner, getComputedStyle(curve).stroke,
        ground(box.querySelector('.rl-chart'))]); }"""
KEYS = {"range": "ArrowRight", "checkbox": "Space"}
KEYS |= {"select-one": "ArrowDown", "button": "Enter"}
# a step of a slider may do twice the work that the largest explorer does today
MOST = {"layouts": 0, "pictures": 1, "changes": 30, "nodes": 300}


@dataclass(frozen=True)
class Shown:
    """An explorer of the book on its page, and what the page carries of it."""

    page: Page
    box: Locator
    payload: dict[str, Any]

    def key(self, **changes: Any) -> str:
        """The name of the default cell, with some knobs moved."""
        state = self.payload["defaults"] | changes
        return "/".join(
            item["words"][item["values"].index(state[item["name"]])]
            for item in self.payload["knobs"]
        )

    def draws(self, what: str) -> bool:
        """Whether a control has something to draw where the knobs stand."""
        at = {}
        for knob in self.payload["knobs"]:
            place = int(control(self.box, knob["name"]).input_value())
            at[knob["name"]] = knob["values"][place]
        key = self.key(**at)
        if what.endswith("-theory"):
            return foretold(self.payload, key)
        curve = what.split("-show-")[-1]
        return curve == what or curve in self.payload["curves"].get(key, {})

    def steps(self, item: dict[str, Any]) -> list[tuple[int, str]]:
        """The stops of a knob that are computed, the others at their default."""
        keys = [self.key(**{item["name"]: value}) for value in item["values"]]
        return [(i, key) for i, key in enumerate(keys) if key in self.payload["cells"]]


@pytest.fixture(params=explorers(), ids=str)
def shown(request: pytest.FixtureRequest, window: Watched) -> Shown:
    entry, place = request.param
    box = explorer(window.open(f"{entry}.html"), place)
    box.evaluate(UNFOLD)
    return Shown(window.page, box, box.evaluate(MODEL))


def test_every_chapter_has_one() -> None:
    entries = [entry for entry, _ in explorers()]
    written = [path for path in chapters() if path.parent.name != "_templates"]
    stems = {f"book/{path.parent.name}/{path.stem}" for path in written}
    assert stems == set(entries)


@pytest.mark.parametrize(("entry", "place"), explorers())
def test_a_page_carries_its_explorer(built_book: Path, entry: str, place: int) -> None:
    scripts = parse(built_book / f"{entry}.html").select(".replearn-explorer script")
    carried = json.loads(scripts[place].string)
    declared = catalogue.explorers()[carried["state"]["name"]].open().to_html()
    assert carried == json.loads(BeautifulSoup(declared, "html.parser").script.string)


def test_each_step_of_a_slider_moves_every_curve_and_what_is_said(shown: Shown) -> None:
    box, payload = shown.box, shown.payload
    for item in payload["knobs"]:
        before, numbers = seen(box), payload["curves"][shown.key()]
        for index, key in shown.steps(item):
            control(box, item["name"]).fill(str(index))
            now, there = seen(box), payload["curves"][key]
            # a learner may have theory alone where measuring it is too dear
            assert set(now["curves"]) == set(payload["defaults"]["show"]) & set(there)
            assert now["sentence"] == payload["cells"][key]["sentence"]
            facts = payload["cells"][key]["facts"]
            assert now["readouts"] == {name: value for name, _, value, _ in facts}
            measured = now["curves"] if payload["seeds"] != "0" else {}
            for learner, path in measured.items():  # of a computed one a part may
                # stand still, as may what the slider does not concern
                if there[learner] != numbers.get(learner):
                    assert path != before["curves"].get(learner), learner
                    assert now["bands"][learner] != before["bands"].get(learner)
            before, numbers = now, there
        control(box, item["name"]).fill(str(item["values"].index(item["default"])))


def test_the_keyboard_alone_reaches_and_moves_every_control(shown: Shown) -> None:
    page, box, reached = shown.page, shown.box, []
    for _ in range(300):
        page.keyboard.press("Tab")
        focused = box.evaluate(FOCUSED)
        if focused is None and reached:
            break
        if focused is None or focused["kind"] == "table":
            continue
        assert focused["ring"], f"no focus ring on {focused['what']}"
        before = seen(box)
        page.keyboard.press("ArrowLeft" if focused["last"] else KEYS[focused["kind"]])
        if focused["kind"] == "button":
            assert_button_did_its_work(shown, focused["what"])
        else:
            if shown.draws(focused["what"]):
                assert seen(box)["picture"] != before["picture"], focused["what"]
            assert seen(box)["controls"] != before["controls"], focused["what"]
        if focused["kind"] == "checkbox":  # back: what it hides may hide others' work
            page.keyboard.press(KEYS["checkbox"])
            assert seen(box)["picture"] == before["picture"], focused["what"]
        reached.append(focused["what"])
    assert len(set(reached)) == len(reached) == box.evaluate(CONTROLS)


def assert_button_did_its_work(shown: Shown, label: str) -> None:
    if label == "reset":
        assert "#" not in shown.page.url
        default = shown.key().split("/")[0]
        assert shown.box.locator("output").first.inner_text().startswith(default)
    elif label == "copy link":
        assert "#" in shown.page.url
    elif stage := re.match(r"\d ", label):
        marked = shown.box.locator("[data-part=stage][aria-current=step]")
        assert marked.inner_text().startswith(stage[0])
    elif label == "clear the trail":
        assert shown.box.locator("[data-need] .rl-link").count() == 0
    elif label not in ("numbers (CSV)", "picture (SVG)"):  # tests/pages/test_stages
        assert label == "show as table"
        assert shown.box.locator(".rl-table table").is_visible()


def test_the_address_keeps_the_setting_and_sets_it(shown: Shown) -> None:
    page, box, payload, first = shown.page, shown.box, shown.payload, seen(shown.box)
    for item in payload["knobs"]:
        control(box, item["name"]).fill(str(shown.steps(item)[-1][0]))
    for select in box.locator("select").all():
        select.select_option(payload["axes"][-1]["key"])
    for switch in payload["switches"]:
        control(box, switch["name"]).click()
    control(box, f"show-{payload['learners'][0]['key']}").click()
    wanted, address = seen(box), page.url
    assert wanted["picture"] != first["picture"]
    page.reload()
    page.wait_for_function(LIVE)
    assert seen(box) == wanted
    box.get_by_text("reset").click()
    assert seen(box) == first
    assert "#" not in page.url
    page.evaluate("(hash) => { location.hash = hash; }", address.split("#")[1])
    page.wait_for_function("() => location.hash.includes(':')")
    expect(box.locator(".rl-sentence")).to_have_text(wanted["sentence"])
    assert seen(box) == wanted
    assert box.locator(".rl-chart").is_visible()


def test_a_step_draws_once_and_little(shown: Shown) -> None:
    for everything in shown.box.locator("input[id$=-all]").all():
        everything.click()
    for item in shown.payload["knobs"]:
        for index in range(len(item["values"])):
            work = control(shown.box, item["name"]).evaluate(STEP, index)
            assert all(work[name] <= most for name, most in MOST.items()), work
            assert work["nodes"] > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_curve_stands_out_from_the_page(shown: Shown, scheme: str) -> None:
    shown.page.emulate_media(color_scheme=scheme)
    shown.page.reload()
    shown.page.wait_for_function(LIVE)
    assert shown.page.get_attribute("html", "data-theme") == scheme
    shown.box.evaluate(UNFOLD)
    hidden = shown.box.locator(".rl-learners input:not(:checked)")
    while hidden.count():
        hidden.first.click()
    inks = shown.box.evaluate(INKS)
    assert {learner for learner, *_ in inks} == set(
        shown.payload["curves"][shown.key()]
    )
    for learner, colour, ground in inks:
        assert contrast(hexadecimal(colour), hexadecimal(ground)) >= 3, learner


def hexadecimal(colour: str) -> str:
    """#rrggbb of the browser's "rgb(r, g, b)"."""
    parts = colour.removeprefix("rgb(").removesuffix(")").split(",")
    return "#" + "".join(f"{int(part):02x}" for part in parts)


@pytest.mark.parametrize(("entry", "place"), explorers())
def test_without_scripts_a_picture_and_its_caption_stand_there(
    browser: Browser, home: str, entry: str, place: int
) -> None:
    with watch(browser, home, java_script_enabled=False) as window:
        window.page.goto(f"{home}/{entry}.html")
        box = explorer(window.page, place)
        picture = box.locator("img")
        assert picture.is_visible()
        assert picture.bounding_box()["width"] > 300
        assert len(picture.get_attribute("alt")) > SHORTEST_ALT
        assert box.locator("figcaption").is_visible()
        assert window.strangers == window.complaints == []  # scripts are given up
