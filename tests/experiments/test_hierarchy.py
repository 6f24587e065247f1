"""What is read off a climb: each level alone, and once the others have joined."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from replearn import theory
from replearn.experiments import hierarchy, hierarchy_conditions
from replearn.experiments import hierarchy_readings as readings
from replearn.targets import paper_hierarchy, plain_hierarchy

GAPS = (0.1, 0.3)


def table(found: hierarchy.Climb, predicted: list[float]) -> pd.DataFrame:
    return pd.DataFrame(hierarchy.stages(found, GAPS, predicted))


def test_alone_is_read_just_before_the_next_level_joins() -> None:
    short = {"steps": 400, "hold": 50, "patience": 50, "up": 0.0}
    found = hierarchy.climb_paper(GAPS, [1, 1], 6, **short)
    rows = table(found, hierarchy.plateaus(GAPS))
    key = ["gap", "level", "stage"]
    assert not rows.duplicated(key).any()
    alone = rows.set_index(key).loc[[(a, 2, "alone") for a in GAPS]]
    at = [int((found.steps == found.joined[r, 1]).nonzero()) for r in (0, 1)]
    assert at[0] > 0
    seen = [float(found.apart[run, i, 0]) for run, i in enumerate(at)]
    assert alone["apart"].tolist() == seen
    assert alone["predicted"].tolist() == hierarchy.plateaus(GAPS)
    others = rows[(rows["stage"] == "joined") | (rows["level"] > 2)]
    assert others["predicted"].isna().all()
    assert len(others) == 4  # the last level is never alone
    end = rows[rows["stage"] == "joined"]
    assert set(end["mse"].astype(np.float32)) == set(found.mse[:, -1].float().tolist())


def test_a_path_begins_where_a_level_is_learnt() -> None:
    short = {"steps": 400, "hold": 50, "patience": 50, "up": 0.0, "down": 0.0}
    found = hierarchy.climb_paper(GAPS, [1, 1], 6, **short)
    rows = pd.DataFrame(hierarchy.paths(found, GAPS))
    first = rows.groupby(["run", "level"])[["step", "joined"]].min()
    # patience, then the hold, then patience again; it is looked every 50 steps
    assert first.loc[(0, 2)].tolist() == [100, 0]
    assert first.loc[(1, 3)].tolist() == [200, 100]
    end = rows[(rows["run"] == 1) & (rows["level"] == 3)].iloc[-1]
    assert end["step"] == 400
    assert end["apart"] == float(found.apart[1, -1, 1])
    assert set(rows["gap"]) == set(GAPS)


def test_stairs_by_hand() -> None:
    """Two seeds whose level 3 joins at other steps, and level 4 in both at 300."""
    rows = [
        {"seed": seed, "level": level, "step": step, "feature_error": step / level}
        | {"joined": {2: 0, 3: 100 + 100 * seed, 4: 300}[level]}
        for seed in (0, 1)
        for level in (2, 3, 4)
        for step in (100, 200, 300, 400)
    ]
    path = pd.DataFrame(rows)
    assert hierarchy.just_before(path, 3) == {2: 75.0}
    assert hierarchy.just_before(path, 4) == {2: 150.0, 3: 100.0}
    found = pd.DataFrame(hierarchy.stairs(path, 0.1, 4))
    assert found["n"].tolist() == [151, 150, 301, 300, 301, 300]
    want = [hierarchy.plateaus([0.1])[0], 1e-4, 1e-2]
    assert found["error"].tolist() == pytest.approx([e for e in want for _ in range(2)])
    assert found["learner"].tolist()[::2] == ["level-2", "level-2", "level-3"]


def test_the_moving_pictures_tilt_and_stretch_and_come_back() -> None:
    best, tips = hierarchy.swing((500, 1500), 500)
    turned = [math.degrees(math.atan2(float(t[1]), float(t[0]))) for t in tips]
    wanted = math.degrees(math.atan2(float(best[1]), float(best[0])))
    assert wanted == pytest.approx(7.09, abs=0.01)
    assert turned[0] == pytest.approx(wanted, rel=0.3)
    assert abs(turned[1]) < 0.1 * wanted
    true, learnt = hierarchy.cloud((800, 1800), 800)
    long = [float((true * s).sum() / true.square().sum()) for s in learnt]
    assert long[0] == pytest.approx(math.sqrt(2), rel=0.05)
    assert long[1] == pytest.approx(1, abs=0.02)


def test_a_level_that_nobody_joined_is_alone_to_the_end() -> None:
    short = {"steps": 100, "hold": 0, "patience": 0, "up": 0.0}
    found = hierarchy.climb_paper(GAPS, [1, 1], 6, **short)
    rows = table(found, hierarchy.plateaus(GAPS))
    assert (found.joined[:, 1] == -1).all()
    both = rows[rows["level"] == 2].pivot_table(
        index="gap", columns="stage", values="apart"
    )
    assert (both["alone"] == both["joined"]).all()


def test_the_plain_class_comes_with_its_tilts() -> None:
    found, tilts = hierarchy.climb_plain(GAPS, [3, 3], 8, stages=(50, 50))
    assert found.joined.tolist() == [[0, 50]] * 2
    target = plain_hierarchy(8, (1.0, 0.3), seed=3)
    w, a, b = (target.weights[at] for at in ((2, 0), (3, 2), (3, 0)))
    m = theory.best_quadratic(w, a, b, 0.3)
    assert tilts[1] == pytest.approx(theory.plane_tilt(w, m))
    assert tilts[0] < tilts[1]
    assert math.isfinite(float(table(found, tilts)["worst"].max()))


def test_runs_of_one_seed_stand_together() -> None:
    found = hierarchy.climb_paper(*hierarchy.each(GAPS, [1, 2]), 6, steps=50)
    rows = hierarchy.stages(found, [0.1, 0.3] * 2, hierarchy.plateaus([0.1, 0.3] * 2))
    second = hierarchy.of_seed(rows, 1, 2, "missing")
    assert "apart" not in second
    assert second["feature_error"].tolist() == rows["missing"][6:].tolist()


def test_alphas_and_settings() -> None:
    assert hierarchy.powers_of(0.1, 4) == pytest.approx((1.0, 0.1, 0.01))
    assert hierarchy.algorithm_one("gaussian", 3).clip == 1.0
    assert hierarchy.algorithm_one("uniform", 4, hold=0).steps > 9000


def test_the_ratio_along_a_path_is_that_of_the_climb() -> None:
    """Read off the stored path, and computed where the training was seen."""
    short = {"steps": 400, "hold": 50, "patience": 50, "up": 0.0, "down": 0.0}
    climb = hierarchy.climb_paper([0.3], [1], 6, **short)
    rows = pd.DataFrame(hierarchy.paths(climb, [0.3]))
    path = rows.rename(columns={"apart": "feature_error"}).assign(levels=3, seed=0)
    found = readings.ratios(path).set_index("step")["ratio"]
    want = dict(zip(climb.steps.tolist(), climb.theorem_2()[0].tolist(), strict=True))
    assert found.index.tolist() == [n for n in want if not math.isnan(want[n])]
    assert found.tolist() == pytest.approx([want[n] for n in found.index])


def test_stretches_keep_what_is_largest_in_them() -> None:
    rows = [
        {"levels": 3, "gap": 0.1, "seed": seed, "step": step, "ratio": step + seed}
        for seed in (0, 1, 2)
        for step in (50, 100, 150)
    ]
    found = readings.highest(pd.DataFrame(rows), 100)
    assert found["step"].tolist() == [100, 200]
    assert found[["low", "ratio", "high"]].to_numpy().tolist() == [
        [100, 101, 102],
        [150, 151, 152],
    ]


def test_the_best_fit_is_on_the_closed_form_and_off_it_with_another_level() -> None:
    targets = [paper_hierarchy(10, a, seed=7) for a in ((1.0, 0.1), (1.0, 0.1, 0.01))]
    three, four = (hierarchy.fitted_plateau(t, 20_000) for t in targets)
    formula = theory.hierarchy_plateau(2, 0.5, 0.1)
    assert three == pytest.approx(formula, rel=0.2)
    assert four > 1.15 * three


def test_a_rank_is_counted_where_something_was_distilled() -> None:
    spread = hierarchy_conditions.spread(paper_hierarchy(10))
    assert 1.3 < spread < 5
    assert set(hierarchy_conditions.CONDITIONS) == {
        "thresholds alone",
        "rank",
        "skip link",
        "no skip link",
    }
    network = hierarchy_conditions._Counted(steps=300, hold=0)
    found = network.climb([paper_hierarchy(10, (1.0, 0.3), seed=1)], [1])
    assert found.known[0, 0] >= 0
    sizes = network.sizes[0]
    assert len(sizes) == 10
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[1] > 3 * sizes[2]  # two stand out
