"""The lab measures only when told to, what the sliders say, and hides no failure."""

from __future__ import annotations

import html
import itertools
import random
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from views.synthetic import synthetic_table
from work import Work

from beyond_the_kernel import catalogue
from replearn.views.lab import Lab, LabSpec

LABS = catalogue.labs()
FIRST = LABS["kernel_versus_network"]
each_lab = pytest.mark.parametrize("chapter", LABS)


class FakeMeasure:
    """Returns curves that tell their setting, and keeps what it was asked."""

    def __init__(self, spec: LabSpec) -> None:
        self.spec, self.calls = spec, []

    def __call__(self, ns, seed, **setting):
        self.calls.append(dict(ns=ns, seed=seed, **setting))
        d, runs = setting.get("d", 20), self.spec.runs
        run = setting.get("learner", next(iter(runs)))
        return {curve: [d / (d + n) for n in ns] for curve in runs[run]}


@pytest.fixture(params=LABS.values(), ids=LABS)
def fake_spec(request) -> LabSpec:
    """Each lab, everything ticked, with a measurement that costs nothing."""
    spec = replace(request.param, ticked=tuple(request.param.runs))
    return replace(spec, measure=FakeMeasure(spec))


def seconds(ns: list[int], d: int, width: int, **others: object) -> float:
    return 1e-6 * d * len(ns) * width


@pytest.fixture
def fresh() -> Lab:
    """The first chapter's lab on a made-up table."""
    spec = replace(FIRST, table=synthetic_table, estimate=seconds)
    return Lab(replace(spec, measure=FakeMeasure(spec)))


def corners_and_random_points(spec: LabSpec) -> list[dict[str, Any]]:
    points = list(itertools.product(*((k.values[0], k.values[-1]) for k in spec.knobs)))
    draw = random.Random(0)
    points += [tuple(draw.choice(k.values) for k in spec.knobs) for _ in range(30)]
    return [dict(zip((k.name for k in spec.knobs), p, strict=True)) for p in points]


def test_every_corner_and_random_points(fake_spec, monkeypatch):
    shown, measure = Lab(fake_spec), fake_spec.measure
    monkeypatch.setattr(shown, "_draw", lambda: None)  # pictures are tested below
    for point in corners_and_random_points(fake_spec):
        for name, value in point.items():
            shown.knobs[name].value = value
        measure.calls.clear()
        assert shown.estimate_seconds() > 0
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


def test_the_table_is_shown_first_and_a_fresh_run_after_it(fake_spec):
    shown = Lab(fake_spec)
    assert "(table)" in shown.picture.value
    empty = "nothing yet" in shown.picture.value
    assert not empty, f"the table has no {shown.settings}: give its knobs others"
    knob = next(k for k in fake_spec.knobs if k.name not in ("n_max", "seeds"))
    shown.knobs[knob.name].value = knob.values[-1]
    shown.run_button.click()
    assert html.escape(knob.say(knob.values[-1])) in shown.picture.value
    assert "(fresh run)" in shown.picture.value


def test_moving_a_slider_measures_nothing_but_renews_the_estimate(fresh):
    before = fresh.message.value
    fresh.knobs["d"].value = 200
    assert fresh._spec.measure.calls == []
    assert fresh.message.value != before
    assert "about 3.3 s" in fresh.message.value


def fails(*setting: object, **more: object) -> None:
    raise ZeroDivisionError("planted <failure>")


@pytest.mark.parametrize("start", ["run", "click"])
def test_a_failing_measurement_is_shown_and_raised(start):
    bad = Lab(replace(FIRST, measure=fails))
    with pytest.raises(ZeroDivisionError, match="planted"):
        bad.run() if start == "run" else bad.run_button.click()
    assert 'role="alert"' in bad.message.value
    assert "ZeroDivisionError: planted &lt;failure&gt;" in bad.message.value
    assert not bad.run_button.disabled


def test_nothing_ticked_is_an_error_that_says_so(fresh):
    for box in fresh.runs.values():
        box.value = False
    assert "Tick at least one box" in fresh.message.value
    with pytest.raises(ValueError, match="nothing is ticked"):
        fresh.run()


@each_lab
def test_a_setting_has_one_row_of_the_first_table_for_each_size(chapter: str) -> None:
    """What the lab cannot be set to is not mixed into its curves."""
    spec = LABS[chapter]
    table = spec.start()
    curves = [curve for curves in spec.runs.values() for curve in curves]
    shown = table[table["learner"].isin(curves)]
    knobs = [knob.name for knob in spec.knobs if knob.name in shown]
    assert not shown.duplicated([*knobs, "learner", "n"]).any()


@each_lab
def test_a_short_real_run_is_as_much_work_as_the_estimate_says(chapter):
    real = Lab(LABS[chapter])
    setting = {"d": 11, "r": 2, "degree": 5, "seeds": 1}
    for knob in setting.keys() & real.knobs.keys():
        if setting[knob] in real.knobs[knob].options:  # some labs have few values
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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ticked": ("svm",)}, "svm"),
        ({"ticked": (), "runs": {"adam": ("svm",)}}, "svm"),
        ({"knobs": FIRST.knobs[:3]}, "no knob 'n_max'"),
        ({"fewest": 250}, r"fewest=250 is not below .* n_max, 250"),
    ],
)
def test_a_lab_that_does_not_fit_together_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(FIRST, **change)


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
