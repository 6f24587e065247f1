"""One step on generated data: the table against the limit, and what must fail."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from beyond_the_kernel.one_step_on_generated_data import checks, grid, show
from replearn.experiments.generated_step import make_generator
from replearn.experiments.tables import read_table
from replearn.theory import carry_over
from replearn.theory.network_limit import predict_network_limit


@pytest.mark.parametrize("activation", ["none", "erf", "sign"])
def test_at_many_latent_numbers_the_table_is_on_the_limit(activation: str) -> None:
    found = grid.errors(latent=80, activation=activation).mean()
    told = grid.errors("predicted", latent=80, activation=activation).mean()
    assert found.to_numpy() == pytest.approx(told.to_numpy(), rel=0.2)


def test_the_limit_of_independent_inputs_misses_generated_ones() -> None:
    """The control: without rho the first part's limit is far off, and so is N^2."""
    found = grid.errors(latent=80, activation="sign").mean()
    link = [0, 0, np.sqrt(0.5), np.sqrt(0.5)]
    ratios = found.index.to_numpy()
    plain = predict_network_limit(64, link, ratios.tolist()).numpy()
    assert (found.to_numpy()[2:] > 1.8 * plain[2:]).all()
    inputs = predict_network_limit(64, link, (ratios / grid.ASPECT**2).tolist()).numpy()
    assert (found.to_numpy()[1:4] < 0.95 * inputs[1:4]).all()


def test_latent_numbers_are_counted_and_inputs_are_not() -> None:
    few, many = (
        grid.errors(latent=40, activation="erf", aspect=a).mean() for a in (4, 16)
    )
    assert (many[[1, 2, 4]] < 1.05 * few[[1, 2, 4]]).all()
    assert grid.whitening_cost()[1] > 1.1


def test_what_must_fail_fails() -> None:
    assert grid.cubic_alone()[0] > 0.95
    assert grid.fresh_twin_ratio()[1] > 1.1 > grid.twin_ratio(80)[0]
    assert grid.fresh_twin_ratio(2, 16)[1] > 1.1


def test_more_seeds_are_others_and_the_power_of_d_is_not_that_of_a_line() -> None:
    """Seeds known before are those of the first table, and are left out."""
    table = read_table("generated-size")
    old = table[table["seed"] < grid.KNOWN].merge(
        grid.rows(activation="erf"), on=["latent", "n", "seed"]
    )
    assert (old["error_x"] == old["error_y"]).all()
    assert len(old) == 75
    assert grid.rows("generated-size")["seed"].nunique() == 60
    _, low, high = grid.fresh_exponent()
    assert 1.5 < low < 2 < high < 2.5
    _, low, high = grid.size_exponent()
    assert low < 1.5 < 2.5 < high


def test_the_hero_ends_at_the_correlation_of_the_formula() -> None:
    says = show.sharpened(show.HERO_N[-1]).says
    blurred = float(says.split(", ")[1].split(" ")[0])
    omega, phi = checks.world(20, 4, "sign")
    assert blurred == pytest.approx(checks.seen(omega, phi), abs=0.06)


def test_stages_and_read_outs_are_the_means_of_the_table() -> None:
    explorer = show.EXPLORER.open()
    facts = explorer.payload["cells"]["40/1/3/erf"]["facts"]
    value = {name: text for name, _, text, _ in facts}["made"]
    mean = grid.errors(latent=40, activation="erf")[4].mean()
    assert float(value) == pytest.approx(mean, abs=0.006)


def test_whitening_is_a_trade() -> None:
    for omega, phi in checks.WORLDS[:2]:
        assert checks.best(omega, phi) ** 0.5 >= checks.seen(omega, phi) - 1e-12
        white = len(omega) ** 2 / checks.best(omega, phi) ** 2
        assert white > checks.samples(omega, phi)


@pytest.mark.parametrize(
    ("activation", "square"), [("linear", 1), ("erf", 3 / np.pi), ("sign", 2 / np.pi)]
)
@pytest.mark.parametrize("aspect", [4, 8])
def test_the_closed_forms_of_one_layer_are_those_of_a_drawn_one(
    activation: str, square: float, aspect: int
) -> None:
    """K and rho from the exact moments of a generator, which know nothing of them."""
    made = make_generator(160, aspect, activation, seed=2)
    each = [carry_over(made.moments(), b) for b in torch.eye(160)[:40]]
    k = (1 + square**2 * aspect) / (square**2 * (1 + square * aspect))
    assert np.mean([one.samples for one in each]) == pytest.approx(160**2 * k, rel=0.05)
    seen = (1 + 1 / (square * aspect)) ** -0.5
    assert np.mean([one.seen for one in each]) == pytest.approx(seen, abs=0.01)


def test_three_inputs_of_two_numbers_by_hand() -> None:
    rows = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]], dtype=torch.float64)
    seen = checks.seen(rows @ rows.T, rows[:, 0])
    assert seen == pytest.approx(1.36 / np.hypot(1.36, 0.48))
    assert (rows @ rows.T @ rows[:, 0])[0] == pytest.approx(1.36)


def test_where_the_limit_is_off_is_told() -> None:
    """At degree two it is too high for erf, and too low where errors are small."""
    off = {}
    for name in ("none", "erf", "sign"):
        at = {"latent": 40, "activation": name, "degree": 2}
        ratio = grid.errors(**at) / grid.errors("predicted", **at)
        off[name] = ratio[[2, 4, 8]].to_numpy().mean()
    assert off["erf"] < 0.85 < 1.4 < off["none"]
    assert off["sign"] == pytest.approx(1, abs=0.1)


def test_little_is_left_of_the_lead_over_a_kernel() -> None:
    assert grid.kernel_ratio("none")[0] > 2.5
    _, low, high = grid.kernel_ratio("erf")
    assert low < 1 < high
