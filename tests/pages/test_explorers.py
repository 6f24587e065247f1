"""The explorers of the built book: every control, the keyboard, the address, the table.

tests/views tries the explorer on made-up numbers at every setting; here it is the one
that a reader gets, with the book's own numbers, theme and page around it.
"""

from __future__ import annotations

from typing import Any

import pytest
from book_sources import toc_entries
from colours import contrast
from pages.visit import (
    LIVE,
    SHORTEST_ALT,
    Watched,
    explorer,
    explorers,
    first_explorers,
    watch,
)
from playwright.sync_api import Browser, Locator, Page, expect

from replearn.theory import rates
from replearn.views.palette import ink

SEEN = """(box) => {
    const all = (query) => [...box.querySelectorAll(query)];
    const paths = (query, part) => Object.fromEntries(all(query).map(
        (g) => [g.dataset.learner, g.querySelector(part)?.getAttribute('d')]));
    return {
        curves: paths('[data-learner]', '.rl-curve'),
        bands: paths('[data-learner]', '.rl-band'),
        readouts: Object.fromEntries(all('[data-readout]').map(
            (e) => [e.dataset.readout, e.querySelector('strong').textContent])),
        sentence: box.querySelector('.rl-sentence').textContent,
        axis: all('.rl-title').map((e) => e.textContent),
        theory: all('[data-theory]').length, guides: all('.rl-guide').length,
        ghosts: all('[data-ghost]').length,
        controls: all('.rl-knob input, .rl select').map((e) => e.value)
            .concat(all('.rl-check input').map((e) => e.checked)),
        picture: box.querySelector('.rl-chart svg').innerHTML }; }"""
