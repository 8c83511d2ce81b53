"""Presence by rooms, through a real store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    House = Any


def near(house: House, room: str, distance: float) -> None:
    said = {"id": "irk:01", "name": "Ann phone", "distance": distance}
    house.hear(f"espresense/devices/irk:01/{room}", said, retained=False)


def test_the_nearest_room_with_a_margin(house: House) -> None:
    near(house, "kitchen", 3.0)
    assert house.state("device_tracker.ann_phone").state == "kitchen"
    near(house, "hall", 2.8)
    assert house.state().state == "kitchen"
    near(house, "hall", 1.0)
    assert house.state().state == "hall"
    near(house, "kitchen", 2.0)
    assert (house.state().state, house.state().attributes["distance"]) == ("hall", 1.0)


def test_a_room_that_is_silent_is_given_up(house: House) -> None:
    near(house, "kitchen", 1.0)
    house.clock.advance(60)
    near(house, "hall", 9.0)
    assert house.state().state == "hall"


def test_who_is_not_heard_is_not_there(house: House) -> None:
    near(house, "kitchen", 1.0)
    house.clock.advance(400)
    house.hear("some/other", "1")
    assert not house.state().available


def test_several_people_on_the_topic_of_a_room(house: House) -> None:
    for room, ident, distance in (("bed", "a", 2), ("bed", "b", 5), ("den", "b", 1)):
        house.hear(f"room_presence/{room}", {"id": ident, "name": ident, "distance": distance})
    assert house.state("device_tracker.a").state == "bed"
    assert house.state("device_tracker.b").state == "den"


def test_room_assistant_chooses_itself(house: House) -> None:
    for room in ("den", "bed"):
        said = {"entity": {"id": "x", "name": "Tom Room Presence", "state": room}}
        house.hear(f"room-assistant/entity/{room}/bluetooth-low-energy-presence-sensor/x", said)
    assert house.state("device_tracker.tom").state == "bed"


@pytest.mark.parametrize(
    "said",
    ['{"id": "\\ud800", "distance": 1}', {}, {"id": "a"}, {"id": "a", "distance": "near"}, []],
)
def test_what_does_not_say_who_is_how_far_is_refused(house: House, said: object) -> None:
    house.hear("room_presence/bed", said)
    assert house.ids() == []
    assert sum(house.directory.problems.values()) == 1
