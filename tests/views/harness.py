"""A page with explorers and the static host, standing alone in one file."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from replearn.views.controls import ExplorerSpec

STATIC = Path(__file__).parents[2] / "book" / "_static"
PAGE = """<!doctype html>
<html lang="en"{theme}>
<head><meta charset="utf-8"><title>explorer</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<style>body {{ margin: 16px auto; padding: 0 16px; max-width: 860px; }}
html[data-theme=dark] body {{ background: #14181e; color: #ddd }}
{style}</style></head>
<body><main><h1>explorer</h1>{body}</main><script>{host}</script></body></html>
"""

STATE = """() => Object.fromEntries(
    [...document.querySelectorAll('.rl-knob input')].map(
        (k) => [k.id.split('-').pop(), k.getAttribute('aria-valuetext')]))"""
SLIDE = """([name, index]) => {
    const knob = document.querySelector(`.rl-knob input[id$=-${name}]`);
    knob.value = index;
    knob.dispatchEvent(new Event('input', {bubbles: true})); }"""
CURVES = """() => Object.fromEntries(
    [...document.querySelectorAll('[data-learner]')].map(
        (g) => [g.dataset.learner, g.querySelector('.rl-curve').getAttribute('d')]))"""


def write_page(path: Path, *fragments: str, theme: str | None = None) -> Path:
    """Write a page that holds the HTML fragments, and return its path."""
    host = (STATIC / "replearn-host.js").read_text(encoding="utf-8")
    style = (STATIC / "replearn.css").read_text(encoding="utf-8")
    page = PAGE.format(
        theme=f' data-theme="{theme}"' if theme else "",
        style=style,
        body="\n".join(fragments),
        host=host,
    )
    path.write_text(page, encoding="utf-8")
    return path


def open_page(page: Page, address: str) -> Page:
    """Load an address afresh and wait until its explorer is alive."""
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector(".replearn-explorer[data-state=live] svg[role=img]")
    return page


def slide(page: Page, spec: ExplorerSpec, **setting: int | str) -> None:
    """Move knobs of the first explorer on the page, one after the other."""
    for name, value in setting.items():
        page.evaluate(SLIDE, [name, spec.knob(name).index(value)])


def table_rows(page: Page) -> list[list[str]]:
    """What the open table view shows, row by row."""
    return [
        [cell.inner_text() for cell in row.query_selector_all("th, td")]
        for row in page.query_selector_all(".rl-table tbody tr")
    ]
