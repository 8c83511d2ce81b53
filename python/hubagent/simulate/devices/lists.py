"""To-do lists, calendars and timers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hubagent.simulate.devices.base import SimulatedDevice
from hubagent.types import Capability, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.simulate.devices.base import Commands


def _as_words(value: Value) -> list[str]:
    return [str(item) for item in value] if isinstance(value, tuple) else []


class TodoList(SimulatedDevice):
    """A list; the state is the number of open items, ``items`` and ``completed`` their words."""

    REPORTED = ("items", "completed")

    def prepare(self) -> None:
        """Take the items given; a bare count gets nameless ones."""
        self._open = _as_words(self._attributes.get("items"))
        self._done = _as_words(self._attributes.get("completed"))
        if not self._open and isinstance(self._state, int | str) and str(self._state).isdigit():
            self._open = [f"item {number + 1}" for number in range(int(self._state))]
        self._settle()

    def commands(self) -> Commands:
        """Return add, update, remove, and tidying up."""
        status = Capability("status", options=("needs_action", "completed"))
        found: dict[str, tuple[Capability, ...]] = {}
        if self.has("create_todo_item"):
            found["add_item"] = (Capability("item"),)
        if self.has("update_todo_item"):
            found["update_item"] = (Capability("item"), Capability("rename"), status)
        if self.has("delete_todo_item"):
            found["remove_item"] = (Capability("item"),)
            found["remove_completed_items"] = ()
        return found

    def _settle(self) -> None:
        self._state = len(self._open)
        self._attributes["items"] = tuple(self._open)
        self._attributes["completed"] = tuple(self._done)

    def _find(self, data: Mapping[str, Value]) -> tuple[list[str], int] | None:
        """Find an item by its words, open ones first; case does not count."""
        words = str(data.get("item", "")).casefold()
        for items in (self._open, self._done):
            for index, item in enumerate(items):
                if item.casefold() == words:
                    return items, index
        return None

    def do_add_item(self, data: Mapping[str, Value]) -> bool | None:
        """Add an item, even one that is there already."""
        item = str(data.get("item") or "").strip()
        if not item:
            return False
        self._open.append(item)
        self._settle()
        return None

    def do_update_item(self, data: Mapping[str, Value]) -> bool | None:
        """Rename an item, tick it off, or open it again."""
        found = self._find(data)
        if found is None or not {"rename", "status"} & data.keys():
            return False
        items, index = found
        item = str(data.get("rename") or items[index])
        done = items is self._done
        if "status" in data:
            done = data["status"] == "completed"
        target = self._done if done else self._open
        if target is items:
            items[index] = item
        else:
            del items[index]
            target.append(item)
        self._settle()
        return None

    def do_remove_item(self, data: Mapping[str, Value]) -> bool | None:
        """Strike an item off."""
        found = self._find(data)
        if found is None:
            return False
        items, index = found
        del items[index]
        self._settle()
        return None

    def do_remove_completed_items(self, _data: Mapping[str, Value]) -> None:
        """Forget what is done."""
        self._done.clear()
        self._settle()

    def place(self, state: Value, attributes: Mapping[str, Value]) -> None:
        """Take items as given; a bare count changes the number of items."""
        if "items" in attributes or "completed" in attributes:
            self._open = _as_words(attributes.get("items", tuple(self._open)))
            self._done = _as_words(attributes.get("completed", tuple(self._done)))
        elif state is not None and str(state).isdigit():
            missing = range(len(self._open), int(str(state)))
            self._open = self._open[: int(str(state))] + [f"item {n + 1}" for n in missing]
        self._settle()


class Calendar(SimulatedDevice):
    """A calendar; ``on`` during an event. ``message`` is the event that is on or comes next."""

    DEFAULT_STATE = "off"
    REPORTED = ("message", "start_time", "end_time", "events")

    def prepare(self) -> None:
        """Start with the events given."""
        self._attributes.setdefault("events", ())

    def commands(self) -> Commands:
        """Return the making of an event."""
        fields = ("summary", "start_date_time", "end_date_time", "start_date", "end_date")
        return {"create_event": tuple(map(Capability, fields))}

    def do_create_event(self, data: Mapping[str, Value]) -> bool | None:
        """Write an event down; the first one is the next."""
        start = data.get("start_date_time", data.get("start_date"))
        if not data.get("summary") or not start:
            return False
        summary = str(data["summary"])
        events = _as_words(self._attributes.get("events"))
        self._attributes["events"] = (*events, summary)
        upcoming = str(self._attributes.get("start_time") or "")
        if not upcoming or str(start) < upcoming:
            end = data.get("end_date_time", data.get("end_date"))
            self._attributes |= {"message": summary, "start_time": start, "end_time": end}
        return None


class Timer(SimulatedDevice):
    """A kitchen timer; ``remaining`` counts only when it is paused, ``finishes_at`` otherwise."""

    DEFAULT_STATE = "idle"
    REPORTED = ("duration", "remaining", "finishes_at")

    def prepare(self) -> None:
        """Start at rest, or with what is left."""
        self._duration_s = seconds_of(self._attributes.get("duration")) or 60.0
        left = seconds_of(self._attributes.get("remaining"))
        self._left_s = self._duration_s if left is None else left
        self._settle()

    def commands(self) -> Commands:
        """Return start, pause, cancel, finish and change."""
        length = Capability("duration")
        return {"start": (length,), "change": (length,), "pause": (), "cancel": (), "finish": ()}

    @property
    def needs_time(self) -> bool:
        """Whether it runs."""
        return self._state == "active"

    def advance(self, seconds: float) -> None:
        """Run down."""
        if self._state == "active":
            self._left_s -= seconds
            if self._left_s <= 1e-9:
                self.do_finish({})

    def _settle(self) -> None:
        now = self._attributes
        now["duration"] = clock_words(self._duration_s)
        now["remaining"] = None if self._state == "idle" else clock_words(self._left_s)
        now["finishes_at"] = None
        if self._state == "active":
            end = datetime.fromtimestamp(round(self.clock.now_s() + self._left_s), UTC)
            now["finishes_at"] = end.isoformat()

    def do_start(self, data: Mapping[str, Value]) -> bool | None:
        """Start, or go on after a pause; a duration starts anew."""
        if "duration" in data:
            length = seconds_of(data["duration"])
            if not length or length <= 0:
                return False
            self._duration_s = self._left_s = length
        elif self._state != "paused":
            self._left_s = self._duration_s
        self._state = "active"
        self._settle()
        return None

    def do_change(self, data: Mapping[str, Value]) -> bool | None:
        """Add to, or with a minus take from, what is left."""
        change = seconds_of(data.get("duration"))
        if change is None or self._state != "active" or self._left_s + change <= 0:
            return False
        self._left_s += change
        self._settle()
        return None

    def do_pause(self, _data: Mapping[str, Value]) -> bool | None:
        """Hold."""
        if self._state != "active":
            return False
        self._state = "paused"
        self._settle()
        return None

    def do_cancel(self, _data: Mapping[str, Value]) -> None:
        """Forget it."""
        self._state = "idle"
        self._settle()

    def do_finish(self, _data: Mapping[str, Value]) -> bool | None:
        """Ring."""
        if self._state == "idle":
            return False
        self._state = "idle"
        self._settle()
        return None

    def place(self, state: Value, attributes: Mapping[str, Value]) -> None:
        """Take state and what is left."""
        super().place(state, attributes)
        self._duration_s = seconds_of(attributes.get("duration")) or self._duration_s
        left = seconds_of(attributes.get("remaining"))
        self._left_s = self._left_s if left is None else left
        self._settle()


def seconds_of(value: Value) -> float | None:
    """Read seconds as a number or as ``[-][h:]mm:ss``; ``None`` when it is neither."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return None
    total = 0.0
    try:
        for part in value.strip().lstrip("-").split(":"):
            total = total * 60 + float(part)
    except ValueError:
        return None
    return -total if value.strip().startswith("-") else total


def clock_words(seconds: float) -> str:
    """Return ``h:mm:ss``, as Home Assistant writes a duration."""
    whole = max(0, round(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
