"""The bound for every kernel: its spectrum by brute force, and kernels that obey it."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from torch import Tensor

from replearn.experiments import curves
from replearn.experiments.tables import read_table
from replearn.harmonics import count_harmonics, gegenbauer, to_sphere
from replearn.hermite import gauss_hermite, orthonormal_hermite
from replearn.kernels import polynomial
from replearn.learners import KernelRidge, OneStepNetwork
from replearn.targets import MultiIndex, degenerate_target, paper_target
from replearn.theory import angular_spectrum, kernel_floor

TARGETS = {
    "one": paper_target(3, 1, 3),
    "sum": paper_target(3, 2, 3),
    "product": MultiIndex(3, 2, 4, {(1, 1): 1.0, (2, 2): 1.0, (0, 1): 0.5}),
    "full": MultiIndex(3, 3, 4, {(1, 1, 1): 1.0, (4, 0, 0): 1.0, (2, 0, 0): -0.7}),
}


def rotations(points: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Rotations of space and weights, exact for polynomials of degree below 10."""
    heights, weights = np.polynomial.legendre.leggauss(points)
    turn = 2 * np.pi * np.arange(points) / points
    angles = [[a, np.arccos(h), c] for a in turn for h in heights for c in turn]
    mass = np.tile(np.repeat(weights, points), points) / (2 * points**2)
    return Rotation.from_euler("ZYZ", np.array(angles)).as_matrix(), mass


def spectrum_by_quadrature(target: MultiIndex) -> np.ndarray:
    """Eigenvalues of E_U[c c^T], c the Hermite coefficients of f_U in three variables."""
    nodes, weights = gauss_hermite(target.degree + 1)
    x = torch.cartesian_prod(nodes, nodes, nodes)
    mass = torch.cartesian_prod(weights, weights, weights).prod(1)
    orders = itertools.product(range(target.degree + 1), repeat=3)
    basis = torch.stack(
        [
            mass * torch.stack([orthonormal_hermite(q, c) for q, c in zip(k, x.T)]).prod(0)
            for k in orders
            if sum(k) <= target.degree
        ]
    )
    turned, share = rotations()
    turned = torch.from_numpy(turned)[:, : target.r]
    values = torch.stack([target.link(x @ u.T) for u in turned])
    coefficients = (values @ basis.T).numpy() * np.sqrt(share)[:, None]
    return np.linalg.eigvalsh(coefficients.T @ coefficients)[::-1]


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_the_spectrum_is_that_of_the_mean_over_all_directions(
    target: MultiIndex,
) -> None:
    blocks = angular_spectrum(target).items()
    found = sorted(v for j, vs in blocks for v in vs for _ in range(2 * j + 1))[::-1]
    direct = spectrum_by_quadrature(target)
    assert direct[: len(found)] == pytest.approx(found, abs=1e-12)
    assert direct[len(found) :] == pytest.approx(0.0, abs=1e-12)
    floor = 1 - np.cumsum(direct)
    assert kernel_floor(target, [1, 3, 7]).tolist() == pytest.approx(floor[[0, 2, 6]])


@pytest.mark.parametrize("d", [4, 40])
@pytest.mark.parametrize("inputs", ["gaussian", "sphere"])
def test_one_direction_has_the_shares_of_a_double_integral(d: int, inputs: str) -> None:
    target = paper_target(d, 1, 4)
    draws = np.random.default_rng(0).chisquare(d, 400) ** 0.5
    radii, mass = [math.sqrt(d)], [1.0]
    if inputs == "gaussian":
        del draws
        grid = np.linspace(1e-3, math.sqrt(d) + 9, 2000)
        logs = (d - 1) * np.log(grid) - grid**2 / 2
        radii, mass = grid, np.exp(logs - logs.max())
        mass /= mass.sum()
    t, weights = np.polynomial.legendre.leggauss(200)
    weights = weights * (1 - t**2) ** ((d - 3) / 2)
    weights /= weights.sum()
    values = target.link(torch.from_numpy(np.outer(radii, t).reshape(-1, 1)))
    for j, found in angular_spectrum(target, inputs).items():
        p = gegenbauer(j, torch.from_numpy(t), d).numpy()
        b = values.reshape(len(radii), -1).numpy() @ (weights * p)
        assert found == pytest.approx([np.dot(mass, b**2)], rel=1e-6)


