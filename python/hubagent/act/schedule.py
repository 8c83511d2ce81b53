"""What is to happen later: commands that wait for their time, and timers that run.

In: resolutions that are for later, and the passing of time. Out: the same resolutions with what came
of them, and, when their time has come, what is due. Bounded, and kept in a file, so that a restart
loses nothing; what came due while the hub was off is told, and only done if that was just now.

All times are wall clock: they must outlive a restart.
"""

from __future__ import annotations

import logging
import math
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubagent.act import timers
from hubagent.act.schedule_file import Book, Delayed, read_book, write_book
from hubagent.act.wording import listed, spoken_moment
from hubagent.errors import UnknownEntityError
from hubagent.types import Decision, Resolution, TimerAction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hubagent.clock import Clock
    from hubagent.ports import ContextView
    from hubagent.types import Command, TurnId, Utterance

_LOGGER = logging.getLogger(__name__)

MOST_DELAYED = 100
MOST_COMMANDS = 500
"""Commands that may wait together."""
TAKEN_BACK_WITHIN_S = 120.0
"""So long after arranging something "never mind", from the same place, takes it back."""
LATE_LIMIT_S = 60.0
"""A command whose time passed longer ago is not sent any more: the hub was off, or the clock leapt."""


_UNDO = "HubUndo"
"""Intent by which what was arranged is taken back beside other things of the turn."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something whose time has come, as a resolution for now, of the turn that arranged it."""

    turn_id: TurnId
    resolution: Resolution


@dataclass(frozen=True, slots=True)
class _Arranged:
    """The last turn that arranged something."""

    turn_id: TurnId
    place: str
    at_s: float


@dataclass(slots=True)
class _Counts:
    done: int = 0
    late: int = 0
    unsaved: int = 0


class Schedule:
    """Delayed commands and timers of one hub; safe to use from several threads."""

    def __init__(self, clock: Clock, path: Path | None = None) -> None:
        """Open.

        Args:
            clock: Its wall clock decides what is due.
            path: File that keeps it; ``None`` = in memory only.
        """
        self._clock = clock
        self._path = path
        self._book = read_book(path) if path is not None else Book()
        self._counts = _Counts()
        self._last: _Arranged | None = None
        self._lock = threading.Lock()

    def arrange(
        self, resolutions: Sequence[Resolution], utterance: Utterance
    ) -> tuple[Resolution, ...]:
        """Take over what is for later or about timers; all of the turn's, or nothing.

        Returns the resolutions; those arranged tell in ``reason`` and ``facts`` what came of it, and
        one that cannot be arranged is refused. "Never mind" takes back what was arranged just before.
        """
        decisions = {item.decision for item in resolutions}
        if Decision.ASK in decisions:
            self._last = None  # "no" is the answer to the question then
        if decisions & {Decision.ASK, Decision.REFUSE}:
            return tuple(resolutions)
        with self._lock:
            now_s = self._clock.now_s()
            alone = len(resolutions) == 1
            told = [
                self._take_back(item, utterance, self._book.copy(), now_s)
                if item.reason == "nevermind" and (alone or item.intent == _UNDO)
                else item
                for item in resolutions
            ]
            book = self._book.copy()
            arranged = [_arrange(item, utterance.turn_id, book, now_s) for item in told]
            if not any(item.decision is Decision.REFUSE for item in arranged) and (
                book != self._book
            ):
                self._keep(book)
                self._last = _Arranged(utterance.turn_id, _place(utterance), now_s)
            return tuple(arranged)

    def next_due(self, view: ContextView) -> Due | None:
        """Take what is due out of the schedule, the earliest first; ``None`` if nothing is.

        It is taken out of the file before it is done: a power cut may lose it, not do it twice.
        Commands of things that are no longer in the home are left out.
        """
        with self._lock:
            now_s = self._clock.now_s()
            moments = [item.due_s for item in self._book.delayed]
            moments += [math.inf if t.due_s is None else t.due_s for t in self._book.timers]
            waiting = [(due_s, n) for n, due_s in enumerate(moments) if due_s <= now_s]
            if not waiting:
                return None
            number = min(waiting)[1]
            book = self._book.copy()
            if number < len(book.delayed):
                due = self._delayed_due(book.delayed.pop(number), now_s, view)
            else:
                timer = book.timers.pop(number - len(book.delayed))
                due = Due(timer.turn_id, timers.over(timer, now_s))
            self._counts.done += 1
            self._keep(book)
            return due

    def next_due_s(self) -> float | None:
        """Return when the next thing is due, wall clock; ``None`` if nothing waits."""
        with self._lock:
            waiting = [item.due_s for item in self._book.delayed]
            waiting += [item.due_s for item in self._book.timers if item.due_s is not None]
            return min(waiting, default=None)

    def timer_names(self) -> tuple[str, ...]:
        """Return the names of the timers that run or pause, empty for those without one."""
        with self._lock:
            return tuple(timer.name for timer in self._book.timers)

    def counters(self) -> dict[str, int]:
        """Return what waits and what was counted since the start."""
        with self._lock:
            return {
                "delayed": len(self._book.delayed),
                "timers": len(self._book.timers),
                "done": self._counts.done,
                "late": self._counts.late,
                "unsaved": self._counts.unsaved,
            }

    def _delayed_due(self, item: Delayed, now_s: float, view: ContextView) -> Due:
        commands = tuple(c for c in item.commands if _is_there(c, view))
        late = now_s - item.due_s > LATE_LIMIT_S
        if commands and not late:
            targets = tuple(command.entity_id for command in commands)
            resolution = Resolution(Decision.ACT, item.intent, commands=commands, targets=targets)
            return Due(item.turn_id, resolution)
        self._counts.late += late
        facts = {"when": spoken_moment(item.due_s, now_s, clock=True)}
        reason = "too_late" if late else "gone"
        return Due(
            item.turn_id, Resolution(Decision.REFUSE, item.intent, reason=reason, facts=facts)
        )

    def _take_back(
        self, item: Resolution, utterance: Utterance, book: Book, now_s: float
    ) -> Resolution:
        last, self._last = self._last, None
        if (
            last is None
            or last.place != _place(utterance)
            or now_s - last.at_s > TAKEN_BACK_WITHIN_S
        ):
            return item
        book.delayed = [other for other in book.delayed if other.turn_id != last.turn_id]
        book.timers = [other for other in book.timers if other.turn_id != last.turn_id]
        if book == self._book:
            return item
        self._keep(book)
        return replace(item, reason="taken_back")

    def _keep(self, book: Book) -> None:
        self._book = book
        if self._path is None:
            return
        try:
            write_book(self._path, book)
        except OSError as error:
            self._counts.unsaved += 1
            _LOGGER.warning("The schedule could not be written: %s", error)


