"""The figure to move of "Forward, then backward", its lab and its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

import pandas as pd
import torch

from beyond_the_kernel.forward_then_backward import grid
from replearn.experiments import hierarchy
from replearn.experiments.curves import select
from replearn.experiments.tables import read_table
from replearn.learners import AlgorithmOne, Climb, turned_to
from replearn.targets import Hierarchy, paper_hierarchy
from replearn.theory import correction_scale
from replearn.views import knobs
from replearn.views.controls import ExplorerSpec
from replearn.views.facts import Fact, Words
from replearn.views.hero import Frame, Hero, Mark, Panel
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, means
from replearn.views.parts import Axis, Cell, Knob, Scale
from replearn.views.stages import Look, Stage

LEVELS = ("level-2", "level-3", "level-4")
GAP = Knob("gap", grid.GAPS[4], 0.1, "gap a", "", "a", "a = {}")
SPEC = ExplorerSpec(
    name="ftb",
    knobs=(Knob("levels", (3, 4), 3, "levels up to L", "", "L", "L = {}"), GAP),
    axes=(Axis("step", "steps of training", log=False),),
    y=Scale("squared error of a level's features", 1e-9, 3),
    learners=("level-2", "level-3"),
    caption=(
        "How far each level's features are from the true ones, up to a rotation, along "
        "a training of the paper's algorithm: means over {seeds} seeds with 95 % "
        "intervals. Dotted: what is predicted while the next level is not there, and "
        "the theorem's scale once it is."
    ),
    symbol="step",
)


def measured() -> pd.DataFrame:
    """The table `hierarchy-path` where all seeds have learnt a level."""
    table = read_table("hierarchy-path").rename(columns={"step": "n"})
    table = table[table["gap"].isin(GAP.values)]
    at = ["levels", "gap", "level", "n"]
    seeds = table.groupby(at)["seed"].transform("nunique")
    kept = table[seeds == len(grid.SEEDS)]
    named = kept.assign(curve="level-" + kept["level"].astype(str))
    return means(named, SPEC, "feature_error", curve="curve")


def joins(levels: int, gap: float) -> list[float]:
    """The mean step at which each level came in; the end of the training after them."""
    rows = select(read_table("hierarchy-path"), levels=levels, gap=gap)
    found = rows.groupby("level")["joined"].mean().tolist()
    return [*found, float(rows["step"].max())]


def predicted() -> pd.DataFrame:
    """A level's error alone, and the theorem's scale while others are missing."""
    rows = []
    for levels, gap in ((lv, a) for lv in (3, 4) for a in grid.GAPS[4]):
        alphas, at = hierarchy.powers_of(gap, levels), joins(levels, gap)
        for known in range(2, levels):  # the highest level that is there
            for level in range(2, known + 1):
                scale = correction_scale(alphas, level, known)
                alone = hierarchy.plateaus([gap])[0] if known == 2 else scale
                ends = (at[known - 2] + 150, at[known - 1])
                rows += [
                    {"levels": levels, "gap": gap, "learner": f"level-{level}"}
                    | {"n": round(n) + (n == ends[0]), "error": alone}
                    for n in ends
                ]
    return pd.DataFrame(rows)


def power(value: float) -> str:
    """A small number in words: 0.0045, or 3e-8 as 3·10⁻⁸."""
    if value >= 1e-3:
        return f"{value:.2g}"
    digits, exponent = f"{value:.0e}".split("e")
    return f"{digits}·10" + str(int(exponent)).translate(RAISED)


RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def before_and_after(cell: Cell) -> tuple[float, float, float]:
    """Level 2's error just before level 3 joins, the formula's, and that at the end."""
    rows = select(read_table("paper-hierarchy"), inputs="uniform", d=10, level=2)
    rows = select(rows, levels=cell["levels"], gap=cell["gap"])
    alone, end = (
        float(select(rows, stage=stage)["feature_error"].mean())
        for stage in ("alone", "joined")
    )
    return alone, hierarchy.plateaus([float(cell["gap"])])[0], end


def words(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
    """What the first level knows alone, and in the end."""
    alone, formula, end = before_and_after(cell)
    at = joins(int(cell["levels"]), float(cell["gap"]))
    return Words(
        f"{SPEC.say(cell)}: level 2 stands at {power(alone)} until level 3 joins, and "
        f"ends at {power(end)}.",
        [
            Fact("alone", "level 2 alone", power(alone), f"formula {power(formula)}"),
            Fact("end", "level 2 at the end", power(end), "all levels there"),
            Fact("fall", "it falls", f"{alone / end:.0e}".replace("e+0", "·10^"), "×"),
            Fact("joins", "level 3 joins", f"{at[1]:.0f}", "mean step"),
        ],
    )


def told(look: Look, say: str) -> str:
    """A stage's sentence, with level 2's numbers in it."""
    alone, formula, end = before_and_after(look().cell)
    return say.format(alone=power(alone), formula=power(formula), end=power(end))


STEPS: tuple[tuple[str, dict[str, Any], str], ...] = (
    (
        "alone",
        {"show": ["level-2"]},
        "See where level 2 rests on the dotted line: {alone}, where the formula has "
        "{formula}",
    ),
    ("level 3 joins", {}, "Level 2 leaves its line and ends at {end}"),
    (
        "a larger gap",
        {"gap": 0.3},
        "Three times the gap, about nine times the error: {alone}; and it is gone in "
        "the end, {end}",
    ),
    (
        "three steps down",
        {"levels": 4, "show": list(LEVELS)},
        "With a fourth level, each new one takes those below down another step: "
        "{alone} first, {end} last",
    ),
)
EXPLORER = Moving(
    SPEC,
    measured,
    words,
    predicted,
    stages=[Stage(name, at, partial(told, say=say)) for name, at, say in STEPS],
    source="hierarchy-path",
)


def along(
    ns: Sequence[int], seed: int, gap: float, levels: int, d: int
) -> Mapping[str, Sequence[float]]:
    """The errors of one training at the looks next to these steps."""
    steps = 50 * (max(ns) // 50)
    found = hierarchy.climb_paper([gap], [seed], d, levels=levels, steps=steps)
    at = [int((found.steps - n).abs().argmin()) for n in ns]
    return {f"level-{lv}": found.apart[0, at, lv - 2].tolist() for lv in found.levels}


LAB = LabSpec(
    knobs=(
        Knob("gap", (0.03, 0.1, 0.3, 1.0), 0.1, "gap a", ""),
        Knob("levels", (3, 4), 3, "levels up to L", ""),
        Knob("d", (10, 15, 20, 30), 10, "input dimension d", ""),
        knobs.most(16_000, 4000),
        knobs.SEEDS,
    ),
    runs={"levels": LEVELS},
    measure=along,
    estimate=lambda ns, levels, d, **others: max(ns) * (levels - 2 + d / 20) * 6e-4,
    shows=EXPLORER,
    fixed={"d": 10},
)


# the hero: 200 inputs, each feature where it should be and where it is learnt
SHOWN, HERO_GAPS = 200, (0.03, 0.1, 0.3, 1.0)


@cache
def trained(joint: bool) -> tuple[list[Hierarchy], Climb]:
    """Both levels, or the first alone, for each gap."""
    targets = [paper_hierarchy(10, (1.0, a), seed=7) for a in HERO_GAPS]
    network = AlgorithmOne(1200, hold=1200, patience=400)
    if joint:
        network = AlgorithmOne(3000, hold=400, patience=400)
    return targets, network.climb(targets, [7] * len(targets), n=10_000)


def clouds(gap: float) -> Frame:
    """Level 2's features against the true ones, alone and with level 3 beside it."""
    line = [[-SPAN, -SPAN], [SPAN, SPAN]]
    marks, slopes = [], []
    for panel, joint in enumerate((False, True)):
        targets, found = trained(joint)
        run = HERO_GAPS.index(gap)
        x = targets[run].draw(SHOWN, 1, "test")
        true = targets[run].features(x)[2]
        inside = found.network.forward(x.expand(len(HERO_GAPS), -1, -1))[1]["S"][2][run]
        learnt = turned_to(true, inside)
        slopes.append(float((true * learnt).sum() / true.square().sum()))
        dots = torch.stack([true.flatten(), learnt.flatten()], 1).clamp(-SPAN, SPAN)
        marks += [
            Mark("curve", line, "target", panel, faint=True),
            Mark("dots", dots[dots[:, 0].argsort()], LEVELS[0], panel),
        ]
    too_long = f"{100 * (slopes[0] - 1):.0f} %"
    return Frame(
        marks,
        f"Gap {gap:g}: alone, the features come out {too_long} too long; with level 3 "
        f"beside them the error is {abs(100 * (slopes[1] - 1)):.2f} %.",
    )


SPAN = 4.0
AXES: dict[str, Any] = {"x": (-SPAN, SPAN), "y": (-SPAN, SPAN), "below": "true →"}
HERO = Hero(
    "ftb",
    Knob("gap", HERO_GAPS, 1.0, "gap a", ""),
    (
        Panel("learnt alone", square=True, **AXES),
        Panel("with the next level", square=True, **AXES),
    ),
    clouds,
    "Learnt features against true ones, a dot for each, and the diagonal on which all "
    "should lie. Alone the cloud is steeper than the diagonal, and the more so the "
    "stronger the next level is. Trained together with it, all dots lie on the line.",
)
