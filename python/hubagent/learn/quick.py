"""What one turn teaches at once: a trial pair from a rephrase that just worked, and a loss.

In: the turn that ended and those before it in its place. Out: the pairs that change. A pair made
here is only for words that came to nothing, so that there is nothing to lose; all the rest waits
for the learning pass and its evidence. The last *successful* rephrase is the target, as in
"Contextual Rephrase Detection for Reducing Friction in Dialogue Systems" (2021.emnlp-main.143).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from hubagent.evidence import Pair, SignalKind, Stage, Tally, source_key
from hubagent.learn.life import DAY_S, advance
from hubagent.learn.moved import said_otherwise
from hubagent.learn.outcome import came_to_nothing, is_rewritten, own_words, same_wish, worked
from hubagent.learn.sessions import GAP_S, LATER, gap_s
from hubagent.types import Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hubagent.evidence import JournalTurn, Signal
    from hubagent.learn.rephrase import Judgement
    from hubagent.types import Command, TurnId

SURE = 0.5
"""Least probability of the rephrase detector; what is made of it is used where there is nothing to lose."""
LOSS_WITHIN_S = 20.0
"""So long after the answer a "no" or "undo" is meant for the rewrite."""
_LOSSES = frozenset({SignalKind.NO, SignalKind.UNDO, SignalKind.CORRECTION, SignalKind.BY_HAND})
_LOSSES_IF_DONE = _LOSSES | {SignalKind.REPEAT, SignalKind.BARGE_IN}
"""Where the device did what it was told: who then says the very same again, or cuts the answer short,
does not have what was meant."""
_SURELY = 0.5
"""Least strength of a signal that is a loss at once: the end of a long answer may be cut short."""


class Reading(NamedTuple):
    """What words would come to if they were said now."""

    state: str
    """As in :class:`~hubagent.learn.markov.Visit`."""
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Quick:
    """Learns from one turn.

    Attributes:
        judge: The rephrase detector: a turn, those after it, signals by turn.
        read: Words and the place they are said in -> what they come to by themselves.
        objection: Source, target, commands -> why the one must not stand for the other, or ``""``.
        find: The pairs known of a source, the personal one first.
        has_name: Words -> whether a name that was learned is in them.
    """

    judge: Callable[
        [JournalTurn, Sequence[JournalTurn], Mapping[TurnId, Sequence[Signal]]], Judgement
    ]
    read: Callable[[str, str], Reading]
    objection: Callable[[str, str, Sequence[Command]], str]
    find: Callable[[str], tuple[Pair, ...]]
    has_name: Callable[[str], bool] = lambda _words: False

    def taught(
        self,
        turn: JournalTurn,
        before: Sequence[JournalTurn],
        signals: Mapping[TurnId, Sequence[Signal]],
    ) -> Iterator[Pair]:
        """Yield trial pairs that a turn makes of words before it that came to nothing.

        Args:
            turn: The turn that ended.
            before: Those before it in the same place, oldest first.
            signals: On all of them.
        """
        if not worked(turn) or is_rewritten(turn):
            return
        recent = _within_reach(before, turn)
        for at, source in enumerate(recent):
            words = source_key(own_words(source))
            if not came_to_nothing(source) or not self._is_open(words, turn):
                continue
            later = (*recent[at + 1 :], turn)
            judged = self.judge(source, later, signals)
            if judged.index != len(later) - 1 or judged.probability < SURE:
                continue
            yield from self.meant(words, turn)

    def meant(self, words: str, turn: JournalTurn) -> Iterator[Pair]:
        """Yield the trial pair of words that a turn was the other words for, if nothing is against it."""
        target = own_words(turn)
        reading = self.read(target, turn.place)
        if same_wish(reading.state, turn.interpretation) and not self.objection(
            words, target, reading.commands
        ):
            yield _trial(words, target, turn)

    def moved(
        self,
        turn: JournalTurn,
        before: Sequence[JournalTurn],
        signals: Mapping[TurnId, Sequence[Signal]],
    ) -> Iterator[JournalTurn]:
        """Yield turns by whose learned words people mean another thing now, which this turn was about.

        That takes two things: what was done was not what was wanted, and the same was then wanted of
        another thing, by words that nothing had to be learned of.
        """
        if self.has_name(source_key(turn.heard)):
            return
        for source in _within_reach(before, turn):
            learned = is_rewritten(source) or self.has_name(source_key(source.heard))
            lost = any(_is_loss(source, it) for it in signals.get(source.turn_id, ()))
            if learned and lost and said_otherwise(source, turn):
                yield source

    def lost(self, turn: JournalTurn, signals: Sequence[Signal]) -> Iterator[Pair]:
        """Yield the pair that a turn was rewritten by, with a loss, if people took it back at once."""
        rewrite = turn.rewrite
        if rewrite is None or not is_rewritten(turn):
            return
        lost_s = [it.at_s for it in signals if _is_loss(turn, it)]
        if not lost_s:
            return
        named = rewrite.online and not rewrite.features  # no search: a pair on trial, or its name
        for pair in self.find(rewrite.source):
            if source_key(pair.target) == source_key(rewrite.target) or (
                named and pair.stage in (Stage.TRIAL, Stage.LIVE)
            ):
                tally = Tally(pair.on.good, pair.on.bad + 1.0)
                yield advance(replace(pair, on=tally, last_s=lost_s[0]), lost_s[0])
                return

    def _is_open(self, words: str, turn: JournalTurn) -> bool:
        """Return whether nothing better is known of the words than what is about to be learned."""
        for pair in self.find(words):
            barred = pair.stage is Stage.RETIRED and turn.at_s < pair.until_s
            barred = barred and same_wish(pair.interpretation, turn.interpretation)
            if barred or pair.stage in (Stage.TRIAL, Stage.LIVE):
                return False
        return True


def _is_loss(turn: JournalTurn, signal: Signal) -> bool:
    """Return whether a signal says at once that what a turn did was not what was wanted."""
    until_s = turn.at_s + turn.ms / 1000.0 + len(turn.response) / 15.0 + LOSS_WITHIN_S
    blamed = _LOSSES_IF_DONE if worked(turn) else _LOSSES
    return signal.kind in blamed and signal.strength >= _SURELY and signal.at_s <= until_s


def _within_reach(before: Sequence[JournalTurn], turn: JournalTurn) -> tuple[JournalTurn, ...]:
    """Return the last turns that belong to the dialogue of a turn, oldest first."""
    found: list[JournalTurn] = []
    later = turn
    for earlier in reversed(before[-LATER:]):
        if earlier.place != turn.place or gap_s(earlier, later) > GAP_S:
            break
        if earlier.speaker and turn.speaker and earlier.speaker != turn.speaker:
            continue
        found.append(earlier)
        later = earlier
    return tuple(reversed(found))


def _trial(words: str, target: str, turn: JournalTurn) -> Pair:
    return Pair(
        source=words,
        target=target,
        layer=Layer.PERSONAL,
        stage=Stage.TRIAL,
        origin="rephrase",
        interpretation=turn.interpretation,
        off=Tally(0.0, 1.0),
        sessions=1.0,
        days=(int(turn.at_s // DAY_S),),
        since_s=turn.at_s,
        last_s=turn.at_s,
        why=f'"{target}" was said right after it, and worked',
    )
