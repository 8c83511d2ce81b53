"""Names, lists and numbers as they are spoken."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hubagent.ports import ContextView
    from hubagent.types import Entity, EntityId, Value

_MOST_NAMED = 3
_PLURALS = {
    "light": "lights", "switch": "switches", "fan": "fans", "cover": "covers", "lock": "locks",
    "climate": "thermostats", "media_player": "players", "valve": "valves", "vacuum": "vacuums",
}  # fmt: skip
_PERCENT_OF = {"brightness": 255.0, "volume_level": 1.0}


def listed(items: Iterable[str], last: str = "and") -> str:
    """Return ``a``, ``a and b``, or ``a, b and c``."""
    parts = list(items)
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def things(ids: Sequence[EntityId], view: ContextView) -> tuple[str, bool]:
    """Return how to speak of some entities, and whether that is a plural.

    Up to three are named; more are counted, with their area when they share one.
    """
    if len(ids) <= _MOST_NAMED:
        return listed(_definite(view.entity(i).name) for i in ids), len(ids) > 1
    domains = {view.entity(i).domain for i in ids}
    noun = _PLURALS.get(domains.pop(), "devices") if len(domains) == 1 else "devices"
    area_ids = {view.area_of(i) for i in ids}
    if len(area_ids) == 1:
        area_id = area_ids.pop()
        area = next((area.name for area in view.areas() if area.area_id == area_id), "")
        if area:
            return f"{len(ids)} {noun} in the {area}", True
    return f"{len(ids)} {noun}", True


def _definite(name: str) -> str:
    """Return a name with its article; a name with its owner's needs none."""
    if name.lower().startswith(("the ", "my ")) or "'s " in name or "\u2019s " in name:
        return name
    return f"the {name}"


def spoken_number(name: str, value: Value) -> str:
    """Return a value as it is spoken; brightness and volume in percent."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        number = value * 100 / _PERCENT_OF[name] if name in _PERCENT_OF else value
        return f"{round(number)}" if name in _PERCENT_OF else f"{number:.1f}".removesuffix(".0")
    if isinstance(value, tuple):
        return listed(str(item) for item in value)
    return "" if value is None else str(value).replace("_", " ")


def unit_of(entity: Entity) -> str:
    """Return the unit in which a temperature of the entity is spoken."""
    limits = entity.capability("temperature")
    return (limits.unit if limits is not None and limits.unit else entity.unit) or "degrees"
