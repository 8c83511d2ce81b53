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
from functools import cache
from typing import TYPE_CHECKING, Any

from hubagent.act.plan import plan
from hubagent.config import LearningConfig
from hubagent.errors import UnknownEntityError
from hubagent.evidence import Changes, Stage, source_key
from hubagent.feedback import canonical
from hubagent.feedback.defect import Judge
from hubagent.feedback.journal import Journal
from hubagent.feedback.watch import Observer
from hubagent.judging import JUDGE, as_setting, known_judge, relearned
from hubagent.learn.aliases import MOST, as_text, from_rows
from hubagent.learn.gather import Gathered, Judges
from hubagent.learn.life import tally
from hubagent.learn.outcome import is_rewritten
from hubagent.learn.quick import Quick, Reading
from hubagent.learn.rephrase import RephraseDetector
from hubagent.learn.sessions import LATER
from hubagent.learn.told import transitions
from hubagent.learning import ALIASES, RANKER, Report, Tools, all_names, known_names, learn
from hubagent.pipeline import Pipeline
from hubagent.resolve.features import is_sensitive
from hubagent.rewrite import rank
from hubagent.rewrite.decide import LearnedRewriter
from hubagent.rewrite.exchange import Imported, exported, imported
from hubagent.rewrite.guardrail import Guardrail, chained
from hubagent.rewrite.names import speaks_of
from hubagent.rewrite.pairs import FILE_NAME, LearnedStore
from hubagent.rewrite.search import RankedSearch
from hubagent.rewrite.table import FILE_NAME as GLOBAL_NAME, GlobalTable
from hubagent.types import Decision, EntityId, Layer, TurnId, TurnRecord, Utterance
from hubagent.unlearning import unlearned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from hubagent.act.schedule import Schedule
    from hubagent.clock import Clock
    from hubagent.context.store import ContextStore
    from hubagent.evidence import JournalTurn, Pair, Signal, Tally, Transition
    from hubagent.learn.markov import Visit
    from hubagent.learn.rephrase import Judgement
    from hubagent.learning import Progress
    from hubagent.ports import Act, PairStore, Understand, Values
    from hubagent.types import AreaId, Command, Resolution, StateChange, Understanding

LAST_PASS = "last_pass"  # noqa: S105 - no password
"""Setting of the tables in which the report of the last learning pass is kept."""
_TOLD = "aliases_told"
"""Setting in which the names are kept that the store was told."""
JOURNAL_NAME = "journal.sqlite"
_PLACES = 64
_MOST_READINGS = 4096
_UNKNOWN = "unknown_name"
"""Reason of a refusal for words that nothing is called."""
_NEAR, _SOUNDS = 0.8, 0.9
"""Likeness to a name of the home, by letters and by sound, from which words are taken."""
_UNTAUGHT_S = 120.0
"""So long after a rewritten turn a signal on it may still be a loss at once."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Which parts learn; a hub has them all, an experiment leaves some out."""

    chain: bool = True
    """Pairs out of the Markov chain."""
    rephrases: bool = True
    """Pairs out of single rephrases that worked."""
    names: bool = True
    """Other names of things."""
    personal: bool = True
    """Search among the words and names of this home."""
    self_aware: bool = True
    """``False``: the plain chain."""


def forget_in(store: PairStore, words: str | None) -> int:
    """Forget words in the tables, as source, target, name or words that work; ``None`` for everything.

    Returns how many rows are gone.
    """
    key = None if words is None else source_key(words)
    pairs = tuple(
        (pair.layer, pair.source)
        for pair in store.pairs()
        if key is None or key in (pair.source, source_key(pair.target)) or speaks_of(pair, key)
    )
    entries = tuple(entry.text for entry in store.entries() if key is None or entry.text == key)
    names = all_names(store)
    left = [] if key is None else [a for a in names if f" {a.name} " not in f" {key} "]
    settings = [
        (LAST_PASS, ""),
        (JUDGE, ""),
        *([(ALIASES, as_text(left))] if left != list(names) else []),
    ]
    settings += [(RANKER, "")] if key is None else []
    store.change(
        Changes(
            forget_pairs=pairs,
            forget_entries=(*entries, key or ""),  # one at least: then the file is wiped
            settings=tuple(settings),
        )
    )
    return len(pairs) + len(entries) + len(names) - len(left)


