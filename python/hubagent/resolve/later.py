"""Requests for another time: what is to be done is resolved now, and marked with when.

In: an ``Understanding``. Out: resolutions as the resolver's, some with ``due_s``, some about timers.
The times are taken out of the words, and what is left is read and resolved as a plain request; so
"turn off the fan in ten minutes" means the same fan as "turn off the fan". Where a time was said
and cannot be kept, nothing is done: a command for later is never one for now.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.resolve import text, timers, timing
from hubagent.resolve.features import is_sensitive
from hubagent.resolve.resolver import MOST_OUT_OF_SCOPE, Resolver
from hubagent.types import Command, Decision, Resolution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.ports import ContextView, Understand, Values
    from hubagent.resolve.situation import Situation
    from hubagent.resolve.timing import Timing
    from hubagent.types import Clause, Entity, Understanding

MOST_AHEAD_S = 7 * 86_400.0
LEAST_TIMER_PROBABILITY = 0.5
_SAFE_LATER = frozenset({"turn_off"})
"""What may be done to a sensitive thing at a time when perhaps nobody is there."""
_HEATING_NAMES = frozenset(
    {"heater", "iron", "kettle", "grill", "toaster", "fireplace", "sauna", "fryer", "hotplate"}
)
_UNDONE = {
    "turn_on": "turn_off",
    "turn_off": "turn_on",
    "open_cover": "close_cover",
    "close_cover": "open_cover",
    "media_play": "media_pause",
    "media_pause": "media_play",
}
_NOW = re.compile(r"\b(?:now|right away|immediately|at once|straight away)\b", re.IGNORECASE)
_AGAIN = re.compile(
    r"\b(?:every|each)\s+(?:\w+\s+)?(?:day|night|morning|evening|afternoon|week|month|hour|minute|\w+day)s?\b"
    r"|\b(?:daily|hourly|weekly|weekdays?|weekends?)\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days\b",
    re.IGNORECASE,
)
_LEADS_ON = re.compile(r"(?:\band|\bthen|,|;)\s*$", re.IGNORECASE)
_TIMER_TO = re.compile(
    r"^\s*(?:please\s+)?(?:set|start|create|make)\s+(?:an?|the|my)\s+(?:timer|alarm|reminder)\s+(?:to|and)\b",
    re.IGNORECASE,
)


class TimedResolver:
    """The resolver for requests with and without a time."""

    def __init__(self, understand: Understand, values: Values) -> None:
        self._understand = understand
        self._values = values
        self._resolver = Resolver(values)

    def resolve(self, understanding: Understanding, situation: Situation) -> tuple[Resolution, ...]:
        """Return what each clause comes to; as ``Resolver.resolve``, and with times."""
        view = situation.view
        plain = self._resolver.resolve(understanding, situation)
        if len(plain) == 1 and plain[0].decision is Decision.REFUSE:
            said, read_so = understanding.text, _is_timer(understanding.clauses[0])
            timer = timers.wake(said, self._values, view.now_s)
            timer = timer or timers.follow_up(said, situation.timer_names, self._values)
            if timer is not None and (plain[0].reason == "not_for_me" or not read_so):
                return (timer,)
        found = self._times(understanding, view.now_s)
        if not found:
            return self._with_timers(understanding, plain, view.now_s)
        if understanding.out_of_scope > MOST_OUT_OF_SCOPE and understanding.text[
            : found[0].start
        ].strip(" ,"):
            return plain
        left = timing.blanked(understanding.text, found)
        left = _TIMER_TO.sub(lambda match: " " * len(match[0]), left)
        again = self._understand.understand(left)
        resolved = self._resolver.resolve(again, situation)
        timed = _timed(again, resolved, found, left)
        if any(_is_talk(resolved[number]) for number in timed):
            return tuple(_not_now(resolution) for resolution in plain)
        resolved = self._with_timers(again, resolved, view.now_s)
        if _AGAIN.search(left):
            return tuple(
                Resolution(Decision.REFUSE, r.intent, reason="again_later") for r in resolved
            )
        return tuple(
            part
            for number, resolution in enumerate(resolved)
            for part in _arranged(resolution, timed.get(number, ()), view)
        )

    def _times(self, understanding: Understanding, now_s: float) -> tuple[Timing, ...]:
        """Return the times said outside of clauses that are about timers.

        A clause that is nothing but a time ("at 7:30, fan off") is not about a timer, whatever it is
        taken for.
        """
        clauses = understanding.clauses
        slots = [slot for c in clauses if c.hypotheses for slot in c.hypotheses[0].slots]
        return tuple(
            item
            for item in timing.find(understanding.text, self._values, now_s, slots=slots)
            if not any(
                _is_timer(clause)
                and clause.start <= item.start < clause.end
                and (
                    understanding.text[clause.start : item.start].strip()
                    or understanding.text[item.end : clause.end].strip()
                )
                for clause in clauses
            )
        )

    def _with_timers(
        self, understanding: Understanding, resolved: tuple[Resolution, ...], now_s: float
    ) -> tuple[Resolution, ...]:
        """Return the resolutions, those of clauses about timers read as such."""
        if understanding.out_of_scope > MOST_OUT_OF_SCOPE:
            return resolved
        said = understanding.text
        return (
            tuple(
                timers.read(
                    clause.hypotheses[0], said[clause.start : clause.end], self._values, now_s
                )
                if _is_timer(clause) and not _is_told(resolution)
                else resolution
                for clause, resolution in zip(understanding.clauses, resolved, strict=True)
            )
            if understanding.clauses
            else resolved
        )


def _is_told(resolution: Resolution) -> bool:
    """Return whether what sounds like a timer was answered: "how long has the pump been on"."""
    told = resolution.facts.get("what") == "time_left"
    return resolution.reason in {"when", "when_unknown"} or (
        told and resolution.decision is Decision.ANSWER
    )


def _is_timer(clause: Clause) -> bool:
    return (
        bool(clause.hypotheses)
        and timers.is_about_timers(clause.hypotheses[0])
        and clause.hypotheses[0].probability >= LEAST_TIMER_PROBABILITY
    )


def _is_talk(resolution: Resolution) -> bool:
    return resolution.decision in (Decision.ANSWER, Decision.IGNORE)


def _timed(
    understanding: Understanding,
    resolved: Sequence[Resolution],
    found: Sequence[Timing],
    left: str,
) -> dict[int, list[Timing]]:
    """Return the times of each clause, by its number.

    A time belongs to the clause it stands in; one before everything, or behind everything where the
    clauses move different things, to all that have none of their own and do not say "now".
    """
    clauses = understanding.clauses
    if not clauses:
        return {}
    own: dict[int, list[Timing]] = {}
    for item in found:
        number = max((n for n, c in enumerate(clauses) if c.start <= item.start), default=0)
        if number + 1 < len(clauses) and _LEADS_ON.search(left[: item.start].rstrip()):
            number += 1
        own.setdefault(number, []).append(item)
    first, last = found[0], found[-1]
    at_once = not left[: first.start].strip(" ,.")
    at_last = not left[last.end :].strip(" ,.!?")
    targets = [set(resolution.targets) for resolution in resolved]
    apart = len(set().union(*targets)) == sum(len(ids) for ids in targets)
    shared = first if at_once else last if at_last and apart and len(found) == 1 else None
    if shared is not None:
        for number, clause in enumerate(clauses):
            if number not in own and not _NOW.search(left[clause.start : clause.end]):
                own[number] = [shared]
    return own


def _arranged(
    resolution: Resolution, times: Sequence[Timing], view: ContextView
) -> tuple[Resolution, ...]:
    """Return a resolution for its time, or for now and for the end of it."""
    if not times or resolution.decision is Decision.REFUSE:
        return (resolution,)
    if len(times) > 1 or resolution.timer is not None:
        return (_refused(resolution, "later"),)
    said = times[0]
    if not said.at_s - view.now_s <= MOST_AHEAD_S:
        return (_refused(resolution, "too_far"),)
    facts = {**resolution.facts, "clock": said.clock}
    if not said.until:
        sensitive = _sensitive(_commands(resolution), view)
        if sensitive is not None:
            return (_refused(resolution, "sensitive_later", name=sensitive.name),)
        return (replace(resolution, due_s=said.at_s, facts=facts),)
    undone = [_undone(command, view) for command in resolution.commands]
    commands = tuple(command for command in undone if command is not None)
    if resolution.decision is not Decision.ACT or len(commands) < len(undone):
        return (_refused(resolution, "later"),)
    sensitive = _sensitive(commands, view)
    if sensitive is not None:
        return (_refused(resolution, "sensitive_later", name=sensitive.name),)
    end = Resolution(
        Decision.ACT,
        resolution.intent,
        commands=commands,
        targets=resolution.targets,
        facts={"clock": said.clock},
        due_s=said.at_s,
    )
    return (resolution, end)


def _commands(resolution: Resolution) -> tuple[Command, ...]:
    """Return what might be sent, also by the answer to a question."""
    asked = tuple(c for candidate in resolution.candidates for c in candidate.commands)
    return resolution.commands if resolution.decision is Decision.ACT else asked


def _undone(command: Command, view: ContextView) -> Command | None:
    """Return the command that takes another back; ``None`` if that is not sure."""
    back = _UNDONE.get(command.command)
    was_off = view.state(command.entity_id).state == "off"
    if back not in view.commands_of(command.entity_id) or (command.data and not was_off):
        return None
    return Command(command.entity_id, back)


def _sensitive(commands: Sequence[Command], view: ContextView) -> Entity | None:
    """Return a thing that must not be moved when perhaps nobody looks."""
    for command in commands:
        entity = view.entity(command.entity_id)
        heats = not _HEATING_NAMES.isdisjoint(text.singulars(text.tokens(entity.name)))
        if (heats or is_sensitive(entity)) and command.command not in _SAFE_LATER:
            return entity
    return None


def _not_now(resolution: Resolution) -> Resolution:
    """Return a resolution of words in which a time was said, without what it would do now."""
    moves = resolution.commands or resolution.candidates
    return _refused(resolution, "later") if moves else resolution


def _refused(resolution: Resolution, reason: str, **facts: str) -> Resolution:
    if resolution.decision is Decision.REFUSE:
        return resolution
    return Resolution(Decision.REFUSE, resolution.intent, reason=reason, facts=facts)
