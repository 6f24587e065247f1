"""Few samples of a hierarchy: the same for all learners, and read where they stop."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
import torch

from replearn import theory
from replearn.experiments import hierarchy_samples as samples
from replearn.hermite import gauss_hermite
from replearn.learners import StagedNetwork
from replearn.targets import Hierarchy, as_multi_index, paper_hierarchy, plain_hierarchy

SHORT = StagedNetwork((100, 200), rate=2e-2, batch=32, every=100)


def test_runs_of_different_sizes_are_those_of_one_size_each() -> None:
    targets = [plain_hierarchy(6, (1.0, 1.0), seed=s) for s in (1, 2)]
    both = SHORT.climb(targets, [1, 2], [40, 90], noise=0.3)
    for run, n in enumerate((40, 90)):
        alone = SHORT.climb([targets[run]], [run + 1], n, noise=0.3)
        torch.testing.assert_close(both.mse[run], alone.mse[0])
        torch.testing.assert_close(both.held_out[run], alone.held_out[0])
    with pytest.raises(ValueError, match="3 sizes for 2 runs"):
        SHORT.climb(targets, [1, 2], [1, 2, 3])


def test_a_stop_is_chosen_without_the_test_points() -> None:
    target = plain_hierarchy(6, (1.0, 1.0), seed=1)
    found, clean = (SHORT.climb([target], [1], 30, noise=size) for size in (5.0, 0.0))
    at = int(found.held_out[0].argmin())
    assert float(found.stopped()[0]) == float(found.mse[0, at])
    # nothing is learnt at the start: what is held out has the noise's square more
    start = float(found.held_out[0, 0] - clean.held_out[0, 0])
    assert start == pytest.approx(25.0, abs=8)
    assert float(found.mse[0, 0]) == float(clean.mse[0, 0])


def test_labels_of_the_rivals_are_those_of_the_climb() -> None:
    target = samples.rule_of("dense", 5, (1.0, 1.0), 1, seed=3)
    x = target.draw(400, 3)
    columns = samples.given(target, x)
    assert columns.shape == (400, 10)
    spread = columns.square().mean(0)
    torch.testing.assert_close(spread, torch.ones_like(spread), atol=0.25, rtol=0)
    few = samples.rule_of("few directions", 5, (1.0, 1.0), 1, seed=3)
    assert samples.given(few, x).shape == (400, 5)
    # the first level is a quadratic in what the kernel is given
    alone = Hierarchy(5, (1.0,), {(2, 1): target.weights[2, 1]}, target.inputs)
    rows = samples.rival_samples("quadratic", [alone], 3, [60, 200])
    # 1, x, x^2, their products: 11 + 55 columns, some of them equal
    assert rows["error"][0] > 1e-3 > 1e-6 > rows["error"][1]


def test_a_plain_hierarchy_is_a_multi_index_target() -> None:
    target = plain_hierarchy(7, (1.0, 0.3), k=2, seed=4)
    found = as_multi_index(target)
    x = target.draw(500, 1)
    basis = torch.stack([found(x), torch.ones(500, dtype=x.dtype)], 1)
    fit = torch.linalg.lstsq(basis, target(x)[:, None]).solution
    torch.testing.assert_close((basis @ fit)[:, 0], target(x))
    assert (found.r, found.degree) == (4, 4)
    with pytest.raises(ValueError, match="not on squares"):
        as_multi_index(paper_hierarchy(7))


def test_the_floor_of_a_hierarchy_is_that_of_its_parts_by_quadrature() -> None:
    """One feature: shares of the degrees from the levels' own Hermite parts."""
    target = plain_hierarchy(9, (1.0, 1.0), k=1, seed=2)
    found = as_multi_index(target)
    nodes, mass = gauss_hermite(9)
    (w, b) = target.weights[2, 0][0], target.weights[3, 0][0]
    a = float(target.weights[3, 2])
    along = float(w @ b)
    across = math.sqrt(float(b @ b) - along**2)
    shares = np.zeros(5)
    s, t = torch.cartesian_prod(nodes, nodes).T
    weight = torch.outer(mass, mass).flatten()
    level = a * (s**2 - 1) / math.sqrt(2) + along * s + across * t
    value = s**2 + level**2
    he = [torch.ones_like(s), s, s**2 - 1, s**3 - 3 * s, s**4 - 6 * s**2 + 3]
    for p, q in product(range(5), range(3)):
        if 0 < p + q <= 4:
            other = [torch.ones_like(t), t, t**2 - 1][q]
            size = math.factorial(p) * math.factorial(q)
            part = float((weight * value * he[p] * other).sum()) ** 2 / size
            shares[p + q] += part
    for degree, share in found.degree_weights().items():
        assert share == pytest.approx(shares[degree] / shares.sum(), abs=1e-9)
    floor = theory.kernel_floor(found, [1, 10**6])
    assert 0.9 < float(floor[0]) < 1.0
    assert float(floor[1]) == 0.0


