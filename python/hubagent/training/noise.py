"""Spoil sentences the way recognisers and fingers do.

In go pairs of what was asked to be read and what a recogniser heard, out comes a table of word
confusions, and examples with some words exchanged, their spans moved along.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from hubagent.training.examples import Example

_WORD = re.compile(r"\S+")
_KEYS = {
    "a": "qs", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo",
    "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et",
    "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
_KEPT = frozenset(
    [
        "on",
        "off",
        "up",
        "down",
        "open",
        "close",
        "closed",
        "shut",
        "lock",
        "unlock",
        "locked",
        "unlocked",
        "not",
        "no",
        "don't",
        "never",
        "un",
        "lights",
        "light",
        "increase",
        "decrease",
        "raise",
        "lower",
        "louder",
        "quieter",
        "brighter",
        "darker",
        "dimmer",
        "warmer",
        "cooler",
        "colder",
        "hotter",
        "faster",
        "slower",
        "mute",
        "unmute",
        "arm",
        "disarm",
        "start",
        "stop",
        "pause",
        "resume",
        "except",
        "but",
        "in",
        "out",
        "more",
        "less",
        "all",
        "every",
    ]
)
"""Words whose exchange would change what is meant: never spoilt, and never what a word is spoilt into."""


_SPELT = (
    ("ph", "f"), ("gh", ""), ("kn", "n"), ("wr", "r"), ("ck", "k"), ("ce", "se"), ("ci", "si"), ("mb", "m"),
    ("tion", "sn"), ("qu", "k"), ("x", "ks"),
)  # fmt: skip
_ALIKE = str.maketrans("bdgcqvzjeiouyw", "ptkkkfssaaaaaa")
_SMALL = frozenset(
    ("the", "a", "an", "is", "are", "it", "of", "to", "my", "me", "i", "you", "at", "please", "that", "this", "'s",
     "for", "can", "could")
)  # fmt: skip
"""Words that recognisers lose; they decide nothing."""
_HOMOPHONES = (
    (re.compile(r"\b(turn|switch|shut|put) off\b"), r"\1 of"), (re.compile(r"^close the\b"), "clothes the"),
    (re.compile(r"\blights on\b"), "lights own"), (re.compile(r"\blights\b"), "lites"),
    (re.compile(r"\blight\b"), "like"), (re.compile(r"\blamp\b"), "lamb"), (re.compile(r"\blights off\b"), "light soft"),
    (re.compile(r"^lights\b"), "light"), (re.compile(r"^dim\b"), "dem"), (re.compile(r"^turn\b"), "earn"),
    (re.compile(r"\bblinds\b"), "blind"), (re.compile(r"\bto (?=\d|one|two|ten|twenty|thirty|forty|fifty)"), "too "),
    (re.compile(r"^set\b"), "sit"), (re.compile(r"^turn\b"), "ten"), (re.compile(r"^dim the\b"), "dim a"),
)  # fmt: skip
"""How recognisers write words that are else never touched, where the rest still tells what was meant."""


@dataclass(frozen=True, slots=True)
class Confusions:
    """What a word is heard as: word -> (words heard instead, how often each)."""

    table: dict[str, tuple[tuple[str, ...], tuple[int, ...]]]
    sounds: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Sound of a word -> the words that sound so, for words that no recording had."""

    @classmethod
    def learn(cls, pairs: Iterable[tuple[str, str]], minimum: int = 1) -> Confusions:
        """Count aligned replacements of one word by at most two, over (read, heard) pairs."""
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for read, heard in pairs:
            left, right = read.lower().split(), heard.lower().split()
            matcher = difflib.SequenceMatcher(a=left, b=right, autojunk=False)
            if matcher.ratio() < 0.6:
                continue
            for kind, a0, a1, b0, b1 in matcher.get_opcodes():
                if kind == "replace" and a1 - a0 == b1 - b0:
                    for one, other in zip(left[a0:a1], right[b0:b1], strict=True):
                        counts[one][other] += 1
                elif kind == "replace" and a1 - a0 == 1 and b1 - b0 == 2:
                    counts[left[a0]][" ".join(right[b0:b1])] += 1
        table = {}
        for word, heard_as in counts.items():
            kept = [
                (other, n)
                for other, n in heard_as.most_common(12)
                if n >= minimum and _KEPT.isdisjoint(other.split())
            ]
            if word not in _KEPT and kept:
                table[word] = (tuple(o for o, _ in kept), tuple(n for _, n in kept))
        return cls(table)

    def with_sounds(self, words: Iterable[str]) -> Confusions:
        """Return the same table, joined by which of these words sound alike."""
        groups: dict[str, set[str]] = defaultdict(set)
        for word in words:
            if word not in _KEPT and len(sound(word)) > 1:
                groups[sound(word)].add(word)
        alike = {key: tuple(sorted(group)) for key, group in groups.items()}
        return replace(self, sounds=alike)

    def draw(self, word: str, generator: random.Random) -> str | None:
        """Return what the word might be heard as, or ``None`` if nothing is known of it."""
        entry = self.table.get(word)
        if entry is not None and generator.random() < 0.75:
            return generator.choices(entry[0], entry[1])[0]
        if word in _KEPT:
            return None
        alike = [other for other in self.sounds.get(sound(word), ()) if _spelt_like(word, other)]
        return generator.choice(alike) if alike else None


