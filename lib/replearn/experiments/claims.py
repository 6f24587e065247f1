"""The ledger: what the papers claim, what the tables say, and the verdict.

A claim is a row of book/claims.toml. Its measure is a function of the tables that
returns a number with an interval; the verdict follows from the two by one rule, and the
page of claims is written from all of it. A row that nothing of ours can test has a
reason in the place of a measure.
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
NOT_TESTED = "not tested"
FINITE, LIMIT, UNTESTED = "at its settings", "in a limit", "not tested here"
SCOPES = (FINITE, LIMIT, UNTESTED)
TEST_FIELDS: tuple[str, ...] = ("tables", "measure", "quantity", "agrees")
REASON_FIELDS: tuple[str, ...] = ("why",)

HEAD = """\
# Claims

What the papers claim, and what this book has measured. Of {total} claims: {counts}.

The verdicts are computed, all by the same rule. Where the measured interval misses the
range that would agree, a claim is *not reproduced*. Where it lies inside, and an
experiment of finite size can settle the matter, it is *reproduced*. All else is
*consistent, but not established at this size*: so is every statement about a limit,
however well the numbers fit. Where no experiment of this size bears on a claim, it is
*not tested*, and the reason is given. Intervals are nominal 95 % intervals over the
seeds. The ranges that would agree, and the tests where the text says so, are ours.
"""
ENTRY = """\
(claim-{id})=
### {title}

{statement} ({{cite:t}}`{source}`, {place})

{finding}
[this chapter]({chapter}.ipynb).
"""
TESTED_ENTRY = """\
| measured | would agree | verdict |
|---|---|---|
| {found} | {range} | **{verdict}** |

Measured is the {quantity}; from the table {tables}, discussed in"""
UNTESTED_ENTRY = """\
**{verdict}**. {why} It is discussed in"""


@dataclass(frozen=True)
class Claim:
    """One result of a paper, and what would agree with it.

    Args:
        part: of the book. id: a short name, unique. title: of its entry on the page.
        source: key of the paper in references.bib. place: theorem or figure there.
        statement: what it says, in our words.
        scope: "at its settings", when a finite experiment can establish it; "in a
            limit", when none can; "not tested here", when none of ours bears on it.
        chapter: the page that speaks of it.
        tables: the sweeps that the measure reads. measure: its name in the registry.
        quantity: what is measured, in words. agrees: (low, high), where the measure
            must lie; infinite ends allowed. These four only if the claim is tested.
        why: it is not tested; only then. digits: of the printed figures, after the
            point.
    Raises:
        ValueError: an unknown scope, an empty range, a field that the scope asks for
            and that is missing, or one that it does not allow.
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
    chapter: str
    tables: tuple[str, ...] = ()
    measure: str = ""
    quantity: str = ""
    agrees: tuple[float, float] | None = None
    why: str = ""
    digits: int = 2

    def __post_init__(self) -> None:
        check_choice("scope", self.scope, SCOPES)
        fields = TEST_FIELDS, REASON_FIELDS
        needed, barred = fields[::-1] if self.scope == UNTESTED else fields
        if missing := [name for name in needed if not getattr(self, name)]:
            raise ValueError(f"claim {self.id} is {self.scope}: it needs {missing}")
        if extra := [name for name in barred if getattr(self, name)]:
            raise ValueError(
                f"claim {self.id} is {self.scope}: it has {extra} too many"
            )
        if self.agrees is not None and not self.agrees[0] < self.agrees[1]:
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
    """A row as a claim; what is absent is left to the claim's own checks."""
    kept = dict(row)
    if "agrees" in kept:
        low, high = (float(end) for end in kept["agrees"])
        kept["agrees"] = (low, high)
    if "tables" in kept:
        kept["tables"] = tuple(kept["tables"])
    return Claim(**kept)


def evaluate(claim: Claim) -> tuple[Interval | None, str]:
    """Measure a claim and judge it.

    Args:
        claim: a row of the ledger.
    Returns:
        (value, low, high), and the verdict; None and NOT_TESTED where none is asked.
    Raises:
        ValueError: there is no such measure. FileNotFoundError: a table is missing.
    Cost:
        That of the measure, seconds at most.
    Example:
        >>> (value, low, high), verdict = evaluate(ledger()[0])
        >>> low <= value <= high
        True
    """
    if claim.scope == UNTESTED:
        return None, NOT_TESTED
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
        ValueError: the measure is not finite, its interval is out of order, or the
            claim is not one that is tested.
    Cost:
        O(1).
    Example:
        >>> judge((0.0, -1.0, 1.0), ledger()[0])  # an exponent near zero: no kernel
        'not reproduced'
    """
    if claim.agrees is None:
        raise ValueError(
            f"claim {claim.id} is {claim.scope}: there is nothing to judge"
        )
    value, low, high = found
    if not (np.isfinite(found).all() and low <= value <= high):
        raise ValueError(f"claim {claim.id}: measured {found} is no interval")
    least, most = claim.agrees
    if high < least or low > most:
        return REFUTED
    inside = least <= low and high <= most
    return REPRODUCED if inside and claim.scope == FINITE else CONSISTENT


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
    counts = _counts([verdict for _, _, verdict in rows])
    text = [HEAD.format(counts=counts, total=len(rows))]
    part = None
    for claim, found, verdict in rows:
        if claim.part != part:
            part = claim.part
            text.append(f"## {part}\n")
        text.append(_entry(claim, found, verdict))
    return "\n".join(text)


def _counts(verdicts: Sequence[str]) -> str:
    counted = [f"{verdicts.count(v)} {v}" for v in (REPRODUCED, CONSISTENT, REFUTED)]
    if untested := verdicts.count(NOT_TESTED):
        number = "one" if untested == 1 else str(untested)
        counted.append(f"and {number} that no experiment of this size can test")
    return "; ".join(counted)


def _entry(claim: Claim, found: Interval | None, verdict: str) -> str:
    if found is None or claim.agrees is None:
        finding = UNTESTED_ENTRY.format(verdict=verdict, why=claim.why)
    else:
        finding = _finding(claim, found, claim.agrees, verdict)
    return ENTRY.format(**vars(claim), finding=finding)


def _finding(
    claim: Claim, found: Interval, agrees: tuple[float, float], verdict: str
) -> str:
    value, low, high = (f"{number:.{claim.digits}f}" for number in found)
    tables = ", ".join(f"`{name}`" for name in claim.tables)
    return TESTED_ENTRY.format(
        found=f"{value} [{low}, {high}]",
        range=_range(agrees, claim.digits),
        verdict=verdict,
        quantity=claim.quantity,
        tables=tables,
    )


def _range(agrees: tuple[float, float], digits: int) -> str:
    low, high = (f"{end:.{digits}f}" for end in agrees)
    if np.isinf(agrees[0]):
        return f"at most {high}"
    return f"at least {low}" if np.isinf(agrees[1]) else f"{low} to {high}"
