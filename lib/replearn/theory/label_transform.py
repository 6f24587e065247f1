"""The gradient step on transformed labels T(y): what it then sees of the target."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from replearn.checks import check_real
from replearn.targets import MultiIndex

Transform = Callable[[Tensor], Tensor]
TRANSFORMS: dict[str, Transform] = {
    "identity": lambda y: y,
    "abs": torch.abs,
    "square": torch.square,
    "threshold": lambda y: (y.abs() > 1).to(y.dtype),
}
END, POINTS = 10.0, 400_000  # of the mid-point rule: T may jump


def transformed_moments(
    target: MultiIndex, transform: Transform, noise: float = 0.0, centred: bool = True
) -> tuple[float, float]:
    r"""H_T = E[T(y) (z^2 - 1)], and V: what `predict_overlap` needs of T(y), z = u.x.

    T(y) is a label like any other, of expected Hessian H_T u u^T, so that after the
    step alpha = 1 / (1 + pi d^2 V / (2 n H_T^2)), V = Var T(y) - E[T(y) z]^2. Algorithm
    1 to the letter takes beta = mean of T(y) x before the mean M of T(y) is removed;
    that leaves -M (mean of x) / 2 in every neuron, and V is larger by M^2.

    Source: derived in the book.

    Args:
        target: f*, with r = 1. transform: T, elementwise, see `TRANSFORMS`.
        noise: e of the labels y = f* +- e, >= 0. centred: T(y) is centred before beta.
    Returns:
        H_T and V.
    Raises:
        ValueError, TypeError: r is not one, arguments out of range.
    Cost:
        800 000 evaluations; where T jumps the error is about 1e-5.
    Example:
        >>> from replearn.targets import degenerate_target
        >>> moments = transformed_moments(degenerate_target(9, degree=3), torch.square)
        >>> [round(v, 3) for v in moments]
        [6.0, 92.0]
    """
    if target.r != 1:
        raise ValueError(f"r={target.r}: only targets of one direction, r=1")
    level = check_real("noise", noise, minimum=0.0)
    step = 2 * END / POINTS
    z = (torch.arange(POINTS, dtype=torch.float64) + 0.5) * step - END
    mass = torch.exp(-z.square() / 2) * (step / math.sqrt(2 * math.pi))
    f = target.link(z[:, None])
    pair = torch.stack([transform(f + level), transform(f - level)]).double()
    t = mass * pair.mean(0)
    free = float((t * z).sum()) ** 2 + centred * float(t.sum()) ** 2
    square = float((mass * pair.square().mean(0)).sum())
    return float((t * (z.square() - 1)).sum()), square - free
