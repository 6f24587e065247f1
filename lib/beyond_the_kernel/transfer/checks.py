"""The predictions, questions and exercises of "Transfer"."""

from __future__ import annotations

from math import acos, comb, degrees, inf

from beyond_the_kernel.transfer.grid import pays_from
from replearn.experiments.curves import reach, select
from replearn.experiments.exercises import agrees
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import declare
from replearn.experiments.tables import read_table
from replearn.views.ask import ask as ask
from replearn.views.ask import recall as recall

agrees(
    "trf-count",
    lambda variables, degree: comb(variables + degree, degree),
    *((1, 3), (2, 3), (4, 4), (40, 3)),
    slips={
        "the constant 1 is left out": lambda r, p: comb(r + p, p) - 1,
        "only degree p itself is counted": lambda r, p: comb(r + p - 1, p),
        "the order of the factors counts": lambda r, p: (r + 1) ** p,
    },
)

agrees(
    "trf-bill",
    pays_from,
    *((25_600, 250, 10_000), (1000, 100, 1100), (999, 100, 1099)),
    *((409_600, 250, 630_000), (1000, 300, 200), (1000, 300, 300)),
    slips={
        "equal bills pay": lambda n, f, k: -(-n // (k - f)) if k > f else inf,
        "equality is forgotten": lambda n, f, k: n // (k - f) + 1 if k >= f else inf,
    },
)

agrees(
    "trf-fresh",
    lambda d, r, degree: (d**2 * r + d * r**degree) / (d**2 * r + r**degree),
    *((40, 1, 3), (40, 8, 4), (160, 20, 4)),
    slips={
        "it is upside down": lambda d, r, p: (d**2 * r + r**p) / (d**2 * r + d * r**p),
        "the layer is left out of both": lambda d, r, p: d,
        "fresh samples pay for the layer": lambda d, r, p: (d**2 * r + d * r**p) / r**p,
    },
)


agrees(
    "trf-angle",
    lambda degree, error: degrees(acos((1 - error) ** (1 / (2 * degree)))),
    *((3, 0.1), (2, 0.1), (4, 0.05)),
    relative=1e-3,
    slips={
        "the angle is in radians": lambda p, e: acos((1 - e) ** (1 / (2 * p))),
        "the power is p and not 2p": lambda p, e: degrees(acos((1 - e) ** (1 / p))),
    },
)


def needs(d: int) -> tuple[float, float]:
    """To 10 % on a cubic: features from 16 d² source samples; a kernel, by theory."""
    at = {"d": d, "r": 1, "degree": 3}
    ours = select(read_table("transfer"), learner="transferred", factor=16, **at)
    theirs = select(read_table("transfer-kernel-theory"), **at)
    return float(reach(ours).n[0]), float(reach(theirs).n[0])


def longer() -> str:
    """What four times the dimension costs."""
    ours, theirs = (b / a for a, b in zip(needs(40), needs(160), strict=True))
    return f"the read-out {ours:.1f} times, the kernel, by theory, {theirs:.0f} times"


def cheaper() -> str:
    """From which cubic on transfer pays."""
    ours, theirs = needs(40)
    first = pays_from(25_600, ours, theirs)
    return f"from cubic {first} on: 25 600 + {ours:.0f} each, against {theirs:.0f} each"


declare("transfer", longer=longer, cheaper=cheaper)
