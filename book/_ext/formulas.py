"""Formulas set by a KaTeX that is asked through pipes instead of a socket.

sphinxcontrib-katex starts a server and connects to it, now and then before anybody
listens. A pipe is there before its reader; and it closes with the build, however that
ends, which ends the renderer too.
"""

import json
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from sphinxcontrib import katex

STARTS = 4
SCRIPT = Path(__file__).with_name("renderer.js")
LIBRARY = Path(katex.__file__).with_name("katex.min.js")
OPTIONS = {"throwOnError": True}


class Renderer:
    """A process that answers each formula with its HTML; a dead one is started anew.

    Args:
        command: what runs the renderer.
    """

    def __init__(self, *command: str | Path) -> None:
        self.command = command or (katex.NODEJS_BINARY, SCRIPT, LIBRARY)
        self.process: Popen[str] | None = None

    def render(self, latex: str, options: dict[str, Any] | None = None) -> str:
        """The HTML of a formula; KaTeXError where it is faulty or nobody answers."""
        request = {"latex": latex, "options": OPTIONS | (options or {})}
        said = ""
        for _ in range(STARTS):
            line = self._ask(json.dumps(request) + "\n")
            if line.endswith("\n"):
                answer = json.loads(line)
                if "error" in answer:
                    raise katex.KaTeXError(answer["error"])
                return str(answer["html"])
            said = self.close()
        raise katex.KaTeXError(f"KaTeX ended {STARTS} times at {latex!r}:\n{said}")

    def close(self) -> str:
        """End the process, if there is one; what it complained of."""
        process, self.process = self.process, None
        if process is None:
            return ""
        process.kill()
        return process.communicate()[1]

    def _ask(self, request: str) -> str:
        """A line of answer; less than a line where the process ended before."""
        if self.process is None:
            # stderr too is a pipe: the build's own would be held open
            self.process = Popen(
                self.command, stdin=PIPE, stdout=PIPE, stderr=PIPE, encoding="utf-8"
            )
        assert self.process.stdin
        assert self.process.stdout
        with suppress(OSError):
            self.process.stdin.write(request)
            self.process.stdin.flush()
            return self.process.stdout.readline()
        return ""
