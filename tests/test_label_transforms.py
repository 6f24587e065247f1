"""The dial: labels pass through T before the one step, and nowhere else."""

import math

import pytest
import torch
from helpers import refuses

from replearn.experiments.first_layer import measure_onset, measure_step
from replearn.learners import HeadChoice, OneStepNetwork, OneStepVariant
from replearn.targets import degenerate_target, paper_target
from replearn.targets.transforms import TRANSFORMS
from replearn.theory import hermite_overlap, predict_overlap, transformed_half

X, Y = degenerate_target(10).sample(800, 0, dtype=torch.float32)
SETTINGS = {"width": 32, "seed": 3, "choice": HeadChoice(ridge=1e-3)}


def test_at_rest_it_is_algorithm_1_to_the_bit() -> None:
    plain = OneStepNetwork(**SETTINGS).fit(X, Y)
    ours = OneStepVariant(transform="identity", **SETTINGS).fit(X, Y)
    assert torch.equal(plain.first_layer(), ours.first_layer())
    assert torch.equal(plain.predict(X), ours.predict(X))


@pytest.mark.parametrize("name", ["abs", "square", "threshold"])
def test_the_step_sees_t_of_y_and_the_read_out_sees_y(name: str) -> None:
    shown = TRANSFORMS[name](Y)
    shown = shown - shown.mean()
    fit = OneStepVariant(transform=name, **SETTINGS).fit(X, Y)
    theirs = OneStepNetwork(**SETTINGS).fit(X, shown)
    assert torch.equal(fit.first_layer(), theirs.first_layer())
    # T is even: labels of the other sign have the same layer and the other answer
    other = OneStepVariant(transform=name, **SETTINGS).fit(X, -Y)
    assert torch.equal(fit.first_layer(), other.first_layer())
    torch.testing.assert_close(other.predict(X), -fit.predict(X), rtol=0, atol=1e-4)


def test_an_unknown_transform_is_refused() -> None:
    refuses(lambda: OneStepVariant(transform="cube"), "transform='cube'")


def test_the_transform_turns_the_layer_as_the_formula_says_and_y_itself_does_not() -> (
    None
):
    target, n = degenerate_target(60, 1, 3), 4 * 60**2
    found = {
        name: measure_step(target, [n], 0, transform=name)
        for name in ("identity", "threshold")
    }
    formula = hermite_overlap(n, 60, 3, "threshold")
    assert found["threshold"]["overlap_1"][0] == pytest.approx(formula, abs=0.06)
    assert found["identity"]["overlap_1"][0] < 0.25
    assert found["threshold"]["error"][0] < 0.4 < found["identity"]["error"][0]


def test_half_by_hand() -> None:
    """Of the threshold, from the density at the edge alone; of y itself, never."""
    edge = 2.0484  # z^3 - 3 z = sqrt(6)
    assert edge**3 - 3 * edge == pytest.approx(math.sqrt(6), rel=1e-3)
    hessian = 2 * edge * math.exp(-(edge**2) / 2) / math.sqrt(2 * math.pi)
    share = math.erfc(edge / math.sqrt(2))
    by_hand = math.pi * share * (1 - share) / (2 * hessian**2)
    target = degenerate_target(1, 1, 3)
    found = transformed_half(target, TRANSFORMS["threshold"])
    assert found == pytest.approx(by_hand, rel=2e-3)
    assert predict_overlap(1, found, hessian**2, 0, share * (1 - share)) == (
        pytest.approx(0.5, abs=1e-3)
    )
    assert transformed_half(target, TRANSFORMS["identity"]) == math.inf


def test_of_bounded_labels_least_squares_finds_the_direction_sooner() -> None:
    target, ns = paper_target(80, 1, 3), [640]
    means = [
        sum(measure_onset(target, ns, seed, *how)[0] for seed in range(6)) / 6
        for how in (("correlation", 3.0), ("least-squares", 3.0))
    ]
    assert means[0] + 0.15 < means[1], means
