from __future__ import annotations

import random
import socket
import struct
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies as st

from hubagent.config import MqttConfig
from hubagent.mqtt.publications import Received, publication_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubagent.mqtt.client import MqttClient
    from hubagent.types import Message


def length_of(size: int) -> bytes:
    """Return a variable byte integer."""
    found = bytearray()
    while True:
        size, low = divmod(size, 128)
        found.append(low | (0x80 if size else 0))
        if not size:
            return bytes(found)


def packet(
    topic: bytes, payload: bytes, *, flags: int = 0, properties: bytes | None = None
) -> bytes:
    number = b"\x00\x07" if flags & 0x06 else b""
    added = b"" if properties is None else length_of(len(properties)) + properties
    body = struct.pack("!H", len(topic)) + topic + number + added + payload
    return bytes([0x30 | flags]) + length_of(len(body)) + body


TOPICS = st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable())


@given(TOPICS, st.binary(max_size=20_000), st.booleans(), st.none() | st.binary(max_size=300), st.binary(max_size=9))  # fmt: skip
def test_a_whole_publication_is_read_wherever_it_stands(
    topic: str, payload: bytes, retained: bool, properties: bytes | None, around: bytes
) -> None:
    made = packet(topic.encode(), payload, flags=retained, properties=properties)
    found = publication_at(
        around + made + around, len(around), has_properties=properties is not None
    )
    assert found == Received(topic, payload, retained, len(around) + len(made))


@given(TOPICS, st.binary(max_size=300), st.data())
def test_half_a_publication_waits_for_the_rest(
    topic: str, payload: bytes, data: st.DataObject
) -> None:
    made = packet(topic.encode(), payload, properties=b"")
    cut = data.draw(st.integers(1, len(made) - 1))
    assert publication_at(made[:cut], 0, has_properties=True) is None


@given(st.binary(min_size=1, max_size=64), st.booleans())
def test_any_bytes_are_a_publication_within_them_or_left_to_paho(
    data: bytes, has_properties: bool
) -> None:
    found = publication_at(data, 0, has_properties=has_properties)
    assert found is None or (found.topic and 0 < found.end <= len(data))


@pytest.mark.parametrize(
    "odd",
    [
        packet(b"room/lamp", b"ON", flags=0x02),
        packet(b"room/lamp", b"ON", flags=0x08),
        packet(b"", b"ON"),
        packet(b"room/\xff", b"ON"),
        b"\x30\x00",
        b"\x30\x04\x00\x09ab" + bytes(40),
        b"\x30\xff\xff\xff\xff\x01" + bytes(40),
        b"\x40\x02\x00\x01",
    ],
    ids=["quality 1", "doubled", "no topic", "no text", "empty", "topic longer than all", "length of no end", "other"],
)  # fmt: skip
def test_what_is_odd_is_left_to_paho(odd: bytes) -> None:
    assert publication_at(odd, 0, has_properties=False) is None


class _Speaker:
    """Accepts one client of version 5 and says what it is given, cut at any place; keeps what it hears."""

    def __init__(self, stream: bytes, dice: random.Random) -> None:
        self.heard = b""
        self._stream, self._dice = stream, dice
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._server.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"\x20\x03\x00\x00\x00")
            at = 0
            while at < len(self._stream):
                size = self._dice.choice((1, 2, 3, 50, 1000, 70_000))
                connection.sendall(self._stream[at : at + size])
                at += size
            while more := connection.recv(4096):
                self.heard += more

    def stop(self) -> None:
        self._thread.join(10)
        self._server.close()


def test_a_stream_cut_anywhere_is_heard_whole_and_in_order(
    make_client: Callable[..., MqttClient],
    drain_until: Callable[[MqttClient, Callable[[Sequence[Message]], bool]], list[Message]],
    wait_until: Callable[..., None],
) -> None:
    dice = random.Random(5)  # noqa: S311 # a workload
    said: list[tuple[str, bytes, bool]] = []
    stream = b""
    qualities = 0
    for number in range(3000):
        size = dice.choice((0, 3, 100, 200)) if number % 500 else 200_000
        retained, assured = dice.random() < 0.2, dice.random() < 0.1
        qualities += assured
        said.append((f"room/{number}", bytes([number % 256]) * size, retained))
        stream += packet(said[-1][0].encode(), said[-1][1], flags=retained | assured << 1, properties=b"")  # fmt: skip
        if number == 1500:
            stream += packet(b"room/\xff", b"no text", properties=b"") + b"\xd0\x00"
    speaker = _Speaker(stream, dice)
    client = make_client(settings=MqttConfig(port=speaker.port), wait=False)
    heard = drain_until(client, lambda messages: len(messages) == len(said))
    assert [(item.topic, item.payload, item.retained) for item in heard] == said
    assert client.counters()["bad_topics"] == 1
    wait_until(lambda: speaker.heard.count(b"\x40\x02\x00\x07") == qualities)
    client.stop()
    speaker.stop()
