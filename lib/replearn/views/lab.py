"""The lab: choose a setting, read what it will cost, press Run, and it is measured."""

from __future__ import annotations

import asyncio
import base64
import html
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import ipywidgets as widgets
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from replearn.experiments.curves import summarise
from replearn.views import lab_widgets as made
from replearn.views.drawing import need_columns
from replearn.views.explorer import compact_png
from replearn.views.knobs import N
from replearn.views.moving import Moving
from replearn.views.palette import ink
from replearn.views.parts import Knob, Level, Scale, Value, check_different, find_knob
from replearn.views.still import plot_backdrop, plot_learning_curves
from replearn.views.style import style

POINTS = 8
NOTHING_YET = "The table has no such setting: press Run."
WHERE_TO_RUN = (
    "This is the lab's first result, from the book's table. To move it, open this page "
    "with the rocket button at its top, or in your own Jupyter, and run the cell."
)
MOVED = "<strong>Set otherwise since:</strong> Run measures what is set now."
PAUSE = 0.05  # seconds after each run, in which the browser's clicks arrive


# One run: (ns, seed, **setting) -> curve: its values at ns. A sweep's measure has the
# same form. The settings are those of the knobs but `n_max` and `seeds`; where there
# are several runs to tick, `learner` says which one is meant.
Measure = Callable[..., Mapping[str, Sequence[float]]]
# What Run measures: the setting, the ticked runs, the sizes, the number of seeds.
Plan = tuple[dict[str, Value], list[str], list[int], int]


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


