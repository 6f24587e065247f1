"""The words with which a page is cited, from CITATION.cff."""

import html
import re
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx

FOLD = """<details class="cite"><summary>Cite this page</summary>
<div class="highlight"><pre>{}</pre></div></details>"""


def bibtex(citation: dict[str, Any], title: str, page: str) -> str:
    """The BibTeX entry of one page of the book."""
    authors = " and ".join(f"{{{a['name']}}}" for a in citation["authors"])
    key = re.sub(r"\W+", "-", page.rpartition("/")[2])
    owner, book = citation["repository-code"].split("/")[-2:]
    return f"""@incollection{{beyond-the-kernel-{key},
  author    = {{{authors}}},
  title     = {{{title}}},
  booktitle = {{{citation["title"]}}},
  year      = {{{str(citation["date-released"])[:4]}}},
  note      = {{Version {citation["version"]}}},
  url       = {{https://{owner.lower()}.github.io/{book}/{page}.html}}
}}"""


def add_citation(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Put the fold at the end of a page that has a source."""
    file = Path(app.srcdir) / "CITATION.cff"
    if doctree is not None and file.exists():
        citation = yaml.safe_load(file.read_text("utf-8"))
        title = app.env.titles[page].astext()
        context["body"] += FOLD.format(html.escape(bibtex(citation, title, page)))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", add_citation)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
