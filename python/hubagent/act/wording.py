"""Names, lists and numbers as they are spoken."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hubagent.ports import ContextView
    from hubagent.types import Entity, EntityId, Value

_MOST_NAMED = 3
_SPOKEN_AS_DURATION_S = 3600.0
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
        names = [view.entity(i).name for i in ids]
        return listed(map(definite, names)), len(ids) > 1 or is_plural(names[0])
    domains = {view.entity(i).domain for i in ids}
    noun = _PLURALS.get(domains.pop(), "devices") if len(domains) == 1 else "devices"
    area_ids = {view.area_of(i) for i in ids}
    if len(area_ids) == 1:
        area_id = area_ids.pop()
        area = next((area.name for area in view.areas() if area.area_id == area_id), "")
        if area:
            return f"{len(ids)} {noun} in the {area}", True
    return f"{len(ids)} {noun}", True


def is_plural(name: str) -> bool:
    """Return whether a name speaks of several: "Beam Lights", but not "Glass" or "Canvas"."""
    last = name.lower().rpartition(" ")[2]
    return len(last) > 3 and last.endswith("s") and last[-2] not in "aius'\u2019"


def definite(name: str) -> str:
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


def spoken_duration(seconds: float, *, each: bool = False) -> str:
    """Return a length of time as it is spoken: ``1 hour and 5 minutes``, ``40 seconds``.

    Args:
        seconds: The length; less than a second is spoken as none.
        each: As it stands before a noun: ``10 minute``.
    """
    left = round(seconds)
    parts = []
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}" if each or count == 1 else f"{count} {unit}s")
    return listed(parts[:2] if len(parts) > 2 else parts) or ("0 second" if each else "0 seconds")


def spoken_moment(at_s: float, now_s: float, *, clock: bool = False) -> str:
    """Return a moment as it is spoken: ``in 10 minutes``, ``at 19:00``, ``tomorrow at 07:00``.

    Args:
        at_s: The moment, wall clock.
        now_s: Wall clock.
        clock: Always as a time of day; else only from an hour on.
    """
    if not clock and 0 <= at_s - now_s <= _SPOKEN_AS_DURATION_S:
        return f"in {spoken_duration(at_s - now_s)}"
    then, today = time.localtime(at_s), time.localtime(now_s)
    tomorrow = time.localtime(now_s + 86_400)
    spoken = time.strftime("at %H:%M", then)
    if then[:3] == today[:3]:
        return spoken
    if then[:3] == tomorrow[:3]:
        return f"tomorrow {spoken}"
    return f"on {time.strftime('%A', then)} {spoken}"
