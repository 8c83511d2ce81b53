"""One learning pass: the journal in, new tables out, all of them or none.

journal -> sessions -> labels and rephrases -> chain -> guard-rails -> life -> one transaction.

Everything is worked out anew from the journal within its window, so that a pass without new turns
changes nothing, and one that is cut off at any point leaves the old tables. The chain is that of
arXiv 1911.02557 and 2205.00029; see ``learn.markov``.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hubagent.evidence import Affinity, Changes, Entry, Pair, Stage, source_key
from hubagent.learn import life, weights
from hubagent.learn.aliases import Alias, as_text, from_rows, kept, learned
from hubagent.learn.life import DAY_S
from hubagent.learn.markov import Found, propose
from hubagent.learn.outcome import same_wish
from hubagent.learn.repetition import strengthened
from hubagent.types import Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hubagent.clock import Clock
    from hubagent.learn.gather import End, Gathered, Judges, Rephrased
    from hubagent.learn.quick import Reading
    from hubagent.ports import Journal, PairStore
    from hubagent.types import Command, EntityId

    Progress = Callable[[str, int, int], None]
    """Told what is done, how much of it, and of how much (0: unknown)."""

ALIASES = "aliases"
"""Setting of the tables in which learned names are kept."""
RANKER = "ranker"
"""Setting of the home's own weights of the ranker of rewrites; see ``rewrite.search``."""
LEAST_NOTED = 2.0
"""Dialogues from which a proposal of the chain is noted at all."""
UNUSED_S = 180 * DAY_S
"""Pairs that nobody needed for so long are let go."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a pass works with.

    Attributes:
        journal: Where turns and signals come from.
        store: The tables; read at the start, changed once at the end.
        judges: Judge rephrases and defects.
        read: Words and a place -> what they would come to now, by themselves.
        objection: Source, target, commands -> why the one must not stand for the other, or ``""``.
        pause: Called between steps; returns when no turn is under way. May raise to end the pass.
        writing: Held while the tables are compared and changed, as a turn may teach something too.
        chain: Whether the Markov chain proposes pairs.
        rephrases: Whether single rephrases do.
        is_free: Whether words may be a name of a thing; ``None`` learns no names.
        shipped: Weights of the ranker that a home may move; empty moves none.
        settings: What else goes into the transaction, such as the judge these judges are of.
        self_aware: ``False`` runs the plain chain, for comparison: what it does not choose anew in
            each pass goes.
    """

    journal: Journal
    store: PairStore
    judges: Judges
    read: Callable[[str, str], Reading]
    objection: Callable[[str, str, Sequence[Command]], str]
    pause: Callable[[], None] = lambda: None
    writing: threading.Lock = field(default_factory=threading.Lock)
    chain: bool = True
    rephrases: bool = True
    is_free: Callable[[str, EntityId], bool] | None = None
    shipped: Mapping[str, float] = field(default_factory=dict)
    settings: tuple[tuple[str, str], ...] = ()
    self_aware: bool = True


