"""The pictures of degrees show the numbers that they are given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from replearn.views import staircase_figures as figures
from replearn.views.figures import style
from replearn.views.palette import ink


@pytest.fixture
def ax():
    with style():
        yield Figure().add_subplot()


def rows(d: int, part: str) -> pd.DataFrame:
    values = {"n": [d, d * d], "error": [0.9, 0.1], "low": [0.8, 0.05]}
    return pd.DataFrame({"d": d, "part": part, "high": 1.0} | values)


SUMMARY = pd.concat([rows(d, f"degree-{k}") for d in (10, 20) for k in (1, 2)])


def test_staircase_shows_every_degree_and_dotted_theory(ax):
    one = SUMMARY[SUMMARY["d"] == 10]
    figures.plot_staircase(ax, one, theory=one)
    for part, curve in one.groupby("part"):
        same = [line for line in ax.lines if line.get_color() == ink(part).light]
        assert {line.get_linestyle() for line in same} == {"-", ":"}
        np.testing.assert_allclose(same[0].get_ydata(), curve["error"])
    assert ax.get_yscale() == "linear"


def test_predicted_staircase_has_ticks_at_powers_of_d(ax):
    figures.plot_predicted_staircase(ax, SUMMARY[SUMMARY["d"] == 10], d=10)
    assert [t.get_text() for t in ax.get_xticklabels()] == ["1", "2"]


def test_collapse_divides_n_by_the_power_of_d(ax):
    figures.plot_collapse(ax, SUMMARY, SUMMARY, "degree-2")
    dotted = [line for line in ax.lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(dotted[0].get_xdata(), [0.1, 1.0])
    assert ax.get_title(loc="left") == "degree 2"
    with pytest.raises(ValueError, match="no rows"):
        figures.plot_collapse(ax, SUMMARY, SUMMARY, "degree-3")


def test_a_share_of_zero_is_not_drawn(ax):
    figures.plot_shares(ax, {"ntk": [0.5, 0.3, 0.0, 0.1]})
    assert list(ax.lines[0].get_xdata()) == [0, 1, 3]
    with pytest.raises(ValueError, match="empty"):
        figures.plot_shares(ax, {})


def test_gram_error_draws_intervals_and_theory(ax):
    frame = pd.DataFrame({"kind": "tangent", "width": [64, 256], "error": [0.2, 0.1]})
    frame = frame.assign(low=0.05, high=0.3)
    figures.plot_gram_error(ax, frame, {64: 0.2, 256: 0.1})
    assert ax.lines[-1].get_linestyle() == ":"
    with pytest.raises(ValueError, match="lacks"):
        figures.plot_gram_error(ax, frame.drop(columns="kind"), {})
