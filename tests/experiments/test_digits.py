"""The narrow network on digits: its layers against torch's own, and what is frozen."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from replearn.experiments.digits import CLASSES, LAYERS, NarrowNetwork

SEEDS = (7, 8)


def copies(net: NarrowNetwork) -> list[torch.Tensor]:
    return [filters.clone() for filters in net.filters]


def test_a_layer_is_a_convolution() -> None:
    net = NarrowNetwork(SEEDS, 3)
    x = net.x["test"][:, :20]
    found = net.maps(x, 2)
    for run in range(len(SEEDS)):
        want = x[run].permute(0, 3, 1, 2)
        for i in range(2):
            weights = net.filters[i][run].view(3, 3, -1, 3).permute(3, 2, 0, 1)
            want = functional.conv2d(want, weights, padding=1).relu()
        want = functional.avg_pool2d(want, 2).permute(0, 2, 3, 1)
        torch.testing.assert_close(found[run], want, atol=1e-5, rtol=1e-4)


def test_each_seed_has_a_split_of_its_own_and_no_image_twice() -> None:
    net = NarrowNetwork(SEEDS, 3)
    assert net.x["training"].shape[1] == 1000
    assert net.x["test"].shape[1] == 797
    assert not torch.equal(net.y["test"][0], net.y["test"][1])
    both = torch.cat([net.x["training"], net.x["test"]], 1)[0].flatten(1)
    assert len(both.unique(dim=0)) == len(both)


def test_greedy_training_freezes_what_is_below_and_staged_does_not() -> None:
    moved = {}
    for way in ("greedy", "staged"):
        net = NarrowNetwork(SEEDS, 3)
        net._train([0], 1, 5)
        first = copies(net)[0]
        net._train([1] if way == "greedy" else [0, 1], 2, 5)
        moved[way] = not torch.equal(net.filters[0], first)
    assert moved == {"greedy": False, "staged": True}


def test_training_layer_by_layer_is_stages_of_one_layer_each() -> None:
    whole, parts = NarrowNetwork(SEEDS, 2), NarrowNetwork(SEEDS, 2)
    whole.train_layers("greedy", 3)
    for layer in range(LAYERS):
        parts._train([layer], layer + 1, 3)
    for one, other in zip(whole.filters, parts.filters, strict=True):
        assert torch.equal(one, other)


def test_the_control_leaves_the_layers_above_at_their_start() -> None:
    for own_head in (True, False):
        net = NarrowNetwork(SEEDS, 2)
        start = copies(net)
        steps, probes = net.first_layer(own_head, False, 50, 100)
        assert steps == [0, 50, 100]
        assert probes.shape == (3, 2)
        assert not torch.equal(net.filters[0], start[0])
        for now, then in zip(net.filters[1:], start[1:], strict=True):
            assert torch.equal(now, then)
    net.first_layer(True, True, 50, 100)
    assert not any(torch.equal(a, b) for a, b in zip(net.filters, start, strict=True))


def test_a_network_learns_and_shuffled_labels_teach_it_nothing() -> None:
    right = NarrowNetwork(SEEDS, 3)
    right.train_layers("joint", 25)
    wrong = NarrowNetwork(SEEDS, 3)
    wrong.y["training"] = wrong.y["training"][:, torch.randperm(1000)]
    wrong.train_layers("joint", 25)
    assert (right.accuracy("test") > 0.5).all()
    assert (wrong.accuracy("test") < 3 / CLASSES).all()


def test_the_same_seed_gives_the_same_network_whoever_is_beside_it() -> None:
    pair, alone = NarrowNetwork(SEEDS, 2), NarrowNetwork(SEEDS[1:], 2)
    for net in (pair, alone):
        net.train_layers("joint", 5)
    np.testing.assert_allclose(pair.accuracy("test")[1], alone.accuracy("test")[0])


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(ValueError, match="way"):
        NarrowNetwork(SEEDS, 2).train_layers("backwards", 5)
