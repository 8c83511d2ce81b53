from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.devices.home_assistant import HomeAssistant
from hubagent.errors import DataError
from hubagent.types import AvailabilityMode, Codec, Declaration, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.types import Message

    MakeMessage = Callable[..., Message]
    Announce = Callable[[str, dict[str, Any]], Declaration]

DEVICE = {"ids": ["hub7"], "name": "Porch box", "mf": "Acme", "mdl": "P1", "sa": "Porch"}


def test_a_switch_is_declared_with_its_words_and_payloads(announce: Announce) -> None:
    found = announce(
        "switch",
        {
            "~": "porch/relay",
            "name": "Pump",
            "uniq_id": "p1",
            "stat_t": "~/state",
            "cmd_t": "~/set",
            "pl_on": "1",
            "pl_off": "0",
            "dev": DEVICE,
        },
    )
    assert found.entity.entity_id == "switch.porch_box_pump"
    assert found.entity.name == "Porch box Pump"
    assert found.entity.source == "home_assistant:switch/x"
    assert found.suggested_area == "Porch"
    assert found.device is not None
    assert found.device.manufacturer == "Acme"
    state = found.bindings[0]
    assert (state.topic, state.attribute, state.codec) == ("porch/relay/state", "state", Codec.TEXT)
    assert state.convert.words == (("1", "on"), ("0", "off"))
    assert state.convert.strict
    sent = {spec.command: (spec.parts[0].topic, spec.parts[0].payload) for spec in found.commands}
    assert sent == {"turn_on": ("porch/relay/set", "1"), "turn_off": ("porch/relay/set", "0")}


def test_a_name_of_null_is_that_of_the_device(announce: Announce) -> None:
    found = announce("switch", {"name": None, "cmd_t": "a/set", "dev": DEVICE})
    assert found.entity.name == "Porch box"
    assert found.entity.entity_id == "switch.porch_box"


def test_without_a_name_the_device_class_says_what_it_is(announce: Announce) -> None:
    config = {"stat_t": "a/t", "dev_cla": "temperature", "unit_of_meas": "°C", "dev": DEVICE}
    assert announce("sensor", config).entity.name == "Porch box Temperature"


def test_the_base_topic_is_put_at_either_end_and_in_availability(announce: Announce) -> None:
    found = announce(
        "sensor",
        {"~": "base", "stat_t": "state/~", "avty": [{"t": "~/lwt"}], "val_tpl": "{{ '~' }}"},
    )
    source, state = found.bindings
    assert state.topic == "state/base"
    assert state.template == "{{ '~' }}"
    assert source.topic == "base/lwt"


@pytest.mark.parametrize(
    ("template", "pointer"),
    [
        ("{{ value_json.power }}", "/power"),
        ('{{value_json["energy total"].today}}', "/energy total/today"),
        ("{{ value_json['a/b'][0] }}", "/a~1b/0"),
    ],
)
def test_a_template_that_only_looks_up_becomes_a_pointer(
    announce: Announce, template: str, pointer: str
) -> None:
    binding = announce("sensor", {"stat_t": "a", "val_tpl": template}).bindings[0]
    assert (binding.codec, binding.pointers, binding.template) == (Codec.JSON, (pointer,), "")


def test_a_template_that_does_more_stays_one(announce: Announce) -> None:
    template = "{{ value_json.power | round(1) }}"
    binding = announce("sensor", {"stat_t": "a", "val_tpl": template}).bindings[0]
    assert (binding.codec, binding.pointers, binding.template) == (Codec.TEXT, (), template)


def test_booleans_are_known_in_the_spelling_of_json_and_of_python(announce: Announce) -> None:
    config = {"stat_t": "a", "val_tpl": "{{ value_json.occ }}", "pl_on": True, "pl_off": False}
    words = dict(announce("binary_sensor", config).bindings[0].convert.words)
    assert words == {"true": "on", "True": "on", "false": "off", "False": "off"}


