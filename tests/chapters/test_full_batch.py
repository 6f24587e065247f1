"""Full batch: fits against scikit-learn, theory against fits, controls that fail."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from beyond_the_kernel.full_batch import checks, grid, show
from replearn.experiments import full_batch, worlds
from replearn.experiments.curves import select
from replearn.experiments.tables import read_table
from replearn.learners.full_batch import fit_full_batch
from replearn.theory.full_batch import (
    Covariates,
    fixed_point,
    predict_ridge,
    ridge_peak,
)

RIDGES = (0.01, 1.0)


def drawn(n: int, p: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    return worlds.network_world("erf", 20, p, seed).draw(n, seed, 0)


@pytest.mark.parametrize(("n", "p"), [(60, 30), (30, 60)])
def test_ridge_is_where_the_gradient_vanishes(n: int, p: int) -> None:
    phi, nu = drawn(n, p)
    for ridge, w in zip(RIDGES, fit_full_batch(phi, nu, RIDGES), strict=True):
        slope = phi.T @ (phi @ w - nu) + ridge * w
        assert float(slope.abs().max()) < 1e-10


@pytest.mark.parametrize(("n", "p"), [(60, 30), (30, 60)])
def test_logistic_fits_are_scikit_learn_s_with_c_one_over_lambda(
    n: int, p: int
) -> None:
    phi, nu = drawn(n, p)
    found = fit_full_batch(phi, nu, RIDGES, "logistic")
    for ridge, w in zip(RIDGES, found, strict=True):

        def theirs(c: float) -> np.ndarray:
            model = LogisticRegression(
                C=c, fit_intercept=False, tol=1e-10, max_iter=9999
            )
            fitted = model.fit(phi.numpy(), np.sign(nu.numpy()))
            return np.asarray(fitted.coef_[0])

        np.testing.assert_allclose(w.numpy(), theirs(1 / ridge), atol=2e-4)
        # a ridge beside the mean of the losses is another one
        assert np.abs(w.numpy() - theirs(1 / (n * ridge))).max() > 0.1


def test_the_order_of_the_ridges_is_kept() -> None:
    phi, nu = drawn(40, 20)
    for loss in grid.LOSSES:
        down, up = (fit_full_batch(phi, nu, r, loss) for r in ((1, 0.01), (0.01, 1)))
        torch.testing.assert_close(down, up.flip(0), atol=1e-5, rtol=0)


def test_the_learner_refuses_what_has_no_single_answer() -> None:
    for bad in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="each of ridges"):
            fit_full_batch([[1.0]], [1.0], [bad])
    with pytest.raises(ValueError, match="loss"):
        fit_full_batch([[1.0]], [1.0], [1.0], "hinge")


@pytest.mark.parametrize("loss", grid.LOSSES)
def test_theory_meets_a_gaussian_twin_and_not_another_ridge(loss: str) -> None:
    twin = worlds.network_world("relu", 60, 120, 3).twin()
    runs = [full_batch.measure_errors(twin, 80, loss, [0.1], s) for s in range(12)]
    for name in full_batch.ERRORS:
        mean = np.mean([run[name] for run in runs])
        told = full_batch.predict_errors(twin.covariates(), 80, loss, [0.1])[name][0]
        assert mean == pytest.approx(told, rel=0.12, abs=0.003), name
    wrong = full_batch.predict_errors(twin.covariates(), 80, loss, [8.0])["test"][0]
    right = full_batch.predict_errors(twin.covariates(), 80, loss, [0.1])["test"][0]
    assert abs(wrong / right - 1) > 0.15


def test_an_average_direction_is_the_average_over_directions() -> None:
    average = predict_ridge(worlds.network_covariates("relu", 20, 40, 1), 30, 0.1).test
    own = worlds.random_network([20, 40], "relu", 1).moments()
    errors = []
    for theta in torch.eye(20, dtype=own.cross.dtype):
        told = worlds.gaussian_covariates(own.covariance, own.cross @ theta, 1.0)
        errors.append(predict_ridge(told, 30, 0.1).test)
    assert np.mean(errors) == pytest.approx(average, rel=1e-9)


@pytest.mark.parametrize("activation", grid.ACTIVATIONS)
def test_the_peak_s_short_form_is_the_formula_s_limit(activation: str) -> None:
    world = worlds.network_covariates(activation, 100, 200, 0)
    off = [
        abs(predict_ridge(world, 200, ridge).test / ridge_peak(world, ridge) - 1)
        for ridge in (1e-4, 1e-6, 1e-8)
    ]
    assert off == sorted(off, reverse=True)
    assert off[-1] < 2e-3


def test_noise_alone_by_the_formula_and_by_fits() -> None:
    unit = Covariates(torch.ones(40).double(), torch.zeros(40).double(), 1.0)
    for n in (20, 80):
        wanted = n / (n - 40) if n > 40 else 40 / (40 - n)
        assert predict_ridge(unit, n, 1e-9).test == pytest.approx(wanted, rel=1e-4)
        draws = torch.Generator().manual_seed(1)
        lengths = []
        for _ in range(60):
            x = torch.randn(n, 40, dtype=torch.float64, generator=draws)
            y = torch.randn(n, dtype=torch.float64, generator=draws)
            lengths.append(1 + float(fit_full_batch(x, y, [1e-9]).square().sum()))
        assert np.mean(lengths) == pytest.approx(wanted, rel=0.1)


def test_both_routes_agree_on_the_table() -> None:
    told = select(read_table("double-descent-theory"), loss="square")
    for name in grid.ACTIVATIONS:
        world = worlds.network_covariates(name, grid.LATENT, 140, 0)
        for ridge in grid.RIDGES:
            row = select(told, activation=name, n=140, ridge=ridge).iloc[0]
            assert row.test == pytest.approx(
                predict_ridge(world, grid.SAMPLES, ridge).test, rel=1e-3
            )
            fixed = fixed_point(world, grid.SAMPLES, ridge, "square")
            assert row.training == pytest.approx(fixed.training, rel=1e-3)


def test_what_must_fail_fails_and_its_twin_does_not() -> None:
    vae, twin = grid.vae_ratio(), grid.vae_twin_ratio()
    assert twin[1] < 1 < twin[2] < vae[0]
    assert vae[1] > 1.1
    signs = grid.digits_logistic_ratio()
    assert signs[2] < 0.5
    same = grid.way_ratio((200, 400, 800), "gaussian", **grid.SIGNS)
    assert 0.95 < same[0] < 1.05
    stock = {"source": "flow-1797", **grid.RANDOM}
    assert grid.way_ratio((300,), **stock)[2] < 0.8
    assert grid.way_ratio((400,), **stock)[1] > 1.2
    assert 0.9 < grid.way_ratio((300, 400), **stock | {"source": "flow"})[0] < 1.1


def test_a_stock_repeats_itself_and_a_generator_does_not() -> None:
    for source, all_different in (("flow", True), ("flow-1797", False)):
        phi, _ = worlds.image_world(source, 0, "square", 0).draw(300, 0, 0)
        assert (len(torch.unique(phi, dim=0)) == 300) == all_different


def test_a_population_s_moments_are_its_own() -> None:
    world = worlds.image_world("digits", 0, "square", 0)
    phi, nu = world.draw(60_000, 0, 0)
    torch.testing.assert_close(
        phi.T @ phi / len(phi), world.moments.covariance, atol=5e-3, rtol=0
    )
    cross = world.moments.cross[:, 0] * math.sqrt(world.power)
    torch.testing.assert_close(phi.T @ nu / len(phi), cross, atol=1e-2, rtol=0)


def test_the_hero_meets_its_samples_and_leaves_the_truth() -> None:
    stops, truth, fits = show.walk(seed=show.DRAW, stops=show.STOPS, steps=show.STRIDE)
    ends = slice(None, None, show.STRIDE)
    torch.testing.assert_close(truth[ends], stops)
    torch.testing.assert_close(fits[-1][ends], stops, atol=0.15, rtol=0)
    off = (fits - truth).square().mean(1).sqrt()
    assert bool((off.diff() > 0).all())
    assert float(off[-1]) > 10 * float(off[0])


def test_distinct_draws_are_as_many_as_the_answer_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rng = np.random.default_rng(0)
    counts = [len(np.unique(rng.integers(1797, size=300))) for _ in range(500)]
    assert np.mean(counts) == pytest.approx(1797 * (1 - (1 - 1 / 1797) ** 300), abs=1)
    checks.check("fub-distinct", lambda stock, n: stock * (1 - (1 - 1 / stock) ** n))
    assert capsys.readouterr().out == "correct\n"
