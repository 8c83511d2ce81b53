"""Write ``firmware_bridge/vectors.json`` from the reference: ``python tests/firmware/make_vectors.py``."""

from __future__ import annotations

import base64
import json
import struct
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2] / "firmware_bridge"
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "tools")]
import reference  # noqa: E402
import sign_image  # noqa: E402

TARGET = ROOT / "vectors.json"
BOARD = "relay-1"
RUNS = "1.0.0"
FRAMES: tuple[tuple[str, int, int, int, dict[int, reference.Scalar]], ...] = (
    ("host asks who is there", 1, 0, 0, {}),
    ("hello", 1, 1, 0, {0: "blind-7f3a", 1: "1.0.2", 2: "Bedroom Blind", 3: 17, 4: 2}),
    ("describe", 2, 2, 0, {0: 1, 1: "sensor", 2: "temp", 3: "Temperature", 4: "°C", 5: "temperature"}),
    ("describe a range", 2, 3, 0, {0: 0, 1: "number", 2: "lvl", 3: "Level", 6: 0, 7: 100, 8: 5}),
    ("state on", 3, 4, 0, {0: True}),
    ("state of several", 3, 5, 3, {0: False, 1: 21.5, 2: None, 3: "open", 4: -7}),
    ("event", 4, 6, 0, {0: 2, 1: "double", 2: 65535}),
    ("command", 5, 255, 0, {0: 4294967295, 1: 123456, 2: 0, 3: True, 4: 17}),
    ("result", 6, 0, 0, {0: 4294967295, 1: 0}),
    ("ping", 7, 0, 0, {0: 77}),
    ("time", 8, 0, 0, {0: 77, 1: 4000000000, 2: 1790000000}),
    ("log", 9, 9, 0, {0: 2, 1: "relay stuck"}),
    ("ack", 10, 9, 0, {0: 9}),
    ("unknown kind", 200, 9, 0, {}),
    ("whole numbers", 3, 0, 0, dict(enumerate(
        (0, 127, 128, 255, 256, 65535, 65536, 4294967295, -1, -32, -33, -128, -129, -32768, -32769, -2147483648)))),
    ("fractions", 3, 0, 0, {0: 0.5, 1: -0.25, 2: 16384.5, 3: 1e10}),
    ("text of 31 and 32", 9, 0, 0, {0: "a" * 31, 1: "b" * 32}),
    ("sixteen entries and large keys", 3, 0, 0, {key * 17: key % 2 == 0 for key in range(16)}),
    ("hello of a small device on trial", 1, 2, 1, {0: "relay", 1: "2.0", 2: "Relay", 3: 4294967295, 4: 1, 5: 1, 6: "uno", 7: 96}),
    ("describe choices", 2, 4, 0, {0: 2, 1: "select", 2: "mode", 3: "Mode", 9: True, 10: "auto,eco,off"}),
    ("command stop", 5, 1, 0, {0: 7, 1: 0, 2: 1, 3: "stop", 4: 17}),
    ("result with a reason", 6, 1, 0, {0: 7, 1: 1, 2: "blocked"}),
    ("ota begin", 16, 1, 0, {0: 4294967295, 1: 1000000, 2: bytes(range(32)), 3: bytes(range(64, 128)), 4: "b" * 31, 5: "v" * 31}),
    ("ota data", 17, 2, 0, {0: 4294967295, 1: 192, 2: bytes(192), 3: zlib.crc32(bytes(192))}),
    ("ota data, short", 17, 3, 0, {0: 1, 1: 0, 2: b"\x00\xff\x00", 3: zlib.crc32(b"\x00\xff\x00")}),
    ("ota end", 18, 4, 0, {0: 1}),
    ("ota abort", 19, 5, 0, {0: 1}),
    ("ota state", 20, 6, 0, {0: 1, 1: 3, 2: 3, 3: "signature"}),
    ("no bytes", 17, 3, 0, {2: b""}),
    ("longest run of stuffing", 9, 1, 1, {1: "x" * 245}),
    ("longest frame", 9, 1, 1, {1: "x" * 246}),
)  # fmt: skip


def _line(plain: bytes) -> bytes:
    return reference.stuff(plain + struct.pack("<H", reference.crc16(plain)))


