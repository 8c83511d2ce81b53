"""Which words lead to success from words that fail: pairs out of what people said next.

In: dialogues as visits of states, with how likely each went wrong and how likely the next words are
for the same goal. Out: candidate rewrites with their evidence. Nothing is applied here.

"Feedback-Based Self-Learning in Large-Scale Conversational AI Agents" (arXiv 1911.02557): states
are interpretations, so that all words for one request share what was learned of it, and words that
were never understood are states of their own. "Self-aware feedback-based self-learning in
large-scale conversational AI" (arXiv 2205.00029): once a rewrite is applied nobody rephrases any
more, and a chain that takes what follows for the doing of the words as heard unlearns its best
pairs. So a rewritten turn is a *virtual* step from the words as heard to a state of the pair's own,
which gets the credit and the blame (those who say the target themselves have no part in either), and
what is known of the words is a mixture ``A_u = w A_with + (1-w) A_without`` with ``w`` the probability
that the pair is better than none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from hubagent.evidence import Tally
from hubagent.learn import chain
from hubagent.learn.beta import Beta, lower, upper
from hubagent.learn.life import DAY_S, PER_DAY, PRIOR_STRENGTH, faded
from hubagent.learn.outcome import UNHANDLED, same_wish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

PESSIMISM = 1.0
"""Bad ends that every state has in advance: thin states promise little."""
CLEAR = 0.5
"""Least share of a source's success that must come from one target: a destination, not a spread."""
GAIN = 0.1
"""By how much the target must surely succeed more often than the source does at most."""
LEAST_SESSIONS, LEAST_DAYS = 5.0, 3
NOTED_SESSIONS, NOTED_DAYS = 2.0, 2
"""From which a clear proposal is good enough where there is nothing to lose."""
LIKELY = 0.5
"""Probability from which a dialogue counts as having gone from one request to another."""
TRIED = 4
"""Sayings of a state that are read again before it is given up."""
_VIA = "\n"


class Visit(NamedTuple):
    """One thing said in a dialogue."""

    words: str
    """As heard, in the form that pairs are looked up by."""
    state: str
    """What they came to, with the rewrite if one was applied."""
    applied: str
    """Words that took their place, in the same form; empty if they were read as heard."""
    defect: float
    """Probability that it went wrong."""
    follow: float
    """Probability that the next visit of the dialogue is for the same goal; 0 for the last."""
    at_s: float
    place: str = ""
    """Where it was said."""


@dataclass(frozen=True, slots=True)
class Found:
    """A rewrite that the chain proposes."""

    source: str
    target: str
    interpretation: str
    share: float
    """Part of the source's success that ends there."""
    gain: float
    """Least success of the target less the greatest of the source, each at 95 %."""
    from_nothing: bool
    """Whether the source usually comes to nothing as heard."""
    sessions: float
    """Dialogues that went from one to the other, at most :data:`~hubagent.learn.life.PER_DAY` a day."""
    days: tuple[int, ...]
    last_s: float

    @property
    def chosen(self) -> bool:
        """Whether it meets the selection rule: clear, surely better, and often enough."""
        return (
            self.share >= CLEAR
            and self.gain > GAIN
            and self.sessions >= LEAST_SESSIONS
            and len(self.days) >= LEAST_DAYS
        )

    @property
    def noted(self) -> bool:
        """Whether it is clear and was seen more than once: enough where there is nothing to lose."""
        return (
            self.share >= CLEAR and self.sessions >= NOTED_SESSIONS and len(self.days) >= NOTED_DAYS
        )


def propose(
    dialogues: Sequence[Sequence[Visit]],
    *,
    now_s: float,
    reads: Callable[[str], str],
    better: Mapping[tuple[str, str], float] | None = None,
    usual: float = 0.5,
    self_aware: bool = True,
) -> list[Found]:
    """Return the best target of every source that has one, most surely better first.

    Args:
        dialogues: Visits, oldest first in each.
        now_s: Wall clock, to which counts are faded.
        reads: What today's understanding makes of words, as a state; a target must still come to
            its state, or it is none.
        better: P(with > without) of pairs that have been applied, by (source, target); 0.5 for others.
        usual: Success of such words in general, the prior of a source that is never read as heard.
        self_aware: ``False`` takes every turn for the doing of the words as heard: the plain chain,
            for comparison.
    """
    graph = _Graph(dialogues, now_s, better or {}, self_aware=self_aware)
    found = (_best(graph, words, reads, usual) for words in graph.sources())
    return sorted(
        (item for item in found if item is not None), key=lambda item: (-item.gain, item.source)
    )


def _counts() -> dict[str, float]:
    return defaultdict(float)


