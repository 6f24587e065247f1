"""From tables to what the explorer's front end carries: numbers, looks and words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from replearn.views.controls import ExplorerSpec
from replearn.views.drawing import need_columns
from replearn.views.facts import Wording, Words
from replearn.views.palette import PALETTE, PARTS, ink
from replearn.views.parts import Cell, Knob, Scale

Payload = dict[str, Any]
STRAIGHT = 0.004  # theory may be off by this part of the picture's height, 1 pixel


def check_frames(
    spec: ExplorerSpec, summary: pd.DataFrame, theory: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bring a summary and a theory into the form that the explorer draws.

    Args:
        spec: what can be moved.
        summary: a column for each knob, and learner, n, error (or mean), low, high,
            seeds; each row a point of a curve, n > 0 on a logarithmic axis. Where
            seeds is 0 the curve is computed, and drawn without interval and marks.
        theory: columns learner, n, error; where a knob has no column, a curve serves
            all its values. None for no theory.
    Returns: both, with a column for each knob and `error`; the theory has no cell that
        the summary lacks.
    """
    names = [knob.name for knob in spec.knobs]
    summary = summary.rename(columns={"mean": "error"})
    need_columns(summary, *names, "learner", "n", "error", "low", "high", "seeds")
    for knob in spec.knobs:
        for value in sorted(set(summary[knob.name])):
            knob.check(value)
    _check_finite(summary, "n", "error", "low", "high")
    _check_positive(spec, summary)
    _check_curves(summary, names)
    _check_stops(spec, summary)
    if theory is None:
        return summary, summary.head(0)
    if "theory" not in [switch.name for switch in spec.switches]:
        raise ValueError(f"{spec.name} has no switch that would show the theory")
    need_columns(theory, "learner", "n", "error")
    _check_finite(theory, "n", "error")
    _check_positive(spec, theory)
    shared = [name for name in names if name in theory.columns]
    _check_curves(theory, shared)
    cells = summary[names].drop_duplicates()
    if not shared:
        return summary, theory.merge(cells, how="cross")
    return summary, theory.merge(cells, on=shared)


def explorer_data(
    spec: ExplorerSpec,
    summary: pd.DataFrame,
    words: Wording,
    theory: pd.DataFrame | None = None,
    forbidden: pd.DataFrame | None = None,
) -> Payload:
    """Pack a table for the explorer: 4 significant digits, 3 of the theory.

    Args:
        spec: what can be moved.
        summary: see `check_frames`.
        words: says what each cell shows.
        theory: see `check_frames`.
        forbidden: the upper edges of the regions where nothing can lie: a column for
            each knob, learner (the region's name), n, error. None for no region.
    Returns: a dictionary that json can write; `curves` and `theory` map a cell's key,
        as `ExplorerSpec.key` gives it, to learner to lists; `cells` maps it to the
        words, and to the divisor and title of each axis.
    """
    summary, theory = check_frames(spec, summary, theory)
    predictions = {spec.key(cell): rows for cell, rows in by_cell(spec, theory)}
    curves, lines, cells = {}, {}, {}
    for cell, rows in by_cell(spec, summary):
        key = spec.key(cell)
        predicted = predictions.get(key, theory.head(0))
        measured = {"low": "low", "high": "high"} if rows["seeds"].any() else {}
        curves[key] = _pack(rows, {"error": "mean", **measured}, 4)
        lines[key] = _pack(_lines(predicted, spec.y), {"error": "error"}, 3)
        cells[key] = _pack_cell(spec, cell, words(cell, rows, predicted))
    present = set(summary["learner"])
    packed = {
        **_pack_spec(spec),
        "learners": [_look(name) for name in PALETTE | PARTS if name in present],
        "seeds": seeds(summary),
        "curves": curves,
        "theory": lines,
        "cells": cells,
    }
    if forbidden is not None:
        packed["forbidden"] = {
            spec.key(cell): _pack(_lines(rows, spec.y), {"error": "error"}, 3)
            for cell, rows in by_cell(spec, forbidden)
        }
    return packed


def by_cell(
    spec: ExplorerSpec, frame: pd.DataFrame
) -> Iterator[tuple[Cell, pd.DataFrame]]:
    """The rows of each cell.

    Args: spec: whose knobs make the cells. frame: a column for each knob.
    Returns: pairs of a cell and its rows, the knobs' values as `spec` has them.
    """
    for values, rows in frame.groupby([knob.name for knob in spec.knobs]):
        named = zip(spec.knobs, values, strict=True)
        yield {knob.name: knob.check(value) for knob, value in named}, rows


def seeds(summary: pd.DataFrame) -> str:
    """How many seeds the means are over, "5 or 10" say; "0" where all is computed."""
    low, *more = sorted({int(n) for n in summary["seeds"] if n}) or [0]
    between = "or" if len(more) == 1 else "to"
    return f"{low} {between} {more[-1]}" if more else str(low)


