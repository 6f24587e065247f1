"""Guards on the notebooks' sources: what may be stored, and the form of a chapter."""

import ast
import contextlib
import io
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from book_sources import (
    ROOT,
    Cell,
    chapters,
    directives,
    labels,
    markdown,
    notebooks,
    page_sources,
    read_cells,
    repository_url,
)

TAGS = {
    *("colab", "setup", "figure-to-move", "nbval-check-output", "keep_output"),
    *("exercise", "exercise-check", "hide-input", "remove-input", "remove-cell"),
    "figure-code",
}
LONGEST_CELL, LONGEST_SETUP = 15, 20  # lines; a setup cell is a list of imports
SHORTEST_ALT = 40
COLAB_CELL = """\
import importlib.util

if importlib.util.find_spec("replearn") is None:  # on Colab: install it
    %pip install -q git+{url}"""


by_name = {"ids": lambda path: path.stem}
every_notebook = pytest.mark.parametrize("path", notebooks(), **by_name)
every_chapter = pytest.mark.parametrize("path", chapters(), **by_name)


def code_cells(path: Path) -> list[Cell]:
    return [cell for cell in read_cells(path) if cell.kind == "code"]


def first_line(cell: Cell) -> str:
    return cell.source.strip().split("\n")[0]


@every_notebook
def test_is_valid_and_stores_nothing_but_checked_results(path: Path) -> None:
    raw = path.read_text("utf-8")
    assert "application/vnd.jupyter.widget" not in raw
    assert "image/png" not in raw
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert set(notebook.metadata) <= {"kernelspec", "mystnb", "myst", "given"}
    ids = [cell.get("id") for cell in notebook.cells]
    assert all(ids), "a cell without an id"
    assert len(set(ids)) == len(ids), "two cells share an id"
    for cell in code_cells(path):
        if "nbval-check-output" not in cell.tags:
            assert not cell.outputs, f"stored output of: {first_line(cell)}"
            assert cell.execution_count is None, f"stored count of: {first_line(cell)}"


@every_notebook
def test_checked_cells_hold_something_to_check(path: Path) -> None:
    """nbval passes a checked cell that stores nothing: then nothing is checked."""
    for cell in code_cells(path):
        checked = "nbval-check-output" in cell.tags
        assert checked == ("keep_output" in cell.tags), first_line(cell)
        if checked:
            printed = "".join(str(o.get("text", "")) for o in cell.outputs)
            remedy = f"make refresh NOTEBOOK={path.relative_to(ROOT)} stores it"
            assert printed.strip(), f"nothing stored for: {first_line(cell)}; {remedy}"
            assert re.search(r"\d", printed), f"no number in: {printed!r}"
            assert cell.execution_count is not None, first_line(cell)
            assert all(o["output_type"] == "stream" for o in cell.outputs)


@every_notebook
def test_cells_are_short_with_known_tags_and_figures_described(path: Path) -> None:
    for cell in read_cells(path):
        plain = {t for t in cell.tags if not t.startswith("exercise:")}
        assert plain <= TAGS, f"unknown tags {plain - TAGS}: {first_line(cell)}"
    for cell in code_cells(path):
        lines, alt = len(cell.source.strip().splitlines()), cell.alt()
        longest = LONGEST_SETUP if "setup" in cell.tags else LONGEST_CELL
        assert lines <= longest, f"{lines} lines: {first_line(cell)}"
        if cell.draws():
            assert len(alt) > SHORTEST_ALT, f"{alt!r} of: {first_line(cell)}"
            assert not re.match(r"(a |the )?(figure|plot|image)\b", alt, re.IGNORECASE)


@every_notebook
def test_first_code_cell_makes_the_library_importable(path: Path) -> None:
    cell = code_cells(path)[0]
    assert cell.source == COLAB_CELL.format(url=repository_url())
    assert {"colab", "remove-cell"} <= set(cell.tags)


