"""The committed tables: complete, described, and still what the code computes."""

import hashlib
import random

import numpy as np
import pytest

from replearn.experiments.few_directions import KERNELS
from replearn.experiments.registry import SWEEPS
from replearn.experiments.sweep import Cell, find_sweep
from replearn.experiments.tables import TABLES, read_provenance, read_table

EVERY_TABLE = pytest.mark.parametrize("name", list(SWEEPS))
SEEDED = [name for name, sweep in SWEEPS.items() if "seed" in sweep.keys]
SEEDS = 5  # at every point of a table; these have more, for their own reasons
MORE_SEEDS = {
    "figure-1": 10,  # as the paper's curves; the kernels beside them have five
    "figure-1-step": 10,
    "hermite-coefficients": 10,
    "hermite-curvature": 50,
    "gram-error": 20,
}


@EVERY_TABLE
def test_is_complete_and_described(name: str) -> None:
    sweep, table, record = find_sweep(name), read_table(name), read_provenance(name)
    file = TABLES / f"{name}.parquet"
    assert record["complete"] is True
    assert record["cells"] == len(sweep.cells)
    assert record["rows"] == len(table)
    assert record["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert file.stat().st_size <= 300_000
    assert not table.duplicated(list(sweep.keys)).any()
    assert ("seed" in table) == ("seed" in sweep.keys)
    numbers = table[sweep.value].to_numpy()
    assert np.isfinite(numbers).all()
    assert (numbers >= -1e-6).all()


def test_all_tables_together_are_small() -> None:
    assert sum(f.stat().st_size for f in TABLES.iterdir()) <= 2_000_000


@pytest.mark.parametrize("name", SEEDED)
def test_every_point_has_its_seeds(name: str) -> None:
    table, keys = read_table(name), find_sweep(name).keys
    by = [key for key in keys if key != "seed"]
    counts = table.groupby(by)["seed"].nunique()
    if name == "figure-1":
        kernels = counts.index.get_level_values("width") == 0
        assert set(counts[kernels]) == {SEEDS}
        counts = counts[~kernels]
    assert set(counts) == {MORE_SEEDS.get(name, SEEDS)}


def test_the_exceptions_are_tables() -> None:
    assert set(MORE_SEEDS) <= set(SEEDED)


def cheap(name: str, cell: Cell) -> bool:
    """Cells that a test can afford; the expensive ones run the same code."""
    if name == "kernel-vs-network":
        return cell["learner"] not in KERNELS and cell["d"] <= 20
    if name == "figure-1":
        return cell["width"] == 100 and cell["learner"] != "linearised"
    if name == "staircase":
        return cell["d"] <= 20
    if name in ("transfer", "transfer-source", "transfer-own-ridge"):
        return cell["d"] <= 40 and cell.get("learner") != "polynomial"
    if name == "transfer-width":
        return cell["width"] <= 512
    if name == "figure-2":
        return cell["source_power"] <= 4
    if name in ("overlap", "curvature-overlap"):
        return cell["d"] <= 40
    if name == "cubic-width":
        return cell["d"] <= 40 and cell["width"] <= 512
    if name in ("quadratic-share", "condition"):
        return cell["d"] <= 20
    return name != "width" or (cell["d"] <= 40 and cell["width"] <= 512)


@pytest.mark.slow
@EVERY_TABLE
def test_random_rows_recompute(name: str) -> None:
    sweep, table = find_sweep(name), read_table(name)
    chosen = [cell for cell in sweep.cells if cheap(name, cell)]
    random.Random(name).shuffle(chosen)
    for cell in chosen[:2]:
        assert_recomputes(name, cell, table)


@pytest.mark.slow
def test_a_kernel_cell_recomputes() -> None:
    table = read_table("kernel-vs-network")
    cells = [c for c in find_sweep("kernel-vs-network").cells if c["learner"] == "ntk"]
    assert_recomputes("kernel-vs-network", cells[0], table)


def assert_recomputes(name: str, cell: Cell, table) -> None:
    keys, value = list(find_sweep(name).keys), find_sweep(name).value
    stored = table.set_index(keys)[value]
    rows = find_sweep(name).run(cell)
    ours = np.array([row[value] for row in rows])
    theirs = np.array([stored[tuple(row[key] for key in keys)] for row in rows])
    # another processor sums in another order; Adam's path magnifies that
    tolerance = 0.3 if cell.get("learner") == "adam" else 0.02
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=2e-4)


def test_a_changed_row_is_noticed() -> None:
    """The comparison above can fail: it does on a table of another seed."""
    table = read_table("width")
    cell = find_sweep("width").cells[0]
    shifted = table.assign(seed=(table["seed"] + 1) % 5)
    with pytest.raises(AssertionError):
        assert_recomputes("width", cell, shifted)
