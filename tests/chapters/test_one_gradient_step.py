"""One gradient step: its guide line and its pictures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from beyond_the_kernel.one_gradient_step import show
from replearn.theory import predict_overlap


def overlaps() -> pd.DataFrame:
    rows = {"n": [100, 400, 1600], "low": 0.1, "high": 0.9, "overlap": [0.2, 0.4, 0.8]}
    return pd.concat([pd.DataFrame(rows).assign(d=d, seed=0) for d in (10, 20)])


@pytest.mark.parametrize(("d", "noise"), [(10, 0.0), (160, 1.0)])
def test_the_guide_stands_where_the_formula_is_one_half(d: int, noise: float) -> None:
    found = predict_overlap(d, show.half(d, noise), 1.0, noise**2)
    assert found == pytest.approx(0.5)


@pytest.mark.parametrize("power", [1, 2])
def test_overlap_is_drawn_against_n_over_a_power_of_d(power: int) -> None:
    ax = show.plot_overlap(Figure().subplots(), overlaps(), power)
    for curve, d in zip(ax.containers, (10, 20), strict=True):
        expected = np.array([100, 400, 1600]) / d**power
        np.testing.assert_allclose(np.array(curve[0].get_xdata(), float), expected)
        assert curve.get_label() == f"d = {d}"
    assert ax.get_ylim() == (0, 1)


def test_steps_are_drawn_for_both_measures() -> None:
    rows = {"steps": [1, 2, 4], "factor": 1.0, "seed": 0, "overlap": [0.4, 0.5, 0.6]}
    axes = Figure().subplots(1, 2)
    show.plot_steps(axes, pd.DataFrame(rows).assign(error=[0.3, 0.2, 0.1]))
    drawn = [list(ax.containers[0][0].get_ydata()) for ax in axes]
    assert drawn == [[0.4, 0.5, 0.6], [0.3, 0.2, 0.1]]
    assert axes[0].get_legend().get_texts()[0].get_text() == "n = 1 d²"


def test_the_control_is_hollow_and_its_limit_dotted() -> None:
    limits = {10: 0.4, 20: 0.3}
    ax = show.plot_zero_hessian(Figure().subplots(), overlaps(), overlaps(), limits)
    dotted = [line for line in ax.lines if line.get_linestyle() == ":"]
    assert [line.get_ydata()[0] for line in dotted] == [0.4, 0.3]
    fills = [curve[0].get_markerfacecolor() for curve in ax.containers]
    assert [fill == "white" for fill in fills] == [False, True, False, True]
