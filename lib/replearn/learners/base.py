"""The protocol of a learner: fit samples, predict, and trace the learning curve."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from replearn.checks import (
    CPU,
    check_array,
    check_finite,
    check_matrix,
    check_sizes,
    check_vector,
    undisturbed,
)

SMALLER = "scale the inputs and labels down"


@dataclass(frozen=True)
class Predictor:
    """What a fit returns: a function of the inputs, behind a check of their shape.

    Args:
        function: maps inputs (n, d) to predictions (n,); to be pickled, no lambda.
        d: the input dimension that was fitted.
        dtype: the precision in which the function works.
        layer: the first layer that was learnt (m, d), where there is one.
        device: where the function works, and its predictions lie.
    Cost: that of the function.
    Example:
        >>> Predictor(lambda x: x[:, 0], d=2).predict([[3.0, 4.0]]).tolist()
        [3.0]
    """

    function: Callable[[Tensor], Tensor]
    d: int
    dtype: torch.dtype = torch.float64
    layer: Tensor | None = None
    device: torch.device = CPU

    @undisturbed
    def predict(self, x: Any) -> Tensor:
        """Predictions (n,) at inputs x (n, d)."""
        value = self.function(
            check_matrix("x", x, self.d, self.dtype, device=self.device)
        )
        return check_finite("the prediction", value, SMALLER)

    def first_layer(self) -> Tensor:
        """The first layer that was learnt (m, d)."""
        if self.layer is None:
            raise TypeError("this learner has no first layer that is learnt")
        return self.layer


class Learner(ABC):
    """Anything that can be fitted. Override `learning_curve` where refits waste work.

    Cost: the default learning curve refits once per sample size.
    """

    device: torch.device = CPU  # where it computes, and what is given is moved

    @abstractmethod
    def fit(self, x: Any, y: Any) -> Predictor:
        """Learn from inputs x (n, d) and labels y (n,)."""

    @undisturbed
    def learning_curve(
        self, x: Any, y: Any, ns: Sequence[int], x_test: Any, y_test: Any
    ) -> Tensor:
        """Mean squared test error after the first n samples, for each n: (len(ns),)."""
        x, y, sizes, x_test, y_test = check_curve(
            x, y, ns, x_test, y_test, device=self.device
        )
        fits = (self.fit(x[:n], y[:n]) for n in sizes)
        return self._errors(torch.stack([fit.predict(x_test) for fit in fits]), y_test)

    @staticmethod
    def _errors(predictions: Tensor, y_test: Tensor) -> Tensor:
        """Mean squared errors (sizes,) of predictions (sizes, n), all finite."""
        errors = (predictions - y_test).square().mean(dim=1)
        return check_finite("the test error", errors, SMALLER)


def check_samples(
    x: Any, y: Any, dtype: torch.dtype | None = None, device: torch.device = CPU
) -> tuple[Tensor, Tensor]:
    """Inputs (n, d) with as many labels (n,), both finite.

    Args: x: inputs. y: labels. dtype: to convert to. device: to move them to.
    Returns: both as tensors.
    Cost: O(n d).
    Example:
        >>> check_samples([[1.0]], [2.0])[1].tolist()
        [2.0]
    """
    x = check_matrix("x", x, dtype=dtype, device=device)
    return x, check_vector("y", y, len(x), x.dtype, device)


def check_pair(
    what: str,
    given: Any,
    d: int | None = None,
    targets: int | None = None,
    dtype: torch.dtype | None = None,
    device: torch.device = CPU,
) -> tuple[Tensor, Tensor]:
    """Inputs (n, d) with their labels as (n, t), for one or several targets.

    Args:
        what: held-out, say. given: (x, y), y of shape (n,) or (n, t).
        d, targets: what the others have. dtype, device: to convert and move to.
    Returns: both as matrices.
    Cost: O(n d).
    Example:
        >>> check_pair("held-out", ([[1.0]], [2.0]))[1].tolist()
        [[2.0]]
    """
    if not isinstance(given, list | tuple) or len(given) != 2:
        raise TypeError(f"{what} data must be a pair (x, y), not {given!r:.60}")
    x = check_matrix(f"{what} x", given[0], d, dtype, device=device)
    y = check_array(f"{what} y", given[1], dtype, device=device)
    y = y[:, None] if y.ndim == 1 else y
    y = check_matrix(f"{what} y", y, targets, device=device)
    if len(y) != len(x):
        raise ValueError(f"{what} y has {len(y)} rows; {what} x has {len(x)}")
    return x, y


def check_curve(
    x: Any,
    y: Any,
    ns: Sequence[int],
    x_test: Any,
    y_test: Any,
    dtype: torch.dtype | None = None,
    device: torch.device = CPU,
) -> tuple[Tensor, Tensor, list[int], Tensor, Tensor]:
    """The arguments of `Learner.learning_curve`, checked and converted.

    Args:
        x, y: training samples. ns: sizes. x_test, y_test: test samples.
        dtype, device: to convert and move to.
    Returns: the five, in the same order.
    Cost: O(n d).
    Example:
        >>> check_curve([[1.0]], [2.0], [1], [[1.0]], [2.0])[2]
        [1]
    """
    x, y = check_samples(x, y, dtype, device)
    sizes = check_sizes("ns", ns, maximum=len(x))
    x_test = check_matrix("x_test", x_test, x.shape[1], x.dtype, device=device)
    y_test = check_vector("y_test", y_test, len(x_test), x.dtype, device)
    return x, y, sizes, x_test, y_test
