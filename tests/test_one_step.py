"""Algorithm 1 and its switches: each does what it says, the broken ones break it."""

import math

import pytest
import torch
from helpers import DOUBLE, normal

from replearn.learners import HeadChoice, OneStepNetwork, OneStepVariant, RandomFeatures
from replearn.learners.one_step import gated_correlation, linear_part
from replearn.learners.one_step_variants import least_squares_part
from replearn.targets import degenerate_target, paper_target
from replearn.theory import population_gradient

D = 10
TARGET = paper_target(D, 1, 3)
X, Y = TARGET.sample(800, 0, dtype=torch.float32)


def error(steps: int = 1, **switches: object) -> float:
    x_test, y_test = TARGET.stratified(2000, 1, dtype=torch.float32)
    choice = HeadChoice(held_out=TARGET.sample(500, 2, dtype=torch.float32))
    network = OneStepVariant(steps=steps, width=256, choice=choice, **switches)
    train = TARGET.sample(1600, 0, dtype=torch.float32)
    guess = network.fit(*train).predict(x_test)
    return float((guess - y_test).square().mean() / y_test.var())


@pytest.mark.parametrize("twins", [True, False])
def test_the_step_is_the_gradient_step_that_cancels_the_start(twins: bool) -> None:
    """By automatic gradients of the network at its start, which is zero with twins."""
    x, y = TARGET.sample(300, 0)
    network = OneStepVariant(symmetric=twins, width=6, step_size=3.0, dtype=DOUBLE)
    if twins:
        start = network._start(D, DOUBLE).repeat(2, 1)
        signs = torch.tensor([1.0, 1, 1, -1, -1, -1], dtype=DOUBLE)
    else:
        start, signs = network._independent_start(D, DOUBLE)
    w = start.clone().requires_grad_()
    f = torch.relu(x @ w.T) @ signs
    assert (float(f.detach().abs().max()) < 1e-12) == twins
    (f - y).square().mean().backward()
    # one step of size eta with weight decay 1/eta: the start cancels
    expected = w - 3.0 * (w.grad + w / 3.0)
    torch.testing.assert_close(network.first_layer(x, y), expected.detach())


def test_resampling_uses_disjoint_halves() -> None:
    x, y = X[:200], Y[:200]
    learner = OneStepNetwork(16, resample=True, choice=HeadChoice(ridge=1e-3))
    changed = y.clone()
    changed[100:] *= -1  # the step must not see these, the head must
    alpha, beta = linear_part(x[:100], y[:100])
    layer = learner.first_layer(x[:100], y[:100] - alpha - x[:100] @ beta)
    fit, other = learner.fit(x, y), learner.fit(x, changed)
    for found in (fit, other):
        torch.testing.assert_close(found.layer, layer)
    assert not torch.allclose(fit.predict(x), other.predict(x))


def test_one_step_separates_from_random_features_but_not_without_a_hessian() -> None:
    """The chapter's claim at toy size, and its control."""
    d, n = 20, 20**2 * 8
    for target, wins in ((paper_target(d, 1, 3), True), (degenerate_target(d), False)):
        x, y = target.sample(n, 0, dtype=torch.float32)
        test = target.stratified(1000, 1, dtype=torch.float32)
        choice = HeadChoice(held_out=target.stratified(300, 2, dtype=torch.float32))
        one_step = OneStepNetwork(256, choice=choice).learning_curve(x, y, [n], *test)
        frozen = RandomFeatures(256, choice).learning_curve(x, y, [n], *test)
        ratio = float(one_step / frozen)
        assert (ratio < 0.1) == wins, ratio


def test_at_its_defaults_it_is_algorithm_1_to_the_bit() -> None:
    ours = OneStepVariant(width=32, seed=3).fit(X, Y).predict(X)
    theirs = OneStepNetwork(32, seed=3).fit(X, Y).predict(X)
    assert torch.equal(ours, theirs)


def test_without_decay_the_start_stays() -> None:
    settings = dict(width=8, step_size=2.0)
    kept = OneStepVariant(decay=False, **settings).first_layer(X, Y)
    plain = OneStepNetwork(**settings)
    start = plain._start(D, X.dtype).repeat(2, 1)
    torch.testing.assert_close(kept, plain.first_layer(X, Y) + start)


def test_two_steps_apply_the_gradient_twice() -> None:
    network = OneStepVariant(steps=2, width=8, row_norm=1.0)
    once = gated_correlation(X, Y, network._start(D, X.dtype))
    twice = gated_correlation(X, Y, once)
    twice /= twice.square().sum(1).mean().sqrt()
    expected = torch.cat([twice, -twice])
    torch.testing.assert_close(network.first_layer(X, Y), expected)


def test_least_squares_leaves_nothing_linear_and_the_correlation_does() -> None:
    x, y = X[:100], Y[:100] + 3 * X[:100, 1] + 5
    alpha, beta = least_squares_part(x, y)
    rest = y - alpha - x @ beta
    assert float(rest.mean().abs()) < 1e-5
    assert float((x.T @ rest).norm()) / len(x) < 1e-4
    alpha, beta = linear_part(x, y)
    torch.testing.assert_close(beta, (x * y[:, None]).mean(0))
    assert float((x.T @ (y - alpha - x @ beta)).norm()) / len(x) > 0.3
    few = least_squares_part(x[:5], y[:5])[1]
    assert bool(torch.isfinite(few).all())


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
    n, target, w = 400_000, paper_target(D, 1, 4), normal(64, D)
    powers = target.hermite_coefficients()
    expected = population_gradient(w, powers, torch.eye(1, D))
    distances = []
    for size in (n // 16, n):
        x, y = target.sample(size, seed=5)
        alpha, beta = linear_part(x, y)
        found = gated_correlation(x, y - alpha - x @ beta, w)
        distances.append(float((found - expected).norm() / expected.norm()))
    # noise sqrt(d E y^2 / 4n) beside a signal of 1/sqrt(2 pi d)
    assert distances[1] < 2 * math.sqrt(math.pi * D**2 / (2 * n))
    assert distances[0] / distances[1] == pytest.approx(4.0, rel=0.4)
