"""The figures show the numbers that they are given, with labelled axes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from views.synthetic import synthetic_table

from replearn.experiments.curves import Reach, summarise
from replearn.views import drawing, figures
from replearn.views.palette import ink


@pytest.fixture(scope="module")
def curves() -> pd.DataFrame:
    table = synthetic_table()
    one = (table["d"] == 20) & (table["r"] == 1) & (table["degree"] == 3)
    return summarise(table[one])


@pytest.fixture
def ax():
    with figures.style():
        yield Figure().add_subplot()


def drawn(ax, colour):
    return next(line for line in ax.lines if line.get_color() == colour)


def reach(slope: float, last: float = 1.0) -> Reach:
    d = np.array([10, 20, 40])
    n = 3.0 * d**slope * np.array([1.0, 1.0, last])
    return Reach(d, n, np.tile(n, (9, 1)))


def test_learning_curves_show_every_learner_and_number(ax, curves):
    figures.plot_learning_curves(ax, curves, guides={"d³": 8000})
    for learner, curve in curves.groupby("learner"):
        line = drawn(ax, ink(learner).light)
        np.testing.assert_allclose(line.get_xdata(), curve["n"])
        np.testing.assert_allclose(line.get_ydata(), curve["error"])
    named = [*ax.texts, *(ax.get_legend().get_texts() if ax.get_legend() else [])]
    words = {text.get_text() for text in named}
    assert {ink(name).label for name in set(curves["learner"])} <= words
    assert {"10 % error", "d³"} <= words
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert ax.get_xlabel() == "training samples n"


def test_theory_lies_dotted_in_the_colour_of_its_kernel(ax, curves):
    theory = pd.DataFrame({"learner": "rbf", "n": [10, 99], "error": [1.0, 0.5]})
    figures.plot_learning_curves(ax, curves, theory)
    dotted = [line for line in ax.lines if line.get_linestyle() == ":"]
    assert [line.get_color() for line in dotted] == [ink("rbf").light]


@pytest.mark.parametrize("rows", [0, 1])
def test_a_picture_of_nothing_is_refused(ax, curves, rows):
    frame = curves.head(rows).drop(columns=["error"] if rows else [])
    with pytest.raises(ValueError, match=r"lacks \['error'\]" if rows else "no rows"):
        figures.plot_learning_curves(ax, frame)


def test_samples_to_reach_draws_the_power_law_and_prints_its_exponent(ax):
    figures.plot_samples_to_reach(
        ax,
        reach(1.7).frame(learner="one-step"),
        {"one-step": (1.7, 1.6, 1.8)},
        theory=reach(3.0).frame(learner="ntk"),
    )
    labels = ax.get_legend_handles_labels()[1]
    assert "one-step network: 1.70 [1.60, 1.80]" in labels
    assert "NTK kernel, theory" in labels
    law = drawn(ax, ink("one-step").light)
    x, y = law.get_xdata(), law.get_ydata()
    assert np.log(y[1] / y[0]) / np.log(x[1] / x[0]) == pytest.approx(1.7)
    assert y[0] == pytest.approx(3 * x[0] ** 1.7)


def test_an_unreached_dimension_leaves_no_point(ax):
    missing = reach(2.0, last=np.nan).frame(width=512)
    figures.plot_width_exponents(ax, missing, {512: (2.0, 1.9, 2.1)})
    points = ax.containers[0].lines[0]
    assert list(points.get_xdata()) == [10, 20]


def test_figure_1_counts_samples_in_powers_of_d(ax):
    rows = {"learner": "one-step", "n": [100, 1000], "error": 0.5, "low": 0.4}
    frame = pd.DataFrame({"width": 100, "high": 0.6} | rows)
    figures.plot_figure_1(ax, frame, 100)
    assert [t.get_text() for t in ax.get_xticklabels()] == ["$d^{2}$", "$d^{3}$"]
    with pytest.raises(ValueError, match="width=7 is not in the table"):
        figures.plot_figure_1(ax, frame, 7)


def test_negative_control_knows_its_two_targets(ax):
    rows = {"learner": "one-step", "n": [10, 99], "error": 0.4, "low": 0.3, "high": 0.5}
    both = [pd.DataFrame({"target": t} | rows) for t in ("full-rank", "rank-deficient")]
    figures.plot_negative_control(ax, pd.concat(both))
    assert len(ax.lines) == 2
    with pytest.raises(ValueError, match="twin"):
        figures.plot_negative_control(ax, both[0].assign(target="twin"))


def test_a_mean_outside_its_interval_has_no_length_on_that_side():
    rows = pd.DataFrame({"error": [0.5, 0.1], "low": [0.6, 0.0], "high": [0.75, 0.1]})
    np.testing.assert_allclose(drawing.spread(rows), [[0, 0.1], [0.25, 0]])
    named = rows.rename(columns={"error": "overlap"})
    np.testing.assert_allclose(
        drawing.spread(named, "overlap"), drawing.spread(rows), rtol=0
    )


def test_only_ticks_within_the_limits_are_written(ax):
    ax.set(yscale="log", ylim=(0.02, 0.5))
    drawing.write_ticks(ax, (0.01, 0.05, 0.3, 1.0))
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["0.05", "0.3"]
    assert ax.get_ylim() == (0.02, 0.5)
    assert not len(ax.yaxis.get_minor_locator()())


def test_the_backdrop_leaves_the_limits(ax, curves):
    figures.plot_learning_curves(ax, curves)
    before = ax.get_xlim(), ax.get_ylim()
    figures.plot_backdrop(ax, curves.assign(n=curves["n"] * 100))
    assert (ax.get_xlim(), ax.get_ylim()) == before


def test_type_is_legible_and_the_ground_opaque(ax, curves):
    figures.plot_learning_curves(ax, curves)
    assert min(text.get_fontsize() for text in ax.texts) >= 9
    assert ax.figure.get_facecolor() == (1, 1, 1, 1)
