"""Numbers in words, and which crossings are compared and drawn."""

from __future__ import annotations

import pandas as pd
import pytest

from replearn.experiments.sweep import ask
from replearn.views import knobs
from replearn.views.controls import RELATIVE_ERROR, TENTH, ExplorerSpec
from replearn.views.facts import (
    Drop,
    Need,
    Read,
    Telling,
    beside,
    count,
    drop_lines,
    percent,
    ratio,
    times,
    value,
)
from replearn.views.stages import then

COUNTS = {1: "1", 9.6: "10", 85: "85", 994: "990", 999: "1k", 1250: "1.3k"}
COUNTS |= {64_000: "64k", 999_999: "1M", 655_360_000: "660M"}


def test_counts_and_ratios_have_two_digits() -> None:
    assert {n: count(n) for n in COUNTS} == COUNTS
    shown = [times(x) for x in (0.0521, 9.94, 9.96, 123)]
    assert shown == ["0.052×", "9.9×", "10×", "120×"]


def test_a_guide_that_asks_for_no_knob_is_an_error() -> None:
    assert ask(lambda d: 2 * d, {"d": 10, "r": 1}) == 20
    with pytest.raises(ValueError, match=r"\['degree'\] asked for.*\['d', 'r'\]"):
        ask(lambda d, degree: d**degree, {"d": 10, "r": 1})


SEEN, LATER = Need("one-step", 10.0, "≈"), Need("ntk", 35.0, "≈")


@pytest.mark.parametrize("other", [None, Need("rbf", 9.0, "≤"), Need("rbf", 9.0, ">")])
def test_only_crossings_that_were_seen_are_told_and_drawn(other: Need | None) -> None:
    assert ratio(LATER, SEEN) == "3.5×"
    assert ratio(LATER, other) == ratio(other, SEEN) == "–"
    drops = drop_lines([SEEN, other, LATER], 0.1, dashed=LATER)
    assert drops == [Drop("one-step", 10.0, 0.1, False), Drop("ntk", 35.0, 0.1, True)]


def halving(
    d: int,
) -> tuple[Telling, tuple[dict[str, int], pd.DataFrame, pd.DataFrame]]:
    """A figure with a sentence of its read-outs, and a curve of error 100 / n."""
    says = beside("one-step", "a share", lambda n, d: n / d / 100, percent, factor=2)
    spec = ExplorerSpec(
        "half",
        (knobs.d_knob((10, 20), 10),),
        (knobs.N,),
        RELATIVE_ERROR,
        ("one-step",),
        "A curve.",
        level=TENTH,
    )
    sizes = [100, 1000]
    curve = {"d": d, "learner": "one-step", "n": sizes, "error": [1.0, 0.1]}
    rows = pd.DataFrame(curve)
    return Telling(spec, "it misses {one-step}", (says,)), ({"d": d}, rows, rows[:0])


def test_a_value_is_read_on_the_line_and_stands_beside_its_formula() -> None:
    telling, parts = halving(10)
    words = telling(*parts)
    assert words.sentence == "d = 10: it misses 50 %."
    assert words.facts[0][2:] == ("50 %", "formula 20 %")
    read = telling.read(*parts)
    assert value("one-step", factor=5)(read) == "0.20"


def test_a_stage_says_what_it_was_before_a_knob_was_moved() -> None:
    def look(d: int = 20) -> Read:
        telling, parts = halving(d)
        return telling.read(*parts)

    said = {"what": "the error", "value": value("one-step", factor=1)}
    assert then("It falls", **said)(look) == "It falls: the error is 0.25"
    moved = then("It falls", **said, d=10)(look)
    assert moved == "It falls: the error is 0.25, where it was 1.00"
