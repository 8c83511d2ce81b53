"""All clauses or none."""

from __future__ import annotations

import pytest

from hubagent.act.plan import plan
from hubagent.types import Command, Decision, EntityId, Resolution

LAMP = Command(EntityId("light.lamp"), "turn_on")
FAN = Command(EntityId("fan.fan"), "turn_off")


def act(*commands: Command) -> Resolution:
    return Resolution(Decision.ACT, "HassTurnOn", commands=commands)


def other(decision: Decision) -> Resolution:
    return Resolution(decision, "HassTurnOn", reason="unknown_name")


def test_commands_keep_the_order_of_the_clauses() -> None:
    planned = plan([act(LAMP), act(FAN)])
    assert planned.commands == (LAMP, FAN)
    assert planned.decision is Decision.ACT


@pytest.mark.parametrize("decision", [Decision.ASK, Decision.REFUSE])
def test_one_clause_that_cannot_be_done_holds_back_the_others(decision: Decision) -> None:
    planned = plan([act(LAMP), other(decision)])
    assert planned.commands == ()
    assert (planned.decision, planned.deciding) == (decision, 1)


def test_a_question_beside_a_command_is_answered_with_it() -> None:
    planned = plan([other(Decision.ANSWER), act(LAMP)])
    assert (planned.decision, planned.commands, planned.deciding) == (Decision.ACT, (LAMP,), 1)


def test_nothing_said_is_ignored() -> None:
    assert plan([other(Decision.IGNORE)]).decision is Decision.IGNORE
    assert plan([]).decision is Decision.IGNORE
