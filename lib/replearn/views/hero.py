"""The hero of a chapter: an object that moves under one slider, or by itself."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np
import torch
import traitlets

from replearn.checks import check_choice
from replearn.learners.base import Predictor
from replearn.targets import MultiIndex
from replearn.views.facts import percent
from replearn.views.living import Living, front_end
from replearn.views.packing import Payload, pack_knob
from replearn.views.palette import ink
from replearn.views.parts import Knob, Value

UNIT, HEAD = 1000, 34  # steps across a panel, and along an arrow's head
INK = "currentColor"
LINE = f'fill="none" stroke="{INK}" stroke-linecap="round" stroke-width='
STRETCHED = 'preserveAspectRatio="none"'
STILL = 'vector-effect="non-scaling-stroke"'
# kind -> how it is drawn, and how faintly
KINDS = {
    "arrows": (f'fill="{INK}" stroke="{INK}" stroke-width="1.3" opacity=".8"', ""),
    "dots": (f'{LINE}"4.5" opacity=".7"', ""),
    "curve": (f'{LINE}"2.2"', f'{LINE}"1.2"'),
    "bars": (f'fill="{INK}"', f'{LINE}"1.2"'),
    "text": ("", ""),
}


@dataclass(frozen=True)
class Panel:
    """One of two pictures at most: a title, what it spans, and what lies along x.

    Args:
        title: above it. x, y: what it spans. below: what lies along x.
        square: as wide as high. cross: whether lines stand at zero.
    """

    title: str
    x: tuple[float, float]
    y: tuple[float, float]
    below: str = ""
    square: bool = False
    cross: bool = True

    def place(self, points: Any) -> np.ndarray:
        """Rows of x, y or of two such pairs, in whole steps from the upper left."""
        rows = np.asarray(points, dtype=float)
        low, high = np.array([self.x, self.y]).T
        part = (rows.reshape(len(rows), -1, 2) - low) / (high - low)
        part[..., 1] = 1 - part[..., 1]
        return np.rint(UNIT * part).astype(int).reshape(rows.shape)


@dataclass(frozen=True)
class Mark:
    """What moves: points of one kind, ink and panel, as many in every frame.

    Args:
        kind: "arrows" from zero, "dots", a "curve"; "bars" (left, bottom, right, top);
            or a "text", which stands still.
        at: rows of numbers. ink: of the palette. panel: 0 or 1. faint: outlines.
        words: of a text. shift: which share of it lies left of its point.
    """

    kind: str
    at: Any
    ink: str = "neurons"
    panel: int = 0
    faint: bool = False
    words: str = ""
    shift: float = 0

    def __post_init__(self) -> None:
        wide = 4 if check_choice("kind", self.kind, list(KINDS)) == "bars" else 2
        rows = np.asarray(self.at, dtype=float)
        if rows.shape[1:] != (wide,) or not rows.size or not np.isfinite(rows).all():
            raise ValueError(f"{self.kind} take finite rows of {wide}, not {rows}")

    def look(self, panel: Panel) -> Payload:
        """What is the same in all frames."""
        shade, drawn = ink(self.ink), KINDS[self.kind][self.faint]
        own = {"panel": self.panel, "drawn": drawn, "points": len(self.at)}
        if self.kind == "text":
            own |= {"at": panel.place(self.at)[0].tolist(), "shift": 100 * self.shift}
        return {**own, "light": shade.light, "dark": shade.dark}

    def shape(self, panel: Panel) -> str:
        """What moves: an SVG path of whole numbers, or the words of a text."""
        rows = panel.place(self.at)
        if self.kind == "arrows":
            return "".join(_arrow(panel.place([[0, 0]])[0], tip) for tip in rows)
        if self.kind == "bars":
            return "".join(f"M{a} {b}V{d}H{c}V{b}Z" for a, b, c, d in rows)
        if self.kind == "dots":
            return "".join(f"M{x} {y}h0" for x, y in rows)
        return self.words or "M" + "L".join(f"{x} {y}" for x, y in rows)


def _arrow(start: np.ndarray, tip: np.ndarray) -> str:
    """A line with a head, which is smaller where the arrow is short."""
    long = float(np.linalg.norm(tip - start))
    head = min(HEAD, 0.6 * long) * (tip - start) / max(long, 1)
    side, neck = 0.36 * np.array([-head[1], head[0]]), tip - head
    ends = (start, neck, tip, neck + side, neck - side)
    return "M{}L{}M{}L{}L{}Z".format(*(f"{round(x)} {round(y)}" for x, y in ends))


@dataclass(frozen=True)
class Frame:
    """What is seen at one value of the slider.

    Args: marks: in their order. says: a sentence on what is seen.
    """

    marks: Sequence[Mark]
    says: str


@dataclass(frozen=True)
class Hero:
    """An object that moves, by a slider or played in its order; `open()` shows it.

    Args:
        name: of the chapter, three letters. knob: the slider. panels: one or two.
        frame: what is seen at a value of the slider. alt: the same in words.
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
        """All frames as paths of whole numbers, and what is the same in them."""
        frames = [self.frame(value) for value in self.knob.values]
        on = [[(m, self.panels[m.panel]) for m in frame.marks] for frame in frames]
        looks = [[mark.look(panel) for mark, panel in frame] for frame in on]
        if any(look != looks[0] for look in looks):
            raise ValueError(f"{self.name}: the marks differ from frame to frame")
        zeros = [panel.place([[0, 0]])[0].tolist() for panel in self.panels]
        own = zip(self.panels, zeros, strict=True)
        return {
            "knob": pack_knob(self.knob),
            "alt": self.alt,
            "panels": [{**vars(panel), "zero": zero} for panel, zero in own],
            "marks": looks[0],
            "frames": [[mark.shape(panel) for mark, panel in frame] for frame in on],
            "says": [frame.says.replace(" %", "\u00a0%") for frame in frames],
        }


