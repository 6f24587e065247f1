"""What is alive in Jupyter and on a page without a kernel, from one front end."""

from __future__ import annotations

import base64
import html
import io
import json
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets
from matplotlib.figure import Figure
from PIL import Image

PICTURE_COLOURS = 64


def front_end(*names: str) -> str:
    """The text of some of the files beside this one, as one."""
    here = Path(__file__).parent
    return "\n".join((here / name).read_text(encoding="utf-8") for name in names)


def script(front_end: str, style_sheet: str, state: dict[str, Any]) -> str:
    """What book/_static/replearn-host.js reads: a module, its looks and its model."""
    carried = {"esm": front_end, "css": style_sheet, "state": state}
    data = json.dumps(carried, separators=(",", ":"), ensure_ascii=False)
    data = data.replace("</", r"<\/")
    return f'<script type="application/json">{data}</script>'


class Living(anywidget.AnyWidget):
    """A widget that is drawn by its `_esm` alone, with a still picture before that.

    A kind says what it is to the page: `replearn-KIND` is its class there, and `moves`
    the trait that a reader moves.
    """

    kind: ClassVar[str]
    moves: ClassVar[str]
    payload = traitlets.Dict().tag(sync=True)
    name = traitlets.Unicode().tag(sync=True)
    address = traitlets.Bool(False).tag(sync=True)

    def to_png(self) -> bytes:
        """The picture that is there before any script runs."""
        raise NotImplementedError

    def finding(self) -> str:
        """What the picture shows, in words."""
        raise NotImplementedError

    def caption(self) -> str:
        """What stands under the picture and under the live view; "" for nothing."""
        return ""

    def to_html(self) -> str:
        """The form for pages without a kernel: still picture, data and front end.

        Returns: an HTML fragment that book/_static/replearn-host.js brings to life.
        """
        traits = ("name", self.moves, "payload")
        model = {name: getattr(self, name) for name in traits}
        picture = base64.b64encode(self.to_png()).decode()
        caption = html.escape(self.caption())
        return (
            f'<div class="replearn-{self.kind}" data-part="{self.kind}"><figure>'
            f'<img class="dark-light" alt="{html.escape(self.finding())}" width="720" '
            f'src="data:image/png;base64,{picture}">'
            f"{caption and f'<figcaption>{caption}</figcaption>'}</figure>"
            f"{script(str(self._esm), str(self._css), model)}</div>"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**data, "text/html": self.to_html()}, metadata


def compact_png(figure: Figure, dpi: int = 200) -> bytes:
    """Write a figure as a palette PNG, a third of the usual weight.

    Args:
        figure: any matplotlib figure with an opaque background.
        dpi: points an inch; 200 is twice its size on the page.
    """
    full = io.BytesIO()
    figure.savefig(full, format="png", dpi=dpi)
    small = io.BytesIO()
    with Image.open(full) as picture:
        flat = picture.convert("RGB").quantize(PICTURE_COLOURS)
        flat.save(small, format="png", optimize=True)
    return small.getvalue()
