"""The explorer: learning curves under sliders for d, r and degree, with no kernel."""

from __future__ import annotations

import base64
import html
import io
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import pandas as pd
import traitlets
from matplotlib.figure import Figure
from PIL import Image

from replearn.experiments.curves import summarise
from replearn.experiments.tables import read_table
from replearn.theory import rates
from replearn.views import figures
from replearn.views.controls import EXPLORER, Number
from replearn.views.palette import PALETTE, ink

HERE = Path(__file__).parent
FRONT_END = "\n".join(
    (HERE / name).read_text(encoding="utf-8") for name in ("chart.js", "explorer.js")
)
STYLE_SHEET = (HERE / "explorer.css").read_text(encoding="utf-8")
CELL = ["d", "r", "degree"]
PICTURE_COLOURS = 64
Payload = dict[str, Any]


def explorer_data(summary: pd.DataFrame, theory: pd.DataFrame | None = None) -> Payload:
    """Pack a summarised table for the explorer, every number to 3 significant digits.

    Args:
        summary: columns d, r, degree, learner, n, error, low, high, seeds.
        theory: kernels' predictions, columns d, degree, learner, n, error; a column r
            is used where there is one, else a curve serves every r.
    Returns: a dictionary that json can write; `curves` and `theory` map "d-r-degree"
        to learner to lists, `guides` to the rates d^p and d^2 r + d r^p.
    Raises:
        ValueError: if a column is missing, or a row holds a setting no slider has.
    Cost: O(rows).
    Example:
        >>> row = dict(d=10, r=1, degree=2, learner="ntk", n=[9], error=0.12345,
        ...            low=0.1, high=0.2, seeds=5)
        >>> explorer_data(pd.DataFrame(row))["curves"]["10-1-2"]["ntk"]["mean"]
        [0.123]
    """
    figures.need_columns(
        summary, *CELL, "learner", "n", "error", "low", "high", "seeds"
    )
    for name in CELL:
        for value in sorted(set(summary[name])):
            EXPLORER.knob(name).check(value)
    columns = {"error": "mean", "low": "low", "high": "high"}
    curves = _pack(summary, columns)
    present = set(summary["learner"])
    return {
        **_specification(),
        "learners": [_look(key) for key in PALETTE if key in present],
        "seeds": _seeds(summary),
        "curves": curves,
        "theory": {} if theory is None else _pack_theory(theory, summary),
        "guides": {
            f"{d}-{r}-{degree}": {
                "kernel": rates.kernel_rate(d, degree),
                "network": rates.network_rate(d, r, degree),
            }
            for d, r, degree in _cells(summary)
        },
    }


