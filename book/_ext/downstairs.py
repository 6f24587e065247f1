"""What a chapter's page shows at once, and what it folds away under "Downstairs".

A directive cannot hold the cells of a notebook, so this is a section: where a notebook
has a heading `## Downstairs`, every subsection of it becomes a fold, whose first
paragraph says what is in it. Above, code is behind a line; downstairs it is open, and
the code of set-up and figures is brought there.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

TITLE = "Downstairs"
SHELF = "Tables and code"
OPEN = '<details data-part="basement"><summary>'
log = logging.getLogger(__name__)


def find_section(within: nodes.Element, title: str) -> nodes.section | None:
    """The first section of this title."""
    found = within.findall(nodes.section)
    return next((s for s in found if s[0].astext() == title), None)


def code_cells(within: nodes.Element) -> list[nodes.container]:
    """The notebook's code cells, in order."""
    cells = within.findall(nodes.container)
    return [cell for cell in cells if cell.get("nb_element") == "cell_code"]


def tags(cell: nodes.container) -> set[str]:
    return set(cell["cell_metadata"].get("tags", []))


def lay_out(app: Sphinx, doctree: nodes.document) -> None:
    """Bring the code of set-up and figures downstairs; fold what is left above."""
    name_labels(app.env, doctree)
    cellar = find_section(doctree, TITLE)
    if cellar is None:
        return
    below = code_cells(cellar)
    for cell in code_cells(doctree):
        if cell in below:
            cell.attributes.pop("hide_mode", None)
        elif tags(cell) & {"setup", "figure-code", "nbval-check-output"}:
            shelve(cell, find_section(cellar, SHELF))
        elif not any(tag.startswith("exercise") for tag in tags(cell)):
            cell["hide_mode"] = cell.get("hide_mode", "input")
            cell["prompt_show"] = app.config.nb_code_prompt_show
            cell["prompt_hide"] = app.config.nb_code_prompt_hide


def shelve(cell: nodes.container, shelf: nodes.section | None) -> None:
    """Move a cell's code to the shelf; link the figure that it made to it, and back.

    A cell that prints goes there whole: the path says its numbers in sentences.
    """
    if shelf is None:
        log.warning("'## %s' needs a '### %s'", TITLE, SHELF, location=cell)
        return
    number = len(list(shelf.findall(nodes.compound))) + 1
    code, figure = f"code-{number}", f"figure-{number}"
    around = cell.parent
    while not isinstance(around, nodes.section):
        around = around.parent
    where = nodes.emphasis("", around[0].astext())
    back = nodes.reference("", "The figure", refid=figure, internal=True)
    label = nodes.paragraph("", "", back, nodes.Text(" in "), where)
    if "setup" in tags(cell):
        label = nodes.paragraph("", "The set-up, which all other code needs")
    elif "nbval-check-output" in tags(cell):
        cell.attributes.pop("hide_mode", None)
        label = nodes.paragraph("", "", nodes.Text("The numbers in "), where)
        cell.parent.remove(cell)
        shelf += nodes.compound("", label, cell, ids=[code], classes=["shelved"])
        return
    source = cell[0]
    cell.remove(source)
    if not cell.children and "setup" not in tags(cell):
        label = nodes.paragraph("", "", nodes.Text("What the figures need in "), where)
    shelf += nodes.compound("", label, source, ids=[code], classes=["shelved"])
    if not cell.children:
        cell.parent.remove(cell)
    elif "setup" not in tags(cell):
        place = nodes.raw("", f'<span id="{figure}"></span>', format="html")
        cell.parent.insert(cell.parent.index(cell), place)
        link = nodes.reference("", "How this figure is made", refid=code, internal=True)
        line = nodes.paragraph("", "", link, classes=["figure-code"])
        cell.parent.insert(cell.parent.index(cell) + 1, line)


def name_labels(env: BuildEnvironment, doctree: nodes.document) -> None:
    """Let `[words](page.ipynb#label)` reach every label of a page, not headings alone.

    JupyterLab opens the notebook at such a link, and knows no label of another one.
    """
    slugs = env.metadata[env.docname].setdefault("myst_slugs", {})
    for node in doctree.findall(nodes.Element):
        for name in node.get("ids", []):
            slugs.setdefault(name, (0, name, ""))
        if isinstance(node, nodes.math_block) and node.get("label"):
            equation = nodes.make_id(f"equation-{node['label']}")
            slugs.setdefault(node["label"], (0, equation, ""))


def fold(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make a fold of each subsection downstairs; the table of contents has read it."""
    cellar = find_section(doctree, TITLE)
    if cellar is None or app.builder.format != "html":
        return
    for section in [part for part in cellar if isinstance(part, nodes.section)]:
        said = 2 if isinstance(section[1], nodes.paragraph) else 1
        section.insert(0, nodes.raw("", OPEN, format="html"))
        section.insert(1 + said, nodes.raw("", "</summary>", format="html"))
        section += nodes.raw("", "</details>", format="html")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", lay_out)
    app.connect("doctree-resolved", fold)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