class HeroView(Living):
    """A hero at work.

    Args: hero: what is shown. at: the slider's place, from zero; a trait.
    """

    kind, moves = "hero", "at"
    _esm = front_end("shared.js", "hero.js")
    _css = front_end("explorer.css", "hero.css")
    at = traitlets.Int().tag(sync=True)

    def __init__(self, hero: Hero, at: int):
        super().__init__(payload=hero.payload(), name=f"{hero.name}-hero", at=at)

    def to_html(self) -> str:
        """The form for pages without a kernel, over the last frame as a picture."""
        alt = f"{self.payload['alt']} {self.payload['says'][-1]}"
        return self.page_form(f"data:image/svg+xml,{quote(self.to_svg())}", alt)

    def to_svg(self) -> str:
        """The last frame."""
        panels, last = self.payload["panels"], self.payload["frames"][-1]
        parts: list[str] = []
        wide = 720 / len(panels)
        for i, panel in enumerate(panels):
            w, middle = 240 if panel["square"] else wide - 20, (i + 0.5) * wide
            for y, words in ((18, panel["title"]), (288, panel["below"])):
                parts += [f'<text x="{middle}" y="{y}">{html.escape(words)}</text>']
            box = f'x="{middle - w / 2}" y="28" width="{w}" height="240"'
            parts += [f'<svg {box} viewBox="0 0 {UNIT} {UNIT}" {STRETCHED}>']
            for mark, d in zip(self.payload["marks"], last, strict=True):
                if mark["panel"] == i and mark["drawn"]:
                    drawn = mark["drawn"].replace(INK, mark["light"])
                    parts += [f'<path d="{d}" {drawn} {STILL}/>']
            parts += ["</svg>"]
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 296" font-family='
            f'"sans-serif" font-size="14" text-anchor="middle">{"".join(parts)}</svg>'
        )


def label(
    x: float, y: float, words: str, look: str, panel: int = 0, shift: float = 0
) -> Mark:
    """Words that stand at a point."""
    return Mark("text", [[x, y]], look, panel, words=words, shift=shift)


def ring(panel: int = 0) -> Mark:
    """The circle on which arrows of length one end."""
    turn = torch.linspace(0, 2 * torch.pi, 73)
    return Mark("curve", torch.stack([turn.cos(), turn.sin()], 1), "whole", panel, True)


def link(target: MultiIndex, span: float, panel: int = 0, faint: bool = False) -> Mark:
    """A target of one direction along it, from -span to span."""
    along = torch.linspace(-span, span, 65)
    curve = torch.stack([along, target.link(along[:, None])], 1)
    return Mark("curve", curve, "target", panel, faint)


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


def board(matrix: Any, panel: int = 0) -> list[Mark]:
    """A square for each entry, of area its size: orange above zero, blue below.

    The panel spans 0 to 1, and an entry of size 1 fills its place.
    """
    m = np.asarray(matrix, dtype=float)
    row, column = np.indices(m.shape) + 0.5
    x, y = column.ravel() / m.shape[1], 1 - row.ravel() / m.shape[0]
    marks = [Mark("bars", [[0, 0, 1, 1]], "whole", panel, True)]
    for sign, look in ((1, "neurons"), (-1, "ntk")):
        s = np.sqrt((sign * m).clip(0, 1)).ravel() / 2 / len(m)
        marks.append(
            Mark("bars", np.stack([x - s, y - s, x + s, y + s], 1), look, panel)
        )
    return marks


def under_bell(values: Any, look: str, panel: int = 0, bins: int = 37) -> list[Mark]:
    """A histogram of numbers brought to mean 0 and variance 1, and the bell over it.

    The panel spans -4 to 4 and starts at 0; the bell's top is at 0.4.
    """
    z = np.asarray(values, dtype=float).ravel()
    z = (z - z.mean()) / z.std()
    edges = np.linspace(-4, 4, bins + 1)
    high = np.histogram(z, edges)[0] / (len(z) * np.diff(edges))
    gap = 0.07 * np.diff(edges)
    left, right = edges[:-1] + gap, edges[1:] - gap
    bars = np.stack([left, 0 * high, right, high.clip(max=0.6)], 1)
    x = np.linspace(-4, 4, 65)
    bell = np.stack([x, np.exp(-x * x / 2) / np.sqrt(2 * np.pi)], 1)
    return [Mark("bars", bars, look, panel), Mark("curve", bell, "target", panel)]


def rivals(
    target: MultiIndex, fits: Mapping[str, Predictor], span: float
) -> tuple[list[Mark], list[str]]:
    """A target of one direction, and what up to two learners say of new inputs.

    Args: target: f*. fits: ink -> who predicts, a panel each. span: of the curve.
    Returns: for each a curve and a cloud; the shares of Var f* that they miss.
    """
    few, (new, truth) = 140, target.stratified(2100, 1, torch.float32)
    u, marks, missed = target.directions, [], []
    z = (new[:, 0] if u is None else new @ u[0].float())[:few]
    for panel, (look, fit) in enumerate(fits.items()):
        learnt = fit.predict(new)
        dots = torch.stack([z, learnt[:few]], 1)[z.argsort()]
        marks.append(link(target, span, panel, faint=True))
        marks.append(Mark("dots", dots, look, panel))
        missed.append(percent(float((learnt - truth).square().mean() / truth.var())))
    return marks, missed
