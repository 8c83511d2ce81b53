from __future__ import annotations

import threading

import pytest
from hypothesis import given, strategies as st

from hubagent.clock import ManualClock
from hubagent.mqtt.inbox import MAX_PAYLOAD_BYTES, MAX_WARNED_TOPICS, Inbox, is_command_topic


def make(**options: object) -> Inbox:
    return Inbox(ManualClock(), **options)  # type: ignore[arg-type] # options of the test


def topics(inbox: Inbox, count: int = 1_000) -> list[str]:
    return [message.topic for message in inbox.drain(count, 0.0)]


def test_messages_come_out_in_order_with_the_time_they_were_heard() -> None:
    clock = ManualClock(100.0)
    inbox = Inbox(clock)
    inbox.add("a", b"1", retained=True)
    clock.advance(5)
    inbox.add("b", b"2", retained=False)
    first, second = inbox.drain(10, 0.0)
    assert (first.topic, first.retained, first.heard_at_s) == ("a", True, 100.0)
    assert (second.topic, second.retained, second.heard_at_s) == ("b", False, 105.0)


def test_a_batch_holds_no_more_than_asked_for() -> None:
    inbox = make()
    for number in range(10):
        inbox.add(str(number), b"", retained=False)
    assert topics(inbox, 4) == ["0", "1", "2", "3"]
    assert topics(inbox, 100) == ["4", "5", "6", "7", "8", "9"]


def test_overflow_drops_the_oldest_states_and_keeps_announcements() -> None:
    inbox = make(max_messages=3, precious=["homeassistant/+/+/config", "hubagent/#"])
    inbox.add("homeassistant/light/x/config", b"", retained=True)
    for number in range(5):
        inbox.add(f"state/{number}", b"", retained=False)
    inbox.add("hubagent/home/utterance", b"", retained=False)
    assert topics(inbox) == [
        "homeassistant/light/x/config", "state/4", "hubagent/home/utterance",
    ]  # fmt: skip
    assert inbox.counters()["dropped"] == 4


def test_a_plus_stands_for_one_level_and_dots_for_themselves() -> None:
    inbox = make(max_messages=1, precious=["a.b/+/config"])
    for topic in ("a.b/x/config", "axb/x/config", "a.b/x/y/config", "a.b/config"):
        inbox.add(topic, b"", retained=False)
    assert topics(inbox) == ["a.b/x/config"]


def test_announcements_alone_are_bounded_too() -> None:
    inbox = make(max_messages=2, precious=["#"])
    for number in range(5):
        inbox.add(str(number), b"", retained=False)
    assert topics(inbox) == ["3", "4"]


def test_bytes_are_bounded() -> None:
    inbox = make(max_bytes=1_000)
    for number in range(50):
        inbox.add(f"{number:02}", b"x" * 98, retained=False)
    assert len(topics(inbox)) == 10


def test_one_message_larger_than_all_room_leaves_an_empty_queue() -> None:
    inbox = make(max_bytes=10)
    inbox.add("a", b"x" * 100, retained=False)
    assert topics(inbox) == []


def test_overflow_is_logged_once_a_connection(caplog: pytest.LogCaptureFixture) -> None:
    inbox = make(max_messages=1)
    for _ in range(10):
        inbox.add("a", b"", retained=False)
    inbox.new_connection()
    for _ in range(10):
        inbox.add("a", b"", retained=False)
    assert sum("oldest states dropped" in record.message for record in caplog.records) == 2


def test_excluded_and_oversized_messages_never_enter(caplog: pytest.LogCaptureFixture) -> None:
    inbox = make(excluded=["frigate/", "z2m/bridge/logging"])
    inbox.add("frigate/porch/person/snapshot", b"", retained=False)
    inbox.add("z2m/bridge/logging", b"", retained=False)
    inbox.add("z2m/big", b"x" * (MAX_PAYLOAD_BYTES + 1), retained=False)
    inbox.add("z2m/big", b"x" * (MAX_PAYLOAD_BYTES + 1), retained=False)
    inbox.add("z2m/fits", b"x" * MAX_PAYLOAD_BYTES, retained=False)
    assert topics(inbox) == ["z2m/fits"]
    counters = inbox.counters()
    assert (counters["excluded"], counters["oversize"]) == (2, 2)
    assert sum("z2m/big" in record.message for record in caplog.records) == 1


def test_topics_warned_about_do_not_fill_the_memory() -> None:
    inbox = make()
    for number in range(MAX_WARNED_TOPICS + 50):
        inbox.add(f"{number}/set", b"", retained=True)
    assert len(inbox._warned) == MAX_WARNED_TOPICS
    assert inbox.counters()["retained_commands"] == MAX_WARNED_TOPICS + 50


@pytest.mark.parametrize(
    ("topic", "command"),
    [
        ("cmnd/plug/POWER", True),
        ("zigbee2mqtt/lamp/set", True),
        ("zigbee2mqtt/lamp/set/state", True),
        ("shellies/x/relay/0/command", True),
        ("zigbee2mqtt/lamp", False),
        ("zigbee2mqtt/set top box", False),
        ("stat/plug/POWER", False),
        ("tele/cmnd/STATE", False),
    ],
)
def test_command_topics_are_told_from_others(topic: str, command: bool) -> None:
    assert is_command_topic(topic) is command


def test_adding_never_waits_for_the_one_who_drains() -> None:
    inbox = make(max_messages=100)
    done = threading.Event()

    def add() -> None:
        for number in range(20_000):
            inbox.add(str(number), b"x", retained=False)
        done.set()

    threading.Thread(target=add).start()
    assert done.wait(30)
    assert inbox.counters()["dropped"] == 19_900


@given(st.lists(st.tuples(st.sampled_from(["s", "p"]), st.booleans()), max_size=60))
def test_the_queue_agrees_with_a_plain_list(steps: list[tuple[str, bool]]) -> None:
    """Against a model: one list, drop the first plain one when full, else the first."""
    inbox = make(max_messages=5, precious=["p/+"])
    model: list[str] = []
    for number, (kind, drain) in enumerate(steps):
        topic = f"{kind}/{number}"
        inbox.add(topic, b"", retained=False)
        model.append(topic)
        if len(model) > 5:
            model.remove(next((item for item in model if item[0] == "s"), model[0]))
        if drain:
            assert topics(inbox, 2) == model[:2]
            del model[:2]
    assert topics(inbox) == model
