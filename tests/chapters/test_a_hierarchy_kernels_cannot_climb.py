"""Hierarchies and kernels: what is shown against the tables, floors against kernels."""

from __future__ import annotations

import math
from functools import cache
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
import pytest
import torch

from beyond_the_kernel.a_hierarchy_kernels_cannot_climb import checks, grid, show
from replearn import theory
from replearn.experiments import hierarchy_samples as samples
from replearn.experiments.curves import reach, select
from replearn.experiments.tables import read_table
from replearn.targets import as_multi_index

shown = cache(show.EXPLORER.table)


def stored(name: str, **values: object) -> pd.DataFrame:
    """Rows of a table as it is on disk."""
    return select(read_table(name), **values)


def test_what_is_shown_are_the_means_of_the_table() -> None:
    for rule, learner, n in (
        ("dense", "hierarchy", 240),
        ("few directions", "polynomial", 1600),
        ("dense", "adam", 600),
    ):
        at = {"rule": rule, "d": 40, "gap": 1.0, "learner": learner, "n": n}
        [row] = select(shown(), **at, **grid.PLAIN).itertuples()
        assert row.mean == pytest.approx(
            stored("hierarchy-samples", **at)["error"].mean()
        )
        assert row.low < row.mean < row.high


def test_k_levels_and_noise_move_one_at_a_time() -> None:
    for case, moved in (
        ("noise 1.3", {"noise": 1.3}),
        ("four features", {"k": 4}),
        ("fourth level", {"levels": 4}),
    ):
        at = {"d": 40, "gap": 1.0, "rule": "dense"} | grid.PLAIN | moved
        for learner in grid.BOTH:
            errors = stored("hierarchy-limits", case=case, learner=learner, d=40)
            means = errors.groupby("n")["error"].mean()
            rows = select(shown(), **at, learner=learner)
            assert dict(zip(rows.n, rows["mean"], strict=True)) == pytest.approx(
                means.to_dict()
            )
    moved = [c for c in grid.PLAIN if shown().groupby(c).ngroups > 1]
    assert moved == ["k", "levels", "noise"]
    apart = (shown()[[*grid.PLAIN]] != pd.Series(grid.PLAIN)).sum(axis=1)
    assert apart.max() == 1


def test_harder_rules_need_about_twice_as_many() -> None:
    easy = reach(
        stored("hierarchy-samples", learner="hierarchy", rule="dense", gap=1.0)
    )
    for case in ("noise 1.3", "four features", "fourth level"):
        hard = reach(stored("hierarchy-limits", learner="hierarchy", case=case))
        assert 1.7 < hard.needs()[40] / easy.needs()[40] < 2.1
        kernel = stored("hierarchy-limits", learner="polynomial", case=case, d=40)
        assert kernel.groupby("n")["error"].mean().min() > 0.7


@pytest.mark.parametrize(("degree", "told"), [(2, 221), (4, 8361)])
def test_products_that_are_different(degree: int, told: int) -> None:
    """x_i x_i is G_i + 1: counted as in the chapter, and as the rank of a matrix."""

    def different(d: int) -> int:
        return sum(
            math.comb(d, k) * 2**k * math.comb(degree, k) for k in range(degree + 1)
        )

    x = torch.rand(600, 3, generator=torch.Generator().manual_seed(0)).double() - 0.5
    columns = torch.cat([x.new_ones(600, 1), x, x.square() - 1 / 12], 1)
    products = torch.stack(
        [
            columns[:, list(at)].prod(1)
            for at in combinations_with_replacement(range(7), degree)
        ],
        1,
    )
    assert products.shape[1] == theory.monomials(6, degree)
    assert int(torch.linalg.matrix_rank(products, rtol=1e-10)) == different(3)
    assert different(10) == told


def test_the_rule_s_numbers_are_those_that_the_learner_has() -> None:
    target = grid.rules("dense", 10, [1.0], 400)[0]
    net = samples.climber("hierarchy", 3).open([target], [0]).net
    held = sum(net.parameters[level, "K"].numel() for level in net.order)
    constants = 2 * grid.WIDTH  # the plain learner has one for each feature
    assert held - constants == show.numbers("dense", 10) == 46
    assert show.numbers("few directions", 40) == 166
    # the rule itself has no product of two different features
    own = sum(w.numel() for w in target.weights.values())
    assert own == show.numbers("dense", 10) - 2
    deep = samples.rule_of("dense", 10, (1.0,) * 3, 2, 400)
    net = samples.climber("hierarchy", 4).open([deep], [0]).net
    held = sum(net.parameters[level, "K"].numel() for level in net.order)
    assert held - 3 * grid.WIDTH == show.numbers("dense", 10, levels=4)


