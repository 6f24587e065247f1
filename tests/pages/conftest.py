"""One local server for all page tests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from pages.visit import Watched, watch
from playwright.sync_api import Browser


class QuietHandler(SimpleHTTPRequestHandler):
    """The standard library's file server, without a line for each request."""

    def log_message(self, *message: object) -> None:
        pass


@pytest.fixture(scope="session")
def home(built_book: Path) -> Iterator[str]:
    """Address of the built book on this machine."""
    handler = partial(QuietHandler, directory=str(built_book))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def window(browser: Browser, home: str) -> Iterator[Watched]:
    """A window 1280 pixels wide; whatever goes wrong in it fails the test."""
    with watch(browser, home, viewport={"width": 1280, "height": 900}) as watched:
        yield watched
        assert watched.faults() == []
