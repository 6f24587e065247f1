"""The explorer of the fading quadratic part says what its tables hold."""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from replearn.experiments import curvature_reading as reading
from replearn.experiments.curves import select, summarise
from replearn.experiments.tables import read_table
from replearn.views import curvature_figures
from replearn.views.curvature_explorer import (
    CURVATURE,
    curvature_summary,
    curvature_theory,
    curvature_words,
)
from replearn.views.explorer import explore
from replearn.views.packing import by_cell


@pytest.fixture(scope="module")
def summary() -> pd.DataFrame:
    return curvature_summary()


@pytest.fixture(scope="module")
def theory() -> pd.DataFrame:
    return curvature_theory()


def test_every_cell_has_every_curve(summary: pd.DataFrame) -> None:
    cells = summary.groupby(["quadratic", "d", "degree"])["learner"].unique()
    assert len(cells) == 36
    assert all({"one-step", "outside", "adam"} == set(found) for found in cells)
    assert set(summary["seeds"]) == {5}


def test_the_summary_is_the_tables_means(summary: pd.DataFrame) -> None:
    shown = select(summary, quadratic=0.05, d=40, degree=4, n=6400)
    fading = read_table("quadratic-share")
    fading = fading[(fading["quadratic"] - 0.05).abs() < 1e-6]
    for learner in ("one-step", "adam"):
        rows = select(fading, learner=learner, d=40, degree=4, n=6400)
        [mean] = select(shown, learner=learner)["mean"]
        assert mean == pytest.approx(rows["error"].mean())
    turned = read_table("curvature-overlap")
    turned = turned[(turned["quadratic"] - 0.05).abs() < 1e-6]
    rows = select(turned, d=40, degree=4, n=6400)
    [mean] = select(shown, learner="outside")["mean"]
    assert mean == pytest.approx(1 - rows["overlap"].mean())
    known = select(
        read_table("kernel-vs-network"), learner="one-step", r=1, d=80, n=6400
    )
    for weight, degree, source in ((0.5, 4, 4), (1.0, 3, 2), (1.0, 4, 2)):
        [mean] = select(
            summary, quadratic=weight, d=80, degree=degree, n=6400, learner="one-step"
        )["mean"]
        assert mean == pytest.approx(select(known, degree=source)["error"].mean())


def test_the_bands_hold_their_means(summary: pd.DataFrame) -> None:
    assert (summary["low"] <= summary["mean"] + 1e-9).all()
    assert (summary["mean"] <= summary["high"] + 1e-9).all()


def test_the_words_agree_with_the_curves(
    summary: pd.DataFrame, theory: pd.DataFrame
) -> None:
    for cell, rows in by_cell(CURVATURE, summary):
        curves = rows.rename(columns={"mean": "error"})
        lines = select(theory, **cell)
        words = curvature_words(cell, curves, lines)
        facts = {fact.key: fact for fact in words.facts}
        last = rows[rows["n"] == 16 * cell["d"] ** 2].set_index("learner")["mean"]
        assert float(facts["error"].value) == pytest.approx(
            last["one-step"], abs=0.006, rel=0.06
        )
        assert facts["outside"].value == f"{100 * last['outside']:.0f} %"
        assert float(facts["adam"].value) == pytest.approx(
            last["adam"], abs=0.006, rel=0.06
        )
        labels = [guide.label for guide in words.guides]
        assert len(labels) == (2 if cell["quadratic"] else 1)
        if cell["quadratic"]:
            place = words.guides[1].n
            assert place == pytest.approx(
                math.pi * cell["d"] ** 2 / 4 / cell["quadratic"]
            )


def test_the_formula_ends_where_the_words_say(theory: pd.DataFrame) -> None:
    rows = select(theory, quadratic=0.0, d=80, degree=3)
    assert rows["error"].to_numpy() == pytest.approx(1 - 7 / 86)
    fuller = select(theory, quadratic=1.0, d=80, degree=3).sort_values("n")["error"]
    assert fuller.iloc[-1] < 0.1 < fuller.iloc[0]


def test_it_opens_without_curvature_and_moves(
    summary: pd.DataFrame, theory: pd.DataFrame
) -> None:
    widget = explore(CURVATURE, summary, curvature_words, theory)
    assert widget.finding().startswith(
        "quadratic weight 0, d = 40, degree 3: at n = 16"
    )
    widget.state = {"quadratic": 0.05, "d": 80}
    assert widget.finding().startswith("quadratic weight 0.05, d = 80, degree 3:")
    with pytest.raises(ValueError, match=r"quadratic=0\.3"):
        widget.state = {"quadratic": 0.3}


def test_the_figures_have_a_curve_for_each_setting() -> None:
    errors = select(reading.share_errors(), learner="one-step", d=40, degree=3)
    weights = summarise(errors, by=["quadratic", "d", "n"])
    overlaps = reading.share_overlaps()
    kappas = select(reading.condition_means(), d=20)
    alone = overlaps[
        (overlaps["quadratic"] == 0) & (overlaps["n"] == overlaps["d"] ** 2)
    ]
    hard = select(reading.share_errors(), quadratic=0.0, d=40, learner="adam")
    learners = summarise(hard, by=["learner", "degree", "d", "n"])
    _, axes = plt.subplots(1, 6)
    found = [
        curvature_figures.plot_weights(axes[0], weights),
        curvature_figures.plot_weight_overlaps(
            axes[1], select(overlaps, d=40, degree=3)
        ),
        curvature_figures.plot_leak(axes[2], alone),
        curvature_figures.plot_kappa(axes[3], kappas, scaled=False),
        curvature_figures.plot_kappa(axes[4], kappas, scaled=True),
        curvature_figures.plot_hard_targets(axes[5], learners),
    ]
    legends = [len(ax.get_legend().get_texts()) for ax in found]
    assert legends == [6, 6, 3, 6, 5, 2]
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in found)
    plt.close("all")


@pytest.mark.parametrize("height", [2.0, 6.0])
def test_a_legend_below_hides_nothing_and_takes_no_width(height: float) -> None:
    kappas = select(reading.condition_means(), d=40)
    fig, ax = plt.subplots(figsize=(7.2, height), layout="constrained")
    curvature_figures.plot_kappa(ax, kappas, scaled=True)
    fig.canvas.draw()
    legend = ax.get_legend().get_window_extent()
    assert legend.y1 < ax.xaxis.label.get_window_extent().y0
    assert legend.y0 >= 0
    assert ax.get_window_extent().width > 0.8 * fig.bbox.width
    names = [label.get_text() for label in ax.get_xticklabels()]
    assert names[0] == "1/64"
    assert names[-1] == "64"
    plt.close("all")


@pytest.mark.parametrize(
    "draw",
    [
        curvature_figures.plot_weights,
        curvature_figures.plot_weight_overlaps,
        curvature_figures.plot_leak,
        curvature_figures.plot_hard_targets,
        lambda ax, frame: curvature_figures.plot_kappa(ax, frame, scaled=True),
    ],
)
def test_a_missing_column_is_named(draw) -> None:
    with pytest.raises(ValueError, match="lacks"):
        draw(plt.figure().gca(), pd.DataFrame({"n": [1]}))
    plt.close("all")
