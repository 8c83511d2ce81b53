"""A device in plain Python, written from the specification: what the bridge is tried with.

One thread that reads and writes a pseudo-terminal or a socket; the line may flip bytes, drop and double
frames in both directions. It keeps what lasts (boot counter, image) in an object that outlives a boot.
"""

from __future__ import annotations

import hashlib
import os
import random
import select
import struct
import threading
import time
import tty
import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import reference

from hubagent.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

CLOCK = SystemClock()


@dataclass
class Flash:
    """What outlives a boot."""

    boot: int = 0
    firmware: str = "1.0.0"
    image: int = 0
    installed: list[str] = field(default_factory=list)
    trusts: bytes = b""
    """Signatures it takes: this device checks that the signature is this one (C checks Ed25519)."""


@dataclass
class Noise:
    """What the line does to bytes and frames, each with a chance."""

    flip: float = 0.0
    drop: float = 0.0
    double: float = 0.0
    dice: random.Random = field(default_factory=lambda: random.Random(3))  # noqa: S311

    def spoil(self, frame: bytes) -> bytes:
        if self.dice.random() < self.drop:
            return b""
        sent = bytearray(frame * (2 if self.dice.random() < self.double else 1))
        for place in range(len(sent)):
            if self.dice.random() < self.flip:
                sent[place] ^= 1 << self.dice.randrange(8)
        return bytes(sent)


Parts = list[dict[int, Any]]


