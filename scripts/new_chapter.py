"""Copy the template of a chapter, its notebook and its folder, under a new name.

Usage: python scripts/new_chapter.py few-directions/my-question myq
       (the part's folder and the chapter's name; three letters that no other has)
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*/[a-z][a-z0-9]*(-[a-z0-9]+)*")


def copy_chapter(root: Path, name: str, letters: str) -> list[Path]:
    """Write the new chapter's files below `root`; a ValueError says what is wrong."""
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} must be PART/CHAPTER in small letters and hyphens")
    if not re.fullmatch(r"[a-z]{3}", letters):
        raise ValueError(f"{letters!r} must be three small letters")
    templates, chapter = root / "book/_templates", name.split("/")[1]
    folder = chapter.replace("-", "_")
    shows = sorted((root / "lib/beyond_the_kernel").glob("*/show.py"))
    if taken := [show for show in shows if f'"{letters}"' in show.read_text("utf-8")]:
        raise ValueError(f"{letters!r} is taken by {taken[0].parent.name}")
    copies = {templates / "chapter-template.ipynb": root / f"book/{name}.ipynb"}
    for source in sorted((templates / "chapter_template").glob("*.py")):
        copies[source] = root / "lib/beyond_the_kernel" / folder / source.name
    if there := [path for path in copies.values() if path.exists()]:
        raise ValueError(f"{there[0].relative_to(root)} is there already")
    for source, copy in copies.items():
        text = source.read_text("utf-8")
        text = text.replace("from chapter_template", f"from beyond_the_kernel.{folder}")
        text = text.replace("chapter-template", chapter).replace(
            '"tpl"', f'"{letters}"'
        )
        text = re.sub(r"\btemplate-(?=[a-z])", f"{letters}-", text)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, encoding="utf-8")
    return list(copies.values())


if __name__ == "__main__":
    try:
        written = copy_chapter(ROOT, *sys.argv[1:3])
    except (ValueError, TypeError) as error:
        sys.exit(f"new_chapter: {error}")
    print(*(path.relative_to(ROOT) for path in written), sep="\n")
    print(f"Now add book/{sys.argv[1]} to _toc.yml.")
