from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from hubagent.devices.home_assistant import HomeAssistant
from hubagent.types import Declaration, Message

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
