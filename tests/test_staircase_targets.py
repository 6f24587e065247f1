"""Targets with one part per degree: orthonormal, on both kinds of inputs."""

import pytest
import torch
from scipy.special import eval_gegenbauer

from replearn.harmonics import gegenbauer, to_sphere
from replearn.targets.staircase import Staircase

WEIGHTS = {1: 1.0, 2: 1.0, 3: 1.0, 4: 1.0}


@pytest.mark.parametrize("inputs", ["gaussian", "sphere"])
@pytest.mark.parametrize(("r", "start"), [(1, 0), (2, 0), (2, 3)])
def test_parts_are_orthonormal(inputs: str, r: int, start: int) -> None:
    target = Staircase(6, r, WEIGHTS, inputs, start)
    x, _ = target.sample(400_000, seed=0)
    parts = target.parts(x)
    gram = parts.T @ parts / len(x)
    # fourth powers of Gaussians have heavy tails: the loosest entry is He_4 squared
    torch.testing.assert_close(gram, torch.eye(4).double(), atol=0.08, rtol=0)
    assert float(parts.mean(0).abs().max()) < 0.02


def test_gaussian_parts_are_not_orthonormal_on_the_sphere() -> None:
    """The control: Hermite polynomials there miss by more than the tolerance."""
    x = to_sphere(Staircase(6).sample(400_000, seed=0)[0])
    parts = Staircase(6, 1, WEIGHTS).parts(x)
    gram = parts.T @ parts / len(x)
    assert float((gram - torch.eye(4)).abs().max()) > 0.2


def test_the_label_weighs_the_parts() -> None:
    target = Staircase(5, weights={1: 1.0, 3: 3.0})
    x, y = target.sample(10, seed=1)
    parts = target.parts(x)
    torch.testing.assert_close(y, 0.5 * parts[:, 0] + 0.75**0.5 * parts[:, 1])
    noisy = target.sample(10, seed=1, noise=0.5)[1]
    torch.testing.assert_close((noisy - y).abs(), torch.full((10,), 0.5).double())


@pytest.mark.parametrize("d", [3, 7, 40])
def test_gegenbauer_agrees_with_scipy(d: int) -> None:
    t = torch.linspace(-1, 1, 21, dtype=torch.float64)
    for k in range(5):
        alpha = (d - 2) / 2
        values = eval_gegenbauer(k, alpha, t.numpy()) / eval_gegenbauer(k, alpha, 1.0)
        torch.testing.assert_close(gegenbauer(k, t, d), torch.from_numpy(values))
