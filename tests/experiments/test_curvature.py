"""Runs of a target with little curvature: the control fails, its twin does not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from replearn.experiments.curvature import estimate_run, measure_run, measure_target
from work import Work

from replearn.experiments import curvature_reading as reading
from replearn.experiments import curves
from replearn.experiments.tables import read_table
from replearn.targets.curvature import conditioned_target


def test_one_run_takes_any_setting_and_the_same_seed_gives_the_same() -> None:
    again = [measure_run(30, 2, 5, 0.3, [600, 1200], seed=3, noise=0.5) for _ in "ab"]
    assert again[0] == again[1]
    assert [row["n"] for row in again[0]] == [600, 1200]
    assert set(again[0][0]) == {"n", "error", "overlap_1", "overlap_2"}
    assert again[0][1]["overlap_1"] + again[0][1]["overlap_2"] < 1


def test_the_run_s_inputs_do_not_change_with_the_noise_but_the_overlap_does() -> None:
    quiet, loud = (
        measure_run(40, 1, 3, 0.5, [3200], seed=0, noise=noise)[0]["overlap_1"]
        for noise in (0.0, 2.0)
    )
    assert loud < quiet - 0.1


def test_without_curvature_one_step_fails_and_the_twin_does_not() -> None:
    d, n = 80, 16 * 80**2
    missing, found = (measure_run(d, 1, 3, w, [n], seed=0)[0] for w in (0.0, 0.5))
    assert missing["error"] > 0.7 > 0.05 > found["error"]
    assert missing["overlap_1"] < 0.15 < 0.85 < found["overlap_1"]


def test_a_missing_direction_leaves_its_quarter_and_the_twin_does_not() -> None:
    runs = [
        measure_target(conditioned_target(40, inverse), "one-step", [25_600], seed=1)[0]
        for inverse in (0.0, 1.0)
    ]
    assert 0.2 < runs[0]["error"] < 0.3
    assert runs[1]["error"] < 0.05
    assert runs[0]["overlap_2"] < 0.02 < 0.3 < runs[1]["overlap_2"]


def test_adam_runs_too_and_says_nothing_of_overlaps() -> None:
    [row] = measure_run(5, 1, 3, 0.0, [500], seed=0, learner="adam")
    assert set(row) == {"n", "error"}


@pytest.mark.parametrize("learner", ["one-step", "adam"])
def test_the_estimate_is_of_the_right_size(learner: str) -> None:
    with Work() as work:
        measure_run(40, 1, 3, 0.2, [6400], seed=0, learner=learner)
    assert 1 / 5 < work.seconds / estimate_run(40, [6400], learner) < 5


@pytest.mark.parametrize(
    "bad",
    [
        {"d": 0},
        {"r": 9},
        {"degree": 2},
        {"quadratic": 2.0},
        {"ns": []},
        {"ns": [5, 2]},
        {"seed": -1},
        {"learner": "sgd"},
        {"noise": -1.0},
    ],
)
def test_bad_settings_are_refused(bad: dict[str, object]) -> None:
    good = {"d": 8, "r": 1, "degree": 3, "quadratic": 0.5, "ns": [50], "seed": 0}
    with pytest.raises((ValueError, TypeError)):
        measure_run(**good | bad)


def test_the_estimate_refuses_what_the_run_refuses() -> None:
    with pytest.raises(ValueError, match="learner"):
        estimate_run(10, [50], "sgd")
    with pytest.raises((ValueError, TypeError)):
        estimate_run(0, [50])


def test_the_readings_are_whole() -> None:
    errors = reading.share_errors()
    assert not errors.isna().any(axis=None)
    points = ["learner", "quadratic", "degree", "d", "n"]
    assert set(errors.groupby(points)["seed"].nunique()) == {5}
    assert set(read_table("condition").groupby(["d", "inverse_kappa", "n"]).size()) == {
        5
    }


def test_the_overlap_formula_is_near_the_table_from_d_40_on() -> None:
    overlaps = reading.share_overlaps()
    large = overlaps[(overlaps["d"] >= 40) & (overlaps["degree"] <= 4)]
    off = (large["overlap"] - large["formula"]).abs()
    assert float(off.max()) < 0.09
    assert float(off.mean()) < 0.025


def test_the_direction_s_formula_is_near_the_table() -> None:
    means = curves.select(reading.condition_means(), d=40)
    for i in (1, 2):
        assert float((means[f"overlap_{i}"] - means[f"formula_{i}"]).abs().max()) < 0.04


def test_the_half_way_sizes_and_exponents() -> None:
    found = reading.weight_needs(80, 3)
    assert np.isfinite(found.n).tolist() == [False, True, True, True, False]
    slope, low, high = curves.fit_exponent(found)
    assert low < 1 < high
    assert slope == pytest.approx(1, abs=0.15)
    slope, _, high = reading.kappa_exponent(40)
    assert 1 < slope < high < 2
    assert reading.kappa_exponent(40, smallest=2)[0] > slope
    assert math.isnan(reading.kappa_needs(40).n[-1])
