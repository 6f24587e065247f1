"""The one-step network against scikit-learn's network, to the same test error."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import torch
from sklearn.neural_network import MLPRegressor
from torch import Tensor

from replearn.learners import OneStepNetwork
from replearn.targets import paper_target

from .timing import Result, Run, compare, scaled

WIDTH, TEST_POINTS, MOST_EPOCHS = 512, 4000, 300


@dataclass(frozen=True)
class Race:
    """Samples to learn from, and how good a predictor of fresh ones is.

    Args:
        x: inputs (n, d). y: labels (n,). x_test, y_test: stratified, noiseless.
    """

    x: Tensor
    y: Tensor
    x_test: Tensor
    y_test: Tensor

    def error(self, guess: Tensor) -> float:
        """The test error relative to Var f*."""
        return float((guess - self.y_test).square().mean() / self.y_test.var())

    def one_step(self) -> tuple[float, float]:
        """The one-step network's error, and the seconds of its fit."""
        start = time.perf_counter()
        predictor = OneStepNetwork(WIDTH).fit(self.x, self.y)
        seconds = time.perf_counter() - start
        return self.error(predictor.predict(self.x_test)), seconds

    def rival(self, width: int, learning_rate: float, goal: float) -> tuple[int, float]:
        """Epochs and seconds until scikit-learn's error is at most `goal`.

        The error is looked at after each epoch, off the clock.
        """
        mlp = MLPRegressor(
            hidden_layer_sizes=(width,),
            learning_rate_init=learning_rate,
            random_state=0,
        )
        seconds = 0.0
        for epoch in range(1, MOST_EPOCHS + 1):
            start = time.perf_counter()
            mlp.partial_fit(self.x.numpy(), self.y.numpy())
            seconds += time.perf_counter() - start
            guess = torch.from_numpy(mlp.predict(self.x_test.numpy()))
            if self.error(guess) <= goal:
                return epoch, seconds
        raise AssertionError(
            f"scikit-learn's network of width {width} does not reach the error "
            f"{goal:.3f} in {MOST_EPOCHS} epochs"
        )


def compare_same_error(scale: float, repetitions: int) -> list[Result]:
    """Two rivals: tuned by hand, to the same error; as it comes, to a tenth of Var f*.

    Args:
        scale: of the dimension, and with it of the samples; below 1 the goal is lax.
        repetitions: timed pairs.
    Returns:
        One comparison per rival.
    Raises:
        AssertionError: a rival never gets there.
    """
    target = paper_target(scaled(20, scale, minimum=5), 1, 3)
    n = 16 * target.d**2
    race = Race(
        *target.sample(n, seed=0, dtype=torch.float32),
        *target.stratified(TEST_POINTS, seed=1, dtype=torch.float32),
    )
    own_error, _ = race.one_step()
    lax = 0.2 if scale < 1 else 0.0
    rivals = (
        ("width 128, rate 0.01: the fastest tried", 128, 1e-2, own_error),
        (f"width {WIDTH}, its default rate", WIDTH, 1e-3, 0.1),
    )

    def against(label: str, width: int, rate: float, level: float) -> Result:
        goal, epochs = max(own_error, level, lax), []

        def rival() -> Run:
            needed, seconds = race.rival(width, rate, goal)
            epochs.append(needed)
            return Run(torch.ones(1), seconds)

        result = compare(
            f"to a test error of {goal:.3f} Var f*, d = {target.d}, n = {n}",
            ("OneStepNetwork", lambda: Run(torch.ones(1), race.one_step()[1])),
            (f"scikit-learn MLPRegressor, {label}", rival),
            repetitions,
        )
        note = f"one step reaches {own_error:.3f}; the rival needs {epochs[0]} epochs"
        return replace(result, note=note)

    return [against(*rival) for rival in rivals]
