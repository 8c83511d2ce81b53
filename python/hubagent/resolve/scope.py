"""Which entities are worth looking at for a mention: near in name, in a place, or of a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.names import NO_FIT, NameFit, fit_name
from hubagent.resolve.once import devices_by_id, entities_of_devices
from hubagent.types import DeviceId, EntityId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubagent.ports import ContextView
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.resolve.mention import Mention
    from hubagent.resolve.places import Place, Places
    from hubagent.types import AreaId, Entity

_SHORTLIST = 16
_SPELLINGS = 3


class Scope:
    """Looks entities up in one view; only those that are spoken about are returned."""

    def __init__(
        self, view: ContextView, lexicon: Lexicon, places: Places, speaker_area: AreaId | None
    ) -> None:
        self._view = view
        self._lexicon = lexicon
        self._places = places
        self._speaker_area = speaker_area
        self._words: dict[str, bool] = {}

    def has_word(self, word: str) -> bool:
        """Return whether a name of the home has the word, perhaps spelt otherwise."""
        known = self._words.get(word)
        if known is None:
            found = self._view.match_names(word, limit=_SPELLINGS)
            names = [text.tokens(match.name) for match in found]
            known = any(
                word == "".join(name) or any(self._lexicon.same(word, other) for other in name)
                for name in names
            )
            self._words[word] = known
        return known

    def has_all(self, words: tuple[str, ...]) -> bool:
        """Return whether one name of the home has all the words."""
        singulars = set(text.singulars(words))
        found = self._view.match_names(" ".join(words), limit=_SHORTLIST)
        return any(singulars <= set(text.singulars(text.tokens(m.name))) for m in found)

    def is_called(self, word: str) -> bool:
        """Return whether a thing of the home is called just so."""
        found = self._view.match_names(word, limit=_SPELLINGS)
        return any(m.kind == "entity" and text.tokens(m.name) == (word,) for m in found)

    def owns_room(self, word: str) -> bool:
        """Return whether one room is called after the owner that the word says ("emmas")."""
        rooms = (text.tokens(area.name) for area in self._view.areas())
        return sum(len(room) > 1 and room[0] == word for room in rooms) == 1

    def in_place(self, domains: Iterable[str], place: Place | None) -> Iterable[Entity]:
        """Yield entities of these domains in the place; in the whole home without one."""
        areas: list[AreaId | None] = [None]
        if place is not None and place.areas is not None:
            areas = [*sorted(place.areas)]
        for area_id in areas:
            for domain in sorted(domains):
                for entity_id in self._view.query(area_id=area_id, domain=domain):
                    entity = self._view.entity(entity_id)
                    if not entity.category:
                        yield entity

    def near_in_name(self, mention: Mention, place: Place | None) -> Iterable[Entity]:
        """Yield entities whose names may fit the mention: near in words, or in the place."""
        ids: dict[EntityId, None] = {}
        spoken = " ".join(mention.words)
        for phrase in dict.fromkeys((spoken, " ".join((*mention.places, spoken)))):
            for match in self._view.match_names(phrase, limit=_SHORTLIST):
                if match.kind == "entity":
                    ids[EntityId(match.id)] = None
                elif match.kind == "device":
                    ids.update(
                        dict.fromkeys(
                            entities_of_devices(self._view.entities()).get(DeviceId(match.id), ())
                        )
                    )
        areas = set(place.areas or ()) if place is not None else set()
        if not areas and self._speaker_area is not None:
            areas = {self._speaker_area}
        for area_id in sorted(areas):
            ids.update(dict.fromkeys(self._view.query(area_id=area_id)))
        for entity_id in ids:
            entity = self._view.entity(entity_id)
            if not entity.category:
                yield entity

    def name_fit(self, mention: Mention, entity: Entity, place: Place | None) -> NameFit:
        """Return how well the mention fits the entity's names; not at all outside the place."""
        area_id = self._view.area_of(entity.entity_id)
        if place is not None and place.areas is not None and area_id not in place.areas:
            return NO_FIT
        room = self._places.words(area_id)
        said = set(text.singulars(text.tokens(" ".join(mention.places))))
        return fit_name(
            mention,
            entity,
            device=devices_by_id(self._view.devices()).get(entity.device_id)
            if entity.device_id
            else None,
            room=room,
            stated=room
            if place is not None and place.areas == frozenset({area_id})
            else room & said,
            lexicon=self._lexicon,
        )
