"""Order parameters: equations against trainings, formulas against both, controls."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.integrate import quad, solve_ivp
from scipy.stats import norm

from beyond_the_kernel.order_parameters import checks, grid, show
from replearn.experiments.curves import select
from replearn.experiments.order_flow import (
    Pair,
    draw_pair,
    farthest,
    follow_modes,
    many_starts,
    own_errors,
    straight_teacher,
    weights_by_modes,
    white_runs,
)
from replearn.experiments.tables import read_table
from replearn.learners.one_pass import OnePass
from replearn.theory.order_parameters import OrderPath, i4, isotropic_order, predict_sgd

TIMES, RATE = (1.0, 4.0, 10.0), 0.2
stored = cache(partial(read_table, "order-flow"))


@cache
def both(inputs: str, latent: int, size: int, twin: bool = False) -> list[OnePass]:
    """Four runs, each of a pair of its own."""
    pairs = pairs_of(inputs, latent, size)
    return [p.run(TIMES, RATE, seed, twin) for seed, p in enumerate(pairs)]


@cache
def pairs_of(inputs: str, latent: int, size: int) -> list[Pair]:
    return [draw_pair(inputs, latent, size, seed) for seed in range(4)]


@cache
def paths_of(inputs: str, latent: int, size: int) -> list[OrderPath]:
    pairs = pairs_of(inputs, latent, size)
    return [pair.path(TIMES, RATE, tolerance=1e-6) for pair in pairs]


def error_factor(latent: int, what: str = "sampled") -> float:
    """The equations' error at the end over another, N = 150, sign: geometric mean."""
    at = ("sign", latent, 150)
    runs = both(*at, twin=what == "twin")
    errors = [own_errors(r)[-1] if what == "own" else r.error[-1, 0] for r in runs]
    flows = [path.error[-1] for path in paths_of(*at)]
    logs = [math.log(f / e) for f, e in zip(flows, errors, strict=True)]
    return math.exp(sum(logs) / len(logs))


def test_the_error_is_foretold_with_many_latent_numbers_and_not_with_two() -> None:
    assert error_factor(75) == pytest.approx(1, abs=0.07)
    assert error_factor(2) > 1.5
    # a twin with the same covariances keeps to the equations: the model was wrong
    assert error_factor(2, "twin") == pytest.approx(1, abs=0.15)


def test_the_formula_on_the_student_s_own_weights_sees_no_failure() -> None:
    assert error_factor(2, "own") == pytest.approx(1, abs=0.25)


def test_runs_near_their_paths_as_they_grow_but_not_with_two_latent_numbers() -> None:
    def mean(latent: int, size: int) -> float:
        at = ("sign", latent, size)
        pairs = zip(both(*at), paths_of(*at), strict=True)
        return float(np.mean([farthest(run, path)[-1, 0] for run, path in pairs]))

    assert mean(100, 300) < 0.75 * mean(15, 45)
    assert mean(2, 150) > 5 * mean(75, 150)


def deep_factor(latent: int, taken: int = 3) -> float:
    """SGD's error over the equations', three layers of signs, four starts.

    Args: latent: D. taken: the layers of the generator whose moments the equations get.
    """
    pair, other = (draw_pair("sign", latent, 150, 1, layers) for layers in (3, taken))
    run, pairs = many_starts(pair.generator, pair.moments, TIMES, RATE, range(4))
    told = [replace(p, moments=other.moments) for p in pairs]
    flows = [p.path(TIMES, RATE, tolerance=1e-6).error[-1] for p in told]
    logs = [math.log(e / f) for e, f in zip(run.error[-1], flows, strict=True)]
    return math.exp(sum(logs) / len(logs))


def test_three_layers_are_foretold_from_estimated_moments() -> None:
    assert draw_pair("sign", 50, 150, 1, layers=3).moments.error > 0
    assert deep_factor(50) == pytest.approx(1, abs=0.07)
    # controls: the moments of one layer, and two latent numbers
    assert abs(math.log(deep_factor(50, taken=1))) > 0.4
    assert abs(math.log(deep_factor(2))) > 0.4


def test_many_starts_are_runs_from_their_pairs() -> None:
    generator = draw_pair("relu", 8, 24, seed=0).generator
    run, pairs = many_starts(generator, generator.moments(), TIMES, RATE, [5, 3])
    for i, (pair, seed) in enumerate(zip(pairs, [5, 3], strict=True)):
        alone = pair.run(TIMES, RATE, seed)
        torch.testing.assert_close(alone.r[:, 0], run.r[:, i])
    assert not torch.equal(pairs[0].student.weights, pairs[1].student.weights)
    assert torch.equal(pairs[0].teacher.weights, pairs[1].teacher.weights)


def test_farthest_never_falls_and_is_a_distance() -> None:
    [run, *_], [path, *_] = both("sign", 75, 150), paths_of("sign", 75, 150)
    off = farthest(run, path)[:, 0]
    assert (np.diff(off) >= 0).all()
    assert off[0] == pytest.approx(float((run.r[0, 0] - path.r[0]).abs().max()))


def test_a_path_s_modes_add_up() -> None:
    pair = draw_pair("relu", 12, 30, seed=1)
    path = pair.path(TIMES, RATE)
    rho = torch.linalg.eigvalsh(pair.moments.covariance)
    torch.testing.assert_close(path.modes.sum(1), path.r)
    torch.testing.assert_close(torch.einsum("g,tgkl->tkl", rho, path.squares), path.q)


