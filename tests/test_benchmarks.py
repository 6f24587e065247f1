"""The benchmarks' two sides give the same numbers; nothing here is timed.

The comparison with neural-tangents needs an environment of its own and runs in
`make bench` only; the kernel is checked against Monte Carlo in test_kernels.py.
"""

import math

import pytest
import torch
from benchmarks import __main__ as command
from benchmarks.timing import Run, compare, relative_difference, timed

NEEDS_MORE = {"ntk", "slider", "devices"}  # another environment, a book, a GPU
HERE = sorted(set(command.COMPARISONS) - NEEDS_MORE)
SLOW = {"sweep"}
LOOSE = {
    "theory": 1.0,
    "order-flow": 2e-2,
}  # two sides that agree as far as theory does


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in HERE]
)
def test_both_sides_agree_at_a_tiny_size(name: str) -> None:
    results = command.COMPARISONS[name](0.02, 1)
    assert results
    for result in results:
        assert result.difference <= LOOSE.get(name, 1e-4)
        assert len(result.ratios) == 1
        assert result.ratio > 0


def constant(value: float, seconds: float = 1.0) -> Run:
    return Run(torch.tensor([value]), seconds)


@pytest.mark.parametrize(
    ("value", "says"),
    [(1.001, r"'a' and 'b' differ by 1\.0e-03"), (math.nan, "differ")],
)
def test_different_numbers_are_not_timed_against_each_other(
    value: float, says: str
) -> None:
    calls = []

    def wrong() -> Run:
        calls.append(1)
        return constant(value)

    with pytest.raises(AssertionError, match=says):
        compare("x", ("a", wrong), ("b", lambda: timed(lambda: torch.ones(1))), 5)
    assert len(calls) == 1
    one = torch.ones(2)
    assert relative_difference(one, 2 * one) == 0.5
    assert relative_difference(one, torch.ones(3)) == float("inf")


@pytest.mark.parametrize("warm_up", [True, False])
def test_pairs_take_turns_and_the_warm_up_does_not_count(warm_up: bool) -> None:
    order = []

    def side(label: str, seconds: list[float]) -> Run:
        order.append(label)
        return constant(2.0, seconds.pop(0))

    own, other = [9.0, 1.0, 2.0, 4.0], [9.0, 3.0, 4.0, 4.0]
    sides = ("a", lambda: side("a", own)), ("b", lambda: side("b", other))
    result = compare("x", *sides, 4 - warm_up, target=2.0, warm_up=warm_up)
    assert order == ["a", "b"] * 4
    assert result.ratios == [*[1.0][warm_up:], 3.0, 2.0, 1.0]
    assert result.met == warm_up  # the median is 2 without the first pair, else 1.5