class Explorer(anywidget.AnyWidget):
    """Learning curves that a reader moves; made by `explore`.

    In Jupyter the traits follow the controls and may be set from Python; on a page
    without a kernel the same front end runs by itself from the text/html form.

    Args:
        summary: columns d, r, degree, learner, n, error, low, high, seeds.
        predicted: the kernels' theory, see `explorer_data`, or None.
        state: first values of the traits.
    Raises:
        ValueError: if the summary lacks the setting.
    Cost: about 0.1 s.
    """

    _esm = FRONT_END
    _css = STYLE_SHEET
    payload = traitlets.Dict().tag(sync=True)
    name = traitlets.Unicode("kvn").tag(sync=True)
    address = traitlets.Bool(False).tag(sync=True)
    d = traitlets.Int(int(EXPLORER.knob("d").default)).tag(sync=True)
    r = traitlets.Int(int(EXPLORER.knob("r").default)).tag(sync=True)
    degree = traitlets.Int(int(EXPLORER.knob("degree").default)).tag(sync=True)
    axis = traitlets.Enum([axis.key for axis in EXPLORER.axes]).tag(sync=True)
    show = traitlets.List(
        traitlets.Enum(list(PALETTE)), default_value=list(EXPLORER.learners)
    ).tag(sync=True)
    theory = traitlets.Bool(True).tag(sync=True)
    guides = traitlets.Bool(True).tag(sync=True)
    all_d = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self, summary: pd.DataFrame, predicted: pd.DataFrame | None, **state: Any
    ):
        self._summary = summary
        self._predicted = predicted
        payload = explorer_data(summary, predicted)
        state = {switch.name: switch.default for switch in EXPLORER.switches} | state
        state = {"axis": EXPLORER.axes[0].key} | state
        super().__init__(payload=payload, **state)
        if self._cell() not in payload["curves"]:
            raise ValueError(
                f"d={self.d}, r={self.r}, degree={self.degree} is not in the table, "
                f"which has {', '.join(payload['curves'])} (d-r-degree)"
            )
        self.payload = payload | {"defaults": self.state()}

    @traitlets.validate("d", "r", "degree")
    def _check_knob(self, proposal: Mapping[str, Any]) -> Number:
        return EXPLORER.knob(proposal["trait"].name).check(proposal["value"])

    def state(self) -> dict[str, Any]:
        """What the reader can move, as it stands.

        Returns: name of the trait -> value.
        Cost: O(1).
        """
        names = [*CELL, "axis", "show", *(item.name for item in EXPLORER.switches)]
        return {name: getattr(self, name) for name in names}

    def to_html(self) -> str:
        """The form for pages without a kernel: still picture, data and front end.

        Returns: an HTML fragment that book/_static/replearn-host.js brings to life.
        Cost: one matplotlib figure, about 0.3 s.
        """
        script = {
            "esm": FRONT_END,
            "css": STYLE_SHEET,
            "state": self.state() | {"name": self.name, "payload": self.payload},
        }
        data = json.dumps(script, separators=(",", ":"), ensure_ascii=False)
        data = data.replace("</", r"<\/")
        picture = base64.b64encode(self.to_png()).decode()
        return (
            '<div class="replearn-explorer"><figure>'
            f'<img class="dark-light" alt="{html.escape(self.finding())}" width="720" '
            f'src="data:image/png;base64,{picture}">'
            f"<figcaption>{html.escape(self.caption())}</figcaption></figure>"
            f'<script type="application/json">{data}</script></div>'
        )

    def to_png(self) -> bytes:
        """The picture of the present setting that stands there before any script runs.

        Returns: a PNG of about 30 kB, 1240 pixels wide.
        Cost: one matplotlib figure, about 0.3 s.
        """
        curves, theory = self._shown(self._summary), None
        if self.theory and self._predicted is not None:
            theory = self._shown(self._predicted)
        rate = self.payload["guides"][self._cell()]
        p = self.degree
        guides = {f"$d^{p}$": rate["kernel"], f"$d^2r+dr^{p}$": rate["network"]}
        with figures.style():
            figure = Figure()
            figures.plot_learning_curves(
                figure.add_subplot(), curves, theory, guides if self.guides else None
            )
            return compact_png(figure)

    def finding(self) -> str:
        """One sentence that says what the present setting shows.

        Returns: the text alternative of the picture.
        Cost: O(rows).
        """
        at = f"d = {self.d}, r = {self.r}, degree {self.degree}"
        curves = self._cell_rows(self._summary)
        network = curves[curves["learner"] == "one-step"]
        kernels = curves[[ink(key).family == "kernel" for key in curves["learner"]]]
        parts = []
        for name, rows in (
            ("the one-step network", network),
            ("the best kernel", kernels),
        ):
            if rows.empty:
                continue
            reached = rows[rows["error"] <= EXPLORER.level]["n"]
            last = int(rows["n"].max())
            parts.append(
                f"{name} is below 10 % error from n = {int(reached.min())} on"
                if len(reached)
                else f"{name} is still above 10 % error at n = {last}"
            )
        return f"Test error against training samples at {at}: {', '.join(parts)}."

    def caption(self) -> str:
        """The caption under the picture and under the live view.

        Returns: two sentences.
        Cost: O(1).
        """
        return (
            "Relative test error against the number of training samples: means over "
            f"{self.payload['seeds']} seeds with 95 % intervals, and dotted the theory "
            "of the kernels. Move d, r and the degree; divide n by d² or by dᵖ to see "
            "whose curves fall together."
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**data, "text/html": self.to_html()}, metadata

    def _cell(self) -> str:
        return f"{self.d}-{self.r}-{self.degree}"

    def _cell_rows(self, frame: pd.DataFrame) -> pd.DataFrame:
        keep = (frame["d"] == self.d) & (frame["degree"] == self.degree)
        return frame[keep & (frame["r"] == self.r)] if "r" in frame else frame[keep]

    def _shown(self, frame: pd.DataFrame) -> pd.DataFrame:
        rows = self._cell_rows(frame)
        return rows[rows["learner"].isin(self.show)]


