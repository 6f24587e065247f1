"""Targets whose expected Hessian fades: as a whole, or in one direction of two."""

from __future__ import annotations

import math

from replearn.checks import check_int, check_real
from replearn.targets.multi_index import MAX_DEGREE, MultiIndex, Powers


def quadratic_target(
    d: int, r: int = 1, degree: int = 3, quadratic: float = 0.5
) -> MultiIndex:
    r"""f*(x) = r^{-1/2} sum_i [sqrt(w) h_2(z_i) + sqrt(1 - w) h_p(z_i)], z = Ux.

    h_k = He_k / sqrt(k!), so w is the share of E f*^2 that has degree two. For p >= 3
    the expected Hessian is H = sqrt(2 w / r) U^T U, |H|_F^2 = 2 w; at w = 1/2 this is
    `paper_target`, at w = 0 `degenerate_target`.

    Source: w = 1/2, r = 1: Damian, Lee & Soltanolkotabi 2022, Figure 1; else ours.

    Args:
        d: input dimension. r: number of directions, 1 to d. degree: p >= 3.
        quadratic: w, 0 to 1.
    Returns: the target, with U the first r coordinates; of degree 2 if w = 1.
    Cost: O(r).
    Example:
        >>> target = quadratic_target(20, degree=3, quadratic=0.25)
        >>> round(float(target.expected_hessian().square().sum()), 6)
        0.5
    """
    d = check_int("d", d)
    r, degree = check_int("r", r, maximum=d), check_int("degree", degree, 3, MAX_DEGREE)
    share = check_real("quadratic", quadratic, minimum=0.0, maximum=1.0)
    weights = {2: math.sqrt(share), degree: math.sqrt(1 - share)}
    powers = {_along(i, r, k): c for k, c in weights.items() if c for i in range(r)}
    return MultiIndex(d, r, degree if share < 1 else 2, powers)


def conditioned_target(d: int, inverse_kappa: float) -> MultiIndex:
    r"""Two directions of which the second is hard to see: kappa as a parameter.

    f*(x) = s h_2(z_1) + h_2(z_2)/(2 kappa) + h_3(z_1)/2 + h_3(z_2)/2 with
    s^2 + 1/(4 kappa^2) = 1/2, so that |H^+| / sqrt(2) = kappa. Half of E f*^2 is
    quadratic and half cubic at every kappa, and each direction carries a quarter of
    it by its cubic. At 1/kappa = 1 this is `paper_target(d, 2, 3)`; at 1/kappa = 0 the
    second direction is missing in H.

    Source: our own; kappa as in Damian, Lee & Soltanolkotabi 2022.

    Args: d: input dimension, >= 2. inverse_kappa: 1/kappa, 0 to 1.
    Returns: the target, with U the first two coordinates.
    Cost: O(1).
    Example:
        >>> hessian = conditioned_target(5, 0.25).expected_hessian()
        >>> round(float(hessian[1, 1]) ** -1 / math.sqrt(2), 6)
        4.0
    """
    inverse = check_real("inverse_kappa", inverse_kappa, minimum=0.0, maximum=1.0)
    weak = inverse / 2
    strong = math.sqrt(0.5 - weak**2)
    return MultiIndex(d, 2, 3, {(2, 0): strong, (0, 2): weak, (3, 0): 0.5, (0, 3): 0.5})


def _along(i: int, r: int, k: int) -> Powers:
    """The powers of h_k(z_i)."""
    return tuple(k if j == i else 0 for j in range(r))
