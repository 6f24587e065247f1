"""What holds for every chapter: its folder, figures to move, lab and checks."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from book_sources import ROOT, chapters, read_cells

from beyond_the_kernel import catalogue
from replearn.experiments import exercises
from replearn.views.explorer import Explorer
from replearn.views.lab import LabSpec
from replearn.views.moving import Moving
from replearn.views.packing import by_cell, check_frames

FOLDERS = catalogue.chapters()
EXPLORERS = catalogue.explorers()
LONGEST_FOLDER = 450
each_folder = pytest.mark.parametrize("chapter", FOLDERS)
each_explorer = pytest.mark.parametrize("name", EXPLORERS)


def notebook(chapter: str) -> Path:
    """The notebook that a folder belongs to: of the same name, with hyphens."""
    found = [p for p in chapters() if p.stem.replace("-", "_") == chapter]
    assert len(found) == 1, f"_toc.yml should name one page of the folder {chapter}"
    return found[0]


@cache
def opened(name: str) -> Explorer:
    return EXPLORERS[name].open()


def test_every_chapter_has_a_folder_and_no_other_has_one() -> None:
    stems = [
        p.stem.replace("-", "_") for p in chapters() if "_templates" not in p.parts
    ]
    assert sorted(stems) == FOLDERS, "pages of _toc.yml, and folders of the package"
    assert {c for c, _ in catalogue.declared("show", Moving)} == set(FOLDERS)
    assert set(catalogue.labs()) == set(FOLDERS)


@each_folder
def test_a_folder_is_small_and_has_the_three_names(chapter: str) -> None:
    files = sorted((ROOT / "lib/beyond_the_kernel" / chapter).glob("*.py"))
    assert [f.stem for f in files] == ["__init__", "checks", "grid", "show"]
    lines = sum(len(f.read_text("utf-8").splitlines()) for f in files)
    assert lines <= LONGEST_FOLDER, (
        f"{lines} lines: give something to the library first"
    )
    source = "\n".join(cell.source for cell in read_cells(notebook(chapter)))
    assert f"from beyond_the_kernel.{chapter} import checks, grid, show" in source
    shown = catalogue.load(chapter, "show")
    for name, value in vars(shown).items():
        if isinstance(value, Moving | LabSpec):
            assert f"show.{name}.open(" in source, f"no cell opens show.{name}"


def test_the_library_knows_no_chapter() -> None:
    words = [*FOLDERS, *(folder.replace("_", "-") for folder in FOLDERS)]
    names = {w for w in words if w not in ("transfer",)} | {"beyond_the_kernel."}
    for path in sorted((ROOT / "lib/replearn").rglob("*.py")):
        text = path.read_text("utf-8")
        assert not [name for name in names if name in text], path


@each_explorer
def test_an_explorer_carries_its_table_and_says_what_it_shows(name: str) -> None:
    moving, widget = EXPLORERS[name], opened(name)
    summary, _ = check_frames(moving.spec, moving.table(), moving.predicted())
    cells = widget.payload["cells"]
    assert len(cells) == len(
        summary[[k.name for k in moving.spec.knobs]].drop_duplicates()
    )
    said = [cell["sentence"] for cell in cells.values()]
    assert len(set(said)) == len(said)
    for cell, rows in by_cell(moving.spec, summary):
        key = moving.spec.key(cell)
        assert cells[key]["sentence"].startswith(moving.spec.say(cell))
        assert all(name and value for _, name, value, _ in cells[key]["facts"])
        assert set(widget.payload["curves"][key]) == set(rows["learner"])
        packed = widget.payload["curves"][key]
        for learner, curve in rows.groupby("learner"):
            shown = sorted(
                zip(packed[learner]["n"], packed[learner]["mean"], strict=True)
            )
            wanted = sorted(zip(curve["n"], curve["error"], strict=True))
            np.testing.assert_allclose(shown, wanted, rtol=5.1e-3, atol=1e-12)


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


@each_explorer
def test_guides_are_finite_and_a_table_with_a_hole_is_refused(name: str) -> None:
    moving = EXPLORERS[name]
    for cell in opened(name).payload["cells"].values():
        assert all(math.isfinite(n) for n, _ in cell["guides"])
    knob, table = moving.spec.knobs[-1], moving.table()
    holed = table[table[knob.name] != knob.values[-1]]
    with pytest.raises(ValueError, match=f"nothing at {knob.name}="):
        replace(moving, table=lambda: holed).open()


@each_explorer
def test_it_moves_and_refuses_what_it_has_not(name: str) -> None:
    widget, spec = EXPLORERS[name].open(), EXPLORERS[name].spec
    moved = {k.name: v for k in spec.knobs for v in [k.values[-1]] if v != k.default}
    for knob, value in moved.items():
        if spec.key(widget.state | {knob: value}) in widget.payload["cells"]:
            widget.state = {knob: value}
            assert widget.finding().startswith(spec.say(widget.state))
    with pytest.raises(ValueError, match="is not one of"):
        widget.state = {spec.knobs[0].name: 12_345}


@each_folder
def test_every_check_refuses_the_usual_slips(chapter: str) -> None:
    catalogue.load(chapter, "checks")
    cells = read_cells(notebook(chapter))
    asked = {name for cell in cells if (name := cell.exercise())}
    assert len(asked) >= 4
    for name in asked:
        said = exercises.tried(name)
        assert len(said) >= 2, f"{name}: name at least two usual wrong answers"
        for slip, verdict in said.items():
            assert verdict.startswith("not yet: "), f"{name} accepts: {slip}"


@each_folder
def test_the_notebook_reads_tables_that_there_are(chapter: str) -> None:
    source = "\n".join(cell.source for cell in read_cells(notebook(chapter)))
    named = re.findall(r'read_table\("([\w-]+)"\)', source)
    assert set(named) <= set(catalogue.sweeps())
