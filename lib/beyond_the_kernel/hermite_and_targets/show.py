"""The figure to move of the chapter on Hermite parts, its lab and its pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes

from beyond_the_kernel.hermite_and_targets import grid
from replearn.experiments import derivatives
from replearn.experiments.curves import select, summarise
from replearn.experiments.tables import read_table
from replearn.hermite import orthonormal_hermite, relu_coefficients
from replearn.targets import MultiIndex, paper_target
from replearn.theory.rates import monomials_of_degree
from replearn.views.controls import ExplorerSpec
from replearn.views.drawing import log_axes
from replearn.views.facts import Fact, Words
from replearn.views.hero import Frame, Hero, Mark, Panel, board
from replearn.views.knobs import DEGREE, DIMENSION, DIRECTIONS, SEEDS, most
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving
from replearn.views.palette import line_style
from replearn.views.parts import Axis, Cell, Knob, Scale
from replearn.views.pictures import MARKERS, family, finish
from replearn.views.stages import Look, Stage
from replearn.views.style import SOFT

POINTS = torch.linspace(-2.5, 2.5, 21, dtype=torch.float64)
DIMENSIONS = (10, 40, 160)
ZERO = 1e-12  # what a sum of parts leaves where it should leave nothing

SPEC = ExplorerSpec(
    name="hmt",
    knobs=(
        Knob("shape", grid.SHAPES, grid.SHAPES[0], "kind", ""),
        *(
            Knob(f"w{p}", weights, first, f"weight of {name}", "", "", f"{{}} × {name}")
            for (p, weights), first in zip(
                grid.WEIGHTS.items(), (0, 1, 1, 0), strict=True
            )
            for name in [f"degree {p}"]
        ),
    ),
    axes=(Axis("z", "place z along a direction", log=False),),
    y=Scale("f* and its parts", -4, 6, log=False),
    learners=("target", "degree-2"),
    caption=(
        "A target built from Hermite parts, of mean square one: f* along two axes of "
        "the input, averaged over all others, and the part of each degree. Two "
        "directions are alike, or apart: even degrees in the first, odd ones in the "
        "second. Below: the share of each degree, and how many such polynomials there "
        "are in 10, 40 and 160 variables."
    ),
    symbol="z",
)


def part_curves() -> pd.DataFrame:
    """f* along each direction, and its parts; no seeds, since nothing is measured."""
    h = {p: orthonormal_hermite(p, POINTS) for p in grid.WEIGHTS}
    frames = []
    for cell in grid.BUILT:
        parts = grid.along(cell)
        coefficients = {p: c for part in parts for p, c in part.items()}
        curves = {f"degree-{p}": coefficients.get(p, 0) * h[p] for p in grid.WEIGHTS}
        for name, part in zip(("target", "target-2"), [*parts, {}], strict=False):
            curves[name] = sum((c * h[p] for p, c in part.items()), 0 * POINTS)
        for name, values in curves.items():
            rows = {"learner": name, "n": POINTS.numpy(), "error": values.numpy()}
            frames.append(pd.DataFrame({**cell, **rows}))
    table = pd.concat(frames, ignore_index=True)
    table.loc[table["error"].abs() < ZERO, "error"] = 0.0
    return table.assign(low=table["error"], high=table["error"], seeds=0)


def words(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
    """What the mean gradient, the expected Hessian and a gate see of a target."""
    target, parts = grid.built_target({**cell}), grid.along({**cell})
    slope = float(target.expected_gradient().norm())
    spectrum = torch.linalg.eigvalsh(target.expected_hessian()).flip(0).tolist()
    shown = [value for value in spectrum if abs(value) > 1e-9]
    values = ", ".join(f"{value:.2f}" for value in shown) or "none"
    zeros = f"and d − {len(shown)} zeros" if shown else "d zeros"
    shares = target.degree_weights()
    return Words(
        f"{SPEC.say(cell)}: {_verdict(shown, sum(map(bool, parts)))}",
        [
            *(_share(p, shares.get(p, 0.0)) for p in grid.WEIGHTS),
            Fact("gradient", "mean gradient", f"{slope:.2f}", "its length"),
            Fact("hessian", "eigenvalues of H", values, zeros),
            _gate(parts),
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


def _share(degree: int, share: float) -> Fact:
    many = " / ".join(f"{monomials_of_degree(d, degree):,}" for d in DIMENSIONS)
    key, name = f"degree-{degree}", f"degree {degree}"
    return Fact(key, name, f"{share:.0%}", f"among {many}")


def _gate(parts: list[dict[int, float]]) -> Fact:
    """The brightest degree above one to a neuron in a random direction."""
    rho = relu_coefficients(4)
    for degree, scale in ((2, "√d"), (4, "d√d")):
        for part in reversed(parts):
            if degree in part:
                signal = abs(degree * float(rho[degree]) * part[degree])
                value, note = f"{signal:.2f} / {scale}", f"of degree {degree}"
                return Fact("gate", "a random gate sees", value, note)
    return Fact("gate", "a random gate sees", "nothing", "above degree 1")


STEPS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("a parabola and a cubic", {}, "At z = {z} the target is {f}. {seen}"),
    ("take the parabola away", {"w2": 0}, "At z = {z} it is still {f}. {seen}"),
    (
        "two directions, a part each",
        {"shape": grid.SHAPES[2], "show": ["target", "target-2"]},
        "Along u₁ lies the parabola ({f} at z = {z}), along u₂ the cubic. {seen}",
    ),
    (
        "degree four alone",
        {"w2": 0, "w3": 0, "w4": 1},
        "At z = {z} the target is {f}, after a hump. {seen} A gate sees {gate}",
    ),
)


def told(look: Look, sentence: str) -> str:
    """The sentence with where f* ends along u₁, and what H and a random gate see."""
    read = look()
    end = select(read.curves, learner="target").nlargest(1, "n").iloc[0]
    said = words(read.cell, read.curves, read.theory)
    seen, gate = said.sentence.split(": ", 1)[1], said.facts[-1]
    values = {"f": f"{end.error:.1f}", "z": f"{end.n:g}", "seen": seen}
    return sentence.format(**values, gate=f"{gate.value} {gate.note}").removesuffix(".")


EXPLORER = Moving(
    SPEC,
    part_curves,
    words,
    stages=[Stage(name, at, partial(told, sentence=say)) for name, at, say in STEPS],
)


def measure(
    ns: Sequence[int], seed: int, d: int, r: int, degree: int
) -> Mapping[str, Sequence[float]]:
    """Errors of the coefficients of each degree, at any setting."""
    target = paper_target(d, r, degree)
    found = derivatives.measure_coefficient_errors(target, ns, seed)
    return {f"degree-{order}": errors for order, errors in found.items()}


def coefficient_means() -> pd.DataFrame:
    """The table `hermite-coefficients` as the lab takes it."""
    found = summarise(read_table("hermite-coefficients"), ["d", "degree", "n"])
    return _parts(found).rename(columns={"part": "learner"}).assign(degree=3)


LAB = LabSpec(
    knobs=(DIMENSION, DIRECTIONS, DEGREE, most(128_000, 16_000), SEEDS),
    runs={"samples": ("degree-1", "degree-2", "degree-3")},
    measure=measure,
    estimate=lambda ns, d, **others: derivatives.estimate_seconds(d, ns),
    shows=EXPLORER,
    fixed={"r": 1},
    table=coefficient_means,
    y=Scale("squared error of the coefficients", 1e-4, 1e4),
)


def plot_gate_signals(
    ax: Axes, signals: pd.DataFrame, formulas: Mapping[int, Callable[[float], float]]
) -> Axes:
    """Draw what a gate sees of each degree against its overlap; dotted, the formulas.

    The signals have the columns degree, overlap, error, low, high.
    """
    t = np.linspace(0, float(signals["overlap"].max()), 100)
    for degree, formula in formulas.items():
        colour = line_style(f"degree-{degree}")["color"]
        ax.plot(t, [formula(value) for value in t], ":", color=colour)
    family(ax, _parts(signals), "part", x="overlap", linestyle="none")
    ax.axhline(0, color=SOFT, lw=0.8, zorder=0)
    label = "alignment t of the neuron with the direction"
    return finish(ax, label, "signal in the gradient", log="", columns=0)


def plot_coefficient_errors(ax: Axes, errors: pd.DataFrame) -> Axes:
    """Draw errors against samples per coefficient, a hue a degree and a marker a d.

    They have the columns d, degree, per_coefficient, error, low, high and, drawn
    dotted, exact.
    """
    log_axes(ax, "samples per coefficient of that degree", "squared error, summed")
    for (d, rows), marker in zip(_parts(errors).groupby("d"), MARKERS, strict=False):
        label = "{}" if d == errors["d"].min() else "_{}"  # each degree is named once
        look: dict[str, Any] = {"marker": marker, "linestyle": "none"}
        family(ax, rows, "part", label, "per_coefficient", formula="exact", **look)
    for d, marker in zip(sorted(set(errors["d"])), MARKERS, strict=False):
        ax.plot([], [], marker, color=SOFT, label=f"d = {d}")
    ax.legend(ncols=2)
    return ax


LOOKS: dict[str, tuple[str, Any]] = {
    "full-rank": ("degree-2", "-"),
    "rank-deficient": ("degree-3", (0, (5, 2))),
    "cubic": ("degree-4", (0, (2, 2))),
}


def plot_curvatures(ax: Axes, sizes: pd.DataFrame) -> Axes:
    """Draw a curvature's root mean square against n, for targets with it and without.

    The sizes have the columns target, n, error, low, high and, drawn dotted, exact.
    """
    log_axes(ax, "samples n", "estimated curvature along $u_2$ (rms)")
    for target, rows in sizes.groupby("target", sort=False):
        ink, dash = LOOKS[str(target)]
        look = line_style(ink) | {"linestyle": dash, "label": target}
        ax.plot(rows["n"], rows["error"], **look)
        band = {"color": look["color"], "alpha": 0.16, "lw": 0}
        ax.fill_between(rows["n"], rows["low"], rows["high"], **band)
        ax.plot(rows["n"], rows["exact"], ":", color=look["color"], lw=1.3)
    ax.legend()
    return ax


def _parts(rows: pd.DataFrame) -> pd.DataFrame:
    """With the name that goes with each degree's look."""
    return rows.assign(part="degree-" + rows["degree"].astype(str))


