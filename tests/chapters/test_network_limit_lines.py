"""The network's dotted line: the table, and where it lies beside the measurements."""

import pytest

from beyond_the_kernel.kernel_versus_network import grid, show
from replearn.experiments import curves
from replearn.experiments.tables import read_table
from replearn.theory import predict_network_limit


def test_the_table_is_the_mean_of_the_limits_of_ten_networks() -> None:
    rows = curves.select(read_table("network-limit"), degree=3, width=128, ratio=4.0)
    link = [0, 0, 0.5**0.5, 0.5**0.5]
    found = [predict_network_limit(128, link, [4.0], seed=s).item() for s in range(10)]
    assert rows.error.item() == pytest.approx(sum(found) / 10, rel=1e-3)


def test_the_measured_error_comes_down_to_the_limit_as_d_grows() -> None:
    table = curves.select(read_table("kernel-vs-network"), learner="one-step", r=1)
    ratios = []
    for d in (20, 160):
        at = {"d": d, "degree": 3, "n": d * d}
        limit = curves.select(grid.limits(), **at).error.item()
        ratios.append(curves.select(table, **at).error.mean() / limit)
    assert 1 < ratios[1] < 1.6 < ratios[0]


def test_the_explorer_draws_it_for_one_direction_only() -> None:
    theory = show.EXPLORER.predicted()
    assert theory is not None
    lines = theory[theory.learner == "one-step"]
    assert set(lines.r) == {1}
    assert set(lines.d) == set(grid.DIMENSIONS)
