"""Ridge and logistic regression on features at hand, for many ridges at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from torch import Tensor

from replearn.checks import check_choice, check_matrix, check_real, check_vector

Array = NDArray[np.float64]
LOSSES = ("square", "logistic")
HARD = 1e-9  # of the largest singular value: what lies below is rounding
STILL = 1e-9  # of a gradient, for each sample


def fit_full_batch(
    features: Any, labels: Any, ridges: Sequence[float], loss: str = "square"
) -> Tensor:
    r"""Weights that minimise sum_i l(y_i, w.phi_i) + (lambda / 2) |w|^2, exactly.

    "square": l = (y - h)^2 / 2. "logistic": the label is the sign of y, and
    l = log(1 + exp(-sign(y) h)). The sum is over samples: scikit-learn's
    `LogisticRegression` has C = 1 / lambda. No intercept.

    Features are turned into their singular vectors first, since |w| does not change:
    no more numbers are to be found than there are samples.

    Args:
        features: phi (n, p). labels: y (n,). ridges: each lambda > 0.
        loss: "square" or "logistic".
    Returns: w (ridges, p), in the order of `ridges`.
    Raises: ArithmeticError: the search for a minimum has not ended.
    Cost: O(n p min(n, p)); "logistic" some ten times min(n, p)^3 for each ridge.
    Example:
        >>> fit_full_batch([[2.0]], [4.0], [4.0]).tolist()
        [[1.0]]
    """
    phi = check_matrix("features", features, dtype=torch.float64)
    y = check_vector("labels", labels, len(phi), torch.float64)
    lams = [check_real("each of ridges", lam, above=0.0) for lam in ridges]
    name = check_choice("loss", loss, LOSSES)
    left, sizes, right = torch.linalg.svd(phi, full_matrices=False)
    full = sizes > HARD * sizes.max()
    left, sizes, right = left[:, full], sizes[full], right[full]
    if name == "square":
        shrunk = sizes / (sizes**2 + sizes.new_tensor(lams)[:, None])
        return (shrunk * (left.T @ y)) @ right
    rotated, signs = (left * sizes).numpy(), torch.sign(y).numpy()
    found: dict[float, Array] = {}
    w = np.zeros(rotated.shape[1])
    for lam in sorted(set(lams), reverse=True):  # each from the one before
        found[lam] = w = _logistic(signs[:, None] * rotated, lam, w)
    return torch.from_numpy(np.stack([found[lam] for lam in lams])) @ right


def _logistic(x: Array, lam: float, start: Array) -> Array:
    """The minimum of sum log(1 + exp(-x.w)) + lambda |w|^2 / 2, by Newton's steps."""

    def value(w: Array) -> float:
        return float(np.logaddexp(0, -(x @ w)).sum() + lam / 2 * (w @ w))

    def slope(w: Array) -> Array:
        return np.asarray(lam * w - x.T @ expit(-(x @ w)))

    def bend(w: Array) -> Array:
        f = expit(x @ w)
        return np.asarray((x.T * (f * (1 - f))) @ x + lam * np.eye(len(w)))

    options = {"gtol": STILL * len(x), "maxiter": 500}
    found = minimize(
        value, start, jac=slope, hess=bend, method="trust-exact", options=options
    )
    if float(np.abs(slope(found.x)).max()) > 1e-5 * len(x):
        raise ArithmeticError(f"lambda={lam:g}: {found.message}")
    return np.asarray(found.x)
