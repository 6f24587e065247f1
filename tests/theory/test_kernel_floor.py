"""The bound for every kernel: its spectrum by brute force, and kernels that obey it."""

import itertools
import math

import numpy as np
import pytest
import torch
from helpers import gaussian_grid, refuses
from scipy.spatial.transform import Rotation

from replearn.experiments import curves
from replearn.experiments.tables import read_table
from replearn.harmonics import count_harmonics, gegenbauer, to_sphere
from replearn.hermite import orthonormal_hermite
from replearn.learners import KernelRidge
from replearn.targets import MultiIndex, degenerate_target, paper_target
from replearn.theory import angular_spectrum, kernel_floor, sphere_degree_powers

TARGETS = {
    "product": MultiIndex(3, 2, 4, {(1, 1): 1.0, (2, 2): 1.0, (0, 1): 0.5}),
    "full": MultiIndex(3, 3, 4, {(1, 1, 1): 1.0, (4, 0, 0): 1.0, (2, 0, 0): -0.7}),
}


def spectrum_by_quadrature(target: MultiIndex) -> np.ndarray:
    """Eigenvalues of E_U[c c^T], c the Hermite coefficients of f_U on R^3, exactly."""
    heights, share = np.polynomial.legendre.leggauss(10)
    turns = 2 * np.pi * np.arange(10) / 10
    angles = [[a, np.arccos(h), c] for a in turns for h in heights for c in turns]
    rotations = torch.from_numpy(Rotation.from_euler("ZYZ", angles).as_matrix())
    x, mass = gaussian_grid(3, target.degree + 1)
    basis = [
        math.prod(orthonormal_hermite(q, x[:, i]) for i, q in enumerate(k))
        for k in itertools.product(range(target.degree + 1), repeat=3)
        if sum(k) <= target.degree
    ]
    weighted = torch.stack(basis, 1) * mass[:, None]
    values = torch.stack([target.link(x @ u[: target.r].T) for u in rotations])
    root = np.sqrt(np.tile(np.repeat(share, 10), 10) / 200)
    c = (values @ weighted).numpy() * root[:, None]
    return np.linalg.eigvalsh(c.T @ c)[::-1]


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_the_spectrum_is_that_of_a_mean_over_rotations(target: MultiIndex) -> None:
    blocks = angular_spectrum(target).items()
    found = sorted(v for j, vs in blocks for v in vs for _ in range(2 * j + 1))[::-1]
    direct = spectrum_by_quadrature(target)
    assert direct == pytest.approx(found + [0.0] * (len(direct) - len(found)), abs=1e-9)
    floor = 1 - np.cumsum(direct)
    assert kernel_floor(target, [1, 3, 7]).numpy() == pytest.approx(floor[[0, 2, 6]])


@pytest.mark.parametrize("r", [1, 3])
def test_on_the_sphere_the_shares_are_those_of_the_quadrature(r: int) -> None:
    spectrum = angular_spectrum(paper_target(9, r, 4), "sphere").items()
    shares = torch.tensor([sum(v) * count_harmonics(9, j) for j, v in spectrum])
    powers = sphere_degree_powers(9, {2: 0.5, 4: 0.5}, r)
    assert (shares / shares.sum()).tolist() == pytest.approx(powers[[2, 4]].tolist())


@pytest.mark.parametrize(
    ("p", "sizes"),
    [(2, (49, 188, 736)), (3, (219, 1398, 9836)), (4, (491, 6567, 95074))],
)
def test_sizes_at_a_tenth_as_another_program_found_them(
    p: int, sizes: tuple[int, ...]
) -> None:
    for d, n in zip((10, 20, 40), sizes, strict=True):
        before, at = kernel_floor(paper_target(d, 1, p), [n - 1, n]).tolist()
        assert at <= 0.1 < before


@pytest.mark.parametrize("n", [25, 70])
def test_the_kernel_of_the_right_degree_attains_the_bound(n: int) -> None:
    target, found = degenerate_target(12, degree=2), []
    for seed in range(40):
        x = to_sphere(target.sample(n + 2000, seed)[0])
        y = target(x)
        learner = KernelRidge(lambda a, b: gegenbauer(2, a @ b.T / 12, 12), 1e-9, False)
        rest = learner.fit(x[:n], y[:n]).predict(x[n:]) - y[n:]
        found.append(float(rest.square().mean() / y[n:].var()))
    floor = kernel_floor(target, [n], inputs="sphere").item()
    assert floor == pytest.approx(1 - n / count_harmonics(12, 2))
    assert np.mean(found) == pytest.approx(floor, abs=0.04)


def test_no_kernel_of_the_tables_lies_below_and_the_networks_do() -> None:
    table, lowest = read_table("kernel-vs-network"), {}
    for (name, d, r, p), rows in table.groupby(["learner", "d", "r", "degree"]):
        means = curves.summarise(rows).sort_values("n")
        width = 512 if name == "random-features" else None
        floor = kernel_floor(paper_target(d, r, p), means["n"].tolist(), width).numpy()
        ratio = (means["error"].to_numpy()[floor > 1e-3] / floor[floor > 1e-3]).min()
        lowest[name] = min(lowest.get(name, math.inf), ratio)
    kernels = ("ntk", "polynomial", "rbf", "random-features")
    assert min(lowest[name] for name in kernels) > 0.995  # five seeds' noise
    assert max(lowest[name] for name in ("one-step", "adam")) < 0.1


def test_what_has_no_bound_is_refused() -> None:
    refuses(lambda: kernel_floor(MultiIndex(1, 1, 2), [10]), "d=1")
    flat = degenerate_target(3, 3, degree=2)
    refuses(lambda: kernel_floor(flat, [10], inputs="sphere"), "constant on the sphere")
