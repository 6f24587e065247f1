"""One large gradient step on the first layer, then a ridge read-out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from replearn.checks import (
    CPU,
    SWITCH,
    Device,
    check_choice,
    check_finite,
    check_int,
    check_real,
    undisturbed,
)
from replearn.learners.base import SMALLER, Predictor, check_samples
from replearn.learners.random_features import check_even, relu_features
from replearn.learners.ridge_head import (
    BLOCK_ROWS,
    Features,
    HeadChoice,
    Moments,
    ReadOutLearner,
)
from replearn.streams import Stream

Blocks = Callable[[], Iterable[tuple[Tensor, Tensor]]]  # x (rows, d), y (rows,)


class OneStepNetwork(ReadOutLearner):
    r"""Algorithm 1 of the paper.

    1. Remove alpha = mean y and beta = mean y x from the labels.
    2. Start at f = 0: neurons in pairs with equal w_j ~ N(0, I/d) and opposite
       a_j = +-1, biases 0. One gradient step of size eta on the first layer with
       weight decay 1/eta, which cancels the start:
       w_j = 2 eta a_j g(w_j), g(w) = mean of y x 1{w.x >= 0}.
    3. Draw biases b_j ~ N(0, 1) anew.
    4. Fit a by ridge regression, on the same samples.
    5. Predict alpha + beta.x + sum_j a_j relu(w_j.x + b_j).

    The theorem takes eta of order sqrt(d) up to logarithms, so that |w_j| <= 1; here
    eta is either given or set so that the root mean square of |w_j| is `row_norm`.

    Source: Damian, Lee & Soltanolkotabi 2022, Algorithm 1.

    Args:
        width: number of neurons m, even.
        row_norm: root mean square of |w_j| after the step, > 0.
        step_size: eta > 0; if given, it is used and row_norm is not.
        resample: fit the read-out on the second half of the samples, and the first
            layer on the first half; otherwise both see all samples.
        choice: how the ridge is chosen, see `HeadChoice`.
        seed: of the weights and biases, >= 0.
        dtype: precision of the features; sums and solves are float64.
        device: where all is drawn and computed, and what is given is moved.
    Cost: O(n m (d + m) + m^3) per fit.
    Example:
        >>> from replearn.targets import paper_target
        >>> x, y = paper_target(5, 1, 2).sample(2000, seed=0)
        >>> bool((OneStepNetwork(64).fit(x, y).predict(x) - y).square().mean() < 0.1)
        True
    """

    def __init__(
        self,
        width: int = 512,
        row_norm: float = 0.5,
        step_size: float | None = None,
        resample: bool = False,
        choice: HeadChoice | None = None,
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
        device: Device = CPU,
    ) -> None:
        super().__init__(check_even(width), choice, seed, dtype, device)
        self.row_norm = check_real("row_norm", row_norm, minimum=1e-12)
        if step_size is not None:
            step_size = check_real("step_size", step_size, minimum=1e-12)
        self.step_size = step_size
        self.resample = check_choice("resample", resample, SWITCH)

    @undisturbed
    def fit(self, x: Any, y: Any) -> Predictor:
        """Learn from inputs x (n, d) and labels y (n,)."""
        x, y = check_samples(x, y, self.dtype, self.device)
        x_fit, y_fit, x_held, y_held = self.choice.split(x, y)
        y_fit = y_fit[:, 0]
        half = len(x_fit) // 2 if self.resample else 0
        if self.resample and not half:
            raise ValueError(f"n={len(x_fit)} samples cannot be halved for resample")
        step = slice(0, half or None)
        linear = self.linear_part(x_fit[step], y_fit[step])
        w = self.first_layer(x_fit[step], self.step_labels(x_fit[step], y_fit[step]))
        blocks = [(x_fit[half:], y_fit[half:])]
        return self._with_read_out(linear, w, blocks, (x_held, y_held[:, 0]))

    @undisturbed
    def fit_blocks(self, blocks: Blocks) -> Predictor:
        """Learn from blocks of samples, which are asked for anew for three sums.

        No more than a block need be held: alpha and beta, the step's correlations, and
        the read-out's moments are means over samples. The blocks are the library's own
        tensors, on the learner's device and of its dtype.
        """
        if self.resample or not self.choice.shared or type(self) is not OneStepNetwork:
            raise ValueError(
                "blocks need Algorithm 1 as it stands, with a ridge or held-out data"
            )
        first = block_mean(blocks, lambda x, y: torch.hstack(linear_part(x, y)))
        alpha, beta = linear = first[0].to(self.dtype), first[1:].to(self.dtype)
        start = self._start(len(beta), self.dtype)
        step = block_mean(
            blocks, lambda x, y: gated_correlation(x, _rest(alpha, beta, x, y), start)
        )
        step = self._scaled(step.to(self.dtype))
        *_, x_held, y_held = self.choice.split(*next(iter(blocks())))
        w, held = torch.cat([step, -step]), (x_held, y_held[:, 0])
        return self._with_read_out(linear, w, blocks(), held)

    def _with_read_out(
        self,
        linear: tuple[Tensor, Tensor],
        w: Tensor,
        blocks: Iterable[tuple[Tensor, Tensor]],
        held: tuple[Tensor, Tensor],
    ) -> Predictor:
        d = w.shape[1]
        features = relu_features(w, self._biases(d))
        moments = Moments(features, self.width, device=w.device)
        for x, y in blocks:
            moments.add(x, _rest(*linear, x, y)[:, None])
        rest_held = _rest(*linear, *held)[:, None]
        head = self.choice.head(moments, held[0], rest_held)[:, 0]
        predict = partial(_predict, *linear, features, head)
        return Predictor(predict, d, self.dtype, w, w.device)

    @undisturbed
    def first_layer(self, x: Tensor, residual: Tensor) -> Tensor:
        """W after the step (m, d), from inputs (n, d) and preprocessed labels (n,)."""
        w = self._start(x.shape[1], x.dtype)
        step = self._scaled(gated_correlation(x, residual, w))
        return torch.cat([step, -step])

    @undisturbed
    def layer_along(self, hessian: Tensor) -> Tensor:
        """The expected step's leading term, rows +-H w_j (m, d), from H (d, d)."""
        start = self._start(len(hessian), hessian.dtype)
        step = self._scaled(start @ hessian / math.sqrt(2 * math.pi))
        return torch.cat([step, -step])

    def linear_part(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """alpha and beta (d,), which leave the labels before the step."""
        return linear_part(x, y)

    def step_labels(self, x: Tensor, y: Tensor) -> Tensor:
        """The labels (n,) that the step sees: here y without its linear part."""
        return _rest(*self.linear_part(x, y), x, y)

    def _scaled(self, gradient: Tensor) -> Tensor:
        """The step 2 eta g, from g (m, d); eta is given, or set by the row norm."""
        if self.step_size is not None:
            return 2 * self.step_size * gradient
        rms = gradient.square().sum(1).mean().sqrt().clamp(min=1e-30)
        check_finite("the gradient's row norm", rms, SMALLER)
        return gradient * (self.row_norm / rms)

    def _start(self, d: int, dtype: torch.dtype) -> Tensor:
        """The w_j of the neurons with a_j = +1; their twins have a_j = -1."""
        stream = Stream("start of one step", self.seed, d, device=self.device)
        return stream.normal(self.width // 2, d, dtype=dtype) / math.sqrt(d)

    def _biases(self, d: int = 0) -> Tensor:
        return redrawn_biases(self.width, self.seed, self.dtype, d, self.device)


def _rest(alpha: Tensor, beta: Tensor, x: Tensor, y: Tensor) -> Tensor:
    return y - alpha - x @ beta


def _predict(
    alpha: Tensor, beta: Tensor, features: Features, head: Tensor, x: Tensor
) -> Tensor:
    return (alpha + x @ beta).double() + features(x).double() @ head


@undisturbed
def redrawn_biases(
    width: int, seed: int, dtype: torch.dtype, d: int = 0, device: Device = CPU
) -> Tensor:
    """The biases b_j ~ N(0, 1) of the read-out, independent of the start.

    Args:
        width: number of neurons m. seed: of the network, >= 0. dtype: of the result.
        d: of the inputs. device: of the result.
    Returns: (m,).
    Cost: O(m).
    Example:
        >>> redrawn_biases(3, 0, torch.float32).shape
        torch.Size([3])
    """
    stream = Stream("biases", seed, d, device=device)
    return stream.normal(check_int("width", width), dtype=dtype)


def block_mean(blocks: Blocks, mean: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """What is a mean over samples, from its values on blocks; summed in float64.

    Args: blocks: gives x (rows, d) and y (rows,). mean: of a block's samples.
    Returns: of the shape that mean has.
    Cost: one pass.
    Example:
        >>> one, two = torch.ones(1), torch.tensor([2.0, 6.0])
        >>> pairs = [(one[:, None], one), (two[:, None], two)]
        >>> block_mean(lambda: pairs, lambda x, y: y.mean()).item()
        3.0
    """
    total, count = torch.zeros((), dtype=torch.float64, device=CPU), 0
    for x, y in blocks():
        total, count = total + len(y) * mean(x, y).double(), count + len(y)
    return total / count


def linear_part(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """alpha = mean of y and beta = mean of y x: the correlation, not least squares.

    Source: Damian, Lee & Soltanolkotabi 2022, Algorithm 1.

    Args: x: (n, d). y: (n,).
    Returns: alpha, a scalar tensor, and beta (d,).
    Cost: O(n d).
    Example:
        >>> linear_part(torch.tensor([[1.0], [-1.0]]), torch.tensor([3.0, 1.0]))
        (tensor(2.), tensor([1.]))
    """
    return y.mean(), x.T @ y / len(y)


def gated_correlation(x: Tensor, residual: Tensor, w: Tensor) -> Tensor:
    """g(w_j) = mean of residual * x * 1{w_j.x >= 0}, for each row of w: (m, d).

    Args: x: (n, d). residual: (n,). w: (m, d).
    Returns: the (m, d) correlations; -2 a_j g(w_j) is the gradient at f = 0.
    Cost: O(n m d), blocks of samples.
    Example:
        >>> x = torch.tensor([[1.0], [-1.0]])
        >>> gated_correlation(x, torch.ones(2), torch.ones(1, 1)).item()
        0.5
    """
    total = torch.zeros_like(w)
    for start in range(0, len(x), BLOCK_ROWS):
        rows = x[start : start + BLOCK_ROWS]
        open_gate = (rows @ w.T >= 0).to(x.dtype)
        total.addmm_(open_gate.T, rows * residual[start : start + BLOCK_ROWS, None])
    return total / len(x)
