"""Commands on the wire and the devices' own word, over a bus in memory and over threads."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from hubagent.act.execute import ChangeSignal, Executor
from hubagent.clock import SystemClock
from hubagent.types import Command, EntityId, OutcomeKind, Value

if TYPE_CHECKING:
    from hubagent.replay import MemoryHub
    from hubagent.simulate.faults import Faults
    from hubagent.types import Message, Publication


def command(entity_id: str, name: str, **data: Value) -> Command:
    return Command(EntityId(entity_id), name, data)


@pytest.mark.parametrize(
    "told",
    [
        command("light.kitchen", "turn_on"),
        command("light.kitchen", "turn_on", brightness=128),
        command("light.kitchen", "turn_on", rgb_color=(255, 0, 0)),
        command("light.kitchen", "turn_on", color_temp_kelvin=3000),
        command("switch.kettle", "turn_on"),
        command("cover.blind", "open_cover"),
        command("cover.blind", "set_cover_position", position=40),
        command("climate.hall", "set_temperature", temperature=21.5),
        command("climate.hall", "set_hvac_mode", hvac_mode="off"),
        command("lock.front", "unlock"),
        command("media_player.radio", "media_pause"),
        command("media_player.radio", "media_next_track"),
        command("media_player.radio", "volume_set", volume_level=0.25),
    ],
    ids=lambda told: f"{told.entity_id} {told.command}",
)
def test_a_device_that_follows_confirms_by_its_own_state(hub: MemoryHub, told: Command) -> None:
    (outcome,) = hub.executor.execute([told])
    assert outcome.kind is OutcomeKind.FOLLOWED
    assert hub.world.ignored == {}


def test_what_is_so_already_is_said_to_be(hub: MemoryHub) -> None:
    (outcome,) = hub.executor.execute([command("light.kitchen", "turn_off")])
    assert outcome.kind is OutcomeKind.ALREADY
    assert outcome.waited_s == 0.0


def test_a_scene_is_sent_and_never_confirmed(hub: MemoryHub) -> None:
    (outcome,) = hub.executor.execute([command("scene.movie", "turn_on")])
    assert outcome.kind is OutcomeKind.SENT


def test_a_slow_device_is_waited_for(hub: MemoryHub, faults: Faults) -> None:
    faults.latency_s = 2.0
    (outcome,) = hub.executor.execute([command("light.kitchen", "turn_on")])
    assert outcome.kind is OutcomeKind.FOLLOWED
    assert outcome.waited_s == pytest.approx(2.0, abs=0.2)


def test_silence_is_told_after_three_seconds(hub: MemoryHub) -> None:
    hub.world.cut_off("light.kitchen")
    (outcome,) = hub.executor.execute([command("light.kitchen", "turn_on")])
    assert outcome.kind is OutcomeKind.SILENT
    assert outcome.waited_s == pytest.approx(3.0, abs=0.2)


def test_several_devices_are_waited_for_together(hub: MemoryHub, faults: Faults) -> None:
    faults.latency_s = 1.0
    hub.world.cut_off("switch.kettle")
    outcomes = hub.executor.execute(
        [command("light.kitchen", "turn_on"), command("switch.kettle", "turn_on"),
         command("light.counter", "turn_on")]
    )  # fmt: skip
    assert [item.kind for item in outcomes] == [
        OutcomeKind.FOLLOWED, OutcomeKind.SILENT, OutcomeKind.FOLLOWED,
    ]  # fmt: skip
    assert hub.clock.monotonic_s() == pytest.approx(3.0, abs=0.3)


def test_two_commands_to_one_device_follow_each_other(hub: MemoryHub, faults: Faults) -> None:
    faults.latency_s = 0.5
    outcomes = hub.executor.execute(
        [command("light.counter", "turn_on", brightness=255), command("light.counter", "turn_off")]
    )
    assert [item.kind for item in outcomes] == [OutcomeKind.FOLLOWED] * 2
    assert hub.world.device("light.counter").state == "off"


def test_an_unknown_thing_or_command_fails_and_the_others_go_on(hub: MemoryHub) -> None:
    outcomes = hub.executor.execute(
        [command("light.gone", "turn_on"), command("light.kitchen", "levitate"),
         command("light.counter", "turn_on")]
    )  # fmt: skip
    assert [item.kind for item in outcomes] == [
        OutcomeKind.FAILED, OutcomeKind.FAILED, OutcomeKind.FOLLOWED,
    ]  # fmt: skip


def test_without_a_connection_the_command_fails(hub: MemoryHub) -> None:
    hub.client.disconnect()
    (outcome,) = hub.executor.execute([command("light.kitchen", "turn_on")])
    assert outcome.kind is OutcomeKind.FAILED


@dataclass
class Recording:
    """A transport that hands on, and remembers what it saw."""

    hub: MemoryHub
    seen: list[Publication] = field(default_factory=list)

    def publish(self, publication: Publication) -> None:
        self.seen.append(publication)
        self.hub.client.publish(publication)


def test_a_command_expires_and_is_never_retained(hub: MemoryHub) -> None:
    transport = Recording(hub)
    executor = Executor(hub.store, transport, clock=hub.clock, wait=hub.wait)
    executor.execute([command("light.kitchen", "turn_on", brightness=10)])
    assert transport.seen
    assert all(item.expiry_s == 10 and not item.retain for item in transport.seen)


def test_a_change_from_another_thread_ends_the_wait(hub: MemoryHub) -> None:
    """The daemon's way: the pump's thread ingests, the turn's thread sleeps until told."""
    signal = ChangeSignal()
    executor = Executor(
        hub.store, hub.client, clock=SystemClock(), wait=signal, confirm_timeout_s=20.0
    )
    arrived = threading.Event()
    messages: list[Message] = []

    def pump() -> None:
        assert arrived.wait(10.0)
        report = hub.store.ingest(messages)
        signal.changed(report.changes)

    thread = threading.Thread(target=pump)
    thread.start()

    class Late:
        def publish(self, publication: Publication) -> None:
            hub.client.publish(publication)
            messages.extend(hub.client.receive())
            arrived.set()

    executor = Executor(hub.store, Late(), clock=SystemClock(), wait=signal, confirm_timeout_s=20.0)
    (outcome,) = executor.execute([command("light.kitchen", "turn_on")])
    thread.join()
    assert outcome.kind is OutcomeKind.FOLLOWED
    assert outcome.waited_s < 10.0
