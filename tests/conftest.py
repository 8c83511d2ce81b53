"""Real brokers on ephemeral loopback ports."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from hubagent.clock import SystemClock
from hubagent.config import MqttConfig
from hubagent.mqtt.broker import EmbeddedBroker, find_mosquitto
from hubagent.mqtt.client import MqttClient
from hubagent.types import Message

if TYPE_CHECKING:
    from pathlib import Path

BrokerMaker = Callable[..., EmbeddedBroker]
ClientMaker = Callable[..., MqttClient]
WaitUntil = Callable[..., None]
DrainUntil = Callable[[MqttClient, Callable[[list[Message]], bool]], list[Message]]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(params=["mosquitto", "amqtt"])
def program(request: pytest.FixtureRequest) -> str:
    if request.param == "mosquitto" and find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    return str(request.param)


@pytest.fixture
def make_broker(tmp_path: Path, port: int) -> Iterator[BrokerMaker]:
    made: list[EmbeddedBroker] = []

    def make(program: str | None = None, **options: object) -> EmbeddedBroker:
        settings: dict[str, object] = {"port": port, "autosave_s": 1, "program": program, **options}
        broker = EmbeddedBroker(tmp_path / "broker", clock=SystemClock(), **settings)  # type: ignore[arg-type] # options of the test
        made.append(broker)
        broker.start()
        return broker

    yield make
    for broker in made:
        broker.stop()


@pytest.fixture
def make_client(port: int) -> Iterator[ClientMaker]:
    made: list[MqttClient] = []

    def make(
        hub: str = "test",
        *,
        wait: bool = True,
        settings: MqttConfig | None = None,
        **options: object,
    ) -> MqttClient:
        client = MqttClient(
            settings or MqttConfig(port=port),
            hub=hub,
            clock=SystemClock(),
            **options,  # type: ignore[arg-type] # options of the test
        )
        made.append(client)
        client.start()
        if wait:
            assert client.wait_connected(15.0), client.standing()
        return client

    yield make
    for client in made:
        client.stop()


@pytest.fixture
def wait_until() -> WaitUntil:
    """A wait for what a real process does in its own time."""

    def wait(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
        deadline_s = SystemClock().monotonic_s() + timeout_s
        while not condition():
            assert SystemClock().monotonic_s() < deadline_s, "it did not come true in time"
            time.sleep(0.01)

    return wait


@pytest.fixture
def drain_until(wait_until: WaitUntil) -> DrainUntil:
    """Collect messages until they are as wanted."""

    def drain(client: MqttClient, wanted: Callable[[list[Message]], bool]) -> list[Message]:
        messages: list[Message] = []

        def collected() -> bool:
            messages.extend(client.drain(256, 0.01))
            return wanted(messages)

        wait_until(collected)
        return messages

    return drain
