"""Targets with a weight on each degree, on Gaussian inputs or on the sphere."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from replearn.checks import (
    check_choice,
    check_finite,
    check_int,
    check_matrix,
    check_real,
)
from replearn.harmonics import count_harmonics, gegenbauer, to_sphere
from replearn.hermite import hermite
from replearn.targets.multi_index import normal_quantiles, sample_gaussian, sample_noise

INPUTS = ("gaussian", "sphere")
STRATIFIED = 8


@dataclass(frozen=True)
class Staircase:
    r"""f*(x) = sum_k sqrt(p_k) h_k(x), a part h_k of unit variance for each degree k.

    On inputs N(0, I_d), h_k = r^{-1/2} sum_i He_k(z_i) / sqrt(k!) with z_i = u_i.x. On
    the sphere of radius sqrt(d) the Gegenbauer polynomial P_k(z_i / sqrt(d)) takes the
    place of He_k, so that h_k is a spherical harmonic of degree k exactly.

    Args:
        d: input dimension, >= 3.
        r: number of directions, 1 to d - 1.
        weights: {k: p_k}, shares of the variance, scaled to sum 1.
        inputs: "gaussian" or "sphere".
        start: the directions are the coordinates start, ..., start + r - 1; which
            ones they are is all the same to a rotation-invariant learner.
    Cost: O(1) to build; evaluation O(n r K).
    Example:
        >>> x, y = Staircase(8, weights={1: 0.5, 2: 0.5}).sample(5, seed=0)
        >>> x.shape, y.shape
        (torch.Size([5, 8]), torch.Size([5]))
    """

    d: int
    r: int = 1
    weights: Mapping[int, float] = field(default_factory=lambda: {1: 1, 2: 1, 3: 1})
    inputs: str = "gaussian"
    start: int = 0

    def __post_init__(self) -> None:
        d = check_int("d", self.d, minimum=3)
        r = check_int("r", self.r, maximum=d - 1)
        start = check_int("start", self.start, minimum=0, maximum=d - r)
        inputs = check_choice("inputs", self.inputs, INPUTS)
        if not isinstance(self.weights, Mapping) or not self.weights:
            raise TypeError(f"weights={self.weights!r} must map degrees to shares")
        clean = {
            check_int("each degree", k, maximum=20): check_real(
                f"weights[{k}]", w, minimum=1e-12
            )
            for k, w in self.weights.items()
        }
        total = sum(clean.values())
        shares = {k: w / total for k, w in sorted(clean.items())}
        own = {"d": d, "r": r, "start": start, "inputs": inputs, "weights": shares}
        for name, value in own.items():
            object.__setattr__(self, name, value)

    @property
    def degrees(self) -> tuple[int, ...]:
        """The degrees that have a part, increasing."""
        return tuple(self.weights)

    def parts(self, x: Any) -> Tensor:
        """The parts h_k at inputs x (n, d): (n, K), in the order of `degrees`."""
        x = check_matrix("x", x, columns=self.d, graph=True)
        z = x[:, self.start : self.start + self.r]
        return torch.stack([self._part(k, z) for k in self.degrees], dim=1)

    def __call__(self, x: Any) -> Tensor:
        """Noiseless labels of inputs x (n, d): shape (n,)."""
        parts = self.parts(x)
        scale = parts.new_tensor([math.sqrt(p) for p in self.weights.values()])
        return check_finite("f*(x)", parts @ scale, "scale the inputs down")

    def sample(self, n: int, seed: int, noise: float = 0.0) -> tuple[Tensor, Tensor]:
        """Inputs (n, d) and labels (n,), float64; the same seed, the same sample."""
        x = sample_gaussian(n, self.d, seed)
        if self.inputs == "sphere":
            x = to_sphere(x)
        return x, self(x) + sample_noise(n, seed, noise, d=self.d)

    def test_inputs(self, n: int, seed: int) -> Tensor:
        """Inputs (n, d) to be judged on, the same for every start.

        The first eight coordinates of Gaussian ones lie on shuffled quantiles.
        """
        x = sample_gaussian(n, self.d, seed, part="test")
        if self.inputs == "sphere":
            return to_sphere(x)
        few = min(self.d, STRATIFIED)
        return torch.cat([normal_quantiles(n, few, seed, d=self.d), x[:, few:]], 1)

    def _part(self, k: int, z: Tensor) -> Tensor:
        if self.inputs == "gaussian":
            return hermite(k, z).sum(1) / math.sqrt(math.factorial(k) * self.r)
        values = gegenbauer(k, z / math.sqrt(self.d), self.d).sum(1)
        at_zero = float(gegenbauer(k, z.new_zeros(()), self.d))
        # two orthogonal directions share the harmonics of even degree a little
        variance = self.r * (1 + (self.r - 1) * at_zero) / count_harmonics(self.d, k)
        return values / math.sqrt(variance)
