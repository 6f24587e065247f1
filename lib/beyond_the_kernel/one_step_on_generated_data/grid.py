"""One gradient step on generated data: what plays the part of d^2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from replearn.experiments import curves
from replearn.experiments.curves import Interval, mean_interval, select
from replearn.experiments.generated_step import measure_generated_step
from replearn.experiments.sweep import Cell, Sweep
from replearn.experiments.tables import read_table

DIMENSIONS, ACTIVATIONS = (10, 20, 40), ("none", "erf", "sign")
ASPECT, WIDE = 4, 16  # inputs to a latent number
TARGETS = ((1, 2), (1, 3), (2, 2), (2, 3))  # r and degree
CUBIC, CUBIC_ALONE, LARGE, FEW = (1, 3), (1, -3), 80, 2
FACTORS = (0.5, 1, 2, 4, 8, 16)
LEVEL, WITNESSES, KNOWN = 0.6, (20, 40, LARGE), 5
STEPS = ("generated", "matched", "whitened")


def cell(
    latent: int,
    activation: str,
    targets: Sequence[tuple[int, int]],
    inputs: Sequence[str],
    aspect: int = ASPECT,
    largest: float = FACTORS[-1],
) -> Cell:
    """One generator at sizes D^2 times a power of two."""
    ns = [int(f * latent**2) for f in FACTORS if f <= largest]
    return {
        "latent": latent,
        "aspect": 1 if activation == "none" else aspect,
        "activation": activation,
        "targets": [list(target) for target in targets],
        "ns": ns,
        "inputs": list(inputs),
    }


def cells() -> list[Cell]:
    """Cheap ones first; each row of the table comes from one of them."""
    found = []
    for d in DIMENSIONS:
        found.append(cell(d, "none", TARGETS, ["generated"]))
        found += [cell(d, name, TARGETS, STEPS) for name in ACTIVATIONS[1:]]
    found += [cell(d, "sign", [CUBIC_ALONE], STEPS[:1]) for d in DIMENSIONS]
    found += [cell(FEW, name, [CUBIC], STEPS[:2]) for name in ACTIVATIONS[1:]]
    for d in DIMENSIONS:
        found += [cell(d, n, [CUBIC], STEPS[:1], WIDE) for n in ACTIVATIONS[1:]]
    for name in ACTIVATIONS:
        inputs = STEPS[: 1 if name == "none" else 2]
        found.append(cell(LARGE, name, [CUBIC], inputs, largest=8))
    for d in DIMENSIONS[:2]:
        found += [cell(d, n, [CUBIC], ["kernel"], largest=8) for n in ACTIVATIONS]
    return found


GENERATED_STEP = Sweep(
    "generated-step",
    measure_generated_step,
    cells(),
    "Algorithm 1 with 64 neurons on x = G(c), y = g(B c); the kernel to 8 D^2.",
    keys=("latent", "aspect", "activation", "r", "degree", "learner", "n", "seed"),
    cheap=lambda latent: latent == 10,
)
GENERATED_SIZE = replace(
    GENERATED_STEP,
    name="generated-size",
    cells=[cell(d, "erf", [CUBIC], STEPS[:1], largest=8) for d in WITNESSES],
    note="The step on erf's inputs; the first five seeds are those of generated-step.",
    seeds=KNOWN + 60,
    cheap=lambda latent: latent <= 20,
)
GENERATED_TWIN = replace(
    GENERATED_SIZE,
    name="generated-twin",
    cells=[cell(d, "sign", [CUBIC], STEPS[:2]) for d in (FEW, 10)],
    note="The step on sign's inputs and on their Gaussian twins; seeds as there.",
)


def rows(table: str = GENERATED_STEP.name, **at: Any) -> pd.DataFrame:
    """Rows of a table: r = 1, degree three, N = 4 D, the step, unless said."""
    if at.get("activation") == "none":
        at = {"aspect": 1, **at}
    where = {"aspect": ASPECT, "r": 1, "degree": 3, "learner": "generated", **at}
    first = 0 if table == GENERATED_STEP.name else KNOWN  # seeds known before are left
    return select(read_table(table).query(f"seed >= {first}"), **where)


def errors(value: str = "error", **at: Any) -> pd.DataFrame:
    """One row for each seed, one column for each n / D^2."""
    table = rows(**at)
    table = table.assign(factor=table.n / table.latent**2)
    return table.pivot_table(index="seed", columns="factor", values=value)


def limit_ratio() -> Interval:
    """Measured over predicted at D = 80, n from 2 D^2 on, erf and sign."""
    found = []
    for name in ACTIVATIONS[1:]:
        told = errors("predicted", latent=LARGE, activation=name)
        found.append(errors(latent=LARGE, activation=name) / told)
    ratios = (found[0] + found[1]) / 2
    return mean_interval(ratios[[2, 4, 8]].mean(axis=1).to_numpy())


def size_exponent() -> Interval:
    """Exponent of D in the samples that bring the error to LEVEL, erf, D = 20 to 80."""
    sizes = []
    for d in WITNESSES:
        seen = errors(latent=d, activation="erf")
        at = curves.first_crossing(seen.columns.to_numpy(), seen.to_numpy(), LEVEL)
        sizes.append(np.log(at * d**2))
    return mean_interval(np.polyfit(np.log(WITNESSES), sizes, 1)[0])


def fresh_exponent(value: str = "error") -> Interval:
    """The same by the mean curve of sixty more seeds; "predicted": of the limit."""
    table = rows(GENERATED_SIZE.name)
    return curves.fit_exponent(curves.reach(table, LEVEL, over="latent", value=value))


def whitening_cost() -> Interval:
    """Error on whitened inputs over that on inputs as they are: 4 D^2, D = 40."""
    at: dict[str, Any] = {"latent": 40, "activation": "sign"}
    ratio = errors(learner="whitened", **at)[4] / errors(**at)[4]
    return mean_interval(ratio.to_numpy())


def twin_ratio(latent: int = LARGE, factor: int = 4, **at: Any) -> Interval:
    """Error on sign's inputs over that on their Gaussian twins, n = factor D^2."""
    at |= {"latent": latent, "activation": "sign"}
    ratio = errors(**at)[factor] / errors(learner="matched", **at)[factor]
    return mean_interval(ratio.to_numpy())