def test_weights_by_modes_are_those_of_the_path() -> None:
    pair = draw_pair("sign", 40, 120, seed=3)
    found = follow_modes(pair, TIMES, 0.5, seed=3)
    for name in ("on", "off"):
        told = np.asarray(found[f"flow_{name}"])
        np.testing.assert_allclose(found[name], told, rtol=0.12)
    np.testing.assert_allclose(found["moved_on"], 1, atol=0.01)
    on, off, part = weights_by_modes(pair, pair.student)
    whole = pair.student.weights.square().mean()
    assert (40 * on + 80 * off) / 120 == pytest.approx(float(whole))
    cross = pair.student.weights @ pair.moments.cross @ pair.teacher.weights.T
    torch.testing.assert_close(part, cross / math.sqrt(120 * 40), atol=2e-2, rtol=0)


def test_a_straight_teacher_has_the_unit_covariance() -> None:
    b = straight_teacher(7, seed=2).weights
    torch.testing.assert_close(b @ b.T / 7, torch.eye(2, dtype=b.dtype))


def test_a_neuron_is_the_mean_of_a_sign() -> None:
    for z in (-1.3, 0.2, 2.0):
        mean, _ = quad(lambda x, z=z: math.copysign(norm.pdf(x), z + x), -9, 9)
        assert mean == pytest.approx(math.erf(z / math.sqrt(2)), abs=1e-6)


def one_neuron(time: float, state: np.ndarray, rate: float) -> list[float]:
    """The chapter's two slopes, in words of their own."""
    q, r = state
    c = torch.tensor([[q, r], [r, 1.0]], dtype=torch.float64)
    kicks = [i4(c[f][:, f]) for f in ([0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1])]
    noise = rate**2 * float(kicks[0] + kicks[1] - 2 * kicks[2])
    pull = r / math.sqrt(2 * (1 + q) - r * r) - q / math.sqrt(1 + 2 * q)
    slope = 4 * rate / math.pi / (1 + q) * pull + noise
    return [slope, checks.drift(q, r, rate)]


def test_the_slopes_by_hand_are_those_of_the_library() -> None:
    start = isotropic_order([[0.25, 0.0], [0.0, 1.0]], [1.0], [1.0])
    path = predict_sgd(start, TIMES, 0.5, both_layers=False)
    found = solve_ivp(
        one_neuron, (0, 10), [0.25, 0], t_eval=TIMES, args=(0.5,), rtol=1e-8, atol=1e-10
    )
    np.testing.assert_allclose(path.q.flatten(), found.y[0], rtol=1e-5)
    np.testing.assert_allclose(path.r.flatten(), found.y[1], rtol=1e-5)
    q, r = float(path.q[-1]), float(path.r[-1])
    assert checks.error(q, r) == pytest.approx(float(path.error[-1]), rel=1e-9)


def test_what_is_shown_are_the_means_of_the_table() -> None:
    at = {"size": 256, "latent": "N÷10", "inputs": "relu", "rate": 1.0, "n": 1024}
    rows, shown = select(stored(), **at), select(show.measured(), **at)
    for curve, column in show.CURVES.items():
        [row] = select(shown, learner=curve).itertuples()
        assert row.mean == pytest.approx(rows[column].mean())
    told = select(show.predicted(), **at)
    assert float(told["error"].iloc[0]) == pytest.approx(rows["flow"].mean())


def test_the_classical_runs_are_those_of_the_table() -> None:
    run, paths = white_runs(64, grid.WHITE_RATE, grid.TIMES, grid.SEEDS)
    rows = select(read_table("order-white"), size=64, seed=3).sort_values("n")
    np.testing.assert_allclose(
        rows["off"], farthest(run, paths[3])[:, 3], rtol=0.02, atol=1e-4
    )


def test_a_larger_rate_leaves_its_plateau_sooner_and_higher() -> None:
    columns = ["flow_height", "height", "flow_left"]
    mean = read_table("order-plateau").groupby("rate")[columns].mean()
    assert (mean.loc[1.5, columns[:2]] > 1.3 * mean.loc[1.0, columns[:2]]).all()
    assert mean.loc[1.5, "flow_left"] < 0.85 * mean.loc[1.0, "flow_left"]
    height, left = grid.leaves([1.0] * 5 + [0.4] * (len(grid.LONG) - 5))
    assert (height, left) == (1.0, grid.LONG[5])
    assert grid.leaves([1.0] * len(grid.LONG))[1] == grid.LONG[-1]


def test_kicks_off_the_manifold_grow_with_the_rate() -> None:
    rows = read_table("order-modes").groupby(["rate", "t"])[["off", "flow_off"]].mean()
    end: pd.DataFrame = rows.xs(16.0, level="t")
    assert end["off"].is_monotonic_increasing
    np.testing.assert_allclose(end["off"], end["flow_off"], rtol=0.04)


def test_a_word_for_d_is_a_number() -> None:
    words = ("2", "N÷3", "N÷10", "20")
    assert [grid.latent_numbers(word, 512) for word in words] == [2, 170, 51, 20]


def test_the_hero_stands_on_its_path() -> None:
    run, path = show.training()
    before = show.BETWEEN.index(30.0)
    assert farthest(run, path)[before, 0] < 0.1
    assert path.error[-1] < 0.002 < 0.03 < path.error[before] < 0.04
    assert "40 000 samples" in show.in_the_plane(80).says
