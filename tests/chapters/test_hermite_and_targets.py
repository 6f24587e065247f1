"""Hermite parts: the figure against quadrature, the answers against integration."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.integrate import quad

from beyond_the_kernel.hermite_and_targets import checks, grid, show
from replearn.experiments.curves import select
from replearn.hermite import gauss_hermite, orthonormal_hermite

DEFAULT = {"shape": "one direction", "w1": 0, "w2": 1, "w3": 1, "w4": 0}
NOTHING = pd.DataFrame()
some_cells = pytest.mark.parametrize("cell", grid.BUILT[::7], ids=str)


part_curves = cache(show.part_curves)


@some_cells
def test_curves_are_the_target_averaged_over_the_rest(cell: dict[str, Any]) -> None:
    """f* along an axis, the other relevant one integrated out by quadrature."""
    target, (nodes, weights) = grid.built_target(cell), gauss_hermite(6)
    for axis, learner in enumerate(("target", "target-2")):
        for row in select(part_curves(), learner=learner, **cell).itertuples():
            points = torch.zeros(6, max(target.r, 2), dtype=torch.float64)
            points[:, 1 - axis] = nodes
            points[:, axis] = row.n
            # one direction: along the second axis the first is integrated out
            mean = float((weights * target.link(points[:, : target.r])).sum())
            assert row.error == pytest.approx(mean, abs=1e-9)


@some_cells
def test_words_say_what_derivatives_show(cell: dict[str, Any]) -> None:
    words, target = show.words(cell, NOTHING, NOTHING), grid.built_target(cell)
    facts = {fact.key: fact.value for fact in words.facts}
    shares = target.degree_weights()
    for p in grid.WEIGHTS:
        assert facts[f"degree-{p}"] == f"{shares.get(p, 0.0):.0%}"
    rank = int(torch.linalg.matrix_rank(target.expected_hessian()))
    shown = [] if facts["hessian"] == "none" else facts["hessian"].split(", ")
    assert len(shown) == rank
    squares = sum(float(value) ** 2 for value in shown)
    assert squares == pytest.approx(2 * shares.get(2, 0.0), abs=0.03)
    assert float(facts["gradient"]) ** 2 == pytest.approx(shares.get(1, 0.0), abs=0.01)
    assert ("H is zero" in words.sentence) == (rank == 0)


@pytest.mark.parametrize(
    ("change", "said", "gate"),
    [
        ({"w2": 0}, "H is zero", "nothing"),
        ({"shape": "two apart"}, "the second direction does not show", "0.40 / √d"),
        ({"shape": "two alike"}, "both directions show", "0.28 / √d"),
        ({"w2": 0, "w3": 0, "w4": 1}, "H is zero", "0.33 / d√d"),
    ],
)
def test_odd_degrees_stay_hidden(change: dict[str, Any], said: str, gate: str) -> None:
    words = show.words(DEFAULT | change, NOTHING, NOTHING)
    assert said in words.sentence
    assert {fact.key: fact.value for fact in words.facts}["gate"] == gate


def test_no_weights_are_refused() -> None:
    with pytest.raises(ValueError, match="all weights are zero"):
        grid.built_target(DEFAULT | {"w2": 0, "w3": 0})


def test_a_cubic_has_no_curvature_and_its_twin_has() -> None:
    hessians = [target.expected_hessian() for target in grid.CURVED.values()]
    assert [int(torch.linalg.matrix_rank(h)) for h in hessians] == [2, 1, 0]


def test_noise_exponent_reads_a_power_law_and_its_scatter() -> None:
    n, seed = np.meshgrid([100, 1000, 10_000], range(40))
    drawn = np.random.default_rng(0).standard_normal(n.shape)
    rows = {"n": n.ravel(), "seed": seed.ravel(), "error": (drawn**2 / n).ravel()}
    slope, low, high = grid.noise_exponent(pd.DataFrame(rows))
    assert low < -0.5 < high
    assert low < slope < high


def integral(f: Callable[[float], float], kink: float = 0.0) -> float:
    """E[f(Z)], each side of the kink by itself."""
    return sum(
        quad(lambda z: f(z) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi), *ends)[0]
        for ends in ((-12, kink), (kink, 12))
    )


def coefficient(f: Callable[[float], float], k: int, kink: float = 0.0) -> float:
    def product(z: float) -> float:
        return f(z) * float(orthonormal_hermite(k, torch.tensor(z).double()))

    return integral(product, kink)


def relu(z: float) -> float:
    return max(z, 0.0)


def share_of_degree_two() -> float:
    mean, line, curve = (coefficient(relu, k) ** 2 for k in range(3))
    return curve / (integral(lambda z: relu(z) ** 2) - mean - line)


def product_hessian(shift: float) -> torch.Tensor:
    nodes, weights = gauss_hermite(5)
    z = torch.cartesian_prod(nodes, nodes, nodes)
    mass = torch.cartesian_prod(weights, weights, weights).prod(1)
    labels = mass * (z + shift).prod(1)
    return (z * labels[:, None]).T @ z - labels.sum() * torch.eye(3)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("hmt-remainder", share_of_degree_two),
        ("hmt-abs", lambda k: coefficient(abs, k)),
        ("hmt-product", product_hessian),
        ("hmt-bias", lambda b: coefficient(lambda z: relu(z + b), 3, kink=-b)),
    ],
)
def test_answers_by_integration_are_right(
    name: str, answer: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    checks.check(name, answer)
    assert capsys.readouterr().out == "correct\n"
