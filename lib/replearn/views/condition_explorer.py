"""The explorer of kappa: two directions, of which the second is ever harder to see."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from replearn.experiments.curvature_reading import condition_rows, predicted_shares
from replearn.experiments.curvature_sweeps import CONDITION_FACTORS
from replearn.experiments.curves import summarise
from replearn.views.controls import TENTH, ExplorerSpec
from replearn.views.facts import Fact, Guide, Words, count, drop_lines, needs
from replearn.views.parts import Axis, Cell, Knob, Scale, Switch

KAPPAS = {"1": 1.0, "2": 2.0, "3": 3.0, "4": 4.0, "8": 8.0, "∞": math.inf}
VALUES = {"one-step": "error", "strong": "overlap_1", "weak": "overlap_2"}
FACTOR = 16  # n/d^2 where the words read the curves
POINTS = 25

CONDITION = ExplorerSpec(
    name="kap",
    knobs=(
        Knob("kappa", tuple(KAPPAS), "1", "condition number κ", "", said="κ = {}"),
        Knob("d", tuple(CONDITION_FACTORS), 40, "input dimension d", ""),
    ),
    axes=(
        Axis("n/d2", "n / d²", (("d", 2),)),
        Axis("n", "training samples n"),
    ),
    y=Scale("error, and shares of the layer", 1e-3, 3),
    learners=tuple(VALUES),
    caption=(
        "Orange: test error over Var f* of the one-step network on a target with two "
        "directions, of which κ makes the second hard to see. Blue and green: the "
        "shares of the first layer along the first and the second; lines without marks "
        "are the formula. Means over {seeds} seeds with 95 % intervals. Move κ from 1 "
        "to ∞."
    ),
    switches=(
        Switch("theory", True, "formula"),
        Switch("guides", True, "where signal meets noise, πd²κ²"),
        Switch("all", False, "all κ at once"),
    ),
    level=TENTH,
)


def condition_summary() -> pd.DataFrame:
    """The table `condition` as the explorer takes it.

    Returns: columns kappa (a word), d, learner, n, mean, low, high, seeds.
    Cost: about 0.2 s.
    Example:
        >>> sorted(set(condition_summary()["learner"]))
        ['one-step', 'strong', 'weak']
    """
    word_of = {kappa: word for word, kappa in KAPPAS.items()}
    rows = condition_rows()
    rows = rows.assign(kappa=rows["kappa"].map(word_of))
    frames = []
    for learner, value in VALUES.items():
        for _, part in rows.groupby("d"):  # the sizes are those of its d
            mean = summarise(part, by=["kappa", "d", "n"], value=value)
            frames.append(mean.rename(columns={value: "mean"}).assign(learner=learner))
    return pd.concat(frames, ignore_index=True)


def condition_theory() -> pd.DataFrame:
    """The predicted shares of the layer, at every setting.

    Returns: columns kappa (a word), d, learner, n, error.
    Cost: about 0.2 s.
    Example:
        >>> sorted(set(condition_theory()["learner"]))
        ['strong', 'weak']
    """
    rows = [
        (word, d, learner, n, share)
        for word, kappa in KAPPAS.items()
        for d, factors in CONDITION_FACTORS.items()
        for n in np.geomspace(factors[0], factors[-1], POINTS) * d * d
        for learner, share in zip(
            ("strong", "weak"), predicted_shares(d, kappa, n), strict=True
        )
    ]
    return pd.DataFrame(rows, columns=["kappa", "d", "learner", "n", "error"])


def condition_words(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
    """Say what is missing at n = 16 d^2, and how little looks along the weak direction.

    Args:
        cell: kappa (a word) and d.
        curves: its rows: learner, n, error (for the shares: the share).
        theory: the predicted shares; not read, since the formula is evaluated.
    Returns: the words of the cell.
    Cost: O(rows).
    Example:
        >>> errors = [0.2, 0.8, 0.03]
        >>> rows = pd.DataFrame({"learner": list(VALUES), "n": 6400, "error": errors})
        >>> condition_words({"kappa": "4", "d": 20}, rows, rows.head(0)).sentence[-47:]
        'error of 0.20; 3.0 % of the layer lie along u₂.'
    """
    d, kappa = cell["d"], KAPPAS[cell["kappa"]]
    n = FACTOR * d * d
    at = curves[curves["n"] == n].set_index("learner")["error"]
    error, strong, weak = (float(at[name]) for name in VALUES)
    formula = [
        f"formula {100 * share:.1f} %" for share in predicted_shares(d, kappa, n)
    ]
    found = {need.learner: need for need in needs(curves, TENTH.value)}
    need, meet = found["one-step"], math.pi * d * d * kappa * kappa
    return Words(
        sentence=(
            f"{CONDITION.say(cell)}: at n = {FACTOR} d² one step leaves an error of "
            f"{error:.2f}; {100 * weak:.1f} % of the layer lie along u₂."
        ),
        facts=[
            Fact("one-step", "10 % error", str(need), "one step"),
            Fact("strong", "along u₁", f"{100 * strong:.1f} %", formula[0]),
            Fact("weak", "along u₂", f"{100 * weak:.1f} %", formula[1]),
        ],
        guides=[Guide(meet, f"πd²κ² = {count(meet)}")] if math.isfinite(meet) else [],
        drops=drop_lines([need], TENTH.value),
    )
