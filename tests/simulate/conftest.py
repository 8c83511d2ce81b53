from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.clock import ManualClock
from hubagent.simulate.bus import MemoryBus
from hubagent.simulate.home import HomeModel, load_home
from hubagent.simulate.world import SimulatedHome, join_bus, settle
from hubagent.types import Publication

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.simulate.bus import BusClient
    from hubagent.simulate.faults import Faults


class Bench:
    """A simulated home on a bus, and a hub that hears everything."""

    def __init__(
        self, home: dict[str, Any] | HomeModel, maker: str = "device", faults: Faults | None = None
    ) -> None:
        self.clock = ManualClock()
        self.bus = MemoryBus(self.clock)
        model = home if isinstance(home, HomeModel) else load_home(home)
        self.world = SimulatedHome(model, self.clock, faults=faults, maker=maker)
        join_bus(self.world, self.bus)
        self.hub: BusClient = self.bus.client("hub")
        self.hub.subscribe("#")
        self.heard: dict[str, Any] = {}
        self.listen()

    def listen(self) -> list[str]:
        """Take what came in; return the topics."""
        messages = self.hub.receive()
        for message in messages:
            text = message.payload.decode()
            try:
                self.heard[message.topic] = json.loads(text)
            except ValueError:
                self.heard[message.topic] = text
        return [message.topic for message in messages]

    def send(self, topic: str, payload: object) -> list[str]:
        """Publish, and return the topics of what comes back at once."""
        text = payload if isinstance(payload, str) else json.dumps(payload)
        self.hub.publish(Publication(topic, text.encode()))
        return self.listen()

    def settle(self) -> float:
        seconds = settle(self.world, self.bus)
        self.listen()
        return seconds

    def state(self, entity_id: str) -> Any:
        return self.world.states()[entity_id]["state"]

    def attributes(self, entity_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.world.states()[entity_id]["attributes"]
        return found


@pytest.fixture
def bench() -> Callable[..., Bench]:
    return Bench
