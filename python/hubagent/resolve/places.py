"""From the words of a place to areas of this home.

In: words such as "kitchen", "upstairs", "here", "the whole house". Out: a ``Place``, which is known,
one of several, or unknown; an unknown place never becomes the whole home.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.once import called, positions_of_words
from hubagent.types import AreaId

if TYPE_CHECKING:
    from hubagent.ports import ContextView
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.types import Area, Floor, FloorId

_PLAIN = frozenset({"room", "area", "floor", "house", "home", "space", "corner"})
"""Words that a place's name may lack though they were said."""

_LEAST_ENDING = 5
"""Least letters of the end of a room's name that may stand for it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is said to be.

    ``areas`` is ``None`` for the whole home. ``several`` says that the words fit more than one area
    and mean one of them ("kids room" with two of them).
    """

    said: str
    areas: frozenset[AreaId] | None
    several: bool = False

    @property
    def unknown(self) -> bool:
        """Whether the home has no such place."""
        return self.areas is not None and not self.areas


class Places:
    """Looks up the places of one view."""

    def __init__(self, view: ContextView, lexicon: Lexicon, speaker_area: AreaId | None) -> None:
        self._lexicon = lexicon
        self._areas = view.areas()
        self._floors = view.floors()
        self._speaker_area = speaker_area
        self._here = next((area for area in self._areas if area.area_id == speaker_area), None)
        self._names = {area.area_id: area.name for area in self._areas}

    def words(self, area_id: AreaId | None) -> frozenset[str]:
        """Return the words of the area's name, in the singular."""
        name = self._names.get(area_id, "") if area_id is not None else ""
        return frozenset(text.singulars(text.tokens(name)))

    def find(self, said: str) -> Place:
        """Return the place that the words mean."""
        lexicon = self._lexicon
        words = text.tokens(said)
        plain = lexicon.content(said) or words
        if not self._areas and (words in lexicon.here or words in lexicon.inside):
            return Place(said, None)  # a home without rooms is one room
        if exact := self._exact(words):
            return self._or_here(said, words, exact)
        if words in lexicon.here or plain in lexicon.here:
            here = self._speaker_area
            return Place(said, frozenset({here}) if here is not None else frozenset())
        if exact := self._exact(plain):
            return self._or_here(said, plain, exact)
        if words in lexicon.everywhere or plain in lexicon.everywhere:
            return Place(said, None)
        relation = lexicon.spoken_places.get(words) or lexicon.spoken_places.get(plain)
        if relation:
            return Place(said, self._related(relation))
        for finder in (self._floor, self._outside, self._inside):
            if found := finder(plain):
                return Place(said, found)
        partial = self._partial(plain) or self._by_other_name(plain) or self._compound(plain)
        if not partial and len(plain) > 1 and not lexicon.is_own_word(plain[0]):
            # "Our cosy bedroom"; but a popcorn machine is not in the machine shed.
            partial = self._exact(plain[1:])
        return Place(said, partial, several=len(partial) > 1)

    def _or_here(self, said: str, words: tuple[str, ...], exact: frozenset[AreaId]) -> Place:
        """Add the speaker's room where its name has the same words: "the bedroom" said in one."""
        here = self._speaker_area
        if here is None or here in exact or not set(text.singulars(words)) < self.words(here):
            return Place(said, exact)
        return Place(said, exact | {here}, several=True)

    def union(self, phrases: tuple[str, ...]) -> Place | None:
        """Return all the places said together, ``None`` if none was said; unknown if one is."""
        if not phrases:
            return None
        places = [self.find(phrase) for phrase in phrases]
        for place in places:
            if place.unknown or place.areas is None:
                return place
        areas = frozenset[AreaId]().union(*(place.areas or () for place in places))
        return Place(" and ".join(phrases), areas, several=any(place.several for place in places))

    def _exact(self, words: tuple[str, ...]) -> frozenset[AreaId]:
        return frozenset(self._areas[i].area_id for i in _called(self._areas, words))

    def _floor(self, words: tuple[str, ...]) -> frozenset[AreaId]:
        wanted = [self._floors[i] for i in _called(self._floors, words)]
        if not wanted and words in self._lexicon.upper:
            return self._on_levels(self._upstairs())
        if not wanted and words in self._lexicon.lower:
            return self._on_levels(self._downstairs())
        return self._of_floors({floor.floor_id for floor in wanted})

    def _of_floors(self, ids: set[FloorId]) -> frozenset[AreaId]:
        return frozenset(area.area_id for area in self._areas if area.floor_id in ids)

    def _on_levels(self, levels: set[int]) -> frozenset[AreaId]:
        return self._of_floors({floor.floor_id for floor in self._floors if floor.level in levels})

    def _levels(self) -> tuple[list[int], int, int]:
        """Return all levels, that of the ground and that of the speaker, the ground if unknown."""
        levels = sorted({floor.level for floor in self._floors if floor.level is not None})
        ground = 0 if 0 in levels else min(levels, default=0)
        own = self._here.floor_id if self._here is not None else None
        level = next((f.level for f in self._floors if f.floor_id == own), None)
        return levels, ground, ground if level is None else level

    def _upstairs(self) -> set[int]:
        """Return the levels above the ground; in the basement those above that."""
        levels, ground, own = self._levels()
        return {level for level in levels if level > min(own, ground)}

    def _downstairs(self) -> set[int]:
        """Return the ground from above it, and what is below it from there.

        Where nobody tells from where it was said, the basement is meant only if nothing is upstairs.
        """
        levels, ground, own = self._levels()
        below = {level for level in levels if level < ground}
        if len(levels) < 2:
            return set()
        if own > ground or not below or (self._here is None and levels[-1] > ground):
            return {ground}
        return below

    def _related(self, relation: str) -> frozenset[AreaId]:
        """Return the places that lie so to where the speaker is; none if nobody tells where."""
        levels, _, own = self._levels()
        here = self._here
        if relation in {"rear", "front"}:
            return self._side(relation)
        if here is None:
            return frozenset()
        if relation == "next":
            return self._next_door(here)
        near = {
            "level": {own},
            "below": {level for level in levels if level < own},
            "above": {level for level in levels if level > own},
        }
        return self._on_levels(near[relation]) if here.floor_id is not None else frozenset()

    def _side(self, side: str) -> frozenset[AreaId]:
        """Return the places outdoors on that side: those called so, else those that usually are."""
        called, usual = self._lexicon.outdoor_sides[side]
        outdoors = {i: self.words(i) for i in self._outside(("outside",))}
        return frozenset(i for i, words in outdoors.items() if words & called) or frozenset(
            i for i, words in outdoors.items() if words & usual
        )

    def _next_door(self, here: Area) -> frozenset[AreaId]:
        """Return the one other area that is called like the speaker's, but for its number."""
        name = _unnumbered(here.name)
        others = frozenset(
            area.area_id
            for area in self._areas
            if area is not here and _unnumbered(area.name) == name
        )
        return others if len(others) == 1 else frozenset()

    def _compound(self, words: tuple[str, ...]) -> frozenset[AreaId]:
        """Return the one area whose name has the word as the end of a longer: "tunnel", Polytunnel."""
        if len(words) != 1 or len(words[0]) < _LEAST_ENDING or words[0] in _PLAIN:
            return frozenset()
        word = text.singular(words[0])
        found = frozenset(
            area.area_id
            for area in self._areas
            if any(known.endswith(word) for known in self.words(area.area_id))
        )
        return found if len(found) == 1 else frozenset()

    def _outside(self, words: tuple[str, ...]) -> frozenset[AreaId]:
        if words not in self._lexicon.outside:
            return frozenset()
        return frozenset(
            area.area_id
            for area in self._areas
            if set(text.tokens(area.name)) & self._lexicon.outdoor
        )

    def _inside(self, words: tuple[str, ...]) -> frozenset[AreaId]:
        if words not in self._lexicon.inside:
            return frozenset()
        outdoors = self._outside(next(iter(self._lexicon.outside)))
        return frozenset(area.area_id for area in self._areas) - outdoors

    def _partial(self, words: tuple[str, ...]) -> frozenset[AreaId]:
        """Return the areas of which every word said is part, the fullest match first."""
        scores: dict[AreaId, float] = {}
        same, known = self._lexicon.same, positions_of_words(self._areas)
        near = {
            i for word in words for other, ids in known.items() if same(word, other) for i in ids
        }
        for area in (self._areas[i] for i in sorted(near)):
            score = max(self._overlap(words, text.tokens(name)) for name in _names(area))
            if score > 0:
                scores[area.area_id] = score
        if not scores:
            return frozenset()
        best = max(scores.values())
        return frozenset(area_id for area_id, score in scores.items() if score >= best - 0.05)

    def _overlap(self, said: tuple[str, ...], name: tuple[str, ...]) -> float:
        if not said or not name:
            return 0.0
        same = self._lexicon.same
        of_said = [max(same(word, known) for known in name) for word in said]
        of_name = [max(same(word, known) for word in said) for known in name]
        telling = any(
            score and word not in _PLAIN for word, score in zip(said, of_said, strict=True)
        )
        if not telling:
            return 0.0
        if min(of_said) > 0:
            return sum(of_said) / len(said) + sum(of_name) / len(name)
        # More was said than the name has: "kitchen area" for "Kitchen"; any other word tells apart.
        left = {word for word, score in zip(said, of_said, strict=True) if not score}
        return 1.0 if min(of_name) > 0 and left <= _PLAIN else 0.0

    def _by_other_name(self, words: tuple[str, ...]) -> frozenset[AreaId]:
        found = frozenset[AreaId]()
        for group in self._lexicon.same_rooms:
            if words in group:
                for other in group - {words}:
                    found |= self._exact(other)
        return found if len(found) == 1 else frozenset()


def _unnumbered(name: str) -> tuple[str, ...]:
    return tuple(word for word in text.tokens(name) if not word.isdigit())


def _names(item: Area | Floor) -> tuple[str, ...]:
    return (item.name, *item.aliases)


def _called(items: tuple[Area | Floor, ...], words: tuple[str, ...]) -> list[int]:
    """Return the positions of those called so, in the singular or without blanks."""
    known = called(items)
    return sorted({*known.get(text.singulars(words), ()), *known.get("".join(words), ())})
