"""Kernel versus network: its words read another way, its control and its pictures."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from beyond_the_kernel.kernel_versus_network import show
from replearn.experiments.curves import summarise
from replearn.experiments.learning_curves import KERNELS
from replearn.experiments.tables import read_table
from replearn.theory import rates
from replearn.views.facts import Words
from replearn.views.packing import by_cell, check_frames

CELL = {"d": 40, "r": 1, "degree": 3}
NO_THEORY = pd.DataFrame({"learner": [], "n": [], "error": []})


def crossing(curve: pd.DataFrame) -> float:
    """Where the line through the two points around 0.1 meets it, in log-log."""
    points = sorted(zip(curve["n"], curve["error"], strict=True))
    for (n, error), (next_n, next_error) in itertools.pairwise(points):
        if error > 0.1 >= next_error:
            slope = math.log(next_error / error) / math.log(next_n / n)
            return float(n * (0.1 / error) ** (1 / slope))
    return math.inf


def first(rows: pd.DataFrame) -> float:
    """Where the first of the kernels crosses."""
    return min(crossing(rows[rows["learner"] == name]) for name in KERNELS)


def number(text: str) -> float:
    """The number in "n ≈ 3.1k": two digits, k and M."""
    return float(text.split()[-1].rstrip("×").replace("k", "e3").replace("M", "e6"))


def values(words: Words) -> dict[str, str]:
    return {fact.key: fact.value for fact in words.facts}


def test_its_curves_are_the_means_of_the_table() -> None:
    point = ["d", "r", "degree", "learner", "n"]
    errors = read_table("kernel-vs-network").astype({"error": float}).groupby(point)
    shown = show.EXPLORER.table().set_index(point).sort_index()
    wanted = errors["error"].agg(["mean", "count"]).sort_index()
    pd.testing.assert_index_equal(shown.index, wanted.index, exact=False)
    np.testing.assert_allclose(shown["mean"], wanted["mean"])
    assert (shown["seeds"] == wanted["count"]).all()
    for at, row in shown.sample(60, random_state=0).iterrows():
        [alone] = summarise(errors.get_group(at)).itertuples()
        assert (row["low"], row["high"]) == pytest.approx((alone.low, alone.high))


def test_the_words_of_every_cell_agree_with_its_curves() -> None:
    spec, told = show.SPEC, show.EXPLORER.predicted()
    summary, theory = check_frames(spec, show.EXPLORER.table(), told)
    beyond = {spec.key(cell): rows for cell, rows in by_cell(spec, theory)}
    kinds = set()
    for cell, rows in by_cell(spec, summary):
        words = show.EXPLORER.words(cell, rows, beyond[spec.key(cell)])
        said, network = values(words), crossing(rows[rows["learner"] == "one-step"])
        kernel, foretold = first(rows), first(beyond[spec.key(cell)])
        kinds.add((math.isinf(network), math.isinf(kernel)))
        for key, n in (("network", network), ("kernel", kernel)):
            assert said[key].startswith("n > ") == math.isinf(n)
            assert math.isinf(n) or number(said[key]) == pytest.approx(n, rel=0.06)
        needed = foretold if math.isinf(kernel) else kernel
        if math.isinf(network):
            assert said["ratio"] == "–"
            assert "does not reach 10 % error by" in words.sentence
        else:
            assert number(said["ratio"]) == pytest.approx(needed / network, rel=0.06)
            assert f"reaches 10 % error at {said['network']}, " in words.sentence
        drawn = [(drop.n, drop.dashed) for drop in words.drops]
        assert drawn[-1] == (pytest.approx(needed), math.isinf(kernel))
        assert len(drawn) == 2 - math.isinf(network)
        d, r, p = cell.values()
        expected = [rates.network_rate(d, r, p), rates.kernel_rate(d, p)]
        assert [guide.n for guide in words.guides] == expected
        both = [said["network-rate"], said["kernel-rate"]]
        assert [number(text) for text in both] == pytest.approx(expected, rel=0.06)
    assert len(kinds) >= 3


Points = tuple[tuple[float, float], ...]


def curve(learner: str, points: Points | None) -> pd.DataFrame:
    return pd.DataFrame(points or (), columns=["n", "error"]).assign(learner=learner)


def spoken(*curves: pd.DataFrame, theory: pd.DataFrame = NO_THEORY) -> Words:
    return show.EXPLORER.words(CELL, pd.concat(curves), theory)


ABOVE, BELOW = ((10, 0.9), (100, 0.5)), ((20, 0.1), (80, 0.01))
FALLS, LATE = ((1, 1), (100, 0.01)), ((100, 1), (10000, 0.01))
NETWORK = "the one-step network reaches 10 % error at n"
KERNEL, NONE = "the best kernel (RBF)", "no kernel reaches it by n = 100"


@pytest.mark.parametrize(
    ("network", "kernel", "sentence", "ratio"),
    [
        (BELOW, ABOVE, f"{NETWORK} ≤ 20, {NONE}", "> 5.0× at least"),
        (
            ((30, 1), (120, 0.5)),
            BELOW,
            "the one-step network does not reach 10 % error by n = 120, "
            f"{KERNEL} at n ≤ 20",
            "– ",
        ),
        (
            BELOW,
            BELOW,
            f"{NETWORK} ≤ 20, {KERNEL} at n ≤ 20",
            "– both from the first size on",
        ),
        (FALLS, BELOW, f"{NETWORK} ≈ 10, {KERNEL} at n ≤ 20", "≤ 2.0× in samples"),
        (
            BELOW,
            ((16, 1), (1600, 0.01)),
            f"{NETWORK} ≤ 20, {KERNEL} at n ≈ 160",
            "≥ 8.0× in samples",
        ),
        (LATE, ABOVE, f"{NETWORK} ≈ 1k, {NONE}", "– the kernels' curves end too early"),
        (None, FALLS, f"{KERNEL} reaches 10 % error at n ≈ 10", "– "),
        (FALLS, None, f"{NETWORK} ≈ 10", "– "),
        (None, None, "neither kernel nor one-step network", "– "),
    ],
)
def test_what_starts_below_or_stays_above_or_is_missing_is_said_so(
    network: Points | None, kernel: Points | None, sentence: str, ratio: str
) -> None:
    adam = curve("adam", ABOVE)
    words = spoken(curve("one-step", network), curve("rbf", kernel), adam)
    assert words.sentence == f"d = 40, r = 1, degree 3: {sentence}."
    assert [f"{f.value} {f.note}" for f in words.facts if f.key == "ratio"] == [ratio]
    assert (values(words)["network"] == "–") == (network is None)
    assert (values(words)["kernel"] == "–") == (kernel is None)


def test_only_theory_beyond_the_measured_range_speaks_for_a_kernel() -> None:
    network, kernel = curve("one-step", FALLS), curve("rbf", ((10, 1), (900, 0.5)))
    for start, note in ((40, "beyond the measured range"), (400, "theory: ≈ 4k")):
        theory = curve("rbf", ((start, 1), (100 * start, 0.01)))
        words = spoken(network, kernel, theory=theory)
        assert words.facts[1][2:] == ("n > 900", note)
        assert ("theory: n ≈ 4k" in words.sentence) == (start == 400)
        assert words.drops[-1].dashed


def test_the_step_misses_the_direction_that_adam_finds() -> None:
    table = read_table("negative-control")
    last = table[table["n"] == 64 * 40**2].groupby(["target", "learner"])
    error, missed = last["error"].mean(), last["overlap_2"].mean()
    assert 0.45 < error["rank-deficient", "one-step"] < 0.55
    assert error["rank-deficient", "adam"] < 0.02 > error["full-rank", "one-step"]
    assert missed["rank-deficient", "one-step"] < 0.01
    assert missed["full-rank", "one-step"] > 0.4
