"""Networks with frozen features and their limits, under label noise."""

import numpy as np
import pytest
import torch

from replearn.experiments import frozen
from replearn.learners import LinearisedNetwork
from replearn.targets import paper_target

TARGET, NOISE, SEED = paper_target(4, 1, 3), 0.5, 3


@pytest.fixture(autouse=True)
def few_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen, "HELD_OUT", 2000)
    monkeypatch.setattr(frozen, "TEST", 2000)


@pytest.mark.parametrize("learner", frozen.INFINITE)
def test_label_noise_keeps_a_kernel_from_being_exact(learner: str) -> None:
    clean, noisy = (
        frozen.measure_excess([50, 400], SEED, TARGET, noise, 0, learner)[learner]
        for noise in (0.0, NOISE)
    )
    assert clean[1] < clean[0]
    assert noisy[1] > clean[1]


def test_the_dual_solution_is_that_of_the_ridge_regression(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frozen, "RIDGES", (0.1,))
    ns, width = [20, 60], 40  # 120 features
    found = frozen.measure_excess(ns, SEED, TARGET, NOISE, width, "linearised")
    features = LinearisedNetwork(width, seed=SEED).features(TARGET.d)
    x, y = TARGET.sample(60, SEED, NOISE, torch.float32)
    x_test, _ = TARGET.sample(2000, SEED, 0.0, torch.float32, "test")
    phi, test = features(x).double(), features(x_test).double()
    ones = torch.ones(1, TARGET.d)
    ridge = 0.1 * features(ones).double().square().sum()  # in units of k(1, 1)
    for n, error in zip(ns, found["linearised"], strict=True):
        gram = phi[:n].T @ phi[:n] + ridge * torch.eye(phi.shape[1])
        label = y[:n].double()
        weights = torch.linalg.solve(gram, phi[:n].T @ (label - label.mean()))
        guess = test @ weights + label.mean()
        expected = (guess - TARGET(x_test)).square().mean()
        assert error == pytest.approx(float(expected), rel=1e-6)


def test_a_trained_first_layer_beats_the_frozen_ones() -> None:
    errors = {
        name: frozen.measure_excess([4000], SEED, TARGET, NOISE, 40, name)[name][0]
        for name in frozen.FINITE
    }
    assert np.argmin(list(errors.values())) == 0, errors


@pytest.mark.parametrize(("width", "learner"), [(0, "one-step"), (40, "nngp"), (3, "")])
def test_a_learner_has_the_width_that_is_its_own(width: int, learner: str) -> None:
    with pytest.raises(ValueError, match="learner"):
        frozen.measure_excess([50], SEED, TARGET, NOISE, width, learner)
