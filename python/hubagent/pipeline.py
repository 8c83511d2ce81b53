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
from hubagent.dialogue.heard import Heard
from hubagent.dialogue.memory import Past
from hubagent.resolve import lexicon
from hubagent.resolve.asides import AsideResolver
from hubagent.resolve.features import is_sensitive
from hubagent.resolve.situation import Situation
from hubagent.resolve.text import singular, singulars, tokens
from hubagent.types import (
    AreaId,
    Arm,
    Decision,
    OutcomeKind,
    StageNote,
    TurnId,
    TurnRecord,
    Utterance,
)
from hubagent.understand.spelling import repaired
from hubagent.whereabouts import area_of_speaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hubagent.act.plan import Plan
    from hubagent.clock import Clock
    from hubagent.dialogue.heard import Attempt
    from hubagent.ports import (
        Act,
        Context,
        ContextView,
        Rewriter,
        TurnObserver,
        Understand,
        Values,
    )
    from hubagent.types import Resolution, Rewrite, Understanding

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
        rewriter: Rewriter | None = None,
        defect: Callable[[Utterance, Understanding, Sequence[Resolution]], float] | None = None,
    ) -> None:
        """Put the stages together.

        Args:
            understand: Reads the words.
            values: Reads numbers, times and colours.
            context: The home.
            act: Sends commands.
            clock: Tells the time.
            schedule: Keeps what is for later; ``None`` for one in memory.
            satellites: Which area a satellite stands in.
            default_area: Where a speaker of unknown place is.
            observer: Told of every turn when it is over.
            rewriter: What was learned of other words; ``None`` for nothing.
            defect: How likely a turn is to go wrong, by its words and what they came to, before
                anything is done; without it only what was refused is doubtful.
        """
        self._understand = understand
        self._context = context
        self._act = act
        self._clock = clock
        self._schedule = schedule or Schedule(clock)
        self._satellites = dict(satellites or {})
        self._default_area = default_area
        self._observer = observer
        self._observer_failed = False
        self._rewriter = rewriter
        self._defect = defect
        self._values = values
        self._resolver = AsideResolver(understand, values)
        self._responder = Responder()
        self._dialogue = Dialogue(
            values, is_home_word=lexicon.load().is_own_word, sensitive=is_sensitive
        )
        self._turns: deque[TurnRecord] = deque(maxlen=KEPT_TURNS)
        self._one_at_a_time = threading.RLock()  # who observes a turn may foresee

    def run_turn(self, utterance: Utterance) -> TurnRecord:
        """Understand, resolve, act and answer; never raises for anything that was said."""
        with self._one_at_a_time:
            watch = _Watch(self._clock)
            view = self._context.view()
            spelt = replace(utterance, text=self._spelt(utterance.text, view))
            read = self._rewritten(spelt, view, watch)
            with watch.stage("schedule", explain.resolved(read.turn.resolutions)) as note:
                arranged = self._schedule.arrange(read.turn.resolutions, utterance)
                resolutions = self._dialogue.asking(arranged)
                turn = replace(read.turn, resolutions=resolutions)
                note.chose = explain.resolved(turn.resolutions)
            record, planned = self._carry_out(utterance, turn, watch, rewrite=read.rewrite)
            self._dialogue.remember(
                read.words,
                read.heard,
                Past(
                    utterance.turn_id,
                    utterance.heard_at_s,
                    view,
                    turn.understanding or read.heard.understanding,
                    turn.resolutions,
                    commands=tuple(outcome.command for outcome in record.outcomes),
                ),
                record.decision,
                asked=planned.deciding,
                by=turn.by,
            )
            heard = read.heard
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

    def foresee(self, text: str, *, place: str = "") -> tuple[Resolution, ...]:
        """Return what words would come to if they were said now, out of any dialogue.

        Args:
            text: The words.
            place: The satellite or area where they would be said; empty for no known one.
        """
        with self._one_at_a_time:
            view = self._context.view()
            area_id, device = AreaId(place) if place else None, place or None
            words = Utterance(TurnId(""), text, self._clock.now_s(), area_id=area_id, device=device)
            return self._read(Heard(text), words, view, _Watch(self._clock)).resolutions

    # -- other words -------------------------------------------------------------------------------

    def _rewritten(self, words: Utterance, view: ContextView, watch: _Watch) -> _Reading:
        """Return what the words come to, or those that experience puts in their place.

        Answers, undos and corrections are never rewritten. There is one rewrite a turn: where its
        words come to nothing, those that were heard are read, and that is all.
        """
        heard = self._heard(words, view, watch)
        rewriter = self._rewriter
        if rewriter is None or heard.resolutions is not None or heard.wrong is not None:
            return _Reading(words, heard, self._read(heard, words, view, watch))
        known = None if heard.first else rewriter.known(words, view)
        if known is not None and known.arm is Arm.APPLIED:
            other = self._other(known, words, view, watch)
            if other is not None:
                return other
            return _Reading(words, heard, self._read(heard, words, view, watch))
        reading = _Reading(words, heard, self._read(heard, words, view, watch), known)
        understanding, doubt = reading.turn.understanding, self._doubt(reading)
        if understanding is None or not doubt or (known and known.arm is Arm.WITHHELD):
            return self._noted(reading, watch)
        found: list[_Reading] = []

        def acceptable(candidate: Rewrite) -> bool:
            other = self._other(candidate, words, view, watch)
            if other is None or other.turn.comes_to == reading.turn.comes_to:
                return False  # what comes to the same needs no other words
            found.append(other)
            return True

        applied = rewriter.online(words, understanding, view, doubt=doubt, acceptable=acceptable)
        if applied is None or not found:
            return self._noted(reading, watch)
        return replace(found[-1], rewrite=applied)

    def _heard(self, words: Utterance, view: ContextView, watch: _Watch) -> Heard:
        with watch.stage("dialogue", words.text) as note:
            heard = self._dialogue.hear(words, view)
            note.chose = heard.note
        return heard

    def _other(
        self, rewrite: Rewrite, words: Utterance, view: ContextView, watch: _Watch
    ) -> _Reading | None:
        """Return what the other words come to; ``None`` if they must not or cannot be carried out."""
        assert self._rewriter is not None  # noqa: S101 # it made the rewrite
        with watch.stage("rewrite", words.text) as note:
            note.chose = explain.rewritten(rewrite)
        other = replace(words, text=rewrite.target)
        heard = self._heard(other, view, watch)
        if heard.resolutions is not None or heard.wrong is not None:
            return None
        turn = self._read(heard, other, view, watch)
        commands = [command for item in turn.resolutions for command in item.commands]
        objection = self._rewriter.effect(commands, view)
        if objection is None and turn.is_clear:
            return _Reading(other, heard, turn, rewrite)
        with watch.stage("rewrite", rewrite.target) as note:
            note.chose = "not used: " + (objection.why if objection else "it is not clear here")
        return None

    def _noted(self, reading: _Reading, watch: _Watch) -> _Reading:
        if reading.rewrite is not None:
            with watch.stage("rewrite", reading.words.text) as note:
                note.chose = explain.rewritten(reading.rewrite)
        return reading

    def _doubt(self, reading: _Reading) -> float:
        """Return how likely the reading is wrong, 0 where that is no matter for other words."""
        resolutions = reading.turn.resolutions
        refused = [item for item in resolutions if item.decision is Decision.REFUSE]
        if any(item.reason in _SAYS_LITTLE | _NAMES_UNKNOWN for item in refused):
            return 1.0
        clear = self._defect is not None and reading.turn.understanding is not None
        if refused or not clear or not reading.turn.is_clear:
            return 0.0
        assert self._defect is not None  # noqa: S101 # as just seen
        assert reading.turn.understanding is not None  # noqa: S101 # as just seen
        doubt = self._defect(reading.words, reading.turn.understanding, resolutions)
        return doubt if doubt >= _DOUBTFUL else 0.0

    def _spelt(self, said: str, view: ContextView) -> str:
        """Return the words with slips of the finger put right; names of the home are none."""

        def is_word(word: str) -> bool:
            return (
                self._understand.is_word(word)
                or lexicon.load().knows(word)
                or self._values.colour(word) is not None
                or any(
                    singular(word) in singulars(tokens(name))
                    for items in (view.entities(), view.areas(), view.floors())
                    for item in items
                    for name in (item.name, *item.aliases)
                )
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
                situation = Situation(
                    view,
                    area_id,
                    antecedents=attempt.ids if attempt else heard.ids,
                    domains=attempt.domains if attempt else frozenset(),
                    timer_names=tuple(self._schedule.timer_names()),
                )
                found = self._resolver.resolve(understanding, situation)
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
        self, utterance: Utterance, turn: _Turn, watch: _Watch, *, rewrite: Rewrite | None = None
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
                planned,
                resolutions,
                outcomes,
                self._context.view(),
                seed=utterance.turn_id,
                taken_as=self._taken_as(rewrite),
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
            rewrite=rewrite,
        )
        self._turns.append(record)
        _LOGGER.debug("Turn %s: %s in %.1f ms", utterance.turn_id, record.decision, record.ms)
        return record, planned

    def _taken_as(self, rewrite: Rewrite | None) -> str:
        """Return the words to say that others were taken as; empty for saying nothing of it."""
        if rewrite is None or rewrite.arm is not Arm.APPLIED or self._rewriter is None:
            return ""
        return "" if self._rewriter.muted else rewrite.target

    def area_of(self, utterance: Utterance, view: ContextView) -> AreaId | None:
        """Return where the speaker is: as said, where the satellite stands, where their things are."""
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
        return area_of_speaker(utterance.speaker or "", view) or self._default_area

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
_NAMES_UNKNOWN = frozenset(
    {"unclear_thing", "unknown_area", "unknown_name", "no_such_device", "unknown_value",
     "missing_value"}
)  # fmt: skip
_DOUBTFUL = 0.5
"""Probability of going wrong from which other words are looked for."""


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

    @property
    def comes_to(self) -> tuple[object, ...]:
        """What is done or told, for comparing; whatever words it was said in."""
        return tuple(
            (item.decision, item.due_s, item.commands or (item.intent, item.targets, item.timer))
            for item in self.resolutions
        )

    @property
    def is_clear(self) -> bool:
        """Whether all of it can be carried out at once, without a question."""
        return bool(self.resolutions) and all(
            item.decision in {Decision.ACT, Decision.ANSWER} for item in self.resolutions
        )


@dataclass(frozen=True, slots=True)
class _Reading:
    """Words, as heard or as rewritten, with what the dialogue and the readings made of them."""

    words: Utterance
    heard: Heard
    turn: _Turn
    rewrite: Rewrite | None = None
    """What was put in the place of the words as heard, or could have been."""


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
