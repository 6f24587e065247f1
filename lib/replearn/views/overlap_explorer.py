"""The explorer of the first step: single neurons beside the layer as a whole."""

from __future__ import annotations

import numpy as np
import pandas as pd

from replearn.experiments.curves import select, summarise
from replearn.experiments.first_step_sweeps import DIMENSIONS, DIRECTIONS, NOISES
from replearn.experiments.tables import read_table
from replearn.theory import predict_overlap
from replearn.views.controls import ExplorerSpec
from replearn.views.facts import (
    Fact,
    Guide,
    Need,
    Words,
    count,
    drop_lines,
    needs,
    ratio,
)
from replearn.views.palette import ink
from replearn.views.parts import Axis, Cell, Knob, Level, Scale, Switch

CELL = ("d", "r", "noise")
HALF = Level(0.5, "one half")
POINTS = 60
OVERLAP = ExplorerSpec(
    name="ogs",
    knobs=(
        Knob("d", DIMENSIONS, 40, "input dimension d", ""),
        Knob("r", DIRECTIONS, 1, "relevant directions r", ""),
        Knob("noise", NOISES, 0.0, "label noise ς", "", said="noise {}"),
    ),
    axes=(
        Axis("n/d2", "n / d²", (("d", 2),)),
        Axis("n/d", "n / d", (("d", 1),)),
        Axis("n", "training samples n"),
    ),
    y=Scale("overlap with the span of U", 0, 1.06, log=False),
    learners=("neurons", "singular-space"),
    caption=(
        "Overlap of the first layer with the target's directions after one step: means "
        "over {seeds} seeds with 95 % intervals, and dotted the formula. Tick all d at "
        "once, then divide n by d² to see the neurons' curves fall together, and by d "
        "to see those of the singular space come close."
    ),
    switches=(
        Switch("theory", True, "formula"),
        Switch("guides", True, "where the formula is one half"),
        Switch("all", False, "all d at once"),
    ),
    level=HALF,
)


def overlap_summary() -> pd.DataFrame:
    """The table `overlap`, for targets with a quadratic part, as the explorer takes it.

    Returns: columns d, r, noise, learner, n, mean, low, high, seeds.
    Cost: about 0.1 s.
    Example:
        >>> sorted(set(overlap_summary()["learner"]))
        ['neurons', 'singular-space']
    """
    table = select(read_table("overlap"), quadratic=0.5)
    found = summarise(table, by=[*CELL, "measure", "n"], value="overlap")
    return found.rename(columns={"measure": "learner", "overlap": "mean"})


def overlap_theory() -> pd.DataFrame:
    """The parameter-free formula at every d and noise; it does not depend on r.

    Returns: columns d, noise, learner, n, error (the overlap).
    Cost: about 10 ms.
    Example:
        >>> set(overlap_theory()["learner"])
        {'neurons'}
    """
    rows = [
        (d, noise, "neurons", n, predict_overlap(d, n, 1.0, noise**2))
        for d in DIMENSIONS
        for noise in NOISES
        for n in np.geomspace(max(d * d / 16, 10), max(8 * d * d, 320 * d), POINTS)
    ]
    return pd.DataFrame(rows, columns=["d", "noise", "learner", "n", "error"])


def overlap_words(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
    """Compare the samples that neurons and singular space need for one half.

    Args:
        cell: d, r and noise.
        curves: its rows: learner, n, error (the mean overlap).
        theory: the formula; not read, since it is solved for n.
    Returns: the words of the cell.
    Cost: O(rows).
    Example:
        >>> rows = {"learner": "neurons", "n": [100, 400], "error": [0.25, 0.75]}
        >>> rows = pd.DataFrame(rows)
        >>> cell = {"d": 10, "r": 1, "noise": 0.0}
        >>> overlap_words(cell, rows, rows.head(0)).sentence[-45:]
        'one half takes n ≈ 1.7 d² for single neurons.'
    """
    d, noise = cell["d"], cell["noise"]
    missing = curves.assign(error=1 - curves["error"])
    found = {need.learner: need for need in needs(missing, 1 - HALF.value)}
    formula = np.pi * d**2 * (1 + noise**2) / 2
    neurons, space = (found.get(name) for name in OVERLAP.learners)
    return Words(
        sentence=f"{OVERLAP.say(cell)}: {_comparison(d, neurons, space)}.",
        facts=[
            *(_fact(need) for need in found.values()),
            Fact("ratio", "neurons ÷ singular space", ratio(neurons, space), ""),
            Fact("formula", "formula", f"n ≈ {count(formula)}", "π d²(1 + ς²)/2"),
        ],
        guides=[Guide(formula, f"π d²(1 + ς²)/2 = {count(formula)}")],
        drops=drop_lines(found.values(), HALF.value),
    )


def _comparison(d: int, neurons: Need | None, space: Need | None) -> str:
    parts = []
    if neurons:
        parts.append(f"n {neurons.sign} {neurons.n / d**2:.2g} d² for single neurons")
    if space:
        parts.append(f"n {space.sign} {space.n / d:.2g} d for the top singular space")
    return f"an overlap of {HALF.label} takes " + " and ".join(parts)


def _fact(need: Need) -> Fact:
    return Fact(need.learner, ink(need.learner).label, str(need), f"for {HALF.label}")
