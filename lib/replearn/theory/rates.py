"""The guide lines: how many samples each learner needs, up to constants."""

from __future__ import annotations

import math

from replearn.checks import check_int

# beyond these the rates leave the range of floats and of any experiment
MAX_DIMENSION = 10**9
MAX_DEGREE = 20


def kernel_rate(d: int, degree: int) -> float:
    r"""Samples that a rotation-invariant kernel needs: n = d^p.

    Source: Ghorbani, Mei, Misiakiewicz & Montanari 2019, 2020, as cited by Damian,
    Lee & Soltanolkotabi 2022.

    Args:
        d: input dimension, 1 to 10^9.
        degree: degree p of the target, 1 to 20.
    Returns: d^p.
    Cost: O(1).
    Example:
        >>> kernel_rate(10, 3)
        1000.0
    """
    d, degree = _check_dimension(d), _check_degree(degree)
    return float(d) ** degree


def network_rate(d: int, r: int, degree: int) -> float:
    r"""Samples that suffice for one gradient step and a ridge head: d^2 r + d r^p.

    The first term finds the directions, the second fits g on them. Condition number
    and logarithms are left out.

    Source: Damian, Lee & Soltanolkotabi 2022, Theorem 1.

    Args:
        d: input dimension, 1 to 10^9.
        r: number of directions the target depends on, 1 to d.
        degree: degree p of the target, 1 to 20.
    Returns: d^2 r + d r^p.
    Cost: O(1).
    Example:
        >>> network_rate(10, 2, 3)
        280.0
    """
    d, degree = _check_dimension(d), _check_degree(degree)
    r = check_int("r", r, maximum=d, why=f"r directions lie in d={d} dimensions")
    return float(d) ** 2 * r + d * float(r) ** degree


def monomials(d: int, degree: int) -> int:
    r"""Number of monomials in d variables of degree at most p: C(d + p, p).

    The dimension of the space that a polynomial kernel of that degree spans: with
    more noiseless samples than this it is exact.

    Args:
        d: input dimension, 1 to 10^9.
        degree: degree p, 1 to 20.
    Returns: the count, exactly.
    Cost: O(p).
    Example:
        >>> monomials(10, 4)
        1001
    """
    d, degree = _check_dimension(d), _check_degree(degree)
    return math.comb(d + degree, degree)


def monomials_of_degree(d: int, degree: int) -> int:
    r"""Number of monomials in d variables of degree exactly p: C(d + p - 1, p).

    As many orthonormal Hermite polynomials have total degree p; a learner that treats
    all directions alike must be ready for every one of them.

    Args:
        d: number of variables, 1 to 10^9.
        degree: degree p, 1 to 20.
    Returns: the count, exactly.
    Cost: O(p).
    Example:
        >>> monomials_of_degree(40, 2), monomials_of_degree(2, 2)
        (820, 3)
    """
    d, degree = _check_dimension(d), _check_degree(degree)
    return math.comb(d + degree - 1, degree)


def _check_dimension(d: int) -> int:
    return check_int("d", d, maximum=MAX_DIMENSION)


def _check_degree(degree: int) -> int:
    return check_int("degree", degree, maximum=MAX_DEGREE)
