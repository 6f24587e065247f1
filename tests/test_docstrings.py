"""The docstring contract: purpose, arguments, result, errors, cost, an example."""

import doctest
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable
from dataclasses import is_dataclass
from types import ModuleType
from typing import Any

import pytest

import replearn
from replearn.experiments import exercises

# mathematics and measurement keep the whole contract; what shows, stores and judges
# needs a sentence
STORES = ("exercises", "questions", "runner", "sweep", "tables")
ADAPTERS = ("replearn.checks", "replearn.views")
ADAPTERS += tuple(f"replearn.experiments.{name}" for name in STORES)
MEASURED = "replearn.experiments"  # an example would train a network
SECTIONS = ("Args:", "Returns:", "Raises:", "Cost:", "Example:")
Faults = list[str]


def modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(replearn.__path__, "replearn.")
    names = [info.name for info in found if not info.name.endswith("__main__")]
    return [importlib.import_module(name) for name in ["replearn", *names]]


def public(owners: Iterable[Any], kind: Callable[[Any], bool]) -> list[Any]:
    """What is public, of this kind and the owners' own; properties as functions."""
    found = []
    for owner in owners:
        home = getattr(owner, "__module__", owner.__name__)
        for name, member in vars(owner).items():
            member = member.fget if isinstance(member, property) else member
            member = inspect.unwrap(getattr(member, "__func__", member))
            own = kind(member) and member.__module__ == home
            if own and not name.startswith("_") and member.__name__ != "<lambda>":
                found.append(member)
    return found


FUNCTIONS = public(modules(), inspect.isfunction)
CLASSES = public(modules(), inspect.isclass)
METHODS = public(CLASSES, inspect.isfunction)


def full_name(thing: Any) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"


def parameters_of(thing: Any) -> list[inspect.Parameter]:
    found = inspect.signature(thing).parameters.values()
    return [p for p in found if p.name not in ("self", "cls") and p.name[0] != "_"]


def purpose_faults(thing: Any) -> Faults:
    text = inspect.getdoc(thing)
    if not text:
        return ["no docstring"]
    faults = []
    first = text.split("\n\n")[0]
    if len(first.splitlines()) > 2 or not first.rstrip().endswith((".", ":", ")")):
        faults.append("the first paragraph is not one short sentence")
    if re.search(r"\[[MOPS]\]", text):
        faults.append("a tag of the research notes is printed")
    return faults


def argument_faults(thing: Any) -> Faults:
    """Arguments that are not named between `Args:` and the next heading."""
    described = (inspect.getdoc(thing) or "").partition("Args:")[2]
    described = re.split("|".join(SECTIONS), described)[0]
    names = [p.name for p in parameters_of(thing)]
    missing = [name for name in names if not re.search(rf"\b{name}\b", described)]
    return [f"argument {name} undescribed" for name in missing]


def function_faults(function: Any) -> Faults:
    faults = purpose_faults(function)
    if full_name(function).startswith(ADAPTERS):
        return faults
    text = inspect.getdoc(function) or ""
    returns = str(inspect.signature(function).return_annotation) != "None"
    # what an argument out of its range raises, the package says once
    raised = set(re.findall(r"\braise (\w+)", inspect.getsource(function)))
    raises = raised - {"ValueError", "TypeError"}
    shown = not full_name(function).startswith(MEASURED)
    wanted = {"Returns:": returns, "Raises:": raises, "Cost:": True, ">>>": shown}
    faults += [f"no {w}" for w, asked in wanted.items() if asked and w not in text]
    return faults + argument_faults(function)


def class_faults(owner: Any) -> Faults:
    faults = purpose_faults(owner)
    protocol = getattr(owner, "_is_protocol", False)
    if "__init__" in vars(owner) and not inspect.isabstract(owner) and not protocol:
        faults += argument_faults(owner)
        adapter = full_name(owner).startswith(ADAPTERS) or is_dataclass(owner)
        if (
            parameters_of(owner)
            and not adapter
            and "Cost:" not in (inspect.getdoc(owner) or "")
        ):
            faults.append("no Cost:")
    return faults


def annotation_faults(function: Any) -> Faults:
    empty = inspect.Parameter.empty
    bare = [p.name for p in parameters_of(function) if p.annotation is empty]
    if inspect.signature(function).return_annotation is inspect.Signature.empty:
        bare.append("the result")
    return [f"{name} has no type" for name in bare]


@pytest.mark.parametrize(
    ("things", "at_least", "faults_of"),
    [
        (FUNCTIONS, 30, function_faults),
        (CLASSES, 8, class_faults),
        (METHODS, 10, purpose_faults),
        (FUNCTIONS + METHODS, 40, annotation_faults),
    ],
)
def test_all_that_is_public_keeps_the_contract(
    things: list[Any], at_least: int, faults_of: Callable[[Any], Faults]
) -> None:
    assert len(things) > at_least
    faults = {full_name(thing): faults_of(thing) for thing in things}
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.__name__)
def test_module_says_what_it_holds_and_its_examples_run(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    # an example may declare an exercise, and is run elsewhere in this process too
    monkeypatch.setattr(exercises, "_EXERCISES", {})
    assert (module.__doc__ or "").strip()
    outcome = doctest.testmod(module)
    assert outcome.failed == 0


def test_the_contract_finds_faults() -> None:
    def bare(n: int) -> int:
        if n < 0:
            raise MemoryError
        return n

    def full(n: int) -> int:
        """Return n.

        Args: n: any number. Returns: the number. Cost: O(1).
        Example:
            >>> 1
            1
        """
        return n

    found = ["no docstring", "no Returns:", "no Raises:", "no Cost:", "no >>>"]
    assert function_faults(bare) == [*found, "argument n undescribed"]
    assert function_faults(full) == []
    del full.__annotations__["n"]
    assert annotation_faults(full) == ["n has no type"]
    full.__doc__ = (full.__doc__ or "").replace("n: any number", "m: any number")
    assert function_faults(full) == ["argument n undescribed"]
