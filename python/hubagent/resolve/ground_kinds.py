"""What could be meant by a kind of thing: "the kitchen lights", "both blinds", "the lamp".

In: a mention and a place. Out: sets of entities of the kind, each with its features. Where several could be meant
together, they are taken by room; of a word for a kind, what is called by that very word comes first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.features import Failure, Frame, Grounding, is_sensitive
from hubagent.resolve.lexicon import ALIKE, CALLED, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hubagent.ports import ContextView
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.resolve.mention import Mention
    from hubagent.resolve.places import Place, Places
    from hubagent.resolve.scope import Scope
    from hubagent.types import AreaId, Entity, EntityId

_CALLED_DOMAINS = frozenset({"switch", "input_boolean", "group"})
"""Domains whose things are what their names say: a switch called "porch light" is a light."""


class GroundKinds:
    """Grounds kinds of thing on one view of the home."""

    def __init__(
        self,
        view: ContextView,
        lexicon: Lexicon,
        places: Places,
        scope: Scope,
        speaker_area: AreaId | None,
    ) -> None:
        self._view = view
        self._lexicon = lexicon
        self._places = places
        self._scope = scope
        self._speaker_area = speaker_area

    def kinds(self, domains: Iterable[str]) -> tuple[Kind, ...]:
        """Return domains as kinds."""
        return tuple(self._lexicon.kind_named(domain) for domain in domains)

    def by_said(self, mention: Mention, frame: Frame, place: Place | None) -> list[Grounding]:
        """Return candidates by the kind that was said, when what stands before it is a place.

        Of the kinds that the last words may name, the longest that anything is of counts:
        "garage door" for a cover, "door" in the garage for a lock.
        """
        allowed = frame.spec.commands.keys() | _CALLED_DOMAINS
        for said in mention.kinds:
            if not said.kind.fits.keys() & allowed:
                continue
            parsed = replace(mention, kinds=(said,))
            where = self._where(parsed, frame, place)
            if isinstance(where, Failure):
                continue
            found = self.found((said.kind,), parsed, frame, where)
            if found:
                return found
        return []

    def _where(self, mention: Mention, frame: Frame, place: Place | None) -> Place | Failure | None:
        """Return the place within which a kind is meant; fails if the words before it are none."""
        if not mention.rest:
            return place
        own = self._places.find(" ".join(mention.rest))
        if place is not None and place.areas is not None and own.areas is not None:
            own = replace(own, areas=own.areas & place.areas)
        if own.unknown:
            return Failure("unknown_area", {"area": own.said})
        return None if frame.spec.anywhere else own

    def found(
        self, kinds: tuple[Kind, ...], mention: Mention, frame: Frame, place: Place | None
    ) -> list[Grounding]:
        """Return the sets of things of these kinds in a place that could be meant."""
        if not kinds:
            return []
        domains = {domain for kind in kinds for domain in kind.fits} | _CALLED_DOMAINS
        fits: dict[EntityId, float] = {}
        for entity in self._scope.in_place(domains & frame.spec.commands.keys(), place):
            fit = max(self.fit(kind, mention, entity) for kind in kinds)
            if fit and not (mention.everything and is_sensitive(entity)):
                fits[entity.entity_id] = fit
        if not fits:
            return []
        best = max(fits.values())
        chosen = [i for i, fit in fits.items() if fit >= min(best, CALLED)]
        if place is None and not mention.all:
            chosen += self._alike_here(fits, chosen)
        specific = self._most_specific(chosen, mention)
        chosen = self._with_own(specific, chosen, mention, place)
        if not chosen:
            return []
        # A kind that only the intent implies tells half as much as one that was said.
        share = 1.0 if mention.kind is not None else 0.5
        number = {"number": 1.0} if mention.plural else {}
        return [
            frame.measure(ids, place, kind=share * min(fits[i] for i in ids), **number)
            for ids in self._groups(chosen, kinds, mention, place)
        ]

    def _alike_here(self, fits: Mapping[EntityId, float], chosen: list[EntityId]) -> list[EntityId]:
        """Return what may be called so in the room of the speaker, where none there fits better."""
        here = {i: fit for i, fit in fits.items() if self._view.area_of(i) == self._speaker_area}
        if self._speaker_area is None or not here.keys().isdisjoint(chosen):
            return []
        return [i for i, fit in here.items() if fit == max(here.values()) and fit >= ALIKE]

    def fit(self, kind: Kind, mention: Mention, entity: Entity) -> float:
        """Return how well a thing is of a kind, also by what it is called."""
        fit = kind.fit(entity)
        if fit < CALLED and mention.kind is not None and kind is mention.kind.kind:
            called = self._lexicon.called(mention.kind, entity)
            if called and (fit or entity.domain in _CALLED_DOMAINS):
                return CALLED
        if 0.0 < fit < CALLED and not entity.device_class:
            fit = fit if self._lexicon.may_be(kind, entity) else 0.0
        return 0.0 if kind.strict and entity.device_class and fit < CALLED else fit

    def _most_specific(self, ids: list[EntityId], mention: Mention) -> list[EntityId]:
        """Keep what is called by the very word said, if anything is: "lamp", not every light."""
        if mention.kind is None:
            return ids
        same = [
            i
            for i in ids
            if text.singulars(text.tokens(self._view.entity(i).name))
            == text.singulars(mention.words)
        ]
        if len(same) == 1 and not mention.plural:
            return same
        if mention.kind.general:
            return ids
        called = [i for i in ids if self._lexicon.called(mention.kind, self._view.entity(i))]
        # "The lamp" is any light where none is called so; "the chandelier" is none.
        return called if called or mention.kind.words in self._lexicon.own_kinds else ids

    def _with_own(
        self, specific: list[EntityId], ids: list[EntityId], mention: Mention, place: Place | None
    ) -> list[EntityId]:
        """Add the one such thing of the speaker's room to those that are called by the word said.

        "Aircon off" is said to the Daikin of the room, for all that the next has a Study Aircon.
        """
        is_one = mention.kind is not None and not mention.kind.kind.together
        if place is not None or mention.all or not specific or not is_one:
            return specific
        here = [i for i in ids if self._view.area_of(i) == self._speaker_area]
        return specific + here if len(here) == 1 and here[0] not in specific else specific

    def _groups(
        self,
        ids: list[EntityId],
        kinds: tuple[Kind, ...],
        mention: Mention,
        place: Place | None,
    ) -> list[tuple[EntityId, ...]]:
        """Split what was found into the sets that could be meant together."""
        together = mention.plural or mention.everything or all(kind.together for kind in kinds)
        together = together and not mention.one
        if not mention.plural and any(is_sensitive(self._view.entity(i)) for i in ids):
            together = False  # one door was said, so one of them is meant
        if not together:
            return [(entity_id,) for entity_id in ids]
        if mention.all or (place is not None and not place.several):
            return [tuple(ids)]
        if mention.both and len(ids) == 2:
            return [tuple(ids)]
        return list(self.by_area(ids).values())

    def by_area(self, ids: Iterable[EntityId]) -> dict[AreaId | None, tuple[EntityId, ...]]:
        """Return things by the room they are in."""
        found: dict[AreaId | None, tuple[EntityId, ...]] = {}
        for entity_id in ids:
            area_id = self._view.area_of(entity_id)
            found[area_id] = (*found.get(area_id, ()), entity_id)
        return found
