"""Messages recorded from real systems; they are not part of the project."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conventions import shuffled
from hubagent.devices.zigbee2mqtt import Zigbee2Mqtt
from hubagent.types import EntityId, Message, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    House = Any
    Row = dict[str, Any]

FIXTURES = os.environ.get("HUBAGENT_FIXTURES")
pytestmark = pytest.mark.skipif(
    not FIXTURES, reason="HUBAGENT_FIXTURES names no folder of recorded messages"
)


@pytest.fixture
def recorded() -> list[Row]:
    files = sorted(Path(FIXTURES or "").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def replay(house: House, rows: Iterable[Row]) -> None:
    for row in rows:
        house.hear(row["topic"], row["payload"], retained=bool(row["retained"]))


def is_announcement(row: Row) -> bool:
    topic: str = row["topic"]
    return topic.endswith(("/config", "/bridge/devices", "/bridge/groups", "/availability"))


def test_every_message_in_any_order_gives_the_same_entities(
    house: House, recorded: list[Row]
) -> None:
    replay(house, recorded)
    expected = house.store.view().entities()
    assert len(expected) == 216
    for seed in (1, 2):
        other = type(house)()
        replay(other, shuffled(recorded, seed))
        assert other.store.view().entities() == expected
        assert other.store.view().devices() == house.store.view().devices()
        assert other.directory.problems == house.directory.problems
        assert other.store.counters()["failed"] == 0


def test_what_a_broker_keeps_in_any_order_gives_the_same_states(
    house: House, recorded: list[Row]
) -> None:
    last = {row["topic"]: row for row in recorded}
    kept = [row for row in recorded if is_announcement(row) or last[row["topic"]] is row]
    replay(house, kept)
    view = house.store.view()
    expected = {item.entity_id: view.state(item.entity_id) for item in view.entities()}
    assert sum(state.state is not None for state in expected.values()) >= 5
    for seed in (1, 2):
        other = type(house)()
        replay(other, shuffled(kept, seed))
        view = other.store.view()
        for item in view.entities():
            state, wanted = view.state(item.entity_id), expected[item.entity_id]
            assert (state.state, state.attributes, state.available) == (
                wanted.state,
                wanted.attributes,
                wanted.available,
            )


def test_what_home_assistant_refuses_is_refused_and_changes_nothing(
    house: House, recorded: list[Row]
) -> None:
    wrong = [row for row in recorded if row["direction"] == "discovery-invalid"]
    assert len(wrong) == 7
    replay(house, [row for row in recorded if row["direction"] == "discovery"])
    before, refused = house.store.view().entities(), sum(house.directory.problems.values())
    replay(house, wrong)
    assert sum(house.directory.problems.values()) == refused + 7
    assert house.store.view().entities() == before


def bridge_devices(recorded: list[Row]) -> list[dict[str, Any]]:
    (row,) = [row for row in recorded if row["topic"].endswith("/bridge/devices")]
    found: list[dict[str, Any]] = json.loads(row["payload"])
    return found


def announce(house: House, recorded: list[Row], *more: dict[str, Any]) -> None:
    house.hear("zigbee2mqtt/bridge/devices", [*bridge_devices(recorded), *more])


def test_the_whole_zigbee_network_is_there(house: House, recorded: list[Row]) -> None:
    announce(house, recorded)
    view = house.store.view()
    names = {item.name for item in view.devices()}
    listed = bridge_devices(recorded)
    assert names == {
        "Zigbee2MQTT Bridge" if item["type"] == "Coordinator" else item["friendly_name"]
        for item in listed
    }
    payload = json.dumps(listed).encode()
    message = Message("zigbee2mqtt/bridge/devices", payload, retained=True, heard_at_s=0)
    declared = Zigbee2Mqtt().handle(message).declared
    for item in listed:
        topic = f"zigbee2mqtt/{item['friendly_name']}"
        heard = {
            pointer.split("/")[1]
            for entity in declared
            for binding in entity.bindings
            if binding.topic == topic and binding.role is not Role.AVAILABILITY
            for pointer in binding.pointers
        }
        sent = {
            part.field.split(".")[0]
            for entity in declared
            for command in entity.commands
            for part in command.parts
            if part.topic == f"{topic}/set"
        }
        for expose in leaves((item.get("definition") or {}).get("exposes", [])):
            if expose["access"] & 1:
                assert expose["property"] in heard, (topic, expose["property"])
            if expose["access"] & 2:
                assert expose["property"] in sent, (topic, expose["property"])


def leaves(exposes: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Yield what can be read or set by itself: composites that are no colour are advanced settings."""
    for expose in exposes:
        if expose["type"] in ("light", "switch", "cover", "lock", "fan", "climate"):
            yield from leaves(expose["features"])
        elif expose["type"] != "composite" or expose["name"] in ("color_xy", "color_hs"):
            yield expose


