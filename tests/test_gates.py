"""The gates tried on themselves: what is planted broken must make the run fail.

Each test has a control: the same tiny book or notebook, whole, passes. So a failure
below is the planted fault's and nothing else's.
"""

import re
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from book_sources import ROOT, TEMPLATE, repository_url
from fontTools.ttLib import TTFont
from nbformat.v4 import new_code_cell, new_notebook, new_output
from tiny_book import Result, build_book, run

LANDING = "# A tiny book\n\nOne sentence to read, and a [link]({link}) to follow.\n"
ROCKET = 0xF135
CLICK = "bench.run_button.click()"
SECOND = "# A second page\n\nIt says $n = d^p$ and nothing else.\n"


def run_notebook(folder: Path, *sources: str, stored: str = "2\n") -> Result:
    """Run the notebook gate on cells, the first of which is checked and prints."""
    first, *rest = (new_code_cell(source) for source in sources)
    first.metadata["tags"] = ["nbval-check-output"]
    first.execution_count = 1
    first.outputs = [new_output("stream", name="stdout", text=stored)]
    path = folder / "planted.ipynb"
    nbformat.write(new_notebook(cells=[first, *rest]), path)
    flags = ["--nbval-lax", "--nbval-current-env", "-q", "-p", "no:cacheprovider"]
    config = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder)]
    return run([sys.executable, "-m", "pytest", str(path), *flags, *config], folder)


def notebook_text(*sources: str) -> str:
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell("# A notebook"))
    return str(nbformat.writes(notebook))


def make_lab(measure: str) -> str:
    """A cell that builds a lab on one row of a table, with this measurement."""
    return f"""\
import pandas as pd
from dataclasses import replace
from beyond_the_kernel.kernel_versus_network.show import LAB

row = dict(d=20, r=1, degree=3, learner="ntk", n=100, error=0.9, low=0.8, high=1.0)
print(2)
def measure(ns, seed, learner, **_):
    return {{learner: {measure}}}
table = pd.DataFrame([row])
bench = replace(LAB, measure=measure, table=lambda: table).open()"""


SUM = "print(1 + 1)"


@pytest.mark.parametrize(
    ("cells", "stored", "says"),
    [
        ((SUM, "x = 3"), "2", "2 passed"),
        ((SUM, "1 / 0"), "2", "ZeroDivisionError.*1 failed, 1 passed"),
        ((SUM,), "3", "1 failed"),
        ((make_lab("[0.5] * len(ns)"), CLICK), "2", "2 passed"),
        ((make_lab("1 / 0"), CLICK), "2", "ZeroDivisionError.*1 failed, 1 passed"),
    ],
    ids=["whole", "raises", "moved", "lab", "callback-raises"],
)
def test_notebook_gate_stops_what_raises_or_moved(
    tmp_path: Path, cells: tuple[str, ...], stored: str, says: str
) -> None:
    result = run_notebook(tmp_path, *cells, stored=f"{stored}\n")
    assert result.returncode == int("failed" in says), result.stdout
    assert re.search(says, result.stdout, re.DOTALL), result.stdout


PAGES = {
    'class="katex"': {
        "book/index.md": LANDING.format(link="second.md"),
        "book/second.md": SECOND,
    },
    "no-such-page.md": {"book/index.md": LANDING.format(link="no-such-page.md")},
    "no-such-equation": {
        "book/index.md": "# Tiny\n\nSee {eq}`no-such-equation` too.\n"
    },
    "ZeroDivisionError": {"book/index.ipynb": notebook_text("1 / 0")},
}


@pytest.mark.parametrize(("says", "pages"), PAGES.items(), ids=PAGES)
def test_book_gate_passes_a_whole_book_and_stops_broken_ones(
    tmp_path: Path, says: str, pages: dict[str, str]
) -> None:
    result, whole = build_book(tmp_path, pages), len(pages) > 1
    said = result.stdout + result.stderr
    assert (result.returncode == 0) == whole, said
    if whole:
        said = (tmp_path / "_build/html/book/second.html").read_text("utf-8")
    assert says in said


def test_template_builds_as_a_chapter(tmp_path: Path) -> None:
    pages = {
        "book/index.md": LANDING.format(link="part/chapter.ipynb"),
        "book/part/chapter.ipynb": TEMPLATE.read_text("utf-8"),
        "book/notation.md": SECOND,
        "book/glossary.md": (ROOT / "book/glossary.md").read_text("utf-8"),
    }
    folder = "chapter_template"
    shutil.copytree(TEMPLATE.parent / folder, tmp_path / "book/part" / folder)
    result = build_book(tmp_path, pages)
    assert result.returncode == 0, result.stdout + result.stderr
    html = (tmp_path / "_build/html/book/part/chapter.html").read_text("utf-8")
    assert "katex-error" not in html
    assert "%pip" not in html, "the Colab cell is for notebooks, not for the page"
    slug = repository_url().removeprefix("https://github.com/")
    notebook = "book/part/chapter.ipynb"
    assert f"mybinder.org/v2/gh/{slug}/main?urlpath=lab/tree/{notebook}" in html
    assert f"/github/{slug}/blob/main/{notebook}" in html
    assert 'name="description"' in html
    config = r'"text/x-thebe-config".*?</script>'
    assert "thebe" not in re.sub(config, "", html, flags=re.S)
    assert "widget-state" not in html
    fonts = tmp_path / "_build/html/_static/vendor/fontawesome/webfonts"
    solid = TTFont(fonts / "fa-solid-900.woff2").getBestCmap()
    assert ROCKET in solid, "the launch button's icon"
    assert len(solid) < 100, "the fonts are cut to the icons that are used"


def test_stale_results_are_dropped_when_the_library_changes(tmp_path: Path) -> None:
    library = tmp_path / "lib/replearn/number.py"
    library.parent.mkdir(parents=True)
    source = 'print("the library says", open("../lib/replearn/number.py").read())'
    html = tmp_path / "_build/html/book/index.html"
    for number in ("314159", "271828"):
        library.write_text(number)
        shutil.rmtree(tmp_path / "book", ignore_errors=True)
        result = build_book(tmp_path, {"book/index.ipynb": notebook_text(source)})
        assert result.returncode == 0, result.stdout + result.stderr
        assert number in html.read_text("utf-8")
