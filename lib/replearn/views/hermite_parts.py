"""An explorer of Hermite parts: build a target, see it along U and what H shows."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pandas as pd
import torch

from replearn.hermite import orthonormal_hermite, relu_coefficients
from replearn.targets import MultiIndex
from replearn.theory import rates
from replearn.views.controls import ExplorerSpec
from replearn.views.facts import Fact, Words
from replearn.views.parts import Axis, Cell, Knob, Scale

DEGREES = (1, 2, 3, 4)
SHAPES = ("one direction", "two alike", "two apart")
POINTS = torch.linspace(-2.5, 2.5, 21, dtype=torch.float64)

DIMENSIONS = (10, 40, 160)
ZERO = 1e-12  # what a sum of parts leaves where it should leave nothing

HERMITE = ExplorerSpec(
    name="hmt",
    knobs=(
        Knob("shape", SHAPES, SHAPES[0], "directions", ""),
        Knob("w1", (0, 1), 0, "weight of degree 1", "", said="{} × degree 1"),
        Knob("w2", (0, 1, 2), 1, "weight of degree 2", "", said="{} × degree 2"),
        Knob("w3", (0, 1, 2), 1, "weight of degree 3", "", said="{} × degree 3"),
        Knob("w4", (0, 1), 0, "weight of degree 4", "", said="{} × degree 4"),
    ),
    axes=(Axis("z", "place z along a direction", log=False),),
    y=Scale("f* and its parts", -4, 6, log=False),
    learners=("target", "target-2", "degree-2"),
    caption=(
        "A target built from Hermite parts and scaled to mean square one: f* along "
        "two axes of the input, averaged over all others, and the part of each degree. "
        "With one direction nothing depends on u₂. Two directions are alike, or apart: "
        "even degrees in the first, odd ones in the second. Below, for each degree, "
        "its share of the variance and the number of such polynomials in 10, 40 and "
        "160 variables; then what the mean gradient, the expected Hessian H and a gate "
        "see."
    ),
    symbol="z",
)


def hermite_target(cell: Cell) -> MultiIndex:
    """The target of a setting of the explorer.

    Args:
        cell: shape and w1 to w4, not all zero.
    Returns: the target in ten dimensions; its second direction, if there is one, takes
        the same degrees as the first ("two alike") or the odd ones ("two apart").
    Raises:
        ValueError: all weights are zero.
    Cost: O(1).
    Example:
        >>> cell = {"shape": "two apart", "w1": 0, "w2": 1, "w3": 1, "w4": 0}
        >>> int(torch.linalg.matrix_rank(hermite_target(cell).expected_hessian()))
        1
    """
    weights = _weights(cell)
    r = len(weights)
    coefficients = {
        tuple(p if j == i else 0 for j in range(r)): c
        for i, along in enumerate(weights)
        for p, c in along.items()
    }
    degree = max(sum(powers) for powers in coefficients)
    return MultiIndex(DIMENSIONS[0], r, degree, coefficients)


def _weights(cell: Cell) -> list[dict[int, float]]:
    """For each direction its coefficient at each degree, scaled to E f*^2 = 1."""
    raw = {p: float(cell[f"w{p}"]) for p in DEGREES if cell[f"w{p}"]}
    if not raw:
        raise ValueError("all weights are zero: there is nothing to be learned")
    alike = [raw] if cell["shape"] == SHAPES[0] else [raw, raw]
    apart = [{p: c for p, c in raw.items() if p % 2 == odd} for odd in (0, 1)]
    along = apart if cell["shape"] == SHAPES[2] else alike
    norm = math.sqrt(sum(c * c for part in along for c in part.values()))
    return [{p: c / norm for p, c in part.items()} for part in along]


def hermite_cells() -> list[dict[str, Any]]:
    """Every setting of the explorer but those with nothing to be learned.

    Returns: name of a knob -> value, for each.
    Cost: O(settings).
    Example:
        >>> len(hermite_cells())
        105
    """
    names = [knob.name for knob in HERMITE.knobs]
    values = itertools.product(*(knob.values for knob in HERMITE.knobs))
    cells = [dict(zip(names, setting, strict=True)) for setting in values]
    return [cell for cell in cells if any(cell[f"w{p}"] for p in DEGREES)]


def part_curves() -> pd.DataFrame:
    """The curves of every setting: f* along each direction, and its parts.

    Returns: the knobs' columns, learner, n (the place z), error (the value), low, high
        and seeds, which is 0: nothing here is measured.
    Cost: O(settings), about a second.
    Example:
        >>> set(part_curves().seeds)
        {0}
    """
    parts = {p: orthonormal_hermite(p, POINTS) for p in DEGREES}
    nothing, frames = torch.zeros_like(POINTS), []
    for cell in hermite_cells():
        along = _weights(cell)
        curves = {f"degree-{p}": nothing for p in DEGREES}
        curves |= {f"degree-{p}": c * parts[p] for w in along for p, c in w.items()}
        for key, weights in zip(("target", "target-2"), [*along, {}], strict=False):
            terms = [c * parts[p] for p, c in weights.items()]
            curves[key] = torch.stack([nothing, *terms]).sum(0)
        for key, values in curves.items():
            rows = {"learner": key, "n": POINTS.numpy(), "error": values.numpy()}
            frames.append(pd.DataFrame({**cell, **rows}))
    table = pd.concat(frames, ignore_index=True)
    table.loc[table["error"].abs() < ZERO, "error"] = 0.0
    return table.assign(low=table["error"], high=table["error"], seeds=0)


def part_words(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
    """Say what the mean gradient, the expected Hessian and a gate see of a setting.

    Args:
        cell: of the explorer. curves: its rows. theory: none; both are not looked at.
    Returns: the words of the cell.
    Raises:
        ValueError: all weights are zero.
    Cost: O(1).
    Example:
        >>> cell = {"shape": "two alike", "w1": 0, "w2": 0, "w3": 1, "w4": 0}
        >>> part_words(cell, pd.DataFrame(), pd.DataFrame()).sentence[-54:]
        'H is zero: no direction shows in degree two, at any n.'
    """
    target = hermite_target(cell)
    slope = float(target.expected_gradient().norm())
    spectrum = torch.linalg.eigvalsh(target.expected_hessian())
    shown = [float(value) for value in spectrum.flip(0) if abs(value) > 1e-9]
    used = sum(1 for weights in _weights(cell) if weights)
    values = ", ".join(f"{value:.2f}" for value in shown) or "none"
    zeros = f"and d − {len(shown)} zeros" if shown else "d zeros"
    return Words(
        sentence=f"{HERMITE.say(cell)}: {_verdict(shown, used)}",
        facts=[
            *(_share(target, p) for p in DEGREES),
            Fact("gradient", "mean gradient", f"{slope:.2f}", "its length"),
            Fact("hessian", "eigenvalues of H", values, zeros),
            _gate(cell),
        ],
    )


def _verdict(shown: list[float], used: int) -> str:
    if not shown:
        return "H is zero: no direction shows in degree two, at any n."
    if len(shown) < used:
        return "H has rank 1 of 2: the second direction does not show in degree two."
    if used == 1:
        return f"H shows the direction, with the eigenvalue {shown[0]:.2f}."
    return f"H has rank 2, both eigenvalues {shown[0]:.2f}: both directions show."


def _share(target: MultiIndex, degree: int) -> Fact:
    share = target.degree_weights().get(degree, 0.0)
    counts = [rates.monomials_of_degree(d, degree) for d in DIMENSIONS]
    note = "among " + " / ".join(f"{many:,}" for many in counts)
    return Fact(f"degree-{degree}", f"degree {degree}", f"{share:.0%}", note)


def _gate(cell: Cell) -> Fact:
    """The brightest degree above one to a neuron in a random direction."""
    rho = relu_coefficients(max(DEGREES))
    signals = {
        p: abs(p * float(rho[p]) * c)
        for weights in _weights(cell)
        for p, c in weights.items()
        if p in (2, 4)
    }
    if not signals:
        return Fact("gate", "a random gate sees", "nothing", "above degree 1")
    degree = min(signals)
    scale = {2: "√d", 4: "d√d"}[degree]
    value = f"{signals[degree]:.2f} / {scale}"
    return Fact("gate", "a random gate sees", value, f"of degree {degree}")
