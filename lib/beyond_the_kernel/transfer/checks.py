"""The exercises of "Transfer": the right answers, and the usual wrong ones."""

from __future__ import annotations

from functools import cache
from math import acos, comb, degrees, exp, inf
from statistics import NormalDist

from scipy.integrate import quad
from scipy.optimize import brentq

from beyond_the_kernel.transfer.grid import overlap
from replearn.experiments.exercises import agrees, solves
from replearn.experiments.exercises import check as check
from replearn.theory import predict_transfer_curve

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


def pays_from(n: int, features: int, kernel: int) -> float:
    """One more than the largest number of targets at which transfer does not pay."""
    return inf if kernel <= features else n // (kernel - features) + 1


agrees(
    "trf-bill",
    pays_from,
    *((25_600, 250, 10_000), (1000, 100, 1100), (999, 100, 1099)),
    *((409_600, 250, 630_000), (1000, 300, 200), (1000, 300, 300)),
    slips={
        "equal bills pay": lambda n, f, k: -(-n // (k - f)) if k > f else inf,
        "equal needs pay": lambda n, f, k: n if k == f else pays_from(n, f, k),
        "equal needs are forgotten": lambda n, f, k: (
            n // (k - f) + 1 if k >= f else inf
        ),
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
NORMAL = NormalDist()


def shaken(s: float, nu: float) -> float:
    """By quadrature: independent of the closed form."""
    return float(quad(lambda z: (s + nu * z) * NORMAL.pdf(z), -s / nu, 12)[0])


agrees(
    "trf-smooth",
    shaken,
    *((0.5, 1.0), (-1.0, 0.3), (0.0, 2.0)),
    relative=1e-4,
    slips={
        "the noise is left out": lambda s, nu: max(s, 0.0),
        "nu is missing in front of the density": lambda s, nu: (
            s * NORMAL.cdf(s / nu) + NORMAL.pdf(s / nu)
        ),
    },
)


def predicted(x: float, degree: int, N: int, error: float = 0.0) -> float:
    """The read-out's error at N samples, on features from x d^2 source samples."""
    return float(predict_transfer_curve(overlap(x), degree, [N])[0])


@cache
def source_needed(degree: int, N: int, error: float) -> float:
    """The right answer, by a root in the logarithm."""
    return exp(brentq(lambda t: predicted(exp(t), degree, N) - error, -4.6, 9.2))


solves(
    "trf-enough",
    predicted,
    lambda degree, N, error: error,
    *((3, 1000, 0.1), (2, 100, 0.1), (4, 3000, 0.2)),
    relative=0.004,
    what="the predicted error",
    slips={
        "n for d = 100 is returned": lambda *case: source_needed(*case) * 100**2,
        "the overlap is returned": lambda *case: overlap(source_needed(*case)),
    },
)
