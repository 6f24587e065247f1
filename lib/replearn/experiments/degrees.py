"""The staircase: what a kernel has learnt of each degree, from one Cholesky factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from replearn.checks import check_int, check_sizes
from replearn.kernels import Kernel
from replearn.learners.kernel_ridge import centred_predictions, factorise, scaled_ridge
from replearn.targets.staircase import Staircase
from replearn.theory.staircase import DegreeCurves, predict_degree_curves

STAIRCASE_KERNELS = ("ntk", "polynomial", "rbf", "ntk-no-bias")
EQUAL_WEIGHTS = {1: 1.0, 2: 1.0, 3: 1.0}
# in units of k(1, 1), for every kernel, d and n: there is no noise to tune against,
# and a ridge that is the same everywhere is one that the theory can be given
RELATIVE_RIDGE = 1e-3
TEST_POINTS = 2000
# one factor serves any labels: the same target along four disjoint sets of coordinates
COPIES = 4
WHOLE = "all"  # the part that stands for the whole test error


def measure_degrees(
    kernel: Kernel,
    targets: Sequence[Staircase],
    ns: Sequence[int],
    seed: int,
    relative_ridge: float = RELATIVE_RIDGE,
) -> list[dict[str, Tensor]]:
    """Missing share of each degree and test error, at every n, for several targets.

    The learnt function is regressed on the target's parts at 2000 test inputs; with
    coefficient c_k of part k, in units of the target's own, (1 - c_k)^2 is missing.
    Errors are means over the same target along four sets of coordinates, where d has
    as many: one Cholesky factor serves them all.

    Args:
        kernel: callable (x, z) -> Gram. targets: on the same inputs and d, start 0.
        ns: increasing sizes. seed: of the data. relative_ridge: in units of k(1, 1).
    Returns: for each target: "degree-k" and "all" -> errors (len(ns),).
    Raises: ValueError: targets of other dimensions or inputs.
    Cost: one Gram and one Cholesky factor of the largest n, for all sizes and targets.
    """
    first = targets[0]
    if any((t.d, t.inputs) != (first.d, first.inputs) for t in targets):
        raise ValueError("the targets must share d and inputs, to share a Gram matrix")
    sizes = check_sizes("ns", ns, maximum=10**6)
    x, _ = first.sample(sizes[-1], seed)
    x_test = first.test_inputs(TEST_POINTS, seed)
    factor = factorise(kernel(x, x), scaled_ridge(kernel, first.d, relative_ridge))
    copies = [_copies(target) for target in targets]
    labels = torch.stack([t(x) for group in copies for t in group], dim=1)
    learnt = iter(
        centred_predictions(factor, kernel(x, x_test), labels, sizes).unbind(2)
    )
    return [
        _mean([_by_degree(t, x_test, next(learnt)) for t in group]) for group in copies
    ]


def predict_degrees(
    kernel: Kernel,
    d: int,
    ns: Sequence[int],
    weights: Mapping[int, float] | None = None,
    r: int = 1,
    relative_ridge: float = RELATIVE_RIDGE,
) -> DegreeCurves:
    """The theory of `measure_degrees` on the sphere, at the same ridge.

    Args:
        kernel: callable (x, z) -> Gram. d: input dimension. ns: sizes.
        weights: {degree: share}; None takes equal weights on 1, 2 and 3.
        r: number of directions. relative_ridge: in units of k(1, 1).
    Returns: predicted curves.
    Cost: about 20 ms for 50 sizes.
    Example:
        >>> from replearn.kernels import kernel_of
        >>> predict_degrees(kernel_of("rbf"), 20, [100]).missing.shape
        torch.Size([1, 3])
    """
    ridge = scaled_ridge(kernel, d, relative_ridge)
    shares = weights or EQUAL_WEIGHTS
    return predict_degree_curves(kernel, d, shares, ns, ridge, r=r)


def estimate_seconds(d: int, ns: Sequence[int]) -> float:
    """Seconds that `measure_degrees` takes on one core, to within a factor of two.

    Args: d: input dimension. ns: sizes; the largest is what counts.
    Returns: seconds, for one target.
    Cost: O(1).
    """
    check_int("d", d)
    n = check_sizes("ns", ns, maximum=10**9)[-1]
    gram = n * (n + TEST_POINTS) * (2 * d / 4e10 + 6e-8)
    return gram + (n**3 / 3 + n**2 * TEST_POINTS) / 5e10


def _copies(target: Staircase) -> list[Staircase]:
    count = min(COPIES, target.d // target.r)
    return [replace(target, start=i * target.r) for i in range(count)]


def _mean(errors: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    return {
        part: torch.stack([each[part] for each in errors]).mean(dim=0)
        for part in errors[0]
    }


def _by_degree(target: Staircase, x_test: Tensor, learnt: Tensor) -> dict[str, Tensor]:
    """Regress the learnt functions (sizes, points) on the parts of the target."""
    parts, truth = target.parts(x_test), target(x_test)
    design = torch.cat([parts, torch.ones(len(parts), 1, dtype=parts.dtype)], dim=1)
    fit = torch.linalg.lstsq(design, learnt.T).solution[:-1]
    own = torch.tensor(list(target.weights.values()), dtype=fit.dtype).sqrt()
    missing = (1 - fit / own[:, None]).square()
    errors = {
        f"degree-{k}": row for k, row in zip(target.degrees, missing, strict=True)
    }
    total = (learnt - truth).square().mean(dim=1) / truth.var()
    return errors | {WHOLE: total}
