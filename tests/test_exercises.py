"""The checks of readers' answers: they print a verdict and never raise at an answer."""

import pytest

from replearn.experiments import exercises


def wrong_type(d: int) -> float:
    return float(d)


def raises(d: int, degree: int) -> float:
    raise ZeroDivisionError(f"{d}, {degree}")


def unwritten(d: int, degree: int) -> float:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (lambda d, degree: float(d**degree), "correct"),
        (lambda d, degree: d * degree, "not yet: for d=20, degree=3 the answer is 60"),
        (lambda d, degree: float("nan"), "not yet: for d=20, degree=3"),
        (lambda d, degree: None, "not yet: your function returned nothing"),
        (unwritten, "not yet: write your answer"),
        (raises, "not yet: the answer raises ZeroDivisionError: 20, 3"),
        (wrong_type, "not yet: the answer raises TypeError"),
        (None, "not yet: the answer raises TypeError"),
    ],
)
def test_every_answer_gets_a_verdict(
    answer: object, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    exercises.check("template-rate", answer)
    assert capsys.readouterr().out.startswith(verdict)


def test_an_unknown_exercise_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no-such.*template-rate"):
        exercises.check("no-such", 1.0)
    with pytest.raises(ValueError, match="once its module of exercises is imported"):
        exercises.check("no-such", 1.0)


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="already a check"):
        exercises.register("template-rate")(print)
