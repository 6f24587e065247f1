"""Formulas survive a renderer that starts late or dies; none outlives its build."""

import os
import subprocess
import sys
import time

import psutil
import pytest
from book_sources import ROOT

EXTENSION = ROOT / "book/_ext"
# The first two starts end at once; each later one is late and ends with its answer.
FEEBLE = """\
import json, sys, time
with open(sys.argv[1], "a") as starts:
    starts.write("|")
    if starts.tell() < 3:
        sys.exit("planted")
time.sleep(0.5)
print(json.dumps({"html": json.loads(input())["latex"]}))"""
BUILD = """\
import house, os
from formulas import Renderer
house.put_node_on_path()
renderer = Renderer()
assert 'class="katex"' in renderer.render("d^p")
try:
    renderer.render(r"\\Q")
except Exception as error:
    assert "Undefined" in str(error)
    print(renderer.process.pid, flush=True)
"""


@pytest.fixture
def formulas(monkeypatch):
    monkeypatch.syspath_prepend(EXTENSION)
    import formulas

    return formulas


def test_a_late_or_dying_renderer_is_started_until_it_answers(formulas, tmp_path):
    starts = tmp_path / "starts"
    renderer = formulas.Renderer(sys.executable, "-c", FEEBLE, starts)
    assert [renderer.render(latex) for latex in "abc"] == ["a", "b", "c"]
    assert starts.read_text() == "|||||"
    renderer.close()


def test_one_that_never_answers_is_an_error_that_says_why(formulas):
    renderer = formulas.Renderer(sys.executable, "-c", "raise SystemExit('planted')")
    with pytest.raises(formulas.katex.KaTeXError, match="4 times at 'x':\nplanted"):
        renderer.render("x")


@pytest.mark.parametrize(
    "end", ["renderer.close()", "1 / 0", "os.kill(os.getpid(), 9)"]
)
def test_no_renderer_outlives_its_build_or_holds_its_pipes(end: str):
    build = [sys.executable, "-c", BUILD + end]
    environment = os.environ | {"PYTHONPATH": str(EXTENSION)}
    result = subprocess.run(build, capture_output=True, env=environment)
    assert any(has_ended(int(result.stdout)) or time.sleep(0.1) for _ in range(3000))


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
