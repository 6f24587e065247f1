"""The pictures of first layers show the numbers that they are given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure

from replearn.views import subspace_figures as drawn


def curve(**columns: object) -> pd.DataFrame:
    rows = {"n": [100, 400, 1600], "low": 0.1, "high": 0.9, **columns}
    return pd.DataFrame(rows)


def overlaps() -> pd.DataFrame:
    values = [0.2, 0.4, 0.8]
    return pd.concat([curve(d=d, overlap=values) for d in (10, 20)])


@pytest.fixture
def axes():
    return Figure().subplots(1, 2)


@pytest.mark.parametrize("power", [0, 1, 2])
def test_overlap_is_drawn_against_n_over_a_power_of_d(axes, power):
    formula = pd.DataFrame({"x": [1, 2], "overlap": [0.3, 0.4]})
    ax = drawn.plot_overlap(axes[0], overlaps(), power, formula)
    for drawn_curve, d in zip(ax.containers, (10, 20), strict=True):
        line, _, _ = drawn_curve
        expected = np.array([100, 400, 1600]) / d**power
        np.testing.assert_allclose(np.array(line.get_xdata(), float), expected)
        assert drawn_curve.get_label() == f"d = {d}"
    dashed = next(line for line in ax.lines if line.get_label() == "formula")
    np.testing.assert_allclose(dashed.get_ydata(), formula["overlap"])
    assert ax.get_ylim() == (0, 1)


def test_another_power_or_no_rows_are_refused(axes):
    with pytest.raises(ValueError, match="power=3"):
        drawn.plot_overlap(axes[0], overlaps(), 3)
    with pytest.raises(ValueError, match="no rows"):
        drawn.plot_overlap(axes[0], overlaps()[:0], 2)


def test_neurons_in_the_plane_lie_on_the_circle(axes):
    w = torch.tensor([[3.0, 0.0, 0.0], [0.0, 0.0, 2.0]])
    ax = drawn.plot_plane(axes[0], w, torch.eye(2, 3), "two neurons")
    points = np.stack(ax.lines[-1].get_data(), axis=1)
    np.testing.assert_allclose(points, [[1, 0], [0, 0]])
    assert ax.get_title() == "two neurons" or ax.get_title("left") == "two neurons"
    with pytest.raises(ValueError, match="2 directions, not 1"):
        drawn.plot_plane(axes[0], w, torch.eye(1, 3))


def test_row_norms_steps_and_the_control(axes):
    norms = curve(degree=3, row_norm=[0.1, 1, 10], error=[0.3, 0.1, 0.4])
    ax = drawn.plot_row_norms(axes[0], norms)
    assert list(ax.lines[0].get_ydata()) == [0.3, 0.1, 0.4]
    one = curve(steps=[1, 2, 4], mean=[0.4, 0.5, 0.6]).assign(n=400)
    both = [one.assign(quantity=name) for name in ("overlap", "error")]
    fresh = Figure().subplots(1, 2)
    drawn.plot_steps(fresh, pd.concat(both), d=20)
    assert [t.get_text() for t in fresh[0].get_legend().get_texts()] == ["n = 1 d²"]
    assert fresh[0].get_ylabel() == "overlap of the neurons"
    ax = drawn.plot_zero_hessian(axes[1], overlaps(), overlaps(), {10: 0.4, 20: 0.3})
    dotted = [line for line in ax.lines if line.get_linestyle() == ":"]
    assert [line.get_ydata()[0] for line in dotted] == [0.4, 0.3]
    most = len(drawn.WIDTH_MARKERS)
    with pytest.raises(ValueError, match=f"count={most + 1}"):
        drawn.shades(most + 1)
