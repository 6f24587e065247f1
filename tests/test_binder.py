"""What Binder and Colab do, as far as it goes without them: install, import, run.

A fresh environment gets the requirement lines of binder/ (from the package index that
this machine is set up with) and the library from a copy of what a commit would hold.
"""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from book_sources import ROOT, chapters
from nbformat.v4 import new_code_cell
from test_repository import project_files

pytestmark = pytest.mark.slow

MEMORY_LIMIT, PEAK_ALLOWED = 2_000_000_000, 1_200_000_000
LIMIT_CELL = f"""\
import resource
resource.setrlimit(resource.RLIMIT_DATA, ({MEMORY_LIMIT}, {MEMORY_LIMIT}))"""
REPORT_CELL = """\
import sys
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peak *= 1 if sys.platform == "darwin" else 1024
print(peak)"""
RUNNER = """\
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=3600, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[2])"""
READ_TABLES = """\
import replearn
from replearn.experiments.tables import TABLES
print(replearn.__file__)
print(TABLES)
print(*sorted(p.name for p in TABLES.iterdir()), sep="|")"""


def run(command: list[str | Path], folder: Path) -> str:
    """Run a command to its end; what it says is the message if it fails."""
    alone = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    words = [str(part) for part in command]
    options = dict(env=alone | {"OMP_NUM_THREADS": "2"}, cwd=folder, check=False)
    result = subprocess.run(words, capture_output=True, text=True, **options)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    return result.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the files that a commit would hold."""
    folder = tmp_path_factory.mktemp("checkout")
    for path in project_files():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        target.chmod(path.stat().st_mode)
    return folder


@pytest.fixture(scope="module")
def python(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment with Binder's requirements."""
    home = tmp_path_factory.mktemp("binder") / "venv"
    run([sys.executable, "-m", "venv", home], checkout)
    interpreter = home / "bin/python"
    pip = [interpreter, "-m", "pip", "install", "-q"]
    lines = (checkout / "binder/requirements.txt").read_text("utf-8").splitlines()
    here = [line for line in lines if not line.startswith(("-", "#"))]
    # repo2docker's own image brings the kernel and what runs a notebook.
    run([*pip, *here, "ipykernel", "nbclient", "-c", "constraints.txt"], checkout)
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    run(["env", f"PATH={path}", checkout / "binder/postBuild"], checkout)
    return interpreter


@pytest.mark.parametrize("path", chapters(), ids=lambda p: p.stem)
def test_chapter_runs_within_binders_memory(
    path: Path, python: Path, checkout: Path, tmp_path: Path
) -> None:
    folder = (checkout / path.relative_to(ROOT)).parent
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, new_code_cell(LIMIT_CELL))
    notebook.cells.append(new_code_cell(REPORT_CELL))
    limited, executed = tmp_path / "limited.ipynb", tmp_path / "executed.ipynb"
    nbformat.write(notebook, limited)
    start = checkout / "binder/start"  # which Binder puts before every command
    run([start, python, "-c", RUNNER, limited, executed], folder)
    printed = nbformat.read(executed, as_version=4).cells[-1].outputs[0].text
    assert int(printed) < PEAK_ALLOWED


def test_library_is_imported_from_the_checkout(
    python: Path, checkout: Path, tmp_path: Path
) -> None:
    home, tables, _ = run([python, "-c", READ_TABLES], tmp_path).splitlines()
    assert Path(home) == checkout / "lib/replearn/__init__.py"
    assert Path(tables) == checkout / "book/tables"


def test_installed_copy_brings_its_tables(
    python: Path, checkout: Path, tmp_path: Path
) -> None:
    """On Colab there is no checkout: one pip install must be enough."""
    pip = [python, "-m", "pip", "install", "-q", "--no-deps", "--force-reinstall"]
    run([*pip, checkout], tmp_path)
    home, tables, names = run([python, "-c", READ_TABLES], tmp_path).splitlines()
    assert "site-packages" in home
    assert checkout not in Path(tables).parents
    stored = {p.name for p in (checkout / "book/tables").iterdir()}
    assert stored <= set(names.split("|"))
    assert stored
