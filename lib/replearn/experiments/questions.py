"""Predictions and questions that a page asks: declared once, in words and numbers.

A prediction is locked, and a figure answers it. A question is judged at once; each
wrong answer has words of its own, which do not give the right one away. What is
measured is handed over as a function, which is called where the question is shown.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from string import Formatter
from typing import Any
from zlib import crc32

from replearn.checks import check_choice, check_real
from replearn.experiments.tables import QUESTIONS as FOLDER

Words = str | Callable[[], str]
Answer = Words | float | Callable[[], float]
Packed = dict[str, Any]
PREDICT, QUESTION = "predict", "question"

_QUESTIONS: dict[str, Callable[[], Packed]] = {}


def predict(
    name: str, text: Words, *choices: str, measured: Words, where: str, at: str
) -> None:
    """Declare a prediction: one of the choices or, where there are none, a number.

    Args:
        name: unique in the book. text: what is asked, without formulas: "d²", "dᵖ".
        choices: each once. measured: what was found, as it follows "measured: ".
        where: a sentence that says where the figure shows it, and not what.
        at: the figure's address on the page, "#kvn" say, with its setting if need be.
    """
    if choices:
        _check_different(name, choices)

    def pack() -> Packed:
        told = {"measured": _say(name, measured), "where": _say(name, where), "at": at}
        return {"part": PREDICT, "choices": list(choices), "unit": "", **told}

    _enter(name, text, pack)


def question(
    name: str,
    text: Words,
    right: Answer,
    because: Words,
    *wrong: tuple[Answer, Words],
    within: float = 0.01,
    unit: str = "",
) -> None:
    """Declare a question: a choice, where the right answer is text; else a number.

    Args:
        name: unique in the book. text: what is asked, without formulas.
        right: the answer. because: what explains it, once it is found.
        wrong: the other choices, or the usual wrong numbers; each with what is said to
            it, which helps and does not tell.
        within: allowed |given - right| / |right| of a number. unit: what it counts.
    """
    check_real(f"{name}: within", within, 1e-9, 0.5)
    _check_different(name, [right, *(value for value, _ in wrong)])

    def pack() -> Packed:
        pairs = [(right, because), *wrong]
        replies = [(v() if callable(v) else v, _say(name, w)) for v, w in pairs]
        answer = replies[0][0]
        told = answer if isinstance(answer, str) else f"{answer:.6g}"
        _check_replies(name, told, replies, within)
        choices = [value for value, _ in replies if isinstance(value, str)]
        if choices:  # the right one stands anywhere
            choices.insert(crc32(name.encode()) % len(choices), choices.pop(0))
        judged = {
            "replies": replies,
            "within": within,
            "told": f"{told} {unit}".strip(),
        }
        return {"part": QUESTION, "choices": choices, "unit": unit, **judged}

    _enter(name, text, pack)


def declare(chapter: str, **values: Callable[[], Any]) -> None:
    """Declare the predictions and questions of book/questions/CHAPTER.toml.

    A text may name values in braces, which are asked for when the question is shown; an
    answer that is nothing else, "{need}" say, is the value itself.

    Args: chapter: the notebook's name. values: name -> function of no arguments.
    """
    rows = tomllib.loads((FOLDER / f"{chapter}.toml").read_text("utf-8"))

    def fill(text: Any) -> Any:
        named = [name for _, name, *_ in Formatter().parse(str(text)) if name]
        if unknown := [name for name in named if name not in values]:
            raise ValueError(f"{chapter}.toml names {unknown}, not among {[*values]}")
        if named and text == f"{{{named[0]}}}":
            return values[named[0]]
        if not named:
            return text
        return lambda: text.format(**{name: values[name]() for name in named})

    for row in rows.get(PREDICT, []):
        predict(
            row.pop("name"),
            fill(row.pop("text")),
            *row.pop("choices", ()),
            **{key: fill(words) for key, words in row.items()},
        )
    for row in rows.get(QUESTION, []):
        main = [fill(row.pop(key)) for key in ("text", "right", "because")]
        wrong = [(fill(value), fill(words)) for value, words in row.pop("wrong")]
        question(row.pop("name"), *main, *wrong, **row)


def names() -> list[str]:
    """What is declared."""
    return sorted(_QUESTIONS)


def pack(name: str) -> Packed:
    """A question as the page carries it, its functions called and its words checked."""
    return _QUESTIONS[check_choice("question", name, names())]()


def _enter(name: str, text: Words, pack: Callable[[], Packed]) -> None:
    if name in _QUESTIONS:
        raise ValueError(f"there is already a question {name!r}")
    _QUESTIONS[name] = lambda: {"name": name, "text": _say(name, text), **pack()}


def _say(name: str, words: Words) -> str:
    text = words() if callable(words) else words
    if not text.strip():
        raise ValueError(f"{name} says nothing where it needs words")
    return text


def _check_different(name: str, given: Any) -> None:
    if len(set(given)) < max(2, len(given)):
        raise ValueError(f"{name} has {list(given)}; it needs two or more, no twins")


def _check_replies(name: str, told: str, replies: Any, within: float) -> None:
    """Wrong answers differ from the right one, and their words do not tell it."""
    values, words = zip(*replies, strict=True)
    _check_different(name, values)
    _check_different(name, words)
    if len({isinstance(value, str) for value in values}) > 1:
        raise TypeError(f"{name} has {list(values)}; it needs choices or numbers")
    given = re.compile(rf"(?<![\w.]){re.escape(told)}(?!\w|\.\d)", re.IGNORECASE)
    for value, said in replies[1:]:
        if given.search(said):
            raise ValueError(f"{name}: {said!r} gives the answer away")
        if not isinstance(value, str) and abs(value / values[0] - 1) <= 2 * within:
            raise ValueError(f"{name}: the slip {value:g} is as good as {told}")
