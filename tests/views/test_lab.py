"""The lab measures only when told to, what the sliders say, and hides no failure."""

from __future__ import annotations

import html
import itertools
import random
import re
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import pandas as pd
import pytest
from views.synthetic import synthetic_table
from work import Work

from replearn import views
from replearn.experiments.curves import summarise
from replearn.views.few_directions_labs import LEARNING_CURVES
from replearn.views.lab import Lab, LabSpec, lab
from replearn.views.parts import Knob

MODULES = [
    info.name for info in iter_modules(views.__path__) if info.name.endswith("_labs")
]
LABS = {
    f"{module}.{name}": spec
    for module in MODULES
    for name, spec in vars(import_module(f"replearn.views.{module}")).items()
    if isinstance(spec, LabSpec)
}
# what a reader may set beyond the tables, wherever a lab has such a knob
AT_LEAST = {"d": range(9, 201), "r": range(1, 9), "degree": range(3, 7)}


class FakeMeasure:
    """Returns curves that tell their setting, and keeps what it was asked."""

    def __init__(self, spec: LabSpec) -> None:
        self.spec, self.calls = spec, []

    def __call__(self, run, ns, seed, **settings):
        self.calls.append(dict(run=run, ns=ns, seed=seed, **settings))
        d = settings.get("d", 20)
        curve = [d / (d + n) for n in ns]
        return dict.fromkeys(self.spec.runs[run], curve)


def estimate(run, ns, seeds, **settings) -> float:
    d, width = settings.get("d", 20), settings.get("width", 1)
    return 1e-6 * d * len(ns) * seeds * width


@pytest.fixture(scope="module")
def summary() -> pd.DataFrame:
    return summarise(synthetic_table())


@pytest.fixture(params=LABS.values(), ids=LABS)
def fake_spec(request) -> LabSpec:
    """Each lab, everything ticked, with a measurement that costs nothing."""
    spec = replace(request.param, ticked=tuple(request.param.runs))
    return replace(spec, measure=FakeMeasure(spec))


@pytest.fixture
def fresh(summary) -> Lab:
    """The first chapter's lab on a made-up table."""
    spec = replace(LEARNING_CURVES, table=lambda: summary, estimate=estimate)
    return lab(replace(spec, measure=FakeMeasure(spec)))


def corners_and_random_points(knobs: tuple[Knob, ...]) -> list[dict[str, object]]:
    ends = [(knob.values[0], knob.values[-1]) for knob in knobs]
    points = list(itertools.product(*ends))
    draw = random.Random(0)
    points += [tuple(draw.choice(k.values) for k in knobs) for _ in range(30)]
    return [dict(zip((k.name for k in knobs), p, strict=True)) for p in points]


def test_every_corner_and_random_points(fake_spec, monkeypatch):
    shown, measure = lab(fake_spec), fake_spec.measure
    monkeypatch.setattr(shown, "_draw", lambda: None)  # pictures are tested below
    for point in corners_and_random_points(fake_spec.knobs):
        for name, value in point.items():
            shown.knobs[name].value = value
        measure.calls.clear()
        result = shown.run()
        assert len(measure.calls) == len(shown.chosen) * point["seeds"]
        asked = {k: v for k, v in point.items() if k not in ("n_max", "seeds")}
        for call in measure.calls:
            assert call.items() >= asked.items()
            assert call["ns"][-1] == point["n_max"]
            assert call["ns"] == sorted(set(call["ns"]))
        assert (result[list(asked)] == pd.Series(asked)).all(axis=None)
        curves = [fake_spec.runs[run] for run in shown.chosen]
        assert set(result["learner"]) == set(itertools.chain(*curves))
        assert shown.progress.value == shown.progress.max == len(measure.calls)


@pytest.mark.parametrize("name", LABS)
def test_a_reader_may_leave_the_grid(name):
    """Any d up to 200, r up to 8 and degree up to 6."""
    for knob in LABS[name].knobs:
        missing = set(AT_LEAST.get(knob.name, ())) - set(knob.values)
        assert not missing, f"{name}: {knob.name} lacks {sorted(missing)}"


def test_the_first_picture_shows_the_table(fake_spec):
    picture = lab(fake_spec).picture.value
    assert "(table)" in picture
    assert "nothing yet" not in picture


@pytest.mark.parametrize("run", LEARNING_CURVES.runs)
def test_every_run_can_be_ticked_and_is_drawn(fresh, run):
    for name, box in fresh.runs.items():
        box.value = name == run
    before = fresh.picture.value
    fresh.run_button.click()
    assert fresh.picture.value != before
    assert "fresh run" in fresh.picture.value
    assert set(fresh.result["learner"]) == {run}


