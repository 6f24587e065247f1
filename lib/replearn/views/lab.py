"""The lab: choose a setting, read what it will cost, press Run, and it is measured."""

from __future__ import annotations

import base64
import html
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ipywidgets as widgets
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from replearn.experiments.curves import summarise
from replearn.views.drawing import need_columns
from replearn.views.explorer import compact_png
from replearn.views.knobs import N
from replearn.views.moving import Moving
from replearn.views.palette import ink
from replearn.views.parts import (
    Knob,
    Level,
    Scale,
    Value,
    check_different,
    find_knob,
)
from replearn.views.still import plot_backdrop, plot_learning_curves
from replearn.views.style import style

POINTS = 8
NOTHING_YET = "The table has no such setting: press Run."
WHERE_TO_RUN = (
    "This is the lab's first result, from the book's table. To move it, open this page "
    "with the rocket button at its top, or in your own Jupyter, and run the cell."
)


# One run: (ns, seed, **setting) -> curve: its values at ns. A sweep's measure has the
# same form. The settings are those of the knobs but `n_max` and `seeds`; where there
# are several runs to tick, `learner` says which one is meant.
Measure = Callable[..., Mapping[str, Sequence[float]]]


@dataclass(frozen=True)
class LabSpec:
    """What a lab can be set to, what it measures, and the table it starts from.

    Args:
        knobs: the sliders; `n_max` and `seeds` must be among them.
        runs: what can be ticked -> the curves it draws, all of them in the palette.
            With one run there is nothing to tick.
        measure: see `Measure`. estimate: the seconds that it takes, a function of ns
            and of the same settings.
        shows: the explorer whose table, scale, level and axis the lab takes.
        fixed: the knobs that its table lacks -> where it was made.
        ticked: the runs that start ticked; with one run it does not matter.
        fewest: the smallest size that is measured, below every n_max.
        table, y: in the place of the explorer's: columns learner, n, error (or mean),
            low, high, and any of the knobs.
    """

    knobs: tuple[Knob, ...]
    runs: Mapping[str, tuple[str, ...]]
    measure: Measure
    estimate: Callable[..., float]
    shows: Moving
    fixed: Mapping[str, Value] = field(default_factory=dict)
    ticked: tuple[str, ...] = ()
    fewest: int = 40
    table: Callable[[], pd.DataFrame] | None = None
    y: Scale | None = None

    def __post_init__(self) -> None:
        check_different("knobs", [knob.name for knob in self.knobs])
        for name in ("n_max", "seeds"):
            find_knob(self.knobs, name)
        smallest = find_knob(self.knobs, "n_max").values[0]
        if not self.fewest < int(smallest):
            raise ValueError(
                f"fewest={self.fewest} is not below the smallest n_max, {smallest}"
            )
        for name in self.ticked:
            if name not in self.runs:
                raise ValueError(f"ticked: {name!r} is not one of {list(self.runs)}")
        for curve in (curve for curves in self.runs.values() for curve in curves):
            ink(curve)

    def start(self) -> pd.DataFrame:
        """The curves to start from, with a column for what is fixed in them."""
        table = (self.table or self.shows.table)().rename(columns={"mean": "error"})
        need_columns(table, "learner", "n", "error", "low", "high")
        return table.assign(**self.fixed)

    def axes(self) -> tuple[Scale, Level | None, str]:
        """The vertical axis, its level, and the title of the horizontal one."""
        spec = self.shows.spec
        if self.y:
            return self.y, None, N.title
        sizes = next(axis.title for axis in spec.axes if not axis.powers)
        return spec.y, spec.level, sizes

    def open(self) -> Lab:
        """The lab, in which a reader measures beyond the table."""
        return Lab(self)


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

    Args: spec: what can be set and how it is measured.
    """

    def __init__(self, spec: LabSpec):
        self._spec, self._table = spec, spec.start()
        self._y, self._level, self._x_title = spec.axes()
        self.knobs = {knob.name: _slider(knob) for knob in spec.knobs}
        self.runs = {
            name: _box(name, name in spec.ticked)
            for name in spec.runs
            if len(spec.runs) > 1
        }
        self.run_button = RunButton(
            description="Run", button_style="primary", tooltip="measure the curves"
        )
        self.run_button.action = self.run
        self.progress = widgets.IntProgress(min=0, max=1, description="")
        self.message = widgets.HTML()
        self.picture = widgets.HTML()
        self.result = pd.DataFrame()
        for control in [*self.knobs.values(), *self.runs.values()]:
            control.observe(self._renew_estimate, names="value")
        super().__init__(
            [
                _grid(list(self.knobs.values()), "24rem"),
                _grid(list(self.runs.values()), "11rem"),
                widgets.HBox([self.run_button, self.progress]),
                self.message,
                self.picture,
            ]
        )
        self._draw()
        self._renew_estimate()

    @property
    def settings(self) -> dict[str, Value]:
        """What a measurement is told: name of a knob -> value."""
        given = {name: slider.value for name, slider in self.knobs.items()}
        return {k: v for k, v in given.items() if k not in ("n_max", "seeds")}

    @property
    def chosen(self) -> list[str]:
        """The ticked runs, in the specification's order, or the only one there is."""
        ticked = [name for name, box in self.runs.items() if box.value]
        return ticked if self.runs else list(self._spec.runs)

    def sizes(self) -> list[int]:
        """The sizes that Run measures."""
        most = int(self.knobs["n_max"].value)
        grid = np.geomspace(self._spec.fewest, most, POINTS)
        return [int(n) for n in np.unique(grid.round())]

    def estimate_seconds(self) -> float:
        """The time that Run will take, in seconds."""
        ns, seeds = self.sizes(), int(self.knobs["seeds"].value)
        told = (self._told(run) for run in self.chosen)
        return seeds * sum(self._spec.estimate(ns, **setting) for setting in told)

    def _told(self, run: str) -> dict[str, Value]:
        """The settings of one run: those of the knobs, and which run it is."""
        return self.settings | ({"learner": run} if self.runs else {})

    def run(self) -> pd.DataFrame:
        """Measure what is ticked and draw its curves over the table's.

        Returns: the settings' columns, learner (the curve), n, seed, error.
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
        """The form for pages without a kernel: the picture and where to run it."""
        return (
            f'<div class="replearn-still"><figure>{self.picture.value}'
            f"<figcaption>{html.escape(WHERE_TO_RUN)}</figcaption></figure></div>"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs)
        return {**bundle, "text/html": self.to_html()}

    def _measure_all(self) -> pd.DataFrame:
        if not self.chosen:
            raise ValueError("nothing is ticked; tick at least one box, then run")
        ns, seeds = self.sizes(), range(int(self.knobs["seeds"].value))
        steps = [(run, seed) for run in self.chosen for seed in seeds]
        self.progress.max, self.progress.value = len(steps), 0
        frames = []
        for run, seed in steps:
            self.progress.description = f"{self.progress.value + 1} of {len(steps)}"
            measured = self._spec.measure(ns, seed, **self._told(run))
            self._check_measured(run, ns, measured)
            for curve, errors in measured.items():
                rows = {"learner": curve, "n": ns, "seed": seed, "error": list(errors)}
                frames.append(pd.DataFrame(self.settings | rows))
            self.progress.value += 1
        return pd.concat(frames, ignore_index=True)

    def _check_measured(
        self, run: str, ns: Sequence[int], measured: Mapping[str, Sequence[float]]
    ) -> None:
        """Raise unless each curve is one of the run's, with a value for each size."""
        known = self._spec.runs[run]
        for curve, values in measured.items():
            if curve not in known:
                raise ValueError(
                    f"the measure of {run!r} returns {curve!r}, which is not one of "
                    f"its curves {list(known)}"
                )
            if len(values) != len(ns):
                raise ValueError(
                    f"the measure of {run!r} returns {len(values)} values of {curve!r} "
                    f"at {len(ns)} sizes"
                )

    def _renew_estimate(self, change: object = None) -> None:
        seconds, ns = self.estimate_seconds(), self.sizes()
        self._say(
            f"Run measures {len(ns)} sizes from {ns[0]} to {ns[-1]} and will take "
            f"about {_duration(seconds)}."
            if self.chosen
            else "Tick at least one box."
        )

    def _say(self, text: str, alert: bool = False) -> None:
        role = "alert" if alert else "status"
        self.message.value = f'<p role="{role}">{html.escape(text)}</p>'

    def _draw(self) -> None:
        curves = [curve for run in self.chosen for curve in self._spec.runs[run]]
        rows = self._table[self._table["learner"].isin(curves)]
        for name, value in self.settings.items():
            if name in rows:
                rows = rows[rows[name] == value]
        fresh = self.result
        if not fresh.empty:
            fresh = summarise(fresh, by=["learner", "n"])
        data = base64.b64encode(self._picture(rows, fresh)).decode()
        self.picture.value = (
            f'<img class="dark-light" alt="{html.escape(self._finding(rows, fresh))}" '
            f'width="720" src="data:image/png;base64,{data}">'
        )

    def _picture(self, table: pd.DataFrame, fresh: pd.DataFrame) -> bytes:
        """The table's curves, faint where there is a fresh run drawn over them."""
        with style():
            figure = Figure()
            ax = figure.add_subplot()
            if fresh.empty and table.empty:
                ax.set_axis_off()
                ax.text(0.5, 0.5, NOTHING_YET, ha="center")
                return compact_png(figure)
            plot_learning_curves(
                ax,
                table if fresh.empty else fresh,
                level=self._level,
                y=self._y,
                x_title=self._x_title,
            )
            if not fresh.empty:
                plot_backdrop(ax, table)
            return compact_png(figure)

    def _finding(self, table: pd.DataFrame, fresh: pd.DataFrame) -> str:
        shown = table if fresh.empty else fresh
        source = "table" if fresh.empty else "fresh run"
        last = shown.sort_values("n").groupby("learner", sort=False).tail(1)
        ends = [
            f"{ink(learner).label} {error:.2g} at {n}"
            for learner, error, n in zip(
                last["learner"], last["error"], last["n"], strict=True
            )
        ]
        knobs = [knob for knob in self._spec.knobs if knob.name in self.settings]
        setting = ", ".join(knob.say(self.settings[knob.name]) for knob in knobs)
        return (
            f"{self._y.title} against {self._x_title}; {setting} ({source}); "
            f"at the largest size: {', '.join(ends) or 'nothing yet'}."
        )


def _slider(knob: Knob) -> widgets.SelectionSlider:
    unit = f" ({knob.unit})" if knob.unit else ""
    return widgets.SelectionSlider(
        options=knob.values,
        value=knob.default,
        description=f"{knob.label}{unit}",
        style={"description_width": "12em"},
        layout={"width": "100%"},
    )


def _box(run: str, ticked: bool) -> widgets.Checkbox:
    return widgets.Checkbox(
        value=ticked,
        description=ink(run).label,
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
