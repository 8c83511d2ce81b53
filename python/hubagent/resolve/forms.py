"""Whether a clause asks for something, asks about something, or merely tells.

"The tap outside has frozen solid again" names a valve and a state, and asks for nothing. In: the
words of a clause. Out: its form. A clause that no verb of a statement betrays counts as a request,
for people speak in fragments: "kitchen lights off". The words are data (``forms.toml``).
"""

from __future__ import annotations

import enum
import re
import tomllib
from functools import cache
from importlib import resources
from itertools import pairwise, starmap
from typing import TYPE_CHECKING, Any

from hubagent.resolve import text
from hubagent.resolve.question_forms import is_causative

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.resolve.lexicon import Lexicon

COMFORT = frozenset(
    {"light", "climate", "fan", "cover", "humidifier", "media_player", "water_heater"}
)
"""Domains that a remark may move where it names the thing: "thermostat on eco while we're away"."""
_BREAK = re.compile(
    r"\s*(?:[,;:.!?\u2013\u2014]+(?=\s|$)|\b(?:so|and|but|then)\b)\s*", re.IGNORECASE
)
_OWNS_OR_IS = re.compile(r"['\u2019]s\b", re.IGNORECASE)
_WE_ARE = re.compile(r"\bwe['\u2019]re\b", re.IGNORECASE)
_ITS_OWN = re.compile(
    r"\bits (?=(?:own|volume|sound|brightness|colou?r|light|lamp|temperature|speed|fan|mode|position|blind|screen)\b)",
    re.IGNORECASE,
)
"""Where "its" is no "it's": "the telly on and its volume to thirty"."""
_IMPERSONAL = frozenset(
    ["it", "its", "thats", "that", "this", "here", "there", "theres", "we", "were", "im", "i", "cant", "bit", "too", "so"]
)  # fmt: skip
"""Words of which a remark on a room has one, when it names no room."""
_PAST = re.compile(r"[a-z]{2,}[^e]ed")


class Form(enum.Enum):
    """What a clause does."""

    REQUEST = enum.auto()
    QUESTION = enum.auto()
    REMARK = enum.auto()
    """Tells how it is: "it's gloomy in the kitchen", which may be a wish."""
    REPORT = enum.auto()
    """Tells what happened, which is none."""


class Forms:
    """Tells the form of clauses."""

    def __init__(self, table: Mapping[str, Any], lexicon: Lexicon) -> None:
        self._words = {name: frozenset(words) for name, words in table.items()}
        self._past_before: Mapping[str, list[str]] = table["past_before"]
        self._polite = tuple(text.tokens(words) for words in table["polite"])
        self._senses = {
            text.tokens(words): tuple(sense["domains"])
            for sense in table["senses"].values()
            for words in sense["words"]
        }
        self._lexicon = lexicon

    def form(self, said: str) -> Form:
        """Return the form of a clause: a request if any part of it is one."""
        forms = [form for part in _BREAK.split(said) if (form := self._part(part)) is not None]
        for form in (Form.REQUEST, Form.QUESTION, Form.REPORT, Form.REMARK):
            if form in forms:
                return form
        return Form.REQUEST

    def is_imperative(self, words: tuple[str, ...]) -> bool:
        """Return whether words begin as a request does, small words aside."""
        first = next((word for word in words if word not in self._words["fillers"]), "")
        return first in self._words["imperatives"]

    def says_what(self, said: str) -> bool:
        """Return whether a word says what to do with a thing, as what lets somebody in needs."""
        return bool(self._words["deeds"] & set(text.tokens(said)))

    def wish(self, said: str) -> frozenset[str]:
        """Return the domains that a remark on how it is may wish to move: "it's gloomy" lights."""
        words = text.tokens(said)
        if not _IMPERSONAL & set(words) and not any(map(self._lexicon.is_own_word, words)):
            return frozenset()  # "my eyes are getting dim"
        return frozenset(
            domain
            for phrase, domains in self._senses.items()
            if text.find(words, phrase) >= 0
            for domain in domains
        )

    def explained(self, said: str) -> int:
        """Return how many words of a remark tell how it is: "it's so gloomy in here" has one."""
        words = text.tokens(said)
        spots = {
            index + offset
            for phrase in self._senses
            for index in range(len(words) - len(phrase) + 1)
            if words[index : index + len(phrase)] == phrase
            for offset in range(len(phrase))
        }
        return len(spots)

    def _part(self, said: str) -> Form | None:
        """Return the form of a part without a pause; ``None`` if it is a mere word aside."""
        words = text.tokens(_ITS_OWN.sub("the ", _WE_ARE.sub("we are", said)))
        start = 0
        while start < len(words) and words[start] in self._words["fillers"]:
            start += 1
        rest = words[start:]
        if not rest:
            return None
        if any(text.find(words, polite) >= 0 for polite in self._polite):
            return Form.REQUEST
        if is_causative(rest):
            return Form.REQUEST
        if rest[0] in self._words["questions"] and len(rest) > 2:
            return Form.QUESTION
        if rest[0] in self._words["imperatives"]:
            return Form.REQUEST
        if any(starmap(self._is_past, pairwise((*rest, "")))):
            return Form.REPORT
        is_now = bool(self._words["present"] & set(rest)) or self._is_contracted(said)
        if is_now:
            return Form.REMARK
        asks = any(word in self._lexicon.requests - {"in", "on"} for word in rest)
        if not asks and self.wish(said) and _IMPERSONAL & set(rest):
            return Form.REMARK  # "steamy in here"
        return Form.REQUEST if asks or len(rest) > 1 else None

    def _is_past(self, word: str, behind: str) -> bool:
        if word in self._words["past"] or behind in self._past_before.get(word, ()):
            return True
        return bool(_PAST.fullmatch(word)) and word not in self._words["not_past"]

    def _is_contracted(self, said: str) -> bool:
        """Return whether "'s" stands for "is": "kitchen's dark", but not "Leo's lamp off"."""
        found = _OWNS_OR_IS.search(said)
        if found is None:
            return False
        behind = text.tokens(said[found.end() :])
        return not any(
            (text.singular(word),) in self._lexicon.kind_words or word in self._lexicon.requests
            for word in behind
        )


@cache
def load(lexicon: Lexicon) -> Forms:
    """Return the forms of the package."""
    source = resources.files("hubagent.resolve").joinpath("forms.toml")
    return Forms(tomllib.loads(source.read_text(encoding="utf-8")), lexicon)
