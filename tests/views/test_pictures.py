"""The pictures show the numbers that they are given, with labelled axes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from replearn.experiments.curves import Reach
from replearn.views import pictures, still
from replearn.views.palette import ink

N = np.array([20, 200, 2000])
POWERS = {"ntk": -0.2, "rbf": -0.3, "one-step": -0.5, "adam": -0.6}
CURVES = pd.concat(
    pd.DataFrame({"learner": name, "n": N, "error": N**power})
    for name, power in POWERS.items()
).eval("low = 0.9 * error\nhigh = 1.1 * error")


@pytest.fixture
def ax() -> Iterator[Axes]:
    with pictures.style():
        yield Figure().add_subplot()


def drawn(ax: Axes, colour: str) -> Line2D:
    return next(line for line in ax.lines if line.get_color() == colour)


def reach(slope: float, last: float = 1.0) -> Reach:
    d = np.array([10, 20, 40])
    n = 3.0 * d**slope * np.array([1.0, 1.0, last])
    return Reach(d, n, np.tile(n, (9, 1)))


@pytest.mark.parametrize("many", [False, True])
def test_learning_curves_show_every_learner_and_number(ax: Axes, many: bool) -> None:
    curves = CURVES
    if many:  # more than have room at the ends: a legend
        more = [CURVES[:3].assign(learner=name) for name in ("oracle", "polynomial")]
        curves = pd.concat([CURVES, *more])
    still.plot_learning_curves(ax, curves, guides={"d³": 1500})
    for learner, curve in curves.groupby("learner"):
        line = drawn(ax, ink(str(learner)).light)
        np.testing.assert_allclose(line.get_xdata(), curve["n"])
        np.testing.assert_allclose(line.get_ydata(), curve["error"])
    legend = ax.get_legend()
    assert bool(legend) == many
    named = [*ax.texts, *(legend.get_texts() if legend else [])]
    words = {text.get_text() for text in named}
    assert {ink(name).label for name in set(curves["learner"])} <= words
    assert {"10 % error", "d³"} <= words
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert ax.get_xlabel() == "training samples n"
    assert min(text.get_fontsize() for text in ax.texts) >= 9
    assert ax.figure.get_facecolor() == (1, 1, 1, 1)


def test_a_picture_of_nothing_is_refused(ax: Axes) -> None:
    with pytest.raises(ValueError, match="no rows"):
        still.plot_learning_curves(ax, CURVES.head(0))
    with pytest.raises(ValueError, match=r"lacks \['error'\]"):
        still.plot_learning_curves(ax, CURVES.drop(columns="error"))
    with pytest.raises(ValueError, match="lacks"):
        pictures.family(ax, family_of().drop(columns="low"), "kappa")


def test_samples_to_reach_draws_the_power_law_and_prints_its_exponent(ax: Axes) -> None:
    pictures.plot_reach(
        ax,
        reach(1.7).frame(learner="one-step"),
        {"one-step": (1.7, 1.6, 1.8)},
        theory=reach(3.0).frame(learner="ntk"),
    )
    labels = ax.get_legend_handles_labels()[1]
    assert "one-step network: 1.70 [1.60, 1.80]" in labels
    assert "NTK kernel, theory" in labels
    law = drawn(ax, ink("one-step").light)
    x, y = np.array(law.get_xdata()), np.array(law.get_ydata())
    assert np.log(y[1] / y[0]) / np.log(x[1] / x[0]) == pytest.approx(1.7)
    assert y[0] == pytest.approx(3 * x[0] ** 1.7)


def family_of(infinite: bool = False) -> pd.DataFrame:
    kappas = (1.0, 8.0, np.inf) if infinite else (1.0, 8.0)
    rows = {"d": 4, "n": [64, 16, 1024], "error": [0.5, 0.9, 0.1], "formula": 0.3}
    parts = [pd.DataFrame(rows | {"kappa": kappa}) for kappa in kappas]
    return pd.concat(parts).assign(low=0.05, high=1.0)


def test_a_family_is_shaded_in_order_and_sorted_along_its_axis(ax: Axes) -> None:
    frame, over = family_of(infinite=True), pictures.over_d()
    pictures.family(ax, frame, "kappa", "κ = {}", over, formula="formula")
    assert [c.get_label() for c in ax.containers] == ["κ = 1", "κ = 8", "κ = ∞"]
    assert list(ax.containers[0][0].get_xdata()) == [1, 4, 64]
    assert list(ax.containers[0][0].get_ydata()) == [0.9, 0.5, 0.1]
    dotted = [line for line in ax.lines if line.get_linestyle() == ":"]
    assert [list(line.get_ydata()) for line in dotted] == [[0.3] * 3] * 3
    assert [line.get_color() for line in dotted] == [
        look["color"] for look in pictures.shades(3)
    ]


@pytest.mark.parametrize("height", [2.0, 6.0])
def test_a_legend_below_hides_nothing_and_takes_no_width(height: float) -> None:
    with pictures.style():
        figure = Figure(figsize=(7.2, height))
        ax = figure.add_subplot()
        pictures.family(ax, family_of(), "kappa", x=pictures.over_d())
        pictures.finish(ax, "n / d²", "error")
        figure.draw_without_rendering()
    legend = ax.get_legend().get_window_extent()
    assert legend.y1 < ax.xaxis.label.get_window_extent().y0
    assert legend.y0 >= 0
    assert ax.get_window_extent().width > 0.8 * figure.bbox.width
    names = [label.get_text() for label in ax.get_xticklabels()]
    assert (names[0], names[-1]) == ("1", "64")


def test_rows_have_names_from_the_top_and_a_mark_for_each_series(ax: Axes) -> None:
    looks = {"marker": "o", "color": "#d55e00"}
    pictures.plot_rows(ax, ["one", "two"], {"size": ([3.0, 5.0], looks)})
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["one", "two"]
    line = drawn(ax, "#d55e00")
    assert line.get_label() == "size"
    np.testing.assert_array_equal(line.get_xydata(), [[3, 0], [5, -1]])
    assert ax.get_yticks().tolist() == [0, -1]
