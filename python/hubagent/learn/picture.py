"""A request and the turns after it as numbers: what the rephrase detector sees.

In: ``JournalTurn`` and signals. Out: one row a turn, in blocks, so that detectors that may see less
(``evaluate`` compares some) take fewer blocks of the same rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hubagent.evidence import SignalKind
from hubagent.learn import words
from hubagent.learn.sessions import LATER, ended_s, gap_s
from hubagent.types import Decision, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set as AbstractSet

    from hubagent.evidence import JournalTurn, Signal
    from hubagent.types import TurnId

Floats: TypeAlias = NDArray[np.float32]

WIDTH = 384
"""Of an embedding."""
GAPS_S = (2.0, 5.0, 10.0, 20.0, 45.0, 120.0)
"""Upper ends of the buckets of silence; one more is open."""
_LOW_ASR = 0.5
_NOT_KNOWN = frozenset({"not_understood", "not_for_me", "unsupported", "nothing_said", "chatter"})
_NOT_FOUND = frozenset({"unknown_name", "unknown_area", "no_such_device"})
_FOLLOWED = frozenset({OutcomeKind.FOLLOWED, OutcomeKind.ALREADY, OutcomeKind.SENT})
_TAKEN_BACK = frozenset({SignalKind.UNDO, SignalKind.BY_HAND, SignalKind.CANCEL, SignalKind.NO})
_PLEASED = frozenset({SignalKind.THANKS, SignalKind.YES})
_DECISIONS = tuple(Decision)

_TURN = (*_DECISIONS, "not_known", "not_found", "other_reason", "probability", "margin",
         "out_of_scope", "followed", "not_followed", "length", "read")  # fmt: skip
_AGREE = (
    "cosine",
    "intent",
    "interpretation",
    "targets",
    "some_targets",
    "commands",
    "things_undone",
)
_FLAGS = ("barged", "unhandled", "repeated", "corrects", "takes_back", "misheard", "taken_back", "pleased",
          "corrected", "said_again")  # fmt: skip
_WHEN = (*(f"gap_{number}" for number in range(len(GAPS_S) + 1)), "since_source", "order", "other_speaker",
         "other_place")  # fmt: skip


def _blocks() -> dict[str, slice]:
    found: dict[str, slice] = {}
    start = 0
    for name, features in (
        ("words", words.WORD_FEATURES), ("agree", _AGREE), ("turn", _TURN), ("flags", _FLAGS),
        ("when", _WHEN), ("before", words.WORD_FEATURES),
    ):  # fmt: skip
        found[name] = slice(start, start + len(features))
        start += len(features)
    return found


BLOCKS = _blocks()
"""Block -> its columns. ``words`` and ``agree`` compare with the request, ``before`` with the turn before."""
COLUMNS = max(block.stop for block in BLOCKS.values())


@dataclass(frozen=True, slots=True)
class Picture:
    """A request (row 0) and up to five later turns.

    Attributes:
        embeddings: float32 (turns, 384), unit rows; zeros where the model did not read the words.
        rows: float32 (turns, COLUMNS), all within [-1, 1].
    """

    embeddings: Floats
    rows: Floats


def picture(
    source: JournalTurn,
    later: Sequence[JournalTurn],
    signals: Mapping[TurnId, Sequence[Signal]],
    names: AbstractSet[str] = frozenset(),
) -> Picture:
    """Return what is seen of a request and the turns after it, oldest first; at most five count.

    Args:
        source: The request.
        later: Turns after it.
        signals: By turn; those that say ``rephrase`` are not looked at, as they are made of this.
        names: Words of the names in the home.
    """
    turns = (source, *later[:LATER])
    embeddings = np.zeros((len(turns), WIDTH), np.float32)
    for row, turn in enumerate(turns):
        if len(turn.embedding) == WIDTH:
            embeddings[row] = turn.embedding
    rows = np.zeros((len(turns), COLUMNS), np.float32)
    cosines = embeddings @ embeddings[0]
    heard: set[str] = set()
    for row, turn in enumerate(turns):
        rows[row, BLOCKS["turn"]] = _turn(turn)
        rows[row, BLOCKS["flags"]] = _flags(turn, signals.get(turn.turn_id, ()), heard)
        heard.add(words.said(turn.heard).key)
        if row:
            rows[row, BLOCKS["words"]] = words.compare(source.heard, turn.heard, names)
            rows[row, BLOCKS["agree"]] = (cosines[row], *_agree(source, turn))
    for row, (before, turn) in enumerate(pairwise(turns), 1):
        rows[row, BLOCKS["when"]] = _when(source, before, turn, row)
        block = BLOCKS["words"] if row == 1 else None
        rows[row, BLOCKS["before"]] = (
            rows[row, block] if block else words.compare(before.heard, turn.heard, names)
        )
    return Picture(embeddings, rows)


def gap_bucket(silence_s: float) -> int:
    """Return the number of the bucket that a silence falls into, 0 to 6."""
    return sum(silence_s > end for end in GAPS_S)


def _turn(turn: JournalTurn) -> list[float]:
    known = turn.reason in _NOT_KNOWN
    found = turn.reason in _NOT_FOUND
    followed = bool(turn.done) and all(item.outcome in _FOLLOWED for item in turn.done)
    return [
        *(float(turn.decision is item) for item in _DECISIONS),
        float(known), float(found), float(bool(turn.reason) and not known and not found),
        turn.probability, turn.margin, turn.out_of_scope, float(followed),
        float(bool(turn.done) and not followed), min(len(turn.heard.split()), 12) / 12.0,
        float(len(turn.embedding) == WIDTH),
    ]  # fmt: skip


def _flags(turn: JournalTurn, signals: Sequence[Signal], heard: AbstractSet[str]) -> list[float]:
    strength = {signal.kind: min(1.0, signal.strength) for signal in signals}
    said = words.said(turn.heard)
    refused = turn.decision in (Decision.REFUSE, Decision.IGNORE)
    return [
        strength.get(SignalKind.BARGE_IN, 0.0),
        max(strength.get(SignalKind.UNHANDLED, 0.0), float(refused)),
        float(said.key in heard),
        float(said.corrects), float(said.takes_back),
        float(turn.asr_confidence is not None and turn.asr_confidence < _LOW_ASR),
        max(strength.get(kind, 0.0) for kind in _TAKEN_BACK),
        max(strength.get(kind, 0.0) for kind in _PLEASED),
        strength.get(SignalKind.CORRECTION, 0.0), strength.get(SignalKind.REPEAT, 0.0),
    ]  # fmt: skip


def _agree(source: JournalTurn, turn: JournalTurn) -> list[float]:
    mine = {item.entity_id for item in source.done}
    theirs = {item.entity_id for item in turn.done}
    commands = {(item.entity_id, item.command) for item in source.done}
    other = {(item.entity_id, item.command) for item in turn.done}
    same = bool(mine) and mine == theirs
    return [
        float(bool(source.intent) and source.intent == turn.intent),
        float(bool(source.interpretation) and source.interpretation == turn.interpretation),
        float(same), float(bool(mine & theirs)), float(bool(commands) and commands == other),
        float(same and commands != other),
    ]  # fmt: skip


def _when(source: JournalTurn, before: JournalTurn, turn: JournalTurn, row: int) -> list[float]:
    bucket = gap_bucket(gap_s(before, turn))
    since_s = max(0.0, turn.at_s - ended_s(source))
    other_speaker = bool(source.speaker and turn.speaker) and source.speaker != turn.speaker
    return [
        *(float(bucket == number) for number in range(len(GAPS_S) + 1)),
        min(1.0, math.log1p(since_s) / math.log(600.0)), row / LATER,
        float(other_speaker), float(source.place != turn.place),
    ]  # fmt: skip
