"""Every wall between the rooms is tried on a breach: an import that it must stop."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from book_sources import ROOT

BOOK, GRID = "beyond_the_kernel", "beyond_the_kernel/transfer/grid.py"
LINT = "from importlinter.cli import lint_imports_command as c; raise SystemExit(c())"
MATHS, RATES = "replearn/hermite.py", "replearn/theory/rates.py"
BREACHES = {
    "the book calls the library, never the other way": (MATHS, f"{BOOK}.catalogue"),
    "chapters never import one another": (GRID, f"{BOOK}.when_it_fails.grid"),
    "in a chapter, what is shown and what is checked stand on the grid": (
        GRID,
        f"{BOOK}.transfer.checks",
    ),
    "no grid draws or shows: it runs on a cluster": (GRID, "replearn.views.lab"),
    "the rooms open in one direction; theory and learners never meet": (
        RATES,
        "replearn.learners",
    ),
    "no maths module draws or shows": (MATHS, "matplotlib"),
}


def lint(folder: Path) -> str:
    """What the contracts say of a copy of the packages."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    command = [sys.executable, "-c", LINT, "--no-cache", "--config", "pyproject.toml"]
    environment = os.environ | {"PYTHONPATH": str(folder / "lib")}
    options = dict(capture_output=True, text=True, timeout=3600, env=environment)
    finished = subprocess.run(command, cwd=folder, **options)
    assert finished.returncode in (0, 1), finished.stderr
    return finished.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "lib", tmp_path / "lib", ignore=ignore)
    return tmp_path


def test_every_wall_stands_and_has_a_breach(copy: Path) -> None:
    said = lint(copy)
    assert f"{len(BREACHES)} kept, 0 broken" in said
    assert all(f"{name} KEPT" in said for name in BREACHES)


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_seen(copy: Path, name: str) -> None:
    file, imported = BREACHES[name]
    with (copy / "lib" / file).open("a", encoding="utf-8") as stream:
        stream.write(f"\nimport {imported}\n")
    assert f"{name} BROKEN" in lint(copy)
