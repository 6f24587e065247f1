"""Sweeps run: independent cells, anywhere, resumable after any kill."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache, partial
from importlib.util import find_spec, resolve_name
from multiprocessing import spawn
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from filelock import FileLock, Timeout
from tqdm import tqdm

from replearn.checks import check_device, check_int
from replearn.experiments import sweep as declarations
from replearn.experiments import tables
from replearn.experiments.sweep import Cell, Measured, Sweep
from replearn.experiments.tables import TABLES, write_table

if TYPE_CHECKING:
    from distributed import Client

Result = dict[str, Any]
# how cells are stored and tables written does not change the numbers in them
STORAGE = {__name__, declarations.__name__, tables.__name__}
CONNECT_SECONDS = 5
TRIAL, UNGUARDED = "trial of the guard", 7  # a process, and how it says no
GUARD = (
    "with workers, a script must be a file that they can import without running it "
    'again: put what it does under `if __name__ == "__main__":`'
)


def run_sweep(
    sweep: Sweep,
    out: Path | str | None = None,
    limit: int | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    device: str | None = None,
) -> Path:
    """Run what is missing of a sweep, then write its table; the table's path.

    Every finished run is a file of its own, so a kill loses only those under way, and
    starting again goes on from there. A damaged file counts as missing.

    Args:
        sweep: the declaration. out: folder for the table; None takes book/tables.
        limit: only the first runs (needs `out`, to spare the full table).
        workers: processes on this machine. scheduler: address of a Dask scheduler.
        device: where the measure computes, if it takes a device; None is the CPU.
    """
    check_int("workers", workers)
    if device is not None:
        sweep = _on(sweep, device)
    if limit is not None:
        check_int("limit", limit)
        if out is None:
            raise ValueError(
                "limit=… makes a partial table; give out=DIR, so that the full one in "
                "book/tables is not overwritten"
            )
    _check_guard(workers > 1 and scheduler is None)
    folder = TABLES if out is None else Path(out)
    started, runs = time.time(), sweep.runs()
    with _only_one(folder / f".{sweep.name}-cells") as store:
        files = [_file(store, sweep, run) for run in runs[:limit]]
        results = [_load(file) for file in files]
        missing = [i for i, result in enumerate(results) if result is None]
        done = len(files) - len(missing)
        jobs = {i: sweep.arguments(runs[i]) for i in missing}
        with (
            _measuring(sweep.measure, jobs, workers, scheduler) as measured,
            tqdm(total=len(files), initial=done, desc=sweep.name) as progress,
        ):
            for i, result in measured:
                results[i] = _keep(files[i], {"run": runs[i], **result})
                progress.update()
        path = _finish(sweep, folder, [r for r in results if r], started)
        if len(files) == len(runs):
            for file in store.glob("*.json"):
                file.unlink()
    return path


def _on(sweep: Sweep, device: str) -> Sweep:
    """The sweep on a device: its results are others, and are stored as others."""
    check_device(device)
    if "device" not in inspect.signature(sweep.measure).parameters:
        raise ValueError(f"sweep {sweep.name} runs on the CPU only, not on {device!r}")
    return replace(sweep, device=device)


@cache
def code_fingerprint(module: str) -> str:
    """Hash of a module and all that it imports of its package and ours.

    Docstrings are left out, and so is the code that stores cells and writes tables.

    Example:
        >>> len(code_fingerprint("replearn.kernels"))
        12
    """
    roots = {__name__.partition(".")[0], module.partition(".")[0]}
    waiting, trees = [module], {}
    while waiting:
        name = waiting.pop()
        ours = name.partition(".")[0] in roots and name not in STORAGE
        source = _source(name) if ours and name not in trees else None
        if source is None:
            continue
        trees[name] = tree = ast.parse(source.read_text("utf-8"))
        package = name if source.stem == "__init__" else name.rpartition(".")[0]
        for node in ast.walk(tree):
            waiting += _imported(node, package)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                node.value.value = None
    if not trees:
        raise ValueError(f"{module} has no source file: put the measure into a module")
    text = "".join(ast.dump(trees[name]) for name in sorted(trees))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _imported(node: ast.AST, package: str) -> list[str]:
    """Names that an import statement may mean; not all are modules."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = resolve_name("." * node.level + (node.module or ""), package)
    return [base, *(f"{base}.{alias.name}" for alias in node.names)]


def _source(name: str) -> Path | None:
    """The file of a module; None if there is no such module."""
    if name in sys.modules:
        file = getattr(sys.modules[name], "__file__", None)
    else:
        try:
            spec = find_spec(name)
        except ModuleNotFoundError:  # its parent is no package
            return None
        file = spec.origin if spec else None
    return Path(file) if file and Path(file).suffix == ".py" else None


