"""The limit of the one-step network: against its own model, and against networks."""

import math

import pytest
import torch
from helpers import normal, refuses

from replearn.hermite import orthonormal_hermite
from replearn.learners import OneStepNetwork
from replearn.learners.random_features import relu_features
from replearn.learners.ridge_head import Heads, Moments, ridge_path
from replearn.targets import paper_target
from replearn.targets.multi_index import normal_quantiles
from replearn.theory import predict_network_limit

CUBIC = [0.0, 0.0, math.sqrt(0.5), math.sqrt(0.5)]


def left_over(moments: Moments, heads: Heads, power: float) -> float:
    a = heads.weights[0]
    explained = 2 * (a * moments.cross).sum() - (a * (moments.gram @ a)).sum()
    return 1 - float(explained) / power


@pytest.mark.parametrize(("width", "ratio", "noise"), [(8, 2.0, 0.0), (16, 4.0, 1.0)])
def test_the_limiting_model_simulated(width: int, ratio: float, noise: float) -> None:
    z, *b = normal(3, width // 2, seed=5)
    xi = normal(400_000, width // 2, seed=6)
    u, b = normal_quantiles(len(xi), 1, seed=0), torch.cat(b)
    signal = 2 * ratio / (math.pi * (1 + noise))
    s = 0.5 / (1 + signal * z.square().mean()).sqrt()
    f = sum(c * orthonormal_hermite(k, u) for k, c in enumerate(CUBIC))
    moments = Moments(lambda x: (torch.cat([x, -x], 1) + b).clamp(min=0), width)
    moments.add(s * (math.sqrt(signal) * z * u + xi), f)
    limit = float(predict_network_limit((z, b), CUBIC, [ratio], noise_variance=noise))
    # no ridge, the shortest solution, or the smallest ridge that a network may take
    for heads in (ridge_path(moments, torch.zeros(1)), ridge_path(moments)):
        left = left_over(moments, heads, float(f.square().sum()))
        assert limit == pytest.approx(left, rel=0.01)


def test_networks_approach_their_own_limits_as_d_grows() -> None:
    """From their own starts and biases, with no parameter."""
    gaps = {}
    for d in (20, 160):
        target, ratios = paper_target(d, 1, 3), []
        for seed in range(6):
            network = OneStepNetwork(32, seed=seed)
            x, y = target.sample(4 * d**2, 100 + seed, 0.0, torch.float32)
            alpha, beta = network.linear_part(x, y)
            w = network.first_layer(x, y - alpha - x @ beta)
            start, b = network._start(d, x.dtype), network._biases(d)
            moments = Moments(relu_features(w, b), 32)
            x, y = target.stratified(50_000, 200 + seed, torch.float32)
            moments.add(x, y[:, None])
            heads = ridge_path(moments, torch.zeros(1))
            left = left_over(moments, heads, float(y.double().square().sum()))
            z = start[:, 0] * math.sqrt(d)
            ratios.append(left / float(predict_network_limit((z, b), CUBIC, [4.0])))
        gaps[d] = torch.tensor(ratios)
    assert float(gaps[160].mean()) == pytest.approx(1.0, abs=0.12)
    # a single network is well foretold far out, and badly at twenty dimensions
    assert float(gaps[160].log().abs().mean()) < 0.1
    assert float(gaps[20].log().abs().mean()) > 0.2


def test_where_nothing_is_seen_nothing_is_learnt() -> None:
    assert predict_network_limit(16, [0, 0, 0, 1], [4.0]).item() == pytest.approx(1.0)
    both, one = (predict_network_limit(16, [0, c, 1], [4.0]).item() for c in (1, 0))
    assert both == pytest.approx(one / 2)  # the linear part is removed, and known
    low, odd = (16, [0, 1], [4.0]), (3, [0, 0, 1], [4.0])
    refuses(lambda: predict_network_limit(*low), "below degree two")
    refuses(lambda: predict_network_limit(*odd), "even")
