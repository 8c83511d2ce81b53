"""Requests by their verb alone, for what the model does not know: "granny light on", "aga off for the sweep".

In: a clause. Out: at most one reading, made of the word that says what to do and of the words beside it,
which must name something. It is tried only where every other reading came to nothing, so it may be
as plain as this. Words are data (``verbs.toml``).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.types import Hypothesis, Slot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.resolve.lexicon import Lexicon
    from hubagent.types import Clause

PROBABILITY = 0.6
"""How surely such a request is understood: less than anything sensitive needs."""
_SPOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_COMMA = re.compile(r"[,;:.!]")
_PLACED = frozenset({"in", "at", "upstairs", "downstairs"})
_ASIDE = frozenset({"for", "because", "before"})
_MOST_NAMING = 4
_FIRST = "first"
"""Verbs of starting something that count only where they come first."""


@dataclass(frozen=True, slots=True)
class _Word:
    token: str
    start: int
    end: int


class ByVerb:
    """Reads a request from its verb."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def reading(self, clause: Clause, utterance: str) -> Hypothesis | None:
        """Return the reading of a clause; ``None`` if no verb, or more than one, says what to do."""
        words = [
            _Word("".join(text.tokens(match[0])), match.start(), match.end())
            for match in _SPOKEN.finditer(utterance, clause.start, clause.end)
        ]
        found = {intent for word in words if (intent := _verbs().get(word.token))}
        found |= {"HassTurnOn"} if words and words[0].token in _firsts() else set()
        found |= {"HassTurnOff"} if _misheard_off(words) else set()
        if len(found) != 1:
            return None
        slots = self._slots(words, utterance)
        return Hypothesis(found.pop(), PROBABILITY, slots) if slots else None

    def _slots(self, words: Sequence[_Word], utterance: str) -> tuple[Slot, ...]:
        """Return the words that no request is made of: a name, perhaps a place, and nothing else."""
        runs: list[list[_Word]] = []
        for index, word in enumerate(words):
            if self._carries(word.token) or (not index and word.token in _firsts()):
                continue
            before = words[index - 1] if index else None
            joined = (
                runs
                and before is not None
                and runs[-1][-1] is before
                and not _COMMA.search(utterance, before.end, word.start)
            )
            if joined:
                runs[-1].append(word)
            else:
                runs.append([word])
        slots: list[Slot] = []
        for run in runs:
            near = {word.token for word in words[: words.index(run[0])][-2:]}
            if slots and near & _ASIDE:
                break  # "aga off for the sweep"
            name = "area" if slots and near & _PLACED else "name"
            if len(run) > _MOST_NAMING or len(slots) > 1 or (slots and name == "name"):
                return ()  # more was said than one thing and its place
            start, end = run[0].start, run[-1].end
            slots.append(Slot(name, start, end, utterance[start:end]))
        return tuple(slots)

    def _carries(self, token: str) -> bool:
        carried = token in self._lexicon.carriers and (token,) not in self._lexicon.kind_words
        return carried or token in _verbs()


def _misheard_off(words: Sequence[_Word]) -> bool:
    """Return whether an "of" is an "off": behind "turn" and the like, or at the end."""
    tokens = [word.token for word in words]
    if tokens[-1:] == ["of"]:
        return len(tokens) > 1
    return len(tokens) > 2 and tokens[0] in {"turn", "switch"} and tokens[1] == "of"


@cache
def _verbs() -> dict[str, str]:
    source = resources.files("hubagent.resolve").joinpath("verbs.toml")
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    return {word: intent for intent, words in table.items() for word in words if intent != _FIRST}


@cache
def _firsts() -> frozenset[str]:
    source = resources.files("hubagent.resolve").joinpath("verbs.toml")
    return frozenset(tomllib.loads(source.read_text(encoding="utf-8"))[_FIRST])