@lru_cache(maxsize=20_000)
def _spelt_like(word: str, other: str) -> bool:
    return word != other and difflib.SequenceMatcher(a=word, b=other).ratio() >= 0.6


def sound(word: str) -> str:
    """Return roughly how a word sounds: its consonants, those that are mistaken made equal."""
    letters = word.lower()
    for spelt, said in _SPELT:
        letters = letters.replace(spelt, said)
    consonants = letters[:1] + "".join(x for x in letters[1:] if x not in "aeiouhwy'")
    heard = consonants.translate(_ALIKE)
    return "".join(x for i, x in enumerate(heard) if i == 0 or x != heard[i - 1])


def typo(word: str, generator: random.Random) -> str:
    """Return the word with one key slip: exchanged, doubled, lost or neighbouring letter."""
    if len(word) < 4:
        return word
    at = generator.randrange(1, len(word) - 1)
    kind = generator.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    if kind == 2:
        return word[:at] + word[at + 1 :]
    return word[:at] + generator.choice(_KEYS.get(word[at], word[at])) + word[at + 1 :]


def spoil(
    example: Example,
    confusions: Confusions,
    generator: random.Random,
    *,
    heard: float = 0.18,
    typed: float = 0.02,
    lost: float = 0.08,
    dropped: float = 0.02,
) -> Example:
    """Return the example with words misheard or mistyped; spans and starts follow the words.

    Args:
        example: What was said.
        confusions: Table learnt from recordings.
        generator: Source of chance.
        heard: Chance per word to be misheard, if the table knows it.
        typed: Chance per word to be mistyped.
        lost: Chance of each small word outside all spans to be lost.
        dropped: The same for other words, but those that decide what is meant.
    """
    if generator.random() < 0.12:
        example = _homophone(example, generator)
    text, position = "", 0
    within = {at for start, end, _ in example.spans for at in range(start, end)}
    within |= set(example.starts or ())
    edges: dict[int, int] = {}
    for match in _WORD.finditer(example.text):
        free = match.start() not in within and match.group() not in _KEPT
        if free and generator.random() < (lost if match.group() in _SMALL else dropped):
            position = match.end() + (not text)
            continue
        text += example.text[position : match.start()]
        edges[match.start()] = len(text)
        word = match.group()
        if word not in _KEPT and generator.random() < heard:
            word = confusions.draw(word.lower(), generator) or word
        elif word not in _KEPT and generator.random() < typed:
            word = typo(word, generator)
        text += word
        edges[match.end()] = len(text)
        position = match.end()
    spans = tuple(
        (edges[start], edges[end], tag)
        for start, end, tag in example.spans
        if start in edges and end in edges
    )
    if len(spans) != len(example.spans):
        return example
    starts = None if example.starts is None else tuple(edges.get(at, -1) for at in example.starts)
    if starts and -1 in starts:
        return example
    if not text.strip():
        return example
    return replace(example, text=text, spans=spans, starts=starts)


def _homophone(example: Example, generator: random.Random) -> Example:
    """Return the example with one of its plain words written as another that sounds the same."""
    fitting = [
        (match, instead)
        for pattern, instead in _HOMOPHONES
        if (match := pattern.search(example.text))
    ]
    if not fitting:
        return example
    match, instead = generator.choice(fitting)
    before, after = match.span()
    shift = len(match.expand(instead)) - (after - before)

    def moved(at: int) -> int:
        return at if at <= before else at + shift

    if any(before < edge < after for start, end, _ in example.spans for edge in (start, end)):
        return example
    return replace(
        example,
        text=example.text[:before] + match.expand(instead) + example.text[after:],
        spans=tuple((moved(start), moved(end), tag) for start, end, tag in example.spans),
        starts=None if example.starts is None else tuple(moved(at) for at in example.starts),
    )


__all__ = ["Confusions", "sound", "spoil", "typo"]
