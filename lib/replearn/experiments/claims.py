"""The ledger: what the papers claim, what the tables say, and the verdict.

A claim is a row of book/claims.toml. Its measure is a function of the tables that
returns a number with an interval; the verdict follows from the two by one rule, and the
page of claims is written from all of it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from replearn.checks import check_choice
from replearn.experiments.curves import Interval
from replearn.experiments.registry import MEASURES
from replearn.experiments.tables import TABLES

LEDGER = TABLES.parent / "claims.toml"
PAGE = TABLES.parent / "claims.md"
REPRODUCED = "reproduced"
CONSISTENT = "consistent, but not established at this size"
REFUTED = "not reproduced"
SCOPES = ("at its settings", "in a limit")

HEAD = """\
# Claims

What the papers claim, and what this book has measured. Of {total} claims: {counts}.

The verdicts are computed, all by the same rule. Where the measured interval misses the
range that would agree, a claim is *not reproduced*. Where it lies inside, and an
experiment of finite size can settle the matter, it is *reproduced*. All else is
*consistent, but not established at this size*: so is every statement about a limit,
however well the numbers fit. Intervals are nominal 95 % intervals over the seeds.
"""
ENTRY = """\
(claim-{id})=
### {title}

{statement} ({{cite:t}}`{source}`, {place})

| measured | would agree | verdict |
|---|---|---|
| {found} | {range} | **{verdict}** |

Measured is the {quantity}; from the table {tables}, discussed in
[this chapter]({chapter}.ipynb).
"""


@dataclass(frozen=True)
class Claim:
    """One result of a paper, and what would agree with it.

    Args:
        part: of the book. id: a short name, unique. title: of its entry on the page.
        source: key of the paper in references.bib. place: theorem or figure there.
        statement: what it says, in our words.
        scope: "at its settings", when a finite experiment can establish it, or "in a
            limit", when none can.
        tables: the sweeps that the measure reads. measure: its name in the registry.
        quantity: what is measured, in words. agrees: (low, high), where the measure
            must lie; infinite ends allowed. chapter: the page that speaks of it.
        digits: of the printed figures, after the point.
    Raises:
        ValueError: an unknown scope, or an empty range.
    Example:
        >>> ledger()[0].scope in SCOPES
        True
    """

    part: str
    id: str
    title: str
    source: str
    place: str
    statement: str
    scope: str
    tables: tuple[str, ...]
    measure: str
    quantity: str
    agrees: tuple[float, float]
    chapter: str
    digits: int = 2

    def __post_init__(self) -> None:
        check_choice("scope", self.scope, SCOPES)
        low, high = self.agrees
        if not low < high:
            raise ValueError(f"claim {self.id}: agrees={self.agrees} is no range")


def ledger(path: Path = LEDGER) -> list[Claim]:
    """All claims of the book, in the order of the file.

    Args:
        path: of the TOML file.
    Returns:
        The claims.
    Raises:
        ValueError, TypeError: a row lacks a field or has one too many; an id twice.
    Cost:
        Reads one small file.
    Example:
        >>> len({claim.id for claim in ledger()}) == len(ledger())
        True
    """
    claims = [_claim(row) for row in tomllib.loads(path.read_text("utf-8"))["claim"]]
    ids = [claim.id for claim in claims]
    if len(set(ids)) < len(ids):
        raise ValueError(f"an id occurs twice among {ids}")
    return claims


def _claim(row: dict[str, Any]) -> Claim:
    low, high = (float(end) for end in row["agrees"])
    return Claim(**row | {"agrees": (low, high), "tables": tuple(row["tables"])})


def evaluate(claim: Claim) -> tuple[Interval, str]:
    """Measure a claim and judge it.

    Args:
        claim: a row of the ledger.
    Returns:
        (value, low, high), and the verdict.
    Raises:
        ValueError: there is no such measure. FileNotFoundError: a table is missing.
    Cost:
        That of the measure, seconds at most.
    Example:
        >>> (value, low, high), verdict = evaluate(ledger()[0])
        >>> low <= value <= high
        True
    """
    check_choice("measure", claim.measure, tuple(MEASURES))
    found = MEASURES[claim.measure]()
    return found, judge(found, claim)


def judge(found: Interval, claim: Claim) -> str:
    """The verdict on a measured interval: one rule for all claims.

    Where the interval misses the agreed range, the claim is not reproduced. Where it
    lies inside, and a finite experiment can establish the claim, it is reproduced.
    All else is consistent with the claim and does not establish it.

    Args:
        found: (value, low, high). claim: a row of the ledger.
    Returns:
        REPRODUCED, CONSISTENT or REFUTED.
    Raises:
        ValueError: the measure is not finite, or its interval is out of order.
    Cost:
        O(1).
    Example:
        >>> judge((0.0, -1.0, 1.0), ledger()[0])  # an exponent near zero: no kernel
        'not reproduced'
    """
    value, low, high = found
    if not (np.isfinite(found).all() and low <= value <= high):
        raise ValueError(f"claim {claim.id}: measured {found} is no interval")
    least, most = claim.agrees
    if high < least or low > most:
        return REFUTED
    inside = least <= low and high <= most
    return REPRODUCED if inside and claim.scope == SCOPES[0] else CONSISTENT


def page(claims: Sequence[Claim] | None = None) -> str:
    """The page of claims, as the book's Markdown.

    Args:
        claims: the rows; None takes the whole ledger.
    Returns:
        Markdown with a section for each part and an entry for each claim.
    Raises:
        As `evaluate`.
    Cost:
        That of all measures.
    Example:
        >>> page(ledger()[:1]).splitlines()[0]
        '# Claims'
    """
    rows = [(claim, *evaluate(claim)) for claim in claims or ledger()]
    verdicts = [verdict for _, _, verdict in rows]
    counted = [f"{verdicts.count(v)} {v}" for v in (REPRODUCED, CONSISTENT, REFUTED)]
    text = [HEAD.format(counts="; ".join(counted), total=len(rows))]
    part = None
    for claim, found, verdict in rows:
        if claim.part != part:
            part = claim.part
            text.append(f"## {part}\n")
        text.append(_entry(claim, found, verdict))
    return "\n".join(text)


def _entry(claim: Claim, found: Interval, verdict: str) -> str:
    value, low, high = (f"{number:.{claim.digits}f}" for number in found)
    tables = ", ".join(f"`{name}`" for name in claim.tables)
    return ENTRY.format(
        **vars(claim) | {"tables": tables},
        found=f"{value} [{low}, {high}]",
        range=_range(claim),
        verdict=verdict,
    )


def _range(claim: Claim) -> str:
    low, high = (f"{end:.{claim.digits}f}" for end in claim.agrees)
    if np.isinf(claim.agrees[0]):
        return f"at most {high}"
    return f"at least {low}" if np.isinf(claim.agrees[1]) else f"{low} to {high}"
