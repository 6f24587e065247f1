"""Numbers in words, and which crossings are compared and drawn."""

from __future__ import annotations

import pytest

from replearn.experiments.sweep import ask
from replearn.views.facts import Drop, Need, count, drop_lines, ratio, times

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
