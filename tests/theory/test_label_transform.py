"""Transformed labels, and what is left of the correlation, against layers."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from replearn.learners.one_step_variants import OneStepVariant
from replearn.targets import MultiIndex, degenerate_target, paper_target
from replearn.theory import (
    TRANSFORMS,
    correlation_onset,
    predict_overlap,
    transformed_moments,
)

LINEAR = MultiIndex(80, 1, 2, {(1,): 1.0, (2,): 0.5})


def layer(x: Tensor, y: Tensor, seed: int, preprocess: str) -> Tensor:
    network = OneStepVariant(preprocess, width=256, seed=100 + seed)
    alpha, beta = network.linear_part(x, y)
    return network.first_layer(x, y - alpha - x @ beta)


@pytest.mark.parametrize("removal", ["correlation", "centred", "least-squares"])
@pytest.mark.parametrize(
    ("name", "target", "noise", "tolerance"),
    [
        ("abs", degenerate_target(80, degree=3), 1.0, 0.03),
        ("abs", paper_target(80, degree=4), 0.0, 0.03),
        ("threshold", degenerate_target(80, degree=3), 0.0, 0.03),
        ("square", degenerate_target(80, degree=3), 0.0, 0.08),
        ("identity", LINEAR, 0.0, 0.03),
    ],
)
def test_the_step_on_transformed_labels(
    name: str, target: MultiIndex, noise: float, tolerance: float, removal: str
) -> None:
    transform, shares, n = TRANSFORMS[name], [], 4 * 80**2
    preprocess = "correlation" if removal == "centred" else removal
    for seed in range(3):
        x, y = target.sample(n, seed, noise, torch.float32)
        t = transform(y)
        w = layer(x, t - t.mean() * (removal == "centred"), seed, preprocess)
        shares.append(float(w[:, 0].square().sum() / w.square().sum()))
    h, v = transformed_moments(target, transform, noise, removal)
    predicted = predict_overlap(80, n, h**2, target_variance=v)
    assert sum(shares) / 3 == pytest.approx(predicted, abs=tolerance)


def test_moments_by_hand() -> None:
    cubic, line = degenerate_target(9, degree=3), MultiIndex(9, 1, 1, {(1,): 1.0})
    moments = {k: transformed_moments(cubic, t) for k, t in TRANSFORMS.items()}
    assert moments["identity"] == pytest.approx((0, 1))
    centred = transformed_moments(cubic, torch.square, removal="centred")
    assert centred == pytest.approx((6, 92))
    # y = z +- e: E y^2 (z^2 - 1) = 2 and Var y^2 = 2 + 4 e^2
    found = transformed_moments(line, torch.square, 0.5, "centred")
    assert found == pytest.approx((2, 3))
    with pytest.raises(ValueError, match="r=2"):
        transformed_moments(paper_target(9, 2, 3), torch.abs)


@pytest.mark.parametrize("factor", [0.25, 1.0, 3.0])
def test_the_leading_vector_about_the_onset(factor: float) -> None:
    d, rows = 80, []
    n = int(factor * correlation_onset(d, 1.0))
    for seed in range(5):
        x, y = paper_target(d, 1, 3).sample(n, seed, dtype=torch.float32)
        beta = x.T @ y / n
        rest = beta - x.T @ (x @ beta) / n
        energy = rest.square().sum() / (d**2 * y.square().mean() / n**2)
        v, fitted = (
            torch.linalg.svd(layer(x, y, seed, name)).Vh[0]
            for name in ("correlation", "least-squares")
        )
        unit = rest / rest.norm()
        rows.append([(v @ unit) ** 2, v[0] ** 2, (fitted @ unit) ** 2, energy])
    led, target, fitted, energy = torch.tensor(rows).mean(0).tolist()
    if factor < 1:  # what the correlation leaves leads; least squares leaves nothing
        assert led > 0.85 > 0.15 > fitted
    elif factor > 1:
        assert target > 0.6 > 0.15 > led
    else:
        assert energy == pytest.approx(1.0, abs=0.2)
        assert math.isclose(led + target, 0.5, abs_tol=0.3)
