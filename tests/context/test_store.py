from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from hubagent.context.store import ContextStore
from hubagent.errors import CapabilityError, DataError, UnknownEntityError
from hubagent.ports import IngestReport
from hubagent.types import (
    Area,
    AreaId,
    Binding,
    Codec,
    Command,
    Declaration,
    DeviceEvent,
    DeviceId,
    Entity,
    EntityId,
    Floor,
    FloorId,
    Message,
    Publication,
    StateChange,
)

if TYPE_CHECKING:
    from pathlib import Path

    from hubagent.clock import ManualClock

LAMP = EntityId("light.desk_lamp")
POWER = EntityId("sensor.desk_lamp_power")
BUTTON = EntityId("event.desk_button")
TOPIC = "zigbee2mqtt/desk lamp"
DEVICE = DeviceId("desk_lamp")

Hear = Callable[..., IngestReport]


# --- messages -------------------------------------------------------------------------------------


def test_a_message_becomes_state_with_before_after_time_and_origin(
    store: ContextStore, clock: ManualClock, hear: Hear
) -> None:
    hear(TOPIC, '{"state": "ON", "brightness": 90, "power": 4.26}')
    clock.advance(5.0)
    report = hear(TOPIC, '{"state": "OFF", "brightness": 90, "color": {"x": 0.3, "y": 0.4}}')
    now_s = clock.now_s()
    assert set(report.changes) == {
        StateChange(LAMP, "state", "on", "off", now_s, TOPIC),
        StateChange(LAMP, "xy_color", None, (0.3, 0.4), now_s, TOPIC),
    }
    state = store.view().state(LAMP)
    assert state.state == "off"
    assert state.attributes == {"brightness": 90, "xy_color": (0.3, 0.4)}
    assert (state.changed_at_s, state.heard_at_s) == (now_s, now_s)
    assert store.view().state(POWER).state == "4.3"


def test_a_partial_update_leaves_the_rest_alone(store: ContextStore, hear: Hear) -> None:
    hear(TOPIC, '{"state": "ON", "brightness": 90}')
    hear(TOPIC, '{"brightness": 12}')
    hear(TOPIC, '{"linkquality": 12}')
    state = store.view().state(LAMP)
    assert (state.state, state.attributes) == ("on", {"brightness": 12})
    hear(TOPIC, '{"brightness": null}')
    assert store.view().state(LAMP).attributes == {"brightness": None}


def test_the_order_of_state_and_announcement_does_not_matter(
    clock: ManualClock, lamp: Declaration, power: Declaration
) -> None:
    def tell(store: ContextStore, *, first: bool) -> None:
        if first:
            store.declare(lamp)
            store.declare(power)
        store.ingest(
            [
                Message(TOPIC, b'{"state": "ON", "power": 3}', True, clock.now_s()),
                Message(f"{TOPIC}/availability", b'{"state": "online"}', True, clock.now_s()),
            ]
        )
        if not first:
            store.declare(lamp)
            store.declare(power)

    stores = ContextStore(clock=clock), ContextStore(clock=clock)
    tell(stores[0], first=True)
    tell(stores[1], first=False)
    for entity_id in (LAMP, POWER):
        early, late = (item.view().state(entity_id) for item in stores)
        assert early == late
        assert early.available


def test_a_change_found_at_an_announcement_is_reported(
    clock: ManualClock, lamp: Declaration
) -> None:
    store = ContextStore(clock=clock)
    heard_at_s = clock.now_s()
    report = store.ingest([Message(TOPIC, b'{"state": "ON"}', True, heard_at_s)])
    assert report.unclaimed == 1
    clock.advance(3.0)
    assert StateChange(LAMP, "state", None, "on", heard_at_s, TOPIC) in store.declare(lamp)
    assert store.declare(lamp) == (), "the same again is nothing new"


def test_an_event_fires_once_and_is_never_state(
    store: ContextStore, clock: ManualClock, hear: Hear
) -> None:
    report = hear("zigbee2mqtt/button", '{"action": "single", "battery": 80}')
    expected = DeviceEvent(BUTTON, "single", clock.now_s(), "zigbee2mqtt/button")
    assert report.events == (expected,)
    assert report.changes == ()
    assert hear("zigbee2mqtt/button", '{"action": ""}').events == ()
    state = store.view().state(BUTTON)
    assert (state.state, dict(state.attributes)) == (None, {})


