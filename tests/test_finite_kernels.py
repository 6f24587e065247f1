"""Finite networks' kernels: against automatic gradients, and towards their limits."""

import math

import pytest
import torch
from helpers import DOUBLE

from replearn import kernels
from replearn.learners import LinearisedNetwork, RandomFeatures
from replearn.learners.finite_kernels import (
    random_feature_gram,
    tangent_gram,
    tangent_weights,
)
from replearn.targets import sample_gaussian

X = sample_gaussian(6, 4, seed=0)


@pytest.mark.parametrize(("weight", "bias"), [(2.0, 0.0), (1.5, 0.7)])
def test_tangent_gram_is_that_of_automatic_gradients(
    weight: float, bias: float
) -> None:
    width = 30
    w, b, a = (p.clone().requires_grad_() for p in tangent_weights(4, width, seed=3))
    c = torch.zeros((), dtype=DOUBLE, requires_grad=True)
    h = math.sqrt(weight / 4) * X @ w.T + math.sqrt(bias) * b
    f = math.sqrt(weight / width) * h.clamp(min=0.0) @ a + math.sqrt(bias) * c
    parts = [torch.autograd.grad(v, (w, b, a, c), retain_graph=True) for v in f]
    jacobian = torch.stack([torch.cat([p.flatten() for p in row]) for row in parts])
    ours = tangent_gram(X, X, width, 3, weight, bias)
    torch.testing.assert_close(ours, jacobian @ jacobian.T)


def test_linearised_network_has_the_tangent_kernel_s_limit() -> None:
    """Its features, with a_j = +-1 and biases that start at zero."""
    half = 20_000
    phi = LinearisedNetwork(2 * half, dtype=DOUBLE).features(4)(X)
    limit = kernels.linearised(X, X)
    torch.testing.assert_close(phi @ phi.T / half, limit, rtol=0.06, atol=0.015)
    # the control: without the biases' part, and with the first layer's divided by d
    relu, gated, _ = phi.split([half, 4 * half, half], dim=1)
    halves = relu @ relu.T + gated @ gated.T / 4
    # w_j ~ N(0, I/d) has half the variance of the closed form's default
    other = kernels.ntk(X, X, weight_variance=1.0)
    torch.testing.assert_close(halves / half, other, rtol=0.06, atol=0.015)
    assert float((limit - other).abs().max()) > 0.5


def test_random_features_agree_with_their_learner_and_limit() -> None:
    limit = kernels.nngp(X, X, weight_variance=1.0, bias_variance=1.0) - 1.0
    wide = random_feature_gram(X, X, 100_000, seed=0)
    torch.testing.assert_close(wide, limit, rtol=0.03, atol=0.01)
    phi = RandomFeatures(60_000, seed=1).features(4)(X.float()).double()
    torch.testing.assert_close(phi @ phi.T / 60_000, limit, rtol=0.05, atol=0.03)
    # the control: without its bias the limit is another one
    other = kernels.nngp(X, X, weight_variance=1.0)
    assert float((wide - other).abs().max()) > 0.3


@pytest.mark.parametrize("gram", [random_feature_gram, tangent_gram])
def test_sixteen_times_the_width_is_a_quarter_of_the_error(gram) -> None:
    limit = gram(X, X, 400_000, 99)
    errors = [
        torch.stack([(gram(X, X, m, s) - limit).norm() for s in range(12)]).mean()
        for m in (100, 1600)
    ]
    assert float(errors[0] / errors[1]) == pytest.approx(4.0, rel=0.35)
