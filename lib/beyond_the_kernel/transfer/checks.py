"""The predictions, questions and exercises of "Transfer"."""

from __future__ import annotations

from math import acos, comb, degrees, inf

from beyond_the_kernel.transfer.grid import pays_from
from replearn.experiments.curves import reach, select
from replearn.experiments.exercises import agrees
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import predict, question
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


predict(
    "trf-longer",
    "A layer is learnt on a source, from 16 d² samples, and kept. Then a read-out is "
    "fitted to a cubic along the same direction. You go from d = 40 to d = 160. How "
    "many times as many samples of the cubic does it need, and a kernel from scratch?",
    "both about 4 times",
    "the read-out about 4 times, the kernel about 16",
    "the read-out about 16 times, the kernel about 60",
    "the read-out hardly more, the kernel about 60 times",
    measured=longer,
    where="Set d to 40, then to 160, and read N under the curves.",
    at="#trf:d=40",
)
predict(
    "trf-cheaper",
    "At d = 40 the source takes 25 600 samples, once. A kernel pays for each cubic "
    "anew. From which cubic on has transfer cost less in all?",
    *("from the first", "from about the third", "from about the thirtieth", "never"),
    measured=cheaper,
    where="Set d to 40 and read “pays from target” under the curves.",
    at="#trf:d=40",
)
question(
    "trf-parabola",
    "Two sources of the same variance, with equally many samples: one half parabola "
    "and half cubic, the other all parabola. Which layer serves a new cubic better?",
    "the parabola's",
    "A layer keeps the direction and no shape, and the parabola alone bends more: its "
    "curvature squared is twice as large.",
    ("that of the mixture", "Does the layer remember that it has seen a cubic?"),
    ("both the same", "Which source bends more on average, and what does that give?"),
)
question(
    "trf-itself",
    "At d = 160 a layer is learnt from 410 000 samples of He₃(z). Its read-out "
    "gets 3000 more of the same He₃(z). Which error is left?",
    "about 1: nothing is learnt",
    "He₃ has no average curvature, so the step has not found its direction.",
    ("about 0.02", "So it is from the mixture. Which half of it did the step see?"),
    ("about 0.5", "What is the expected Hessian of He₃, and what is the step made of?"),
)
question(
    "trf-same",
    "At d = 40 a source of 25 600 samples leads to a certain read-out curve. How many "
    "does the source need at d = 80, for the same curve?",
    25_600 * 2**2,
    "The curve depends on the overlap, and that on n/d²: four times as many.",
    (25_600, "That leaves n as it was. Does the overlap then stay?"),
    (25_600 * 2, "That keeps n/d. Which quotient stands in the overlap's formula?"),
    (25_600 * 2**3, "So does a kernel's need grow. What has to be estimated here?"),
    unit="samples",
)
