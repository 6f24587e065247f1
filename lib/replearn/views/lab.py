"""The lab: choose a target and learners, press Run, and the curves are measured."""

from __future__ import annotations

import base64
import html
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import ipywidgets as widgets
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from replearn.experiments import few_directions
from replearn.experiments.curves import summarise
from replearn.experiments.tables import read_table
from replearn.views import figures
from replearn.views.controls import LAB_KNOBS, LAB_LEARNERS
from replearn.views.explorer import compact_png
from replearn.views.palette import ink
from replearn.views.parts import Knob, Number

CELL = ["d", "r", "degree"]
POINTS = 8
FEWEST_SAMPLES = 40
DEFAULT_LEARNERS = ("ntk", "one-step")
WHERE_TO_RUN = (
    "This is the lab's first result, from the book's table. To move it, open this page "
    "with the rocket button at its top, or in your own Jupyter, and run the cell."
)


class Measure(Protocol):
    """Test errors relative to Var f*, one for each sample size in ns."""

    def __call__(
        self,
        learner: str,
        d: int,
        r: int,
        degree: int,
        ns: Sequence[int],
        seed: int,
        noise: float = 0.0,
        width: int | None = None,
    ) -> Sequence[float]: ...


class Estimate(Protocol):
    """Seconds that one learner's curves will take."""

    def __call__(
        self,
        learner: str,
        d: int,
        ns: Sequence[int],
        seeds: int = 1,
        width: int | None = None,
    ) -> float: ...


class RunButton(widgets.Button):
    """A button whose callbacks may fail aloud: ipywidgets' own swallows exceptions."""

    action: Callable[[], object]

    def click(self) -> None:
        """Do the button's action; whatever it raises is raised here."""
        self.action()


class Lab(widgets.VBox):
    """Sliders, a Run button and a figure; made by `lab`.

    Moving a slider only renews the estimate of the time; `run` measures. Measured
    curves are drawn over those of the table, which are faint.

    Args:
        summary: the table's columns d, r, degree, learner, n, error, low, high.
        measure: returns one curve, see `Measure`.
        estimate: returns the seconds that curves will take, see `Estimate`.
    Raises:
        ValueError: if the summary lacks a column.
    Cost: one figure; nothing is measured before `run`.
    """

    def __init__(self, summary: pd.DataFrame, measure: Measure, estimate: Estimate):
        figures.need_columns(summary, *CELL, "learner", "n", "error", "low", "high")
        self._summary, self._measure, self._estimate = summary, measure, estimate
        self.knobs = {knob.name: _slider(knob) for knob in LAB_KNOBS}
        self.learners = {name: _box(name) for name in LAB_LEARNERS}
        self.run_button = RunButton(
            description="Run", button_style="primary", tooltip="measure the curves"
        )
        self.run_button.action = self.run
        self.progress = widgets.IntProgress(min=0, max=1, description="")
        self.message = widgets.HTML()
        self.picture = widgets.HTML()
        self.result = pd.DataFrame()
        controls = [*self.knobs.values(), *self.learners.values()]
        for control in controls:
            control.observe(self._renew_estimate, names="value")
        super().__init__(
            [
                _grid(list(self.knobs.values()), "24rem"),
                _grid(list(self.learners.values()), "11rem"),
                widgets.HBox([self.run_button, self.progress]),
                self.message,
                self.picture,
            ]
        )
        self._draw()
        self._renew_estimate()

    @property
    def values(self) -> dict[str, Number]:
        """The sliders' values: name of the knob -> value."""
        return {name: slider.value for name, slider in self.knobs.items()}

    @property
    def chosen(self) -> list[str]:
        """The ticked learners, in the palette's order."""
        return [name for name, box in self.learners.items() if box.value]

    def sizes(self) -> list[int]:
        """The sample sizes that Run measures.

        Returns: up to 8 increasing sizes, log-spaced from 40 to the slider's most.
        Cost: O(1).
        """
        most = int(self.knobs["n_max"].value)
        return [int(n) for n in np.unique(np.geomspace(FEWEST_SAMPLES, most, POINTS))]

    def estimate_seconds(self) -> float:
        """The time that Run will take, in seconds.

        Returns: the sum of the estimates of the chosen learners.
        Cost: O(learners).
        """
        v, ns = self.values, self.sizes()
        d, seeds, width = (int(v[name]) for name in ("d", "seeds", "width"))
        return sum(
            self._estimate(learner, d, ns, seeds, width) for learner in self.chosen
        )

    def run(self) -> pd.DataFrame:
        """Measure the chosen learners' curves and draw them over the table's.

        Returns: columns d, r, degree, learner, n, seed, error.
        Raises:
            ValueError: if no learner is ticked. Whatever a measurement raises is shown
                under the button and raised again.
        Cost: see `estimate_seconds`.
        """
        self.run_button.disabled = True
        started = time.perf_counter()
        try:
            self.result = self._measure_all()
            self._draw()
        except Exception as problem:
            kind = type(problem).__name__
            self._say(f"The run stopped: {kind}: {problem}", alert=True)
            raise
        finally:
            self.run_button.disabled = False
        self._say(f"Measured in {time.perf_counter() - started:.1f} s.")
        return self.result

    def to_html(self) -> str:
        """The form for pages without a kernel: the picture and where to run it.

        Returns: an HTML fragment.
        Cost: O(1).
        """
        return (
            f'<div class="replearn-still"><figure>{self.picture.value}'
            f"<figcaption>{html.escape(WHERE_TO_RUN)}</figcaption></figure></div>"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs)
        return {**bundle, "text/html": self.to_html()}

    def _measure_all(self) -> pd.DataFrame:
        if not self.chosen:
            raise ValueError("no learner is ticked; tick at least one, then run")
        v, ns = self.values, self.sizes()
        runs = [(name, seed) for name in self.chosen for seed in range(int(v["seeds"]))]
        self.progress.max, self.progress.value = len(runs), 0
        curves = []
        for learner, seed in runs:
            self.progress.description = f"{self.progress.value + 1} of {len(runs)}"
            curves.append(self._measure_one(learner, seed, ns))
            self.progress.value += 1
        return pd.concat(curves, ignore_index=True)

    def _measure_one(self, learner: str, seed: int, ns: list[int]) -> pd.DataFrame:
        v = self.values
        target = {name: int(v[name]) for name in CELL}
        errors = self._measure(
            learner,
            **target,
            ns=ns,
            seed=seed,
            noise=float(v["noise"]),
            width=int(v["width"]),
        )
        curve = {"learner": learner, "n": ns, "seed": seed, "error": list(errors)}
        return pd.DataFrame(target | curve)

    def _renew_estimate(self, change: object = None) -> None:
        seconds = self.estimate_seconds()
        ns = self.sizes()
        self._say(
            f"Run measures {len(ns)} sample sizes from {ns[0]} to {ns[-1]} and will "
            f"take about {_duration(seconds)}."
            if self.chosen
            else "Tick at least one learner."
        )

    def _say(self, text: str, alert: bool = False) -> None:
        role = "alert" if alert else "status"
        self.message.value = f'<p role="{role}">{html.escape(text)}</p>'

    def _draw(self) -> None:
        v = self.values
        rows = self._summary
        for name in CELL:
            rows = rows[rows[name] == v[name]]
        rows = rows[rows["learner"].isin(self.chosen)]
        data = base64.b64encode(_picture(rows, self.result)).decode()
        self.picture.value = (
            f'<img class="dark-light" alt="{html.escape(self._finding(rows))}" '
            f'width="720" src="data:image/png;base64,{data}">'
        )

    def _finding(self, rows: pd.DataFrame) -> str:
        v = self.values
        shown = rows if self.result.empty else self.result
        source = "table" if self.result.empty else "fresh run"
        last = shown.sort_values("n").groupby("learner", sort=False).tail(1)
        ends = [
            f"{ink(learner).label} {error:.2g} at n = {n}"
            for learner, error, n in zip(
                last["learner"], last["error"], last["n"], strict=True
            )
        ]
        return (
            f"Learning curves at d = {v['d']}, r = {v['r']}, degree {v['degree']} "
            f"({source}); last relative test errors: {', '.join(ends) or 'none'}."
        )


