"""The frame in plain Python, written from the specification alone: what C and Rust are compared with."""

from __future__ import annotations

import binascii
import struct

Scalar = bool | int | float | str | bytes | None
VERSION = 1
MAX_FRAME = 256


def crc16(data: bytes) -> int:
    return binascii.crc_hqx(data, 0xFFFF)


def pack_int(number: int) -> bytes:
    forms = (("B", 0xCC), (">H", 0xCD), (">I", 0xCE)) if number >= 0 else (("b", 0xD0), (">h", 0xD1), (">i", 0xD2))  # fmt: skip
    if -32 <= number < 128:
        return struct.pack("b", number)
    for form, tag in forms:
        try:
            return bytes([tag]) + struct.pack(form, number)
        except struct.error:
            continue
    raise ValueError(number)


def pack(value: Scalar) -> bytes:
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return bytes([0xC2 | value])
    if isinstance(value, int):
        return pack_int(value)
    if isinstance(value, float):
        return b"\xca" + struct.pack(">f", value)
    if isinstance(value, bytes):
        return bytes([0xC4, len(value)]) + value
    text = value.encode()
    return (bytes([0xA0 | len(text)]) if len(text) < 32 else bytes([0xD9, len(text)])) + text


def stuff(plain: bytes) -> bytes:
    out = bytearray()
    runs = plain.split(b"\0")
    for place, whole in enumerate(runs):
        run = whole
        while len(run) > 254:
            out += b"\xff" + run[:254]
            run = run[254:]
        if len(run) == 254 and place == len(runs) - 1:
            return bytes(out + b"\xff" + run + b"\0")
        out += bytes([len(run) + 1]) + run
        if len(run) == 254:
            out += b"\x01"
    return bytes(out + b"\0")


def unstuff(stuffed: bytes) -> bytes:
    out, at = bytearray(), 0
    while at < len(stuffed):
        code = stuffed[at]
        run = stuffed[at + 1 : at + code]
        if code == 0 or len(run) != code - 1:
            raise ValueError("stuffing")
        out += run
        at += code
        if code != 0xFF and at < len(stuffed):
            out.append(0)
    return bytes(out)


def encode(kind: int, seq: int, node: int, body: dict[int, Scalar]) -> bytes:
    head = bytes([0x80 | len(body)]) if len(body) < 16 else b"\xde" + struct.pack(">H", len(body))
    plain = bytes([VERSION, kind, seq, node]) + head
    plain += b"".join(pack_int(key) + pack(value) for key, value in body.items())
    plain += struct.pack("<H", crc16(plain))
    if len(plain) > MAX_FRAME:
        raise ValueError("too long")
    return stuff(plain)


def unpack(data: bytes, at: int) -> tuple[Scalar, int]:
    tag = data[at]
    at += 1
    fixed: dict[int, Scalar] = {0xC0: None, 0xC2: False, 0xC3: True}
    numbers = {0xCA: ">f", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i"}
    if tag < 0x80:
        return tag, at
    if tag >= 0xE0:
        return tag - 256, at
    if tag in fixed:
        return fixed[tag], at
    if tag in numbers:
        form = numbers[tag]
        (number,) = struct.unpack_from(form, data, at)
        return number, at + struct.calcsize(form)
    if tag == 0xC4:
        length, at = data[at], at + 1
        if at + length > len(data):
            raise ValueError("cut short")
        return data[at : at + length], at + length
    if tag == 0xD9:
        length, at = data[at], at + 1
    elif 0xA0 <= tag < 0xC0:
        length = tag & 0x1F
    else:
        raise ValueError(f"tag {tag:#x}")
    if at + length > len(data):
        raise ValueError("cut short")
    return data[at : at + length].decode(), at + length


def decode(line: bytes) -> tuple[int, int, int, dict[int, Scalar]]:
    """Read one frame without its closing zero; raise ``ValueError`` or ``IndexError`` if it is none."""
    plain = unstuff(line)
    if not 7 <= len(plain) <= MAX_FRAME:
        raise ValueError("length")
    if struct.unpack("<H", plain[-2:])[0] != crc16(plain[:-2]) or plain[0] != VERSION:
        raise ValueError("check")
    data = plain[4:-2]
    if data[0] == 0xDE:
        count, at = struct.unpack_from(">H", data, 1)[0], 3
    elif data[0] & 0xF0 == 0x80:
        count, at = data[0] & 0x0F, 1
    else:
        raise ValueError("no map")
    body: dict[int, Scalar] = {}
    for _ in range(count):
        key, at = unpack(data, at)
        if isinstance(key, bool) or not isinstance(key, int) or not 0 <= key < 256 or key in body:
            raise ValueError("key")
        body[key], at = unpack(data, at)
    if at != len(data) or count > 64:
        raise ValueError("rest")
    return plain[1], plain[2], plain[3], body
