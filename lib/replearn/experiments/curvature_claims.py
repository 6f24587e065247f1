"""Measures of the claims of "When it fails", each a function of the tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from replearn.experiments import curves
from replearn.experiments.curvature_reading import kappa_exponent, share_errors
from replearn.experiments.curves import Interval


def _csq_margin() -> Interval:
    """Adam's samples to 10 % over d^{p/2}, the least over He_3, He_4 alone and d."""
    rows = curves.select(share_errors(), learner="adam", quadratic=0.0)
    found, draws = [], []
    for degree in (3, 4):
        reach = curves.samples_to_reach(curves.select(rows, degree=degree))
        # where 10 % is not reached the need is larger than all that was measured
        scale = reach.d ** (degree / 2)
        found.append(np.where(np.isfinite(reach.n), reach.n, np.inf) / scale)
        resampled = np.where(np.isfinite(reach.resampled), reach.resampled, np.inf)
        draws.append(resampled / scale)
    least = np.concatenate(draws, axis=1).min(axis=1)
    low, high = np.quantile(least, [0.025, 0.975])
    return float(np.concatenate(found).min()), float(low), float(high)


def _kappa_exponent() -> Interval:
    """Exponent of kappa in the one-step network's samples to 10 %, d = 40."""
    return kappa_exponent(40)


MEASURES: dict[str, Callable[[], Interval]] = {
    "csq-margin": _csq_margin,
    "kappa-exponent": _kappa_exponent,
}
