"""The figure to move of "When do data look Gaussian", its hero, lab and picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from beyond_the_kernel.when_do_data_look_gaussian import grid
from replearn.experiments.projections import (
    KINDS,
    cumulants,
    directions,
    measure_cumulants,
    measure_kinds,
)
from replearn.experiments.tables import read_table
from replearn.targets.generators import random_generator
from replearn.theory import predict_kurtosis
from replearn.views import knobs
from replearn.views.controls import ExplorerSpec
from replearn.views.facts import Read, Say, Telling, number, times
from replearn.views.hero import Frame, Hero, Panel, under_bell
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, means
from replearn.views.palette import ink
from replearn.views.parts import Axis, Knob, Level, Scale, Switch
from replearn.views.stages import Look, Stage

ENDS, LOWEST = (grid.SIZES[0], grid.SIZES[-1]), 1e-3
LAST = ENDS[1]
LATENT = (*grid.LATENT, str(grid.FIXED))
ACTIVATION = Knob("activation", grid.ACTIVATIONS, "sign", "activation", "", "s")
SPEC = ExplorerSpec(
    name="wdg",
    knobs=(
        ACTIVATION,
        Knob("latent", LATENT, "½N", "latent numbers D", "", "D", "D = {}"),
        Knob("layers", grid.LAYERS, 1, "layers", "", "L", "depth {}"),
    ),
    axes=(Axis("N", "number of pixels N"),),
    y=Scale("size of the cumulant", 0.01, 4, note="0 for a bell"),
    learners=("generic", "single"),
    family="generic",
    caption=(
        "How far from a bell a weighted sum of the pixels is: its excess kurtosis or, "
        "behind more curves, its skewness. Root mean squares over directions, means "
        "over {seeds} generators with 95 % intervals; dotted the formula. Move D, then "
        "the activation."
    ),
    switches=(
        Switch("theory", True, "formula"),
        Switch("all", False, "all activations at once"),
    ),
    level=Level(0.1, "0.1"),
    symbol="N",
)


def measured() -> pd.DataFrame:
    """The table `projections`, a curve for each kind of weights and cumulant."""
    table = read_table("projections").drop(columns="fourth")
    lopsided = table[table["activation"] == "relu"]
    kurtosis = table.assign(size=table["kurtosis"], curve=table["kind"])
    skew = lopsided.assign(size=lopsided["skewness"], curve=lopsided["kind"] + "-skew")
    rows = pd.concat([kurtosis, skew], ignore_index=True)
    rows["size"] = rows["size"].clip(lower=LOWEST)
    return means(rows, SPEC, "size", curve="curve")


def formula(activation: str, latent: str, n: int) -> float:
    """The size of the excess kurtosis that one layer is predicted to have."""
    return abs(predict_kurtosis(activation, n, grid.latent_numbers(latent, n)))


def predicted() -> pd.DataFrame:
    """The formula at every N, for one layer."""
    return pd.DataFrame(
        {"activation": a, "latent": d, "layers": 1, "learner": "generic", "n": n}
        | {"error": formula(a, d, n)}
        for a in grid.ACTIVATIONS
        for d in LATENT
        for n in grid.SIZES
    )


def said(read: Read, curve: str, n: int = LAST) -> str:
    """A measured size in words; an odd activation has no skewness."""
    there = curve in set(read.curves["learner"])
    return number(read.at(curve, n)) if there else "0 by symmetry"


def beside(read: Read) -> str:
    """What the formula has at the largest N."""
    at = str(read.cell["activation"]), str(read.cell["latent"]), LAST
    deep = read.cell["layers"] != 1
    return "no formula: several layers" if deep else f"formula {number(formula(*at))}"


def fall(read: Read) -> str:
    """How many times as large the kurtosis is at the smallest N as at the largest."""
    return times(read.at("generic", grid.SIZES[0]) / read.at("generic", LAST))


def sentence(read: Read) -> str:
    """The kurtosis of a sum at both ends."""
    both = " and ".join(f"{said(read, 'generic', n)} at N = {n}" for n in ENDS)
    return f"a sum with generic weights has an excess kurtosis of size {both}"


def from_to(words: str, *curves: str) -> Any:
    """A stage's sentence: these words, and both ends of some curves."""

    def told(look: Look) -> str:
        ends = (
            f"{ink(c).label} {said(look(), c, grid.SIZES[0])} to {said(look(), c)}"
            for c in curves
        )
        return f"{words}: {', '.join(ends)}"

    return told