@every_chapter
def test_opens_with_claim_and_figure_and_checks_three_numbers(path: Path) -> None:
    cells = read_cells(path)
    assert sum("nbval-check-output" in cell.tags for cell in cells) >= 3
    title, _, claim = cells[0].source.partition("\n")
    assert title.startswith("# ")
    assert 40 < len(claim.strip()) < 600
    figure = next(i for i, c in enumerate(cells) if "figure-to-move" in c.tags)
    before = "".join(c.source for c in cells[:figure] if c.kind == "markdown")
    assert "\n## " not in before, "the figure to move stands above every section"


@every_chapter
def test_theorems_are_boxes_with_labels_and_every_label_is_used(path: Path) -> None:
    boxes = directives(markdown(path), "prf:theorem")
    assert boxes, "no theorem box"
    for box in boxes:
        assert labels(box), f"a theorem without a label: {box[:60]!r}"
        assert "(" in box.splitlines()[0], "a theorem says whose it is"
    book = "\n".join(markdown(p) for p in {*page_sources(), path})
    for label in labels(markdown(path)):
        used = rf"[`<#]{re.escape(label)}[`>)]|\{{solution}} {re.escape(label)}\s"
        known = label.endswith("-solution") or re.search(used, book)
        assert known, f"the label {label} is never referred to"


def exercise_cells(path: Path, kind: str) -> dict[str, Cell]:
    named = [c for c in code_cells(path) if kind in c.tags]
    assert all(c.exercise() for c in named), f"an {kind} cell without exercise:NAME"
    return {str(c.exercise()): c for c in named}


def solutions(path: Path) -> dict[str, str]:
    found = {}
    for body in directives(markdown(path), "solution"):
        blocks = re.findall(r"```python\n(.*?)```", body, re.DOTALL)
        assert blocks, f"a solution without code: {body[:60]!r}"
        assert ":class: dropdown" in body
        found[body.split()[0]] = "\n".join(blocks)
    return found


@every_chapter
def test_exercises_are_complete(path: Path) -> None:
    text = markdown(path)
    bodies = {next(iter(labels(b))): b for b in directives(text, "exercise")}
    assert len(bodies) >= 4
    for name, body in bodies.items():
        title = body.split("\n")[0]
        assert re.search(r"(easy|medium|hard)", title), f"difficulty of {name}"
        assert re.search(r"\d+ min", title), f"minutes of {name}"
        assert re.search(r"\{(dropdown|admonition)\} Hint", body), f"hint of {name}"
    stubs, checks = (exercise_cells(path, k) for k in ("exercise", "exercise-check"))
    assert set(bodies) == set(stubs) == set(checks) == set(solutions(path))


def run_setup(path: Path) -> dict[str, Any]:
    """What a reader has at hand when the exercises come: the chapter's imports."""
    namespace: dict[str, Any] = {}
    for cell in code_cells(path):
        if "setup" in cell.tags:
            exec(compile(cell.source, str(path), "exec"), namespace)
    return namespace


def verdict(check: Cell, answer: str, namespace: dict[str, Any]) -> str:
    """What the check cell prints after the answer was run."""
    ast.parse(answer)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(answer, namespace)
        exec(check.source, namespace)
    return printed.getvalue().strip().splitlines()[-1]


EXERCISES = [
    pytest.param(path, name, id=f"{path.stem}-{name}")
    for path in chapters()
    for name in exercise_cells(path, "exercise")
]


@pytest.mark.parametrize(("path", "name"), EXERCISES)
def test_check_refuses_the_stub_and_takes_the_solution(path: Path, name: str) -> None:
    check = exercise_cells(path, "exercise-check")[name]
    stub = exercise_cells(path, "exercise")[name].source
    assert f'"{name}"' in check.source
    assert verdict(check, stub, run_setup(path)).startswith("not yet")
    assert verdict(check, solutions(path)[name], run_setup(path)) == "correct"
