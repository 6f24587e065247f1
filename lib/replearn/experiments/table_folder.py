"""Where the book's tables lie: in a checkout, or installed beside the library."""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

INSTALLED = "share/replearn/tables/"


def table_folder() -> Path:
    """The folder of the precomputed tables.

    In a checkout it is book/tables; an installed copy, as on Colab, carries the same
    files as data of the package.

    Returns: the folder's path; that of a checkout, there or not, if the library was
        installed without its tables.
    Cost: O(1) in a checkout, else O(files of the package).
    Example:
        >>> table_folder().name
        'tables'
    """
    checkout = Path(__file__).resolve().parents[3] / "book" / "tables"
    if checkout.is_dir():
        return checkout
    try:
        recorded = files("replearn") or []
    except PackageNotFoundError:
        recorded = []
    for entry in recorded:
        if INSTALLED in entry.as_posix():
            return Path(str(entry.locate())).resolve().parent
    return checkout
