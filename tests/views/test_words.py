"""The words of the explorer against the same numbers read off another way."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd
import pytest
from views.synthetic import KERNELS, synthetic_table, synthetic_theory

from replearn.experiments.curves import summarise
from replearn.theory import rates
from replearn.views.controls import EXPLORER
from replearn.views.few_directions_words import kernel_versus_network
from replearn.views.packing import by_cell, check_frames
from replearn.views.palette import ink
from replearn.views.parts import Cell
from replearn.views.words import Drop, Need, Words, count, drop_lines, ratio, times

CELL = {"d": 40, "r": 1, "degree": 3}
NO_THEORY = pd.DataFrame({"learner": [], "n": [], "error": []})


def crossing(curve: pd.DataFrame) -> float:
    """Where the line through the two points around 0.1 meets it, in log-log."""
    points = sorted(zip(curve["n"], curve["error"], strict=True))
    for (n, error), (next_n, next_error) in zip(points, points[1:], strict=False):
        if error > 0.1 >= next_error:
            slope = math.log(next_error / error) / math.log(next_n / n)
            return n * (0.1 / error) ** (1 / slope)
    return math.inf


def curve(learner: str, *points: tuple[int, float]) -> pd.DataFrame:
    frame = pd.DataFrame(points, columns=["n", "error"])
    return frame.assign(learner=learner)


def said(*curves: pd.DataFrame, theory: pd.DataFrame = NO_THEORY):
    words = kernel_versus_network(CELL, pd.concat(curves), theory)
    facts = {fact.key: (fact.value, fact.note) for fact in words.facts}
    return words.sentence.removeprefix("d = 40, r = 1, degree 3: "), facts, words


def number(text: str) -> float:
    """The number in "n ≈ 3.1k": two digits, k and M."""
    return float(text.split()[-1].rstrip("×").replace("k", "e3").replace("M", "e6"))


@dataclass(frozen=True)
class Read:
    """A cell's words, and what was read off its curves another way."""

    cell: Cell
    words: Words
    network: float
    network_end: int
    kernel: float
    kernel_end: int
    theory: float

    def fact(self, key: str) -> str:
        return next(fact.value for fact in self.words.facts if fact.key == key)


@pytest.fixture(scope="module")
def cells() -> list[Read]:
    summary = summarise(synthetic_table())
    summary, theory = check_frames(EXPLORER, summary, synthetic_theory())
    beyond = {EXPLORER.key(cell): rows for cell, rows in by_cell(EXPLORER, theory)}
    return [read(cell, rows, beyond) for cell, rows in by_cell(EXPLORER, summary)]


def read(cell: Cell, rows: pd.DataFrame, beyond: dict[str, pd.DataFrame]) -> Read:
    predicted = beyond[EXPLORER.key(cell)]
    network = rows[rows["learner"] == "one-step"]
    return Read(
        cell,
        kernel_versus_network(cell, rows, predicted),
        network=crossing(network),
        network_end=network["n"].max(),
        kernel=min(crossing(rows[rows["learner"] == name]) for name in KERNELS),
        kernel_end=rows[rows["learner"].isin(KERNELS)]["n"].max(),
        theory=min(crossing(predicted[predicted["learner"] == k]) for k in KERNELS),
    )


def test_the_network_s_words_agree_with_its_curve(cells):
    for it in cells:
        begin = f"{EXPLORER.say(it.cell)}: the one-step network "
        value = it.fact("network")
        if it.network < math.inf:
            assert number(value) == pytest.approx(it.network, rel=0.06)
            begin += f"reaches 10 % error at {value}, "
        else:
            assert value == f"n > {count(it.network_end)}"
            begin += f"does not reach 10 % error by n = {count(it.network_end)}, "
        assert it.words.sentence.startswith(begin)
    assert {it.network < math.inf for it in cells} == {True, False}


def test_the_kernels_words_agree_with_their_curves(cells):
    for it in cells:
        value, theory = it.fact("kernel"), ""
        if it.kernel < math.inf:
            assert number(value) == pytest.approx(it.kernel, rel=0.06)
            assert it.words.sentence.endswith(f") at {value}.")
            continue
        assert value == f"n > {count(it.kernel_end)}"
        if it.kernel_end < it.theory < math.inf:
            theory = f" (theory: n ≈ {count(it.theory)})"
        end = f"no kernel reaches it by n = {count(it.kernel_end)}{theory}."
        assert it.words.sentence.endswith(end)
    assert {it.kernel < math.inf for it in cells} == {True, False}


def test_the_ratio_and_the_lines_agree_with_the_curves(cells):
    for it in cells:
        value = it.fact("ratio")
        if it.network == math.inf:
            assert value == "–"
        elif it.kernel < math.inf:
            assert number(value) == pytest.approx(it.kernel / it.network, rel=0.06)
        elif it.kernel_end < it.theory < math.inf:
            assert value.startswith("≈ ")
            assert number(value) == pytest.approx(it.theory / it.network, rel=0.06)
        drops = [(drop.learner == "one-step", drop.dashed) for drop in it.words.drops]
        network = [(True, False)] if it.network < math.inf else []
        by_theory = it.kernel == math.inf
        kernel = [(False, by_theory)] if min(it.kernel, it.theory) < math.inf else []
        assert drops == network + kernel
        d, r, p = it.cell.values()
        expected = {rates.kernel_rate(d, p), rates.network_rate(d, r, p)}
        assert {guide.n for guide in it.words.guides} == expected


