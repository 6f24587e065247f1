"""Layer-wise training: the split of an error, the control, and what the tables say."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
import torch

from beyond_the_kernel.layer_wise_training import checks, grid, show
from replearn.experiments import layer_wise
from replearn.experiments.curves import select
from replearn.experiments.exercises import check
from replearn.experiments.tables import read_table
from replearn.learners import feature_errors
from replearn.targets import Hierarchy

TRIAL = 7  # a seed that is in no table


def target(gap: float = 0.1, kind: str = "bounded") -> Hierarchy:
    return layer_wise.draw_targets(kind, [gap], [TRIAL])[0]


def test_an_error_is_at_least_what_no_map_explains() -> None:
    torch.manual_seed(0)
    for k in (1, 2, 4):
        true = torch.randn(4000, k, dtype=torch.float64)
        true = true - true.mean(0)
        true = true * (k / true.square().sum(1).mean()).sqrt()
        for noise in (0.0, 0.1, 1.0):
            mixed = true @ torch.randn(k, k, dtype=torch.float64)
            learnt = mixed + noise * torch.randn_like(true)
            apart, missing = feature_errors(true, learnt - learnt.mean(0))
            assert k * missing <= apart + 1e-12


@pytest.mark.parametrize("length", [0.7, 1.049, 2.0])
def test_a_wrong_length_alone_is_all_of_its_error(length: float) -> None:
    true = target().features(target().draw(5000, 0))[2]
    size = float(true.square().sum(1).mean())
    turn = torch.linalg.qr(torch.tensor([[1.0, 2.0], [3.0, 1.0]]).double())[0]
    apart, missing = feature_errors(true, length * true @ turn)
    assert float(apart) == pytest.approx(size * (length - 1) ** 2, rel=1e-6)
    assert float(missing) < 1e-12


@pytest.mark.parametrize("gap", [0.03, 0.3, 1.0])
def test_what_a_frozen_level_hands_on_does_not_depend_on_the_gap(gap: float) -> None:
    """The exercise's answer against labels that are computed."""
    hierarchy = target(gap)
    x = hierarchy.draw(20_000, 0)
    s = hierarchy.features(x)
    longer = sqrt(1 + gap)  # rho = 1/2
    label = (longer * s[2]).square().sum(1) + gap * s[3].square().sum(1)
    wrong = (label - hierarchy(x)).var() / (gap * s[3].square().sum(1)).var()
    loud, faint = (float(s[level].square().sum(1).var()) for level in (2, 3))
    assert float(wrong) == pytest.approx(loud / faint, rel=1e-6)  # 4 (1 - rho)^2 = 1


def test_true_features_are_true_whichever_level_they_are_of() -> None:
    for kind in grid.KINDS:
        hierarchy = target(0.3, kind)
        held = layer_wise.true_features([hierarchy])
        assert list(held) == list(hierarchy.levels)[:-1]
        network = layer_wise.StagedNetwork([50] * len(hierarchy.levels), after="refit")
        net = network.climb([hierarchy], [TRIAL], 500, held).network
        x = hierarchy.draw(200, 1, "test")
        inside = net.forward(x[None])[1]["S"]
        for level in held:
            true = hierarchy.features(x)[level]
            torch.testing.assert_close(inside[level][0], true)


def test_what_must_not_lose_does_not_and_its_twin_does() -> None:
    """True features frozen, and learnt ones."""
    for kind in ("four levels", "Gaussian"):
        for gap in grid.GAPS:
            at = {"kind": kind, "gap": gap, "n": grid.ALL}
            rows = grid.by_seed("layer-wise-training", "mode", "error", **at)
            assert (rows["true"] < 0.1 * rows["free"]).all()
            assert np.median(rows["joint"]) < 0.1 * np.median(rows["free"])
            assert (rows["free"] < rows["frozen"]).all()


def test_decades_are_those_of_the_gap_where_a_seed_loses_less() -> None:
    at = {"kind": "four levels", "n": grid.ALL, "gap": 0.1}
    rows = grid.by_seed("layer-wise-training", "mode", "error", **at)
    decades, here = grid.losses("four levels", grid.ALL), rows["free"] / rows["joint"]
    assert (decades <= np.log10(here) + 1e-9).all()
    assert grid.loss_four_levels()[0] == pytest.approx(decades.mean())
    assert grid.losses("four levels", grid.ALL, "true").min() > decades.min()


def test_a_re_fit_removes_what_an_affine_map_can() -> None:
    found = layer_wise.first_level("bounded", 1.0, TRIAL, 2000)
    apart, missing = feature_errors(found["true"], found["alone"])
    left = (found["true"] - found["re-fitted"]).square().sum(1).mean()
    size = (found["true"] - found["true"].mean(0)).square().sum(1).mean()
    assert float(left) < 0.1 * float(apart)
    assert float(left / size) == pytest.approx(float(missing), rel=1e-6)
    together = feature_errors(found["true"], found["together"])[0]
    assert float(together) < 1e-4 * float(apart)


def test_the_features_alone_need_the_regularisers_and_the_label_does_not() -> None:
    errors, labels = (
        grid.by_seed("layer-wise-regularisers", "kept", value, level=2)
        for value in ("feature_error", "mse")
    )
    assert np.median(errors["none"]) > 100 * np.median(errors["all"])
    assert np.median(labels["none"]) < 10 * np.median(labels["all"])


def test_the_explorer_shows_the_means_of_the_tables() -> None:
    shown = select(show.EXPLORER.table(), kind="Gaussian", gap=0.3, n=500)
    at = {"kind": "Gaussian", "gap": 0.3, "n": 500}
    for mode, values in grid.by_seed(
        "layer-wise-training", "mode", "error", **at
    ).items():
        [row] = select(shown, learner=mode).itertuples()
        assert row.mean == pytest.approx(values.mean())
    probes = select(show.DIGITS.table(), read="own head", learner="alone", n=1201)
    rows = select(read_table("equal-time"), arm="own head, alone", step=1200)
    assert probes["mean"].item() == pytest.approx(rows["accuracy"].mean())


def test_the_predictions_tell_what_the_tables_have() -> None:
    assert "where it was" in checks.repair()
    assert checks.control().count("%") == 3


def test_a_difference_to_the_control_is_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    check("lwt-due", lambda join, end, control: end - control)
    assert capsys.readouterr().out == "correct\n"
