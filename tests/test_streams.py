"""Random streams: no two coincide, and each is what its name says."""

from itertools import combinations

import pytest
import torch
from helpers import refuses
from scipy import stats

from replearn.learners import OneStepNetwork, RandomFeatures
from replearn.streams import PURPOSES, Stream
from replearn.targets import paper_target, sample_gaussian

SEEDS = (*range(20), 2**30, 2**32, 2**32 + 1, 2**40, 2**44, 2**48)
PLACES = ((), (0,), (1,), (10,), (20,), (20, 1), (1, 20), (5120, 0))


def test_no_two_streams_coincide() -> None:
    """Over all purposes, seeds, places: neither a first number nor a later one."""
    seen: dict[float, tuple[object, ...]] = {}
    for purpose in PURPOSES:
        for seed in SEEDS:
            for place in PLACES:
                for number in Stream(purpose, seed, *place).uniform(4).tolist():
                    name = (purpose, seed, place)
                    assert seen.setdefault(number, name) == name
    assert len(seen) == 4 * len(PURPOSES) * len(SEEDS) * len(PLACES)


def test_what_collided_before_is_independent() -> None:
    d = 40
    nets = [OneStepNetwork(256, seed=seed) for seed in (0, 7)]
    for net in nets:
        start = net._start(d, torch.float32) * d**0.5
        drawn = {
            "start": start.flatten(),
            "biases": net._biases(d),
            "inputs": sample_gaussian(128, d, net.seed, torch.float32).flatten(),
            "source": paper_target(d).sample(128, net.seed, part="source")[0].flatten(),
            "features": RandomFeatures(256, seed=net.seed)
            .features(d)
            .args[0]
            .flatten(),
            "other d": net._start(d + 1, torch.float32).flatten(),
            "far seed": sample_gaussian(128, d, net.seed + 2**30).flatten(),
        }
        for (one, x), (two, y) in combinations(drawn.items(), 2):
            k = min(len(x), len(y))
            r = torch.corrcoef(torch.stack([x[:k].double(), y[:k].double()]))[0, 1]
            assert abs(float(r)) < 5 / k**0.5, (one, two)


def test_the_numbers_are_what_they_are_called() -> None:
    stream = Stream("gate", 3, 1)
    assert stats.kstest(stream.normal(4000), "norm").pvalue > 1e-3
    assert stats.kstest(stream.uniform(4000), "uniform").pvalue > 1e-3
    assert stream.signs(4000).unique(return_counts=True)[1].min() > 1850
    assert torch.equal(stream.order(50).sort().values, torch.arange(50))
    assert set(stream.integers(3, 100).tolist()) == {0, 1, 2}
    # the first rows do not depend on how many follow
    few, many = (Stream("gate", 0).normal(n, 3) for n in (5, 50))
    assert torch.equal(few, many[:5])
    assert Stream("gate", 0).normal(2, dtype=torch.float32).dtype == torch.float32


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("colours", 0), "purpose='colours'"),
        (("gate", -1), "seed=-1"),
        (("gate", 0, 2**32), "place=4294967296"),
        (("gate", 0, 1.5), "place=1.5"),
    ],
)
def test_what_is_no_stream_is_refused(
    arguments: tuple[object, ...], match: str
) -> None:
    refuses(lambda: Stream(*arguments), match)
