"""The explorer of the fading quadratic part: what stays missing, and of what."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from replearn.experiments.curvature_reading import (
    SHARE_KEYS,
    predicted_overlap,
    share_errors,
    share_overlaps,
)
from replearn.experiments.curvature_sweeps import DEGREES, DIMENSIONS, SHARES
from replearn.experiments.curves import select, summarise
from replearn.theory.curvature import csq_rate
from replearn.theory.rates import kernel_rate
from replearn.views.controls import TENTH, ExplorerSpec
from replearn.views.facts import Fact, Guide, Words, count, drop_lines, needs
from replearn.views.parts import Axis, Cell, Knob, Scale, Switch

LARGEST_FACTOR = 16  # n/d^2 where the words read the curves
OUTSIDE = "outside"
POINTS = 25

CURVATURE = ExplorerSpec(
    name="wif",
    knobs=(
        Knob(
            "quadratic",
            SHARES,
            0.0,
            "quadratic weight w",
            "",
            short="w",
            said="quadratic weight {}",
        ),
        Knob("d", DIMENSIONS, 40, "input dimension d", ""),
        Knob("degree", DEGREES, 3, "degree p", "", short="p", said="degree {}"),
    ),
    axes=(
        Axis("n/d2", "n / d²", (("d", 2),)),
        Axis("n", "training samples n"),
    ),
    y=Scale("what is missing", 1e-3, 3, note="of Var f*, or of the layer"),
    learners=("one-step", OUTSIDE, "adam"),
    caption=(
        "Orange and gold: test error over Var f* of the one-step network and of Adam. "
        "Blue: the share of the first layer outside the target's direction after the "
        "one step; lines without marks are the formula. Means over {seeds} seeds with "
        "95 % intervals; Adam was measured at fewer sizes. Move the weight of the "
        "quadratic part from 0 up to 1, and d from 20 to 80."
    ),
    switches=(
        Switch("theory", True, "formula"),
        Switch("guides", True, "where half the layer has turned, and dᵖ"),
        Switch("all", False, "all weights at once"),
    ),
    level=TENTH,
)


def curvature_summary() -> pd.DataFrame:
    """Errors, and the layer's share outside, as the explorer takes them.

    Returns: columns quadratic, d, degree, learner, n, mean, low, high, seeds.
    Cost: about half a second.
    Example:
        >>> sorted(set(curvature_summary()["learner"]))
        ['adam', 'one-step', 'outside']
    """
    errors = share_errors()
    parts = [
        summarise(rows, by=[*SHARE_KEYS, "learner"]).rename(columns={"error": "mean"})
        for _, rows in errors.groupby(["learner", "quadratic", "d"])
    ]
    inside = select(share_overlaps(), d=list(DIMENSIONS), degree=list(DEGREES))
    outside = inside.assign(
        learner=OUTSIDE,
        mean=1 - inside["overlap"],
        low=1 - inside["high"],
        high=1 - inside["low"],
    )
    parts.append(outside.drop(columns=["overlap", "formula"]))
    return pd.concat(parts, ignore_index=True)


def curvature_theory() -> pd.DataFrame:
    """One minus the predicted overlap, at every setting.

    Returns: columns quadratic, d, degree, learner, n, error.
    Cost: about half a second.
    Example:
        >>> set(curvature_theory()["learner"])
        {'outside'}
    """
    rows = [
        (w, d, p, OUTSIDE, n, 1 - predicted_overlap(d, p, w, n))
        for w in SHARES
        for d in DIMENSIONS
        for p in DEGREES
        for n in np.geomspace(d * d, LARGEST_FACTOR * d * d, POINTS)
    ]
    columns = ["quadratic", "d", "degree", "learner", "n", "error"]
    return pd.DataFrame(rows, columns=columns)


def curvature_words(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
    """Say what is missing at n = 16 d^2, beside the formula and beside Adam.

    Args:
        cell: quadratic, d and degree.
        curves: its rows: learner, n, error (for `outside` the missing overlap).
        theory: the formula: learner, n, error; may be empty.
    Returns: the words of the cell.
    Cost: O(rows).
    Example:
        >>> learners, errors = ["one-step", "outside", "adam"], [0.5, 0.8, 0.01]
        >>> rows = pd.DataFrame({"learner": learners, "n": 6400, "error": errors})
        >>> cell = {"quadratic": 0.0, "d": 20, "degree": 3}
        >>> curvature_words(cell, rows, rows.head(0)).sentence[-45:]
        '80 % of the layer outside; Adam leaves 0.010.'
    """
    d, degree, weight = cell["d"], cell["degree"], cell["quadratic"]
    at_last = curves[curves["n"] == LARGEST_FACTOR * d * d].set_index("learner")[
        "error"
    ]
    error, outside, adam = (float(at_last[name]) for name in CURVATURE.learners)
    half = math.pi * d * d / (4 * weight) if weight else math.inf
    predicted = f"formula {_percent(theory['error'].iloc[-1])}" if len(theory) else ""
    return Words(
        sentence=(
            f"{CURVATURE.say(cell)}: at n = {LARGEST_FACTOR} d² one step leaves an "
            f"error of {_number(error)} and {_percent(outside)} of the layer outside; "
            f"Adam leaves {_number(adam)}."
        ),
        facts=[
            Fact("error", "one step", _number(error), f"error at {LARGEST_FACTOR} d²"),
            Fact("outside", "layer outside", _percent(outside), predicted),
            Fact("adam", "Adam", _number(adam), f"error at {LARGEST_FACTOR} d²"),
            Fact("half", "half has turned", _size(half), "formula, πd²/(4w)"),
            Fact("csq", "d^(p/2)", count(csq_rate(d, degree)), "the heuristic bound"),
        ],
        guides=_guides(d, degree, half),
        drops=drop_lines(
            needs(curves[curves["learner"] != OUTSIDE], TENTH.value), TENTH.value
        ),
    )


def _guides(d: int, degree: int, half: float) -> list[Guide]:
    kernel = kernel_rate(d, degree)
    found = [Guide(kernel, f"dᵖ = {count(kernel)}")]
    if math.isfinite(half):
        found.append(Guide(half, f"πd²/(4w) = {count(half)}"))
    return found


def _number(value: float) -> str:
    return f"{value:.2f}" if value >= 0.0995 else f"{value:#.2g}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _size(n: float) -> str:
    return f"n ≈ {count(n)}" if math.isfinite(n) else "at no n"
