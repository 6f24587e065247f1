"""The predictions, questions and exercises of "When it fails"."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import pi, sqrt

import torch

from replearn.experiments.curves import reach, select
from replearn.experiments.exercises import agrees, solves
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import declare
from replearn.experiments.tables import read_table
from replearn.targets import MultiIndex
from replearn.targets.curvature import quadratic_target
from replearn.theory import predict_overlap, subspace_moment
from replearn.views.ask import ask as ask
from replearn.views.ask import recall as recall
from replearn.views.facts import percent

# no noise of one in the cases: it would hide a forgotten square
solves(
    "wif-weight",
    lambda w, factor, noise: predict_overlap(1000, factor * 1e6, 2 * w, noise**2),
    0.5,
    *((16.0, 0.0), (4.0, 0.5), (64.0, 2.0)),
    what="the overlap",
    slips={
        "the noise is not squared": lambda factor, s: pi * (1 + s) / (4 * factor),
        "|H|² is w, and not 2w": lambda factor, s: pi * (1 + s**2) / (2 * factor),
    },
)


agrees(
    "wif-moment",
    lambda quadratic, degree: subspace_moment(
        quadratic_target(1, 1, degree, quadratic).hermite_coefficients()
    ),
    *((0.0, 3), (0.0, 5), (0.5, 3), (0.5, 4), (0.2, 4)),
    slips={
        "the parts share no basis function": lambda w, p: 5 * w + (2 * p + 1) * (1 - w),
        "g² and z² are taken for independent": lambda w, p: 1.0,
    },
)


def has_full_rank(coefficients: Mapping[tuple[int, ...], float], r: int) -> bool:
    """Whether the expected Hessian has rank r."""
    target = MultiIndex(r, r, max(map(sum, coefficients)), coefficients)
    return int(torch.linalg.matrix_rank(target.expected_hessian(), atol=1e-9)) == r


agrees(
    "wif-full-rank",
    has_full_rank,
    ({(2, 0): 1.0, (0, 3): 1.0}, 2),
    ({(1, 1): 1.0}, 2),
    ({(1, 1, 1): 1.0}, 3),
    ({(1, 1, 0): 1.0, (0, 1, 1): 1.0}, 3),
    ({(1, 1, 0): 1.0, (0, 1, 1): 1.0, (1, 0, 1): 0.1}, 3),
    ({(2, 0): 1.0, (1, 1): sqrt(2), (0, 2): 0.5, (3, 0): 1.0}, 2),
    ({(2, 0): 1.0, (1, 1): 1.0, (0, 2): 0.5, (3, 0): 1.0}, 2),
    ({(4,): 1.0}, 1),
    slips={
        "variables of the quadratic part are counted": lambda coefficients, r: all(
            any(p[i] and sum(p) == 2 for p in coefficients) for i in range(r)
        ),
        "only squares count, not products": lambda coefficients, r: (
            sum(max(p) == sum(p) == 2 for p in coefficients) == r
        ),
    },
)


def first_dimension(degree: int, factor: float = 256, power: int = 4) -> int | None:
    """The smallest d with d^degree > factor d^power."""
    return next((d for d in range(1, 300) if d**degree > factor * d**power), None)


agrees(
    "wif-csq",
    first_dimension,
    *((degree,) for degree in range(3, 9)),
    slips={
        "equal is taken for above": partial(first_dimension, factor=255.999),
        "the bound is d^p": partial(first_dimension, factor=16, power=2),
    },
)


solves(
    "wif-shift",
    lambda c, quadratic: 3 * c**2 / (1 + 3 * c**2),
    lambda quadratic: quadratic,
    *((0.05,), (0.5,), (0.75,)),
    what="the quadratic share",
    slips={
        "the other sign is taken": lambda w: -sqrt(w / (3 * (1 - w))),
        "it is a share of the cubic part alone": lambda w: sqrt(w / 3),
        "He_2 and He_3 are taken for equally long": lambda w: sqrt(w / (1 - w)) / 3,
    },
)
solves(
    "wif-kappa-need",
    lambda n, d, kappa, noise: n / (pi * (d * kappa) ** 2 * (1 + noise**2)),
    1.0,
    *((40, 1.0, 0.0), (40, 4.0, 0.5), (20, 3.0, 2.0)),
    what="signal over noise",
    slips={
        "the noise is not squared": lambda d, k, s: pi * (d * k) ** 2 * (1 + s),
        "the eigenvalue is not squared": lambda d, k, s: pi * d**2 * k * (1 + s**2),
    },
)


def tenfold() -> str:
    """What a tenth of the parabola costs in 40 dimensions, for half of the layer."""
    rows = read_table("curvature-overlap")
    rows = select(rows, d=40, degree=3, quadratic=[0.05, 0.5])
    few, many = reach(rows, 0.5, over="quadratic", value="overlap", rising=True).n
    return f"{few / many:.0f}"


def leak(d: int, n: int) -> str:
    """The share along u for the cubic alone."""
    at = {"degree": 3, "quadratic": 0.0, "d": d, "n": n}
    return percent(select(read_table("curvature-overlap"), **at)["overlap"].mean())


LEAKS = {"first": (80, 6400), "later": (80, 102_400), "nearer": (20, 6400)}
LEAKED = {name: partial(leak, *at) for name, at in LEAKS.items()}
declare("when-it-fails", tenfold=tenfold, **LEAKED)
