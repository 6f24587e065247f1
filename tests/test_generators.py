"""Generators: exact moments against samples, a twin that is Gaussian, a loader."""

import math

import pytest
import torch
from helpers import normal, refuses
from torch import Tensor

from replearn.targets.committee import Committee, random_committee
from replearn.targets.generators import (
    ACTIVATIONS,
    Moments,
    check_covariance,
    estimate_moments,
    identity_generator,
    layered_generator,
    matched_gaussian,
    random_generator,
)

each = pytest.mark.parametrize("activation", ACTIVATIONS)


def unequal(rows: int, columns: int, seed: int = 0) -> Tensor:
    """Rows of lengths 0.5 to 1.5."""
    f = normal(rows, columns, seed=seed)
    lengths = torch.linspace(0.5, 1.5, rows, dtype=f.dtype)[:, None]
    return lengths * f / f.norm(dim=1, keepdim=True)


def distance(one: Moments, two: Moments) -> float:
    """The root mean square difference of an entry."""
    parts = [one.covariance - two.covariance, one.cross - two.cross]
    return float(torch.cat(parts, 1).square().mean().sqrt())


@each
def test_exact_moments_are_those_of_samples(activation: str) -> None:
    generator = layered_generator([unequal(12, 5)], activation)
    exact, sampled = generator.moments(), estimate_moments(generator, 100_000, seed=1)
    assert exact.error == 0
    # the error that is said is the one that is made
    assert 0.7 < distance(exact, sampled) / sampled.error < 1.4
    assert (exact.mean - sampled.mean).abs().max() < 0.015
    # the moments of another activation, or of shuffled rows, are not within it
    others = [name for name in ACTIVATIONS if name != activation]
    wrong = [layered_generator([unequal(12, 5)], name).moments() for name in others]
    wrong.append(layered_generator([unequal(12, 5).flip(0)], activation).moments())
    assert min(distance(w, sampled) for w in wrong) > 8 * sampled.error


def test_moments_by_hand() -> None:
    pair = torch.tensor([[2.0, 0.0], [0.3, 0.4]])  # lengths 2 and 1/2, cosine 0.6
    found = {name: layered_generator([pair], name).moments() for name in ACTIVATIONS}
    angle = math.acos(0.6)
    bend = (math.sin(angle) + 0.6 * (math.pi - angle) - 1) / (2 * math.pi)
    expected = {
        "sign": 2 / math.pi * math.asin(0.6),
        "erf": 2 / math.pi * math.asin(0.6 / math.sqrt(5 * 1.25)),
        "relu": bend,
        "linear": 0.6,
    }
    for name, value in expected.items():
        assert float(found[name].covariance[0, 1]) == pytest.approx(value, abs=1e-7)
    assert found["relu"].mean.tolist() == pytest.approx(
        [2 / math.sqrt(2 * math.pi), 0.5 / math.sqrt(2 * math.pi)]
    )
    assert found["sign"].covariance.diagonal().tolist() == [1.0, 1.0]


@pytest.mark.parametrize("activation", ["sign", "erf", "relu"])
def test_a_deep_generator_s_moments_are_as_good_as_they_say(activation: str) -> None:
    generator = random_generator([6, 20, 10], activation, seed=3)
    few, many = (estimate_moments(generator, n, seed=5) for n in (2000, 128_000))
    assert generator.exact is None
    assert few.error / many.error == pytest.approx(8, rel=0.3)
    assert 0.6 < distance(few, many) / few.error < 1.6
    # what goes into the second layer has mean square one
    inside = random_generator([6, 20], activation, seed=3)(normal(20_000, 6))
    gain = (1 / inside.square().mean()).sqrt()
    rows = generator.function.args[0][1].norm(dim=1)
    torch.testing.assert_close(rows, gain.expand(10), rtol=0.03, atol=0)


def test_the_gaussian_twin_has_the_moments_and_nothing_else() -> None:
    generator = random_generator([4, 12], "sign", seed=2)
    twin = matched_gaussian(generator.moments())
    sampled = estimate_moments(twin, 100_000)
    assert 0.7 < distance(generator.moments(), sampled) / sampled.error < 1.4
    kurtosis = []
    for one in (generator, twin):
        x = one.sample(50_000, seed=1)[1]
        kurtosis.append(float((x**4).mean() / (x**2).mean() ** 2))
    assert kurtosis[0] == pytest.approx(1, abs=0.01)
    assert kurtosis[1] == pytest.approx(3, abs=0.06)
    c, x = twin.sample(5, seed=0)
    assert (c.shape, x.shape) == ((5, 4), (5, 12))
    unit = torch.eye(3, dtype=torch.float64)
    refuses(lambda: matched_gaussian(Moments(unit[0], unit, 2 * unit)), "go together")


def test_the_classical_inputs_are_their_own_latent_numbers() -> None:
    c, x = identity_generator(3).sample(4, seed=0)
    assert torch.equal(c, x)
    assert torch.equal(
        identity_generator(3).moments().covariance, torch.eye(3).double()
    )


def test_what_is_no_generator_is_refused() -> None:
    refuses(lambda: random_generator([3], "sign"), "widths")
    refuses(lambda: random_generator([3, 4], "tanh"), "activation='tanh'")
    refuses(lambda: layered_generator([], "erf"), "weights")
    refuses(lambda: layered_generator([torch.zeros(2, 3)], "erf"), "row that is zero")
    refuses(
        lambda: layered_generator([torch.ones(2, 3), torch.ones(2, 3)]),
        r"weights\[1\] has 3 columns; it must have 2",
    )
    refuses(lambda: estimate_moments(identity_generator(2), 99), "samples=99")
    refuses(lambda: identity_generator(2)([[1.0]]), "c has 1 columns")
    unit = torch.eye(2)
    refuses(lambda: Moments(unit[0], unit, torch.ones(3, 1)), "rows")
    refuses(
        lambda: check_covariance("Omega", [[1.0, 2.0], [2.0, 1.0]]), "eigenvalue -1"
    )


def test_teacher_and_student_of_one_seed_are_independent() -> None:
    roles = [random_committee(2, 200, 0, role) for role in ("teacher", "student")]
    cosine = torch.corrcoef(torch.cat([net.weights for net in roles]))[:2, 2:]
    assert cosine.abs().max() < 0.3
    assert random_committee(3, 4, 0, head=None).head.unique().numel() == 3
    net = Committee([[1.0, 2.0]], [0.5])
    by_hand = 0.5 * math.erf((3 + 8) / math.sqrt(2) / math.sqrt(2))
    assert float(net([[3.0, 4.0]])) == pytest.approx(by_hand)
    refuses(lambda: random_committee(2, 3, 0, "pupil"), "role='pupil'")
    refuses(lambda: random_committee(2, 3, 0, scale=0.0), "scale")
    refuses(lambda: Committee(torch.ones(2, 3), torch.ones(3)), "head has 3 entries")
