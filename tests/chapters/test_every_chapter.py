"""What holds for every chapter: its folder and its figures to move."""

from __future__ import annotations

import itertools
import math
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from book_sources import ROOT, TEMPLATE, chapters, read_cells

from beyond_the_kernel import catalogue
from replearn.views.controls import ExplorerSpec
from replearn.views.explorer import Explorer
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving
from replearn.views.packing import by_cell, check_frames

FOLDERS = catalogue.chapters()
EXPLORERS = catalogue.explorers()
NOTEBOOKS = {p.stem.replace("-", "_"): p for p in chapters() if p != TEMPLATE}
LONGEST_FOLDER = 550
each_folder = pytest.mark.parametrize("chapter", FOLDERS)
each_explorer = pytest.mark.parametrize("name", EXPLORERS)


@cache
def opened(name: str) -> Explorer:
    return EXPLORERS[name].open()


def test_every_chapter_has_a_folder_and_no_other_has_one() -> None:
    assert sorted(NOTEBOOKS) == FOLDERS, "pages of _toc.yml, and folders"
    assert {c for c, _ in catalogue.declared("show", Moving)} == set(FOLDERS)
    assert set(catalogue.labs()) == set(FOLDERS)


@each_folder
def test_a_folder_is_small_and_has_the_three_names(chapter: str) -> None:
    files = sorted((ROOT / "lib/beyond_the_kernel" / chapter).glob("*.py"))
    assert [f.stem for f in files] == ["__init__", "checks", "grid", "show"]
    lines = sum(len(f.read_text("utf-8").splitlines()) for f in files)
    assert lines <= LONGEST_FOLDER, f"{lines} lines: let the library have some first"
    source = "\n".join(cell.source for cell in read_cells(NOTEBOOKS[chapter]))
    plain = " ".join(source.replace("import (", "import").split())  # a long name's
    assert f"from beyond_the_kernel.{chapter} import checks, grid, show" in plain
    shown = catalogue.load(chapter, "show")
    for name, value in vars(shown).items():
        if isinstance(value, Moving | LabSpec):
            assert f"show.{name}.open(" in source, f"no cell opens show.{name}"


def test_the_library_knows_no_chapter() -> None:
    words = [*FOLDERS, *(folder.replace("_", "-") for folder in FOLDERS)]
    shared = (
        "transfer",
        "order_parameters",
        "full_batch",
        "full-batch",
    )  # a module of the library is called so
    names = {w for w in words if w not in shared} | {"beyond_the_kernel."}
    for path in sorted((ROOT / "lib/replearn").rglob("*.py")):
        text = path.read_text("utf-8")
        assert not [name for name in names if name in text], path


def points(curves: dict[str, Any]) -> pd.DataFrame:
    """What the page carries, a row for each point of a curve."""
    return pd.DataFrame(
        {"key": key, "learner": learner, **dict(zip(curve, point, strict=True))}
        for key, learners in curves.items()
        for learner, curve in learners.items()
        for point in zip(*curve.values(), strict=True)
    )


def beside(spec: ExplorerSpec, curves: dict[str, Any], rows: pd.DataFrame) -> Any:
    """What is carried beside the rows that it comes from, each point once."""
    parts = [part.assign(key=spec.key(cell)) for cell, part in by_cell(spec, rows)]
    tables = (points(curves), pd.concat(parts))
    left, right = (t.assign(n=t["n"].map("{:.6g}".format)) for t in tables)
    at, ends = ["key", "learner", "n"], ("", "_there")
    return left.merge(right, "outer", at, suffixes=ends, validate="1:1")


@each_explorer
def test_an_explorer_carries_its_table_and_says_what_it_shows(name: str) -> None:
    moving, spec, payload = EXPLORERS[name], EXPLORERS[name].spec, opened(name).payload
    summary, theory = check_frames(spec, moving.table(), moving.predicted())
    both = beside(spec, payload["curves"], summary.rename(columns={"error": "mean"}))
    for end in ["mean"] if payload["seeds"] == "0" else ["mean", "low", "high"]:
        np.testing.assert_allclose(both[end], both[f"{end}_there"], 5.1e-3, 1e-12)
    if len(theory):  # the page carries the points that a line needs
        told = beside(spec, payload["theory"], theory).dropna(subset="error")
        lowest = spec.y.low / 100 if spec.y.log else -math.inf
        there = told["error_there"].clip(lower=lowest)
        np.testing.assert_allclose(told["error"], there, 5.1e-3, 1e-12)
    cells = payload["cells"]
    assert len({cell["sentence"] for cell in cells.values()}) == len(cells)
    for cell, _ in by_cell(spec, summary):
        words = cells[spec.key(cell)]
        assert words["sentence"].startswith(spec.say(cell))
        assert all(name and value for _, name, value, _ in words["facts"])


@each_explorer
def test_lines_to_the_axis_start_on_their_curves(name: str) -> None:
    """Read again, on what the page carries, where each curve passes the level."""
    payload = opened(name).payload
    for key, cell in payload["cells"].items():
        for learner, n, level, dashed in cell["drops"]:
            curve = payload["theory" if dashed else "curves"][key][learner]
            values = curve["error" if dashed else "mean"]
            around = [
                sorted((a, b))
                for i, (a, b) in enumerate(itertools.pairwise(values))
                if curve["n"][i] * 0.99 <= n <= curve["n"][i + 1] * 1.01
            ]
            assert any(low * 0.99 <= level <= high * 1.01 for low, high in around)
