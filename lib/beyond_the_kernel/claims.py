"""The ledger: what the papers claim, what the tables say, and the verdict.

A claim is a row of book/claims.toml. What is read off the tables stands in the row as
data, or is a function that the caller finds; either gives a number with an interval.
The verdict follows from the two by one rule, and the page of claims is written from all
of it. A row that nothing of ours can test has a reason in the place of a reading. Each
range that would agree stands in book/ranges.toml too, with its date and its reason.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from replearn.checks import check_choice
from replearn.experiments import curves
from replearn.experiments.curves import Interval
from replearn.experiments.tables import TABLES, read_readings, read_table

LEDGER = TABLES.parent / "claims.toml"
RANGES = TABLES.parent / "ranges.toml"
PAGE = TABLES.parent / "claims.md"
REPRODUCED = "reproduced"
CONSISTENT = "consistent, but not established at this size"
REFUTED = "not reproduced"
NOT_TESTED = "not tested"
FINITE, LIMIT, UNTESTED = "at its settings", "in a limit", "not tested here"
SCOPES = (FINITE, LIMIT, UNTESTED)
# who asks: a paper claims it, or we want to know; the headline counts the former
PAPERS, OURS = "papers", "ours"
SECTIONS = {PAPERS: "What the papers claim", OURS: "Questions of ours"}
BADGES = {REPRODUCED: "success", CONSISTENT: "info", REFUTED: "danger"}
# what a reading may say, beside the table and the rows `where` it looks
READINGS: dict[str, tuple[str, ...]] = {
    "exponent": ("value", "level", "over", "rising", "from"),
    "mean": ("value",),
    "ratio": ("value", "against", "least"),
    "printed": ("value", "readings"),
}
READING_FIELDS = ("table", "where", *dict.fromkeys(sum(READINGS.values(), ())))
TEST_FIELDS: tuple[str, ...] = ("tables", "quantity", "agrees")
REASON_FIELDS: tuple[str, ...] = ("why",)

ENTRY = """\
(claim-{id})=
### {title}

{statement} ({origin}, {place})

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


Measure = Callable[["Claim"], Interval]


