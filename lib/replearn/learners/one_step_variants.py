"""Algorithm 1 with a part changed or left out: what each of its lines is there for."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from replearn.checks import SWITCH, check_choice, check_int, undisturbed
from replearn.learners.one_step import OneStepNetwork, gated_correlation
from replearn.learners.random_features import relu_features
from replearn.streams import Stream
from replearn.targets.transforms import TRANSFORMS

PREPROCESSING = ("correlation", "least-squares", "common", "none")


class OneStepVariant(OneStepNetwork):
    r"""`OneStepNetwork` with switches; at their defaults it is the same, to the bit.

    Further steps (`steps` > 1) put g(w) in the place of w in g and scale the last
    result: gradient steps with output weights so small that the residual stays the
    label, in which twins stay opposite. Neither this nor any other variant is the
    paper's.

    Args:
        preprocess: what leaves the labels before the step: "correlation", as in
            Algorithm 1, the "least-squares" fit of mean and linear part, or "none";
            "common" leaves the labels and takes half of the mean of y x, which all
            neurons have in common, from the step: on white inputs nearly the same.
        symmetric: start in pairs of twins, so that f = 0; else all w_j and signs a_j
            are independent, and the residual is the label minus the network.
        decay: weight decay that cancels the start; else the start stays in the layer.
        redraw_biases: b_j ~ N(0, 1) for the read-out; else they stay 0.
        steps: number of steps on the first layer, >= 1.
        transform: T of `targets.transforms`. The step sees T(y), centred, without its
            linear part; the read-out is fitted to y all the same.
        network: arguments of `OneStepNetwork`.
    Raises: ValueError: several steps with another start.
    Cost: O(n m d) per step, else as `OneStepNetwork`.
    Example:
        >>> from replearn.targets import paper_target
        >>> x, y = paper_target(5, 1, 2).sample(2000, seed=0)
        >>> flat = OneStepVariant(redraw_biases=False, width=64).fit(x, y)
        >>> flat.predict(2 * x[:1]).shape
        torch.Size([1])
    """

    def __init__(
        self,
        preprocess: str = "correlation",
        symmetric: bool = True,
        decay: bool = True,
        redraw_biases: bool = True,
        steps: int = 1,
        transform: str = "identity",
        **network: Any,
    ) -> None:
        super().__init__(**network)
        self.preprocess = check_choice("preprocess", preprocess, PREPROCESSING)
        self.symmetric = check_choice("symmetric", symmetric, SWITCH)
        self.decay = check_choice("decay", decay, SWITCH)
        self.redraw_biases = check_choice("redraw_biases", redraw_biases, SWITCH)
        self.steps = check_int("steps", steps)
        self.transform = check_choice("transform", transform, tuple(TRANSFORMS))
        if self.steps > 1 and not (self.symmetric and self.decay):
            raise ValueError(f"steps={steps} needs the symmetric start and the decay")

    def linear_part(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """alpha and beta (d,), which leave the labels before the step."""
        if self.preprocess == "correlation":
            return super().linear_part(x, y)
        if self.preprocess in ("common", "none"):
            return y.new_zeros(()), y.new_zeros(x.shape[1])
        return least_squares_part(x, y)

    def step_labels(self, x: Tensor, y: Tensor) -> Tensor:
        """The labels (n,) that the step sees: T(y), as y would be given to it."""
        if self.transform != "identity":
            y = TRANSFORMS[self.transform](y)
            y = y - y.mean()
        return super().step_labels(x, y)

    @undisturbed
    def first_layer(self, x: Tensor, residual: Tensor) -> Tensor:
        """W after the steps (m, d), from inputs (n, d) and preprocessed labels (n,)."""
        start = self._start(x.shape[1], x.dtype)
        signs = x.new_ones(len(start))
        if not self.symmetric:
            start, signs = self._independent_start(x.shape[1], x.dtype)
            at_start = relu_features(start, start.new_zeros(len(start)))
            residual = residual - at_start(x) @ signs
        step = start
        shared = x.T @ residual / len(x) / 2 if self.preprocess == "common" else 0.0
        for _ in range(self.steps):
            step = gated_correlation(x, residual, step) - shared
        step = signs[:, None] * self._scaled(step)
        if self.symmetric:
            start, step = torch.cat([start, start]), torch.cat([step, -step])
        return step if self.decay else start + step

    def _independent_start(self, d: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """w_j ~ N(0, I/d) and a_j = +-1 for all neurons, without twins."""
        start, signs = (
            Stream(f"independent {what}", self.seed, d, device=self.device)
            for what in ("start", "signs")
        )
        w = start.normal(self.width, d, dtype=dtype)
        return w / math.sqrt(d), signs.signs(self.width, dtype)

    def _biases(self, d: int = 0) -> Tensor:
        biases = super()._biases(d)
        return biases if self.redraw_biases else torch.zeros_like(biases)


def least_squares_part(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """alpha and beta of the least-squares fit y ~ alpha + beta.x.

    Args: x: (n, d). y: (n,).
    Returns: alpha, a scalar tensor, and beta (d,); of least norm where n <= d.
    Cost: O(n d^2).
    Example:
        >>> x = torch.tensor([[1.0], [2.0], [3.0]])
        >>> alpha, beta = least_squares_part(x, 2 + 5 * x[:, 0])
        >>> round(float(alpha), 4), round(float(beta), 4)
        (2.0, 5.0)
    """
    centre, mean = x.mean(0), y.mean()
    shifted = (x - centre).double()
    fit = torch.linalg.pinv(shifted.T @ shifted, hermitian=True)
    beta = (fit @ (shifted.T @ (y - mean).double())).to(y.dtype)
    return mean - centre @ beta, beta
