"""The lab measures only when told to, what the sliders say, and hides no failure."""

from __future__ import annotations

import itertools
import random
import re
import time
from dataclasses import replace

import pandas as pd
import pytest
from views.synthetic import synthetic_table

from replearn.experiments.curves import summarise
from replearn.views import few_directions_labs
from replearn.views.few_directions_labs import LEARNING_CURVES
from replearn.views.lab import Lab, LabSpec, lab
from replearn.views.parts import Knob

LABS = {
    name: spec
    for name, spec in vars(few_directions_labs).items()
    if isinstance(spec, LabSpec)
}


class FakeMeasure:
    """Returns curves that tell their setting, and keeps what it was asked."""

    def __init__(self, spec: LabSpec) -> None:
        self.spec, self.calls = spec, []

    def __call__(self, run, ns, seed, **settings):
        self.calls.append(dict(run=run, ns=ns, seed=seed, **settings))
        curve = [settings["d"] / (settings["d"] + n) for n in ns]
        return dict.fromkeys(self.spec.runs[run], curve)


def estimate(run, ns, seeds, **settings) -> float:
    return 1e-6 * settings["d"] * len(ns) * seeds * settings.get("width", 1)


@pytest.fixture(scope="module")
def summary() -> pd.DataFrame:
    return summarise(synthetic_table())


@pytest.fixture(params=LABS.values(), ids=LABS)
def fake_spec(request) -> LabSpec:
    """Each lab, with a measurement that costs nothing."""
    fake = replace(request.param, estimate=estimate)
    return replace(fake, measure=FakeMeasure(fake))


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
        assert (result["d"] == point["d"]).all()
        curves = [fake_spec.runs[run] for run in shown.chosen]
        assert set(result["learner"]) == set(itertools.chain(*curves))
        assert shown.progress.value == shown.progress.max == len(measure.calls)


def test_a_reader_may_leave_the_grid(fake_spec):
    """Any d up to 200, r up to 8 and degree up to 6."""
    values = {knob.name: set(knob.values) for knob in fake_spec.knobs}
    assert values["d"] >= set(range(9, 201))
    assert values["r"] >= set(range(1, 9))
    assert values["degree"] >= set(range(3, 7))


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
    shown.knobs["d"].value = 50
    shown.run_button.click()
    assert "d = 50" in shown.picture.value
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
def test_a_short_real_run_measures_with_the_library(name):
    real = lab(LABS[name])
    setting = {"d": 11, "r": 2, "degree": 5, "n_max": 500, "seeds": 1}
    for knob, value in setting.items():
        real.knobs[knob].value = value
    promised = real.estimate_seconds()
    started = time.perf_counter()
    result = real.run()
    assert time.perf_counter() - started < 10 * promised + 2
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
