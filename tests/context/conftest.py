"""A lamp with a power meter, and stores that know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubagent.clock import ManualClock
from hubagent.context.store import ContextStore
from hubagent.types import (
    AvailabilityMode,
    Binding,
    Capability,
    Codec,
    CommandPart,
    CommandSpec,
    Convert,
    Declaration,
    Device,
    DeviceId,
    Entity,
    EntityId,
    Message,
    Role,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LAMP = EntityId("light.desk_lamp")
POWER = EntityId("sensor.desk_lamp_power")
BUTTON = EntityId("event.desk_button")
TOPIC = "zigbee2mqtt/desk lamp"
DEVICE = Device(
    DeviceId("desk_lamp"),
    "Desk lamp",
    identifiers=("zigbee2mqtt_0x01",),
    connections=("mac:00:00:00:00:00:01",),
    manufacturer="Acme",
    model="L1",
    sw_version="2.0",
)
ON_OFF = Convert(words=(("ON", "on"), ("OFF", "off")))
ONLINE = Binding(LAMP, f"{TOPIC}/availability", "0", Role.AVAILABILITY, Codec.JSON, ("/state",))


@pytest.fixture
def lamp() -> Declaration:
    """Return the light: state, brightness, colour, availability, three commands."""
    return Declaration(
        Entity(
            LAMP,
            "light",
            "Desk lamp",
            unique_id="0x01_light",
            device_id=DEVICE.device_id,
            aliases=("reading light",),
            capabilities=(
                Capability("brightness", 0.0, 255.0),
                Capability("effect", options=("blink", "breathe")),
            ),
            availability_mode=AvailabilityMode.ALL,
            source="test:0x01",
        ),
        DEVICE,
        (
            Binding(LAMP, TOPIC, "state", codec=Codec.JSON, pointers=("/state",), convert=ON_OFF),
            Binding(LAMP, TOPIC, "brightness", codec=Codec.JSON, pointers=("/brightness",)),
            Binding(LAMP, TOPIC, "xy_color", codec=Codec.JSON, pointers=("/color/x", "/color/y")),
            ONLINE,
        ),
        (
            CommandSpec(
                LAMP,
                "turn_on",
                (
                    CommandPart(f"{TOPIC}/set", payload="ON", field="state"),
                    CommandPart(f"{TOPIC}/set", key="brightness", field="brightness"),
                ),
            ),
            CommandSpec(LAMP, "turn_off", (CommandPart(f"{TOPIC}/set", payload="OFF"),)),
        ),
        "Study",
    )


@pytest.fixture
def power() -> Declaration:
    """Return the meter of the same device, read by a template; expires after a minute."""
    entity = Entity(
        POWER,
        "sensor",
        "Desk lamp power",
        unique_id="0x01_power",
        device_id=DEVICE.device_id,
        device_class="power",
        unit="W",
        expire_after_s=60.0,
    )
    template = "{{ value_json.power | round(1) }}"
    read = Binding(POWER, TOPIC, "state", codec=Codec.JSON, template=template)
    return Declaration(entity, DEVICE, (read,), ())


@pytest.fixture
def button() -> Declaration:
    """Return a button that only has events."""
    entity = Entity(BUTTON, "event", "Desk button", unique_id="0x02_action")
    press = Binding(
        BUTTON,
        "zigbee2mqtt/button",
        "action",
        Role.EVENT,
        Codec.JSON,
        ("/action",),
    )
    return Declaration(entity, None, (press,), ())


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(
    clock: ManualClock, lamp: Declaration, power: Declaration, button: Declaration
) -> ContextStore:
    """A store in memory that knows the lamp, its meter and a button."""
    made = ContextStore(clock=clock)
    for declaration in (lamp, power, button):
        made.declare(declaration)
    return made


@pytest.fixture
def hear(store: ContextStore, clock: ManualClock) -> Callable[..., object]:
    """Let the store hear one message now."""

    def now(topic: str, payload: str | bytes, *, retained: bool = False) -> object:
        data = payload.encode() if isinstance(payload, str) else payload
        return store.ingest([Message(topic, data, retained, clock.now_s())])

    return now


@pytest.fixture
def reopen(tmp_path: Path, clock: ManualClock) -> Callable[[], ContextStore]:
    """Open the store of the test's folder, again and again."""
    return lambda: ContextStore(tmp_path / "store", clock=clock)
