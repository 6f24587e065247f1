"""What is alive in Jupyter and on a page without a kernel, from one front end."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets


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
    """A widget drawn by its `_esm` alone; `kind` is its class and part on the page.

    `moves` is the trait that a reader moves; `to_html` gives the form for pages without
    a kernel: still picture, data and front end.
    """

    kind: ClassVar[str]
    moves: ClassVar[str]
    to_html: Callable[[], str]
    payload = traitlets.Dict().tag(sync=True)
    name = traitlets.Unicode().tag(sync=True)
    address = traitlets.Bool(False).tag(sync=True)

    def page_form(self, picture: str, alt: str, caption: str = "") -> str:
        """An HTML fragment that book/_static/replearn-host.js brings to life.

        Args: picture: the address of what is there before any script runs. alt: the
            same in words. caption: what stands under it.
        """
        traits = ("name", self.moves, "payload")
        model = {name: getattr(self, name) for name in traits}
        below = caption and f"<figcaption>{html.escape(caption)}</figcaption>"
        return (
            f'<div class="replearn-{self.kind}" data-part="{self.kind}"><figure>'
            f'<img class="dark-light" alt="{html.escape(alt)}" width="720" '
            f'src="{picture}">{below}</figure>'
            f"{script(str(self._esm), str(self._css), model)}</div>"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**data, "text/html": self.to_html()}, metadata
