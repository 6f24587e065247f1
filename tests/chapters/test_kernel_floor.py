"""The floor under every kernel: in the ledger, and hatched in the first explorer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from playwright.sync_api import Browser
from views.harness import open_page, slide, write_page

from beyond_the_kernel import catalogue, claims
from beyond_the_kernel.kernel_versus_network.show import EXPLORER
from beyond_the_kernel.what_kernels_can_do.grid import RANDOM, worst_over_floor
from replearn.experiments.learning_curves import KERNELS
from replearn.targets import paper_target
from replearn.theory import kernel_floor
from replearn.views.explorer import Explorer
from replearn.views.still import plot_learning_curves

NAME = "no kernel is in here on average"
CLAIM = next(claim for claim in claims.ledger() if claim.id == "kernel-floor")
# the region of a cell: its outline on the page, or nothing
OUTLINE = (
    """() => document.querySelector('[data-forbidden]')?.getAttribute('d') ?? ''"""
)


@pytest.fixture(scope="module")
def opened() -> Explorer:
    return EXPLORER.open()


@pytest.mark.parametrize("learner", [*KERNELS, RANDOM])
def test_no_kernel_of_the_table_lies_below_the_floor(learner: str) -> None:
    worst, low, high = worst_over_floor([learner])
    assert low <= worst <= high
    assert worst >= 1


@pytest.mark.parametrize("learner", ["one-step", "adam", "oracle"])
def test_who_learns_features_or_knows_them_breaks_it(learner: str) -> None:
    found = worst_over_floor([learner])
    assert found[2] < 0.1
    assert claims.judge(found, CLAIM) == claims.REFUTED


def test_the_ledger_says_that_the_theorem_is_the_book_s_own() -> None:
    found, verdict = claims.evaluate(CLAIM, catalogue.measure)
    assert (found, verdict) == (worst_over_floor(), claims.REPRODUCED)
    text = claims.page([CLAIM], measure=catalogue.measure)
    assert "(this book, {prf:ref}`wkc-floor`)" in text
    cited = replace(CLAIM, source="simon2023")
    assert "{cite:t}`simon2023`" in claims.page([cited], measure=catalogue.measure)


def test_the_region_of_every_cell_is_the_floor(opened: Explorer) -> None:
    payload, first = opened.payload, min(EXPLORER.table()["n"])
    assert set(payload["forbidden"]) == set(payload["curves"])
    for key, regions in payload["forbidden"].items():
        edge, target = regions[NAME], paper_target(*map(int, key.split("/")))
        floor = kernel_floor(target, edge["n"]).clip(min=payload["y"]["low"] / 100)
        assert edge["error"] == pytest.approx(floor.tolist(), rel=6e-3)
        assert edge["n"][0] < first
        assert edge["error"][-1] < payload["y"]["low"]  # the region is closed
        ns = np.geomspace(edge["n"][0], edge["n"][-2], 200).astype(int)
        drawn = np.interp(np.log(ns), np.log(edge["n"]), np.log(edge["error"]))
        exact = kernel_floor(target, ns.tolist()).numpy()
        assert (np.exp(drawn) <= 1.04 * exact + payload["y"]["low"]).all()


def test_the_page_shows_the_region_with_the_theory(
    browser: Browser, opened: Explorer, tmp_path: Path
) -> None:
    path = write_page(tmp_path / "kvn.html", opened.to_html())
    page = browser.new_page()
    box = open_page(page, path.as_uri())
    shapes = set()
    for d in (10, 160):
        slide(box, EXPLORER.spec, d=d)
        shapes.add(page.evaluate(OUTLINE))
        # the name stands where there is room for it, and is always said
        assert d == 10 or NAME in page.text_content(".rl-chart svg")
        label = page.get_attribute("svg[role=img]", "aria-label")
        assert label == f"{page.inner_text('.rl-sentence')} Hatched: {NAME}"
    assert len(shapes - {""}) == 2
    page.uncheck("input[id$=-theory]")
    assert page.evaluate(OUTLINE) == ""
    assert NAME not in page.get_attribute("svg[role=img]", "aria-label")
    assert NAME not in page.text_content(".rl-chart svg")
    page.close()


def test_the_still_picture_shows_it_with_the_theory(opened: Explorer) -> None:
    assert opened.to_png() != EXPLORER.open(theory=False).to_png()
    means = opened._shown(opened._summary, 1)
    for region in (opened._here(opened._forbidden, 1), None):
        ax = plot_learning_curves(Figure().add_subplot(), means, forbidden=region)
        hatched = [part for part in ax.collections if part.get_hatch()]
        assert len(hatched) == (region is not None)
        assert (NAME in [text.get_text() for text in ax.texts]) == bool(hatched)
