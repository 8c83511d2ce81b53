"""Sensors behind openMQTTGateway and Theengs gateways, through a real store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    House = Any

SAID = {"id": "58:2D:34:00:AA:DF", "brand": "Xiaomi", "model": "Round", "tempc": 26, "hum": 61.4}


def test_a_sensor_is_one_whichever_gateway_hears_it(house: House) -> None:
    house.hear("home/kitchen/BTtoMQTT/582D3400AADF", SAID)
    house.hear("home/attic/BTtoMQTT/582D3400AADF", {**SAID, "tempc": 21.5})
    assert house.ids() == ["sensor.round_humidity", "sensor.round_temperature"]
    assert house.state("sensor.round_temperature").state == 21.5
    (device,) = house.store.view().devices()
    assert (device.manufacturer, device.identifiers) == ("Xiaomi", ("58:2d:34:00:aa:df",))


def test_a_contact_and_a_weather_station(house: House) -> None:
    house.hear("home/g/BTtoMQTT/A4C138000016", {"model": "Door", "open": False, "batt": 100})
    assert house.state("binary_sensor.door_contact").state == "off"
    house.hear("home/g/RTL_433toMQTT/Tower/A/42", {"model": "Tower", "temperature_C": -3.5})
    assert house.state("sensor.tower_temperature").state == -3.5


def test_phones_that_pass_by_are_no_sensors(house: House) -> None:
    for number in range(600):
        house.hear(f"home/g/BTtoMQTT/{number:012X}", {"id": "x", "rssi": -42, "track": True})
    assert house.ids() == []
    assert not house.directory.problems


def test_announced_to_home_assistant_as_well_it_is_one(house: House) -> None:
    house.hear("home/kitchen/BTtoMQTT/582D3400AADF", {**SAID, "hum": None})
    house.announce(
        "sensor",
        {
            "name": "tempc",
            "uniq_id": "582D3400AADF-tempc",
            "stat_t": "+/+/BTtoMQTT/582D3400AADF",
            "val_tpl": "{{ value_json.tempc | is_defined }}",
            "dev": {"ids": ["582D3400AADF"], "name": "Round-AADF"},
        },
    )
    assert house.only().domain == "sensor"
    (device,) = house.store.view().devices()
    assert device.name == "Round"
