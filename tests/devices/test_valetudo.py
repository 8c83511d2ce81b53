"""Vacuum robots with Valetudo, through a real store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    House = Any

ROOT = "valetudo/rob"


def test_a_robot(house: House) -> None:
    house.hear(f"{ROOT}/StatusStateAttribute/status", "moving")
    house.hear(f"{ROOT}/BatteryStateAttribute/level", "42")
    house.hear(f"{ROOT}/FanSpeedControlCapability/preset", "max")
    state = house.state("vacuum.rob")
    assert state.state == "cleaning"
    assert (state.attributes["battery_level"], state.attributes["fan_speed"]) == (42, "max")
    assert house.state("sensor.rob_battery").state == 42
    house.hear(f"{ROOT}/StatusStateAttribute/status", "dancing")
    assert house.state("vacuum.rob").state == "cleaning"


@pytest.mark.parametrize(
    ("command", "data", "topic", "payload"),
    [
        ("start", {}, "BasicControlCapability/operation", "START"),
        ("pause", {}, "BasicControlCapability/operation", "PAUSE"),
        ("stop", {}, "BasicControlCapability/operation", "STOP"),
        ("return_to_base", {}, "BasicControlCapability/operation", "HOME"),
        ("locate", {}, "LocateCapability/locate", "PERFORM"),
        ("set_fan_speed", {"fan_speed": "low"}, "FanSpeedControlCapability/preset", "low"),
    ],
)
def test_commands(house: House, command: str, data: Any, topic: str, payload: str) -> None:
    house.hear(f"{ROOT}/FanSpeedControlCapability/preset", "max")
    house.hear(f"{ROOT}/StatusStateAttribute/status", "docked")
    assert house.command(command, data, "vacuum.rob") == [(f"{ROOT}/{topic}/set", payload)]


@pytest.mark.parametrize("format_first", [True, False])
def test_a_robot_lists_its_own_choices(house: House, *, format_first: bool) -> None:
    said = [("preset", "low"), ("preset/$format", "low,high")]
    for tail, payload in reversed(said) if format_first else said:
        house.hear(f"{ROOT}/WaterUsageControlCapability/{tail}", payload)
    assert house.only().capability("option").options == ("low", "high")
    assert house.state("select.rob_water").state == "low"
    sent = house.command("select_option", {"option": "high"})
    assert sent == [(f"{ROOT}/WaterUsageControlCapability/preset/set", "high")]


def test_settings_and_readings(house: House) -> None:
    house.hear(f"{ROOT}/KeyLockCapability/enabled", "OFF")
    house.hear(f"{ROOT}/SpeakerVolumeControlCapability/value", "80")
    house.hear(f"{ROOT}/CurrentStatisticsCapability/area", "630000")
    house.hear(f"{ROOT}/AttachmentStateAttribute/mop", "false")
    house.hear(f"{ROOT}/ConsumableMonitoringCapability/main-brush", "59")
    assert house.state("switch.rob_key_lock").state == "off"
    assert house.command("turn_on", entity_id="switch.rob_key_lock") == [
        (f"{ROOT}/KeyLockCapability/enabled/set", "ON")
    ]
    assert house.command("set_value", {"value": 30}, "number.rob_speaker_volume") == [
        (f"{ROOT}/SpeakerVolumeControlCapability/value/set", "30")
    ]
    assert house.state("sensor.rob_cleaned_area").state == 63
    assert house.state("binary_sensor.rob_mop").state == "off"
    assert house.state("sensor.rob_main_brush").state == 59


def test_whether_it_is_there(house: House) -> None:
    house.hear(f"{ROOT}/StatusStateAttribute/status", "docked")
    assert house.state().available
    house.hear(f"{ROOT}/$state", "lost")
    assert not house.state().available
    house.hear(f"{ROOT}/$state", "ready")
    assert house.state().available


def test_announced_to_home_assistant_as_well_it_is_one(house: House) -> None:
    house.hear(f"{ROOT}/KeyLockCapability/enabled", "OFF")
    house.announce(
        "switch",
        {
            "name": "Lock Keys",
            "unique_id": "rob_KeyLockCapability",
            "stat_t": f"{ROOT}/KeyLockCapability/enabled",
            "val_tpl": "{{ value }}",
            "cmd_t": f"{ROOT}/KeyLockCapability/enabled/set",
            "dev": {"ids": ["rob"], "name": "Rob"},
        },
    )
    assert house.only().aliases == ("Rob Lock Keys",)
    (device,) = house.store.view().devices()
    assert device.manufacturer == "Valetudo"