def instead(words: str, then: str, **before: Any) -> Any:
    """A stage's sentence: what a sum keeps, and what it kept at another setting."""
    return lambda look: (
        f"{words} a sum keeps {said(look(), 'generic')} at N = {LAST}; with {then} it "
        f"kept {said(look(**before), 'generic')}"
    )


EXPLORER = Moving(
    SPEC,
    measured,
    Telling(
        SPEC,
        sentence,
        (
            Say("last", f"a sum, N = {LAST}", partial(said, curve="generic"), beside),
            Say("fall", "it has fallen", fall, f"from N = {grid.SIZES[0]}"),
            Say("single", "one pixel", partial(said, curve="single"), f"N = {LAST}"),
            Say(
                "skew",
                "skewness, generic",
                partial(said, curve="generic-skew"),
                lambda read: f"equal weights {said(read, 'aligned-skew').split()[0]}",
            ),
        ),
        drops=("generic",),
    ),
    predicted,
    stages=(
        Stage("a sum, and one pixel", {}, from_to("Growing N", "generic", "single")),
        Stage(
            "four latent numbers",
            {"latent": "4"},
            instead("With four latent numbers", "N/2", latent="½N"),
        ),
        Stage(
            "equal weights",
            {"activation": "relu", "show": ["generic-skew", "aligned-skew"]},
            from_to("ReLU pixels are lopsided", "generic-skew", "aligned-skew"),
        ),
        Stage(
            "three layers",
            {"activation": "relu", "layers": 3, "show": ["generic"]},
            instead("Under three layers of ReLUs", "one layer", layers=1),
        ),
    ),
    source="projections",
)


def along(
    ns: Sequence[int],
    seed: int,
    learner: str,
    activation: str,
    latent: str,
    layers: int,
) -> Mapping[str, Sequence[float]]:
    """Both cumulants at every N, along directions of one kind."""
    found: dict[str, list[float]] = {learner: [], f"{learner}-skew": []}
    for n in ns:
        made = grid.generator(activation, layers, latent, n, seed)
        measure = partial(measure_cumulants, made, samples=grid.SAMPLES, seed=seed)
        row = measure_kinds(measure, n, grid.DIRECTIONS, seed)
        for curve, name in zip(found, ("kurtosis", "skewness"), strict=True):
            size = row[name][row["kind"].index(learner)]
            found[curve].append(max(size, LOWEST))
    return found


LAB = LabSpec(
    knobs=(
        ACTIVATION,
        replace(SPEC.knobs[1], values=("2N", "½N", "⅛N", "2", "4", "16")),
        Knob("layers", (1, 2, 3, 5), 1, "layers", "", "L", "depth {}"),
        Knob("n_max", (64, 128, 256, 512), 128, "largest N", ""),
        knobs.SEEDS,
    ),
    runs={kind: (kind, f"{kind}-skew") for kind in KINDS},
    ticked=("generic", "single"),
    measure=along,
    estimate=lambda ns, layers, **others: 4e-3 * layers * sum(ns),
    shows=EXPLORER,
    fewest=16,
)

HERO_SIZES = (4, 8, 16, 32, 64, 128, 256)


def clouds(n: int) -> Frame:
    """One sum of sign pixels where D grows with N, and where it stays at two."""
    made = [random_generator([d, n], "sign", seed=3) for d in (n // 2, 2)]
    w = directions("generic", n, 1, seed=61)
    sums = [one.sample(40_000, 1)[1] @ w.T for one in made]
    grown, fixed = (f"{float(cumulants(v)[1]):.2f}".replace("-", "−") for v in sums)
    return Frame(
        [*under_bell(sums[0], "generic"), *under_bell(sums[1], "single", 1)],
        f"N = {n}: excess kurtosis {grown} with D = {n // 2} latent numbers, {fixed} "
        "with two.",
    )


SIDE: dict[str, Any] = {"x": (-4, 4), "y": (0, 0.62), "cross": False}
HERO = Hero(
    "wdg",
    Knob("N", HERO_SIZES, 4, "pixels N", ""),
    (Panel("D = N/2 latent numbers", **SIDE), Panel("D = 2 latent numbers", **SIDE)),
    clouds,
    "Two histograms of a weighted sum of N pixels, each pixel plus or minus one, with "
    "the bell curve over them. On the left, where the latent numbers grow with N, the "
    "bars settle under the bell. On the right, with two of them, they never do.",
)