@dataclass(slots=True)
class Report:
    """What a pass did, in numbers and sentences."""

    at_s: float
    new: int = 0
    """Turns that no pass of this run had looked at."""
    turns: int = 0
    """Turns that count, of the last 90 days, and their dialogues."""
    dialogues: int = 0
    seconds: float = 0.0
    version: int = 0
    learnt: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Pairs that the guard-rails kept out."""

    def tell(self, before: Pair | None, after: Pair) -> bool:
        """Take note of what became of a pair; return whether it is worth keeping."""
        what = f'"{after.source}" for "{after.target}"'
        same = before is not None and before.target == after.target
        stage = before.stage if before is not None and same else None
        if after.stage is stage:
            return True
        if after.stage in (Stage.TRIAL, Stage.LIVE):
            how = "where it would come to nothing" if after.stage is Stage.TRIAL else "from now on"
            self.learnt.append(f"{what} {how}: {after.why}")
        elif stage is None and after.stage is Stage.RETIRED:
            self.refused.append(f"{what}: {after.why}")
            return False
        elif stage is not None:
            self.retired.append(
                f"{what} {'put aside' if after.stage is Stage.SHADOW else 'no more'}: {after.why}"
            )
        return True

    def document(self) -> dict[str, Any]:
        """Return it for ``--json`` and for the tables."""
        return {
            "at": self.at_s,
            "new": self.new,
            "turns": self.turns,
            "dialogues": self.dialogues,
            "seconds": round(self.seconds, 3),
            "version": self.version,
            "learnt": self.learnt,
            "retired": self.retired,
            "refused": self.refused,
            "text": self.sentences(),
        }

    def sentences(self) -> list[str]:
        """Return it for people."""
        looked = (
            f"Looked at {self.turns} turns in {self.dialogues} dialogues ({self.seconds:.1f} s)."
        )
        nothing = [] if self.learnt or self.retired else ["Nothing changed."]
        kept_out = [f"Kept out: {text}." for text in self.refused]
        told = [f"{text}." for text in (*self.learnt, *self.retired)]
        return [looked, *told, *kept_out, *nothing]


def learn(
    tools: Tools, gathered: Gathered, clock: Clock, *, progress: Progress | None = None
) -> Report:
    """Run a pass and return what it did.

    Args:
        tools: What it works with.
        gathered: What earlier passes took in; grows by what is new in the journal.
        clock: Wall clock of bars and of what is settled.
        progress: Told how far it is.
    """
    now_s, started_s = clock.now_s(), clock.monotonic_s()
    show = progress or (lambda _what, _done, _total: None)
    taken_in = 0
    for count in gathered.read(tools.judges, tools.journal, now_s):
        taken_in = count
        tools.pause()
        show("turns", count, 0)
    before = {(pair.layer, pair.source): pair for pair in tools.store.pairs()}
    known = [_counted(pair, gathered) for pair in before.values()]
    usual = life.usual_success(known)
    show("chain", 0, 0)
    found = _proposals(tools, gathered, known, usual) if tools.chain else {}
    show("pairs", 0, 0)
    report = Report(now_s, taken_in, gathered.turns, len(gathered.dialogues))
    changed: list[Pair] = []
    for candidate, supports in _candidates(tools, known, found, gathered):
        pair = _counted(candidate, gathered)
        moved = _guarded(tools, pair, gathered, now_s)
        if moved.stage is pair.stage and tools.self_aware:
            of_kind = usual.get(life.domain_of(pair), usual[""])
            used = gathered.rewritten.get((pair.source, source_key(pair.target)), [])
            moved = life.advance(
                moved,
                now_s,
                usual=of_kind,
                supports=supports,
                stale=life.out_of_date(_pairs_of(used)),
            )
        elif moved.stage is pair.stage and pair.origin == "chain":
            moved = _rebuilt(moved, now_s, chosen=supports is Stage.LIVE)
        old = before.get((pair.layer, pair.source))
        if moved != old and report.tell(old, moved):
            changed.append(moved)
    gone = tuple(key for key, pair in before.items() if _is_unused(pair, now_s))
    report.retired += [f'"{source}" is let go, nobody needed it' for _, source in gone]
    entries = tuple(_entries(tools.store.entries(), gathered))
    names = all_names(tools.store)
    named = _names(tools, gathered, now_s, report)
    settings = (*tools.settings, *named, *_weights(tools, gathered, report))
    tools.pause()
    with tools.writing:
        # What a turn taught meanwhile stands; the next pass sees both.
        now = {(pair.layer, pair.source): pair for pair in tools.store.pairs()}
        standing = tuple(
            pair
            for pair in changed
            if now.get(key := (pair.layer, pair.source)) == before.get(key) and key not in gone
        )
        if all_names(tools.store) != names:
            settings = tuple(item for item in settings if item[0] != ALIASES)
        changes = Changes(pairs=standing, entries=entries, forget_pairs=gone, settings=settings)
        if changes != Changes():
            tools.store.change(changes)
    report.version = tools.store.version
    report.seconds = clock.monotonic_s() - started_s
    return report


def _counted(pair: Pair, gathered: Gathered) -> Pair:
    """Return a pair with its counts as the journal has them; without any there they stay."""
    with_it = gathered.rewritten.get((pair.source, source_key(pair.target)), [])
    as_heard = gathered.heard.get(pair.source, [])
    if not with_it and not as_heard:
        return pair
    days = {int(end.at_s // DAY_S) for end in with_it if end.good >= 0.5}
    return replace(
        pair,
        on=life.tally(_pairs_of(with_it), gathered.last_s),
        off=life.tally(_pairs_of(as_heard), gathered.last_s),
        days=tuple(sorted({*pair.days, *days}))[-16:],
        last_s=max([pair.last_s, *(end.at_s for end in (*with_it, *as_heard))]),
    )


def _pairs_of(ends: Iterable[End]) -> list[tuple[float, float]]:
    return [(end.at_s, end.good) for end in ends]


def _proposals(
    tools: Tools,
    gathered: Gathered,
    known: Sequence[Pair],
    usual: dict[str, float],
) -> dict[str, Found]:
    """Return what the chain proposes, by source."""
    better = {
        (pair.source, source_key(pair.target)): life.gain_of(
            pair, usual.get(life.domain_of(pair), usual[""])
        )
        for pair in known
    }

    def reads(words: str) -> str:
        tools.pause()
        return tools.read(words, gathered.places.get(words, "")).state

    return {
        found.source: found
        for found in propose(
            strengthened(gathered.dialogues),
            now_s=gathered.last_s,
            reads=reads,
            better=better,
            usual=usual[""],
            self_aware=tools.self_aware,
        )
    }


def _candidates(
    tools: Tools, known: Iterable[Pair], found: Mapping[str, Found], gathered: Gathered
) -> Iterator[tuple[Pair, Stage]]:
    """Yield each pair, known or proposed, with the stage for which there is support."""
    rephrased = {item.words: item for item in gathered.rephrased} if tools.rephrases else {}
    left = dict(found)
    for pair in known:
        if pair.layer is Layer.PERSONAL:
            proposed = left.pop(pair.source, None)
            said = rephrased.pop(pair.source, None)
            yield _renewed(pair, proposed, said)
        else:
            yield pair, Stage.SHADOW
    for words, item in rephrased.items():
        if words not in left or not left[words].chosen:
            left.pop(words, None)
            yield _new(words, item.target, item.interpretation, "rephrase", item.at_s), Stage.TRIAL
    for proposed in left.values():
        if proposed.sessions >= LEAST_NOTED:
            yield _of_chain(proposed), _support(proposed)


def _renewed(pair: Pair, proposed: Found | None, said: Rephrased | None) -> tuple[Pair, Stage]:
    """Return a known pair, or the one that takes its place, with the stage it has support for."""
    if proposed is not None and proposed.interpretation != pair.interpretation:
        if proposed.chosen and proposed.last_s > pair.since_s:
            return _of_chain(proposed), Stage.LIVE
        proposed = None
    if said is not None and said.interpretation != pair.interpretation:
        # What is barred is this target; what people have meant since then is another.
        gone = pair.stage is Stage.RETIRED and said.at_s > pair.since_s
        if pair.stage is Stage.SHADOW or gone:
            pair = _new(pair.source, said.target, said.interpretation, "rephrase", said.at_s)
            return pair, Stage.TRIAL
        said = None
    if proposed is None:
        return pair, Stage.SHADOW if said is None else Stage.TRIAL
    merged = replace(
        pair,
        sessions=proposed.sessions,
        days=tuple(sorted({*pair.days, *proposed.days}))[-16:],
        last_s=max(pair.last_s, proposed.last_s),
    )
    support = _support(proposed)
    return merged, Stage.TRIAL if support is Stage.SHADOW and said is not None else support


def _support(proposed: Found) -> Stage:
    """Return the highest stage that the chain's evidence alone is enough for."""
    if proposed.chosen:
        return Stage.LIVE
    return Stage.TRIAL if proposed.noted and proposed.from_nothing else Stage.SHADOW


