"""Cut Font Awesome down to the dozen icons the pages show (300 kB becomes 6 kB)."""

import re
from pathlib import Path

from fontTools import subset

NAMED_ICON = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\(f[0-9a-f]{3})"\}')
CODE_POINT = re.compile(r"\\(f[0-9a-f]{3})\b")
CLASS_NAME = re.compile(r"\bfa-[a-z0-9-]+")


def used_code_points(html_folder: Path) -> set[int]:
    """Code points of every icon class in a page or script, and of every CSS rule."""
    sheets = "".join(p.read_text("utf-8") for p in html_folder.rglob("*.css"))
    pages = [*html_folder.rglob("*.html"), *html_folder.rglob("*.js")]
    classes = {
        name for page in pages for name in CLASS_NAME.findall(page.read_text("utf-8"))
    }
    named = {
        code
        for selectors, code in NAMED_ICON.findall(sheets)
        if classes.intersection(CLASS_NAME.findall(selectors))
    }
    used_by_rules = CODE_POINT.findall(NAMED_ICON.sub("", sheets))
    return {int(code, 16) for code in named.union(used_by_rules)}


def subset_icon_fonts(html_folder: Path) -> None:
    """Rewrite the theme's woff2 icon fonts in place; remove the ttf twins."""
    fonts = html_folder / "_static/vendor/fontawesome/webfonts"
    code_points = used_code_points(html_folder)
    options = subset.Options(flavor="woff2", layout_features=["*"])
    for path in sorted(fonts.glob("*.woff2")):
        font = subset.load_font(str(path), options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=code_points)
        subsetter.subset(font)
        subset.save_font(font, str(path), options)
    for path in fonts.glob("*.ttf"):
        path.unlink()
