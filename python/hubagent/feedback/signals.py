"""What one turn says about itself and about the turn before it: the signals that lie in words.

In: turns of the journal, each with the one before it at the same place. Out: signals, of the kinds and
with the traps of the method sheet, 4.1 (after Park et al., arXiv 2010.12251: termination, interruption,
rephrase, correction language). Pure, so that a journal can be judged anew; what needs time or the
devices is in ``watch`` and ``by_hand``. The words are data (``signals.toml``).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from hubagent.evidence import Signal, SignalKind, source_key
from hubagent.types import Decision, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubagent.evidence import JournalTurn
    from hubagent.types import TurnId

REPEAT_WITHIN_S = 30.0
REPHRASE_WITHIN_S = 45.0
THANKS_WITHIN_S = 60.0
AFTER_ACTION_S = 3.0
"""So long after an answer an interruption is still one of it."""
SPOKEN_CHARS_PER_S = 15.0
_LEAST_ALIKE = 0.4
_USEFUL_PART = 0.6
"""Who has heard so much of an answer may have heard enough."""
_CUT_LATE = 0.3
_UNDONE_AT_ONCE_S = 60.0
_UNDONE_LATE_S = 300.0
_UNDONE_LATE = 0.3
_NOT_FOLLOWED = frozenset({OutcomeKind.FAILED, OutcomeKind.SILENT})
_OUT_OF_SCOPE = -1.0


@dataclass(frozen=True, slots=True)
class Words:
    """The word lists."""

    patterns: Mapping[str, re.Pattern[str]]
    empty: frozenset[str]
    refused: Mapping[str, float]
    ended_by_stop: frozenset[str]
    again_intents: tuple[str, ...]
    again_commands: frozenset[str]
    talk: frozenset[str]
    returns: Mapping[str, frozenset[str]]
    starters: frozenset[str]
    sensors: frozenset[str]
    no_cause: frozenset[str]
    moving: Mapping[str, str]

    def says(self, what: str, turn: JournalTurn) -> bool:
        """Return whether the words of a turn are of a class of ``[patterns]``."""
        return self.patterns[what].search(source_key(turn.heard)) is not None


@cache
def load() -> Words:
    """Return the word lists that are shipped."""
    table = tomllib.loads(resources.files(__package__).joinpath("signals.toml").read_text("utf-8"))
    turns, by_itself = table["turns"], table["by_itself"]
    return Words(
        patterns={name: re.compile(pattern) for name, pattern in table["patterns"].items()},
        empty=frozenset(table["words"]["empty"]),
        refused=table["refused"],
        ended_by_stop=frozenset(turns["ended_by_stop"]),
        again_intents=tuple(turns["again_intents"]),
        again_commands=frozenset(turns["again_commands"]),
        talk=frozenset(turns["talk"]),
        returns={domain: frozenset(states) for domain, states in by_itself["returns"].items()},
        starters=frozenset(by_itself["starters"]),
        sensors=frozenset(by_itself["sensors"]),
        no_cause=frozenset(by_itself["no_cause"]),
        moving=by_itself["moving"],
    )


def ended_s(turn: JournalTurn) -> float:
    """Return the wall clock at which its answer was over, spoken at a usual pace."""
    return turn.at_s + turn.ms / 1000 + len(turn.response) / SPOKEN_CHARS_PER_S


def failed(turn: JournalTurn) -> bool:
    """Return whether a turn came to nothing by itself: refused, asked back, or not followed."""
    return turn.decision in (Decision.REFUSE, Decision.ASK, Decision.IGNORE) or any(
        done.outcome in _NOT_FOLLOWED for done in turn.done
    )


def is_talk(turn: JournalTurn) -> bool:
    """Return whether the words are about the turn before and ask for nothing themselves."""
    words = load()
    return turn.intent in words.talk or any(
        words.says(what, turn) for what in ("thanks", "cancel", "yes", "no")
    )


def of_itself(turn: JournalTurn) -> Iterator[Signal]:
    """Yield what a turn says of itself: that the hub could not do it."""
    strength = 0.0
    if turn.decision is Decision.REFUSE:
        refused = load().refused
        strength = refused.get(turn.reason, refused["other"])
        if strength == _OUT_OF_SCOPE:
            strength = max(0.0, 1.0 - turn.out_of_scope)
    elif any(done.outcome in _NOT_FOLLOWED for done in turn.done):
        strength = 1.0
    if strength > 0.0:
        yield Signal(turn.turn_id, SignalKind.UNHANDLED, turn.at_s, strength, turn.reason)


def of_words(previous: JournalTurn, turn: JournalTurn) -> Iterator[Signal]:
    """Yield what a turn says about the one before it at the same place.

    ``detail`` is the id of the turn that says it, never its words, so that words can be forgotten.
    """
    gap_s = turn.at_s - ended_s(previous)
    for kind, strength in (
        (SignalKind.REPEAT, _repeated(previous, turn, gap_s)),
        (SignalKind.REPHRASE, _rephrased(previous, turn, gap_s)),
        (_said(previous, turn, gap_s), 1.0),
    ):
        if kind is not None and strength > 0.0:
            yield Signal(previous.turn_id, kind, turn.at_s, round(strength, 3), turn.turn_id)


def of_undoing(
    turn: JournalTurn, took_back: Sequence[TurnId], times: Mapping[TurnId, float]
) -> Iterator[Signal]:
    """Yield what a turn says about those that it took back.

    Args:
        turn: The turn that undoes.
        took_back: The turns that are undone.
        times: When turns that are still remembered were heard.
    """
    kind = SignalKind.CORRECTION if load().says("correction", turn) else SignalKind.UNDO
    for turn_id in took_back:
        if turn_id in times:
            strength = _undone(turn.at_s - times[turn_id])
            yield Signal(turn_id, kind, turn.at_s, strength, turn.turn_id)


def of_interruption(turn: JournalTurn, at_s: float) -> Signal | None:
    """Return what an interruption says about the turn it cut short; ``None`` if nothing.

    Ending music, a timer or an alarm is part of their use, and a question may be answered before it is
    over. Of a long answer the useful part may have been heard.
    """
    if turn.decision is Decision.ASK or turn.intent in load().ended_by_stop:
        return None
    if not turn.at_s <= at_s <= ended_s(turn) + AFTER_ACTION_S:
        return None
    spoken_s = len(turn.response) / SPOKEN_CHARS_PER_S
    begun_s = turn.at_s + turn.ms / 1000
    late = spoken_s > AFTER_ACTION_S and at_s - begun_s > _USEFUL_PART * spoken_s
    return Signal(turn.turn_id, SignalKind.BARGE_IN, at_s, _CUT_LATE if late else 1.0)


def of_cancelling(turn: JournalTurn, at_s: float) -> Signal | None:
    """Return what the cancel event says about the last turn: nothing where it merely ends a use."""
    if turn.intent in load().ended_by_stop or at_s - ended_s(turn) > REPHRASE_WITHIN_S:
        return None
    return Signal(turn.turn_id, SignalKind.CANCEL, at_s)


def alike(one: str, other: str) -> float:
    """Return how alike two requests are, 0..1: by their words, or by their letters if those are nearer."""
    words = load()
    a, b = (
        [word for word in words.patterns["marks"].sub("", source_key(text)).split()
         if word not in words.empty]
        for text in (one, other)
    )  # fmt: skip
    if not a or not b:
        return 0.0
    shared = len(set(a) & set(b)) / len(set(a) | set(b))
    return max(shared, SequenceMatcher(None, " ".join(a), " ".join(b), autojunk=False).ratio() ** 2)


def _said(previous: JournalTurn, turn: JournalTurn, gap_s: float) -> SignalKind | None:
    """Return what the words are as a remark on the turn before, the surest class first."""
    words = load()
    if previous.decision is Decision.ASK and gap_s <= REPHRASE_WITHIN_S:
        for what, kind in (("yes", SignalKind.YES), ("no", SignalKind.NO)):
            if words.says(what, turn):
                return kind
    if words.says("cancel", turn):
        return SignalKind.CANCEL if gap_s <= REPHRASE_WITHIN_S else None
    if words.says("thanks", turn):
        # After a failure it is a farewell, or worse.
        return SignalKind.THANKS if gap_s <= THANKS_WITHIN_S and not failed(previous) else None
    if words.says("correction", turn) and gap_s <= REPHRASE_WITHIN_S:
        return SignalKind.CORRECTION
    return None


def _repeated(previous: JournalTurn, turn: JournalTurn, gap_s: float) -> float:
    """Return how surely the same was asked for because it had not come."""
    if gap_s > REPEAT_WITHIN_S or source_key(previous.heard) != source_key(turn.heard):
        return 0.0
    return 0.0 if is_talk(turn) or (not failed(previous) and _goes_on(previous, turn)) else 1.0


def _rephrased(previous: JournalTurn, turn: JournalTurn, gap_s: float) -> float:
    """Return how surely this is the request before in other words.

    Only what came to nothing, or is corrected, is taken for rephrased: "turn it up more" goes on from
    what was done, and "turn on the hall light" after that of the kitchen is a wish of its own. The
    detector of ``learn`` judges whole dialogues; this is its first hint.
    """
    corrected = load().says("correction", turn)
    if gap_s > REPHRASE_WITHIN_S or not (failed(previous) or corrected) or is_talk(turn):
        return 0.0
    if source_key(previous.heard) == source_key(turn.heard):
        return 0.0
    near = alike(previous.heard, turn.heard)
    return near if near >= _LEAST_ALIKE else 0.0


def _goes_on(previous: JournalTurn, turn: JournalTurn) -> bool:
    """Return whether asking for it again asks for more of it: the next song, another step."""
    words = load()
    if previous.intent.endswith(words.again_intents):
        return True
    if any(done.command in words.again_commands for done in previous.done):
        return True
    then, now = (
        [(done.entity_id, done.command, sorted(done.data.items(), key=str)) for done in it.done]
        for it in (previous, turn)
    )
    same_things = [row[:2] for row in then] == [row[:2] for row in now]
    return bool(then) and same_things and then != now


def _undone(age_s: float) -> float:
    """Return how surely an undoing is a word against what is undone.

    At once it is; a lamp that is put back after the film was right for the film.
    """
    late = (age_s - _UNDONE_AT_ONCE_S) / (_UNDONE_LATE_S - _UNDONE_AT_ONCE_S)
    return round(1.0 - (1.0 - _UNDONE_LATE) * min(1.0, max(0.0, late)), 3)
