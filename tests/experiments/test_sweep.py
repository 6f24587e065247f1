"""Sweeps lose nothing when killed, and the table does not depend on the way."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from filelock import FileLock
from helpers import refuses

from beyond_the_kernel import __main__ as command_line
from beyond_the_kernel import catalogue
from replearn.experiments import runner
from replearn.experiments.runner import code_fingerprint, run_sweep, seconds_of
from replearn.experiments.sweep import Sweep, grid
from replearn.experiments.tables import read_provenance, read_table

# A book of one chapter; its measures are taken at once.
GRID = '''\
"""A chapter."""
import toybook.one.helper
from toybook.one import numbers
from . import near
from replearn.experiments.sweep import Sweep, grid

def curves(ns, seed, d, learner):
    return {learner: [d / (3 * n) + seed for n in ns]}

def columns(d, powers, kappa, seed):
    return {"power": powers, "error": [seed + d / 3] * len(powers), "k": 1}

def pair(ns, d):
    return {"two": [2.0 * n for n in ns], "one": [1.0 * n for n in ns]}

def best():
    return 1.0, 0.5, 2.0

CURVES = Sweep("curves", curves, grid(d=(5, 10), learner=("ntk", "rbf")), "Curves.",
               sizes=lambda d: [d, 2 * d], seeds=2)
COLUMNS = Sweep("columns", columns, grid(d=(5, 10), powers=([1, 2],), kappa=0.3333),
                "Columns.", keys=("d", "kappa", "power", "seed"),
                seeds=lambda d: d // 5)
PAIR = Sweep("pair", pair, grid(d=(5,)), "Theory.", sizes=lambda: (1, 2), seeds=0,
             cheap=lambda d: d > 5)
'''
# Runs a sweep and kills itself when a function is called for the k-th time.
KILLED = """\
import os, pkgutil, sys
from itertools import count
from unittest.mock import patch
from replearn.experiments.runner import run_sweep
from toybook.one.grid import CURVES
where, k, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
calls, function = count(1), pkgutil.resolve_name(where.replace("/", ":"))
def deadly(*args, **named):
    if next(calls) == k:
        os.kill(os.getpid(), 9)
    return function(*args, **named)
with patch(where.replace("/", "."), deadly):
    run_sweep(CURVES, out)
