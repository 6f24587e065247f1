"""A page with explorers and the static host, standing alone in one file."""

from __future__ import annotations

from pathlib import Path

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
