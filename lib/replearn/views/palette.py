"""How each learner is drawn: one source for matplotlib and for the explorer.

Hues are those of Okabe and Ito, told apart by readers with colour-blindness; where the
original is too pale on white, or too dark on a dark page, or too near another, its
lightness is moved: a contrast of at least 3:1. Marker and dash tell learners apart too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LIGHT_PAGE = "#ffffff"
DARK_PAGE = "#14181e"


@dataclass(frozen=True)
class Ink:
    """The look of one learner.

    Args:
        label: its name in prose, with a small first letter where English has one.
        family: "kernel", "fixed" (random features), "network", "oracle" or "part".
        light: colour on a white page, #rrggbb.
        dark: colour on a dark page, #rrggbb.
        marker: a key of MATPLOTLIB_MARKERS.
        dash: lengths of dash and gap in points; () is a solid line.
    """

    label: str
    family: str
    light: str
    dark: str
    marker: str
    dash: tuple[float, ...] = ()


PALETTE: dict[str, Ink] = {
    "ntk": Ink("NTK kernel", "kernel", "#0072b2", "#4aa8e0", "square"),
    "polynomial": Ink("polynomial kernel", "kernel", "#00855f", "#18b98b", "diamond"),
    "ntk-no-bias": Ink(
        "NTK without biases", "kernel", "#56708a", "#9db8d2", "plus", (1, 2)
    ),
    "rbf": Ink("RBF kernel", "kernel", "#3b8fc2", "#8fd0f5", "down", (5, 2)),
    "nngp": Ink("NNGP kernel", "kernel", "#3b8fc2", "#8fd0f5", "down", (5, 2)),
    "random-features": Ink(
        "random features", "fixed", "#b4588a", "#e09cc2", "up", (2, 2)
    ),
    "linearised": Ink(
        "linearised network", "fixed", "#8a7d00", "#f0e442", "cross", (6, 2, 1, 2)
    ),
    "one-step": Ink("one-step network", "network", "#d55e00", "#ff8a3c", "circle"),
    "adam": Ink("Adam network", "network", "#5c3d00", "#ffe0a3", "star", (6, 3)),
    "neurons": Ink("layer's square", "network", "#d55e00", "#ff8a3c", "circle"),
    "singular-space": Ink(
        "top singular space", "network", "#0072b2", "#4aa8e0", "diamond", (6, 2)
    ),
    "transferred": Ink(
        "transferred features", "network", "#d55e00", "#ff8a3c", "circle"
    ),
    "oracle": Ink("oracle (knows U)", "oracle", "#222222", "#e8e8e8", "plus", (3, 3)),
    "hierarchy": Ink("network with levels", "network", "#d55e00", "#ff8a3c", "circle"),
    "algorithm-1": Ink(
        "the paper's algorithm", "network", "#b4588a", "#e09cc2", "up", (2, 2)
    ),
    "quadratic": Ink(
        "quadratic kernel", "kernel", "#3b8fc2", "#8fd0f5", "down", (5, 2)
    ),
    "ntk-deep": Ink("deeper NTK", "kernel", "#56708a", "#9db8d2", "plus", (1, 2)),
}

# what is learnt, where one learner's curve is taken apart: a picture of parts has no
# learners in it, so the same hues may serve again
PARTS: dict[str, Ink] = {
    "target": Ink("f* along u₁", "part", "#222222", "#e8e8e8", "plus"),
    "target-2": Ink("f* along u₂", "part", "#8a7d00", "#f0e442", "star", (6, 2)),
    "degree-1": Ink("degree 1", "part", "#0072b2", "#4aa8e0", "circle"),
    "degree-2": Ink("degree 2", "part", "#d55e00", "#ff8a3c", "square"),
    "degree-3": Ink("degree 3", "part", "#00855f", "#18b98b", "diamond"),
    "degree-4": Ink("degree 4", "part", "#b4588a", "#e09cc2", "up"),
    "degree-5": Ink("degree 5", "part", "#3b8fc2", "#8fd0f5", "cross"),
    "degree-6": Ink("degree 6", "part", "#5c3d00", "#ffe0a3", "left"),
    "level-2": Ink("level 2", "part", "#d55e00", "#ff8a3c", "circle"),
    "level-3": Ink("level 3", "part", "#0072b2", "#4aa8e0", "square", (6, 2)),
    "level-4": Ink("level 4", "part", "#00855f", "#18b98b", "diamond", (2, 2)),
    "whole": Ink("whole test error", "part", "#59636f", "#aab4c0", "down", (5, 2)),
    "strong": Ink("share along u₁", "part", "#0072b2", "#4aa8e0", "diamond", (6, 2)),
    "weak": Ink("share along u₂", "part", "#00855f", "#18b98b", "square", (2, 2)),
    "balanced": Ink("balanced tasks", "part", "#d55e00", "#ff8a3c", "circle"),
    "iid": Ink("coin-toss tasks", "part", "#0072b2", "#4aa8e0", "square", (6, 2)),
    "centred": Ink(
        "coin-toss tasks, centred", "part", "#00855f", "#18b98b", "diamond", (5, 2)
    ),
    "coordinate": Ink(
        "single signs", "part", "#8a7d00", "#f0e442", "cross", (6, 2, 1, 2)
    ),
    "xor": Ink("XORs of two signs", "part", "#5c3d00", "#ffe0a3", "star", (6, 3)),
    "many-tasks": Ink("layer of many tasks", "part", "#d55e00", "#ff8a3c", "circle"),
    "single-task": Ink(
        "layer of one task", "part", "#0072b2", "#4aa8e0", "square", (6, 2)
    ),
    "joint": Ink("all levels together", "part", "#d55e00", "#ff8a3c", "circle"),
    "frozen": Ink("frozen as it is", "part", "#59636f", "#aab4c0", "down", (5, 2)),
    "refit": Ink("read-out re-fitted", "part", "#0072b2", "#4aa8e0", "square", (6, 2)),
    "free": Ink("free read-out", "part", "#00855f", "#18b98b", "diamond", (2, 2)),
    "wide": Ink("two features more", "part", "#b4588a", "#e09cc2", "up", (2, 2)),
    "true": Ink("true features frozen", "part", "#222222", "#e8e8e8", "plus", (3, 3)),
    "others-join": Ink("the others join", "part", "#d55e00", "#ff8a3c", "circle"),
    "alone": Ink("alone, equally long", "part", "#0072b2", "#4aa8e0", "square", (6, 2)),
    "test": Ink("test error", "part", "#d55e00", "#ff8a3c", "circle"),
    "training": Ink("training error", "part", "#0072b2", "#4aa8e0", "square", (6, 2)),
    "signs": Ink("wrong signs", "part", "#00855f", "#18b98b", "diamond", (2, 2)),
    "data": Ink("images", "part", "#d55e00", "#ff8a3c", "circle"),
    "gaussian": Ink("matched Gaussian", "part", "#0072b2", "#4aa8e0", "square", (6, 2)),
    "generic": Ink("generic weights", "part", "#d55e00", "#ff8a3c", "circle"),
    "single": Ink("one pixel", "part", "#0072b2", "#4aa8e0", "square", (6, 2)),
    "aligned": Ink("equal weights", "part", "#00855f", "#18b98b", "diamond", (5, 2)),
    "generic-skew": Ink(
        "skewness, generic weights", "part", "#8a7d00", "#f0e442", "star", (6, 2)
    ),
    "aligned-skew": Ink(
        "skewness, equal weights", "part", "#b4588a", "#e09cc2", "up", (2, 2)
    ),
    "single-skew": Ink(
        "skewness, one pixel", "part", "#56708a", "#9db8d2", "plus", (1, 2)
    ),
    "made": Ink("generated inputs", "part", "#d55e00", "#ff8a3c", "circle"),
    "latent": Ink("latent numbers", "part", "#222222", "#e8e8e8", "plus", (12, 3)),
    "made-twin": Ink("its Gaussian twin", "part", "#b4588a", "#e09cc2", "up", (5, 2)),
    "white": Ink("whitened inputs", "part", "#00855f", "#18b98b", "diamond", (2, 2)),
    "inside": Ink("layer along u", "part", "#0072b2", "#4aa8e0", "diamond", (6, 2)),
    "student": Ink("SGD", "part", "#d55e00", "#ff8a3c", "circle"),
    "twin": Ink("its Gaussian twin", "part", "#0072b2", "#4aa8e0", "square", (6, 2)),
    "off": Ink("R off its path", "part", "#00855f", "#18b98b", "diamond"),
    "twin-off": Ink("the same of the twin", "part", "#b4588a", "#e09cc2", "up", (5, 2)),
    "own": Ink(
        "formula on SGD's Q and R", "part", "#5c3d00", "#ffe0a3", "star", (6, 3)
    ),
    "flow": Ink("the equations", "part", "#222222", "#e8e8e8", "plus", (3, 3)),
    "outside": Ink("layer outside u", "part", "#0072b2", "#4aa8e0", "diamond", (6, 2)),
}

MATPLOTLIB_MARKERS = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "up": "^",
    "down": "v",
    "left": "<",
    "cross": "X",
    "plus": "P",
    "star": "*",
}


def ink(learner: str) -> Ink:
    """Return how a learner, or a part of a target, is drawn.

    Args: learner: a name in the column `learner` or `part` of a table.
    """
    inks = PALETTE | PARTS
    if learner not in inks:
        raise ValueError(f"learner={learner!r} has no ink; there are {list(inks)}")
    return inks[learner]


def line_style(learner: str) -> dict[str, Any]:
    """Return the keyword arguments with which matplotlib draws a learner's curve."""
    look = ink(learner)
    return {
        "color": look.light,
        "marker": MATPLOTLIB_MARKERS[look.marker],
        "markersize": 8 if look.marker == "star" else 5,
        "linestyle": (0, look.dash) if look.dash else "-",
        "label": look.label,
    }