"""
UNGUARDED = """\
from replearn.experiments.runner import run_sweep
from toybook.one.grid import CURVES
run_sweep(CURVES, "out", workers=2)
"""

Damage = Callable[[bytes], bytes]


@dataclass
class Trial:
    """The little book's sweeps, a folder for a table, and what is measured."""

    toy: ModuleType
    out: Path
    undisturbed: bytes
    seen: list[object]

    def run(self, sweep: Sweep | None = None, **options: Any) -> bool:
        """Run a sweep; whether its table is what it would be undisturbed."""
        path = run_sweep(sweep or self.toy.CURVES, **{"out": self.out} | options)
        return path.read_bytes() == self.undisturbed

    @property
    def store(self) -> Path:
        return self.out / ".curves-cells"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the little book, which can be imported."""
    folder = tmp_path_factory.mktemp("book")
    chapter = folder / "toybook/one"
    chapter.mkdir(parents=True)
    for name in ("../__init__", "__init__", "helper", "numbers", "near"):
        (chapter / f"{name}.py").write_text("X = 1\n")
    (chapter / "grid.py").write_text(GRID)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def toy(book: Path) -> ModuleType:
    return import_module("toybook.one.grid")


@pytest.fixture(scope="module")
def undisturbed(toy: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return run_sweep(toy.CURVES, tmp_path_factory.mktemp("whole")).read_bytes()


@pytest.fixture
def trial(toy: Any, undisturbed: bytes, tmp_path: Path, monkeypatch: Any) -> Trial:
    """The command line's sweeps are the little book's, too."""
    monkeypatch.setattr(catalogue.find_sweep, "__defaults__", ("toybook",))
    monkeypatch.setattr(runner, "CONNECT_SECONDS", 1)
    found, whole = Trial(toy, tmp_path, undisturbed, []), runner._measure

    def measure(function: object, arguments: object) -> object:
        found.seen.append(arguments)
        return whole(function, arguments)

    monkeypatch.setattr(runner, "_measure", measure)
    return found


def python(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """A process in whose path the little book is, run to the end of its pipes."""
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    command, said = [sys.executable, *arguments], dict(capture_output=True, text=True)
    return subprocess.run(command, env=os.environ | path, **said, **options)


def test_a_grid_is_all_combinations_that_are_kept() -> None:
    cells = grid(lambda d, r: d < 9 or r == 1, d=(5, 9), r=range(1, 3), name="ab")
    found = [tuple(cell.values()) for cell in cells]
    assert found == [(5, 1, "ab"), (5, 2, "ab"), (9, 1, "ab")]
    assert grid(targets=([1, 2],)) == [{"targets": [1, 2]}]


def test_rows_are_the_settings_beside_what_was_measured(toy: ModuleType) -> None:
    last = toy.COLUMNS.runs()[-1]
    assert last == {"d": 10, "powers": [1, 2], "kappa": 0.3333, "seed": 1}
    assert [run["d"] for run in toy.COLUMNS.runs()] == [5, 10, 10]
    rows = toy.COLUMNS.rows(last)
    assert rows["power"].tolist() == [1, 2]
    assert rows["error"].tolist() == [1 + 10 / 3] * 2
    rows = toy.CURVES.rows(toy.CURVES.runs()[-1])
    assert list(rows) == ["d", "learner", "n", "seed", "error"]
    assert rows["n"].tolist() == [10, 20]
    rows = toy.PAIR.rows({"d": 5})
    assert rows["learner"].tolist() == ["two", "two", "one", "one"]
    assert rows["error"].tolist() == [2, 4, 1, 2]
    nameless = replace(toy.PAIR, curve="").tabulate({"d": 5}, {"": [3.0, 1.0]})
    assert nameless.to_dict("list") == {"d": [5, 5], "n": [1, 2], "error": [3.0, 1.0]}
    assert not toy.PAIR.is_cheap({"d": 5})
    assert toy.CURVES.is_cheap({"d": 5})
    named = replace(toy.CURVES, cheap=lambda **cell: list(cell) == ["d"])
    assert named.is_cheap({"d": 5, "seed": 0})


@pytest.mark.parametrize(
    ("changed", "measured", "message"),
    [
        ({"name": "../up"}, None, r"name='../up' must be small letters"),
        ({"measure": lambda: {}}, None, "function of a module"),
        ({"cells": []}, None, "no cells"),
        ({"cells": [{"d": 1}, {"d": 1}]}, None, "twice"),
        ({"sizes": None}, {"gain": 1.0}, r"no column \['error'\]"),
        ({"keys": ("d", "n", "width")}, {"a": [1, 2]}, r"no column \['width'\]"),
        ({"keys": ("d",)}, {"a": [1, 2]}, r"the same \['d'\]; name in keys"),
        ({}, {"a": [1, 2, 3]}, "curve 'a' has 3 values at 2 sizes"),
    ],
)
def test_what_cannot_be_stored_or_makes_no_rows_is_refused(
    toy: ModuleType, changed: Any, measured: Any, message: str
) -> None:
    sweep, cell = toy.CURVES, {"d": 5, "learner": "a", "seed": 0}
    if measured is None:
        refuses(lambda: replace(sweep, **changed), message)
    else:
        sweep = replace(sweep, **changed)
        refuses(lambda: sweep.tabulate(cell, measured), message)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("where", "calls"),
    [
        ("torch/set_num_threads", (3, 4, 7)),  # as a cell begins, and as it ends
        ("json/dump", (2, 4)),  # when its file is open, and still empty
        ("pathlib/Path.replace", (1,)),  # when all is done but the table's last move
    ],
)
def test_killed_at_any_moment_and_resumed_the_table_is_identical(
    trial: Trial, where: str, calls: tuple[int, ...]
) -> None:
    kept: dict[Path, int] = {}
    for k in calls:
        assert python("-c", KILLED, where, str(k), str(trial.out)).returncode == -9
        files = [file for file in trial.store.glob("*.json") if file.read_bytes()]
        now = {file: file.stat().st_mtime_ns for file in files}
        assert kept.items() <= now.items(), "a finished cell was lost or done again"
        assert not (trial.out / "curves.parquet").exists()
        kept = now
    assert kept
    assert trial.run()
    assert len(trial.seen) == len(trial.toy.CURVES.runs()) - len(kept)
    left = sorted(f.name for f in trial.out.iterdir())
    assert left == ["curves.json", "curves.parquet"]


@pytest.mark.slow
def test_two_workers_and_a_cluster_make_the_same_table(trial: Trial) -> None:
    from distributed import LocalCluster

    assert trial.run(workers=2)
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as c:
        assert trial.run(out=trial.out / "c", scheduler=c.scheduler_address)


def test_limit_runs_the_first_cells_and_keeps_them(trial: Trial) -> None:
    trial.run(limit=3)
    rows, record = (read("curves", trial.out) for read in (read_table, read_provenance))
    found = set(zip(rows["learner"], rows["seed"], strict=True))
    assert found == {("ntk", 0), ("ntk", 1), ("rbf", 0)}
    assert (record["complete"], record["cells"]) == (False, 3)
    assert trial.run(out=str(trial.out))
    assert len(trial.seen) == len(trial.toy.CURVES.runs())


def test_a_record_keeps_the_seconds_that_are_asked_for(trial: Trial) -> None:
    timed = replace(trial.toy.CURVES, timed=("learner", "d"))
    trial.run(timed, limit=3)
    assert "seconds" not in read_provenance("curves", trial.out)
    assert trial.run(timed)
    found = read_provenance("curves", trial.out)["seconds"]
    assert {name: set(by) for name, by in found.items()} == {
        "ntk": {"5", "10"},
        "rbf": {"5", "10"},
    }


def test_seconds_are_those_of_the_fastest_seed_with_all_its_cells() -> None:
    runs = [("a", 5, 0, 2.0), ("a", 5, 0, 3.0), ("a", 5, 1, 4.0), ("a", 5, 1, 0.5)]
    results = [
        {"run": {"learner": name, "d": d, "seed": seed}, "seconds": seconds}
        for name, d, seed, seconds in [*runs, ("a", 10, 0, 7.0)]
    ]
    assert seconds_of(("learner", "d"), results) == {"a": {5: 4.5, 10: 7.0}}


def change(key: str, value: object) -> Damage:
    """A cell's file, readable but with another value."""
    return lambda stored: json.dumps({**json.loads(stored), key: value}).encode()


