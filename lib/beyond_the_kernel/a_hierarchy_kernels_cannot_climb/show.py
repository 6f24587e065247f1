"""The figure to move of "A hierarchy that kernels cannot climb", its hero and lab."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from beyond_the_kernel.a_hierarchy_kernels_cannot_climb import grid
from replearn.experiments import hierarchy_samples as samples
from replearn.experiments.hierarchy_samples import KERNELS, RULES
from replearn.experiments.sweep import ask
from replearn.theory import hierarchy_parameters, monomials
from replearn.views import knobs
from replearn.views.controls import TENTH, ExplorerSpec
from replearn.views.facts import Read, Say, Telling, count, need, number, percent
from replearn.views.hero import Frame, Hero, Mark, Panel
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, means
from replearn.views.palette import ink
from replearn.views.parts import Knob, Scale, raised
from replearn.views.stages import Look, Stage, grew, tell

NETWORK, KERNEL = grid.BOTH
LAST = grid.SIZES[-1]
LEVELS = Knob("levels", (3, 4), 3, "levels up to L", "", "L", "L = {}")
NOISE = Knob("noise", (0.0, 0.4, 1.3), 0.0, "label noise ς", "", said="ς = {}")
SPEC = ExplorerSpec(
    name="hkc",
    knobs=(
        knobs.d_knob(grid.DIMENSIONS, 10),
        Knob("rule", RULES, RULES[0], "kind of hierarchy", ""),
        Knob("gap", grid.GAPS, 1.0, "gap a", "", "a", "a = {}"),
        Knob("k", (1, 2, 4), grid.WIDTH, "features on each level k", ""),
        LEVELS,
        NOISE,
    ),
    axes=(knobs.N, knobs.over(1)),
    y=Scale(
        "test error / Var of the label", 1e-4, 3, note="1: no better than the mean"
    ),
    learners=(KERNEL, NETWORK),
    family=NETWORK,
    caption=(
        "Relative test error against the number of training samples: means over "
        "{seeds} seeds with 95 % intervals. All learners have the same samples; where "
        "levels see the squares of the inputs, so do the kernels. Hatched, for few "
        "directions: where no kernel can be on average. Move d, then divide n by d; "
        "k, L and the noise move one at a time, at a = 1 and for two of the learners."
    ),
    switches=knobs.switches("floor", "how many numbers", "d"),
    level=TENTH,
)


def numbers(rule: str, d: int, k: int = grid.WIDTH, levels: int = 3) -> int:
    """How many numbers the levels of a learner hold: all that it has to find."""
    target = samples.rule_of(rule, d, (1.0,) * (levels - 1), k, grid.SEEDS[0])
    return hierarchy_parameters(d, target.links, target.widths)


def held(read: Read) -> tuple[str, str]:
    """These, beside the monomials of the label's degree."""
    at = read.cell
    many = monomials(at["d"], 2 ** at["levels"] if at["rule"] == RULES[0] else 4)
    said = count(many) if many < 10**9 else f"10{raised(round(math.log10(many)))}"
    return str(ask(numbers, at)), f"of {said} products"


def kernels(read: Read) -> tuple[str, str]:
    """The first kernel at 10 %, or the best that kernels do from all samples."""
    found = [read.needs[k] for k in KERNELS if k in read.needs]
    seen = [need for need in found if need.sign != ">"]
    if seen:
        first = min(seen, key=lambda need: need.n)
        return str(first), ink(first.learner).label
    return f"n > {count(LAST)}", f"least error {number(least(read))}"


def least(read: Read) -> float:
    """The least error of a kernel from all samples."""
    return min(read.at(kernel, LAST) for kernel in KERNELS if kernel in read.needs)


def sentence(read: Read) -> str:
    """Who comes down to 10 %, and from how many samples."""
    (theirs, note), mine = kernels(read), f"is at 10 % by {read.needs[NETWORK]}"
    if not theirs.startswith("n >"):
        return f"the network with levels {mine}, the {note} by {theirs}"
    alone = sum(kernel in read.needs for kernel in KERNELS) == 1
    none = "the polynomial kernel not" if alone else "no kernel"
    return (
        f"the network with levels {mine}, {none} by n = {count(LAST)}, where "
        f"{'it' if alone else 'the best'} is left with {note.split()[-1]}"
    )


def per_d(look: Look) -> str:
    """The network's need over d, at each d."""
    found = [look(d=d).needs[NETWORK].n / d for d in grid.DIMENSIONS]
    return ", ".join(f"{n:.1f}" for n in found)


def winner(look: Look) -> str:
    """Both errors at the end."""
    mine, theirs = (look().at(curve, LAST) for curve in (NETWORK, KERNEL))
    return (
        f"In ten inputs degree four has 1001 products. From {count(LAST)} samples the "
        f"kernel's error is {count(mine / theirs)} times smaller than the network's; "
        "but look where each crosses 10 %"
    )