MODEL = """(box) => JSON.parse(box.querySelector(
    "script[type='application/json']").textContent).state"""
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
    return {kind: it.type ?? 'table', what: it.id || it.textContent,
            last: it.type === 'range' && it.value === it.max,
            ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth)}; }"""
INKS = """(box) => {
    const ground = (e) => {
        const colour = getComputedStyle(e).backgroundColor;
        return colour === 'rgba(0, 0, 0, 0)' ? ground(e.parentElement) : colour; };
    return [...box.querySelectorAll('[data-learner] .rl-curve')].map((curve) => [
        curve.parentElement.dataset.learner, getComputedStyle(curve).stroke,
        ground(box.querySelector('.rl-chart'))]); }"""
KEYS = {
    "range": "ArrowRight",
    "checkbox": "Space",
    "select-one": "ArrowDown",
    "button": "Enter",
}
# a step of a slider may do twice the work that the largest explorer does today
MOST = {"layouts": 0, "pictures": 1, "changes": 30, "nodes": 300}
DRAWN = {"theory": "theory", "guides": "guides", "all": "ghosts"}
each_explorer = pytest.mark.parametrize(("entry", "place"), explorers())


def seen(box: Locator) -> dict[str, Any]:
    found: dict[str, Any] = box.evaluate(SEEN)
    return found


def knob(box: Locator, name: str) -> Locator:
    return box.locator(f".rl-knob input[id$=-{name}]")


def number(words: str) -> float:
    """The number at the end of a read-out such as "n ≈ 3.1k"."""
    return float(words.split()[-1].replace("k", "e3").replace("M", "e6"))


def payload_of(box: Locator) -> dict[str, Any]:
    """The specification, numbers and words that the page carries."""
    payload: dict[str, Any] = box.evaluate(MODEL)["payload"]
    return payload


def cell_key(payload: dict[str, Any], **changes: Any) -> str:
    """The name of the default cell, with some knobs moved."""
    state = payload["defaults"] | changes
    found = (k["words"][k["values"].index(state[k["name"]])] for k in payload["knobs"])
    return "/".join(found)


def steps_of(payload: dict[str, Any], item: dict[str, Any]) -> list[tuple[int, str]]:
    """The stops of a knob that are computed, the others at their default."""
    keys = [cell_key(payload, **{item["name"]: value}) for value in item["values"]]
    return [(i, key) for i, key in enumerate(keys) if key in payload["cells"]]


def choose_axis(box: Locator, payload: dict[str, Any], key: str) -> None:
    """Set the horizontal axis; where there is one only, there is nothing to choose."""
    if len(payload["axes"]) > 1:
        box.locator("select").select_option(key)
    else:
        assert box.locator("select").count() == 0


def open_explorer(window: Watched, entry: str, place: int, hash_: str = "") -> Locator:
    return explorer(window.open(f"{entry}.html{hash_}"), place)


def test_the_landing_page_and_the_first_chapter_have_one() -> None:
    entries = [entry for entry, _ in explorers()]
    assert set(toc_entries()[:2]) <= set(entries)


@each_explorer
def test_each_step_of_a_slider_moves_every_curve_and_what_is_said(
    window: Watched, entry: str, place: int
) -> None:
    box = open_explorer(window, entry, place)
    payload = payload_of(box)
    for item in payload["knobs"]:
        before: dict[str, Any] | None = None
        numbers: dict[str, Any] = {}
        for index, key in steps_of(payload, item):
            knob(box, item["name"]).fill(str(index))
            now, words = seen(box), payload["cells"][key]
            there = payload["curves"][key]
            shown = set(payload["defaults"]["show"])
            # a learner may have theory alone where measuring it is too dear
            assert set(now["curves"]) == shown & set(there)
            assert now["sentence"] == words["sentence"]
            facts = {name: value for name, _, value, _ in words["facts"]}
            assert now["readouts"] == facts
            if before:
                assert now["sentence"] != before["sentence"]
                assert not facts or facts != before["readouts"]
                assert now["curves"] != before["curves"]
                measured = now["curves"] if payload["seeds"] != "0" else {}
                for learner, path in measured.items():  # of a computed one a part may
                    # stand still, as may what the slider does not concern
                    if there[learner] != numbers.get(learner):
                        assert path != before["curves"].get(learner), learner
                        assert now["bands"][learner] != before["bands"].get(learner)
            before, numbers = now, there
        knob(box, item["name"]).fill(str(item["values"].index(item["default"])))


@pytest.mark.parametrize(("entry", "place"), first_explorers())
def test_the_read_outs_of_kernels_and_networks_move_and_show_the_rates(
    window: Watched, entry: str, place: int
) -> None:
    box = open_explorer(window, entry, place)
    payload = payload_of(box)
    for item in payload["knobs"]:
        before: dict[str, str] | None = None
        for index, key in steps_of(payload, item):
            knob(box, item["name"]).fill(str(index))
            now, (d, r, p) = seen(box)["readouts"], payload["cells"][key]["values"]
            expected = rates.kernel_rate(d, p), rates.network_rate(d, r, p)
            shown = [number(now[f"{name}-rate"]) for name in ("kernel", "network")]
            assert shown == pytest.approx(expected, rel=0.06)
            if before:
                assert now["network"] != before["network"]
                assert now["ratio"] != before["ratio"]
            before = now
        knob(box, item["name"]).fill(str(item["values"].index(item["default"])))


@each_explorer
def test_each_learner_s_box_adds_and_removes_its_curve_alone(
    window: Watched, entry: str, place: int
) -> None:
    box = open_explorer(window, entry, place)
    payload = payload_of(box)
    for look in payload["learners"]:
        tick = box.locator(f"input[id$=-show-{look['key']}]")
        before = seen(box)["curves"]
        tick.click()
        after = seen(box)["curves"]
        assert set(before) ^ set(after) == {look["key"]}
        tick.click()
        assert seen(box)["curves"] == before


@each_explorer
def test_the_axis_and_the_switches_change_what_they_name(
    window: Watched, entry: str, place: int
) -> None:
    box = open_explorer(window, entry, place)
    payload = payload_of(box)
    titles = payload["cells"][cell_key(payload)]["axes"]
    pictures = []
    for axis, (_, title) in zip(payload["axes"], titles, strict=True):
        choose_axis(box, payload, axis["key"])
        pictures.append(seen(box))
        assert f"{title} →" in pictures[-1]["axis"]
    paths = [tuple(picture["curves"].values()) for picture in pictures]
    assert len(set(paths)) == len(payload["axes"])
    for switch in payload["switches"]:
        part = DRAWN[switch["name"]]
        off = seen(box)[part]
        box.locator(f"input[id$=-{switch['name']}]").click()
        assert (off > 0) != (seen(box)[part] > 0), switch["name"]


@each_explorer
def test_the_table_view_holds_the_numbers_of_the_picture(
    window: Watched, entry: str, place: int
) -> None:
    box = open_explorer(window, entry, place)
    payload = payload_of(box)
    first, shown_keys = payload["knobs"][0], payload["defaults"]["show"]
    box.get_by_text("show as table").click()
    for index, key in steps_of(payload, first):
        knob(box, first["name"]).fill(str(index))
        curves = payload["curves"][key]
        expected = [
            [ink(name).label, str(n), pytest.approx(mean, rel=0.06, abs=1e-9)]
            for look in payload["learners"]
            if (name := look["key"]) in shown_keys and name in curves
            for n, mean in zip(curves[name]["n"], curves[name]["mean"], strict=True)
        ]
        rows = box.locator(".rl-table tbody tr").all()
        shown = [row.locator("th, td").all_text_contents()[:3] for row in rows]
        assert len(shown) > 5
        assert [[*r[:2], float(r[2].replace(" × 10^", "e"))] for r in shown] == expected
        said = first["said"].replace("{}", first["words"][index])
        assert said in box.locator(".rl-table caption").inner_text()


@each_explorer
def test_the_keyboard_alone_reaches_and_moves_every_control(
    window: Watched, entry: str, place: int
) -> None:
    box = open_explorer(window, entry, place)
    page, reached = window.page, []
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
            assert_button_did_its_work(page, box, focused["what"])
        else:
            assert seen(box)["picture"] != before["picture"], focused["what"]
            assert seen(box)["controls"] != before["controls"], focused["what"]
        if focused["kind"] == "checkbox":  # back: what it hides may hide others' work
            page.keyboard.press(KEYS["checkbox"])
            assert seen(box)["picture"] == before["picture"], focused["what"]
        reached.append(focused["what"])
    assert len(set(reached)) == len(reached) == box.evaluate(CONTROLS)


def assert_button_did_its_work(page: Page, box: Locator, label: str) -> None:
    if label == "reset":
        assert "#" not in page.url
        payload = payload_of(box)
        default = cell_key(payload).split("/")[0]
        assert box.locator(".rl-knob output").first.inner_text().startswith(default)
    elif label == "copy link":
        assert "#" in page.url
    else:
        assert label == "show as table"
        assert box.locator(".rl-table table").is_visible()


@each_explorer
def test_the_address_keeps_the_setting_and_sets_it(
    window: Watched, entry: str, place: int
) -> None:
    box = open_explorer(window, entry, place)
    payload, first = payload_of(box), seen(box)
    for item in payload["knobs"]:
        other = [i for i, _ in steps_of(payload, item)][-1]
        knob(box, item["name"]).fill(str(other))
    choose_axis(box, payload, payload["axes"][-1]["key"])
    for switch in payload["switches"]:
        box.locator(f"input[id$=-{switch['name']}]").click()
    box.locator(f"input[id$=-show-{payload['learners'][0]['key']}]").click()
    wanted, address = seen(box), window.page.url
    assert wanted["picture"] != first["picture"]
    window.page.reload()
    window.page.wait_for_function(LIVE)
    assert seen(box) == wanted
    box.get_by_text("reset").click()
    assert seen(box) == first
    assert "#" not in window.page.url
    window.page.evaluate("(hash) => { location.hash = hash; }", address.split("#")[1])
    window.page.wait_for_function("() => location.hash.includes(':')")
    expect(box.locator(".rl-sentence")).to_have_text(wanted["sentence"])
    assert seen(box) == wanted
    assert box.locator(".rl-chart").is_visible()


@each_explorer
def test_a_step_draws_once_and_little(window: Watched, entry: str, place: int) -> None:
    box = open_explorer(window, entry, place)
    for everything in box.locator("input[id$=-all]").all():
        everything.click()
    for item in payload_of(box)["knobs"]:
        for index in range(len(item["values"])):
            work = knob(box, item["name"]).evaluate(STEP, index)
            assert all(work[name] <= most for name, most in MOST.items()), work
            assert work["nodes"] > 0


@each_explorer
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_curve_stands_out_from_the_page(
    browser: Browser, home: str, entry: str, place: int, scheme: str
) -> None:
    with watch(browser, home, color_scheme=scheme) as window:
        box = open_explorer(window, entry, place)
        hidden = box.locator(".rl-learners input:not(:checked)")
        while hidden.count():
            hidden.first.click()
        inks = box.evaluate(INKS)
        assert len(inks) == len(payload_of(box)["learners"])
        for learner, colour, ground in inks:
            assert contrast(hexadecimal(colour), hexadecimal(ground)) >= 3, learner


def hexadecimal(colour: str) -> str:
    """#rrggbb of the browser's "rgb(r, g, b)"."""
    parts = colour.removeprefix("rgb(").removesuffix(")").split(",")
    return "#" + "".join(f"{int(part):02x}" for part in parts)


@each_explorer
def test_without_scripts_a_picture_and_its_caption_stand_there(
    browser: Browser, home: str, entry: str, place: int
) -> None:
    with watch(browser, home, java_script_enabled=False) as window:
        window.page.goto(f"{home}/{entry}.html")
        picture = explorer(window.page, place).locator("img")
        assert picture.is_visible()
        assert picture.bounding_box()["width"] > 300
        assert len(picture.get_attribute("alt")) > SHORTEST_ALT
        assert explorer(window.page, place).locator("figcaption").is_visible()
        assert window.strangers == window.complaints == []  # scripts are given up
