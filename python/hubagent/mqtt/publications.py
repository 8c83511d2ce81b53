"""Publications of quality 0 read from what a connection received, in a tenth of paho's time.

They are all but everything that devices say. Whatever is not plainly one of them is left to paho:
other packets, half a packet, wrong lengths, topics that are no text.

Sources: MQTT 5.0, 1.5.5 (variable byte integer), 2.1 (fixed header), 3.3 (PUBLISH); MQTT 3.1.1, 3.3.
"""

from __future__ import annotations

from typing import NamedTuple

_PUBLISH = 0x30
_RETAIN = 0x01
_MOST_LENGTH_BYTES = 4


class Received(NamedTuple):
    """One publication."""

    topic: str
    payload: bytes
    retained: bool
    end: int
    """Where in the bytes the next packet begins."""


def publication_at(data: bytes, at: int, *, has_properties: bool) -> Received | None:
    """Return the publication of quality 0 that stands whole at a place, or ``None``.

    Args:
        data: What was received.
        at: Where a packet begins.
        has_properties: Whether version 5 is spoken; the properties are skipped.
    """
    if data[at] & ~_RETAIN != _PUBLISH:
        return None
    length, begin = _length_at(data, at + 1)
    end = begin + length
    topic_at = begin + 2
    if length < 2 or end > len(data):
        return None
    payload_at = topic_at + int.from_bytes(data[begin:topic_at])
    try:
        topic = data[topic_at:payload_at].decode()
    except UnicodeDecodeError:
        return None
    if has_properties:
        skipped, payload_at = _length_at(data, payload_at)
        payload_at += skipped
    if payload_at > end or not topic:
        return None
    return Received(topic, data[payload_at:end], bool(data[at] & _RETAIN), end)


def _length_at(data: bytes, at: int) -> tuple[int, int]:
    """Return a variable byte integer and where it ends; of one that is none, more than any packet has."""
    value = 0
    for place, byte in enumerate(data[at : at + _MOST_LENGTH_BYTES]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    return len(data) + 1, at
