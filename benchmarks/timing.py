"""Time two ways to the same numbers, turn by turn, after checking that they agree."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from torch import Tensor


@dataclass(frozen=True)
class Run:
    """What one run computed, and the seconds it took.

    Args:
        numbers: any shape; the other side must give the same.
        seconds: wall-clock.
    """

    numbers: Tensor
    seconds: float


@dataclass(frozen=True)
class Result:
    """A comparison's outcome.

    Args:
        name: what was computed. ours, peer: how, on the two sides.
        seconds, peer_seconds: of every repetition, in pairs run one after the other.
        difference: largest one between the numbers, relative to the largest number.
        target: the ratio that is aimed at; None where none is.
        note: what a reader must know to judge the ratio.
    """

    name: str
    ours: str
    peer: str
    seconds: list[float]
    peer_seconds: list[float]
    difference: float
    target: float | None = None
    note: str = ""

    @property
    def ratios(self) -> list[float]:
        """The peer's time over ours, pair by pair."""
        pairs = zip(self.peer_seconds, self.seconds, strict=True)
        return [peer / own for peer, own in pairs]

    @property
    def ratio(self) -> float:
        """The median ratio."""
        return median(self.ratios)

    @property
    def median_seconds(self) -> float:
        """Our median time."""
        return median(self.seconds)

    @property
    def median_peer_seconds(self) -> float:
        """The peer's median time."""
        return median(self.peer_seconds)

    @property
    def met(self) -> bool:
        """Whether the median ratio reaches the target; true where there is none."""
        return self.target is None or self.ratio >= self.target


def timed(function: Callable[[], Tensor]) -> Run:
    """Run a function once, all of it on the clock.

    Args:
        function: returns its numbers.
    Returns:
        The run.
    """
    start = time.perf_counter()
    numbers = function()
    return Run(numbers, time.perf_counter() - start)


def compare(
    name: str,
    ours: tuple[str, Callable[[], Run]],
    peer: tuple[str, Callable[[], Run]],
    repetitions: int,
    tolerance: float = 1e-6,
    target: float | None = None,
    note: str = "",
    warm_up: bool = True,
) -> Result:
    """Check that both sides agree on a first pair of runs; then time pairs in turn.

    Args:
        name: what is computed. ours, peer: a label, and a function that runs once.
        repetitions: timed pairs, >= 1. tolerance: on the relative difference.
        target, note: as for `Result`.
        warm_up: whether the first pair is left out of the times.
    Returns:
        The times, paired.
    Raises:
        AssertionError: the two sides give different numbers.
    """
    pairs = [(ours[1](), peer[1]())]
    difference = relative_difference(*(run.numbers for run in pairs[0]))
    if not difference <= tolerance:
        raise AssertionError(
            f"{name}: '{ours[0]}' and '{peer[0]}' differ by {difference:.1e}, more "
            f"than {tolerance:.0e}, so their times cannot be compared"
        )
    pairs += [(ours[1](), peer[1]()) for _ in range(repetitions - (not warm_up))]
    timed_pairs = pairs[warm_up:]
    return Result(
        name,
        ours[0],
        peer[0],
        [own.seconds for own, _ in timed_pairs],
        [other.seconds for _, other in timed_pairs],
        difference,
        target,
        note,
    )


def relative_difference(found: Tensor, expected: Tensor) -> float:
    """Largest absolute difference over the largest absolute expected number.

    Args:
        found, expected: of one shape, finite.
    Returns:
        The difference; infinite where the shapes differ.
    """
    if found.shape != expected.shape:
        return float("inf")
    distance = (found.double() - expected.double()).abs().max()
    return float(distance / expected.double().abs().max().clamp(min=1e-300))


def scaled(size: int, scale: float, minimum: int = 1) -> int:
    """A size at another scale, e.g. tiny for a test.

    Args:
        size: at scale 1. scale: > 0. minimum: the smallest that makes sense.
    Returns:
        The size.
    """
    return max(minimum, round(size * scale))
