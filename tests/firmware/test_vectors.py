"""The vectors of the specification: Rust and the plain Python of the tests read and write the same bytes."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import reference
from hypothesis import given, strategies as st

from hubagent.bridge.frames import FrameDecoder, encode_frame
from hubagent.errors import DataError

VECTORS = json.loads(
    (Path(__file__).parents[2] / "firmware_bridge" / "vectors.json").read_text("utf-8")
)
FRAMES = [pytest.param(vector, id=vector["name"]) for vector in VECTORS["frames"]]
BROKEN = [pytest.param(vector, id=vector["name"]) for vector in VECTORS["broken"]]


def _body(vector: dict[str, Any]) -> dict[int, reference.Scalar]:
    return {
        key: bytes.fromhex(value["bytes"]) if isinstance(value, dict) else value
        for key, value in vector["body"]
    }


@pytest.mark.parametrize("vector", FRAMES)
def test_a_frame_is_the_same_bytes_both_ways(vector: dict[str, Any]) -> None:
    line = bytes.fromhex(vector["line"])
    frame = (vector["kind"], vector["seq"], vector["node"], _body(vector))
    assert encode_frame(*frame) == line
    assert reference.encode(*frame) == line
    assert FrameDecoder().feed(line) == [frame]
    assert reference.decode(line[:-1]) == frame


@pytest.mark.parametrize("vector", BROKEN)
def test_a_broken_line_is_nothing(vector: dict[str, Any]) -> None:
    line = bytes.fromhex(vector["line"])
    assert FrameDecoder().feed(line) == []
    for stretch in line.split(b"\0"):
        if stretch:
            with pytest.raises((ValueError, IndexError)):
                reference.decode(stretch)


_WHOLE = st.integers(-(2**31), 2**32 - 1)
_FIELD = (
    st.none()
    | st.booleans()
    | _WHOLE
    | st.floats(width=32, allow_nan=False, allow_infinity=False).filter(lambda x: abs(x) < 1e30)
    | st.text(max_size=40)
    | st.binary(max_size=60)
)


@given(st.lists(st.tuples(st.integers(0, 255), _FIELD), max_size=20).map(dict))
def test_both_write_the_same(body: dict[int, reference.Scalar]) -> None:
    try:
        line = reference.encode(3, 4, 5, body)
    except ValueError:
        with pytest.raises(DataError):
            encode_frame(3, 4, 5, body)
        return
    assert encode_frame(3, 4, 5, body) == line


def test_both_read_the_same_of_a_noisy_line() -> None:
    """Frames with one byte in a hundred flipped: whatever one end takes, the other takes too."""
    dice = random.Random(5)  # noqa: S311
    frames = [(3, seq % 256, 0, {0: seq % 2 == 0, 1: seq}) for seq in range(3000)]
    line = bytearray(b"".join(encode_frame(*frame) for frame in frames))
    for place in range(len(line)):
        if dice.random() < 0.01:
            line[place] ^= 1 << dice.randrange(8)
    plain = []
    for stretch in bytes(line).split(b"\0"):
        try:
            plain.append(reference.decode(stretch))
        except (ValueError, IndexError):
            continue
    decoder = FrameDecoder()
    found = decoder.feed(bytes(line))
    assert found == plain
    assert len(found) > 2000
    assert decoder.tally()[1] > 100
    assert all(frame in frames for frame in found), "noise became a message"


@pytest.mark.parametrize("value", [2**32, -(2**31) - 1, 1e39, "x" * 300, b"x" * 300, (1, 2)])
def test_what_a_device_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(DataError):
        encode_frame(5, 0, 0, {3: value})