def test_labels_without_levels() -> None:
    shuffled = samples.without_levels("shuffled", 5, seed=1)
    x, y = shuffled.sample(300, 1)
    levels = plain_hierarchy(5, (1.0, 1.0), seed=1)
    torch.testing.assert_close(y.sort()[0], levels(x).sort()[0])
    assert abs(float(torch.corrcoef(torch.stack([y, levels(x)]))[0, 1])) < 0.3
    other = samples.without_levels("random", 5, seed=1)
    assert float(other.sample(3000, 1)[1].var()) == pytest.approx(25, rel=0.5)


def test_film_and_answer_are_seen_at_the_points() -> None:
    target = samples.rule_of("dense", 4, (1.0, 1.0), 1, seed=1)
    x = target.draw(7, 2, "test")
    film = samples.film_parts(target, 1, 150, x, every=100)
    parts, missed = film[-1]
    assert missed < 0.05 < film[0][1]
    assert all(not float(part.abs().max()) for part in film[0][0][1:])
    torch.testing.assert_close(sum(parts), target(x), atol=1.5, rtol=0)
    answer, error = samples.kernel_answer("polynomial", target, 1, 150, x)
    assert answer.shape == (7,)
    assert 0 < error < 1.1


def test_a_line_keeps_within_the_inputs() -> None:
    target = samples.rule_of("dense", 4, (1.0, 1.0), 1, seed=1)
    along, true, film, (answer, missed) = samples.film_line(
        target, 1, 60, 3, 100, "quadratic"
    )
    assert float(along[0]) == -1
    assert along.shape == answer.shape == true[0].shape == (61,)
    assert len(true) == len(film[-1][0]) == 2
    assert all(float(part.min()) >= 0 for part in true)
    assert 0 < missed < 2
    moved = torch.stack(true).diff(dim=1).abs().sum()
    assert float(moved) > 0.1  # the line goes somewhere


def test_the_floor_of_several_is_their_mean() -> None:
    many = [samples.rule_of("few directions", 5, (1.0, 1.0), 1, s) for s in (1, 2)]
    one, other = (samples.mean_floor([target], [3, 12]) for target in many)
    both = samples.mean_floor(many, [3, 12])
    assert both == pytest.approx([(a + b) / 2 for a, b in zip(one, other, strict=True)])
    assert 1 > both[0] > both[1]


def test_the_laboratory_takes_every_learner() -> None:
    at = {"rule": "dense", "d": 4, "gap": 1.0, "k": 1, "levels": 3, "noise": 0.0}
    for learner in ("hierarchy", "quadratic"):
        found = samples.measure_samples([30, 60], 1, learner, **at)
        assert [*found] == [learner]
        assert len(found[learner]) == 2
    long = samples.estimate_seconds([100], "algorithm-1", 20, 4)
    assert long > samples.estimate_seconds([100], "hierarchy", 20, 3) > 0
    assert samples.climber("algorithm-1", 3).steps == 3000