def test_a_retained_event_is_over(store: ContextStore, hear: Hear) -> None:
    report = hear("zigbee2mqtt/button", '{"action": "single"}', retained=True)
    assert (report.events, report.failed) == ((), 0)
    assert store.counters()["retained_events"] == 1


def test_what_cannot_be_read_is_counted_and_named_once(
    store: ContextStore, hear: Hear, caplog: pytest.LogCaptureFixture
) -> None:
    hear(TOPIC, '{"state": "ON"}')
    before = store.view().state(LAMP)
    with caplog.at_level(logging.INFO):
        for payload in (b'{"state"', b"\xff\xfe\x00", b"[[[[[[", b'{"state":"OFF"'):
            assert hear(TOPIC, payload).failed == 1
        assert hear(f"{TOPIC}/availability", '{"state": "asleep"}').failed == 1
    named = [record.getMessage() for record in caplog.records]
    assert [message.count(TOPIC) for message in named] == [1, 1]
    assert store.view().state(LAMP) == before
    assert store.failed_by_topic() == {TOPIC: 4, f"{TOPIC}/availability": 1}
    assert store.counters()["failed"] == 5


def test_a_watched_topic_is_reported_by_name_and_index(store: ContextStore) -> None:
    store.watch("discovery", ["homeassistant/+/+/config"])
    store.watch("bridge", ["zigbee2mqtt/bridge/#"])
    topics = ["homeassistant/light/a/config", TOPIC, "zigbee2mqtt/bridge/devices", "other"]
    report = store.ingest([Message(topic, b"{}", False, 1.0) for topic in topics])
    assert report.watched == (("discovery", 0), ("bridge", 2))
    assert report.unclaimed == 1
    with pytest.raises(DataError, match="#"):
        store.watch("broken", ["a/#/b"])


# --- availability and time ------------------------------------------------------------------------


def test_availability_is_unknown_until_its_sources_speak(store: ContextStore, hear: Hear) -> None:
    assert not store.view().state(LAMP).available
    assert store.view().state(POWER).available, "nothing could say otherwise"
    report = hear(f"{TOPIC}/availability", '{"state": "online"}')
    assert [change.attribute for change in report.changes] == ["available"]
    assert store.view().state(LAMP).available
    hear(f"{TOPIC}/availability", '{"state": "offline"}')
    assert not store.view().state(LAMP).available
    newest, older = store.view().history(LAMP, "available")
    assert (newest.before, newest.after, older.after) == (True, False, True)


def test_a_reading_that_is_not_renewed_expires(
    store: ContextStore, clock: ManualClock, hear: Hear
) -> None:
    hear(TOPIC, '{"power": 5}')
    clock.advance(59.0)
    assert store.tick() == ()
    clock.advance(1.0)
    assert store.tick() == (StateChange(POWER, "available", True, False, clock.now_s(), "expire"),)
    state = store.view().state(POWER)
    assert (state.available, state.state) == (False, "5.0")
    report = hear(TOPIC, '{"power": 5}')
    assert [change.origin for change in report.changes] == [TOPIC]
    assert store.view().state(POWER).available


def test_messages_themselves_let_time_pass(
    store: ContextStore, clock: ManualClock, hear: Hear
) -> None:
    hear(TOPIC, '{"power": 5}')
    clock.advance(61.0)
    report = hear("elsewhere", "x")
    assert [(change.entity_id, change.origin) for change in report.changes] == [(POWER, "expire")]


# --- commands -------------------------------------------------------------------------------------


def test_a_command_is_rendered_as_its_device_wants_it(store: ContextStore) -> None:
    command = Command(LAMP, "turn_on", {"brightness": 128})
    assert store.render(command) == (
        Publication(f"{TOPIC}/set", b'{"state":"ON","brightness":128}', qos=1),
    )
    assert not store.render(command)[0].retain


def test_what_an_entity_cannot_do_is_refused_with_the_reason(store: ContextStore) -> None:
    with pytest.raises(UnknownEntityError) as unknown:
        store.render(Command(EntityId("light.desk_lmap"), "turn_on"))
    assert unknown.value.hint == f"nearest is `{LAMP}`"
    assert unknown.value.entity_id == "light.desk_lmap"
    with pytest.raises(CapabilityError, match="open_cover"):
        store.render(Command(LAMP, "open_cover"))
    with pytest.raises(CapabilityError) as refused:
        store.render(Command(LAMP, "turn_on", {"volume": 3}))
    assert "volume" in refused.value.hint
    assert (refused.value.entity_id, refused.value.command) == (LAMP, "turn_on")


