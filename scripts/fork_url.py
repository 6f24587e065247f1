"""Point the book at a fork: replace the repository's address wherever it stands.

Usage: python scripts/fork_url.py https://github.com/you/your-book
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
URL = re.compile(r"https://github\.com/[\w.-]+/[\w.-]*[\w-]")


def current_url(config: str) -> str:
    """The address in `_config.yml`, from which all others are copies."""
    found = re.search(rf"^\s*url:\s*({URL.pattern})\s*$", config, re.MULTILINE)
    if not found:
        raise ValueError("_config.yml has no line `url: https://github.com/OWNER/BOOK`")
    return found.group(1)


def spellings(url: str) -> tuple[str, str]:
    """Both forms of an address: OWNER.github.io/BOOK (pages) and OWNER/BOOK (links)."""
    owner, book = url.rsplit("/", 2)[1:]
    return f"{owner.lower()}.github.io/{book}", f"{owner}/{book}"


def replace_everywhere(new: str) -> list[str]:
    """Rewrite each tracked file that names the old address; return their names."""
    if not URL.fullmatch(new):
        raise ValueError(f"{new!r} is not of the form https://github.com/OWNER/BOOK")
    old = current_url((ROOT / "_config.yml").read_text("utf-8"))
    listed = subprocess.run(
        ["git", "grep", "-lIF", "--untracked", old.removeprefix("https://github.com/")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    changed = [name for name in listed if name]
    for name in changed:
        path = ROOT / name
        text = path.read_text("utf-8")
        for old_part, new_part in zip(spellings(old), spellings(new), strict=True):
            text = text.replace(old_part, new_part)
        path.write_text(text, "utf-8")
    return changed


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: make fork-url URL=https://github.com/you/your-book")
    print("\n".join(replace_everywhere(sys.argv[1])))