@dataclass(slots=True)
class _Row:
    """What leaves one state, in counts."""

    steps: dict[str, float] = field(default_factory=_counts)
    good: float = 0.0
    bad: float = 0.0
    again: float = 0.0
    """Said in other words that came to the same: no success, and no step."""

    @property
    def total(self) -> float:
        return self.good + self.bad + self.again + sum(self.steps.values())

    def add(self, other: _Row, weight: float) -> None:
        for state, count in other.steps.items():
            self.steps[state] += weight * count
        self.good += weight * other.good
        self.bad += weight * other.bad
        self.again += weight * other.again

    def ends(self) -> Tally:
        """Return how it ends here: who goes on to say it otherwise did not get what they wanted."""
        return Tally(self.good, self.bad + self.again + sum(self.steps.values()))


class _Graph:
    """Counts of everything, and the solved rows of all states that words to be mended come to."""

    def __init__(
        self,
        dialogues: Sequence[Sequence[Visit]],
        now_s: float,
        better: Mapping[tuple[str, str], float],
        *,
        self_aware: bool,
    ) -> None:
        self.as_heard: dict[tuple[str, str], _Row] = defaultdict(_Row)
        """Of (words, state), read as heard."""
        self.support: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
        """Dialogues by day that went from words to a later state."""
        self.last_s: dict[tuple[str, str], float] = {}
        self.states: dict[str, dict[str, float]] = defaultdict(_counts)
        """Of words: the states that they come to as heard, with counts."""
        self.sayings: dict[str, dict[str, float]] = defaultdict(_counts)
        """Of a state: the words that come to it as heard, with counts."""
        self.rewritten: dict[tuple[str, str], _Row] = defaultdict(_Row)
        """Of (words, state that they were taken for): what came of it."""
        self._taken_for: dict[tuple[str, str, str], _Row] = defaultdict(_Row)
        """Of (words, state as heard, words that took their place): the virtual step."""
        self._plain = _plain_states(dialogues) if self_aware else None
        per_day = Counter(
            (visit.words, int(visit.at_s // DAY_S)) for visits in dialogues for visit in visits
        )
        for visits in dialogues:
            for at, visit in enumerate(visits):
                often = per_day[visit.words, int(visit.at_s // DAY_S)]
                self._count(visits, at, faded(visit.at_s, now_s) * min(1.0, 2 * PER_DAY / often))
                self._note_support(visits, at)
        for (words, state), row in self.as_heard.items():
            self.states[words][state] += row.total
            self.sayings[state][words] += row.total
        for (words, state, _), row in self._taken_for.items():
            self.states[words][state] += row.total
        self.rows = self._mixed(better)
        self.outlooks = self._solved()

    def _heard_state(self, visit: Visit) -> str:
        """Return the state that a step to a visit leads to: that of its words, before a rewrite."""
        if self._plain is not None and visit.applied:
            return self._plain.get(visit.words, UNHANDLED + visit.words)
        return visit.state

    def _count(self, visits: Sequence[Visit], at: int, weight: float) -> None:
        """Count one visit; one that was rewritten as a virtual step and a visit of the pair."""
        visit = visits[at]
        key = (visit.words, visit.state)
        if self._plain is not None and visit.applied:
            step = self._taken_for[visit.words, self._heard_state(visit), visit.applied]
            step.steps[_virtual(key)] += weight
            row = self.rewritten[key]
        else:
            row = self.as_heard[key]
        on_s = weight * visit.follow if at + 1 < len(visits) else 0.0
        if on_s and (following := self._heard_state(visits[at + 1])) != visit.state:
            row.steps[following] += on_s
        elif on_s:
            row.again += on_s  # said in other words to the same effect: no step, and no success
        row.good += (weight - on_s) * (1.0 - visit.defect)
        row.bad += (weight - on_s) * visit.defect

    def _note_support(self, visits: Sequence[Visit], at: int) -> None:
        """Note which later states this dialogue got to from these words, as surely as it went on."""
        visit, surely, day = visits[at], 1.0, int(visits[at].at_s // DAY_S)
        reached = {visit.state: 1.0} if visit.applied else {}
        for before, after in pairwise(visits[at:]):
            surely *= before.follow
            reached[after.state] = max(reached.get(after.state, 0.0), surely)
        for state, weight in reached.items():
            if weight >= LIKELY:
                days = self.support[visit.words, state]
                days[day] = min(PER_DAY, days.get(day, 0.0) + weight)
                self.last_s[visit.words, state] = visit.at_s

    def _mixed(self, better: Mapping[tuple[str, str], float]) -> dict[str, _Row]:
        """Return the rows of states: of all words that come to them, with and without rewrites."""
        arms: dict[tuple[str, str], list[tuple[float, _Row]]] = defaultdict(list)
        for (words, state, target), row in self._taken_for.items():
            arms[words, state].append((better.get((words, target), 0.5), row))
        for key, row in self.as_heard.items():
            most = max((share for share, _ in arms[key]), default=0.0)
            arms[key].append((1.0 - most, row))
        rows: dict[str, _Row] = defaultdict(_Row)
        rows |= {_virtual(key): row for key, row in self.rewritten.items()}
        for (_, state), shares in arms.items():
            seen = [(max(share, 1e-6), row) for share, row in shares if row.total > 0]
            whole, total = sum(share for share, _ in seen), sum(row.total for _, row in seen)
            for share, row in seen:
                rows[state].add(row, share / whole * total / row.total)
        return rows

    def _solved(self) -> dict[str, tuple[float, list[tuple[str, float]]]]:
        """Return, by state, the chance to end well, and with which states as the last."""
        names = sorted({*self.rows, *(to for row in self.rows.values() for to in row.steps)})
        number = {name: at for at, name in enumerate(names)}
        rows = [self.rows.get(name, _Row()) for name in names]
        solved = chain.solve(
            [
                (at, number[to], count)
                for at, row in enumerate(rows)
                for to, count in row.steps.items()
            ],
            [row.good for row in rows],
            [row.bad for row in rows],
            rows=sorted(
                {number[state] for words in self.sources() for state in self.states[words]}
            ),
            pessimism=PESSIMISM,
        )
        return {
            names[item.state]: (item.success, [(_real(names[to]), g) for to, g in item.targets])
            for item in solved
        }

    def sources(self) -> list[str]:
        """Return words from which some dialogue went on to another state."""
        return sorted({words for words, _ in self.support})


def _virtual(key: tuple[str, str]) -> str:
    """Return the state of words that were taken for another state."""
    return f"{key[1]}{_VIA}{key[0]}"


def _real(state: str) -> str:
    """Return the state itself, of a virtual one what the words were taken for."""
    return state.partition(_VIA)[0]


def _plain_states(dialogues: Iterable[Sequence[Visit]]) -> dict[str, str]:
    """Return the state that words last came to when they were read as heard."""
    heard = (visit for visits in dialogues for visit in visits if not visit.applied)
    return {visit.words: visit.state for visit in sorted(heard, key=lambda visit: visit.at_s)}


def _best(graph: _Graph, words: str, reads: Callable[[str], str], usual: float) -> Found | None:
    """Return the best rewrite of words, ``None`` where leaving them alone is as good."""
    states = graph.states[words]
    seen = sum(states.values())
    chances = _counts()
    success = 0.0
    for state, count in states.items():
        ends_well, by_last = graph.outlooks[state]
        success += count / seen * ends_well
        for last, chance in by_last:
            chances[last] += count / seen * chance
    if success <= 0:
        return None
    usually = max(states, key=lambda state: (states[state], state))
    goal = max(chances, key=lambda state: (chances[state], state == usually, state))
    if goal == usually or goal.startswith(UNHANDLED) or same_wish(reads(words), goal):
        return None
    target = _words_for(graph, goal, words, reads)
    if target is None:
        return None
    as_heard = _Row()
    for state in states:
        as_heard.add(graph.as_heard.get((words, state), _Row()), 1.0)
    source = Beta.of(as_heard.ends(), mean=usual, strength=PRIOR_STRENGTH)
    with_it = _Row()
    with_it.add(graph.rows[goal], 1.0)
    with_it.add(graph.rewritten.get((words, goal), _Row()), 1.0)
    days = graph.support[words, goal]
    return Found(
        source=words,
        target=target,
        interpretation=goal,
        share=chances[goal] / success,
        from_nothing=usually.startswith(UNHANDLED),
        gain=lower(Beta.of(with_it.ends())) - upper(source),
        sessions=sum(days.values()),
        days=tuple(sorted(days))[-16:],
        last_s=graph.last_s.get((words, goal), 0.0),
    )


def _words_for(graph: _Graph, goal: str, source: str, reads: Callable[[str], str]) -> str | None:
    """Return the words that best stand for a state: usual, successful, and still read as it."""
    worth = {
        words: count * Beta.of(graph.as_heard[words, goal].ends()).mean
        for words, count in graph.sayings[goal].items()
        if words != source
    }
    ranked = sorted(worth, key=lambda words: (-worth[words], words))
    return next((words for words in ranked[:TRIED] if same_wish(reads(words), goal)), None)
