"""The explorer of transfer: features learnt on one target, read out for another."""

from __future__ import annotations

import pandas as pd

from replearn.experiments.curves import select, summarise
from replearn.experiments.learning_curves import (
    DIMENSIONS,
    DIRECTIONS,
    LARGEST_DIMENSION,
)
from replearn.experiments.tables import read_table
from replearn.experiments.transfer_sweeps import DEGREES, FACTORS, THEORY_SIZES
from replearn.theory import predict_overlap, predict_transfer_curve
from replearn.theory.rates import kernel_rate
from replearn.views.controls import TENTH, ExplorerSpec
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
from replearn.views.parts import Axis, Cell, Knob, Scale, Switch, raised

CELL = ("d", "r", "factor", "degree")
LARGEST_SIZE = 10_000  # where the predicted line of the transferred features ends
TRANSFER = ExplorerSpec(
    name="trf",
    knobs=(
        Knob("d", (*DIMENSIONS, LARGEST_DIMENSION), 40, "input dimension d", ""),
        Knob("factor", FACTORS, 16, "source samples n", "d²", "n", "n = {} d²"),
        Knob("degree", DEGREES, 3, "degree p", "", "p", "degree {}"),
        Knob("r", DIRECTIONS, 1, "relevant directions r", ""),
    ),
    axes=(
        Axis("N", "target samples N"),
        Axis("N/dp", "N / dᵖ", (("d", "degree"),)),
    ),
    y=Scale("test error / Var g*", 1e-3, 3, note="1: no better than the mean"),
    learners=("transferred", "oracle", "random-features", "polynomial"),
    caption=(
        "Relative test error on the target against the number N of its samples: means "
        "over {seeds} seeds with 95 % intervals; lines without marks are the theory. "
        "Move d: the orange curve stays, the kernel's theory runs away. Move n: it "
        "decides how good the transferred features are."
    ),
    switches=(
        Switch("theory", True, "theory"),
        Switch("guides", True, "rate dᵖ"),
        Switch("all", False, "all d at once"),
    ),
    level=TENTH,
    symbol="N",
)


def transfer_summary() -> pd.DataFrame:
    """The table `transfer` as the explorer takes it.

    What never sees the source is there at every n alike.

    Returns: columns d, r, factor, degree, learner, n, error, low, high, seeds.
    Cost: about 0.3 s.
    Example:
        >>> sorted(set(transfer_summary()["factor"]))
        [1, 4, 16]
    """
    found = summarise(read_table("transfer"), by=[*CELL, "learner", "n"])
    unmoved = select(found, factor=0)
    copies = [unmoved.assign(factor=factor) for factor in FACTORS]
    return pd.concat([found[found["factor"] > 0], *copies], ignore_index=True)


def transfer_theory() -> pd.DataFrame:
    """The kernel's learning curve, and for r = 1 that of the transferred features.

    Returns: columns d, r, factor, degree, learner, n, error.
    Cost: about 2 s.
    Example:
        >>> sorted(set(transfer_theory()["learner"]))
        ['polynomial', 'transferred']
    """
    kernel = read_table("transfer-kernel-theory").assign(learner="polynomial")
    frames = [kernel.assign(factor=factor) for factor in FACTORS]
    sizes = [n for n in THEORY_SIZES if n <= LARGEST_SIZE]
    for factor in FACTORS:
        overlap = predict_overlap(LARGEST_DIMENSION, factor * LARGEST_DIMENSION**2, 1.0)
        for degree in DEGREES:
            error = predict_transfer_curve(overlap, degree, sizes)
            rows = pd.DataFrame({"n": sizes, "error": error.tolist()})
            rows = rows.assign(factor=factor, degree=degree, r=1, learner="transferred")
            frames += [rows.assign(d=d) for d in TRANSFER.knob("d").values]
    return pd.concat(frames, ignore_index=True)


def transfer_words(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
    """Compare the target samples that features, oracle and kernel need.

    Args:
        cell: d, factor, degree and r.
        curves: its rows: learner, n, error (mean over seeds).
        theory: the predictions: learner, n, error; may be empty.
    Returns: the words of the cell.
    Cost: O(rows).
    Example:
        >>> rows = {"learner": "transferred", "n": [10, 1000], "error": [1.0, 0.01]}
        >>> rows = pd.DataFrame(rows)
        >>> cell = {"d": 40, "factor": 16, "degree": 3, "r": 1}
        >>> transfer_words(cell, rows, rows.head(0)).sentence[-53:]
        'the transferred features reach 10 % error at N ≈ 100.'
    """
    found = {need.learner: need for need in needs(curves, TENTH.value)}
    kernel = found.get("polynomial")
    predicted = needs(theory[theory["learner"] == "polynomial"], TENTH.value)
    by_theory = bool(predicted) and (kernel is None or kernel.sign == ">")
    kernel = predicted[0] if by_theory else kernel
    rate = kernel_rate(int(cell["d"]), int(cell["degree"]))
    name = f"d{raised(cell['degree'])}"
    features, oracle = found.get("transferred"), found.get("oracle")
    note = "theory, no source" if by_theory else "from scratch"
    return Words(
        sentence=f"{TRANSFER.say(cell)}: {_comparison(features, kernel, by_theory)}.",
        facts=[
            Fact("transferred", ink("transferred").label, _say(features), TENTH.label),
            Fact("oracle", ink("oracle").label, _say(oracle), TENTH.label),
            Fact("kernel", ink("polynomial").label, _say(kernel), note),
            Fact("ratio", "kernel ÷ features", ratio(kernel, features), "in N"),
        ],
        guides=[Guide(rate, f"{name} = {count(rate)}")],
        drops=drop_lines(
            (features, oracle, kernel), TENTH.value, kernel if by_theory else None
        ),
    )


def _say(need: Need | None) -> str:
    return str(need).replace("n", "N", 1) if need else "–"


def _comparison(features: Need | None, kernel: Need | None, by_theory: bool) -> str:
    parts, verb = [], "reaches"
    if features and features.sign == ">":
        end = count(features.n)
        parts.append(
            f"the transferred features miss {TENTH.label} at all N up to {end}"
        )
    elif features:
        parts.append(
            f"the transferred features reach {TENTH.label} at {_say(features)}"
        )
        verb = ""
    if kernel:
        goal = f" {verb} {TENTH.label}" if verb else ""
        origin = ", by theory," if by_theory else ""
        parts.append(f"a kernel from scratch{origin}{goal} at {_say(kernel)}")
    return ", ".join(parts)
