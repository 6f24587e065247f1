"""The explorer in a browser, on a page that stands alone: no server, no kernel."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page
from views import harness
from views.harness import CURVES, STATE, open_page, write_page
from views.synthetic import synthetic_table, synthetic_theory

from beyond_the_kernel.kernel_versus_network.grid import TARGETS
from beyond_the_kernel.kernel_versus_network.show import EXPLORER, SPEC
from replearn.experiments.curves import first_crossing, summarise
from replearn.views.explorer import Explorer
from replearn.views.palette import ink

CELLS = [(cell["d"], cell["r"], cell["degree"]) for cell in TARGETS]
ALL = ("ntk", "polynomial", "rbf", "random-features", "one-step", "adam", "oracle")
FONTS = """() => [...document.querySelectorAll('.rl text, .rl tspan, .rl span')]
    .filter((e) => e.textContent.trim())
    .map((e) => parseFloat(getComputedStyle(e).fontSize))"""

FOREIGN = """() => new Promise((done) => {
    addEventListener('hashchange', done);
    location.hash = '#some-section'; }).then(() => null)"""


@pytest.fixture(scope="module")
def summary() -> pd.DataFrame:
    return summarise(synthetic_table())


@pytest.fixture(scope="module")
def fragment(summary) -> str:
    return Explorer(SPEC, summary, EXPLORER.words, synthetic_theory()).to_html()


@pytest.fixture(scope="module")
def address(fragment, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("page") / "explorer.html"
    return write_page(path, fragment).as_uri()


def slide(page: Page, **setting: int) -> None:
    harness.slide(page, SPEC, **setting)


def count_in(words: str) -> float:
    """The number in "n ≈ 3.1k": the page writes two digits, k and M."""
    number = words.split()[-1]
    return float(number.replace("k", "e3").replace("M", "e6"))


def readout(page: Page, key: str) -> str:
    return page.inner_text(f"[data-readout={key}] strong")


def test_every_setting_moves_every_curve_and_agrees_with_the_table(
    page, address, summary
):
    open_page(page, f"{address}#kvn:show={'+'.join(ALL)}")
    seen: dict[str, set[str]] = {name: set() for name in ALL}
    for d, r, degree in CELLS:
        slide(page, r=r, degree=degree, d=d)
        label = page.get_attribute("svg[role=img]", "aria-label")
        assert label.startswith(f"d = {d}, r = {r}, degree {degree}:")
        curves = page.evaluate(CURVES)
        for name in ALL:
            seen[name].add(curves[name])
        rows = summary.query("d == @d and r == @r and degree == @degree")
        network = rows[rows["learner"] == "one-step"]
        n = first_crossing(network["n"].to_numpy(), network["error"].to_numpy(), 0.1)
        shown = readout(page, "network")
        reached = n == n  # NaN says that the curve stays above
        assert shown.startswith("n ≈" if reached else "n >")
        expected = n if reached else network["n"].max()
        assert count_in(shown) == pytest.approx(expected, rel=0.06)
        rates = {"kernel": d**degree, "network": d * d * r + d * r**degree}
        for name, rate in rates.items():
            shown = readout(page, f"{name}-rate")
            assert count_in(shown) == pytest.approx(rate, rel=0.06)
    cells = len(CELLS)
    assert {name: len(paths) for name, paths in seen.items()} == dict.fromkeys(
        ALL, cells
    )


def test_arrow_keys_move_a_slider_and_stay_inside(page, address):
    open_page(page, address)
    page.evaluate("addEventListener('keydown', () => { document.title = 'escaped'; })")
    page.focus(".rl-knob input")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(STATE)["d"] == "input dimension d = 80"
    assert page.title() == "explorer"


def test_a_missing_setting_is_said_and_the_nearest_shown(page, address):
    open_page(page, address)
    slide(page, r=4, d=160)
    said = page.inner_text("[role=status]")
    assert "d = 160, r = 4, degree 3 is not computed" in said
    assert "Shown instead: d = 160, r = 1, degree 3" in said
    assert page.evaluate(STATE)["r"].endswith("= 1")
    slide(page, r=2)
    assert page.evaluate(STATE)["d"].endswith("= 80")


def test_the_address_keeps_any_setting(page, address):
    draw = random.Random(0)
    for d, r, degree in draw.sample(CELLS, 8):
        open_page(page, address)
        slide(page, r=r, degree=degree, d=d)
        page.select_option(".rl select", draw.choice(SPEC.axes).key)
        for box in draw.sample(page.query_selector_all(".rl-check input"), 4):
            box.click()
        picture = page.inner_html("svg[role=img]")
        open_page(page, page.url)
        assert page.inner_html("svg[role=img]") == picture


def test_a_link_within_the_page_sets_and_a_foreign_one_does_not(page, address):
    open_page(page, address)
    page.evaluate("location.hash = '#kvn:d=10,p=4'")
    page.wait_for_function("document.querySelector('.rl-knob output').value === '10'")
    before = page.inner_html("svg[role=img]")
    page.evaluate(FOREIGN)
    assert page.inner_html("svg[role=img]") == before
    slide(page, d=20)
    assert "some-section" not in page.url


@pytest.mark.parametrize(
    "nonsense", ["kvn:d=33,r=x,show=svm,x=q", "%E0%A4%A", "kvn:", "kvn:d", "other:d=10"]
)
def test_a_nonsense_address_shows_the_default(page, address, nonsense):
    open_page(page, f"{address}#{nonsense}")
    assert page.evaluate(STATE)["d"] == "input dimension d = 40"


def test_two_explorers_on_a_page_keep_apart(page, fragment, tmp_path):
    address = write_page(tmp_path / "two.html", fragment, fragment).as_uri()
    open_page(page, f"{address}#kvn-2:d=10,p=2;kvn:d=80")
    page.wait_for_selector("#kvn-2[data-state=live]")
    labels = [
        s.get_attribute("aria-label") for s in page.query_selector_all("svg[role=img]")
    ]
    assert labels[0].startswith("d = 80, r = 1, degree 3")
    assert labels[1].startswith("d = 10, r = 1, degree 2")
    slide(page, d=20)
    assert "kvn:d=20" in page.url
    assert "kvn-2:d=10" in page.url
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


def test_axis_switches_and_learners_change_what_is_drawn(page, address):
    open_page(page, address)
    before = page.evaluate(CURVES)["one-step"]
    for axis in SPEC.axes[1:]:
        page.select_option(".rl select", axis.key)
        after = page.evaluate(CURVES)["one-step"]
        assert after != before
        before = after
    assert page.query_selector_all("[data-theory]")
    page.uncheck("text=kernel theory")
    assert not page.query_selector_all("[data-theory]")
    assert not page.query_selector_all("[data-ghost]")
    page.check("text=all d at once")
    ghosts = page.query_selector_all("[data-ghost^=one-step]")
    assert len(ghosts) == len(SPEC.knob("d").values) - 1
    page.uncheck("text=rates")
    assert not page.query_selector_all(".rl-guide")
    page.uncheck("label:has-text('one-step')")
    assert "one-step" not in page.evaluate(CURVES)


def test_the_table_holds_the_numbers_of_the_curves(page, address, summary):
    open_page(page, f"{address}#kvn:d=20,r=2,p=4,show=rbf+one-step")
    page.click("text=show as table")
    rows = summary.query("d == 20 and r == 2 and degree == 4")
    rows = rows[rows["learner"].isin(["rbf", "one-step"])]
    cells = harness.table_rows(page)
    assert len(cells) == len(rows)
    for label, n, error, _ in cells:
        same = [ink(name).label == label for name in rows["learner"]]
        expected = rows[same].set_index("n").loc[int(n), "error"]
        assert float(error.replace(" × 10^", "e")) == pytest.approx(expected, rel=0.06)
    assert "d = 20, r = 2, degree 4" in page.inner_text(".rl-table caption")
    slide(page, d=40)
    assert "d = 40" in page.inner_text(".rl-table caption")


def test_reset_and_copy_link(page, address):
    open_page(page, address)
    slide(page, d=10)
    page.check("text=all d at once")
    page.click("text=copy link")
    assert "d=10" in page.url
    page.wait_for_function(
        "document.querySelector('[role=status]').textContent.includes('address')"
    )
    page.click("text=reset")
    assert "#" not in page.url
    assert page.evaluate(STATE)["d"].endswith("= 40")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_narrow_page_needs_no_sideways_scroll(page, fragment, tmp_path, theme):
    page.set_viewport_size({"width": 360, "height": 700})
    path = write_page(tmp_path / "narrow.html", fragment, theme=theme)
    open_page(page, f"{path.as_uri()}#kvn:all=1,show={'+'.join(ALL)}")
    page.click("text=show as table")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    sizes = page.evaluate(FONTS)
    assert min(sizes) >= 11
    colour = page.evaluate(
        "getComputedStyle(document.querySelector('[data-learner=one-step]')).color"
    )
    shade = ink("one-step").light if theme == "light" else ink("one-step").dark
    red, green, blue = (int(shade[i : i + 2], 16) for i in (1, 3, 5))
    assert colour == f"rgb({red}, {green}, {blue})"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_a_theme_the_reader_s_own_setting_counts(browser, address, scheme):
    page = browser.new_page(color_scheme=scheme)
    open_page(page, address)
    text = page.evaluate("getComputedStyle(document.querySelector('.rl')).color")
    assert text == ("rgb(29, 35, 43)" if scheme == "light" else "rgb(230, 233, 237)")
    page.close()


@pytest.mark.parametrize("fault", ["export default {}", "throw new Error('planted')"])
def test_a_broken_module_leaves_the_picture_and_says_so(
    browser, fragment, tmp_path, fault
):
    broken = fragment.replace("export default { render };", fault)
    assert broken != fragment
    page = browser.new_page()
    page.goto(write_page(tmp_path / "broken.html", broken).as_uri())
    page.wait_for_selector(".replearn-explorer[data-state=failed]")
    assert page.is_visible(".replearn-explorer img")
    assert "the picture shows the default setting" in page.inner_text(".replearn-sorry")
    page.close()


def test_without_scripts_the_picture_and_caption_stand(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.is_visible(".replearn-explorer img")
    assert "Relative test error" in page.inner_text("figcaption")
    context.close()


def test_axe_finds_nothing(page, address):
    from axe_playwright_python.sync_playwright import Axe

    open_page(page, address)
    page.click("text=show as table")
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


def test_the_harness_needs_nothing_but_its_file(address):
    text = Path(address.removeprefix("file://")).read_text(encoding="utf-8")
    assert 'src="http' not in text
    assert "@import" not in text
