"""Checks of the readers' answers: a stub fails its check, a solution passes it.

A chapter's exercise is a stub cell, a check cell ``check("name", answer)`` and a
solution; the tests run the check on both.
"""

from collections.abc import Callable
from typing import Any

Check = Callable[[Any], None]
_CHECKS: dict[str, Check] = {}


def register(name: str) -> Callable[[Check], Check]:
    """Make a function the check of the exercise `name`.

    The function takes the reader's answer and raises AssertionError with a hint
    when it is wrong.

    Args:
        name: the exercise's name, unique in the book.
    Returns: a decorator that hands the function back unchanged.
    Raises: ValueError if the name is taken.
    Cost: O(1).
    """

    def keep(function: Check) -> Check:
        if name in _CHECKS:
            raise ValueError(f"there is already a check for the exercise {name!r}")
        _CHECKS[name] = function
        return function

    return keep


def names() -> list[str]:
    """The exercises that have a check.

    Returns: their names, sorted.
    Cost: O(k log k) for k exercises.
    Example:
        >>> "template-rate" in names()
        True
    """
    return sorted(_CHECKS)


def check(name: str, answer: Any) -> None:
    """Say whether an answer to an exercise is right, and if not, what is off.

    Args:
        name: the exercise, one of `names()`.
        answer: what the exercise asks for, a number or a function.
    Returns: nothing; prints "correct" or "not yet: ..." with the reason.
    Raises: ValueError if there is no such exercise. An answer that raises is
        reported as not yet right, whatever it raises.
    Cost: that of the answer.
    Example:
        >>> check("template-rate", lambda d, degree: d**degree)
        correct
        >>> check("template-rate", lambda d, degree: d + degree)
        not yet: for d=20, degree=3 the answer is 23, not 8000
    """
    if name not in _CHECKS:
        raise ValueError(
            f"no exercise is called {name!r}; there are {names()}. A chapter's checks "
            "are there once its module of exercises is imported, in the setup cell"
        )
    try:
        _CHECKS[name](answer)
    except AssertionError as error:
        print(f"not yet: {error}")
    except NotImplementedError:
        print("not yet: write your answer in the cell above, then run both")
    except Exception as error:
        hint = " (hand over the function itself)" if not callable(answer) else ""
        print(f"not yet: the answer raises {type(error).__name__}: {error}{hint}")
    else:
        print("correct")


def expect_close(
    actual: Any, expected: float, what: str, relative: float = 1e-6
) -> None:
    """Assert that a number agrees with another to a relative tolerance.

    Args:
        actual: the reader's number.
        expected: the right one.
        what: what the number is, for the message, "for d=20 the answer" say.
        relative: allowed |actual - expected| / max(1, |expected|).
    Returns: nothing.
    Raises: AssertionError naming both numbers; TypeError if `actual` is no number.
    Cost: O(1).
    Example:
        >>> expect_close(2.0000001, 2.0, "twice one")
    """
    value = float(expect_returned(actual))
    close = abs(value - expected) <= relative * max(1.0, abs(expected))
    if not close:
        raise AssertionError(f"{what} is {value:.6g}, not {expected:.6g}")


def expect_returned(answer: Any) -> Any:
    """Assert that a reader's function returned something.

    Args:
        answer: what it returned.
    Returns: the same.
    Raises: AssertionError if that is None.
    Cost: O(1).
    Example:
        >>> expect_returned(2)
        2
    """
    if answer is None:
        raise AssertionError("your function returned nothing; is there a `return`?")
    return answer


@register("template-rate")
def _template_rate(answer: Callable[[int, int], float]) -> None:
    for d, degree in [(20, 3), (10, 2)]:
        expect_close(
            answer(d, degree), d**degree, f"for d={d}, degree={degree} the answer"
        )


@register("template-doubling")
def _template_doubling(answer: Callable[[int], float]) -> None:
    for degree in (2, 4):
        expect_close(answer(degree), 2**degree, f"for degree={degree} the answer")


@register("template-exponent")
def _template_exponent(answer: Callable[[float, float], float]) -> None:
    expect_close(answer(100.0, 800.0), 3.0, "from 100 and 800 samples the exponent")


@register("template-crossover")
def _template_crossover(answer: Callable[[int], int]) -> None:
    for degree in (3, 4):
        # d^2 + 10^degree < d^degree, first true at this d
        expected = next(d for d in range(2, 100) if d**degree > d**2 + 10**degree)
        expect_close(answer(degree), expected, f"for degree={degree} the answer")
