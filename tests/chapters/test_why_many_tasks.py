"""Why many tasks: the tables against the formulas, the answers against drawn tasks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from beyond_the_kernel.why_many_tasks import checks, grid, show
from replearn.experiments import many_tasks
from replearn.experiments.curves import mean_interval, select
from replearn.experiments.tables import read_table
from replearn.learners import ManyTaskStep
from replearn.targets import draw_tasks
from replearn.theory import coefficients, predict_alignment, predict_energy


def sine(learner: str, **at: int) -> float:
    return grid.at(learner=learner, r=3, **at)["plane"]


@pytest.mark.parametrize(("learner", "family"), show.ANGLED.items())
@pytest.mark.parametrize("d", grid.DIMENSIONS)
@pytest.mark.parametrize("r", grid.DIRECTIONS)
def test_the_table_is_near_the_formula_where_tasks_are_many(
    learner: str, family: str, d: int, r: int
) -> None:
    for samples in grid.SAMPLES:
        formula = predict_alignment(family, r, d, 256, samples, many_tasks.WIDTH)
        if formula < 0.25:  # small noise is what the formula supposes
            at = {"learner": learner, "d": d, "r": r, "samples": samples, "n": 256}
            assert grid.at(**at)["plane"] == pytest.approx(formula, rel=0.3)


def test_neurons_hold_the_share_of_the_plane_that_is_predicted() -> None:
    for learner, family in (("balanced", "balanced"), ("iid", "iid")):
        for d in grid.DIMENSIONS[1:]:
            at = {"d": d, "r": 3, "samples": 450, "n": 256}
            inside = 1 - grid.at(learner=learner, **at)["neurons"] ** 2
            formula = predict_energy(family, 3, d, 256, 450)
            assert inside == pytest.approx(formula, rel=0.1)


@pytest.mark.parametrize("r", grid.DIRECTIONS)
@pytest.mark.parametrize("d", grid.DIMENSIONS)
def test_coin_tosses_come_near_their_limit_and_not_below(d: int, r: int) -> None:
    """As large random matrices have it: sin^2 = 4g/(9 + 3g), g = (d - r)/m, or more."""
    limit = grid.coins_forever(d, r)[0]
    at = {"learner": "iid", "d": d, "r": r, "samples": 450, "n": 256}
    assert 0.85 * limit < grid.at(**at)["plane"] < 1.15 * limit
    g = (d - r) / many_tasks.WIDTH
    assert 0.98 < limit / (4 * g / (9 + 3 * g)) ** 0.5 < 1.5
    one, g = grid.coins_forever(d, 1)[0], (d - 1) / many_tasks.WIDTH
    assert one == pytest.approx((4 * g / (9 + 3 * g)) ** 0.5, rel=0.15)
    assert grid.at(**at | {"learner": "centred"})["plane"] < 0.5 * limit


@pytest.mark.parametrize("centre", [True, False])
def test_few_samples_of_balanced_tasks_have_a_row_in_common(centre: bool) -> None:
    """It takes the place of a direction, unless each sample is centred."""
    sines, rows = [], []
    for seed in range(3):
        tasks = draw_tasks("balanced", 80, 3, 64, seed)
        parts = (tasks.blocks(50, seed, part=p) for p in many_tasks.PARTS)
        w = ManyTaskStep(128, centre, seed=seed).first_layer(*parts)
        sines.append(many_tasks.plane_sine(w, torch.eye(3, 80)))
        rows.append(float(w[:, 3:].mean(0).square().mean()) ** 0.5)
    formula = predict_alignment("balanced", 3, 80, 64, 50, 128)
    shared = 1 / (50 * np.sqrt(8 * np.pi * 64))  # the size of its entries
    if centre:
        assert np.mean(sines) == pytest.approx(formula, rel=0.1)
        assert np.mean(rows) < 0.5 * shared
    else:
        assert np.mean(sines) > 1.3 * formula
        assert np.mean(rows) == pytest.approx(shared, rel=0.2)


def test_what_must_fail_fails_and_its_twin_does_not() -> None:
    """Coin tosses as they are, XORs, one task; shuffled labels and planes apart."""
    many = {"d": 80, "samples": 450, "n": 256}
    assert sine("centred", **many) < 0.2 < 0.35 < sine("iid", **many)
    assert sine("balanced", **many) < 0.2 < 0.7 < sine("xor", **many)
    assert sine("balanced", **many | {"n": 1}) > 0.7
    rows = select(read_table("task-controls"), tasks=256).groupby("learner")
    mean = rows[["plane", "before", "after"]].mean()
    assert mean.plane["balanced"] < 0.2
    for control in ("shuffled", "own-planes"):
        assert mean.plane[control] > 0.9
        assert mean.after[control] - mean.before[control] < 0.02
    assert mean.after["balanced"] - mean.before["balanced"] > 0.1
    few = select(read_table("task-controls"), tasks=64, learner="shared").plane.mean()
    assert mean.plane["shared"] > 0.75 * few


@pytest.mark.parametrize("learner", ["iid", "balanced", "coordinate"])
def test_coefficients_lie_on_the_theorem(learner: str) -> None:
    table = select(read_table("task-coefficients"), learner=learner, d=80)
    for r, rows in table.groupby("r"):
        for part, formula in zip(
            ("useful", "useless"), coefficients(learner, int(r)), strict=True
        ):
            mean, low, high = mean_interval(rows[part].to_numpy(float))
            assert abs(mean - formula) < 0.1 * coefficients(learner, int(r))[0] + (
                high - low
            )


def test_the_hero_shows_the_agreement_of_the_tasks_it_has_learnt() -> None:
    tasks, layers = show.grown()
    frame = show.sharpened(16)
    labels = tasks.table[:, :16]
    agree = (labels[:, None] == labels[None]).double().mean(2)
    apart = (2 * agree - 1)[~np.eye(8, dtype=bool)]
    assert f"{float(apart.max()):.2f}" in frame.says
    shares = [1 - many_tasks.outside_share(w, 3) for w in layers.values()]
    assert shares[0] < 0.6 < 0.9 < shares[-1]
    start = show.sharpened(0)  # an empty board, and the neurons as they start
    for board in start.marks[1:3]:
        np.testing.assert_array_equal(board.at[:, :2], board.at[:, 2:])
    assert shares[0] < 0.15
    assert "no labels" in start.says
    arrows = np.asarray(show.lying(layers[256]).at)
    np.testing.assert_allclose(np.linalg.norm(arrows, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(("q", "r"), [(0.6, 2), (0.9, 2)])
def test_the_biased_coin_is_right_on_drawn_coins(q: float, r: int) -> None:
    draw = torch.rand(2**r, 400_000, generator=torch.Generator().manual_seed(0))
    table = 1 - 2 * (draw > q).double()
    signs = torch.tensor([1.0, -1.0, 1.0, -1.0], dtype=torch.float64)
    nothing = table.mean(0).square().mean()
    single = (signs[:, None] * table).mean(0).square().mean()
    ratio = float((nothing + single) / nothing)
    assert checks.biased(q, r) == pytest.approx(ratio, rel=0.01)


def test_centred_coins_have_the_kernel_of_the_exercise() -> None:
    table = draw_tasks("iid", 3, 3, 200_000, seed=0).table
    centred = table - table.mean(0)
    kernel = centred @ centred.T / centred.shape[1]
    assert float(kernel.diagonal().mean()) == pytest.approx(1 - 1 / 8, abs=0.01)
    assert float(kernel[0, 1:].mean()) == pytest.approx(-1 / 8, abs=0.01)


def test_tasks_needed_gives_the_angle_back() -> None:
    tasks = checks.tasks_for(0.05, 3, 40, 10**6)
    sine = predict_alignment("balanced", 3, 40, round(tasks * 10**6), 10**6, 10**9)
    assert sine == pytest.approx(0.05 / 1000, rel=0.01)
