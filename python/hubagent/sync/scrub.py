"""Words without anything of this home or its people, or nothing at all: an allow-list that fails closed.

In: words as they were said, and what they were read as. Out: ``turn on the {name} in the {area}``, or ``None``
if they must not leave. A word leaves only if it is on the shipped list of public words (``words.txt``,
made by ``training/public_words.py``); whatever else was said, in whatever letters, is at most one ``{x}``.

Source: the scrubbing rules of the upstream sheet, 3; delexicalisation and the public lexicon of the method
sheet, 8.1.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from hubagent.evidence import source_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

POLICY = 1
"""Version of these rules and of the list; it goes with each batch."""
LOCALE = "en"
"""Language of the list of public words; of others nothing is sent."""
MOST_WORDS = 12
MOST_BYTES = 80
UNKNOWN = "{x}"
NUMBER, TIME, MEDIA = "{n}", "{time}", "{media}"
GAPS = frozenset({"{name}", "{area}", NUMBER, TIME, MEDIA, UNKNOWN})
_RUNS = frozenset({NUMBER, TIME})
"""Gaps that stand for any number of themselves: how many digits a code has is told by none."""
_DIGITS = re.compile(r"\d+(?:[.,]\d+)?(?:%|°|st|nd|rd|th)?", re.ASCII)
_CLOCK = re.compile(r"\d{1,2}(?:[:.]\d{2})?(?:am|pm)|\d{1,2}:\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Rules:
    """The words of ``scrub.toml``."""

    intents: frozenset[str]
    carriers: frozenset[str]
    numbers: frozenset[str]
    slots: Mapping[str, str]
    """Kind of a part of a request -> ``media``, ``time``, ``called`` or ``plain``."""


@dataclass(frozen=True, slots=True)
class Said:
    """One request as it was said and read."""

    words: str
    intents: tuple[str, ...] = ()
    """What it was read as; empty where it came to nothing."""
    slots: tuple[tuple[str, str], ...] = ()
    """(kind, words) of its parts."""


@cache
def public_words() -> frozenset[str]:
    """Return the shipped list."""
    source = resources.files("hubagent.sync").joinpath("words.txt")
    return frozenset(source.read_text(encoding="ascii").split())


def public_intents() -> frozenset[str]:
    """Return what requests may be for, in lower case."""
    return _rules().intents


@cache
def _rules() -> _Rules:
    source = resources.files("hubagent.sync").joinpath("scrub.toml")
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    slots = {name: kind for kind, names in data["slots"].items() for name in names.split()}
    intents, carriers, numbers = (
        frozenset(data[key].casefold().split()) for key in ("intents", "carriers", "numbers")
    )
    return _Rules(intents, carriers, numbers, slots)


class Scrub:
    """Takes out of words what is of one home; holds the names of that home."""

    def __init__(self, blank: Callable[[str], str | None], people: Iterable[str] = ()) -> None:
        """Keep how names are taken out.

        Args:
            blank: Words in the form of pairs' keys -> with ``{name}`` and ``{area}`` for what things and
                rooms of this home are called; ``None`` if a name is left in them.
            people: Names of the people of the home; no word of them leaves, public or not.
        """
        self._blank = blank
        self._people = frozenset(word for name in people for word in source_key(name).split())

    def scrub(self, said: Said) -> str | None:
        """Return what may leave of a request; ``None`` for nothing."""
        key = source_key(said.words)
        words = key.split()
        if not 0 < len(words) <= MOST_WORDS or _rules().carriers.intersection(words):
            return None
        if not _rules().intents.issuperset(map(str.casefold, said.intents)):
            return None
        text = self._blank(key)
        for kind, spoken in said.slots:
            text = None if text is None else _without_slot(text, kind, source_key(spoken))
        if text is None:
            return None
        found: list[str] = []
        for word in map(self._public, text.split()):
            if not (word in _RUNS and found[-1:] == [word]):
                found.append(word)
        return " ".join(found) if _may_leave(found) else None

    def _public(self, word: str) -> str:
        """Return a word, or the gap in its place."""
        if word in GAPS:
            return word
        if word in self._people:
            return UNKNOWN
        if _CLOCK.fullmatch(word):
            return TIME
        if word in _rules().numbers or _DIGITS.fullmatch(word):
            return NUMBER
        return word if word in public_words() else UNKNOWN


def _may_leave(words: Sequence[str]) -> bool:
    """Return whether a scrubbed request says anything, and nothing twice or at length."""
    gaps = [word for word in words if word in GAPS]
    return (
        len(words) <= MOST_WORDS
        and len(gaps) < len(words)
        and len(set(gaps)) == len(gaps)
        and sum(len(word) + 1 for word in words) - 1 <= MOST_BYTES
    )


def _without_slot(text: str, kind: str, spoken: str) -> str | None:
    """Return words with a gap for a part of them; ``None`` if that part is personal or not found."""
    match _rules().slots.get(kind):
        case "plain":
            return text
        case "media":
            return _replaced(text, spoken, MEDIA)
        case "time":
            return _replaced(text, spoken, TIME)
        case "called":
            known = public_words().issuperset(spoken.split())
            return text if known or spoken not in text else _replaced(text, spoken, UNKNOWN)
    return None


def _replaced(text: str, spoken: str, gap: str) -> str | None:
    around = f" {text} "
    return around.replace(f" {spoken} ", f" {gap} ").strip() if f" {spoken} " in around else None
