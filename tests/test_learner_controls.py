"""What each learner may see, and what it must not learn."""

import pytest
import torch

from replearn.learners import (
    AdamNetwork,
    LinearisedNetwork,
    OneStepNetwork,
    Oracle,
    RandomFeatures,
)
from replearn.learners.one_step import linear_part
from replearn.learners.ridge_head import HeadChoice
from replearn.targets import degenerate_target, paper_target

D = 8
TARGET = paper_target(D, 1, 3)


def samples(n=400, seed=0):
    return TARGET.sample(n, seed, dtype=torch.float32)


def held_out():
    return TARGET.stratified(200, seed=9, dtype=torch.float32)


def learners():
    choice = HeadChoice(held_out=held_out())
    return {
        "one-step": lambda seed: OneStepNetwork(32, choice=choice, seed=seed),
        "random-features": lambda seed: RandomFeatures(32, choice, seed),
        "linearised": lambda seed: LinearisedNetwork(8, choice, seed),
        "oracle": lambda seed: Oracle(torch.eye(1, D), 32, choice, seed),
        "adam": lambda seed: AdamNetwork(
            16, steps=40, batch=32, checkpoints=4, held_out=held_out(), seed=seed
        ),
    }


@pytest.mark.parametrize("name", list(learners()))
def test_labels_that_mean_nothing_are_not_learnt(name):
    """The negative control of every learner: noise is not predicted."""
    (x, _), (x_test, _) = samples(), samples(seed=7)
    noise = torch.randn(len(x), generator=torch.Generator().manual_seed(0))
    guess = learners()[name](0).fit(x, noise).predict(x_test).double()
    fresh = torch.randn(len(x), generator=torch.Generator().manual_seed(1)).double()
    assert float((guess - fresh).square().mean()) > 0.9 * float(fresh.square().mean())


def network_at_start(w, a):
    """f(x) = a.relu(xW^T) with the symmetric pairs written out, for autograd."""
    full_w = torch.cat([w, w]).requires_grad_()
    return full_w, torch.cat([a, -a])


def test_the_step_is_the_gradient_step_that_cancels_the_start():
    x, y = (t.double() for t in samples(300))
    learner = OneStepNetwork(10, step_size=3.0, seed=2, dtype=torch.float64)
    alpha, beta = linear_part(x, y)
    residual = y - alpha - x @ beta
    start = learner._start(D, torch.float64)
    w, a = network_at_start(start, torch.ones(5, dtype=torch.float64))
    f = torch.relu(x @ w.T) @ a
    assert float(f.detach().abs().max()) < 1e-12, (
        "the symmetric start is the zero function"
    )
    (f - residual).square().mean().backward()
    # one step of size eta with weight decay 1/eta: the start cancels
    expected = w - 3.0 * (w.grad + w / 3.0)
    torch.testing.assert_close(learner.first_layer(x, residual), expected.detach())


def test_row_norm_is_the_root_mean_square():
    x, y = samples()
    w = OneStepNetwork(64, row_norm=0.7).first_layer(x, y)
    assert float(w.square().sum(1).mean().sqrt()) == pytest.approx(0.7, rel=1e-5)


def test_linear_part_is_the_correlation_not_least_squares():
    x, y = samples(50)
    _, beta = linear_part(x, y)
    torch.testing.assert_close(beta, (x * y[:, None]).mean(0))
    least_squares = torch.linalg.lstsq(x, y[:, None]).solution[:, 0]
    assert not torch.allclose(beta, least_squares, rtol=1e-2)


def test_resampling_uses_disjoint_halves():
    x, y = samples(200)
    learner = OneStepNetwork(16, resample=True, choice=HeadChoice(ridge=1e-3))
    fit = learner.fit(x, y)
    changed = y.clone()
    changed[100:] *= -1  # the step must not see these, the head must
    alpha, beta = linear_part(x[:100], y[:100])
    same = learner.first_layer(x[:100], y[:100] - alpha - x[:100] @ beta)
    again = learner.first_layer(x[:100], changed[:100] - alpha - x[:100] @ beta)
    assert torch.equal(same, again)
    other = learner.fit(x, changed)
    assert not torch.allclose(fit.predict(x), other.predict(x))


def test_linearised_features_are_the_gradients_of_the_network():
    learner = LinearisedNetwork(6, seed=1, dtype=torch.float64)
    x = torch.randn(5, D, dtype=torch.float64)
    generator = torch.Generator().manual_seed(1)
    w = torch.randn(3, D, generator=generator, dtype=torch.float64) / D**0.5
    a = torch.ones(3, dtype=torch.float64)

    def network(w, a):
        return torch.relu(x @ w.T) @ a

    by_w, by_a = torch.func.jacrev(network, argnums=(0, 1))(w, a)
    expected = torch.cat([by_a, by_w.flatten(1)], dim=1)
    torch.testing.assert_close(learner.features(D)(x), expected)


def test_oracle_sees_the_projection_only():
    x, y = samples()
    fit = learners()["oracle"](0).fit(x, y)
    moved = x.clone()
    moved[:, 1:] += 5.0
    torch.testing.assert_close(fit.predict(x), fit.predict(moved))


def test_one_step_separates_from_random_features_but_not_without_a_hessian():
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


def test_a_learner_without_held_out_data_keeps_a_fifth_back():
    x, y = samples(100)
    changed = y.clone()
    changed[80:] += 100.0  # the last fifth only chooses the ridge
    for make in (lambda: RandomFeatures(16), lambda: OneStepNetwork(16)):
        plain = make().choice.split(x, y)
        assert len(plain[0]) == 80
        assert len(plain[2]) == 20
        curve = make().learning_curve(x, y, [50, 100], x, y)
        assert curve.shape == (2,)
