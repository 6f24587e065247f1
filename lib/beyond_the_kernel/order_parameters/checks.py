"""The predictions, questions and exercises of "Order parameters"."""

from __future__ import annotations

from math import asin, pi, sqrt

from beyond_the_kernel.order_parameters import grid
from replearn.experiments.exercises import agrees
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import declare
from replearn.views.ask import ask as ask
from replearn.views.ask import recall as recall


def arcsine(q: float, r: float, t: float, own: float = 1.0) -> float:
    """E g(1) g(2) of fields with variances q and t and covariance r."""
    return 2 / pi * asin(r / sqrt((own + q) * (own + t)))


def error(q: float, r: float, cross: float = 2.0) -> float:
    """Half the mean squared error of one unit and one teacher, T = 1."""
    return (arcsine(q, q, q) + 1 / 3 - cross * arcsine(q, r, 1.0)) / 2


def drift(q: float, r: float, rate: float, back: float = 1.0) -> float:
    """DR/dt of one unit and one teacher, T = 1."""
    pull = (1 + q - r * r) / sqrt(2 * (1 + q) - r * r)
    return rate * 2 / pi / (1 + q) * (pull - back * r / sqrt(1 + 2 * q))


agrees(
    "ops-arcsine",
    arcsine,
    *((0.25, 0.1, 1.0), (1.0, 0.5, 1.0), (2.0, -1.0, 0.5)),
    slips={
        "the noise of variance one is left out": lambda q, r, t: (
            2 / pi * asin(r / sqrt(q * t))
        ),
        "the root is forgotten": lambda q, r, t: 2 / pi * asin(r / (1 + q) / (1 + t)),
        "it is the angle in radians, without the factor": lambda q, r, t: asin(
            r / sqrt((1 + q) * (1 + t))
        ),
    },
)
agrees(
    "ops-error",
    error,
    *((0.25, 0.0), (1.0, 1.0), (0.5, 0.3), (1.5, -0.2)),
    slips={
        "the half in front is forgotten": lambda q, r: 2 * error(q, r),
        "the mixed term is counted once": lambda q, r: error(q, r, cross=1.0),
        "it is that of networks without activation": lambda q, r: (q + 1 - 2 * r) / 2,
    },
)
agrees(
    "ops-euler",
    lambda q, r, rate, step: r + step * drift(q, r, rate),
    *((0.25, 0.0, 0.5, 0.1), (0.5, 0.3, 1.0, 0.05), (1.0, 0.9, 0.2, 0.1)),
    slips={
        "it is the change, without where R was": lambda q, r, rate, step: (
            step * drift(q, r, rate)
        ),
        "the student's own output is left out": lambda q, r, rate, step: (
            r + step * drift(q, r, rate, back=0.0)
        ),
        "it has the other sign": lambda q, r, rate, step: r - step * drift(q, r, rate),
    },
)
agrees(
    "ops-spectrum",
    lambda size, latent: 1 + 2 / pi * size / latent / (1 - 2 / pi),
    *((512, 170), (512, 51), (100, 100)),
    slips={
        "the large ones lack what the others have": lambda size, latent: (
            2 / pi * size / latent / (1 - 2 / pi)
        ),
        "N and D are exchanged": lambda size, latent: (
            1 + 2 / pi * latent / size / (1 - 2 / pi)
        ),
    },
)
agrees(
    "ops-inputs",
    lambda off, wanted, size: size * (off / wanted) ** 2,
    *((0.04, 0.01, 128), (0.02, 0.005, 512), (0.03, 0.02, 64)),
    slips={
        "the distance is taken to fall like 1/N": lambda off, wanted, size: (
            size * off / wanted
        ),
        "the ratio is upside down": lambda off, wanted, size: (
            size * (wanted / off) ** 2
        ),
    },
)


def quadruple() -> str:
    """The distance at N = 512 over that at N = 128, sign, D = N / 3."""
    rows = grid.last_rows("order-flow", inputs="sign", latent="N÷3", rate=0.2)
    far = rows.groupby("size")["off"].mean()
    return f"{far[512] / far[128]:.2f} of it, from N = 128 to 512"


def two() -> str:
    """What the equations say of D = 2, over the truth."""
    return f"{grid.narrow_factor()[0]:.1f} times the test error"


declare("order-parameters", quadruple=quadruple, two=two)
