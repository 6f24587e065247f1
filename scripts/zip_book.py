"""Pack the built book into one zip that opens without a server.

Usage: python scripts/zip_book.py _build/html _build/beyond-the-kernel.zip
"""

import sys
import zipfile
from pathlib import Path

FIXED_TIME = (2026, 1, 1, 0, 0, 0)  # the same book gives the same zip


def zip_book(html: Path, target: Path) -> int:
    """Write every file of `html` under one folder named after the zip."""
    files = sorted(p for p in html.rglob("*") if p.is_file())
    if not (html / "index.html").exists():
        raise FileNotFoundError(f"{html} holds no index.html: run `make book` first")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            name = f"{target.stem}/{path.relative_to(html).as_posix()}"
            entry = zipfile.ZipInfo(name, FIXED_TIME)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return len(files)


if __name__ == "__main__":
    folder, archive_path = map(Path, sys.argv[1:3])
    count = zip_book(folder, archive_path)
    size = archive_path.stat().st_size / 1e6
    print(f"{archive_path}: {count} files, {size:.1f} MB; unpack, open index.html")
