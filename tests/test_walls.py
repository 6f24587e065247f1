"""Every wall between the rooms is tried on a breach: an import that it must stop."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from book_sources import ROOT

BOOK, GRID = "beyond_the_kernel", "beyond_the_kernel/transfer/grid.py"
LINT = (
    "import sys; from importlinter.cli import lint_imports_command as c; sys.exit(c())"
)
BREACHES = {
    "the book calls the library, never the other way": (
        "replearn/kernels.py",
        f"import {BOOK}.catalogue",
    ),
    "chapters never import one another": (
        GRID,
        f"from {BOOK}.when_it_fails import grid as other",
    ),
    "in a chapter, what is shown and what is checked stand on the grid": (
        GRID,
        f"from {BOOK}.transfer import checks",
    ),
    "no grid draws or shows: it runs on a cluster": (GRID, "import replearn.views.lab"),
    "the rooms open in one direction; theory and learners never meet": (
        "replearn/theory/rates.py",
        "import replearn.learners",
    ),
    "no maths module draws or shows": ("replearn/hermite.py", "import matplotlib"),
}


def lint(folder: Path) -> str:
    """What the contracts say of a copy of the packages."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    finished = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--config", "pyproject.toml"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder / "lib")},
        capture_output=True,
        text=True,
        timeout=3600,
    )
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
    file, line = BREACHES[name]
    path = copy / "lib" / file
    path.write_text(path.read_text("utf-8") + f"\n{line}\n", encoding="utf-8")
    assert f"{name} BROKEN" in lint(copy)
