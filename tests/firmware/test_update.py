"""Updates of the C library: what is refused, and power that fails at every step."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import reference
from compilers import FIRMWARE, LIBRARY, SANITIZE, UPDATE, build, example, monocypher
from host import Device
from make_vectors import BOARD, _key
from sign_image import image, public_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMAGES = json.loads((FIRMWARE / "vectors.json").read_text("utf-8"))["images"]
BEGIN, DATA, END, ABORT, OTA_STATE = range(16, 21)
Body = dict[int, reference.Scalar]


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return example(tmp_path_factory.mktemp("update") / "relay", "relay")


@pytest.fixture
def device(relay: Path, tmp_path: Path) -> Iterator[Device]:
    device = Device(relay, tmp_path, "--key", IMAGES["public"])
    device.host.until(lambda: device.host.states)
    yield device
    if device.process.poll() is None:
        device.stop()


def begin(data: bytes, **change: Any) -> Body:
    size, board, version, digest, signature = struct.unpack_from("<I32s32s32s64s", data, 8)
    texts = [text.rstrip(b"\0").decode() for text in (board, version)]
    body = {0: 7, 1: size, 2: digest, 3: signature, 4: texts[0], 5: texts[1]}
    return body | {int(key[1:]): value for key, value in change.items()}


def ask(device: Device, kind: int, body: Body) -> tuple[int, int]:
    """Say a message of an update; return the code and the offset of the answer."""
    before = len(device.host.of(OTA_STATE))
    device.host.say(kind, body)
    device.host.until(lambda: len(device.host.of(OTA_STATE)) > before)
    answer = device.host.of(OTA_STATE)[-1]
    assert answer[0] == body[0]
    assert isinstance(answer[1], int)
    assert isinstance(answer[2], int)
    return answer[2], answer[1]


def block(content: bytes, at: int) -> Body:
    some = content[at : at + 192]
    return {0: 7, 1: at, 2: some, 3: zlib.crc32(some)}


def send(device: Device, data: bytes) -> int:
    """Hand an image over as a host does; return the last code."""
    code, at = ask(device, BEGIN, begin(data))
    content = data[172:]
    while code == 0 and at < len(content):
        code, at = ask(device, DATA, block(content, at))
    return ask(device, END, {0: 7})[0] if code == 0 else code


@pytest.mark.parametrize("case", IMAGES["cases"], ids=lambda case: case["name"])
def test_an_image_is_taken_or_refused_as_the_vectors_say(
    device: Device, tmp_path: Path, case: dict[str, Any]
) -> None:
    data = bytes.fromhex(case["image"])
    assert send(device, data) == case["code"]
    slot = tmp_path / "slot-b"
    if case["code"] == 1:
        assert slot.read_bytes() == data
        assert device.process.wait(5) == 75  # It restarts.
        os.close(device.line)
        (tmp_path / "line").unlink()
    else:
        assert not (tmp_path / "record-a").exists()
        assert not (tmp_path / "record-b").exists()
        assert case["code"] == 6 or not slot.exists()


def test_blocks_out_of_turn_are_not_stored(device: Device) -> None:
    data = bytes.fromhex(IMAGES["cases"][0]["image"])
    content = data[172:]
    assert ask(device, DATA, block(content, 0)) == (2, 0)
    assert ask(device, BEGIN, begin(data)) == (0, 0)
    assert ask(device, DATA, block(content, 192)) == (0, 0)
    assert ask(device, DATA, block(content, 0) | {3: 1}) == (0, 0)
    assert ask(device, END, {0: 7}) == (0, 0)
    assert ask(device, DATA, block(content, 0)) == (0, 192)
    assert ask(device, DATA, block(content, 0)) == (0, 192)
    assert ask(device, DATA, block(content, 384) | {0: 8}) == (2, 192)
    assert ask(device, BEGIN, begin(data)) == (0, 192)
    assert ask(device, ABORT, {0: 7})[0] == 2
    assert ask(device, DATA, block(content, 192))[0] == 2
    assert ask(device, BEGIN, begin(data)) == (0, 0)


def test_an_image_that_is_too_large_or_said_oddly_is_refused(device: Device) -> None:
    data = bytes.fromhex(IMAGES["cases"][0]["image"])
    assert ask(device, BEGIN, begin(data, _1=64 << 20))[0] == 5
    assert ask(device, BEGIN, begin(data, _1=4_294_967_295))[0] == 5
    assert ask(device, BEGIN, begin(data, _2=b"short"))[0] == 3
    assert ask(device, BEGIN, begin(data, _4="x" * 32))[0] == 3
    assert ask(device, BEGIN, begin(data, _4=""))[0] == 3


def test_a_transfer_goes_on_after_a_power_cut(relay: Path, tmp_path: Path, device: Device) -> None:
    data = bytes.fromhex(IMAGES["cases"][0]["image"])
    assert ask(device, BEGIN, begin(data))[0] == 0
    assert ask(device, DATA, block(data[172:], 0)) == (0, 192)
    device.stop()
    again = Device(relay, tmp_path, "--key", IMAGES["public"])
    again.host.until(lambda: again.host.states)
    assert ask(again, BEGIN, begin(data)) == (0, 192)
    other = bytes.fromhex(IMAGES["cases"][1]["image"])
    assert ask(again, BEGIN, begin(other)) == (0, 0)
    again.stop()


def test_a_device_without_a_key_takes_no_updates(relay: Path, tmp_path: Path) -> None:
    device = Device(relay, tmp_path)
    device.host.until(lambda: device.host.states)
    device.host.say(BEGIN, begin(bytes.fromhex(IMAGES["cases"][0]["image"])))
    device.host.until(lambda: device.host.of(OTA_STATE))
    assert device.host.of(OTA_STATE) == [{0: 7, 2: 7}]
    device.stop()


@pytest.fixture(scope="module")
def power(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("power") / "power"
    source = FIRMWARE / "tests" / "power.c"
    return build(out, source, *LIBRARY, *UPDATE, *monocypher(), flags=SANITIZE)


@pytest.mark.parametrize("health", ["healthy", "sick"])
def test_power_may_fail_twice_at_any_steps(power: Path, tmp_path: Path, health: str) -> None:
    key = _key(tmp_path, 1)
    content = bytes(place * 7 % 256 for place in range(500))
    images = []
    for version, what in (("1.0.0", content), ("2.0.0", content[::-1])):
        images.append(tmp_path / version)
        images[-1].write_bytes(image(what, BOARD, version, key))
    command = [str(power), public_key(key).hex(), *map(str, images), health]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[0]) > 200
