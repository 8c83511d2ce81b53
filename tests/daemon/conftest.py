"""A whole hub with the real store, model and broker, and a lamp that speaks MQTT."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.clock import SystemClock
from hubagent.config import Config, HubConfig, MqttConfig
from hubagent.daemon import Daemon
from hubagent.errors import TransportError
from hubagent.mqtt.client import MqttClient
from hubagent.types import EntityId, Publication, TurnId, TurnRecord, Utterance
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from pathlib import Path

ClientMaker = Callable[..., MqttClient]


class Lamp:
    """A lamp of Home Assistant's discovery; says what it does unless told to be silent."""

    def __init__(self, client: MqttClient, name: str = "Desk Lamp", slug: str = "desk") -> None:
        self.client = client
        self.name = name
        self.slug = slug
        self.commands: list[bytes] = []
        self.silent = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def entity_id(self) -> EntityId:
        return EntityId("light." + self.name.lower().replace(" ", "_"))

    def start(self) -> None:
        self.announce()
        self.report("OFF")
        self._thread.start()

    def announce(self) -> None:
        config = {
            "name": None,
            "unique_id": self.slug,
            "command_topic": f"{self.slug}/set",
            "state_topic": f"{self.slug}/state",
            "device": {"identifiers": [self.slug], "name": self.name, "suggested_area": "Study"},
        }
        topic = f"homeassistant/light/{self.slug}/config"
        self.client.publish(Publication(topic, json.dumps(config).encode(), retain=True))

    def report(self, word: str) -> None:
        self.client.publish(Publication(f"{self.slug}/state", word.encode(), retain=True))

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            for message in self.client.drain(256, 0.02):
                if message.topic == f"{self.slug}/set":
                    self.commands.append(message.payload)
                    if not self.silent:
                        try:
                            self.report(message.payload.decode())
                        except TransportError:
                            return


@pytest.fixture(scope="session")
def understander() -> Understander:
    return Understander.load()


@pytest.fixture
def config(tmp_path: Path, port: int) -> Config:
    # The path of a Unix socket holds about 100 characters, and pytest's folders are deep.
    return Config(
        hub=HubConfig(name="test", state_dir=tmp_path / "hub"),
        mqtt=MqttConfig(port=port, embedded_autosave_s=1, announce_as_ha="never"),
    )


DaemonMaker = Callable[..., Daemon]


@pytest.fixture
def make_daemon(config: Config, understander: Understander) -> Iterator[DaemonMaker]:
    made: list[Daemon] = []

    def make(settings: Config | None = None, *, wait: bool = True, kind: Any = Daemon) -> Daemon:
        daemon: Daemon = kind(settings or config, understand=understander)
        made.append(daemon)
        daemon.start()
        if wait:
            assert daemon.wait_connected(20.0), daemon.health()
        return daemon

    yield make
    for daemon in made:
        daemon.stop()


@pytest.fixture
def make_lamp(make_client: ClientMaker) -> Iterator[Callable[..., Lamp]]:
    made: list[Lamp] = []

    def make(name: str = "Desk Lamp", slug: str = "desk", **options: Any) -> Lamp:
        lamp = Lamp(make_client(f"device-{slug}", **options), name, slug)
        made.append(lamp)
        lamp.start()
        return lamp

    yield make
    for lamp in made:
        lamp.stop()


@pytest.fixture
def say() -> Callable[[Daemon, str], TurnRecord]:
    numbers = iter(range(1_000_000))

    def ask(daemon: Daemon, text: str) -> TurnRecord:
        said = Utterance(TurnId(f"turn-{next(numbers)}"), text, SystemClock().now_s())
        return daemon.say(said)

    return ask


@pytest.fixture
def state_of() -> Callable[[Daemon, EntityId], object]:
    def read(daemon: Daemon, entity_id: EntityId) -> object:
        view = daemon.store.view()
        known = {entity.entity_id for entity in view.entities()}
        return view.state(entity_id).state if entity_id in known else None

    return read


def with_mqtt(config: Config, **settings: Any) -> Config:
    return replace(config, mqtt=replace(config.mqtt, **settings))
