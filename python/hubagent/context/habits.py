"""What of the home's life is counted as a habit, and the form in which habits leave and come back.

In: commands that were carried out, and changes that devices report. Out: *doings* for the store in
Rust, which counts and forgets them: an entity and what it came to, in words of states, so that a
lamp switched by hand and one switched by word are the same doing. The echo of a command is no
change by hand, nor is what was restored, or delivered late by the broker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hubagent.context.optimistic import STATES
from hubagent.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hubagent import _core
    from hubagent.types import Command, EntityId, Message, StateChange

_MOVED = frozenset(
    {"alarm_control_panel", "climate", "cover", "fan", "humidifier", "input_boolean", "lawn_mower",
     "light", "lock", "media_player", "siren", "switch", "vacuum", "valve", "water_heater"}
)  # fmt: skip
"""Domains whose changes are somebody's doing."""
_RINGING = frozenset({"binary_sensor", "event"})
"""Domains that doings follow, when they turn on."""
_NOT_BY_HAND = frozenset({"restore", "expire", "registry", "command"})
_NO_DOING = frozenset({"unknown", "unavailable", "opening", "closing", "locking", "unlocking"})
_SPECIAL = {
    "media_play": "playing", "media_pause": "paused", "media_stop": "idle", "play_media": "playing",
    "start_mowing": "mowing", "dock": "returning", "set_percentage": "on", "set_temperature": "set",
    "set_cover_position": "open", "press": "pressed",
}  # fmt: skip
_CHOSEN = {"source": "source", "media_content_id": "media", "preset_mode": "preset_mode"}
"""Keys of a command's data, and attributes of a device, that are somebody's choice."""
ECHO_S = 30.0
"""So long after a command a change of its entity is the device's answer."""
_AGAIN_S = 60.0
"""A sensor that turns on again within this time rings once."""


class Usual(NamedTuple):
    """How usual a doing is now: by the hour, after what was just done (both 0..1); see ports."""

    hour: float
    followed: float
    support: float
    at_s: float


def doing(command: str) -> str:
    """Return what an entity comes to by a command, in the words in which habits are counted."""
    return STATES.get(command) or _SPECIAL.get(command, command)


def doings(command: Command) -> Iterator[str]:
    """Yield everything a command counts as: what it comes to, and what was chosen with it."""
    yield doing(command.command)
    for key, name in _CHOSEN.items():
        if isinstance(value := command.data.get(key), str) and value:
            yield f"{name}={value.casefold()}"


class ByHand:
    """Tells changes that somebody made at the device itself from all others."""

    def __init__(self) -> None:
        self._commanded: dict[EntityId, float] = {}
        self._rang: dict[EntityId, float] = {}

    def commanded(self, entity_id: EntityId, now_s: float) -> None:
        """Take note that a command is on its way."""
        self._commanded[entity_id] = now_s

    def doings(
        self, changes: Sequence[StateChange], messages: Sequence[Message]
    ) -> Iterator[tuple[EntityId, str, float]]:
        """Yield entity, what it came to, and when, of each change that is somebody's doing.

        Args:
            changes: What a batch of messages changed.
            messages: That batch; what the broker had kept was done nobody knows when.
        """
        kept = None
        for change in changes:
            what = _told(change)
            if what is None or change.before is None or change.origin in _NOT_BY_HAND:
                continue
            if kept is None:
                kept = {message.topic for message in messages if message.retained}
            if change.origin in kept or not self._is_news(change):
                continue
            yield change.entity_id, what, change.at_s

    def _is_news(self, change: StateChange) -> bool:
        ringing = change.entity_id.partition(".")[0] in _RINGING
        times, span_s = (self._rang, _AGAIN_S) if ringing else (self._commanded, ECHO_S)
        since_s = change.at_s - times.get(change.entity_id, float("-inf"))
        if ringing:
            times[change.entity_id] = change.at_s
        return not 0 <= since_s < span_s


def _told(change: StateChange) -> str | None:
    """Return what a change tells of somebody's doing, ``None`` if nothing."""
    domain, value = change.entity_id.partition(".")[0], change.after
    if not isinstance(value, str) or value in _NO_DOING:
        return None
    if change.attribute == "state":
        if domain in _MOVED or (domain in _RINGING and value == "on"):
            return value
        return None
    name = _CHOSEN.get(change.attribute)
    return f"{name}={value.casefold()}" if name and domain in _MOVED else None


# --- export ---------------------------------------------------------------------------------------

_DAYS = ("weekday", "weekend")


def exported(rows: Iterable[_core._Habit]) -> list[dict[str, object]]:
    """Return habits as plain data: what `restored` reads, and `replay` as its ``memory``."""
    return [
        {
            "entity_id": entity_id,
            "what": what,
            "at": at_s,
            "hours": {
                day: {str(cell % 24): round(n, 4) for cell, n in cells.items() if cell // 24 == at}
                for at, day in enumerate(_DAYS)
            },
            "after": [
                {"entity_id": other, "what": then, "count": round(count, 4)}
                for other, then, count in before
            ],
        }
        for entity_id, what, at_s, cells, before in rows
    ]


def restored(habits: object, now_s: float) -> Iterator[_core._Habit]:
    """Yield the rows of exported habits.

    ``hours`` and ``after`` may be absent, and so may ``at``, which then is a day ago.

    Raises:
        DataError: If it is no such list.
    """
    if not isinstance(habits, list):
        raise DataError("`habits` is not a list")
    for number, item in enumerate(habits):
        try:
            yield _row(item, now_s)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"habit {number} cannot be read: {error!r}") from None


def _row(item: Mapping[str, object], now_s: float) -> _core._Habit:
    hours, after = item.get("hours") or {}, item.get("after") or []
    cells: dict[int, float] = {}
    for day, counts in hours.items():  # type: ignore[attr-defined]
        for hour, count in counts.items():
            if not 0 <= int(hour) < 24:
                raise ValueError(f"hour {hour}")
            cells[24 * _DAYS.index(day) + int(hour)] = float(count)
    before = [
        (str(other["entity_id"]), str(other["what"]), float(other["count"]))
        for other in after  # type: ignore[attr-defined]
    ]
    at_s = item.get("at")
    return (
        str(item["entity_id"]),  # type: ignore[return-value]
        str(item["what"]).casefold(),
        now_s - 86_400.0 if at_s is None else float(at_s),  # type: ignore[arg-type]
        cells,
        before,
    )