def _of_chain(found: Found) -> Pair:
    pair = _new(found.source, found.target, found.interpretation, "chain", found.last_s)
    return replace(pair, sessions=found.sessions, days=found.days)


def _new(words: str, target: str, interpretation: str, origin: str, at_s: float) -> Pair:
    return Pair(
        source=words,
        target=target,
        layer=Layer.PERSONAL,
        stage=Stage.SHADOW,
        origin=origin,
        interpretation=interpretation,
        sessions=1.0,
        days=(int(at_s // DAY_S),),
        last_s=at_s,
    )


def _guarded(tools: Tools, pair: Pair, gathered: Gathered, now_s: float) -> Pair:
    """Return the pair, retired if it must not be: by the guard-rails, or as nothing would do it."""
    if pair.stage is Stage.RETIRED:
        return pair
    tools.pause()
    reading = tools.read(pair.target, gathered.places.get(source_key(pair.target), ""))
    why = tools.objection(pair.source, pair.target, reading.commands)
    if not why and pair.stage is Stage.SHADOW and not same_wish(reading.state, pair.interpretation):
        why = "the words of the target alone do not come to the same"
    return replace(pair, stage=Stage.RETIRED, since_s=now_s, why=why) if why else pair


def _rebuilt(pair: Pair, now_s: float, *, chosen: bool) -> Pair:
    """Return the pair as the plain chain has it: live while every new build chooses it."""
    stage = Stage.LIVE if chosen else Stage.SHADOW
    return pair if pair.stage is stage else replace(pair, stage=stage, since_s=now_s, why="rebuilt")


def known_names(store: PairStore) -> list[Alias]:
    """Return the names that were learned and are in force."""
    return [alias for alias in all_names(store) if not alias.gone_s]


def all_names(store: PairStore) -> list[Alias]:
    """Return the names that were learned, those that are none any more too."""
    return from_rows(json.loads(store.setting(ALIASES, "[]")))


def _names(
    tools: Tools, gathered: Gathered, now_s: float, report: Report
) -> tuple[tuple[str, str], ...]:
    """Return the setting of the learned names, if that changes."""
    if tools.is_free is None:
        return ()
    before = all_names(tools.store)
    after = learned(
        kept(before, gathered.heard, gathered.last_s),
        gathered.mendings(),
        now_s=now_s,
        is_free=tools.is_free,
    )
    old, new = (
        {alias.name: alias.entity_id for alias in names if not alias.gone_s}
        for names in (before, after)
    )
    report.learnt += [
        f'"{name}" is a name of {thing}' for name, thing in new.items() if name not in old
    ]
    report.retired += [
        f'"{name}" is no name of {thing} any more' for name, thing in old.items() if name not in new
    ]
    return ((ALIASES, as_text(after)),) if after != before else ()


def _weights(tools: Tools, gathered: Gathered, report: Report) -> tuple[tuple[str, str], ...]:
    """Return the setting of the ranker's own weights, if that changes; only new turns move them."""
    if not report.new or not tools.shipped:
        return ()
    before = json.loads(tools.store.setting(RANKER, "{}"))
    after = weights.moved(tools.shipped, before, gathered.searched, gathered.last_s)
    if after == before:
        return ()
    report.learnt.append(f"the search weighs {', '.join(sorted(after)) or 'all'} anew")
    return ((RANKER, json.dumps(after) if after else ""),)


def _is_unused(pair: Pair, now_s: float) -> bool:
    return max(pair.last_s, pair.since_s, pair.until_s) < now_s - UNUSED_S


def _entries(known: Iterable[Entry], gathered: Gathered) -> Iterator[Entry]:
    """Yield the words that work in this home, where they are new or fared otherwise since."""
    before = {entry.text: entry for entry in known}
    for words, own in gathered.own.items():
        ends = gathered.heard[words]
        hours = [0.0] * 24
        for end in ends:
            hours[time.localtime(end.at_s).tm_hour] += life.faded(end.at_s, own.at_s)
        entry = Entry(
            text=words,
            interpretation=own.interpretation,
            affinity=Affinity.OWN,
            tally=life.tally(_pairs_of(ends), own.at_s),
            last_s=own.at_s,
            hours=tuple(hours),
            place=own.place,
            embedding=own.embedding,
        )
        if before.get(words) != entry:
            yield entry
