"""What frozen features cannot learn of a parity: a lower bound without a limit."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from replearn.checks import check_int, check_sizes
from replearn.harmonics import count_harmonics
from replearn.theory.eigenlearning import MAX_SAMPLES


def leading_share(r: int, d: int) -> float:
    r"""The share of the parity of r signs that lies in its lowest angular degree, r.

    There it is a multiple of the harmonic z_1 ... z_r. The square of its coefficient is
    (2/pi)^r E|x|^(2r) / (E|x|^r)^2, which falls to (2/pi)^r in high dimension.

    Source: derived in the book.

    Args: r: number of signs, >= 1. d: input dimension, >= 3 and >= r.
    Returns: the share, 0 to 1.
    Cost: O(1).
    Example:
        >>> round(leading_share(3, 24), 3)
        0.307
    """
    r, d = check_int("r", r, maximum=100), check_int("d", d, max(3, r))

    def log_moment(k: int) -> float:
        """log E|x|^k for x ~ N(0, I)."""
        return k / 2 * math.log(2) + math.lgamma((d + k) / 2) - math.lgamma(d / 2)

    log_share = r * math.log(2 / math.pi) + log_moment(2 * r) - 2 * log_moment(r)
    return math.exp(log_share)


def parity_floor(r: int, d: int, dimensions: Sequence[int]) -> Tensor:
    r"""Lower bound on the mean error of D frozen features, the directions unknown.

    For every space of D functions, E_U |f_U - fit|^2 is at least one minus the D
    largest eigenvalues of C = E_U[f_U (x) f_U], as in `kernel_floor`, f_U the product
    of r signs. f_U depends on x / |x| only, so C is e_j / M_j on the M_j harmonics of
    degree j, e_j the share of that degree. It vanishes below j = r and unless j - r is
    even; e_r is `leading_share`. All others are at most (1 - e_r) / M_(r + 2).

    Source: derived in the book.

    Args:
        r, d: as for `leading_share`. dimensions: D, min(n, m) for m frozen features and
            n samples, n for a kernel.
    Returns: the bound on the mean square over that of f_U, (len(dimensions),).
    Cost: O(1) for each.
    Example:
        >>> [round(v, 3) for v in parity_floor(3, 24, [100, 2576]).tolist()]
        [0.988, 0.693]
    """
    sizes = np.array(check_sizes("dimensions", dimensions, MAX_SAMPLES, False), float)
    first = leading_share(r, d)
    shares, counts = [first, 1 - first], [count_harmonics(d, k) for k in (r, r + 2)]
    order = sorted(zip(shares, counts, strict=True), key=lambda p: -p[0] / p[1])
    learnt = np.interp(
        sizes,
        np.cumsum([0, *(count for _, count in order)]),
        np.cumsum([0.0, *(share for share, _ in order)]),
    )
    return torch.from_numpy((1 - learnt).round(14))
