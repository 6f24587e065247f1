"""Checks of the readers' answers: a stub fails its check, a solution passes it.

A chapter's exercise is a stub cell, a check cell ``check("name", answer)`` and a
solution; the tests run the check on both. Beside the right answer stand the usual wrong
ones, its slips: the tests run the check on each, and a reader who makes one is told.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Answer = Callable[..., Any]
Check = Callable[[Any], None]
Slips = Mapping[str, Any]
CORRECT = "correct"


@dataclass(frozen=True)
class _Exercise:
    checks: list[Check]  # one for each case
    slips: Slips


_EXERCISES: dict[str, _Exercise] = {}


def register(name: str, slips: Slips | None = None) -> Callable[[Check], Check]:
    """Make a function the check of the exercise `name`.

    The function takes the reader's answer and raises AssertionError with a hint
    when it is wrong.

    Args:
        name: the exercise's name, unique in the book.
        slips: usual wrong answers, each under words that end "it looks as if ...".
    """

    def keep(function: Check) -> Check:
        _enter(name, [function], slips)
        return function

    return keep


def agrees(
    name: str,
    right: Answer,
    *cases: tuple[Any, ...],
    relative: float = 1e-6,
    slips: Mapping[str, Answer] | None = None,
) -> None:
    """Declare an exercise whose answer is a function that agrees with another.

    Args:
        name: the exercise's name, unique in the book.
        right: what it should return at each case: a number, a truth value, an array of
            numbers, or None where there is no answer.
        cases: arguments; without any, the function is called once and without.
        relative: allowed |given - right| / max(1, |right|).
        slips: usual wrong answers, each under words that end "it looks as if ...".
    Example:
        >>> slips = {"it is doubled": lambda side: 2 * side}
        >>> agrees("doc-area", lambda side: side**2, (3,), (4,), slips=slips)
        >>> check("doc-area", lambda side: side + side)
        not yet: it looks as if it is doubled
    """

    def at(case: tuple[Any, ...]) -> Check:
        where = _said(right, case)
        return lambda answer: _expect(answer(*case), right(*case), where, relative)

    _enter(name, [at(case) for case in cases or ((),)], slips)


def solves(
    name: str,
    formula: Answer,
    wanted: Answer | float,
    *cases: tuple[Any, ...],
    relative: float = 1e-6,
    slips: Mapping[str, Answer] | None = None,
    what: str = "what it should solve for",
) -> None:
    """Declare an exercise whose answer is put into a formula: that must come out right.

    Args:
        name: the exercise's name, unique in the book.
        formula: of the answer, which must be a positive number, and of the case.
        wanted: its value: a number, or a function of the case.
        cases: arguments of the reader's function.
        relative: allowed |formula - wanted| / max(1, |wanted|).
        slips: usual wrong answers, each under words that end "it looks as if ...".
        what: the formula's value in words, "the overlap" say.
    Example:
        >>> solves("doc-side", lambda side, area: side**2, lambda area: area, (9.0,),
        ...        what="the area")
        >>> check("doc-side", lambda area: area / 2)
        not yet: for area=9 your function gives 4.5. With it the area is 20.25; it \
