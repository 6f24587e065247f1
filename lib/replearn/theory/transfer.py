"""What a read-out on transferred features learns: a kernel on one coordinate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from scipy.special import ndtr
from torch import Tensor

from replearn.checks import (
    check_int,
    check_real,
    check_sizes,
    check_vector,
    undisturbed,
)
from replearn.hermite import gauss_hermite, orthonormal_hermite
from replearn.theory.eigenlearning import MAX_SAMPLES, excess_error
from replearn.theory.sphere import SphereSpectrum

Array = np.ndarray[Any, np.dtype[np.float64]]

POINTS, NODES = 60, 80  # quadrature: for z; for a neuron's slope and for its bias
RIDGES = (0.0, *np.logspace(-8, 0, 17).tolist())
MAX_DEGREE = 20
SMALLEST_EIGENVALUE = 1e-14


@undisturbed
def predict_transfer_curve(
    overlap: float,
    degree: int,
    ns: Sequence[int],
    noise_variance: float = 0.0,
    row_norm: float = 0.5,
) -> Tensor:
    r"""Test error of a read-out on transferred features, one direction, as d -> oo.

    A neuron of a layer with overlap alpha sees w.x = rho (sqrt(alpha) xi z +
    sqrt(1 - alpha) zeta) with z = u.x, xi ~ N(0, 1) drawn once for each neuron, and
    zeta ~ N(0, 1) which is new for each neuron *and* each input: in high dimension
    the parts of two inputs across u are orthogonal. Averaged over zeta, a neuron is
    a smooth function of z alone; what is left, its variance, acts as a ridge. So
    infinitely many neurons are a kernel on the line, and its learning curve follows
    from its eigenvalues under N(0, 1). Neither d nor n enters but through alpha.

    Source: our own derivation, see the chapter "Transfer"; the learning curve of a
    kernel is that of Simon, Dickens, Karkada & DeWeese 2021.

    Args:
        overlap: alpha, 0 to 1. degree: p of the target He_p(z)/sqrt(p!), 1 to 20.
        ns: numbers N of target samples, 1 to 10^12. noise_variance: s^2 >= 0.
        row_norm: rho, root mean square length of the rows, > 0.
    Returns: (len(ns),), float64: error relative to Var f*, at the best ridge.
    Cost: about 40 ms, and 4 ms for each size.
    Example:
        >>> near, far = predict_transfer_curve(0.9, 3, [100, 1000])
        >>> 0.1 < float(near) < 0.3, float(far) < 0.05
        (True, True)
    """
    degree = check_int("degree", degree, maximum=MAX_DEGREE)
    noise = check_real("noise_variance", noise_variance, minimum=0.0)
    sizes = check_sizes("ns", ns, MAX_SAMPLES, increasing=False)
    z, weights = _rule(POINTS)
    kernel, spread = transferred_kernel(z, overlap, row_norm)
    root = np.sqrt(weights)
    eigenvalues, vectors = np.linalg.eigh(root[:, None] * kernel * root)
    target = orthonormal_hermite(degree, torch.from_numpy(z)).numpy()
    powers = (vectors.T @ (root * target)) ** 2
    kept = eigenvalues > SMALLEST_EIGENVALUE
    spectrum = SphereSpectrum(
        1,
        torch.from_numpy(eigenvalues[kept]),
        torch.ones(int(kept.sum()), dtype=torch.float64),
        float(weights @ spread),
    )
    lost = float(powers[~kept].sum())
    curves = [
        [excess_error(spectrum, powers[kept], n, ridge, noise) for n in sizes]
        for ridge in RIDGES
    ]
    return torch.tensor(curves, dtype=torch.float64).amin(0) + lost


@undisturbed
def transferred_kernel(
    z: Array, overlap: float, row_norm: float = 0.5
) -> tuple[Array, Array]:
    r"""k(z, z') = E[F(z) F(z')] and the variance that is left at z = z'.

    F(z) = E relu(s + nu zeta) = s Phi(s/nu) + nu phi(s/nu), s = rho sqrt(alpha)
    xi z + b, nu = rho sqrt(1 - alpha), with xi, b, zeta ~ N(0, 1). The mean over xi
    and b is by Gauss-Hermite quadrature.

    Source: our own derivation, see the chapter "Transfer".

    Args: z: points (k,). overlap: alpha, 0 to 1. row_norm: rho > 0.
    Returns: the kernel (k, k), and E[Var(relu | xi, b)] at each point (k,).
    Cost: O(6400 k^2).
    Example:
        >>> kernel, spread = transferred_kernel(np.zeros(1), 0.5, 1.0)
        >>> round(float(kernel[0, 0] + spread[0]), 3)  # E relu^2 of variance 1 + 1/2
        0.75
    """
    alpha = check_real("overlap", overlap, minimum=0.0, maximum=1.0)
    rho = check_real("row_norm", row_norm, minimum=1e-12)
    z = check_vector("z", z, dtype=torch.float64).numpy()
    xi, weights = _rule(NODES)
    b = xi
    nu = max(rho * math.sqrt(1 - alpha), 1e-9)
    s = rho * math.sqrt(alpha) * xi[:, None, None] * z + b[:, None]
    below = ndtr(s / nu)
    density = np.exp(-((s / nu) ** 2) / 2) / math.sqrt(2 * math.pi)
    mean = (s * below + nu * density).reshape(-1, len(z))
    square = ((s * s + nu * nu) * below + s * nu * density).reshape(-1, len(z))
    both = np.outer(weights, weights).ravel()
    return (mean.T * both) @ mean, both @ (square - mean**2)


def _rule(points: int) -> tuple[Array, Array]:
    nodes, weights = gauss_hermite(points)
    return np.asarray(nodes, dtype=float), np.asarray(weights, dtype=float)
