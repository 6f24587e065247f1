"""Transformed labels, and what is left of the correlation, against layers."""

import pytest
import torch
from helpers import refuses
from torch import Tensor

from replearn.learners.one_step_variants import OneStepVariant
from replearn.targets import MultiIndex, degenerate_target, paper_target
from replearn.targets.transforms import TRANSFORMS
from replearn.theory import (
    correlation_onset,
    hermite_half,
    hermite_overlap,
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
    assert transformed_moments(cubic, TRANSFORMS["identity"]) == pytest.approx((0, 1))
    found = transformed_moments(cubic, torch.square, removal="centred")
    assert found == pytest.approx((6, 92))
    # y = z +- e: E y^2 (z^2 - 1) = 2 and Var y^2 = 2 + 4 e^2
    found = transformed_moments(line, torch.square, 0.5, "centred")
    assert found == pytest.approx((2, 3))
    refuses(lambda: transformed_moments(paper_target(9, 2, 3), torch.abs), "r=2")


@pytest.mark.parametrize(("degree", "name"), [(3, "threshold"), (4, "square")])
def test_of_he_p_alone_the_formulas_agree(degree: int, name: str) -> None:
    target = degenerate_target(60, 1, degree)
    h, v = transformed_moments(target, TRANSFORMS[name], removal="centred")
    for n in (900, hermite_half(60, degree, name)):
        told = predict_overlap(60, n, h**2, target_variance=v)
        assert hermite_overlap(n, 60, degree, name) == pytest.approx(told, rel=1e-6)
    assert told == pytest.approx(0.5)
    leak = (2 * degree + 1) / (2 * degree + 60)
    assert hermite_overlap(900, 60, degree, "identity") == pytest.approx(leak, abs=0.01)
    refuses(lambda: hermite_half(60, 3, "cube"), "transform='cube'")


@pytest.mark.parametrize(
    ("factor", "leads", "misses"), [(0.25, 0, 1), (3.0, 1, 0)], ids=["below", "above"]
)
def test_the_leading_vector_about_the_onset(
    factor: float, leads: int, misses: int
) -> None:
    d, rows = 80, []
    n = int(factor * correlation_onset(d, 1.0))
    for seed in range(20):
        x, y = paper_target(d, 1, 3).sample(n, seed, dtype=torch.float32)
        beta = x.T @ y / n
        rest = beta - x.T @ (x @ beta) / n
        energy = rest.square().sum() / (d**2 * y.square().mean() / n**2)
        vectors = torch.stack([rest / rest.norm(), torch.eye(d)[0]])
        v, fitted = (
            torch.linalg.svd(layer(x, y, seed, name)).Vh[0]
            for name in ("correlation", "least-squares")
        )
        rows.append([*(vectors @ v) ** 2, (vectors[0] @ fitted) ** 2, energy])
    *cosines, fitted, energy = torch.tensor(rows).mean(0).tolist()
    assert cosines[leads] > 0.65
    assert cosines[misses] < 0.15
    assert fitted < 0.15  # least squares leaves nothing of it
    # next order: (I - S) beta has -(d / n) beta too, and E y^2 z^2 is 7 along u
    told, error = (1 + d / n) * (1 + 6 / d), torch.tensor(rows)[:, -1].std() / 20**0.5
    assert energy == pytest.approx(told, abs=3 * float(error))
    assert energy > 1.25 or factor > 1, "the leading order alone is not enough here"
