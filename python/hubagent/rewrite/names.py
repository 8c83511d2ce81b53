"""Names on trial: what one mended request says about every other request with the same words in it.

"Turn on the cosy glow" taken for "turn on the floor lamp" tells what "cosy glow" is called, so "dim the
cosy glow" is read as "dim the floor lamp". Pairs, a home and words in; those words with the names put in
out. After the alignment of a failed request with its paraphrase in "Leveraging User Paraphrasing Behavior
In Dialog Systems" (MARUPA; Falke et al., 2020.coling-industry.3), here for the time until there is
evidence enough for a lasting name (``learn.aliases``).

Nothing of it is stored: a name on trial is a way to read a pair. So it is gone at the moment in which its
pair is retired or forgotten, and a real thing of that name wins.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from hubagent.evidence import Stage, source_key
from hubagent.rewrite.home import HomeWords
from hubagent.rewrite.words import lexicon, numbers, singular
from hubagent.types import Layer

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from hubagent.evidence import Pair
    from hubagent.ports import ContextView, PairStore
    from hubagent.types import EntityId, Understanding

_MOST_WORDS = 4
_LEAST_LETTERS = 3
_NEAR, _SOUNDS = 0.7, 0.8
"""Likeness to another name of the home, by letters and by sound, from which words may be that name."""
_NOT_FOR_HOME = 0.5
_CALLED = frozenset({"name", "device", "area", "floor", "except"})
"""Slots of what things and places are called."""
_NO_NAME = ("negation", "pronouns", "questions", "requests", "generic", "times", "hot")
"""Sets of words that are never part of a name that nobody gave."""


class Meant(NamedTuple):
    """Words with names put in."""

    text: str
    pairs: tuple[Pair, ...]
    """What the names are known by, in the order in which they were said."""


class _Name(NamedTuple):
    words: tuple[str, ...]
    """What people say, in plain words."""
    meant: str
    """What the thing is called, as it was said."""
    entity_id: EntityId
    pair: Pair


class TrialNames:
    """The names that the pairs in force speak of; a look-up costs microseconds where there is none."""

    def __init__(self, pairs: PairStore) -> None:
        """Keep the tables; they are looked through when they have changed."""
        self._pairs = pairs
        self._version = -1
        self._by_word: dict[str, list[Pair]] = {}

    def put_in(self, said: str, understanding: Understanding, view: ContextView) -> Meant | None:
        """Return what was said with the things' own names in it; ``None`` if no name on trial is in it.

        Args:
            said: As :func:`hubagent.evidence.source_key` makes it.
            understanding: What that was read as. Words of which nothing is called there are no name,
                whatever they were in another request: "turn on the game", "who won the game".
            view: The home now.
        """
        self._refresh()
        words = said.split()
        plain = _plain(words)
        pairs = {pair.source: pair for word in plain for pair in self._by_word.get(word, ())}
        if not pairs or understanding.out_of_scope >= _NOT_FOR_HOME:
            return None
        called = _called(understanding)
        names = [
            name for name in _in_force(_names(pairs.values(), view)) if called & set(name.words)
        ]
        result: list[str] = []
        by: list[Pair] = []
        at = 0
        while at < len(words):
            name = next((n for n in names if plain[at : at + len(n.words)] == n.words), None)
            result.append(words[at] if name is None else name.meant)
            by += [] if name is None else [name.pair]
            at += 1 if name is None else len(name.words)
        return Meant(" ".join(result), tuple(by)) if by else None

    def _refresh(self) -> None:
        if self._version == self._pairs.version:
            return
        self._version = self._pairs.version
        self._by_word = defaultdict(list)
        for pair in self._pairs.pairs():
            if pair.layer is Layer.PERSONAL and pair.stage is not Stage.SHADOW:
                first = first_other(pair)
                if first:
                    self._by_word[first].append(pair)


def speaks_of(pair: Pair, name: str) -> bool:
    """Return whether a pair may be what a name is known by, whatever things are called.

    Args:
        pair: Any pair.
        name: As :func:`hubagent.evidence.source_key` makes it.
    """
    return f" {name} " in f" {pair.source} " and first_other(pair) in _plain(name.split())


def first_other(pair: Pair) -> str:
    """Return the first telling word that the target does not have there: one of the name, if any."""
    said, meant = (
        [word for _, word in _telling(_plain(text.split()))]
        for text in (pair.source, source_key(pair.target))
    )
    return next((word for at, word in enumerate(said) if word not in meant[at : at + 1]), "")


def _in_force(names: Iterable[_Name]) -> list[_Name]:
    """Return the names to go by, the longest first: of one thing only, and not unlearned since."""
    found: dict[tuple[str, ...], dict[EntityId, _Name]] = defaultdict(dict)
    for name in sorted(names, key=lambda name: name.pair.since_s):
        if name.pair.stage is Stage.RETIRED:
            found[name.words].pop(name.entity_id, None)
        else:
            found[name.words][name.entity_id] = name
    single = (name for things in found.values() if len(things) == 1 for name in things.values())
    return sorted(single, key=lambda name: -len(name.words))


def _names(pairs: Iterable[Pair], view: ContextView) -> Iterator[_Name]:
    """Yield the name that each pair speaks of, if it does."""
    home = HomeWords.of(view, lambda _: False)
    called: dict[tuple[str, ...], set[EntityId]] = defaultdict(set)
    for entity in view.entities():
        for name in (entity.name, *entity.aliases) if not entity.category else ():
            called[_plain(source_key(name).split())].add(entity.entity_id)
    for pair in pairs:
        for words, meant in _differing(pair, called):
            things = called[_plain(meant)]
            (entity_id,) = things if len(things) == 1 else (None,)
            if (
                entity_id is not None
                and _is_of(pair, entity_id)
                and _is_free(words, meant, home, view)
            ):
                yield _Name(_plain(words), " ".join(meant), entity_id, pair)
                break


def _differing(
    pair: Pair, called: Container[tuple[str, ...]]
) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Yield what is said and the name of the home that is in its place, all else being the same.

    Words that carry a request ("can you", "the", "kill") may differ. A name within a longer name of the
    home is none.
    """
    said, meant = pair.source.split(), source_key(pair.target).split()
    telling, plain = _telling(_plain(said)), _plain(meant)
    words = [word for _, word in telling]
    spans = [
        range(start, end)
        for start in range(len(plain))
        for end in range(start + 1, len(plain) + 1)
        if plain[start:end] in called
    ]
    for span in spans:
        if any(set(span) < set(other) for other in spans):
            continue
        before = [word for _, word in _telling(plain[: span.start])]
        after = [word for _, word in _telling(plain[span.stop :])]
        start, end = len(before), len(words) - len(after)
        if start < end and words[:start] == before and words[end:] == after:
            first, last = telling[start][0], telling[end - 1][0]
            asks = {*said[:first], *said[last + 1 :]} - lexicon().sets["determiners"]
            if asks:
                yield said[first : last + 1], meant[span.start : span.stop]


