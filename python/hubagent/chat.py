"""The terminal chat: lines in, sentences out, with completion from the home's own names.

In: a function that runs one turn. Out: text. Knows nothing of devices or brokers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.history import InMemoryHistory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    Say = Callable[[str], str]
    """One turn: words in, the answer out."""
    Names = Callable[[], Iterable[str]]

OPENINGS = (
    "turn on the", "turn off the", "set the", "dim the", "open the", "close the", "is the",
    "what is the", "which lights are on", "lock the", "play", "pause the",
)  # fmt: skip
LEAVE = frozenset({"exit", "quit", ":q"})


class HomeCompleter(Completer):
    """Completes the words after the cursor's last break from names of the home."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterator[Completion]:
        """Yield openings at the start of a line, names after it, commands after ``/``."""
        del complete_event
        yield from (Completion(text, -back) for text, back in self.complete(document.text))

    def complete(self, line: str) -> list[tuple[str, int]]:
        """Return (text, how many characters it replaces) for the words before the cursor."""
        if not line.strip():
            return [(opening, len(line)) for opening in OPENINGS]
        found = [(text, len(line)) for text in OPENINGS if text.startswith(line.lower())]
        # The longest tail of the line that begins some name wins: names have several words.
        for start in (match.start() for match in re.finditer(r"\b\w", line)):
            tail = line[start:].lower()
            fits = sorted({name for name in self._names() if name.lower().startswith(tail)})
            if fits:
                return found + [(name, len(tail)) for name in fits[:12]]
        return found


def converse(say: Say, names: Names, *, commands: dict[str, Callable[[], str]]) -> None:
    """Run the chat at a terminal until the speaker leaves (``exit``, Ctrl-D).

    Args:
        say: Runs one turn.
        names: Names to complete, asked anew for each line.
        commands: Words after a slash, such as ``explain``, and what they print.
    """
    session: PromptSession[str] = PromptSession(
        history=InMemoryHistory(), completer=HomeCompleter(names), complete_while_typing=False
    )
    while True:
        try:
            line = session.prompt("you> ").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if line.lower() in LEAVE:
            return
        if line:
            _write(session.output.write, session.output.flush, reply(line, say, commands))


def recite(
    lines: Iterable[str], say: Say, *, commands: dict[str, Callable[[], str]], out: TextIO
) -> None:
    """Say each line of a script; blank lines and lines that begin with ``#`` are passed over."""
    for line in (line.strip() for line in lines):
        if line.lower() in LEAVE:
            return
        if line and not line.startswith("#"):
            out.write(f"you> {line}\n{reply(line, say, commands)}\n")
            out.flush()


def reply(line: str, say: Say, commands: dict[str, Callable[[], str]]) -> str:
    """Return what the chat prints for one line."""
    if not line.startswith("/"):
        return f"hub> {say(line)}"
    command = commands.get(line[1:].strip())
    known = ", ".join(f"/{name}" for name in commands)
    return f"unknown command `{line}`; there are {known}" if command is None else command()


def _write(write: Callable[[str], None], flush: Callable[[], None], text: str) -> None:
    write(f"{text}\n")
    flush()
