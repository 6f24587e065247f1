"""What a lab is made of in Jupyter: its button, lists and boxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from replearn.views.palette import ink
from replearn.views.parts import Knob

# ipywidgets marks what has lost its kernel with this class, in the browser itself
RESTARTED = """<style>.replearn-lab.jupyter-widgets-disconnected::after {
content: "The kernel was restarted, and this lab has lost it: run its cell again.";
display: block; padding: .5em; font-weight: bold; }</style>"""


class RunButton(widgets.Button):
    """A button whose callbacks may fail aloud: ipywidgets' own swallows exceptions."""

    action: Callable[[], object]
    pressed: Callable[[], object]  # the same for a click in the browser

    def click(self) -> None:
        """Do the button's action; whatever it raises is raised here."""
        self.action()

    def _handle_button_msg(self, _: object, content: Any, buffers: object) -> None:
        if content.get("event") == "click":
            self.pressed()


def choice(knob: Knob) -> widgets.Dropdown:
    """A native list: named and spoken by value, where ipywidgets' sliders are not."""
    unit = f" ({knob.unit})" if knob.unit else ""
    return widgets.Dropdown(
        options=knob.values,
        value=knob.default,
        description=f"{knob.label}{unit}",
        style={"description_width": "12em"},
        layout={"width": "100%"},
    )


def tick(run: str, ticked: bool) -> widgets.Checkbox:
    """A box for one run, called as its curve is."""
    return widgets.Checkbox(
        value=ticked, description=ink(run).label, indent=False, layout={"width": "100%"}
    )


def grid(children: list[widgets.Widget], narrowest: str) -> widgets.GridBox:
    """Columns as many as fit."""
    columns = f"repeat(auto-fit, minmax(min(100%, {narrowest}), 1fr))"
    layout = {"grid_template_columns": columns, "width": "100%"}
    return widgets.GridBox(children, layout=layout)


def duration(seconds: float) -> str:
    """A time in words."""
    if seconds < 60:
        return f"{max(seconds, 0.1):.1f} s"
    return f"{seconds / 60:.0f} min"