class Device:
    """A device, from one boot to its end."""

    def __init__(self, name: str, parts: Parts, states: dict[int, Any], flash: Flash) -> None:
        self.name, self.parts, self.states, self.flash = name, parts, states, flash
        flash.boot += 1
        self.boot = flash.boot
        self.noise = Noise()
        self.done: list[tuple[int, int, Any]] = []
        """Id, entity and value of every command carried out."""
        self.late = 0
        self.stall_s = 0.0
        self._results: deque[tuple[int, int, int]] = deque(maxlen=8)
        self._floor: int | None = None
        self._seq = self.boot * 31 % 256
        self._todo: deque[tuple[int, dict[int, Any]]] = deque()
        self._events: deque[dict[int, Any]] = deque()
        self._event_number = 0
        self._way: tuple[int, bytes, float, float] | None = None
        self._token = self.boot * 1000
        self._pinged: tuple[int, float] | None = None
        self._answered = True
        self._clock: tuple[int, float] | None = None
        self._transfer: dict[int, Any] | None = None
        self._store = bytearray()
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._in = b""
        self.restart = threading.Event()
        """Set when an update was taken in whole."""
        self._begin()

    # --- what a maker calls ---

    def set(self, number: int, value: Any) -> None:
        with self._lock:
            self.states[number] = value
            if not any(kind == 3 for kind, _ in self._todo):
                self._todo.append((3, {}))

    def event(self, number: int, what: str) -> None:
        with self._lock:
            self._event_number += 1
            self._events.append({0: number, 1: what, 2: self._event_number})

    # --- life ---

    def start(self, fd: int) -> None:
        self.fd = fd
        os.set_blocking(fd, False)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        self._write(b"\0")
        while not self._stopping.is_set():
            try:
                if select.select([self.fd], [], [], 0.01)[0]:
                    self._in += os.read(self.fd, 4096)
                with self._lock:
                    *whole, self._in = self._in.split(b"\0")
                    for stretch in whole:
                        self._heard(stretch)
                    self._tick(CLOCK.monotonic_s())
            except (OSError, ValueError):
                time.sleep(0.02)  # Nobody at the other end.

    def _heard(self, stretch: bytes) -> None:
        stretch = self.noise.spoil(stretch)
        if self.stall_s:
            time.sleep(self.stall_s)
        try:
            kind, _, _, body = reference.decode(stretch)
        except (ValueError, IndexError):
            return
        if kind == 1:
            self._clock = None
            self._pinged = None
            self._begin()
        elif kind == 10 and self._way is not None and body.get(0) == self._way[0]:
            if self._todo and self._way[1] != b"event":
                kind, _ = self._todo.popleft()
                if kind == 3 and self._sent != self.states:
                    self._todo.appendleft((3, {}))
            elif self._way[1] == b"event":
                self._events.popleft()
            self._way = None
        elif kind == 8 and self._pinged is not None and body.get(0) == self._pinged[0]:
            self._clock = (int(body[1]), self._pinged[1])  # type: ignore[arg-type]
            self._answered = True
            self._pinged = (-1, self._pinged[1])
        elif kind == 5:
            self._command(body)
        elif 16 <= kind <= 19:
            self._ota(kind, body)

    def _begin(self) -> None:
        hello = {
            0: self.name,
            1: self.flash.firmware,
            2: self.name.replace("-", " ").title(),
            3: self.boot,
        }
        hello |= {4: len(self.parts), 5: self.flash.image, 6: "relay-1"}
        self._todo = deque([(1, hello), *((2, part) for part in self.parts)])
        if self.states:
            self._todo.append((3, {}))
        self._way = None

    def _command(self, body: dict[int, Any]) -> None:
        known = {number: code for number, code, _ in self._results}
        code = known.get(body[0])
        if code is None:
            code = self._judge(body)
            if code in (0, 1):
                if len(self._results) == self._results.maxlen:
                    self._floor = self._results[0][2]
                self._results.append((body[0], code, body[1]))
        self._say(6, {0: body[0], 1: code})

    def _judge(self, body: dict[int, Any]) -> int:
        if body[4] != self.boot:
            return 4
        now = CLOCK.monotonic_s()
        if self._clock is None or now - self._clock[1] > 60:
            return 5
        bound = self._clock[0] + 2 + int((now - self._clock[1]) * 1000)
        if (body[1] - bound) % 2**32 >= 2**31 or (
            self._floor is not None and (body[1] - self._floor - 1) % 2**32 >= 2**31
        ):
            self.late += 1
            return 2
        number, value = body[2], body[3]
        if number not in self.states:
            return 3
        self.done.append((body[0], number, value))
        self.set(number, value)
        return 0

    def _ota(self, kind: int, body: dict[int, Any]) -> None:
        code, same = 0, self._transfer is not None and self._transfer[0] == body[0]
        if kind == 16:
            if body[3] != self.flash.trusts:
                code = 3
            elif body[4] != "relay-1":
                code = 4
            elif not same:
                self._transfer, self._store = dict(body), bytearray()
        elif not same:
            code = 2
        elif kind == 17:
            if body[1] == len(self._store) and zlib.crc32(body[2]) == body[3]:
                self._store += body[2]
        elif kind == 18:
            assert self._transfer is not None
            said = struct.pack(
                "<I32s32s", self._transfer[1], b"relay-1", self._transfer[5].encode()
            )
            if hashlib.sha256(said + self._store).digest() == self._transfer[2]:
                code = 1
                self.flash.installed.append(self._transfer[5])
                self.flash.firmware, self.flash.image = self._transfer[5], 1
                self.restart.set()
            else:
                self._transfer, code = None, 6
        else:
            self._transfer, code = None, 2
        self._say(20, {0: body[0], 1: len(self._store), 2: code})

    @property
    def stored(self) -> int:
        return len(self._store)

    def confirm(self) -> None:
        with self._lock:
            self.flash.image = 0
            self._begin()

    def _tick(self, now: float) -> None:
        every = 1.0 if not self._answered else 10.0
        if self._pinged is None or now - self._pinged[1] >= every:
            self._token += 1
            self._pinged, self._answered = (self._token, now), False
            self._say(7, {0: self._token})
        if self._way is not None:
            seq, what, since, wait = self._way
            if now - since < wait:
                return
            if what != b"state" or self._sent == self.states:
                self._way = (seq, what, now, min(wait * 2, 2.0))
                self._write(self._line)
                return
        if self._todo:
            kind, body = self._todo[0]
            self._next(
                kind, dict(self.states) if kind == 3 else body, b"" if kind != 3 else b"state", now
            )
        elif self._events:
            self._next(4, self._events[0], b"event", now)

    def _next(self, kind: int, body: dict[int, Any], what: bytes, now: float) -> None:
        wait = 0.25 if self._way is None else min(self._way[3] * 2, 2.0)
        self._seq = (self._seq + 1) % 256
        self._line = reference.encode(kind, self._seq, 0, body)
        self._way, self._sent = (self._seq, what, now, wait), body
        self._write(self._line)

    def _say(self, kind: int, body: dict[int, Any]) -> None:
        self._seq = (self._seq + 1) % 256
        self._write(reference.encode(kind, self._seq, 0, body))

    def _write(self, line: bytes) -> None:
        try:
            os.write(self.fd, self.noise.spoil(line))
        except OSError:
            return


class Port:
    """A serial port by its id: a pseudo-terminal under a name that comes and goes."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(exist_ok=True)
        self.path = folder / name
        self.fd, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path.symlink_to(os.ttyname(self._slave))

    def unplug(self) -> None:
        self.path.unlink()
        os.close(self._slave)
        os.close(self.fd)
