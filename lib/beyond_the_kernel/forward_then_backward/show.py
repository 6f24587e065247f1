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
from replearn.theory import correction_scale
from replearn.views import knobs
from replearn.views.controls import ExplorerSpec
from replearn.views.facts import Fact, Guide, Words, small
from replearn.views.hero import Frame, Hero, Mark, Panel, label
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, means
from replearn.views.parts import Axis, Cell, Knob, Scale
from replearn.views.stages import Look, Stage

LEVELS = ("level-2", "level-3", "level-4")
GAP = Knob("gap", grid.GAPS[4], 0.1, "gap a", "", "a", "a = {}")
SPEC = ExplorerSpec(
    name="ftb",
    knobs=(GAP, Knob("levels", (3, 4), 3, "levels up to L", "", "L", "L = {}")),
    axes=(Axis("step", "steps of training", log=False),),
    y=Scale("squared error of a level's features", 1e-9, 3),
    learners=("level-2", "level-3"),
    caption=(
        "How far each level's features are from the true ones, up to a rotation, along "
        "a training of the paper's algorithm: means over {seeds} seeds with 95 % "
        "intervals. Dotted: what is predicted while the next level is not there, and "
        "the theorem's scale once it is."
    ),
    switches=knobs.switches("prediction", "where a level joins", "gaps"),
    symbol="step",
    family="level-2",
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
        f"{SPEC.say(cell)}: level 2 stands at {small(alone)} until level 3 joins, and "
        f"ends at {small(end)}.",
        [
            Fact("alone", "level 2 alone", small(alone), f"formula {small(formula)}"),
            Fact("end", "level 2 at the end", small(end), "all levels there"),
            Fact("fall", "it falls", f"{alone / end:.0e}".replace("e+0", "·10^"), "×"),
            Fact("joins", "level 3 joins", f"{at[1]:.0f}", "mean step"),
        ],
        [Guide(n, f"level {i} joins") for i, n in enumerate(at[1:-1], 3)],
    )


def told(look: Look, say: str) -> str:
    """A stage's sentence, with level 2's numbers in it."""
    alone, formula, end = before_and_after(look().cell)
    return say.format(alone=small(alone), formula=small(formula), end=small(end))


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
    ns: Sequence[int], seed: int, gap: float, levels: int, d: int, change: str
) -> Mapping[str, Sequence[float]]:
    """The errors of one training at the looks next to these steps."""
    changed = {"steps": 50 * (max(ns) // 50)} | grid.CONTROLS[change]
    found = hierarchy.climb_paper([gap], [seed], d, levels=levels, **changed)
    at = [int((found.steps - n).abs().argmin()) for n in ns]
    return {f"level-{lv}": found.apart[0, at, lv - 2].tolist() for lv in found.levels}


CHANGES = ("Algorithm 1", "stop-gradient", "identity link cut", "frozen", "refit")
LAB = LabSpec(
    knobs=(
        Knob("gap", (0.03, 0.1, 0.3, 1.0), 0.1, "gap a", ""),
        Knob("levels", (3, 4), 3, "levels up to L", ""),
        Knob("d", (10, 15, 20, 30), 10, "input dimension d", ""),
        Knob("change", CHANGES, CHANGES[0], "what is changed", ""),
        Knob("n_max", (1000, 2000, 4000, 8000), 2000, "steps of training", ""),
        knobs.SEEDS,
    ),
    runs={"levels": LEVELS},
    measure=along,
    estimate=lambda ns, levels, d, **others: max(ns) * (levels - 2 + d / 20) * 6e-4,
    shows=EXPLORER,
    fixed={"d": 10, "change": CHANGES[0]},
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
        label(-0.94, 0.06, "true", "target"),
        label(-0.5, -0.2, "formula, alone", "whole"),
        Mark("curve", line, "target", 1, faint=True),
        Mark("dots", dots.clamp(-SPAN, SPAN), LEVELS[0], 1),
    ]
    turn = float(torch.rad2deg(torch.atan2(tips[i][1], tips[i][0]).abs()))
    long = 100 * (float((true * learnt[i]).sum() / true.square().sum()) - 1)
    when = f"{step - JOINS} after level 3 joined" if step > JOINS else "level 2 alone"
    return Frame(
        marks,
        f"Step {step}, {when}: the plane is turned by {turn:.1f}°, the features are "
        f"{abs(long):.1f} % too {'long' if long > 0 else 'short'}.",
    )


HERO = Hero(
    "ftb",
    Knob("step", MOMENTS, JOINS, "step", ""),
    (
        Panel("a learnt plane, from its edge", (-1, 1), (-0.25, 0.25), "true plane →"),
        Panel(
            "learnt features, true ones across",
            (-SPAN, SPAN),
            (-SPAN, SPAN),
            "true →",
            square=True,
        ),
    ),
    moment,
    "Left: a plane that the first level learns, seen from its edge: a line that is "
    "tilted against the true one while the level is alone, and swings onto it when the "
    "next level joins. Right: a cloud of learnt features against true ones, steeper "
    "than the diagonal at first, and in the end on it.",
)
