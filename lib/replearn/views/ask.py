"""Predictions and questions on a page, with no kernel: a click, then words."""

from __future__ import annotations

import html
from functools import partial
from typing import Any

import traitlets

from replearn.experiments.questions import PREDICT, Packed, pack
from replearn.views.living import Living, front_end, script


class Ask(Living):
    """Declared questions of one kind, by their names; or predictions, told again.

    Args: names: which. recall: whether they stand beside what was measured.
    """

    _esm = front_end("shared.js", "ask.js")
    _css = front_end("ask.css")
    questions: Any = traitlets.List().tag(sync=True)
    recall = traitlets.Bool().tag(sync=True)

    def __init__(self, *names: str, recall: bool = False):
        questions = [pack(name) for name in names]
        parts = {question["part"] for question in questions}
        if len(parts) != 1 or (recall and parts != {PREDICT}):
            wanted = "predictions" if recall else "predictions only, or questions only"
            raise ValueError(f"{names} are {sorted(parts)}; they must be {wanted}")
        name = f"{'recall' if recall else 'ask'}-{names[0]}"
        super().__init__(name=name, questions=questions, recall=recall)

    def to_html(self) -> str:
        """The form for pages without a kernel: as on paper, and the front end."""
        part = "" if self.recall else f' data-part="{self.questions[0]["part"]}"'
        paper = "".join(_on_paper(question, self.recall) for question in self.questions)
        state = {key: getattr(self, key) for key in ("name", "questions", "recall")}
        return (
            f'<div class="replearn-ask"{part}><div class="replearn-paper">{paper}</div>'
            f"{script(str(self._esm), str(self._css), state)}</div>"
        )


ask, recall = Ask, partial(Ask, recall=True)


def _on_paper(question: Packed, recall: bool) -> str:
    told = {k: html.escape(v) for k, v in question.items() if isinstance(v, str)}
    if recall:
        return f"<p>Found: <strong>{told['measured']}</strong>.</p>"
    if question["part"] == PREDICT:
        link = f'<a href="{told["at"]}">To the figure.</a>'
        answer = f"Found: {told['measured']}. {told['where']} {link}"
    else:
        because = html.escape(question["replies"][0][1])
        answer = f"<strong>{told['told']}.</strong> {because}"
    choices = "".join(f"<li>{html.escape(c)}</li>" for c in question["choices"])
    blank = f"<ul>{choices}</ul>" if choices else f"<p>________ {told['unit']}</p>"
    fold = f"<details><summary>the answer</summary><p>{answer}</p></details>"
    return f"<p><strong>{told['text']}</strong></p>{blank}{fold}"
