"""Frigate, through a real store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    House = Any


def test_what_a_camera_sees(house: House) -> None:
    house.hear("frigate/front_door/person", "2")
    house.hear("frigate/front_door/motion", "ON")
    assert house.ids() == [
        "binary_sensor.front_door_motion",
        "binary_sensor.front_door_person",
        "sensor.front_door_person_count",
    ]
    assert house.state("sensor.front_door_person_count").state == 2
    assert house.state("binary_sensor.front_door_person").state == "on"
    house.hear("frigate/front_door/person", "0")
    assert house.state("binary_sensor.front_door_person").state == "off"


def test_a_detector_is_switched(house: House) -> None:
    house.hear("frigate/yard/detect/state", "ON")
    assert (house.only().category, house.state().state) == ("config", "on")
    assert house.command("turn_off") == [("frigate/yard/detect/set", "OFF")]
    house.hear("frigate/yard/detect/state", "OFF")
    assert house.state().state == "off"


def test_what_stops_is_not_there(house: House) -> None:
    for availability_first in (True, False):
        home = type(house)()
        said = [("frigate/available", "stopped"), ("frigate/yard/dog", "1")]
        for topic, payload in said if availability_first else reversed(said):
            home.hear(topic, payload)
        assert not home.state().available
        home.hear("frigate/available", "online")
        assert home.state().available


def test_what_is_no_count_is_none(house: House) -> None:
    for tail in (
        "yard/person",
        "yard/review_status",
        "yard/motion",
        "notifications/state",
        "yard/1",
    ):
        house.hear(f"frigate/{tail}", "DETECTION")
    assert house.ids() == []
