"""A sweep with two workers against one, as commands, start-up included."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import pandas as pd
import torch

from .timing import Result, Run, compare, scaled

SWEEP, CELLS = "kernel-vs-network", 8


def sweep(cells: int, workers: int) -> Run:
    """Run the first cells of a sweep in an empty folder.

    Args:
        cells: how many. workers: processes.
    Returns:
        The table's errors, and the seconds of the whole command.
    Raises:
        RuntimeError: the command failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "replearn", "sweep", SWEEP, "--out", folder]
        command += ["--limit", str(cells), "--workers", str(workers)]
        start = time.perf_counter()
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        )
        seconds = time.perf_counter() - start
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
        table = pd.read_parquet(Path(folder) / f"{SWEEP}.parquet")
    return Run(torch.from_numpy(table["error"].to_numpy(copy=True)), seconds)


def compare_workers(scale: float, repetitions: int) -> list[Result]:
    """The first cells of the main sweep with two workers and with one.

    Args:
        scale: of the number of cells. repetitions: timed pairs.
    Returns:
        The comparison.
    """
    cells = scaled(CELLS, scale, minimum=2)
    result = compare(
        f"sweep {SWEEP}, {cells} cells",
        ("two workers", partial(sweep, cells, 2)),
        ("one worker", partial(sweep, cells, 1)),
        repetitions,
        tolerance=0.0,
        warm_up=False,
        note="start of Python and of the workers included; 2 is the most there is",
    )
    return [result]
