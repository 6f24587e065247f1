"""Predictions, questions and exercises on hierarchies of squares."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, log10

from replearn.experiments.curves import reach, select
from replearn.experiments.exercises import agrees
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import declare
from replearn.experiments.tables import read_table
from replearn.theory import monomials, quadratic_remainder
from replearn.views.ask import ask as ask
from replearn.views.ask import recall as recall
from replearn.views.facts import count
from replearn.views.parts import raised

agrees(
    "hkc-monomials",
    monomials,
    *((10, 2), (10, 4), (10, 8), (40, 8)),
    slips={
        "only the products of the highest degree are counted": lambda d, p: comb(
            d + p - 1, p
        ),
        "no input may occur twice": lambda d, p: sum(comb(d, q) for q in range(p + 1)),
        "the order of the factors is counted": lambda d, p: sum(
            d**q for q in range(p + 1)
        ),
    },
)
agrees(
    "hkc-label",
    lambda x1, x2, a: (x1**2 - 1) ** 2 + a * ((x1**2 - 1) ** 2 + x2) ** 2,
    *((2.0, 0.5, 0.1), (0.0, -1.0, 1.0), (1.5, 1.0, 0.3)),
    slips={
        "the last square is forgotten": lambda x1, x2, a: (
            (x1**2 - 1) ** 2 + a * ((x1**2 - 1) ** 2 + x2)
        ),
        "level 3 sees the feature and not its square": lambda x1, x2, a: (
            (x1**2 - 1) ** 2 + a * (x1**2 - 1 + x2) ** 2
        ),
    },
)
agrees(
    "hkc-step",
    lambda a: quadratic_remainder(0.5, a),
    *((1.0,), (0.3,), (2.0,)),
    slips={
        "it is a share of what is known": lambda a: (
            a**2 / (1.5 * (1 + a) ** 2 + a**2 / 1.6)
        ),
        "the first part stays as long as it was": lambda a: 4 * a**2 / (6 + 6.5 * a**2),
    },
)


def first_dimension(n: int, levels: int, share: int = 1000, power: int = 0) -> int:
    """The smallest d at which the counting bound is above n samples."""
    top = power or 2 ** (levels - 1)
    return next(d for d in range(1, 10**5) if comb(d, top) / share > n)


agrees(
    "hkc-bound",
    first_dimension,
    *((1600, 3), (200, 3), (1600, 4), (50, 4)),
    slips={
        "the thousand is forgotten": lambda n, levels: first_dimension(n, levels, 1),
        "it is the label's degree that is taken": lambda n, levels: first_dimension(
            n, levels, power=2**levels
        ),
        "the levels are taken for the degree": lambda n, levels: first_dimension(
            n, levels, power=levels
        ),
    },
)


def left_over(n: int, blocks: Sequence[tuple[float, int]]) -> float:
    """What n functions must miss of blocks of a share and a count each."""
    missed = 0.0
    for share, many in sorted(blocks, key=lambda b: -b[0] / b[1]):
        used = min(n, many)
        n, missed = n - used, missed + share * (1 - used / many)
    return missed


agrees(
    "hkc-floor",
    left_over,
    *((30, [(0.7, 50), (0.3, 500)]), (120, [(0.3, 500), (0.7, 50)])),
    slips={
        "every block gets all samples": lambda n, blocks: sum(
            share * (1 - min(n, many) / many) for share, many in blocks
        ),
        "the samples are spread over all functions alike": lambda n, blocks: (
            1 - min(1, n / sum(many for _, many in blocks))
        ),
    },
)


def forty() -> str:
    """Samples to 10 % in forty dimensions, dense."""
    rows = select(
        read_table("hierarchy-samples"), learner="hierarchy", rule="dense", gap=1.0
    )
    return count(reach(rows).needs()[40])


def random() -> str:
    """Errors on a random polynomial: the learner's, and the kernel's."""
    rows = select(read_table("hierarchy-limits"), case="random polynomial", n=2000)
    means = rows.groupby("learner")["error"].mean()
    kernel = raised(round(log10(means["polynomial"])))
    return f"{means['hierarchy']:.2f} of the label; a kernel has 10{kernel}"


declare("a-hierarchy-kernels-cannot-climb", forty=forty, random=random)
