"""The repository itself: what is in it, what must not be, and lists that must agree."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from book_sources import ROOT, page_sources, repository_url, toc_entries
from packaging.requirements import Requirement
from sphinxcontrib import katex

TEXT = {".py", ".md", ".ipynb", ".txt", ".toml", ".yml", ".js", ".css", ".cff", ".bib"}
PYTORCH_INDEX = "https://download.pytorch.org/whl/cpu"
KNOWN_HOSTS = {
    *("127.0.0.1", "localhost", "arxiv.org", "beyond-the-kernel.github.io", "doi.org"),
    *("colab.research.google.com", "creativecommons.org", "download.pytorch.org"),
    *("github.com", "jupyterbook.org", "mybinder.org", "proceedings.mlr.press"),
    "www.w3.org",
}
HOST = re.compile(r"https?://(localhost|[\w-]+(?:\.[\w-]+)+)")
LARGEST_TABLE, ALL_TABLES = 300_000, 2_000_000


def project_files() -> list[Path]:
    """What a commit of everything would hold."""
    others = ["--others", "--exclude-standard"]
    command = ["git", "ls-files", "-z", "--cached", *others]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    names = listed.decode().split("\0")
    return [path for name in names if name and (path := ROOT / name).is_file()]


def text_files() -> list[Path]:
    return [
        path
        for path in project_files()
        if "vendor" not in path.parts and (path.suffix in TEXT or not path.suffix)
    ]


def requirement_lines(name: str) -> dict[str, Requirement]:
    """Requirements by normalised name; comments, options and blank lines left out."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    plain = [line.split("#")[0].strip() for line in lines]
    parsed = [Requirement(line) for line in plain if line and not line.startswith("-")]
    return {normalised(r.name): r for r in parsed}


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NEEDS = {normalised(Requirement(need).name) for need in PROJECT["dependencies"]}


def test_the_library_and_the_book_would_be_committed() -> None:
    names = {p.relative_to(ROOT).as_posix() for p in project_files()}
    on_disk = (ROOT / "lib").rglob("*.py")
    library = {p.relative_to(ROOT).as_posix() for p in on_disk}
    assert len(library) > 10
    assert library <= names
    assert {p.relative_to(ROOT).as_posix() for p in page_sources()} <= names
    assert not [n for n in names if n.startswith((".venv", "_build/"))]


def test_no_address_but_the_known_ones_and_no_path_of_one_machine() -> None:
    """The book works with no network: a new host is a decision, not an accident."""
    for path in text_files():
        text, name = path.read_text("utf-8"), path.relative_to(ROOT)
        strangers = set(re.findall(HOST, text)) - KNOWN_HOSTS
        assert path.suffix == ".bib" or not strangers, f"{name}: {strangers}"
        found = re.findall(r"(?<![\w.~])/(?:work|root|home)/\w+", text)
        assert not found, f"{name}: {found}"


def test_every_page_is_in_the_contents_and_exists() -> None:
    assert [p for p in page_sources() if not p.exists()] == []
    written = {
        p.relative_to(ROOT).with_suffix("").as_posix()
        for p in project_files()
        if p.suffix in {".md", ".ipynb"} and ROOT / "book" in p.parents
        if not any(part.startswith("_") for part in p.relative_to(ROOT).parts)
    }
    assert written == set(toc_entries())


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_within_its_range(name: str) -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert all(re.fullmatch(r"#.*|[\w.-]+==[\w.]+", line) for line in lines)
    pins, ours = (requirement_lines(n) for n in ("constraints.txt", name))
    assert name != "requirements.txt" or set(ours) >= NEEDS
    for key, requirement in ours.items():
        pin = next(iter(pins[key].specifier))
        assert pin.operator == "=="
        assert requirement.specifier.contains(pin.version), requirement


def test_binder_installs_the_tested_versions_of_what_the_library_needs() -> None:
    binder = requirement_lines("binder/requirements.txt")
    assert set(binder) == NEEDS | {"jupyterlab-myst"}
    pins = requirement_lines("constraints.txt")
    assert all(r.specifier == pins[k].specifier for k, r in binder.items())
    lines = (ROOT / "binder/requirements.txt").read_text("utf-8").splitlines()
    options = [line for line in lines if line.startswith("-")]
    assert options == [f"--extra-index-url {PYTORCH_INDEX}"]
    runtime = (ROOT / "binder/runtime.txt").read_text("utf-8").strip()
    assert re.fullmatch(r"python-3\.1[1-9]", runtime)
    build, start = ROOT / "binder/postBuild", ROOT / "binder/start"
    assert build.stat().st_mode & start.stat().st_mode & 0o111, "repo2docker runs them"
    assert "pip install --no-deps" in build.read_text("utf-8")
    assert start.read_text("utf-8").endswith('\nexec "$@"\n')


def test_ci_and_readme_name_commands_that_exist() -> None:
    commands = (ROOT / ".ci/run").read_text("utf-8").splitlines()
    assert commands[-1] == "make test"
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
    workflow = yaml.safe_load((ROOT / ".github/workflows/book.yml").read_text("utf-8"))
    steps = [s["run"] for s in workflow["jobs"]["test"]["steps"] if "run" in s]
    assert steps[-2:] == ["make test", "make book"]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for name, wanted in (("README.md", {"test", "book"}), ("CONTRIBUTING.md", set())):
        text = (ROOT / name).read_text("utf-8")
        used = set(re.findall(r"`(?:\w+=\S+ )?make ([a-z-]+)", text))
        assert wanted <= used
        assert used
        assert used <= targets, used - targets


def test_katex_is_the_version_that_renders() -> None:
    """With the styles of another version fractions and superscripts are mis-set."""
    folder = ROOT / "book/_static/vendor/katex"
    styles = (folder / "katex.min.css").read_text("utf-8")
    assert f'content:"{katex.katex_version}"' in styles
    fonts = set(re.findall(r"url\(fonts/([\w-]+\.woff2)\)", styles))
    assert fonts == {p.name for p in (folder / "fonts").iterdir()}


def test_tables_stay_small() -> None:
    sizes = {p.name: p.stat().st_size for p in (ROOT / "book/tables").iterdir()}
    assert {n: s for n, s in sizes.items() if s > LARGEST_TABLE} == {}
    assert sum(sizes.values()) <= ALL_TABLES


def test_a_fork_changes_every_address_at_once(tmp_path: Path) -> None:
    for path in text_files():
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text("utf-8"), "utf-8")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    command = [sys.executable, "scripts/fork_url.py", "https://github.com/jane/notes"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    owner, name = repository_url().rsplit("/", 2)[1:]
    for path in tmp_path.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            text = path.read_text("utf-8")
            left = re.findall(rf"{owner}(?:\.github\.io)?/{name}\b", text)
            assert not left, path.relative_to(tmp_path)