def _is_of(pair: Pair, entity_id: EntityId) -> bool:
    """Return whether the pair came to this thing, as far as that is known."""
    things = pair.interpretation.partition("|")[2].partition("|")[0]
    return not things or entity_id in things.split(",")


def _is_free(
    words: Sequence[str], meant: Sequence[str], home: HomeWords, view: ContextView
) -> bool:
    """Return whether words may be a name of a thing: they name nothing else, nor nearly."""
    known = lexicon()
    plain, own = _plain(words), set(_plain(meant))
    kinds = {known.kinds[word] for word in own if word in known.kinds}
    own |= {word for word in plain if known.kinds.get(word) in kinds}  # a lamp is a light
    small = known.sets["small"] - known.poles.keys()
    strange = [word for word in plain if word not in small and word not in own]
    letters = sum(len(word) for word in strange)
    if not strange or len(words) > _MOST_WORDS or letters < _LEAST_LETTERS:
        return False
    if numbers(plain)[0] or any(_has_meaning(word) or home.has_word(word) for word in strange):
        return False
    return not any(
        match.exact or match.fuzzy >= _NEAR or match.phonetic >= _SOUNDS
        for match in view.match_names(" ".join(words))
        if _plain(source_key(match.name).split()) != _plain(meant)
    )


def _has_meaning(word: str) -> bool:
    """Return whether a word says something whatever things are called."""
    known = lexicon()
    return (
        word in known.poles
        or word in known.kinds
        or word in known.units
        or word in known.sensitive_verbs
        or word in known.sensitive_nouns
        or any(word in known.sets[name] for name in _NO_NAME)
    )


def _called(understanding: Understanding) -> frozenset[str]:
    """Return the words that were read as what something is called."""
    return frozenset(
        word
        for clause in understanding.clauses
        for hypothesis in clause.hypotheses[:1]
        for slot in hypothesis.slots
        if slot.name in _CALLED
        for word in _plain(source_key(slot.text).split())
    )


def _telling(plain: Sequence[str]) -> list[tuple[int, str]]:
    """Return the words that tell what a request is about, each with where it stands.

    What is wanted of it may be said otherwise and elsewhere ("kill ...", "... off"): that both want the
    same is for the guard-rails to see.
    """
    known = lexicon()
    wishes = {word for word in plain if word in known.poles and known.poles[word][0].signed}
    return [
        (at, word)
        for at, word in enumerate(plain)
        if word not in known.sets["small"] and word not in wishes
    ]


def _plain(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(singular(word.replace("'", "")) for word in words)
