"""The predictions, questions and exercises of "Full batch"."""

from __future__ import annotations

from functools import partial
from math import sqrt

from beyond_the_kernel.full_batch.grid import digits_ratio
from replearn.experiments.curves import select
from replearn.experiments.exercises import agrees, solves
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import declare
from replearn.experiments.tables import read_table
from replearn.views.ask import ask as ask
from replearn.views.ask import recall as recall

agrees(
    "fub-noise",
    lambda p, n: n / (n - p) if p < n else p / (p - n),
    *((50, 200), (190, 200), (400, 200)),
    slips={
        "the formula for p < n serves on both sides": lambda p, n: n / (n - p),
        "p and n are exchanged": lambda p, n: p / (n - p) if p < n else n / (p - n),
    },
)
agrees(
    "fub-convention",
    lambda ridge, n: ridge / n,
    *((0.1, 200), (2.0, 50)),
    slips={
        "the ridge is multiplied by n": lambda ridge, n: ridge * n,
        "the half is counted on one side only": lambda ridge, n: ridge / (2 * n),
    },
)
solves(
    "fub-kappa",
    lambda kappa, n, p, ridge: ridge / kappa + p / (1 + kappa),
    lambda n, p, ridge: n,
    *((200, 200, 0.01), (200, 50, 1.0), (200, 800, 0.0001)),
    what="ridge/kappa + p/(1 + kappa)",
    slips={
        "p = n is taken for granted": lambda n, p, ridge: (
            (ridge + sqrt(ridge**2 + 4 * n * ridge)) / (2 * n)
        ),
        "the ridge is left out": lambda n, p, ridge: max(p / n - 1, 1e-9),
    },
)


agrees(
    "fub-distinct",
    lambda stock, n: stock * (1 - (1 - 1 / stock) ** n),
    *((1797, 300), (1797, 800), (10, 20)),
    slips={
        "it is the number that are left out": lambda s, n: s * (1 - 1 / s) ** n,
        "each repeats the first only": lambda s, n: n * (1 - 1 / s),
    },
)


def error(ridge: float, p: int, **at: str) -> str:
    """A test error of the random ReLU features."""
    at = {"activation": "relu", "loss": "square"} | at
    rows = select(read_table("double-descent"), ridge=ridge, n=p, **at)
    return f"{rows['test'].mean():.2g}"


def digits() -> str:
    """Real digits over the theory."""
    return f"{digits_ratio()[0]:.2f}"


PLACES = {"half": (0.0001, 100), "equal": (0.0001, 200), "double": (0.0001, 400)}
declare(
    "full-batch", digits=digits, **{k: partial(error, *at) for k, at in PLACES.items()}
)
