"""One head for any new task: closed forms against draws, and what must fail."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch

from beyond_the_kernel import claims
from beyond_the_kernel.one_head_for_any_new_task import checks, grid, show
from replearn.experiments import many_tasks, new_tasks
from replearn.experiments.curves import first_crossing
from replearn.experiments.tables import read_table
from replearn.hermite import orthonormal_hermite
from replearn.theory import parity_floor

NODES, MASS = (torch.from_numpy(a) for a in np.polynomial.hermite_e.hermegauss(160))
MASS = MASS / MASS.sum()


def heard(q: int, s: float) -> float:
    """Degree q of a neuron of share s, bias 0.4, averaged over what lies outside."""
    fed = math.sqrt(s) * NODES[:, None] + math.sqrt(1 - s) * NODES[None] + 0.4
    return float(
        (orthonormal_hermite(q, NODES) * (torch.relu(fed) @ MASS) * MASS).sum()
    )


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_each_degree_is_damped_by_the_share(k: int) -> None:
    for share in (0.9, 0.5, 0.2):
        damped = heard(k, share) / heard(k, 1.0)
        assert damped == pytest.approx(share ** (k / 2), rel=0.03)


@pytest.mark.parametrize("s", [1.0, 0.8, 0.4])
def test_a_neuron_hears_a_parity_as_the_sum_says(s: float) -> None:
    """The mean of label times neuron, on samples, against the sum over degrees."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(1_000_000, 4, generator=draw).double()
    y, u = x[:, :3].prod(1).sign(), torch.ones(3).double() / math.sqrt(3)
    along = x[:, :3] @ u
    pre = math.sqrt(s) * along + math.sqrt(1 - s) * x[:, 3] + 0.4
    found = float((y * torch.relu(pre)).mean())
    degrees = range(1, 12)
    parts = [float((y * orthonormal_hermite(q, along)).mean()) for q in degrees]
    by_sum = sum(heard(q, s) * part for q, part in zip(degrees, parts, strict=True))
    assert found == pytest.approx(by_sum, abs=2e-3)
    assert max(abs(parts[0]), abs(parts[1])) < 5e-3 < abs(parts[2])


@pytest.mark.parametrize("d", [6, 12])
def test_no_frozen_features_of_any_kind_lie_below_the_floor(d: int) -> None:
    """The best fit, in the whole population, of features that know no direction."""
    draw = torch.Generator().manual_seed(d)
    x = torch.randn(12_000, d, generator=draw).double()
    for make in (torch.relu, torch.sign):
        for m in (20, 60):
            phi = make(x @ torch.randn(d, m, generator=draw).double() + 0.3)
            phi = phi - phi.mean(0)
            missed = []
            for _ in range(4):  # directions drawn after the features
                turn = torch.linalg.qr(torch.randn(d, 3, generator=draw).double()).Q
                y = (x @ turn).prod(1).sign()
                fit = torch.linalg.lstsq(phi, y[:, None]).solution
                missed.append(float((y - (phi @ fit)[:, 0]).square().mean()))
            assert np.mean(missed) > float(parity_floor(3, d, [m])[0]) - 0.02


def test_the_harmonics_themselves_meet_the_floor() -> None:
    """Features that are all harmonics of degree three miss one minus their share."""
    d = 6
    draw = torch.Generator().manual_seed(1)
    x = torch.randn(20_000, d, generator=draw).double()
    x = x / x.norm(dim=1, keepdim=True)
    i = torch.combinations(torch.arange(d), 3, with_replacement=True)
    cubes = x[:, i].prod(2)
    y = x[:, :3].prod(1).sign()
    # degree one is among the cubes on the sphere, and the parity has nothing there
    fit = torch.linalg.lstsq(cubes, y[:, None], driver="gelsd").solution
    missed = float((y - (cubes @ fit)[:, 0]).square().mean())
    assert missed == pytest.approx(float(parity_floor(3, d, [50])[0]), abs=0.02)


def test_the_new_task_does_not_feel_the_dimension_and_its_controls_do() -> None:
    many = [grid.at_new("many-tasks", d, 400).mean() for d in grid.DIMENSIONS]
    assert max(many) < 1.35 * min(many)
    for control in ("random-features", "single-task", "xor"):
        assert grid.at_new(control, 100, 1600).mean() > 2 * many[-1]
    assert grid.at_new("random-features", 10, 1600, task="XOR").mean() < 0.25
    assert grid.at_new("oracle", 100, 400).mean() < many[-1]


