from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hubagent.errors import UnknownEntityError
from hubagent.ports import IngestReport
from hubagent.types import (
    Area,
    AreaId,
    Binding,
    Declaration,
    Entity,
    EntityId,
    Floor,
    FloorId,
)

if TYPE_CHECKING:
    from hubagent.clock import ManualClock
    from hubagent.context.store import ContextStore

LAMP = EntityId("light.desk_lamp")
POWER = EntityId("sensor.desk_lamp_power")
BUTTON = EntityId("event.desk_button")
TOPIC = "zigbee2mqtt/desk lamp"

Hear = Callable[..., IngestReport]


@pytest.fixture
def house(store: ContextStore) -> ContextStore:
    """The desk lamp in the study upstairs, and two lamps in the kitchen, one of them broken."""
    store.set_floor(Floor(FloorId("up"), "Upstairs"))
    store.set_area(Area(AreaId("study"), "Study", ("office",), FloorId("up")))
    store.set_area(Area(AreaId("kitchen"), "Kitchen"))
    for number in (1, 2):
        entity_id = EntityId(f"light.kitchen_{number}")
        entity = Entity(entity_id, "light", f"Kitchen lamp {number}", area_id=AreaId("kitchen"))
        store.declare(Declaration(entity, None, (Binding(entity_id, f"k/{number}", "state"),), ()))
    return store


def test_a_view_stays_as_it_was(house: ContextStore, clock: ManualClock, hear: Hear) -> None:
    hear(TOPIC, '{"state": "ON"}')
    view = house.view()
    taken_at_s = clock.now_s()
    clock.advance(10.0)
    hear(TOPIC, '{"state": "OFF"}')
    house.remove(POWER)
    house.set_area(Area(AreaId("new"), "New"))
    house.set_entity_facts(LAMP, name="Moon")
    assert view.now_s == taken_at_s
    assert view.state(LAMP).state == "on"
    assert view.entity(LAMP).name == "Desk lamp"
    assert view.entity(POWER).unit == "W"
    assert [area.area_id for area in view.areas()] == ["kitchen", "study"]
    assert [change.after for change in view.history(LAMP)] == ["on"]
    assert {match.id for match in view.match_names("moon")}.isdisjoint({LAMP})
    now = house.view()
    assert (now.state(LAMP).state, now.entity(LAMP).name) == ("off", "Moon")


def test_entities_come_back_as_they_were_declared(house: ContextStore, lamp: Declaration) -> None:
    view = house.view()
    assert view.entity(LAMP) == lamp.entity
    assert view.entity(LAMP) is view.entity(LAMP), "made once for all views of a version"
    assert view.entities() is house.view().entities()
    assert lamp.device is not None
    assert view.devices() == (replace(lamp.device, area_id=AreaId("study")),)
    assert [entity.entity_id for entity in view.entities()] == sorted(
        [BUTTON, LAMP, POWER, "light.kitchen_1", "light.kitchen_2"]
    )


def test_queries_join_their_conditions(house: ContextStore, clock: ManualClock, hear: Hear) -> None:
    hear("k/1", "on")
    clock.advance(10.0)
    since_s = clock.now_s()
    hear(TOPIC, '{"state": "ON", "power": 3}')
    clock.advance(10.0)
    hear("k/2", "on")
    view = house.view()
    assert view.query(domain="light", state="on") == ("light.kitchen_2", LAMP, "light.kitchen_1")
    assert view.query(area_id=AreaId("kitchen")) == ("light.kitchen_2", "light.kitchen_1")
    assert view.query(floor_id=FloorId("up"), domain="light") == (LAMP,)
    assert view.query(device_class="power") == (POWER,)
    assert view.query(name="the Reading Lights") == (LAMP,)
    assert view.query(changed_since_s=since_s, domain="light") == ("light.kitchen_2", LAMP)
    assert view.query(area_id=AreaId("attic")) == ()
    assert len(view.query()) == 5


def test_history_is_newest_first_and_limited(
    house: ContextStore, clock: ManualClock, hear: Hear
) -> None:
    for level in range(30):
        clock.advance(1.0)
        hear(TOPIC, f'{{"brightness": {level}}}')
    changes = house.view().history(LAMP, "brightness")
    assert [change.after for change in changes] == list(range(29, 13, -1))
    assert changes[-1].before == 13
    assert len(house.view().history(LAMP, "brightness", limit=3)) == 3
    assert house.view().history(LAMP, "effect") == ()
    with pytest.raises(UnknownEntityError):
        house.view().history(EntityId("light.none"))


def test_names_are_found_though_misspelled_or_misheard(house: ContextStore) -> None:
    view = house.view()
    best = view.match_names("reading light")[0]
    assert (best.kind, best.id, best.name, best.exact) == (
        "entity",
        LAMP,
        "reading light",
        True,
    )
    assert view.match_names("kitchin")[0].id == "kitchen"
    assert view.match_names("ofice")[0].id == "study"
    assert view.match_names("upstairs")[0].kind == "floor"
    assert len(view.match_names("lamp", limit=2)) == 2


def test_stale_and_ghost_entities_are_told_apart(
    house: ContextStore, clock: ManualClock, hear: Hear
) -> None:
    announced_at_s = clock.now_s()
    clock.advance(100.0)
    hear("k/1", "on")
    heard_at_s = clock.now_s()
    clock.advance(100.0)
    hear("k/1", "on")
    hear("k/2", "on")
    hear(f"{TOPIC}/availability", '{"state": "online"}')
    clock.advance(86_400.0)
    view = house.view()
    assert view.stale(86_400.0) == (
        ("light.kitchen_1", heard_at_s + 100.0),
        ("light.kitchen_2", heard_at_s + 100.0),
    )
    assert view.ghosts(86_400.0) == ((BUTTON, announced_at_s), (POWER, announced_at_s))
    assert view.ghosts(90_000.0) == ()


def test_an_unknown_entity_is_refused_with_the_nearest_id(house: ContextStore) -> None:
    view = house.view()
    for ask in (view.entity, view.state, view.area_of, view.commands_of, view.announced):
        with pytest.raises(UnknownEntityError) as error:
            ask(EntityId("light.kitchn_1"))
        assert error.value.hint == "nearest is `light.kitchen_1`"
    with pytest.raises(UnknownEntityError) as error:
        view.state(EntityId("vacuum.xyz"))
    assert error.value.hint == ""
