"""The explorers of the built book: every control, the keyboard, the address, the table.

tests/views tries the explorer on made-up numbers at every setting; here it is the one
that a reader gets, with the book's own numbers, theme and page around it.
"""

from __future__ import annotations

import statistics
from typing import Any

import pytest
from book_sources import toc_entries
from pages.visit import SHORTEST_ALT, Watched, explorer, explorers, watch
from playwright.sync_api import Browser, Locator, Page

from replearn.theory import rates
from replearn.views.controls import EXPLORER
from replearn.views.palette import contrast, ink

SEEN = """(box) => {
    const all = (query) => [...box.querySelectorAll(query)];
    const paths = (query, part) => Object.fromEntries(all(query).map(
        (g) => [g.dataset.learner, g.querySelector(part).getAttribute('d')]));
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
PAYLOAD = """(box) => JSON.parse(box.querySelector(
    "script[type='application/json']").textContent).state.payload"""
STEP = """(input, index) => {
    const began = performance.now();
    input.value = index;
    input.dispatchEvent(new Event('input', {bubbles: true}));
    input.closest('.rl').getBoundingClientRect();  // the layout counts too
    return performance.now() - began; }"""
CONTROLS = "(box) => box.querySelectorAll('.rl :is(input, select, button)').length"
FOCUSED = """(box) => {
    const it = document.activeElement;
    if (!box.querySelector('.rl').contains(it)) return null;
    const style = getComputedStyle(it);
    return {kind: it.type ?? 'table', what: it.id || it.textContent,
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
FRAME_MS = 16
ROUNDS = 3
each_explorer = pytest.mark.parametrize(("entry", "place"), explorers())


def seen(box: Locator) -> dict[str, Any]:
    found: dict[str, Any] = box.evaluate(SEEN)
    return found


def knob(box: Locator, name: str) -> Locator:
    return box.locator(f".rl-knob input[id$=-{name}]")


def number(words: str) -> float:
    """The number at the end of a read-out such as "n ≈ 3.1k"."""
    return float(words.split()[-1].replace("k", "e3").replace("M", "e6"))


def open_explorer(window: Watched, entry: str, place: int, hash_: str = "") -> Locator:
    return explorer(window.open(f"{entry}.html{hash_}"), place)


def test_the_landing_page_and_the_first_chapter_have_one() -> None:
    entries = [entry for entry, _ in explorers()]
    assert set(toc_entries()[:2]) <= set(entries)


@each_explorer
@pytest.mark.parametrize("name", [item.name for item in EXPLORER.knobs])
def test_each_step_of_a_slider_moves_every_curve_and_read_out(
    window: Watched, entry: str, place: int, name: str
) -> None:
    box = open_explorer(window, entry, place)
    state = {item.name: item.default for item in EXPLORER.knobs}
    before: dict[str, Any] | None = None
    for index, value in enumerate(EXPLORER.knob(name).values):
        knob(box, name).fill(str(index))
        now, d, r, p = seen(box), *(state | {name: value}).values()
        assert set(now["curves"]) == set(EXPLORER.learners)
        assert now["sentence"].startswith(f"d = {d}, r = {r}, degree {p}:")
        expected = rates.kernel_rate(d, p), rates.network_rate(d, r, p)
        shown = [number(now["readouts"][f"{k}-rate"]) for k in ("kernel", "network")]
        assert shown == pytest.approx(expected, rel=0.06)
        if before:
            for learner, path in now["curves"].items():
                assert path != before["curves"][learner], learner
                assert now["bands"][learner] != before["bands"][learner]
            assert now["readouts"]["network"] != before["readouts"]["network"]
            assert now["readouts"]["ratio"] != before["readouts"]["ratio"]
        before = now


@each_explorer
def test_each_learner_s_box_adds_and_removes_its_curve_alone(
    window: Watched, entry: str, place: int
) -> None:
    box = open_explorer(window, entry, place)
    payload = box.evaluate(PAYLOAD)
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
    pictures = {}
    for axis in EXPLORER.axes:
        box.locator("select").select_option(axis.key)
        pictures[axis.key] = now = seen(box)
        assert any(t.startswith(axis.title.split("ᵖ")[0]) for t in now["axis"])
    paths = [tuple(picture["curves"].values()) for picture in pictures.values()]
    assert len(set(paths)) == len(EXPLORER.axes)
    for name, part in (("theory", "theory"), ("guides", "guides"), ("all_d", "ghosts")):
        off, on = seen(box)[part], None
        box.locator(f"input[id$=-{name}]").click()
        on = seen(box)[part]
        assert (off > 0) != (on > 0), name


@each_explorer
def test_the_table_view_holds_the_numbers_of_the_picture(
    window: Watched, entry: str, place: int
) -> None:
    box = open_explorer(window, entry, place)
    payload = box.evaluate(PAYLOAD)
    box.get_by_text("show as table").click()
    for index, d in enumerate(EXPLORER.knob("d").values):
        knob(box, "d").fill(str(index))
        expected = [
            [ink(key).label, str(n), float(f"{mean:.2g}")]
            for look in payload["learners"]
            if (key := look["key"]) in EXPLORER.learners
            for n, mean in zip(
                payload["curves"][f"{d}-1-3"][key]["n"],
                payload["curves"][f"{d}-1-3"][key]["mean"],
                strict=True,
            )
        ]
        rows = box.locator(".rl-table tbody tr").all()
        shown = [row.locator("th, td").all_text_contents()[:3] for row in rows]
        assert len(shown) > 20
        assert [[*r[:2], float(r[2].replace(" × 10^", "e"))] for r in shown] == expected
        assert f"d = {d}" in box.locator(".rl-table caption").inner_text()


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
        page.keyboard.press(KEYS[focused["kind"]])
        if focused["kind"] == "button":
            assert_button_did_its_work(page, box, focused["what"])
        else:
            assert seen(box)["picture"] != before["picture"], focused["what"]
            assert seen(box)["controls"] != before["controls"], focused["what"]
        reached.append(focused["what"])
    assert len(set(reached)) == len(reached) == box.evaluate(CONTROLS)


def assert_button_did_its_work(page: Page, box: Locator, label: str) -> None:
    if label == "reset":
        assert "#" not in page.url
        assert box.locator(".rl-knob output").first.inner_text() == "40"
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
    first = seen(box)
    knob(box, "d").fill("1")
    knob(box, "degree").fill("2")
    box.locator("select").select_option("n/d2")
    box.locator("input[id$=-all_d]").click()
    box.locator("input[id$=-show-ntk]").click()
    wanted, address = seen(box), window.page.url
    assert wanted["picture"] != first["picture"]
    window.page.reload()
    window.page.wait_for_selector(".replearn-explorer[data-state=live]")
    assert seen(box) == wanted
    box.get_by_text("reset").click()
    assert seen(box) == first
    assert "#" not in window.page.url
    window.page.evaluate("(hash) => { location.hash = hash; }", address.split("#")[1])
    window.page.wait_for_function(
        "document.querySelector('.rl-knob output').value === '20'"
    )
    assert seen(box) == wanted
    assert box.locator(".rl-chart").is_visible()


@each_explorer
def test_a_step_is_redrawn_within_a_frame(
    window: Watched, entry: str, place: int
) -> None:
    box = open_explorer(window, entry, place)
    box.locator("input[id$=-all_d]").click()
    # The quickest of a few rounds: another process can only make a round slower.
    rounds = [one_round_of_steps(box) for _ in range(ROUNDS)]
    assert all(redraw > 0 for redraw, _ in rounds)
    assert min(redraw for redraw, _ in rounds) <= FRAME_MS
    assert min(laid_out for _, laid_out in rounds) <= FRAME_MS


def one_round_of_steps(box: Locator) -> tuple[float, float]:
    """Median ms of a redraw, and of it with the layout, over every slider's steps."""
    redraws, steps = [], []
    for item in EXPLORER.knobs:
        for index in [*range(len(item.values)), *range(len(item.values) - 1)[::-1]]:
            steps.append(knob(box, item.name).evaluate(STEP, index))
            redraws.append(
                box.locator("[data-redraw-ms]").get_attribute("data-redraw-ms")
            )
    return statistics.median(map(float, redraws)), statistics.median(steps)


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
        assert len(inks) == len(box.evaluate(PAYLOAD)["learners"])
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