def small_twin_ratio() -> Interval:
    """The same at D = 10."""
    return twin_ratio(10)


def fresh_twin_ratio(latent: int = 10, factor: int = 4) -> Interval:
    """The same with sixty more seeds."""
    return twin_ratio(latent, factor, table=GENERATED_TWIN.name)


def input_ratio() -> Interval:
    """Error at N = 16 D over that at N = 4 D, erf, D = 40, n = D^2."""
    at: dict[str, Any] = {"latent": 40, "activation": "erf"}
    ratio = errors(aspect=WIDE, **at)[1] / errors(**at)[1]
    return mean_interval(ratio.to_numpy())


def kernel_ratio(activation: str = "sign") -> Interval:
    """Error of the tangent kernel over that of the step, D = 20, n = 8 D^2."""
    at: dict[str, Any] = {"latent": 20, "activation": activation}
    ratio = errors(learner="kernel", **at)[8] / errors(**at)[8]
    return mean_interval(ratio.to_numpy())


def say(interval: Interval) -> str:
    """A value and its interval, to two digits."""
    return "{:.2f} [{:.2f}, {:.2f}]".format(*interval)


def cubic_alone() -> Interval:
    """Error of the step for a cubic without a quadratic part, sign, D = 40, 16 D^2."""
    alone = errors(latent=40, activation="sign", degree=CUBIC_ALONE[1])
    return mean_interval(alone[16].to_numpy())