# --- declarations ---------------------------------------------------------------------------------


def test_a_declaration_that_does_not_compile_changes_nothing(
    store: ContextStore, hear: Hear, lamp: Declaration
) -> None:
    broken = Binding(LAMP, TOPIC, "state", template="{{ value_json.")
    with pytest.raises(DataError):
        store.declare(Declaration(lamp.entity, None, (broken,), ()))
    with pytest.raises(DataError):
        store.declare(
            Declaration(
                Entity(EntityId("light.new"), "light", "New"),
                None,
                (Binding(EntityId("light.new"), "a/#/b", "state"),),
                (),
            )
        )
    assert [entity.entity_id for entity in store.view().entities()] == [BUTTON, LAMP, POWER]
    hear(TOPIC, '{"state": "ON"}')
    assert store.view().state(LAMP).state == "on", "the old bindings still hold"
    assert store.view().commands_of(LAMP) == ("turn_off", "turn_on")


def test_a_new_declaration_replaces_the_old_one(
    store: ContextStore, hear: Hear, lamp: Declaration
) -> None:
    hear(TOPIC, '{"state": "ON"}')
    moved = Binding(LAMP, "moved", "state", codec=Codec.TEXT)
    store.declare(Declaration(lamp.entity, lamp.device, (moved,), (), "Study"))
    assert hear(TOPIC, '{"state": "OFF"}').changes == ()
    hear("moved", "dimmed")
    assert store.view().state(LAMP).state == "dimmed"
    assert store.view().commands_of(LAMP) == ()
    assert store.view().state(LAMP).available, "it has no source of availability any more"


def test_a_removed_entity_is_gone_and_its_word_is_kept(
    store: ContextStore, hear: Hear, lamp: Declaration
) -> None:
    hear(TOPIC, '{"state": "ON"}')
    store.set_entity_facts(LAMP, name="Moon")
    store.remove(LAMP)
    store.remove(EntityId("light.never"))
    with pytest.raises(UnknownEntityError):
        store.view().state(LAMP)
    assert hear(TOPIC, '{"state": "OFF"}').changes == ()
    assert store.view().known_id("light", "0x01_light") == LAMP
    store.declare(lamp)
    assert store.view().entity(LAMP).name == "Moon"
    assert store.view().announced(LAMP).name == "Desk lamp"


def test_a_suggested_area_is_made_once_and_the_owner_may_overrule_it(
    store: ContextStore, lamp: Declaration
) -> None:
    assert store.view().areas() == (Area(AreaId("study"), "Study"),)
    assert store.view().area_of(LAMP) == "study"
    assert store.view().area_of(POWER) == "study", "the area is that of the device"
    store.set_area(Area(AreaId("den"), "Den", ("study room",)))
    store.set_device_facts(DEVICE, area_id=AreaId("den"))
    store.declare(lamp)
    assert store.view().area_of(LAMP) == "den"
    store.set_entity_facts(LAMP, area_id=AreaId("study"))
    assert (store.view().area_of(LAMP), store.view().area_of(POWER)) == ("study", "den")
    store.remove_area(AreaId("study"))
    assert store.view().area_of(LAMP) == "den"


def test_the_owners_words_add_up(store: ContextStore, lamp: Declaration) -> None:
    store.set_entity_facts(LAMP, name="Moon")
    store.set_entity_facts(LAMP, aliases=["night light"])
    entity = store.view().entity(LAMP)
    assert (entity.name, entity.aliases) == ("Moon", ("night light",))
    store.clear_entity_facts(LAMP)
    assert store.view().entity(LAMP) == lamp.entity
    with pytest.raises(UnknownEntityError):
        store.set_entity_facts(EntityId("light.none"), name="x")
    with pytest.raises(KeyError):
        store.set_device_facts(DeviceId("none"), name="x")


# --- durability -----------------------------------------------------------------------------------