@dataclass(frozen=True)
class Claim:
    """One result of a paper, or of this book, and what would agree with it.

    Args:
        part: of the book. id: a short name, unique. title: of its entry on the page.
        source: key of the paper in references.bib, "" for a result of this book.
        place: theorem or figure there.
        statement: what it says, in our words.
        scope: "at its settings", when a finite experiment can establish it; "in a
            limit", when none can; "not tested here", when none of ours bears on it.
        chapter: the page that speaks of it.
        tables: the sweeps that are read. quantity: what is read off, in words.
        agrees: (low, high), where it must lie; infinite ends allowed. These three, and
            either reads or measure, only if the claim is tested.
        reads: "exponent" of n along a column, "mean" over the seeds of one point,
            "ratio" to the same seeds of another, "printed" to what a paper's figure
            shows. reading: with what, see `READINGS`.
        measure: where these do not suffice, the name of a function of the chapter.
        why: it is not tested; only then. digits: of the printed figures, after the
            point. asks: "papers", or "ours" for what no paper claims in so many words.
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
    quantity: str = ""
    agrees: tuple[float, float] | None = None
    reads: str = ""
    reading: Mapping[str, Any] = field(default_factory=dict)
    measure: str = ""
    why: str = ""
    digits: int = 2
    asks: str = PAPERS

    def __post_init__(self) -> None:
        check_choice(f"claim {self.id}: scope", self.scope, SCOPES)
        check_choice(f"claim {self.id}: asks", self.asks, tuple(SECTIONS))
        ways = ("reads", "reading", "measure")
        needed, barred = TEST_FIELDS, REASON_FIELDS
        if self.scope == UNTESTED:
            needed, barred = barred, (*needed, *ways)
        if missing := [name for name in needed if not getattr(self, name)]:
            raise ValueError(f"claim {self.id} is {self.scope}: it needs {missing}")
        if extra := [name for name in barred if getattr(self, name)]:
            raise ValueError(
                f"claim {self.id} is {self.scope}: it has {extra} too many"
            )
        if self.scope != UNTESTED:
            self._check_reading()
        if self.agrees is not None and not self.agrees[0] < self.agrees[1]:
            raise ValueError(f"claim {self.id}: agrees={self.agrees} is no range")

    def _check_reading(self) -> None:
        if bool(self.reads) == bool(self.measure):
            raise ValueError(f"claim {self.id}: it needs either reads or measure")
        allowed: tuple[str, ...] = ()
        if self.reads:
            check_choice(f"claim {self.id}: reads", self.reads, tuple(READINGS))
            allowed = ("table", "where", *READINGS[self.reads])
        if extra := [key for key in self.reading if key not in allowed]:
            raise ValueError(
                f"claim {self.id}: {self.reads or self.measure} does not take {extra}; "
                f"it takes {list(allowed)}"
            )
        if self.reads == "ratio" and "against" not in self.reading:
            raise ValueError(f"claim {self.id}: a ratio needs against")
        table = self.reading.get("table")
        if table is not None:
            check_choice(f"claim {self.id}: table", table, self.tables)


def ledger(path: Path = LEDGER, ranges: Path = RANGES) -> list[Claim]:
    """All claims of the book, in the order of the file.

    Args: path: of the TOML file. ranges: the record of their ranges.
    Example:
        >>> len({claim.id for claim in ledger()}) == len(ledger())
        True
    """
    claims = [_claim(row) for row in tomllib.loads(path.read_text("utf-8"))["claim"]]
    ids = [claim.id for claim in claims]
    if len(set(ids)) < len(ids):
        raise ValueError(f"an id occurs twice among {ids}")
    recorded = _recorded(ranges)
    for claim in claims:
        if claim.agrees != recorded.get(claim.id):
            raise ValueError(
                f"claim {claim.id}: {path.name} says agrees={claim.agrees}, the last "
                f"record in {ranges.name} says {recorded.get(claim.id)}; a range "
                "changes only by a new record there, with its date and reason"
            )
    return claims


def _claim(row: dict[str, Any]) -> Claim:
    """A row as a claim: what says how to read goes to `reading`, ends become floats."""
    name = row.get("id", "without an id")
    reading = {key: row[key] for key in READING_FIELDS if key in row}
    kept = {key: value for key, value in row.items() if key not in reading}
    own = [f.name for f in fields(Claim) if f.name != "reading"]
    if unknown := [key for key in kept if key not in own]:
        raise ValueError(
            f"claim {name}: unexpected {unknown}; a row has {own} and, "
            f"as its reading asks, {list(READING_FIELDS)}"
        )
    if missing := [key for key in own[:8] if key not in kept]:
        raise ValueError(f"claim {name}: it needs {missing}")
    if "agrees" in kept:
        kept["agrees"] = _ends(kept["agrees"])
    if "tables" in kept:
        kept["tables"] = tuple(kept["tables"])
    return Claim(**kept, reading=reading)


def _ends(agrees: Sequence[float]) -> tuple[float, float] | None:
    """A range as it is written, [] for none."""
    if not agrees:
        return None
    low, high = agrees
    return float(low), float(high)


def _recorded(path: Path) -> dict[str, tuple[float, float] | None]:
    """The range that each claim has had last, by the record."""
    last: dict[str, tuple[float, float] | None] = {}
    days: dict[str, date] = {}
    for record in tomllib.loads(path.read_text("utf-8"))["range"]:
        name, day, agrees = record["id"], record["date"], _ends(record["agrees"])
        day = day.date() if isinstance(day, datetime) else day
        if not record["reason"].strip():
            raise ValueError(f"claim {name}: its range of {day} has no reason")
        if day < days.get(name, day):
            raise ValueError(f"claim {name}: its range of {day} follows a later one")
        if agrees == last.get(name):
            raise ValueError(f"claim {name}: its range of {day} is the one before")
        last[name], days[name] = agrees, day
    return last


def measure_row(claim: Claim) -> Interval:
    """The number that a claim's row describes, read off its table.

    Example:
        >>> value, low, high = measure_row(ledger()[0])
        >>> low <= value <= high
        True
    """
    if not claim.reads:
        raise ValueError(f"claim {claim.id}: its row says nothing that can be read")
    options = dict(claim.reading)
    table = read_table(options.pop("table", claim.tables[0]))
    where, smallest = options.pop("where", {}), options.pop("from", 0)
    against = options.pop("against", None)
    try:
        rows = curves.select(table, **where)
        if (over := options.get("over", "")).startswith("1/"):
            column = check_choice("over", over[2:], [*rows])
            rows = rows.assign(**{over: 1 / rows[column]})
        if claim.reads == "exponent":
            return curves.fit_exponent(curves.reach(rows, **options), smallest)
        if claim.reads == "printed":
            return _over_printed(rows, where, **options)
        if options.pop("least", False):  # of several points, the smallest of each seed
            value = options.get("value", "error")
            rows = rows.groupby("seed", as_index=False)[[value]].min()
        values = curves.seed_values(rows, **options)
        if against is not None:
            base = curves.select(table, **(where | against))
            values = values / curves.seed_values(base, **options)
        return curves.mean_interval(values)
    except (ValueError, TypeError) as error:
        raise ValueError(f"claim {claim.id}: {error}") from error


def _over_printed(
    rows: pd.DataFrame, where: dict[str, Any], readings: str, value: str = "error"
) -> Interval:
    """Ours over a figure's, the geometric mean over the points that were read off it.

    Args: rows: of the table. where: they are. readings: the CSV, its columns of the
        table's and `value`.
    """
    logs = []
    for point in curves.select(read_readings(readings), **where).to_dict("records"):
        at = {str(name): there for name, there in point.items() if name != value}
        ours = curves.seed_values(curves.select(rows, **at), value)
        logs.append(np.log(ours / point[value]))
    mean, low, high = np.exp(curves.mean_interval(np.mean(logs, axis=0)))
    return float(mean), float(low), float(high)


def evaluate(
    claim: Claim, measure: Measure = measure_row
) -> tuple[Interval | None, str]:
    """Measure a claim and judge it.

    Args:
        claim: a row of the ledger. measure: gives the number of a claim; another one
            than `measure_row` finds the functions that rows name.
    Returns: (value, low, high), the verdict; None, NOT_TESTED where none is asked.
    Example:
        >>> evaluate(ledger()[0], lambda claim: (0.0, -1.0, 1.0))[1]
        'not reproduced'
    """
    if claim.scope == UNTESTED:
        return None, NOT_TESTED
    found = measure(claim)
    return found, judge(found, claim)


def judge(found: Interval, claim: Claim) -> str:
    """The verdict on a measured interval: one rule for all claims.

    Where the interval misses the agreed range, the claim is not reproduced. Where it
    lies inside, and a finite experiment can establish the claim, it is reproduced.
    All else is consistent with the claim and does not establish it.

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


