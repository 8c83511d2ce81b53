"""Delayed commands and timers on the running hub: over the broker, through a restart."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hubagent.daemon import Daemon
from hubagent.mqtt.client import MqttClient
from hubagent.types import Decision, EntityId, Message, TurnRecord

pytestmark = pytest.mark.broker

Say = Callable[[Daemon, str], TurnRecord]
StateOf = Callable[[Daemon, EntityId], object]
WaitUntil = Callable[..., None]
DrainUntil = Callable[[MqttClient, Callable[[list[Message]], bool]], list[Message]]
Maker = Callable[..., Any]

LAMP = EntityId("light.desk_lamp")


def answers(messages: list[Message]) -> list[dict[str, Any]]:
    """Return what the hub said, in order."""
    return [json.loads(m.payload) for m in messages if m.topic == "hubagent/test/response"]


def test_a_delayed_command_outlives_a_restart_and_its_answer_is_published(
    make_daemon: Maker,
    make_broker: Maker,
    make_client: Maker,
    make_lamp: Maker,
    say: Say,
    state_of: StateOf,
    wait_until: WaitUntil,
    drain_until: DrainUntil,
) -> None:
    make_broker()
    ear = make_client("ear")
    first = make_daemon()
    lamp = make_lamp()
    wait_until(lambda: state_of(first, LAMP) == "off")
    record = say(first, "turn on the desk lamp in four seconds")
    timer = say(first, "set a pasta timer for five seconds")
    assert (record.decision, record.outcomes) == (Decision.ACT, ())
    assert "in 4 seconds" in record.response
    first.stop()
    assert lamp.commands == []
    second = make_daemon()
    wait_until(lambda: state_of(second, LAMP) == "on", 20.0)
    wait_until(lambda: second.health()["counters"]["schedule"]["done"] == 2, 20.0)
    assert lamp.commands == [b"ON"]
    heard = drain_until(ear, lambda messages: len(answers(messages)) >= 4)
    told = {body["id"]: body for body in answers(heard)}
    lit, rung = told[record.utterance.turn_id], told[timer.utterance.turn_id]
    assert lit["commands"] == [{"entity_id": LAMP, "command": "turn_on", "data": {}}]
    assert (rung["decision"], rung["commands"], rung["listen"]) == ("answer", [], False)
    assert "pasta timer" in rung["text"]
    assert second.health()["faults"]["schedule"] == 0
