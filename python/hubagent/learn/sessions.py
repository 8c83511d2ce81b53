"""Dialogues in the journal: runs of one person's turns in one place, close in time.

In: ``JournalTurn`` oldest first. Out: ``Session``. Pure and bounded: nothing is kept but the
sessions that are still open.

Source: session construction of "Feedback-Based Self-Learning in Large-Scale Conversational AI
Agents" (arXiv 1911.02557): one user, one device, a delay between turns below a threshold. Measured
here from the end of the answer, as nobody can speak on before they have heard it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.evidence import source_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hubagent.evidence import JournalTurn

GAP_S = 45.0
"""Longest silence within a dialogue."""
LATER = 5
"""Turns after a request that may rephrase it."""
LONGEST = 40
"""Steps after which a dialogue is cut, whatever its gaps; none of people is so long."""
_SPOKEN_PER_S = 15.0
"""Characters of an answer that are spoken in a second."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing said in a dialogue, however often it was said in a row to the same effect."""

    turns: tuple[JournalTurn, ...]
    """The first and, if it was said again, the last of them."""
    repeats: int
    """How often it was said again."""
    gap_s: float
    """From the end of the answer before; 0 for the first step of a dialogue."""

    @property
    def turn(self) -> JournalTurn:
        """Return the last of the turns: what it came to in the end."""
        return self.turns[-1]


@dataclass(frozen=True, slots=True)
class Session:
    """One dialogue; ``speaker`` is empty where nobody knows."""

    place: str
    speaker: str
    steps: tuple[Step, ...]

    def later(self, index: int, most: int = LATER) -> tuple[JournalTurn, ...]:
        """Return the turns after step ``index``, at most so many: those that may rephrase it."""
        return tuple(step.turn for step in self.steps[index + 1 : index + 1 + most])


def ended_s(turn: JournalTurn) -> float:
    """Return the wall clock at which the answer to a turn was over, if it was spoken."""
    return turn.at_s + turn.ms / 1000.0 + len(turn.response) / _SPOKEN_PER_S


def gap_s(before: JournalTurn, after: JournalTurn) -> float:
    """Return the silence between two turns, s; 0 if the second broke into the answer."""
    return max(0.0, after.at_s - ended_s(before))


def sessions(
    turns: Iterable[JournalTurn],
    *,
    longest_gap_s: float = GAP_S,
    new_topic: Callable[[JournalTurn, JournalTurn], bool] | None = None,
) -> Iterator[Session]:
    """Yield dialogues as they end, each with at least one step.

    A turn goes on with the dialogue of its speaker in its place; where either is unknown, with the
    last one of the place. So a request of somebody else in between breaks nothing where speakers
    are known. A dialogue ends after ``longest_gap_s`` of silence, when the clock was set back, and
    after 40 steps. Turns without a letter or digit (a wake word heard in vain) are passed over.

    Args:
        turns: Oldest first.
        longest_gap_s: From the end of the answer to the next words.
        new_topic: Called with a turn and the one before it; ``True`` begins a new dialogue.
    """
    open_ones: dict[tuple[str, str], _Open] = {}
    for turn in turns:
        if not source_key(turn.heard):
            continue
        for key, one in list(open_ones.items()):
            if one.is_over(turn, longest_gap_s):
                yield open_ones.pop(key).close()
        found = _of(turn, open_ones)
        if found is not None:
            one = open_ones.pop(found)  # taken out and put back, so that the last stands last
            if len(one.steps) < LONGEST and not (new_topic and new_topic(one.last, turn)):
                one.add(turn)
                open_ones[one.key] = one
                continue
            yield one.close()
        begun = _Open(turn)
        open_ones[begun.key] = begun
    for one in open_ones.values():
        yield one.close()


def _of(turn: JournalTurn, open_ones: dict[tuple[str, str], _Open]) -> tuple[str, str] | None:
    """Return the key of the open dialogue that a turn goes on with."""
    if turn.speaker and (turn.place, turn.speaker) in open_ones:
        return turn.place, turn.speaker
    for place, speaker in reversed(open_ones):
        if place == turn.place and not (speaker and turn.speaker):
            return place, speaker
    return None


class _Open:
    """A dialogue that may go on."""

    def __init__(self, turn: JournalTurn) -> None:
        self.speaker = turn.speaker
        self.steps = [Step((turn,), 0, 0.0)]

    @property
    def last(self) -> JournalTurn:
        return self.steps[-1].turn

    @property
    def key(self) -> tuple[str, str]:
        return self.last.place, self.speaker

    def is_over(self, turn: JournalTurn, longest_gap_s: float) -> bool:
        return turn.at_s < self.last.at_s or gap_s(self.last, turn) > longest_gap_s

    def add(self, turn: JournalTurn) -> None:
        before = self.steps[-1]
        self.speaker = self.speaker or turn.speaker
        if _same(before.turn, turn):
            first = before.turns[0]
            self.steps[-1] = Step((first, turn), before.repeats + 1, before.gap_s)
        else:
            self.steps.append(Step((turn,), 0, gap_s(before.turn, turn)))

    def close(self) -> Session:
        return Session(self.last.place, self.speaker, tuple(self.steps))


def _same(before: JournalTurn, after: JournalTurn) -> bool:
    """Whether the same words came to the same: one state of the chain, not a step to another."""
    return (
        source_key(before.heard) == source_key(after.heard)
        and before.interpretation == after.interpretation
    )
