"""Tables: small tidy results under book/tables, each with its provenance."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

INSTALLED = "share/replearn/"


def _book_folder(name: str) -> Path:
    """A folder of the book; of an installed copy, as on Colab, its own data."""
    checkout = Path(__file__).resolve().parents[3] / "book" / name
    if checkout.is_dir():
        return checkout
    try:
        recorded = files("replearn") or []
    except PackageNotFoundError:
        recorded = []
    for entry in recorded:
        if f"{INSTALLED}{name}/" in entry.as_posix():
            return Path(str(entry.locate())).resolve().parent
    return checkout


TABLES, QUESTIONS = _book_folder("tables"), _book_folder("questions")


def how_to_make(name: str) -> str:
    """The command that makes a table."""
    return f"python -m replearn sweep {name}"


def read_table(name: str, folder: Path | str = TABLES) -> pd.DataFrame:
    """A table that a sweep has written, just as it has written it."""
    path = _existing(name, folder, ".parquet")
    stored, record = path.read_bytes(), read_provenance(name, folder)
    if record.get("sha256") != hashlib.sha256(stored).hexdigest():
        raise ValueError(f"{path} is not what its record describes{_anew(name)}")
    return pd.read_parquet(io.BytesIO(stored))


def read_readings(name: str, folder: Path | str = TABLES) -> pd.DataFrame:
    """Values read by eye off a paper's figure, kept beside the tables as CSV."""
    return pd.read_csv(Path(folder) / f"{name}.csv")


def read_provenance(name: str, folder: Path | str = TABLES) -> dict[str, Any]:
    """Where a table came from: command, code, versions, seconds, hash."""
    path = _existing(name, folder, ".json")
    try:
        record = json.loads(path.read_bytes())
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise ValueError(f"{path} is damaged{_anew(name)}")
    return record


def _existing(name: str, folder: Path | str, suffix: str) -> Path:
    path = Path(folder) / f"{name}{suffix}"
    if not path.is_file():
        what = "table" if suffix == ".parquet" else "record of a table"
        raise FileNotFoundError(
            f"no {what} at {path}; make it with: {how_to_make(name)}"
        )
    return path


def _anew(name: str) -> str:
    return f"; bring it back with git, or make it anew with: {how_to_make(name)}"


def write_table(
    path: Path, rows: pd.DataFrame, keys: Sequence[str], provenance: dict[str, Any]
) -> Path:
    """Write rows and, beside them, their provenance with the rows' hash.

    What was measured is kept to four significant digits: more would not survive
    another processor, and the file stays small. Keys are kept as they are.

    Args:
        path: of the .parquet file. rows: tidy. keys: columns that were not measured.
        provenance: what the sweep knows.
    """
    measured = {
        name: _round(rows[name].to_numpy(), digits=4).astype(np.float32)
        for name in rows.columns
        if name not in keys and rows[name].dtype.kind == "f"
    }
    temporary = path.with_suffix(".tmp")
    rows.assign(**measured).to_parquet(temporary, index=False, compression="zstd")
    record = provenance | {
        "rows": len(rows),
        "sha256": hashlib.sha256(temporary.read_bytes()).hexdigest(),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__.split("+")[0],
            "numpy": np.__version__,
        },
        "commit": _commit(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
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
