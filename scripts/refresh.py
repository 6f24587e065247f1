"""Run notebooks and store the printed results of their checked cells, nothing else.

Usage: python scripts/refresh.py book/index.ipynb [more notebooks]
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

KEPT_METADATA = {"given", "kernelspec", "mystnb", "myst"}
KEPT_CELL_METADATA = {"tags", "mystnb"}


def merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """One stream of text, however the kernel happened to cut it."""
    text = "".join(o.text for o in outputs if o.get("name") == "stdout")
    return [nbformat.v4.new_output("stream", name="stdout", text=text)] if text else []


def strip(notebook: NotebookNode) -> None:
    """Drop what a re-run may change: pictures, widget state, counts, versions."""
    for key in set(notebook.metadata) - KEPT_METADATA:
        del notebook.metadata[key]
    for cell in notebook.cells:
        for key in set(cell.metadata) - KEPT_CELL_METADATA:
            del cell.metadata[key]
        if cell.cell_type == "code":
            checked = "nbval-check-output" in cell.metadata.get("tags", [])
            cell.outputs = merge_streams(cell.outputs) if checked else []
            cell.execution_count = 1 if checked else None


def refresh(path: Path) -> None:
    """Execute a notebook where it lies and store it stripped."""
    notebook = nbformat.read(path, as_version=4)
    folder = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=3600, resources=folder).execute()
    strip(notebook)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    if not sys.argv[1:] or not all(Path(name).is_file() for name in sys.argv[1:]):
        sys.exit("refresh: make refresh NOTEBOOK=book/PART/CHAPTER.ipynb")
    for name in sys.argv[1:]:
        refresh(Path(name))
        print(f"{name}: run and stored")
