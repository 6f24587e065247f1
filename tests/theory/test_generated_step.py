"""One step on generated inputs: the limit against Monte Carlo, and against the step."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from replearn.experiments.generated_step import (
    latent_target,
    make_generator,
    measure_generated_step,
    predict_for,
    standardise,
)
from replearn.learners.one_step import gated_correlation
from replearn.targets.generators import matched_gaussian, random_generator
from replearn.theory import carry_over, predict_generated_step, predict_network_limit

B = torch.nn.functional.normalize(torch.arange(1.0, 21.0, dtype=torch.float64), dim=0)


def test_without_a_generator_it_is_the_limit_of_the_first_part() -> None:
    same = make_generator(7, 1, "none", 0).moments()
    b, neurons = torch.eye(7)[2], ([1.2, -0.3], [0.1, -0.4, 0.8, 0.2])
    found = predict_generated_step(same, b, neurons, [0, 0, 0.6, 0.8], [49, 196])
    limit = predict_network_limit(neurons, [0, 0, 0.6, 0.8], [1.0, 4.0])
    assert torch.allclose(found, limit, rtol=1e-12)


def test_linear_generators_count_latent_numbers_whatever_the_inputs() -> None:
    for inputs in (80, 320, 1280):
        moments = random_generator([20, inputs], "linear", seed=1).moments()
        many = [carry_over(moments, b) for b in torch.eye(20)]
        count = np.exp(np.mean([np.log(one.samples) for one in many]))
        assert count == pytest.approx(400, rel=0.12)
        seen = np.mean([one.seen for one in many])
        assert seen == pytest.approx((1 + 20 / inputs) ** -0.5, abs=0.02)


@pytest.mark.parametrize("activation", ["erf", "sign"])
def test_the_steps_signal_and_noise_are_those_of_simulated_gradients(
    activation: str,
) -> None:
    """K from the size of the mean step and of its scatter, over Gaussian samples."""
    made = make_generator(20, 3, activation, 0)
    moments = standardise(made.moments())[1]
    twin = matched_gaussian(moments)
    w = torch.randn(200, 60, generator=torch.Generator().manual_seed(0)).double()
    steps = []
    for seed in range(12):
        c, x = twin.sample(20_000, seed)
        y = ((c @ B) ** 2 - 1) / math.sqrt(2)
        steps.append(gated_correlation(x, y, w) - x.T @ y / len(x) / 2)
    rows = torch.stack(steps)
    omega, phi = moments.covariance, moments.cross @ B
    size, t = (w @ omega * w).sum(1).sqrt(), w @ phi
    signal = t / size / math.sqrt(math.pi)
    # the whole step, by Stein's lemma; the theory keeps its first part
    whole = signal[:, None] * (phi - (t / size**2 / 2)[:, None] * (w @ omega))
    part = float((rows.mean(0) * whole).sum() / whole.square().sum())
    assert part == pytest.approx(1.0, abs=0.02)
    apart = rows - rows.mean(0)
    scatter = float((apart @ omega * apart).sum(2).mean()) * 12 / 11
    along, squares = float(phi @ omega @ phi), float(omega.square().sum())
    # E y^2 x x^T is Omega + 4 phi phi^T; the theory keeps its first part
    assert scatter == pytest.approx((squares + 4 * along) / 80_000, rel=0.04)
    found = along * float(signal.square().mean()) / (squares / 80_000)
    z = (w @ phi).square().mean() / (phi @ phi) * 60 / w.square().sum(1).mean()
    ratio = 20_000 / carry_over(made.moments(), B).samples
    assert found == pytest.approx(4 * ratio / math.pi * float(z), rel=0.1)


def test_the_step_lies_on_the_limit_and_not_on_that_of_its_inputs() -> None:
    found = {"error": [], "predicted": [], "inputs": []}
    for seed in range(3):
        run = measure_generated_step(
            40, 4, "erf", [(1, 3)], [6400, 25_600], ["generated"], seed
        )
        found["error"].append(run["error"])
        found["predicted"].append(run["predicted"])
        alone = make_generator(160, 1, "none", 0).moments()
        target = latent_target(160, 1, 3, seed)
        found["inputs"].append(predict_for(alone, target, [6400, 25_600], seed))
    mean = {name: np.mean(values, 0) for name, values in found.items()}
    assert mean["error"] == pytest.approx(mean["predicted"], rel=0.2)
    assert mean["error"][0] < 0.9 * mean["inputs"][0]


def test_a_cubic_alone_leaves_no_signal_and_whitening_needs_the_inputs_square() -> None:
    run = measure_generated_step(
        20, 4, "sign", [(1, -3), (1, 3)], [1600], ["generated", "whitened"], 0
    )
    error = dict(
        zip(zip(run["learner"], run["degree"], strict=True), run["error"], strict=True)
    )
    assert error["generated", -3] > 0.9 > error["generated", 3]
    assert error["whitened", 3] > error["generated", 3] + 0.15


def test_bad_input_is_refused() -> None:
    moments = make_generator(5, 2, "erf", 0).moments()
    with pytest.raises(ValueError, match="length"):
        carry_over(moments, torch.ones(5))
    unit = torch.eye(5)[0]
    with pytest.raises(ValueError, match="two zeros"):
        predict_generated_step(moments, unit, ([1.0], [0.0, 1.0]), [0, 1, 1], [10])
    with pytest.raises(ValueError, match="name its direction"):
        predict_for(moments, latent_target(5, 2, 3, 0), [10], 0)
    flat = random_generator([3, 9], "linear", 0).moments()
    with pytest.raises(ValueError, match="cannot be whitened"):
        standardise(flat, white=True)
