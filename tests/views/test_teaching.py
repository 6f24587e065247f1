"""The teachers' pages: each address opens, says what is quoted, and makes its point."""

from __future__ import annotations

import ast
import re
import tomllib
from math import inf, nan, pi
from types import SimpleNamespace
from urllib.parse import unquote

import pytest
from book_sources import ROOT, page_sources

from beyond_the_kernel import catalogue
from replearn.experiments.learning_curves import WIDTH
from replearn.targets import MultiIndex, paper_target, rank_deficient_target
from replearn.views.controls import ExplorerSpec
from replearn.views.explorer import Explorer

PAGES = [path for path in page_sources() if path.stem == "teaching"]
LINK = r'<a href="[\w-]+\.html#(\w+):([^"]+)"(?: aria-label="[^"]+")?>'
ROW = re.compile(rf"^\| {LINK}[^|]+\| ([^|]+) \| ([^|]+) \|$", re.M)
QUOTED = [
    (page.parent.name, *row)
    for page in PAGES
    for row in ROW.findall(page.read_text("utf-8"))
]
POINTS = tomllib.loads((ROOT / "tests/chapters/points.toml").read_text("utf-8"))
OPEN = POINTS.pop("open")
UNITS = {"": 1.0, "k": 1e3, "M": 1e6, "%": 0.01}
WORDS = {"none": 0.0, "nothing": 0.0, "at no n": inf, "–": nan}


def setting(spec: ExplorerSpec, address: str) -> dict[str, float | str]:
    """The knobs' values that an address such as "d=10,r=1" sets."""
    pairs = dict(pair.split("=") for pair in unquote(address).split(","))
    of_short = {knob.short: knob for knob in spec.knobs}
    assert set(pairs) <= set(of_short), f"{address}: the knobs are {list(of_short)}"
    values = {knob.name: knob.default for knob in spec.knobs}
    for short, word in pairs.items():
        of_word = {of_short[short].word(v): v for v in of_short[short].values}
        assert word in of_word, f"{address}: {short} is one of {list(of_word)}"
        values[of_short[short].name] = of_word[word]
    return values


def number(text: str) -> float:
    """The last number of a read-out; infinity after ">", where a level was missed."""
    found = re.findall(r"([\d.]+) ?([kM%]?)", text)
    if not found or ">" in text:
        return inf if ">" in text else WORDS.get(text, nan)
    return float(found[-1][0]) * UNITS[found[-1][1]]


def read_out(explorer: Explorer, address: str, **moved: float) -> SimpleNamespace:
    """What the explorer tells at an address, by the names that points.toml uses."""
    spec, state = explorer._spec, setting(explorer._spec, address)
    state |= {k.name: moved[k.short] for k in spec.knobs if k.short in moved}
    key, told = spec.key(state), {k.short: state[k.name] for k in spec.knobs}
    for fact, _, value, note in explorer.payload["cells"][key]["facts"]:
        name = fact.replace("-", "_")
        told |= {name: number(value), f"{name}_note": number(note)}
    curves = explorer.payload["curves"][key].items()
    return SimpleNamespace(**told, ends={c: rows["mean"][-1] for c, rows in curves})


def near(value: float, other: float, factor: float = 1.15) -> bool:
    """Whether two numbers differ by no more than a factor."""
    return other / factor <= value <= other * factor


def parts(target: MultiIndex) -> list[float]:
    """The shares of degrees one to four of a target, in whole per cent."""
    return [round(target.degree_weights().get(k, 0), 2) for k in range(1, 5)]


FUNCTIONS = (near, parts, paper_target, rank_deficient_target, round)
KNOWN = {f.__name__: f for f in FUNCTIONS} | {"WIDTH": WIDTH, "inf": inf, "pi": pi}


def clauses(check: str) -> list[str]:
    """What an expression of points.toml joins by `and`."""
    tree = ast.parse(f"({check})", mode="eval").body
    return [ast.unparse(c) for c in (getattr(tree, "values", None) or [tree])]


@pytest.fixture(scope="module")
def shown() -> dict[str, Explorer]:
    return {name: moving.open() for name, moving in catalogue.explorers().items()}


def test_every_explorer_is_shown_in_class(shown: dict[str, Explorer]) -> None:
    assert {row[1] for row in QUOTED} == set(shown), "each has a row in a teaching.md"


@pytest.mark.parametrize(
    ("part", "name", "address", "sentence"), [row[:-1] for row in QUOTED]
)
def test_the_explorer_says_what_the_page_quotes(
    shown: dict[str, Explorer], part: str, name: str, address: str, sentence: str
) -> None:
    explorer = shown[name]
    explorer.state = setting(explorer._spec, address)
    assert explorer.finding() == sentence, part


def test_points_toml_has_every_point_of_the_pages_and_no_other() -> None:
    told = [(name, point) for name in POINTS for point in POINTS[name]]
    made = [(row[1], row[-1]) for row in QUOTED if row[-1] not in OPEN]
    assert sorted(told) == sorted(made)
    assert len(made) + len(OPEN) == len(QUOTED)


@pytest.mark.parametrize(
    ("name", "address", "point"),
    [(row[1], row[2], row[-1]) for row in QUOTED if row[-1] not in OPEN],
)
def test_a_point_holds_at_its_address_and_not_on_other_numbers(
    shown: dict[str, Explorer], name: str, address: str, point: str
) -> None:
    assert point in POINTS.get(name, ()), f"no check of {point!r} in points.toml"

    def at(**moved: float) -> SimpleNamespace:
        return read_out(shown[name], address, **moved)

    def holds(clause: str, here: SimpleNamespace) -> bool:
        return bool(eval(clause, {**KNOWN, "at": at, **vars(here)}))

    rows = [read_out(shown[name], row[2]) for row in QUOTED if row[1] == name]
    for clause in clauses(POINTS[name][point]):
        assert holds(clause, at()), f"not so: {clause}"
        assert not all(holds(clause, row) for row in rows), f"so in all rows: {clause}"
