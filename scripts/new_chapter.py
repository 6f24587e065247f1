"""Copy the template of a chapter, its notebook and its folder, under a new name.

Usage: make chapter NAME=few-directions/my-question LETTERS=myq
       (the part's folder and the chapter's name; three letters that no other has)
"""

import re
import sys
from keyword import iskeyword
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*/[a-z][a-z0-9]*(-[a-z0-9]+)*")


def copy_chapter(root: Path, name: str, letters: str) -> list[Path]:
    """Write the new chapter's files below `root`; a ValueError says what is wrong."""
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} must be PART/CHAPTER in small letters and hyphens")
    if not re.fullmatch(r"[a-z]{3}", letters):
        raise ValueError(f"{letters!r} must be three small letters")
    templates, package = root / "book/_templates", root / "lib/beyond_the_kernel"
    chapter = name.split("/")[1]
    folder = chapter.replace("-", "_")
    if iskeyword(folder) or (package / f"{folder}.py").exists():
        raise ValueError(f"{chapter!r} has another meaning in Python: choose a name")
    shows = sorted(package.glob("*/show.py"))
    if taken := [show for show in shows if f'"{letters}"' in show.read_text("utf-8")]:
        raise ValueError(f"{letters!r} is taken by {taken[0].parent.name}")
    copies = {templates / "chapter-template.ipynb": root / f"book/{name}.ipynb"}
    for source in sorted((templates / "chapter_template").glob("*.py")):
        copies[source] = package / folder / source.name
    if there := [path for path in copies.values() if path.exists()]:
        raise ValueError(f"{there[0].relative_to(root)} is there already")
    for source, copy in copies.items():
        text = source.read_text("utf-8")
        text = text.replace("from chapter_template", f"from beyond_the_kernel.{folder}")
        for old, new in (
            ("_templates/chapter-template", name),
            ("chapter-template", chapter),
            ('"tpl"', f'"{letters}"'),
        ):
            text = text.replace(old, new)
        text = re.sub(r"\btemplate-(?=[a-z])", f"{letters}-", text)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, encoding="utf-8")
    return list(copies.values())


def next_steps(root: Path, name: str) -> str:
    """What the book has to be told of a chapter that was copied."""
    part, chapter = name.split("/")
    said = f"Now add book/{name} to _toc.yml, then: make sweep NAME={chapter}"
    if not (root / "book" / part / "teaching.md").exists():
        said += f"\n{part} is a new part: it needs a caption there, and a teaching.md."
    return said


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(str(__doc__).split("\n\n")[1].strip())
    try:
        written = copy_chapter(ROOT, *sys.argv[1:])
    except ValueError as error:
        sys.exit(f"new_chapter: {error}")
    print(*(path.relative_to(ROOT) for path in written), sep="\n")
    print(next_steps(ROOT, sys.argv[1]))
