"""Pages for the explorers that no fault passes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page


@pytest.fixture
def page(browser) -> Iterator[Page]:
    """A page on which any console error or outside request fails the test."""
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    faults: list[str] = []
    page.on("console", lambda m: m.type == "error" and faults.append(m.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda r: r.url.startswith(("file:", "blob:", "data:")) or faults.append(r.url),
    )
    yield page
    page.close()
    assert faults == []
