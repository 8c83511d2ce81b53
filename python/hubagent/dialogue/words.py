"""The dialogue's words (``words.toml``), and texts as they are compared with them.

Strings in, tokens and patterns out; knows nothing of homes.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_APOSTROPHE = re.compile(r"['\u2019`]")
_WORD = re.compile(r"[^\W_]+(?:\.\d+)?|,")
_COMMA = ","

POLITE = re.compile(
    r"(?: ,)?(?: (?:please|now|then|thanks|thank you|altogether|completely|entirely))+$|^(?:(?:ok|okay|please|now|just|no|wait|hang on|hold on|alright)(?: ,)? )+"
)
"""Politeness and the like around what is said."""

Phrase = tuple[tuple[str, ...], str, str, str]
"""Its words, what sort of part it is, the value, the quality it speaks of."""


@dataclass(frozen=True, slots=True)
class Doing:
    """What is said to a thing at work: the words, the states it fits, the intent for each domain."""

    said: frozenset[str]
    states: frozenset[str]
    intents: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Quality:
    """Something of a thing that has a level: which intents set and change it, for which domains."""

    name: str
    of: tuple[str, ...]
    set: str
    step: str
    slot: str
    words: tuple[str, ...]


class Words:
    """Look-ups over the words."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.fillers = frozenset(data["fillers"])
        self.full = frozenset(data["full"])
        self.questions = frozenset(data["questions"])
        self.places = frozenset(data["places"])
        self.pronouns = frozenset(data["pronouns"])
        self.plural_pronouns = frozenset(data["plural_pronouns"])
        self.kinds: Mapping[str, tuple[str, ...]] = {
            domain: tuple(nouns) for domain, nouns in data["kinds"].items()
        }
        self.polarity: Mapping[str, str] = data["polarity"]
        self.switching: Mapping[str, str] = data["switching"]
        self.qualities = tuple(
            Quality(name, tuple(t["of"]), t["set"], t["step"], t["slot"], tuple(t["words"]))
            for name, t in data["qualities"].items()
        )
        self.doings = tuple(
            Doing(frozenset(t["said"]), frozenset(t["states"]), t["intents"])
            for t in data["doings"].values()
        )
        phrases = _phrases(data)
        self.phrases: dict[str, list[Phrase]] = {}
        """By first word, the longest first."""
        for phrase in phrases:
            self.phrases.setdefault(phrase[0][0], []).append(phrase)
        self.single = frozenset(phrase[0] for phrase, *_ in phrases if len(phrase) == 1)
        self.ways = frozenset(
            phrase[0] for phrase, sort, *_ in phrases if sort == "direction" and len(phrase) == 1
        )
        self.answers = _answers(data["answers"])
        self.undo = tuple(re.compile(pattern) for pattern in data["patterns"].pop("undo"))
        self.patterns = {name: re.compile(text) for name, text in data["patterns"].items()}
        wording = {name: re.compile(t, re.IGNORECASE) for name, t in data["wording"].items()}
        self.prefaces, self.courtesies = wording["prefaces"], wording["courtesies"]
        self.amends, self.topic, self.remark, self.taken_off = (
            wording[name] for name in ("amends", "topic", "remark", "taken_off")
        )

    def quality_of(self, domain: str) -> Quality | None:
        """Return what a bare number said of such a thing is about."""
        return next((item for item in self.qualities if domain in item.of), None)


def _phrases(data: Mapping[str, Any]) -> tuple[Phrase, ...]:
    """Return (tokens, class, value, quality), the longest first."""
    found = [((word,), "polarity", value, "") for word, value in data["polarity"].items()]
    for table, sort in (("directions", "direction"), ("complaints", "complaint")):
        for phrase, (way, quality) in data[table].items():
            found.append((tuple(phrase.split()), sort, way, quality))
    for table in ("sizes", "parts"):
        for value, phrases in data[table].items():
            found += [(tuple(p.split()), table.removesuffix("s"), value, "") for p in phrases]
    for name, quality in data["qualities"].items():
        found += [((word,), "quality", "", name) for word in quality["words"]]
    return tuple(sorted(found, key=lambda item: -len(item[0])))


def _answers(tables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the words of answers as sets, the ordinals and digits as they are."""
    found: dict[str, Any] = {
        name: frozenset(item) if isinstance(item, list) else item for name, item in tables.items()
    }
    found["over"] = frozenset(tuple(phrase.split()) for phrase in tables["over"])
    return found


def tokens(text: str) -> tuple[str, ...]:
    """Return the words of a text: lower case, without apostrophes and punctuation."""
    return tuple(word for word in _split(text) if word != _COMMA)


def plain(text: str) -> str:
    """Return the words of a text joined by blanks; commas stay, as words of their own."""
    return " ".join(_split(text))


def _split(text: str) -> list[str]:
    return _WORD.findall(_APOSTROPHE.sub("", text.casefold()))


@cache
def load() -> Words:
    """Return the words of the package, read once."""
    source = resources.files("hubagent.dialogue").joinpath("words.toml")
    return Words(tomllib.loads(source.read_text(encoding="utf-8")))
