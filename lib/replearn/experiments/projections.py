"""How Gaussian generated inputs look along a direction: their cumulants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from replearn.checks import check_choice, check_int, check_matrix, undisturbed
from replearn.streams import Stream
from replearn.targets.generators import Generator
from replearn.theory import participation, typical_kurtosis

HALVES = 2
CHUNK = 20_000
KINDS = ("generic", "aligned", "single")


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
        "fourth" and "variance" are the cumulants themselves (k,), of both halves.
    Cost: O(samples (N D + k N)).
    """
    w = check_matrix("directions", directions, generator.dimension, torch.float64)
    rows = check_int("samples", samples, minimum=100) // HALVES
    halves = [_projected(generator, w, rows, seed, half) for half in (0, 1)]
    (skew, kurtosis), (skew_too, kurtosis_too) = map(cumulants, halves)
    variance = torch.stack([half.var(0) for half in halves]).mean(0)
    return {
        "skewness": skew * skew_too,
        "kurtosis": kurtosis * kurtosis_too,
        "fourth": variance**2 * (kurtosis + kurtosis_too) / 2,
        "variance": variance,
    }


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


def cumulants(values: Any) -> tuple[Tensor, Tensor]:
    """Skewness and excess kurtosis of each column.

    Args: values: (n, k), no column constant.
    Returns: skewness (k,) and excess kurtosis (k,), both 0 for a Gaussian column.
    Cost: O(n k).
    """
    values = check_matrix("values", values, dtype=torch.float64)
    centred = values - values.mean(0)
    variance = centred.square().mean(0)
    skew = (centred**3).mean(0) / variance**1.5
    return skew, (centred**4).mean(0) / variance**2 - 3


@undisturbed
def measure_balance(inputs: Any) -> tuple[float, float]:
    """What the formula for a typical direction says of a sample.

    The sample is taken for the population: exact for images of which there are no more.

    Args: inputs: x (n, N).
    Returns: excess kurtosis by `typical_kurtosis`, and the participation of Omega.
    Cost: O(n N^2).
    """
    x = check_matrix("inputs", inputs, dtype=torch.float64)
    x = x - x.mean(0)
    omega = x.T @ x / len(x)
    length = float(x.square().sum(1).var(correction=0))
    return typical_kurtosis(length, omega), participation(omega)


def directions(kind: str, dimension: int, count: int, seed: int) -> Tensor:
    """Weights of a sum over the inputs, of three kinds.

    Args:
        kind: "generic" (normal numbers), "aligned" (all alike, one direction) or
            "single" (one coordinate each). dimension: N. count: how many at most.
        seed: of the normal numbers, >= 0.
    Returns: w (k, N).
    Cost: O(k N).
    """
    check_choice("kind", kind, KINDS)
    n, k = check_int("dimension", dimension), check_int("count", count)
    if kind == "generic":
        return Stream("directions of projections", seed, n, k).normal(k, n)
    if kind == "aligned":
        return torch.ones(1, n, dtype=torch.float64)
    return torch.eye(n, dtype=torch.float64)[:k]


@undisturbed
def population_cumulants(inputs: Any, directions: Any) -> Mapping[str, Tensor]:
    """As `measure_cumulants`, of inputs that are taken for all there are.

    Args: inputs: x (n, N). directions: w (k, N).
    Returns: "skewness" and "kurtosis", squared, "fourth" and "variance" (k,).
    Cost: O(n N k).
    """
    x = check_matrix("inputs", inputs, dtype=torch.float64)
    values = x @ check_matrix("directions", directions, x.shape[1], torch.float64).T
    (skewness, kurtosis), variance = cumulants(values), values.var(0, correction=0)
    return {
        "skewness": skewness**2,
        "kurtosis": kurtosis**2,
        "fourth": kurtosis * variance**2,
        "variance": variance,
    }


@undisturbed
def measure_kinds(
    measure: Callable[[Tensor], Mapping[str, Tensor]],
    dimension: int,
    count: int,
    seed: int,
) -> dict[str, list[Any]]:
    """Cumulants along directions of each kind, a row for each.

    Args:
        measure: of directions (k, N), as `measure_cumulants` returns it.
        dimension: N. count: directions of a kind, at most. seed: of the generic ones.
    Returns: "kind"; root mean squares "skewness" and "kurtosis", of single inputs root
        medians, since one that is hardly ever lit has a huge kurtosis; and "fourth",
        the mean fourth cumulant over the mean squared variance.
    Cost: that of one measurement of 2 count + 1 directions.
    """
    of = {kind: directions(kind, dimension, count, seed) for kind in KINDS}
    found, sizes = measure(torch.cat([*of.values()])), [len(w) for w in of.values()]
    parts = {name: values.split(sizes) for name, values in found.items()}
    squares = [part.square().sum() for part in parts["variance"]]
    fourth = [part.nansum() for part in parts["fourth"]]
    return {
        "kind": list(of),
        **{
            name: [
                _size(part, median=kind == "single")
                for kind, part in zip(of, parts[name], strict=True)
            ]
            for name in ("kurtosis", "skewness")
        },
        "fourth": [float(f / s) for f, s in zip(fourth, squares, strict=True)],
    }


def _size(squares: Tensor, median: bool) -> float:
    """Of estimates of squares, which noise may leave below zero."""
    middle = squares.nanmedian() if median else squares.mean()
    return float(middle.clamp(min=0).sqrt())
