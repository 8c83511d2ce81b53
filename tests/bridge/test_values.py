"""Values on topics and on the line; what a device says of itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from hubagent.bridge.described import PartKind, read_hello, read_part
from hubagent.bridge.orders import TIME_TO_LIVE_MS, Orders
from hubagent.bridge.values import payload_of, wish_of
from hubagent.errors import DataError

HELLO = read_hello({0: "box", 1: "1", 2: "Box", 3: 7, 4: 4})
FIELDS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.binary()
BODIES = st.lists(st.tuples(st.integers(0, 12), FIELDS), max_size=12).map(dict)


def part(kind: str) -> Any:
    return read_part({0: 0, 1: kind, 2: "it", 10: "a,b"}, HELLO)


@given(BODIES)
def test_any_body_is_a_device_or_refused(body: dict[int, Any]) -> None:
    for read in (read_hello, lambda it: read_part(it, HELLO)):
        try:
            read(body)
        except DataError:
            continue


@given(st.sampled_from(list(PartKind)), FIELDS)
def test_what_was_reported_can_be_wished_for_again(kind: PartKind, value: Any) -> None:
    """The two ways are one another's reverse, or the value is refused."""
    entity = part(kind)
    try:
        payload = payload_of(entity, value)
    except DataError:
        return
    if value is not None and kind not in (PartKind.SENSOR, PartKind.BINARY_SENSOR):
        assert payload_of(entity, wish_of(entity, payload)) == payload


@pytest.mark.parametrize(
    ("kind", "payload", "value"),
    [
        ("switch", b"ON", True), ("light", b"off", False), ("cover", b"OPEN", 100),
        ("cover", b"STOP", "stop"), ("cover", b"40", 40), ("number", b"2.5", 2.5),
        ("select", b"a", "a"), ("button", b"PRESS", True),
        ("dimmer", b'{"state": "ON", "brightness": 40}', 40),
        ("dimmer", b'{"state": "ON"}', True), ("dimmer", b'{"state": "OFF"}', 0),
    ],
)  # fmt: skip
def test_commands_of_the_broker(kind: str, payload: bytes, value: object) -> None:
    assert wish_of(part(kind), payload) == value


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("switch", b"1"), ("switch", b"toggle"), ("cover", b"101"), ("cover", b"-1"),
        ("number", b"nan"), ("number", b"101"), ("select", b"c"), ("button", b"ON"),
        ("sensor", b"1"), ("event", b"a"), ("dimmer", b"{"), ("dimmer", b'{"brightness": true}'),
        ("light", b""), ("number", b"\xff"),
    ],
)  # fmt: skip
def test_what_is_no_command_is_refused(kind: str, payload: bytes) -> None:
    with pytest.raises(DataError):
        wish_of(part(kind), payload)


def test_one_command_at_a_time_until_its_deadline() -> None:
    orders = Orders(2**32 - 1)
    orders.add("it", 0, True, 0)
    orders.add("it", 0, False, 0)
    first = orders.due(0, 7)
    assert first is not None
    assert first[0] == 2**32 - 1
    assert orders.due(100, 7) is None
    assert orders.due(300, 7) == first
    assert orders.answered(5) is None
    assert orders.answered(first[0]) is not None
    second = orders.due(310, 7)
    assert second is not None
    assert second[0] == 0
    assert [order.value for order in orders.late(TIME_TO_LIVE_MS + 1)] == [False]
    assert orders.due(TIME_TO_LIVE_MS + 2, 7) is None
