"""The figure to move of "One gradient step", its lab and its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import torch

from beyond_the_kernel.one_gradient_step import grid
from replearn.experiments import first_layer
from replearn.experiments.curves import select
from replearn.experiments.learning_curves import WIDTH
from replearn.experiments.tables import read_table
from replearn.learners import OneStepNetwork
from replearn.targets import paper_target
from replearn.theory import predict_overlap
from replearn.views import knobs
from replearn.views.controls import RELATIVE_ERROR, ExplorerSpec
from replearn.views.facts import Read, Say, Telling, count, need, percent, times_more
from replearn.views.hero import Frame, Hero, Panel, label, needles, ring
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, Theory, means
from replearn.views.parts import Knob, Level, Scale
from replearn.views.stages import Stage, compare, grew

ERROR = RELATIVE_ERROR.title
SPEC = ExplorerSpec(
    name="ogs",
    knobs=(
        knobs.d_knob(grid.DIMENSIONS, 20),
        knobs.r_knob(grid.DIRECTIONS),
        Knob("noise", grid.NOISES, 0.0, "label noise ς", "", said="noise {}"),
    ),
    axes=(knobs.N, knobs.over(2), knobs.over(1)),
    y=Scale("overlap with the relevant directions", 0, 1.06, log=False),
    learners=first_layer.MEASURES,
    family="neurons",
    caption=(
        "Overlap of the first layer with the target's directions after one step: the "
        "share of the layer's square in their span, and that of its leading singular "
        "vectors. Means over {seeds} seeds with 95 % intervals, dotted the formula."
    ),
    switches=knobs.switches("formula", "where the formula is one half", "d"),
    level=Level(0.5, "one half"),
)


def overlap_means() -> pd.DataFrame:
    """The table `overlap`, for targets with a quadratic part."""
    table = select(read_table("overlap"), quadratic=0.5)
    return means(table, SPEC, "overlap", curve="measure")


def half(d: int, noise: float) -> float:
    """The n at which the formula is one half."""
    return float(np.pi * d**2 * (1 + noise**2) / 2)


def sentence(read: Read) -> str:
    """What the layer's square and its singular space need for one half."""
    d, neurons, space = read.cell["d"], *(read.needs[c] for c in SPEC.learners)
    return (
        f"an overlap of one half takes n {neurons.sign} {neurons.n / d**2:.2g} d² for "
        f"the layer's square and n {space.sign} {space.n / d:.2g} d for its top "
        "singular space"
    )


EXPLORER = Moving(
    SPEC,
    overlap_means,
    Telling(
        SPEC,
        sentence,
        (
            *(need(curve, note="for one half") for curve in SPEC.learners),
            times_more("neurons", "singular-space", "neurons ÷ singular space", ""),
            Say(
                "formula",
                "formula",
                lambda read: f"n ≈ {count(half(read.cell['d'], read.cell['noise']))}",
                "π d²(1 + ς²)/2",
            ),
        ),
        {"π d²(1 + ς²)/2": half},
        SPEC.learners,
        rising=True,
    ),
    Theory(
        {"neurons": lambda n, d, noise: predict_overlap(d, n, 1.0, noise**2)},
        lambda d: np.geomspace(max(d * d / 16, 10), max(8 * d * d, 320 * d), 60),
        ("d", "noise"),
    ),
    stages=(
        Stage(
            "one step at d = 20",
            {},
            compare("Find where each curve crosses one half", *SPEC.learners),
        ),
        Stage(
            "double d",
            {"d": 40},
            lambda look: (
                "From d = 20 to d = 40 the needs grew: neurons "
                f"{grew(look(d=20), look(), 'neurons')}, top singular space "
                f"{grew(look(d=20), look(), 'singular-space')}"
            ),
        ),
        Stage(
            "divide n by d²",
            {"d": 40, "axis": "n/d2", "all": True},
            lambda look: (
                "In units of d² the neurons reach one half at "
                + " and ".join(
                    f"{look(d=d).needs['neurons'].n / d**2:.2g} (d = {d})"
                    for d in (10, 160)
                )
            ),
        ),
        Stage(
            "add noise",
            {"d": 40, "axis": "n/d2", "noise": 1.0},
            lambda look: (
                "Noise as large as the label: the neurons need "
                f"{grew(look(noise=0.0), look(), 'neurons')} as many samples"
            ),
        ),
    ),
    source="overlap",
)


def measure(
    ns: Sequence[int], seed: int, d: int, r: int, degree: int, noise: float, width: int
) -> Mapping[str, Sequence[float]]:
    """Overlaps after one step, at any setting."""
    target = paper_target(d, r, degree)
    return first_layer.measure_overlaps(target, ns, seed, noise, width)


LAB = LabSpec(
    knobs=knobs.usual(512_000, 8000, WIDTH),
    runs={"one-step": first_layer.MEASURES},
    measure=measure,
    estimate=lambda ns, d, width, **others: first_layer.estimate_seconds(d, ns, width),
    shows=EXPLORER,
    fixed={"degree": 3},
)


HERO_D, NEURONS = 40, 72


@cache
def seen(r: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The most samples that the slider has, with one direction or two."""
    return paper_target(HERO_D, r, 3).sample(32 * HERO_D**2, 0, 0, torch.float32)


def turning(factor: float) -> Frame:
    """The neurons at the start, or after one step on factor · d² samples."""
    marks, said = [ring(0), ring(1)], []
    for panel, r in enumerate((1, 2)):
        x, y = seen(r)
        layer = OneStepNetwork().layer_along(torch.eye(HERO_D))
        if n := int(factor * HERO_D**2):
            layer = first_layer.step_layer(x[:n], y[:n], seed=0)
        shown = layer[torch.arange(len(layer)) % (len(layer) // 2) < NEURONS // 2]
        marks.append(needles(shown, r == 2, panel))
        marks.append(label(0.94, -0.28, ("u", "u₁")[panel], "whole", panel, 1))
        marks.append(label(0.05, 0.93, ("across u", "u₂")[panel], "whole", panel))
        said.append(percent(float(first_layer.layer_shares(layer)[:r].sum())))
    when = f"One step on {factor:g} d² samples" if factor else "Before the step"
    return Frame(
        marks,
        f"{when}: {said[0]} of the layer lies along u; with two directions, {said[1]} "
        "lies in their plane.",
    )


SPAN: dict[str, Any] = {"x": (-1.12, 1.12), "y": (-1.12, 1.12), "square": True}
HERO = Hero(
    "ogs",
    Knob("factor", (0, 0.25, 0.5, 1, 2, 4, 8, 16, 32), 0, "samples n", "d²"),
    (Panel("one direction", **SPAN), Panel("two directions", **SPAN)),
    turning,
    "Neurons as arrows, before and after one gradient step in 40 dimensions; the "
    "longest ends on the circle. Before, nearly all point away from u. With more "
    "samples they turn into the line of u; with two directions they open like a flower "
    "in the plane of both.",
)
