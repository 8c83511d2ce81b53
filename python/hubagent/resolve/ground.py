"""From a mention to sets of entities that it could mean, each with its features.

Three ways to mean something are tried side by side: by name ("bedside lamp"), by kind and place
("the kitchen lights"), and by the intent alone ("pause"). What was said explicitly bounds every
candidate; the speaker's room and the states only add features.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.lexicon import CALLED, Kind
from hubagent.resolve.mention import Mention
from hubagent.resolve.names import NO_FIT, NameFit, fit_name
from hubagent.resolve.places import Place, Places
from hubagent.types import (
    SENSITIVE_DEVICE_CLASSES,
    SENSITIVE_DOMAINS,
    AreaId,
    Device,
    DeviceId,
    Entity,
    EntityId,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hubagent.ports import ContextView
    from hubagent.resolve.intents import IntentSpec
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.types import Value

_CALLED_DOMAINS = frozenset({"switch", "input_boolean", "group"})
"""Domains whose things are what their names say: a switch called "porch light" is a light."""
_SHORTLIST = 16
_RESTING = frozenset(
    {None, "off", "closed", "locked", "docked", "standby", "idle", "unavailable", "disarmed"}
)
_STATES = {
    "playing": frozenset({"playing"}),
    "paused": frozenset({"paused"}),
    "moving": frozenset({"opening", "closing", "cleaning", "mowing", "playing"}),
}


@dataclass(frozen=True, slots=True)
class Grounding:
    """Entities that a mention could mean, and why."""

    entity_ids: tuple[EntityId, ...]
    features: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a mention means nothing in this home; ``reason`` is a key of the response catalogue."""

    reason: str
    facts: Mapping[str, Value] = field(default_factory=dict)


def is_sensitive(entity: Entity) -> bool:
    """Return whether the entity is never moved on a guess."""
    return (
        entity.domain in SENSITIVE_DOMAINS
        or entity.device_class in SENSITIVE_DEVICE_CLASSES
        or "oven" in text.tokens(entity.name)
        or "stove" in text.tokens(entity.name)
    )


