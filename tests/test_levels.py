"""Learners of hierarchies: slopes, regularisers, distillation, errors, batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from helpers import normal, rotation
from scipy.linalg import orthogonal_procrustes
from torch import Tensor

from replearn import theory
from replearn.learners import AlgorithmOne, StagedNetwork, feature_errors, turned_to
from replearn.learners.algorithm_one import distil
from replearn.learners.hierarchy import Training
from replearn.learners.levels import Levels, truth
from replearn.targets import Hierarchy, paper_hierarchy, plain_hierarchy

GAPS = (1.0, 0.3, 0.1)
HELD = {2: torch.ones(3, 5)}


def filled(target: Hierarchy, **given: Any) -> tuple[Levels, Tensor, Tensor]:
    """A network with random numbers everywhere, all levels on, and a few samples."""
    net = Levels([target, target], [0, 1], **given)
    for place in net.parameters:
        if place[1] != "V":
            net.start(place, 0.3)
    net.on[:] = 1.0
    x, y = (torch.stack([part, 2 * part]) for part in target.sample(30, 1))
    return net, x, y


@pytest.mark.parametrize("rows", ["fixed", "random, four times"])
@pytest.mark.parametrize(
    ("target", "tied"),
    [(paper_hierarchy(5, GAPS), False), (plain_hierarchy(5, GAPS), True)],
)
def test_slopes_are_those_of_autograd(target: Hierarchy, tied: bool, rows: str) -> None:
    net, x, y = filled(target, tied=tied, rows=rows)
    if tied:
        net.untie(2, 0.1)  # one level of each kind
    with torch.no_grad():
        net.backward(x, y)
    leaves = [p.clone().requires_grad_() for p in net.parameters.values()]
    net.parameters = dict(zip(net.parameters, leaves, strict=True))
    loss = (net.forward(x)[0] - y).square().mean(1).sum()
    found = torch.autograd.grad(loss, leaves, materialize_grads=True, allow_unused=True)
    for place, slope in zip(net.parameters, found, strict=True):
        used = place[1] in ("K", net.reads[place[0]])
        if used and (tied or place != (4, "K")):  # nothing stands on K_4
            torch.testing.assert_close(net.slopes[place], slope)
            assert float(slope.abs().max()) > 1e-3


def test_regularisers_are_those_of_the_paper() -> None:
    """Written out block by block, and differentiated by autograd."""
    target = paper_hierarchy(5, (1.0, 0.3))
    net, *_ = filled(target)
    training = Training(net, [target, target], [0, 1])
    training.known[:] = 1
    training.joined[:] = 0
    flat = net.flat.clone().requires_grad_()
    eps = training.eps.clone()
    total = AlgorithmOne(regularisers=(0.3, 0.1, 0.03, 0.01)).regularise(training)
    said = torch.zeros(2, dtype=torch.float64)
    for lv, alpha, block in ((2, 1.0, 5), (3, 0.3, 3)):
        k, w = (
            flat[:, net.parts[lv, name]].view_as(net.parameters[lv, name])
            for name in ("K", "W")
        )
        e = k.mT @ k - w.mT @ w
        pieces = (0.3, e[:, :block, block:]), (0.1, e[:, :block, :block]), (0.03, e)
        for weight, piece in pieces:
            said = said + alpha**2 * weight * piece.square().sum((1, 2))
        sizes = k.square().sum((1, 2)) + w.square().sum((1, 2))
        said = said + 0.01 * alpha**2 * eps**2 * sizes
    torch.testing.assert_close(total, said.detach())
    (found,) = torch.autograd.grad(said.sum(), flat)
    torch.testing.assert_close(net.slope, found)


def test_what_is_stopped_does_not_reach_the_level_below() -> None:
    net, x, y = filled(paper_hierarchy(5, (1.0, 0.3)))
    net.backward(x, y)
    assert float(net.slopes[2, "K"].abs().min()) > 0
    kept = net.slopes[2, "W"].clone()
    net.stop_gradient = True
    net.backward(x, y)
    assert float(net.slopes[2, "K"].abs().max()) == 0
    torch.testing.assert_close(net.slopes[2, "W"], kept)


@pytest.mark.parametrize("make", [paper_hierarchy, plain_hierarchy])
def test_the_truth_is_learnable(make: Any) -> None:
    """K_l that is said to be true makes S_l the target's, and W = K the label."""
    target = make(6, GAPS)
    net, x, _ = filled(target, tied=target.centred)
    for lv in target.levels:
        net.parameters[lv, "K"][:] = truth(target, lv)
        net.parameters[lv, "W"].zero_()[:, :2] = truth(target, lv)
    value, inner = net.forward(x)
    for lv, s in target.features(x[0]).items():
        torch.testing.assert_close(inner["S"][lv][0], s)
    torch.testing.assert_close(value[0], target(x[0]))
    size = sum(net.parameters[lv, "K"][0].numel() for lv in target.levels)
    constants = 2 * len(target.levels) * target.centred
    count = theory.hierarchy_parameters(6, target.links, target.widths)
    assert size == count + constants


