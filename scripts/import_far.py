"""Keep far.csv, measured elsewhere, as the table `far`, with a record that says so.

Usage: python scripts/import_far.py far.csv
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from beyond_the_kernel.far import FAR
from replearn.experiments.curves import Interval, seed_values, select
from replearn.experiments.far import measure_far
from replearn.experiments.tables import TABLES, how_to_make, write_table

MEASURED_BY = (
    "an independent program on one H200 GPU, not by this library: it shares neither "
    "code nor random numbers with it. Adam at the rate 0.01, kernels with the best of "
    "several ridges. Its steps of one-step, and width and steps of kernels, which it "
    "left empty, are 1 and 0 here; its column of ridges is left out. versions and "
    "commit are those of the program that wrote this file."
)
POINTS = [(d, factor * d * d) for d in (20, 40, 80) for factor in (1, 4)]


def gap(
    table: pd.DataFrame, d: int, n: int, width: int = 512, confidence: float = 0.95
) -> Interval:
    """The library's mean log error at 512 neurons, five seeds, less the table's.

    Args: width: of the table's rows; one but 512 ought not to agree.
    Returns: the difference, and the ends of its interval, Welch's.
    """
    rows = select(table, learner="one-step", d=d, n=n, width=width)
    runs = [measure_far(seed, "one-step", d, n, 512, 1) for seed in range(5)]
    ours, theirs = np.log([run["error"] for run in runs]), np.log(seed_values(rows))
    between = stats.ttest_ind(ours, theirs, equal_var=False)
    low, high = between.confidence_interval(confidence)
    return float(ours.mean() - theirs.mean()), float(low), float(high)


def tidy(given: pd.DataFrame) -> pd.DataFrame:
    """The rows in the form of the sweep, which must be of its cells."""
    one = given["learner"] == "one-step"
    whole = {
        "width": given["width"].fillna(0).astype(int),
        "steps": given["steps"].mask(one, 1).fillna(0).astype(int),
    }
    keys = list(FAR.keys)
    rows = given.assign(**whole)[[*keys, "error", "overlap"]]
    rows = rows.sort_values(keys, kind="stable", ignore_index=True)
    wanted = pd.DataFrame(FAR.runs())[keys].sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(rows[keys], wanted, check_dtype=False)
    return rows


def main(path: Path) -> None:
    """Write the table and its record."""
    rows = tidy(pd.read_csv(path))
    agreement = {}
    for d, n in POINTS:
        middle, low, high = np.exp(gap(rows, d, n))
        agreement[f"d={d}, n={n}"] = f"{middle:.2f} [{low:.2f}, {high:.2f}]"
        print(f"d={d}, n={n}:", agreement[f"d={d}, n={n}"])
    record = {
        "sweep": FAR.name,
        "note": FAR.note,
        "measured_by": MEASURED_BY,
        "command": f"python scripts/import_far.py {path.name}",
        "source_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "anew": f"{how_to_make(FAR.name)} --device cuda",
        "library_over_table": {
            "what": "error of 512 neurons, five seeds of the library on a CPU over the "
            "table's: ratio of geometric means with Welch's 95 % interval",
            **agreement,
        },
        "cells": len(FAR.runs()),
        "complete": True,
    }
    print(write_table(TABLES / f"{FAR.name}.parquet", rows, FAR.keys, record))


if __name__ == "__main__":
    if not sys.argv[1:] or not Path(sys.argv[1]).is_file():
        sys.exit("import_far: python scripts/import_far.py far.csv")
    main(Path(sys.argv[1]))
