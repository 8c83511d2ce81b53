"""Whether a turn came to something, as its journal entry alone tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.evidence import source_key
from hubagent.types import Arm, Decision, OutcomeKind

if TYPE_CHECKING:
    from hubagent.evidence import JournalTurn

UNHANDLED = "UNH|"
"""Beginning of the states of words that came to nothing."""
NOT_UNDERSTOOD = frozenset({"not_understood", "unsupported", "not_for_me"})
"""Reasons of a refusal that say nothing of the home."""
NOTHING = NOT_UNDERSTOOD | frozenset(
    {"unclear_thing", "unknown_name", "unknown_area",
     "no_such_device", "unknown_value"}
)  # fmt: skip
"""Reasons of a refusal after which nobody would miss the words as they were heard."""
_RELATIVE = "relative"
"""Ending of intents that change a value by a step."""
_WORKED = frozenset({OutcomeKind.FOLLOWED, OutcomeKind.ALREADY, OutcomeKind.SENT})


def own_words(turn: JournalTurn) -> str:
    """Return the words of a turn that say all by themselves: without "no, I meant" before them."""
    heard, read = source_key(turn.heard), source_key(turn.read)
    return turn.read if read and heard != read and heard.endswith(f" {read}") else turn.heard


def same_wish(state: str, other: str) -> bool:
    """Return whether two states are the same request; what "brighter" comes to depends on before."""
    if state.partition("|")[0].endswith(_RELATIVE):
        return state.split("|")[:2] == other.split("|")[:2]
    return state == other


def is_rewritten(turn: JournalTurn) -> bool:
    """Return whether other words were taken for those that were heard."""
    return turn.rewrite is not None and turn.rewrite.arm is Arm.APPLIED


def worked(turn: JournalTurn) -> bool:
    """Return whether a turn did something and the devices followed, or told of something there."""
    if turn.decision is Decision.ANSWER:
        return bool(turn.interpretation.partition("|")[2].partition("|")[0])
    return (
        turn.decision is Decision.ACT
        and bool(turn.done)
        and all(item.outcome in _WORKED for item in turn.done)
    )


def came_to_nothing(turn: JournalTurn) -> bool:
    """Return whether the words of a turn were refused in a way that leaves nothing to lose."""
    return (
        turn.decision is Decision.REFUSE
        and turn.interpretation.startswith(UNHANDLED)
        and turn.reason in NOTHING
        and not is_rewritten(turn)
    )
