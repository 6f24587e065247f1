"""The figure to move of "Kernel versus network", its lab and its pictures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
import torch

from beyond_the_kernel.kernel_versus_network import grid
from replearn.experiments import learning_curves
from replearn.experiments.learning_curves import KERNELS, LEARNERS, WIDTH
from replearn.experiments.tables import read_table
from replearn.kernels import kernel_of
from replearn.learners import HeadChoice, KernelRidge, OneStepNetwork
from replearn.learners.kernel_ridge import scaled_ridge
from replearn.targets import paper_target
from replearn.theory import kernel_floor
from replearn.theory.rates import kernel_rate, network_rate
from replearn.views import knobs
from replearn.views.controls import RELATIVE_ERROR, TENTH, ExplorerSpec
from replearn.views.facts import Need, Read, Say, Telling, count, need, rate, times
from replearn.views.hero import Frame, Hero, Panel, label, rivals
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving, means
from replearn.views.palette import ink
from replearn.views.parts import Knob
from replearn.views.stages import Stage, compare, grew, in_d2

SPEC = ExplorerSpec(
    name="kvn",
    knobs=(
        knobs.d_knob(grid.DIMENSIONS, 10),
        knobs.r_knob(grid.DIRECTIONS),
        knobs.p_knob(grid.DEGREES),
    ),
    axes=(knobs.N, knobs.over(2), knobs.over("degree")),
    y=RELATIVE_ERROR,
    learners=("polynomial", "one-step"),
    family="one-step",
    caption=(
        "Relative test error against the number of training samples: means over "
        "{seeds} seeds with 95 % intervals, dotted the theory of the kernels, hatched "
        "where no kernel can be on average over the directions. Dotted orange, for one "
        "direction only: the one-step network in the limit of large d, at this n/d² "
        "and 512 neurons. Move d, r and the degree; divide n by d² or by dᵖ to see "
        "whose curves fall together."
    ),
    switches=knobs.switches("theory", "rates dᵖ and d²r + drᵖ", "d"),
    level=TENTH,
)
KERNEL, NETWORK = SPEC.learners
NETWORK_RATE, KERNEL_RATE = "d²r + dr{degree}", "d{degree}"
FLOOR = "no kernel is in here on average"


def best(needs: Iterable[Need]) -> Need | None:
    """The kernel that reaches the level from the fewest samples."""
    reached = [n for n in needs if n.learner in KERNELS and n.sign != ">"]
    return min(reached, key=lambda need: need.n, default=None)


def kernels(read: Read) -> tuple[Need | None, Need | None, float]:
    """The best kernel as seen, as foretold beyond all of them, and where they end."""
    ours = read.curves["learner"].isin(KERNELS)
    end = float(read.curves["n"][ours].max()) if ours.any() else 0.0
    told = best(read.foretold.values())
    return best(read.needs.values()), told if told and told.n > end else None, end


def sentence(read: Read) -> str:
    """Compare the best kernel with the one-step network."""
    (seen, foretold, end), network = kernels(read), read.needs.get(NETWORK)
    goal, by, parts = f"reaches {TENTH.label} ", f"reaches {TENTH.label} by", []
    if network:
        missed = f"does not reach {TENTH.label} by n = {count(network.n)}"
        found = missed if network.sign == ">" else f"{goal}at {network}"
        parts.append(f"the {ink(NETWORK).label} {found}")
        goal, by = "", "reaches it by"
    if seen:
        name = ink(seen.learner).label.replace(" kernel", "")
        parts.append(f"the best kernel ({name}) {goal}at {seen}")
    elif end:
        note = f" (theory: {foretold})" if foretold else ""
        parts.append(f"no kernel {by} n = {count(end)}{note}")
    return ", ".join(parts) or "neither kernel nor one-step network"


def kernel_need(read: Read) -> tuple[str, str]:
    """The best kernel's samples, and which kernel it is or what theory says."""
    seen, foretold, end = kernels(read)
    if seen:
        return str(seen), ink(seen.learner).label
    theory = f"theory: ≈ {count(foretold.n)}" if foretold else ""
    return f"n > {count(end)}" if end else "–", theory or "beyond the measured range"


def ratio(read: Read) -> tuple[str, str]:
    """The best kernel's samples over the network's, and how that is known."""
    (seen, foretold, end), network = kernels(read), read.needs.get(NETWORK)
    if network is None or network.sign == ">" or not (seen or end):
        return "–", ""
    if seen and seen.sign == network.sign == "≤":
        return "–", "both from the first size on"
    sign = "" if network.sign == "≈" else "≥ "
    if seen:
        sign = "≤ " if seen.sign == "≤" else sign
        return f"{sign}{times(seen.n / network.n)}", "in samples"
    if foretold:
        return f"{sign or '≈ '}{times(foretold.n / network.n)}", "by theory"
    if end <= network.n:
        return "–", "the kernels' curves end too early"
    return f"> {times(end / network.n)}", "at least"