def _is_there(command: Command, view: ContextView) -> bool:
    try:
        return command.command in view.commands_of(command.entity_id)
    except UnknownEntityError:
        return False


def _place(utterance: Utterance) -> str:
    return utterance.device or utterance.area_id or ""


def _about_timers(item: Resolution, turn_id: TurnId, book: Book, now_s: float) -> Resolution:
    """Do what is asked of timers; "cancel all timers" also means what else waits for its time."""
    told = timers.take(item, turn_id, book.timers, now_s)
    request = item.timer
    if request is None or request.alarm or request.name or not book.delayed:
        return told
    everything = request.action is TimerAction.CANCEL_ALL
    the_only_one = request.action is TimerAction.CANCEL and len(book.delayed) == 1
    if not everything and not (the_only_one and told.reason == "no_timer"):
        return told
    count = len(book.delayed)
    what = f"{count} planned commands" if count > 1 else "the planned command"
    if told.decision is Decision.ACT:
        what = listed([str(told.facts["what"]), what])
    book.delayed.clear()
    return replace(item, reason="timer_cancelled_all", facts={"what": what})


def _arrange(item: Resolution, turn_id: TurnId, book: Book, now_s: float) -> Resolution:
    if item.timer is not None:
        return _about_timers(item, turn_id, book, now_s)
    if item.due_s is None:
        return item
    waiting = sum(len(other.commands) for other in book.delayed)
    if len(book.delayed) >= MOST_DELAYED or waiting + len(item.commands) > MOST_COMMANDS:
        return Resolution(
            Decision.REFUSE, item.intent, reason="too_many_later", facts={"count": MOST_DELAYED}
        )
    book.delayed.append(Delayed(turn_id, item.due_s, item.intent, item.commands))
    when = spoken_moment(item.due_s, now_s, clock=bool(item.facts.get("clock")))
    return replace(item, reason="later", facts={**item.facts, "when": when})
