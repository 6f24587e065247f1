"""The figure to move of "Forward, then backward", its lab and its pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

import pandas as pd
import torch

from beyond_the_kernel.forward_then_backward import grid
from replearn.experiments import hierarchy
from replearn.experiments.curves import select
from replearn.experiments.tables import read_table
from replearn.views import knobs
from replearn.views.controls import ExplorerSpec
from replearn.views.facts import Fact, Guide, Words, percent, small
from replearn.views.hero import Frame, Hero, Mark, Panel, label
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, means
from replearn.views.parts import Axis, Cell, Knob, Scale
from replearn.views.stages import Look, Stage

LEVELS = ("level-2", "level-3", "level-4")
GAP = Knob("gap", grid.GAPS[3], 0.1, "gap a", "", "a", "a = {}")
SPEC = ExplorerSpec(
    name="ftb",
    knobs=(GAP, Knob("levels", (3, 4), 3, "levels up to L", "", "L", "L = {}")),
    axes=(Axis("step", "steps of training"),),
    y=Scale("squared error of a level's features", 1e-9, 3),
    learners=("level-2", "level-3"),
    caption=(
        "How far each level's features are from the true ones, up to a rotation, along "
        "a training of the paper's algorithm: means over {seeds} seeds with 95 % "
        "intervals, from when all of them have learnt the level. Dotted: the formula "
        "for level 2 alone, then the theorem's scale while a level is missing."
    ),
    switches=knobs.switches("prediction", "where a level joins", "gaps"),
    symbol="step",
    family="level-2",
)


def measured() -> pd.DataFrame:
    """The table `hierarchy-path` where all seeds have learnt a level, thinned out."""
    table = read_table("hierarchy-path").rename(columns={"step": "n"})
    shown = {50 * round(200 / 2.5 ** (k / 7)) for k in range(34)}
    table = table[table["n"].isin(shown)]
    at = ["levels", "gap", "level", "n"]
    seeds = table.groupby(at)["seed"].transform("nunique")
    kept = table[seeds == len(grid.SEEDS)]
    named = kept.assign(curve="level-" + kept["level"].astype(str))
    return means(named, SPEC, "feature_error", curve="curve")


def path_of(cell: Cell) -> pd.DataFrame:
    """The rows of `hierarchy-path` of one cell."""
    at = {"levels": cell["levels"], "gap": cell["gap"]}
    return select(read_table("hierarchy-path"), **at)


def predicted() -> pd.DataFrame:
    """A level's error alone, and the theorem's scale while others are missing."""
    parts = []
    for levels, gap in ((n, gap) for n, gaps in grid.GAPS.items() for gap in gaps):
        at = {"levels": levels, "gap": gap}
        stairs = hierarchy.stairs(path_of(at), float(gap), levels)
        parts.append(pd.DataFrame(stairs).assign(**at))
    return pd.concat(parts)


def heights(cell: Cell) -> dict[str, float]:
    """Level 2's error alone, before level 4 joins and at the end; the formula's."""
    rows = path_of(cell)
    at = {
        level: hierarchy.just_before(rows, level)[2]
        for level in range(3, cell["levels"] + 1)
    }
    end = rows[(rows["level"] == 2) & (rows["step"] == rows["step"].max())]
    formula = hierarchy.plateaus([cell["gap"]])[0]
    found = {"alone": at[3], "formula": formula, "middle": at[max(at)]}
    return found | {"joined": float(end["feature_error"].mean())}


def words(cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame) -> Words:
    """What the first level knows alone, and in the end."""
    found, at = heights(cell), path_of(cell).groupby("level")["joined"].mean()
    alone, end = found["alone"], found["joined"]
    fall = f"{math.log10(alone / end):.1f} decades"
    return Words(
        f"{SPEC.say(cell)}: level 2 stands at {small(alone)} until level 3 joins, and "
        f"ends at {small(end)}.",
        [
            Fact(
                "alone",
                "level 2 alone",
                small(alone),
                f"{small(found['formula'])}, formula",
            ),
            Fact("end", "level 2 at the end", small(end), "all levels there"),
            Fact("fall", "it falls by", fall, "factors of ten"),
            Fact("joins", "level 3 joins", f"{at[3]:.0f}", "mean step"),
        ],
        [Guide(float(n), f"level {i} joins") for i, n in at.items() if i != 2],
    )


def told(look: Look, say: str) -> str:
    """A stage's sentence, with level 2's numbers in it."""
    read, less = look(), heights(look(gap=0.1).cell)
    end = 4000 if read.cell["levels"] == 3 else 10_000
    found = heights(read.cell) | {"joined": read.at("level-2", end)}
    above = percent(found["alone"] / found["formula"] - 1)
    more = f"{found['alone'] / less['alone']:.1f}"
    return say.format(**{k: small(v) for k, v in found.items()}, above=above, more=more)


ALL = list(LEVELS)
STEPS: dict[str, tuple[dict[str, Any], str]] = {
    "alone, then not": (
        {},
        "Level 2 rests near its dotted line, at {alone} (formula {formula}), until "
        "level 3 joins; it ends at {joined}",
    ),
    "a larger gap": (
        {"gap": 0.3},
        "Three times the gap, {more} times the error: {alone}; in the end {joined}",
    ),
    "a staircase": (
        {"levels": 4, "show": ALL},
        "Each new level takes those below down a step: level 2 from {alone} to "
        "{middle}, where the dotted line has a⁴, and to {joined}",
    ),
    "where it is rough": (
        {"gap": 0.3, "levels": 4, "show": ALL},
        "Level 4 bends level 2 as well: alone it stands {above} above the formula, at "
        "{alone}; and one slow seed of five holds its end up at {joined}",
    ),
}
STAGES = [Stage(name, at, partial(told, say=say)) for name, (at, say) in STEPS.items()]
EXPLORER = Moving(
    SPEC, measured, words, predicted, stages=STAGES, source="hierarchy-path"
)


def along(
    ns: Sequence[int], seed: int, gap: float, levels: int, d: int, change: str
) -> Mapping[str, Sequence[float]]:
    """The errors of one training at the looks next to these steps."""
    changed = {"steps": 50 * (max(ns) // 50)} | grid.CONTROLS[CHANGES[change]]
    found = hierarchy.climb_paper([gap], [seed], d, levels=levels, **changed)
    at = [int((found.steps - n).abs().argmin()) for n in ns]
    return {f"level-{lv}": found.apart[0, at, lv - 2].tolist() for lv in found.levels}


ONES = ("Algorithm 1", "stop-gradient", "frozen", "refit")
CHANGES = {name: name for name in ONES} | {"no shared error": "identity link cut"}
LAB = LabSpec(
    knobs=(
        Knob("gap", GAP.values, 0.1, "gap a", ""),
        Knob("levels", (3, 4), 3, "levels up to L", ""),
        Knob("d", (10, 15, 20, 30), 10, "input dimension d", ""),
        Knob("change", tuple(CHANGES), ONES[0], "what is changed", ""),
        Knob("n_max", (1000, 2000, 4000, 6000, 8000), 2000, "steps of training", ""),
        knobs.SEEDS,
    ),
    runs={"levels": LEVELS},
    measure=along,
    estimate=lambda ns, levels, d, **others: max(ns) * (levels + 0.8 + d / 30) * 2.5e-4,
    shows=EXPLORER,
    fixed={"d": 10, "change": ONES[0]},
)


# The hero: two hierarchies whose first level is trained alone for 1000 steps
JOINS, SHOWN, SPAN = 1000, 150, 4.0
MOMENTS = (700, JOINS, 1050, 1100, 1150, 1200, 1300, 1500, 2000, 2500)
both = cache(lambda: (hierarchy.swing(MOMENTS, JOINS), hierarchy.cloud(MOMENTS, JOINS)))


def moment(step: int) -> Frame:
    """Both at one step of the training."""
    i = MOMENTS.index(step)
    (best, tips), (true, learnt) = both()
    formula, tip = (torch.stack([-end, end]) for end in (best, tips[i]))
    dots = torch.stack([true[:SHOWN].flatten(), learnt[i][:SHOWN].flatten()], 1)
    line = [[-SPAN, -SPAN], [SPAN, SPAN]]
    marks = [
        Mark("curve", [[-1, 0], [1, 0]], "target"),
        Mark("curve", formula, "whole", faint=True),
        Mark("curve", tip, LEVELS[0]),
        label(-0.97, 0.03, "true", "target"),
        label(0.97, 0.17, "alone, by formula", "whole", shift=1),
        Mark("curve", line, "target", 1, faint=True),
        Mark("dots", dots.clamp(-SPAN, SPAN), LEVELS[0], 1),
    ]
    turn = float(torch.rad2deg(torch.atan2(tips[i][1], tips[i][0]).abs()))
    long = 100 * (float((true * learnt[i]).sum() / true.square().sum()) - 1)
    when = f"{step - JOINS} after level 3 joined" if step > JOINS else "level 2 alone"
    return Frame(
        marks,
        f"Step {step}, {when}: plane turned by {turn:.1f}°, features "
        f"{abs(long):.1f} % too {'long' if long > 0 else 'short'}.",
    )


WIDE = (-SPAN, SPAN)
HERO = Hero(
    "ftb",
    Knob("step", MOMENTS, JOINS, "step", ""),
    (
        Panel("plane, from its edge", (-1, 1), (-0.25, 0.25), "true plane →"),
        Panel("learnt features", WIDE, WIDE, "true →", square=True),
    ),
    moment,
    "Left: a plane that the first level learns, seen from its edge: a line that is "
    "tilted against the true one while the level is alone, and swings onto it when the "
    "next level joins. Right: a cloud of learnt features against true ones, steeper "
    "than the diagonal at first, and in the end on it.",
)
