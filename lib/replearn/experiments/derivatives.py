"""Expected derivatives, and what a gate sees of a target, measured on samples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from replearn.checks import (
    check_int,
    check_matrix,
    check_memory,
    check_real,
    check_sizes,
    check_vector,
)
from replearn.hermite import orthonormal_hermite
from replearn.streams import Stream
from replearn.targets import MultiIndex

CHUNK_BYTES = 64e6


def measure_derivative(x: Tensor, y: Tensor, order: int) -> Tensor:
    r"""The average of y He_k(x): what n samples say of E[grad^k f*].

    He_1(x) = x, He_2(x) = x x^T - I, and He_3(x)_{ijl} = x_i x_j x_l less
    x_i [j = l] + x_j [i = l] + x_l [i = j]. No derivative is taken (Stein's lemma).

    Args: x: inputs (n, d). y: labels (n,). order: k, 1 to 3.
    Returns: the tensor, shape (d,) * k, float64.
    Raises: MemoryError: d^k is too large.
    Cost: O(n d^k).
    """
    inputs = check_matrix("x", x, dtype=torch.float64)
    return next(measure_derivatives(inputs, y, order, [len(inputs)]))


def measure_derivatives(
    x: Tensor, y: Tensor, order: int, ns: Sequence[int]
) -> Iterator[Tensor]:
    """`measure_derivative` from the first n samples, for each n, in one pass.

    Args: x: inputs (N, d). y: labels (N,). order: k, 1 to 3. ns: increasing sizes <= N.
    Returns: an iterator of tensors, shape (d,) * k.
    Raises: MemoryError: d^k is too large.
    Cost: O(N d^k).
    """
    x = check_matrix("x", x, dtype=torch.float64)
    y = check_vector("y", y, len(x), torch.float64)
    check_int("order", order, maximum=3)
    d, sizes = x.shape[1], check_sizes("ns", ns, len(x))
    check_memory(24 * d**order, f"{d}^{order} expected derivatives")
    step = max(1, int(CHUNK_BYTES / 8 / d ** (order - 1)))
    total, done = torch.zeros(d, d ** (order - 1), dtype=torch.float64), 0
    for n in sizes:
        for start in range(done, n, step):
            part = slice(start, min(start + step, n))
            total += (x[part] * y[part, None]).T @ _powers(x[part], order - 1)
        done = n
        moment = (total / n).reshape((d,) * order)
        yield moment - _trace_part(x[:n], y[:n], order)


def measure_coefficient_errors(
    target: MultiIndex, ns: Sequence[int], seed: int, orders: Sequence[int] = (1, 2, 3)
) -> dict[int, list[float]]:
    """Squared error of all Hermite coefficients of a degree, from n samples.

    |measured - E[grad^k f*]|^2 / k!, which is the sum over the orthonormal basis.

    Args: target: f*. ns: increasing sizes. seed: of the samples. orders: degrees k.
    Returns: for each order, the errors at every n.
    Raises: MemoryError: d^k is too large.
    Cost: O(ns[-1] d^k), see `estimate_seconds`.
    """
    x, y = target.sample(check_sizes("ns", ns, maximum=10**7)[-1], seed)
    errors = {}
    for order in orders:
        truth = target.expected_derivative(order)
        found = measure_derivatives(x, y, order, ns)
        errors[order] = [
            float((tensor - truth).square().sum()) / math.factorial(order)
            for tensor in found
        ]
    return errors


def estimate_seconds(d: int, ns: Sequence[int]) -> float:
    """Seconds that `measure_coefficient_errors` takes on one core, roughly.

    Args: d: input dimension. ns: sizes.
    Returns: seconds for degrees 1 to 3, to within a factor of two or so.
    Cost: O(1).
    """
    check_int("d", d)
    sizes = check_sizes("ns", ns, maximum=10**9)
    return sizes[-1] * d**2 * (2 * d / 1.5e10 + 5e-9) + len(sizes) * d**3 * 3e-8


def _powers(x: Tensor, order: int) -> Tensor:
    """The products of `order` coordinates of each row: (n, d^order)."""
    products = x.new_ones(len(x), 1)
    for _ in range(order):
        products = (products[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    return products


def _trace_part(x: Tensor, y: Tensor, order: int) -> Tensor:
    """What the average of y x^k exceeds that of y He_k(x) by."""
    identity = torch.eye(x.shape[1], dtype=x.dtype)
    if order == 1:
        return identity.new_zeros(())
    if order == 2:
        return y.mean() * identity
    part = torch.einsum("i,jl->ijl", x.T @ y / len(x), identity)
    return part + part.transpose(0, 1) + part.transpose(0, 2)


def average_derivatives(target: MultiIndex, x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean gradient and Hessian of a target over inputs, by automatic differentiation.

    Args: target: f*. x: inputs (n, d).
    Returns: the gradient (d,) and the Hessian (d, d).
    Cost: O(n d^2 r).
    Example:
        >>> target = MultiIndex(2, 1, 2, {(2,): 1.0})
        >>> slope, hessian = average_derivatives(target, torch.ones(1, 2))
        >>> [round(float(value), 4) for value in (slope[0], hessian[0, 0])]
        [1.4142, 1.4142]
    """
    x = check_matrix("x", x, target.d, torch.float64).clone().requires_grad_()
    (slope,) = torch.autograd.grad(target(x).sum(), x, create_graph=True)
    rows = []
    for i in range(target.d):  # one that vanishes everywhere has no graph of its own
        row = torch.autograd.grad(
            slope[:, i].sum() + 0 * x.sum(), x, retain_graph=True, allow_unused=True
        )[0]
        rows.append(row.mean(0))
    return slope.detach().mean(0), torch.stack(rows)


def measure_gate_signal(degree: int, overlap: float, n: int, seed: int) -> float:
    r"""What the gate of a neuron w sees of h_p(u.x): the average of f x 1{w.x >= 0}.

    Its component along the unit vector u - t w, rescaled, with t = u.w; the average
    lies in the plane of u and w, so that two coordinates are enough.

    Args:
        degree: p of the target h_p = He_p / sqrt(p!), >= 1.
        overlap: t, between -1 and 1, ends excluded.
        n: number of samples.
        seed: of the samples.
    Returns: the component, divided by its length sqrt(1 - t^2).
    Raises: ValueError: an overlap of one or more.
    Cost: O(n).
    """
    p, t = check_int("degree", degree), check_real("overlap", overlap)
    if not -1 < t < 1:
        raise ValueError(f"overlap={t} must lie between -1 and 1, ends excluded")
    along, across = Stream("gate", seed).normal(2, check_int("n", n))
    length = math.sqrt(1 - t**2)
    label = orthonormal_hermite(p, t * along + length * across)
    return float((label * across * (along >= 0)).mean()) / length