def becomes(text: bytes) -> Damage:
    return lambda stored: text


@pytest.mark.parametrize(
    "damage",
    [
        *map(becomes, (b"", b"[" * 10**5, b"null", b"[]", b"{}", b'"text"')),
        lambda stored: stored[: len(stored) // 2],
        lambda stored: stored.replace(b"0.", b"1."),
        change("measured", {"ntk": "high"}),
        change("seconds", None),
        change("more", 0),
        None,  # another cell's file in its place
    ],
)
def test_a_damaged_cell_is_computed_again(trial: Trial, damage: Damage | None) -> None:
    trial.run(limit=7)
    file, other, *_ = sorted(trial.store.glob("*.json"))
    file.write_bytes(damage(file.read_bytes()) if damage else other.read_bytes())
    assert trial.run()
    assert len(trial.seen) == 7 + 2


def test_results_of_other_code_or_sizes_are_not_taken_up(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = replace(trial.toy.CURVES, sizes=lambda d: [d])
    for sweep, runs in ((None, 1), (None, 1), (others, 2)):
        trial.run(sweep, limit=1)
        assert len(trial.seen) == runs
    monkeypatch.setattr(runner, "code_fingerprint", lambda module: "other")
    trial.run(limit=1)
    assert len(trial.seen) == 3


@pytest.mark.parametrize(
    ("module", "text", "counts"),
    [
        ("grid", GRID.replace("d / 3", "d / 4"), True),
        ("grid", GRID.replace('"""A chapter."""', '"""Another."""  # a remark'), False),
        ("helper", "X = 2", True),  # import x
        ("numbers", "X = 2", True),  # from package import x
        ("near", "from .far import X", True),
        ("other", "X = 2", False),
    ],
)
def test_the_fingerprint_follows_imports_and_ignores_docstrings(
    toy: ModuleType, book: Path, module: str, text: str, counts: bool
) -> None:
    code_fingerprint.cache_clear()
    before, file = code_fingerprint(toy.__name__), book / f"toybook/one/{module}.py"
    old = file.read_text() if file.exists() else ""
    file.write_text(text)
    code_fingerprint.cache_clear()
    assert (code_fingerprint(toy.__name__) != before) == counts
    file.write_text(old)
    code_fingerprint.cache_clear()


def test_two_runs_into_one_folder_are_refused(trial: Trial) -> None:
    trial.store.mkdir()
    said = "another run of this sweep is writing to"
    with FileLock(trial.store / "lock"), pytest.raises(RuntimeError, match=said):
        trial.run()
    assert trial.run()


@pytest.mark.slow
@pytest.mark.parametrize("from_file", [True, False])
def test_a_script_without_its_guard_is_told_so_at_once(
    book: Path, tmp_path: Path, from_file: bool
) -> None:
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    with script.open() as text:
        run = python(str(script) if from_file else "-", stdin=text, cwd=tmp_path)
    assert run.returncode == 1
    assert run.stderr.count("Traceback") == 1
    assert 'if __name__ == "__main__":' in run.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()


FILE = str(Path(__file__))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("sweep nope", "choose from"),
        ("sweep curves --limit 0 --out OUT", "limit=0 is below 1"),
        ("sweep curves --limit 1", "out=DIR"),
        ("sweep curves --workers -1", "workers=-1 is below 1"),
        (f"sweep curves --out {FILE}", FILE),
        ("sweep curves --out OUT --scheduler tcp://127.0.0.1:1", "tcp://127.0.0.1:1"),
    ],
)
def test_the_command_line_refuses_in_one_line(
    trial: Trial, capsys: Any, arguments: str, says: str
) -> None:
    words = arguments.replace("OUT", str(trial.out)).split()
    assert command_line.main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert says in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("error", [OSError, MemoryError, TimeoutError])
