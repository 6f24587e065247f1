"""When it fails: its readings against the tables, its formulas against both."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

from beyond_the_kernel.when_it_fails import checks, grid, show
from replearn.experiments import curves
from replearn.experiments.curves import select
from replearn.experiments.tables import read_table
from replearn.hermite import hermite_coefficients
from replearn.theory.curvature import target_shares

fading, condition = cache(show.fading_means), cache(show.CONDITION.table)


def stored(name: str, **values: object) -> pd.DataFrame:
    """Rows of a table as it is on disk."""
    return select(read_table(name), **values)


def test_what_is_shown_are_the_means_of_the_tables() -> None:
    at: dict[str, object] = {"d": 40, "degree": 4, "n": 6400}
    few = select(fading(), quadratic=0.05, **at)
    outside = 1 - stored("curvature-overlap", quadratic=0.05, **at)["overlap"]
    pairs = [(select(few, learner="outside"), outside)]
    for learner in ("one-step", "adam"):
        rows = stored("quadratic-share", quadratic=0.05, learner=learner, **at)
        pairs.append((select(few, learner=learner), rows["error"]))
    # at large weights the first chapter's table is read
    first = {"learner": "one-step", "d": 80, "n": 6400}
    for weight, degree, source in ((0.5, 4, 4), (1.0, 3, 2), (1.0, 4, 2)):
        known = stored("kernel-vs-network", r=1, degree=source, **first)
        shown = select(fading(), quadratic=weight, degree=degree, **first)
        pairs.append((shown, known["error"]))
    for kappa, inverse in (("4", 0.25), ("∞", 0.0)):
        rows = stored("condition", d=40, inverse_kappa=inverse, n=6400)
        shown = select(condition(), kappa=kappa, d=40, n=6400)
        along = {"one-step": "error", "strong": "overlap_1", "weak": "overlap_2"}
        for curve, value in along.items():
            pairs.append((select(shown, learner=curve), rows[value]))
    for shown, measured in pairs:
        [row] = shown.itertuples()
        assert row.mean == pytest.approx(measured.mean())
        assert row.low < row.mean < row.high


def test_without_curvature_no_line_says_where_half_has_turned() -> None:
    cells = show.FADING.open().payload["cells"]
    assert [len(cells[f"{w}/40/3"]["guides"]) for w in ("0", "0.05")] == [1, 2]


def test_the_error_follows_the_dial() -> None:
    rows = select(condition(), d=40, n=25_600, learner="one-step").set_index("kappa")
    errors = [float(rows["mean"][word]) for word in show.KAPPAS]
    assert errors == sorted(errors)
    assert errors[0] < 0.1 < 0.2 < errors[-1]


def test_the_formula_tells_a_weak_direction_from_a_missing_one() -> None:
    weak, missing = (show.WEAK(64 * 1600, kappa, 40) for kappa in ("4", "∞"))
    assert weak == pytest.approx(1 / 32, rel=0.2)  # 1/(2 kappa^2)
    assert missing < 0.1 * weak


def test_the_overlap_formula_is_near_the_table_from_d_40_on() -> None:
    overlaps = grid.mean_overlaps()
    large = overlaps[(overlaps["d"] >= 40) & (overlaps["degree"] <= 4)]
    off = (large["overlap"] - large["formula"]).abs()
    assert float(off.max()) < 0.09
    assert float(off.mean()) < 0.025


def test_the_direction_s_formula_is_near_the_table() -> None:
    rows = select(grid.conditions(), d=40)
    for (kappa, n), at in rows.groupby(["kappa", "n"]):
        target = grid.conditioned_target(40, 1 / kappa)
        measured = at[["overlap_1", "overlap_2"]].mean()
        np.testing.assert_allclose(measured, target_shares(target, n), atol=0.04)


def test_the_half_way_sizes_and_exponents() -> None:
    rows = stored("curvature-overlap", d=80, degree=3)
    rows = rows.assign(inverse=1 / rows["quadratic"])
    found = curves.reach(rows, 0.5, "inverse", "overlap", rising=True)
    assert np.isfinite(found.n).tolist() == [False, True, True, False, False]
    slope, low, high = curves.fit_exponent(found)
    assert low < 1 < high
    assert slope == pytest.approx(1, abs=0.15)
    need = curves.reach(select(grid.conditions(), d=40), over="kappa")
    assert math.isnan(need.n[-1])  # kappa = 8
    slope, low, _ = curves.fit_exponent(need)
    assert 1 < low < slope < 2
    assert curves.fit_exponent(need, smallest=2)[0] > slope


def share_of_degree_two(c: float) -> float:
    """Of He_3(z + c), mean and linear part removed, by quadrature."""
    parts = hermite_coefficients(lambda z: (z + c) ** 3 - 3 * (z + c), 3).square()
    return float(parts[2] / (parts[2] + parts[3]))


def test_a_shift_by_quadrature_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    def answer(quadratic: float) -> float:
        return float(brentq(lambda c: share_of_degree_two(c) - quadratic, 1e-3, 9))

    checks.check("wif-shift", answer)
    assert capsys.readouterr().out == "correct\n"