def test_several_sources_of_availability_are_numbered_and_combined(announce: Announce) -> None:
    found = announce(
        "switch",
        {
            "cmd_t": "a/set",
            "avty": [
                {"t": "bridge", "val_tpl": "{{ value_json.state }}"},
                {"t": "a/lwt", "pl_avail": "1", "pl_not_avail": "0"},
            ],
            "avty_mode": "all",
        },
    )
    sources = [item for item in found.bindings if item.role is Role.AVAILABILITY]
    assert [(item.attribute, item.topic) for item in sources] == [("0", "bridge"), ("1", "a/lwt")]
    assert sources[1].convert.words == (("1", "online"), ("0", "offline"))
    assert found.entity.availability_mode is AvailabilityMode.ALL


def test_without_a_state_topic_commands_are_optimistic(announce: Announce) -> None:
    assert all(spec.optimistic for spec in announce("switch", {"cmd_t": "a"}).commands)
    config = {"cmd_t": "a", "stat_t": "b"}
    assert not any(spec.optimistic for spec in announce("switch", config).commands)


def test_an_id_that_is_asked_for_is_given(announce: Announce) -> None:
    config = {"cmd_t": "a", "name": "Other", "def_ent_id": "switch.pump"}
    assert announce("switch", config).entity.entity_id == "switch.pump"
    config = {"cmd_t": "a", "name": "Other", "obj_id": "Old Pump"}
    assert announce("switch", config).entity.entity_id == "switch.old_pump"


def test_an_entity_disabled_by_default_is_not_spoken_about(announce: Announce) -> None:
    assert announce("sensor", {"stat_t": "a", "en": False}).entity.category == "diagnostic"


