"""The landing page's figure: what a kernel needs, and what a network needs."""

from __future__ import annotations

import math
from functools import cache

from replearn.experiments.curves import reach, select
from replearn.experiments.tables import read_table
from replearn.views.facts import count
from replearn.views.hero import Frame, Hero, Mark, Panel, label
from replearn.views.parts import Knob

BARS = {"polynomial": "kernel-theory", "one-step": "kernel-vs-network"}
WORDS = {"polynomial": "kernel", "one-step": "network"}
LOWEST, HIGHEST = 1.5, 7.0  # powers of ten


@cache
def needs(learner: str) -> dict[float, float]:
    """Samples to 10 % on a cubic of one direction, for each d; the kernel: theory."""
    rows = select(read_table(BARS[learner]), learner=learner, r=1, degree=3)
    return reach(rows).needs()


DIMENSIONS = tuple(needs("one-step"))


def bars(d: int) -> Frame:
    """Two bars, as high as their powers of ten."""
    marks, at = [], {name: needs(name)[d] for name in BARS}
    for left, (name, n) in enumerate(at.items()):
        bar = [left + 0.15, LOWEST, left + 0.85, math.log10(n)]
        words = f"{WORDS[name]} {count(n)}"
        marks.append(Mark("bars", [bar], name))
        marks.append(label(left + 0.5, HIGHEST - 0.5, words, name, shift=0.5))
    ratio = at["polynomial"] / at["one-step"]
    who = f"{ratio:.2g} times as many as" if ratio > 1.2 else "about as many as"
    who = "fewer than" if ratio < 0.8 else who
    return Frame(
        marks,
        f"d = {d}: a kernel that is told the degree needs {count(at['polynomial'])} "
        f"samples, {who} a network after one step, {count(at['one-step'])}.",
    )


HERO = Hero(
    "two-bars",
    Knob("d", DIMENSIONS, DIMENSIONS[0], "input dimension d", ""),
    (Panel("samples to 10 % error", (0, 2), (LOWEST, HIGHEST), cross=False),),
    bars,
    "Two bars on a logarithmic scale, the samples that a kernel and a network need to "
    "learn a cubic of one direction. At ten dimensions the kernel's is lower; the more "
    "there are, the further the kernel's bar outgrows the network's.",
)
