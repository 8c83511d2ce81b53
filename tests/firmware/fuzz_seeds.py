"""Write what the fuzzers begin with, from the vectors: ``python tests/firmware/fuzz_seeds.py FOLDER``."""

from __future__ import annotations

import json
import struct
import sys
import zlib
from pathlib import Path

import reference

VECTORS = Path(__file__).parents[2] / "firmware_bridge" / "vectors.json"
BOOT = 7
"""The boot counter of the device in fuzz_device.c; its first token follows from it."""
TOKEN = (BOOT * 0x9E3779B1 + 1) % 2**32


def _body(line: bytes) -> bytes:
    return reference.unstuff(line[:-1])[4:-2]


def _said(kind: int, body: dict[int, reference.Scalar]) -> bytes:
    packed = _body(reference.encode(kind, 0, 0, body))
    return bytes([kind, len(packed)]) + packed


def _update(image: bytes) -> bytes:
    size, board, version, digest, signature = struct.unpack_from("<I32s32s32s64s", image, 8)
    board, version = (text.rstrip(b"\0").decode() for text in (board, version))
    said = _said(16, {0: 7, 1: size, 2: digest, 3: signature, 4: board, 5: version})
    content = image[172:]
    for at in range(0, len(content), 192):
        some = content[at : at + 192]
        said += _said(17, {0: 7, 1: at, 2: some, 3: zlib.crc32(some)})
    return said + _said(18, {0: 7}) + bytes([255, 1]) * 2


def _commands() -> bytes:
    """Acknowledge all that a device may say first, tell the time, and command each entity."""
    said = b"".join(_said(10, {0: number}) for number in range(24))
    said += _said(8, {0: TOKEN, 1: 1000, 2: 1_790_000_000})
    values: tuple[reference.Scalar, ...] = (
        True,
        True,
        40,
        1,
        True,
        "stop",
        -2,
        "two",
        True,
        "double",
    )
    for entity, value in enumerate(values):
        said += _said(5, {0: 90 + entity, 1: 6000, 2: entity, 3: value, 4: BOOT})
    return said + _said(1, {}) + bytes([255, 60])


def main(folder: Path) -> None:
    """Make ``folder/frames`` and ``folder/device``."""
    vectors = json.loads(VECTORS.read_text("utf-8"))
    frames = [bytes.fromhex(it["line"]) for it in vectors["frames"] + vectors["broken"]]
    seeds = {"frames": [b"\0" + line for line in frames], "device": [_commands()]}
    for line in frames[: len(vectors["frames"])]:
        seeds["frames"].append(b"\1" + _body(line))
    seeds["device"] += [_update(bytes.fromhex(it["image"])) for it in vectors["images"]["cases"]]
    for name, made in seeds.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(made):
            (folder / name / f"{number:02}").write_bytes(seed)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
