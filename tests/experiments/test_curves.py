"""Means, crossings and exponents against cases whose answers are known."""

import numpy as np
import pandas as pd
import pytest

from replearn.experiments.curves import (
    first_crossing,
    fit_exponent,
    samples_to_reach,
    seed_values,
    select,
    summarise,
)


def power_law(exponent: float, noise: float, seeds: int = 5) -> pd.DataFrame:
    """Curves error = d^k / n, which reach 0.1 at n = 10 d^k."""
    rng = np.random.default_rng(1)
    rows = [
        {"d": d, "n": n, "seed": seed, "error": d**exponent / n * factor}
        for d in (10, 20, 40, 80)
        for seed, factor in enumerate(np.exp(noise * rng.standard_normal(seeds)))
        for n in np.geomspace(1, 1e7, 30).astype(int) + np.arange(30)
    ]
    return pd.DataFrame(rows)


def test_values_come_in_the_order_of_the_seeds() -> None:
    rows = pd.DataFrame({"seed": [2, 0, 1], "overlap": [9, 7, 8], "error": 0.0})
    assert seed_values(rows, "overlap").tolist() == [7.0, 8.0, 9.0]
    assert seed_values(rows).tolist() == [0.0] * 3


def test_a_power_law_is_found_exactly() -> None:
    reach = samples_to_reach(power_law(1.7, noise=0.0))
    np.testing.assert_allclose(reach.n, 10 * reach.d**1.7, rtol=1e-9)
    assert fit_exponent(reach) == pytest.approx((1.7, 1.7, 1.7))


def test_the_interval_covers_the_exponent_and_not_another() -> None:
    slope, low, high = fit_exponent(samples_to_reach(power_law(1.7, noise=0.1)))
    assert low < slope < high
    assert low < 1.7 < high
    assert not low < 2.0 < high


def test_a_level_not_reached_is_left_out() -> None:
    rows = power_law(1.7, noise=0.0)
    rows = rows[(rows.d < 80) | (rows.n < 100)]
    reach = samples_to_reach(rows)
    assert np.isnan(reach.n[-1])
    assert len(reach.frame(learner="x")) == 3
    assert fit_exponent(reach)[0] == pytest.approx(1.7)


def test_an_exponent_needs_two_dimensions() -> None:
    rows = power_law(1.7, noise=0.0)
    with pytest.raises(ValueError, match="two dimensions"):
        fit_exponent(samples_to_reach(rows[rows.d == 10]))


def test_crossing_not_seen_from_above_is_not_invented() -> None:
    ns, below = np.array([10.0, 100.0]), np.array([0.05, 0.01])
    assert np.isnan(first_crossing(ns, below, 0.1))


def test_the_first_crossing_counts() -> None:
    ns = np.array([1.0, 10.0, 100.0, 1000.0])
    errors = np.array([1.0, 0.1, 1.0, 0.01])
    assert first_crossing(ns, errors, 0.1) == pytest.approx(10.0)


def test_summary_is_the_mean_with_its_interval() -> None:
    rows = power_law(1.0, noise=0.3)
    summary = summarise(rows, by=["d", "n"])
    means = rows.groupby(["d", "n"]).error.mean().to_numpy()
    np.testing.assert_allclose(summary.error, means)
    assert (summary.low <= summary.error).all()
    assert (summary.high >= summary.error).all()
    assert (summary.seeds == 5).all()


def test_bootstrap_interval_has_the_width_of_the_standard_error() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"n": 1, "seed": range(400), "error": rng.normal(5, 2, 400)})
    summary = summarise(rows, by=["n"]).iloc[0]
    assert summary.high - summary.low == pytest.approx(2 * 1.96 * 0.1, rel=0.15)


def test_a_missing_seed_is_an_error() -> None:
    rows = power_law(1.0, noise=0.1).iloc[1:]
    with pytest.raises(ValueError, match="lacks a seed"):
        summarise(rows, by=["d", "n"])


def test_select_refuses_what_is_not_there() -> None:
    with pytest.raises(ValueError, match="no row"):
        select(power_law(1.0, 0.0), d=15)
