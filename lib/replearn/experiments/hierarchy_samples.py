"""Hierarchies from few samples: one that has levels, and rivals given the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations_with_replacement, product
from math import sqrt
from typing import Any

import numpy as np
import torch
from torch import Tensor

from replearn.checks import check_choice
from replearn.experiments.hierarchy import SKIP_SHARE, algorithm_one
from replearn.experiments.learning_curves import ADAM_WIDTH, KERNEL_RIDGES
from replearn.experiments.sweep import Measured
from replearn.kernels import BIAS_VARIANCE, Kernel, ntk, polynomial
from replearn.learners import AdamNetwork, HierarchyNetwork, KernelRidge, StagedNetwork
from replearn.learners.hierarchy import HELD_OUT, TEST, Training
from replearn.learners.kernel_ridge import scaled_ridge, tuned_errors
from replearn.streams import Stream
from replearn.targets import (
    Hierarchy,
    MultiIndex,
    Relabelled,
    as_multi_index,
    paper_hierarchy,
    plain_hierarchy,
)
from replearn.theory import kernel_floor

RULES = ("dense", "few directions")
KERNELS: dict[str, Kernel] = {
    "quadratic": partial(polynomial, degree=2),
    "polynomial": partial(polynomial, degree=4),
    "ntk": partial(ntk, depth=2, bias_variance=BIAS_VARIANCE),
    "ntk-deep": partial(ntk, depth=3, bias_variance=BIAS_VARIANCE),
}
CLIMBERS, RIVALS = ("hierarchy", "algorithm-1"), (*KERNELS, "adam")
LEARNERS = (*CLIMBERS, *RIVALS)
FIRST, LATER, BATCH, RATE = 500, 1500, 64, 2e-2  # of the plain learner
Film = list[tuple[list[Tensor], float]]  # the parts (n,) of the label, what is missing
Seen = tuple[Tensor, list[Tensor], Film, tuple[Tensor, float]]  # see `film_line`


def rule_of(rule: str, d: int, alphas: Sequence[float], k: int, seed: int) -> Hierarchy:
    """A target of the paper's class, or of the book's plain one.

    Args:
        rule: "dense" or "few directions". d: of the inputs. alphas: of the levels.
        k: width of the levels. seed: of the weights.
    Returns: the target.
    Cost: that of `paper_hierarchy`.
    Example:
        >>> rule_of("dense", 10, (1.0, 1.0), 2, seed=0).is_the_papers
        True
    """
    dense = check_choice("rule", rule, RULES) == "dense"
    return (paper_hierarchy if dense else plain_hierarchy)(
        d, alphas, k, seed, skip_share=SKIP_SHARE
    )


def given(target: Hierarchy, x: Tensor) -> Tensor:
    """What every learner is given: the inputs, and their squares if levels see them.

    Args: target: whose links are looked at. x: (n, d).
    Returns: (n, d), or (n, 2 d), every column of variance one.
    Cost: O(n d).
    Example:
        >>> target = rule_of("dense", 3, (1.0, 1.0), 2, seed=0)
        >>> [round(v, 3) for v in given(target, torch.ones(1, 3))[0].tolist()]
        [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    """
    if all(1 not in below for below in target.links.values()):
        return x
    size = 0.8 if target.inputs == "uniform" else 2.0
    return torch.cat([x, (x.square() - 1) / size**0.5], 1)


def climber(learner: str, levels: int) -> HierarchyNetwork:
    """A learner that has levels, as it is run on few samples.

    Args: learner: one of CLIMBERS. levels: L.
    Returns: the learner.
    Cost: O(1).
    """
    if check_choice("learner", learner, CLIMBERS) == "algorithm-1":
        long = {"steps": 3000, "hold": 0, "patience": 600, "batch": BATCH}
        return algorithm_one("uniform", levels, **long, every=100)
    stages = (FIRST,) * (levels - 2) + (LATER,)
    return StagedNetwork(stages, rate=RATE, batch=BATCH, every=100)


def climb_samples(
    targets: Sequence[Hierarchy],
    seeds: Sequence[int],
    ns: Sequence[int],
    learner: str = "hierarchy",
    noise: float = 0.0,
) -> Measured:
    """Errors of a learner with levels, every target at every size, in one product.

    The step at which it is read is the best on 500 held-out samples.

    Args:
        targets: of one shape. seeds: of each one's samples and start.
        ns: sizes. learner: one of CLIMBERS. noise: of the labels.
    Returns: columns target (its place), n, error: over the variance of the label.
    Cost: 0.3 s for each target and size at d = 20.
    """
    pairs = list(product(range(len(targets)), ns))
    network = climber(learner, len(targets[0].alphas) + 1)
    found = network.climb(
        [targets[i] for i, _ in pairs],
        [seeds[i] for i, _ in pairs],
        [n for _, n in pairs],
        noise=noise,
    ).stopped()
    each = zip(targets, seeds, strict=True)
    sizes = [t.sample(TEST, s, part="test")[1].var() for t, s in each]
    place, n = np.array(pairs).T
    return {
        "target": place,
        "n": n,
        "error": (found / torch.stack(sizes)[place]).numpy(),
    }


def of_targets(rows: Measured, places: Sequence[int]) -> dict[str, np.ndarray]:
    """The rows of some targets.

    Args: rows: as `climb_samples` returns them. places: of the targets.
    Returns: columns target, n, error.
    Cost: O(rows).
    Example:
        >>> rows = {"target": np.array([0, 1]), "n": np.array([5, 6])}
        >>> of_targets(rows | {"error": np.ones(2)}, [1])["n"].tolist()
        [6]
    """
    mine = np.isin(rows["target"], places)
    return {name: rows[name][mine] for name in ("target", "n", "error")}


def rival_samples(
    learner: str,
    targets: Sequence[Hierarchy],
    seed: int,
    ns: Sequence[int],
    noise: float = 0.0,
) -> Measured:
    """Errors of a rival without levels on the same inputs, samples and test points.

    Ridge, or Adam's rate and stop, are the best on the same 500 held-out samples.

    Args:
        learner: one of RIVALS. targets: of one shape, on the same inputs.
        seed: of the samples and the start. ns: increasing. noise: of the labels.
    Returns: as of `climb_samples`.
    Cost: 2 s for a kernel up to n = 2000.
    """
    check_choice("learner", learner, RIVALS)
    pieces = []
    for part, size in (("training", ns[-1]), ("held-out", HELD_OUT), ("test", TEST)):
        ways = [t.sample(size, seed, noise * (part != "test"), part) for t in targets]
        labels = torch.stack([y for _, y in ways], 1)
        pieces.append((given(targets[0], ways[0][0]), labels))
    if learner in KERNELS:
        errors = tuned_errors(
            KERNELS[learner], KERNEL_RIDGES, pieces[0], ns, *pieces[1:]
        ).T
    else:
        errors = torch.stack(
            [_adam(pieces, i, ns, seed).double() for i in range(len(targets))]
        )
    errors = errors / pieces[2][1].var(0)[:, None]
    place = np.repeat(np.arange(len(targets)), len(ns))
    return {
        "target": place,
        "n": np.tile(ns, len(targets)),
        "error": errors.flatten().numpy(),
    }


def _adam(
    pieces: Sequence[tuple[Tensor, Tensor]], i: int, ns: Sequence[int], seed: int
) -> Tensor:
    """Mean squared errors of the two-layer network, for one of the targets."""
    (x, y), held, test = [(x.float(), y[:, i].float()) for x, y in pieces]
    scale = y.std()  # the network starts with outputs of the order of one
    held, test = (held[0], held[1] / scale), (test[0], test[1] / scale)
    network = AdamNetwork(ADAM_WIDTH, steps=1500, batch=128, held_out=held, seed=seed)
    return network.learning_curve(x, y / scale, ns, *test) * scale**2


def without_levels(labels: str, d: int, seed: int, k: int = 2) -> Hierarchy:
    """Labels of degree four on which levels are of no use, on the plain class's shape.

    Args:
        labels: "shuffled", those of other inputs, or "random", a polynomial with a
            random coefficient for every Hermite product up to degree four.
        d: of the inputs. seed: of the rule. k: width of the levels there are not.
    Returns: the target.
    Cost: at d = 10 a call takes 0.2 s.
    """
    shape = plain_hierarchy(d, (1.0, 1.0), k, seed)
    if check_choice("labels", labels, ("shuffled", "random")) == "shuffled":
        return Relabelled(**vars(shape), labels=lambda x: shape(x.roll(1, 0)))
    places = [
        p for q in range(1, 5) for p in combinations_with_replacement(range(d), q)
    ]
    drawn = Stream("weights of a hierarchy", seed, d).normal(len(places)).tolist()
    powers = [tuple(place.count(i) for i in range(d)) for place in places]
    rule = MultiIndex(d, d, 4, dict(zip(powers, drawn, strict=True)))
    # of about the size of what the learner was made for
    return Relabelled(**vars(shape), labels=lambda x: 5 * rule(x))


def measure_samples(
    ns: Sequence[int], seed: int, learner: str, rule: str, **at: Any
) -> Mapping[str, Sequence[float]]:
    """Errors of one learner at any setting, for a laboratory.

    Args:
        ns: sizes. seed: of everything. learner: one of LEARNERS. rule: see `rule_of`.
        at: d, gap, k, levels, noise.
    Returns: the learner -> its errors.
    Cost: see `estimate_seconds`.
    """
    alphas = [at["gap"] ** i for i in range(at["levels"] - 1)]
    target = rule_of(rule, at["d"], alphas, at["k"], seed)
    if learner in CLIMBERS:
        found = climb_samples([target], [seed], ns, learner, at["noise"])
    else:
        found = rival_samples(learner, [target], seed, ns, at["noise"])
    return {learner: found["error"].tolist()}


def estimate_seconds(
    ns: Sequence[int], learner: str, d: int, levels: int, **others: Any
) -> float:
    """Seconds of `measure_samples` on one core, to a factor of two or so.

    Args: ns: sizes. learner: one of LEARNERS. d, levels: of the target. others: unused.
    Returns: seconds.
    Cost: O(1).
    Example:
        >>> estimate_seconds([100, 2000], "adam", 20, 3)
        2.0
    """
    if learner in CLIMBERS:
        slow = 1 if learner == "hierarchy" else 4
        return slow * len(ns) * (levels - 1) * (0.1 + d / 150)
    return 1.0 * len(ns) if learner == "adam" else 0.3 + 4 * (max(ns) / 2000) ** 2.5


@dataclass(frozen=True)
class _Filmed(StagedNetwork):
    """The network with levels, its parts at some inputs (n, d) kept at every look."""

    at: Tensor = field(kw_only=True)
    parts: list[list[Tensor]] = field(default_factory=list)

    def look(self, training: Training, step: int) -> None:
        """Keep the parts of the label, then go on."""
        net = training.net
        seen = net.forward(self.at[None])[1]["P"]
        nothing = self.at.new_zeros(1, len(self.at), 1)
        each = zip(net.order, (net.alphas * net.on)[0], strict=True)
        self.parts.append(
            [a * seen.get(lv, nothing)[0].square().sum(1) for lv, a in each]
        )
        super().look(training, step)


def film_parts(target: Hierarchy, seed: int, n: int, x: Tensor, every: int) -> Film:
    """The network with levels as it learns a target, seen at some inputs.

    Args:
        target: of two levels, not centred. seed, n: of the samples. x: (points, d).
        every: how many steps lie between two looks, a divisor of 100.
    Returns: for each look the parts alpha_l |S_l|^2 at x, and the error over Var f*.
    Cost: 1 s.
    """
    network = _Filmed((FIRST, LATER), rate=RATE, batch=BATCH, every=every, at=x)
    found = network.climb([target], [seed], n)
    missed = found.mse[0] / target.sample(TEST, seed, part="test")[1].var()
    return list(zip(network.parts, missed.tolist(), strict=True))


def kernel_answer(
    learner: str, target: Hierarchy, seed: int, n: int, x: Tensor
) -> tuple[Tensor, float]:
    """What a kernel learns of a target, seen at some inputs; its ridge as elsewhere.

    Args: learner: one of KERNELS. target, seed, n, x: as of `film_parts`.
    Returns: its answers (points,), and its error over Var f*.
    Cost: 0.2 s at n = 300.
    """
    kernel = KERNELS[learner]
    parts = ("training", n), ("held-out", HELD_OUT), ("test", TEST)
    drawn = [target.sample(size, seed, part=part) for part, size in parts]
    (train, y), (kept, y_kept), (new, truth) = [(given(target, a), b) for a, b in drawn]
    fits = [
        KernelRidge(kernel, scaled_ridge(kernel, train.shape[1], r)).fit(train, y)
        for r in KERNEL_RIDGES
    ]
    best = min(fits, key=lambda f: float((f.predict(kept) - y_kept).square().mean()))
    missed = (best.predict(new) - truth).square().mean() / truth.var()
    return best.predict(given(target, x)), float(missed)


def mean_floor(targets: Sequence[Hierarchy], ns: Sequence[int]) -> list[float]:
    """What every kernel must leave of hierarchies of the plain class, their mean.

    Args: targets: with levels on squares of features, see `as_multi_index`. ns: sizes.
    Returns: the floor at each size.
    Cost: that of `kernel_floor` for each target.
    Example:
        >>> target = rule_of("few directions", 5, (1.0, 1.0), 1, seed=0)
        >>> mean_floor([target], [10**6])
        [0.0]
    """
    floors = [kernel_floor(as_multi_index(target), ns) for target in targets]
    return [float(value) for value in torch.stack(floors).mean(0)]


def film_line(
    target: Hierarchy, seed: int, n: int, line: int, every: int, learner: str
) -> Seen:
    """A target on bounded inputs and what is learnt of it, along a line through them.

    Some inputs go from one end of their range to near the other; the rest stay put.

    Args:
        target, seed, n, every: as of `film_parts`. line: the seed of the line.
        learner: the kernel, as of `kernel_answer`.
    Returns: 61 places on the line, -1 to 0.88; the parts of the label there; and what
        `film_parts` and `kernel_answer` return.
    Cost: 1.5 s at n = 300.
    """
    which, rest = target.draw(2, line, "test")
    along = torch.linspace(-1, 0.88, 61, dtype=torch.float64)[:, None]
    x = torch.where(which.abs() < 1.04, sqrt(3) * along * which.sign(), rest)
    true = [s.square().sum(1) for s in target.features(x).values()]
    film = film_parts(target, seed, n, x, every)
    return along[:, 0], true, film, kernel_answer(learner, target, seed, n, x)
