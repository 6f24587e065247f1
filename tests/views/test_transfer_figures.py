"""Families of error curves: one line a value, labelled, told apart."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from replearn.views.transfer_figures import error_axes, plot_family, plot_theory


def family() -> pd.DataFrame:
    rows = [(d, n, 1 / n, 0.5 / n, 2 / n) for d in (10, 40) for n in (1, 10, 100)]
    return pd.DataFrame(rows, columns=["d", "n", "error", "low", "high"])


def test_each_value_has_its_curve_and_name() -> None:
    ax = plt.figure().gca()
    plot_family(ax, family(), "d", "d = {}")
    error_axes(ax)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["d = 10", "d = 40"]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.get_ylabel() == "test error / Var g*"
    markers = {bar.lines[0].get_marker() for bar in ax.containers}
    assert len(markers) == 2


def test_hollow_curves_are_dotted_with_white_markers() -> None:
    ax = plt.figure().gca()
    plot_family(ax, family(), "d", "d = {}", hollow=True)
    for bar in ax.containers:
        assert bar.lines[0].get_markerfacecolor() == "white"
        assert bar.lines[0].get_linestyle() == ":"


def test_linear_axes_show_the_whole_error() -> None:
    ax = plt.figure().gca()
    plot_family(ax, family(), "d", "d = {}")
    error_axes(ax, "log N", log=False)
    assert ax.get_yscale() == "linear"
    assert ax.get_ylim() == (0, 1.1)


def test_theory_is_drawn_with_dashes_of_its_own() -> None:
    ax = plt.figure().gca()
    plot_theory(ax, [1, 2], {"a": [1, 0.5], "b": [1, 0.2]})
    assert len({line.get_linestyle() for line in ax.lines}) == 2
    with pytest.raises(ValueError, match="4 curves"):
        plot_theory(ax, [1], {name: [1.0] for name in "abcd"})


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="low"):
        plot_family(plt.figure().gca(), family().drop(columns="low"), "d", "d = {}")
