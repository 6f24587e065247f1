"""What an explorer says of a setting: sentence, read-outs, guide and drop lines."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from replearn.experiments.curves import first_crossing
from replearn.views.parts import Cell


class Fact(NamedTuple):
    """A read-out: `key` names it for tests, `name` and `note` stand around `value`."""

    key: str
    name: str
    value: str
    note: str


class Guide(NamedTuple):
    """A vertical line at `n`, with what is written at its top."""

    n: float
    label: str


class Drop(NamedTuple):
    """A line from a curve's point (`n`, `y`) down to the axis.

    A `dashed` one belongs to the learner's theory and is drawn only with it.
    """

    learner: str
    n: float
    y: float
    dashed: bool


@dataclass(frozen=True)
class Words:
    """What an explorer says of one cell of its table.

    Args:
        sentence: the finding, also the text alternative of the picture.
        facts: read-outs. guides: vertical lines. drops: from curves to the axis.
    Example:
        >>> Words("d = 10: nothing is learned.").facts
        ()
    """

    sentence: str
    facts: Sequence[Fact] = ()
    guides: Sequence[Guide] = ()
    drops: Sequence[Drop] = ()


# (cell, its rows of the summary, its rows of the theory) -> its words
Wording = Callable[[Cell, pd.DataFrame, pd.DataFrame], Words]


@dataclass(frozen=True)
class Need:
    """The samples at which a learner's mean curve first falls to a level.

    Args:
        learner: whose curve. n: how many.
        sign: "≈" where the crossing was seen, "≤" where the curve starts below the
            level, at n, and ">" where it ends above it, at n.
    Example:
        >>> print(Need("ntk", 1234.0, ">"))
        n > 1.2k
    """

    learner: str
    n: float
    sign: str

    def __str__(self) -> str:
        return f"n {self.sign} {count(self.n)}"


def needs(curves: pd.DataFrame, level: float) -> list[Need]:
    """Read off each learner's samples to a level.

    Args:
        curves: columns learner, n, error: one curve for each learner.
        level: of the error, > 0.
    Returns: one need for each learner.
    Cost: O(rows).
    Example:
        >>> rows = pd.DataFrame({"learner": "ntk", "n": [1, 100], "error": [1, 0.01]})
        >>> print(*needs(rows, 0.1))
        n ≈ 10
    """
    return [
        _need(str(learner), curve.sort_values("n"), level)
        for learner, curve in curves.groupby("learner", sort=False)
    ]


def ratio(larger: Need | None, smaller: Need | None) -> str:
    """Write how many times as many samples one learner needs as another.

    Args:
        larger, smaller: what they need; None for a learner that is not there.
    Returns: such as "120×"; "–" unless both crossings were seen.
    Cost: O(1).
    Example:
        >>> ratio(Need("ntk", 1200.0, "≈"), Need("one-step", 10.0, "≈"))
        '120×'
    """
    if not (larger and smaller) or {larger.sign, smaller.sign} != {"≈"}:
        return "–"
    return times(larger.n / smaller.n)


def drop_lines(
    found: Iterable[Need | None], level: float, dashed: Need | None = None
) -> list[Drop]:
    """Lines down to the axis, one from each crossing that was seen.

    Args:
        found: what the learners need; None for a learner that is not there.
        level: at which the curves were read. dashed: the one among them that theory
            tells, if one does.
    Returns: the lines, in the order of `found`.
    Cost: O(learners).
    Example:
        >>> [drop.n for drop in drop_lines([Need("ntk", 9.0, "≈"), None], 0.1)]
        [9.0]
    """
    return [
        Drop(need.learner, need.n, level, need is dashed)
        for need in found
        if need and need.sign == "≈"
    ]


def count(n: float) -> str:
    """Write a number of samples with two digits.

    Args:
        n: > 0.
    Returns: such as "85", "1.2k" or "33M".
    Cost: O(1).
    Example:
        >>> count(63), count(1234), count(64000), count(2.56e8)
        ('63', '1.2k', '64k', '260M')
    """
    step = 10 ** max(0, math.floor(math.log10(n)) - 1)
    rounded = math.floor(n / step + 0.5) * step
    for size, unit in ((10**6, "M"), (10**3, "k")):
        if rounded >= size:
            return f"{rounded / size:.12g}{unit}"
    return str(rounded)


def times(ratio: float) -> str:
    """Write how many times as much one number is as another.

    Args:
        ratio: > 0.
    Returns: two digits, such as "1.5×" or "120×".
    Cost: O(1).
    Example:
        >>> times(0.456), times(1.52), times(123.4)
        ('0.46×', '1.5×', '120×')
    """
    if ratio >= 9.95:
        return f"{count(ratio)}×"
    return f"{ratio:.1f}×" if ratio >= 0.995 else f"{ratio:.2g}×"


def _need(learner: str, curve: pd.DataFrame, level: float) -> Need:
    n, error = curve["n"].to_numpy(float), curve["error"].to_numpy(float)
    crossing = float(first_crossing(n, error, level))
    if math.isfinite(crossing):
        return Need(learner, crossing, "≈")
    starts_below = bool(error[0] <= level)
    return Need(learner, *((n[0], "≤") if starts_below else (n[-1], ">")))
