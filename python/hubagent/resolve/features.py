"""Sets of entities with the features that say how well they fit; what the ranker weighs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.types import SENSITIVE_DEVICE_CLASSES, SENSITIVE_DOMAINS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hubagent.ports import ContextView
    from hubagent.resolve.intents import IntentSpec
    from hubagent.resolve.places import Place
    from hubagent.types import AreaId, Entity, EntityId, Value

_COOKERS = frozenset({"oven", "stove", "cooker", "hob"})
_NEVER_HOT = frozenset({"light", "fan", "camera", "media_player"})
_RESTING = frozenset(
    {"off", "closed", "locked", "docked", "standby", "idle", "unavailable", "disarmed"}
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


@dataclass(frozen=True, slots=True)
class Frame:
    """What all candidates of one mention are measured against."""

    view: ContextView
    spec: IntentSpec
    implied_domain: str
    speaker_area: AreaId | None

    def measure(self, ids: tuple[EntityId, ...], place: Place | None, **said: float) -> Grounding:
        """Return a candidate with its features.

        Args:
            ids: The entities meant together.
            place: Where they were said to be; ``None`` if nothing was said of it.
            said: Features of the words themselves (``name``, ``kind``, ...).
        """
        view = self.view
        states = [view.state(entity_id) for entity_id in ids]
        features = dict(said)
        if place is not None:
            features["place"] = 1.0
        if self.speaker_area is not None and (place is None or place.several):
            features["here"] = float({view.area_of(i) for i in ids} == {self.speaker_area})
        if self.implied_domain:
            domains = {view.entity(entity_id).domain for entity_id in ids}
            features["implied"] = float(domains == {self.implied_domain})
        if self.spec.prefer:
            fits = max(preference(state.state, self.spec.prefer) for state in states)
            features["playing" if self.spec.prefer in _STATES else "state"] = fits
        features["reachable"] = float(any(state.available for state in states))
        return Grounding(ids, features)


def preference(state: Value, prefer: str) -> float:
    """Return how well a state suits a request that speaks of such states; unknown is half."""
    if state is None:
        return 0.5
    if prefer == "awake":
        return float(state not in _RESTING)
    if prefer == "resting":
        return float(state in _RESTING)
    if prefer == "sounding":
        return float(state not in _RESTING and state != "paused")
    return float(state in _STATES[prefer])


def is_sensitive(entity: Entity) -> bool:
    """Return whether the entity is never moved on a guess."""
    return (
        entity.domain in SENSITIVE_DOMAINS
        or entity.device_class in SENSITIVE_DEVICE_CLASSES
        or is_cooker(entity)
    )


def is_cooker(entity: Entity) -> bool:
    """Return whether the entity is of something to cook on, by its name; its light is none.

    A stove that has a climate heats the room.
    """
    if entity.domain in _NEVER_HOT:
        return False
    warms = {"stove"} if entity.domain == "climate" else set()
    return not _COOKERS.isdisjoint(set(text.tokens(entity.name)) - warms)


def without_doubles(found: Iterable[Grounding]) -> tuple[Grounding, ...]:
    """Merge candidates of the same entities, keeping the better of each feature.

    A candidate that is left alone has no rival, and is marked so.
    """
    unique: dict[frozenset[EntityId], Grounding] = {}
    for item in found:
        before = unique.setdefault(frozenset(item.entity_ids), item)
        names = {**before.features, **item.features}
        merged = {n: max(before.features.get(n, 0.0), item.features.get(n, 0.0)) for n in names}
        unique[frozenset(item.entity_ids)] = replace(before, features=merged)
    kept = tuple(unique.values())
    if len(kept) == 1:
        return (replace(kept[0], features={**kept[0].features, "only_one": 1.0}),)
    return kept
