"""Spoil sentences the way recognisers and fingers do.

In go pairs of what was asked to be read and what a recogniser heard, out comes a table of word
confusions, and examples with some words exchanged, their spans moved along.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.training.examples import Example

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

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


@dataclass(frozen=True, slots=True)
class Confusions:
    """What a word is heard as: word -> (words heard instead, how often each)."""

    table: dict[str, tuple[tuple[str, ...], tuple[int, ...]]]

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

    def draw(self, word: str, generator: random.Random) -> str | None:
        """Return what the word might be heard as, or ``None`` if nothing is known of it."""
        entry = self.table.get(word)
        return None if entry is None else generator.choices(entry[0], entry[1])[0]


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
    heard: float = 0.12,
    typed: float = 0.02,
) -> Example:
    """Return the example with words misheard or mistyped; spans and starts follow the words.

    Args:
        example: What was said.
        confusions: Table learnt from recordings.
        generator: Source of chance.
        heard: Chance per word to be misheard, if the table knows it.
        typed: Chance per word to be mistyped.
    """
    text, position = "", 0
    edges: dict[int, int] = {}
    for match in _WORD.finditer(example.text):
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
    return Example(
        text,
        example.label,
        spans,
        example.out_of_scope,
        starts,
        example.source,
        slots_known=example.slots_known,
    )


__all__ = ["Confusions", "spoil", "typo"]
