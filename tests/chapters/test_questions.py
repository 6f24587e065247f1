"""What every chapter asks: it is shown, answered, and nothing gives an answer away."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from book_sources import chapters, read_cells

from beyond_the_kernel import catalogue
from replearn.experiments import questions
from replearn.experiments.questions import PREDICT, pack, predict, question

for chapter in catalogue.chapters():
    catalogue.load(chapter, "checks")
NAMES = questions.names()
CALL = re.compile(r"checks\.(ask|recall)\((.*?)\)", re.DOTALL)
TWO = dict(measured="2", where="See d.", at="#kvn")
NO = (3.0, "No.")


def test_each_is_asked_once_and_each_prediction_is_told_again() -> None:
    cells = [c.source for p in chapters() for c in read_cells(p) if c.kind == "code"]
    calls = [
        (how, name)
        for how, names in CALL.findall("\n".join(cells))
        for name in re.findall(r'"(.+?)"', names)
    ]
    assert sorted(name for how, name in calls if how == "ask") == NAMES
    told = [name for how, name in calls if how == "recall"]
    assert sorted(told) == [n for n in NAMES if pack(n)["part"] == PREDICT]
    assert all(calls.index(("ask", n)) < calls.index(("recall", n)) for n in told)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_asked_has_its_answers_and_says_where(name: str) -> None:
    packed = pack(name)
    assert packed["text"].endswith("?")
    if packed["part"] == PREDICT:
        assert packed["at"][1:].partition(":")[0] in catalogue.explorers()
        assert re.search(r"\d", packed["measured"])
    else:
        assert len(packed["replies"]) >= 3
        assert all(len(said) > 20 for _, said in packed["replies"])


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda: predict("p", "Who?", "one", **TWO), "two or more"),
        (lambda: predict("p", "Who?", "one", "one", **TWO), "no twins"),
        (lambda: predict("p", " ", "one", "two", **TWO), "says nothing"),
        (lambda: question("q", "Who?", "a", "So."), "two or more"),
        (lambda: question("q", "Who?", "a", "So.", ("b", "So.")), "no twins"),
        (lambda: question("q", "Who?", "a", "So.", ("b", "")), "says nothing"),
        (lambda: question("q", "Who?", "an A", "So.", ("b", "It is an A.")), "away"),
        (lambda: question("q", "n?", 2, "So.", (3.0, "It is 2.")), "away"),
        (lambda: question("q", "n?", 2, "So.", (2.01, "No.")), "as good as 2"),
        (lambda: question("q", "n?", lambda: 3, "So.", NO), "no twins"),
        (lambda: question("q", "n?", 2, "So.", NO, within=1), "above 0.5"),
    ],
)
def test_a_poor_declaration_is_refused(
    monkeypatch: pytest.MonkeyPatch, declare: Callable[[], None], said: str
) -> None:
    monkeypatch.setattr(questions, "_QUESTIONS", {})
    with pytest.raises(ValueError, match=said):
        declare() or [pack(name) for name in questions.names()]
    question("fine", "n?", 2, "So.", NO)
    with pytest.raises(ValueError, match="already a question 'fine'"):
        question("fine", "n?", 2, "So.", NO)
