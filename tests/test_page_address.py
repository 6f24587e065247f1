"""Where a notebook is only read, as on GitHub, it says where its page is."""

from pathlib import Path

import pytest
from book_sources import ROOT, notebooks, read_cells, repository_url


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_the_second_cell_says_where_the_page_is(path: Path) -> None:
    owner, name = repository_url().rsplit("/", 2)[1:]
    page = path.relative_to(ROOT).with_suffix(".html").as_posix()
    cell = read_cells(path)[1]
    assert f"(https://{owner}.github.io/{name}/{page})" in cell.source
    assert cell.tags == ("remove-cell",), "the page itself does without"