def as_command(payload: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Return the command whose payload a recorded light message is, if there is one."""
    data: dict[str, Any] = {}
    for key, value in payload.items():
        if key == "brightness" and isinstance(value, int) and value:
            data["brightness"] = round(value * 255 / 254)
        elif key == "color_temp" and isinstance(value, int):
            data["color_temp_kelvin"] = round(1e6 / value)
        elif key == "transition":
            data["transition"] = value
        elif key == "color" and value.keys() == {"x", "y"}:
            data["xy_color"] = (value["x"], value["y"])
        elif key == "color" and value.keys() == {"r", "g", "b"}:
            data["rgb_color"] = (value["r"], value["g"], value["b"])
        elif key != "state":
            return None
    word = payload.get("state")
    commands = {"ON": "turn_on", "OFF": "turn_off", "TOGGLE": "toggle"}
    if word not in commands or (word != "ON" and data.keys() - {"transition"}):
        return None
    return commands[word], data


def test_lights_are_sent_what_others_send_them(house: House, recorded: list[Row]) -> None:
    lamp = next(
        item for item in bridge_devices(recorded) if item["friendly_name"] == "bulb_color_2"
    )
    # The messages are mostly to `bulb_color`, which is of the same kind and not in the list.
    announce(
        house,
        recorded,
        {**lamp, "friendly_name": "bulb_color", "ieee_address": "0x000b57fffec6a5b3"},
    )
    known = {"bulb", "bulb_color", "bulb_color_2"}
    compared = 0
    for row in recorded:
        base, _, name = row["topic"].removesuffix("/set").partition("/")
        if not row["topic"].endswith("/set") or base != "zigbee2mqtt" or name not in known:
            continue
        payload = json.loads(row["payload"] or "{}")
        found = as_command(payload)
        if found is None:
            continue
        ((topic, sent),) = house.command(*found, entity_id=f"light.{name}")
        assert (topic, json.loads(sent)) == (row["topic"], payload)
        compared += 1
    assert compared >= 18


@pytest.mark.parametrize(
    ("entity_id", "command", "data", "topic", "payload"),
    [
        ("switch.power_plug", "turn_off", {}, "power_plug", {"state": "OFF"}),
        ("light.zigfred_plus_l2", "turn_on", {}, "zigfred_plus", {"state_l2": "ON"}),
        (
            "cover.zigfred_plus_l6",
            "set_cover_position",
            {"position": 90},
            "zigfred_plus",
            {"position_l6": 90},
        ),
        ("scene.bulb_color_2_chill_scene", "turn_on", {}, "bulb_color_2", {"scene_recall": 1}),
        (
            "select.bulb_power_on_behavior",
            "select_option",
            {"option": "previous"},
            "bulb",
            {"power_on_behavior": "previous"},
        ),
        (
            "switch.power_plug_power_outage_memory",
            "turn_on",
            {},
            "power_plug",
            {"power_outage_memory": True},
        ),
    ],
)
def test_other_devices_of_the_network_are_sent_what_they_ask_for(
    house: House,
    recorded: list[Row],
    entity_id: str,
    command: str,
    data: dict[str, Any],
    topic: str,
    payload: dict[str, Any],
) -> None:
    announce(house, recorded)
    assert EntityId(entity_id) in house.ids()
    ((sent_topic, sent),) = house.command(command, data, entity_id=entity_id)
    assert (sent_topic, json.loads(sent)) == (f"zigbee2mqtt/{topic}/set", payload)


def test_mains_powered_devices_of_the_network_are_asked(house: House, recorded: list[Row]) -> None:
    announce(house, recorded)
    asked = {item.topic: json.loads(item.payload) for item in house.requests}
    assert asked["zigbee2mqtt/bulb/get"] == {"state": ""}
    assert asked["zigbee2mqtt/zigfred_plus/get"]["state_l6"] == ""
    assert "zigbee2mqtt/remote/get" not in asked
