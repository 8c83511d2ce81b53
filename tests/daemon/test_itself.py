"""The hub as a device of Home Assistant, over a real broker."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.clock import ManualClock
from hubagent.context.store import ContextStore
from hubagent.devices.conventions import adapters
from hubagent.devices.directory import Directory
from hubagent.types import Command, EntityId, Message, Publication

if TYPE_CHECKING:
    from hubagent.config import Config
    from hubagent.mqtt.client import MqttClient

pytestmark = pytest.mark.broker

Maker = Callable[..., Any]
CONFIG = "homeassistant/device/hubagent-test/config"
LAMP = EntityId("light.desk_lamp")


class Ear:
    """What a client has heard on each topic, last."""

    def __init__(self, client: MqttClient) -> None:
        self.client = client
        self.heard: dict[str, bytes] = {}

    def last(self, topic: str) -> bytes | None:
        self.heard |= {item.topic: item.payload for item in self.client.drain(256, 0.01)}
        return self.heard.get(topic)


def as_home_assistant(config: bytes) -> ContextStore:
    """Return a store that read the announcement as one of a stranger's device."""
    store = ContextStore(clock=ManualClock())
    directory = Directory(store, adapters())
    strange = config.replace(b"hubagent_hub_", b"stranger_")
    directory.handle("home_assistant", Message(CONFIG, strange, retained=True, heard_at_s=0.0))
    assert not directory.problems
    return store


def test_home_assistant_is_shown_the_hub(
    make_daemon: Maker, make_client: Maker, make_lamp: Maker, say: Maker, state_of: Maker, wait_until: Maker
) -> None:  # fmt: skip
    daemon = make_daemon()
    lamp = make_lamp()
    ear = Ear(make_client("ear"))
    wait_until(lambda: ear.last(CONFIG) and ear.last("hubagent/test/learning") == b"ON")
    assert ear.last("hubagent/test/learned") == b"0"
    store = as_home_assistant(ear.heard[CONFIG])
    ids = {item.entity_id for item in store.view().entities()}
    assert ids == {
        "sensor.hubagent_test_last_answer",
        "sensor.hubagent_test_learned",
        "button.hubagent_test_undo",
        "switch.hubagent_test_learning",
    }

    def hear(topic: str) -> None:
        payload = ear.last(topic)
        assert payload is not None
        store.ingest([Message(topic, payload, retained=True, heard_at_s=0.0)])

    hear("hubagent/test/status")
    hear("hubagent/test/learning")
    hear("hubagent/test/learned")
    state = store.view().state(EntityId("switch.hubagent_test_learning"))
    assert (state.state, state.available) == ("on", True)
    wait_until(lambda: state_of(daemon, LAMP) == "off")
    request = json.dumps({"id": "q", "text": "turn on the desk lamp", "device": "hall"}).encode()
    ear.client.publish(Publication("hubagent/test/utterance", request))
    wait_until(lambda: ear.last("hubagent/test/response"))
    hear("hubagent/test/response")
    answer = store.view().state(EntityId("sensor.hubagent_test_last_answer")).state
    assert answer == json.loads(ear.heard["hubagent/test/response"])["text"] != ""
    (press,) = store.render(Command(EntityId("button.hubagent_test_undo"), "press", {}))
    ear.client.publish(replace(press, retain=True))  # an old press that is replayed is none
    ear.client.publish(Publication(press.topic, b"", retain=True))
    ear.client.publish(press)
    wait_until(lambda: lamp.commands == [b"ON", b"OFF"])


def test_no_hub_takes_itself_or_another_for_a_device(
    make_daemon: Maker, make_client: Maker, make_lamp: Maker, config: Config, state_of: Maker, wait_until: Maker
) -> None:  # fmt: skip
    daemon = make_daemon()
    ear = Ear(make_client("ear"))
    wait_until(lambda: ear.last(CONFIG))
    other = (
        ear.heard[CONFIG].replace(b"hubagent/test", b"hubagent/attic").replace(b"_test", b"_attic")
    )
    ear.client.publish(
        Publication("homeassistant/device/hubagent-attic/config", other, retain=True)
    )
    daemon.stop()
    # The broker is the hub's own: after the start all of it is replayed to the hub.
    again = make_daemon()
    make_lamp()
    wait_until(lambda: state_of(again, LAMP) == "off")
    assert [item.entity_id for item in again.store.view().entities()] == [LAMP]
    assert again.health()["refused"] == []


def test_learning_is_switched_off_and_stays_so(
    make_daemon: Maker, make_client: Maker, make_lamp: Maker, say: Maker, state_of: Maker, wait_until: Maker
) -> None:  # fmt: skip
    daemon = make_daemon()
    make_lamp()
    ear = Ear(make_client("ear"))
    wait_until(lambda: state_of(daemon, LAMP) == "off")
    ear.client.publish(Publication("hubagent/test/learning/set", b"OFF"))
    wait_until(lambda: ear.last("hubagent/test/learning") == b"OFF")
    say(daemon, "turn on the desk lamp")
    daemon.stop()
    again = make_daemon()
    wait_until(lambda: state_of(again, LAMP) == "on")
    assert again.health()["learning_off"]
    assert again.brain.health()["journal"]["turns"] == 0
    later = Ear(make_client("later"))
    later.client.publish(Publication("hubagent/test/learning/set", b"ON"))
    wait_until(lambda: later.last("hubagent/test/learning") == b"ON")
    say(again, "turn off the desk lamp")
    wait_until(lambda: again.brain.health()["journal"]["turns"] == 1)


def test_a_hub_that_is_not_to_be_shown_takes_its_announcement_back(
    make_daemon: Maker, make_client: Maker, config: Config, wait_until: Maker
) -> None:
    daemon = make_daemon()
    ear = Ear(make_client("ear"))
    wait_until(lambda: ear.last(CONFIG))
    daemon.stop()
    make_daemon(replace(config, mqtt=replace(config.mqtt, announce_itself=False)))
    wait_until(lambda: ear.last(CONFIG) == b"", 20.0)


def test_what_does_not_learn_shows_no_switch(
    make_daemon: Maker, make_client: Maker, config: Config, wait_until: Maker
) -> None:
    make_daemon(replace(config, learning=replace(config.learning, enabled=False)))
    ear = Ear(make_client("ear"))
    wait_until(lambda: ear.last(CONFIG))
    ids = {item.entity_id for item in as_home_assistant(ear.heard[CONFIG]).view().entities()}
    assert ids == {"sensor.hubagent_test_last_answer", "button.hubagent_test_undo"}