def is_learned_name(store: PairStore, words: str) -> bool:
    """Return whether words are a name that was learned, or that a pair speaks of."""
    key = source_key(words)
    return any(alias.name == key for alias in all_names(store)) or any(
        speaks_of(pair, key) for pair in store.pairs()
    )


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
        table: GlobalTable | None = None,
    ) -> None:
        """Open what was learned, or begin.

        Args:
            context: The home.
            understand: Reads words.
            clock: Times of everything.
            state_dir: Folder of the journal and the tables; ``None`` keeps them in memory.
            settings: Bounds of the journal; ``None`` = the usual ones.
            parts: What learns.
            table: What many homes say; ``None`` = the file of the folder, if there is one.

        Raises:
            HubagentError: If the tables cannot be opened.
            ModelError: If the rephrase detector is not there.
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
        if table is None and state_dir is not None:
            table = GlobalTable(state_dir / GLOBAL_NAME)
            table.load_meanwhile()
        self.table = table
        """What many homes say; ``None`` for nothing."""
        search = RankedSearch(self.store, self._guard, table, personal=parts.personal)
        self.rewriter = LearnedRewriter(self.store, self._guard, search, table)
        self._observer = Observer(self.journal, context.view, clock)
        self._quick = Quick(
            judge=self._rephrase,
            read=self._foreseen,
            objection=self._objection,
            find=self.store.find,
            has_name=self._has_name,
        )
        self._detector = _detector()
        self._judge = known_judge(self.store)
        self._home_words: tuple[int, frozenset[str]] = (-1, frozenset())
        self._gathered = Gathered()
        self._readings: dict[tuple[str, str], Reading] = {}
        self._named_in = -1
        """Version of the home in which the store was told the learned names."""
        self._read_in = -1
        """Version of the home in which they were read."""
        self._writing = threading.Lock()
        self._learning = threading.Lock()
        self._recent: OrderedDict[str, deque[JournalTurn]] = OrderedDict()
        self._lost: deque[TurnId] = deque(maxlen=64)
        self._moved: deque[TurnId] = deque(maxlen=64)
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
            defect=self.likely_wrong,
        )
        self.attach(pipeline)
        return pipeline

    def likely_wrong(
        self, utterance: Utterance, understanding: Understanding, resolutions: Sequence[Resolution]
    ) -> float:
        """Return how likely a turn is to go wrong, before anything is done for it.

        How the same words fared before is known once a pass has run since the start.
        """
        plain = plan(resolutions)
        record = TurnRecord(
            utterance, understanding, tuple(resolutions), (), plain.decision,
            resolutions[0].intent if resolutions else "", "", False, (), 0.0,
        )  # fmt: skip
        return self._judge.before(canonical.journal_turn(record), self._fared)

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
            self._take_moves(signals)
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
        if self._context.view().version != self._named_in:
            self._apply_names()
        since_s = self._clock.now_s() - _UNTAUGHT_S
        lately = [t for turns in self._recent.values() for t in turns if t.at_s >= since_s]
        learned = [
            t.turn_id for t in lately if self._is_learned(t) and t.turn_id not in self._moved
        ]
        if learned:
            self._observer.flush()
            signals = self.journal.signals(learned)
            self._take_losses(signals)
            if self._parts.rephrases:
                self._take_moves(signals)

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
            now_s = self._clock.now_s()
            judge = relearned(self.journal, self.store, now_s, pause=pause)
            if judge is not None and judge != self._judge:
                self._gathered = Gathered()  # all is judged by the same one
            tools = Tools(
                journal=self.journal,
                store=self.store,
                judges=Judges(self._rephrase, judge or self._judge, self._has_name),
                read=self._known_reading,
                objection=self._objection,
                pause=pause,
                writing=self._writing,
                chain=self._parts.chain,
                rephrases=self._parts.rephrases,
                is_free=self._is_free if self._parts.names else None,
                shipped=rank.load().history if self._parts.personal else {},
                settings=() if judge is None else (as_setting(judge, now_s),),
                self_aware=self._parts.self_aware,
            )
            try:
                report = learn(tools, self._gathered, self._clock, progress=progress)
            except BaseException:
                self._gathered = Gathered()  # what was half taken in is taken in anew
                raise
            self._judge = judge or self._judge
            self._apply_names()
            if report.new or report.learnt or report.retired:
                self.store.change(Changes(settings=((LAST_PASS, json.dumps(report.document())),)))
            return report

    def dialogues(self) -> tuple[tuple[Visit, ...], ...]:
        """Return what a learning pass looks at: every dialogue of the journal that has settled."""
        self._observer.flush()
        gathered = Gathered()
        for _ in gathered.read(
            Judges(self._rephrase, self._judge, self._has_name), self.journal, self._clock.now_s()
        ):
            pass
        return tuple(gathered.dialogues)

    def transitions(self, since_s: float, until_s: float) -> Iterator[Transition]:
        """Yield what was said after what, in the words of this home, of dialogues in [since, until)."""
        self._observer.flush()
        judges = Judges(self._rephrase, self._judge)
        return transitions(self.journal, judges, since_s=since_s, until_s=until_s)

    def forget_adopted(self) -> int:
        """Forget pairs of the global table that are in use; those unlearned here stay so. Returns how many."""
        with self._writing:
            gone = tuple(
                (pair.layer, pair.source)
                for pair in self.store.pairs()
                if pair.layer is Layer.GLOBAL
                and (pair.stage is Stage.LIVE or (pair.stage is Stage.TRIAL and not pair.on.total))
            )
            if gone:
                self.store.change(Changes(forget_pairs=gone))
            return len(gone)

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
            name = words is not None and is_learned_name(self.store, words)
            erased = self.journal.erase(words=words, name=name)
            erased += forget_in(self.store, words)
            self._judge = known_judge(self.store)
            self._apply_names()
            if words is None:
                self._context.forget_habits()
            return erased

    def export(self) -> dict[str, Any]:
        """Return pairs, words that work, names and habits as JSON types, for :meth:`import_`."""
        return {
            **exported(self.store),
            "aliases": json.loads(as_text(known_names(self.store)) or "[]"),
            "habits": self._context.export_habits(),
            "judge": self._judge.as_document(),
        }

    def import_(self, document: Mapping[str, Any]) -> Imported:
        """Take in what was exported, as far as the guard-rails allow.

        Raises:
            DataError: If it is no such document; pairs and entries are then as before.
        """
        with self._writing:
            names = from_rows(document.get("aliases") or [])
            given = document.get("judge")
            judge = None if given is None else Judge.from_document(given)
            taken = imported(self.store, self._guard, self._context.view(), document)
            known = {alias.name: alias for alias in known_names(self.store)}
            free = [
                alias
                for alias in names
                if alias.name not in known and self._is_free(alias.name, alias.entity_id)
            ]
            if free:
                new = {alias.name for alias in free}
                others = [alias for alias in all_names(self.store) if alias.name not in new]
                merged = as_text([*others, *free][:MOST])
                self.store.change(Changes(settings=((ALIASES, merged),)))
            self._apply_names()
            if judge is not None and not self.store.setting(JUDGE):
                self.store.change(Changes(settings=(as_setting(judge, 0.0),)))
                self._judge = judge
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

    def _take_moves(self, signals: Mapping[TurnId, Sequence[Signal]]) -> None:
        """Learn what else people mean now by words with which they were failed, as they showed.

        Whether a hand was against what was done is known some seconds after it.
        """
        for turns in tuple(self._recent.values()):
            said = tuple(turns)
            for at, turn in enumerate(said):
                for source in self._quick.moved(turn, said[:at], signals):
                    if source.turn_id not in self._moved:
                        self._moved.append(source.turn_id)
                        self._unlearn(source, turn.at_s)
                        self._put(self._quick.meant(source_key(source.heard), turn))

    def _unlearn(self, turn: JournalTurn, now_s: float) -> None:
        """Give up what the words of a turn were taken for."""
        with self._writing:
            self.store.change(unlearned(self.store, turn, now_s))
        self._apply_names()

    def _is_learned(self, turn: JournalTurn) -> bool:
        """Return whether what a turn did comes of something learned."""
        return is_rewritten(turn) or self._has_name(source_key(turn.heard))

    def _has_name(self, words: str) -> bool:
        """Return whether a name that was learned is in words."""
        return any(f" {alias.name} " in f" {words} " for alias in known_names(self.store))

    def _apply_names(self) -> None:
        """Tell the store the learned names, and take back those that are none any more.

        Which it was told is kept with the tables, before it is told, so that whatever is cut off in
        between is made good the next time.
        """
        names = {alias.name: str(alias.entity_id) for alias in known_names(self.store)}
        told = json.loads(self.store.setting(_TOLD, "{}"))
        if told != names:
            self.store.change(Changes(settings=((_TOLD, json.dumps(told | names)),)))
        for entity_id in {*names.values(), *told.values()}:
            try:
                entity = self._context.view().entity(EntityId(entity_id))
            except UnknownEntityError:
                continue
            own = [name for name, thing in names.items() if thing == entity_id]
            others = (
                name
                for name in entity.aliases
                if source_key(name) not in own and told.get(source_key(name)) != entity_id
            )
            aliases = (*others, *own)
            if set(aliases) != set(entity.aliases):
                self._context.set_entity_facts(entity.entity_id, aliases=aliases)
        if told != names:
            setting = json.dumps(names) if names else ""
            self.store.change(Changes(settings=((_TOLD, setting),)))
        self._named_in = self._context.view().version

    def _is_free(self, name: str, entity_id: EntityId) -> bool:
        """Return whether words may become a name of a thing: not of what else there is, or sensitive."""
        view = self._context.view()
        try:
            entity = view.entity(entity_id)
        except UnknownEntityError:
            return False
        if (
            is_sensitive(entity)
            or entity.category
            or self._words_of_home().intersection(name.split())
        ):
            return False
        near = view.match_names(name)
        if any(m.exact or m.fuzzy >= _NEAR or m.phonetic >= _SOUNDS for m in near):
            return False
        if self._objection(f"turn on the {name}", f"turn on the {entity.name}", ()):
            return False
        # A kind that the home lacks ("heater") is no name either: only what is quite unknown is free.
        assert self._pipeline is not None  # noqa: S101 - as for what is foreseen
        return {it.reason for it in self._pipeline.foresee(f"turn on the {name}")} == {_UNKNOWN}

    def _fared(self, words: str) -> Tally:
        """Return how words fared that were read as heard, faded."""
        ends = [(end.at_s, end.good) for end in tuple(self._gathered.heard.get(words, ()))]
        return tally(ends, self._gathered.last_s)

    def _rephrase(
        self,
        turn: JournalTurn,
        later: Sequence[JournalTurn],
        signals: Mapping[TurnId, Sequence[Signal]],
    ) -> Judgement:
        return self._detector.judge(turn, later, signals, self._words_of_home())

    def _words_of_home(self) -> frozenset[str]:
        """Return the words of all names in the home."""
        view = self._context.view()
        if view.version != self._home_words[0]:
            names = (
                name
                for items in (view.entities(), view.areas(), view.floors())
                for item in items
                for name in (item.name, *item.aliases)
            )
            words = frozenset(word for name in names for word in source_key(name).split())
            self._home_words = (view.version, words)
        return self._home_words[1]

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


@cache
def _detector() -> RephraseDetector:
    """Return the released detector, one for all hubs of a process."""
    return RephraseDetector.load()
