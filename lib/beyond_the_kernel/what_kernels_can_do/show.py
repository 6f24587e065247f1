"""The figure to move of "What kernels can and cannot do", its lab and its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex

from beyond_the_kernel.what_kernels_can_do import grid
from replearn.experiments import degrees
from replearn.experiments.curves import select
from replearn.experiments.tables import read_table
from replearn.harmonics import count_harmonics
from replearn.kernels import kernel_of
from replearn.targets.staircase import Staircase
from replearn.views.controls import ExplorerSpec
from replearn.views.facts import Read, Telling, count, need, percent
from replearn.views.hero import Frame, Hero, Mark, Panel, label
from replearn.views.knobs import DIMENSION, SEEDS, N, d_knob, most, over, switches
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, means
from replearn.views.palette import ink
from replearn.views.parts import Knob, Level, Scale
from replearn.views.pictures import MARKERS, family, over_d
from replearn.views.stages import Look, Stage, grew, tell
from replearn.views.style import SOFT

PARTS = ("degree-1", "degree-2", "degree-3")
# column -> its names -> what a reader sees; "all" is the switch for all d
KERNELS = {"ntk": "NTK", "polynomial": "poly", "rbf": "RBF", "ntk-no-bias": "bias-free"}
INPUTS = {"gaussian": "Gaussian", "sphere": "spherical"}
WORDS = {"kernel": KERNELS, "inputs": INPUTS, "part": {degrees.WHOLE: "whole"}}

SPEC = ExplorerSpec(
    name="wkc",
    knobs=(
        d_knob(grid.DIMENSIONS, 10),
        Knob("kernel", (*KERNELS.values(),), "poly", "kernel", "", "", "{} kernel"),
        Knob("r", (1, 2), 1, "directions r", ""),
        Knob("inputs", (*INPUTS.values(),), "spherical", "inputs", "", "", "{} inputs"),
    ),
    axes=(N, over(1), over(2), over(3)),
    y=Scale("missing share (1 − q)²", -0.1, 1.15, log=False, note="1: nothing learnt"),
    learners=PARTS[:2],
    family="degree-2",
    caption=(
        "What is missing of each degree against the number of training samples: means "
        "over {seeds} seeds with 95 % intervals, dotted the theory on the sphere. NTK "
        "is the kernel of a wide network, bias-free that without biases, poly of "
        "degree four, RBF the Gaussian one; Mₖ counts the functions of degree k."
    ),
    switches=switches("theory", "numbers of functions Mₖ", "d"),
    level=Level(grid.HALF, "half learnt"),
)


def named(table: pd.DataFrame) -> pd.DataFrame:
    """The staircase's rows, with names as the reader sees them."""
    rows = select(table, target="staircase").drop(columns="target")
    return rows.replace(WORDS).rename(columns={"part": "learner"})


def sentence(read: Read) -> str:
    """At which n half of each degree is learnt."""
    said = [
        f"of {ink(part).label} "
        + (f"not by n = {count(half.n)}" if half.sign == ">" else f"at {half}")
        for part, half in read.needs.items()
        if part in PARTS
    ]
    return f"half is learnt {', '.join(said)}"


def crossings(look: Look) -> str:
    """Where half of degrees one and two is learnt."""
    one, two = (tell(look(), part) for part in PARTS[:2])
    line = "Find where each curve crosses the dashed line"
    return f"{line}: half of degree 1 is learnt at {one}, half of degree 2 at {two}"


def doubled(look: Look) -> str:
    """By how much the needs of degrees one and two grow from d = 10 to 20."""
    one, two = (grew(look(d=10), look(), part) for part in PARTS[:2])
    return f"From d = 10 to d = 20 degree 1 needs {one} as many samples, degree 2 {two}"


def cubic(look: Look) -> str:
    """What degree three needs."""
    many, half = count_harmonics(20, 3), tell(look(), PARTS[2])
    said = f"Degree 3 has {many} functions, and half of it is learnt at {half}"
    return f"{said}, {grew(look(d=10), look(), PARTS[2])} as many as at d = 10"


def collapse(look: Look) -> str:
    """The need of degree two over d²."""
    needs = [(d, look(d=d).known(PARTS[1])[0]) for d in (10, 80)]
    said = [f"{n.n / d**2:.2g} d² samples at d = {d}" for d, n in needs if n]
    return f"Half of degree 2 takes {' and '.join(said)}: the curves fall together"


EXPLORER = Moving(
    SPEC,
    lambda: means(named(read_table("staircase")), SPEC),
    Telling(
        SPEC,
        sentence,
        [need(p, f"half of {ink(p).label}", "theory: {theory}") for p in PARTS],
        {f"M{'₁₂₃'[k - 1]}": partial(count_harmonics, k=k) for k in (1, 2, 3)},
        PARTS,
    ),
    lambda: named(read_table("staircase-theory")),
    stages=(
        Stage("two degrees at d = 10", {}, crossings),
        Stage("double d: who moves?", {"d": 20}, doubled),
        Stage("and degree three?", {"d": 20, "show": [*PARTS]}, cubic),
        Stage("divide n by d²", {"d": 20, "axis": "n/d2", "all": True}, collapse),
    ),
    source="staircase",
)