def explore(
    summary: pd.DataFrame | None = None,
    theory: pd.DataFrame | None = None,
    name: str = "kvn",
    **state: Any,
) -> Explorer:
    """Return the explorer of the table `kernel-vs-network`, at any of its settings.

    Args:
        summary: columns d, r, degree, learner, n, error, low, high, seeds; by default
            the book's table, summarised.
        theory: columns d, degree, learner, n, error (and r); by default the book's.
        name: how the setting is called in the page's address, "#name:d=40,...".
        state: first values of d, r, degree, axis, show, theory, guides, all_d.
    Returns: a widget; show it as the last value of a cell.
    Raises:
        ValueError, traitlets.TraitError: if the table lacks the setting.
    Cost: under a second.
    Example:
        >>> row = dict(d=40, r=1, degree=3, learner="one-step", n=[9, 99], error=0.1,
        ...            low=0.1, high=0.2, seeds=5)
        >>> explore(pd.DataFrame(row), show=["one-step"]).finding()[-55:]
        'the one-step network is below 10 % error from n = 9 on.'
    """
    if not name.isidentifier():
        raise ValueError(f"name={name!r} must be a word, such as 'kvn'")
    if summary is None:
        summary = summarise(read_table("kernel-vs-network"))
        theory = _book_theory() if theory is None else theory
    return Explorer(summary, theory, name=name, **state)


def _book_theory() -> pd.DataFrame:
    """The book's predicted curves; a line needs a third of the table's sizes."""
    theory = read_table("kernel-theory")
    return theory[theory["n"].isin(sorted(set(theory["n"]))[::3])]


def compact_png(figure: Figure) -> bytes:
    """Write a figure as a palette PNG at twice its size, a third of the usual weight.

    Args:
        figure: any matplotlib figure with an opaque background.
    Returns: the bytes of the PNG.
    Cost: about 0.3 s.
    Example:
        >>> compact_png(Figure(figsize=(1, 1)))[1:4]
        b'PNG'
    """
    full = io.BytesIO()
    figure.savefig(full, format="png", dpi=200)
    small = io.BytesIO()
    with Image.open(full) as picture:
        flat = picture.convert("RGB").quantize(PICTURE_COLOURS)
        flat.save(small, format="png", optimize=True)
    return small.getvalue()


def _specification() -> Payload:
    return {
        "knobs": [
            vars(knob) | {"values": list(knob.values)} for knob in EXPLORER.knobs
        ],
        "axes": [vars(axis) for axis in EXPLORER.axes],
        "switches": [vars(switch) for switch in EXPLORER.switches],
        "level": EXPLORER.level,
        "floor": EXPLORER.floor,
    }


def _look(learner: str) -> Payload:
    return {"key": learner, **vars(ink(learner)), "dash": list(ink(learner).dash)}


def _seeds(summary: pd.DataFrame) -> str:
    low, high = int(summary["seeds"].min()), int(summary["seeds"].max())
    return str(low) if low == high else f"{low} to {high}"


def _cells(frame: pd.DataFrame) -> list[tuple[int, int, int]]:
    return [
        (int(d), int(r), int(degree))
        for d, r, degree in frame[CELL].drop_duplicates().sort_values(CELL).to_numpy()
    ]


def _pack_theory(theory: pd.DataFrame, summary: pd.DataFrame) -> Payload:
    figures.need_columns(theory, "d", "degree", "learner", "n", "error")
    if "r" not in theory:
        theory = theory.merge(summary[CELL].drop_duplicates(), on=["d", "degree"])
    lowest = EXPLORER.floor / 100  # a kernel may be exact; a log axis has no zero
    theory = theory.assign(error=theory["error"].clip(lower=lowest)).sort_values("n")
    below = (theory["error"] == lowest).groupby([theory[k] for k in [*CELL, "learner"]])
    return _pack(theory[below.cumsum() <= 1], {"error": "error"})


def _pack(frame: pd.DataFrame, columns: Mapping[str, str]) -> Payload:
    packed: Payload = {}
    for (d, r, degree, learner), curve in frame.groupby([*CELL, "learner"]):
        ordered = curve.sort_values("n")
        entry: dict[str, list[float]] = {"n": [int(n) for n in ordered["n"]]}
        for column, short in columns.items():
            entry[short] = [_three_digits(value) for value in ordered[column]]
        packed.setdefault(f"{d}-{r}-{degree}", {})[str(learner)] = entry
    return packed


def _three_digits(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"error={value} in the table is not a finite number")
    return float(f"{value:.3g}")