class Lab(widgets.VBox):
    """Lists to choose from, Run, Stop and a figure; made by `LabSpec.open`.

    A choice only renews the estimate of the time; `run` measures. Measured curves are
    drawn over the table's, which are faint, and kept in `result` however a run ends.

    Args: spec: what can be set and how it is measured.
    """

    def __init__(self, spec: LabSpec):
        self._spec, self._table = spec, spec.start()
        self._y, self._level, self._x_title = spec.axes()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.knobs = {knob.name: made.choice(knob) for knob in spec.knobs}
        self.runs = {
            name: made.tick(name, name in spec.ticked)
            for name in spec.runs
            if len(spec.runs) > 1
        }
        self.run_button = made.RunButton(
            description="Run", button_style="primary", tooltip="measure the curves"
        )
        with suppress(RuntimeError):  # there is a loop in a kernel only
            self._loop = asyncio.get_running_loop()
        self.run_button.action = self.run
        self.run_button.pressed = self._press if self._loop else self.run
        self.stop_button = widgets.Button(
            description="Stop", disabled=True, tooltip="end after the run under way"
        )
        self.stop_button.on_click(self._stop)
        self.progress = widgets.IntProgress(min=0, max=1, description="")
        self.message = widgets.HTML()
        self.picture, self.caption = widgets.HTML(), widgets.HTML()
        self.result, self._drawn, self._done = pd.DataFrame(), self._plan(), ""
        for control in [*self.knobs.values(), *self.runs.values()]:
            control.observe(self._renew_estimate, names="value")
        super().__init__(
            [
                made.grid(list(self.knobs.values()), "24rem"),
                made.grid(list(self.runs.values()), "11rem"),
                widgets.HBox([self.run_button, self.stop_button, self.progress]),
                self.message,
                self.picture,
                self.caption,
                widgets.HTML(made.RESTARTED),
            ]
        )
        self.add_class("replearn-lab")
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
        setting, chosen, ns, seeds = self._plan()
        told = (self._told(run, setting) for run in chosen)
        return seeds * sum(self._spec.estimate(ns, **one) for one in told)

    def _plan(self) -> Plan:
        seeds = int(self.knobs["seeds"].value)
        return self.settings, self.chosen, self.sizes(), seeds

    def _told(self, run: str, setting: dict[str, Value]) -> dict[str, Value]:
        """The settings of one run: those of the knobs, and which run it is."""
        return setting | ({"learner": run} if self.runs else {})

    def run(self) -> pd.DataFrame:
        """Measure what is ticked and draw its curves over the table's.

        Returns: the settings' columns, learner (the curve), n, seed, error.
        """
        if self.run_button.disabled:
            raise RuntimeError("a run is under way: press Stop, or wait for its end")
        for _ in self._measure_all():
            pass
        return self.result

    def _press(self) -> None:
        """A click on Run: as `run`, but with pauses, in which a Stop can arrive."""
        if (loop := self._loop) and not self.run_button.disabled:  # the second click
            self.run_button.disabled = True
            loop.call_soon_threadsafe(lambda: loop.create_task(self._run_with_pauses()))

    async def _run_with_pauses(self) -> None:
        runs = self._measure_all()
        with suppress(StopIteration, KeyboardInterrupt):
            while True:
                # outside its cells the kernel ignores Kernel → Interrupt
                before = signal.signal(signal.SIGINT, signal.default_int_handler)
                try:
                    next(runs)
                finally:
                    signal.signal(signal.SIGINT, before)
                await asyncio.sleep(PAUSE)

    def _stop(self, button: object) -> None:
        self._stopping = self.stop_button.disabled = True

    def to_html(self) -> str:
        """The form for pages without a kernel: the picture and where to run it."""
        return (
            f'<div class="replearn-still"><figure>{self.picture.value}'
            f"<figcaption>{html.escape(WHERE_TO_RUN)}</figcaption></figure></div>"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs)
        return {**bundle, "text/html": self.to_html()}

    def _measure_all(self) -> Iterator[None]:
        """Measure run after run, with a yield around each; then say how it ended."""
        plan, started = self._plan(), time.perf_counter()
        steps = [(run, seed) for run in plan[1] for seed in range(plan[3])]
        frames: list[pd.DataFrame] = []
        self._stopping, said, alert = False, "", True
        self.run_button.disabled, self.stop_button.disabled = True, False
        self.progress.max, self.progress.value = max(len(steps), 1), 0
        try:
            if not steps:
                raise ValueError("nothing is ticked; tick at least one box, then run")
            self._say("Measuring. Stop ends it after the run under way.")
            yield
            for done, step in enumerate(steps, start=1):
                self.progress.description = f"{done} of {len(steps)}"
                frames += self._measure(plan, *step)
                self.progress.value = done
                yield
                if self._stopping:
                    break
            said, alert = "Measured" if done == len(steps) else "Stopped", False
        except (Exception, KeyboardInterrupt) as problem:
            said = f"The run stopped: {type(problem).__name__}: {problem}".rstrip(": ")
            raise
        finally:
            done = self.progress.value
            if frames:
                self.result = pd.concat(frames, ignore_index=True)
                self._drawn, self._done = plan, f"{done} of {len(steps)} runs"
                self._draw()
            spent = f"{time.perf_counter() - started:.1f} s"
            self._say(f"{said} ({spent}, {done} of {len(steps)} runs).", alert)
            self.run_button.disabled, self.stop_button.disabled = False, True

    def _measure(self, plan: Plan, run: str, seed: int) -> list[pd.DataFrame]:
        """The rows of one run; its curves must be known, with a value at each size."""
        (setting, _, ns, _), known = plan, self._spec.runs[run]
        returns = f"the measure of {run!r} returns"
        measured = self._spec.measure(ns, seed, **self._told(run, setting))
        frames = []
        for curve, values in measured.items():
            if curve not in known:
                allowed = f"which is not one of its curves {list(known)}"
                raise ValueError(f"{returns} {curve!r}, {allowed}")
            if len(values) != len(ns):
                got = f"{len(values)} values of {curve!r} at {len(ns)} sizes"
                raise ValueError(f"{returns} {got}")
            rows = {"learner": curve, "n": ns, "seed": seed, "error": list(values)}
            frames.append(pd.DataFrame(setting | rows))
        return frames

    def _renew_estimate(self, change: object = None) -> None:
        seconds, ns = self.estimate_seconds(), self.sizes()
        self._say(
            f"Run measures {len(ns)} sizes from {ns[0]} to {ns[-1]} and will take "
            f"about {made.duration(seconds)}."
            if self.chosen
            else "Tick at least one box."
        )
        self._renew_caption()

    def _renew_caption(self) -> None:
        """Say under the picture for which setting it is, and whether that is left."""
        made = f"Measured here, {self._done}" if self._done else "From the book's table"
        said = html.escape(f"{made}: {self._setting()}.")
        moved = "" if self._plan() == self._drawn else f" {MOVED}"
        self.caption.value = f"<p>{said}{moved}</p>"

    def _setting(self) -> str:
        setting, _, ns, _ = self._drawn
        knobs = [knob for knob in self._spec.knobs if knob.name in setting]
        said = ", ".join(knob.say(setting[knob.name]) for knob in knobs)
        return f"{said}, n up to {ns[-1]}" if self._done else said

    def _say(self, text: str, alert: bool = False) -> None:
        role = "alert" if alert else "status"
        self.message.value = f'<p role="{role}">{html.escape(text)}</p>'

    def _draw(self) -> None:
        setting, chosen, _, _ = self._drawn
        curves = [curve for run in chosen for curve in self._spec.runs[run]]
        rows = self._table[self._table["learner"].isin(curves)]
        for name, value in setting.items():
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
        self._renew_caption()

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
        return (
            f"{self._y.title} against {self._x_title}; {self._setting()} ({source}); "
            f"at the largest size: {', '.join(ends) or 'nothing yet'}."
        )
