"""How far from Gaussian a typical projection is: two numbers of the inputs decide."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import torch
from scipy.special import roots_gegenbauer
from torch import Tensor

from replearn.checks import check_choice, check_int, check_real, undisturbed
from replearn.hermite import orthonormal_hermite
from replearn.targets.generators import ACTIVATIONS, check_covariance, layered_generator

DEGREES = 60
SPAN, STEPS = 12.0, 24_001  # of the integrals over one Gaussian number; a node at zero


@undisturbed
def participation(covariance: Any) -> float:
    """Over how many directions the variance is spread: (tr Omega)^2 / tr Omega^2.

    Args: covariance: Omega (N, N), not zero.
    Returns: between 1 and N; N where all directions have the same variance.
    Cost: O(N^3), for the check.
    Example:
        >>> participation(torch.eye(5)), participation(torch.ones(5, 5))
        (5.0, 1.0)
    """
    omega = check_covariance("covariance", covariance)
    squares = float(omega.square().sum())
    if not squares:
        raise ValueError("covariance is zero: nothing varies")
    return float(omega.trace()) ** 2 / squares


@undisturbed
def typical_kurtosis(length: float, covariance: Any) -> float:
    r"""Excess kurtosis of w.x for a typical direction w.

    3 (Var |x - E x|^2 - 2 tr Omega^2) / ((tr Omega)^2 + 2 tr Omega^2): the mean of the
    fourth cumulant over all directions, over the mean of the squared variance; exact.

    Source: this book; tested against sums over all directions.

    Args:
        length: Var |x - E x|^2, >= 0. covariance: Omega (N, N), not zero.
    Returns: the ratio, at least -2.
    Cost: O(N^3), for the check.
    Example:
        >>> typical_kurtosis(0.0, torch.eye(4))  # signs that know nothing of each other
        -1.0
        >>> typical_kurtosis(8.0, torch.eye(4))  # a Gaussian cloud
        0.0
    """
    length = check_real("length", length, minimum=0.0)
    omega = check_covariance("covariance", covariance)
    return _balance(length, float(omega.trace()), float(omega.square().sum()))


def _balance(length: float, trace: float, squares: float) -> float:
    if not squares:
        raise ValueError("covariance is zero: nothing varies")
    return 3 * (length - 2 * squares) / (trace**2 + 2 * squares)


@undisturbed
def predict_kurtosis(activation: str, dimension: int, latent: int) -> float:
    r"""`typical_kurtosis` of one random layer, averaged over the layer.

    All needed is what two units with cosine r between their rows have in common: their
    covariance Omega(r), and that of their squares. Both are averaged over r, the cosine
    between random directions in D dimensions.

    Source: this book.

    Args:
        activation: "sign", "erf", "relu" or "linear". dimension: N. latent: D, >= 2.
    Returns: excess kurtosis.
    Cost: 0.1 s once for each activation, then 1 ms.
    Example:
        >>> round(predict_kurtosis("sign", 10**9, 2), 3)
        -1.2
    """
    name = check_choice("activation", activation, tuple(ACTIVATIONS))
    n, d = check_int("dimension", dimension), check_int("latent", latent, minimum=2)
    # in high dimension r lives near 0 and many nodes would underflow
    r, weights = roots_gegenbauer(400 if d <= 200 else 64, (d - 2) / 2)
    weights = weights / weights.sum()
    omega, squares = _shared(name, np.append(r, 1.0))
    pairs = n * (n - 1)
    length = n * squares[-1] + pairs * float(weights @ squares[:-1])
    together = n * omega[-1] ** 2 + pairs * float(weights @ omega[:-1] ** 2)
    return _balance(float(length), n * float(omega[-1]), float(together))


def _shared(name: str, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Covariance of two units, and of their squares about the mean, at cosines r."""
    rows = np.stack([r, np.sqrt(1 - r * r)], 1)
    moments = layered_generator([np.vstack([[1.0, 0.0], rows])], name).moments()
    coefficients = _squared_unit(name)
    powers = r[:, None] ** np.arange(1, DEGREES)
    squares = powers @ coefficients[1:-1] ** 2
    squares[r == 1] = coefficients[-1]
    return moments.covariance[0, 1:].numpy(), squares


@cache
def _squared_unit(name: str) -> np.ndarray:
    """Hermite coefficients of (s(u) - E s(u))^2, and last its variance.

    By the trapezoidal rule, which a kink or a jump at a node does not disturb.
    """
    u = torch.linspace(-SPAN, SPAN, STEPS, dtype=torch.float64)
    density = torch.exp(-u * u / 2) * (2 * SPAN / (STEPS - 1) / math.sqrt(2 * math.pi))

    def mean(values: Tensor) -> float:
        return float((density * values).sum())

    unit = ACTIVATIONS[name](u)
    square = (unit - mean(unit)) ** 2
    found = [mean(square * orthonormal_hermite(k, u)) for k in range(DEGREES)]
    return np.array([*found, mean(square**2) - mean(square) ** 2])
