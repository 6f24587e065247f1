"""The docstring contract: purpose, arguments, result, errors, cost, an example."""

import doctest
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from types import ModuleType
from typing import Any

import pytest

import replearn

# mathematics and measurement keep the whole contract; what shows, stores and judges
# needs a sentence
ADAPTERS = (
    "replearn.checks",
    "replearn.views",
    "replearn.experiments.claims",
    "replearn.experiments.exercises",
    "replearn.experiments.runner",
    "replearn.experiments.sweep",
    "replearn.experiments.tables",
)
SECTIONS = ("Args:", "Returns:", "Raises:", "Cost:", "Example:")


def modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(replearn.__path__, "replearn.")
    names = [info.name for info in found if not info.name.endswith("__main__")]
    return [importlib.import_module(name) for name in ["replearn", *names]]


def own_members(owner: Any, kind: Callable[[Any], bool], home: str) -> Iterator[Any]:
    for name, member in vars(owner).items():
        if name.startswith("_"):
            continue
        member = inspect.unwrap(getattr(member, "__func__", member))
        if kind(member) and member.__module__ == home:
            yield member


def public_functions() -> list[Any]:
    return [
        f for m in modules() for f in own_members(m, inspect.isfunction, m.__name__)
    ]


def public_classes() -> list[Any]:
    return [c for m in modules() for c in own_members(m, inspect.isclass, m.__name__)]


def public_methods() -> list[Any]:
    found = []
    for owner in public_classes():
        for name, member in vars(owner).items():
            if isinstance(member, property):
                member = member.fget
            member = getattr(member, "__func__", member)
            if inspect.isfunction(member) and not name.startswith("_"):
                found.append(member)
    return found


def full_name(thing: Any) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"


def section(text: str, heading: str) -> str:
    """The text below a heading, up to the next one."""
    after = text.split(heading, 1)[1] if heading in text else ""
    return re.split("|".join(SECTIONS), after)[0]


def is_public(name: str) -> bool:
    return not name.startswith("_") and name not in ("self", "cls")


def missing_from_args(text: str, parameters: list[str]) -> list[str]:
    described = section(text, "Args:")
    return [p for p in parameters if not re.search(rf"\b{p}\b", described)]


def raises_itself(function: Any) -> bool:
    """Beyond what the checks of its arguments refuse, which the package says once."""
    return bool(re.search(r"\braise \w", inspect.getsource(function)))


def function_faults(function: Any) -> list[str]:
    text = inspect.getdoc(function) or ""
    if full_name(function).startswith(ADAPTERS):
        return purpose_faults(text)
    signature = inspect.signature(function)
    parameters = [p for p in signature.parameters if is_public(p)]
    faults = purpose_faults(text)
    faults += [f"argument {p} undescribed" for p in missing_from_args(text, parameters)]
    if str(signature.return_annotation) != "None" and "Returns:" not in text:
        faults.append("no Returns:")
    if raises_itself(function) and "Raises:" not in text:
        faults.append("no Raises:, though it raises")
    if "Cost:" not in text:
        faults.append("no Cost:")
    if ">>>" not in text:
        faults.append("no Example:")
    return faults


def class_faults(owner: Any) -> list[str]:
    text = inspect.getdoc(owner) or ""
    protocol = getattr(owner, "_is_protocol", False)
    if "__init__" in vars(owner) and not inspect.isabstract(owner) and not protocol:
        parameters = [p for p in inspect.signature(owner).parameters if is_public(p)]
    else:
        parameters = []
    faults = purpose_faults(text)
    faults += [f"argument {p} undescribed" for p in missing_from_args(text, parameters)]
    if parameters and not is_dataclass(owner) and "Cost:" not in text:
        faults.append("no Cost:")
    return faults


def purpose_faults(text: str) -> list[str]:
    if not text:
        return ["no docstring"]
    faults = []
    first = text.split("\n\n")[0]
    if len(first.splitlines()) > 2 or not first.rstrip().endswith((".", ":", ")")):
        faults.append("the first paragraph is not one short sentence")
    if re.search(r"\[[MOPS]\]", text):
        faults.append("a tag of the research notes is printed")
    return faults


def annotation_faults(function: Any) -> list[str]:
    signature = inspect.signature(function)
    empty = inspect.Parameter.empty
    bare = [
        name
        for name, parameter in signature.parameters.items()
        if is_public(name) and parameter.annotation is empty
    ]
    if signature.return_annotation is inspect.Signature.empty:
        bare.append("the result")
    return [f"{name} has no type" for name in bare]


def report(things: list[Any], faults_of: Callable[[Any], list[str]]) -> str:
    lines = [f"{full_name(t)}: {'; '.join(f)}" for t in things if (f := faults_of(t))]
    return "\n".join(lines)


def test_functions_keep_the_contract() -> None:
    assert len(public_functions()) > 30
    assert report(public_functions(), function_faults) == ""


def test_classes_keep_the_contract() -> None:
    assert len(public_classes()) > 8
    assert report(public_classes(), class_faults) == ""


def test_methods_say_what_they_do() -> None:
    assert len(public_methods()) > 10
    faults = report(public_methods(), lambda m: purpose_faults(inspect.getdoc(m) or ""))
    assert faults == ""


def test_everything_is_typed() -> None:
    assert report(public_functions() + public_methods(), annotation_faults) == ""


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.__name__)
def test_module_says_what_it_holds_and_its_examples_run(module: ModuleType) -> None:
    assert (module.__doc__ or "").strip()
    outcome = doctest.testmod(module)
    assert outcome.failed == 0


def test_the_contract_finds_faults() -> None:
    def bare(n: int) -> int:
        if n < 0:
            raise ValueError
        return n

    def full(n: int) -> int:
        """Return n.

        Args:
            n: any number.
        Returns:
            The number.
        Cost:
            O(1).
        Example:
            >>> 1
            1
        """
        return n

    assert function_faults(bare)
    assert function_faults(full) == []
    del full.__annotations__["n"]
    assert annotation_faults(full) == ["n has no type"]
    full.__doc__ = (full.__doc__ or "").replace("n: any number", "m: any number")
    assert function_faults(full) == ["argument n undescribed"]
