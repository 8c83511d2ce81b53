"""What a recogniser hears of what people say: real recordings where there are some, else words mistaken.

In: rows ``{"id", "text", "asr"}``, what was read and what a real recogniser heard (SLURP, Bastianelli et
al. 2020). Sentences that were recorded are heard as one of their recordings. Words of all others are
mistaken as the same words were mistaken in those recordings (aligned substitutions and losses). Each
voice has its own recordings and its own mistakes, made again and again: that is what can be learned.
"""

from __future__ import annotations

import difflib
import random
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubagent.simulate.phrases import own_misheard, read_row, spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OWN_RATE = 0.08
"""Chance of a word of our own list to be mistaken; beside recordings it adds half of that to theirs."""
_RARE_RATE = 0.02
"""Chance of a word to be taken for another that is written like it."""
_ALIGNED = 0.45
"""Least part of the words that two sentences have in common, for their other words to be compared."""
_LIKE = 0.6
"""Least similarity of words that are taken for each other because they are written alike."""
_SAME_AGAIN = 0.65
"""How often a voice is heard as it mostly is."""


@dataclass(frozen=True, slots=True)
class Mistakes:
    """How one word is mistaken."""

    rate: float
    heard: tuple[str, ...]
    """What it is heard as; empty text where it is lost."""
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Recogniser:
    """Recordings by sentence, and mistakes by word."""

    recordings: Mapping[str, tuple[str, ...]]
    mistakes: Mapping[str, Mistakes]
    skipped: Mapping[str, int] = field(default_factory=dict)

    def with_words(self, words: Iterable[str]) -> Recogniser:
        """Return it with these words too (names of a home), mistaken for known ones like them."""
        known = sorted(self.mistakes)
        added = dict(self.mistakes)
        for word in sorted(set(words) - set(known)):
            near = difflib.get_close_matches(word, known, n=3, cutoff=_LIKE)
            if near and len(word) > 2:
                added[word] = Mistakes(_RARE_RATE, tuple(near), (1.0,) * len(near))
        return Recogniser(self.recordings, added, self.skipped)


def own_recogniser() -> Recogniser:
    """Return one that mistakes the words of our list, without recordings."""
    found = {
        word: Mistakes(OWN_RATE, heard, tuple(1.0 / (1 + at) for at in range(len(heard))))
        for word, heard in own_misheard().items()
    }
    return Recogniser({}, found)


def read_recogniser(lines: Iterable[str]) -> Recogniser:
    """Learn from recordings.

    Only ids with an odd CRC-32 are used: the even ones are for fitting (README of the data). A file
    that has no odd ones is used whole.

    Args:
        lines: One JSON object a line: ``id``, ``text``, ``asr``. Others are counted and passed over.
    """
    rows: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
    skipped: Counter[str] = Counter()
    for line in lines:
        row = read_row(line, "text", "asr")
        if row is None:
            skipped["not a row" if line.strip() else "empty"] += 1
            continue
        said, heard = spoken(row["text"]), spoken(row["asr"])
        if not said or not heard:
            skipped["nothing heard"] += 1
            continue
        rows[is_odd(row.get("id"))].append((said, heard))
    used = rows[True] or rows[False]
    skipped["kept for fitting"] = len(rows[False]) if rows[True] else 0
    recordings: dict[str, list[str]] = defaultdict(list)
    for said, heard in used:
        recordings[said].append(heard)
    return Recogniser(
        {said: tuple(heard) for said, heard in recordings.items()}, _mistakes(used), dict(skipped)
    )


def is_odd(row_id: object) -> bool:
    """Return whether an id is of the half for evaluation and simulation."""
    return zlib.crc32(str(row_id).encode()) % 2 == 1