def _pack_spec(spec: ExplorerSpec) -> Payload:
    return {
        "knobs": [pack_knob(knob) for knob in spec.knobs],
        "axes": [vars(axis) for axis in spec.axes],
        "y": vars(spec.y),
        "switches": [vars(switch) for switch in spec.switches],
        "level": spec.level and vars(spec.level),
        "symbol": spec.symbol,
        "first": list(spec.learners),
        "family": spec.family,
    }


def pack_knob(knob: Knob) -> Payload:
    """A slider as the front end takes it."""
    words = [knob.word(value) for value in knob.values]
    return {**vars(knob), "words": words, "names": knob.has_names()}


def _pack_cell(spec: ExplorerSpec, cell: Cell, words: Words) -> Payload:
    return {
        "values": list(cell.values()),
        "axes": [[axis.divisor(cell), axis.title_at(cell)] for axis in spec.axes],
        "sentence": words.sentence,
        "facts": [[str(part) for part in fact] for fact in words.facts],
        "guides": [[_place(n), label] for n, label in words.guides],
        "drops": [
            [learner, _place(n), _place(y), bool(dashed)]
            for learner, n, y, dashed in words.drops
        ],
        "needs": [
            [need.learner, _place(need.n), need.sign, by_theory]
            for need, by_theory in words.needs
        ],
    }


def _place(value: float) -> float:
    """A number that json can write: what is not finite would end the page's script."""
    if not math.isfinite(value):
        raise ValueError(f"a line cannot stand at {value}: leave it out of the words")
    return float(f"{value:.4g}")


def _look(learner: str) -> Payload:
    return {"key": learner, **vars(ink(learner))}


def _lines(theory: pd.DataFrame, y: Scale) -> pd.DataFrame:
    """Theory as it is drawn: no point below the picture but the first, none needless.

    A kernel may be exact, and a logarithmic axis has no zero.
    """
    kept = []
    for _, curve in theory.groupby("learner", sort=False):
        curve = curve.sort_values("n")
        error = curve["error"].to_numpy(float)
        if y.log:
            lowest = y.low / 100
            below = error <= lowest
            curve = curve.assign(error=error.clip(min=lowest))[below.cumsum() <= 1]
        kept.append(curve.iloc[_corners(curve, y)])
    return pd.concat(kept) if kept else theory


def _corners(curve: pd.DataFrame, y: Scale) -> list[int]:
    """Positions of points between which straight lines stay within `STRAIGHT`."""
    x = np.log(curve["n"].to_numpy(float))
    change = np.log if y.log else np.asarray
    height = change(curve["error"].to_numpy(float))
    allowed = STRAIGHT * float(change(y.high) - change(y.low))

    def inside(first: int, last: int) -> list[int]:
        middle = slice(first + 1, last)
        straight = np.interp(x[middle], x[[first, last]], height[[first, last]])
        off = np.abs(height[middle] - straight)
        if not off.size or off.max() <= allowed:
            return []
        worst = first + 1 + int(off.argmax())
        return [*inside(first, worst), worst, *inside(worst, last)]

    ends = sorted({0, len(x) - 1})
    return [ends[0], *inside(ends[0], ends[-1]), *ends[1:]]


def _pack(frame: pd.DataFrame, columns: Mapping[str, str], digits: int) -> Payload:
    packed: Payload = {}
    for learner, curve in frame.groupby("learner"):
        ordered = curve.sort_values("n")
        entry: Payload = {"n": [_plain(n) for n in ordered["n"]]}
        for column, short in columns.items():
            entry[short] = [float(f"{value:.{digits}g}") for value in ordered[column]]
        packed[str(learner)] = entry
    return packed


def _plain(n: float) -> float:
    """A size as a whole number, a place on a linear axis as it is."""
    return int(n) if n == int(n) else float(f"{n:.6g}")


def _check_curves(frame: pd.DataFrame, cell: list[str]) -> None:
    """Raise where a curve would be left out in silence, or run back on itself."""
    for learner in set(frame["learner"]):
        ink(learner)
    point = [*cell, "learner", "n"]
    twice = frame[frame.duplicated(point)]
    if len(twice):
        where = ", ".join(f"{name}={twice[name].iloc[0]}" for name in point)
        raise ValueError(f"the point {where} is there twice")


def _check_stops(spec: ExplorerSpec, summary: pd.DataFrame) -> None:
    """Raise where a slider can stand at a value of which the table has nothing."""
    for knob in spec.knobs:
        seen = set(summary[knob.name])
        if lacking := [value for value in knob.values if value not in seen]:
            raise ValueError(
                f"the table has nothing at {knob.name}={lacking[0]}, where the slider "
                f"can stand; it has {sorted(seen)}"
            )


def _check_finite(frame: pd.DataFrame, *columns: str) -> None:
    for column in columns:
        bad = frame[column][~np.isfinite(frame[column].astype(float))]
        if len(bad):
            raise ValueError(f"{column}={bad.iloc[0]} is not a finite number")


def _check_positive(spec: ExplorerSpec, frame: pd.DataFrame) -> None:
    if any(axis.log for axis in spec.axes) and frame["n"].min() <= 0:
        raise ValueError("the horizontal axis is logarithmic: n must be above 0")
