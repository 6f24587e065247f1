"""What an explorer says of a setting: sentence, read-outs, guide and drop lines."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from replearn.experiments.curves import first_crossing
from replearn.experiments.sweep import ask
from replearn.views.controls import ExplorerSpec
from replearn.views.palette import ink
from replearn.views.parts import Cell, raised


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
        needs: each curve's samples to the level, and whether theory tells them.
    """

    sentence: str
    facts: Sequence[Fact] = ()
    guides: Sequence[Guide] = ()
    drops: Sequence[Drop] = ()
    needs: Sequence[tuple[Need, bool]] = ()


# (cell, its rows of the summary, its rows of the theory) -> its words
Wording = Callable[[Cell, pd.DataFrame, pd.DataFrame], Words]


@dataclass(frozen=True)
class Need:
    """The samples at which a learner's mean curve first falls to a level.

    Args:
        learner: whose curve. n: how many.
        sign: "≈" where the crossing was seen, "≤" where the curve starts below the
            level, at n, and ">" where it ends above it, at n.
    """

    learner: str
    n: float
    sign: str

    def __str__(self) -> str:
        return f"n {self.sign} {count(self.n)}"


def needs(curves: pd.DataFrame, level: float) -> list[Need]:
    """Read off each learner's samples to a level; columns learner, n, error.

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
    """Lines down to the axis, from each crossing seen; `dashed` is told by theory."""
    return [
        Drop(need.learner, need.n, level, need is dashed)
        for need in found
        if need and need.sign == "≈"
    ]


def count(n: float) -> str:
    """Write a number of samples with two digits.

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

    Example:
        >>> times(0.456), times(1.52), times(123.4)
        ('0.46×', '1.5×', '120×')
    """
    if ratio >= 9.95:
        return f"{count(ratio)}×"
    return f"{ratio:.1f}×" if ratio >= 0.995 else f"{ratio:.2g}×"


def number(value: float) -> str:
    """An error with two digits, such as 0.23 or 0.010."""
    return f"{value:.2f}" if value >= 0.0995 else f"{value:#.2g}"


def small(value: float) -> str:
    """A number that may be tiny, with two digits, or with one and a power of ten.

    Example:
        >>> small(0.00452), small(3.1e-8)
        ('0.0045', '3·10⁻⁸')
    """
    if value >= 1e-3:
        return f"{value:.2g}"
    digits, exponent = f"{value:.0e}".split("e")
    return f"{digits}·10{raised(int(exponent))}"


def percent(share: float, digits: int = 0) -> str:
    """A share in per cent."""
    return f"{100 * share:.{digits}f} %"


def tiny(value: float) -> str:
    """A share in per cent, or as a power of ten where it is very small.

    Example:
        >>> tiny(0.12), tiny(0.00034), tiny(2.1e-8), tiny(1.6)
        ('12 %', '0.034 %', '2·10⁻⁸', '160 %')
    """
    if value >= 1e-5:
        return f"{float(f'{100 * value:.2g}'):g} %"
    digits, exponent = f"{value:.0e}".split("e")
    return f"{digits}·10{raised(int(exponent))}"


@dataclass(frozen=True)
class Read:
    """What was read off the curves of a cell; sentences and read-outs are told from it.

    Args:
        cell: the setting. needs: curve -> samples to the level, as measured.
        foretold: the same of the theory. curves, theory: the rows.
    """

    cell: Cell
    needs: Mapping[str, Need]
    foretold: Mapping[str, Need]
    curves: pd.DataFrame
    theory: pd.DataFrame

    def at(self, curve: str, n: float) -> float:
        """A curve's measured value, between two sizes on the line that is drawn."""
        rows = self.curves[self.curves["learner"] == curve]
        found = np.interp(math.log(n), np.log(rows["n"]), np.log(rows["error"]))
        return float(np.exp(found))

    def known(self, curve: str) -> tuple[Need | None, bool]:
        """The need as measured, or that of the theory, and whether it is the latter."""
        found, told = self.needs.get(curve), self.foretold.get(curve)
        if told and (found is None or found.sign == ">"):
            return told, True
        return found, False


Told = Callable[[Read], str]


@dataclass(frozen=True)
class Say:
    """A read-out to be: what stands in it is told from what was read.

    Args:
        key: its name for tests. name: what stands before the value.
        value, note: what it says, and after that in small; where the two hang
            together, `value` tells both.
    """

    key: str
    name: str
    value: Told | Callable[[Read], tuple[str, str]]
    note: str | Told = ""

    def fact(self, read: Read) -> Fact:
        """The read-out of one cell."""
        told = self.value(read)
        if isinstance(told, tuple):
            return Fact(self.key, self.name, *told)
        note = self.note if isinstance(self.note, str) else self.note(read)
        return Fact(self.key, self.name, told, note)


def need(
    curve: str, name: str = "", note: str | Told = "", symbol: str = "n", key: str = ""
) -> Say:
    """The read-out of the samples that a curve needs for the level.

    A `{theory}` in the note is what the curve's theory needs.
    """

    def said(read: Read) -> tuple[str, str]:
        told = note if isinstance(note, str) else note(read)
        foretold = str(read.foretold.get(curve, "–"))
        needed = str(read.needs.get(curve, "–")).replace("n", symbol, 1)
        return needed, told.replace("{theory}", foretold)

    return Say(key or curve, name or ink(curve).label, said)


