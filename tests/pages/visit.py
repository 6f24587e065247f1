"""What the page tests share: a page that is watched while it is open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from book_sources import ROOT, read_cells, toc_entries
from playwright.sync_api import Browser, Locator, Page, Route

FILE_NAME = re.compile(r"[\w./~%-]+\.(png|svg|jpe?g|gif|webp)", re.IGNORECASE)
SHORTEST_ALT = 20
LIVE = """() => [...document.querySelectorAll('.replearn-explorer, .replearn-hero')]
    .every((box) => box.dataset.state === 'live')"""
UNFOLD = """async () => {
    for (const fold of document.querySelectorAll('details')) fold.open = true;
    for (const fold of document.querySelectorAll('.toggle-hidden .toggle-button'))
        fold.click();
    for (const fade of document.getAnimations())  // else what is half faded is judged
        if (fade.effect.getComputedTiming().endTime < Infinity) fade.finish();
    scrollTo(0, document.body.scrollHeight);
    await document.fonts.ready;
    await Promise.all([...document.images].map((image) => {
        image.loading = 'eager';
        return image.decode().catch(() => {}); })); }"""
REACHABLE = """() => [...document.querySelectorAll('pre')].every((e) =>
    e.tabIndex === 0 || e.scrollWidth <= e.clientWidth)"""  # the theme sees to it, late
IMAGES = """() => [...document.querySelectorAll('img')].map((image) => (
    {alt: image.getAttribute('alt'), source: image.getAttribute('src').slice(0, 60),
     figure: image.closest('article') !== null}))"""
OVERHANG = """() => {
    const scrolls = (e) => e && (getComputedStyle(e).overflowX !== 'visible'
        || scrolls(e.parentElement === document.body ? null : e.parentElement));
    const wide = [...document.querySelectorAll('article *')].filter((e) =>
        e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e.parentElement));
    return wide.map((e) => e.outerHTML.slice(0, 120)); }"""
CUT_FORMULAS = """() => [...document.querySelectorAll('.katex-display')].filter((e) => {
    const [box, ink] = [e, e.querySelector('.katex-html .base')].map(
        (part) => part.getBoundingClientRect());
    const stuck = e.scrollWidth > e.clientWidth && e.tabIndex !== 0;
    return stuck || ink.left < box.left - 1 || box.right > innerWidth;
}).map((e) => e.textContent.slice(0, 60))"""
ACCESSIBILITY_KNOWN = {"label-content-name-mismatch", "region"}  # the theme's own


@dataclass
class Watched:
    """An open page; what it asked of others, in vain, and what it complained about."""

    page: Page
    home: str
    strangers: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.route("**/*", self._judge)
        self.page.on(
            "response", lambda r: r.status >= 400 and self.failures.append(r.url)
        )
        self.page.on("requestfailed", lambda r: self.failures.append(r.url))
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.on(
            "console", lambda m: m.type == "error" and self.complaints.append(m.text)
        )

    def _judge(self, route: Route) -> None:
        url = route.request.url
        if url.startswith((self.home, "blob:", "data:")):
            route.continue_()
        else:
            self.strangers.append(url)
            route.abort()

    def faults(self) -> list[str]:
        return self.strangers + self.failures + self.complaints

    def open(self, path: str) -> Page:
        """Load a page of the book and wait until its explorers are alive."""
        self.page.goto("about:blank")  # else a new #setting would not load the page
        self.page.goto(f"{self.home}/{path}", wait_until="load")
        self.page.wait_for_function(LIVE)
        return self.page


@contextmanager
def watch(browser: Browser, home: str, **options: object) -> Iterator[Watched]:
    """A fresh, empty-cached window that is watched; closed at the end."""
    context = browser.new_context(**options)
    try:
        yield Watched(context.new_page(), home)
    finally:
        context.close()


def bad_images(page: Page) -> list[str]:
    """Pictures whose alternative text is missing, a file name, or says nothing."""
    bad = []
    for image in page.evaluate(IMAGES):
        alt = image["alt"]
        missing = alt is None or FILE_NAME.fullmatch(alt.strip())
        if missing or (image["figure"] and len(alt) <= SHORTEST_ALT):
            bad.append(f"{image['source']}: alt={alt!r}")
    return bad


def bad_maths(page: Page) -> list[str]:
    """Formulas, and macros in them, that KaTeX did not know: they stand in red."""
    red = ".katex-error, .katex-html [style*='#cc0000']"
    return page.locator(red).all_text_contents()


def cut_formulas(page: Page) -> list[str]:
    """Formulas whose start is out of reach, or that the keyboard cannot scroll."""
    return page.evaluate(CUT_FORMULAS)


def overhang(page: Page) -> list[str]:
    """What makes the page wider than its window."""
    found = page.evaluate(OVERHANG)
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found + ([f"the page is {width} px too wide"] if width > 0 else [])


def notebook_entries() -> list[str]:
    """The pages of the book that are notebooks."""
    return [e for e in toc_entries() if (ROOT / f"{e}.ipynb").exists()]


def explorers() -> list[tuple[str, int]]:
    """Each explorer of the book: its page, and its place there from 0."""
    entries = [
        entry
        for entry in notebook_entries()
        for cell in read_cells(ROOT / f"{entry}.ipynb")
        if cell.kind == "code"
        and re.search(r"\bshow\.(?!LAB|HERO)[A-Z]+\.open\(", cell.source)
    ]
    return [(entry, entries[:i].count(entry)) for i, entry in enumerate(entries)]


def explorer(page: Page, place: int) -> Locator:
    """The explorer at a place on the open page."""
    return page.locator(".replearn-explorer").nth(place)
