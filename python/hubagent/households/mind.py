"""What one simulated hub learns with: the assembly that a real hub has, or nothing, or a baseline."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from hubagent.act.schedule import Schedule
from hubagent.brain import Brain, Parts
from hubagent.evidence import Changes, Stage
from hubagent.households.nearest import NearestWords
from hubagent.pipeline import Pipeline
from hubagent.rewrite.table import GlobalTable
from hubagent.understand import values

if TYPE_CHECKING:
    from pathlib import Path

    from hubagent.households.arms import Learning
    from hubagent.ports import Understand
    from hubagent.replay import MemoryHub
    from hubagent.types import TurnId


@dataclass(frozen=True, slots=True)
class PairLife:
    """How long a learned pair was in use."""

    source: str
    target: str
    origin: str
    first_day: int
    nights: int
    """After how many of the days it was in use."""
    last_day: int


class Mind:
    """A pipeline, and what it learns.

    Args:
        hub: The hub it is of.
        understand: Reads the words.
        learning: Which parts are on.
    """

    def __init__(self, hub: MemoryHub, understand: Understand, learning: Learning) -> None:
        self._self_aware = learning.self_aware
        self._listens = learning.listens
        self.view = hub.store.view
        """Takes a picture of the home."""
        self.clock = hub.clock
        self.brain: Brain | None = None
        self._in_use: dict[tuple[str, str], PairLife] = {}
        schedule = Schedule(hub.clock)
        if learning.brain:
            self.brain = Brain(
                context=hub.store,
                understand=understand,
                clock=hub.clock,
                parts=Parts(
                    chain=learning.markov,
                    rephrases=learning.rephrase,
                    names=learning.personal,
                    personal=learning.personal,
                    self_aware=learning.self_aware,
                ),
                table=_table(learning.table),
            )
            hub.listeners.append(self.brain)
            self.pipeline = self.brain.pipeline(values=values, act=hub.executor, schedule=schedule)
            return
        nearest = NearestWords() if learning.nearest else None
        self.pipeline = Pipeline(
            understand=understand, values=values, context=hub.store, act=hub.executor,
            clock=hub.clock, schedule=schedule, rewriter=nearest, observer=nearest,
        )  # fmt: skip

    def tick(self) -> None:
        """Let it see that time has passed."""
        if self.brain is not None:
            self.brain.tick()

    def interrupted(self, turn_id: TurnId) -> None:
        """Tell it that somebody spoke into its answer."""
        if self.brain is not None:
            self.brain.event("barge_in", turn_id)

    def learn(self, day: int) -> None:
        """Let it learn, in the night after a day, and note what is in use.

        The plain chain builds its table anew each night, as arXiv 1911.02557 does; what makes the other
        self-aware is that it knows what it has applied, and so keeps it.
        """
        if self.brain is None or self._listens:
            return
        if not self._self_aware:
            self.brain.store.change(
                Changes(forget_pairs=tuple((p.layer, p.source) for p in self.brain.pairs()))
            )
        self.brain.learn()
        for pair in self.brain.pairs():
            if pair.stage in {Stage.TRIAL, Stage.LIVE}:
                key = (pair.source, pair.target)
                known = self._in_use.get(key) or PairLife(*key, pair.origin, day, 0, day)
                self._in_use[key] = replace(known, nights=known.nights + 1, last_day=day)

    def pairs(self) -> tuple[PairLife, ...]:
        """Return the pairs that were ever in use, by when they came."""
        return tuple(self._in_use.values())

    def signals(self) -> dict[str, int]:
        """Return how many signals of each kind the journal holds."""
        if self.brain is None:
            return {}
        ids = [turn.turn_id for turn in self.brain.journal.turns()]
        found = self.brain.journal.signals(ids).values()
        return dict(Counter(signal.kind.value for signals in found for signal in signals))

    def journal(self) -> list[dict[str, Any]]:
        """Return the journal as documents, as a real hub exports it."""
        return [] if self.brain is None else list(self.brain.journal.export())


@cache
def _table(path: Path | None) -> GlobalTable | None:
    """Return a table, read once a process."""
    return None if path is None else GlobalTable(path)
