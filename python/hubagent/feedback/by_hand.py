"""What becomes of the things a turn moved: switched back by hand, or left as they are.

In: the commands of turns as they end, and every change of the home. Out: ``BY_HAND`` and ``KEPT`` signals
as time passes. Being switched back at the thing itself is the home's own implicit feedback, which no
assistant in a cloud has (method sheet, 4.1, counter-action and dwell).

What a turn did is read off the changes, not off a table of commands: the value of an attribute before it
and after it. A change back to the value before is somebody's hand unless the hub did it (another
turn, the schedule), the thing does so by itself (a lock that locks again), it comes back within
seconds (a cover that bounces), or a sensor in that room has just changed (an automation). To know, the change is
judged some seconds later. Nothing here takes locks: ``watch`` does.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubagent.errors import UnknownEntityError
from hubagent.evidence import Signal, SignalKind
from hubagent.feedback.signals import load
from hubagent.types import OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hubagent.evidence import Done
    from hubagent.ports import ContextView
    from hubagent.types import EntityId, StateChange, TurnId, Value

BY_HAND_WITHIN_S = 60.0
KEPT_S = 300.0
MEDIA_KEPT_S = 30.0
"""A song that was not stopped by then was wanted; stopping it later is its normal end."""
ECHO_S = 10.0
"""So long after a turn a device may still be telling what it was told to do."""
JUDGED_AFTER_S = 10.0
"""A change back is judged then, when whatever else moved the thing has been heard of."""
STARTED_S = 15.0
"""So long after a scene or script changes are its doing."""
AUTOMATION_S = 2.0
"""An automation follows its sensor within this time; a person takes longer to the switch."""
_REMEMBERED = 512
"""Changes and sensors kept; a busy home has some hundred a minute."""
_WATCHED_TURNS = 64
_NEAR = 0.1
"""A number is back when it is nearer to what it was than this share of the way."""
_NOT_TOLD = frozenset({"restore", "expire", "registry", "command"})
"""Origins of changes that no device told."""
_UNKNOWN = frozenset({None, "unknown", "unavailable"})


@dataclass(slots=True)
class _Thing:
    """One thing that a turn moved."""

    watched: frozenset[str]
    """Attributes that the command was about."""
    span: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    """(before the turn, since it) of each attribute that moved."""
    back_s: float | None = None
    """When it was moved back; ``None`` while it is as the turn left it."""


@dataclass(slots=True)
class _Watch:
    """What one turn moved."""

    turn_id: TurnId
    heard_s: float
    done_s: float
    things: dict[EntityId, _Thing]
    media: bool


class Hands:
    """Watches the things that turns moved; bounded in turns and changes."""

    def __init__(self, view: Callable[[], ContextView]) -> None:
        """Start with nothing to watch.

        Args:
            view: Tells the area and class of things; asked only when a change is judged.
        """
        self._view = view
        self._words = load()
        self._watches: deque[_Watch] = deque(maxlen=_WATCHED_TURNS)
        self._recent: deque[StateChange] = deque(maxlen=_REMEMBERED)
        self._sensed: deque[tuple[EntityId, float]] = deque(maxlen=_REMEMBERED)
        self._started: deque[tuple[float, float]] = deque(maxlen=_WATCHED_TURNS)

    def changed(self, changes: Sequence[StateChange]) -> None:
        """Take note of changes; quick."""
        for change in changes:
            if change.origin in _NOT_TOLD or change.before in _UNKNOWN or change.after in _UNKNOWN:
                continue
            if _domain(change.entity_id) in self._words.sensors:
                if change.attribute == "state":
                    self._sensed.append((change.entity_id, change.at_s))
                continue
            self._recent.append(change)
            for watch in self._watches:
                self._move(watch, change)

    def done(self, turn_id: TurnId, heard_s: float, now_s: float, commands: Sequence[Done]) -> None:
        """Watch what a turn moved; what others moved before is its doing from now on.

        Args:
            turn_id: The turn that asked for it, at once or for later.
            heard_s: When it began: changes since then may be its work.
            now_s: When it was over.
            commands: What was sent.
        """
        sent = [it for it in commands if it.outcome is not OutcomeKind.FAILED]
        for watch in self._watches:
            for item in sent:
                watch.things.pop(item.entity_id, None)
        if any(_domain(it.entity_id) in self._words.starters for it in sent):
            self._started.append((heard_s, now_s + STARTED_S))
        things = {
            it.entity_id: _Thing(frozenset({"state", *it.data, *(f"current_{k}" for k in it.data)}))
            for it in sent
            if it.outcome in (OutcomeKind.FOLLOWED, OutcomeKind.SILENT)
        }
        if things:
            media = all(_domain(entity_id) == "media_player" for entity_id in things)
            watch = _Watch(turn_id, heard_s, now_s, things, media)
            for change in self._recent:
                if change.at_s >= heard_s:
                    self._move(watch, change)
            self._watches.append(watch)

    def tick(self, now_s: float) -> Iterator[Signal]:
        """Yield what has become sure by now."""
        over: list[_Watch] = []
        for watch in self._watches:
            back = [it for it in watch.things.items() if it[1].back_s is not None]
            due = [it for it in back if now_s - (it[1].back_s or 0.0) >= JUDGED_AFTER_S]
            for entity_id, thing in due:
                del watch.things[entity_id]
                signal = self._judged(watch, entity_id, thing.back_s or 0.0)
                if signal is not None:
                    watch.things.clear()
                    yield signal
                    break
            if not watch.things:
                over.append(watch)
            elif len(back) == len(due) and now_s - watch.done_s >= _kept_s(watch):
                over.append(watch)
                if any(thing.span for thing in watch.things.values()):
                    at_s = watch.done_s + _kept_s(watch)
                    yield Signal(watch.turn_id, SignalKind.KEPT, at_s, 1.0)
        for watch in over:
            self._watches.remove(watch)

    def _move(self, watch: _Watch, change: StateChange) -> None:
        """Note how a change moves a thing that a turn moved."""
        thing = watch.things.get(change.entity_id)
        if thing is None or change.attribute not in thing.watched:
            return
        if change.at_s >= watch.done_s + _kept_s(watch):
            return  # it was kept long enough; that it is over now says nothing
        before, after = self._settled(change.before), self._settled(change.after)
        if change.attribute not in thing.span:
            if change.at_s <= watch.done_s + ECHO_S and before != after:
                thing.span[change.attribute] = (before, after)
            return
        origin, reached = thing.span[change.attribute]
        if _is_back(after, origin, reached):
            if thing.back_s is None:
                thing.back_s = change.at_s
        else:
            thing.back_s = None
            thing.span[change.attribute] = (origin, after)

    def _settled(self, value: Value) -> Value:
        """Return where a thing that moves is going to."""
        return self._words.moving.get(value, value) if isinstance(value, str) else value

    def _judged(self, watch: _Watch, entity_id: EntityId, at_s: float) -> Signal | None:
        """Return the signal that a change back is, if it was by hand and soon enough."""
        domain = _domain(entity_id)
        within_s = MEDIA_KEPT_S if domain == "media_player" else BY_HAND_WITHIN_S
        if at_s - watch.done_s > within_s or self._goes_by_itself(entity_id):
            return None
        if any(begun_s <= at_s <= until_s for begun_s, until_s in self._started):
            return None
        if self._follows_a_sensor(entity_id, at_s):
            return None
        return Signal(watch.turn_id, SignalKind.BY_HAND, at_s, 1.0, entity_id)

    def _goes_by_itself(self, entity_id: EntityId) -> bool:
        states = self._words.returns.get(_domain(entity_id))
        if states is None:
            return False
        state = self._state(entity_id)
        return not states or state in states

    def _state(self, entity_id: EntityId) -> Value:
        try:
            return self._settled(self._view().state(entity_id).state)
        except UnknownEntityError:
            return None

    def _follows_a_sensor(self, entity_id: EntityId, at_s: float) -> bool:
        causes = [it for it, sensed_s in self._sensed if 0 <= at_s - sensed_s <= AUTOMATION_S]
        if not causes:
            return False
        view = self._view()
        try:
            area = view.area_of(entity_id)
            return any(
                view.entity(cause).device_class not in self._words.no_cause
                and (area is None or view.area_of(cause) in (None, area))
                for cause in causes
            )
        except UnknownEntityError:  # one of them is gone: nobody knows
            return True


def _kept_s(watch: _Watch) -> float:
    return MEDIA_KEPT_S if watch.media else KEPT_S


def _domain(entity_id: EntityId) -> str:
    return entity_id.partition(".")[0]


def _is_back(value: Value, origin: Value, reached: Value) -> bool:
    """Return whether a value is again as it was before the turn."""
    numbers = [
        float(it)
        for it in (value, origin, reached)
        if isinstance(it, int | float) and not isinstance(it, bool)
    ]
    if len(numbers) == 3 and numbers[1] != numbers[2]:
        return abs(numbers[0] - numbers[1]) <= _NEAR * abs(numbers[2] - numbers[1])
    return value == origin and value != reached
