"""The form of a chapter, read off its notebook: the path, its words, its numbers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from book_sources import Cell, directives, read_cells, sections

BASEMENT = "Downstairs"
NEARBY = 2  # checked cells before a paragraph, and after it, in which its numbers stand
REFERENCE = r"\{(?:prf:ref|eq|ref|numref|term)\}`(?:[^`]*<)?([^`<>]+)>?`"
NUMBER = re.compile(
    r"(?<![\w.,^/-])(\d{1,3}(?:[ ,\u00a0\u202f]\d{3})+|\d+)(\.\d+)?(k\b)?"
    r"(\s?(?:%|per cent))?(?![\w/])"
)
PRINTED = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?")

ORDER = ("predict", "hero", "explorer", "stage", "question", "basement")


def order_faults(parts: list[str]) -> list[str]:
    """What is wrong with the `data-part` of a page's elements, as they follow."""
    missing = [f"no {part}" for part in ORDER if part not in parts]
    first = [parts.index(part) for part in ORDER if part in parts]
    if first != sorted(first):
        return [*missing, f"out of order: {parts}"]
    below = parts[parts.index("basement") :] if "basement" in parts else []
    last = set(below) - {"basement", "hero"}
    return missing + [f"{part} below the basement's first fold" for part in last]


def in_form(path: Path) -> bool:
    """A chapter is in the form when it has its basement."""
    return BASEMENT in sections(path)


def prose(path: Path) -> str:
    """The text of all cells that the page shows."""
    cells = [c for c in read_cells(path) if c.kind == "markdown"]
    return "\n\n".join(c.source for c in cells if "remove-cell" not in c.tags)


def without(text: str, *names: str) -> str:
    """The text without the directives of these names."""
    for name in names:
        for body in directives(text, name):
            text = text.replace(f"{{{name}}}{body}", "")
    return text


def plain(text: str) -> str:
    """Words alone: a formula is one of them, a reference too."""
    for pattern, by in (
        (r"^(`{3,})(?!\{).*?^\1", ""),  # code
        (r"^:[\w-]+:.*$|^\([\w:-]+\)=|^[`:]{3,}(\{[\w:-]+\})?", ""),
        (r"(?s)\$\$.*?\$\$( *\([\w:-]+\))?|\$[^$]+\$", " formula "),
        (r"\{[\w:]+\}`[^`]*`|`[^`]*`", " name "),
        (r"\[([^\]]*)\]\([^)]*\)", r"\1"),
        (r"<[^>]+>", ""),
    ):
        flags = re.MULTILINE | (re.DOTALL if pattern.startswith("^(`") else 0)
        text = re.sub(pattern, by, text, flags=flags)
    return text


def path_words(path: Path) -> int:
    """How many words stand above the basement, folds and code left out."""
    above = re.split(rf"^## {BASEMENT}\b", prose(path), flags=re.MULTILINE)[0]
    shown = plain(without(above, "dropdown", "solution"))
    return len(re.findall(r"\w[\w'’.,-]*", shown))


@dataclass(frozen=True)
class Quoted:
    """A number in the prose: its words, its value, and how far off a print may be."""

    text: str
    value: float
    tolerance: float

    def printed_in(self, values: list[float]) -> bool:
        """Whether one of the values is this one, to the digits that are said."""
        return any(abs(v - self.value) <= self.tolerance * 1.001 for v in values)


def quoted(text: str) -> list[Quoted]:
    """The numbers that may be measured: decimals, percentages, three digits or more."""
    found = []
    for match in NUMBER.finditer(text):
        whole, decimals, thousand, percent = match.groups()
        digits = re.sub(r"\D", "", whole)
        year = len(whole) == 4 and "1900" <= whole <= "2099"
        if not (decimals or thousand or percent or len(digits) >= 3) or year:
            continue
        unit = 10.0 ** (1 - len(decimals)) if decimals else 1.0
        if not decimals and len(digits) > 2:  # 570 000 are two digits and no more
            unit = 10.0 ** (len(digits) - max(2, len(digits.rstrip("0"))))
        scale = 1000.0 if thousand else 1.0
        value = float(digits + (decimals or "")) * scale
        words = re.sub(r"\s+", " ", match.group())
        found.append(Quoted(words, value, unit * scale / 2))
    return found


def given(path: Path) -> dict[str, str]:
    """The numbers that are given, not measured, each with the reason."""
    return dict(nbformat.read(path, as_version=4).metadata.get("given", {}))


def printed(cells: list[Cell], share: bool) -> list[float]:
    """The numbers in the stored outputs of cells, and shares as percentages too."""
    text = "\n".join("".join(o.get("text", "")) for c in cells for o in c.outputs)
    values = [float(n.replace(",", "")) for n in PRINTED.findall(text)]
    return values + [100 * v for v in values if share and v <= 1]


def measured(path: Path) -> Iterator[tuple[Quoted, list[Cell]]]:
    """The numbers of the prose that may be measured, with the checked cells nearby."""
    cells, marked = read_cells(path), given(path)
    checked = [i for i, cell in enumerate(cells) if cell.outputs]
    for i, cell in enumerate(cells):
        if cell.kind == "code" or "remove-cell" in cell.tags:
            continue
        around = [j for j in checked if j < i][-NEARBY:]
        around += [j for j in checked if j > i][:NEARBY]
        text = re.sub(r"^#+ .*$", "", cell.source, flags=re.MULTILINE)
        for number in quoted(plain(without(text, "exercise", "solution"))):
            if number.text not in marked:
                yield number, [cells[j] for j in around]


def unfounded(path: Path) -> list[str]:
    """The measured numbers of the prose that no checked cell nearby prints."""
    return [
        number.text
        for number, cells in measured(path)
        if not number.printed_in(printed(cells, not number.text[-1].isdigit()))
    ]
