"""Ready-made controls: what most explorers and labs have in common."""

from __future__ import annotations

from collections.abc import Sequence

from replearn.views.parts import Axis, Knob, Switch, raised

N = Axis("n", "training samples n")


def d_knob(values: Sequence[int], default: int = 40) -> Knob:
    """The slider of the input dimension."""
    return Knob("d", tuple(values), default, "input dimension d", "")


def r_knob(values: Sequence[int], default: int = 1) -> Knob:
    """The slider of the number of relevant directions."""
    return Knob("r", tuple(values), default, "relevant directions r", "")


def p_knob(values: Sequence[int], default: int = 3, short: str = "p") -> Knob:
    """The slider of the degree."""
    return Knob("degree", tuple(values), default, "degree p", "", short, "degree {}")


def over(power: int | str, symbol: str = "n") -> Axis:
    """The axis of n / d^power, the power being a number or the name of a knob."""
    if isinstance(power, str):
        return Axis(f"{symbol}/dp", f"{symbol} / dᵖ", (("d", power),))
    plain = power == 1
    key = f"{symbol}/d" + ("" if plain else str(power))
    title = f"{symbol} / d" + ("" if plain else raised(power))
    return Axis(key, title, (("d", power),))


def switches(theory: str, guides: str, family: str) -> tuple[Switch, ...]:
    """The three check boxes of an explorer of measurements.

    Args: theory, guides: what their boxes say. family: what "all ... at once" shows.
    """
    return (
        Switch("theory", True, theory),
        Switch("guides", True, guides),
        Switch("all", False, f"all {family} at once"),
    )


DIMENSION = Knob("d", tuple(range(9, 201)), 20, "input dimension d", "")
DIRECTIONS = Knob("r", tuple(range(1, 9)), 1, "relevant directions r", "")
DEGREE = p_knob(range(2, 7), short="")
TARGET = (DIMENSION, DIRECTIONS, DEGREE)
NOISE = Knob("noise", (0.0, 0.25, 0.5, 1.0), 0.0, "label noise ς", "", said="noise {}")
SEEDS = Knob("seeds", (1, 2, 3, 5), 2, "repetitions", "seeds")


def width_knob(default: int) -> Knob:
    """The slider of the number of neurons."""
    return Knob("width", (128, 256, 512, 1024, 2048), default, "width m", "neurons")


def most(largest: int, default: int) -> Knob:
    """The slider of the largest size: 250 times powers of two."""
    sizes = [250 * 2**k for k in range(12)]
    values = tuple(n for n in sizes if n <= largest)
    return Knob("n_max", values, default, "most samples n", "")


def usual(largest: int, first: int, width: int) -> tuple[Knob, ...]:
    """The sliders of a laboratory: target, most samples, noise, width, seeds."""
    return (*TARGET, most(largest, first), NOISE, width_knob(width), SEEDS)
