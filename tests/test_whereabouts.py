"""Where a speaker is, by a real store that hears where their things are."""

from __future__ import annotations

import json

import pytest

from hubagent.clock import ManualClock
from hubagent.context.store import ContextStore
from hubagent.devices.conventions import adapters
from hubagent.devices.directory import Directory
from hubagent.types import Area, AreaId, Message
from hubagent.whereabouts import area_of_speaker


class Home:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = ContextStore(clock=self.clock)
        areas = (("living_room", "Living room"), ("den", "Den"))
        for key, name in areas:
            self.store.set_area(Area(AreaId(key), name))
        self.directory = Directory(self.store, adapters())
        self.directory.start()

    def near(self, ident: str, name: str, room: str, distance: float = 1.0) -> None:
        self.clock.advance(1)
        said = json.dumps({"id": ident, "name": name, "distance": distance}).encode()
        topic = f"espresense/devices/{ident}/{room}"
        message = Message(topic, said, retained=False, heard_at_s=self.clock.now_s())
        for adapter, _ in self.store.ingest([message]).watched:
            self.directory.handle(adapter, message)


@pytest.fixture
def home() -> Home:
    return Home()


@pytest.mark.parametrize("name", ["Ann", "Ann phone", "ann's watch"])
def test_the_room_of_what_is_called_after_the_speaker(home: Home, name: str) -> None:
    home.near("a", name, "living_room")
    assert area_of_speaker("ann", home.store.view()) == "living_room"


@pytest.mark.parametrize("speaker", ["", "An", "Anna", "phone"])
def test_nobody_else_is_there(home: Home, speaker: str) -> None:
    home.near("a", "Ann phone", "living_room")
    assert area_of_speaker(speaker, home.store.view()) is None


def test_who_seems_to_be_in_two_rooms_is_in_none(home: Home) -> None:
    home.near("a", "Ann phone", "living_room")
    home.near("b", "Ann watch", "den")
    assert area_of_speaker("Ann", home.store.view()) is None


def test_a_room_that_is_no_area_and_a_silent_thing_say_nothing(home: Home) -> None:
    home.near("a", "Ann phone", "attic")
    assert area_of_speaker("Ann", home.store.view()) is None
    home.near("b", "Tom phone", "den")
    home.clock.advance(400)
    home.near("a", "Ann phone", "attic")
    assert area_of_speaker("Tom", home.store.view()) is None
