"""Options that things offer by name, found in the words of a request: "candle", "eco", "Classic FM".

Words in, places of options out. The kinds of option and the nouns beside them are data
(``options.toml``). An option that is an ordinary word of requests ("cool", "TV", "low") counts only
where words mark it as one: "to cool", "fan on low", "TV input".
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from hubagent.resolve import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MARKS = frozenset({"to", "on", "in", "into", "at", "onto", "with", "as", "is"})
_ARTICLES = frozenset({"the", "a", "an", "its", "their", "just"})
SWITCHES = frozenset({"on", "off"})
"""Options that are said of anything: "thermostat fan on"."""
_NEVER = frozenset({"none", "unknown", ""})


@dataclass(frozen=True, slots=True)
class OptionKind:
    """One kind of option; the fields are explained at the top of ``options.toml``."""

    capability: str
    command: str
    before: tuple[tuple[str, ...], ...]
    after: tuple[tuple[str, ...], ...]
    switched: bool
    wakes: tuple[str, ...]


class Place(NamedTuple):
    """Where an option stands among tokens, with the nouns that belong to it."""

    option: str
    start: int
    end: int


@cache
def kinds() -> tuple[OptionKind, ...]:
    """Return all kinds of option, in the order in which they are sent."""
    return tuple(
        OptionKind(
            capability=table["capability"],
            command=table["command"],
            before=_phrases(table["before"]),
            after=_phrases(table["after"]),
            switched=table.get("switched", False),
            wakes=tuple(table.get("wakes", ())),
        )
        for table in _data()["kinds"]
    )


@cache
def synonyms() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """Return other words for options, as tokens."""
    return {option: _phrases(words) for option, words in _data()["synonyms"].items()}


@lru_cache(maxsize=4096)
def phrases(options: tuple[str, ...]) -> tuple[tuple[tuple[str, ...], str, bool], ...]:
    """Return the words of each option, the option, and whether the words are its own; longest first.

    Other words for an option are left out where they are another option's own.
    """
    own = {text.tokens(option.replace("_", " ")): option for option in options}
    other = {
        words: option
        for option in options
        for words in synonyms().get(option.lower(), ())
        if words not in own
    }
    found = [(words, option, True) for words, option in own.items() if option not in _NEVER]
    found += [(words, option, False) for words, option in other.items()]
    return tuple(sorted(found, key=lambda item: -len(item[0])))


def find(
    words: tuple[str, ...],
    options: tuple[str, ...],
    kind: OptionKind,
    ordinary: frozenset[str],
) -> Place | None:
    """Return the option of this kind that the words name; ``None`` for none.

    Args:
        words: Tokens of the request.
        options: What the thing offers.
        kind: Which nouns may stand beside it.
        ordinary: Words that requests are made of, which must be marked to be an option.
    """
    for known, option, own in phrases(options):
        for start in _starts(words, known):
            place = _place(words, start, start + len(known), kind)
            behind_noun = place.start < start
            if set(known) <= SWITCHES:
                if kind.switched and behind_noun:
                    return place._replace(option=option)
                continue
            marked = behind_noun or place.end > start + len(known) or _is_marked(words, start)
            if marked or (own and not set(known) <= ordinary):
                return place._replace(option=option)
    return None


def _starts(words: tuple[str, ...], part: tuple[str, ...]) -> Iterator[int]:
    size = len(part)
    return (i for i in range(len(words) - size + 1) if words[i : i + size] == part)


def _is_marked(words: tuple[str, ...], start: int) -> bool:
    return start > 0 and words[start - 1] in _MARKS


def _place(words: tuple[str, ...], start: int, end: int, kind: OptionKind) -> Place:
    """Return an option's place widened by the nouns that belong to it."""
    for noun in kind.after:
        if words[end : end + len(noun)] == noun:
            end += len(noun)
            break
    before = start
    while before > 0 and words[before - 1] in _MARKS | _ARTICLES:
        before -= 1
    for noun in kind.before:
        if before >= len(noun) and words[before - len(noun) : before] == noun:
            return Place("", before - len(noun), end)
    return Place("", start, end)


def _phrases(words: list[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted((text.tokens(item) for item in words), key=len, reverse=True))


@cache
def _data() -> dict[str, Any]:
    source = resources.files("hubagent.resolve").joinpath("options.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))