def value(curve: str, form: Callable[[float], str] = number, *, factor: float) -> Told:
    """A curve's measured value at n = factor d^2."""
    return lambda read: form(read.at(curve, factor * read.cell["d"] ** 2))


def beside(
    curve: str,
    name: str,
    formula: Callable[..., float],
    form: Callable[[float], str] = percent,
    *,
    factor: float,
) -> Say:
    """The read-out of that value and of a formula's, which is given n and the cell."""

    def told(read: Read) -> str:
        return f"formula {form(formula(n=factor * read.cell['d'] ** 2, **read.cell))}"

    return Say(curve, name, value(curve, form, factor=factor), told)


def times_more(larger: str, smaller: str, name: str, note: str = "in samples") -> Say:
    """The read-out of how many times as many samples one curve needs as another."""

    def said(read: Read) -> str:
        return ratio(read.needs.get(larger), read.needs.get(smaller))

    return Say("ratio", name, said, note)


def rate(
    key: str, name: str, label: str, where: Callable[..., float], start: str = ""
) -> Say:
    """The read-out of a rate, beside its formula; "at no n" where it is infinite.

    Args:
        key, name: as for `Say`. label: the formula; `{degree}` in it is that value,
            raised. where: the rate, a function of the settings that it names.
        start: what stands before the number.
    """

    def said(read: Read) -> str:
        n = ask(where, read.cell)
        return f"{start}{count(n)}" if math.isfinite(n) else "at no n"

    return Say(key, name, said, lambda read: _with_powers(label, read.cell))


@dataclass(frozen=True)
class Telling:
    """The words of every cell of an explorer, from one declaration.

    Args:
        spec: of the explorer; its level is where curves are read off.
        sentence: what follows the setting, without a full stop; told, or a text in
            which {key} is the value of that read-out.
        facts: the read-outs.
        guides: label -> where it stands, a function of the settings that it names;
            infinity where there is none. `{degree}` in a label is that value, raised.
        drops: the curves with a line down to the axis, or what names those of a cell.
        rising: whether the curves rise through the level.
        foretold: those among `drops` that theory tells where they miss the level.
    """

    spec: ExplorerSpec
    sentence: Told | str
    facts: Sequence[Say] = ()
    guides: Mapping[str, Callable[..., float]] = field(default_factory=dict)
    drops: Sequence[str] | Callable[[Read], Sequence[str]] = ()
    rising: bool = False
    foretold: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.spec.level is None:
            raise ValueError(f"the explorer {self.spec.name} has no level to read at")

    def __call__(self, cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
        """The words of a cell, from its rows of the summary and of the theory."""
        read = self.read(cell, curves, theory)
        known = [read.known(curve) for curve in {**read.needs, **read.foretold}]
        facts = [say.fact(read) for say in self.facts]
        places = [(label, ask(where, cell)) for label, where in self.guides.items()]
        return Words(
            f"{self.spec.say(cell)}: {self._said(read, facts)}.",
            facts,
            [
                Guide(n, f"{_with_powers(label, cell)} = {count(n)}")
                for label, n in places
                if math.isfinite(n)
            ],
            self._drops(read),
            [(need, by_theory) for need, by_theory in known if need],
        )

    def read(self, cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Read:
        """What the curves of a cell are read off to be."""
        return Read(cell, self._needs(curves), self._needs(theory), curves, theory)

    def _said(self, read: Read, facts: Sequence[Fact]) -> str:
        if isinstance(self.sentence, str):
            return self.sentence.format(**{fact.key: fact.value for fact in facts})
        return self.sentence(read)

    def _level(self) -> float:
        return self.spec.level.value if self.spec.level else math.nan

    def _needs(self, rows: pd.DataFrame) -> dict[str, Need]:
        level = self._level()
        if self.rising:
            rows, level = rows.assign(error=1 - rows["error"]), 1 - level
        return {need.learner: need for need in needs(rows, level)}

    def _drops(self, read: Read) -> list[Drop]:
        known = [
            read.known(curve)
            if curve in self.foretold
            else (read.needs.get(curve), False)
            for curve in (self.drops(read) if callable(self.drops) else self.drops)
        ]
        dashed = next((need for need, by_theory in known if by_theory), None)
        return drop_lines([need for need, _ in known], self._level(), dashed)


def _with_powers(label: str, cell: Cell) -> str:
    for name, value in cell.items():
        if "{" + name + "}" in label:
            label = label.replace("{" + name + "}", raised(value))
    return label


def _need(learner: str, curve: pd.DataFrame, level: float) -> Need:
    n, error = curve["n"].to_numpy(float), curve["error"].to_numpy(float)
    crossing = float(first_crossing(n, error, level))
    if math.isfinite(crossing):
        return Need(learner, crossing, "≈")
    starts_below = bool(error[0] <= level)
    return Need(learner, *((n[0], "≤") if starts_below else (n[-1], ">")))
