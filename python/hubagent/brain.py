"""The one assembly of everything that learns: journal, signals, pairs, rewriting, the learning pass.

Given a folder (or none), the store, the model and a clock; cheap to build, without threads. It is the
pipeline's observer and gives it the rewriter; whoever runs it tells it of changes, events and time,
and asks it to learn. Daemon, replay, demo and simulated households all have this same one.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hubagent.act.plan import plan
from hubagent.config import LearningConfig
from hubagent.evidence import Changes, Stage, source_key
from hubagent.feedback import canonical
from hubagent.feedback.journal import Journal
from hubagent.feedback.watch import Observer
from hubagent.learn import hints
from hubagent.learn.gather import Gathered, Judges
from hubagent.learn.outcome import is_rewritten
from hubagent.learn.quick import Quick, Reading
from hubagent.learn.sessions import LATER
from hubagent.learning import Report, Tools, learn
from hubagent.pipeline import Pipeline
from hubagent.resolve.features import is_sensitive
from hubagent.rewrite.decide import LearnedRewriter
from hubagent.rewrite.exchange import Imported, exported, imported
from hubagent.rewrite.guardrail import Guardrail, chained
from hubagent.rewrite.pairs import FILE_NAME, LearnedStore
from hubagent.types import Decision, TurnId, TurnRecord, Utterance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from hubagent.act.schedule import Schedule
    from hubagent.clock import Clock
    from hubagent.context.store import ContextStore
    from hubagent.evidence import JournalTurn, Pair, Signal
    from hubagent.learning import Progress
    from hubagent.ports import Act, Understand, Values
    from hubagent.types import AreaId, Command, StateChange

LAST_PASS = "last_pass"  # noqa: S105 - no password
"""Setting of the tables in which the report of the last learning pass is kept."""
JOURNAL_NAME = "journal.sqlite"
_PLACES = 64
_MOST_READINGS = 4096
_UNTAUGHT_S = 120.0
"""So long after a rewritten turn a signal on it may still be a loss at once."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Which parts learn; a hub has them all, an experiment leaves some out."""

    chain: bool = True
    """Pairs out of the Markov chain."""
    rephrases: bool = True
    """Pairs out of single rephrases that worked."""
    self_aware: bool = True
    """``False``: the plain chain."""


