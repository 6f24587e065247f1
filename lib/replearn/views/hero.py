"""The hero of a chapter: an object that moves under one slider, or by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import traitlets
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from replearn.checks import check_choice
from replearn.learners.base import Predictor
from replearn.targets import MultiIndex
from replearn.views.facts import percent
from replearn.views.living import Living, compact_png, front_end
from replearn.views.packing import Payload, pack_knob
from replearn.views.palette import ink
from replearn.views.parts import Knob, Value
from replearn.views.style import SOFT, style

UNIT = 1000  # a panel is so many steps wide and high: none is seen
WIDTHS = {"arrows": 2, "dots": 2, "curve": 2, "bars": 3, "grid": 1, "text": 2}
ANCHORS = ("start", "middle", "end")


@dataclass(frozen=True)
class Panel:
    """One of at most two pictures side by side.

    Args:
        title: a few words above it. x, y: what it spans.
        below: what lies along x, "" for nothing.
        square: as wide as high. cross: whether lines stand at zero.
    """

    title: str
    x: tuple[float, float]
    y: tuple[float, float]
    below: str = ""
    square: bool = False
    cross: bool = True

    def place(self, points: np.ndarray) -> np.ndarray:
        """Data in steps of the panel; the last axis is x, y or left, right, top."""
        spans = [self.x] * (points.shape[-1] - 1) + [self.y]
        low, high = np.array(spans, dtype=float).T
        return UNIT * (points - low) / (high - low)


@dataclass(frozen=True)
class Mark:
    """What moves: many points of one kind and colour.

    Args:
        kind: "arrows" from zero and "dots" (k, 2), a "curve" (k, 2), "bars" (k, 3) of
            left, right and top, a "grid" of rows from -1 to 1, or "text" at (1, 2).
        at: the points, as many in every frame.
        ink: of the palette. panel: 0 or 1. faint: thin, pale, bars as outlines.
        words: of a text. anchor: which end of a text stands there.
    """

    kind: str
    at: Any
    ink: str = "neurons"
    panel: int = 0
    faint: bool = False
    words: str = ""
    anchor: str = "middle"

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, list(WIDTHS))
        check_choice("anchor", self.anchor, ANCHORS)
        points = np.asarray(self.at, dtype=float)
        if points.ndim != 2 or not points.size or not np.isfinite(points).all():
            raise ValueError(f"the points of {self.kind} must be finite rows")
        if self.kind != "grid" and points.shape[1] != WIDTHS[self.kind]:
            wanted = WIDTHS[self.kind]
            raise ValueError(f"{self.kind} take rows of {wanted}, not {points.shape}")
        object.__setattr__(self, "at", points)

    def look(self) -> Payload:
        """What is the same in all frames."""
        shade, columns = ink(self.ink), self.at.shape[1]
        own = {"kind": self.kind, "panel": self.panel, "faint": self.faint}
        own |= {"anchor": self.anchor, "columns": columns}
        return {**own, "light": shade.light, "dark": shade.dark}

    def numbers(self, panel: Panel) -> list[int | str]:
        """What moves, in whole steps; a text ends in its words."""
        grid = self.kind == "grid"
        steps = 100 * self.at.clip(-1, 1) if grid else panel.place(self.at)
        found: list[int | str] = [int(v) for v in np.rint(steps).flat]
        return [*found, self.words] if self.kind == "text" else found


@dataclass(frozen=True)
class Frame:
    """The marks at one value of the slider, and the sentence that says what is seen."""

    marks: Sequence[Mark]
    says: str


@dataclass(frozen=True)
class Hero:
    """An object that moves; `open()` shows it.

    Args:
        name: of the chapter, three letters. knob: the slider, played in its order.
        panels: one or two.
        frame: what is computed at a value of the slider.
        alt: what is seen, for those who do not see it.
    """

    name: str
    knob: Knob
    panels: tuple[Panel, ...]
    frame: Callable[[Any], Frame]
    alt: str

    def open(self, value: Value | None = None) -> HeroView:
        """The hero, which stands at this value, or where its slider starts."""
        first = self.knob.default if value is None else value
        return HeroView(self, self.knob.index(first))

    def payload(self) -> Payload:
        """All frames as whole numbers, and what is the same in them."""
        frames = [self.frame(value) for value in self.knob.values]
        looks = [mark.look() for mark in frames[0].marks]
        packed = [
            [mark.numbers(self.panels[mark.panel]) for mark in frame.marks]
            for frame in frames
        ]
        shape = [len(numbers) for numbers in packed[0]]
        for value, frame, numbers in zip(self.knob.values, frames, packed, strict=True):
            same = [mark.look() for mark in frame.marks] == looks
            if not same or [len(mark) for mark in numbers] != shape:
                raise ValueError(
                    f"{self.name}: the marks at {self.knob.say(value)} are others than "
                    f"at {self.knob.say(self.knob.values[0])}, so nothing can move"
                )
        panels = [
            {**vars(panel), "zero": np.rint(panel.place(np.zeros(2))).tolist()}
            for panel in self.panels
        ]
        return {
            "knob": pack_knob(self.knob),
            "panels": panels,
            "alt": self.alt,
            "marks": looks,
            "frames": packed,
            "says": [frame.says.replace(" %", "\u00a0%") for frame in frames],
        }


class HeroView(Living):
    """A hero at work; the trait `at` is the slider's place, from zero."""

    kind, moves = "hero", "at"
    _esm = front_end("shared.js", "hero.js")
    _css = front_end("explorer.css", "hero.css")
    at = traitlets.Int().tag(sync=True)

    def __init__(self, hero: Hero, at: int):
        super().__init__(payload=hero.payload(), name=f"{hero.name}-hero", at=at)

    def finding(self) -> str:
        """What is seen, and what the last frame says."""
        return f"{self.payload['alt']} {self.payload['says'][-1]}"

    def to_png(self) -> bytes:
        """The last frame."""
        panels, marks = self.payload["panels"], self.payload["marks"]
        with style():
            figure = Figure(figsize=(7.2, 3.2))
            axes = figure.subplots(1, len(panels), squeeze=False)[0]
            for ax, panel in zip(axes, panels, strict=True):
                _prepare(ax, panel)
            for mark, numbers in zip(marks, self.payload["frames"][-1], strict=True):
                _draw(axes[mark["panel"]], mark, numbers, panels[mark["panel"]])
            return compact_png(figure, dpi=110)


