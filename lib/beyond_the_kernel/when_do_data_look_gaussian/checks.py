"""The checks of the exercises, each with its usual wrong answers."""

from math import log, log2

from replearn.experiments.exercises import agrees, check

__all__ = ["check"]


def first(degree: int, head_start: int) -> int:
    """The first d >= 2 from which d^degree exceeds d^2 and a head start."""
    return next(d for d in range(2, 100) if d**degree > d**2 + head_start)


agrees(
    "wdg-rate",
    lambda d, degree: d**degree,
    (20, 3),
    (10, 2),
    slips={
        "d is multiplied by the degree": lambda d, degree: d * degree,
        "base and exponent are exchanged": lambda d, degree: degree**d,
    },
)
agrees(
    "wdg-doubling",
    lambda degree: 2**degree,
    (2,),
    (3,),
    (4,),
    slips={
        "the degree is doubled, not d": lambda degree: 2 * degree,
        "two is raised, not to the degree, but squared": lambda degree: 4,
    },
)
agrees(
    "wdg-exponent",
    lambda n1, n2: log2(n2 / n1),
    (100.0, 800.0),
    (50.0, 75.0),
    slips={
        "the logarithm is the natural one": lambda n1, n2: log(n2 / n1),
        "the ratio is upside down": lambda n1, n2: log2(n1 / n2),
    },
)
agrees(
    "wdg-crossover",
    lambda degree: first(degree, 500),
    (3,),
    (4,),
    (5,),
    slips={
        "the network's $d^2$ is left out": lambda degree: next(
            d for d in range(2, 100) if d**degree > 500
        ),
        "the last d before the crossing is given": lambda degree: (
            first(degree, 500) - 1
        ),
    },
)
