"""Hierarchies of squares: sizes, degrees, shares and index sets."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from helpers import normal

from replearn.targets import Hierarchy, paper_hierarchy, plain_hierarchy

THREE = (1.0, 0.3, 0.1)


@pytest.mark.parametrize("inputs", ["uniform", "gaussian"])
def test_levels_have_their_size_and_the_skip_its_share(inputs: str) -> None:
    target = paper_hierarchy(8, THREE, 3, seed=1, skip_share=0.2, inputs=inputs)
    x, y = target.sample(200_000, seed=5)
    s = target.features(x)
    sizes = [float(v.square().sum(1).mean()) for v in s.values()]
    # on Gaussian inputs degree 8 and more has heavy tails
    kept, rough = (3, 0.06) if inputs == "uniform" else (2, 0.15)
    assert sizes[:kept] == pytest.approx([3.0] * kept, rel=rough)
    skip, main = x @ target.weights[3, 0].T, s[2].square() @ target.weights[3, 2].T
    share = [float(part.square().sum(1).mean()) for part in (skip, main)]
    assert share[0] / sum(share) == pytest.approx(0.2, rel=0.1)
    again = sum(a * v.square().sum(1) for a, v in zip(THREE, s.values(), strict=True))
    torch.testing.assert_close(y, again)


def test_plain_levels_are_centred_and_of_variance_one() -> None:
    target = plain_hierarchy(9, THREE, 2, seed=3)
    x, y = target.sample(200_000, seed=5)
    for s in target.features(x).values():
        torch.testing.assert_close(
            s.mean(0), torch.zeros(2).double(), atol=0.05, rtol=0
        )
        torch.testing.assert_close(s.var(0), torch.ones(2).double(), atol=0.12, rtol=0)
    assert abs(float(y.mean())) < 0.05


@pytest.mark.parametrize(
    ("target", "degree"),
    [(paper_hierarchy(5, (1.0, 0.5)), 8), (plain_hierarchy(5, (1.0, 0.5)), 4)],
)
def test_the_degree_is_exact(target: Hierarchy, degree: int) -> None:
    """Along a line the differences of the next order vanish, those of this do not."""
    t = torch.linspace(-1, 1, degree + 2, dtype=torch.float64)
    y = target(t[:, None] * torch.tensor([0.3, -0.5, 0.7, 0.2, 0.4]).double())
    for _ in range(degree):
        y = y.diff()
    assert float(y.abs().min()) > 1e-9
    assert float(y.diff().abs().max()) < 1e-9 * max(1.0, float(y.abs().max()) * 100)


def test_the_papers_toy_by_hand() -> None:
    """x_1^4 + x_2^4 + alpha ((x_1^4 + x_3)^2 + (x_2^4 + x_4)^2), squares centred."""
    eye, zero = torch.eye(2), torch.zeros(2, 2)
    left, right = torch.cat([eye, zero], 1), torch.cat([zero, eye], 1)
    toy = Hierarchy(4, (1.0, 0.1), {(2, 1): left, (3, 2): eye, (3, 0): right})
    x = normal(50, 4)
    g = (x[:, :2] ** 2 - 1) ** 2
    torch.testing.assert_close(toy(x), (g + 0.1 * (g + x[:, 2:]) ** 2).sum(1))
    assert toy.is_the_papers


@pytest.mark.parametrize(
    ("links", "is_it"),
    [
        ({2: (1,), 3: (2, 0)}, True),
        ({2: (1,), 3: (2,)}, False),  # no skip
        ({2: (1,), 3: (2, 1)}, False),  # level l - 2
        ({2: (1,), 3: (0, 1)}, False),  # not on the level below
    ],
)
def test_index_sets_are_judged_by_the_papers_rules(links: Any, is_it: bool) -> None:
    assert paper_hierarchy(6, links=links).is_the_papers is is_it
    assert not plain_hierarchy(6).is_the_papers


def test_seeds_and_parts_are_apart() -> None:
    one, other = (paper_hierarchy(6, seed=s) for s in (0, 1))
    assert not torch.allclose(one.weights[2, 1], other.weights[2, 1])
    torch.testing.assert_close(paper_hierarchy(6, seed=0).weights, one.weights)
    assert one == one
    assert one != other
    assert not torch.equal(one.draw(9, 0), one.draw(9, 0, "test"))
    x = one.draw(1000, 0)
    assert math.sqrt(3) * 0.98 < float(x.abs().max()) <= math.sqrt(3)


WRONG: dict[str, tuple[Any, str]] = {
    "levels": ({(2, 1): torch.eye(2), (4, 1): torch.eye(2)}, r"levels \[2, 4\]"),
    "below": ({(2, 1): torch.eye(2), (3, 3): torch.eye(2)}, "cannot stand on 3"),
    "shape": ({(2, 1): torch.eye(2), (3, 2): torch.ones(1, 3)}, r"must be \(1, 2\)"),
}


@pytest.mark.parametrize(("weights", "said"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_refused(weights: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Hierarchy(2, (1.0, 0.1), weights)


@pytest.mark.parametrize(
    "given", [{"skip_share": 0.0}, {"kappa": 0.5}, {"k": 9}, {"inputs": "sphere"}]
)
def test_settings_out_of_range_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        paper_hierarchy(8, **given)
    with pytest.raises(ValueError, match="room beside W"):
        plain_hierarchy(3, k=2)
