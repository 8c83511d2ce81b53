"""The observer: turns, speech events, changes of the home and time go in, the journal fills.

It is the hub's ``TurnObserver`` and a ``ChangeListener``. A turn goes into the journal when it is over,
with the signals found meanwhile, in one transaction; what is found while nobody speaks waits for the
next turn, or for some minutes. Everything kept in memory is bounded. No lock is held while the disk is
waited for, so devices are heard all the while.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from typing import TYPE_CHECKING

from hubagent.evidence import Signal, SignalKind
from hubagent.feedback import signals
from hubagent.feedback.by_hand import Hands
from hubagent.feedback.canonical import journal_turn
from hubagent.types import Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubagent.clock import Clock
    from hubagent.evidence import JournalTurn
    from hubagent.ports import ContextView, Journal
    from hubagent.types import StateChange, TurnId, TurnRecord

SILENCE_S = 60.0
FLUSH_AFTER_S = 600.0
"""So long signals may wait for a turn to go along with."""
_PLACES = 64
_TURNS = 128
"""Turns whose times are known, for undoing: the dialogue undoes within a quarter of an hour."""
_PENDING = 512
_EVENTS = frozenset({"barge_in", "cancel"})


class Observer:
    """Finds signals as they happen; every method may be called from any thread and is quick."""

    def __init__(self, journal: Journal, view: Callable[[], ContextView], clock: Clock) -> None:
        """Start without a past.

        Args:
            journal: Where turns and signals go.
            view: A picture of the home, to judge what was done by hand.
            clock: Wall clock, of the end of turns.
        """
        self._journal = journal
        self._clock = clock
        self._lock = threading.Lock()
        self._hands = Hands(view)
        self._last: OrderedDict[str, JournalTurn] = OrderedDict()
        """The last turn of each place that asked for something, the newest place at the end."""
        self._silent: dict[str, TurnId] = {}
        """By place, the last turn while nothing has followed it."""
        self._times: OrderedDict[TurnId, float] = OrderedDict()
        self._pending: deque[Signal] = deque(maxlen=_PENDING)
        self._pending_since_s = 0.0
        self._ringing = False
        """What was told last came due by itself: who cuts that short stops an alarm."""

    def turn_over(self, record: TurnRecord, *, took_back: Sequence[TurnId] = ()) -> JournalTurn:
        """Journal a turn with the signals that it brings; return it as it is kept."""
        turn = journal_turn(record)
        with self._lock:
            self._ringing = False
            found = [*signals.of_itself(turn), *signals.of_undoing(turn, took_back, self._times)]
            previous = self._last.get(turn.place)
            if previous is not None:
                found += signals.of_words(previous, turn)
            self._remember(turn)
            now_s = self._clock.now_s()
            self._hands.done(turn.turn_id, turn.at_s, now_s, turn.done)
            found = [*self._take_pending(), *_once(found)]
        self._journal.append(turn, found)
        return turn

    def came_due(self, record: TurnRecord) -> None:
        """Watch what the schedule did for a turn said earlier; nobody said anything now."""
        turn = journal_turn(record)
        with self._lock:
            self._ringing = True
            self._hands.done(turn.turn_id, turn.at_s, self._clock.now_s(), turn.done)
            if any(True for _ in signals.of_itself(turn)):
                self._add([Signal(turn.turn_id, SignalKind.UNHANDLED, turn.at_s, 1.0, "due")])

    def changed(self, changes: Sequence[StateChange]) -> None:
        """Take note of changes of the home."""
        if changes:
            with self._lock:
                self._hands.changed(changes)

    def event(self, kind: str, turn_id: TurnId | None, at_s: float) -> None:
        """Take note of what a satellite noticed beside words.

        Args:
            kind: ``barge_in`` or ``cancel``; others say nothing about a turn.
            turn_id: The turn it is about; ``None`` for the last one.
            at_s: Wall clock at which it happened.
        """
        if kind not in _EVENTS:
            return
        with self._lock:
            turn = self._meant(turn_id)
            if turn is None:
                return
            if self._silent.get(turn.place) == turn.turn_id:
                del self._silent[turn.place]
            if self._ringing and turn_id is None:
                return
            if kind == "barge_in":
                signal = signals.of_interruption(turn, at_s)
            else:
                signal = signals.of_cancelling(turn, at_s)
            if signal is not None:
                self._add([signal])

    def tick(self) -> None:
        """Let time pass: what was kept, switched back, or followed by nothing. Once a second will do."""
        now_s = self._clock.now_s()
        with self._lock:
            found = list(self._hands.tick(now_s))
            for place, turn_id in list(self._silent.items()):
                turn = self._last.get(place)
                if turn is None or turn.turn_id != turn_id:
                    del self._silent[place]
                elif now_s - signals.ended_s(turn) >= SILENCE_S:
                    del self._silent[place]
                    at_s = signals.ended_s(turn) + SILENCE_S
                    found.append(Signal(turn_id, SignalKind.SILENCE, at_s))
            self._add(found)
            due = bool(self._pending) and now_s - self._pending_since_s >= FLUSH_AFTER_S
        if due:
            self.flush()

    def flush(self) -> None:
        """Hand what waits to the journal: before a learning pass, and at the end."""
        with self._lock:
            found = self._take_pending()
        if found:
            self._journal.append(None, found)

    def forget(self) -> None:
        """Forget all turns, after the owner erased some: nothing of them may come back."""
        with self._lock:
            self._last.clear()
            self._silent.clear()
            self._times.clear()
            self._pending.clear()

    # All below is called with the lock held.

    def _remember(self, turn: JournalTurn) -> None:
        self._times[turn.turn_id] = turn.at_s
        while len(self._times) > _TURNS:
            self._times.popitem(last=False)
        self._silent.pop(turn.place, None)
        if signals.is_talk(turn) and turn.decision is not Decision.ASK:
            return  # a remark on the turn before, which stays the one that is spoken about
        self._last[turn.place] = turn
        self._last.move_to_end(turn.place)
        self._silent[turn.place] = turn.turn_id
        while len(self._last) > _PLACES:
            place, _ = self._last.popitem(last=False)
            self._silent.pop(place, None)

    def _meant(self, turn_id: TurnId | None) -> JournalTurn | None:
        """Return the turn an event is about: the one named, else the newest of all."""
        turns = self._last.values()
        if turn_id is not None:
            return next((turn for turn in turns if turn.turn_id == turn_id), None)
        return next(reversed(turns), None)

    def _add(self, found: Sequence[Signal]) -> None:
        if found and not self._pending:
            self._pending_since_s = self._clock.now_s()
        self._pending.extend(found)

    def _take_pending(self) -> list[Signal]:
        found = list(self._pending)
        self._pending.clear()
        return found


def _once(found: Sequence[Signal]) -> list[Signal]:
    """Return the signals without a second one of a kind on a turn; the surest stays."""
    best: dict[tuple[TurnId, SignalKind], Signal] = {}
    for signal in found:
        key = (signal.turn_id, signal.kind)
        if key not in best or signal.strength > best[key].strength:
            best[key] = signal
    return list(best.values())
