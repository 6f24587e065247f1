"""Kernel learning curves: one Cholesky factor against scikit-learn, refit per size."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn import kernel_ridge
from torch import Tensor

from replearn import kernels
from replearn.learners import KernelRidge, scaled_ridge
from replearn.learners.kernel_ridge import centred_predictions, factorise
from replearn.targets import paper_target

from .timing import Result, Run, compare, scaled, timed

Array = NDArray[np.float64]
Gram = Callable[[Array, Array], Array]

D, TEST_POINTS, LARGEST, DENSE, STRATA = 20, 1000, 4096, 2000, 40
OURS = partial(kernels.ntk, bias_variance=1.0)


def textbook_ntk(x: Array, z: Array) -> Array:
    """The same kernel as a user writes its formula down in numpy.

    Args:
        x: (n_x, d). z: (n_z, d).
    Returns:
        Gram matrix (n_x, n_z).
    """
    d = x.shape[1]
    x_variance = 2 * (x**2).sum(axis=1) / d + 1
    z_variance = 2 * (z**2).sum(axis=1) / d + 1
    covariance = 2 * x @ z.T / d + 1
    scale = np.sqrt(np.outer(x_variance, z_variance))
    angle = np.arccos(np.clip(covariance / scale, -1, 1))
    gate = (np.pi - angle) / (2 * np.pi)
    nngp = 2 * scale * (np.sin(angle) / (2 * np.pi) + np.cos(angle) * gate) + 1
    return nngp + 2 * covariance * gate


def library_ntk(x: Array, z: Array) -> Array:
    """The library's kernel, for scikit-learn.

    Args:
        x: (n_x, d). z: (n_z, d).
    Returns:
        Gram matrix (n_x, n_z).
    """
    return OURS(torch.from_numpy(x), torch.from_numpy(z)).numpy()


@dataclass(frozen=True)
class Problem:
    """Training and test samples, the ridge and the sizes of the curve.

    Args:
        largest: number of training samples. ns: sizes of the curve.
        test_points: number of test samples.
    """

    largest: int
    ns: Sequence[int]
    test_points: int

    @cached_property
    def samples(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """x, y, x_test, y_test."""
        target = paper_target(D, 1, 3)
        train, test = (
            target.sample(n, seed)
            for seed, n in enumerate((self.largest, self.test_points))
        )
        return (*train, *test)

    @cached_property
    def ridge(self) -> float:
        """A thousandth of k(1, 1)."""
        return scaled_ridge(OURS, D, 1e-3)

    def curve(self) -> Tensor:
        """The library's learning curve, Gram included."""
        x, y, x_test, y_test = self.samples
        learner = KernelRidge(OURS, self.ridge)
        return learner.learning_curve(x, y, self.ns, x_test, y_test)

    def refit(self, n: int, gram: Gram) -> float:
        """The test error after a fit of scikit-learn to the first n samples."""
        x, y, x_test, y_test = (part.numpy() for part in self.samples)
        learner = kernel_ridge.KernelRidge(alpha=self.ridge, kernel="precomputed")
        mean = y[:n].mean()  # as the library takes it from the labels
        learner.fit(gram(x[:n], x[:n]), y[:n] - mean)
        guess = learner.predict(gram(x_test, x[:n])) + mean
        return float(((guess - y_test) ** 2).mean())

    def refits(self, gram: Gram) -> Tensor:
        """The learning curve from one refit per size."""
        return torch.tensor([self.refit(n, gram) for n in self.ns], dtype=torch.float64)


def compare_curve(scale: float, repetitions: int) -> list[Result]:
    """A learning curve of 20 sizes up to n = 4096, and where its time goes.

    Args:
        scale: of all sizes. repetitions: timed pairs.
    Returns:
        Against refits with three kinds of Gram, and the bare Cholesky's share.
    """
    largest = scaled(LARGEST, scale, minimum=64)
    ns = np.unique(np.geomspace(16, largest, 20).round().astype(int)).tolist()
    problem = Problem(largest, ns, scaled(TEST_POINTS, scale))
    name = f"kernel curve, {len(ns)} sizes to n = {largest}"
    own = ("learning_curve, one factor", lambda: timed(problem.curve))

    def refits(gram: Gram) -> Callable[[], Run]:
        return lambda: timed(lambda: problem.refits(gram))

    return [
        compare(
            name,
            own,
            ("scikit-learn per size, textbook numpy Gram", refits(textbook_ntk)),
            repetitions,
            warm_up=False,
            target=5.0,
        ),
        compare(
            name,
            own,
            ("scikit-learn per size, the library's Gram", refits(library_ntk)),
            repetitions,
            warm_up=False,
            note="log-spaced sizes cap what one factor can save: sum of n^3 = "
            f"{sum(n**3 for n in ns) / largest**3:.2f} of the largest, of n^2 = "
            f"{sum(n**2 for n in ns) / largest**2:.2f}",
        ),
        shared_gram(name, problem, repetitions),
        *shares(name, problem, repetitions),
    ]


