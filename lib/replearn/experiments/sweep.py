"""Sweeps: a grid of independent cells, run anywhere, resumable after any kill."""

from __future__ import annotations

import ast
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import torch
from tqdm import tqdm

from replearn.checks import check_choice, check_int
from replearn.experiments import tables
from replearn.experiments.tables import TABLES, write_table

if TYPE_CHECKING:
    from distributed import Client

Cell = dict[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True)
class Sweep:
    """A named grid and the pure function that turns one of its cells into rows.

    Args:
        name: of the table. cells: JSON-able dictionaries; cheap ones first.
        run: cell -> rows; depends on nothing else. keys: columns that sort the rows.
        note: what the table holds, for its provenance record.
        value: the column that was measured; the tests recompute and compare it.
    """

    name: str
    cells: Sequence[Cell]
    run: Callable[[Cell], list[Row]]
    keys: Sequence[str]
    note: str
    value: str = "error"


def find_sweep(name: str) -> Sweep:
    """The sweep of this name.

    Args:
        name: e.g. "kernel-vs-network".
    Returns:
        The sweep.
    Raises:
        ValueError: unknown name, with the known ones.
    Cost:
        O(cells).
    Example:
        >>> find_sweep("width").name
        'width'
    """
    from replearn.experiments.registry import SWEEPS

    return SWEEPS[check_choice("name", name, list(SWEEPS))]


def run_sweep(
    name: str,
    out: Path | None = None,
    limit: int | None = None,
    workers: int = 1,
    scheduler: str | None = None,
) -> Path:
    """Run what is missing of a sweep, then write its table; the table's path.

    Every finished cell is a file of its own, written in one move, so a kill loses
    only the cells under way, and starting again goes on from there.

    Args:
        name: of the sweep. out: folder for the table; None takes book/tables.
        limit: run only the first cells (needs `out`, to spare the full table).
        workers: processes on this machine. scheduler: address of a Dask scheduler.
    Returns:
        Path of the written table.
    Raises:
        ValueError, TypeError: arguments out of range. RuntimeError: another run of
        this sweep is writing to the same folder.
    Cost:
        The cells' time over the number of workers.
    """
    sweep = find_sweep(name)
    check_int("workers", workers)
    if limit is not None:
        check_int("limit", limit)
        if out is None:
            raise ValueError(
                "limit=… makes a partial table; give out=DIR, so that the full one in "
                "book/tables is not overwritten"
            )
    folder = TABLES if out is None else Path(out)
    cells = list(sweep.cells)[:limit]
    store = folder / f".{name}-cells"
    store.mkdir(parents=True, exist_ok=True)
    started = time.time()
    with _only_one(store):
        files = [_cell_file(store, sweep, cell) for cell in cells]
        missing = [c for c, f in zip(cells, files, strict=True) if not f.exists()]
        done = len(cells) - len(missing)
        with tqdm(total=len(cells), initial=done, desc=name) as progress:
            for result in _results(name, missing, workers, scheduler):
                _keep(_cell_file(store, sweep, result["cell"]), result)
                progress.update()
        path = _finish(sweep, folder, files, started)
        if len(cells) == len(sweep.cells):
            _forget(store)
    return path


def run_cell(name: str, cell: Cell) -> dict[str, Any]:
    """Rows of one cell and the seconds it took, on one thread.

    Args:
        name: of the sweep. cell: one of its cells.
    Returns:
        {"cell", "rows", "seconds"}, JSON-able.
    Raises:
        ValueError: unknown name.
    Cost:
        One cell.
    """
    # one thread per worker: the same sums in the same order on any number of cores
    torch.set_num_threads(1)
    started = time.time()
    rows = find_sweep(name).run(cell)
    return {"cell": cell, "rows": rows, "seconds": round(time.time() - started, 2)}


@cache
def code_fingerprint(module: str) -> str:
    """Hash of a module and all of replearn that it imports, docstrings left out.

    Args:
        module: where a sweep's `run` lives.
    Returns:
        12 hexadecimal digits, the same all through a process.
    Cost:
        Parses a dozen files, once.
    Example:
        >>> len(code_fingerprint("replearn.kernels"))
        12
    """
    # how cells are stored and tables written does not change the numbers in them
    seen = {__name__, tables.__name__}
    waiting, trees = [module], {}
    while waiting:
        name = waiting.pop()
        ours = name.split(".")[0] == "replearn" and name not in seen
        spec = find_spec(name) if ours else None
        seen.add(name)
        if spec is None or spec.origin is None:
            continue
        trees[name] = ast.parse(Path(spec.origin).read_text())
        for node in ast.walk(trees[name]):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                node.value.value = None
            if isinstance(node, ast.ImportFrom):
                waiting.append(node.module or "")
    text = "".join(ast.dump(trees[name]) for name in sorted(trees))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _results(
    name: str, missing: list[Cell], workers: int, scheduler: str | None
) -> Iterator[dict[str, Any]]:
    """Results of the missing cells, in whatever order they are ready."""
    if missing and scheduler is None and workers == 1:
        yield from (run_cell(name, cell) for cell in missing)
    elif missing:
        from distributed import as_completed

        with _client(workers, scheduler) as client:
            futures = client.map(partial(run_cell, name), missing, pure=False)
            for future in as_completed(futures):
                yield future.result()
                future.release()


def _finish(sweep: Sweep, folder: Path, files: list[Path], started: float) -> Path:
    """Put the finished cells together into the sorted table; its path."""
    results = [json.loads(file.read_text()) for file in files]
    rows = pd.DataFrame([row for result in results for row in result["rows"]])
    return write_table(
        folder / f"{sweep.name}.parquet",
        rows.sort_values(list(sweep.keys), kind="stable", ignore_index=True),
        _provenance(sweep, results, started),
    )


def _provenance(
    sweep: Sweep, results: list[dict[str, Any]], started: float
) -> dict[str, Any]:
    """What the record beside the table says of how it came about."""
    return {
        "sweep": sweep.name,
        "note": sweep.note,
        "command": f"python -m replearn sweep {sweep.name}",
        "cells": len(results),
        "complete": len(results) == len(sweep.cells),
        "code": code_fingerprint(sweep.run.__module__),
        "cpu_seconds": round(sum(r["seconds"] for r in results)),
        "last_run_seconds": round(time.time() - started),
    }


@contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[Client]:
    from distributed import Client, LocalCluster

    if scheduler is not None:
        with Client(scheduler) as client:
            yield client
        return
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=0,
            dashboard_address=None,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def _cell_file(store: Path, sweep: Sweep, cell: Cell) -> Path:
    # results of other code are other results: they are not taken up
    code = code_fingerprint(sweep.run.__module__)
    text = json.dumps([cell, code], sort_keys=True)
    return store / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.json"


def _keep(path: Path, result: dict[str, Any]) -> None:
    """Write a finished cell so that a kill leaves either all of it or nothing."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("w") as file:
        json.dump(result, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _forget(store: Path) -> None:
    for file in store.iterdir():
        file.unlink()
    store.rmdir()


@contextmanager
def _only_one(store: Path) -> Iterator[None]:
    with (store / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RuntimeError(
                f"another run of this sweep is writing to {store.parent}"
            ) from error
        yield
