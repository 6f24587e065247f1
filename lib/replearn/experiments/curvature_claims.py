"""Measures of the claims of "When it fails", each a function of the tables."""

from __future__ import annotations

from collections.abc import Callable

from replearn.experiments.curvature_reading import kappa_exponent
from replearn.experiments.curves import Interval


def _kappa_exponent() -> Interval:
    """Exponent of kappa in the one-step network's samples to 10 %, d = 40."""
    return kappa_exponent(40)


MEASURES: dict[str, Callable[[], Interval]] = {
    "kappa-exponent": _kappa_exponent,
}
