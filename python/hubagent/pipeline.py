"""One turn, top to bottom: words in, commands confirmed and a sentence out.

The stages come in as ports; their order is here and nowhere else.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubagent import explain
from hubagent.act.plan import plan
from hubagent.act.respond import Responder
from hubagent.act.schedule import Schedule
from hubagent.dialogue.dialogue import Dialogue
from hubagent.dialogue.memory import Past
from hubagent.resolve import lexicon
from hubagent.resolve.conditions import ConditionalResolver
from hubagent.resolve.features import is_sensitive
from hubagent.resolve.text import tokens
from hubagent.types import Decision, OutcomeKind, StageNote, TurnRecord, Utterance
from hubagent.understand.spelling import repaired

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubagent.act.plan import Plan
    from hubagent.clock import Clock
    from hubagent.dialogue.heard import Attempt, Heard
    from hubagent.ports import Act, Context, ContextView, TurnObserver, Understand, Values
    from hubagent.types import AreaId, Resolution, TurnId, Understanding

_LOGGER = logging.getLogger(__name__)

KEPT_TURNS = 50
_NOT_DONE = frozenset({OutcomeKind.FAILED, OutcomeKind.SILENT})
"""Outcomes of commands that were not followed: no habit."""


class Pipeline:
    """Runs turns, one at a time, and keeps the last ones for ``explain``."""

    def __init__(
        self,
        *,
        understand: Understand,
        values: Values,
        context: Context,
        act: Act,
        clock: Clock,
        schedule: Schedule | None = None,
        satellites: Mapping[str, AreaId] | None = None,
        default_area: AreaId | None = None,
        observer: TurnObserver | None = None,
    ) -> None:
        self._understand = understand
        self._context = context
        self._act = act
        self._clock = clock
        self._schedule = schedule or Schedule(clock)
        self._satellites = dict(satellites or {})
        self._default_area = default_area
        self._observer = observer
        self._observer_failed = False
        self._resolver = ConditionalResolver(understand, values)
        self._responder = Responder()
        self._dialogue = Dialogue(
            values, is_home_word=lexicon.load().is_own_word, sensitive=is_sensitive
        )
        self._turns: deque[TurnRecord] = deque(maxlen=KEPT_TURNS)
        self._one_at_a_time = threading.Lock()

    def run_turn(self, utterance: Utterance) -> TurnRecord:
        """Understand, resolve, act and answer; never raises for anything that was said."""
        with self._one_at_a_time:
            watch = _Watch(self._clock)
            view = self._context.view()
            spelt = replace(utterance, text=self._spelt(utterance.text, view))
            with watch.stage("dialogue", spelt.text) as note:
                heard = self._dialogue.hear(spelt, view)
                note.chose = heard.note
            turn = self._read(heard, utterance, view, watch)
            with watch.stage("schedule", explain.resolved(turn.resolutions)) as note:
                resolutions = self._schedule.arrange(turn.resolutions, utterance)
                turn = replace(turn, resolutions=resolutions)
                note.chose = explain.resolved(turn.resolutions)
            record, planned = self._carry_out(utterance, turn, watch)
            self._dialogue.remember(
                spelt,
                heard,
                Past(
                    utterance.turn_id,
                    utterance.heard_at_s,
                    view,
                    turn.understanding or heard.understanding,
                    turn.resolutions,
                    commands=tuple(outcome.command for outcome in record.outcomes),
                ),
                record.decision,
                asked=planned.deciding,
                by=turn.by,
            )
            taken_back = heard.undone or ((heard.wrong,) if heard.wrong is not None else ())
            self._observe(record, tuple(past.turn_id for past in taken_back))
            return record

    def _observe(self, record: TurnRecord, took_back: tuple[TurnId, ...] | None) -> None:
        """Tell the observer; what goes wrong there is logged once and is no fault of the turn.

        Args:
            record: The turn.
            took_back: Turns that it undid; ``None`` when it came due by itself.
        """
        if self._observer is None:
            return
        try:
            if took_back is None:
                self._observer.came_due(record)
            else:
                self._observer.turn_over(record, took_back=took_back)
        except Exception:
            if not self._observer_failed:
                self._observer_failed = True
                _LOGGER.exception("The turn went well, but what could be learned from it is lost")

    def _spelt(self, said: str, view: ContextView) -> str:
        """Return the words with slips of the finger put right; names of the home are none."""

        def is_word(word: str) -> bool:
            return self._understand.is_word(word) or any(
                word in tokens(name)
                for items in (view.entities(), view.areas(), view.floors())
                for item in items
                for name in (item.name, *item.aliases)
            )

        return repaired(said, is_word)

    def _read(self, heard: Heard, utterance: Utterance, view: ContextView, watch: _Watch) -> _Turn:
        """Return what the words come to by the first reading that comes to anything."""
        if heard.resolutions is not None:
            return _Turn(None, heard.resolutions)
        area_id = self.area_of(utterance, view)
        refused: _Turn | None = None
        for attempt in (*heard.first, None, *heard.last):
            if attempt is None:
                with watch.stage("understand", heard.text) as note:
                    understanding = self._understand.understand(heard.text)
                    note.chose = explain.understood(understanding)
            else:
                understanding = attempt.understanding
            with watch.stage("resolve", explain.understood(understanding)) as note:
                found = self._resolver.resolve(
                    understanding,
                    view,
                    speaker_area=area_id,
                    antecedents=attempt.ids if attempt else heard.ids,
                    domains=attempt.domains if attempt else frozenset(),
                    timer_names=self._schedule.timer_names(),
                )
                found = self._dialogue.settle(heard, found, view, by=attempt)
                note.chose = explain.resolved(found)
                if attempt is not None:
                    note.chose = f"{explain.understood(understanding)}: {note.chose}"
            turn = _Turn(understanding, found, attempt)
            if not any(item.decision is Decision.REFUSE for item in found):
                return turn
            if refused is None or refused.says_little:
                refused = turn
        return refused or _Turn(None, ())

    def run_due(self) -> Iterator[TurnRecord]:
        """Do what has come due; yield a record each, with the id of the turn that arranged it."""
        while True:
            with self._one_at_a_time:
                due = self._schedule.next_due(self._context.view())
                if due is None:
                    return
                utterance = Utterance(due.turn_id, "", self._clock.now_s())
                if due.resolution.reason == "timer_ringing":
                    self._context.noted("hub.alarm", "rang")
                turn = _Turn(None, (due.resolution,))
                record, _ = self._carry_out(utterance, turn, _Watch(self._clock))
                self._observe(record, None)
            yield record

    def _carry_out(
        self, utterance: Utterance, turn: _Turn, watch: _Watch
    ) -> tuple[TurnRecord, Plan]:
        """Plan, act and answer."""
        resolutions = turn.resolutions
        with watch.stage("plan", explain.resolved(resolutions)) as note:
            planned = plan(resolutions)
            note.chose = f"{planned.decision.value}: {explain.commanded(planned.commands)}"
        with watch.stage("act", note.chose) as note:
            outcomes = self._act.execute(planned.commands)
            note.chose = explain.happened(outcomes)
            self._context.done([it.command for it in outcomes if it.kind not in _NOT_DONE])
        with watch.stage("respond", note.chose) as note:
            response = self._responder.respond(
                planned, resolutions, outcomes, self._context.view(), seed=utterance.turn_id
            )
            note.chose = response
        record = TurnRecord(
            utterance=utterance,
            understanding=turn.understanding,
            resolutions=resolutions,
            outcomes=outcomes,
            decision=planned.decision,
            intent=resolutions[planned.deciding].intent,
            response=response,
            listen=planned.decision is Decision.ASK,
            notes=watch.notes(),
            ms=watch.total_ms(),
        )
        self._turns.append(record)
        _LOGGER.debug("Turn %s: %s in %.1f ms", utterance.turn_id, record.decision, record.ms)
        return record, planned

    def area_of(self, utterance: Utterance, view: ContextView) -> AreaId | None:
        """Return where the speaker is: as said with the words, else where the satellite stands."""
        if utterance.area_id is not None:
            wanted = utterance.area_id.casefold()
            for area in view.areas():
                if wanted in (area.area_id.casefold(), area.name.casefold()):
                    return area.area_id
        if utterance.device in self._satellites:
            return self._satellites[utterance.device]
        for device in view.devices():
            if device.device_id == utterance.device and device.area_id is not None:
                return device.area_id
        return self._default_area

    def turns(self) -> tuple[TurnRecord, ...]:
        """Return the last turns, newest first."""
        return tuple(reversed(self._turns))

    def turn(self, which: TurnId | int) -> TurnRecord | None:
        """Return a turn by id, or by how many back it is: 1 is the last; ``None`` if forgotten."""
        turns = self.turns()
        if isinstance(which, int):
            return turns[which - 1] if 0 < which <= len(turns) else None
        return next((turn for turn in turns if turn.utterance.turn_id == which), None)


_SAYS_LITTLE = frozenset({"not_understood", "not_for_me", "unsupported"})


@dataclass(frozen=True, slots=True)
class _Turn:
    """What the words of a turn came to, and the reading that was taken."""

    understanding: Understanding | None
    resolutions: tuple[Resolution, ...]
    by: Attempt | None = None

    @property
    def says_little(self) -> bool:
        """Whether it is refused without a reason that names anything of the home."""
        return any(item.reason in _SAYS_LITTLE for item in self.resolutions)


@dataclass(slots=True)
class _Note:
    chose: str = ""


@dataclass(slots=True)
class _Watch:
    """Times the stages of one turn."""

    clock: Clock
    started_s: float = field(init=False)
    _notes: list[StageNote] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.started_s = self.clock.monotonic_s()

    @contextmanager
    def stage(self, name: str, saw: str) -> Iterator[_Note]:
        """Time what is done inside and keep what it chose."""
        started_s = self.clock.monotonic_s()
        note = _Note()
        yield note
        ms = (self.clock.monotonic_s() - started_s) * 1000
        self._notes.append(StageNote(name, saw, note.chose, ms))

    def notes(self) -> tuple[StageNote, ...]:
        return tuple(self._notes)

    def total_ms(self) -> float:
        return (self.clock.monotonic_s() - self.started_s) * 1000
