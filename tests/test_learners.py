"""Learners against refits, other libraries and automatic gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from sklearn import kernel_ridge, linear_model
from torch import Tensor

from replearn.kernels import Kernel, nngp, ntk, polynomial
from replearn.learners import (
    AdamNetwork,
    HeadChoice,
    KernelRidge,
    Learner,
    LinearisedNetwork,
    OneStepNetwork,
    Oracle,
    RandomFeatures,
)
from replearn.learners.adam import forward, set_gradients
from replearn.learners.kernel_ridge import factorise, tuned_errors
from replearn.learners.one_step import gated_correlation, linear_part
from replearn.learners.ridge_head import Moments, ridge_path
from replearn.targets import paper_target

D, N = 5, 240
TARGET = paper_target(D, 1, 3)
X, Y = TARGET.sample(N, seed=0, noise=0.3)
X_TEST, Y_TEST = TARGET.stratified(200, seed=1)
HELD = TARGET.sample(150, seed=2, noise=0.3)
NS = [20, 90, N]
DOUBLE = torch.float64

MAKERS: dict[str, Callable[[int], Learner]] = {
    "random-features": lambda s: RandomFeatures(24, HeadChoice(held_out=HELD), s),
    "linearised": lambda s: LinearisedNetwork(16, HeadChoice(held_out=HELD), s),
    "one-step": lambda s: OneStepNetwork(24, choice=HeadChoice(held_out=HELD), seed=s),
    "resampled": lambda s: OneStepNetwork(
        24, resample=True, choice=HeadChoice(held_out=HELD), seed=s
    ),
    "adam": lambda s: AdamNetwork(16, steps=60, checkpoints=6, held_out=HELD, seed=s),
    "oracle": lambda s: Oracle(torch.eye(1, D), 24, HeadChoice(held_out=HELD), s),
    "own-split": lambda s: RandomFeatures(24, seed=s),
}
every_learner = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())


def refits(learner: Learner) -> Tensor:
    """The learning curve as anyone would write it."""
    errors = []
    for n in NS:
        prediction = learner.fit(X[:n], Y[:n]).predict(X_TEST)
        errors.append((prediction.double() - Y_TEST).square().mean())
    return torch.stack(errors)


@pytest.mark.parametrize("ridge", [1e-6, 0.1, 30.0])
def test_kernel_curve_agrees_with_refits_and_scikit_learn(ridge: float) -> None:
    for kernel in (ntk, partial(nngp, depth=2, bias_variance=1.0)):
        learner = KernelRidge(kernel, ridge)
        curve = learner.learning_curve(X, Y, NS, X_TEST, Y_TEST)
        torch.testing.assert_close(curve, refits(learner), rtol=1e-7, atol=1e-9)
        for n, error in zip(NS, curve.tolist(), strict=True):
            peer = kernel_ridge.KernelRidge(alpha=ridge, kernel="precomputed")
            peer.fit(kernel(X[:n], X[:n]).numpy(), Y[:n].numpy())
            guess = peer.predict(kernel(X_TEST, X[:n]).numpy())
            expected = float(np.mean((guess - Y_TEST.numpy()) ** 2))
            assert error == pytest.approx(expected, rel=1e-6)


def test_every_size_of_the_dense_curve_agrees_with_a_refit() -> None:
    learner = KernelRidge(ntk, 0.01)
    sizes = list(range(1, 41))
    curve = learner.learning_curve(X, Y, sizes, X_TEST, Y_TEST)
    for n in (1, 2, 17, 40):
        error = (learner.fit(X[:n], Y[:n]).predict(X_TEST) - Y_TEST).square().mean()
        assert float(curve[n - 1]) == pytest.approx(float(error), rel=1e-8)


def test_fit_solves_the_normal_equations() -> None:
    fit = KernelRidge(ntk, 0.5).fit(X, Y)
    gram = ntk(X, X) + 0.5 * torch.eye(N, dtype=DOUBLE)
    expected = ntk(X_TEST, X) @ torch.linalg.solve(gram, Y)
    torch.testing.assert_close(fit.predict(X_TEST), expected)


def test_factor_is_the_cholesky_factor_in_place() -> None:
    gram = ntk(X[:30], X[:30])
    expected = torch.linalg.cholesky(gram + 0.2 * torch.eye(30, dtype=DOUBLE))
    factor = factorise(gram, 0.2)
    assert factor.data_ptr() == gram.data_ptr()
    torch.testing.assert_close(factor.tril(), expected)


def test_a_singular_gram_asks_for_a_ridge() -> None:
    twice = torch.cat([X[:20], X[:20]])
    with pytest.raises(ValueError, match="larger ridge"):
        KernelRidge(partial(polynomial, degree=1), 0.0).fit(twice, torch.ones(40))


def test_tuned_errors_pick_the_best_ridge_on_held_out_data() -> None:
    ridges = [1e-4, 0.1, 3.0, 100.0]
    kernel: Kernel = ntk
    tuned = tuned_errors(
        kernel,
        ridges,
        (X, Y[:, None]),
        NS,
        (HELD[0], HELD[1][:, None]),
        (X_TEST, Y_TEST[:, None]),
    ).flatten()
    # the ridges are in units of k(1, 1)
    scale = float(kernel(torch.ones(1, D), torch.ones(1, D)))
    learners = [KernelRidge(kernel, v * scale) for v in ridges]
    held = torch.stack([k.learning_curve(X, Y, NS, *HELD) for k in learners])
    test = torch.stack([k.learning_curve(X, Y, NS, X_TEST, Y_TEST) for k in learners])
    expected = test.gather(0, held.argmin(0)[None])[0]
    torch.testing.assert_close(tuned, expected, rtol=1e-6, atol=1e-8)


@every_learner
def test_curve_agrees_with_refits(make: Callable[[int], Learner]) -> None:
    learner = make(3)
    curve = learner.learning_curve(X, Y, NS, X_TEST, Y_TEST)
    assert curve.shape == (len(NS),)
    # Adam's batched products round apart from single ones, and training spreads it
    tolerance = 2e-2 if isinstance(learner, AdamNetwork) else 1e-3
    torch.testing.assert_close(
        curve.double(), refits(learner), rtol=tolerance, atol=1e-4
    )


@every_learner
def test_seeds_reproduce_and_differ(make: Callable[[int], Learner]) -> None:
    first, again, other = (make(s).fit(X, Y).predict(X_TEST) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)


@every_learner
def test_more_samples_help(make: Callable[[int], Learner]) -> None:
    curve = make(0).learning_curve(X, Y, [20, N], X_TEST, Y_TEST)
    assert bool(torch.isfinite(curve).all())
    assert float(curve[1]) < float(curve[0])


def test_fit_does_not_change_its_samples() -> None:
    x, y = X.clone(), Y.clone()
    for make in MAKERS.values():
        make(0).fit(x, y)
    KernelRidge(ntk, 0.1).learning_curve(x, y, NS, X_TEST, Y_TEST)
    assert torch.equal(x, X)
    assert torch.equal(y, Y)


@pytest.mark.parametrize("ridge", [1e-4, 0.1])
def test_read_out_is_ridge_regression(ridge: float) -> None:
    learner = RandomFeatures(24, HeadChoice(ridge=ridge), seed=4, dtype=DOUBLE)
    phi = learner.features(D)
    peer = linear_model.Ridge(alpha=N * ridge, fit_intercept=False)
    peer.fit(phi(X).numpy(), Y.numpy())
    expected = torch.from_numpy(peer.predict(phi(X_TEST).numpy()))
    guess = learner.fit(X, Y).predict(X_TEST)
    torch.testing.assert_close(guess, expected, rtol=1e-6, atol=1e-8)


def test_ridge_path_agrees_with_solves() -> None:
    moments = Moments(lambda x: x, D)
    moments.add(X, Y[:, None])
    ridges = torch.tensor([1e-6, 0.1, 10.0])
    for ridge, head in zip(ridges, ridge_path(moments, ridges).weights, strict=True):
        matrix = X.T @ X / N + ridge * torch.eye(D, dtype=DOUBLE)
        expected = torch.linalg.solve(matrix, X.T @ Y[:, None] / N)
        torch.testing.assert_close(head, expected, rtol=1e-6, atol=1e-9)


def test_random_features_tend_to_their_kernel() -> None:
    """Phi Phi^T / m is the arc-cosine kernel of w ~ N(0, I/d), b ~ N(0, 1)."""
    phi = RandomFeatures(60_000, seed=1).features(D)(X[:8].float()).double()
    gram = phi @ phi.T / phi.shape[1]
    # one layer at unit variances, before the read-out's own factor and bias
    expected = nngp(X[:8], X[:8], 1, 1.0, 1.0) - 1.0
    torch.testing.assert_close(gram, expected, rtol=0.05, atol=0.03)


def test_linearised_features_tend_to_the_tangent_kernel() -> None:
    """With w ~ N(0, I/d) both parts are those of unit weight variance."""
    network = LinearisedNetwork(60_000, seed=1)
    phi = network.features(D)(X[:6].float()).double()
    half = network.width // 2
    relu_part = phi[:, :half] @ phi[:, :half].T / half
    gate_part = phi[:, half:] @ phi[:, half:].T / half
    expected = ntk(X[:6], X[:6], weight_variance=1.0)
    torch.testing.assert_close(
        relu_part + gate_part / D, expected, rtol=0.05, atol=0.02
    )


def test_the_step_is_the_gradient_of_the_loss_at_the_symmetric_start() -> None:
    """-eta * d/dW mean (f - y)^2, with f = 0 by pairs, by automatic gradients."""
    generator = torch.Generator().manual_seed(5)
    half = torch.randn(6, D, generator=generator, dtype=DOUBLE) / math.sqrt(D)
    w = torch.cat([half, half]).requires_grad_()
    a = torch.cat([torch.ones(6), -torch.ones(6)]).double()
    output = (X @ w.T).clamp(min=0.0) @ a
    assert float(output.detach().abs().max()) < 1e-12
    (gradient,) = torch.autograd.grad((output - Y).square().mean(), w)
    expected = -2.0 * a[:, None] * gated_correlation(X, Y, w.detach())
    torch.testing.assert_close(gradient, expected)


def test_step_size_and_row_norm_set_the_scale_only() -> None:
    alpha, beta = linear_part(X, Y)
    residual = Y - alpha - X @ beta
    by_norm = OneStepNetwork(24, row_norm=0.7, seed=1).first_layer(X, residual)
    assert float(by_norm.square().sum(1).mean().sqrt()) == pytest.approx(0.7)
    by_step = OneStepNetwork(24, step_size=2.0, seed=1).first_layer(X, residual)
    ratio = by_step / by_norm
    torch.testing.assert_close(ratio, ratio[0, 0].expand_as(ratio))
    # twins move apart
    torch.testing.assert_close(by_norm[:12], -by_norm[12:])
    start = OneStepNetwork(24, seed=1)._start(D, DOUBLE)
    expected = 2 * 2.0 * gated_correlation(X, residual, start)
    torch.testing.assert_close(by_step[:12], expected)


def test_linear_labels_are_predicted_by_the_linear_part() -> None:
    y = 2.0 + 3.0 * X[:, 1]
    fit = OneStepNetwork(64, choice=HeadChoice(ridge=1e-6)).fit(X, y)
    error = (fit.predict(X_TEST) - 2.0 - 3.0 * X_TEST[:, 1]).square().mean()
    assert float(error) < 0.2


def test_adam_gradients_agree_with_automatic_ones() -> None:
    generator = torch.Generator().manual_seed(6)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=DOUBLE)

    parameters = [draw(3, D, 7), draw(3, 1, 7), draw(3, 7, 1)]
    x, y = draw(3, 11, D), draw(3, 11)
    leaves = [p.clone().requires_grad_() for p in parameters]
    w, b, a = leaves
    output = (torch.bmm(x, w) + b).clamp(min=0.0) @ a
    # mean over each run's batch, summed over runs
    (output[:, :, 0] - y).square().mean(1).sum().backward()
    set_gradients(parameters, x, y)
    for own, leaf in zip(parameters, leaves, strict=True):
        torch.testing.assert_close(own.grad, leaf.grad)
    torch.testing.assert_close(forward(parameters, x), output[:, :, 0].detach())


def test_batched_adam_seeds_agree_with_single_runs() -> None:
    learner = AdamNetwork(16, steps=40, checkpoints=4, held_out=HELD)
    together = learner.fit_seeds(X, Y, [0, 1, 2])
    for seed, fit in enumerate(together):
        alone = AdamNetwork(16, steps=40, checkpoints=4, held_out=HELD, seed=seed)
        torch.testing.assert_close(
            fit.predict(X_TEST), alone.fit(X, Y).predict(X_TEST), rtol=1e-2, atol=1e-2
        )


def test_without_a_ridge_the_read_out_has_least_norm() -> None:
    """More features than samples: what lstsq gives, not NaN."""
    learner = RandomFeatures(100, HeadChoice(ridge=0.0), dtype=DOUBLE)
    phi = learner.features(D)
    head = torch.linalg.pinv(phi(X[:20])) @ Y[:20]
    guess = learner.fit(X[:20], Y[:20]).predict(X_TEST)
    torch.testing.assert_close(guess, phi(X_TEST) @ head, rtol=1e-4, atol=1e-4)


def test_dependent_features_and_constant_labels_stay_finite() -> None:
    flat = torch.ones(20, D, dtype=DOUBLE)
    for learner in (
        RandomFeatures(10, HeadChoice(ridge=0.0)),
        RandomFeatures(10),
        OneStepNetwork(10, choice=HeadChoice(ridge=0.0)),
        OneStepNetwork(10),
        AdamNetwork(10, steps=5, checkpoints=1, held_out=HELD),
    ):
        prediction = learner.fit(flat, torch.zeros(20)).predict(X_TEST)
        assert bool(torch.isfinite(prediction).all())


def test_a_rate_at_which_adam_diverges_is_an_error() -> None:
    x, y = paper_target(3, 1, 2).sample(60, seed=0)
    wild = AdamNetwork(8, learning_rate=1e30, steps=20, batch=16, checkpoints=5)
    with pytest.raises(ValueError, match="learning_rate=1e\\+30 is too large"):
        wild.fit(x, y)
