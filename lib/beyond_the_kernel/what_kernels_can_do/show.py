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
from replearn.views.drawing import log_axes
from replearn.views.facts import Read, Telling, count, need, percent
from replearn.views.hero import Frame, Hero, Mark, Panel, label
from replearn.views.knobs import DIMENSION, SEEDS, N, d_knob, most, over, switches
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, means
from replearn.views.palette import ink, line_style
from replearn.views.parts import Knob, Level, Scale
from replearn.views.pictures import MARKERS, family, over_d
from replearn.views.style import SOFT

PARTS = ("degree-1", "degree-2", "degree-3")
# column -> its names -> what a reader sees; "all" is the switch for all d
KERNELS = {"ntk": "NTK", "polynomial": "poly", "rbf": "RBF", "ntk-no-bias": "bias-free"}
INPUTS = {"gaussian": "Gaussian", "sphere": "spherical"}
WORDS = {"kernel": KERNELS, "inputs": INPUTS, "part": {degrees.WHOLE: "whole"}}

SPEC = ExplorerSpec(
    name="wkc",
    knobs=(
        d_knob(grid.DIMENSIONS, 20),
        Knob("kernel", (*KERNELS.values(),), "NTK", "kernel", "", said="{} kernel"),
        Knob("r", (1, 2), 1, "directions r", ""),
        Knob("inputs", (*INPUTS.values(),), "Gaussian", "inputs", "", said="{} inputs"),
    ),
    axes=(N, over(1), over(2), over(3)),
    y=Scale("missing share (1 − q)²", -0.1, 1.15, log=False, note="1: nothing learnt"),
    learners=PARTS,
    caption=(
        "What is still missing of each degree against the number of training samples: "
        "means over {seeds} seeds with 95 % intervals, and dotted the theory on the "
        "sphere. NTK is the tangent kernel with biases, bias-free that without, poly "
        "the polynomial kernel of degree four. Divide n by a power of d and tick all "
        "d, to see which degree falls together."
    ),
    switches=switches("theory", "numbers of harmonics Mₖ", "d"),
    level=Level(grid.HALF, "half learnt"),
)


def named(table: pd.DataFrame) -> pd.DataFrame:
    """The staircase's rows, with names as the reader sees them."""
    rows = select(table, target="staircase").drop(columns="target")
    return rows.replace(WORDS).rename(columns={"part": "learner"})


def predicted() -> pd.DataFrame:
    """Its theory for both kinds of inputs, as far as the table goes."""
    return named(read_table("staircase-theory"))


def sentence(read: Read) -> str:
    """At which n half of each degree is learnt."""
    said = [
        f"of {ink(part).label} "
        + (f"not by n = {count(half.n)}" if half.sign == ">" else f"at {half}")
        for part, half in read.needs.items()
        if part in PARTS
    ]
    return f"half is learnt {', '.join(said)}"


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
    predicted,
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

FLAT = 0.95  # a share above it has not begun to fall; less of that is drawn
FINITE = {  # kind -> whose look it has, its name, its line
    "random-features": ("random-features", "random features", "none"),
    "tangent": ("ntk", "tangent kernel, with biases", "-"),
    "tangent-no-bias": ("ntk-no-bias", "tangent kernel, without biases", "-"),
}


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


def plot_predicted_staircase(ax: Axes, theory: pd.DataFrame, d: int) -> Axes:
    """Draw theory's missing shares at one d, with ticks at the powers of d."""
    share_axes(ax, f"log n / log d, d = {d}")
    for part, curve in theory.sort_values("n").groupby("part"):
        look = ink(str(part))
        ax.plot(curve["n"], curve["error"], color=look.light, label=look.label)
    low, high = theory["n"].min(), theory["n"].max()
    powers = [k for k in range(6) if low <= d**k <= high]
    ax.set_xticks([d**k for k in powers], [str(k) for k in powers])
    ax.minorticks_off()
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
    ax.set_xlim(along[points["error"] < FLAT].min() / 3, along.max() * 1.3)
    ax.set_title(ink(part).label)
    return ax


def plot_shares(ax: Axes, shares: Mapping[str, Sequence[float]]) -> Axes:
    """Draw the share of k(x, x) of degree 0, 1, 2, ..., but for those of zero."""
    if not shares:
        raise ValueError("shares is empty; give at least one kernel")
    for learner, values in shares.items():
        drawn = pd.Series(values)[lambda share: share > 0]
        ax.plot(drawn.index, drawn, **line_style(learner))
    ax.set(yscale="log", xlabel="degree", ylabel="share of k(x, x)")
    ax.grid(axis="y")
    ax.legend()
    return ax


def plot_gram_error(
    ax: Axes, summary: pd.DataFrame, theory: Mapping[int, float]
) -> Axes:
    """Draw finite networks' errors against the width; theory is one for features."""
    log_axes(ax, "width m", "relative error of the Gram matrix")
    for kind, (look, name, line) in FINITE.items():
        points = select(summary, kind=kind).assign(learner=look)
        family(ax, points, "learner", name, "width", linestyle=line)
    colour, label = ink("random-features").light, "random features, theory"
    ax.plot(list(theory), list(theory.values()), ":", color=colour, lw=2.4, label=label)
    ax.legend()
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
        f"{n} samples have filled the room of {shares @ TANKS:.0f} functions: the "
        "narrow tanks first, for the kernel prefers no function of a degree.",
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
