"""The controls that a reader moves, each specified once.

The page, the live widget and the tests all read these constants, so a value
that is added here appears everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from replearn.views.palette import ink
from replearn.views.parts import (
    SWITCHES,
    Axis,
    Cell,
    Knob,
    Level,
    Scale,
    Switch,
    check_different,
    find_knob,
)

TAKEN = ("axis", "x", "show", *SWITCHES)  # what a knob must not be called
# nor these: a knob has a column in the summary, beside those
COLUMNS = ("learner", "n", "error", "mean", "low", "high", "seeds")
State = dict[str, Any]


@dataclass(frozen=True)
class ExplorerSpec:
    """Everything that can be moved in an explorer, and what is written around it.

    The state of an explorer has a value for each knob, `axis` (a key), `show` (keys of
    the palette) and True or False for each switch.

    Args:
        name: how the explorer is called in the page's address, "#name:d=40,...".
        knobs: the sliders; together they say which cell of the table is shown.
        axes: the horizontal axes; the first is the default.
        y: the vertical axis.
        learners: the curves that start visible, keys of the palette, best two; the
            table's others wait behind "more curves".
        caption: stands under the picture; {seeds} in it is how many there are.
        switches: the check boxes besides those of the learners.
        level: a line at which curves are read off; None for none.
        symbol: the letter of what lies on the horizontal axis.
        family: the one curve that the switch "all" shows at every value of the first
            knob; "" for all that are visible.
    """

    name: str
    knobs: tuple[Knob, ...]
    axes: tuple[Axis, ...]
    y: Scale
    learners: tuple[str, ...]
    caption: str
    switches: tuple[Switch, ...] = ()
    level: Level | None = None
    symbol: str = "n"
    family: str = ""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"name={self.name!r} must be a word, such as 'kvn'")
        if not (self.knobs and self.axes):
            raise ValueError(f"the explorer {self.name} needs a knob and an axis")
        names = [knob.name for knob in self.knobs]
        check_different("knobs", [*TAKEN, *COLUMNS, *names])
        check_different("short names", [*TAKEN, *(knob.short for knob in self.knobs)])
        check_different("axes", [axis.key for axis in self.axes])
        check_different("switches", [switch.name for switch in self.switches])
        for axis in self.axes:
            for name in {part for pair in axis.powers for part in pair}:
                if isinstance(name, str) and self.knob(name).has_names():
                    raise ValueError(f"axis {axis.key}: the values of {name} are names")
        for learner in (*self.learners, *filter(None, [self.family])):
            ink(learner)

    def knob(self, name: str) -> Knob:
        """Return the slider called `name`."""
        return find_knob(self.knobs, name)

    def axis(self, key: str) -> Axis:
        """Return the horizontal axis called `key`."""
        for axis in self.axes:
            if axis.key == key:
                return axis
        raise ValueError(f"axis={key!r} is not one of {[a.key for a in self.axes]}")

    def defaults(self) -> State:
        """The state in which the explorer starts."""
        knobs = {knob.name: knob.default for knob in self.knobs}
        switches = {switch.name: switch.default for switch in self.switches}
        show = list(self.learners)
        return {**knobs, "axis": self.axes[0].key, "show": show, **switches}

    def check(self, state: Mapping[str, Any]) -> State:
        """Return the state, if the explorer can be in it."""
        allowed = list(self.defaults())
        for name in state:
            if name not in allowed:
                raise ValueError(f"{name!r} is not one of {', '.join(allowed)}")
        return {name: self._check_value(name, state[name]) for name in state}

    def key(self, cell: Cell) -> str:
        """How a cell of the table is called.

        Args: cell: a value for each knob; what else is there does not matter.
        """
        return "/".join(k.word(k.check(cell[k.name])) for k in self.knobs)

    def say(self, cell: Cell) -> str:
        """A setting of the knobs in words.

        Args: cell: a value for each knob; what else is there does not matter.
        """
        return ", ".join(knob.say(cell[knob.name]) for knob in self.knobs)

    def _check_value(self, name: str, value: Any) -> Any:
        if name == "axis":
            return self.axis(value).key
        if name == "show":
            if not isinstance(value, list | tuple):
                raise ValueError(f"show={value!r} is not a list of learners")
            for learner in value:
                ink(learner)
            return list(value)
        if name in SWITCHES:
            if not isinstance(value, bool):
                kind = type(value).__name__
                raise ValueError(f"{name} is a switch, True or False, not a {kind}")
            return value
        return self.knob(name).check(value)


TENTH = Level(0.1, "10 % error")
RELATIVE_ERROR = Scale(
    "test error / Var f*", 1e-3, 3, note="1: no better than the mean"
)
