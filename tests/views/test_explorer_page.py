"""Explorers in a browser, on a page that stands alone: no server, no kernel.

Two are made up: one has numbers on its sliders, a logarithmic axis and a theory; one
has names, a linear scale, and labels with signs that mean something in HTML, which must
all be shown as written. The others are the book's; one of these, hmt, has computed
curves and a horizontal axis that is linear.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page
from views import harness
from views.harness import control, open_page, seen, slide, write_page
from views.synthetic import ERRORS, OVERLAPS, STEPS, overlap_table

from beyond_the_kernel import catalogue
from replearn.experiments.curves import select
from replearn.views.packing import by_cell, check_frames, seeds
from replearn.views.palette import PALETTE, PARTS, ink

MADE = catalogue.explorers() | {"kvn": ERRORS, "overlap": OVERLAPS}
KVN = ERRORS.spec
ALL = "show=" + "+".join(PALETTE | PARTS)
FONTS = """() => [...document.querySelectorAll('.rl text, .rl tspan, .rl span')]
    .filter((e) => e.textContent.trim())
    .map((e) => parseFloat(getComputedStyle(e).fontSize))"""
COLOUR = "(e) => getComputedStyle(e).color"
FOREIGN = """() => new Promise((done) => {
    addEventListener('hashchange', done);
    location.hash = '#some-section'; }).then(() => null)"""
TICKS = """(box) => ['middle', 'end'].map((anchor) => Object.fromEntries(
    [...box.querySelectorAll(`.rl-chart text[text-anchor=${anchor}]`)].map((t) =>
        [t.textContent.replace('−', '-'), t.getAttribute(anchor === 'end' ? 'y' : 'x')])
    .filter(([text]) => text && !isNaN(text)).map(([text, at]) => [text, +at])))"""
Show = Callable[..., Locator]
each = pytest.mark.parametrize("name", MADE)
every_kind = pytest.mark.parametrize("name", ["kvn", "overlap", "hmt"])
measured = pytest.mark.parametrize("name", ["kvn", "overlap"])
themes = pytest.mark.parametrize("theme", ["light", "dark"])


@cache
def fragment(name: str) -> str:
    return MADE[name].open().to_html()


@pytest.fixture
def opened(page: Page, tmp_path: Path) -> Show:
    """Opens a page with some explorers, at a place; returns the first."""

    def show(names: str, at: str = "", theme: str | None = None) -> Locator:
        shown = map(fragment, names.split())
        path = write_page(tmp_path / "page.html", *shown, theme=theme)
        return open_page(page, f"{path.as_uri()}#{at}")

    return show


@measured
def test_every_setting_moves_all_curves_and_words(opened: Show, name: str) -> None:
    moving, spec = MADE[name], MADE[name].spec
    summary, theory = check_frames(spec, moving.table(), moving.predicted())
    told = {spec.key(cell): rows for cell, rows in by_cell(spec, theory)}
    box, cells = opened(name, f"{name}:{ALL}"), list(by_cell(spec, summary))
    paths: dict[str, set[str]] = {name: set() for name in summary["learner"]}
    said = set()
    for cell, rows in cells:
        slide(box, spec, **cell)
        words = moving.words(cell, rows, told.get(spec.key(cell), theory.head(0)))
        now, picture = seen(box), box.locator(".rl-chart svg[role=img]")
        assert words.sentence.startswith(f"{spec.say(cell)}: ")
        assert now["sentence"] == words.sentence
        assert picture.get_attribute("aria-label").startswith(words.sentence)
        assert now["readouts"] == {fact.key: fact.value for fact in words.facts}
        text = picture.text_content()
        assert all(guide.label in text for guide in words.guides)
        for drop in words.drops:  # one that theory tells may lie beyond the picture
            assert drop.dashed or box.locator(f"[data-reach={drop.learner}]").count()
        assert set(now["curves"]) == set(paths)
        for learner, path in now["curves"].items():
            paths[learner].add(path)
        said.add((words.sentence, tuple(words.facts)))
    assert {len(found) for found in [said, *paths.values()]} == {len(cells)}


def test_the_keys_move_the_sliders_and_stay_inside(page: Page, opened: Show) -> None:
    box = opened("overlap")
    page.evaluate("addEventListener('keydown', () => { document.title = 'escaped'; })")
    how, d = control(box, "steps"), control(box, "d")
    assert how.get_attribute("aria-valuetext") == "how = γ & more"
    how.focus()
    page.keyboard.press("ArrowLeft")
    assert how.get_attribute("aria-valuetext") == "how = two <b>steps"
    assert box.locator(".rl-knob output").first.inner_text() == "two <b>steps"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert d.get_attribute("aria-valuetext") == "input dimension d = 40"
    assert seen(box)["sentence"].startswith("two <b>steps, d = 40:")
    assert "dim=40,x=N/d2,show=one-step+oracle,guides=1,all=0" in page.url
    assert page.title() == "explorer"


@pytest.mark.parametrize(
    ("name", "wish", "asked", "nearest"),
    [
        ("kvn", dict(r=4, d=160), "160, r = 4, degree 3", "160, r = 1, degree 3"),
        ("kvn", dict(d=160, r=2), "160, r = 2, degree 3", "80, r = 2, degree 3"),
        ("overlap", dict(d=10), "γ & more, d = 10", "two <b>steps, d = 10"),
        ("hmt", dict(w2=0, w3=0), "0 × degree 4", "0 × degree 3, 1 × degree 4"),
    ],
)
def test_a_missing_setting_is_said_and_the_nearest_shown(
    opened: Show, name: str, wish: dict[str, Any], asked: str, nearest: str
) -> None:
    box = opened(name)
    slide(box, MADE[name].spec, **wish)
    said = box.locator("[role=status]").inner_text()
    assert f"{asked} is not computed. Shown instead: " in said
    assert said.endswith(f"{nearest}.")
    assert seen(box)["sentence"].startswith(said.split("instead: ")[1][:-1] + ":")


def test_a_link_sets_and_a_foreign_one_does_not(page: Page, opened: Show) -> None:
    box = opened("kvn")
    page.evaluate("location.hash = '#kvn:d=10,p=4'")
    page.wait_for_function("document.querySelector('.rl-knob output').value === '10'")
    before = seen(box)
    page.evaluate(FOREIGN)
    assert seen(box) == before
    slide(box, KVN, d=20)
    assert "some-section" not in page.url


@pytest.mark.parametrize(
    "nonsense", ["kvn:d=33,r=x,show=svm,x=q", "%E0%A4%A", "kvn:", "kvn:d", "other:d=10"]
)
def test_a_nonsense_address_shows_the_default(opened: Show, nonsense: str) -> None:
    sentence = seen(opened("kvn", nonsense))["sentence"]
    assert sentence.startswith("d = 10, r = 1, degree 3: ")


def test_explorers_on_a_page_keep_apart(page: Page, opened: Show) -> None:
    box = opened("kvn kvn overlap", "overlap:dim=40;kvn-2:d=10,p=2;kvn:d=80")
    for name in ("kvn-2", "overlap"):
        page.wait_for_selector(f"#{name}[data-state=live]")
    said = page.locator(".rl-sentence").all_inner_texts()
    first, second = "d = 80, r = 1, degree 3", "d = 10, r = 1, degree 2"
    assert [s.split(":")[0] for s in said] == [first, second, "γ & more, d = 40"]
    slide(box, KVN, d=20)
    assert all(at in page.url for at in ("kvn:d=20", "kvn-2:d=10", "overlap:"))
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


@each
def test_each_choice_changes_what_it_names(page: Page, opened: Show, name: str) -> None:
    box, spec, payload = opened(name), MADE[name].spec, MADE[name].open().payload
    now, paths = spec.defaults(), set()
    for axis in spec.axes:
        if len(spec.axes) > 1:
            page.select_option(".rl select", axis.key)
        assert f"{axis.title_at(now)} →" in seen(box)["axis"]
        paths.add(tuple(seen(box)["curves"].values()))
    assert len(paths) == len(spec.axes)
    key = spec.key(now)
    there = {"guides": payload["cells"][key]["guides"]}  # none if all are infinite
    there["theory"] = harness.foretold(payload, key)
    for switch in spec.switches:
        for on in (False, True):
            control(box, switch.name).set_checked(on)
            drawn = seen(box)[harness.DRAWN[switch.name]] > 0
            assert drawn == (on and bool(there.get(switch.name, True)))
    first, show = spec.knobs[0], {spec.family} if spec.family else {*spec.learners}
    others = [now | {first.name: v} for v in first.values if v != first.default]
    ghosts = [show & set(payload["curves"].get(spec.key(cell), ())) for cell in others]
    assert seen(box)["ghosts"] == (sum(map(len, ghosts)) if spec.switches else 0)
    for look in payload["learners"]:
        before = seen(box)["curves"]
        control(box, f"show-{look['key']}").click()
        here = {look["key"]} & set(payload["curves"][key])
        assert set(before) ^ set(seen(box)["curves"]) == here
        control(box, f"show-{look['key']}").click()
        assert seen(box)["curves"] == before
    for learner in spec.learners:
        control(box, f"show-{learner}").uncheck()
    assert not box.locator("[data-reach], [data-ghost], [data-theory]").count()


@each
def test_the_table_holds_the_curves(page: Page, opened: Show, name: str) -> None:
    box, spec = opened(name), MADE[name].spec
    table = MADE[name].table().rename(columns={"mean": "error"})
    page.click("text=show as table")
    heads, how = [spec.symbol, spec.y.title], f"Mean over {seeds(table)} seeds"
    heads, interval = ["learner", *heads, "95 % interval"], ["low", "high"]
    if name == "hmt":
        heads, how, interval = ["curve", *heads[1:3]], "Computed", []
    assert page.locator(".rl-table thead th").all_inner_texts() == heads
    for value in spec.knobs[0].values[::-1]:
        cell = {knob.name: knob.default for knob in spec.knobs}
        cell[spec.knobs[0].name] = value
        slide(box, spec, **cell)
        rows = select(table, **cell)
        expected = [
            (ink(learner).label, n, pytest.approx(numbers, rel=0.06, abs=1e-9))
            for learner in PALETTE | PARTS
            if learner in {*spec.learners} & {*rows["learner"]}
            for curve in [select(rows, learner=learner).sort_values("n")]
            for n, *numbers in curve[["n", "error", *interval]].to_numpy()
        ]
        assert harness.table_rows(box) == expected
        caption = page.inner_text(".rl-table caption")
        assert caption.startswith(how)
        assert caption.endswith(f", at {spec.say(cell)}.")


def test_what_is_written_is_shown_as_written(page: Page, opened: Show) -> None:
    box = opened("overlap", "overlap:all=1")
    page.click("text=show as table")
    page.hover("svg[role=img]")
    assert page.inner_text("figcaption") == "Overlap, 3 seeds."
    assert not box.locator(":is(.rl, figcaption) :is(b, i)").count()
    text = page.text_content(".rl-chart svg")
    for written in ("overlap <i>", "N / d² <i>", "half <i>", "d² <i> = 400"):
        assert written in text
    assert "two <b>steps" in text  # beside its ghost
    assert 'alt="γ &amp; more, d = 20: half at N = ' in fragment("overlap")


def test_a_curve_is_drawn_on_a_linear_scale(opened: Show) -> None:
    box = opened("overlap", "overlap:x=N")
    marks = box.evaluate(TICKS)[1]
    assert sorted(marks) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    zero, one = marks["0.0"] - 4, marks["1.0"] - 4
    rows = select(overlap_table(), steps=STEPS.default, d=20)
    for learner, path in seen(box)["curves"].items():
        heights = [float(point.split(" ")[1]) for point in path[1:].split("L")]
        shown = [(zero - y) / (zero - one) for y in heights]
        expected = select(rows, learner=learner)["mean"]
        np.testing.assert_allclose(shown, expected, atol=0.006)


def test_a_computed_curve_is_bare_and_may_be_left_of_zero(opened: Show) -> None:
    box = opened("hmt")
    ticks = {float(text): x for text, x in box.evaluate(TICKS)[0].items()}
    assert sorted(ticks) == [-2, -1, 0, 1, 2, 3]  # room for names beyond 2.5
    steps = np.diff([ticks[value] for value in sorted(ticks)])
    np.testing.assert_allclose(steps, steps[0], atol=0.3)
    assert not box.locator(".rl select, .rl-band, .rl-chart .rl-mark").count()


def test_an_axis_with_a_single_power_of_ten_names_more(opened: Show) -> None:
    ticks = opened("fub", "fub:x=p/n").evaluate(TICKS)[0]
    assert sorted(ticks, key=float) == ["0.2", "0.5", "1", "2", "5"]
    np.testing.assert_allclose(ticks["1"] - ticks["0.5"], ticks["2"] - ticks["1"], 0.01)


@every_kind
@themes
def test_a_narrow_page_fits(page: Page, opened: Show, name: str, theme: str) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    box = opened(name, f"{name}:all=1,{ALL}", theme)
    page.click("text=show as table")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert min(page.evaluate(FONTS)) >= 11
    for learner in MADE[name].spec.learners:
        shade = getattr(ink(learner), theme)
        red, green, blue = (int(shade[i : i + 2], 16) for i in (1, 3, 5))
        colour = box.locator(f"[data-learner={learner}]").evaluate(COLOUR)
        assert colour == f"rgb({red}, {green}, {blue})"


@every_kind
def test_axe_finds_nothing(page: Page, opened: Show, name: str) -> None:
    opened(name)
    page.click("text=show as table")
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


@themes
def test_a_reader_s_own_theme_counts(page: Page, opened: Show, theme: str) -> None:
    page.emulate_media(color_scheme=theme)
    text = opened("kvn").locator(".rl").evaluate(COLOUR)
    assert text == ("rgb(29, 35, 43)" if theme == "light" else "rgb(230, 233, 237)")


@pytest.mark.parametrize("fault", ["export default {}", "throw new Error('planted')"])
def test_a_broken_module_says_so(browser: Browser, tmp_path: Path, fault: str) -> None:
    broken = fragment("kvn").replace("export default { render };", fault)
    assert broken != fragment("kvn")
    page = browser.new_page()
    page.goto(write_page(tmp_path / "broken.html", broken).as_uri())
    page.wait_for_selector(".replearn-explorer[data-state=failed]")
    assert page.is_visible(".replearn-explorer img")
    assert "the picture shows the default setting" in page.inner_text(".replearn-sorry")
    page.close()
