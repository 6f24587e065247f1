"""Pages for the explorers that no fault passes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pages.visit import watch
from playwright.sync_api import Browser, Page


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which any console error or outside request fails the test."""
    size = {"width": 1000, "height": 900}
    with watch(browser, "file:", viewport=size) as watched:
        yield watched.page
        assert watched.faults() == []