def test_a_fresh_run_is_drawn_in_every_lab(fake_spec):
    shown = lab(fake_spec)
    knob = next(k for k in fake_spec.knobs if k.name not in ("n_max", "seeds"))
    shown.knobs[knob.name].value = knob.values[-1]
    shown.run_button.click()
    assert html.escape(knob.say(knob.values[-1])) in shown.picture.value
    assert "fresh run" in shown.picture.value


def test_moving_a_slider_measures_nothing_but_renews_the_estimate(fresh):
    before = fresh.message.value
    fresh.knobs["d"].value = 200
    assert fresh._spec.measure.calls == []
    assert fresh.message.value != before
    assert "about 3.3 s" in fresh.message.value


def test_a_target_beyond_the_table_can_be_run(fresh):
    fresh.knobs["d"].value = 200
    fresh.knobs["degree"].value = 5
    assert (fresh.run()["degree"] == 5).all()


@pytest.mark.parametrize("start", ["run", "click"])
def test_a_failing_measurement_is_shown_and_raised(start):
    def broken(*setting, **more):
        raise ZeroDivisionError("planted <failure>")

    bad = lab(replace(LEARNING_CURVES, measure=broken))
    with pytest.raises(ZeroDivisionError, match="planted"):
        bad.run() if start == "run" else bad.run_button.click()
    assert 'role="alert"' in bad.message.value
    assert "ZeroDivisionError: planted &lt;failure&gt;" in bad.message.value
    assert not bad.run_button.disabled


def test_a_failing_slider_callback_is_raised(fresh):
    def broken(*setting, **more):
        raise ZeroDivisionError("planted")

    fresh._spec = replace(fresh._spec, estimate=broken)
    with pytest.raises(ZeroDivisionError):
        fresh.knobs["d"].value = 200


def test_nothing_ticked_is_an_error_that_says_so(fresh):
    for box in fresh.runs.values():
        box.value = False
    assert "Tick at least one box" in fresh.message.value
    with pytest.raises(ValueError, match="nothing is ticked"):
        fresh.run()


def test_the_page_without_a_kernel_gets_picture_and_directions(fresh):
    bundle = fresh._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    page = bundle["text/html"]
    assert "rocket button" in page
    alt = re.search(r'alt="([^"]+)"', page)[1]
    assert "NTK kernel" in alt
    assert "d = 20" in alt


@pytest.mark.parametrize("name", LABS)
def test_a_short_real_run_is_as_much_work_as_the_estimate_says(name):
    real = lab(LABS[name])
    setting = {"d": 11, "r": 2, "degree": 5, "seeds": 1}
    for knob in setting.keys() & real.knobs.keys():
        real.knobs[knob].value = setting[knob]
    for n in real.knobs["n_max"].options:  # the least that is more than overhead
        real.knobs["n_max"].value = n
        if (promised := real.estimate_seconds()) > 0.2:
            break
    with Work() as work:
        result = real.run()
    assert promised / 5 < work.seconds < promised * 5
    assert result["error"].notna().all()
    assert set(result["n"]) == set(real.sizes())


def test_a_short_real_run_learns_something():
    real = lab(LEARNING_CURVES)
    for knob, value in {"d": 10, "n_max": 250, "seeds": 1}.items():
        real.knobs[knob].value = value
    result = real.run()
    ends = result[result["n"] == 250].set_index("learner")["error"]
    assert (ends < 0.9).all()


@pytest.mark.parametrize(
    "change", [{"ticked": ("svm",)}, {"ticked": (), "runs": {"adam": ("svm",)}}]
)
def test_a_lab_of_what_there_is_not_is_refused(change):
    with pytest.raises(ValueError, match="svm"):
        replace(LEARNING_CURVES, **change)


def test_a_lab_needs_its_sizes_and_seeds():
    with pytest.raises(ValueError, match="no knob 'n_max'"):
        replace(LEARNING_CURVES, knobs=LEARNING_CURVES.knobs[:3])


def test_a_lab_starts_below_its_smallest_most():
    with pytest.raises(ValueError, match=r"fewest=250 is not below .* n_max, 250"):
        replace(LEARNING_CURVES, fewest=250)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ({"rbf": [0.5] * 8}, "'ntk' returns 'rbf', which is not one of"),
        ({"ntk": [0.5] * 7}, "'ntk' returns 7 values of 'ntk' at 8 sizes"),
    ],
)
def test_a_measure_that_returns_something_else_is_refused(fresh, returned, message):
    fresh._spec = replace(fresh._spec, measure=lambda *setting, **more: returned)
    with pytest.raises(ValueError, match=message):
        fresh.run()
    assert 'role="alert"' in fresh.message.value


def test_a_measure_may_leave_a_curve_out(fresh):
    spec = replace(fresh._spec, runs={"one-step": ("one-step", "adam")}, ticked=())
    fewer = lab(replace(spec, measure=lambda run, ns, seed, **more: {run: [0.5] * 8}))
    assert set(fewer.run()["learner"]) == {"one-step"}
