"""The explorers of Part I, each with its table, its theory and its words."""

from __future__ import annotations

from typing import Any

from replearn.views.condition_explorer import (
    CONDITION,
    condition_summary,
    condition_theory,
    condition_words,
)
from replearn.views.curvature_explorer import (
    CURVATURE,
    curvature_summary,
    curvature_theory,
    curvature_words,
)
from replearn.views.explorer import Explorer, explore
from replearn.views.hermite_parts import HERMITE, part_curves, part_words
from replearn.views.overlap_explorer import (
    OVERLAP,
    overlap_summary,
    overlap_theory,
    overlap_words,
)
from replearn.views.staircase_explorer import (
    STAIRCASE,
    staircase_frames,
    staircase_words,
)
from replearn.views.transfer_explorer import (
    TRANSFER,
    transfer_summary,
    transfer_theory,
    transfer_words,
)


def explore_parts(**state: Any) -> Explorer:
    """The explorer of Hermite parts, of "Gaussian inputs, Hermite polynomials".

    Args:
        state: first values, such as w3=0.
    Returns: a widget; show it as the last value of a cell.
    Raises:
        ValueError: if the explorer has no such setting.
    Cost: about two seconds.
    """
    return explore(HERMITE, part_curves(), part_words, **state)


def explore_staircase(**state: Any) -> Explorer:
    """The explorer of the staircase, of "What kernels can and cannot do".

    Args:
        state: first values, such as d=40.
    Returns: a widget; show it as the last value of a cell.
    Raises:
        ValueError: if the explorer has no such setting.
    Cost: about a second.
    """
    summary, theory = staircase_frames()
    return explore(STAIRCASE, summary, staircase_words, theory, **state)


def explore_overlap(**state: Any) -> Explorer:
    """The explorer of neurons and singular space, of "One gradient step".

    Args:
        state: first values, such as d=160.
    Returns: a widget; show it as the last value of a cell.
    Raises:
        ValueError: if the explorer has no such setting.
    Cost: under a second.
    """
    theory = overlap_theory()
    return explore(OVERLAP, overlap_summary(), overlap_words, theory, **state)


def explore_transfer(**state: Any) -> Explorer:
    """The explorer of "Transfer".

    Args:
        state: first values, such as factor=1.
    Returns: a widget; show it as the last value of a cell.
    Raises:
        ValueError: if the explorer has no such setting.
    Cost: about three seconds.
    """
    theory = transfer_theory()
    return explore(TRANSFER, transfer_summary(), transfer_words, theory, **state)


def explore_fading(**state: Any) -> Explorer:
    """The explorer of the fading quadratic part, of "When it fails".

    Args:
        state: first values, such as quadratic=0.05.
    Returns: a widget; show it as the last value of a cell.
    Raises:
        ValueError: if the explorer has no such setting.
    Cost: about two seconds.
    """
    theory = curvature_theory()
    return explore(CURVATURE, curvature_summary(), curvature_words, theory, **state)


def explore_condition(**state: Any) -> Explorer:
    """The explorer of the condition number, of "When it fails".

    Args:
        state: first values, such as kappa="4".
    Returns: a widget; show it as the last value of a cell.
    Raises:
        ValueError: if the explorer has no such setting.
    Cost: about a second.
    """
    theory = condition_theory()
    return explore(CONDITION, condition_summary(), condition_words, theory, **state)
