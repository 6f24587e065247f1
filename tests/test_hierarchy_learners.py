"""Trainings on hierarchies: plateaus on the closed forms, and controls that fail."""

from __future__ import annotations

import math
from functools import cache

import pytest
import torch
from torch import Tensor

from replearn import theory
from replearn.experiments import hierarchy
from replearn.learners import AlgorithmOne, Climb, StagedNetwork, feature_errors
from replearn.targets import Hierarchy, paper_hierarchy, plain_hierarchy


@cache
def staged(after: str, align: float = 0.7, held: str = "") -> Climb:
    """Two gaps of the plain class, ten inputs, both stages short."""
    targets = [plain_hierarchy(10, (1.0, a), seed=1, align=align) for a in (0.1, 0.3)]
    network = StagedNetwork((700, 900), after, batch=128)
    keep = hierarchy.truths(targets) if held == "truth" else {}
    if held == "alone":
        keep = {2: torch.stack([alone(t) for t in targets])}
    return network.climb(targets, [0, 0], held=keep)


def alone(target: Hierarchy) -> Tensor:
    """K_2 of the best quadratic: the top of M*, and no constant."""
    values, vectors = torch.linalg.eigh(hierarchy.best_form(target))
    k = values[-2:].sqrt()[:, None] * vectors[:, -2:].T
    return torch.cat([k, torch.zeros(2, 1).double()], 1)


def test_the_plain_learner_tilts_and_swings_back() -> None:
    found = staged("joint")
    for run, gap in enumerate((0.1, 0.3)):
        target = plain_hierarchy(10, (1.0, gap), seed=1)
        tilt = theory.plane_tilt(target.weights[2, 0], hierarchy.best_form(target))
        before = float(found.missing[run, found.when(run, 3), 0])
        assert before == pytest.approx(tilt, rel=0.5)  # and the noise of its steps
        assert float(found.missing[run, -1, 0]) < 0.01 * before
        assert float(found.mse[run, -1]) < 1e-3 * gap**2


@pytest.mark.parametrize(
    ("after", "align", "held", "low", "high"),
    [
        ("frozen", 0.7, "", 1e-2, math.inf),
        ("frozen", 0.7, "alone", 1e-2, math.inf),
        ("frozen", 0.7, "truth", 0.0, 1e-4),
        ("free", 0.7, "", 1e-5, 1e-1),
    ],
)
def test_controls_of_the_plain_learner(
    after: str, align: float, held: str, low: float, high: float
) -> None:
    """mse over alpha_3^2 at the end: the frozen tilt is to blame, and nothing else."""
    found = staged(after, align, held)
    for run, gap in enumerate((0.1, 0.3)):
        assert low < float(found.mse[run, -1]) / gap**2 < high
        before, end = (found.missing[run, i, 0] for i in (found.when(run, 3), -1))
        if not held:
            assert float(end) == pytest.approx(float(before))  # frozen indeed


def test_no_alignment_no_tilt() -> None:
    straight, tilted = (staged("joint", align) for align in (0.0, 0.7))
    for run in (0, 1):
        errors = [
            float(found.missing[run, found.when(run, 3), 0])
            for found in (straight, tilted)
        ]
        assert errors[0] < 0.3 * errors[1]


@cache
def paper(
    after: str, gaps: tuple[float, ...], stop_gradient: bool = False, true: bool = False
) -> Climb:
    targets = [paper_hierarchy(10, (1.0, a), seed=100) for a in gaps]
    network = AlgorithmOne(2400, hold=500, after=after, stop_gradient=stop_gradient)
    keep = hierarchy.truths(targets) if true else {}
    return network.climb(targets, [100] * len(gaps), held=keep)


def test_algorithm_one_reaches_the_closed_form_and_falls_off_it() -> None:
    gaps = (0.1, 0.3)
    found = paper("joint", gaps)
    for run, gap in enumerate(gaps):
        before = float(found.apart[run, found.when(run, 3), 0])
        want = theory.hierarchy_plateau(2, 0.5, gap)
        assert before == pytest.approx(want, rel=0.25)
        assert float(found.apart[run, -1, 0]) < 1e-3 * before
    ratio = found.theorem_2()
    assert bool(ratio[:, 0].isnan().all())  # nothing is learnt yet
    assert 0.1 < float(ratio.nan_to_num().max()) < 3  # the constant is about one


def test_the_correction_needs_the_identity_link_and_not_the_gradient() -> None:
    stopped, cut = paper("joint", (0.1,), stop_gradient=True), paper("cut", (0.1,))
    before = float(cut.apart[0, cut.when(0, 3), 0])
    assert float(stopped.apart[0, -1, 0]) < 1e-3 * before
    assert float(cut.apart[0, -1, 0]) > before
    assert float(cut.theorem_2()[0, -1]) > 0.5 > float(stopped.theorem_2()[0, -1])


def test_what_is_frozen_wrong_costs_and_what_is_frozen_right_does_not() -> None:
    """All read-outs train on in both: nothing ties W_2 to the frozen K_2."""
    wrong, right = (paper("refit", (0.1,), true=true) for true in (False, True))
    before, end = (float(wrong.apart[0, i, 0]) for i in (wrong.when(0, 3), -1))
    assert end == pytest.approx(before)
    assert float(right.apart[0, -1, 0]) < 1e-12
    assert float(wrong.mse[0, -1]) > 8 * float(right.mse[0, -1])
    w = wrong.network.parameters[2, "W"][0]
    k = wrong.network.parameters[2, "K"][0]
    target = paper_hierarchy(10, (1.0, 0.1), seed=100).weights[2, 1]
    best = target.T @ target
    assert float((w.T @ w - best).norm()) < 0.3 * float((k.T @ k - best).norm())


def test_the_first_level_is_seen_along_the_way() -> None:
    found = paper("joint", (0.1, 0.3))
    assert found.first.shape == (2, len(found.steps), 2, 10)
    at = found.when(0, 3)
    target = paper_hierarchy(10, (1.0, 0.1), seed=100)
    x = target.sample(4000, 100, part="test")[0]
    learnt = (x.square() - 1) @ found.first[0, at].T
    apart = feature_errors(target.features(x)[2], learnt)[0]
    assert float(apart) == pytest.approx(float(found.apart[0, at, 0]))


def test_a_level_waits_for_its_threshold() -> None:
    target = [paper_hierarchy(6, (1.0, 1.0), seed=0)]
    waiting = AlgorithmOne(200, hold=0, up=1e-6).climb(target, [0], n=500)
    assert waiting.joined.tolist() == [[0, -1]]
    with pytest.raises(ValueError, match="never joined"):
        waiting.when(0, 3)
    for patience in (50, 100):  # K_2 comes in too, and the next level after the hold
        short = AlgorithmOne(200, hold=50, up=0.0, down=0.0, patience=patience)
        found = short.climb(target, [0], n=500)
        assert found.known[0, 0] == patience
        assert found.joined.tolist() == [[0, patience + 50]]
