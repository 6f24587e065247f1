"""What is seen of an explorer and how it is moved; pages that stand alone in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

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
SEEN = """(box) => {
    const all = (query) => [...box.querySelectorAll(query)];
    const paths = (query, part) => Object.fromEntries(all(query).map(
        (g) => [g.dataset.learner, g.querySelector(part)?.getAttribute('d')]));
    return {
        curves: paths('[data-learner]', '.rl-curve'),
        bands: paths('[data-learner]', '.rl-band'),
        readouts: Object.fromEntries(all('[data-readout]').map(
            (e) => [e.dataset.readout, e.querySelector('strong').textContent])),
        sentence: box.querySelector('.rl-sentence').textContent,
        axis: all('.rl-title').map((e) => e.textContent),
        theory: all('[data-theory]').length, guides: all('.rl-guide').length,
        ghosts: all('[data-ghost]').length,
        controls: all('.rl-knob input, .rl select').map((e) => e.value)
            .concat(all('.rl-check input').map((e) => e.checked)),
        picture: box.querySelector('.rl-chart svg').innerHTML }; }"""
UNFOLD = "(box) => box.querySelectorAll('.rl-more').forEach((e) => { e.open = true; })"
DRAWN = {"theory": "theory", "guides": "guides", "all": "ghosts"}  # by each switch
ROWS = """(box) => [...box.querySelectorAll('.rl-table tbody tr')].map(
    (row) => [...row.cells].map((cell) => cell.textContent))"""


def write_page(path: Path, *fragments: str, theme: str | None = None) -> Path:
    """Write a page that holds the HTML fragments, and return its path."""
    page = PAGE.format(
        theme=f' data-theme="{theme}"' if theme else "",
        style=(STATIC / "replearn.css").read_text(encoding="utf-8"),
        body="\n".join(fragments),
        host=(STATIC / "replearn-host.js").read_text(encoding="utf-8"),
    )
    path.write_text(page, encoding="utf-8")
    return path


def open_page(page: Page, address: str) -> Locator:
    """Load an address afresh, wait until its explorers live; return the first."""
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector(".replearn-explorer[data-state=live] svg[role=img]")
    return page.locator(".replearn-explorer").first


def seen(box: Locator) -> dict[str, Any]:
    return box.evaluate(SEEN)


def control(box: Locator, name: str) -> Locator:
    """A knob's slider, a switch's box, or that of a learner, `show-learner`."""
    box.evaluate(UNFOLD)
    return box.locator(
        f".rl :is(.rl-knob, .rl-check) input[id$=-{name}]"
        + ("" if name.startswith("show-") else ":not([id*=-show-])")
    )


def foretold(payload: dict[str, Any], key: str) -> bool:
    """Whether a cell has a line of theory, or the edge of a region, to draw."""
    parts = (payload["theory"], payload.get("forbidden", {}))
    lines = [line for part in parts for line in part.get(key, {}).values()]
    return any(len(line["n"]) > 1 for line in lines)


def slide(box: Locator, spec: ExplorerSpec, **setting: Any) -> None:
    for name, value in setting.items():
        control(box, name).fill(str(spec.knob(name).index(value)))


def table_rows(box: Locator) -> list[tuple[str, float, list[float]]]:
    """What the open table view shows: curve, n, and the numbers after it."""
    return [
        (curve, float(n), [float(v.replace(" × 10^", "e")) for v in numbers])
        for curve, n, *texts in box.evaluate(ROWS)
        for numbers in [[part for text in texts for part in text.split(" – ")]]
    ]