def _prepare(ax: Axes, panel: Payload) -> None:
    ax.set(xlim=(0, UNIT), ylim=(0, UNIT), xticks=[], yticks=[])
    ax.set(title=panel["title"], xlabel=panel["below"])
    ax.set_aspect("equal" if panel["square"] else "auto")
    ax.spines[:].set_visible(False)
    if panel["cross"]:
        ax.axvline(panel["zero"][0], color=SOFT, lw=0.6)
        ax.axhline(panel["zero"][1], color=SOFT, lw=0.6)


def _draw(ax: Axes, mark: Payload, numbers: Sequence[Any], panel: Payload) -> None:
    """Draw one mark, as hero.js does."""
    colour, faint, kind = mark["light"], mark["faint"], mark["kind"]
    if kind == "text":
        anchor = {"start": "left", "middle": "center", "end": "right"}[mark["anchor"]]
        look = {"color": colour, "ha": anchor, "fontsize": 10.5, "weight": "bold"}
        ax.text(*numbers, **look)
        return
    points = np.reshape(np.array(numbers, dtype=float), (-1, mark["columns"]))
    if kind == "arrows":
        (x, y), tips = panel["zero"], points.T
        look = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.003}
        start = np.full((2, len(points)), [[x], [y]])
        ax.quiver(*start, tips[0] - x, tips[1] - y, color=colour, alpha=0.7, **look)
    elif kind == "dots":
        ax.plot(*points.T, ".", color=colour, ms=5, alpha=0.7, mew=0)
    elif kind == "curve":
        ax.plot(*points.T, color=colour, lw=1.2 if faint else 2.4)
    elif kind == "bars":
        left, right, top = points.T
        zero = panel["zero"][1]
        fill = {"fill": False, "ec": colour} if faint else {"color": colour}
        ax.bar(left, top - zero, right - left, zero, align="edge", **fill)
    else:
        extent = (0, UNIT, 0, UNIT)
        ax.imshow(points, "RdBu_r", vmin=-100, vmax=100, extent=extent)


def ring(panel: int = 0) -> Mark:
    """The circle on which arrows of length one end."""
    turn = np.linspace(0, 2 * np.pi, 73)
    circle = np.stack([np.cos(turn), np.sin(turn)], 1)
    return Mark("curve", circle, "whole", panel, faint=True)


def needles(layer: Any, plane: bool = False, panel: int = 0) -> Mark:
    """Neurons at their true angle to the first coordinate, the longest of length one.

    All that is away from it lies upwards, or downwards where the second coordinate is
    negative. In a plane, instead: what of them lies in the first two coordinates.
    """
    w = np.asarray(layer, dtype=float)
    w = w / np.linalg.norm(w, axis=1).max()
    away = np.linalg.norm(w[:, 1:], axis=1) * np.where(w[:, 1] < 0, -1, 1)
    tips = w[:, :2] if plane else np.stack([w[:, 0], away], 1)
    return Mark("arrows", tips, "neurons", panel)


def label(
    x: float, y: float, words: str, look: str, panel: int = 0, anchor: str = "start"
) -> Mark:
    """Words that stand at a point."""
    return Mark("text", [[x, y]], look, panel, words=words, anchor=anchor)


def rivals(
    target: MultiIndex, fits: Mapping[str, Predictor], span: float
) -> tuple[list[Mark], list[str]]:
    """A target of one direction, and what up to two learners say of new inputs.

    Args: target: f*. fits: ink -> who predicts, a panel each. span: of the curve.
    Returns: for each a curve and a cloud; the shares of Var f* that they miss.
    """
    along = torch.linspace(-span, span, 65)
    curve = torch.stack([along, target.link(along[:, None])], 1)
    new, truth = target.stratified(140, 1, torch.float32)
    u, marks, missed = target.directions, [], []
    z = new[:, 0] if u is None else new @ u[0].float()
    for panel, (look, fit) in enumerate(fits.items()):
        learnt = fit.predict(new)
        dots = torch.stack([z, learnt], 1)[z.argsort()]
        marks.append(Mark("curve", curve, "target", panel, faint=True))
        marks.append(Mark("dots", dots, look, panel))
        missed.append(percent(float((learnt - truth).square().mean() / truth.var())))
    return marks, missed
