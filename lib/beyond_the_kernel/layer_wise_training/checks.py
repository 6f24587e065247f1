"""Predictions, questions and exercises on levels that are trained one by one."""

from __future__ import annotations

from beyond_the_kernel.layer_wise_training import grid
from replearn.experiments.exercises import agrees
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import declare
from replearn.views.ask import ask as ask
from replearn.views.ask import recall as recall
from replearn.views.facts import percent, tiny

agrees(
    "lwt-share",
    lambda error, missing, k: 1 - k * missing / error,
    *((0.0045, 5e-5, 2), (0.05, 0.004, 3), (0.3, 0.3, 1)),
    slips={
        "this is the share that stays": lambda error, missing, k: k * missing / error,
        "1 - R² is a share of k, not of one": lambda error, missing, k: (
            1 - missing / error
        ),
    },
)
agrees(
    "lwt-handed",
    lambda rho, loud, faint: 4 * (1 - rho) ** 2 * loud / faint,
    *((0.5, 3.5, 7.5), (0.2, 2.0, 3.0), (0.9, 4.0, 8.0)),
    slips={
        "the factor is not squared": lambda rho, loud, faint: (
            2 * (1 - rho) * loud / faint
        ),
        "the share is that of the skip link": lambda rho, loud, faint: (
            4 * rho**2 * loud / faint
        ),
        "the two variances are exchanged": lambda rho, loud, faint: (
            4 * (1 - rho) ** 2 * faint / loud
        ),
    },
)
agrees(
    "lwt-count",
    lambda d: (d + 1) * (d + 2) // 2,
    *((10,), (30,), (100,)),
    slips={
        "the constant is left out": lambda d: d * (d + 1) // 2,
        "products are counted twice": lambda d: (d + 1) ** 2,
    },
)
agrees(
    "lwt-due",
    lambda join, end, control: end - control,
    *((0.92, 0.94, 0.93), (0.9, 0.93, 0.935), (0.5, 0.8, 0.6)),
    slips={
        "time alone is counted as well": lambda join, end, control: end - join,
        "this is what time alone does": lambda join, end, control: control - join,
    },
)


def repair() -> str:
    """What frozen levels cost under two read-outs, bounded inputs, gap 0.1."""
    at = {"kind": "bounded", "n": grid.ALL, "gap": 0.1}
    rows = grid.by_seed(grid.LAYER_WISE.name, "mode", "error", **at)
    return (
        f"{tiny(rows['free'].mean())}, where it was {tiny(rows['frozen'].mean())} "
        "with the read-out as it was"
    )


def control() -> str:
    """The first layer at the join, at the end, and alone for as long."""
    join, end = (
        grid.by_seed(grid.EQUAL_TIME.name, "arm", "accuracy", step=step)
        for step in (grid.STAGE, 4 * grid.STAGE)
    )
    arms = [f"random layers above, {then}" for then in ("others join", "alone")]
    values = (join[arms[0]], end[arms[0]], end[arms[1]])
    before, after, alone = (percent(float(v.mean()), 1) for v in values)
    return f"{before} before, {after} after; alone for as long, {alone}"


declare("layer-wise-training", repair=repair, control=control)
