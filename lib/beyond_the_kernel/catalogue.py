"""All that the chapters declare, found by its type: there is no list to keep."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from replearn.checks import check_choice
from replearn.experiments.sweep import Sweep

if TYPE_CHECKING:
    from beyond_the_kernel.claims import Claim
    from replearn.experiments.curves import Interval
    from replearn.views.hero import Hero
    from replearn.views.lab import LabSpec
    from replearn.views.moving import Moving

PACKAGE = "beyond_the_kernel"
T = TypeVar("T")


def chapters(package: str = PACKAGE) -> list[str]:
    """The chapters' names, those of their folders: each has a grid.py."""
    folders = [Path(folder) for folder in import_module(package).__path__]
    return sorted(grid.parent.name for f in folders for grid in f.glob("*/grid.py"))


def load(chapter: str, part: str, package: str = PACKAGE) -> ModuleType:
    """A chapter's module: its grid, show or checks."""
    return import_module(f"{package}.{chapter}.{part}")


def sweeps(package: str = PACKAGE) -> dict[str, Sweep]:
    """Every sweep by the name of its table, chapter by chapter."""
    return _unique((s.name, s) for _, s in declared("grid", Sweep, package))


def find_sweep(name: str, package: str = PACKAGE) -> Sweep:
    """The sweep of this name; a ValueError names the known ones."""
    known = sweeps(package)
    return known[check_choice("name", name, list(known))]


def explorers(package: str = PACKAGE) -> dict[str, Moving]:
    """Every figure to move by the name of its spec."""
    from replearn.views.moving import Moving

    return _unique((m.spec.name, m) for _, m in declared("show", Moving, package))


def labs(package: str = PACKAGE) -> dict[str, LabSpec]:
    """Every chapter's lab."""
    from replearn.views.lab import LabSpec

    return _unique(declared("show", LabSpec, package))


def heroes(package: str = PACKAGE) -> dict[str, Hero]:
    """Every chapter's object that moves."""
    from replearn.views.hero import Hero

    return _unique(declared("show", Hero, package))


def measure(claim: Claim, package: str = PACKAGE) -> Interval:
    """A claim measured: as its row says, or by the function of its chapter's grid."""
    from beyond_the_kernel.claims import measure_row

    if not claim.measure:
        return measure_row(claim)
    chapter = claim.chapter.rpartition("/")[2].replace("-", "_")
    check_choice(f"claim {claim.id}: chapter", chapter, chapters(package))
    grid = load(chapter, "grid", package)
    if not callable(measure := getattr(grid, claim.measure, None)):
        raise ValueError(
            f"claim {claim.id}: measure={claim.measure!r} is no function of "
            f"{grid.__name__}"
        )
    found: Interval = measure()
    return found


def declared(
    part: str, kind: type[T], package: str = PACKAGE
) -> Iterator[tuple[str, T]]:
    """(chapter, object) for all objects of this type in a part of each chapter."""
    for chapter in chapters(package):
        for value in vars(load(chapter, part, package)).values():
            if isinstance(value, kind):
                yield chapter, value


def _unique(pairs: Iterator[tuple[str, T]]) -> dict[str, T]:
    found: dict[str, T] = {}
    for name, value in pairs:
        if found.setdefault(name, value) is not value:
            raise ValueError(f"{name!r} is declared twice")
    return found
