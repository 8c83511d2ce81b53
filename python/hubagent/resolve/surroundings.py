"""What speaks for a candidate besides the words, the room and the states: habit, time, sensors.

In: candidates that the words left open, and the home. Out: the same with the features of the group
``usual`` of ``weights.toml``, which together are bounded below what the speaker's room weighs. A
candidate without a rival needs none of it, so a plain request costs nothing here; and where one is
in the room of the speaker, those elsewhere get none of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hubagent.ports import ContextView, Usual
    from hubagent.resolve.features import Grounding
    from hubagent.resolve.intents import IntentSpec
    from hubagent.types import AreaId, EntityId, FloorId

RECENT_S = 300.0
"""Time after which what was moved last says nothing of what is meant now."""
SENSED_S = 120.0
"""Time in which a sensor's change tells where somebody is, or what asks for attention."""
_DOUBT = 3.0
"""Times that a player must have been used for half of a preference."""
_SENSING = frozenset(
    {"motion", "occupancy", "presence", "door", "opening", "garage_door", "window", "vibration",
     "sound", "moisture", "smoke", "doorbell"}
)  # fmt: skip


def with_usual(
    found: Sequence[Grounding],
    spec: IntentSpec,
    view: ContextView,
    speaker_area: AreaId | None,
) -> Sequence[Grounding]:
    """Return candidates with the features of the group, each 0..1; those of zero are left out.

    Args:
        found: Candidates.
        spec: What the intent does.
        view: The home.
        speaker_area: Where the speaker is; ``None`` if unknown.
    """
    if len(found) < 2:
        return found
    floors = {area.area_id: area.floor_id for area in view.areas()}
    floor = floors.get(speaker_area) if speaker_area is not None else None
    sensed = _sensed(view)
    anywhere = not any(item.features.get("here") for item in found)
    weighed = []
    for item in found:
        if not (anywhere or item.features.get("here")):
            weighed.append(item)
            continue
        usual = [_usual(entity_id, spec, view) for entity_id in item.entity_ids]
        areas = {view.area_of(entity_id) for entity_id in item.entity_ids}
        features = {
            "near": _near(areas, floors, floor, speaker_area),
            "recent": max(1 - min((view.now_s - it.at_s) / RECENT_S, 1.0) for it in usual),
            "time_of_day": sum(it.hour for it in usual) / len(usual),
            "follows": max(it.followed for it in usual),
            "sensor": float(bool(areas & sensed)),
            "preference": _preference(item.entity_ids, usual),
        }
        told = {name: value for name, value in features.items() if value > 0}
        weighed.append(replace(item, features={**item.features, **told}))
    return weighed


def _usual(entity_id: EntityId, spec: IntentSpec, view: ContextView) -> Usual:
    has = view.commands_of(entity_id)
    commands = spec.commands[view.entity(entity_id).domain]
    return view.usual(entity_id, next((c for c in commands if c in has), ""))


def _near(
    areas: Iterable[AreaId | None],
    floors: dict[AreaId, FloorId | None],
    floor: FloorId | None,
    speaker_area: AreaId | None,
) -> float:
    """Return whether all are on the speaker's floor, but not in the room itself."""
    if floor is None:
        return 0.0
    return float(
        all(
            area is not None and area != speaker_area and floors.get(area) == floor
            for area in areas
        )
    )


def _sensed(view: ContextView) -> frozenset[AreaId | None]:
    """Return the areas in which a sensor has just turned on."""
    ids = view.query(domain="binary_sensor", state="on", changed_since_s=view.now_s - SENSED_S)
    return frozenset(
        area
        for entity_id in ids
        if view.entity(entity_id).device_class in _SENSING
        and _was_known(entity_id, view)
        and (area := view.area_of(entity_id)) is not None
    )


def _was_known(entity_id: EntityId, view: ContextView) -> bool:
    """Return whether the last state of a thing was a change, and not the first that was heard."""
    return any(change.before is not None for change in view.history(entity_id, limit=1))


def _preference(ids: Sequence[EntityId], usual: Sequence[Usual]) -> float:
    """Return how much a player is used; of lamps it tells nothing which is used most."""
    if not all(entity_id.startswith("media_player.") for entity_id in ids):
        return 0.0
    support = sum(it.support for it in usual) / len(usual)
    return support / (support + _DOUBT)
