"""The controls check themselves; the palette can be seen and told apart."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from colours import contrast

from beyond_the_kernel import catalogue
from beyond_the_kernel.kernel_versus_network.show import EXPLORER
from replearn.views import palette
from replearn.views.palette import PALETTE, PARTS, ink
from replearn.views.parts import Axis, Knob, Scale, Switch, raised

SPEC = EXPLORER.spec
KERNEL = Knob("kernel", ("NTK", "RBF"), "NTK", "kernel", "")


WRONG_KNOBS: dict[str, list[tuple[Any, ...]]] = {
    "identifier": [("2d", (1, 2), 1, "d", ""), ("d", (1, 2), 1, "d", "", "d d")],
    "two or more": [("d", (1,), 1, "d", "")],
    "finite numbers": [("d", (1, math.nan), 1, "d", ""), ("d", (1, "2"), 1, "d", "")],
    "must increase": [("d", (2, 1), 1, "d", ""), ("d", (1, 1), 1, "d", "")],
    "not one of 1, 2": [("d", (1, 2), 3, "d", "")],
    "label": [("d", (1, 2), 1, "", "")],
    "not one of a, b": [("kernel", ("a", "b"), "c", "k", "")],
    "taken": [("kernel", ("a", "a"), "a", "k", "")],
    "all be names": [("kernel", ("a", 2), "a", "k", "")],
    "address": [("kernel", ("a", name), "a", "k", "") for name in ("b=c", "b/c")],
}
WRONG_SPECS: list[tuple[dict[str, Any], str]] = [
    ({"name": "a b"}, "must be a word"),
    ({"knobs": ()}, "needs a knob"),
    ({"knobs": SPEC.knobs * 2}, "'d' is taken"),
    ({"knobs": (Knob("x", (1, 2), 1, "x", ""),)}, "'x' is taken"),
    ({"axes": SPEC.axes[:1] * 2}, "'n' is taken"),
    ({"axes": (Axis("n/k", "n / k", (("k", 1),)),)}, "no knob 'k'"),
    ({"axes": (Axis("n/d", "n / d", (("d", "k"),)),)}, "no knob 'k'"),
    (
        {"knobs": (KERNEL,), "axes": (Axis("n/k", "", (("kernel", 2),)),)},
        "values of kernel are names",
    ),
    ({"switches": SPEC.switches * 2}, "'theory' is taken"),
    ({"learners": ("svm",)}, "svm"),
]
SCALES = [(1, 1), (2, 1), (0, 1), (-1, 1), (1, math.inf)]
REFUSED = [
    *((why, partial(Knob, *one)) for why, some in WRONG_KNOBS.items() for one in some),
    *((message, partial(replace, SPEC, **changes)) for changes, message in WRONG_SPECS),
    *(("by=", partial(Axis, "p/n", "p / n", by=by)) for by in (0, -1, math.inf)),
    *(("low=", partial(Scale, "error", *ends)) for ends in SCALES),
    ("lights", partial(Switch, "lights", True, "lights")),
    (r"momentum.*degree", partial(SPEC.knob, "momentum")),
    (r"svm.*one-step", partial(ink, "svm")),
    ("#rrggbb", partial(contrast, "red", "#000000")),
]


@pytest.mark.parametrize(("message", "make"), REFUSED)
def test_what_does_not_fit_is_refused(message: str, make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_an_axis_divides_by_its_number_and_powers_and_a_linear_scale_has_a_zero():
    axis = Axis("n/d2r", "n / d²rᵖ", (("d", 2), ("r", "degree")))
    cell = {"d": 10, "r": 2, "degree": 3}
    assert axis.divisor(cell) == 800
    assert replace(axis, by=200).divisor(cell) == 160_000
    assert Axis("p/n", "p / n", by=200).divisor({}) == 200
    assert axis.title_at(cell) == "n / d²r³"
    assert raised(-1.5) == "⁻¹·⁵"
    assert Scale("overlap", 0, 1, log=False).low == 0


@pytest.mark.parametrize("learner", [*PALETTE, *PARTS])
def test_every_ink_is_seen_on_its_page(learner):
    assert contrast(ink(learner).light, palette.LIGHT_PAGE) >= 3
    assert contrast(ink(learner).dark, palette.DARK_PAGE) >= 3


LAYER = {"neurons", "singular-space"}  # the parts of one layer, drawn by themselves
LEVELS = {"hierarchy", "algorithm-1", "quadratic", "ntk-deep"}
LEARNERS = set(PALETTE) - LAYER - LEVELS
# the main table has no infinite limits but the NTK, Figure 1 no trained rivals
PICTURES = [
    LEARNERS - {"nngp", "ntk-no-bias", "transferred"},
    LEARNERS - {"rbf", "adam", "oracle", "transferred"},
    LAYER,
    {"transferred", "oracle", "random-features", "polynomial"},
    {part for part in PARTS if part.startswith(("target", "degree", "whole"))},
    {"one-step", "adam", "outside"},
    {"one-step", "strong", "weak"},
    {"student", "twin", "off", "twin-off", "own", "flow"},
    {"joint", "frozen", "refit", "free", "wide", "true"},
    *(set(moving.table()["learner"]) for moving in catalogue.explorers().values()),
    LEVELS | {"polynomial", "ntk", "adam"},
]


@pytest.mark.parametrize("names", PICTURES)
def test_curves_of_one_picture_differ_in_marker_and_colour(names: set[str]) -> None:
    looks = [ink(name) for name in names]
    assert len({look.light for look in looks}) == len(looks)
    assert len({look.marker for look in looks}) == len(looks)
    assert {look.marker for look in looks} <= set(palette.MATPLOTLIB_MARKERS)
