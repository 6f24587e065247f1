"""What one step leaves of a target: errors and shares of one run, and its doors."""

from typing import Any

import pytest
import torch

from replearn.experiments.first_layer import (
    measure_fading,
    measure_overlaps,
    measure_step,
    subspace_overlaps,
)
from replearn.experiments.learning_curves import measure_curves
from replearn.targets import paper_target
from replearn.targets.curvature import conditioned_target, quadratic_target


def test_one_run_takes_any_setting_and_the_same_seed_gives_the_same() -> None:
    target = quadratic_target(30, 2, 5, 0.3)
    found, again = (measure_step(target, [600, 1200], 3, noise=0.5) for _ in "ab")
    assert found == again
    assert list(found) == ["error", "overlap_1", "overlap_2"]
    assert all(a + b < 1 for _, a, b in zip(*found.values(), strict=True))
    fading = measure_fading([600, 1200], 3, "one-step", 30, 5, 0.3, r=2, noise=0.5)
    assert fading["one-step"] == found["error"]
    inside = torch.tensor([found["overlap_1"], found["overlap_2"]]).sum(0)
    torch.testing.assert_close(1 - torch.tensor(fading["outside"]), inside)


def test_the_error_of_one_fit_is_that_of_the_learning_curves() -> None:
    target = quadratic_target(20, quadratic=0.2)
    curve = measure_curves("one-step", [target], [400, 1600], seed=1)[:, 0]
    found = measure_step(target, [400, 1600], seed=1)["error"]
    torch.testing.assert_close(torch.tensor(found, dtype=curve.dtype), curve)


def test_noise_on_the_labels_takes_from_the_overlap() -> None:
    quiet, loud = (
        measure_step(quadratic_target(40), [3200], seed=0, noise=noise)["overlap_1"][0]
        for noise in (0.0, 2.0)
    )
    assert loud < quiet - 0.1


def test_without_curvature_one_step_fails_and_the_twin_does_not() -> None:
    targets = [quadratic_target(80, quadratic=w) for w in (0.0, 0.5)]
    missing, found = (measure_step(t, [16 * 80**2], seed=0) for t in targets)
    assert missing["error"][0] > 0.7 > 0.05 > found["error"][0]
    assert missing["overlap_1"][0] < 0.15 < 0.85 < found["overlap_1"][0]


def test_a_missing_direction_leaves_its_quarter_and_the_twin_does_not() -> None:
    targets = [conditioned_target(40, inverse) for inverse in (0.0, 1.0)]
    missing, found = (measure_step(t, [25_600], seed=1) for t in targets)
    assert 0.2 < missing["error"][0] < 0.3
    assert found["error"][0] < 0.05
    assert missing["overlap_2"][0] < 0.02 < 0.3 < found["overlap_2"][0]


def test_adam_runs_too_and_says_nothing_of_overlaps() -> None:
    found = measure_fading([500], 0, "adam", 5, degree=3, quadratic=0.0)
    assert list(found) == ["adam"]


def test_a_layer_s_overlaps_are_those_of_its_neurons_and_of_its_singular_space() -> (
    None
):
    draw, u = torch.Generator().manual_seed(0), torch.eye(2, 5)
    points = torch.randn(85, 5, generator=draw, dtype=torch.float64)
    inside = points[:40, :2] @ u.double()
    assert subspace_overlaps(inside, u) == pytest.approx((1.0, 1.0))
    across = points[:40, 2:] @ torch.eye(5)[2:].double()
    assert subspace_overlaps(across, u) == pytest.approx((0.0, 0.0), abs=1e-12)
    neurons, space = subspace_overlaps(3 * inside + across, u)
    assert 0.5 < neurons < space
    turn = torch.linalg.qr(points[80:]).Q
    turned = subspace_overlaps((3 * inside + across) @ turn, u.double() @ turn)
    assert turned == pytest.approx((neurons, space))


def test_the_singular_space_is_found_before_the_neurons_turn() -> None:
    found = measure_overlaps(paper_target(40), [1600], seed=0)
    assert found["neurons"][0] < 0.5 < found["singular-space"][0]


@pytest.mark.parametrize(
    "bad",
    [
        {"d": 0},
        {"r": 9},
        {"degree": 2},
        {"quadratic": 2.0},
        {"ns": []},
        {"ns": [5, 2]},
        {"seed": -1},
        {"learner": "sgd"},
        {"noise": -1.0},
    ],
    ids=str,
)
@pytest.mark.parametrize("learner", ["one-step", "adam"])
def test_bad_settings_are_refused(learner: str, bad: dict[str, Any]) -> None:
    good = {"d": 8, "r": 1, "degree": 3, "quadratic": 0.5, "ns": [50], "seed": 0}
    with pytest.raises((ValueError, TypeError)):
        measure_fading(**{**good, "learner": learner, **bad})