SIDE, PLACE = 11, 4  # of the matrices, and the input that the label looks at
SEEN = (100, 400, 1600, 6400, 25600, 102400)


@cache
def drawn(*degrees: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The most samples that the slider has, of a label with these parts."""
    u = torch.eye(SIDE)[PLACE : PLACE + 1]
    target = MultiIndex(SIDE, 1, 3, {(k,): 1.0 for k in degrees}, u)
    return target.sample(SEEN[-1], seed=0)


def curvature_seen(n: int) -> Frame:
    """The average of y (x xᵀ − I) over n samples, with a parabola and without."""
    marks: list[Mark] = []
    said = []
    for panel, degrees in enumerate(((2, 3), (3,))):
        x, y = drawn(*degrees)
        found = derivatives.measure_derivative(x[:n], y[:n], 2)
        marks += board(found, panel)
        said.append(f"{found[PLACE, PLACE]:.2f}".replace("-", "−"))
    return Frame(
        marks,
        f"n = {n}: the hidden direction's square is {said[0]} with a parabola in the "
        f"label, {said[1]} without; the rest is noise.",
    )


BOARD: dict[str, Any] = {"x": (0, 1), "y": (0, 1), "square": True, "cross": False}
HERO = Hero(
    "hmt",
    Knob("n", SEEN, SEEN[0], "samples n", ""),
    (Panel("parabola + cubic", **BOARD), Panel("cubic alone", **BOARD)),
    curvature_seen,
    "Two matrices of measured curvature, a square for each pair of inputs. As n grows "
    "the noise fades in both. On the left one bright square remains, that of the "
    "direction u; on the right, where the label has no parabola, nothing does.",
)
