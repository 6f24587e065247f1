"""What one step leaves of a target: errors and shares of one run, and its controls."""

import torch

from replearn.experiments.first_layer import measure_fading, measure_step
from replearn.experiments.learning_curves import measure_curves
from replearn.targets import MultiIndex
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


def step(target: MultiIndex, n: int, seed: int = 0, noise: float = 0.0) -> list[float]:
    """The error, then each direction's overlap."""
    found = measure_step(target, [n], seed=seed, noise=noise)
    return [values[0] for values in found.values()]


def test_without_curvature_one_step_fails_and_the_twin_does_not() -> None:
    targets = [quadratic_target(60, quadratic=w) for w in (0.0, 0.5)]
    (error, overlap), twin = (step(target, 16 * 60**2) for target in targets)
    assert error > 0.55 > 0.05 > twin[0]
    assert overlap < 0.15 < 0.85 < twin[1]


def test_a_missing_direction_leaves_its_quarter_and_the_twin_does_not() -> None:
    targets = [conditioned_target(40, inverse) for inverse in (0.0, 1.0)]
    missing, found = (step(target, 25_600, seed=1) for target in targets)
    assert 0.2 < missing[0] < 0.3
    assert found[0] < 0.05
    assert missing[2] < 0.02 < 0.3 < found[2]