EXPLORER = Moving(
    SPEC,
    lambda: means(grid.movable(), SPEC),
    Telling(
        SPEC,
        sentence,
        (
            need(NETWORK, note="for 10 % error", key="network"),
            Say("kernel", "best kernel", kernels),
            Say("left", "at 1.6k, to 10⁻⁴", lambda r: number(max(least(r), 1e-4))),
            Say("numbers", "numbers to find", held),
        ),
        {"numbers to find": numbers},
        (NETWORK, *KERNELS),
    ),
    forbidden={
        "no kernel is in here on average": lambda n, rule, d, gap, **_: (
            grid.floors(d, gap, tuple(map(int, n)))
            if rule == RULES[1]
            else np.zeros(len(n))
        )
    },
    stages=(
        Stage(
            "two curves at d = 10",
            {},
            lambda look: (
                f"The network with levels is at 10 % by {tell(look(), NETWORK)}, the "
                f"kernel by {tell(look(), KERNEL)}"
            ),
        ),
        Stage(
            "four times the dimension",
            {"d": 40},
            lambda look: (
                "Pale is d = 10. The network's crossing has moved right by "
                f"{grew(look(d=10), look(), NETWORK)}; the kernel is left with "
                f"{number(look().at(KERNEL, LAST))} from {count(LAST)} samples"
            ),
        ),
        Stage(
            "divide n by d",
            {"d": 40, "axis": "n/d", "all": True},
            lambda look: (
                "Along the 10 % line the network's curves come together: at "
                f"{per_d(look)} samples for each input, d = 10, 20, 40"
            ),
        ),
        Stage("where the kernel wins", {"rule": RULES[1]}, winner),
    ),
    source="hierarchy-samples",
)


LAB = LabSpec(
    knobs=(
        Knob("d", (10, 15, 20, 30, 40), 10, "input dimension d", ""),
        Knob("rule", RULES, RULES[0], "kind of hierarchy", ""),
        Knob("gap", (0.1, 0.3, 1.0), 1.0, "gap a", ""),
        Knob("k", (1, 2, 3, 4, 5), 2, "features on each level k", ""),
        LEVELS,
        NOISE,
        knobs.most(4000, 1000),
        knobs.SEEDS,
    ),
    runs={learner: (learner,) for learner in samples.LEARNERS},
    ticked=(NETWORK, KERNEL),
    measure=samples.measure_samples,
    estimate=samples.estimate_seconds,
    shows=EXPLORER,
)

HERO_D, HERO_N, HERO_SEED, LINE, EVERY, TOP = 20, 300, 7, 5172, 20, 14.0
STEPS = (20, 40, 60, 80, 100, 200, 500, 520, 540, 560, 600, 800, 1000, 2000)


@cache
def seen() -> samples.Seen:
    """The line, the label's parts there, the network's, and the kernel's answer."""
    target = grid.rules(RULES[0], HERO_D, [1.0], HERO_SEED)[0]
    return samples.film_line(target, HERO_SEED, HERO_N, LINE, EVERY, KERNEL)


def assembling(step: int) -> Frame:
    """The parts of the label and the whole, after so many steps."""
    along, true, film, (answer, kernel_missed) = seen()
    parts, missed = film[step // EVERY]

    def curve(value: Tensor, look: str, panel: int, faint: bool = False) -> Mark:
        points = torch.stack([along, value.clamp(-1, TOP)], 1)
        return Mark("curve", points, look, panel, faint)

    marks = [
        *(curve(t, f"level-{i}", 0, True) for i, t in enumerate(true, 2)),
        *(curve(p, f"level-{i}", 0) for i, p in enumerate(parts, 2)),
        curve(torch.stack(true).sum(0), "target", 1, True),
        curve(answer, KERNEL, 1),
        curve(torch.stack(parts).sum(0), NETWORK, 1),
    ]
    return Frame(
        marks,
        f"Step {step}: the network misses {100 * missed:.2g} % of the label, a kernel "
        f"{percent(kernel_missed)}.",
    )


WIDE: dict[str, Any] = {"x": (-1, 0.88), "y": (-1, TOP), "below": "a line →"}
HERO = Hero(
    "hkc",
    Knob("step", STEPS, 500, "steps of training", ""),
    (
        Panel("its two parts", cross=False, **WIDE),
        Panel("the label", cross=False, **WIDE),
    ),
    assembling,
    "A label of degree eight along a line through the inputs, thin, and what is learnt "
    "of it, thick. Left, its parts: the first has its shape in a hundred steps, too "
    "large until the second grows on it. Right, their sum, and a kernel far off.",
)