def test_a_disk_that_is_full_ends_in_one_line(
    trial: Trial, monkeypatch: Any, capsys: Any, error: type[Exception]
) -> None:
    def full(descriptor: int) -> None:
        raise error(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert command_line.main(["sweep", "curves", "--out", str(trial.out)]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("beyond_the_kernel: ")
    assert "No space left" in last


def test_the_catalogue_finds_what_chapters_declare(
    toy: ModuleType, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert catalogue.chapters("toybook") == ["one"]
    assert list(catalogue.sweeps("toybook")) == ["curves", "columns", "pair"]
    assert catalogue.find_sweep("pair", "toybook") is toy.PAIR
    refuses(lambda: catalogue.find_sweep("nope", "toybook"), r"choose from.*curves")
    claim = SimpleNamespace(id="b", chapter="part/one", measure="best")
    assert catalogue.measure(claim, "toybook") == (1.0, 0.5, 2.0)
    monkeypatch.setattr(toy, "AGAIN", replace(toy.PAIR), raising=False)
    refuses(lambda: catalogue.sweeps("toybook"), "'pair' is declared twice")


# On Windows there is no fcntl; on a cluster nothing draws.
@pytest.mark.parametrize(
    ("missing", "part"), [(["fcntl"], "checks"), (["matplotlib", "anywidget"], "grid")]
)
def test_chapters_load_without_what_they_do_not_need(
    missing: list[str], part: str
) -> None:
    code = f"""\
import sys
sys.modules.update(dict.fromkeys({missing}))
from beyond_the_kernel import catalogue
for chapter in catalogue.chapters():
    catalogue.load(chapter, {part!r})
print(len(catalogue.sweeps()))"""
    answer = python("-c", code)
    assert answer.returncode == 0, answer.stderr
    assert int(answer.stdout) > 0
