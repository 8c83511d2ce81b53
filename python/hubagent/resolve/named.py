"""Where things of the home stand in a sentence by their whole names.

In: the words of a sentence and the home. Out: spans, each with the things called so. A name says more
than the words it is made of: the "mode" of Guest Mode asks for no mode, and whatever else is said of a
"Gate Remote", it is the gate remote that is spoken of. Sensors are called by what they sit in, too:
"the tumble dryer" is whose Tumble Dryer Power is measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hubagent.resolve import lexicon as words_of_homes, text
from hubagent.resolve.once import Once

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubagent.ports import ContextView
    from hubagent.resolve.places import Place, Places
    from hubagent.types import Area, Entity

Words = tuple[str, ...]

_MEASURING = frozenset({"sensor", "binary_sensor"})
_METERS = frozenset(
    {"sensor", "detector", "contact", "meter", "level", "monitor", "status", "state", "probe"}
)
"""Last words of a sensor's name that say nothing of what it sits in."""


class Named(NamedTuple):
    """Words ``start`` to ``end`` of a sentence are a name of these things."""

    start: int
    end: int
    things: tuple[Entity, ...]
    whole: bool
    """Whether they are the whole name, and not only where a sensor sits."""


class AskedNames:
    """What the words of a question are asked of the home: its places and the names of its things."""

    def __init__(self, view: ContextView, places: Places) -> None:
        self._view = view
        self._places = places

    def find(self, said: str) -> Place:
        """Return the place that the words mean, perhaps an unknown one."""
        return self._places.find(said)

    def words(self) -> frozenset[str]:
        """Return every word of the names of things and rooms."""
        return _words_of_things(self._view.entities()) | _words_of_areas(self._view.areas())

    def called(self, words: Sequence[str]) -> list[tuple[int, int]]:
        """Return start and end of each name of a thing that stands in the words, in order."""
        return [(item.start, item.end) for item in named(words, self._view.entities())]


@Once
def _words_of_things(entities: tuple[Entity, ...]) -> frozenset[str]:
    return frozenset(w for e in entities for n in (e.name, *e.aliases) for w in text.tokens(n))


@Once
def _words_of_areas(areas: tuple[Area, ...]) -> frozenset[str]:
    return frozenset(w for a in areas for n in (a.name, *a.aliases) for w in text.tokens(n))


def named(words: Sequence[str], entities: tuple[Entity, ...]) -> tuple[Named, ...]:
    """Return the names in the words, the longest first, in order; none overlaps another."""
    plain = tuple(map(words_of_homes.load().plain, words))
    index = _things_by_name(entities)
    longest = max(map(len, index), default=0)
    found: list[Named] = []
    for size in range(min(longest, len(plain)), 0, -1):
        for start in range(len(plain) - size + 1):
            end = start + size
            things = index.get(plain[start:end])
            if things and all(end <= item.start or item.end <= start for item in found):
                whole = any(plain[start:end] in _names(thing) for thing in things)
                found.append(Named(start, end, things, whole))
    return tuple(sorted(found))


def scattered(words: Sequence[str], entities: tuple[Entity, ...]) -> tuple[Entity, ...]:
    """Return the things all the words of whose name stand somewhere: "the padlock on the shed".

    Only names of several words count, and of several such names the one that takes in the most.
    """
    said = set(map(words_of_homes.load().plain, words))
    found: dict[Words, tuple[Entity, ...]] = {
        name: things
        for name, things in _things_by_name(entities).items()
        if len(name) > 1 and said.issuperset(name)
    }
    longest = max(map(len, found), default=0)
    best = [things for name, things in found.items() if len(name) == longest]
    return best[0] if len(best) == 1 else ()


def sensors_of(name: Words, entities: tuple[Entity, ...]) -> tuple[Entity, ...]:
    """Return the sensors that are called by what they sit in and by what they measure."""
    return _sensors_by_place(entities).get(tuple(map(words_of_homes.load().plain, name)), ())


@Once
def _things_by_name(entities: tuple[Entity, ...]) -> Mapping[Words, tuple[Entity, ...]]:
    """Return the things by their names, and sensors that nothing else is called like by their place."""
    found: dict[Words, list[Entity]] = {}
    for entity in entities:
        if not entity.category:
            for name in _names(entity):
                found.setdefault(name, []).append(entity)
    for name, sensors in _sensors_by_place(entities).items():
        found.setdefault(name, [*sensors])
    return {name: tuple(things) for name, things in found.items()}


@Once
def _sensors_by_place(entities: tuple[Entity, ...]) -> Mapping[Words, tuple[Entity, ...]]:
    found: dict[Words, list[Entity]] = {}
    for entity in entities:
        if entity.domain not in _MEASURING:
            continue
        measures = _METERS | measure_words(entity)
        for name in _names(entity):
            size = len(name)
            while size > 1 and name[size - 1] in measures:
                size -= 1
            if size < len(name):
                found.setdefault(name[:size], []).append(entity)
    return {name: tuple(things) for name, things in found.items()}


def measure_words(entity: Entity) -> frozenset[str]:
    """Return the words, in the singular, for what a sensor measures."""
    found = set(text.singulars(tuple(entity.device_class.split("_"))))
    for quality in words_of_homes.load().qualities:
        if entity.device_class in quality.classes:
            found |= {text.singular(word) for phrase in quality.words for word in phrase}
    return frozenset(found)


def _names(entity: Entity) -> frozenset[Words]:
    """Return what a thing is called, in plain words."""
    plain = words_of_homes.load().plain
    return frozenset(
        tuple(map(plain, words))
        for name in (entity.name, *entity.aliases)
        if (words := text.tokens(name))
    )
