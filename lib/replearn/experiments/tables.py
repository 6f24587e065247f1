"""Tables: small tidy results under book/tables, each with its provenance."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from replearn.experiments.table_folder import table_folder

TABLES = table_folder()


def read_table(name: str, folder: Path = TABLES) -> pd.DataFrame:
    """A table that a sweep has written.

    Args:
        name: of the sweep. folder: where it lies.
    Returns:
        Tidy rows.
    Raises:
        FileNotFoundError: with the command that makes the table.
    Cost:
        Reads one small file.
    Example:
        >>> "error" in read_table("kernel-vs-network").columns
        True
    """
    path = folder / f"{name}.parquet"
    if not path.exists():
        raise FileNotFoundError(
            f"no table at {path}; make it with: python -m replearn sweep {name}"
        )
    return pd.read_parquet(path)


def read_readings(name: str, folder: Path = TABLES) -> pd.DataFrame:
    """Values read by eye off a paper's figure, kept beside the tables as CSV.

    Args:
        name: of the file. folder: where it lies.
    Returns:
        Tidy rows.
    Raises:
        FileNotFoundError: there is no such file.
    Cost:
        Reads one small file.
    Example:
        >>> len(read_readings("paper-figure-1"))
        11
    """
    return pd.read_csv(folder / f"{name}.csv")


def read_provenance(name: str, folder: Path = TABLES) -> dict[str, Any]:
    """Where a table came from: command, code, versions, seconds, hash.

    Args:
        name: of the sweep. folder: where it lies.
    Returns:
        The record.
    Raises:
        FileNotFoundError: there is none.
    Cost:
        Reads one small file.
    Example:
        >>> read_provenance("kernel-vs-network")["sweep"]
        'kernel-vs-network'
    """
    record: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
    return record


def write_table(path: Path, rows: pd.DataFrame, provenance: dict[str, Any]) -> Path:
    """Write rows and, beside them, their provenance with the rows' hash.

    Errors are kept to four significant digits: more would not survive another
    processor, and the file stays small.

    Args:
        path: of the .parquet file. rows: tidy. provenance: what the sweep knows.
    Returns:
        The path.
    Cost:
        O(rows).
    """
    for column in rows.columns:
        values = rows[column].to_numpy()
        if values.dtype.kind == "f":
            rows[column] = _round(values, digits=4).astype(np.float32)
        elif values.dtype.kind == "i":
            rows[column] = values.astype(np.int32)
    temporary = path.with_suffix(".tmp")
    rows.to_parquet(temporary, index=False, compression="zstd")
    record = provenance | {
        "rows": len(rows),
        "sha256": hashlib.sha256(temporary.read_bytes()).hexdigest(),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__.split("+")[0],
            "numpy": np.__version__,
        },
        "commit": _commit(),
    }
    path.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
    temporary.replace(path)
    return path


def _round(values: np.ndarray, digits: int) -> np.ndarray:
    magnitude = np.floor(np.log10(np.maximum(np.abs(values), 1e-300)))
    scale = 10.0 ** (digits - 1 - magnitude)
    return np.where(values == 0, 0.0, np.round(values * scale) / scale)


def _commit() -> str:
    answer = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
        check=False,
    )
    return answer.stdout.strip() or "none"
