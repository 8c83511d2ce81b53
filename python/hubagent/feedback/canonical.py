"""A turn in canonical form: the state of the Markov chain, and the turn as the journal keeps it.

States are interpretations, not words, for many words mean one thing, and words that were never
understood have a pseudo-state of their own: Ponnusamy et al., "Feedback-Based Self-Learning in
Large-Scale Conversational AI Agents", arXiv 1911.02557, section on the Markov chain; the pseudo-state is
of the method sheet, 1.3. Two requests that differ in a value are two states: "ten minutes" heard for
"two minutes" is the very error that is to be found.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hubagent.evidence import Done, JournalTurn, source_key
from hubagent.types import Arm, Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hubagent.types import Command, Hypothesis, Resolution, TurnRecord, Understanding, Utterance

UNHANDLED = "UNH"
_NEAR_S = 1.0
_MINUTE_S = 60


def interpretation(record: TurnRecord) -> str:
    """Return what a turn came to: ``intent|things|command data``, or ``UNH|words``.

    Several requests in one turn, or several commands, are parts joined by ``;``, sorted. A device that
    stayed silent was understood all the same, so its state is that of the request. All in lower case.
    """
    if record.decision in (Decision.ACT, Decision.ANSWER):
        parts = {
            part
            for item in record.resolutions
            if item.decision in (Decision.ACT, Decision.ANSWER)
            for part in _parts(item, record.utterance.heard_at_s)
        }
        if parts:
            return ";".join(sorted(parts)).casefold()
    return unhandled(record.utterance.text)


def unhandled(words: str) -> str:
    """Return the state of words that came to nothing."""
    return f"{UNHANDLED}|{source_key(words)}"


def place_of(utterance: Utterance) -> str:
    """Return where one dialogue happens: the satellite, else the area, else nothing."""
    return utterance.device or utterance.area_id or ""


def journal_turn(record: TurnRecord) -> JournalTurn:
    """Return a turn as the journal keeps it."""
    utterance, understanding = record.utterance, record.understanding
    taken = _reading(record)
    return JournalTurn(
        turn_id=utterance.turn_id,
        at_s=utterance.heard_at_s,
        place=place_of(utterance),
        speaker=utterance.speaker or "",
        heard=utterance.text,
        read=understanding.text if understanding is not None else utterance.text,
        rewrite=record.rewrite,
        decision=record.decision,
        intent=record.intent,
        reason=_reason(record),
        interpretation=interpretation(record),
        probability=taken[0],
        margin=taken[1],
        out_of_scope=understanding.out_of_scope if understanding is not None else 0.0,
        asr_confidence=utterance.asr.confidence if utterance.asr is not None else None,
        done=tuple(
            Done(it.command.entity_id, it.command.command, dict(it.command.data), it.kind)
            for it in record.outcomes
        ),
        response=record.response,
        ms=record.ms,
        embedding=_heard_embedding(record, understanding),
        stages=tuple((note.stage, note.saw, note.chose) for note in record.notes),
    )


def _parts(resolution: Resolution, heard_at_s: float) -> Iterable[str]:
    """Yield ``intent|things|data`` of each different command, or of the answer."""
    later = _later(resolution, heard_at_s)
    things: dict[str, list[str]] = {}
    for command in resolution.commands:
        things.setdefault(_told(command), []).append(command.entity_id)
    if not things:
        things = {"": [str(entity_id) for entity_id in resolution.targets]}
    for told, ids in things.items():
        yield "|".join((resolution.intent, ",".join(sorted(ids)), f"{told} {later}".strip()))


def _told(command: Command) -> str:
    """Return a command and its data, sorted: ``turn_on brightness=128``."""
    return " ".join((command.command, *_pairs(command.data)))


def _pairs(data: Mapping[str, object]) -> list[str]:
    return [f"{name}={_plain(value)}" for name, value in sorted(data.items())]


def _plain(value: object) -> str:
    if isinstance(value, tuple | list):
        return ",".join(map(_plain, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _later(resolution: Resolution, heard_at_s: float) -> str:
    """Return what is for later and of timers: the time as it was said, as far as that can be told."""
    told = [] if resolution.due_s is None else [_moment(resolution.due_s, heard_at_s)]
    timer = resolution.timer
    if timer is not None:
        told.append(f"timer={timer.action.value}")
        told += [f"name={timer.name}"] if timer.name else []
        told += ["alarm"] if timer.alarm else []
        told += [f"for={timer.seconds:g}"] if timer.seconds is not None else []
        told += [_moment(timer.at_s, heard_at_s)] if timer.at_s is not None else []
    return " ".join(told)


def _moment(due_s: float, heard_at_s: float) -> str:
    """Return a moment as a length from now if that is round, else as a time of day.

    "In ten minutes" is the same wish at any hour, and so is "at seven".
    """
    away_s = due_s - heard_at_s
    if (
        abs(away_s - round(away_s / _MINUTE_S) * _MINUTE_S) > _NEAR_S
        and due_s % _MINUTE_S < _NEAR_S
    ):
        return time.strftime("at=%H:%M", time.localtime(due_s))
    return f"in={round(away_s)}"


def _reading(record: TurnRecord) -> tuple[float, float]:
    """Return the probability of the reading that was taken, and by how much it leads the next."""
    clauses = record.understanding.clauses if record.understanding is not None else ()
    for clause in clauses:
        taken = next((it for it in clause.hypotheses if it.intent == record.intent), None)
        if taken is not None:
            return taken.probability, taken.probability - _next_best(clause.hypotheses, taken)
    best = clauses[0].hypotheses if clauses else ()
    # Nothing was taken: how sure the model was of what came to nothing still tells something.
    return (0.0, best[0].probability - _next_best(best, best[0])) if best else (0.0, 0.0)


def _next_best(hypotheses: Iterable[Hypothesis], taken: Hypothesis) -> float:
    return max((it.probability for it in hypotheses if it is not taken), default=0.0)


def _reason(record: TurnRecord) -> str:
    if record.decision is not Decision.REFUSE:
        return ""
    refused = (item.reason for item in record.resolutions if item.decision is Decision.REFUSE)
    return next(refused, "")


def _heard_embedding(record: TurnRecord, understanding: Understanding | None) -> tuple[float, ...]:
    """Return the embedding of the words as heard; of a rewrite's target it would be another's."""
    if understanding is None or (record.rewrite is not None and record.rewrite.arm is Arm.APPLIED):
        return ()
    return understanding.embedding