should be smaller
    """

    def at(case: tuple[Any, ...]) -> Check:
        def verdict(answer: Answer) -> None:
            value = float(expect_returned(answer(*case)))
            start = f"{_said(formula, (None, *case))}your function gives {value:.6g}"
            if not (math.isfinite(value) and value > 0):
                raise AssertionError(f"{start}; it should be a positive number")
            goal = wanted(*case) if callable(wanted) else wanted
            found = formula(value, *case)
            expect_close(found, goal, f"{start}. With it {what}", relative)

        return verdict

    _enter(name, [at(case) for case in cases or ((),)], slips)


def names() -> list[str]:
    """The exercises that have a check.

    Example:
        >>> agrees("doc-one", lambda: 1)
        >>> "doc-one" in names()
        True
    """
    return sorted(_EXERCISES)


def tried(name: str) -> dict[str, str]:
    """What the check of an exercise says to each of its slips.

    Example:
        >>> agrees("doc-two", lambda: 2, slips={"it is negative": lambda: -2})
        >>> tried("doc-two")
        {'it is negative': 'not yet: it looks as if it is negative'}
    """
    exercise = _find(name)
    return {words: _judge(exercise, slip) for words, slip in exercise.slips.items()}


def check(name: str, answer: Any) -> None:
    """Say whether an answer to an exercise is right, and if not, what is off.

    Where the answer is that of a usual slip at every case, the slip is named. The right
    number is never given away.

    Args:
        name: the exercise, one of `names()`.
        answer: what the exercise asks for, a number or a function.
    Example:
        >>> agrees("doc-rate", lambda d, degree: d**degree, (20, 3), (10, 2))
        >>> check("doc-rate", lambda d, degree: d**degree)
        correct
        >>> check("doc-rate", lambda d, degree: d * degree)
        not yet: for d=20, degree=3 your function gives 60; it should be larger
    """
    print(_judge(_find(name), answer))


def expect_close(
    actual: Any, expected: float, what: str, relative: float = 1e-6
) -> None:
    """Assert that a number agrees with another to a relative tolerance.

    Args:
        actual: the reader's number.
        expected: the right one.
        what: what the number is, for the message, "for d=20 the answer" say.
        relative: allowed |actual - expected| / max(1, |expected|).
    Example:
        >>> expect_close(2.0000001, 2.0, "twice one")
    """
    if off := _off(float(expect_returned(actual)), expected, relative):
        raise AssertionError(f"{what} is {off}")


def expect_returned(answer: Any) -> Any:
    """Assert that a reader's function returned something.

    Example:
        >>> expect_returned(2)
        2
    """
    if answer is None:
        raise AssertionError("your function returned nothing; is there a `return`?")
    return answer


def _enter(name: str, checks: list[Check], slips: Slips | None) -> None:
    if name in _EXERCISES:
        raise ValueError(f"there is already a check for the exercise {name!r}")
    _EXERCISES[name] = _Exercise(checks, slips or {})


def _find(name: str) -> _Exercise:
    if name not in _EXERCISES:
        raise ValueError(
            f"no exercise is called {name!r}; there are {names()}. A chapter's checks "
            "are there once its `checks` are imported, in the setup cell"
        )
    return _EXERCISES[name]


def _judge(exercise: _Exercise, answer: Any) -> str:
    """What to print: correct, the slip that was made, or what is off first."""
    verdicts = [_verdict(check, answer) for check in exercise.checks]
    wrong = [said for said in verdicts if said != CORRECT]
    if not wrong:
        return CORRECT
    for words, slip in exercise.slips.items():
        if verdicts == [_verdict(check, slip) for check in exercise.checks]:
            return f"not yet: it looks as if {words}"
    return f"not yet: {wrong[0]}"


def _verdict(check: Check, answer: Any) -> str:
    try:
        check(answer)
    except AssertionError as error:
        return str(error)
    except NotImplementedError:
        return "write your answer in the cell above, then run both"
    except Exception as error:
        hint = " (hand over the function itself)" if not callable(answer) else ""
        return f"the answer raises {type(error).__name__}: {error}{hint}"
    return CORRECT


def _expect(given: Any, right: Any, where: str, relative: float) -> None:
    """Assert that what was returned is right: nothing, a truth value, numbers."""
    start = f"{where}your function gives"
    if right is None:
        if given is not None:
            raise AssertionError(f"{start} {given}, but there is none: return None")
        return
    expect_returned(given)
    if isinstance(right, bool):
        if bool(given) is not right:
            raise AssertionError(f"{start} {bool(given)}, and that is wrong")
        return
    found, wanted = np.asarray(given, dtype=float), np.asarray(right, dtype=float)
    if found.squeeze().shape == wanted.shape:  # a column is as good as a vector
        found = found.squeeze()
    if found.shape != wanted.shape:
        raise AssertionError(f"{start} the shape {found.shape}, not {wanted.shape}")
    for index, expected in np.ndenumerate(wanted):
        if off := _off(float(found[index]), float(expected), relative):
            entry = ", ".join(str(i + 1) for i in index)
            what = f"{where}your function's entry {entry} is" if index else start
            raise AssertionError(f"{what} {off}")


def _off(value: float, expected: float, relative: float) -> str:
    """What is wrong with a number, the right one kept back; nothing if it is close."""
    allowed = relative * max(1.0, abs(expected)) if math.isfinite(expected) else 0.0
    if value == expected or abs(value - expected) <= allowed:
        return ""
    if math.isnan(value):
        return "nan; it should be a number"
    return f"{value:.6g}; it should be {'larger' if value < expected else 'smaller'}"


def _said(function: Answer, case: tuple[Any, ...]) -> str:
    """The arguments of a case in words, those that are short enough to be read."""
    parts = [
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in zip(
            inspect.signature(function).parameters, case, strict=False
        )
        if isinstance(value, bool | int | float | str | Mapping)
    ]
    return f"for {', '.join(parts)} " if parts else ""
