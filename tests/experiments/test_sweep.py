"""Sweeps lose nothing when killed, and the table does not depend on the way."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from replearn.experiments.sweep import code_fingerprint, find_sweep, run_sweep
from replearn.experiments.tables import read_provenance, read_table

NAME, LIMIT = "width", 8  # cheap cells: widths 128 and 512 at d = 10


def start(out: Path, *extra: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "replearn", "sweep", NAME, "--out", str(out)]
    return subprocess.Popen(
        [*command, "--limit", str(LIMIT), *extra],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = run_sweep(NAME, out=tmp_path_factory.mktemp("whole"), limit=LIMIT)
    return path.read_bytes()


@pytest.mark.slow
def test_killed_at_any_moment_and_resumed_the_table_is_identical(
    tmp_path: Path, undisturbed: bytes
) -> None:
    store = tmp_path / f".{NAME}-cells"
    kept = [0]
    for goal in (1, 3, 5):
        run = start(tmp_path)
        # wait for progress, then a little longer, so that the kill lands mid-cell
        while len(list(store.glob("*.json"))) < goal and run.poll() is None:
            time.sleep(0.02)
        time.sleep(0.05 * goal)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        kept.append(len(list(store.glob("*.json"))))
        assert not (tmp_path / f"{NAME}.parquet").exists()
    assert kept == sorted(kept), "a finished cell was lost"
    assert 5 <= kept[-1] < LIMIT
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
    first = start(tmp_path)
    lock = tmp_path / f".{NAME}-cells" / "lock"
    while not list(lock.parent.glob("*.json")) and first.poll() is None:
        time.sleep(0.02)
    with pytest.raises(RuntimeError, match="another run"):
        run_sweep(NAME, out=tmp_path, limit=LIMIT)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()


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