ABOVE, BELOW, FALLS = (
    ((10, 0.9), (100, 0.5)),
    ((20, 0.1), (80, 0.01)),
    ((10, 1), (90, 0)),
)


@pytest.mark.parametrize(
    ("network", "kernel", "sentence", "ratio"),
    [
        (
            BELOW,
            ABOVE,
            "the one-step network reaches 10 % error at n ≤ 20, "
            "no kernel reaches it by n = 100.",
            ("> 5.0×", "at least"),
        ),
        (
            ((30, 1), (120, 0.5)),
            BELOW,
            "the one-step network does not reach 10 % error by n = 120, "
            "the best kernel (RBF) at n ≤ 20.",
            ("–", ""),
        ),
        (
            BELOW,
            BELOW,
            "the one-step network reaches 10 % error at n ≤ 20, "
            "the best kernel (RBF) at n ≤ 20.",
            ("–", "both from the first size on"),
        ),
        (
            ((1, 1), (100, 0.01)),
            BELOW,
            "the one-step network reaches 10 % error at n ≈ 10, "
            "the best kernel (RBF) at n ≤ 20.",
            ("≤ 2.0×", "in samples"),
        ),
        (
            BELOW,
            ((16, 1), (1600, 0.01)),
            "the one-step network reaches 10 % error at n ≤ 20, "
            "the best kernel (RBF) at n ≈ 160.",
            ("≥ 8.0×", "in samples"),
        ),
        (
            ((100, 1), (10000, 0.01)),
            ABOVE,
            "the one-step network reaches 10 % error at n ≈ 1k, "
            "no kernel reaches it by n = 100.",
            ("–", "the kernels' curves end too early"),
        ),
    ],
)
def test_a_curve_that_starts_below_or_stays_above_is_said_so(
    network, kernel, sentence, ratio
):
    found, facts, words = said(curve("one-step", *network), curve("rbf", *kernel))
    assert found == sentence
    assert facts["ratio"] == ratio
    # no drop line where no crossing was seen
    both = {"one-step": network, "rbf": kernel}
    seen = [
        name for name, ((_, first), (_, last)) in both.items() if first > 0.1 > last
    ]
    assert [drop.learner for drop in words.drops] == seen


def test_an_exact_curve_is_read_off_too():
    _, facts, _ = said(curve("one-step", *FALLS))
    assert 10 < number(facts["network"][0]) < 90


def test_only_theory_beyond_the_measured_range_speaks_for_a_kernel():
    network = curve("one-step", (1, 1), (100, 0.01))
    for start, note in ((40, "beyond the measured range"), (400, "theory: ≈ 4k")):
        theory = curve("rbf", (start, 1), (100 * start, 0.01))
        kernel = curve("rbf", (10, 1), (900, 0.5))
        sentence, facts, words = said(network, kernel, theory=theory)
        assert facts["kernel"] == ("n > 900", note)
        assert ("theory: n ≈ 4k" in sentence) == (start == 400)
        assert words.drops[-1].dashed


def test_what_is_missing_is_not_spoken_of():
    alone, facts, _ = said(curve("rbf", (1, 1), (100, 0.01)))
    assert alone == "the best kernel (RBF) reaches 10 % error at n ≈ 10."
    assert facts["network"][0] == facts["ratio"][0] == "–"
    alone, facts, _ = said(curve("one-step", (1, 1), (100, 0.01)))
    assert alone == "the one-step network reaches 10 % error at n ≈ 10."
    assert facts["kernel"][0] == facts["ratio"][0] == "–"
    assert said(curve("rbf", *ABOVE))[0] == "no kernel reaches 10 % error by n = 100."
    assert said(curve("adam", *ABOVE))[0] == "neither kernel nor one-step network."
    assert ink("adam").family == "network"


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (1, "1"),
        (9.6, "10"),
        (85, "85"),
        (994, "990"),
        (999, "1k"),
        (1250, "1.3k"),
        (64_000, "64k"),
        (999_999, "1M"),
        (655_360_000, "660M"),
    ],
)
def test_counts_have_two_digits(n, text):
    assert count(n) == text


def test_ratios_have_two_digits():
    assert [times(x) for x in (0.0521, 9.94, 9.96, 123)] == [
        "0.052×",
        "9.9×",
        "10×",
        "120×",
    ]


SEEN, LATER = Need("one-step", 10.0, "≈"), Need("ntk", 35.0, "≈")


@pytest.mark.parametrize("other", [None, Need("rbf", 9.0, "≤"), Need("rbf", 9.0, ">")])
def test_only_crossings_that_were_seen_are_compared_and_drawn(other):
    assert ratio(LATER, SEEN) == "3.5×"
    assert ratio(LATER, other) == ratio(other, SEEN) == "–"
    drops = drop_lines([SEEN, other, LATER], 0.1, dashed=LATER)
    assert drops == [Drop("one-step", 10.0, 0.1, False), Drop("ntk", 35.0, 0.1, True)]
