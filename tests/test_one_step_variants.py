"""The switches of Algorithm 1: each does what it says, and the broken ones break it."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from replearn.learners import HeadChoice, OneStepNetwork, OneStepVariant
from replearn.learners.one_step import gated_correlation, linear_part
from replearn.learners.one_step_variants import least_squares_part
from replearn.targets import paper_target
from replearn.theory import population_gradient

D = 10
TARGET = paper_target(D, 1, 3)


def samples(n: int = 800, seed: int = 0) -> tuple[Tensor, Tensor]:
    return TARGET.sample(n, seed, dtype=torch.float32)


def error(steps: int = 1, **switches: object) -> float:
    x_test, y_test = TARGET.stratified(2000, 1, dtype=torch.float32)
    choice = HeadChoice(held_out=samples(500, 2))
    network = OneStepVariant(steps=steps, width=256, choice=choice, **switches)
    guess = network.fit(*samples(1600)).predict(x_test)
    return float((guess - y_test).square().mean() / y_test.var())


def test_at_its_defaults_it_is_algorithm_1_to_the_bit() -> None:
    x, y = samples()
    ours = OneStepVariant(width=32, seed=3).fit(x, y).predict(x)
    theirs = OneStepNetwork(32, seed=3).fit(x, y).predict(x)
    assert torch.equal(ours, theirs)


def test_without_twins_it_is_the_gradient_of_the_network_at_its_start() -> None:
    x, y = (t.double() for t in samples(300))
    network = OneStepVariant(
        symmetric=False, width=6, step_size=3.0, dtype=torch.float64
    )
    start, signs = network._independent_start(D, torch.float64)
    w = start.clone().requires_grad_()
    f = torch.relu(x @ w.T) @ signs
    assert float(f.detach().abs().max()) > 0.1
    (f - y).square().mean().backward()
    expected = w - 3.0 * (w.grad + w / 3.0)
    torch.testing.assert_close(network.first_layer(x, y), expected.detach())


def test_without_decay_the_start_stays() -> None:
    x, y = samples()
    settings = dict(width=8, step_size=2.0)
    kept = OneStepVariant(decay=False, **settings).first_layer(x, y)
    step = OneStepNetwork(**settings).first_layer(x, y)
    start = OneStepNetwork(**settings)._start(D, x.dtype)
    torch.testing.assert_close(kept, step + torch.cat([start, start]))


def test_two_steps_apply_the_gradient_twice() -> None:
    x, y = samples()
    network = OneStepVariant(steps=2, width=8, row_norm=1.0)
    once = gated_correlation(x, y, network._start(D, x.dtype))
    twice = gated_correlation(x, y, once)
    twice /= twice.square().sum(1).mean().sqrt()
    expected = torch.cat([twice, -twice])
    torch.testing.assert_close(network.first_layer(x, y), expected)


def test_several_steps_do_not_go_with_another_start() -> None:
    with pytest.raises(ValueError, match="steps=2 needs the symmetric start"):
        OneStepVariant(steps=2, symmetric=False)


def test_least_squares_leaves_nothing_linear_and_the_correlation_does() -> None:
    x, y = samples(100)
    y = y + 3 * x[:, 1] + 5
    alpha, beta = least_squares_part(x, y)
    rest = y - alpha - x @ beta
    assert float(rest.mean().abs()) < 1e-5
    assert float((x.T @ rest).norm()) / len(x) < 1e-4
    alpha, beta = linear_part(x, y)
    assert float((x.T @ (y - alpha - x @ beta)).norm()) / len(x) > 0.3
    few = least_squares_part(x[:5], y[:5])[1]
    assert bool(torch.isfinite(few).all())


def test_kept_biases_make_the_features_homogeneous() -> None:
    x, y = samples()
    fit = OneStepVariant(redraw_biases=False, preprocess="none", width=32).fit(x, y)
    torch.testing.assert_close(
        fit.predict(2 * x), 2 * fit.predict(x), rtol=1e-4, atol=1e-4
    )


def test_the_switches_that_must_break_it_do() -> None:
    whole = error()
    assert whole < 0.1
    assert error(redraw_biases=False) > 5 * whole
    assert error(symmetric=False) > 5 * whole
    assert error(decay=False) > 2 * whole
    # and the two that must not
    assert error(preprocess="least-squares") < 1.5 * whole
    assert error(steps=2) < whole


def test_the_gradient_tends_to_the_population_s() -> None:
    """The learner's own sum, and the theory's closed form: nothing shared."""
    d, n = 10, 400_000
    target = paper_target(d, 1, 4)
    w = torch.randn(
        64, d, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )
    u = torch.eye(1, d)
    expected = population_gradient(w, target.hermite_coefficients(), u)
    distances = []
    for size in (n // 16, n):
        x, y = target.sample(size, seed=5)
        alpha, beta = linear_part(x, y)
        found = gated_correlation(x, y - alpha - x @ beta, w)
        distances.append(float((found - expected).norm() / expected.norm()))
    # noise sqrt(d E y^2 / 4n) beside a signal of 1/sqrt(2 pi d)
    assert distances[1] < 1.5 * math.sqrt(math.pi * d**2 / (2 * n))
    assert distances[0] / distances[1] == pytest.approx(4.0, rel=0.4)
