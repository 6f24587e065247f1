"""The kurtosis of a typical sum: against sums over all directions, and by hand."""

import math

import pytest
import torch
from helpers import normal, refuses

from replearn.experiments.projections import (
    directions,
    measure_balance,
    measure_cumulants,
    measure_kinds,
    population_cumulants,
)
from replearn.targets.generators import identity_generator, random_generator
from replearn.theory import participation, predict_kurtosis, typical_kurtosis


def by_directions(x: torch.Tensor, count: int = 40_000) -> float:
    """The mean fourth cumulant over the mean squared variance, one by one."""
    w = normal(count, x.shape[1], seed=5)
    w /= w.norm(dim=1, keepdim=True)
    along = (x - x.mean(0)) @ w.T
    second, fourth = along.square().mean(0), (along**4).mean(0)
    return float((fourth - 3 * second**2).mean() / second.square().mean())


@pytest.mark.parametrize("name", ["signs", "heavy", "few"])
def test_any_sample_obeys_the_formula(name: str) -> None:
    z = normal(400, 6, seed=1)
    x = {
        "signs": torch.sign(z),
        "heavy": z**3 + z[:, :1],
        "few": torch.sign(z[:, :1] @ normal(1, 6)) + 0.1 * z,
    }[name]
    assert measure_balance(x)[0] == pytest.approx(by_directions(x), rel=0.03)


def test_by_hand() -> None:
    for n in (1, 4, 100):  # a Gaussian cloud, and signs that know nothing of each other
        assert typical_kurtosis(2.0 * n, torch.eye(n)) == pytest.approx(0)
        assert typical_kurtosis(0.0, torch.eye(n)) == pytest.approx(-6 / (n + 2))
    assert typical_kurtosis(0.0, torch.ones(3, 3)) == pytest.approx(-2)  # one coin
    assert participation(torch.diag(torch.tensor([3.0, 1.0]))) == pytest.approx(1.6)
    assert predict_kurtosis("linear", 50, 20) == pytest.approx(0, abs=1e-9)
    # with two latent numbers the arcsine is uniform: E Omega^2 = 1/3
    assert predict_kurtosis("sign", 10**9, 2) == pytest.approx(-1.2, abs=1e-5)
    # two terms: one over the inputs, one over the latent numbers
    two = -6 / 4000 - 6 * (2 / math.pi) ** 2 / 2000
    assert predict_kurtosis("sign", 4000, 2000) == pytest.approx(two, rel=1e-2)


@pytest.mark.parametrize(
    ("activation", "n", "d"),
    [("sign", 12, 3), ("erf", 24, 2), ("relu", 12, 3), ("relu", 30, 20)],
)
def test_the_average_over_a_layer(activation: str, n: int, d: int) -> None:
    """Moments of 150 layers, by samples; their means go into the ratio."""
    totals = torch.zeros(3, dtype=torch.float64)
    for seed in range(150):
        x = random_generator([d, n], activation, seed=seed).sample(5000, seed)[1]
        x = x - x.mean(0)
        omega = x.T @ x / len(x)
        length = x.square().sum(1).var()
        totals += torch.stack([length, omega.trace(), omega.square().sum()]) / 150
    length, trace, squares = totals.tolist()
    ratio = 3 * (length - 2 * squares) / (trace**2 + 2 * squares)
    formula = predict_kurtosis(activation, n, d)
    assert ratio == pytest.approx(formula, abs=0.05 * abs(formula) + 0.01)


def test_what_is_measured_agrees_with_the_population() -> None:
    made = random_generator([6, 12], "relu", seed=2)
    w = directions("generic", 12, 30, 0)
    rough = measure_cumulants(made, w, 100_000, seed=3)
    whole = population_cumulants(made.sample(100_000, 4)[1], w)
    for name, values in whole.items():
        assert rough[name].mean() == pytest.approx(float(values.mean()), rel=0.1), name
    rows = measure_kinds(lambda w: population_cumulants(torch.eye(12), w), 12, 5, 0)
    assert rows["kind"] == ["generic", "aligned", "single"]
    bell = measure_balance(identity_generator(12).sample(50_000, 0)[1])
    assert bell[0] == pytest.approx(0, abs=0.02)
    assert bell[1] == pytest.approx(12, rel=0.01)


def test_what_does_not_fit_is_refused() -> None:
    refuses(lambda: typical_kurtosis(-1.0, torch.eye(2)), "length=-1")
    refuses(lambda: typical_kurtosis(1.0, torch.zeros(2, 2)), "nothing varies")
    refuses(lambda: participation(torch.zeros(2, 2)), "nothing varies")
    refuses(lambda: predict_kurtosis("tanh", 3, 3), "activation")
    refuses(lambda: predict_kurtosis("sign", 3, 1), "latent=1")
    refuses(lambda: directions("every", 3, 1, 0), "kind")