def drops(read: Read) -> list[str]:
    """The network, and the best kernel: as seen, or else as foretold."""
    kernel = best(read.needs.values()) or best(read.foretold.values())
    return [NETWORK, *([kernel.learner] if kernel else [])]


EXPLORER = Moving(
    SPEC,
    lambda: means(read_table("kernel-vs-network"), SPEC),
    Telling(
        SPEC,
        sentence,
        (
            need(NETWORK, note=f"for {TENTH.label}", key="network"),
            Say("kernel", "best kernel", kernel_need),
            Say("ratio", "kernel ÷ network", ratio),
            rate("kernel-rate", "kernel rate", KERNEL_RATE, kernel_rate),
            rate("network-rate", "network rate", NETWORK_RATE, network_rate),
        ),
        {NETWORK_RATE: network_rate, KERNEL_RATE: kernel_rate},
        drops,
        foretold=KERNELS,
    ),
    lambda: pd.concat([read_table("kernel-theory"), grid.limits()]),
    {FLOOR: lambda n, **at: kernel_floor(paper_target(**at), n)},
    stages=(
        Stage(
            "two curves at d = 10",
            {},
            compare("Find where each crosses 10 %", KERNEL, NETWORK),
        ),
        Stage(
            "double d: who moves?",
            {"d": 20},
            lambda look: (
                "Pale is d = 10. The kernel's crossing has moved right by "
                f"{grew(look(d=10), look(), KERNEL)}, the network's by "
                f"{grew(look(d=10), look(), NETWORK)}. Now move d to 40"
            ),
        ),
        Stage(
            "divide n by d²",
            {"d": 160, "axis": "n/d2", "all": True},
            lambda look: (
                "Along the 10 % line, from d = 10 to d = 160, the network's crossing "
                f"moves from {in_d2(look, NETWORK, 10, 160)} d², the kernel's from "
                f"{in_d2(look, KERNEL, 10, 160)} d² (hollow: theory)"
            ),
        ),
        Stage(
            "where the kernel wins",
            {"d": 20, "r": 4, "degree": 2},
            compare("A quadratic in four directions", KERNEL, NETWORK),
        ),
    ),
    source="kernel-vs-network",
)
LAB = LabSpec(
    knobs=knobs.usual(16000, 2000, WIDTH),
    runs={name: (name,) for name in LEARNERS},
    ticked=("ntk", "one-step"),
    measure=learning_curves.measure_curve,
    estimate=lambda ns, learner, d, width, **others: learning_curves.estimate_seconds(
        learner, d, ns, width=width
    ),
    shows=EXPLORER,
)


HERO_SAMPLES, SPAN = 2500, 2.8


def clouds(d: int) -> Frame:
    """What the kernel and the network say of new inputs, in d dimensions."""
    target, kernel = paper_target(d, 1, 3), kernel_of("polynomial", 3)
    x, y = target.sample(HERO_SAMPLES, seed=0, dtype=torch.float32)
    ridge = KernelRidge(kernel, scaled_ridge(kernel, d, 1e-6))
    choice = HeadChoice(held_out=target.sample(500, seed=2, dtype=torch.float32))
    network = OneStepNetwork(choice=choice)
    fits = {"polynomial": ridge.fit(x, y), NETWORK: network.fit(x, y)}
    marks, missed = rivals(target, fits, SPAN)
    return Frame(
        [*marks, label(2.2, 4.4, "label", "target", 0, 1)],
        f"d = {d}, {HERO_SAMPLES} samples: the kernel misses {missed[0]} of the "
        f"label's variance, the network {missed[1]}.",
    )


AXES: dict[str, Any] = {"x": (-SPAN, SPAN), "y": (-2.4, 5.4)}
AXES["below"] = "hidden direction →"
HERO = Hero(
    "kvn",
    Knob("d", (10, 14, 20, 28, 40), 10, "input dimension d", ""),
    (Panel("polynomial kernel", **AXES), Panel("network, one step", **AXES)),
    clouds,
    "The label along its hidden direction, a curve, and what two learners predict for "
    "new inputs, as dots. As d grows the kernel's dots leave the curve for a wide "
    "cloud; the network's stay near it for longer.",
)
