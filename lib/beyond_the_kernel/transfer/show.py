"""The figure to move of "Transfer", its lab and its pictures."""

from __future__ import annotations

from functools import cache
from math import inf
from typing import Any

import pandas as pd
import torch
from matplotlib.axes import Axes

from beyond_the_kernel.transfer import grid
from replearn.experiments import transfer
from replearn.experiments.learning_curves import WIDTH
from replearn.experiments.tables import read_table
from replearn.learners import RandomFeatures, TransferredFeatures
from replearn.targets import MultiIndex
from replearn.theory import kernel_rate, predict_transfer_curve
from replearn.views import knobs
from replearn.views.controls import TENTH, ExplorerSpec
from replearn.views.facts import Need, Read, Say, Telling, count, need, ratio, times
from replearn.views.hero import Frame, Hero, Panel, label, rivals
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, means
from replearn.views.palette import ink
from replearn.views.parts import Axis, Knob, Scale
from replearn.views.pictures import finish
from replearn.views.stages import Look, Stage, grew, versus


def source_knob(values: tuple[int, ...], short: str = "") -> Knob:
    """The slider of the source samples, in units of d²."""
    return Knob("factor", values, 16, "source n", "d²", short, "n = {} d²")


SPEC = ExplorerSpec(
    name="trf",
    knobs=(
        knobs.d_knob(grid.DIMENSIONS, 10),
        source_knob(grid.FACTORS, "n"),
        knobs.p_knob(grid.DEGREES),
        knobs.r_knob(grid.DIRECTIONS),
    ),
    axes=(Axis("N", "target samples N"), knobs.over("degree", "N")),
    y=Scale("relative test error", 1e-3, 3, note="1: no better than the mean"),
    learners=("transferred", "polynomial"),
    family="transferred",
    caption=(
        "Error on the new target, over its variance, against the number N of its "
        "samples: means over {seeds} seeds with 95 % intervals, dotted the theory. "
        "The source's n samples were paid before; a kernel needs none. Move d, then n."
    ),
    switches=knobs.switches("theory", "rate dᵖ", "d"),
    level=TENTH,
    symbol="N",
)

FEATURES = SPEC.family


def at_every_n(frame: pd.DataFrame) -> pd.DataFrame:
    """What never sees the source, factor 0, is there at every size of it alike."""
    blind = frame["factor"] == 0
    copies = [frame[blind].assign(factor=factor) for factor in grid.FACTORS]
    return pd.concat([frame[~blind], *copies], ignore_index=True)


def theory() -> pd.DataFrame:
    """The kernel's curve, and for r = 1 that of the transferred features, for any d."""
    kernel = read_table("transfer-kernel-theory").assign(learner="polynomial", factor=0)
    sizes = [n for n in grid.THEORY_SIZES if n <= 10_000]
    frames = [kernel]
    for factor in grid.FACTORS:
        for degree in grid.DEGREES:
            error = predict_transfer_curve(grid.overlap(factor), degree, sizes)
            at = {"r": 1, "learner": FEATURES, "factor": factor, "degree": degree}
            rows = pd.DataFrame({"n": sizes, "error": error.tolist(), **at})
            frames += [rows.assign(d=d) for d in grid.DIMENSIONS]
    return at_every_n(pd.concat(frames))


def capital(found: Need | None) -> str:
    """What a learner needs, as N."""
    return str(found or "–").replace("n", "N", 1)


def paid(read: Read) -> str:
    """What the features have cost before."""
    return f"n = {read.cell['factor'] * read.cell['d'] ** 2:,}".replace(",", "\u202f")


def pays(read: Read) -> str:
    """From which target on, the source counted, against the kernel's theory."""
    features, kernel = read.needs[FEATURES], read.foretold.get("polynomial")
    if features.sign == ">" or not kernel:
        return "–"
    first = grid.pays_from(
        read.cell["factor"] * read.cell["d"] ** 2, features.n, kernel.n
    )
    return "never" if first == inf else str(first)


def sentence(read: Read) -> str:
    """What the transferred features need, and what a kernel from scratch."""
    features, (kernel, by_theory) = read.needs[FEATURES], read.known("polynomial")
    reach, origin = f"reach {TENTH.label} at {capital(features)}", "by theory "
    if features.sign == ">":
        reach = f"miss {TENTH.label} at all N up to {count(features.n)}"
    return (
        f"the transferred features {reach} (paid before: {paid(read)} source samples); "
        f"a kernel from scratch needs {origin * by_theory}{capital(kernel)}"
    )


def kernel_need(read: Read) -> tuple[str, str]:
    """The kernel's samples, and whether that is theory."""
    kernel, by_theory = read.known("polynomial")
    return capital(kernel), "theory, no source" if by_theory else "from scratch"


