"""The controls check themselves; the palette can be seen and told apart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from colours import contrast
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beyond_the_kernel.kernel_versus_network.show import EXPLORER
from replearn.views.controls import COLUMNS
from replearn.views.palette import (
    DARK_PAGE,
    LIGHT_PAGE,
    MATPLOTLIB_MARKERS,
    PALETTE,
    PARTS,
    ink,
)
from replearn.views.parts import Axis, Knob, Scale, Switch, raised

SPEC = EXPLORER.spec
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
        (("d", (1, "2"), 1, "d", ""), "finite numbers"),
        (("kernel", ("a", "b"), "c", "k", ""), "not one of a, b"),
        (("kernel", ("a", "a"), "a", "k", ""), "taken"),
        (("kernel", ("a", 2), "a", "k", ""), "all be names"),
        (("kernel", ("a", "b=c"), "a", "k", ""), "address"),
        (("kernel", ("a", "b/c"), "a", "k", ""), "address"),
        (("d", (1, 2), 1, "d", "", "d d"), "identifier"),
    ],
)
def test_a_wrong_knob_says_what_is_wrong(fields, message):
    with pytest.raises(ValueError, match=message):
        Knob(*fields)


def test_a_knob_writes_and_says_its_values():
    noise = Knob("noise", (0.0, 0.25, 1.0), 0.25, "noise", "")
    assert [noise.word(value) for value in noise.values] == ["0", "0.25", "1"]
    assert noise.say(0.25) == "noise = 0.25"
    assert noise.check(1) == 1.0
    assert SPEC.say({"d": 40, "r": 1, "degree": 3}) == "d = 40, r = 1, degree 3"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "a b"}, "must be a word"),
        ({"knobs": ()}, "needs a knob"),
        ({"knobs": SPEC.knobs * 2}, "'d' is taken"),
        ({"knobs": (Knob("x", (1, 2), 1, "x", ""),)}, "'x' is taken"),
        ({"axes": SPEC.axes[:1] * 2}, "'n' is taken"),
        ({"axes": (Axis("n/k", "n / k", (("k", 1),)),)}, "no knob 'k'"),
        ({"axes": (Axis("n/d", "n / d", (("d", "k"),)),)}, "no knob 'k'"),
        ({"switches": SPEC.switches * 2}, "'theory' is taken"),
        ({"learners": ("svm",)}, "svm"),
    ],
)
def test_a_specification_that_does_not_fit_together_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(SPEC, **changes)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_knob_is_not_named_like_a_column_of_a_summary(column):
    knob = Knob(column, (1, 2), 1, "a knob", "")
    with pytest.raises(ValueError, match=f"{column!r} is taken"):
        replace(SPEC, knobs=(*SPEC.knobs, knob))
    # in the page's address there are no columns: n may stand for a knob there
    short = replace(knob, name="another", short=column)
    assert replace(SPEC, knobs=(*SPEC.knobs, short)).knob("another") == short


def test_an_axis_cannot_divide_by_a_name():
    kernel = Knob("kernel", ("NTK", "RBF"), "NTK", "kernel", "")
    with pytest.raises(ValueError, match="values of kernel are names"):
        replace(SPEC, knobs=(kernel,), axes=(Axis("n/k", "", (("kernel", 2),)),))


def test_an_axis_divides_by_its_powers():
    axis = Axis("n/d2r", "n / d²rᵖ", (("d", 2), ("r", "degree")))
    cell = {"d": 10, "r": 2, "degree": 3}
    assert axis.divisor(cell) == 800
    assert axis.title_at(cell) == "n / d²r³"
    assert raised(-1.5) == "⁻¹·⁵"


@pytest.mark.parametrize("ends", [(1, 1), (2, 1), (0, 1), (-1, 1), (1, float("inf"))])
def test_a_scale_that_cannot_be_drawn_is_refused(ends):
    with pytest.raises(ValueError, match="low="):
        Scale("error", *ends)
    assert Scale("overlap", 0, 1, log=False).low == 0


def test_an_unknown_switch_is_refused():
    with pytest.raises(ValueError, match="lights"):
        Switch("lights", True, "lights")


def test_an_unknown_knob_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"momentum.*degree"):
        SPEC.knob("momentum")


@pytest.mark.parametrize("learner", [*PALETTE, *PARTS])
def test_every_ink_is_seen_on_its_page(learner):
    assert contrast(ink(learner).light, LIGHT_PAGE) >= 3
    assert contrast(ink(learner).dark, DARK_PAGE) >= 3


LAYER = {"neurons", "singular-space"}  # the parts of one layer, drawn by themselves
TRANSFER = {"transferred", "oracle", "random-features", "polynomial"}


@pytest.mark.parametrize(
    "apart",
    [
        {"nngp", "ntk-no-bias", "transferred"} | LAYER,
        {"rbf", "adam", "oracle", "transferred"} | LAYER,
        set(PALETTE) - LAYER,
        set(PALETTE) - TRANSFER,
    ],
)
def test_learners_of_one_picture_differ_in_marker_and_colour(apart):
    """The main table has no infinite limits but the NTK, Figure 1 no trained rivals."""
    looks = {name: ink(name) for name in PALETTE if name not in apart}
    assert_told_apart([look for look in looks.values() if look.family != "part"])


def test_parts_of_one_target_differ_in_marker_and_colour():
    """They have a picture of their own, so they may share the learners' hues."""
    layer = ["strong", "weak", "outside"]
    assert_told_apart([look for name, look in PARTS.items() if name not in layer])
    assert_told_apart([ink(name) for name in ("one-step", "adam", "outside")])
    assert_told_apart([ink(name) for name in ("one-step", "strong", "weak")])


def assert_told_apart(together):
    assert len(together) >= 2
    assert len({look.light for look in together}) == len(together)
    assert len({look.marker for look in together}) == len(together)
    assert {look.marker for look in together} <= set(MATPLOTLIB_MARKERS)


def test_an_unknown_learner_is_refused():
    with pytest.raises(ValueError, match=r"svm.*one-step"):
        ink("svm")
    with pytest.raises(ValueError, match="#rrggbb"):
        contrast("red", "#000000")
