"""Kernels against wide random networks, automatic gradients and scikit-learn."""

import itertools
import math
from functools import partial
from typing import Any

import pytest
import torch
from helpers import meets, normal, rotation
from sklearn.metrics.pairwise import polynomial_kernel, rbf_kernel
from torch import Tensor

from replearn import kernels
from replearn.kernels import Kernel, nngp, ntk, polynomial, rbf

ALL: dict[str, Kernel] = {
    "ntk": ntk,
    "ntk-deep": partial(ntk, depth=3, bias_variance=0.4),
    "nngp": nngp,
    "nngp-deep": partial(nngp, depth=2, bias_variance=1.0),
    "rbf": rbf,
    "polynomial": partial(polynomial, degree=3),
}
every_kernel = pytest.mark.parametrize("kernel", ALL.values(), ids=ALL.keys())
D = 4


def gaussian(n: int, seed: int = 0) -> Tensor:
    return normal(n, D, seed=seed)


def some_points() -> Tensor:
    """Six inputs, among them a close pair, an opposite pair and a short one."""
    x = gaussian(6)
    x[1] = x[0] + 0.01
    x[3] = -x[2]
    x[5] *= 0.1
    return x


Layers = list[tuple[Tensor, Tensor]]


def network_layers(widths: list[int], seed: int) -> Layers:
    """Standard normal weights and biases, a pair per layer."""
    pairs = enumerate(itertools.pairwise(widths), start=100 * seed)
    return [(normal(*size, seed=i), normal(size[1], seed=i + 50)) for i, size in pairs]


def run_network(layers: Layers, x: Tensor, weight: float, bias: float) -> Tensor:
    """h <- sigma_w relu(h) W / sqrt(fan_in) + sigma_b b, no relu on the inputs."""
    h = x
    for i, (w, b) in enumerate(layers):
        h = h.clamp(min=0.0) if i else h
        h = math.sqrt(weight / len(w)) * h @ w + math.sqrt(bias) * b
    return h


def sampled_covariance(x: Tensor, seed: int, depth: int, *variances: float) -> Tensor:
    """Output covariance given the hidden layers: the read-out is averaged exactly."""
    layers = network_layers([x.shape[1]] + [900] * depth, seed)
    h = run_network(layers, x, *variances).clamp(min=0.0)
    return variances[0] * h @ h.T / h.shape[1] + variances[1]


def empirical_tangent(x: Tensor, seed: int, depth: int, *variances: float) -> Tensor:
    """J J^T of a finite network, J by automatic differentiation."""
    layers = network_layers([x.shape[1]] + [400] * depth + [1], seed)
    leaves = [p.requires_grad_() for layer in layers for p in layer]
    output = run_network(layers, x, *variances)[:, 0]
    parts = [torch.autograd.grad(value, leaves, retain_graph=True) for value in output]
    jacobian = torch.stack([torch.cat([p.flatten() for p in row]) for row in parts])
    return jacobian @ jacobian.T


@pytest.mark.parametrize(
    ("sample", "kernel"), [(sampled_covariance, nngp), (empirical_tangent, ntk)]
)
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize(("weight", "bias"), [(2.0, 0.0), (1.5, 0.3)])
def test_infinite_width_kernels_agree_with_wide_networks(
    sample: Any, kernel: Any, depth: int, weight: float, bias: float
) -> None:
    x = some_points()
    draws = torch.stack([sample(x, s, depth, weight, bias) for s in range(24)])
    right = kernel(x, x, depth, weight, bias)
    assert meets(draws, right, 4.5e-3 * (right.abs() + 1), errors=4.5).all()
    # the same measure finds variances that are off by a twelfth
    for off in ((weight * 13 / 12, bias), (weight, bias + 0.1)):
        wrong = kernel(x, x, depth, *off)
        assert not meets(draws, wrong, 8e-3 * (wrong.abs() + 1), errors=8).all()


def test_rbf_and_polynomial_agree_with_scikit_learn() -> None:
    x, z = gaussian(7), gaussian(5, seed=1)
    for scale in (0.3, 2.0):
        expected = torch.from_numpy(rbf_kernel(x, z, gamma=1 / (2 * scale**2)))
        torch.testing.assert_close(rbf(x, z, scale), expected)
    torch.testing.assert_close(rbf(x, z), rbf(x, z, math.sqrt(D)))
    for degree in (1, 2, 4):
        expected = torch.from_numpy(polynomial_kernel(x, z, degree, 1 / D, 1.0))
        torch.testing.assert_close(polynomial(x, z, degree), expected)


