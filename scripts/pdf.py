"""Print the built book and bind it into one PDF: page numbers, contents, bookmarks.

Usage: python scripts/pdf.py _build/html _build/beyond-the-kernel.pdf
"""

import html
import io
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from browser import HOW_TO, find_browser
from playwright.sync_api import Browser, sync_playwright
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject

ROOT = Path(__file__).resolve().parents[1]
ALIVE = """() => [...document.querySelectorAll('.replearn-explorer')]
    .every((box) => box.dataset.state)"""
PAGE = "<!doctype html><html lang='en'><style>{style}</style><body>{body}</body></html>"
SHEET = """@page { margin: 0; size: A4 } body { margin: 0 }
div { height: 296.9mm; position: relative; break-after: page; font: 9pt sans-serif }
span { position: absolute; bottom: 7mm; width: 100%; text-align: center }"""
CONTENTS = """@page { margin: 25mm; size: A4 } body { font: 11pt/1.8 sans-serif }
h1 { margin: 40mm 0 2mm } h2 { margin: 15mm 0 3mm } p { margin: 0 }
div { display: flex; gap: 2em; justify-content: space-between }"""


@dataclass(frozen=True)
class Sheets:
    """One printed page of the book, which takes some sheets of paper."""

    source: Path
    title: str
    reader: PdfReader


def print_page(browser: Browser, source: Path) -> Sheets:
    """Print a built page with its explorers alive, its folds open, in light colours."""
    page = browser.new_page(viewport={"width": 680, "height": 1000})
    page.goto(source.resolve().as_uri(), wait_until="load")
    page.wait_for_function(ALIVE)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    heading = page.locator("article h1").first
    title = heading.evaluate("(h) => h.firstChild.textContent").strip()
    printed = page.pdf(format="A4", print_background=True, prefer_css_page_size=True)
    page.close()
    reader = resolve_names(PdfReader(io.BytesIO(printed)))
    return Sheets(source.resolve(), title, reader)


def set_page(browser: Browser, style: str, body: str) -> list[PageObject]:
    """Sheets from HTML of our own."""
    page = browser.new_page()
    page.set_content(PAGE.format(style=style, body=body))
    printed = page.pdf(prefer_css_page_size=True)
    page.close()
    return list(PdfReader(io.BytesIO(printed)).pages)


def contents(title: str, chapters: list[Sheets], before: int) -> str:
    """The front page: the book's title, and where each page of it starts."""
    lines, number = [], before + 1
    for chapter in chapters:
        lines.append(f"<div><p>{html.escape(chapter.title)}</p><p>{number}</p></div>")
        number += len(chapter.reader.pages)
    return f"<h1>{html.escape(title)}</h1><h2>Contents</h2>{''.join(lines)}"


def link_within(writer: PdfWriter, folder: Path, starts: dict[Path, int]) -> None:
    """A link to a page of the book leads to its first sheet, not to a file."""
    for sheet in writer.pages:
        for annotation in sheet.get("/Annots", ArrayObject()):
            note = annotation.get_object()
            address = str(note.get("/A", DictionaryObject()).get("/URI", ""))
            start = starts.get(Path(unquote(urlsplit(address).path)))
            if address.startswith(folder.resolve().as_uri()) and start is not None:
                target = writer.pages[start].indirect_reference
                goal = ArrayObject([target, NameObject("/Fit")])
                action = {NameObject("/S"): NameObject("/GoTo"), NameObject("/D"): goal}
                note[NameObject("/A")] = DictionaryObject(action)


def resolve_names(reader: PdfReader) -> PdfReader:
    """Let a link within a page say the place, not a name: bound pages share names."""
    for sheet in reader.pages:
        for annotation in sheet.get("/Annots", ArrayObject()):
            note = annotation.get_object()
            named = reader.named_destinations.get(str(note.get("/Dest", "")))
            if named is not None:
                note[NameObject("/Dest")] = named.dest_array
    return reader


def bind(browser: Browser, folder: Path, names: list[str], title: str) -> PdfWriter:
    """Bind the pages `names` of the built book in `folder`, in this order."""
    chapters = [print_page(browser, folder / f"{name}.html") for name in names]
    before = len(set_page(browser, CONTENTS, contents(title, chapters, 0)))
    writer, starts = PdfWriter(), {}
    for sheet in set_page(browser, CONTENTS, contents(title, chapters, before)):
        writer.add_page(sheet)
    for chapter in chapters:
        starts[chapter.source] = len(writer.pages)
        writer.append(chapter.reader, outline_item=chapter.title, import_outline=False)
    numbers = "".join(
        f"<div><span>{i + 1}</span></div>" for i in range(len(writer.pages))
    )
    for sheet, number in zip(
        writer.pages, set_page(browser, SHEET, numbers), strict=False
    ):
        sheet.merge_page(number)
    link_within(writer, folder, starts)
    writer.compress_identical_objects()
    return writer


def reading_order() -> list[str]:
    """Every page of the book, from its table of contents."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    chapters = [c["file"] for part in toc["parts"] for c in part["chapters"]]
    return [toc["root"], *chapters]


if __name__ == "__main__":
    if not (path := find_browser()):
        sys.exit(HOW_TO)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"]
        )
        book = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["title"]
        bound = bind(chromium, Path(sys.argv[1]), reading_order(), book)
        bound.write(sys.argv[2])
        print(f"{sys.argv[2]}: {len(bound.pages)} sheets")
