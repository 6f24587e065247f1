"""Transfer: what is measured, and what must fail."""

import pytest
import torch
from helpers import refuses

from replearn.experiments.first_layer import subspace_overlaps
from replearn.experiments.learning_curves import draw
from replearn.experiments.transfer import (
    learn_layer,
    measure_transfer,
    perfect_layer,
    source_target,
    transfer_errors,
)
from replearn.learners import OneStepNetwork, TransferredFeatures
from replearn.learners.ridge_head import HeadChoice
from replearn.targets import MultiIndex, degenerate_target, paper_target
from replearn.theory import predict_overlap

TARGET = degenerate_target(20)


def test_the_layer_is_that_of_algorithm_1() -> None:
    source = source_target("mixed", 20)
    x, y = source.sample(800, 0, dtype=torch.float32, part="source")
    network = OneStepNetwork(64, seed=0)
    alpha, beta = network.linear_part(x, y)
    wanted = network.first_layer(x, y - alpha - x @ beta)
    assert torch.equal(learn_layer(source, 800, 0, width=64), wanted)


def test_a_read_out_on_its_own_layer_is_algorithm_1_s() -> None:
    """On labels without mean and linear part both fit the same features."""
    x, y = TARGET.sample(500, 0, dtype=torch.float32)
    network = OneStepNetwork(64, choice=HeadChoice(ridge=1e-3))
    alpha, beta = network.linear_part(x, y)
    rest = y - alpha - x @ beta
    layer = network.first_layer(x, rest)
    readout = TransferredFeatures(layer, HeadChoice(ridge=1e-3))
    ours = readout.fit(x, rest).predict(x) + (alpha + x @ beta)
    torch.testing.assert_close(ours, network.fit(x, y).predict(x), atol=1e-4, rtol=1e-4)


def test_the_perfect_layer_is_the_limit_of_the_step() -> None:
    source = source_target("mixed", 10)
    perfect, learnt = perfect_layer(source, 0), learn_layer(source, 200_000, 0)
    cosine = torch.nn.functional.cosine_similarity(perfect, learnt, dim=1)
    assert float(cosine.median()) > 0.95
    for layer in (perfect, learnt):
        assert float(layer.square().sum(1).mean()) == pytest.approx(0.25, rel=1e-4)


def test_the_source_s_overlap_is_the_formula_s() -> None:
    layer = learn_layer(source_target("mixed", 40), 6400, 0)
    found, _ = subspace_overlaps(layer, torch.eye(1, 40))
    assert found == pytest.approx(predict_overlap(40, 6400, 1.0), abs=0.06)


def test_what_was_not_shown_is_not_transferred() -> None:
    """The control across u stays at one; its twin along u falls."""
    layer = learn_layer(source_target("mixed", 40), 16 * 1600, 0)
    across = MultiIndex(40, 1, 3, {(3,): 1.0}, torch.eye(2, 40)[1:])
    twins = [degenerate_target(40), across]
    along, other = transfer_errors(layer, twins, [1000], draw(40, 1000, 0), 0)[0]
    assert float(along) < 0.1 < 0.95 < float(other)


def test_a_cubic_teaches_nothing_not_even_itself() -> None:
    layer = learn_layer(source_target("cubic", 160), 25_600, 0)
    data = draw(160, 1000, 0)
    found = transfer_errors(layer, [degenerate_target(160)], [1000], data, 0)
    assert float(found[0, 0]) > 0.95
    refuses(lambda: perfect_layer(source_target("cubic", 20), 0), "H = 0")


@pytest.mark.parametrize("learner", ["transferred", "oracle", "random-features"])
def test_any_target_in_any_number_of_directions_is_measured(learner: str) -> None:
    targets = [degenerate_target(12, 8, 6), paper_target(12, 8, 6)]
    source = source_target("mixed", 12, 8)
    found = measure_transfer(learner, source, targets, 500, [20, 60], 3, 0.5, 32)
    assert found.shape == (2, 2)
    assert bool(torch.isfinite(found).all())
