"""A turn told in lines that fit a screen: what was heard, read, weighed, done and said.

In: a ``TurnRecord``. Out: text for ``hubagent explain``; also the short notes that the pipeline
makes of each stage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve import rank
from hubagent.types import Arm

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from hubagent.types import (
        Candidate,
        Command,
        Hypothesis,
        Outcome,
        Resolution,
        Rewrite,
        TurnRecord,
        Understanding,
        Value,
    )

_LINES, _WIDTH = 24, 80
_READINGS = 3
_CANDIDATES = 4
_NAMED = 3
_CUT = " ..."
_LEAST_GAIN = 0.05


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
    read = {
        c.hypotheses[0].intent
        for c in (record.understanding.clauses if record.understanding else ())
        if c.hypotheses
    }
    weighed = [line for resolution in record.resolutions for line in _weighed(resolution, read)]
    if len(weighed) > room:
        weighed = [*weighed[: room - 1], f"    and {len(weighed) - room + 1} more lines"]
    return "\n".join(_fitting(line) for line in [*lines, *weighed, *end])


def _fitting(line: str) -> str:
    """Return a line that fits, cut at a word if it must be."""
    if len(line) <= _WIDTH:
        return line
    return line[: _WIDTH - len(_CUT) + 1].rpartition(" ")[0].rstrip() + _CUT


def _weighed(resolution: Resolution, read: Collection[str]) -> list[str]:
    """Return the candidates with the features that told them apart.

    Args:
        resolution: What a clause came to.
        read: Intents that the model thought likeliest.
    """
    lines = []
    if resolution.reason:
        facts = ", ".join(f"{name} {_plain(value)}" for name, value in resolution.facts.items())
        lines.append(f"  reason     {resolution.reason}" + (f" ({facts})" if facts else ""))
    if resolution.candidates and resolution.intent not in read:
        lines.append(f"  read as    {resolution.intent}")
    shown = resolution.candidates[:_CANDIDATES]
    if shown:
        lines.append(f"  decided by {_deciding(resolution)}")
    lines += [
        f"    {item.score:6.2f}  {_ids(item.entity_ids)}  {_features(item)}" for item in shown
    ]
    hidden = len(resolution.candidates) - len(shown)
    return [*lines, f"    and {hidden} more"] if hidden > 0 else lines


def _plain(value: Value) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _features(candidate: Candidate) -> str:
    """Return the features, the one that weighs most first."""
    gains, values = rank.load().gains(dict(candidate.features)), dict(candidate.features)
    ordered = sorted((name for name in values if values[name]), key=lambda n: (-gains[n], n))
    return " ".join(f"{name}={values[name]:.3g}" for name in ordered)


def _deciding(resolution: Resolution) -> str:
    """Name the features in which the best beat the next, the one that weighed most first.

    Of several requests in one clause, what is done is no rival of what else is done. Without a
    rival the words decided, and the room and the states did not.
    """
    best, *others = resolution.candidates
    weights, done = rank.load(), set(resolution.targets)
    rival = next((item for item in others if not done.issuperset(item.entity_ids)), None)
    beaten = weights.gains(dict(rival.features)) if rival is not None else {}
    ahead = [
        (gain - beaten.get(name, 0.0), name)
        for name, gain in weights.gains(dict(best.features)).items()
        if rival is not None or name in weights.explicit
    ]
    told = [
        f"{name} {gain:+.1f}"
        for gain, name in sorted(ahead, reverse=True)[:_NAMED]
        if gain >= _LEAST_GAIN
    ]
    if rival is None:
        return ", ".join([*told, "nothing else fits"])
    return ", ".join(told) or "nothing: they are alike"


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


def rewritten(rewrite: Rewrite) -> str:
    """Return in one line what was taken as what, from where, and whether it was used."""
    how = "found online" if rewrite.online else "known"
    if rewrite.online and not rewrite.features:  # nothing was searched
        how = f'on trial since "{rewrite.source}"'
    used = {
        Arm.APPLIED: "",
        Arm.WITHHELD: ", left out as a control",
        Arm.SHADOW: ", only noted",
    }[rewrite.arm]
    told = "".join(f" {name}={value:.2g}" for name, value in rewrite.features[:_NAMED])
    return (
        f'"{rewrite.target}" {rewrite.score:.2f}, {how}, {rewrite.layer.value}{used}'
        f"{' by' if told else ''}{told}"
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
