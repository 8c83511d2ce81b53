"""Where a speaker is, by what is known of the things they carry.

A tracker is a speaker's when its name begins with theirs (``Ann``, ``Ann phone``, ``Ann's watch``). Its state
is the room it is in (``hubagent.devices.presence``). Whoever seems to be in two rooms is in none: a wrong
room is worse than none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubagent.ports import ContextView
    from hubagent.types import AreaId

_TRACKERS = ("device_tracker", "person")


def area_of_speaker(speaker: str, view: ContextView) -> AreaId | None:
    """Return the one area in which the speaker's things are, or ``None``.

    Args:
        speaker: Name of the speaker, as recognised by voice.
        view: The home.
    """
    wanted = _plain(speaker)
    if not wanted:
        return None
    by_name = {
        _plain(name): area.area_id
        for area in view.areas()
        for name in (area.area_id, area.name, *area.aliases)
    }
    found = set()
    for domain in _TRACKERS:
        for entity_id in view.query(domain=domain):
            entity, state = view.entity(entity_id), view.state(entity_id)
            named = any(
                f"{_plain(name)} ".startswith((f"{wanted} ", f"{wanted} s "))
                for name in (entity.name, *entity.aliases)
            )
            area = by_name.get(_plain(str(state.state or "")))
            if named and state.available and area is not None:
                found.add(area)
    return found.pop() if len(found) == 1 else None


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold().replace("_", " ")))
