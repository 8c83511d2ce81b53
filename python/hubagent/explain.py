"""A turn told in lines that fit a screen: what was heard, read, weighed, done and said.

In: a ``TurnRecord``. Out: text for ``hubagent explain``; also the short notes that the pipeline
makes of each stage.
"""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

from hubagent.resolve import rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.types import (
        Candidate,
        Command,
        Hypothesis,
        Outcome,
        Resolution,
        TurnRecord,
        Understanding,
    )

_LINES, _WIDTH = 24, 80
_READINGS = 3
_CANDIDATES = 4
_NAMED = 3


def render(record: TurnRecord) -> str:
    """Return the turn as text that fits a screen of 24 lines of 80 characters."""
    utterance = record.utterance
    place = utterance.area_id or utterance.device
    lines = [
        f'"{utterance.text}"'
        + (f", heard in {place}" if place else "")
        + f"  [{utterance.turn_id}]"
    ]
    lines += [f"  {note.stage:<11}{note.chose}  ({note.ms:.1f} ms)" for note in record.notes]
    end = [
        f"  {record.decision.value}: {record.response or '(says nothing)'}",
        f"  {record.ms:.0f} ms in all" + (", listening" if record.listen else ""),
    ]
    room = _LINES - len(lines) - len(end)
    weighed = [line for resolution in record.resolutions for line in _weighed(resolution)]
    if len(weighed) > room:
        weighed = [*weighed[: room - 1], f"    and {len(weighed) - room + 1} more lines"]
    return "\n".join(_fitting(line) for line in [*lines, *weighed, *end])


def _fitting(line: str) -> str:
    """Return a line that fits, cut at a word if it must be."""
    indent = len(line) - len(line.lstrip())
    if len(line) <= _WIDTH:
        return line
    return line[:indent] + shorten(line, _WIDTH - indent, placeholder=" ...")


def _weighed(resolution: Resolution) -> list[str]:
    """Return the candidates with the features that told them apart."""
    lines = []
    if resolution.reason:
        facts = ", ".join(f"{name} {value}" for name, value in resolution.facts.items())
        lines.append(f"  reason     {resolution.reason}" + (f" ({facts})" if facts else ""))
    shown = resolution.candidates[:_CANDIDATES]
    if len(shown) > 1:
        lines.append(f"  decided by {_difference(shown[0], shown[1])}")
    lines += [
        f"    {candidate.score:6.2f}  {_ids(candidate.entity_ids)}  "
        + " ".join(f"{name}={value:.3g}" for name, value in candidate.features if value)
        for candidate in shown
    ]
    hidden = len(resolution.candidates) - len(shown)
    return [*lines, f"    and {hidden} more"] if hidden > 0 else lines


def _difference(best: Candidate, second: Candidate) -> str:
    """Name the features in which the best beat the runner-up, the one that weighed most first."""
    weights, other = rank.load(), dict(second.features)
    ahead = [
        (weights.of(name) * (value - other.get(name, 0.0)), name) for name, value in best.features
    ]
    told = [f"{name} {gain:+.1f}" for gain, name in sorted(ahead, reverse=True) if gain > 0]
    return ", ".join(told[:_NAMED]) if told else "nothing: they are alike"


def _ids(ids: Sequence[str]) -> str:
    named = ", ".join(ids[:_NAMED])
    return named if len(ids) <= _NAMED else f"{named} and {len(ids) - _NAMED} more"


def understood(understanding: Understanding) -> str:
    """Return the readings of each clause in one line."""
    clauses = []
    for clause in understanding.clauses:
        readings = clause.hypotheses[:_READINGS]
        if readings:
            slots = "".join(f" {slot.name}={slot.text!r}" for slot in readings[0].slots)
            rest = "".join(f" | {_reading(other)}" for other in readings[1:])
            clauses.append(f"{_reading(readings[0])}{slots}{rest}")
    return " + ".join(clauses) or f"nothing, out of scope {understanding.out_of_scope:.2f}"


def _reading(hypothesis: Hypothesis) -> str:
    return f"{hypothesis.intent} {hypothesis.probability:.2f}"


def resolved(resolutions: Sequence[Resolution]) -> str:
    """Return what the clauses came to in one line."""
    return " + ".join(
        item.decision.value
        + (f" {item.reason}" if item.reason else "")
        + (f" {_ids(item.targets)}" if item.targets else "")
        for item in resolutions
    )


def commanded(commands: Sequence[Command]) -> str:
    """Return the commands in one line."""
    told = [
        f"{command.command} {command.entity_id}"
        + "".join(f" {name}={value}" for name, value in command.data.items())
        for command in commands
    ]
    more = len(told) - _NAMED
    return ", ".join(told[:_NAMED]) + (f" and {more} more" if more > 0 else "") or "no command"


def happened(outcomes: Sequence[Outcome]) -> str:
    """Return how many commands came to what."""
    kinds = [outcome.kind.value for outcome in outcomes]
    return (
        ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)) or "nothing sent"
    )
