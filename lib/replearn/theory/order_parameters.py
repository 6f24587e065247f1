"""One-pass SGD of two-layer erf networks as ordinary differential equations.

Three Gaussian integrals are all that it takes: with them the change of the order
parameters, the covariances of student and teacher, is closed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from torch import Tensor

from replearn.checks import SWITCH, check_choice, check_real, check_vector, undisturbed
from replearn.targets.committee import Committee
from replearn.targets.generators import Moments, check_covariance

Array = NDArray[np.float64]
METHODS = ("DOP853", "RK45", "LSODA", "Radau")
SAME = 1e-10  # eigenvalues closer than this share of the largest are one
TWO_PI = 2 / math.pi


@undisturbed
def i2(covariance: Any) -> Tensor:
    r"""I_2 = E g(1) g(2) for Gaussian fields and g(z) = erf(z / sqrt 2).

    (2/pi) arcsin(C_12 / sqrt((1 + C_11)(1 + C_22))).

    Source: Saad & Solla 1995.

    Args: covariance: C (..., 2, 2) of the two local fields.
    Returns: (...), float64; of one covariance a number without dimensions.
    Raises: ValueError: not a covariance.
    Cost: O(1) each.
    Example:
        >>> round(float(i2([[1.0, 1.0], [1.0, 1.0]])), 6)  # E g^2 at unit variance
        0.333333
    """
    c = _fields(covariance, 2)
    return _i2(c[..., 0, 0], c[..., 0, 1], c[..., 1, 1])


@undisturbed
def i3(covariance: Any) -> Tensor:
    r"""I_3 = E g'(1) z_2 g(3) for Gaussian fields and g(z) = erf(z / sqrt 2).

    (2/pi) (C_23 (1 + C_11) - C_12 C_13) / ((1 + C_11) sqrt(L)), with
    L = (1 + C_11)(1 + C_33) - C_13^2.

    Source: Saad & Solla 1995.

    Args: covariance: C (..., 3, 3) of the three local fields.
    Returns: (...), float64; of one covariance a number without dimensions.
    Raises: ValueError: not a covariance.
    Cost: O(1) each.
    Example:
        >>> round(float(i3([[1, 0, 0], [0, 1, 1], [0, 1, 1]])), 6)  # 1 / pi
        0.31831
    """
    c = _fields(covariance, 3)
    one = 1 + c[..., 0, 0]
    bend = one * (1 + c[..., 2, 2]) - c[..., 0, 2] ** 2
    mixed = c[..., 1, 2] * one - c[..., 0, 1] * c[..., 0, 2]
    return TWO_PI * mixed / (one * bend.sqrt())


@undisturbed
def i4(covariance: Any) -> Tensor:
    r"""I_4 = E g'(1) g'(2) g(3) g(4) for Gaussian fields and g(z) = erf(z / sqrt 2).

    Under the weight g'(1) g'(2) the fields 3 and 4 are Gaussian too, so that I_4 is
    E g'(1) g'(2) = (2/pi) / sqrt(L), L = (1 + C_11)(1 + C_22) - C_12^2, times the I_2
    of their covariance C_ab - C_a,12 (C_12,12 + 1)^-1 C_12,b.

    Source: Saad & Solla 1995, in another form.

    Args: covariance: C (..., 4, 4) of the four local fields.
    Returns: (...), float64; of one covariance a number without dimensions.
    Raises: ValueError: not a covariance.
    Cost: O(1) each.
    Example:
        >>> fields = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]]
        >>> round(float(i4(fields)) * 3 * math.pi, 6)
        1.0
    """
    c = _fields(covariance, 4)
    seen = c[..., :2, :2] + torch.eye(2, dtype=c.dtype)
    c = c - c[..., :, :2] @ torch.linalg.solve(seen, c[..., :2, :])
    rest = _i2(c[..., 2, 2], c[..., 2, 3], c[..., 3, 3])
    return TWO_PI / torch.linalg.det(seen).sqrt() * rest


@dataclass(frozen=True)
class OrderParameters:
    r"""A student and a teacher, mode by mode of the inputs' covariance.

    With Omega psi = rho psi, modes of one eigenvalue taken together in G groups:
    q = sum (W psi)(W psi)^T / N, r = sum (W psi)(psi^T Phi B^T) / sqrt(N D) and
    b = sum (B Phi^T psi)(psi^T Phi B^T) / D, so that Q = sum rho q and R = sum r.

    Args:
        eigenvalues: rho (G,). shares: of the N modes in each group (G,).
        q: (G, K, K). r: (G, K, M). b: (G, M, M).
        teacher: T = B B^T / D (M, M).
        student_head: v (K,). teacher_head: A (M,).
    """

    eigenvalues: Tensor
    shares: Tensor
    q: Tensor
    r: Tensor
    b: Tensor
    teacher: Tensor
    student_head: Tensor
    teacher_head: Tensor

    @property
    def covariance(self) -> Tensor:
        """C of the K + M local fields, [[Q, R], [R^T, T]]."""
        big_q = torch.einsum("g,gkl->kl", self.eigenvalues, self.q)
        big_r = self.r.sum(0)
        rows = [torch.cat([big_q, big_r], 1), torch.cat([big_r.T, self.teacher], 1)]
        return torch.cat(rows)


@dataclass(frozen=True)
class OrderPath:
    """The solution at T times, with G groups of modes, K students and M teachers.

    Args:
        times: (T,), steps / N. q: Q (T, K, K). r: R (T, K, M). head: v (T, K).
        error: half the mean squared error (T,).
        modes: the parts r of R (T, G, K, M). squares: the parts q of Q (T, G, K, K).
        evaluations: how often the right-hand side was taken.
    """

    times: Tensor
    q: Tensor
    r: Tensor
    head: Tensor
    error: Tensor
    modes: Tensor
    squares: Tensor
    evaluations: int


@undisturbed
def generated_order(
    moments: Moments, student: Committee, teacher: Committee
) -> OrderParameters:
    """What a student on generated inputs, and a teacher on their latent, start from.

    Args:
        moments: of the generator. student: on its N inputs, centred.
        teacher: on the D latent numbers.
    Returns: the order parameters, mode by mode.
    Cost: O(N^3).
    Example:
        >>> from replearn.targets.committee import random_committee
        >>> from replearn.targets.generators import identity_generator
        >>> w, b = random_committee(1, 9, 0, "student"), random_committee(1, 9, 0)
        >>> start = generated_order(identity_generator(9).moments(), w, b)
        >>> torch.allclose(start.q[0, 0, 0], w.weights.square().mean())
        True
    """
    n, latent = moments.cross.shape
    for name, given, d in (("student", student, n), ("teacher", teacher, latent)):
        if given.d != d:
            raise ValueError(f"{name} works on d={given.d}; the moments need {d}")
    values, vectors = torch.linalg.eigh(moments.covariance)
    values = values.clamp(min=0.0)
    gaps = values.diff() > SAME * float(values[-1])
    group = torch.cat([gaps.new_zeros(1), gaps]).cumsum(0)
    size = torch.bincount(group)

    def summed(parts: Tensor) -> Tensor:
        zeros = parts.new_zeros(len(size), *parts.shape[1:])
        return zeros.index_add(0, group, parts)

    w = (student.weights @ vectors).T / math.sqrt(n)
    b = (teacher.weights @ moments.cross.T @ vectors).T / math.sqrt(latent)
    return OrderParameters(
        summed(values) / size,
        size / n,
        summed(w[:, :, None] * w[:, None]),
        summed(w[:, :, None] * b[:, None]),
        summed(b[:, :, None] * b[:, None]),
        teacher.weights @ teacher.weights.T / latent,
        student.head,
        teacher.head,
    )


@undisturbed
def isotropic_order(
    covariance: Any, student_head: Any, teacher_head: Any
) -> OrderParameters:
    r"""Saad and Solla's case: inputs N(0, I_d), teacher and student on the same ones.

    Args:
        covariance: [[Q, R], [R^T, T]] at the start (K + M, K + M).
        student_head: v (K,). teacher_head: A (M,).
    Returns: the order parameters, one group.
    Cost: O((K + M)^3).
    Example:
        >>> start = isotropic_order([[0.25, 0.01], [0.01, 1.0]], [1.0], [1.0])
        >>> start.q.shape, float(start.r)
        (torch.Size([1, 1, 1]), 0.01)
    """
    v = check_vector("student_head", student_head, dtype=torch.float64)
    a = check_vector("teacher_head", teacher_head, dtype=torch.float64)
    c = _fields(covariance, len(v) + len(a))
    if c.ndim > 2:
        raise ValueError(f"covariance has shape {tuple(c.shape)}; one is needed")
    k, unit = len(v), torch.ones(1, dtype=c.dtype)
    q, r, t = c[None, :k, :k], c[None, :k, k:], c[None, k:, k:]
    return OrderParameters(unit, unit, q, r, t, t[0], v, a)


@undisturbed
def generalisation_error(
    covariance: Any, student_head: Any, teacher_head: Any
) -> float:
    """Half the mean squared error between student and teacher, from I_2 alone.

    Args: covariance: (K + M, K + M). student_head: (K,). teacher_head: (M,).
    Returns: the error, >= 0.
    Cost: O((K + M)^3).
    Example:
        >>> alike = [[1.0, 1.0], [1.0, 1.0]]
        >>> generalisation_error(alike, [1.0], [1.0])
        0.0
    """
    start = isotropic_order(covariance, student_head, teacher_head)
    u = torch.cat([start.student_head, -start.teacher_head]).numpy()
    return _error(start.covariance.numpy(), u)


@undisturbed
def predict_sgd(
    start: OrderParameters,
    times: Sequence[float],
    rate: float,
    both_layers: bool = True,
    tolerance: float = 1e-8,
    method: str = "DOP853",
) -> OrderPath:
    r"""Order parameters under one-pass SGD, for N and D -> infinity together.

    One step is w_k -= (eta / sqrt N) v_k g'(l_k) Delta x and
    v_k -= (eta / N) g(l_k) Delta, Delta = student - teacher, and a unit of time has N
    of them. Let u = (v, -A), M_kc = v_k u_c E g'(l_k) g'(l_c), and on the diagonal of
    its first K columns besides v_k sum_c u_c E g''(l_k) g(l_c): with M_1 these columns
    and M_2 the others, Stein's lemma gives, in the notation of `OrderParameters`,
    dr/dt = -eta (rho M_1 r + M_2 b),
    dq/dt = -eta (rho M_1 q + M_2 r^T) + transpose
    + eta^2 rho share v_k v_l sum_cd u_c u_d I_4(k, l, c, d),
    dv_k/dt = -eta sum_c u_c I_2(k, c).

    Source: Saad & Solla 1995; Goldt et al. 2021 for generated inputs.

    Args:
        start: see `generated_order`. times: increasing, >= 0, at least one.
        rate: eta > 0. both_layers: whether v moves.
        tolerance: relative, of the integrator, 1e-12 to 0.1; absolute a hundredth.
        method: of scipy's `solve_ivp`.
    Returns: the path.
    Raises: ValueError: arguments, or a path that leaves all bounds.
    Cost: O(G K (K + M)) per evaluation, some hundred evaluations: 0.3 s at G = 1000.
    Example:
        >>> start = isotropic_order([[0.2, 0.1], [0.1, 1.0]], [1.0], [1.0])
        >>> path = predict_sgd(start, [0.0, 200.0], rate=0.5)
        >>> [f"{e:.5f}" for e in path.error.tolist()]
        ['0.17884', '0.00004']
    """
    rate = check_real("rate", rate, above=0.0)
    tolerance = check_real("tolerance", tolerance, 1e-12, 0.1)
    moving = check_choice("both_layers", both_layers, SWITCH)
    method = check_choice("method", method, METHODS)
    t = check_vector("times", times, dtype=torch.float64).numpy()
    if t[0] < 0 or bool((np.diff(t) <= 0).any()):
        raise ValueError(f"times={t.tolist()!s:.60} must increase strictly from >= 0")
    flow = _Flow(start, rate, moving)
    solution = solve_ivp(
        flow.drift,
        (0.0, float(t[-1]) or 1e-12),
        flow.pack(),
        method=method,
        t_eval=t if t[-1] else None,
        rtol=tolerance,
        atol=tolerance / 100,
    )
    if not solution.success or not np.isfinite(solution.y).all():
        raise ValueError(f"rate={rate}: the path could not be followed to t={t[-1]}")
    states = solution.y.T if t[-1] else solution.y.T[:1]
    return _path(flow, t, states, int(solution.nfev))


def _path(flow: _Flow, t: Array, states: Array, evaluations: int) -> OrderPath:
    unpacked = [flow.unpack(state) for state in states]
    covariances = np.stack([flow.covariance(q, r) for q, r, _ in unpacked])
    heads = np.stack([v for _, _, v in unpacked])
    errors = [
        _error(c, np.concatenate([v, -flow.a]))
        for c, v in zip(covariances, heads, strict=True)
    ]
    k, own = flow.k, torch.from_numpy
    return OrderPath(
        own(t),
        own(covariances[:, :k, :k]),
        own(covariances[:, :k, k:]),
        own(heads),
        torch.tensor(errors, dtype=torch.float64),
        own(np.stack([r for _, r, _ in unpacked])),
        own(np.stack([q for q, _, _ in unpacked])),
        evaluations,
    )


class _Flow:
    """The right-hand side in NumPy, on one vector (q, r, v)."""

    def __init__(self, start: OrderParameters, rate: float, moving: bool) -> None:
        self.start, self.rate, self.moving = start, rate, moving
        self.rho = start.eigenvalues.numpy()[:, None, None]
        self.noise = self.rho * start.shares.numpy()[:, None, None]
        self.b, self.t = start.b.numpy(), start.teacher.numpy()
        self.a, self.k = start.teacher_head.numpy(), len(start.student_head)
        self.cuts = np.cumsum([start.q.numel(), start.r.numel()])

    def pack(self) -> Array:
        parts = (self.start.q, self.start.r, self.start.student_head)
        return np.concatenate([part.numpy().ravel() for part in parts])

    def unpack(self, state: Array) -> tuple[Array, Array, Array]:
        q, r, v = np.split(state, self.cuts)
        return q.reshape(self.start.q.shape), r.reshape(self.start.r.shape), v

    def covariance(self, q: Array, r: Array) -> Array:
        big_r = r.sum(0)
        return np.block([[(self.rho * q).sum(0), big_r], [big_r.T, self.t]])

    def drift(self, time: float, state: Array) -> Array:
        q, r, v = self.unpack(state)
        k, u = self.k, np.concatenate([v, -self.a])
        c = self.covariance(q, r)
        variances = 1 + np.diag(c)
        root = np.sqrt(np.outer(variances[:k], variances) - c[:k] ** 2)
        # E g'(k) g'(c), and E g''(k) g(c), times v_k u_c
        both = TWO_PI / root * np.outer(v, u)
        own = -(both * c[:k]).sum(1) / variances[:k]
        m1, m2 = both[:, :k] + np.diag(own), both[:, k:]
        dr = -self.rate * (self.rho * (m1 @ r) + m2 @ self.b)
        dq = -self.rate * (self.rho * (m1 @ q) + m2 @ r.transpose(0, 2, 1))
        square = np.outer(v, v) * np.einsum("c,d,klcd->kl", u, u, _all_i4(c, k))
        dq = dq + dq.transpose(0, 2, 1) + self.rate**2 * self.noise * square
        dv = -self.rate * (_all_i2(c)[:k] @ u) * self.moving
        return np.concatenate([dq.ravel(), dr.ravel(), dv])


def _error(c: Array, u: Array) -> float:
    return max(float(u @ _all_i2(c) @ u) / 2, 0.0)


def _all_i2(c: Array) -> Array:
    """I_2 of every two fields (P, P)."""
    scale = np.sqrt(1 + np.diag(c))
    return TWO_PI * np.arcsin(np.clip(c / np.outer(scale, scale), -1, 1))


def _all_i4(c: Array, k: int) -> Array:
    """I_4 of two of the first k fields and any two others (k, k, P, P)."""
    found = np.empty((k, k, len(c), len(c)))
    for i in range(k):
        for j in range(i, k):
            two = c[[i, j]]
            seen = two[:, [i, j]] + np.eye(2)
            rest = _all_i2(c - two.T @ np.linalg.solve(seen, two))
            rest *= TWO_PI / math.sqrt(np.linalg.det(seen))
            found[i, j] = found[j, i] = rest
    return found


def _i2(one: Tensor, both: Tensor, two: Tensor) -> Tensor:
    return TWO_PI * (both / ((1 + one) * (1 + two)).sqrt()).clamp(-1, 1).arcsin()


def _fields(covariance: Any, p: int) -> Tensor:
    c = check_covariance("covariance", covariance)
    if c.shape[-1] != p:
        raise ValueError(f"covariance of {c.shape[-1]} fields; there must be {p}")
    return c
