"""Whatever comes from outside, an adapter declares or refuses; it never fails otherwise."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from hubagent.devices import abbreviations
from hubagent.devices.conventions import adapters
from hubagent.devices.ha_components import READERS
from hubagent.devices.home_assistant import HomeAssistant
from hubagent.devices.homie import Homie
from hubagent.devices.shelly_gen1 import ShellyGen1
from hubagent.devices.shelly_rpc import ShellyRpc
from hubagent.devices.tasmota import Tasmota
from hubagent.devices.zigbee2mqtt import Zigbee2Mqtt
from hubagent.errors import DataError
from hubagent.types import Message

if TYPE_CHECKING:
    from hubagent.ports import Adapter

    House = Any

ODD_TEXT = st.sampled_from(
    ["", "a/b", "+/#", "~x", "x~", "{{ value", "{{ value }}", "on", "é", "\0"]
)
NUMBER = st.integers() | st.floats() | st.just(10**400)
SCALAR = st.none() | st.booleans() | NUMBER | ODD_TEXT | st.text(max_size=5)
JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD_TEXT, inner, max_size=3),
    max_leaves=6,
)
KEYS = sorted(
    {*abbreviations.ENTITY, *abbreviations.ENTITY.values(), "commands", "attributes", "schema", "~"}
)
TOPIC = st.sampled_from(["a/b", "c"])
VALID = {
    "cmd_t": TOPIC,
    "stat_t": TOPIC,
    "dev": st.just({"ids": ["x"], "name": "X"}),
    "ops": st.just(["p", "q"]),
    "hum_cmd_t": TOPIC,
}
CONFIG: st.SearchStrategy[dict[str, Any]] = st.builds(
    lambda valid, odd: {**valid, **odd},
    st.fixed_dictionaries({}, optional=VALID),
    st.dictionaries(st.sampled_from(KEYS), JSON | ODD_TEXT, max_size=5),
)


def tell(adapter: Adapter, topic: str, payload: object) -> None:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    message = Message(topic, raw, retained=True, heard_at_s=0.0)
    with suppress(DataError):
        assert all(item.entity.source for item in adapter.handle(message).declared)


@pytest.mark.parametrize("component", sorted(READERS))
@settings(max_examples=15, deadline=None)
@given(config=CONFIG)
def test_any_component_is_declared_or_refused(component: str, config: dict[str, Any]) -> None:
    tell(HomeAssistant(), f"homeassistant/{component}/x/config", config)


@settings(max_examples=40, deadline=None)
@given(payload=st.binary(max_size=40) | JSON, topic=st.text(max_size=30) | ODD_TEXT)
def test_any_bytes_on_any_topic_are_declared_or_refused(payload: object, topic: str) -> None:
    tell(HomeAssistant(), f"homeassistant/{topic}/config", payload)
    tell(Zigbee2Mqtt(), f"{topic}/bridge/devices", payload)
    tell(Zigbee2Mqtt(), f"{topic}/bridge/groups", payload)
    tell(Zigbee2Mqtt(), f"{topic}/availability", payload)


TASMOTA = st.fixed_dictionaries(
    {"mac": st.just("A1B2C3D4E5F6"), "t": ODD_TEXT, "tp": st.just(["c", "s", "t"])},
    optional={
        "ft": st.just("%prefix%/%topic%/") | ODD_TEXT,
        "rl": st.lists(st.integers(0, 3), max_size=4) | JSON,
        "so": st.dictionaries(st.sampled_from(["4", "30", "68", "73", "114"]), SCALAR) | JSON,
        **dict.fromkeys(
            ("dn", "fn", "if", "lt_st", "swc", "swn", "btn", "sho", "state", "dslp", "onln"), JSON
        ),
    },
)


@settings(max_examples=60, deadline=None)
@given(config=TASMOTA, sensors=JSON, topic=ODD_TEXT)
def test_any_tasmota_device_is_declared_or_refused(
    config: dict[str, Any], sensors: object, topic: str
) -> None:
    adapter = Tasmota()
    tell(adapter, f"tasmota/discovery/{topic}/config", config)
    tell(adapter, "tasmota/discovery/A1B2C3D4E5F6/sensors", {"sn": sensors})
    tell(adapter, "tasmota/discovery/A1B2C3D4E5F6/config", config)
    tell(adapter, f"tele/{topic}/LWT", sensors)


PROPERTY = st.fixed_dictionaries(
    {},
    optional={
        "datatype": st.sampled_from(["boolean", "integer", "enum", "color", "float"]) | JSON,
        "format": st.sampled_from(["0:0", "5:1", "nan:inf", "rgb", "hsv", ",", "x:"]) | JSON,
        "settable": st.booleans() | JSON,
        "name": JSON,
        "unit": JSON,
    },
)
PLACE = st.sampled_from(["power", "brightness", "x", "a/b", "+", "$x", ""])
NODES = st.dictionaries(
    PLACE,
    st.fixed_dictionaries({"properties": st.dictionaries(PLACE, PROPERTY, max_size=3)}) | JSON,
    max_size=2,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(nodes=NODES | JSON, root=JSON, name=JSON)
def test_any_homie_device_is_declared_or_refused(
    house: House, nodes: object, root: object, name: object
) -> None:
    house.hear("homie/5/d/$description", {"nodes": nodes, "root": root, "name": name})
    house.hear("homie/5/d/$state", "ready")
    tell(Homie(), "homie/5/d/$description", nodes)


FIELDS = st.dictionaries(
    st.sampled_from(["id", "output", "brightness", "state", "tC", "battery", "a/b", ""]), JSON
)
PARAMS = st.dictionaries(
    st.sampled_from(["switch:0", "light:1", "cover:0", "input:0", "rgb:0", "switch:x", "ts", ""]),
    FIELDS | JSON,
    max_size=3,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(params=PARAMS | JSON, topic=ODD_TEXT, raw=st.binary(max_size=20) | JSON)
def test_any_shelly_is_declared_or_refused(
    house: House, params: object, topic: str, raw: object
) -> None:
    src = "shellyplus1-0123456789ab"
    house.hear("s/events/rpc", {"src": src, "method": "NotifyStatus", "params": params})
    for question in ("info", "config", "status"):
        house.hear(f"hubagent-rpc/s/{question}/rpc", {"result": params})
    adapter = ShellyRpc()
    tell(adapter, f"{topic}/events/rpc", {"src": src, "params": params})
    for tail in ("online", "events/rpc", "status/switch:0"):
        tell(adapter, f"{topic}/{tail}", raw)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    payload=JSON, ident=ODD_TEXT, part=st.sampled_from(["relay/0", "color/0/status", "roller/0"])
)
def test_any_shelly_of_the_first_generation_is_declared_or_refused(
    house: House, payload: object, ident: str, part: str
) -> None:
    tell(ShellyGen1(), f"shellies/{ident}/{part}", payload)
    tell(ShellyGen1(), "shellies/announce", payload)
    tell(ShellyGen1(), "shellies/announce", {"id": payload, "mac": "0123456789AB"})
    house.hear(f"shellies/x/{part}", payload)


LEVEL = st.sampled_from(["0", "7", "x", "a b", "kitchen", "mygateway1-out", "$x", "é"])
NOISE = st.text("{}[]\"':,%$#~\0é\x7f ", max_size=12)


def a_topic(draw: st.DrawFn, topic_filter: str) -> str:
    """Return a topic that the filter takes."""
    levels = []
    for level in topic_filter.split("/"):
        if level == "#":
            levels += draw(st.lists(LEVEL, max_size=4))
        else:
            levels.append(draw(LEVEL) if level == "+" else level)
    return "/".join(levels)


@st.composite
def heard(draw: st.DrawFn, payloads: st.SearchStrategy[object]) -> list[tuple[str, object]]:
    """Return messages on topics of one adapter."""
    filters = draw(st.sampled_from(adapters())).filters()
    said = draw(st.lists(st.tuples(st.sampled_from(filters), payloads), min_size=1, max_size=6))
    return [(a_topic(draw, topic), payload) for topic, payload in said]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=heard(JSON | st.text(max_size=8)))
def test_anything_on_any_topic_of_any_adapter_is_declared_or_refused(
    house: House, said: list[tuple[str, object]]
) -> None:
    for topic, payload in said:
        house.hear(topic, payload)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=heard(NOISE | st.binary(max_size=8).map(lambda raw: b"\xff" + raw)))
def test_noise_on_any_topic_of_any_adapter_makes_no_state(
    house: House, said: list[tuple[str, object]]
) -> None:
    empty = type(house)()
    for topic, payload in said:
        empty.hear(topic, payload)
    told = {None, *(payload for _, payload in said)}
    view = empty.store.view()
    for entity in view.entities():
        assert view.state(entity.entity_id).state in told, entity


COMPONENT = st.one_of(JSON, CONFIG.map(lambda config: {"p": "sensor", **config}))
WHOLE = st.fixed_dictionaries(
    {},
    optional={
        "dev": JSON | st.just({"ids": ["1"]}),
        "o": JSON | st.just({"name": "n"}),
        "cmps": JSON | st.dictionaries(ODD_TEXT, COMPONENT, max_size=3),
        "~": JSON,
        "avty": JSON,
    },
)


@settings(max_examples=40, deadline=None)
@given(payload=WHOLE)
def test_any_device_message_is_declared_or_refused(payload: object) -> None:
    tell(HomeAssistant(), "homeassistant/device/x/config", payload)


KINDS = [
    "light",
    "switch",
    "fan",
    "cover",
    "lock",
    "climate",
    "binary",
    "numeric",
    "enum",
    "text",
    "composite",
    "list",
]
NAMES = [
    "state",
    "brightness",
    "color_temp",
    "color_xy",
    "mode",
    "speed",
    "position",
    "system_mode",
    "action",
    "warning",
    "effect",
    "occupied_heating_setpoint",
]
EXPOSE: st.SearchStrategy[dict[str, Any]] = st.deferred(
    lambda: st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(KINDS) | JSON,
            "name": st.sampled_from(NAMES) | JSON,
            "property": JSON,
            "access": st.integers(0, 7) | JSON,
            "endpoint": JSON,
            "values": st.lists(SCALAR, max_size=4) | JSON,
            "value_on": JSON,
            "value_off": JSON,
            "value_min": NUMBER | JSON,
            "value_max": NUMBER | JSON,
            "features": st.lists(EXPOSE, max_size=4) | JSON,
        },
    )
)
DEVICE = st.fixed_dictionaries(
    {"ieee_address": st.just("0x0000000000000001") | JSON, "friendly_name": ODD_TEXT | JSON},
    optional={
        "type": JSON,
        "interview_state": st.just("SUCCESSFUL") | JSON,
        "endpoints": st.dictionaries(ODD_TEXT, JSON, max_size=2) | JSON,
        "power_source": st.just("Mains") | JSON,
        "definition": st.fixed_dictionaries({"exposes": st.lists(EXPOSE, max_size=3) | JSON})
        | JSON,
    },
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(devices=st.lists(DEVICE, max_size=2), groups=JSON | st.lists(JSON, max_size=2))
def test_any_network_is_declared_or_refused(devices: object, groups: object) -> None:
    adapter = Zigbee2Mqtt()
    tell(adapter, "z/bridge/devices", devices)
    tell(adapter, "z/bridge/groups", groups)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    configs=st.lists(st.tuples(st.sampled_from(sorted(READERS)), CONFIG), max_size=4),
    devices=st.lists(DEVICE, max_size=2),
)
def test_the_directory_and_the_store_stand_anything(
    house: House, configs: list[tuple[str, dict[str, Any]]], devices: list[Any]
) -> None:
    for number, (component, config) in enumerate(configs):
        house.announce(component, config, str(number))
    house.hear("zigbee2mqtt/bridge/devices", devices)
    house.hear("a/b", {"state": "ON"})