def test_sizes_at_a_tenth_of_the_variance() -> None:
    """Smallest n whose floor is at most .1, as found by an independent program."""
    printed = {2: (49, 188, 736), 3: (219, 1398, 9836), 4: (491, 6567, 95_074)}
    for p, sizes in printed.items():
        for d, n in zip((10, 20, 40), sizes, strict=True):
            before, at = kernel_floor(paper_target(d, 1, p), [n - 1, n]).tolist()
            assert at <= 0.1 < before


def kernel_error(target: MultiIndex, n: int, powers: Tensor, draws: int) -> float:
    """Mean error over directions of a kernel with the given power at each degree."""

    def matched(x: Tensor, z: Tensor) -> Tensor:
        t = (x @ z.T / target.d).clamp(-1, 1)
        return sum(w * gegenbauer(j, t, target.d) for j, w in enumerate(powers))

    errors = []
    for seed in range(draws):
        generator = torch.Generator().manual_seed(seed)
        x = torch.randn(n + 2000, target.d, generator=generator, dtype=torch.float64)
        x = to_sphere(x)
        y = target(x)
        fit = KernelRidge(matched, 1e-9).fit(x[:n], y[:n]).predict(x[n:])
        errors.append(((fit - y[n:]).square().mean() / y[n:].var()).item())
    return float(np.mean(errors))


def test_a_kernel_that_knows_the_degree_comes_close_and_no_bound_above_holds() -> None:
    target = degenerate_target(12, degree=2)
    count = count_harmonics(12, 2)  # 77, and the target is one harmonic of them
    floors = kernel_floor(target, [25, 50, 75], inputs="sphere").tolist()
    assert floors == pytest.approx([1 - n / count for n in (25, 50, 75)])
    for n, floor in zip((25, 50, 75), floors, strict=True):
        error = kernel_error(target, n, torch.tensor([0.0, 0.0, 1.0]), draws=40)
        # unbiased for the interpolating matched kernel: equality within sampling error
        assert error == pytest.approx(floor, abs=0.03)
        other = kernel_error(target, n, torch.tensor([0.1, 0.2, 0.7]), draws=10)
        assert other > floor


def test_a_network_breaks_the_bound_and_few_features_bend_it() -> None:
    target = paper_target(40, 1, 3)
    x, y = target.sample(14_000, seed=0, dtype=torch.float32)
    fit = OneStepNetwork(256).fit(x[:6400], y[:6400]).predict(x[6400:])
    error = (fit - y[6400:]).square().mean() / y[6400:].var()
    kernel = kernel_floor(target, [6400])
    assert error < 0.5 * kernel < kernel_floor(target, [6400], width=512)


def test_no_kernel_of_the_tables_lies_below() -> None:
    table = read_table("kernel-vs-network")
    widths = {"ntk": None, "polynomial": None, "rbf": None, "random-features": 512}
    for learner, width in widths.items():
        rows = curves.select(table, learner=learner)
        means = rows.groupby(["d", "r", "degree", "n"])["error"].mean()
        for (d, r, p), errors in means.groupby(level=["d", "r", "degree"]):
            ns = errors.index.get_level_values("n").tolist()
            floor = kernel_floor(paper_target(d, r, p), ns, width).numpy()
            assert (errors.to_numpy() >= 0.99 * floor).all(), (learner, d, r, p)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="d=1"):
        kernel_floor(paper_target(1, 1, 2), [10])
    with pytest.raises(ValueError, match="constant on the sphere"):
        kernel_floor(degenerate_target(3, 3, degree=2), [10], inputs="sphere")
    assert polynomial is not None
