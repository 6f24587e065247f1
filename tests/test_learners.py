"""Learners against refits, other libraries and automatic gradients."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from helpers import DOUBLE, normal
from sklearn import kernel_ridge, linear_model
from torch import Tensor

from replearn.kernels import nngp, ntk, polynomial, rbf
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
from replearn.learners.kernel_ridge import (
    factorise,
    prefix_duals,
    prefix_predictions,
    tuned_errors,
)
from replearn.targets import paper_target

D, N = 5, 240
TARGET = paper_target(D, 1, 3)
X, Y = TARGET.sample(N, seed=0, noise=0.3)
X_TEST, Y_TEST = TARGET.stratified(200, seed=1)
HELD = TARGET.sample(150, seed=2, noise=0.3)
NS = [20, 90, N]
CHOICE = HeadChoice(held_out=HELD)

Make = Callable[[int], Learner]
MAKERS: dict[str, Make] = {
    "random-features": lambda s: RandomFeatures(24, CHOICE, s),
    "linearised": lambda s: LinearisedNetwork(16, CHOICE, s),
    "one-step": lambda s: OneStepNetwork(24, choice=CHOICE, seed=s),
    "resampled": lambda s: OneStepNetwork(24, resample=True, choice=CHOICE, seed=s),
    "adam": lambda s: AdamNetwork(16, steps=60, checkpoints=6, held_out=HELD, seed=s),
    "oracle": lambda s: Oracle(torch.eye(1, D), 24, CHOICE, s),
    "own-split": lambda s: RandomFeatures(24, seed=s),
}
every_learner = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())


def refits(learner: Learner, ns: list[int] = NS) -> Tensor:
    """The learning curve as anyone would write it."""
    guesses = [learner.fit(X[:n], Y[:n]).predict(X_TEST).double() for n in ns]
    return torch.stack([(guess - Y_TEST).square().mean() for guess in guesses])


@pytest.mark.parametrize("ridge", [1e-6, 0.1, 30.0])
def test_kernel_curve_agrees_with_refits_and_scikit_learn(ridge: float) -> None:
    for kernel in (ntk, partial(nngp, depth=2, bias_variance=1.0)):
        learner = KernelRidge(kernel, ridge, centre=False)
        curve = learner.learning_curve(X, Y, NS, X_TEST, Y_TEST)
        torch.testing.assert_close(curve, refits(learner), rtol=1e-7, atol=1e-9)
        for n, error in zip(NS, curve.tolist(), strict=True):
            peer = kernel_ridge.KernelRidge(alpha=ridge, kernel="precomputed")
            peer.fit(kernel(X[:n], X[:n]).numpy(), Y[:n].numpy())
            guess = peer.predict(kernel(X_TEST, X[:n]).numpy())
            expected = float(np.mean((guess - Y_TEST.numpy()) ** 2))
            assert error == pytest.approx(expected, rel=1e-6)


def test_fit_solves_the_normal_equations_with_the_ridge_as_given() -> None:
    gram = ntk(X, X) + 0.5 * torch.eye(N, dtype=DOUBLE)
    expected = Y.mean() + ntk(X_TEST, X) @ torch.linalg.solve(gram, Y - Y.mean())
    found = KernelRidge(ntk, 0.5).fit(X, Y).predict(X_TEST)
    torch.testing.assert_close(found, expected)
    wrong = KernelRidge(ntk, 0.5 * N).fit(X, Y).predict(X_TEST)
    assert not torch.allclose(wrong, expected, rtol=1e-3)


def test_both_ways_to_the_predictions_are_taken() -> None:
    cross, labels = rbf(X, X_TEST), torch.stack([Y, Y.square()], 1)
    factor = factorise(rbf(X, X), 0.1)
    duals = prefix_duals(factor, labels, [N])
    # sizes few, points few: partial sums
    by_sums = prefix_predictions(factor, cross[:, :2], labels, [N])
    torch.testing.assert_close(by_sums[0], cross[:, :2].T @ duals[:, 0])


def test_a_singular_gram_asks_for_a_ridge() -> None:
    twice = torch.cat([X[:20], X[:20]])
    with pytest.raises(ValueError, match="larger ridge"):
        KernelRidge(partial(polynomial, degree=1), 0.0).fit(twice, torch.ones(40))


def test_tuned_errors_pick_the_best_ridge_on_held_out_data() -> None:
    ridges = [1e-4, 0.1, 3.0, 100.0]
    train, held, test = ((x, y[:, None]) for x, y in ((X, Y), HELD, (X_TEST, Y_TEST)))
    tuned = tuned_errors(ntk, ridges, train, NS, held, test).flatten()
    # the ridges are in units of k(1, 1)
    scale = float(ntk(torch.ones(1, D), torch.ones(1, D)))
    learners = [KernelRidge(ntk, v * scale) for v in ridges]
    chosen = torch.stack([k.learning_curve(X, Y, NS, *HELD) for k in learners])
    errors = torch.stack([k.learning_curve(X, Y, NS, X_TEST, Y_TEST) for k in learners])
    expected = errors.gather(0, chosen.argmin(0)[None])[0]
    torch.testing.assert_close(tuned, expected, rtol=1e-6, atol=1e-8)


@every_learner
def test_curve_agrees_with_refits_and_more_samples_help(make: Make) -> None:
    learner = make(3)
    curve = learner.learning_curve(X, Y, NS, X_TEST, Y_TEST)
    assert curve.shape == (len(NS),)
    assert float(curve[-1]) < float(curve[0])
    # Adam's batched products round apart from single ones, and training spreads it
    tolerance = 2e-2 if isinstance(learner, AdamNetwork) else 1e-3
    torch.testing.assert_close(
        curve.double(), refits(learner), rtol=tolerance, atol=1e-4
    )


@every_learner
def test_seeds_reproduce_and_differ_and_samples_stay(make: Make) -> None:
    x, y = X.clone(), Y.clone()
    first, again, other = (make(s).fit(x, y).predict(X_TEST) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)
    KernelRidge(ntk, 0.1).learning_curve(x, y, NS, X_TEST, Y_TEST)
    assert torch.equal(x, X)
    assert torch.equal(y, Y)


@every_learner
def test_labels_that_mean_nothing_are_not_learnt(make: Make) -> None:
    """The negative control of every learner: noise is not predicted."""
    x, fresh = TARGET.sample(2000, 7)[0], normal(2000, seed=8)
    guess = make(0).fit(X, normal(N, seed=9)).predict(x).double()
    assert float((guess - fresh).square().mean()) > 0.9 * float(fresh.square().mean())


@pytest.mark.parametrize("ridge", [1e-4, 0.1])
def test_read_out_is_ridge_regression(ridge: float) -> None:
    learner = RandomFeatures(24, HeadChoice(ridge=ridge), seed=4, dtype=DOUBLE)
    phi = learner.features(D)
    peer = linear_model.Ridge(alpha=N * ridge, fit_intercept=False)
    peer.fit(phi(X).numpy(), (Y - Y.mean()).numpy())
    expected = Y.mean() + torch.from_numpy(peer.predict(phi(X_TEST).numpy()))
    guess = learner.fit(X, Y).predict(X_TEST)
    torch.testing.assert_close(guess, expected, rtol=1e-6, atol=1e-8)


def test_linearised_features_are_the_gradients_of_the_network() -> None:
    features, x = LinearisedNetwork(6, seed=1, dtype=DOUBLE).features(D), normal(5, D)

    def network(w: Tensor, a: Tensor, b: Tensor) -> Tensor:
        return torch.relu(x @ w.T + b) @ a

    ones, w = torch.ones(3, dtype=DOUBLE), features.args[0]
    by_w, *others = torch.func.jacrev(network, (0, 1, 2))(w, ones, 0 * ones)
    expected = torch.cat([others[0], by_w.flatten(1), others[1]], dim=1)
    torch.testing.assert_close(features(x), expected)


def test_a_constant_on_the_labels_is_a_constant_on_the_predictions() -> None:
    for make in MAKERS.values():
        moved = make(0)
        moved.choice = HeadChoice(held_out=(HELD[0], HELD[1] + 5))
        # Algorithm 1 takes beta before it takes the mean off, as the paper prints it
        if isinstance(moved, OneStepNetwork) or not make(0).choice.shared:
            continue
        guess = moved.fit(X, Y + 5).predict(X_TEST) - 5
        torch.testing.assert_close(
            guess, make(0).fit(X, Y).predict(X_TEST), rtol=1e-2, atol=1e-2
        )
    kernel = KernelRidge(ntk, 0.1)
    moved = kernel.fit(X, Y + 5).predict(X_TEST) - 5
    torch.testing.assert_close(moved, kernel.fit(X, Y).predict(X_TEST))
    raw = KernelRidge(ntk, 0.1, centre=False).fit(X, Y + 5).predict(X_TEST) - 5
    assert float((raw - moved).abs().max()) > 0.01


def test_oracle_sees_the_projection_only() -> None:
    fit, moved = MAKERS["oracle"](0).fit(X, Y), X.clone()
    moved[:, 1:] += 5.0
    torch.testing.assert_close(fit.predict(X), fit.predict(moved))
    moved[:, :1] += 5.0
    assert not torch.allclose(fit.predict(X), fit.predict(moved))


def test_adam_gradients_agree_with_automatic_ones() -> None:
    parameters = [normal(3, *shape, seed=6) for shape in ((D, 7), (1, 7), (7, 1))]
    x, y = normal(3, 11, D), normal(3, 11, seed=7)
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
    settings = dict(width=16, steps=40, checkpoints=4, held_out=HELD)
    for seed, fit in enumerate(AdamNetwork(**settings).fit_seeds(X, Y, [0, 1, 2])):
        alone = AdamNetwork(**settings, seed=seed).fit(X, Y).predict(X_TEST)
        torch.testing.assert_close(fit.predict(X_TEST), alone, rtol=1e-2, atol=1e-2)


def test_without_a_ridge_the_read_out_has_least_norm() -> None:
    """More features than samples: what lstsq gives, not NaN."""
    learner = RandomFeatures(100, HeadChoice(ridge=0.0), dtype=DOUBLE)
    phi = learner.features(D)
    mean = Y[:20].mean()
    head = torch.linalg.pinv(phi(X[:20])) @ (Y[:20] - mean)
    guess = learner.fit(X[:20], Y[:20]).predict(X_TEST)
    torch.testing.assert_close(guess, phi(X_TEST) @ head + mean, rtol=1e-4, atol=1e-4)


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
    with pytest.raises(ValueError, match=r"learning_rate=1e\+30 .*too large"):
        wild.fit(x, y)


def test_the_rate_is_the_one_that_held_out_data_prefer() -> None:
    settings = dict(width=16, steps=200, checkpoints=4, held_out=HELD)
    few = [AdamNetwork(learning_rate=rate, **settings) for rate in (1e-6, 3e-2)]
    errors = [n.learning_curve(X, Y, NS, *HELD) for n in few]
    both = AdamNetwork(learning_rate=(1e-6, 3e-2), **settings)
    chosen = both.learning_curve(X, Y, NS, *HELD)
    torch.testing.assert_close(chosen, torch.stack(errors).amin(dim=0))
    assert bool((errors[1] < errors[0]).any())
