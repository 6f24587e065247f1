"""Cumulants of projections: known ones, and who becomes Gaussian as N grows."""

import math

import pytest
import torch
from helpers import normal, refuses

from replearn.experiments.projections import measure_cumulants
from replearn.targets.generators import (
    Generator,
    identity_generator,
    layered_generator,
    random_generator,
)

SAMPLES = 40_000


def squares(generator: Generator, directions: object) -> tuple[float, float]:
    """Means over the directions."""
    found = measure_cumulants(generator, directions, SAMPLES, seed=1)
    return float(found["skewness"].mean()), float(found["kurtosis"].mean())


def test_known_cumulants() -> None:
    one = torch.ones(1, 1)
    half = layered_generator([one], "relu")
    mean, square = 1 / math.sqrt(2 * math.pi), 0.5
    third = math.sqrt(2 / math.pi) - 3 * mean * square + 2 * mean**3
    skew = third / (square - mean**2) ** 1.5
    assert squares(half, one)[0] == pytest.approx(skew**2, rel=0.05)
    assert squares(layered_generator([one], "sign"), one)[1] == pytest.approx(
        4, rel=1e-3
    )
    bell = squares(identity_generator(9), normal(30, 9))
    assert max(map(abs, bell)) < 2e-3


def test_generic_directions_become_gaussian_and_others_later_or_never() -> None:
    """From N = 16 to 64: by a factor beyond 4, by less, and not at all."""
    totals: dict[str, list[float]] = {}
    for n in (16, 64):
        for seed in (3, 4, 5):
            generator = random_generator([n // 2, n], "relu", seed=seed)
            kinds = {
                "random": normal(40, n, seed=seed),
                "aligned": torch.ones(1, n),
                "single": torch.eye(n),
            }
            for name, w in kinds.items():
                by_size = totals.setdefault(name, [0.0, 0.0])
                by_size[n == 64] += squares(generator, w)[0]
    ratios = {name: before / after for name, (before, after) in totals.items()}
    assert ratios["random"] > 5
    assert 1.6 < ratios["aligned"] < ratios["random"] / 2
    assert ratios["single"] == pytest.approx(1, abs=0.1)


def test_few_latent_numbers_never_do() -> None:
    few, many = (
        squares(random_generator([latent, 64], "sign", seed=3), normal(40, 64))[1]
        for latent in (2, 32)
    )
    assert few > 0.5
    assert many < 0.05


def test_what_does_not_fit_is_refused() -> None:
    bell = identity_generator(3)
    refuses(lambda: measure_cumulants(bell, torch.eye(2), 100, 0), "directions has 2")
    refuses(lambda: measure_cumulants(bell, torch.eye(3), 99, 0), "samples=99")
    refuses(lambda: bell.sample(3, 0, part=-1), "part=-1")
