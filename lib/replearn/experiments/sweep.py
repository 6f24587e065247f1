"""A sweep as it is declared: a measure, and the cells at which it is taken."""

from __future__ import annotations

import inspect
import itertools
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

Cell = dict[str, Any]
Measured = Mapping[str, Any]  # column -> one value, or one for each row


def grid(where: Callable[..., bool] | None = None, **axes: Any) -> list[Cell]:
    """All combinations of the axes' values, the last axis fastest.

    Args:
        where: says of a combination whether it is kept; it is given the settings that
            it names.
        axes: name -> values, or one value.
    Example:
        >>> grid(d=(10, 20), degree=3, where=lambda d: d > 10)
        [{'d': 20, 'degree': 3}]
    """
    many = [list(v) if _is_many(v) else [v] for v in axes.values()]
    cells = [dict(zip(axes, at, strict=True)) for at in itertools.product(*many)]
    return [cell for cell in cells if where is None or ask(where, cell)]


def _any_cell() -> bool:
    """Every cell is cheap enough."""
    return True


@dataclass(frozen=True)
class Sweep:
    """A table to be: its measure, its cells, and which of its columns is what.

    A setting that is a list goes to the measure and makes no column; all others do.
    The functions are given the settings of a cell that they name.

    Args:
        name: of the table, in small letters, digits and hyphens.
        measure: a function of a module; takes a cell's settings and a seed, and returns
            column -> value or values. With `sizes` it is given `ns` as well and returns
            curve -> values, one for each of them.
        cells: without seeds, cheap ones first. note: for the provenance record.
        seeds: how many, at all cells or at each; 0 for what is computed and not drawn.
        value: the column that was measured. curve: the one that names curves; "" where
            there is one only. along: the size, which varies within a cell.
        keys: the columns that sort the table and tell its rows apart; as a rule a
            cell's settings, curve, along and seed.
        sizes: the ns of a cell.
        cheap: whether a test can afford a cell. device: given to the measure, unless
            it is "cpu".
        timed: two settings, a learner and its d say, for each pair of which the record
            keeps seconds.
    """

    name: str
    measure: Callable[..., Measured]
    cells: Sequence[Cell]
    note: str
    seeds: int | Callable[..., int] = 5
    value: str = "error"
    curve: str = "learner"
    along: str = "n"
    keys: Sequence[str] = ()
    sizes: Callable[..., Sequence[int]] | None = None
    cheap: Callable[..., bool] = _any_cell
    device: str = "cpu"
    timed: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.name):
            raise ValueError(
                f"name={self.name!r} must be small letters, digits and single hyphens"
            )
        if not inspect.isfunction(self.measure) or "<" in self.measure.__qualname__:
            raise TypeError(
                f"sweep {self.name}: measure={self.measure!r} must be a function of a "
                "module, which a worker can import"
            )
        try:
            texts = [json.dumps(cell, sort_keys=True) for cell in self.cells]
        except TypeError as error:
            raise TypeError(f"sweep {self.name}: a cell is not JSON: {error}") from None
        if not texts or len(set(texts)) < len(texts):
            raise ValueError(f"sweep {self.name} has no cells, or one of them twice")

    def runs(self) -> list[Cell]:
        """Every cell with every seed; each is stored in a file of its own."""
        return [cell | seed for cell in self.cells for seed in self._seeds(cell)]

    def _seeds(self, cell: Cell) -> list[Cell]:
        seeds = self.seeds if isinstance(self.seeds, int) else ask(self.seeds, cell)
        return [{"seed": seed} for seed in range(seeds)] or [{}]

    def arguments(self, run: Cell) -> Cell:
        """What the measure is called with."""
        if self.device != "cpu":
            run = {**run, "device": self.device}
        if self.sizes is None:
            return run
        return {"ns": [int(n) for n in ask(self.sizes, run)], **run}

    def rows(self, run: Cell) -> pd.DataFrame:
        """The rows of one run, measured here and now."""
        return self.tabulate(run, self.measure(**self.arguments(run)))

    def tabulate(self, run: Cell, measured: Measured) -> pd.DataFrame:
        """The rows of one run, from what was measured: key columns first."""
        columns = {k: v for k, v in run.items() if not _is_many(v)}
        if self.sizes is not None:
            measured = self._curves(self.arguments(run)["ns"], measured)
        columns |= {name: np.asarray(v).tolist() for name, v in measured.items()}
        long = any(isinstance(v, list) for v in columns.values())
        table = pd.DataFrame(columns, index=None if long else [0])
        keys = self.key_columns(table)
        if missing := [name for name in (*keys, self.value) if name not in table]:
            raise ValueError(f"sweep {self.name}: no column {missing} was measured")
        if table.duplicated(keys).any():
            raise ValueError(
                f"sweep {self.name}: rows have the same {keys}; name in keys=... what "
                "tells them apart"
            )
        return table[[*keys, *(name for name in table if name not in keys)]]

    def _curves(self, ns: list[int], measured: Measured) -> Measured:
        """Columns for curves of one value for each of the sizes."""
        for name, values in measured.items():
            if len(values) != len(ns):
                raise ValueError(
                    f"sweep {self.name}: curve {name!r} has {len(values)} values at "
                    f"{len(ns)} sizes"
                )
        names = {self.curve: np.repeat(list(measured), len(ns))} if self.curve else {}
        values = np.concatenate([np.asarray(v) for v in measured.values()])
        return {**names, self.along: ns * len(measured), self.value: values}

    def key_columns(self, table: pd.DataFrame) -> list[str]:
        """The columns that sort a table and tell its rows apart."""
        if self.keys:
            return list(self.keys)
        settings = [k for k, v in self.cells[0].items() if not _is_many(v)]
        rest = [k for k in (self.curve, self.along, "seed") if k in table]
        return list(dict.fromkeys([*settings, *rest]))

    def is_cheap(self, cell: Cell) -> bool:
        """Whether a test can afford this cell."""
        return bool(ask(self.cheap, cell))


def _is_many(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str)


def ask(question: Callable[..., Any], run: Mapping[str, Any]) -> Any:
    """The answer of a function that is given only the settings that it names."""
    cell = {name: value for name, value in run.items() if name != "seed"}
    parameters = inspect.signature(question).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return question(**cell)
    needed = [n for n, p in parameters.items() if p.default is p.empty]
    if strange := [name for name in needed if name not in cell]:
        raise ValueError(f"{strange} asked for; the settings are {list(cell)}")
    return question(**{name: cell[name] for name in parameters if name in cell})
