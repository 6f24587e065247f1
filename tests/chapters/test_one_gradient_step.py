"""One gradient step: its guide line and its pictures."""

from __future__ import annotations

import pytest

from beyond_the_kernel.one_gradient_step import show
from replearn.theory import predict_overlap


@pytest.mark.parametrize(("d", "noise"), [(10, 0.0), (160, 1.0)])
def test_the_guide_stands_where_the_formula_is_one_half(d: int, noise: float) -> None:
    found = predict_overlap(d, show.half(d, noise), 1.0, noise**2)
    assert found == pytest.approx(0.5)
