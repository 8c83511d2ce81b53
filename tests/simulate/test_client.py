"""The simulated home on a real broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.clock import SystemClock
from hubagent.errors import TransportError
from hubagent.simulate.client import BrokerHome
from hubagent.simulate.demo import demo_home
from hubagent.simulate.world import SimulatedHome
from hubagent.types import Publication

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.mqtt.client import MqttClient
    from hubagent.types import Message


class _Listener:
    """A hub's connection that keeps the last message of every topic."""

    def __init__(self, client: MqttClient) -> None:
        self.client = client
        self.last: dict[str, Message] = {}

    def until(self, holds: Callable[[dict[str, Message]], bool], timeout_s: float = 10.0) -> None:
        clock = SystemClock()
        end_s = clock.monotonic_s() + timeout_s
        while not holds(self.last):
            assert clock.monotonic_s() < end_s, "did not come in time"
            for message in self.client.drain(max_wait_s=0.05):
                self.last[message.topic] = message


@pytest.mark.broker
def test_the_demo_home_lives_on_a_real_broker(
    make_broker: Callable[..., Any], make_client: Callable[..., MqttClient], port: int
) -> None:
    broker = make_broker("mosquitto")
    login = broker.login
    clock = SystemClock()
    world = SimulatedHome(demo_home(), clock)
    home = BrokerHome(
        world,
        clock,
        "127.0.0.1",
        port,
        username=login.username if login else None,
        password=login.password.reveal() if login else None,
    )
    home.start()
    client = make_client()
    hub = _Listener(client)
    lamp = "things/ceiling_light/light/ceiling_light/light"
    hub.until(lambda last: f"{lamp}/state" in last and "things/status" in last)
    config = "homeassistant/device/ceiling_light/config"
    hub.until(lambda last: config in last)

    client.publish(Publication(f"{lamp}/set", b'{"state":"OFF"}'))
    hub.until(lambda last: b'"OFF"' in last[f"{lamp}/state"].payload)
    assert world.states()["light.ceiling_light"]["state"] == "off"

    door = "things/garage_door/cover/garage_door/state"
    client.publish(Publication(f"{door}/set", b"OPEN"))
    hub.until(lambda last: b"opening" in last[door].payload)
    client.publish(Publication(f"{door}/set", b"STOP"))
    hub.until(lambda last: b"opening" not in last[door].payload)

    hub.last.clear()
    client.publish(Publication("homeassistant/status", b"online"))
    hub.until(lambda last: config in last)

    home.do(lambda: world.place("sensor.meter_power", 77))
    meter = "things/meter/sensor/meter_power/state/state"
    hub.until(lambda last: meter in last and last[meter].payload == b"77")

    home.stop()
    hub.until(lambda last: last["things/status"].payload == b"offline")
    hub.until(lambda last: last["things/meter/status"].payload == b"offline")


def test_a_broker_that_is_not_there_is_told(port: int) -> None:
    clock = SystemClock()
    home = BrokerHome(SimulatedHome(demo_home(), clock), clock, "127.0.0.1", port)
    with pytest.raises(TransportError, match="cannot connect"):
        home.start()
