"""What the explorer of kernels and networks says: who needs how many samples."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from replearn.theory import rates
from replearn.views.controls import EXPLORER, TENTH
from replearn.views.facts import (
    Fact,
    Guide,
    Need,
    Words,
    count,
    drop_lines,
    needs,
    times,
)
from replearn.views.palette import ink
from replearn.views.parts import Cell, raised

NETWORK = "one-step"
RATIO_SIGNS = {("≈", "≈"): "", ("≤", "≈"): "≤ ", ("≈", "≤"): "≥ "}


def kernel_versus_network(
    cell: Cell, curves: pd.DataFrame, theory: pd.DataFrame
) -> Words:
    """Compare the best kernel with the one-step network at 10 % error.

    Args:
        cell: d, r and degree.
        curves: its rows: learner, n, error (mean over seeds).
        theory: the kernels' predictions: learner, n, error; may be empty.
    Returns: the words of the cell.
    Cost: O(rows).
    Example:
        >>> rows = pd.DataFrame({"learner": "ntk", "n": [1, 100], "error": [1, 0.01]})
        >>> cell = {"d": 20, "r": 1, "degree": 2}
        >>> kernel_versus_network(cell, rows, rows.head(0)).sentence
        'd = 20, r = 1, degree 2: the best kernel (NTK) reaches 10 % error at n ≈ 10.'
    """
    found = _Found.of(curves, theory)
    d, r, p = cell["d"], cell["r"], cell["degree"]
    kernel, network = rates.kernel_rate(d, p), rates.network_rate(d, r, p)
    kernel_name, network_name = f"d{raised(p)}", f"d²r + dr{raised(p)}"
    return Words(
        sentence=f"{EXPLORER.say(cell)}: {_comparison(found)}.",
        facts=[
            *_facts(found),
            Fact("kernel-rate", "kernel rate", count(kernel), kernel_name),
            Fact("network-rate", "network rate", count(network), network_name),
        ],
        guides=[
            Guide(network, f"{network_name} = {count(network)}"),
            Guide(kernel, f"{kernel_name} = {count(kernel)}"),
        ],
        drops=drop_lines(
            (found.network, found.kernel or found.predicted),
            TENTH.value,
            found.predicted,
        ),
    )


@dataclass(frozen=True)
class _Found:
    """The network's need and the best kernel's, measured and predicted, if there."""

    network: Need | None
    kernel: Need | None
    predicted: Need | None
    kernels_end: float  # at how many samples the longest kernel curve ends; 0 for none

    @classmethod
    def of(cls, curves: pd.DataFrame, theory: pd.DataFrame) -> _Found:
        is_kernel = [ink(name).family == "kernel" for name in curves["learner"]]
        measured = needs(curves, TENTH.value)
        return cls(
            network=next((m for m in measured if m.learner == NETWORK), None),
            kernel=_best(measured),
            predicted=_best(needs(theory, TENTH.value)),
            kernels_end=float(curves["n"][is_kernel].max()) if any(is_kernel) else 0.0,
        )

    def theory_beyond(self) -> Need | None:
        """The predicted need, if it lies beyond all that was measured."""
        ahead = self.predicted and self.predicted.n > self.kernels_end
        return self.predicted if ahead else None


def _best(found: list[Need]) -> Need | None:
    reached = [
        need
        for need in found
        if ink(need.learner).family == "kernel" and need.sign != ">"
    ]
    return min(reached, key=lambda need: need.n, default=None)


def _comparison(found: _Found) -> str:
    parts, goal = [], f"reaches {TENTH.label} "
    by = f"reaches {TENTH.label} by"
    if found.network:
        name, end = ink(NETWORK).label, count(found.network.n)
        missed = f"the {name} does not reach {TENTH.label} by n = {end}"
        hit = f"the {name} {goal}at {found.network}"
        parts.append(missed if found.network.sign == ">" else hit)
        goal, by = "", "reaches it by"
    if found.kernel:
        name = ink(found.kernel.learner).label.replace(" kernel", "")
        parts.append(f"the best kernel ({name}) {goal}at {found.kernel}")
    elif found.kernels_end:
        theory = found.theory_beyond()
        note = f" (theory: {theory})" if theory else ""
        parts.append(f"no kernel {by} n = {count(found.kernels_end)}{note}")
    return ", ".join(parts) or "neither kernel nor one-step network"


def _facts(found: _Found) -> list[Fact]:
    theory, end = found.theory_beyond(), found.kernels_end
    if found.kernel:
        value, note = str(found.kernel), ink(found.kernel.learner).label
    else:
        value = f"n > {count(end)}" if end else "–"
        note = f"theory: ≈ {count(theory.n)}" if theory else "beyond the measured range"
    network = str(found.network) if found.network else "–"
    return [
        Fact("network", ink(NETWORK).label, network, f"for {TENTH.label}"),
        Fact("kernel", "best kernel", value, note),
        Fact("ratio", "kernel ÷ network", *_ratio(found)),
    ]


def _ratio(found: _Found) -> tuple[str, str]:
    """The best kernel's samples over the network's, and how that is known."""
    network, kernel, theory = found.network, found.kernel, found.theory_beyond()
    if network is None or network.sign == ">" or not (kernel or found.kernels_end):
        return "–", ""
    if kernel:
        sign = RATIO_SIGNS.get((kernel.sign, network.sign))
        if sign is None:
            return "–", "both from the first size on"
        return f"{sign}{times(kernel.n / network.n)}", "in samples"
    if theory:
        sign = "≈" if network.sign == "≈" else "≥"
        return f"{sign} {times(theory.n / network.n)}", "by theory"
    if found.kernels_end <= network.n:
        return "–", "the kernels' curves end too early"
    return f"> {times(found.kernels_end / network.n)}", "at least"
