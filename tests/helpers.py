"""What many tests draw, average and expect; and every learner, small and quick."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from replearn import kernels, learners
from replearn.hermite import gauss_hermite
from replearn.targets import MultiIndex

DOUBLE = torch.float64


def normal(*shape: int, seed: int = 0) -> Tensor:
    """Standard normal draws."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=DOUBLE)


def sphere_points(n: int, d: int, seed: int) -> Tensor:
    """Uniform points of the sphere of radius sqrt(d)."""
    x = normal(n, d, seed=seed)
    return math.sqrt(d) * x / x.norm(dim=1, keepdim=True)


def rotation(d: int, rows: int | None = None, seed: int = 0) -> Tensor:
    """Orthonormal rows."""
    return torch.linalg.qr(normal(d, d, seed=seed)).Q[:rows]


def gaussian_grid(r: int, points: int = 12) -> tuple[Tensor, Tensor]:
    """Nodes (N, r) and weights of a quadrature for r standard normals."""
    z, weights = gauss_hermite(points)
    grid = torch.cartesian_prod(*[z] * r).reshape(-1, r)
    return grid, torch.cartesian_prod(*[weights] * r).reshape(-1, r).prod(1)


def moment_by_grid(target: MultiIndex) -> float:
    """E[f*^2 |Ux|^2], as anyone would compute it."""
    z, mass = gaussian_grid(target.r)
    return float((mass * target.link(z).square() * z.square().sum(1)).sum())


def step_shares(target: MultiIndex, n: int, seed: int, noise: float = 0.0) -> Tensor:
    """Share of the empirical gradients' square along each of the first r axes."""
    x, y = target.sample(n, seed, noise)
    y = y - y.mean()
    y = y - x @ (x.T @ y / n)
    w = normal(256, target.d, seed=1000 + seed)
    squares = ((x @ w.T >= 0).to(x.dtype).T @ (y[:, None] * x) / n).square().sum(0)
    return squares[: target.r] / squares.sum()


def meets(
    runs: Tensor | Sequence[float],
    expected: Tensor | float,
    floor: Tensor | float = 0.0,
    errors: float = 4.0,
) -> Tensor:
    """Where the mean of the runs is within so many standard errors and the floor."""
    runs = torch.as_tensor(runs, dtype=DOUBLE)
    allowed = errors * runs.std(0) / math.sqrt(len(runs)) + floor
    return (runs.mean(0) - expected).abs() < allowed


def refuses(call: Callable[[], object], match: str) -> None:
    """Whether the call is refused in these words."""
    with pytest.raises((ValueError, TypeError), match=match):
        call()


D, N = 5, 30
X = normal(N, D)
Y = X[:, 0] ** 2
HELD = (X[10:] + 0.1, Y[10:])
CHOICE = learners.HeadChoice(held_out=HELD)
LEARNERS: dict[str, Callable[[], learners.Learner]] = {
    "ridge": partial(learners.KernelRidge, kernels.ntk, 0.1),
    "features": partial(learners.RandomFeatures, 8),
    "linearised": partial(learners.LinearisedNetwork, 8, CHOICE),
    "one-step": partial(learners.OneStepNetwork, 8, choice=CHOICE),
    "variant": partial(learners.OneStepVariant, "least-squares", steps=2, width=8),
    "adam": partial(learners.AdamNetwork, 8, steps=20, checkpoints=2, held_out=HELD),
    "oracle": partial(learners.Oracle, torch.eye(2, 5), 8, CHOICE),
    "transferred": partial(learners.TransferredFeatures, X[:8], CHOICE),
    "probe": partial(learners.LinearProbe, X[:8], CHOICE),
}
every_learner: Any = pytest.mark.parametrize("make", LEARNERS.values(), ids=LEARNERS)
