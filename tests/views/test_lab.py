"""The lab measures only when told to, what the sliders say, and hides no failure."""

from __future__ import annotations

import itertools
import random
import re

import pandas as pd
import pytest
from views.synthetic import synthetic_table

from replearn.experiments.curves import summarise
from replearn.views.controls import LAB_KNOBS, LAB_LEARNERS
from replearn.views.lab import Lab, lab


class FakeMeasure:
    """Returns a curve that tells its setting, and keeps what it was asked."""

    def __init__(self) -> None:
        self.calls: list[dict[str, object]] = []

    def __call__(
        self, learner, d, r, degree, ns, seed, noise=0.0, width=None
    ) -> list[float]:
        self.calls.append(
            dict(learner=learner, d=d, r=r, degree=degree, ns=ns, seed=seed)
            | dict(noise=noise, width=width)
        )
        return [d / (d + n) for n in ns]


def estimate(learner, d, ns, seeds=1, width=None) -> float:
    return 1e-6 * d * len(ns) * seeds * width


@pytest.fixture(scope="module")
def summary() -> pd.DataFrame:
    return summarise(synthetic_table())


@pytest.fixture
def measure() -> FakeMeasure:
    return FakeMeasure()


@pytest.fixture
def fresh(summary, measure) -> Lab:
    return lab(measure, estimate, summary)


def corners_and_random_points() -> list[dict[str, float]]:
    ends = [(knob.values[0], knob.values[-1]) for knob in LAB_KNOBS]
    points = list(itertools.product(*ends))
    draw = random.Random(0)
    points += [tuple(draw.choice(k.values) for k in LAB_KNOBS) for _ in range(30)]
    return [dict(zip((k.name for k in LAB_KNOBS), p, strict=True)) for p in points]


def test_every_corner_and_random_points(fresh, measure, monkeypatch):
    monkeypatch.setattr(fresh, "_draw", lambda: None)  # pictures are tested below
    points = corners_and_random_points()
    assert len(points) == 2 ** len(LAB_KNOBS) + 30
    for point in points:
        for name, value in point.items():
            fresh.knobs[name].value = value
        measure.calls.clear()
        result = fresh.run()
        assert len(measure.calls) == len(fresh.chosen) * point["seeds"]
        for call in measure.calls:
            assert call.items() >= {k: point[k] for k in ("d", "r", "degree")}.items()
            assert (call["noise"], call["width"]) == (point["noise"], point["width"])
            assert call["ns"][-1] == point["n_max"]
            assert call["ns"] == sorted(set(call["ns"]))
        assert (result["d"] == point["d"]).all()
        assert set(result["learner"]) == set(fresh.chosen)
        assert fresh.progress.value == fresh.progress.max == len(measure.calls)


@pytest.mark.parametrize("learner", LAB_LEARNERS)
def test_every_learner_can_be_run_and_is_drawn(fresh, learner):
    for name, box in fresh.learners.items():
        box.value = name == learner
    before = fresh.picture.value
    fresh.run_button.click()
    assert fresh.picture.value != before
    assert "fresh run" in fresh.picture.value
    assert set(fresh.result["learner"]) == {learner}


def test_moving_a_slider_measures_nothing_but_renews_the_estimate(fresh, measure):
    before = fresh.message.value
    fresh.knobs["d"].value = 200
    assert measure.calls == []
    assert fresh.message.value != before
    assert "about 3.3 s" in fresh.message.value


def test_a_target_beyond_the_table_can_be_run(fresh):
    fresh.knobs["d"].value = 200
    fresh.knobs["degree"].value = 5
    assert (fresh.run()["degree"] == 5).all()


@pytest.mark.parametrize("start", ["run", "click"])
def test_a_failing_measurement_is_shown_and_raised(summary, start):
    def broken(*setting, **more):
        raise ZeroDivisionError("planted <failure>")

    bad = lab(broken, estimate, summary)
    with pytest.raises(ZeroDivisionError, match="planted"):
        bad.run() if start == "run" else bad.run_button.click()
    assert 'role="alert"' in bad.message.value
    assert "ZeroDivisionError: planted &lt;failure&gt;" in bad.message.value
    assert not bad.run_button.disabled


def test_a_failing_slider_callback_is_raised(fresh):
    def broken(*setting):
        raise ZeroDivisionError("planted")

    fresh._estimate = broken
    with pytest.raises(ZeroDivisionError):
        fresh.knobs["d"].value = 200


def test_no_learner_is_an_error_that_says_so(fresh):
    for box in fresh.learners.values():
        box.value = False
    assert "Tick at least one" in fresh.message.value
    with pytest.raises(ValueError, match="no learner is ticked"):
        fresh.run()


def test_the_page_without_a_kernel_gets_picture_and_directions(fresh):
    bundle = fresh._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    page = bundle["text/html"]
    assert "rocket button" in page
    alt = re.search(r'alt="([^"]+)"', page)[1]
    assert "NTK kernel" in alt
    assert "d = 20" in alt


def test_a_short_real_run_measures_with_the_library(summary):
    real = lab(summary=summary)
    real.knobs["d"].value = 10
    real.knobs["n_max"].value = 250
    real.knobs["seeds"].value = 1
    result = real.run()
    ends = result[result["n"] == 250].set_index("learner")["error"]
    assert (ends < 0.9).all()