def kernel_over_features(read: Read) -> str:
    """How many times as many target samples the kernel needs."""
    return ratio(read.known("polynomial")[0], read.needs[FEATURES])


def compared(look: Look) -> str:
    """What both curves need, and what was paid before."""
    both = versus(look(), *SPEC.learners).replace("n ≈", "N ≈")
    return f"See where each crosses {TENTH.label}: {both}; paid before: {paid(look())}"


def all_dimensions(look: Look) -> str:
    """How three needs grow from d = 10 to d = 160."""
    small, large = look(d=10), look(d=160)
    kernel = ratio(*(at.foretold.get("polynomial") for at in (large, small)))
    return (
        f"From d = 10 to 160 the read-out's need grows {grew(small, large, FEATURES)}, "
        f"the kernel's, by theory, {kernel}, and the source's bill {times(16**2)}"
    )


EXPLORER = Moving(
    SPEC,
    lambda: at_every_n(means(read_table("transfer"), SPEC)),
    Telling(
        SPEC,
        sentence,
        (
            need("transferred", note=TENTH.label, symbol="N"),
            Say("paid", "paid before", paid, "source samples"),
            Say("kernel", ink("polynomial").label, kernel_need),
            Say("ratio", "kernel ÷ features", kernel_over_features, "in N alone"),
            Say("pays", "pays from target", pays, "source counted, kernel by theory"),
            need("oracle", note=TENTH.label, symbol="N"),
        ),
        {"d{degree}": kernel_rate},
        ("transferred", "oracle", "polynomial"),
        foretold=("polynomial",),
    ),
    theory,
    stages=(
        Stage("two curves at d = 10", {}, compared),
        Stage("all d at once", {"d": 40, "all": True}, all_dimensions),
        Stage(
            "where it hardly pays",
            {"d": 40, "degree": 2},
            lambda look: f"{compared(look)}; pays from target {pays(look())}",
        ),
    ),
    source="transfer",
)
LAB = LabSpec(
    knobs=(
        *knobs.TARGET,
        source_knob((1, 2, 4, 8, 16, 32)),
        knobs.most(8000, 2000),
        knobs.NOISE,
        knobs.width_knob(WIDTH),
        knobs.SEEDS,
    ),
    runs={name: (name,) for name in transfer.LEARNERS},
    ticked=("transferred", "oracle"),
    measure=transfer.measure_read_out,
    estimate=lambda ns, learner, d, factor, width, **others: transfer.estimate_seconds(
        learner, d, factor * d * d, ns, width
    ),
    shows=EXPLORER,
    fewest=10,
)


def target_axes(ax: Axes) -> Axes:
    """Label the axes of errors on the target against N, both logarithmic."""
    x, y = SPEC.axes[0].title, SPEC.y.title
    return finish(ax, x, y, xticks=(10, 100, 1000), columns=0)


HERO_D, PAID, READ_OUT, SPAN = 40, 16 * 40**2, 400, 2.8
NEW_TARGETS = {"parabola": (2, 0), "cubic": (3, 0), "quartic": (4, 0)}
NEW_TARGETS |= {"cubic elsewhere": (3, 1)}


@cache
def source_layer() -> torch.Tensor:
    """The layer that the source has taught, for every new label the same."""
    return transfer.learn_layer(transfer.source_target("mixed", HERO_D), PAID, seed=0)


def swapped(name: str) -> Frame:
    """A new target, read out from the learnt layer and from a random one."""
    degree, place = NEW_TARGETS[name]
    u = torch.eye(HERO_D)[place : place + 1]
    target = MultiIndex(HERO_D, 1, degree, {(degree,): 1.0}, u)
    x, y = target.sample(READ_OUT, seed=2, dtype=torch.float32)
    learnt = TransferredFeatures(source_layer())
    fits = {FEATURES: learnt.fit(x, y), "random-features": RandomFeatures().fit(x, y)}
    marks, missed = rivals(target, fits, SPAN)
    told = f"{PAID:,}".replace(",", "\u202f")
    return Frame(
        [*marks, label(0, -4.6, "the new label", "target", 0, 0.5)],
        f"{READ_OUT} samples of the {name}: the learnt layer (paid before: {told} of "
        f"its source) misses {missed[0]}, a random one {missed[1]}.",
    )


AXES: dict[str, Any] = {"x": (-SPAN, SPAN), "y": (-5.5, 5.5), "below": "direction →"}
HERO = Hero(
    "trf",
    Knob("name", (*NEW_TARGETS,), "parabola", "new label", ""),
    (Panel("the learnt layer", **AXES), Panel("a random layer", **AXES)),
    swapped,
    "A new label along its direction, a curve, and predictions as dots. On the learnt "
    "layer they follow parabola, cubic and quartic, but no cubic along another "
    "direction; on a random layer they follow none.",
)
