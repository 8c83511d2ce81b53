"""What a turn does as a whole, from what its clauses came to: all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.types import Command, Decision, Resolution

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIRST = (Decision.ASK, Decision.REFUSE)
"""Decisions of one clause that hold back all others, the stronger first."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One decision for the whole turn.

    ``deciding`` is the position of the clause that decided: the one asked about or refused, else the
    first that acts, else the first.
    """

    decision: Decision
    commands: tuple[Command, ...]
    deciding: int


def plan(resolutions: Sequence[Resolution]) -> Plan:
    """Return the commands of all clauses in order, or none when one of them asks or refuses.

    Commands for later are never among them: they are the schedule's.
    """
    decisions = [resolution.decision for resolution in resolutions]
    for decision in _FIRST:
        if decision in decisions:
            return Plan(decision, (), decisions.index(decision))
    commands = tuple(
        command
        for resolution in resolutions
        if resolution.due_s is None
        for command in resolution.commands
    )
    for decision in (Decision.ACT, Decision.ANSWER):
        if decision in decisions:
            return Plan(decision, commands, decisions.index(decision))
    return Plan(Decision.IGNORE, (), 0)
