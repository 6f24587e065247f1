"""The book's sources as the tests see them: notebooks, cells, sections, labels."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = ROOT / "book/_templates/chapter-template.ipynb"


def toc_entries() -> list[str]:
    """Every page of the book, root first, in reading order, without suffix."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    groups = [toc, *toc.get("parts", [])]
    chapters = [c["file"] for g in groups for c in g.get("chapters", [])]
    return [toc["root"], *chapters]


def page_sources() -> list[Path]:
    """The source file of every page: Markdown where there is one, else a notebook."""
    stems = [ROOT / entry for entry in toc_entries()]
    texts = [stem.with_suffix(".md") for stem in stems]
    return [
        text if text.exists() else stem.with_suffix(".ipynb")
        for stem, text in zip(stems, texts, strict=True)
    ]


def notebooks() -> list[Path]:
    """Every notebook of the book and the template."""
    return [p for p in page_sources() if p.suffix == ".ipynb"] + [TEMPLATE]


def chapters() -> list[Path]:
    """The notebooks that keep to the chapter form: all but the landing page."""
    return [p for p in notebooks() if p != page_sources()[0]]


@dataclass(frozen=True)
class Cell:
    """One cell, with the few things about it that the tests ask for."""

    kind: str
    source: str
    tags: tuple[str, ...]
    metadata: dict[str, Any]
    outputs: tuple[dict[str, Any], ...]
    execution_count: int | None

    def exercise(self) -> str | None:
        """The name in the tag `exercise:NAME`, if there is one."""
        named = [t.removeprefix("exercise:") for t in self.tags if "exercise:" in t]
        return named[0] if named else None

    def alt(self) -> str:
        return str(self.metadata.get("mystnb", {}).get("image", {}).get("alt", ""))

    def draws(self) -> bool:
        return self.kind == "code" and bool(
            re.search(r"\bplot_\w+\(|\bplt\.|\.subplots\(", self.source)
        )


def read_cells(path: Path) -> list[Cell]:
    notebook = json.loads(path.read_text("utf-8"))
    return [
        Cell(
            kind=raw["cell_type"],
            source="".join(raw["source"]),
            tags=tuple(raw["metadata"].get("tags", [])),
            metadata=raw["metadata"],
            outputs=tuple(raw.get("outputs", [])),
            execution_count=raw.get("execution_count"),
        )
        for raw in notebook["cells"]
    ]


def markdown(path: Path) -> str:
    """All prose of a page, without its code cells."""
    if path.suffix == ".md":
        return path.read_text("utf-8")
    return "\n\n".join(c.source for c in read_cells(path) if c.kind == "markdown")


def sections(path: Path) -> dict[str, str]:
    """Text under each second-level heading, in order; "" holds what stands before."""
    parts = re.split(r"^## +(.+?) *$", markdown(path), flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def directives(text: str, name: str) -> list[str]:
    """The bodies of the directives `name`, nested fences included."""
    pattern = rf"^(`{{3,}}|:{{3,}})\{{{re.escape(name)}\}}(.*?)^\1[ \t]*$"
    return [
        m.group(2) for m in re.finditer(pattern, text, flags=re.MULTILINE | re.DOTALL)
    ]


def labels(text: str) -> set[str]:
    """Labels that the text defines: directives, targets and equations."""
    found = re.findall(r"^:(?:label|name): *(\S+)", text, flags=re.MULTILINE)
    found += re.findall(r"^\(([\w:-]+)\)=", text, flags=re.MULTILINE)
    found += re.findall(r"\$\$ *\(([\w:-]+)\)", text)
    return set(found)


def repository_url() -> str:
    """The one address of the repository, from the book's configuration."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    return str(config["repository"]["url"])
