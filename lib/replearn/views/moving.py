"""A figure to move, declared whole: controls, table, theory and words in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from replearn.experiments.curves import summarise
from replearn.experiments.sweep import ask, grid
from replearn.views.controls import ExplorerSpec
from replearn.views.explorer import Explorer
from replearn.views.facts import Wording
from replearn.views.packing import by_cell
from replearn.views.parts import Value
from replearn.views.stages import Stage


def means(
    table: pd.DataFrame,
    spec: ExplorerSpec,
    values: Mapping[str, str] | str = "error",
    curve: str = "learner",
    complement: Sequence[str] = (),
) -> pd.DataFrame:
    """A sweep's rows as an explorer takes them: means with their intervals.

    Points that differ in nothing but the seed are put together; each may have its own
    number of seeds.

    Args:
        table: a column for each knob of `spec`, n and seed, and what was measured.
        spec: of the explorer.
        values: the measured column, of curves that the column `curve` names; or
            curve -> its measured column.
        curve: see `values`.
        complement: the curves that are shown as one minus what was measured.
    Returns: the knobs' columns, learner, n, mean, low, high, seeds.
    """
    knobs = [knob.name for knob in spec.knobs]
    if isinstance(values, str):
        parts = [(values, table.rename(columns={curve: "learner"}))]
    else:
        parts = [(column, table.assign(learner=c)) for c, column in values.items()]
    point = [*knobs, "learner", "n"]
    found = [
        summarise(rows, point, column).rename(columns={column: "mean"})
        for column, all_rows in parts
        for _, rows in all_rows.groupby(
            all_rows.groupby(point)["seed"].transform("size")
        )
    ]
    mean = pd.concat(found, ignore_index=True)
    turned = mean["learner"].isin(complement)
    ends = mean.loc[turned, ["mean", "high", "low"]].to_numpy()
    mean.loc[turned, ["mean", "low", "high"]] = 1 - ends
    return mean


@dataclass(frozen=True)
class Theory:
    """Curves computed at every setting, without looking at a sample.

    Args:
        curves: curve -> its value, a function of n and of the knobs it depends on.
        sizes: the n at which it is computed, a function of the knobs that it names.
        knobs: all knobs that matter, by name.
    """

    curves: Mapping[str, Callable[..., float]]
    sizes: Callable[..., Sequence[float] | np.ndarray]
    knobs: Sequence[str]

    def frame(self, spec: ExplorerSpec) -> pd.DataFrame:
        """The knobs' columns, learner, n and error, at every setting of `knobs`."""
        cells = grid(None, **{name: spec.knob(name).values for name in self.knobs})
        return pd.DataFrame(
            {**cell, "learner": curve, "n": n, "error": value(n=n, **cell)}
            for cell in cells
            for n in ask(self.sizes, cell)
            for curve, value in self.curves.items()
        )


@dataclass(frozen=True)
class Moving:
    """A figure to move; `open(d=20)` shows it with d at 20.

    Args:
        spec: what can be moved. table: returns its curves, see `Explorer`.
        words: what each cell says. theory: the dotted curves, or what returns them.
        forbidden: name of a region -> (ns, **knobs) -> the values below which nothing
            can lie; hatched, and shown with the theory.
        stages: the numbered steps above the sliders.
        source: the name of the table in book/tables, to which the page links.
    """

    spec: ExplorerSpec
    table: Callable[[], pd.DataFrame]
    words: Wording
    theory: Theory | Callable[[], pd.DataFrame] | None = None
    forbidden: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    stages: Sequence[Stage] = ()
    source: str = ""

    def open(self, **state: Value | bool | list[str]) -> Explorer:
        """The explorer on its table; the arguments are first values, by name."""
        table, told = self.table(), self.predicted()
        return Explorer(
            self.spec,
            table,
            self.words,
            told,
            self._out(table),
            self.stages,
            self._sources(),
            **state,
        )

    def predicted(self) -> pd.DataFrame | None:
        """The theory's curves; None where there is none."""
        if isinstance(self.theory, Theory):
            return self.theory.frame(self.spec)
        return self.theory() if self.theory else None

    def _sources(self) -> dict[str, str]:
        """Where the declaration and the table lie in the repository."""
        code = f"lib/{self.table.__module__.replace('.', '/')}.py"
        table = {"table": f"book/tables/{self.source}.parquet"} if self.source else {}
        return {"code": code, **table}

    def _out(self, table: pd.DataFrame) -> pd.DataFrame | None:
        """The edges of the forbidden regions, finely, at every cell of the table."""
        if not self.forbidden:
            return None
        ns = np.unique(np.geomspace(table["n"].min() / 2, 1e9, 500).astype(int) + 1)
        return pd.concat(
            pd.DataFrame({**at, "learner": name, "n": ns, "error": edge(ns, **at)})
            for name, edge in self.forbidden.items()
            for at, _ in by_cell(self.spec, table)
        )
