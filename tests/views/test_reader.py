"""What a reader does around an explorer: comes back, shares, swipes, taps, listens."""

from __future__ import annotations

import pytest
from colours import contrast
from views.harness import open_page, slide, table_rows, write_page
from views.synthetic import OVERLAP, overlap_table, overlap_words

from replearn.views import explorer, palette

EXPLORER = explorer.Explorer(OVERLAP, overlap_table(), overlap_words)
NAV = "<nav style='position: fixed; top: 0; right: 0'><a href='#s'>section</a></nav>"
LONG = "<section id=s><h2>Section</h2><p style='height: 1500px'></p></section>"
SETTLED = """async () => {
    do for (const wait of [(r) => setTimeout(r, 50), requestAnimationFrame])
        await new Promise(wait);
    while (!document.querySelector('#overlap-2[data-state]')); }"""
TOP = "(name) => document.getElementById(name).getBoundingClientRect().top"
STEP = "(e, at) => { e.value = at; e.dispatchEvent(new Event('input')); }"
D = "document.querySelector('output[for$=-d]').value"
CUT = """[...document.querySelectorAll('.rl-label')].filter((e) => e
    .getBoundingClientRect().right > e.closest('.rl').getBoundingClientRect().right)"""
TWICE = """async ([source, payload, state, id]) => {  // as anywidget does
    const model = {payload, state, name: 'overlap', get: (key) => model[key], on() {},
        set(key, value) { model[key] = value; }, save_changes() {}};
    const el = Object.assign(document.createElement('div'), {id});
    const file = URL.createObjectURL(new Blob([source], {type: 'text/javascript'}));
    (await import(file)).default.render({model, el}), document.body.append(el); }"""


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    path, box = tmp_path_factory.mktemp("reader") / "two.html", EXPLORER.to_html()
    return write_page(path, NAV, box, LONG, box, LONG.replace("s>", "t>")).as_uri()


def test_a_number_of_the_table_view_is_rounded_once(page, address):
    box = open_page(page, address)
    page.click("text=show as table")
    rows = overlap_table().query("steps == @OVERLAP.knobs[0].default and d == 20")
    shown = {numbers[0] for _, _, numbers in table_rows(box)}
    assert shown == {float(f"{mean:.4g}") for mean in rows["mean"]}


@pytest.mark.parametrize("away", [None, "about:blank"])
def test_the_place_is_kept(page, address, away):
    box = open_page(page, address)
    box.evaluate(SETTLED)
    slide(box, OVERLAP, d=40)
    before = page.evaluate(f"scrollTo(0, 1300), ({TOP})('s')")
    if away:
        page.goto(away)
    (page.go_back if away else page.reload)()
    page.evaluate(SETTLED)
    page.wait_for_function(f"Math.abs(({TOP})('s') - {before}) < 3")
    assert page.evaluate(D) == "40"


@pytest.mark.parametrize("name", ["overlap", "overlap-2"])
def test_a_copied_link_opens_at_its_own_explorer(page, address, name):
    open_page(page, address).evaluate(SETTLED)
    for knob in page.query_selector_all("input[id$=-d]"):
        knob.press("ArrowRight")
    page.click(f"#{name} >> text=copy link")
    assert page.url.count("dim=40") == 2
    open_page(page, page.url).evaluate(SETTLED)
    assert -1 < page.evaluate(TOP, name) < 900


def test_a_section_keeps_the_setting_and_so_does_a_way_back(page, address):
    box = open_page(page, address)
    box.evaluate(SETTLED)
    slide(box, OVERLAP, d=40)
    page.click("nav a")
    for go in (page.reload, page.go_back, page.go_forward, page.reload):
        go()
        page.evaluate(SETTLED)
        assert page.evaluate(D) == "40"
        assert "dim=40" in page.url
    assert page.url.endswith("#s")
    page.wait_for_function(f"Math.abs(({TOP})('s')) < 3")
    slide(box, OVERLAP, d=20)
    assert ("dim=20" in page.url, "dim=40" in page.url) == (True, False)


@pytest.mark.parametrize("asked", ["dim=30", "x=q, all=2, pace", "show=svm"])
def test_what_an_address_asks_in_vain_is_said(page, address, asked):
    open_page(page, f"{address}#overlap:{asked.replace(' ', '')}").evaluate(SETTLED)
    said = f"asks for what is not here: {asked}. Shown instead: γ & more, d = 20"
    assert said in page.inner_text("[role=status]")
    assert page.is_visible("#overlap [data-learner=oracle] .rl-curve")
    page.evaluate("location.hash = '#overlap:show='")
    assert page.inner_text(".rl-sentence") == "No curve is ticked."


def test_a_swipe_scrolls_and_a_drag_or_tap_sets(browser, address):
    page = browser.new_page(has_touch=True, is_mobile=True)
    open_page(page, address).evaluate(SETTLED)
    send = page.context.new_cdp_session(page).send
    for across, down, step in ((2, -200, 2), (-150, 2, 0), (0, 0, 1)):
        page.evaluate("scrollTo(0, 0)")
        box = page.query_selector(".rl-knob input").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        for part in (0, 0.1, 0.3, 0.5, 0.8, 1):
            kind = "touchMove" if part else "touchStart"
            at = [{"x": x + part * across, "y": y + part * down}]
            send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})
            page.evaluate(SETTLED)
        send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert page.inner_text(".rl-knob output") == OVERLAP.knobs[0].values[step]
        assert (page.evaluate("scrollY") > 50) == (down < 0)
    box = page.query_selector("[data-learner=oracle] .rl-curve").bounding_box()
    page.touchscreen.tap(box["x"], box["y"] + box["height"])
    assert "N = " in page.text_content(".rl-hover")
    page.close()


def test_keys_tell_each_point_and_the_finding_is_heard_once(page, address):
    page.clock.install()
    open_page(page, address)
    assert page.get_attribute(".rl-knob output", "aria-live") == "off"
    steps = ((1, 500, ""), (2, 500, ""), (2, 1000, "γ & more, d = 40"))
    for index, wait, heard in steps:
        page.locator("input[id$=-d]").first.evaluate(STEP, index)
        page.clock.run_for(wait)
        assert page.inner_text(".rl-heard").partition(":")[0] == heard
    page.press("svg[role=img]", "ArrowRight")
    assert "N = 40: " in page.inner_text(".rl-heard")


def test_no_name_of_a_curve_is_cut(page, address):
    for width in (600, 700, 1000):
        page.set_viewport_size({"width": width, "height": 900})
        open_page(page, f"{address}#overlap:x=N")
        page.add_style_tag(content=".rl .rl-label { font-size: 16px }")
        assert page.evaluate(CUT) == []


def test_orange_and_brown_differ_in_lightness():
    one, other = palette.ink("one-step"), palette.ink("adam")
    assert contrast(one.light, other.light) > 1.6 < contrast(one.dark, other.dark)
    assert palette.ink("degree-6").light == other.light


def test_two_renderings_in_one_notebook_act_on_themselves(page):
    widget = [explorer.FRONT_END, EXPLORER.payload, EXPLORER.state]
    for name in ("first", "second"):
        page.evaluate(TWICE, [*widget, name])
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))
    page.click("#second label:has-text('oracle')")
    ticked = (f"#{name} .rl-learners input:checked" for name in ("first", "second"))
    assert [page.locator(query).count() for query in ticked] == [2, 1]
