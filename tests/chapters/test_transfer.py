"""Transfer: its theory holds for any d, its lab repeats its table, its words agree."""

from __future__ import annotations

import pandas as pd
import pytest

from beyond_the_kernel.transfer import grid, show
from replearn.experiments.curves import select
from replearn.experiments.tables import read_table
from replearn.experiments.transfer import measure_read_out
from replearn.theory import predict_overlap, predict_transfer_curve


def test_the_line_is_what_many_neurons_in_many_dimensions_come_to() -> None:
    """Simulated on the line, and with features, from the same number of samples."""
    line = select(read_table("transfer-line"), factor=16, n=1000)["error"].mean()
    cell = {"learner": "transferred", "r": 1, "degree": 3, "factor": 16, "n": 1000}
    wide = select(read_table("transfer"), d=160, **cell)["error"].mean()
    assert line == pytest.approx(wide, rel=0.4)


def test_the_theory_holds_for_any_d() -> None:
    line = select(show.theory(), learner="transferred", d=20, factor=4, degree=3)
    assert set(line["r"]) == {1}
    overlap, few = predict_overlap(20, 4 * 400, 1.0), line.sample(5, random_state=0)
    wanted = predict_transfer_curve(overlap, 3, few["n"].tolist())
    assert few["error"].tolist() == pytest.approx(wanted.tolist(), rel=1e-6)


def test_the_lab_repeats_the_sweep() -> None:
    at = {"d": 10, "r": 1, "factor": 4, "seed": 1}
    swept = pd.DataFrame(grid.read_out("transferred", degrees=[2, 3], **at))
    ours = measure_read_out(grid.SIZES, learner="transferred", degree=3, **at)
    cubic = swept[swept["degree"] == 3]["error"].tolist()
    assert ours["transferred"] == pytest.approx(cubic, rel=1e-3)


def test_the_kernel_is_theory_where_it_was_not_measured() -> None:
    widget = show.EXPLORER.open(d=40)
    assert widget.finding().startswith(
        "d = 40, n = 16 d², degree 3, r = 1: the transferred features reach 10 % error"
    )
    for d, origin in ((20, "from scratch"), (40, "theory, no source")):
        widget.state = {"d": d}
        cell = widget.payload["cells"][show.SPEC.key(widget.state)]
        facts = {key: (value, note) for key, _, value, note in cell["facts"]}
        assert facts["kernel"][1] == origin
        assert ("needs by theory" in widget.finding()) == (d == 40)
        assert facts["paid"][0] in widget.finding()
        assert facts["paid"][0].replace("\u202f", "") == f"n = {16 * d * d}"
        assert facts["kernel"][0] in widget.finding()
        assert cell["guides"][0][0] == d**3
    widget.state = {"d": 160, "factor": 1}
    assert "features miss 10 % error at all N up to 3.2k" in widget.finding()
    with pytest.raises(ValueError, match="r=4"):
        widget.state = {"r": 4}  # at d = 160 there is one direction only