class Grounder:
    """Grounds the mentions of one clause on one view of the home."""

    def __init__(
        self,
        view: ContextView,
        lexicon: Lexicon,
        *,
        speaker_area: AreaId | None,
        antecedents: tuple[EntityId, ...] = (),
    ) -> None:
        self.view = view
        self.places = Places(view, lexicon, speaker_area)
        self._lexicon = lexicon
        self._speaker_area = speaker_area
        self._antecedents = antecedents
        self._devices: Mapping[DeviceId, Device] = {
            device.device_id: device for device in view.devices()
        }

    def ground(
        self, mention: Mention, spec: IntentSpec, implied_domain: str = ""
    ) -> tuple[Grounding, ...] | Failure:
        """Return every set of entities that the mention could mean, or why there is none."""
        if mention.pronoun and self._antecedents:
            ids = tuple(i for i in self._antecedents if self._entity(i).domain in spec.commands)
            if ids:
                return (self._candidate(ids, spec, implied_domain, {"name": 1.0}),)
        place = self._place(mention, spec)
        if isinstance(place, Failure):
            return self._place_as_name(mention, spec, implied_domain) or place
        found = self._find(mention, spec, implied_domain, place)
        if not found:
            return self._why_nothing(mention, spec, implied_domain, place)
        return self._without_excepted(mention, spec, self._finish(found))

    # -- places ------------------------------------------------------------------------------------

    def _place(self, mention: Mention, spec: IntentSpec) -> Place | Failure | None:
        place = self.places.union(mention.places)
        if place is None or not place.unknown:
            return None if spec.anywhere else place
        if text.tokens(place.said) in self._lexicon.here:
            return None
        if spec.anywhere:
            return None
        return Failure("unknown_area", {"area": place.said})

    def _place_as_name(
        self, mention: Mention, spec: IntentSpec, implied_domain: str
    ) -> tuple[Grounding, ...]:
        """Take a place that the home lacks for a part of a thing's name: "island light"."""
        said = " ".join((*mention.places, mention.said)).strip()
        words = self._lexicon.content(said)
        joined = replace(
            mention, said=said, words=words, kind=self._lexicon.kind_of(words), places=()
        )
        fits = self._named(joined, spec, None)
        telling = {
            i: fit for i, fit in fits.items() if fit.full or (fit.telling and fit.score > 0.7)
        }
        return self._finish(self._by_name(joined, telling, spec, implied_domain, None))

    # -- finding -----------------------------------------------------------------------------------

    def _find(
        self, mention: Mention, spec: IntentSpec, implied: str, place: Place | None
    ) -> list[Grounding]:
        if mention.everything:
            return self._by_kinds(
                self._kinds(spec.everything or spec.alone), mention, spec, implied, place
            )
        if not mention.words:
            domains = (implied,) if implied in spec.commands else spec.alone
            if spec.words:
                named = replace(mention, words=self._lexicon.content(spec.words), said=spec.words)
                return self._find(named, spec, implied, place)
            return self._by_kinds(self._kinds(domains), mention, spec, implied, place)
        by_name = self._named(mention, spec, place)
        grouped = self._by_said_kind(mention, spec, implied, place)
        if grouped:
            by_name = {i: f for i, f in by_name.items() if f.full and self._adds(f, mention)}
        return [*self._by_name(mention, by_name, spec, implied, place), *grouped]

    def _adds(self, fit: NameFit, mention: Mention) -> bool:
        """Return whether a name says more than the kind and place already do."""
        return fit.telling or bool(mention.rest) or bool(mention.places)

    def _kinds(self, domains: Iterable[str]) -> tuple[Kind, ...]:
        return tuple(self._lexicon.kind_named(domain) for domain in domains)

    def _by_said_kind(
        self, mention: Mention, spec: IntentSpec, implied: str, place: Place | None
    ) -> list[Grounding]:
        """Return candidates by the kind that was said, when what stands before it is a place."""
        if mention.kind is None or not mention.kind.kind.fits.keys() & (
            spec.commands.keys() | _CALLED_DOMAINS
        ):
            return []
        if mention.rest:
            own = self.places.find(" ".join(mention.rest))
            if own.unknown:
                return []
            if place is not None and place.areas is not None and own.areas is not None:
                own = replace(own, areas=own.areas & place.areas)
                if own.unknown:
                    return []
            place = None if spec.anywhere else own
        return self._by_kinds((mention.kind.kind,), mention, spec, implied, place)

    def _by_kinds(
        self,
        kinds: tuple[Kind, ...],
        mention: Mention,
        spec: IntentSpec,
        implied: str,
        place: Place | None,
    ) -> list[Grounding]:
        fits: dict[EntityId, float] = {}
        for entity in self._scope(kinds, spec, place):
            fit = max(self._fit(kind, mention, entity) for kind in kinds)
            if fit:
                fits[entity.entity_id] = fit
        if not fits:
            return []
        best = max(fits.values())
        chosen = [i for i, fit in fits.items() if fit >= min(best, CALLED)]
        chosen = self._most_specific(chosen, mention)
        base = {"kind": best if mention.kind is not None else best / 2}
        if place is not None:
            base["place"] = 1.0
            if place.several and self._speaker_area in (place.areas or ()):
                base["here"] = 0.0
        groups = self._groups(chosen, kinds, mention, place)
        return [self._candidate(ids, spec, implied, base, mention) for ids in groups]

    def _scope(
        self, kinds: tuple[Kind, ...], spec: IntentSpec, place: Place | None
    ) -> Iterable[Entity]:
        domains = {domain for kind in kinds for domain in kind.fits}
        domains = (domains | _CALLED_DOMAINS) & spec.commands.keys()
        areas: list[AreaId | None] = [None]
        if place is not None and place.areas is not None:
            areas = [*sorted(place.areas)]
        for area_id in areas:
            for domain in sorted(domains):
                for entity_id in self.view.query(area_id=area_id, domain=domain):
                    entity = self._entity(entity_id)
                    if not entity.category:
                        yield entity

    def _fit(self, kind: Kind, mention: Mention, entity: Entity) -> float:
        fit = kind.fit(entity)
        if fit < CALLED and mention.kind is not None and kind is mention.kind.kind:
            called = self._lexicon.called(mention.kind, entity)
            if called and (fit or entity.domain in _CALLED_DOMAINS):
                return CALLED
        return fit

    def _most_specific(self, ids: list[EntityId], mention: Mention) -> list[EntityId]:
        """Keep what is called by the very word said, if anything is: "lamp", not every light."""
        if mention.kind is None:
            return ids
        said = mention.words
        same = [
            i
            for i in ids
            if text.singulars(text.tokens(self._entity(i).name)) == text.singulars(said)
        ]
        if len(same) == 1 and not mention.plural:
            return same
        if mention.kind.general:
            return ids
        called = [i for i in ids if self._lexicon.called(mention.kind, self._entity(i))]
        return called or ids

    def _groups(
        self,
        ids: list[EntityId],
        kinds: tuple[Kind, ...],
        mention: Mention,
        place: Place | None,
    ) -> list[tuple[EntityId, ...]]:
        """Split what was found into the sets that could be meant together."""
        together = mention.plural or mention.everything or all(kind.together for kind in kinds)
        if not together:
            return [(entity_id,) for entity_id in ids]
        named_place = place is not None and not place.several
        if named_place or mention.all or mention.everything:
            return [tuple(ids)]
        by_area: dict[AreaId | None, list[EntityId]] = {}
        for entity_id in ids:
            by_area.setdefault(self.view.area_of(entity_id), []).append(entity_id)
        return [tuple(group) for group in by_area.values()]

    def _named(
        self, mention: Mention, spec: IntentSpec, place: Place | None
    ) -> dict[EntityId, NameFit]:
        if not mention.words:
            return {}
        fits: dict[EntityId, NameFit] = {}
        for entity in self._shortlist(mention, place):
            if entity.domain not in spec.commands or entity.category:
                continue
            fit = self._name_fit(mention, entity, place)
            if fit.full or fit.telling:
                fits[entity.entity_id] = fit
        return fits

    def _name_fit(self, mention: Mention, entity: Entity, place: Place | None) -> NameFit:
        area_id = self.view.area_of(entity.entity_id)
        if place is not None and place.areas is not None and area_id not in place.areas:
            return NO_FIT
        device = self._devices.get(entity.device_id) if entity.device_id else None
        return fit_name(
            mention,
            entity,
            device=device,
            room=self.places.words(area_id),
            placed=bool(mention.places),
            lexicon=self._lexicon,
        )

    def _shortlist(self, mention: Mention, place: Place | None) -> Iterable[Entity]:
        """Return the entities whose names are worth comparing: near in words, or in the place."""
        ids: dict[EntityId, None] = {}
        spoken = " ".join(mention.words)
        for phrase in (spoken, " ".join((*mention.places, spoken))):
            for match in self.view.match_names(phrase, limit=_SHORTLIST):
                if match.kind == "entity":
                    ids[EntityId(match.id)] = None
                elif match.kind == "device":
                    ids.update(dict.fromkeys(self._of_device(DeviceId(match.id))))
        areas = set(place.areas or ()) if place is not None else set()
        if not areas and self._speaker_area is not None:
            areas = {self._speaker_area}
        for area_id in sorted(areas):
            ids.update(dict.fromkeys(self.view.query(area_id=area_id)))
        return [self._entity(entity_id) for entity_id in ids]

    def _of_device(self, device_id: DeviceId) -> list[EntityId]:
        return [e.entity_id for e in self.view.entities() if e.device_id == device_id]

    def _by_name(
        self,
        mention: Mention,
        fits: Mapping[EntityId, NameFit],
        spec: IntentSpec,
        implied: str,
        place: Place | None,
    ) -> list[Grounding]:
        found = []
        for entity_id, fit in fits.items():
            base = {"name": fit.score, "named_fully": float(fit.full)}
            if place is not None and place.areas is not None:
                base["place"] = 1.0
            if mention.kind is not None:
                base["kind"] = self._fit(mention.kind.kind, mention, self._entity(entity_id))
            candidate = self._candidate((entity_id,), spec, implied, base, mention)
            if mention.plural and fit.plural:
                candidate = replace(candidate, features={**candidate.features, "number": 1.0})
            found.append(candidate)
        if mention.plural and len(found) > 1:
            found.extend(self._together(found))
        return found

    def _together(self, found: list[Grounding]) -> list[Grounding]:
        """Return one candidate of all that the same words name: "the bedside lamps"."""
        best = max(item.features["name"] for item in found)
        alike = [item for item in found if item.features["name"] >= best - 0.05]
        if len(alike) < 2:
            return []
        ids = tuple(entity_id for item in alike for entity_id in item.entity_ids)
        return [Grounding(ids, {**alike[0].features, "number": 1.0})]

    # -- features ----------------------------------------------------------------------------------

    def _candidate(
        self,
        ids: tuple[EntityId, ...],
        spec: IntentSpec,
        implied: str,
        base: Mapping[str, float],
        mention: Mention | None = None,
    ) -> Grounding:
        entities = [self._entity(entity_id) for entity_id in ids]
        states = [self.view.state(entity_id) for entity_id in ids]
        areas = {self.view.area_of(entity_id) for entity_id in ids}
        features = dict(base)
        if implied:
            features["implied"] = float(all(entity.domain == implied for entity in entities))
        if mention is not None and mention.plural and len(ids) > 1:
            features["number"] = 1.0
        if self._speaker_area is not None and ("place" not in base or "here" in base):
            features["here"] = float(areas == {self._speaker_area})
        if spec.prefer:
            features["state"] = float(any(_is_preferred(s.state, spec.prefer) for s in states))
        features["reachable"] = float(any(state.available for state in states))
        return Grounding(ids, features)

    def _finish(self, found: list[Grounding]) -> tuple[Grounding, ...]:
        """Drop doubles, keeping the better features, and mark a candidate that has no rival."""
        unique: dict[frozenset[EntityId], Grounding] = {}
        for item in found:
            key = frozenset(item.entity_ids)
            before = unique.get(key)
            if before is not None:
                merged = {
                    name: max(before.features.get(name, 0.0), item.features.get(name, 0.0))
                    for name in {**before.features, **item.features}
                }
                item = replace(item, features=merged)  # noqa: PLW2901 - the merged one is the item
            unique[key] = item
        if len(unique) == 1:
            only = next(iter(unique.values()))
            return (replace(only, features={**only.features, "only_one": 1.0}),)
        return tuple(unique.values())

    def _entity(self, entity_id: EntityId) -> Entity:
        return self.view.entity(entity_id)

    # -- exceptions and reasons --------------------------------------------------------------------

    def _without_excepted(
        self, mention: Mention, spec: IntentSpec, found: tuple[Grounding, ...]
    ) -> tuple[Grounding, ...] | Failure:
        left_out: set[EntityId] = set()
        for said in mention.excepted:
            meant = self._excepted(said, spec)
            if not meant:
                return Failure("unknown_name", {"name": said})
            left_out |= meant
        kept = tuple(
            replace(item, entity_ids=ids)
            for item in found
            if (ids := tuple(i for i in item.entity_ids if i not in left_out))
        )
        return kept or Failure("nothing_left", {"name": mention.said})

    def _excepted(self, said: str, spec: IntentSpec) -> set[EntityId]:
        words = self._lexicon.content(said)
        place = self.places.find(said)
        if not place.unknown and place.areas is not None:
            return {i for area in place.areas for i in self.view.query(area_id=area)}
        from_words = Mention(said=said, words=words, kind=self._lexicon.kind_of(words))
        found = self._find(from_words, spec, "", None)
        fits = [item for item in found if item.features.get("named_fully")] or found
        return {entity_id for item in fits for entity_id in item.entity_ids}

    def _why_nothing(
        self, mention: Mention, spec: IntentSpec, implied: str, place: Place | None
    ) -> Failure:
        area = place.said if place is not None and place.areas is not None else ""
        if mention.words:
            other = self._named_otherwise(mention, place)
            if other is not None:
                return Failure("no_capability", {"name": other.name, "intent": spec.intent})
            if mention.kind is None or mention.rest:
                return Failure("unknown_name", {"name": mention.said, "area": area})
            return Failure("no_such_device", {"kind": mention.said, "area": area})
        domain = implied or (spec.alone[0] if spec.alone else "")
        return Failure("no_such_device", {"kind": domain.replace("_", " "), "area": area})

    def _named_otherwise(self, mention: Mention, place: Place | None) -> Entity | None:
        """Return a thing of that very name that the intent cannot move."""
        for entity in self._shortlist(mention, place):
            if not entity.category and self._name_fit(mention, entity, place).full:
                return entity
        return None


def _is_preferred(state: Value, prefer: str) -> bool:
    if prefer == "awake":
        return state not in _RESTING
    if prefer == "resting":
        return state in _RESTING
    return state in _STATES[prefer]
