"""Words as the guard-rails compare them: tokens, numbers, opposites, kinds (``guardrail.toml``).

Texts in, tuples of tokens out. Whatever is written to look like something else is brought to the same
form first: full width, accents, capitals, blanks within a word, numbers in letters.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_APOSTROPHE = re.compile(r"['\u2019\u02bc`\u00b4]")
_WORD = re.compile(r"\d+(?:[.:,]\d+)*|[^\W\d_]+|%|°", re.UNICODE)
_SIGNS = {"%": "percent", "°": "degrees"}
_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})
"""Scripts whose letters can be taken for each other's."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Two opposite sets of words."""

    name: str
    signed: bool
    """Whether the sign counts beside other axes too."""
    value: bool
    """Whether a number can stand in its place."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of ``guardrail.toml``."""

    poles: Mapping[str, tuple[Axis, int]]
    """Word -> its axis and its sign, +1 or -1."""
    near: Mapping[str, tuple[Axis, int]]
    """What a pole may have been misheard as."""
    sets: Mapping[str, frozenset[str]]
    units: Mapping[str, str]
    """Unit -> the name it goes by here."""
    sensitive_verbs: frozenset[str]
    sensitive_nouns: frozenset[str]
    harmless: frozenset[str]
    harmless_domains: frozenset[str]
    small_numbers: Mapping[str, int]
    tens: Mapping[str, int]
    other_numbers: Mapping[str, int]
    kinds: Mapping[str, str]
    """Word of a kind -> the word that stands for the kind."""

    def is_guarded(self, word: str) -> bool:
        """Return whether a word means the same when it is written with a blank in it."""
        return word in self.poles or word in self.sensitive_verbs or word in self.sets["negation"]


@cache
def lexicon() -> Lexicon:
    """Return the words of the package, read once."""
    source = resources.files("hubagent.rewrite").joinpath("guardrail.toml")
    data: Mapping[str, Any] = tomllib.loads(source.read_text(encoding="utf-8"))
    poles = {
        word: (Axis(name, table.get("signed", False), table.get("value", False)), sign)
        for name, table in data["axes"].items()
        for key, sign in (("plus", 1), ("minus", -1))
        for word in table[key].split()
    }
    words = data["words"]
    return Lexicon(
        poles=poles,
        near={
            heard: poles[meant]
            for meant, all_heard in data["near"].items()
            for heard in all_heard.split()
        },
        sets={name: frozenset(text.split()) for name, text in words.items() if name != "units"},
        units={
            word: group.split()[0]
            for group in words["units"].replace("\n", " ").split("|")
            for word in group.split()
        },
        sensitive_verbs=frozenset(data["sensitive"]["verbs"].split()),
        sensitive_nouns=frozenset(data["sensitive"]["nouns"].split()),
        harmless=frozenset(data["sensitive"]["harmless"].split()),
        harmless_domains=frozenset(data["sensitive"]["domains"]),
        small_numbers={word: n for n, word in enumerate(data["numbers"]["units"].split())},
        tens={word: 10 * n for n, word in enumerate(data["numbers"]["tens"].split(), start=2)},
        other_numbers=data["numbers"]["also"],
        kinds={word: group.split()[0] for group in data["kinds"]["same"] for word in group.split()},
    )


@lru_cache(maxsize=8192)
def tokens(text: str) -> tuple[str, ...]:
    """Return the words of a text, with guarded words that a blank cut in two made whole."""
    plain = text.casefold()
    if not (text.isascii() and text.isprintable()):
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
        plain = "".join(
            char for char in plain if not unicodedata.combining(char) and _is_seen(char)
        ).casefold()
    words = [_SIGNS.get(word, word) for word in _WORD.findall(_APOSTROPHE.sub("", plain))]
    known = lexicon()
    whole: list[str] = []
    for word in words:
        joined = whole[-1] + word if whole else ""
        if joined and known.is_guarded(joined) and (len(word) > 1 or not known.is_guarded(word)):
            whole[-1] = joined
        else:
            whole.append(word)
    return tuple(whole)


def _is_seen(character: str) -> bool:
    """Return whether a character shows: one that does not cannot part a word from itself."""
    return unicodedata.category(character) not in {"Cf", "Cc", "Cn", "Co", "Cs"} or (
        character.isspace()
    )


def is_one_script(text: str) -> bool:
    """Return whether no word mixes letters of scripts that look alike, as a forged one does."""
    return all(len(_scripts(word)) <= 1 for word in text.split())


def _scripts(word: str) -> set[str]:
    plain = unicodedata.normalize("NFKC", word)
    names = (unicodedata.name(char, "").partition(" ")[0] for char in plain if char.isalpha())
    return {*_ALIKE.intersection(names)}


@lru_cache(maxsize=8192)
def singular(word: str) -> str:
    """Return a word without its plural or possessive ending, as far as spelling tells."""
    if len(word) <= 3 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")


def numbers(words: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[int]]:
    """Return the numbers said, sorted, and where their words stand.

    Digits and letters are the same: "twenty one", "21"; so are "20.5" and "twenty point five".
    """
    found: list[str] = []
    used: set[int] = set()
    for start, size, value in _number_runs(words):
        found.append(value)
        used.update(range(start, start + size))
    return tuple(sorted(found)), frozenset(used)


def _number_runs(words: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    at = 0
    while at < len(words):
        size, value = _number_at(words, at)
        if size:
            if at + size + 1 < len(words) and words[at + size] == "point":
                more, decimals = _number_at(words, at + size + 1)
                if more:
                    size, value = size + 1 + more, f"{value}.{decimals}"
            yield at, size, value.removesuffix(".0")
        at += size or 1


def _number_at(words: tuple[str, ...], at: int) -> tuple[int, str]:
    """Return how many words from ``at`` on are a number, and its value; (0, "") for none."""
    word = words[at]
    if word[0].isdigit():
        return 1, _digits(word)
    known = lexicon()
    if word in known.other_numbers:
        return 1, str(known.other_numbers[word])
    behind = words[at + 1] if at + 1 < len(words) else ""
    if word == "one" and _is_a_thing(words, at):
        return 0, ""
    total, size = 0, 0
    if word == "a" and behind == "hundred":
        total, size = 100, 2
    elif word in known.small_numbers:
        total, size = known.small_numbers[word], 1
    elif word in known.tens:
        total, size = known.tens[word], 1
        if 0 < known.small_numbers.get(behind, 0) < 10:
            total, size = total + known.small_numbers[behind], 2
    elif word == "hundred":
        total, size = 100, 1
    if size and at + size < len(words) and words[at + size] == "hundred" and total < 100:
        total, size = total * 100, size + 1
    return (size, str(total)) if size else (0, "")


def _is_a_thing(words: tuple[str, ...], at: int) -> bool:
    """Return whether "one" stands for a thing: "the shiny one", but not "the lamp one", "one percent"."""
    known = lexicon()
    behind = words[at + 1] if at + 1 < len(words) else ""
    before = words[at - 1] if at > 1 else ""
    return (
        before.isalpha()
        and words[at - 2] in known.sets["determiners"]
        and before not in known.sets["counted"] | known.sets["determiners"] | known.kinds.keys()
        and before not in known.small_numbers.keys() | known.tens.keys()
        and behind not in known.units.keys() | known.tens.keys() | {"hundred", "point"}
    )


def _digits(word: str) -> str:
    try:
        value = str(float(word.replace(",", "."))) if ":" not in word else word
    except ValueError:
        return word
    return value.removesuffix(".0")
