"""The explorers of Part I: each opens with its table, its theory and its words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from replearn.views.condition_explorer import (
    CONDITION,
    condition_summary,
    condition_theory,
    condition_words,
)
from replearn.views.controls import ExplorerSpec
from replearn.views.curvature_explorer import (
    CURVATURE,
    curvature_summary,
    curvature_theory,
    curvature_words,
)
from replearn.views.explorer import Explorer, explore
from replearn.views.facts import Wording
from replearn.views.hermite_parts import HERMITE, part_curves, part_words
from replearn.views.overlap_explorer import (
    OVERLAP,
    overlap_summary,
    overlap_theory,
    overlap_words,
)


def _opener(
    spec: ExplorerSpec,
    summary: Callable[[], pd.DataFrame],
    words: Wording,
    theory: Callable[[], pd.DataFrame] | None = None,
) -> Callable[..., Explorer]:
    """A function that opens the explorer; its arguments are first values, d=20 say."""

    def open_explorer(**state: Any) -> Explorer:
        """Open the explorer on its table, with its theory and its words.

        Args: state: first values by name, d=20 say; what is not named has its default.
        Returns: the explorer.
        Cost: that of its summary and of its theory, seconds at most.
        """
        predicted = theory() if theory else None
        return explore(spec, summary(), words, predicted, **state)

    return open_explorer


explore_parts = _opener(HERMITE, part_curves, part_words)
explore_overlap = _opener(OVERLAP, overlap_summary, overlap_words, overlap_theory)
explore_fading = _opener(
    CURVATURE, curvature_summary, curvature_words, curvature_theory
)
explore_condition = _opener(
    CONDITION, condition_summary, condition_words, condition_theory
)
