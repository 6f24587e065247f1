"""What no kernel can learn from n samples: a lower bound without a limit."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from scipy.special import eval_genlaguerre
from torch import Tensor

from replearn.checks import check_choice, check_int, check_sizes, undisturbed
from replearn.harmonics import count_harmonics
from replearn.targets import MultiIndex
from replearn.theory.eigenlearning import MAX_SAMPLES


def kernel_floor(
    target: MultiIndex,
    ns: Sequence[int],
    width: int | None = None,
    inputs: str = "gaussian",
) -> Tensor:
    r"""Lower bound on the mean error / Var f* of every kernel, the directions unknown.

    For every kernel, all inputs x_1..x_n and U uniform among r orthonormal rows,
    E_U |f_U - fit|^2 / Var f* >= 1 - (n largest eigenvalues of C) / trace C with
    C = E_U[f_U (x) f_U], see `angular_spectrum`. Proof: a fit is a constant, free as
    f_U has no mean, plus an element of V = span{k(., x_i)}, whatever ridge or labels.
    V does not know U and has dimension n at most (min(n, m) for m frozen features), so
    that E_U |f_U - P_V f_U|^2 = trace C - trace(P_V C) is left; no V does better. For a
    rotation-invariant kernel it bounds the mean over the inputs at every U. Not
    covered: features that are learnt, a kernel chosen by the labels (of K: take K n).
    Source: derived in the book.

    Args:
        target: f*, with d >= 2 and degree <= 8; its own U does not matter.
        ns: sizes, 1 to 10^12. width: m frozen features; None for a kernel.
        inputs: "gaussian", or "sphere" for uniform ones of length sqrt(d).
    Returns: The bound, (len(ns),), float64, between 0 and 1.
    Raises: ValueError, TypeError: arguments out of range; f* is constant on the sphere.
    Cost: O(p! r^p).
    Example:
        >>> target = MultiIndex(10, 1, 2)  # 54 harmonics, and |x|^2 - d
        >>> [round(v, 3) for v in kernel_floor(target, [1, 28, 55]).tolist()]
        [0.9, 0.45, 0.0]
    """
    sizes = np.array(check_sizes("ns", ns, MAX_SAMPLES, increasing=False), dtype=float)
    if width is not None:
        sizes = sizes.clip(max=check_int("width", width))
    blocks = angular_spectrum(target, inputs).items()
    pairs = [(v, count_harmonics(target.d, j)) for j, vs in blocks for v in vs]
    values, counts = np.array(sorted(pairs, reverse=True), dtype=float).T
    learnt = np.append(0.0, (values * counts).cumsum())
    learnt = np.interp(sizes, np.append(0.0, counts.cumsum()), learnt / learnt[-1])
    return torch.from_numpy((1 - learnt).round(14))


@undisturbed
def angular_spectrum(
    target: MultiIndex, inputs: str = "gaussian"
) -> dict[int, list[float]]:
    r"""Eigenvalues of C = E_U[f_U (x) f_U] for each angular degree, exact for every r.

    C commutes with rotations: on radial functions (x) the M_j harmonics of degree j it
    is A_j (x) 1. The Hermite part of degree q is exp(-Laplace / 2) T_q, and Fischer's
    T_q = sum_j |x|^(q - j) h_qj gives A_j = G_j / M_j, G_j[q, q'] the product of the
    parts of h_qj and h_q'j. For r = 1 it is one number, E_R[E_t[g(R t) P_j(t)]^2].
    Source: derived in the book.

    Args:
        target: as there. inputs: "gaussian", or "sphere" (without degree 0).
    Returns: j -> eigenvalues, falling, each M_j times: in all the share of degree j.
    Raises: ValueError, TypeError: arguments out of range; f* is constant on the sphere.
    Cost: O(p! r^p).
    Example:
        >>> spectrum = angular_spectrum(MultiIndex(10, 1, 2)).items()
        >>> {j: round(v[0] * count_harmonics(10, j), 4) for j, v in spectrum}
        {0: 0.1, 2: 0.9}
    """
    check_choice("inputs", inputs, ("gaussian", "sphere"))
    check_int("d", target.d, minimum=2, why="on a line there are no rotations")
    check_int("degree", target.degree, maximum=8, why="it costs p! r^p")
    found = {}
    for j, gram in _angular_grams(target).items():
        if inputs == "sphere":
            radial = _radial_values(target, j)
            gram = (radial @ gram @ radial).reshape(1, 1) * (j > 0)
        values = np.linalg.eigvalsh(gram)[::-1] / count_harmonics(target.d, j)
        found[j] = [float(v) for v in values if v > max(1e-13 * values[0], 1e-30)]
    if not any(found.values()):
        raise ValueError(f"the target is constant on the sphere of d={target.d}")
    return {j: values for j, values in found.items() if values}


def _angular_grams(target: MultiIndex) -> dict[int, np.ndarray]:
    """G_j with rows q = j, j + 2, ..., up to their signs (-1)^((q - j) / 2)."""
    d, r, p = target.d, target.r, target.degree
    inner = MultiIndex(r, r, p, target.hermite_coefficients())
    tensors = {(q, q): inner.expected_derivative(q) for q in range(1, p + 1)}
    for q in range(2, p + 1):
        for j in range(q - 2, -1, -2):  # one contraction at a time
            tensors[q, j] = tensors[q, j + 2].diagonal(dim1=0, dim2=1).sum(-1)
    grams = {j: np.zeros((1 + (p - j) // 2,) * 2) for j in range(p + 1)}
    for q, j in sorted(tensors, key=lambda pair: pair[1]):
        for other in range(q, p + 1, 2):
            product = float((tensors[q, j] * tensors[other, j]).sum())
            product /= math.factorial(j)
            for i in range(q % 2, j, 2):  # the parts of lower degree are known
                at = (q - i) // 2, (other - i) // 2
                lifts = [_lift(d, i, a) for a in (*at, (j - i) // 2)]
                product -= grams[i][at] * math.sqrt(lifts[0] * lifts[1]) / lifts[2]
            at = (q - j) // 2, (other - j) // 2
            product /= math.sqrt(_lift(d, j, at[0]) * _lift(d, j, at[1]))
            grams[j][at] = grams[j][at[::-1]] = product
    return grams


def _lift(d: int, j: int, a: int) -> int:
    """Laplace^a of |x|^(2 a) h is this times h, for h a harmonic of degree j."""
    return math.prod(2 * b * (2 * b + 2 * j + d - 2) for b in range(1, a + 1))


def _radial_values(target: MultiIndex, j: int) -> np.ndarray:
    """The radial factor of each row of G_j at |x| = sqrt(d)."""
    d, orders = target.d, range(1 + (target.degree - j) // 2)
    norm = math.sqrt(math.prod(d / (d + 2 * i) for i in range(j)))
    scale = [(-2) ** a * math.factorial(a) / _lift(d, j, a) ** 0.5 for a in orders]
    values = [eval_genlaguerre(a, j + d / 2 - 1, d / 2) for a in orders]
    radial: np.ndarray = norm * np.array(scale) * np.array(values)
    return radial
