"""What follows a formula stays beside it.

To a browser a formula is a box, and a line may end after any box, so that a comma or a
full stop would stand alone at the start of the next line. It is held together with the
formula here; a long formula itself may still be broken.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

MARKS = re.compile(r"[.,;:!?)\]’”]+")


class HoldPunctuation(SphinxPostTransform):
    """Put a formula in the text and the marks behind it into one inline box."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Each formula of the page."""
        for formula in list(self.document.findall(nodes.math)):
            after = formula.next_node(descend=False, siblings=True)
            marks = MARKS.match(after) if isinstance(after, nodes.Text) else None
            if marks is None:
                continue
            after.parent.replace(after, nodes.Text(after[marks.end() :]))
            held = nodes.inline(classes=["held"])
            formula.replace_self(held)
            held += [formula, nodes.Text(marks.group())]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(HoldPunctuation)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
