"""How the book arrives: light over the network, and whole from a zip."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pytest
from book_sources import ROOT, toc_entries
from pages.visit import LIVE, UNFOLD, explorer, explorers, watch
from playwright.sync_api import Browser, Response
from views.harness import seen

HEAVIEST_PAGE = 700_000
TEXT = ("text/", "application/javascript", "application/json", "image/svg+xml")


def transferred(response: Response) -> int:
    """Bytes on the wire from a server that compresses text, as static hosts do."""
    body = response.body()
    is_text = response.headers.get("content-type", "").startswith(TEXT)
    return len(gzip.compress(body, compresslevel=6)) if is_text else len(body)


@pytest.mark.parametrize("entry", toc_entries())
def test_a_page_is_light(browser: Browser, home: str, entry: str) -> None:
    with watch(browser, home) as window:
        responses: list[Response] = []
        window.page.on("response", lambda response: responses.append(response))
        page = window.open(f"{entry}.html")
        page.evaluate(UNFOLD)
        sizes = {r.url.removeprefix(home): transferred(r) for r in responses}
        assert f"/{entry}.html" in sizes
        heavy = sorted(sizes.items(), key=lambda item: -item[1])[:5]
        total = sum(sizes.values())
        print(f"{entry}: {total} bytes; {heavy}")
        assert total <= HEAVIEST_PAGE, heavy


@pytest.fixture(scope="module")
def unpacked(built_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip that is handed out, made by its command and unpacked elsewhere."""
    folder = tmp_path_factory.mktemp("a folder with spaces")
    archive = folder / "book.zip"
    command = [sys.executable, ROOT / "scripts/zip_book.py", built_book, archive]
    subprocess.run(command, check=True, capture_output=True)
    with zipfile.ZipFile(archive) as book:
        book.extractall(folder)
    return folder / "book"


def test_the_zip_s_front_door_opens(browser: Browser, unpacked: Path) -> None:
    with watch(browser, unpacked.as_uri()) as window:
        window.page.goto((unpacked / "index.html").as_uri(), wait_until="commit")
        window.page.wait_for_url(f"**/{toc_entries()[0]}.html")
        assert window.faults() == []


@pytest.mark.parametrize("entry", toc_entries())
def test_a_page_of_the_zip_lives(browser: Browser, unpacked: Path, entry: str) -> None:
    with watch(browser, unpacked.as_uri()) as window:
        page = window.open(f"{entry}.html")
        assert window.faults() == []
        places = [place for there, place in explorers() if there == entry]
        assert page.locator(".replearn-explorer").count() == len(places)
        for place in places:
            box = explorer(page, place)
            before = seen(box)["curves"]
            first = box.locator(".rl-knob input").first
            first.fill("1" if first.input_value() == "0" else "0")
            assert seen(box)["curves"] != before
            moved = box.locator(".rl-knob output").first.inner_text()
            address = page.url
            assert f"={moved}," in unquote(address)
            page.goto("about:blank")
            page.goto(address)
            page.wait_for_function(LIVE)
            assert box.locator(".rl-knob output").first.inner_text() == moved
        assert window.faults() == []
