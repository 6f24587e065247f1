"""How Gaussian generated inputs look along a direction: their cumulants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from replearn.checks import check_int, check_matrix, undisturbed
from replearn.targets.generators import Generator

HALVES = 2
CHUNK = 20_000


@undisturbed
def measure_cumulants(
    generator: Generator, directions: Any, samples: int, seed: int
) -> Mapping[str, Tensor]:
    r"""Squared skewness and excess kurtosis of w.x, without the noise of the samples.

    Each is the product of what two halves of the samples say: its mean is the square of
    the cumulant itself, where the square of one estimate would add 6 / n or 24 / n.

    Args: generator: of the inputs. directions: w (k, N). samples: of both halves,
        >= 100. seed: of the samples, >= 0.
    Returns: "skewness" and "kurtosis", squared (k,); noise may leave them below zero.
    Cost: O(samples (N D + k N)).
    """
    w = check_matrix("directions", directions, generator.dimension, torch.float64)
    rows = check_int("samples", samples, minimum=100) // HALVES
    found = [_cumulants(_projected(generator, w, rows, seed, half)) for half in (0, 1)]
    (skew, kurtosis), (skew_too, kurtosis_too) = found
    return {"skewness": skew * skew_too, "kurtosis": kurtosis * kurtosis_too}


def _projected(
    generator: Generator, w: Tensor, rows: int, seed: int, half: int
) -> Tensor:
    """Values of w.x (rows, k), from a stream of each half and part."""
    parts = []
    for part, start in enumerate(range(0, rows, CHUNK)):
        count = min(CHUNK, rows - start)
        purpose = f"{('training', 'test')[half]} inputs"
        parts.append(generator.sample(count, seed, purpose, part)[1] @ w.T)
    return torch.cat(parts)


def _cumulants(values: Tensor) -> tuple[Tensor, Tensor]:
    """Skewness and excess kurtosis of each column."""
    centred = values - values.mean(0)
    variance = centred.square().mean(0)
    skew = (centred**3).mean(0) / variance**1.5
    return skew, (centred**4).mean(0) / variance**2 - 3