@every_kernel
def test_gram_is_symmetric_and_positive(kernel: Kernel) -> None:
    x, z = gaussian(40), gaussian(9, seed=2)
    gram = kernel(x, x)
    assert gram.dtype == torch.float64
    torch.testing.assert_close(gram, gram.T, rtol=1e-12, atol=1e-12)
    eigenvalues = torch.linalg.eigvalsh(gram)
    assert float(eigenvalues.min()) > -1e-7 * float(eigenvalues.max())
    assert kernel(x, z).shape == (40, 9)
    torch.testing.assert_close(kernel(x, z), kernel(z, x).T)


@every_kernel
def test_blocks_do_not_change_the_gram(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, z = gaussian(23), gaussian(10, seed=3)
    whole = kernel(x, z)
    for entries in (1, 10, 70):
        monkeypatch.setattr(kernels, "BLOCK_ENTRIES", entries)
        torch.testing.assert_close(kernel(x, z), whole, rtol=1e-13, atol=1e-13)


@every_kernel
def test_degenerate_inputs_give_finite_values(kernel: Kernel) -> None:
    x = gaussian(1)
    special = torch.cat([x, x, -x, 0 * x, 1e-160 * x, 1e100 * x, x * (1 + 1e-15)])
    if kernel is ALL["polynomial"]:
        special = special[[0, 1, 2, 3, 4, 6]]
    gram = kernel(special, special)
    assert bool(torch.isfinite(gram).all())
    # equal inputs have equal rows, though acos is steep there
    torch.testing.assert_close(gram[0], gram[1], rtol=1e-7, atol=1e-7)
    assert float(gram[0, 1]) == pytest.approx(float(gram[0, 0]), rel=1e-7)


@every_kernel
def test_rotation_leaves_the_gram_and_scale_comes_out(kernel: Kernel) -> None:
    x, z, turn = gaussian(4), gaussian(5, seed=5), rotation(D)
    torch.testing.assert_close(kernel(x @ turn, z @ turn), kernel(x, z))
    homogeneous = torch.allclose(kernel(3.0 * x, z), 3.0 * kernel(x, z))
    assert homogeneous == (kernel in (ALL["ntk"], ALL["nngp"]))


@every_kernel
def test_the_diagonal_is_exact(kernel: Kernel) -> None:
    """No angle, no difference: each input with itself, in every block."""
    x = torch.cat([gaussian(300), 1e3 * gaussian(40)])
    if kernel is ALL["rbf"]:
        expected = torch.ones(len(x), dtype=torch.float64)
    else:
        expected = torch.stack([kernel(p, p) for p in x[:, None]]).flatten()
    torch.testing.assert_close(kernel(x, x).diagonal(), expected, rtol=1e-14, atol=0.0)


@pytest.mark.parametrize("depth", [1, 2, 3, 10, 100])
def test_the_tangent_kernel_s_diagonal_grows_with_depth(depth: int) -> None:
    """At weight variance 2 each hidden layer adds one, from the input's own on."""
    x = gaussian(9)
    expected, exact = (depth + 1) * 2 * x.square().sum(1) / D, dict(rtol=1e-14, atol=0)
    torch.testing.assert_close(ntk(x, x, depth).diagonal(), expected, **exact)


@pytest.mark.parametrize(("shift", "tolerance"), [(1e3, 1e-11), (1e6, 1e-8)])
def test_rbf_is_translation_invariant(
    shift: float, tolerance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(torch, "cdist")  # a common centre is all that it takes
    x, z = gaussian(9), gaussian(5, seed=1)
    moved, close = x + shift, dict(rtol=0.0, atol=tolerance)
    torch.testing.assert_close(rbf(moved, moved), rbf(x, x), **close)
    torch.testing.assert_close(rbf(moved, z + shift), rbf(x, z), **close)


def test_rbf_never_exceeds_one() -> None:
    """Rounding makes some squared distances of equal points negative."""
    x = 1e2 * gaussian(500)
    assert float(rbf(x, x.clone(), 1.0).max()) == 1.0
