"""The journal boiled down to what learning needs: dialogues as visits, and how things said ended.

In: the journal. Out: a few numbers a turn; texts are shared, embeddings are packed into bytes, so
that 90 days of a busy home stay in some ten megabytes. What was taken in is not read again: a dialogue
is taken once it has settled, and what grows is only what is new.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from hubagent.evidence import source_key
from hubagent.learn.aliases import Mending
from hubagent.learn.life import DAY_S
from hubagent.learn.markov import Visit
from hubagent.learn.moved import DOUBTED, said_otherwise
from hubagent.learn.outcome import came_to_nothing, is_rewritten, own_words, worked
from hubagent.learn.quick import SURE
from hubagent.learn.sessions import sessions
from hubagent.learn.weights import Used

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hubagent.evidence import JournalTurn, Signal
    from hubagent.learn.rephrase import Judgement
    from hubagent.learn.sessions import Session
    from hubagent.ports import Journal
    from hubagent.types import TurnId

WINDOW_S = 90 * DAY_S
"""What is older counts next to nothing any more."""
SETTLED_S = 900.0
"""Turns younger than this wait for the next pass: what comes of them is not known yet."""
LIKELY_BAD = 0.5


@dataclass(frozen=True, slots=True)
class Judges:
    """What judges turns.

    Attributes:
        rephrase: A turn, those after it, signals by turn -> which of them rephrases it.
        defect: A turn, those after it, the signals on it -> probability that it went wrong.
        has_name: Words -> whether a name that was learned is in them.
    """

    rephrase: Callable[
        [JournalTurn, Sequence[JournalTurn], Mapping[TurnId, Sequence[Signal]]], Judgement
    ]
    defect: Callable[[JournalTurn, Sequence[JournalTurn], Sequence[Signal]], float]
    has_name: Callable[[str], bool] = lambda _words: False


class End(NamedTuple):
    """How one turn ended."""

    at_s: float
    good: float
    """Probability that it was what was wanted."""
    state: str
    """What it came to."""


class Own(NamedTuple):
    """Words that were read as heard and did something."""

    interpretation: str
    at_s: float
    place: str
    embedding: bytes


class Rephrased(NamedTuple):
    """Words that came to nothing and what was said instead, and worked."""

    words: str
    target: str
    interpretation: str
    place: str
    at_s: float


@dataclass(slots=True)
class Gathered:
    """Everything that a learning pass looks at."""

    dialogues: list[tuple[Visit, ...]] = field(default_factory=list)
    heard: dict[str, list[End]] = field(default_factory=lambda: defaultdict(list))
    """By words: ends of turns in which they were read as heard."""
    rewritten: dict[tuple[str, str], list[End]] = field(default_factory=lambda: defaultdict(list))
    """By (words, target): ends of turns in which the rewrite was applied."""
    own: dict[str, Own] = field(default_factory=dict)
    """By words: the last time they worked."""
    rephrased: list[Rephrased] = field(default_factory=list)
    searched: list[Used] = field(default_factory=list)
    """Rewrites that were found by searching, with what the ranker saw."""
    places: dict[str, str] = field(default_factory=dict)
    """By words: where they were said last."""
    turns: int = 0
    last_s: float = 0.0
    """When the newest turn was heard: the time to which counts are faded."""
    _together: set[tuple[str, str]] = field(default_factory=set)
    """States of two things that were wanted one right after the other, by their own names."""
    _resume_s: float = 0.0
    _taken: set[TurnId] = field(default_factory=set)
    """Turns after ``_resume_s`` that are of dialogues taken already."""

    def read(self, judges: Judges, journal: Journal, now_s: float) -> Iterator[int]:
        """Take in every dialogue that has settled; yield after each how many turns are new."""
        turns = journal.turns(since_s=max(self._resume_s, now_s - WINDOW_S), until_s=now_s)
        new = (turn for turn in turns if turn.turn_id not in self._taken)
        resume_s, taken, count = now_s, set(self._taken), 0
        for session in sessions(new):
            said = [turn for step in session.steps for turn in step.turns]
            if said[-1].at_s > now_s - SETTLED_S:
                resume_s = min(resume_s, said[0].at_s)
                continue
            self._add(session, journal.signals([turn.turn_id for turn in said]), judges)
            taken.update(turn.turn_id for turn in said)
            count += len(said)
            yield count
        # Only when all of it is in: a pass that was cut off in the middle begins anew.
        self._resume_s = min(resume_s, now_s - SETTLED_S)
        self._taken = taken
        self._let_go(now_s - WINDOW_S)

    def mendings(self) -> Iterator[Mending]:
        """Yield what people meant by words that came to nothing: said by them, or taken so and good."""
        for item in self.rephrased:
            yield Mending(item.words, item.target, item.interpretation, item.at_s)
        for (words, target), ends in self.rewritten.items():
            for end in ends:
                if end.good >= LIKELY_BAD:
                    yield Mending(words, target, end.state, end.at_s)

    def _let_go(self, before_s: float) -> None:
        """Forget what is older than the window."""
        self.dialogues = [visits for visits in self.dialogues if visits[-1].at_s >= before_s]
        for ends in (self.heard, self.rewritten):
            for key in [key for key, seen in ends.items() if seen[0].at_s < before_s]:
                kept = [end for end in ends[key] if end.at_s >= before_s]  # type: ignore[index]
                if kept:
                    ends[key] = kept  # type: ignore[index]
                else:
                    del ends[key]  # type: ignore[arg-type]
        self.own = {words: own for words, own in self.own.items() if words in self.heard}
        self.rephrased = [item for item in self.rephrased if item.at_s >= before_s]
        self.searched = [item for item in self.searched if item.at_s >= before_s]

    def _add(
        self, session: Session, signals: Mapping[TurnId, Sequence[Signal]], judges: Judges
    ) -> None:
        visits = []
        for at, step in enumerate(session.steps):
            turn = step.turn
            later = session.later(at)
            judged = judges.rephrase(turn, later, signals)
            wrong = max(
                judges.defect(one, later, signals.get(one.turn_id, ())) for one in step.turns
            )
            if later:
                wrong = max(wrong, self._doubt(turn, later[0], judges.has_name))
            visits.append(self._visit(turn, wrong, judged.rephrases[0] if later else 0.0))
            if judged.index is not None and judged.probability >= SURE:
                self._note_rephrase(turn, later[judged.index])
            self.turns += len(step.turns)
            self.last_s = max(self.last_s, turn.at_s)
        self.dialogues.append(tuple(visits))

    def _doubt(
        self, turn: JournalTurn, later: JournalTurn, has_name: Callable[[str], bool]
    ) -> float:
        """Return how likely a turn went wrong as the same was wanted of another thing right after.

        Only where the words were learned, and where the two are not wanted one after the other
        anyway, by their own names.
        """
        if not said_otherwise(turn, later):
            return 0.0
        both = (turn.interpretation, later.interpretation)
        if not is_rewritten(turn) and not has_name(source_key(turn.heard)):
            self._together.add(both)
            return 0.0
        return 0.0 if both in self._together else 1.0 - DOUBTED

    def _visit(self, turn: JournalTurn, wrong: float, follow: float) -> Visit:
        words = sys.intern(source_key(turn.heard))
        rewrite = turn.rewrite
        applied = ""
        if rewrite is not None and is_rewritten(turn):
            applied = sys.intern(source_key(rewrite.target))
            self.rewritten[words, applied].append(End(turn.at_s, 1.0 - wrong, turn.interpretation))
            if rewrite.online and rewrite.features:
                seen = dict(rewrite.features)
                self.searched.append(Used(words, turn.at_s, 1.0 - wrong, seen, rewrite.score))
        else:
            self.heard[words].append(End(turn.at_s, 1.0 - wrong, turn.interpretation))
            if worked(turn) and wrong < LIKELY_BAD:
                packed = bytes(round(127 * value) & 0xFF for value in turn.embedding)
                self.own[words] = Own(turn.interpretation, turn.at_s, turn.place, packed)
        self.places[words] = turn.place
        state, place = sys.intern(turn.interpretation), sys.intern(turn.place)
        return Visit(words, state, applied, wrong, follow, turn.at_s, place)

    def _note_rephrase(self, turn: JournalTurn, later: JournalTurn) -> None:
        if came_to_nothing(turn) and worked(later) and not is_rewritten(later):
            self.rephrased.append(
                Rephrased(
                    source_key(turn.heard),
                    own_words(later),
                    later.interpretation,
                    later.place,
                    later.at_s,
                )
            )
