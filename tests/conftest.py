"""What all tests share: one thread each, the built book."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from book_sources import ROOT
from browser import HOW_TO, find_browser
from playwright.sync_api import Browser, expect, sync_playwright

# Before torch is imported: the workers share the cores, one thread each.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

PATIENCE_MS = 600_000  # ends what hangs; a busy machine is slow, not wrong


@pytest.fixture(scope="session")
def built_book() -> Path:
    """The built book; a missing one is an error, never a skipped test."""
    html = ROOT / "_build/html"
    assert (html / "index.html").exists(), "run `make book` first"
    return html


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser for the page tests; a missing one is an error, never a skip."""
    path = find_browser()
    assert path, HOW_TO
    return path


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """A browser of its own for each file of tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox"], timeout=PATIENCE_MS
        )
        browser.on("context", lambda c: c.set_default_timeout(PATIENCE_MS))
        expect.set_options(timeout=PATIENCE_MS)
        yield browser
        browser.close()
