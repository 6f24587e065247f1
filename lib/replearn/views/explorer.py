"""The explorer: curves under sliders that a reader moves, with no kernel."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import traitlets
from matplotlib.figure import Figure
from PIL import Image

from replearn.views.controls import ExplorerSpec, State
from replearn.views.facts import Wording
from replearn.views.living import Living, front_end
from replearn.views.packing import check_frames, explorer_data, seeds
from replearn.views.stages import Stage, pack_stages
from replearn.views.still import plot_learning_curves
from replearn.views.style import style

PARTS = ("shared", "chart", "address", "controls", "numbers", "stages", "explorer")
FRONT_END = front_end(*(f"{part}.js" for part in PARTS))
PICTURE_COLOURS = 64


class Explorer(Living):
    """Curves that a reader moves.

    In Jupyter the trait `state` follows the controls and may be set from Python, in
    part (`widget.state = {"d": 20}`); on a page without a kernel the same front end
    runs by itself from the text/html form.

    Args:
        spec: what can be moved, and in which words.
        summary: a column for each knob, and learner, n, error (or mean), low, high,
            seeds; one row for each point of a curve.
        words: given a cell, its rows of the summary and its rows of the theory, says
            what the cell shows.
        predicted: theory, dotted: columns learner, n, error, and those of the knobs
            that matter to it; None for none.
        forbidden: where nothing can lie, see `explorer_data`.
        stages: the numbered steps above the sliders.
        sources: word of a link -> path in the book's repository.
        state: first values of knobs, axis, show and switches.
    """

    kind, moves = "explorer", "state"
    _esm = FRONT_END
    _css = front_end("explorer.css")
    state = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        spec: ExplorerSpec,
        summary: pd.DataFrame,
        words: Wording,
        predicted: pd.DataFrame | None = None,
        forbidden: pd.DataFrame | None = None,
        stages: Sequence[Stage] = (),
        sources: Mapping[str, str] | None = None,
        **state: Any,
    ):
        self._spec = spec
        self._summary, self._predicted = check_frames(spec, summary, predicted)
        self._forbidden = forbidden
        payload = explorer_data(spec, summary, words, predicted, forbidden)
        self._cells = payload["cells"]
        first = self._complete(spec.defaults() | state)
        frames = self._summary, self._predicted
        payload["stages"] = pack_stages(spec, stages, *frames, words)
        payload |= {"defaults": first, "sources": dict(sources or {})}
        super().__init__(payload=payload, name=spec.name, state=first)

    @traitlets.validate("state")
    def _check_state(self, proposal: Mapping[str, Any]) -> State:
        return self._complete(proposal["value"])

    def _complete(self, changes: Mapping[str, Any]) -> State:
        """The present state with the changes, if the table has it."""
        state = self._spec.check({**self.state, **changes})
        if self._spec.key(state) not in self._cells:
            knobs = [knob.name for knob in self._spec.knobs]
            wish = ", ".join(f"{name}={state[name]}" for name in knobs)
            raise ValueError(
                f"{wish} is not in the table, which has {', '.join(self._cells)} "
                f"({'/'.join(knobs)})"
            )
        return state

    def to_html(self) -> str:
        """The form for pages without a kernel: still picture, data and front end.

        Returns: an HTML fragment that book/_static/replearn-host.js brings to life.
        """
        picture = base64.b64encode(self.to_png()).decode()
        address = f"data:image/png;base64,{picture}"
        return self.page_form(address, self.finding(), self.caption())

    def to_png(self) -> bytes:
        """The picture of the present setting, which is there before any script runs."""
        spec, axis = self._spec, self._spec.axis(self.state["axis"])
        divisor = axis.divisor(self.state)
        guides = self._cells[spec.key(self.state)]["guides"]
        theory = self._shown(self._predicted, divisor)
        region = self._forbidden if self.state.get("theory") else None
        with style():
            figure = Figure()
            plot_learning_curves(
                figure.add_subplot(),
                self._shown(self._summary, divisor),
                theory if self.state.get("theory") and len(theory) else None,
                {label: n / divisor for n, label in guides}
                if self.state.get("guides")
                else None,
                level=spec.level,
                y=spec.y,
                x_title=axis.title_at(self.state),
                x_log=axis.log,
                forbidden=None if region is None else self._here(region, divisor),
            )
            return compact_png(figure)

    def finding(self) -> str:
        """One sentence that says what the present setting shows."""
        sentence: str = self._cells[self._spec.key(self.state)]["sentence"]
        return sentence

    def caption(self) -> str:
        """The caption under the picture and under the live view."""
        return self._spec.caption.replace("{seeds}", seeds(self._summary))

    def _shown(self, frame: pd.DataFrame, divisor: float) -> pd.DataFrame:
        """The present cell's rows of the visible learners, along the chosen axis."""
        return self._here(frame[frame["learner"].isin(self.state["show"])], divisor)

    def _here(self, frame: pd.DataFrame, divisor: float) -> pd.DataFrame:
        """The present cell's rows, along the chosen axis."""
        for knob in self._spec.knobs:
            frame = frame[frame[knob.name] == self.state[knob.name]]
        return frame.assign(n=frame["n"] / divisor)


def compact_png(figure: Figure) -> bytes:
    """Write a figure as a palette PNG at twice its size, a third of the usual weight.

    Args: figure: any matplotlib figure with an opaque background.
    """
    full = io.BytesIO()
    figure.savefig(full, format="png", dpi=200)
    small = io.BytesIO()
    with Image.open(full) as picture:
        flat = picture.convert("RGB").quantize(PICTURE_COLOURS)
        flat.save(small, format="png", optimize=True)
    return small.getvalue()
