"""The template copies: under a new name, only where it is free, and the copy works."""

import shutil
from pathlib import Path

import pytest
from book_sources import ROOT
from new_chapter import copy_chapter

import beyond_the_kernel
from beyond_the_kernel import catalogue
from replearn.experiments import exercises


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    for there in ("book/_templates", "lib/beyond_the_kernel/transfer"):
        shutil.copytree(ROOT / there, tmp_path / there)
    (tmp_path / "lib/beyond_the_kernel/catalogue.py").touch()
    return tmp_path


def test_the_copy_is_a_chapter(skeleton: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = copy_chapter(skeleton, "a-part/my-question", "myq")
    assert not [path for path in written if "template" in path.read_text("utf-8")]
    monkeypatch.setattr(beyond_the_kernel, "__path__", [str(written[1].parents[1])])
    monkeypatch.setattr(exercises, "_EXERCISES", {})
    assert catalogue.explorers()["myq"].open().finding().startswith("d = 10, degree 3")
    assert {"my_question"} < set(catalogue.labs())
    catalogue.load("my_question", "checks")
    assert {name[:4] for name in exercises.names()} == {"myq-"}


REFUSED = [
    *((n, "myq", "must be PART/CHAPTER") for n in ("my", "book/a/my", "a/My_Q")),
    *((n, "myq", "another meaning in Python") for n in ("a/lambda", "a/catalogue")),
    ("a-part/my-question", "MYQ", "must be three small letters"),
    ("a-part/my-question", "trf", "taken by transfer"),
    ("a-part/transfer", "myq", "transfer/__init__.py is there already"),
]


@pytest.mark.parametrize(("name", "letters", "message"), REFUSED)
def test_what_is_not_free_is_refused_and_nothing_written(
    skeleton: Path, name: str, letters: str, message: str
) -> None:
    before = set(skeleton.rglob("*"))
    with pytest.raises(ValueError, match=message):
        copy_chapter(skeleton, name, letters)
    assert set(skeleton.rglob("*")) == before
