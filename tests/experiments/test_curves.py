"""Means, crossings and exponents against cases whose answers are known."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers import refuses
from scipy import stats

from replearn.experiments.curves import (
    Reach,
    first_crossing,
    fit_exponent,
    margins,
    mean_interval,
    reach,
    reach_by,
    read_between,
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


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_a_level_is_reached_along_any_column_falling_or_rising(noise: float) -> None:
    rows = power_law(1.7, noise)
    found = reach(rows)
    if not noise:
        np.testing.assert_allclose(found.n, 10 * found.x**1.7, rtol=1e-9)
    other = rows.rename(columns={"d": "kappa"}).assign(share=1 - rows.error)
    beyond = other.assign(kappa=np.inf)
    other = pd.concat([beyond, other]).drop(columns="error")
    same = reach(other, 0.9, over="kappa", value="share", rising=True)
    np.testing.assert_array_equal(same.x, [10, 20, 40, 80])
    np.testing.assert_allclose(same.n, found.n, rtol=1e-9)
    np.testing.assert_allclose(same.left_out, found.left_out, rtol=1e-9)
    labelled = same.frame(learner="x")
    assert [*labelled] == ["kappa", "samples", "low", "high", "learner"]


def test_each_seed_is_left_out_and_one_seed_needs_no_column() -> None:
    rows = power_law(1.0, 0.3)
    one = rows[rows.d == 10]
    twice = pd.concat([one, one.assign(d=20)])
    found = reach_by(twice.assign(width=8), "width", [8], level=0.5)[8]
    np.testing.assert_array_equal(found.left_out, reach(twice, 0.5).left_out)
    assert found.left_out.shape == (5, 2)
    without = reach(one[one.seed != 3], 0.5).n
    np.testing.assert_allclose(found.left_out[3], without[0])
    fewer = one[one.seed < 4].assign(d=20)
    uneven = reach(pd.concat([one, fewer]), 0.5)
    each = [reach(part, 0.5).frame() for part in (one, fewer)]
    pd.testing.assert_frame_equal(uneven.frame(), pd.concat(each, ignore_index=True))
    refuses(lambda: fit_exponent(uneven), "unequal numbers of seeds")
    theory = rows[rows.seed == 0].drop(columns="seed")
    np.testing.assert_array_equal(reach(theory).n, reach(rows[rows.seed == 0]).n)


def test_the_interval_covers_the_exponent_and_not_another() -> None:
    assert fit_exponent(reach(power_law(1.7, 0.0))) == pytest.approx((1.7, 1.7, 1.7))
    slope, low, high = fit_exponent(reach(power_law(1.7, noise=0.1)))
    assert low < slope < high
    assert low < 1.7 < high
    assert not low < 2.0 < high


def test_a_level_not_reached_is_left_out() -> None:
    rows = power_law(1.7, noise=0.0)
    found = reach(rows[(rows.d < 80) | (rows.n < 100)])
    assert np.isnan(found.n[-1])
    assert len(found.frame(learner="x")) == 3
    assert fit_exponent(found)[0] == pytest.approx(1.7)


def test_values_that_have_no_log_or_are_too_small_do_not_count() -> None:
    x = np.array([0.0, 0.25, 0.5, 1.0])
    n = np.array([7.0, 7.0, 0.25, 1.0])
    found = Reach(x, n, np.stack([n, n]), "noise")
    assert fit_exponent(found, smallest=0.5) == pytest.approx((2.0, 2.0, 2.0))
    assert fit_exponent(found)[0] == pytest.approx(-1.40, abs=0.01)
    only = r"noise=\[1.0\] only.* two values"
    refuses(lambda: fit_exponent(found, smallest=0.6), only)
    missed = np.where([False, False, True, False], [[np.nan], [1.0]], 1.0)
    refuses(lambda: fit_exponent(Reach(x, n, missed, "noise"), smallest=0.5), only)


def test_the_first_crossing_counts_and_one_not_seen_is_not_invented() -> None:
    ns, errors = np.array([1.0, 10.0, 100.0, 1000.0]), np.array([1.0, 0.1, 1.0, 0.01])
    assert first_crossing(ns, errors, 0.1) == pytest.approx(10.0)
    assert np.isnan(first_crossing(ns, errors / 20, 0.1))  # starts below


def test_summary_is_the_mean_with_an_interval_as_wide_as_its_error() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"n": 1, "seed": range(400), "loss": rng.normal(5, 2, 400)})
    rows = pd.concat([rows.assign(n=2, loss=0.0), rows]).iloc[::-1]
    exact, found = summarise(rows, by=["n"], value="loss").iloc[::-1].to_numpy()
    assert exact.tolist() == [2, 0, 0, 0, 400]
    mean = seed_values(rows[rows.n == 1], "loss").mean()
    assert found[1] == pytest.approx(mean)
    assert found[2] < mean < found[3]
    assert found[3] - found[2] == pytest.approx(2 * 1.96 * 0.1, rel=0.15)
    few = rows[(rows.n == 1) & (rows.seed < 5)].loss
    t = stats.ttest_1samp(few, 0).confidence_interval(0.95)
    assert mean_interval(few.to_numpy())[1:] == pytest.approx(tuple(t))
    order = pd.DataFrame({"seed": [2, 0, 1], "error": [9, 7, 8]})
    assert seed_values(order).tolist() == [7.0, 8.0, 9.0]


ROWS = power_law(1.0, noise=0.1)
POINTS = pd.DataFrame({"n": [1000, 10], "error": [0.5, 1.0]})


def test_a_curve_is_read_between_its_sizes() -> None:
    assert read_between(POINTS, [100, 10]) == pytest.approx([0.75, 1.0])


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda: summarise(ROWS.iloc[1:], by=["d", "n"]), "lacks a seed"),
        (lambda: reach(pd.concat([ROWS, ROWS])), "same d, n, seed: select more"),
        (lambda: seed_values(ROWS, "overlap"), r"no column \['overlap'\].*'error'"),
        (lambda: select(ROWS, d=15), "no row"),
        (lambda: select(ROWS, r=1), r"no column \['r'\]"),
        (lambda: reach(ROWS.assign(d=np.inf)), "no row has a finite d"),
        (lambda: read_between(ROWS[ROWS["d"] == 10], [20]), "the same n: select more"),
        (lambda: read_between(POINTS, [9]), "leave the sizes 10 to 1000"),
        (lambda: reach(ROWS, 0.0), "level"),
    ],
)
def test_what_cannot_be_read_is_an_error(read: Any, message: str) -> None:
    refuses(read, message)


@pytest.mark.parametrize("seeds", [5, 10])
def test_intervals_cover_what_they_say(seeds: int) -> None:
    """Nominal 95 % is 93 to 97 %, for a need and for the exponent of four needs.

    A seed's errors scatter by a fifth together, and by a twentieth each, as those of
    the one-step network do about the level.
    """
    rng, trials, d = np.random.default_rng(0), 1500, np.array([10.0, 20, 40, 80])
    ns = 2.0 ** np.arange(-3, 6)

    def drawn(spread: float, *shape: int) -> np.ndarray:
        return rng.lognormal(-(spread**2) / 2, spread, shape)

    hits = {"need": 0, "exponent": 0, "bootstrap": 0}
    for _ in range(trials):
        scatter = drawn(0.2, 4, seeds, 1) * drawn(0.05, 4, seeds, 9)
        errors = 0.1 / ns * scatter
        mean = first_crossing(ns, errors.mean(axis=1), 0.1)
        without = [np.delete(errors, j, axis=1).mean(axis=1) for j in range(seeds)]
        left_out = np.stack([first_crossing(ns, e, 0.1) for e in without])
        hits["need"] += abs(np.log(mean[0])) < margins(np.log(left_out))[0]
        found = Reach(d, d**2 * mean, d**2 * left_out)
        _, low, high = fit_exponent(found)
        hits["exponent"] += low < 2 < high
        draws = rng.integers(seeds, size=(200, seeds))
        bent = np.log(errors[0, draws, 3].mean(axis=1) / (0.1 / ns[3]))
        low, high = np.quantile(bent, [0.025, 0.975])
        hits["bootstrap"] += low < 0 < high
    for name in ("need", "exponent"):
        assert 0.93 < hits[name] / trials < 0.97, (name, hits[name] / trials)
    if seeds == 5:  # the control: what was here before
        assert hits["bootstrap"] / trials < 0.90