def lab(
    measure: Measure | None = None,
    estimate: Estimate | None = None,
    summary: pd.DataFrame | None = None,
) -> Lab:
    """Return the lab, in which a reader measures learning curves beyond the table.

    Args:
        measure: by default `experiments.few_directions.measure_curve`.
        estimate: by default `experiments.few_directions.estimate_seconds`.
        summary: by default the book's table `kernel-vs-network`, summarised.
    Returns: a widget; show it as the last value of a cell.
    Raises:
        ValueError: if the summary lacks a column.
    Cost: under a second; nothing is measured before Run.
    """
    return Lab(
        summarise(read_table("kernel-vs-network")) if summary is None else summary,
        measure or few_directions.measure_curve,
        estimate or few_directions.estimate_seconds,
    )


def _picture(table: pd.DataFrame, result: pd.DataFrame) -> bytes:
    """The table's curves, faint where there is a fresh run drawn over them."""
    with figures.style():
        figure = Figure()
        ax = figure.add_subplot()
        if result.empty and table.empty:
            ax.set_axis_off()
            ax.text(0.5, 0.5, "The table has no such target: press Run.", ha="center")
        elif result.empty:
            figures.plot_learning_curves(ax, table)
        else:
            figures.plot_learning_curves(ax, summarise(result))
            figures.plot_backdrop(ax, table)
        return compact_png(figure)


def _slider(knob: Knob) -> widgets.SelectionSlider:
    unit = f" ({knob.unit})" if knob.unit else ""
    return widgets.SelectionSlider(
        options=knob.values,
        value=knob.default,
        description=f"{knob.label}{unit}",
        style={"description_width": "12em"},
        layout={"width": "100%"},
    )


def _box(learner: str) -> widgets.Checkbox:
    return widgets.Checkbox(
        value=learner in DEFAULT_LEARNERS,
        description=ink(learner).label,
        indent=False,
        layout={"width": "100%"},
    )


def _grid(children: list[widgets.Widget], narrowest: str) -> widgets.GridBox:
    columns = f"repeat(auto-fit, minmax(min(100%, {narrowest}), 1fr))"
    layout = {"grid_template_columns": columns, "width": "100%"}
    return widgets.GridBox(children, layout=layout)


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{max(seconds, 0.1):.1f} s"
    return f"{seconds / 60:.0f} min"
