from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from hubagent.clock import ManualClock
from hubagent.context.store import ContextStore
from hubagent.devices.conventions import adapters
from hubagent.devices.directory import Directory
from hubagent.devices.home_assistant import HomeAssistant
from hubagent.types import (
    Command,
    Declaration,
    Entity,
    EntityId,
    EntityState,
    Message,
    Publication,
    Value,
)

if TYPE_CHECKING:
    from hubagent.ports import IngestReport

MakeMessage = Callable[..., Message]
Announce = Callable[[str, dict[str, object]], Declaration]


def _message(topic: str, payload: object, heard_at_s: float = 0.0) -> Message:
    raw = payload if isinstance(payload, str) else json.dumps(payload)
    return Message(topic, raw.encode(), retained=True, heard_at_s=heard_at_s)


@pytest.fixture
def message() -> MakeMessage:
    """Make a retained message from a topic and text or JSON."""
    return _message


@pytest.fixture
def announce() -> Announce:
    """Announce one component to a fresh adapter and return what it declares."""

    def declare(component: str, config: dict[str, object]) -> Declaration:
        found = HomeAssistant().handle(_message(f"homeassistant/{component}/x/config", config))
        assert len(found.declared) == 1
        return found.declared[0]

    return declare


class House:
    """A real store with the adapters' announcements in it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = ContextStore(clock=self.clock)
        self.directory = Directory(self.store, adapters())
        self.directory.start()
        self.requests: list[Publication] = []

    def hear(self, topic: str, payload: object, *, retained: bool = True) -> IngestReport:
        """Let a message come in, as from the wire."""
        self.clock.advance(0.01)
        text = payload if isinstance(payload, str | bytes) else json.dumps(payload)
        raw = text.encode() if isinstance(text, str) else text
        message = Message(topic, raw, retained, self.clock.now_s())
        report = self.store.ingest([message])
        for adapter, _ in report.watched:
            self.requests += self.directory.handle(adapter, message)
        return report

    def announce(self, component: str, config: dict[str, object], object_id: str = "x") -> None:
        """Announce a component by Home Assistant's discovery."""
        self.hear(f"homeassistant/{component}/{object_id}/config", config)

    def only(self) -> Entity:
        """Return the one entity there is."""
        (entity,) = self.store.view().entities()
        return entity

    def state(self, entity_id: str | None = None) -> EntityState:
        """Return the state of an entity, by default of the only one."""
        wanted = EntityId(entity_id) if entity_id else self.only().entity_id
        return self.store.view().state(wanted)

    def command(
        self, command: str, data: dict[str, Value] | None = None, entity_id: str | None = None
    ) -> list[tuple[str, str]]:
        """Return what a command puts on the wire: topics and payloads."""
        wanted = EntityId(entity_id) if entity_id else self.only().entity_id
        found = self.store.render(Command(wanted, command, data or {}))
        assert not any(item.retain for item in found)
        return [(item.topic, item.payload.decode()) for item in found]

    def ids(self) -> list[str]:
        """Return the ids of all entities."""
        return [str(entity.entity_id) for entity in self.store.view().entities()]


@pytest.fixture
def house() -> House:
    """Make an empty house."""
    return House()