def test_the_ledger_quotes_the_samples_and_neurons_that_the_tables_give() -> None:
    quoted = {claim.id: claim.quantity for claim in claims.ledger()}
    for level, words in ((0.2, "{} samples at $d = 10$ and {}"), (0.15, "{} and {}")):
        found = (round(grid.needed(d, level)) for d in (10, 100))
        assert words.format(*found) in quoted["head-free"]
    rows = [
        [grid.frozen_error("many-tasks", d, m) for m in grid.FROZEN_WIDTHS]
        for d in (6, 48)
    ]
    found = first_crossing(np.array(grid.FROZEN_WIDTHS), np.array(rows), 0.5).round()
    told = "one half takes {} neurons at $d = 6$ and {} at $d = 48$".format(
        *found.astype(int)
    )
    assert told in quoted["head-neurons"]
    assert grid.bill_exponent()[1] > 1
    assert "1, which the interval excludes" in quoted["head-bill"]


def test_the_mean_cube_of_a_random_share_is_more_than_the_cube_of_the_mean() -> None:
    draw = torch.Generator().manual_seed(0)
    z = torch.randn(200_000, 10, generator=draw).square()
    share = z[:, :3].sum(1) / z.sum(1)
    exact = 3 * 5 * 7 / (10 * 12 * 14)
    assert float(share.pow(3).mean()) == pytest.approx(exact, rel=0.02)
    assert exact > 2 * float(share.mean()) ** 3
    assert exact / (3 * 5 * 7 / (100 * 102 * 104)) == pytest.approx(600, rel=0.1)


def test_the_share_orders_the_layers_and_the_angle_does_not() -> None:
    assert grid.ranks("share")[2] < -0.85
    assert abs(grid.ranks("sine")[0]) < 0.8
    flat = read_table("angle-and-share").groupby(["made", "amount"])["projected"].mean()
    crowded = flat.pop(("in turn", 900))  # its neurons gather on few directions
    assert flat.max() < 0.2 < crowded  # inside the plane all others are alike


@pytest.mark.parametrize("size", [0.3, 1.0])
def test_a_crowd_points_well_though_no_neuron_does(size: float) -> None:
    plane = torch.eye(3, 40)
    for tilt, low, high in (("apart", 1.0, 1.45), ("together", 0.99, 1.01)):
        layer = new_tasks.tilted_layer(tilt, size, 40, 3, seed=1)
        share = many_tasks.neuron_share(layer, 3)
        assert share == pytest.approx(1 / (1 + size**2), rel=1e-4)
        sine = many_tasks.plane_sine(layer, plane)
        tangent = sine / math.sqrt(1 - sine**2)
        by_hand = size * math.sqrt(3 / many_tasks.WIDTH) if tilt == "apart" else size
        assert low < tangent / by_hand < high


def test_one_task_is_the_same_but_for_its_tasks() -> None:
    """With one task in all, the control is the learner itself."""
    at = {"d": 8, "r": 3, "samples": 30, "seed": 0, "width": 16}
    alone = many_tasks.learn_layers("single-task", counts=[1, 4], **at)
    usual = many_tasks.learn_layers("balanced", counts=[1, 4], **at)
    torch.testing.assert_close(alone[1], usual[1])
    assert not torch.allclose(alone[4], usual[4])


def test_the_hero_paints_an_xor_that_no_old_task_was() -> None:
    few, many = (show.painted(d).says for d in (4, 32))
    shares = [[int(found) for found in re.findall(r"\d+", t)] for t in (few, many)]
    (_, _, left, right), (_, _, later, lost) = shares
    assert max(left, later) < 12 < right + 5 < lost
    assert lost > 40


def test_what_a_task_weighs_is_what_its_signs_weigh() -> None:
    signs = torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0]).double()
    assert checks.heard(signs, checks.CHI, 0.6) == pytest.approx(0.6)
    total = (
        checks.heard(checks.TASKS[0], checks.CHI, 1.0)
        + float(checks.TASKS[0].mean()) ** 2
    )
    assert total == pytest.approx(1.0)
    exact = checks.frozen(1000, 0.8)
    assert float(parity_floor(3, 1000, [round(exact)])[0]) == pytest.approx(
        0.8, abs=0.01
    )