def test_no_kernel_is_below_the_floor() -> None:
    at = {"rule": "few directions", "learner": [*grid.KERNELS]}
    means = stored("hierarchy-samples", **at).groupby(["d", "gap", "n"])["error"].mean()
    for (d, gap), part in means.groupby(level=["d", "gap"]):
        ns = tuple(int(n) for n in part.index.get_level_values("n"))
        assert (part.to_numpy() > 0.95 * np.array(grid.floors(d, gap, ns))).all()
    assert grid.floors(40, 1.0, (1600,))[0] > 0.15


def test_the_floor_ends_where_the_kernel_is_exact() -> None:
    """1001 products in ten inputs: there the floor is zero, and the kernel's error."""
    target = as_multi_index(grid.rules("few directions", 10, [1.0], 400)[0])
    few, many = theory.kernel_floor(target, [300, 1001])
    assert float(many) == 0.0 < float(few)
    at = {"rule": "few directions", "d": 10, "gap": 1.0, "learner": "polynomial"}
    errors = stored("hierarchy-samples", **at).groupby("n")["error"].mean()
    assert errors[1200] < 1e-6 < 1e-2 < errors[800]


def test_a_quadratic_stops_on_the_first_step() -> None:
    """The closed form against a fit to all quadratics in features and inputs."""
    target = grid.rules("dense", 40, [1.0], 400)[0]
    x, y = target.sample(20_000, 1)
    s, t = target.features(x)[2], x @ target.weights[3, 0].T
    z = torch.cat([s, t], 1)
    i, j = torch.triu_indices(4, 4)
    basis = torch.cat([torch.ones(len(z), 1).double(), z, z[:, i] * z[:, j]], 1)
    fit = torch.linalg.lstsq(basis, y[:, None]).solution
    left = (basis @ fit)[:, 0] - y
    share = float(left.square().mean() / y.var())
    assert share == pytest.approx(theory.quadratic_remainder(0.5, 1.0), rel=0.25)
    for gap in grid.GAPS:  # ten inputs: the kernel has arrived
        at = {"learner": "quadratic", "rule": "dense", "d": 10, "n": 1600, "gap": gap}
        seen = stored("hierarchy-samples", **at)["error"].mean()
        assert seen == pytest.approx(theory.quadratic_remainder(0.5, gap), rel=0.2)


def test_controls_fail_where_levels_are_of_no_use() -> None:
    errors = stored("hierarchy-limits", n=2000).pivot_table(
        index="case", columns="learner", values="error"
    )
    assert errors.loc["random polynomial", "hierarchy"] > 0.9
    assert errors.loc["random polynomial", "polynomial"] < 1e-6
    assert (errors.loc["shuffled labels"] > 0.9).all()
    others = errors.drop(["random polynomial", "shuffled labels"])
    assert (others["hierarchy"] < 0.02).all()


def test_the_first_part_comes_first() -> None:
    along, true, film, (answer, _) = show.seen()
    at = {step: film[step // show.EVERY] for step in (100, 500, 2000)}
    sizes = {
        step: float((parts[0] * true[0]).sum() / true[0].square().sum())
        for step, (parts, _) in at.items()
    }
    # alone the first level says of the second what a square can: in the limit 1 + a
    # times its own part, more along this line and from few samples
    assert all(1.7 < sizes[step] < 3.2 for step in (100, 500))
    assert sizes[2000] == pytest.approx(1, rel=0.02)
    assert at[2000][1] < 1e-3 < at[500][1]
    whole = torch.stack(true).sum(0)
    assert float((answer - whole).abs().mean()) > 0.5
    assert len(along) == len(answer)
    turns = (whole.diff().sign().diff() != 0).sum()
    assert int(turns) >= 3  # more than a parabola has


def test_answers_by_other_means(capsys: pytest.CaptureFixture[str]) -> None:
    def products(d: int, p: int) -> int:
        count = [1] + [0] * p  # of products with so many factors, input by input
        for _ in range(d):
            for q in range(1, p + 1):
                count[q] += count[q - 1]
        return sum(count)

    def left_over(n: int, blocks: list[tuple[float, int]]) -> float:
        values = [share / many for share, many in blocks for _ in range(many)]
        return sum(sorted(values)[: max(0, len(values) - n)])

    checks.check("hkc-monomials", products)
    checks.check("hkc-floor", left_over)
    checks.check("hkc-step", lambda a: 8 * a**2 / (12 * (1 + a) ** 2 + 13 * a**2))
    assert capsys.readouterr().out == "correct\n" * 3
    assert math.isclose(theory.hierarchy_counting_bound(81, 3), 1663.74)
