"""What a network without biases cannot express, however wide it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.polynomial import hermite_e, polynomial
from scipy.special import factorial, gammaln, roots_jacobi

from replearn.checks import check_int, check_vector, undisturbed


@undisturbed
def homogeneous_floor(d: int, coefficients: Sequence[float]) -> float:
    r"""Share of E f^2 that no positively homogeneous function of a Gaussian input has.

    ReLU features and tangent features without biases, and their infinite-width
    kernels, span functions with F(c x) = c F(x) for c > 0, so F(x) = |x| h(x/|x|).
    For f(x) = g(u.x), with R = |x| and t = u.x / R, the best h is E[R g(R t) | t] / d,
    and it leaves 1 - E[E[R g(R t) | t]^2] / (d E f^2) unexplained.

    Source: our own calculation; tested against a regression on such functions.

    Args:
        d: input dimension, >= 2.
        coefficients: (c_0, ..., c_p) of g in the orthonormal basis He_k / sqrt(k!), as
            from `hermite.hermite_coefficients`; not all zero.
    Returns: the share, between 0 and 1.
    Raises: ValueError: nothing but zeros.
    Cost: O(p^2).
    Example:
        >>> round(homogeneous_floor(10, [0, 1]), 12)  # u.x is homogeneous
        0.0
        >>> homogeneous_floor(10, [0, 0, 0, 1]) < homogeneous_floor(5, [0, 0, 0, 1])
        True
    """
    d = check_int("d", d, minimum=2)
    c = check_vector("coefficients", coefficients, dtype=torch.float64).numpy()
    if not c.any():
        raise ValueError(f"coefficients={list(coefficients)} are all zero")
    c /= np.abs(c).max()  # the share does not depend on the scale
    powers = hermite_e.herme2poly(c / np.sqrt(factorial(np.arange(len(c)))))
    # t has density (1 - t^2)^((d - 3)/2); the squared polynomial is integrated exactly
    nodes, weights = roots_jacobi(len(powers) + 1, (d - 3) / 2, (d - 3) / 2)
    lifted = powers * _chi_moments(d, 1 + np.arange(len(powers)))  # E[R R^j] t^j
    explained = weights / weights.sum() @ polynomial.polyval(nodes, lifted) ** 2
    return float(1 - explained / (d * (c @ c)))


def _chi_moments(d: int, orders: np.ndarray) -> np.ndarray:
    """E[R^q] for R = |x|, x ~ N(0, I_d)."""
    log = orders / 2 * np.log(2) + gammaln((d + orders) / 2) - gammaln(d / 2)
    return np.asarray(np.exp(log))