def test_everything_is_there_after_a_restart(
    reopen: Callable[[], ContextStore],
    clock: ManualClock,
    lamp: Declaration,
    power: Declaration,
) -> None:
    store = reopen()
    assert store.recovery is not None
    assert store.recovery.is_complete
    for declaration in (lamp, power):
        store.declare(declaration)
    assert store.set_floor(Floor(FloorId("up"), "Upstairs", ("first floor",), 1))
    assert store.set_area(Area(AreaId("study"), "Study", ("office",), FloorId("up")))
    assert store.set_entity_facts(LAMP, name="Moon", aliases=["night light"])
    heard_at_s = clock.now_s()
    store.ingest(
        [
            Message(TOPIC, b'{"state": "ON", "brightness": 7, "power": 3}', False, heard_at_s),
            Message(f"{TOPIC}/availability", b'{"state": "online"}', False, heard_at_s),
        ]
    )
    before = store.view()
    assert store.sync()
    for close in (False, True):
        if close:
            store.close()
        store = reopen()
        after = store.view()
        assert after.floors() == before.floors()
        assert after.areas() == before.areas()
        assert after.devices() == before.devices()
        assert [device.area_id for device in after.devices()] == ["study"]
        assert after.entities() == before.entities()
        assert after.commands_of(LAMP) == before.commands_of(LAMP)
        for entity_id in (LAMP, POWER):
            assert after.state(entity_id) == before.state(entity_id)
        assert {change.origin for change in after.history(LAMP)} == {"restore"}
    # The bindings and commands work before anything announces itself again.
    clock.advance(1.0)
    report = store.ingest([Message(TOPIC, b'{"state": "OFF"}', False, clock.now_s())])
    assert report.changes == (StateChange(LAMP, "state", "on", "off", clock.now_s(), TOPIC),)
    assert store.render(Command(LAMP, "turn_off"))[0].payload == b"OFF"


def test_a_damaged_log_is_told_of_and_costs_its_end_only(
    reopen: Callable[[], ContextStore], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = reopen()
    store.set_area(Area(AreaId("a"), "Attic"))
    store.set_area(Area(AreaId("b"), "Bath"))
    log = tmp_path / "store" / "state.log"
    log.write_bytes(log.read_bytes()[:-3] + b"\x00\x00\x00")
    store = reopen()
    assert [area.name for area in store.view().areas()] == ["Attic"]
    assert store.recovery is not None
    assert store.recovery.dropped_bytes > 0
    assert "damaged" in caplog.text
    assert store.set_area(Area(AreaId("b"), "Bath"))


def test_a_store_in_memory_promises_nothing(store: ContextStore) -> None:
    assert store.recovery is None
    assert not store.set_area(Area(AreaId("a"), "Attic"))
    assert not store.sync()
    store.close()
    assert store.suspended() is None


def test_a_wrong_durability_is_refused(clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="durability `eternal`"):
        ContextStore(clock=clock, durability="eternal")


# --- threads --------------------------------------------------------------------------------------


def test_readers_see_whole_batches_while_a_writer_goes_on(clock: ManualClock) -> None:
    store = ContextStore(clock=clock)
    ids = [EntityId(f"light.lamp_{number}") for number in range(50)]
    for entity_id in ids:
        binding = Binding(entity_id, f"home/{entity_id}", "state")
        entity = Entity(entity_id, "light", entity_id)
        store.declare(Declaration(entity, None, (binding,), ()))
    stop, seen, errors = threading.Event(), set(), []

    def read() -> None:
        try:
            while not stop.is_set():
                view = store.view()
                states = {view.state(entity_id).state for entity_id in ids}
                assert len(states) == 1
                assert len(view.query(domain="light", state=str(states.pop()))) in (0, len(ids))
                seen.add(view.state(ids[0]).state)
        except BaseException as error:  # noqa: BLE001 - told to the main thread
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for round_ in range(400):
        payload = str(round_).encode()
        store.ingest([Message(f"home/{item}", payload, False, 1.0 + round_) for item in ids])
    stop.set()
    for reader in readers:
        reader.join(20)
        assert not reader.is_alive()
    assert errors == []
    assert seen


def test_changes_of_one_topic_are_reported_in_order(store: ContextStore) -> None:
    payloads = [b'{"brightness": %d}' % level for level in range(20)]
    report = store.ingest([Message(TOPIC, item, False, 5.0) for item in payloads])
    for earlier, later in pairwise(report.changes):
        assert later.before == earlier.after
