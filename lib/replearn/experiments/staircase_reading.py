"""What is read off the curves of a staircase: shares at an n, the n of a half."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from replearn.experiments.curves import Reach, samples_to_reach

HALF_LEARNT = 0.25  # of (1 - q)^2, at q = 1/2


def missing_at(frame: pd.DataFrame, ns: Sequence[int]) -> list[float]:
    """The missing share at some n, interpolated in log n between the table's sizes.

    Args:
        frame: rows n, error of one curve. ns: where to read.
    Returns:
        One share for each n.
    Raises:
        ValueError: the rows are of several curves, or some n lies outside their sizes.
    Cost:
        O(rows).
    Example:
        >>> missing_at(pd.DataFrame({"n": [1, 100], "error": [1.0, 0.0]}), [10])
        [0.5]
    """
    curve = frame.sort_values("n")
    if curve["n"].duplicated().any():
        raise ValueError("the rows belong to several curves; select one")
    sizes = curve["n"].to_numpy(float)
    if min(ns) < sizes[0] or max(ns) > sizes[-1]:
        raise ValueError(f"ns={list(ns)} leave the sizes {sizes[0]} to {sizes[-1]}")
    found = np.interp(np.log(ns), np.log(sizes), curve["error"])
    return [float(share) for share in found]


def half_learnt(frame: pd.DataFrame) -> Reach:
    """The n at which half of a degree is learnt, at each d where that is in reach.

    Args:
        frame: rows d, n, error of one part of one target; theory has no column seed.
    Returns:
        Sizes per d, with bootstrap draws over seeds.
    Raises:
        ValueError: unequal seeds.
    Cost:
        O(rows * 1000).
    Example:
        >>> rows = pd.DataFrame({"d": 5, "n": [1, 100], "error": [1.0, 1 / 16]})
        >>> half_learnt(rows).n.round(6).tolist()
        [10.0]
    """
    seeded = frame if "seed" in frame else frame.assign(seed=0)
    found = samples_to_reach(seeded, HALF_LEARNT)
    seen = np.isfinite(found.n)
    return Reach(found.d[seen], found.n[seen], found.resampled[:, seen])
