"""The controls that a reader moves, each specified once.

The page, the live widget, the lab and the tests all read these constants, so a value
that is added here appears everywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from replearn.experiments.few_directions import (
    DEGREES,
    DIMENSIONS,
    DIRECTIONS,
    LARGEST_DIMENSION,
    LEARNERS,
    WIDTH,
)

Number = int | float


@dataclass(frozen=True)
class Knob:
    """A slider over a short increasing list of values.

    Args:
        name: the argument that the slider sets, a Python identifier.
        values: strictly increasing finite numbers, at least two.
        default: one of `values`.
        label: what the reader reads beside the slider.
        unit: what one step counts, "" for a pure number.
    Raises:
        ValueError: if a field is empty, `values` do not increase or lack `default`.
    Example:
        >>> Knob("d", (10, 20), 10, "input dimension d", "").index(20)
        1
    """

    name: str
    values: tuple[Number, ...]
    default: Number
    label: str
    unit: str

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"name={self.name!r} is not a Python identifier")
        if not self.label:
            raise ValueError(f"the knob {self.name} needs a label to be announced")
        if len(self.values) < 2 or not all(map(math.isfinite, self.values)):
            raise ValueError(
                f"the knob {self.name} needs two or more finite values, "
                f"not {self.values}"
            )
        if any(b <= a for a, b in zip(self.values, self.values[1:], strict=False)):
            raise ValueError(
                f"the values of {self.name} must increase, not {self.values}"
            )
        self.check(self.default)

    def check(self, value: Number) -> Number:
        """Return `value` if the knob has it.

        Args:
            value: the number to look for.
        Returns: `value` itself.
        Raises:
            ValueError: if the knob has no such value.
        Cost: O(number of values).
        Example:
            >>> Knob("r", (1, 2, 4), 1, "directions r", "").check(4)
            4
        """
        if value not in self.values:
            allowed = ", ".join(map(str, self.values))
            raise ValueError(f"{self.name}={value} is not one of {allowed}")
        return value

    def index(self, value: Number) -> int:
        """Position of `value` on the slider.

        Args:
            value: one of `values`.
        Returns: an index from 0.
        Raises:
            ValueError: if the knob has no such value.
        Cost: O(number of values).
        Example:
            >>> Knob("r", (1, 2, 4), 1, "directions r", "").index(4)
            2
        """
        return self.values.index(self.check(value))


@dataclass(frozen=True)
class Axis:
    """A choice of horizontal axis: n divided by d**power.

    Args:
        key: how the choice is written in the page's address.
        title: the axis title.
        power: the exponent of d; None stands for the degree p.
    Example:
        >>> Axis("n", "training samples n", 0).power
        0
    """

    key: str
    title: str
    power: int | None


@dataclass(frozen=True)
class Switch:
    """A check box.

    Args:
        name: in the page's address. default: whether it starts ticked.
        label: what the reader reads.
    Example:
        >>> Switch("theory", True, "kernel theory").default
        True
    """

    name: str
    default: bool
    label: str


@dataclass(frozen=True)
class ExplorerSpec:
    """Everything that can be moved in the explorer of learning curves.

    Args:
        knobs: the sliders d, r and degree.
        axes: the horizontal axes; the first is the default.
        switches: the check boxes besides those of the learners.
        learners: the learners that start visible.
        level: the relative test error at which samples are read off.
        floor: the smallest relative test error drawn.
    Example:
        >>> [knob.name for knob in EXPLORER.knobs]
        ['d', 'r', 'degree']
    """

    knobs: tuple[Knob, ...]
    axes: tuple[Axis, ...]
    switches: tuple[Switch, ...]
    learners: tuple[str, ...]
    level: float
    floor: float

    def knob(self, name: str) -> Knob:
        """Return the slider called `name`.

        Args:
            name: "d", "r" or "degree".
        Returns: the knob.
        Raises:
            ValueError: if there is no such slider.
        Cost: O(1).
        Example:
            >>> EXPLORER.knob("r").values
            (1, 2, 4)
        """
        return _find(self.knobs, name)


EXPLORER = ExplorerSpec(
    knobs=(
        Knob("d", (*DIMENSIONS, LARGEST_DIMENSION), 40, "input dimension d", ""),
        Knob("r", DIRECTIONS, 1, "relevant directions r", ""),
        Knob("degree", DEGREES, 3, "degree p", ""),
    ),
    axes=(
        Axis("n", "training samples n", 0),
        Axis("n/d2", "n / d²", 2),
        Axis("n/dp", "n / dᵖ", None),
    ),
    switches=(
        Switch("theory", True, "kernel theory"),
        Switch("guides", True, "rates dᵖ and d²r + drᵖ"),
        Switch("all_d", False, "all d at once"),
    ),
    learners=("ntk", "polynomial", "one-step", "adam"),
    level=0.1,
    floor=1e-3,
)

LAB_KNOBS = (
    Knob("d", (10, 15, 20, 30, 40, 60, 80, 120, 160, 200), 20, "input dimension d", ""),
    Knob("r", (1, 2, 3, 4, 6), 1, "relevant directions r", ""),
    Knob("degree", (2, 3, 4, 5), 3, "degree p", ""),
    Knob(
        "n_max",
        (250, 500, 1000, 2000, 4000, 8000, 16000),
        2000,
        "most samples n",
        "",
    ),
    Knob("noise", (0.0, 0.25, 0.5, 1.0), 0.0, "label noise ς", ""),
    Knob("width", (128, 256, 512, 1024, 2048), WIDTH, "width m", "neurons"),
    Knob("seeds", (1, 2, 3, 5), 2, "repetitions", "seeds"),
)
LAB_LEARNERS = LEARNERS


def lab_knob(name: str) -> Knob:
    """Return the lab's slider called `name`.

    Args:
        name: one of the names in `LAB_KNOBS`.
    Returns: the knob.
    Raises:
        ValueError: if there is no such slider.
    Cost: O(1).
    Example:
        >>> lab_knob("noise").default
        0.0
    """
    return _find(LAB_KNOBS, name)


def _find(knobs: tuple[Knob, ...], name: str) -> Knob:
    for knob in knobs:
        if knob.name == name:
            return knob
    raise ValueError(f"no knob {name!r}; there are {[knob.name for knob in knobs]}")
