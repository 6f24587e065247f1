"""The learning curve of kernel ridge regression, from the kernel's eigenvalues.

Inputs are uniform on the sphere of radius sqrt(d). Gaussian inputs have fluctuating
norms besides, so measured errors lie a little above these predictions at small d.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from scipy.optimize import brentq
from torch import Tensor

from replearn.checks import check_int, check_real, check_sizes, undisturbed
from replearn.harmonics import count_harmonics
from replearn.kernels import Kernel
from replearn.theory.sphere import (
    Array,
    SphereSpectrum,
    max_level,
    sphere_degree_powers,
    sphere_spectrum,
)

__all__ = [
    "SphereSpectrum",
    "learned_shares",
    "predict_best_ridge_curve",
    "predict_learning_curve",
    "sphere_degree_powers",
    "sphere_spectrum",
]

MAX_SAMPLES = 10**12
MODES_PER_SAMPLE = 50


def predict_learning_curve(
    kernel: Kernel,
    d: int,
    degree_weights: Mapping[int, float],
    ns: Sequence[int],
    ridge: float,
    noise_variance: float = 0.0,
    r: int = 1,
) -> Tensor:
    r"""Test error of kernel ridge regression for each n, with no data at all.

    kappa solves n = sum_k m_k lambda_k / (lambda_k + kappa) + ridge / kappa; degree k
    is learned to the share L_k = lambda_k / (lambda_k + kappa), and
    E = n / (n - sum_k m_k L_k^2) * (sum_k (1 - L_k)^2 p_k + s^2) - s^2.
    Degrees too high to matter are counted as ridge. At fixed n this is an asymptotic
    formula, good when many modes share the work.

    Source: Simon, Dickens, Karkada & DeWeese 2021, *The eigenlearning framework*.

    Args:
        kernel: rotation-invariant callable (x, z) -> Gram.
        d: input dimension, >= 2.
        degree_weights: {k: w_k}, see `sphere_degree_powers`.
        ns: sample sizes, each 1 to 10^12, any order.
        ridge: >= 0, added to the Gram as it is: K + ridge I.
        noise_variance: s^2 in units of Var f*, >= 0.
        r: number of directions, 1 to d.
    Returns:
        (len(ns),), float64: E[(prediction - f*)^2] / Var f* on fresh noiseless points;
        may be infinite where an unregularised kernel interpolates exactly.
    Cost: about 20 ms for 50 sizes.
    Example:
        >>> from replearn.kernels import polynomial
        >>> curve = predict_learning_curve(polynomial, 20, {2: 1.0}, [20, 200, 2000], 0)
        >>> bool((curve[1:] < curve[:-1]).all() and curve[2] < 1e-9)
        True
    """
    ridge = check_real("ridge", ridge, minimum=0.0)
    return predict_best_ridge_curve(
        kernel, d, degree_weights, ns, [ridge], noise_variance, r
    )


@undisturbed
def predict_best_ridge_curve(
    kernel: Kernel,
    d: int,
    degree_weights: Mapping[int, float],
    ns: Sequence[int],
    ridges: Sequence[float],
    noise_variance: float = 0.0,
    r: int = 1,
) -> Tensor:
    r"""`predict_learning_curve` with the best of several ridges at each n.

    Args:
        kernel: rotation-invariant callable (x, z) -> Gram.
        d: input dimension, >= 2.
        degree_weights: {k: w_k}, see `sphere_degree_powers`.
        ns: sample sizes, each 1 to 10^12, any order.
        ridges: at least one, each >= 0.
        noise_variance: s^2 in units of Var f*, >= 0.
        r: number of directions, 1 to d.
    Returns: (len(ns),), float64: the smallest relative test error.
    Cost: O(len(ns) len(ridges)), about 0.3 ms each.
    Example:
        >>> from replearn.kernels import ntk
        >>> curve = predict_best_ridge_curve(ntk, 10, {2: 1.0}, [100], [0.01, 1.0])
        >>> 0 < curve.item() < 1
        True
    """
    sizes = check_sizes("ns", ns, MAX_SAMPLES, increasing=False)
    ridges = _check_ridges(ridges)
    noise = check_real("noise_variance", noise_variance, minimum=0.0)
    powers = sphere_degree_powers(d, degree_weights, r).numpy()
    spectrum = sphere_spectrum(kernel, d, levels_to_keep(d, max(sizes), len(powers)))
    padded = np.zeros(len(spectrum.eigenvalues))
    padded[: len(powers)] = powers
    curves = [
        [excess_error(spectrum, padded, n, ridge, noise) for n in sizes]
        for ridge in ridges
    ]
    return torch.tensor(curves, dtype=torch.float64).amin(0)


@undisturbed
def learned_shares(spectrum: SphereSpectrum, n: int, ridge: float) -> Tensor:
    r"""The share L_k = lambda_k / (lambda_k + kappa) of each degree that n samples buy.

    kappa solves n = sum_k m_k L_k + ridge / kappa; the power that the spectrum leaves
    out is counted as ridge. So sum_k m_k L_k <= n: the samples are a budget.

    Source: Simon, Dickens, Karkada & DeWeese 2021, *The eigenlearning framework*.

    Args: spectrum: of the kernel, see `sphere_spectrum`. n: samples. ridge: >= 0.
    Returns: (K + 1,), float64, between 0 and 1, one per degree of the spectrum.
    Cost: about 0.2 ms.
    Example:
        >>> from replearn.kernels import polynomial
        >>> spectrum = sphere_spectrum(polynomial, 20, 3)
        >>> shares = learned_shares(spectrum, 100, 0.0)
        >>> round(float(shares @ spectrum.multiplicities), 6), float(shares[3])
        (100.0, 0.0)
    """
    n = check_int("n", n, maximum=MAX_SAMPLES)
    ridge = check_real("ridge", ridge, minimum=0.0)
    lam, counts = spectrum.eigenvalues, spectrum.multiplicities
    kappa = solve_kappa(lam.numpy(), counts.numpy(), n, ridge + spectrum.residual)
    return lam / (lam + kappa) if kappa > 0 else (lam > 0).to(lam.dtype)


@undisturbed
def excess_error(
    spectrum: SphereSpectrum, powers: Array, n: int, ridge: float, noise: float
) -> float:
    """n / (n - sum_k m_k L_k^2) * (sum_k (1 - L_k)^2 p_k + s^2) - s^2.

    Source: Simon, Dickens, Karkada & DeWeese 2021, *The eigenlearning framework*.

    Args:
        spectrum: eigenvalues and how often each occurs. powers: (K + 1,), the target's
            square on each eigenspace. n: samples. ridge: >= 0. noise: s^2 >= 0.
    Returns: the error on noiseless points; infinite where interpolation makes it so.
    Cost: about 0.2 ms.
    Example:
        >>> from replearn.kernels import polynomial
        >>> spectrum = sphere_spectrum(polynomial, 20, 2)
        >>> excess_error(spectrum, np.array([0.0, 0.0, 1.0]), 300, 0.0, 0.0)
        0.0
    """
    learned = learned_shares(spectrum, n, ridge).numpy()
    counts = spectrum.multiplicities.numpy()
    noise = check_real("noise", noise, minimum=0.0)
    unlearned = float((1 - learned) ** 2 @ powers) + noise
    spare = n - float(counts @ learned**2)
    if spare <= 0:
        return math.inf if unlearned > 0 else 0.0
    return unlearned * n / spare - noise


def solve_kappa(eigenvalues: Array, counts: Array, n: int, ridge: float) -> float:
    """The root of sum m lambda / (lambda + kappa) + ridge / kappa = n; 0 if none.

    Args: eigenvalues: lambda (K,), those <= 0 are left out. counts: m (K,).
        n: samples, >= 1. ridge: >= 0.
    Returns: kappa >= 0.
    Cost: O(K), some thirty times.
    Example:
        >>> round(solve_kappa(np.ones(1), np.ones(1), 1, 2.0), 9)  # k / (1 + k) = 2 / k
        2.732050808
    """
    positive = eigenvalues > 0
    lam, m = eigenvalues[positive], counts[positive]
    rank = float(m.sum())
    if ridge == 0 and n >= rank:
        return 0.0
    upper = (float(lam @ m) + ridge) / n
    lower = ridge / n if ridge > 0 else float(lam.min()) * (rank - n) / n

    def surplus(log_kappa: float) -> float:
        kappa = math.exp(log_kappa)
        return float((m * (lam / (lam + kappa))).sum()) + ridge / kappa - n

    # the bounds are exact, so widen them by more than rounding
    root = brentq(surplus, math.log(lower) - 1e-6, math.log(upper) + 1e-6, xtol=1e-13)
    return math.exp(float(root))


def levels_to_keep(d: int, n: int, target_levels: int) -> int:
    """Degrees until the eigenspaces hold far more modes than there are samples.

    Args:
        d: input dimension. n: largest number of samples. target_levels: of the target.
    Returns: the largest degree that a spectrum needs for n samples.
    Cost: O(degrees).
    Example:
        >>> levels_to_keep(20, 100, 3)
        4
    """
    limit, n = max_level(d), check_int("n", n, maximum=MAX_SAMPLES)
    level, modes = 0, 1
    while level < limit and (modes < MODES_PER_SAMPLE * n or level < target_levels + 1):
        level += 1
        modes += count_harmonics(d, level)
    return level


def _check_ridges(ridges: Sequence[float]) -> list[float]:
    if not isinstance(ridges, Iterable):
        raise TypeError(f"ridges={ridges!r} must be a sequence of numbers")
    checked = [check_real("each of ridges", v, minimum=0.0) for v in ridges]
    if not checked:
        raise ValueError("ridges is empty; give at least one")
    return checked
