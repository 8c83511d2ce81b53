"""A host at the other end of a device's line, in plain Python: says and hears frames, and keeps what it heard."""

from __future__ import annotations

import os
import select
import subprocess
import time
import tty
from typing import TYPE_CHECKING

import reference

from hubagent.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELLO, DESCRIBE, STATE, EVENT, COMMAND, RESULT, PING, TIME, LOG, ACK = range(1, 11)
CLOCK = SystemClock()


class Host:
    """Acknowledges and tells the time by itself, unless told not to."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.heard: list[tuple[int, int, dict[int, reference.Scalar]]] = []
        self.states: dict[int, reference.Scalar] = {}
        self.acknowledges = self.tells_time = True
        self.clock = 4_294_960_000  # comes round within 8 s of the tests' lives
        self._began = CLOCK.monotonic_s()
        self._held = b""
        self._seq = 0

    def now(self) -> int:
        return (self.clock + int((CLOCK.monotonic_s() - self._began) * 1000)) % 2**32

    def say(self, kind: int, body: dict[int, reference.Scalar], times: int = 1) -> None:
        self._seq = (self._seq + 1) % 256
        os.write(self.line, reference.encode(kind, self._seq, 0, body) * times)

    def command(self, id_: int, entity: int, value: reference.Scalar, **how: int) -> None:
        deadline = (self.now() + how.get("within", 5000)) % 2**32
        body = {0: id_, 1: deadline, 2: entity, 3: value, 4: how.get("boot", self.boot)}
        self.say(COMMAND, body, how.get("times", 1))

    @property
    def boot(self) -> int:
        boots = [body[3] for kind, _, body in self.heard if kind == HELLO]
        assert isinstance(boots[-1], int)
        return boots[-1]

    def of(self, kind: int) -> list[dict[int, reference.Scalar]]:
        return [body for heard, _, body in self.heard if heard == kind]

    def until(self, condition: Callable[[], object], seconds: float = 10) -> None:
        """Listen until the condition holds; fail if it does not within the time."""
        end = CLOCK.monotonic_s() + seconds
        while not condition():
            assert CLOCK.monotonic_s() < end, f"waited in vain; heard {self.heard[-10:]}"
            self.listen(0.02)

    def listen(self, seconds: float) -> None:
        if not select.select([self.line], [], [], seconds)[0]:
            return
        self._held += os.read(self.line, 4096)
        *stretches, self._held = self._held.split(b"\0")
        for stretch in stretches:
            try:
                kind, seq, _, body = reference.decode(stretch)
            except (ValueError, IndexError):
                continue
            self._hear(kind, seq, body)

    def _hear(self, kind: int, seq: int, body: dict[int, reference.Scalar]) -> None:
        self.heard.append((kind, seq, body))
        if kind in (HELLO, DESCRIBE, STATE, EVENT) and self.acknowledges:
            if kind == STATE:
                self.states |= body
            self.say(ACK, {0: seq})
        if kind == PING and self.tells_time:
            self.say(TIME, {0: body[0], 1: self.now(), 2: 1_790_000_000})


class Device:
    """An example's process behind a pseudo-terminal, and the host at it."""

    def __init__(self, program: Path, folder: Path, *words: str) -> None:
        link = folder / "line"
        self.output = folder / "output"
        with self.output.open("ab") as output:
            command = [str(program), "--pty", str(link), "--state", str(folder), *words]
            self.process = subprocess.Popen(command, stdout=output, stderr=output)
        end = CLOCK.monotonic_s() + 10
        while not (link.is_symlink() and b"boot" in self.output.read_bytes()):
            assert self.process.poll() is None, self.output.read_text()
            assert CLOCK.monotonic_s() < end
            time.sleep(0.005)
        self.line = os.open(link, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.line)
        self.host = Host(self.line)

    def pins(self) -> list[str]:
        return [row for row in self.output.read_text().splitlines() if row.startswith("pin")]

    def stop(self) -> None:
        died = self.process.poll()
        self.process.kill()
        self.process.wait()
        os.close(self.line)
        (self.output.parent / "line").unlink()
        assert died is None, self.output.read_text()