def _mistakes(pairs: Iterable[tuple[str, str]]) -> dict[str, Mistakes]:
    """Count, over aligned sentences, how often each word was right, another, or lost."""
    times: Counter[str] = Counter()
    heard_as: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for said, heard in pairs:
        left, right = said.split(), heard.split()
        matcher = difflib.SequenceMatcher(a=left, b=right, autojunk=False)
        if matcher.ratio() < _ALIGNED:
            continue
        times.update(left)
        for kind, a0, a1, b0, b1 in matcher.get_opcodes():
            if kind == "replace" and a1 - a0 == b1 - b0:
                for one, other in zip(left[a0:a1], right[b0:b1], strict=True):
                    heard_as[one][other] += 1
            elif kind == "replace" and a1 - a0 == 1 and b1 - b0 == 2:
                heard_as[left[a0]][" ".join(right[b0:b1])] += 1
            elif kind == "delete":
                for word in left[a0:a1]:
                    heard_as[word][""] += 1
    for word, heard_like in own_misheard().items():
        theirs = max(sum(heard_as[word].values()), 1)
        unseen = [heard for heard in heard_like if heard not in heard_as[word]]
        for heard in unseen:
            # As likely together as OWN_RATE / 2 of the times the word was read.
            share = OWN_RATE / 2 * max(times[word], theirs / OWN_RATE) / len(unseen)
            heard_as[word][heard] += share
        times[word] = max(times[word], round(theirs / OWN_RATE))
    return {
        word: Mistakes(
            min(1.0, sum(others.values()) / times[word]), tuple(others), tuple(others.values())
        )
        for word, others in heard_as.items()
        if times[word]
    }


class Voice:
    """How one person is heard: the same sentence mostly the same way.

    Args:
        recogniser: What there is to hear.
        seed: Of the person.
        trouble: How much more, or less, than usual they are misheard.
    """

    def __init__(self, recogniser: Recogniser, seed: str, trouble: float) -> None:
        self._recogniser = recogniser
        self._seed = seed
        self._trouble = trouble
        self._habits: dict[str, str | None] = {}

    def heard(self, text: str, dice: random.Random, *, clearly: bool = False) -> str:
        """Return what is heard of words.

        Args:
            text: What is said.
            dice: Chance of this very occasion.
            clearly: The speaker takes care, as people do the second time.
        """
        recorded = self._recogniser.recordings.get(text)
        if recorded:
            return self._recorded(text, recorded, dice, clearly=clearly)
        trouble = self._trouble * (0.6 if clearly else 1.0)
        found = [self._word(word, trouble, dice) for word in text.split()]
        return " ".join(word for word in found if word) or text

    def _recorded(
        self, text: str, recorded: tuple[str, ...], dice: random.Random, *, clearly: bool
    ) -> str:
        """Return one of the recordings: mostly the voice's own; the clearest of two when careful."""
        mine = self._own(text).choice(recorded)
        other = dice.choice(recorded)
        if dice.random() < _SAME_AGAIN and not clearly:
            return mine
        if clearly:
            return max((mine, other), key=lambda heard: _likeness(text, heard))
        return other

    def _word(self, word: str, trouble: float, dice: random.Random) -> str:
        known = self._recogniser.mistakes.get(word)
        chance, pick = dice.random(), dice.random()
        if known is None:
            return word
        habit = self._habit(word, known)
        if habit is not None and chance < _SAME_AGAIN * min(1.0, trouble / self._trouble):
            return habit
        if habit is None and chance < 0.4 * known.rate * trouble:
            return _draw(known, pick)
        return word

    def _habit(self, word: str, known: Mistakes) -> str | None:
        """Return what this voice's word is mostly taken for, or ``None`` for a word said clearly."""
        if word not in self._habits:
            own = self._own(word)
            has = own.random() < min(0.5, known.rate * self._trouble)
            self._habits[word] = _draw(known, own.random()) if has else None
        return self._habits[word]

    def _own(self, what: str) -> random.Random:
        return random.Random(f"voice {self._seed} {what}")  # noqa: S311 - no secret


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(a=one, b=other, autojunk=False).ratio()


def _draw(known: Mistakes, pick: float) -> str:
    left = pick * sum(known.weights)
    for heard, weight in zip(known.heard, known.weights, strict=True):
        left -= weight
        if left <= 0:
            return heard
    return known.heard[-1]