def _key(folder: Path, seed: int) -> Path:
    """Write a private key of 32 equal bytes; for these vectors and nothing else."""
    der = bytes.fromhex("302e020100300506032b657004220420") + bytes([seed]) * 32
    path = folder / f"{seed}.pem"
    text = base64.b64encode(der).decode()
    path.write_text(f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
    return path


def _images() -> dict[str, Any]:
    """Images and the last code of ``ota_state`` of a device of ``BOARD`` that runs ``RUNS`` and holds the public key."""
    content = bytes(place * 7 % 256 for place in range(600))
    with tempfile.TemporaryDirectory() as name:
        key, other = _key(Path(name), 1), _key(Path(name), 2)
        good = sign_image.image(content, BOARD, "1.2.0", key)
        flipped = good[:-1] + bytes([good[-1] ^ 1])
        renamed = good.replace(b"1.2.0", b"9.9.9")
        cases = (
            ("whole", good, 1),
            ("empty", sign_image.image(b"", BOARD, "2", key), 1),
            ("the same version", sign_image.image(content, BOARD, RUNS, key), 1),
            ("the same with a suffix", sign_image.image(content, BOARD, f"{RUNS}-rc2", key), 1),
            ("a version without numbers", sign_image.image(content, BOARD, "next", key), 1),
            ("older", sign_image.image(content, BOARD, "0.99.7", key), 9),
            ("older by its first number", sign_image.image(content, BOARD, "0", key), 9),
            ("signed by another", sign_image.image(content, BOARD, "1.2.0", other), 3),
            ("flipped signature", good[:108] + bytes([good[108] ^ 1]) + good[109:], 3),
            ("for another board", sign_image.image(content, "relay-2", "1.2.0", key), 4),
            ("flipped content", flipped, 6),
            ("another version", renamed, 6),
        )
        return {
            "board": BOARD,
            "runs": RUNS,
            "public": sign_image.public_key(key).hex(),
            "cases": [
                {"name": name, "image": made.hex(), "code": code} for name, made, code in cases
            ],
        }


def _field(value: reference.Scalar) -> reference.Scalar | dict[str, str]:
    return {"bytes": value.hex()} if isinstance(value, bytes) else value


def main() -> None:
    """Write the file anew."""
    good = reference.encode(3, 4, 0, {0: True, 1: 21.5})
    head = bytes([1, 3, 0, 0])
    broken = {
        "flipped bit": good[:4] + bytes([good[4] ^ 4]) + good[5:],
        "cut short": good[:5] + b"\0",
        "run past the end": b"\x09abc\0",
        "nothing": b"\0\0\0",
        "too short": b"\x03ab\0",
        "another version": _line(b"\x02\x03\0\0\x80"),
        "no map": _line(head + b"\xc0"),
        "a list inside": _line(head + b"\x81\x00\x91\x01"),
        "a map inside": _line(head + b"\x81\x00\x80"),
        "a key twice": _line(head + b"\x82\x00\xc2\x00\xc3"),
        "bytes past the end": _line(head + b"\x81\x02\xc4\x05abcd"),
        "bytes as key": _line(head + b"\x81\xc4\x01a\xc2"),
        "bin 16": _line(head + b"\x81\x00\xc5\x00\x01a"),
        "a key too large": _line(head + b"\x81\xcd\x01\x00\xc2"),
        "a negative key": _line(head + b"\x81\xff\xc2"),
        "a text as key": _line(head + b"\x81\xa1a\xc2"),
        "map of 65535": _line(head + b"\xde\xff\xff"),
        "text past the end": _line(head + b"\x81\x00\xd9\xff"),
        "text of no UTF-8": _line(head + b"\x81\x00\xa1\xff"),
        "bytes after the map": _line(head + b"\x81\x00\xc2\xc2"),
        "a double": _line(head + b"\x81\x00\xcb" + b"\x40" * 8),
        "too long": _line(head + b"\x81\x00\xd9\xff" + b"x" * 255),
        "overlong noise": b"\x55" * 5000 + b"\0",
    }
    document = {
        "frames": [
            {"name": name, "kind": kind, "seq": seq, "node": node,
             "body": [[key, _field(value)] for key, value in body.items()],
             "line": reference.encode(kind, seq, node, body).hex()}
            for name, kind, seq, node, body in FRAMES
        ],
        "broken": [{"name": name, "line": line.hex()} for name, line in broken.items()],
        "images": _images(),
    }  # fmt: skip
    TARGET.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
