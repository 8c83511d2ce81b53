from __future__ import annotations

import pytest

from hubagent.clock import ManualClock
from hubagent.errors import DataError, TransportError
from hubagent.simulate.bus import MemoryBus, matches
from hubagent.types import Publication


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus(ManualClock())


@pytest.mark.parametrize(
    ("filter_", "topic", "fits"),
    [
        ("a/b", "a/b", True),
        ("a/+", "a/b", True),
        ("a/+", "a/b/c", False),
        ("a/+", "a", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("#", "a/b", True),
        ("#", "$SYS/broker", False),
        ("+/broker", "$SYS/broker", False),
        ("$SYS/#", "$SYS/broker", True),
        ("+/+", "/a", True),
        ("+", "/a", False),
    ],
)
def test_filters_match_as_the_standard_says(filter_: str, topic: str, fits: bool) -> None:
    assert matches(filter_, topic) is fits


def test_a_retained_message_waits_for_who_subscribes_later(bus: MemoryBus) -> None:
    device = bus.client("device")
    device.publish(Publication("t", b"1", retain=True))
    device.publish(Publication("t", b"2", retain=True))
    hub = bus.client("hub")
    hub.subscribe("t")
    assert [(message.payload, message.retained) for message in hub.receive()] == [(b"2", True)]


def test_who_is_there_hears_a_retained_message_unmarked(bus: MemoryBus) -> None:
    hub = bus.client("hub")
    hub.subscribe("t")
    bus.client("device").publish(Publication("t", b"1", retain=True))
    assert [message.retained for message in hub.receive()] == [False]


def test_an_empty_retained_message_clears_and_is_heard(bus: MemoryBus) -> None:
    hub, device = bus.client("hub"), bus.client("device")
    hub.subscribe("t")
    device.publish(Publication("t", b"1", retain=True))
    device.publish(Publication("t", b"", retain=True))
    assert [message.payload for message in hub.receive()] == [b"1", b""]
    assert bus.retained() == ()


def test_a_message_that_is_not_retained_leaves_what_is(bus: MemoryBus) -> None:
    device = bus.client("device")
    device.publish(Publication("t", b"kept", retain=True))
    device.publish(Publication("t", b"gone"))
    assert [item.payload for item in bus.retained("t")] == [b"kept"]


def test_overlapping_filters_bring_a_message_once_and_none_of_ones_own(bus: MemoryBus) -> None:
    hub = bus.client("hub")
    hub.subscribe("#", "t/+", "t/1")
    bus.client("device").publish(Publication("t/1", b"1"))
    hub.publish(Publication("t/1", b"2"))
    assert [message.payload for message in hub.receive()] == [b"1"]


def test_answers_come_after_what_they_answer(bus: MemoryBus) -> None:
    """A device that answers at once does not overtake the message it answers."""
    device = bus.client("device", lambda _message: device.publish(Publication("answer", b"")))
    device.subscribe("question")
    witness = bus.client("witness")
    witness.subscribe("#")
    bus.client("hub").publish(Publication("question", b""))
    assert [message.topic for message in witness.receive()] == ["question", "answer"]


@pytest.mark.parametrize("filter_", ["", "a#", "a/#/b", "a+/b"])
def test_a_wrong_filter_is_refused(bus: MemoryBus, filter_: str) -> None:
    with pytest.raises(DataError):
        bus.client("hub").subscribe(filter_)


@pytest.mark.parametrize("topic", ["", "a/+", "#"])
def test_a_wrong_topic_is_refused(bus: MemoryBus, topic: str) -> None:
    with pytest.raises(DataError):
        bus.client("hub").publish(Publication(topic, b""))


def test_who_has_left_neither_hears_nor_speaks(bus: MemoryBus) -> None:
    hub = bus.client("hub")
    hub.subscribe("#")
    hub.disconnect()
    bus.client("device").publish(Publication("t", b"1"))
    assert hub.receive() == ()
    with pytest.raises(TransportError):
        hub.publish(Publication("t", b"1"))


def test_the_clock_stops_wherever_something_is_due(bus: MemoryBus) -> None:
    class Alarm:
        def __init__(self) -> None:
            self.times = [1.0, 2.5]
            self.rang: list[float] = []

        @property
        def wake_s(self) -> float | None:
            return self.times[0] if self.times else None

        def wake(self) -> None:
            while self.times and self.times[0] <= bus.clock.monotonic_s():
                self.rang.append(bus.clock.monotonic_s())
                del self.times[0]

    alarm = Alarm()
    bus.drive(alarm)
    bus.advance(2.0)
    assert (alarm.rang, bus.clock.monotonic_s()) == ([1.0], 2.0)
    bus.advance(2.0)
    assert (alarm.rang, bus.clock.monotonic_s()) == ([1.0, 2.5], 4.0)