def _measure(measure: Callable[..., Measured], arguments: Cell) -> Result:
    """What one run measures, as JSON, and its processor's seconds, on one thread."""
    # one thread per worker: the same sums in the same order on any number of cores
    threads, started = torch.get_num_threads(), time.process_time()
    torch.set_num_threads(1)
    try:
        measured = measure(**arguments)
    finally:
        torch.set_num_threads(threads)
    plain = {name: np.asarray(values).tolist() for name, values in measured.items()}
    return {"measured": plain, "seconds": round(time.process_time() - started, 2)}


@contextmanager
def _measuring(
    measure: Callable[..., Measured],
    jobs: dict[int, Cell],
    workers: int,
    scheduler: str | None,
) -> Iterator[Iterator[tuple[int, Result]]]:
    """Results of the jobs, in whatever order they are ready."""
    if not jobs or (scheduler is None and workers == 1):
        yield ((i, _measure(measure, job)) for i, job in jobs.items())
        return
    from distributed import as_completed

    with _client(min(workers, len(jobs)), scheduler) as client:
        futures = client.map(partial(_measure, measure), jobs.values(), pure=False)
        index = {f.key: i for f, i in zip(futures, jobs, strict=True)}
        yield ((index[f.key], f.result()) for f in as_completed(futures))


def _finish(sweep: Sweep, folder: Path, results: list[Result], started: float) -> Path:
    """Put the finished runs together into the sorted table; its path."""
    rows = pd.concat([sweep.tabulate(r["run"], r["measured"]) for r in results])
    keys = sweep.key_columns(rows)
    record = {
        "sweep": sweep.name,
        "note": sweep.note,
        "command": tables.how_to_make(sweep.name),
        "device": sweep.device,
        "cells": len(results),
        "complete": len(results) == len(sweep.runs()),
        "code": code_fingerprint(sweep.measure.__module__),
        "cpu_seconds": round(sum(r["seconds"] for r in results)),
        "last_run_seconds": round(time.time() - started),
    }
    if sweep.timed and record["complete"]:
        record["seconds"] = seconds_of(sweep.timed, results)
    rows = rows.sort_values(keys, kind="stable", ignore_index=True)
    return write_table(folder / f"{sweep.name}.parquet", rows, keys, record)


def seconds_of(settings: tuple[str, str], results: list[Result]) -> dict[str, Any]:
    """Seconds of all cells with two settings, by the first and then the second.

    Of the fastest seed: whatever else a machine has to do makes a run longer.

    Args: settings: two that all cells have. results: of runs, with their seconds.
    """
    runs = pd.DataFrame([r["run"] | {"seconds": r["seconds"]} for r in results])
    of_seed = runs.groupby([*settings, "seed"])["seconds"].sum()
    fastest = of_seed.groupby([*settings]).min().round(1)
    return {str(k): part.droplevel(0).to_dict() for k, part in fastest.groupby(level=0)}


@contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[Client]:
    from distributed import Client, LocalCluster

    if scheduler is None:
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
        return
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS)
    except Exception as error:  # who else may live at the address answers anything
        raise ConnectionError(f"no Dask scheduler at {scheduler}: {error}") from error
    with client:
        yield client


def _check_guard(starts_workers: bool) -> None:
    """Refuse a script that its own workers, which import it, would run again.

    Dask would start them again and again for a minute; one process tries it out.
    """
    if multiprocessing.current_process().name == TRIAL:
        sys.exit(UNGUARDED)
    main = spawn.get_preparation_data(TRIAL) if starts_workers else {}
    path = main.get("init_main_from_path")
    if path is None and "init_main_from_name" not in main:
        return
    if path is not None and not Path(path).is_file():  # a script on standard input
        raise RuntimeError(GUARD)
    process = multiprocessing.get_context("spawn").Process
    trial = process(name=TRIAL, target=os.getpid)
    trial.start()
    trial.join()
    if trial.exitcode != 0:
        raise RuntimeError(GUARD)


def _file(store: Path, sweep: Sweep, run: Cell) -> Path:
    # results of other code are other results: they are not taken up
    code = code_fingerprint(sweep.measure.__module__)
    what = [sweep.measure.__qualname__, sweep.arguments(run), code]
    return store / f"{_digest(what)[:24]}.json"


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _keep(file: Path, result: Result) -> Result:
    """Write a finished run, sealed: what a kill leaves of it is known for damaged."""
    with file.open("w", encoding="utf-8") as stream:
        json.dump({**result, "sha256": _digest([file.stem, result])}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    return result


def _load(file: Path) -> Result | None:
    """A finished run; None where the file is missing or not as it was written."""
    try:
        result: Result = json.loads(file.read_bytes())
        intact = result.pop("sha256") == _digest([file.stem, result])
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return result if intact else None


@contextmanager
def _only_one(store: Path) -> Iterator[Path]:
    """The folder of the finished runs, for one process at a time."""
    store.mkdir(parents=True, exist_ok=True)
    lock = FileLock(store / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RuntimeError(
            f"another run of this sweep is writing to {store.parent}"
        ) from None
    try:
        yield store
    finally:
        done = not any(store.glob("*.json"))
        lock.release()
        if done:
            with suppress(OSError):  # somebody else has come in
                (store / "lock").unlink()
                store.rmdir()
