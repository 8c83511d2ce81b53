"""The C codec against the vectors and, on noise, against the plain Python one."""

from __future__ import annotations

import json
import random
import struct
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import reference
from compilers import FIRMWARE, build

if TYPE_CHECKING:
    from pathlib import Path

VECTORS = json.loads((FIRMWARE / "vectors.json").read_text("utf-8"))


@pytest.fixture(scope="module", params=["gcc", "clang"])
def codec(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("codec") / "frames"
    sources = FIRMWARE / "tests" / "frames.c", FIRMWARE / "src" / "hub_frame.c"
    return build(out, *sources, compiler=request.param)


def read(codec: Path, line: bytes) -> list[tuple[list[str], bytes]]:
    """Return, per frame found in the line, its words and the bytes it was written as again."""
    done = subprocess.run([codec], input=line, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found = (row.split(" = ") for row in done.stdout.decode().splitlines())
    return [(said.split(), bytes.fromhex(again)) for said, again in found]


def word(value: Any) -> str:
    if isinstance(value, dict):
        return "x" + str(value["bytes"])
    if isinstance(value, bytes):
        return "x" + value.hex()
    if value is None:
        return "n"
    if isinstance(value, bool):
        return f"b{int(value)}"
    if isinstance(value, int):
        return f"{'i' if value < 0 else 'u'}{value}"
    if isinstance(value, float):
        return "f" + struct.pack(">f", value).hex()
    return "t" + str(value).encode().hex()


def words(kind: int, seq: int, node: int, body: list[tuple[int, Any]]) -> list[str]:
    return [str(kind), str(seq), str(node), *(f"{key}:{word(value)}" for key, value in body)]


def test_the_vectors_are_the_same_bytes_both_ways(codec: Path) -> None:
    lines = [bytes.fromhex(vector["line"]) for vector in VECTORS["frames"]]
    expected = [
        words(vector["kind"], vector["seq"], vector["node"], vector["body"])
        for vector in VECTORS["frames"]
    ]
    found = read(codec, b"".join(lines))
    assert [said for said, _ in found] == expected
    assert [again for _, again in found] == lines


def test_broken_lines_are_nothing(codec: Path) -> None:
    lines = b"\0".join(bytes.fromhex(vector["line"]) for vector in VECTORS["broken"])
    assert read(codec, lines) == []


def test_the_same_is_read_of_a_noisy_line(codec: Path) -> None:
    dice = random.Random(7)  # noqa: S311
    texts = ["", "é°", "x" * 31, "y" * 100]
    frames: list[tuple[int, int, int, dict[int, reference.Scalar]]] = [
        (3, seq % 256, 0, {0: seq % 2 == 0, 1: seq - 1000, 200: dice.choice(texts), 3: seq / 8})
        for seq in range(3000)
    ]
    line = bytearray(b"".join(reference.encode(*frame) for frame in frames))
    for place in range(len(line)):
        if dice.random() < 0.005:
            line[place] = dice.randrange(256)
    expected = []
    for stretch in bytes(line).split(b"\0"):
        try:
            kind, seq, node, body = reference.decode(stretch)
        except (ValueError, IndexError):
            continue
        expected.append(words(kind, seq, node, list(body.items())))
    assert 500 < len(expected) < 3000
    assert [said for said, _ in read(codec, bytes(line))] == expected


def test_garbage_is_survived(codec: Path) -> None:
    dice = random.Random(8)  # noqa: S311
    garbage = dice.randbytes(200_000)
    whole = reference.encode(1, 2, 3, {})
    assert read(codec, garbage + b"\0" + whole)[-1][1] == whole
