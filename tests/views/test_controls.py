"""The controls check themselves; the palette can be seen and told apart."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from replearn.experiments.few_directions_sweeps import grid
from replearn.views.controls import EXPLORER, LAB_KNOBS, Knob, lab_knob
from replearn.views.palette import (
    DARK_PAGE,
    LIGHT_PAGE,
    MATPLOTLIB_MARKERS,
    PALETTE,
    contrast,
    ink,
)

VALUES = st.lists(st.integers(-50, 50), min_size=2, max_size=6, unique=True)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES, st.data())
def test_a_knob_finds_its_own_values_and_no_other(values, data):
    values = tuple(sorted(values))
    default = data.draw(st.sampled_from(values))
    knob = Knob("d", values, default, "input dimension d", "")
    assert [knob.index(value) for value in values] == list(range(len(values)))
    with pytest.raises(ValueError, match="is not one of"):
        knob.check(max(values) + 1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (("2d", (1, 2), 1, "d", ""), "identifier"),
        (("d", (1,), 1, "d", ""), "two or more"),
        (("d", (1, float("nan")), 1, "d", ""), "finite"),
        (("d", (2, 1), 1, "d", ""), "must increase"),
        (("d", (1, 1), 1, "d", ""), "must increase"),
        (("d", (1, 2), 3, "d", ""), "not one of 1, 2"),
        (("d", (1, 2), 1, "", ""), "label"),
    ],
)
def test_a_wrong_knob_says_what_is_wrong(fields, message):
    with pytest.raises(ValueError, match=message):
        Knob(*fields)


def test_the_explorer_has_a_slider_stop_for_every_setting_of_the_table():
    for setting in grid():
        for knob, value in zip(EXPLORER.knobs, setting, strict=True):
            knob.check(value)


def test_an_unknown_knob_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"momentum.*noise"):
        lab_knob("momentum")
    assert len({knob.name for knob in LAB_KNOBS}) == len(LAB_KNOBS)


@pytest.mark.parametrize("learner", PALETTE)
def test_every_ink_is_seen_on_its_page(learner):
    assert contrast(ink(learner).light, LIGHT_PAGE) >= 3
    assert contrast(ink(learner).dark, DARK_PAGE) >= 3


@pytest.mark.parametrize("apart", [{"nngp", "ntk-no-bias"}, {"rbf", "adam", "oracle"}])
def test_learners_of_one_picture_differ_in_marker_and_colour(apart):
    """The main table has no infinite limits but the NTK, Figure 1 no trained rivals."""
    together = [ink(name) for name in PALETTE if name not in apart]
    assert len({look.light for look in together}) == len(together)
    assert len({look.marker for look in together}) == len(together)
    assert {look.marker for look in together} <= set(MATPLOTLIB_MARKERS)


def test_an_unknown_learner_is_refused():
    with pytest.raises(ValueError, match=r"svm.*one-step"):
        ink("svm")
    with pytest.raises(ValueError, match="#rrggbb"):
        contrast("red", "#000000")