def test_distillation_finds_both_blocks() -> None:
    """W of rank two, turned: K is found again up to a unitary."""
    target = paper_hierarchy(5, (1.0, 0.3))
    net, x, _ = filled(target)
    for lv in (2, 3):
        turn = rotation(len(net.parameters[lv, "W"][0]))[:, :2]
        true = truth(target, lv)
        net.parameters[lv, "W"][0] = turn @ true
        distil(net, lv, 0)
        # the two blocks share their scale: K_<^T K_{l-1} is what is fixed
        k, block = net.parameters[lv, "K"][0], net.block(lv)
        left, right = (k, k) if lv == 2 else (k[:, block:], k[:, :block])
        want = (true, true) if lv == 2 else (true[:, block:], true[:, :block])
        torch.testing.assert_close(left.T @ right, want[0].T @ want[1])
    assert len(x) == 2


def test_feature_errors_against_procrustes() -> None:
    s = normal(500, 3)
    learnt = s @ normal(3, 3, seed=1) + 0.1 * normal(500, 3, seed=2)
    turn, _ = orthogonal_procrustes(learnt.numpy(), s.numpy())
    apart, missing = feature_errors(s, learnt)
    want = ((learnt.numpy() @ turn - s.numpy()) ** 2).sum(1).mean()
    assert float(apart) == pytest.approx(float(want))
    basis = np.c_[learnt.numpy(), np.ones(500)]
    rest = s.numpy() - basis @ np.linalg.lstsq(basis, s.numpy(), rcond=None)[0]
    share = rest.var(0).sum() / s.numpy().var(0).sum()
    assert float(missing) == pytest.approx(share)
    distance = (turned_to(s, learnt) - s).square().sum(1).mean()
    torch.testing.assert_close(distance, apart)
    turned = s @ rotation(3)
    assert float(feature_errors(s, turned)[0]) < 1e-12
    grown, blind = feature_errors(s, 1.5 * turned)
    assert float(grown) == pytest.approx(0.25 * float(s.square().sum(1).mean()))
    assert float(blind) < 1e-12


def test_one_product_gives_what_a_loop_gives() -> None:
    targets = [paper_hierarchy(6, (1.0, a), seed=s) for a in (0.1, 1.0) for s in (0, 1)]
    network = AlgorithmOne(steps=200, hold=50, patience=50, every=50)
    both = network.climb(targets, [3, 4, 5, 6], n=500)
    assert sorted(set(both.joined[:, 1].tolist())) != [-1]
    for run, (target, seed) in enumerate(zip(targets, [3, 4, 5, 6], strict=True)):
        alone = network.climb([target], [seed], n=500)
        torch.testing.assert_close(
            alone.apart[0], both.apart[run], rtol=1e-6, atol=1e-9
        )
        assert torch.equal(alone.joined[0], both.joined[run])


def test_a_wide_level_and_one_that_hears_nothing_from_above() -> None:
    targets = [plain_hierarchy(5, (1.0, 0.3))]
    found = [
        StagedNetwork((50, 50), wide=wide, stop_gradient=stop).climb(targets, [0], 200)
        for wide, stop in ((0, False), (2, False), (0, True))
    ]
    assert [f.network.parameters[2, "K"].shape[1] for f in found] == [2, 4, 2]
    assert all(bool(f.apart.isfinite().all()) for f in found)
    first, _, stopped = (f.apart[0, :, 0] for f in found)
    assert float(first[1]) == float(stopped[1])  # alone there is nothing to stop
    assert float(first[2]) != float(stopped[2])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: StagedNetwork((100, 20)), "stages=20 must be a multiple of every=50"),
        (lambda: AlgorithmOne(60), "steps=60 must be a multiple"),
        (
            lambda: StagedNetwork((50, 50)).climb([plain_hierarchy(4)], [0], 9, HELD),
            r"held\[2\] has shape \(3, 5\); it must be \(2, 5\)",
        ),
        (lambda: StagedNetwork(after="cut"), "after='cut'"),
        (lambda: AlgorithmOne(after="free"), "after='free'"),
        (lambda: StagedNetwork().climb([plain_hierarchy(4)], []), "as many seeds"),
        (lambda: StagedNetwork((50,)).climb([plain_hierarchy(4)], [0]), "stages"),
        (
            lambda: Levels([plain_hierarchy(4), plain_hierarchy(5)], [0, 1]),
            "differ in their shapes",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()
