"""The global table of the experiment: what people of other homes said next, pooled.

Other households than those that are measured: other homes, people, voices, words drawn. Their hubs only
listen. The absorbing Markov chain of arXiv 1911.02557 over the dialogues of all of them, in words and states of no
home (``pooling.py``); success is what those hubs believed, by their own signals, never the truth. Only what
several homes say is kept. The table is that of ``rewrite/table.py``, and is used by its rules.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from hubagent.evidence import Tally
from hubagent.households.arms import LISTENS
from hubagent.households.pooling import UNKNOWN
from hubagent.households.reading import reader
from hubagent.learn.life import DAY_S, tally
from hubagent.learn.markov import LIKELY, propose
from hubagent.learn.outcome import UNHANDLED
from hubagent.learn.repetition import strengthened
from hubagent.rewrite.table import Row, write_table
from hubagent.rewrite.template import GAPS, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from hubagent.households.pooling import Dialogue
    from hubagent.households.population import Crowd, Setting
    from hubagent.learn.markov import Visit

LEAST_HOMES = 3
"""Homes in which the same must have been said; the K of the method sheet, section 8, at this size."""
AGREED = 0.6
"""Least part of the success from words that must end at one and the same."""
_APART_S = 1000 * DAY_S
"""Between the days of one home and those of the next, so that they are different days."""
_TARGETS = 4
_ALWAYS = 0.8
"""Least part of the times in which words must come to what they stand for, whatever the home."""
_FOLLOWED = 0.08
"""Least part of the times words were said in which people went on to the same: idle talk is left alone."""


def build_table(
    training: Setting,
    many: Crowd,
    path: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Let training households live, pool what they said, write it; return the number of rows.

    Args:
        training: Those households.
        many: Lives them.
        path: Where the table goes.
        progress: Called with (households done, of how many).
    """
    (lived,) = many.live(replace(training, pools=True), (LISTENS,), progress=progress)
    return write_table(path, pooled([one.dialogues for one in lived]), embed=_embedded)


def _embedded(template: str) -> Sequence[float]:
    return reader().understand(spoken(template)).embedding


def pooled(homes: Iterable[Sequence[Dialogue]]) -> list[Row]:
    """Return what people of at least :data:`LEAST_HOMES` homes say, and what they mean by what fails.

    A request is a row of its own, with how it went. A rewrite is one that the chain chooses, or that it
    notes for words that usually come to nothing; its counts are the dialogues from the source that went well:
    by the target, and otherwise.
    """
    told = [
        tuple(_of_home(visit, number) for visit in dialogue)
        for number, home in enumerate(homes)
        for dialogue in home
    ]
    dialogues = strengthened(told)
    said = _Said(dialogues)
    rows = [
        Row(words, words, round(ends.good, 3), round(ends.bad, 3), len(said.homes[words]))
        for words, ends in said.ends.items()
        if said.is_common(words) and not said.states[words].startswith(UNHANDLED)
    ]
    # Counts do not fade: the days of the homes stand for a time of their own.
    found = propose(dialogues, now_s=0.0, reads=said.states.__getitem__, usual=said.usual)
    for item in found:
        targets = said.best_for(item.interpretation, item.source)
        homes_agreed = len(said.led[item.source, item.interpretation])
        clear = item.chosen or (item.noted and item.from_nothing)
        clear = clear and item.share >= AGREED
        clear = clear and item.sessions >= _FOLLOWED * said.times[item.source]
        if clear and homes_agreed >= LEAST_HOMES and UNKNOWN not in item.source:
            other = item.sessions * (1.0 - item.share) / item.share
            good, bad = round(item.sessions, 3), round(other, 3)
            rows += [Row(item.source, target, good, bad, homes_agreed) for target in targets]
    return rows


def _of_home(visit: Visit, number: int) -> Visit:
    """Return a visit on days of its home alone; nothing done is no success, whoever was silent then."""
    nothing = visit.state.startswith(UNHANDLED)
    return visit._replace(
        at_s=visit.at_s % _APART_S + number * _APART_S, defect=1.0 if nothing else visit.defect
    )


class _Said:
    """What was said in the homes, counted by words."""

    def __init__(self, dialogues: Sequence[Dialogue]) -> None:
        self.homes: dict[str, set[int]] = defaultdict(set)
        """By words: the homes in which they were said."""
        self.times: Counter[str] = Counter()
        """By words: how often they were said."""
        self.led: dict[tuple[str, str], set[int]] = defaultdict(set)
        """By words and later state: the homes in which a dialogue went from one to the other."""
        counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        ends: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for dialogue in dialogues:
            for at, visit in enumerate(dialogue):
                home = int(visit.at_s // _APART_S)
                self.homes[visit.words].add(home)
                counts[visit.words][visit.state] += 1
                self.times[visit.words] += 1
                ends[visit.words].append((visit.at_s, 1.0 - visit.defect))
                surely = 1.0
                for before, after in pairwise(dialogue[at:]):
                    surely *= before.follow
                    if surely >= LIKELY:
                        self.led[visit.words, after.state].add(home)
        self.states: Mapping[str, str] = {
            words: max(states, key=lambda state: (states[state], state))
            for words, states in counts.items()
        }
        """What words mostly come to."""
        self._always = {
            words: counts[words][state] / self.times[words] for words, state in self.states.items()
        }
        self.ends = {words: tally(seen, 0.0) for words, seen in ends.items()}
        every = Tally(
            sum(item.good for item in self.ends.values()),
            sum(item.bad for item in self.ends.values()),
        )
        self.usual = (1.0 + every.good) / (2.0 + every.total)
        self._by_state: dict[str, list[str]] = defaultdict(list)
        for words, state in self.states.items():
            if self.is_common(words):
                self._by_state[state].append(words)

    def is_common(self, words: str) -> bool:
        """Return whether enough homes say it, and every word of it is known."""
        return len(self.homes[words]) >= LEAST_HOMES and UNKNOWN not in words.split()

    def best_for(self, state: str, source: str) -> list[str]:
        """Return the words that most surely stand for a state, with no gap that the source has not.

        A few of them, as a home's guard-rails may let pass one and not another.
        """
        filled = GAPS.intersection(source.split())

        def worth(words: str) -> tuple[float, str]:
            ends = self.ends[words]
            return (1.0 + ends.good) / (2.0 + ends.total), words

        fitting = (
            words
            for words in self._by_state[state]
            if words != source
            and self._always[words] >= _ALWAYS
            and filled >= GAPS.intersection(words.split())
        )
        return sorted(fitting, key=worth, reverse=True)[:_TARGETS]
