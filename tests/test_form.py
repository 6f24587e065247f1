"""Every chapter that has its basement keeps to the form; what holds for all does."""

import re
from pathlib import Path

import nbformat
import pytest
from book_sources import (
    chapters,
    labels,
    markdown,
    notebooks,
    page_sources,
    read_cells,
    sections,
)
from form import (
    BASEMENT,
    REFERENCE,
    given,
    in_form,
    order_faults,
    path_words,
    plain,
    quoted,
    unfounded,
)
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

FORM = ["Objectives", "Where it fails", "Exercises", BASEMENT, "Take-away"]
LONGEST_PATH = 2000
LONGEST_SUMMARY = 40
every_finished = pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)


@every_finished
def test_sections_come_in_the_books_order(path: Path) -> None:
    headings = [heading for heading in sections(path) if heading]
    assert [heading for heading in headings if heading in FORM] == FORM
    assert headings[0] == FORM[0]
    assert headings[-2:] == FORM[-2:]
    assert headings.index("Where it fails") > 1, "no section says why"


@every_finished
def test_predictions_objectives_and_times(path: Path) -> None:
    cells = read_cells(path)
    figure = next(i for i, c in enumerate(cells) if "figure-to-move" in c.tags)
    above = "\n".join(cell.source for cell in cells[:figure])
    assert re.search(r"^1\. |\bchecks\.ask\(", above, re.MULTILINE), "predict first"
    parts = sections(path)
    objectives = re.findall(r"^[-*] ", parts["Objectives"], re.MULTILINE)
    assert 3 <= len(objectives) <= 5
    assert "Prerequisites" in parts["Objectives"]
    assert re.search(r"\d+ min", parts["Objectives"]), "minutes to read"
    assert "Further reading" in parts["Take-away"]


@every_finished
def test_the_path_can_be_walked_in_half_an_hour(path: Path) -> None:
    assert path_words(path) <= LONGEST_PATH


@pytest.mark.parametrize("path", page_sources(), ids=lambda path: path.stem)
def test_what_a_screen_reader_names_is_more_than_a_formula(path: Path) -> None:
    """Links and heads of tables; a formula by itself has no name."""
    text = markdown(path)
    links = re.findall(r"<a href=[^>]+>(?:\$[^$]+\$[,\s]*)+</a>", text)
    assert [link for link in links if "aria-label=" not in link] == []
    heads = re.findall(r"^\|(.+)\|\n\|[-:| ]+\|$", text, re.MULTILINE)
    cells = [cell for head in heads for cell in re.split(r"(?<!\\)\|", head)]
    assert [c for c in cells if not re.search(r"\w", re.sub(r"\$[^$]*\$", "", c))] == []


@every_finished
def test_each_part_downstairs_says_what_it_holds(path: Path) -> None:
    parts = re.split(r"^### +(.+)$", sections(path)[BASEMENT], flags=re.MULTILINE)
    titles, bodies = parts[1::2], parts[2::2]
    assert titles[-1:] == ["Tables and code"]
    for title, body in zip(titles, bodies, strict=True):
        said = body.strip().split("\n\n")[0]
        assert re.fullmatch(r"[^.!?{[]+\.", said), f"{title}: one plain sentence first"
        assert len(said.split()) <= LONGEST_SUMMARY, title


@every_finished
def test_a_measured_number_stands_in_a_checked_cell_nearby(path: Path) -> None:
    hint = "print it in a checked cell nearby, or give its reason in metadata.given"
    assert unfounded(path) == [], hint


@every_finished
def test_what_is_marked_as_given_is_said_and_has_a_reason(path: Path) -> None:
    text = plain(markdown(path))
    for number, reason in given(path).items():
        assert number in {quote.text for quote in quoted(text)}, number
        assert len(reason.split()) >= 3, number


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_a_notebook_refers_to_another_in_words_and_a_link(path: Path) -> None:
    """JupyterLab knows the labels of one notebook; `[words](other.ipynb#label)`."""
    text = markdown(path)
    foreign = set(re.findall(REFERENCE, text)) - labels(text)
    assert foreign == set()


def notebook(folder: Path, prose: str, *printed: str, **metadata: object) -> Path:
    """A chapter of one paragraph, and checked cells that print this."""
    cells = [new_markdown_cell(prose)]
    for text in printed:
        output = new_output("stream", name="stdout", text=text)
        cells.append(new_code_cell("print()", execution_count=1, outputs=[output]))
    path = folder / "planted.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata=metadata), path)
    return path


PRINTED = "d=40: 12341, error 0.163, share 0.256, n10 568233\n"
SAID = [
    ("12 341 monomials and an error of 0.16", []),
    ("12 342 monomials and an error of 0.17", ["12 342", "0.17"]),
    ("25.6 % of it, 26 per cent, not 27 %", ["27 %"]),
    ("570 000 samples, 570k, 560 000, 56k", ["560 000", "56k"]),
    ("in 2022, $0.5$ of 40, `0.7`, d = 77 [0.16](a.md#0.9)", []),
    ("## 0.9\n\n:::{exercise} A (easy)\n:label: a\n0.9\n:::\n", []),
]


@pytest.mark.parametrize(("prose", "found"), SAID)
def test_a_changed_number_is_seen(tmp_path: Path, prose: str, found: list[str]) -> None:
    assert unfounded(notebook(tmp_path, prose, PRINTED)) == found
    marked = dict.fromkeys(found, "set by hand here")
    assert unfounded(notebook(tmp_path, prose, PRINTED, given=marked)) == []


def test_a_number_far_away_does_not_count(tmp_path: Path) -> None:
    for others, found in ((1, []), (2, ["0.16"])):
        outputs = [*["0.99\n"] * others, PRINTED]
        assert unfounded(notebook(tmp_path, "It is 0.16.", *outputs)) == found


PATH = """# Title

Two words, $a + b$ and [a link](x.md) to {cite:t}`somebody`.

:::{exercise} One more
:label: xyz-a

Count.

::::{dropdown} Hint
Hidden words that do not count.
::::
:::

$$ a = b $$ (xyz-b)
"""


def test_words_are_those_that_are_read(tmp_path: Path) -> None:
    below = f"\n## {BASEMENT}\n\nNothing of this.\n"
    assert path_words(notebook(tmp_path, PATH, "")) == 13
    assert path_words(notebook(tmp_path, PATH + below, "")) == 13
    assert in_form(notebook(tmp_path, PATH + below, ""))
    assert not in_form(notebook(tmp_path, PATH, ""))


PARTS = ["predict", "hero", "explorer", "stage", "question", "basement", "basement"]


def test_parts_out_of_order_are_seen() -> None:
    assert order_faults(PARTS) == []
    assert order_faults([*PARTS, "hero"]) == [], "the take-away has the hero once more"
    for i, part in enumerate(PARTS[:5]):
        assert order_faults([*PARTS[:i], *PARTS[i + 1 :]]) == [f"no {part}"]
    assert order_faults(PARTS[1:3] + PARTS[:1] + PARTS[3:]) != []
    assert order_faults([*PARTS, "question"]) != []
