"""The checks of readers' answers: they print a verdict and never raise at an answer."""

import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from beyond_the_kernel import catalogue
from replearn.experiments import exercises

for chapter in catalogue.chapters():
    catalogue.load(chapter, "checks")
importlib.import_module("chapter_template.checks")
DECLARED = exercises.names()
RATE = "not yet: for d=20, degree=3 your function gives"
NOISE = "not yet: for variance=0 your function gives"
Said = Callable[[str, Any], str]


@pytest.mark.parametrize("name", DECLARED)
def test_each_usual_slip_is_refused_and_named(name: str) -> None:
    verdicts = exercises.tried(name)
    assert len(verdicts) >= 2
    assert verdicts == {words: f"not yet: it looks as if {words}" for words in verdicts}


def word(answer: str) -> None:
    if answer != "kernel":
        raise AssertionError(f"{answer!r} is another word")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """What is printed of an answer to one of a few exercises of our own."""
    monkeypatch.setattr(exercises, "_EXERCISES", {})
    half = {"the exponent is halved": lambda d, degree: d ** (degree / 2)}
    cases = ((20, 3), (10, 4))
    exercises.agrees("rate", lambda d, degree: d**degree, *cases, slips=half)
    exercises.agrees("pole", lambda: math.inf)
    exercises.agrees("even", lambda n: n % 2 == 0, (1,), (2,))
    exercises.agrees("root", lambda x: x**0.5 if x >= 0 else None, (4.0,), (-1.0,))
    exercises.agrees("unit", lambda n: np.eye(n), (2,), relative=0.1)
    exercises.solves(
        "noise",
        lambda n, variance: n / (n + 1 + variance),
        lambda variance: 0.5,
        (0.0,),
        (4.0,),
        slips={"the noise is left out": lambda variance: 1.0},
        what="the share",
    )
    exercises.register("word", slips={"it is in Latin": "nucleus"})(word)

    def say(name: str, answer: Any) -> str:
        exercises.check(name, answer)
        return capsys.readouterr().out.removesuffix("\n")

    return say


def raises(d: int, degree: int) -> float:
    raise ZeroDivisionError(f"{d}, {degree}")


def unwritten(d: int, degree: int) -> float:
    raise NotImplementedError


HALF, SAME = (lambda d, p: d ** (p / 2)), (lambda d, p: d ** (p / 2 if p < 4 else 1))


@pytest.mark.parametrize(
    ("name", "answer", "verdict"),
    [
        ("rate", lambda d, degree: float(d**degree), "correct"),
        ("rate", lambda d, degree: d * degree, f"{RATE} 60; it should be larger"),
        ("rate", lambda d, degree: math.nan, f"{RATE} nan; it should be a number"),
        ("rate", lambda d, degree: -math.inf, f"{RATE} -inf; it should be larger"),
        ("rate", HALF, "not yet: it looks as if the exponent is halved"),
        ("rate", SAME, f"{RATE} 89.4427; it should be larger"),
        ("rate", lambda d, degree: None, "not yet: your function returned nothing"),
        ("rate", unwritten, "not yet: write your answer"),
        ("rate", raises, "not yet: the answer raises ZeroDivisionError: 20, 3"),
        ("rate", 8000.0, "not yet: the answer raises TypeError: 'float' object is not"),
        ("rate", lambda d, degree: np.array([[d**degree]]), "correct"),
        ("pole", lambda: math.inf, "correct"),
        ("pole", lambda: -math.inf, "not yet: your function gives -inf; it should be"),
        ("even", lambda n: n == 2, "correct"),
        ("even", lambda n: True, "not yet: for n=1 your function gives True, and that"),
        ("root", lambda x: 2 if x > 0 else None, "correct"),
        ("root", lambda x: 2, "not yet: for x=-1 your function gives 2, but there is"),
        ("unit", lambda n: [[1, 0.09], [0, 1]], "correct"),
        ("unit", np.ones, "not yet: for n=2 your function gives the shape (2,), not"),
        ("unit", lambda n: np.ones((n, n)), "not yet: for n=2 your function's entry 1"),
        ("noise", lambda variance: 1 + variance, "correct"),
        ("noise", lambda variance: 1, "not yet: it looks as if the noise is left out"),
        (
            "noise",
            lambda v: 3,
            f"{NOISE} 3. With it the share is 0.75; it should be sm",
        ),
        ("noise", lambda variance: -1, f"{NOISE} -1; it should be a positive number"),
        ("noise", lambda v: math.inf, f"{NOISE} inf; it should be a positive number"),
        ("word", "kernel", "correct"),
        ("word", "nut", "not yet: 'nut' is another word"),
        ("word", "nucleus", "not yet: it looks as if it is in Latin"),
    ],
)
def test_every_answer_gets_a_verdict(
    said: Said, name: str, answer: object, verdict: str
) -> None:
    assert said(name, answer).startswith(verdict)


def test_an_unknown_exercise_is_an_error(said: Said) -> None:
    with pytest.raises(ValueError, match=r"no-such.*rate.* `checks` are imported"):
        said("no-such", 1.0)


def test_a_name_is_given_once(said: Said) -> None:
    with pytest.raises(ValueError, match="already a check"):
        exercises.agrees("rate", lambda: 1)
