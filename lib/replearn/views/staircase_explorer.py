"""The explorer of the staircase: what it moves, its table, and what it says."""

from __future__ import annotations

import pandas as pd

from replearn.experiments.curves import select, summarise
from replearn.experiments.degrees import WHOLE
from replearn.experiments.staircase_reading import HALF_LEARNT
from replearn.experiments.staircase_sweeps import STAIRCASE_DIMENSIONS
from replearn.experiments.tables import read_table
from replearn.harmonics import count_harmonics
from replearn.views.controls import ExplorerSpec
from replearn.views.facts import Fact, Guide, Need, Words, count, drop_lines, needs
from replearn.views.palette import ink
from replearn.views.parts import Axis, Cell, Knob, Level, Scale, Switch

PARTS = ("degree-1", "degree-2", "degree-3")
# names in the table -> keys of the palette; "all" is the switch for all d
CURVES = {part: part for part in PARTS} | {WHOLE: "whole"}
# names in the table -> what the reader chooses
KERNEL_WORDS = {
    "ntk": "NTK",
    "polynomial": "poly",
    "rbf": "RBF",
    "ntk-no-bias": "bias-free",
}
INPUT_WORDS = {"gaussian": "Gaussian", "sphere": "spherical"}

STAIRCASE = ExplorerSpec(
    name="wkc",
    knobs=(
        Knob("d", STAIRCASE_DIMENSIONS, 20, "input dimension d", ""),
        Knob(
            "kernel",
            tuple(KERNEL_WORDS.values()),
            "NTK",
            "kernel",
            "",
            said="{} kernel",
        ),
        Knob("r", (1, 2), 1, "directions r", ""),
        Knob(
            "inputs",
            tuple(INPUT_WORDS.values()),
            "Gaussian",
            "inputs",
            "",
            said="{} inputs",
        ),
    ),
    axes=(
        Axis("n", "training samples n"),
        Axis("n/d", "n / d", (("d", 1),)),
        Axis("n/d2", "n / d²", (("d", 2),)),
        Axis("n/d3", "n / d³", (("d", 3),)),
    ),
    y=Scale("missing share (1 − q)²", -0.1, 1.15, log=False, note="1: nothing learnt"),
    learners=PARTS,
    caption=(
        "What is still missing of each degree against the number of training samples: "
        "means over {seeds} seeds with 95 % intervals, and dotted the theory on the "
        "sphere. NTK is the tangent kernel with biases, bias-free that without, poly "
        "the polynomial kernel of degree four. Divide n by a power of d and tick all "
        "d, to see which degree falls together."
    ),
    switches=(
        Switch("theory", True, "theory"),
        Switch("guides", True, "numbers of harmonics Mₖ"),
        Switch("all", False, "all d at once"),
    ),
    level=Level(HALF_LEARNT, "half learnt"),
)


def staircase_summary() -> pd.DataFrame:
    """The book's table as the explorer wants it.

    Returns: columns d, kernel, r, inputs, learner for the part, n, error, low, high and
        seeds.
    Cost: under a second.
    Example:
        >>> sorted(set(staircase_summary()["r"]))
        [1, 2]
    """
    table = select(read_table("staircase"), target="staircase")
    keys = ["d", "kernel", "r", "inputs", "part", "n"]
    return _renamed(summarise(table, by=keys))


def staircase_theory() -> pd.DataFrame:
    """Its theory, which serves both kinds of inputs.

    Returns: columns d, kernel, r, learner for the part, n and error, up to four times
        the largest measured n.
    Cost: reads two files.
    Example:
        >>> sorted(set(staircase_theory()["r"]))
        [1, 2]
    """
    top = read_table("staircase")["n"].max() * 4
    theory = select(read_table("staircase-theory"), target="staircase")
    return _renamed(theory[theory["n"] <= top]).drop(columns="target")


def staircase_words(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
    """Say at which n half of each degree is learnt.

    Args:
        cell: d, kernel, r and inputs.
        curves: its rows: learner (a part of the target), n, error.
        theory: predictions: learner, n, error; may be empty.
    Returns: the words of the cell.
    Cost: O(rows).
    Example:
        >>> curve = {"learner": "degree-1", "n": [1, 100], "error": [1, 1 / 16]}
        >>> rows = pd.DataFrame(curve)
        >>> cell = {"d": 20, "kernel": "NTK", "r": 1}
        >>> cell |= {"inputs": "Gaussian"}
        >>> staircase_words(cell, rows, rows.head(0)).sentence.split(": ")[1]
        'half is learnt of degree 1 at n ≈ 10.'
    """
    found = needs(curves[curves["learner"].isin(PARTS)], HALF_LEARNT)
    predicted = {need.learner: need for need in needs(theory, HALF_LEARNT)}
    d = cell["d"]
    return Words(
        sentence=f"{STAIRCASE.say(cell)}: {_comparison(found)}.",
        facts=[_fact(need, predicted.get(need.learner)) for need in found],
        guides=[
            Guide(count_harmonics(d, k), f"M{mark} = {count(count_harmonics(d, k))}")
            for k, mark in zip((1, 2, 3), "₁₂₃", strict=True)
        ],
        drops=drop_lines(found, HALF_LEARNT),
    )


def _comparison(found: list[Need]) -> str:
    parts = [
        f"of {_name(need)} "
        + (f"not by n = {count(need.n)}" if need.sign == ">" else f"at {need}")
        for need in found
    ]
    return f"half is learnt {', '.join(parts)}"


def _fact(need: Need, predicted: Need | None) -> Fact:
    note = f"theory: {predicted}" if predicted else ""
    return Fact(need.learner, f"half of {_name(need)}", str(need), note)


def _name(need: Need) -> str:
    return ink(need.learner).label


def _renamed(frame: pd.DataFrame) -> pd.DataFrame:
    """Names as the reader sees them, and the part in the learner's place."""
    kept = frame.assign(
        learner=frame["part"].map(CURVES), kernel=frame["kernel"].map(KERNEL_WORDS)
    )
    if "inputs" in kept:
        kept = kept.assign(inputs=kept["inputs"].map(INPUT_WORDS))
    return kept.drop(columns="part")