def shared_gram(name: str, problem: Problem, repetitions: int) -> Result:
    """The same curve with both Gram matrices given to both sides.

    Args:
        name: of the curve. problem: its samples. repetitions: timed pairs.
    Returns:
        The comparison.
    """
    x, y, x_test, y_test = problem.samples
    gram, cross = OURS(x, x), OURS(x, x_test)

    def look_up(a: Array, b: Array) -> Array:
        test = len(a) != len(b) or a[0, 0] != b[0, 0]
        return (cross.numpy().T if test else gram.numpy()[: len(a)])[:, : len(b)]

    def curve() -> Tensor:
        factor = factorise(gram.clone(), problem.ridge)
        guess = centred_predictions(factor, cross, y[:, None], problem.ns)
        return (guess[:, :, 0] - y_test).square().mean(dim=1)

    return compare(
        f"{name}, Gram given",
        ("one factor", lambda: timed(curve)),
        ("scikit-learn per size", lambda: timed(lambda: problem.refits(look_up))),
        repetitions,
        target=1.8,
        warm_up=False,
    )


def shares(name: str, problem: Problem, repetitions: int) -> list[Result]:
    """The parts of the curve's time that are the bare Cholesky, and the Gram.

    Args:
        name: of the curve. problem: its samples. repetitions: timed pairs.
    Returns:
        Comparisons whose ratio is the share.
    """
    x, y, x_test, y_test = problem.samples
    gram, cross = OURS(x, x), OURS(x, x_test)

    def last_error(factor: Tensor) -> Tensor:
        dual = torch.cholesky_solve((y - y.mean())[:, None], factor)
        return ((cross.T @ dual)[:, 0] + y.mean() - y_test).square().mean()[None]

    def cholesky() -> Run:
        copy = gram.clone()
        start = time.perf_counter()
        factor = factorise(copy, problem.ridge)
        return Run(last_error(factor), time.perf_counter() - start)

    def grams() -> Run:
        start = time.perf_counter()
        fresh = OURS(x, x)
        OURS(x, x_test)
        seconds = time.perf_counter() - start
        return Run(last_error(factorise(fresh, problem.ridge)), seconds)

    def curve() -> Run:
        run = timed(problem.curve)
        return Run(run.numbers[-1:], run.seconds)

    whole = ("learning_curve, one factor", curve)
    return [
        compare(
            f"{name}: share of the bare Cholesky",
            whole,
            ("Cholesky of the given matrix, in place", cholesky),
            repetitions,
            warm_up=False,
            target=0.5,
            note="the ratio is a share",
        ),
        compare(
            f"{name}: share of the Gram matrices",
            whole,
            ("both Gram matrices", grams),
            repetitions,
            warm_up=False,
            note="the ratio is a share",
        ),
    ]


def compare_dense(scale: float, repetitions: int) -> list[Result]:
    """The curve of every n up to 2000; refits are timed at 40 sizes and scaled up.

    Args:
        scale: of all sizes. repetitions: timed pairs.
    Returns:
        Against refits with the textbook's and with the library's Gram.
    """
    largest = scaled(DENSE, scale, minimum=STRATA)
    problem = Problem(largest, range(1, largest + 1), scaled(TEST_POINTS, scale))
    # the middle of each of 40 equal ranges of n stands for that range
    edges = np.linspace(0, largest, STRATA + 1)
    sample = np.unique(((edges[1:] + edges[:-1]) / 2).round().clip(1)).astype(int)

    def curve() -> Run:
        run = timed(problem.curve)
        return Run(run.numbers[sample - 1], run.seconds)

    def refits(gram: Gram) -> Callable[[], Run]:
        sampled = Problem(largest, sample.tolist(), problem.test_points)

        def run() -> Run:
            part = timed(lambda: sampled.refits(gram))
            return Run(part.numbers, part.seconds * largest / len(sample))

        return run

    return [
        compare(
            f"kernel curve, every n to {largest}",
            ("learning_curve, one factor", curve),
            (f"scikit-learn per size, {label} Gram", refits(gram)),
            repetitions,
            warm_up=False,
            target=target,
            note=f"refits: {len(sample)} evenly spaced sizes timed, scaled to all "
            f"{largest}",
        )
        for label, gram, target in (
            ("textbook numpy", textbook_ntk, 200.0),
            ("the library's", library_ntk, None),
        )
    ]
