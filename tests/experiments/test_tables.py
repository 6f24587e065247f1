"""Tables are kept exactly, refused when damaged, complete, and what we compute."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import refuses

from beyond_the_kernel import catalogue
from replearn.experiments.sweep import Cell, Sweep
from replearn.experiments.tables import TABLES, read_provenance, read_table, write_table

EVERY_SWEEP = pytest.mark.parametrize(
    "sweep", catalogue.sweeps().values(), ids=lambda sweep: sweep.name
)


# measured elsewhere, as their records say: test_far.py holds them against the library
ELSEWHERE = {"far"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where two tables lie."""
    keys = {"n": [2**40, 3], "kappa": [0.3333, 1 / 3]}
    rows = pd.DataFrame({**keys, "error": [1.23456789, 0.0], "gain": [-1.23456e-5, 2]})
    write_table(tmp_path / "mine.parquet", rows, list(keys), {"sweep": "mine"})
    write_table(tmp_path / "other.parquet", rows[:1], list(keys), {"sweep": "other"})
    return tmp_path


@pytest.mark.parametrize("kind", [Path, str])
def test_keys_are_kept_and_what_was_measured_has_four_digits(
    folder: Path, kind: Callable[[Path], Path | str]
) -> None:
    table = read_table("mine", kind(folder))
    assert table["n"].tolist() == [2**40, 3]
    assert table["kappa"].tolist() == [0.3333, 1 / 3]
    assert table["error"].tolist() == [np.float32(1.235), 0.0]
    assert table["error"].dtype == np.float32
    assert table["gain"].tolist() == [np.float32(-1.235e-5), 2.0]
    assert read_provenance("mine", kind(folder))["rows"] == 2


@pytest.mark.parametrize("read", [read_table, read_provenance])
def test_what_is_not_there_is_named_with_its_command(
    folder: Path, read: Callable[[str, Path], object]
) -> None:
    with pytest.raises(FileNotFoundError, match=r"nope.*replearn sweep nope"):
        read("nope", folder)
    (folder / "mine.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"mine.json.*replearn sweep mine"):
        read("mine", folder)


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        (".parquet", lambda stored: stored[: len(stored) // 2]),
        (".parquet", lambda stored: stored[:-20] + bytes(20)),
        (".json", lambda stored: stored[: len(stored) // 2]),
        (".json", lambda stored: stored.replace(b'"sha256": "', b'"sha256": "0')),
        (".json", lambda stored: b"[]"),
        (".json", lambda stored: b"\xff\xfe"),
    ],
)
def test_a_damaged_table_is_refused_by_name(
    folder: Path, suffix: str, damage: Callable[[bytes], bytes]
) -> None:
    file, said = folder / f"mine{suffix}", r"mine\..*git.*replearn sweep mine"
    file.write_bytes(damage(file.read_bytes()))
    refuses(lambda: read_table("mine", folder), said)
    assert len(read_table("other", folder)) == 1


def test_the_record_of_another_table_is_refused(folder: Path) -> None:
    (folder / "other.json").replace(folder / "mine.json")
    refuses(lambda: read_table("mine", folder), "mine.parquet is not what its record")


def test_every_table_has_its_sweep() -> None:
    assert {file.stem for file in TABLES.glob("*.parquet")} == set(catalogue.sweeps())


@EVERY_SWEEP
def test_is_complete_with_every_cell_and_at_every_point_its_seeds(sweep: Sweep) -> None:
    table, record = read_table(sweep.name), read_provenance(sweep.name)
    assert record["complete"] is True
    assert record["cells"] == len(sweep.runs())
    assert record["rows"] == len(table)
    assert not table.duplicated(sweep.key_columns(table)).any()
    numbers = table[sweep.value].to_numpy()
    assert np.isfinite(numbers).all()
    assert (numbers >= -1e-6).all()
    runs = pd.DataFrame(sweep.runs())
    settings = [name for name in runs if name in table]
    wanted = runs[settings].astype(dict(table[settings].dtypes)).drop_duplicates()
    found = table[settings].drop_duplicates()
    assert set(found.itertuples(index=False)) == set(wanted.itertuples(index=False))
    assert ("seed" in table) == ("seed" in runs)
    if "seed" in table:
        cell = [name for name in settings if name != "seed"]
        point = [name for name in sweep.key_columns(table) if name != "seed"]
        seeds = table.groupby(point)["seed"].nunique().reset_index()
        asked = wanted.groupby(cell)["seed"].nunique().reset_index()
        both = seeds.merge(asked, on=cell, suffixes=("", "_asked"))
        assert len(both) == len(seeds)
        missing = both["seed_asked"] - both["seed"]
        # along a training a run is looked at when something happens in it
        assert (missing >= 0).all() if sweep.along == "step" else (missing == 0).all()


@pytest.mark.slow
@EVERY_SWEEP
def test_random_runs_recompute(sweep: Sweep) -> None:
    table, elsewhere = read_table(sweep.name), sweep.name in ELSEWHERE
    assert ("measured_by" in read_provenance(sweep.name)) == elsewhere
    if elsewhere:
        return
    cheap = [run for run in sweep.runs() if sweep.is_cheap(run)]
    random.Random(sweep.name).shuffle(cheap)
    assert cheap
    for run in cheap[:2]:
        assert_recomputes(sweep, run, table)


def assert_recomputes(sweep: Sweep, run: Cell, table: pd.DataFrame) -> None:
    rows, keys = sweep.rows(run), sweep.key_columns(table)
    rows = rows.astype(dict(table[keys].dtypes))
    both = rows.merge(table, on=keys, how="left", suffixes=("", "_stored"))
    # another processor sums in another order; Adam's path magnifies that
    tolerance = 0.3 if run.get("learner") == "adam" else 0.02
    stored = both[f"{sweep.value}_stored"]
    np.testing.assert_allclose(both[sweep.value], stored, rtol=tolerance, atol=2e-4)


def test_a_changed_row_is_noticed() -> None:
    """The comparison above can fail: it does on a table of another seed."""
    sweep, table = catalogue.find_sweep("width"), read_table("width")
    shifted = table.assign(seed=(table["seed"] + 1) % 5)
    with pytest.raises(AssertionError):
        assert_recomputes(sweep, sweep.runs()[0], shifted)
