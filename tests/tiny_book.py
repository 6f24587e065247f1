"""A book of a few pages, built as the real one is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from book_sources import ROOT

Result = subprocess.CompletedProcess[str]


def run(command: list[str], folder: Path) -> Result:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    options = dict(capture_output=True, text=True, timeout=3600, env=environment)
    return subprocess.run(command, cwd=folder, check=False, **options)


def build_book(folder: Path, pages: dict[str, str]) -> Result:
    """Build a book of these pages with the real configuration and extension."""
    for name in ("_config.yml", "CITATION.cff"):
        shutil.copy(ROOT / name, folder)
    for name in ("_ext", "_static"):
        shutil.copytree(ROOT / "book" / name, folder / "book" / name)
    shutil.copy(ROOT / "book/references.bib", folder / "book")
    root, *others = [name.rsplit(".", 1)[0] for name in pages]
    toc = {"format": "jb-book", "root": root}
    toc |= {"chapters": [{"file": name} for name in others]} if others else {}
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc), "utf-8")
    for name, text in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    command = "from jupyter_book.cli.main import main; main()"
    flags = ["build", ".", "--all", "-W", "--keep-going", "--quiet"]
    return run([sys.executable, "-c", command, *flags], folder)
