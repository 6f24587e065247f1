"""Sweeps lose nothing when killed, and the table does not depend on the way."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from replearn.experiments.sweep import code_fingerprint, find_sweep, run_sweep
from replearn.experiments.tables import read_provenance, read_table

NAME, LIMIT = "width", 8  # cheap cells: widths 128 and 512 at d = 10


# The command, held at the k-th time that it writes a cell or moves a written one.
HELD = """\
import sys
from replearn.__main__ import main
event, place, k, *arguments = sys.argv[1:]
left = int(k)
def hold(name, values):
    global left
    if name == event and "-cells" in str(values[0]) and str(values[0]).endswith(place):
        left -= 1
        if left == 0:
            print("held", flush=True)
            sys.stdin.read()
sys.addaudithook(hold)
main(arguments)"""


@contextmanager
def held(out: Path, event: str, k: int) -> Iterator[None]:
    """A sweep that has come to its k-th such event; it is killed at the end."""
    sweep = ["sweep", NAME, "--out", str(out), "--limit", str(LIMIT)]
    command = [sys.executable, "-c", HELD, event, ".tmp", str(k), *sweep]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline().strip() == b"held"
        yield
        process.kill()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = run_sweep(NAME, out=tmp_path_factory.mktemp("whole"), limit=LIMIT)
    return path.read_bytes()


@pytest.mark.slow
def test_killed_at_any_moment_and_resumed_the_table_is_identical(
    tmp_path: Path, undisturbed: bytes
) -> None:
    store = tmp_path / f".{NAME}-cells"
    kept = []
    for event, k in (("open", 1), ("os.rename", 1), ("open", 4), ("os.rename", 3)):
        with held(tmp_path, event, k):
            pass
        kept.append(len(list(store.glob("*.json"))))
        assert not (tmp_path / f"{NAME}.parquet").exists()
    assert kept == [0, 0, 3, 5], "a finished cell was lost"
    before = {f: f.stat().st_mtime_ns for f in store.glob("*.json")}
    path = run_sweep(NAME, out=tmp_path, limit=LIMIT)
    assert path.read_bytes() == undisturbed
    assert all(f.stat().st_mtime_ns == at for f, at in before.items()), "cells redone"


@pytest.mark.slow
def test_two_workers_and_a_cluster_make_the_same_table(
    tmp_path: Path, undisturbed: bytes
) -> None:
    from distributed import LocalCluster

    path = run_sweep(NAME, out=tmp_path / "two", limit=LIMIT, workers=2)
    assert path.read_bytes() == undisturbed
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as c:
        address = c.scheduler_address
        path = run_sweep(NAME, out=tmp_path / "c", limit=LIMIT, scheduler=address)
    assert path.read_bytes() == undisturbed


def test_a_partial_table_does_not_replace_the_full_one() -> None:
    with pytest.raises(ValueError, match="out=DIR"):
        run_sweep(NAME, limit=1)


def test_limit_runs_the_first_cells(tmp_path: Path) -> None:
    run_sweep("kernel-theory", out=tmp_path, limit=2)
    rows = read_table("kernel-theory", tmp_path)
    cells = find_sweep("kernel-theory").cells[:2]
    found = rows[["d", "r", "degree"]].drop_duplicates().to_dict("records")
    assert found == list(cells)
    record = read_provenance("kernel-theory", tmp_path)
    assert record["complete"] is False
    assert record["rows"] == len(rows)


def test_results_of_other_code_are_not_taken_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sweep("kernel-theory", out=tmp_path, limit=1)
    run = "replearn.experiments.sweep.run_cell"
    ran = []

    def counted(name: str, cell: dict[str, object]) -> dict[str, object]:
        ran.append(cell)
        return {"cell": cell, "rows": find_sweep(name).run(cell), "seconds": 0.0}

    monkeypatch.setattr(run, counted)
    run_sweep("kernel-theory", out=tmp_path, limit=1)
    assert not ran
    monkeypatch.setattr(
        "replearn.experiments.sweep.code_fingerprint", lambda module: "other"
    )
    run_sweep("kernel-theory", out=tmp_path, limit=1)
    assert len(ran) == 1


def test_two_runs_into_one_folder_are_refused(tmp_path: Path) -> None:
    with (
        held(tmp_path, "open", 2),
        pytest.raises(RuntimeError, match="another run"),
    ):
        run_sweep(NAME, out=tmp_path, limit=LIMIT)


def test_fingerprint_follows_imports_and_ignores_docstrings() -> None:
    assert code_fingerprint("replearn.kernels") != code_fingerprint("replearn.checks")


@pytest.mark.parametrize(
    "arguments",
    [["nope"], ["width", "--limit", "0", "--out", "x"], ["width", "--limit", "1"]],
)
def test_the_command_line_refuses_bad_arguments(arguments: list[str]) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "replearn", "sweep", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
    assert answer.stderr.strip()


def test_every_cell_is_json_and_unique() -> None:
    from replearn.experiments.registry import SWEEPS

    for sweep in SWEEPS.values():
        texts = pd.Series([str(cell) for cell in sweep.cells])
        assert texts.is_unique, sweep.name