class Brain:
    """Everything that learns on one hub; a ``TurnObserver`` and a ``ChangeListener``."""

    def __init__(
        self,
        *,
        context: ContextStore,
        understand: Understand,
        clock: Clock,
        state_dir: Path | None = None,
        settings: LearningConfig | None = None,
        parts: Parts = Parts(),
    ) -> None:
        """Open what was learned, or begin.

        Args:
            context: The home.
            understand: Reads words.
            clock: Times of everything.
            state_dir: Folder of the journal and the tables; ``None`` keeps them in memory.
            settings: Bounds of the journal; ``None`` = the usual ones.
            parts: What learns.

        Raises:
            HubagentError: If the tables cannot be opened.
        """
        self._context = context
        self._understand = understand
        self._clock = clock
        self._parts = parts
        bounds = settings or LearningConfig()
        self.journal = Journal(
            None if state_dir is None else state_dir / JOURNAL_NAME,
            days=bounds.journal_days,
            max_bytes=bounds.journal_mb << 20,
        )
        self.store = LearnedStore(None if state_dir is None else state_dir / FILE_NAME)
        self._guard = Guardrail(sensitive=is_sensitive)
        self.rewriter = LearnedRewriter(self.store, self._guard)
        self._observer = Observer(self.journal, context.view, clock)
        self._quick = Quick(
            judge=hints.rephrase,
            read=self._foreseen,
            objection=self._objection,
            find=self.store.find,
        )
        self._gathered = Gathered()
        self._readings: dict[tuple[str, str], Reading] = {}
        self._read_in = -1
        """Version of the home in which they were read."""
        self._writing = threading.Lock()
        self._learning = threading.Lock()
        self._recent: OrderedDict[str, deque[JournalTurn]] = OrderedDict()
        self._lost: deque[TurnId] = deque(maxlen=64)
        self._pipeline: Pipeline | None = None

    def pipeline(
        self,
        *,
        values: Values,
        act: Act,
        schedule: Schedule | None = None,
        satellites: Mapping[str, AreaId] | None = None,
        default_area: AreaId | None = None,
    ) -> Pipeline:
        """Return a pipeline that uses and feeds what is learned; see ``Pipeline``."""
        pipeline = Pipeline(
            understand=self._understand,
            values=values,
            context=self._context,
            act=act,
            clock=self._clock,
            schedule=schedule,
            satellites=satellites,
            default_area=default_area,
            observer=self,
            rewriter=self.rewriter,
        )
        self.attach(pipeline)
        return pipeline

    def attach(self, pipeline: Pipeline) -> None:
        """Tell which pipeline it observes and rewrites for: what words come to is foreseen there."""
        self._pipeline = pipeline

    # --- what happens -------------------------------------------------------------------------------

    def turn_over(self, record: TurnRecord, *, took_back: Sequence[TurnId] = ()) -> None:
        """Keep a turn that was said, and what it teaches at once."""
        turn = self._observer.turn_over(record, took_back=took_back)
        before = tuple(self._recent.get(turn.place, ()))
        signals = self.journal.signals([turn.turn_id, *(item.turn_id for item in before)])
        self._remember(turn)
        self._take_losses(signals)
        if self._parts.rephrases:
            self._put(self._quick.taught(turn, before, signals))

    def came_due(self, record: TurnRecord) -> None:
        """Take note of what was done for a turn whose time had come."""
        self._observer.came_due(record)

    def changed(self, changes: Sequence[StateChange]) -> None:
        """Take note of changes of the home; quick, on the thread that hears them."""
        self._observer.changed(changes)

    def event(self, kind: str, turn_id: TurnId | None = None) -> None:
        """Take note of what a satellite noticed beside words: ``barge_in``, ``cancel``."""
        self._observer.event(kind, turn_id, self._clock.now_s())

    def tick(self) -> None:
        """Let time pass; about once a second."""
        self._observer.tick()
        since_s = self._clock.now_s() - _UNTAUGHT_S
        rewritten = [turn.turn_id for turn in self._rewritten() if turn.at_s >= since_s]
        if rewritten:
            self._observer.flush()
            self._take_losses(self.journal.signals(rewritten))

    # --- learning -----------------------------------------------------------------------------------

    def learn(
        self, *, progress: Progress | None = None, pause: Callable[[], None] = lambda: None
    ) -> Report:
        """Run a learning pass; one at a time.

        Args:
            progress: Told what is being done, how much of it, and of how much.
            pause: Called between steps, so that a turn goes first; may raise to end the pass.

        Raises:
            HubagentError: If the disk refuses the new tables; the old ones are in force then.
        """
        with self._learning:
            self._observer.flush()
            tools = Tools(
                journal=self.journal,
                store=self.store,
                judges=Judges(hints.rephrase, lambda _turn, _later, signals: hints.defect(signals)),
                read=self._known_reading,
                objection=self._objection,
                pause=pause,
                writing=self._writing,
                chain=self._parts.chain,
                rephrases=self._parts.rephrases,
                self_aware=self._parts.self_aware,
            )
            try:
                report = learn(tools, self._gathered, self._clock, progress=progress)
            except BaseException:
                self._gathered = Gathered()  # what was half taken in is taken in anew
                raise
            if report.new or report.learnt or report.retired:
                self.store.change(Changes(settings=((LAST_PASS, json.dumps(report.document())),)))
            return report

    def last_pass(self) -> dict[str, Any] | None:
        """Return the report of the last pass that had anything to look at, as a document."""
        found = self.store.setting(LAST_PASS)
        return json.loads(found) if found else None

    def health(self) -> dict[str, Any]:
        """Return how much is learned and how the journal is, for ``doctor``."""
        stages = Counter(pair.stage.value for pair in self.store.pairs())
        return {
            "pairs": {stage.value: stages[stage.value] for stage in Stage},
            "words": len(self.store.entries()),
            "journal": self.journal.counters(),
            "last_pass": self.last_pass(),
        }

    def pairs(self) -> tuple[Pair, ...]:
        """Return all learned pairs."""
        return self.store.pairs()

    # --- the owner ------------------------------------------------------------------------------------

    def forget(self, words: str | None = None) -> int:
        """Forget words in every form, or everything; return how many turns and rows are gone.

        Raises:
            HubagentError: If the disk refuses.
        """
        with self._learning, self._writing:
            self._observer.forget()
            self._recent.clear()
            self._readings.clear()
            self._gathered = Gathered()
            erased = self.journal.erase(words=words)
            key = None if words is None else source_key(words)
            pairs = tuple(
                (pair.layer, pair.source)
                for pair in self.store.pairs()
                if key is None or key in (pair.source, source_key(pair.target))
            )
            entries = tuple(
                entry.text for entry in self.store.entries() if key is None or entry.text == key
            )
            self.store.change(
                Changes(forget_pairs=pairs, forget_entries=entries, settings=((LAST_PASS, ""),))
            )
            return erased + len(pairs) + len(entries)

    def export(self) -> dict[str, Any]:
        """Return pairs, words that work and habits as JSON types, for :meth:`import_`."""
        return {**exported(self.store), "habits": self._context.export_habits()}

    def import_(self, document: Mapping[str, Any]) -> Imported:
        """Take in what was exported, as far as the guard-rails allow.

        Raises:
            DataError: If it is no such document; pairs and entries are then as before.
        """
        with self._writing:
            taken = imported(self.store, self._guard, self._context.view(), document)
        self._context.import_habits(document.get("habits") or [])
        return taken

    def close(self) -> None:
        """Write what waits and close the files."""
        self._observer.flush()
        self.journal.close()
        self.store.close()

    # --- within ---------------------------------------------------------------------------------------

    def _remember(self, turn: JournalTurn) -> None:
        turns = self._recent.setdefault(turn.place, deque(maxlen=LATER + 1))
        turns.append(replace(turn, stages=()))
        self._recent.move_to_end(turn.place)
        while len(self._recent) > _PLACES:
            self._recent.popitem(last=False)

    def _rewritten(self) -> list[JournalTurn]:
        """Return recent turns in which a rewrite was applied and that count as no loss yet."""
        return [
            turn
            for turns in self._recent.values()
            for turn in turns
            if is_rewritten(turn) and turn.turn_id not in self._lost
        ]

    def _take_losses(self, signals: Mapping[TurnId, Sequence[Signal]]) -> None:
        for turn in self._rewritten():
            pairs = list(self._quick.lost(turn, signals.get(turn.turn_id, ())))
            if pairs:
                self._lost.append(turn.turn_id)
                self._put(pairs)

    def _put(self, pairs: Iterable[Pair]) -> None:
        found = tuple(pairs)
        if found:
            with self._writing:
                self.store.put(found)

    def _known_reading(self, words: str, place: str) -> Reading:
        """Return what words come to in this home, as far as names and places decide that.

        A pass asks for the same words night after night, so they are read again only when the home
        has changed. What states decide is looked at when a pair is used.
        """
        version = self._context.view().version
        if version != self._read_in or len(self._readings) >= _MOST_READINGS:
            self._readings.clear()
            self._read_in = version
        key = (words, place)
        if key not in self._readings:
            self._readings[key] = self._foreseen(words, place)
        return self._readings[key]

    def _foreseen(self, words: str, place: str) -> Reading:
        """Return what words would come to now, said in a place, out of any dialogue."""
        assert self._pipeline is not None  # noqa: S101 - who observes turns was given to them
        resolutions = self._pipeline.foresee(words, place=place)
        utterance = Utterance(TurnId(""), words, self._clock.now_s())
        decision = plan(resolutions).decision if resolutions else Decision.IGNORE
        record = TurnRecord(utterance, None, resolutions, (), decision, "", "", False, (), 0.0)
        commands = tuple(command for item in resolutions for command in item.commands)
        return Reading(canonical.interpretation(record), commands)

    def _objection(self, source: str, target: str, commands: Sequence[Command]) -> str:
        """Return why a pair must not be; empty for nothing."""
        found = self._guard.objection(source, target, self._context.view(), commands=commands)
        found = found or chained(source, target, self.store.pairs())
        return "" if found is None else found.why
