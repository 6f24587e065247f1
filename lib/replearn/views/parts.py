"""The parts of an explorer: knobs, axes, scale, switches; data that checks itself."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Number = int | float
Value = int | float | str
Cell = Mapping[str, Any]  # name of a knob -> its value
SWITCHES = ("theory", "guides", "all")
SIGNS = re.compile(r"[;:,=+%#]")  # what parts the settings in a page's address
RAISED = str.maketrans("0123456789-.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·")


@dataclass(frozen=True)
class Knob:
    """A slider over a short list: increasing numbers, or names to choose among.

    Args:
        name: the argument that the slider sets, a Python identifier.
        values: strictly increasing finite numbers, or different names; at least two.
        default: one of `values`.
        label: what the reader reads beside the slider.
        unit: what one step counts, "" for a pure number.
        short: its key in the page's address; "" for `name`.
        said: a setting in a sentence, `{}` being the value; "" for "d = {}" where the
            knob is called d, and for "{}" where the values are names.
    """

    name: str
    values: tuple[Value, ...]
    default: Value
    label: str
    unit: str
    short: str = ""
    said: str = ""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"name={self.name!r} is not a Python identifier")
        if not self.label:
            raise ValueError(f"the knob {self.name} needs a label to be announced")
        if len(self.values) < 2:
            raise ValueError(f"the knob {self.name} needs two or more values")
        (_check_names if self.has_names() else _check_numbers)(self.name, self.values)
        if self.short and not self.short.isidentifier():
            raise ValueError(f"short={self.short!r} is not a Python identifier")
        object.__setattr__(self, "short", self.short or self.name)
        said = "{}" if self.has_names() else f"{self.name} = {{}}"
        object.__setattr__(self, "said", self.said or said)
        self.check(self.default)

    def has_names(self) -> bool:
        """Whether the values are names."""
        return isinstance(self.values[0], str)

    def check(self, value: Any) -> Value:
        """Return the knob's own value that equals `value`."""
        return self.values[self.index(value)]

    def index(self, value: Any) -> int:
        """Position of `value` on the slider."""
        if value not in self.values:
            allowed = ", ".join(map(self.word, self.values))
            raise ValueError(f"{self.name}={value} is not one of {allowed}")
        return self.values.index(value)

    def word(self, value: Value) -> str:
        """How a value is written: on the slider, in the address, in a cell's key."""
        return value if isinstance(value, str) else f"{value:.10g}"

    def say(self, value: Value) -> str:
        """The setting in words."""
        return self.said.replace("{}", self.word(value))


@dataclass(frozen=True)
class Axis:
    """A choice of horizontal axis: n divided by a number and by powers of knobs.

    Args:
        key: how the choice is written in the page's address.
        title: the axis title; ᵖ in it stands for the value of a named exponent.
        powers: pairs of a knob and its exponent, a number or the name of a knob whose
            value is the exponent; () for n itself.
        log: whether it is logarithmic, else linear.
        by: the number by which n is divided as well, > 0.
    """

    key: str
    title: str
    powers: tuple[tuple[str, Number | str], ...] = ()
    log: bool = True
    by: Number = 1

    def __post_init__(self) -> None:
        _check_names("axis", (self.key,), allowed="/")
        if not 0 < self.by < math.inf:
            raise ValueError(f"axis {self.key}: by={self.by} must be above 0")

    def divisor(self, cell: Cell) -> float:
        """What n is divided by at a setting."""
        return self.by * math.prod(
            cell[name] ** (cell[power] if isinstance(power, str) else power)
            for name, power in self.powers
        )

    def title_at(self, cell: Cell) -> str:
        """The axis title at a setting."""
        named = [power for _, power in self.powers if isinstance(power, str)]
        return self.title.replace("ᵖ", raised(cell[named[0]])) if named else self.title


@dataclass(frozen=True)
class Scale:
    """The vertical axis.

    Args:
        title: what is measured. low: its lower end. high: its upper end.
        log: whether it is logarithmic, else linear.
        note: added to the title where there is room.
    """

    title: str
    low: float
    high: float
    log: bool = True
    note: str = ""

    def __post_init__(self) -> None:
        if not -math.inf < self.low < self.high < math.inf:
            raise ValueError(f"low={self.low} must be below high={self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"low={self.low}: a logarithmic scale starts above 0")


@dataclass(frozen=True)
class Level:
    """A horizontal line at which curves are read off.

    Args: value: where it stands. label: what is written on it.
    """

    value: float
    label: str


@dataclass(frozen=True)
class Switch:
    """A check box.

    Args:
        name: what it switches: "theory", "guides", or "all" for the curves at every
            value of the first knob. default: whether it starts ticked.
        label: what the reader reads.
    """

    name: str
    default: bool
    label: str

    def __post_init__(self) -> None:
        if self.name not in SWITCHES:
            raise ValueError(f"switch {self.name!r} is not one of {SWITCHES}")


def raised(exponent: Number) -> str:
    """Write a number as a superscript.

    Example:
        >>> raised(-12)
        '⁻¹²'
    """
    return f"{exponent:g}".translate(RAISED)


def find_knob(knobs: Sequence[Knob], name: str) -> Knob:
    """Return the knob of that name."""
    for knob in knobs:
        if knob.name == name:
            return knob
    raise ValueError(f"no knob {name!r}; there are {[knob.name for knob in knobs]}")


def check_different(what: str, names: Sequence[str]) -> None:
    """Raise unless no name occurs twice.

    Args: what: what is named, for the message. names: all of them.
    """
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{what}: {name!r} is taken, call one something else")


def _check_numbers(name: str, values: tuple[Any, ...]) -> None:
    if any(isinstance(v, str) for v in values) or not all(map(math.isfinite, values)):
        raise ValueError(f"the values of {name} must be finite numbers, not {values}")
    if any(b <= a for a, b in zip(values, values[1:], strict=False)):
        raise ValueError(f"the values of {name} must increase, not {values}")


def _check_names(name: str, values: tuple[Any, ...], allowed: str = "") -> None:
    if not all(isinstance(value, str) and value.strip() for value in values):
        raise ValueError(f"the values of {name} must all be names, not {values}")
    check_different(f"the values of {name}", values)
    for value in values:
        if SIGNS.search(value) or ("/" in value and "/" not in allowed):
            raise ValueError(
                f"{name}={value!r} holds one of ; : , = + % # /, which part the "
                "settings in a page's address"
            )