def measure(
    ns: Sequence[int], seed: int, d: int, r: int, degree: int, kernel: str, inputs: str
) -> Mapping[str, Sequence[float]]:
    """The missing share of the degrees up to one, equally weighted, at any setting."""
    name_of = {word: name for name, word in (KERNELS | INPUTS).items()}
    weights = dict.fromkeys(range(1, degree + 1), 1.0)
    target = Staircase(d, r, weights, name_of[inputs])
    fitted = kernel_of(name_of[kernel], max(4, degree))
    [found] = degrees.measure_degrees(fitted, [target], ns, seed)
    return {part: e.tolist() for part, e in found.items() if part != degrees.WHOLE}


LAB = LabSpec(
    knobs=(
        DIMENSION,
        Knob("r", tuple(range(1, 9)), 1, "directions r", ""),
        Knob("degree", tuple(range(2, 7)), 3, "degrees 1 to", ""),
        SPEC.knob("kernel"),
        SPEC.knob("inputs"),
        most(8000, 2000),
        SEEDS,
    ),
    runs={"samples": tuple(f"degree-{k}" for k in range(1, 7))},
    measure=measure,
    estimate=lambda ns, d, **others: degrees.estimate_seconds(d, ns),
    shows=EXPLORER,
    fixed={"degree": 3},
)


def share_axes(ax: Axes, x: str) -> None:
    """Missing shares from zero to one against a logarithmic axis."""
    ax.set(xscale="log", xlabel=x, ylabel=SPEC.y.title, ylim=(-0.03, 1.12))
    ax.axhline(1.0, color=SOFT, linewidth=0.8, linestyle=(0, (5, 4)))
    ax.grid()


def plot_staircase(ax: Axes, summary: pd.DataFrame, theory: pd.DataFrame) -> Axes:
    """Draw each part's missing share against n with its interval; theory is dotted."""
    share_axes(ax, N.title)
    family(ax, summary, "part")
    limits = ax.get_xlim()
    for part, curve in theory.sort_values("n").groupby("part"):
        ax.plot(curve["n"], curve["error"], ":", color=ink(str(part)).light, lw=2.2)
    ax.set_xlim(limits)
    return ax


def plot_collapse(
    ax: Axes, summary: pd.DataFrame, theory: pd.DataFrame, part: str
) -> Axes:
    """Draw one degree's missing share against n / d^k for every d; theory is dotted."""
    k = int(part.removeprefix("degree-"))
    points, lines = select(summary, part=part), select(theory, part=part)
    share_axes(ax, "n / d" if k == 1 else f"$n / d^{k}$")
    dimensions = sorted(set(points["d"]))
    pale = LinearSegmentedColormap.from_list("pale", ["white", ink(part).light])
    shades = map(to_hex, pale(np.linspace(0.5, 1, len(dimensions))))
    for d, shade, marker in zip(dimensions, shades, MARKERS, strict=False):
        line = lines[lines["d"] == d].sort_values("n")
        ax.plot(over_d(k)(line), line["error"], ":", color=shade, lw=1.6)
        look: dict[str, Any] = {"color": shade, "marker": marker, "linestyle": "none"}
        family(ax, select(points, d=d), "d", "d = {}", over_d(k), **look)
    along = over_d(k)(points)
    ax.set_xlim(along[points["error"] < 0.95].min() / 3, along.max() * 1.3)
    ax.set_title(ink(part).label)
    return ax


TANKS = tuple(count_harmonics(10, k) for k in (1, 2, 3))
POURED, APART = tuple(10 * 2**k for k in range(9)), 12
ACROSS = (0, sum(TANKS) + 2 * APART)


@cache
def learnt() -> np.ndarray:
    """The learnt share of each degree at each n, d = 10, mean over three seeds."""
    ntk, target = kernel_of("ntk"), Staircase(10, inputs="sphere")
    runs = [degrees.measure_degrees(ntk, [target], POURED, s)[0] for s in range(3)]
    missing = [[run[part].numpy() for part in PARTS] for run in runs]
    return np.asarray((1 - np.sqrt(missing)).clip(0, 1).mean(axis=0))


def tanks(n: int) -> Frame:
    """A tank for each degree, as wide as it has functions, filled as far as learnt."""
    shares, marks, left = learnt()[:, POURED.index(n)], [], 0
    high = iter((1.4, 1.24, 1.08))
    for part, wide, share in zip(PARTS, TANKS, shares, strict=True):
        for top, faint in ((share, False), (1.0, True)):
            marks.append(Mark("bars", [[left, 0, left + wide, top]], part, faint=faint))
        words = f"{ink(part).label}: {percent(share)} of {wide}"
        words += " functions" if part == PARTS[0] else ""
        marks.append(label(left, next(high), words, part))
        left += wide + APART
    return Frame(
        marks,
        f"{n} samples have filled the room of {shares @ TANKS:.0f} functions, the "
        "narrow tanks first.",
    )


HERO = Hero(
    "wkc",
    Knob("n", POURED, POURED[0], "samples n", ""),
    (Panel("tanks, filled as far as learnt", ACROSS, (-0.01, 1.58), cross=False),),
    tanks,
    "Three tanks, for the degrees one, two and three, each as wide as that degree has "
    "independent functions of ten inputs. As samples are poured in they fill one after "
    "the other: the narrow one first, the wide one last.",
)
