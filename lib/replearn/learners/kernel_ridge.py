"""Kernel ridge regression, and its whole learning curve from one Cholesky factor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from replearn.checks import (
    SWITCH,
    check_choice,
    check_finite,
    check_int,
    check_real,
    check_sizes,
    undisturbed,
)
from replearn.kernels import Kernel, gram_of
from replearn.learners.base import (
    Learner,
    Predictor,
    check_curve,
    check_pair,
    check_samples,
)


class KernelRidge(Learner):
    r"""f(x) = c + k(x, X) (K + ridge I)^{-1} (y - c), with c the mean of the labels.

    The factor L of the Gram matrix of n samples holds the factor of every prefix in
    its leading block. With V = L^{-1} k(X, X_test) and z = L^{-1} y the predictions
    from the first n samples are the partial sums over i <= n of V_i z_i, so every
    sample size together costs what the largest one costs.

    Args:
        kernel: callable (x, z) -> Gram matrix (n_x, n_z), from any library.
        ridge: >= 0, added to the diagonal as given.
        centre: whether the labels lose their mean, as every learner's do in the book;
            c = 0 otherwise.
    Raises: TypeError: kernel is not callable.
    Cost: n^3/3 + n^2 n_test flops and one n x n matrix for the whole curve.
    Example:
        >>> from replearn.kernels import polynomial
        >>> fit = KernelRidge(polynomial, 1e-9).fit([[0.0], [1.0], [2.0]], [0, 1, 4])
        >>> round(fit.predict([[3.0]]).item(), 4)
        9.0
    """

    def __init__(self, kernel: Kernel, ridge: float, centre: bool = True) -> None:
        if not callable(kernel):
            raise TypeError(f"kernel={kernel!r} must be a callable (x, z) -> Gram")
        self.kernel = kernel
        self.ridge = check_real("ridge", ridge, minimum=0.0)
        self.centre = check_choice("centre", centre, SWITCH)

    @undisturbed
    def fit(self, x: Any, y: Any) -> Predictor:
        """Learn from inputs x (n, d) and labels y (n,)."""
        x, y = check_samples(x, y, torch.float64)
        factor = factorise(gram_of(self.kernel, x, x), self.ridge)
        mean = float(y.mean()) if self.centre else 0.0
        dual = torch.cholesky_solve(y[:, None] - mean, factor)[:, 0]
        return Predictor(partial(_predict, self.kernel, x, dual, mean), x.shape[1])

    @undisturbed
    def learning_curve(
        self, x: Any, y: Any, ns: Sequence[int], x_test: Any, y_test: Any
    ) -> Tensor:
        """Mean squared test error after the first n samples, for each n: (len(ns),)."""
        x, y, sizes, x_test, y_test = check_curve(
            x, y, ns, x_test, y_test, torch.float64
        )
        x, y = x[: sizes[-1]], y[: sizes[-1]]
        factor = factorise(gram_of(self.kernel, x, x), self.ridge)
        cross = gram_of(self.kernel, x, x_test)
        predict = centred_predictions if self.centre else prefix_predictions
        predictions = predict(factor, cross, y[:, None], sizes)
        return self._errors(predictions[:, :, 0], y_test)


def _predict(
    kernel: Kernel, x: Tensor, dual: Tensor, mean: float, points: Tensor
) -> Tensor:
    return gram_of(kernel, points, x) @ dual + mean


@undisturbed
def scaled_ridge(kernel: Kernel, d: int, relative: float) -> float:
    """The ridge relative * k(1, 1), with 1 the all-ones input of norm sqrt(d).

    Args: kernel: callable (x, z) -> Gram. d: input dimension. relative: >= 0.
    Returns: the ridge.
    Cost: one kernel value.
    Example:
        >>> from replearn.kernels import ntk
        >>> round(scaled_ridge(ntk, 10, 0.5), 6)
        2.0
    """
    relative = check_real("relative", relative, minimum=0.0)
    ones = torch.ones(1, check_int("d", d), dtype=torch.float64)
    return relative * float(gram_of(kernel, ones, ones))


def factorise(gram: Tensor, ridge: float) -> Tensor:
    """Lower Cholesky factor of gram + ridge I, written over `gram`.

    Args:
        gram: symmetric (n, n), float64; it is overwritten.
        ridge: >= 0.
    Returns: the factor (n, n), in the memory of `gram`.
    Raises: ValueError: not finite, or not positive definite at this ridge.
    Cost: n^3/3 flops, no second matrix.
    Example:
        >>> factorise(torch.eye(2, dtype=torch.float64), 3.0).diagonal().tolist()
        [2.0, 2.0]
    """
    check_finite("the Gram matrix with its ridge", gram.diagonal().add_(ridge))
    info = gram.new_zeros((), dtype=torch.int32)
    # the transpose of a symmetric row-major matrix is column-major: LAPACK's own
    # layout, so the factor lands in place
    torch.linalg.cholesky_ex(gram.mT, upper=True, out=(gram.mT, info))
    if info.item():
        raise ValueError(
            f"the Gram matrix with ridge={ridge} is not positive definite at sample "
            f"{info.item()}; use a larger ridge"
        )
    return gram


def prefix_predictions(
    factor: Tensor, cross: Tensor, y: Tensor, ns: Sequence[int]
) -> Tensor:
    """Predictions from the first n samples for every n in `ns`, for many targets.

    Two ways to the same numbers: partial sums of V_i z_i, whose cost does not depend
    on how many sizes there are, or dual weights for each size, which is cheaper when
    the sizes are few. The cheaper one is taken.

    Args:
        factor: lower factor (n, n) of K + ridge I. cross: k(X, X_test) (n, n_test).
        y: labels (n, targets). ns: increasing sizes, at most n.
    Returns: predictions (len(ns), n_test, targets).
    Cost: the smaller of n^2 n_test and (sum of n_i^2 + len(ns) n n_test) targets.
    Example:
        >>> one = torch.ones(1, 1, dtype=torch.float64)
        >>> prefix_predictions(one, one, 2 * one, [1]).item()
        2.0
    """
    (n, n_test), targets = cross.shape, y.shape[1]
    by_duals = (sum(i * i for i in ns) + len(ns) * n * n_test) * targets
    if by_duals < n * n * n_test:
        duals = prefix_duals(factor, y, ns)
        return (cross.T @ duals.flatten(1)).unflatten(1, (len(ns), -1)).transpose(0, 1)
    v = torch.linalg.solve_triangular(factor, cross, upper=False)
    z = torch.linalg.solve_triangular(factor, y, upper=False)
    predictions = v.new_empty(len(ns), n_test, targets)
    running, start = v.new_zeros(n_test, targets), 0
    for i, size in enumerate(ns):
        running.addmm_(v[start:size].T, z[start:size])
        predictions[i] = running
        start = size
    return predictions


def centred_predictions(
    factor: Tensor, cross: Tensor, y: Tensor, ns: Sequence[int]
) -> Tensor:
    """`prefix_predictions` of labels that lose the mean of their prefix, and regain it.

    Args: factor, cross, y, ns: as for `prefix_predictions`.
    Returns: predictions (len(ns), n_test, targets).
    Cost: that of one target more.
    Example:
        >>> one = torch.ones(1, 1, dtype=torch.float64)
        >>> centred_predictions(2 * one, one, 2 * one, [1]).item()
        2.0
    """
    with_one = torch.cat([y, y.new_ones(len(y), 1)], dim=1)
    found = prefix_predictions(factor, cross, with_one, ns)
    means = prefix_means(y, ns)[:, None]
    return found[..., :-1] + means * (1 - found[..., -1:])


def prefix_means(y: Tensor, ns: Sequence[int]) -> Tensor:
    """The means of the first n labels, for every n.

    Args: y: labels (N, targets). ns: sizes.
    Returns: means (len(ns), targets).
    Cost: O(N targets).
    Example:
        >>> prefix_means(torch.tensor([[1.0], [3.0]]), [1, 2]).flatten().tolist()
        [1.0, 2.0]
    """
    last = torch.tensor(list(ns))
    return y.cumsum(0)[last - 1] / last.to(y.dtype)[:, None]


def prefix_duals(factor: Tensor, y: Tensor, ns: Sequence[int]) -> Tensor:
    """Dual weights (K_n + ridge I)^{-1} y_n of every prefix, padded with zeros.

    Args:
        factor: lower factor (n, n) of K + ridge I. y: labels (n, targets).
        ns: increasing sizes, at most n.
    Returns: weights (n, len(ns), targets).
    Cost: n^2 + sum of n_i^2 flops per target.
    Example:
        >>> two = 2 * torch.ones(1, 1, dtype=torch.float64)
        >>> prefix_duals(two, two, [1]).item()
        0.5
    """
    z = torch.linalg.solve_triangular(factor, y, upper=False)
    duals = z.new_zeros(len(y), len(ns), y.shape[1])
    for i, n in enumerate(ns):
        block = factor[:n, :n].mT
        duals[:n, i] = torch.linalg.solve_triangular(block, z[:n], upper=True)
    return duals


@undisturbed
def tuned_errors(
    kernel: Kernel,
    relative_ridges: Sequence[float],
    samples: tuple[Tensor, Tensor],
    ns: Sequence[int],
    held_out: tuple[Tensor, Tensor],
    test: tuple[Tensor, Tensor],
) -> Tensor:
    """Test errors with the ridge chosen on held-out data, for each size and target.

    The labels of each prefix lose their mean, as in `KernelRidge`.

    Args:
        kernel: callable (x, z) -> Gram.
        relative_ridges: candidates, in units of k(1, 1), see `scaled_ridge`.
        samples, held_out, test: pairs x (., d), y (., targets), float64.
        ns: increasing sizes.
    Returns: mean squared test errors (len(ns), targets).
    Cost: one Gram, then n^3/3 flops per ridge; two n x n matrices.
    Example:
        >>> from replearn.kernels import polynomial
        >>> data = (torch.ones(1, 1).double(), torch.ones(1, 1).double())
        >>> tuned_errors(polynomial, [0.0, 1.0], data, [1], data, data).item()
        0.0
    """
    x, y = check_pair("sample", samples)
    like = (x.shape[1], y.shape[1])
    held_out, test = (
        check_pair("held-out", held_out, *like),
        check_pair("test", test, *like),
    )
    ns = check_sizes("ns", ns, maximum=len(x))
    gram, points = gram_of(kernel, x, x), torch.cat([held_out[0], test[0]])
    cross, truth = gram_of(kernel, x, points), torch.cat([held_out[1], test[1]])
    kept = len(held_out[0])
    chosen: list[Tensor] = []
    judged: list[Tensor] = []
    for relative in relative_ridges:
        factor = factorise(gram.clone(), scaled_ridge(kernel, x.shape[1], relative))
        squares = (centred_predictions(factor, cross, y, ns) - truth).square()
        judged.append(squares[:, :kept].mean(dim=1))
        chosen.append(squares[:, kept:].mean(dim=1))
    best = torch.stack(judged).argmin(dim=0, keepdim=True)
    return check_finite("the test error", torch.stack(chosen).gather(0, best)[0])