def page(
    claims: Sequence[Claim] | None = None, *, measure: Measure = measure_row
) -> str:
    """The page of claims, as the book's Markdown.

    Args: claims: the rows; None takes the whole ledger. measure: as in `evaluate`.
    Returns: markdown: an overview, then an entry for each claim, the papers' first.
    Example:
        >>> page(ledger()[:1]).splitlines()[0]
        '# Claims'
    """
    asked = claims or ledger()
    ordered = sorted(asked, key=lambda claim: [*SECTIONS].index(claim.asks))
    rows = [(claim, *evaluate(claim, measure)) for claim in ordered]
    theirs = [verdict for claim, _, verdict in rows if claim.asks == PAPERS]
    text = [_head().format(counts=_counts(theirs), total=len(theirs)), _overview(rows)]
    place = None
    for claim, found, verdict in rows:
        if (claim.asks, claim.part) != place:
            place = claim.asks, claim.part
            text.append(f"## {SECTIONS[claim.asks]}: {claim.part.lower()}\n")
        text.append(_entry(claim, found, verdict))
    return "\n".join(text)


def _overview(rows: Sequence[tuple[Claim, Interval | None, str]]) -> str:
    """One line for each claim: its title, who asks, and the verdict."""
    lines = ["| claim | asked by | verdict |", "|---|---|---|"]
    for claim, _, verdict in rows:
        word, comma, rest = verdict.partition(",")
        if verdict in BADGES:
            word = f"{{bdg-{BADGES[verdict]}}}`{word}`"
        asks = "the paper" if claim.asks == PAPERS else "us"
        lines.append(
            f"| [{claim.title}](#claim-{claim.id}) | {asks} | {word}{comma}{rest} |"
        )
    return "\n".join([*lines, ""])


def _head(path: Path = LEDGER) -> str:
    """What stands above the claims, a text of the book."""
    return str(tomllib.loads(path.read_text("utf-8"))["head"])


def _counts(verdicts: Sequence[str]) -> str:
    asked = (REPRODUCED, CONSISTENT, REFUTED)
    counted = [f"{verdicts.count(v)} {v}" for v in asked if v in verdicts]
    if untested := verdicts.count(NOT_TESTED):
        number = "one" if untested == 1 else str(untested)
        counted.append(f"and {number} that no experiment of this size can test")
    return "; ".join(counted)


def _entry(claim: Claim, found: Interval | None, verdict: str) -> str:
    if found is None or claim.agrees is None:
        finding = UNTESTED_ENTRY.format(verdict=verdict, why=claim.why)
    else:
        finding = _finding(claim, found, claim.agrees, verdict)
    origin = f"{{cite:t}}`{claim.source}`" if claim.source else "this book"
    return ENTRY.format(**vars(claim), origin=origin, finding=finding)


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
