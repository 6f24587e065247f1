"""Predictions and questions in a browser, on a page that stands alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from pages.visit import overhang
from playwright.sync_api import Browser, Page, expect
from views.harness import write_page

from replearn.experiments import questions
from replearn.views.ask import ask, recall

UNFOLD = "() => { document.querySelector('.rl-first').open = true; }"
NO_STORAGE = "Object.defineProperty(window, 'localStorage', { get() { throw 1; } })"
RIGHT = "2500|2 500|2,500|2.5e3|2,5e3|50^2|2.5 × 10³|2.5*10**3|5000/2|+2.500,0|≈ 2510"
WRONG = {"10^3": "That is d³.", "51": "larger", "9,999": "smaller", "−1": "larger"}
WRONG |= dict.fromkeys(["", "d^2", "2500 d", "1/0", "2.5.1"], "Write a number")


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A page with two predictions, told again, and two questions."""
    monkeypatch.setattr(questions, "_QUESTIONS", {})
    told = dict(where="Set d to 40.", at="#kvn")
    questions.predict("grow", "How <fast>?", "as d", "as d²", measured="d¹·⁷", **told)
    questions.predict("count", "How many?", measured=lambda: f"{3 * 7} of them", **told)
    wrong = (("the kernel", "Think of <d>."), ("none", "Look again."))
    questions.question("who", "Who wins?", "the network", "It turns.", *wrong)
    slips = ((1000, "That is d³."), (50, "Halved."))
    questions.question("n", "n?", 2500, "Square it.", *slips, unit="samples")
    for names in (("grow", "who"), ()):
        with pytest.raises(ValueError, match="they must be predictions"):
            ask(*names)
    shown = (ask("grow", "count"), recall("grow", "count"), ask("who", "n"))
    for theme in ("light", "dark"):
        parts = [part.to_html() for part in shown]
        write_page(tmp_path / f"{theme}.html", *parts, theme=theme)
    return (tmp_path / "light.html").as_uri()


def test_keys_lock_a_prediction_and_start_again(page: Page, address: str) -> None:
    page.goto(address)
    box, told = (
        page.get_by_role("group", name="How <fast>?"),
        page.locator(".rl-recall"),
    )
    expect(told).to_contain_text("Found: d¹·⁷.")
    for key in ("Tab", "Enter", "Tab", "ArrowDown", "Enter"):  # the fold comes first
        page.keyboard.press(key)
    said = "Your prediction: as d². Set d to 40. To the figure."
    expect(box.get_by_role("status")).to_have_text(said)
    expect(box.get_by_role("button", name="start again")).to_be_focused()
    assert "d¹·⁷" not in box.inner_text()
    expect(told).to_contain_text("You predicted: as d²; found: d¹·⁷.")
    page.reload()
    fold = page.locator("summary", has_text="Predict first")
    expect(fold).to_have_text("Predict first: 2 questions, 1 answered")
    page.evaluate(UNFOLD)
    expect(told).to_contain_text("You predicted: as d²; found: d¹·⁷.")
    assert box.locator("input:disabled").count() == 2
    box.get_by_role("button").press("Enter")
    expect(box.get_by_role("radio").first).to_be_focused()
    expect(told).to_contain_text("Found: d¹·⁷.")
    expect(fold).to_have_text("Predict first: 2 questions")


def test_each_answer_has_its_own_words(page: Page, address: str) -> None:
    page.add_init_script(NO_STORAGE)
    page.goto(address)
    box = page.get_by_role("group", name="Who wins?")
    box.get_by_role("button").click()
    expect(box.get_by_role("status")).to_have_text("Choose one first.")
    answers = {
        "the kernel": "Not yet. Think of <d>.",
        "the network": "Right. It turns.",
    }
    for choice, said in answers.items():
        box.get_by_label(choice).check()
        box.get_by_role("button").click()
        expect(box.get_by_role("status")).to_have_text(said)
        expect(box.locator("details")).to_be_visible(visible=choice == "the kernel")
    expect(box.get_by_role("button")).to_have_text("start again")


def test_numbers_are_read_as_people_write_them(page: Page, address: str) -> None:
    page.goto(address)
    box = page.get_by_role("group", name="n?", exact=True)
    right = dict.fromkeys([*RIGHT.split("|"), "2500 samples"], "Right. Square it.")
    for text, said in (right | WRONG).items():
        box.get_by_role("textbox").fill(text)
        box.get_by_role("textbox").press("Enter")
        expect(box.get_by_role("status"), text).to_contain_text(said)
        if text in right:
            box.get_by_role("button").click()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_phone_and_paper(page: Page, address: str, theme: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address.replace("light", theme))
    page.evaluate(UNFOLD)
    for choice, button in (("as d²", "lock it in"), ("none", "check")):
        page.get_by_label(choice).check()
        page.get_by_role("button", name=button).first.click()
    assert overhang(page) == []
    assert Axe().run(page).response["violations"] == []
    page.emulate_media(media="print")
    assert page.locator("fieldset:visible").count() == 1  # the locked one
    expect(page.get_by_text("Your prediction: as d²")).to_be_visible()
    assert page.locator(".replearn-paper li:visible").count() == 5


def test_without_scripts_the_answer_is_in_a_fold(
    browser: Browser, address: str
) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(address)
    for text in ("How <fast>?", "as d²", "the kernel", "n?"):
        expect(page.get_by_text(text, exact=True).first).to_be_visible()
    page.get_by_text("the answer").last.click()
    expect(page.get_by_text("2500 samples. Square it.")).to_be_visible()
    page.close()
