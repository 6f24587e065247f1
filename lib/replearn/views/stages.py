"""Stages: the numbered steps with which an explorer shows its point."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from replearn.views.controls import ExplorerSpec, State
from replearn.views.facts import Need, Read, Telling, Told, Wording, ratio, times
from replearn.views.packing import Payload, by_cell
from replearn.views.palette import ink
from replearn.views.parts import Value, check_different

# what was read off at the stage, with some knobs moved: look(), look(d=20)
Look = Callable[..., Read]
TIE = 1.25  # needs within this factor are called a tie


@dataclass(frozen=True)
class Stage:
    """A numbered step: a setting, and one sentence on what to look at there.

    Args:
        label: what stands on the button after its number.
        at: how the state differs from the defaults: knobs, axis, show, switches.
        say: told from the table, a sentence without its full stop.
    """

    label: str
    at: Mapping[str, Any]
    say: Callable[[Look], str]

    def state(self, spec: ExplorerSpec) -> State:
        """The whole state that the stage sets."""
        return spec.check({**spec.defaults(), **self.at})


def tell(read: Read, curve: str) -> str:
    """What a curve needs for the level, measured or else by theory, in words."""
    need, by_theory = read.known(curve)
    return f"{need or 'not computed'}{' (theory)' if by_theory else ''}"


def versus(read: Read, one: str, other: str) -> str:
    """What two curves need for the level, and which needs more."""
    labels = {curve: ink(curve).label for curve in (one, other)}
    both = ", ".join(f"{label} {tell(read, c)}" for c, label in labels.items())
    found = [need for need, _ in map(read.known, labels) if need and need.sign == "≈"]
    if len(found) < 2:
        return both
    less, more = sorted(found, key=lambda need: need.n)
    if more.n <= TIE * less.n:
        return f"{both}: a tie"
    return f"{both}: {times(more.n / less.n)} as many for the {labels[more.learner]}"


def compare(words: str, one: str, other: str) -> Callable[[Look], str]:
    """A stage's sentence: these words, and `versus` of two curves."""
    return lambda look: f"{words}: {versus(look(), one, other)}"


def then(words: str, what: str, value: Told, **before: Value) -> Callable[[Look], str]:
    """A stage's sentence: what is read off, and what it was before a knob was moved."""
    return lambda look: (
        f"{words}: {what} is {value(look())}"
        + (f", where it was {value(look(**before))}" if before else "")
    )


def grew(before: Read, now: Read, curve: str) -> str:
    """How many times as many samples a curve needs as it did before."""
    needs: list[Need | None] = [read.known(curve)[0] for read in (now, before)]
    return ratio(*needs)


def in_d2(look: Look, curve: str, *ds: int) -> str:
    """A curve's need over d², at each d."""
    needs = [(d, look(d=d).known(curve)[0]) for d in ds]
    return " to ".join(f"{need.n / d**2:.2g}" for d, need in needs if need)


def pack_stages(
    spec: ExplorerSpec,
    stages: Sequence[Stage],
    summary: pd.DataFrame,
    theory: pd.DataFrame,
    words: Wording,
) -> list[Payload]:
    """The stages for the front end: label, state and sentence.

    Args: spec, words: of the explorer. summary, theory: as `check_frames` returns them.
    """
    check_different("stages", [stage.label for stage in stages])
    check_different("stages", [str(stage.state(spec)) for stage in stages])
    if not stages:
        return []
    rows = {spec.key(cell): part for cell, part in by_cell(spec, summary)}
    told = {spec.key(cell): part for cell, part in by_cell(spec, theory)}

    def pack(stage: Stage) -> Payload:
        state = stage.state(spec)

        def look(**moved: Value) -> Read:
            cell = {k.name: {**state, **moved}[k.name] for k in spec.knobs}
            key = spec.key(cell)
            if key not in rows:
                raise ValueError(f"stage {stage.label!r}: the table has no {key}")
            parts = cell, rows[key], told.get(key, theory.head(0))
            if isinstance(words, Telling):
                return words.read(*parts)
            return Read(cell, {}, {}, *parts[1:])

        look()
        return {"label": stage.label, "state": state, "sentence": f"{stage.say(look)}."}

    return [pack(stage) for stage in stages]