def test_a_mac_address_has_one_spelling(announce: Announce) -> None:
    for spelling in ("AA:BB:CC:DD:EE:01", "aabbccddee01", "AA-BB-CC-DD-EE-01"):
        device = announce("sensor", {"stat_t": "a", "dev": {"cns": [["mac", spelling]]}}).device
        assert device is not None
        assert device.connections == ("mac:aa:bb:cc:dd:ee:01",)


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("homeassistant/switch/ä/config", {"cmd_t": "a"}, "bad topic"),
        ("homeassistant/toaster/x/config", {"cmd_t": "a"}, "unsupported component"),
        ("homeassistant/switch/x/config", "{", "not JSON"),
        ("homeassistant/switch/x/config", "[" * 100_000, "not JSON"),
        ("homeassistant/switch/x/config", [1], "not an object"),
        ("homeassistant/switch/x/config", {}, "missing key"),
        ("homeassistant/switch/x/config", {"cmd_t": "a/+"}, "wrong value"),
        ("homeassistant/sensor/x/config", {"stat_t": "a/#/b"}, "wrong value"),
        ("homeassistant/switch/x/config", {"cmd_t": "a", "qos": "high"}, "wrong value"),
        ("homeassistant/switch/x/config", {"cmd_t": "a", "dev": {"name": "n"}}, "missing key"),
        ("homeassistant/switch/x/config", {"cmd_t": "a", "dev": "d"}, "wrong value"),
        ("homeassistant/switch/x/config", {"cmd_t": ["a"]}, "wrong value"),
        ("homeassistant/switch/x/config", {"cmd_t": "a", "avty": "b"}, "wrong value"),
        ("homeassistant/number/x/config", {"cmd_t": "a", "max": "much"}, "wrong value"),
        ("homeassistant/number/x/config", {"cmd_t": "a", "max": float("inf")}, "wrong value"),
        ("homeassistant/device/x/config", {"o": {"name": "n"}, "cmps": {}}, "missing device"),
        ("homeassistant/device/x/config", {"dev": {"ids": "1"}, "cmps": {}}, "missing origin"),
        (
            "homeassistant/device/x/config",
            {"dev": {"ids": "1"}, "o": {"name": "n"}, "cmps": []},
            "wrong value",
        ),
        (
            "homeassistant/device/x/config",
            {"dev": {"ids": "1"}, "o": {"name": "n"}, "cmps": {"a": {"stat_t": "t"}}},
            "missing platform",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_reason(
    message: MakeMessage, topic: str, payload: object, reason: str
) -> None:
    with pytest.raises(DataError, match=rf"^{reason}: "):
        HomeAssistant().handle(message(topic, payload))


# --- device-based messages ------------------------------------------------------------------------

BOX: dict[str, Any] = {
    "dev": {"ids": ["box1"], "name": "Box"},
    "o": {"name": "box2mqtt"},
    "~": "box/1",
    "avty_t": "~/lwt",
    "cmps": {
        "temp": {"p": "sensor", "uniq_id": "b1t", "stat_t": "~/t", "unit_of_meas": "°C"},
        "relay": {"p": "switch", "uniq_id": "b1r", "cmd_t": "~/set", "stat_t": "~/on"},
    },
}
BOX_TOPIC = "homeassistant/device/box1/config"


def test_components_of_a_device_inherit_what_is_shared(message: MakeMessage) -> None:
    found = HomeAssistant().handle(message(BOX_TOPIC, BOX)).declared
    assert [item.entity.source for item in found] == [
        "home_assistant:device/box1/temp",
        "home_assistant:device/box1/relay",
    ]
    for item in found:
        assert item.device is not None
        assert item.device.identifiers == ("box1",)
        assert [b.topic for b in item.bindings if b.role is Role.AVAILABILITY] == ["box/1/lwt"]


def test_a_component_that_is_only_a_platform_is_removed(message: MakeMessage) -> None:
    adapter = HomeAssistant()
    adapter.handle(message(BOX_TOPIC, BOX))
    found = adapter.handle(message(BOX_TOPIC, {**BOX, "cmps": {"temp": {"p": "sensor"}}}))
    assert found.removed == ("home_assistant:device/box1/temp",)
    assert not found.declared


def test_a_wrong_component_leaves_the_others_alone(message: MakeMessage) -> None:
    cmps = {
        **BOX["cmps"],
        "bad": {"p": "switch", "name": "n"},
        "odd": {"p": "toaster", "name": "n"},
    }
    found = HomeAssistant().handle(message(BOX_TOPIC, {**BOX, "cmps": cmps}))
    assert len(found.declared) == 2
    assert [item.partition(":")[0] for item in found.refused] == [
        "missing key",
        "unsupported component",
    ]


def test_an_empty_device_message_removes_all_its_components(message: MakeMessage) -> None:
    found = HomeAssistant().handle(message(BOX_TOPIC, ""))
    assert found.complete == ("home_assistant:device/box1/",)
    assert not found.declared


def test_an_empty_message_removes_an_entity(message: MakeMessage) -> None:
    found = HomeAssistant().handle(message("homeassistant/switch/node/relay/config", ""))
    assert found.removed == ("home_assistant:switch/node relay",)


# --- migration ------------------------------------------------------------------------------------

SINGLE_TOPIC = "homeassistant/sensor/box1/temp/config"
SINGLE = {"uniq_id": "b1t", "stat_t": "box/1/t", "dev": {"ids": ["box1"]}}
SINGLE_SOURCE = "home_assistant:sensor/box1 temp"


def test_an_entity_that_moves_outlives_its_old_topic(message: MakeMessage) -> None:
    adapter = HomeAssistant()
    adapter.handle(message(SINGLE_TOPIC, SINGLE))
    adapter.handle(message(SINGLE_TOPIC, {"migrate_discovery": True}))
    assert not adapter.handle(message(SINGLE_TOPIC, "")).removed
    found = adapter.handle(message(BOX_TOPIC, BOX))
    assert found.removed == (SINGLE_SOURCE,)


def test_when_the_new_topic_came_first_the_old_one_just_goes(message: MakeMessage) -> None:
    adapter = HomeAssistant()
    adapter.handle(message(SINGLE_TOPIC, SINGLE))
    adapter.handle(message(SINGLE_TOPIC, {"migrate_discovery": True}))
    adapter.handle(message(BOX_TOPIC, BOX))
    assert adapter.handle(message(SINGLE_TOPIC, "")).removed == (SINGLE_SOURCE,)


def test_without_the_announcement_of_a_move_clearing_removes(message: MakeMessage) -> None:
    adapter = HomeAssistant()
    adapter.handle(message(SINGLE_TOPIC, SINGLE))
    assert adapter.handle(message(SINGLE_TOPIC, "")).removed == (SINGLE_SOURCE,)
