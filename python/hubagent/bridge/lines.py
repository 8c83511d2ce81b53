"""Serial ports and sockets: bytes to frames and back, without ever waiting.

A port is opened when it appears and left alone until a whole frame of a device came from it: what is no
device of ours (a Zigbee stick, a modem) is never written to.
"""

from __future__ import annotations

import contextlib
import glob
import logging
import os
import secrets
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import serial

from hubagent.bridge.frames import FrameDecoder, Kind, encode_frame
from hubagent.bridge.session import Session
from hubagent.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hubagent.bridge.frames import Body
    from hubagent.bridge.session import Office

_LOGGER = logging.getLogger(__name__)

BAUD = 115_200
READ_BYTES = 4_096
MAX_UNSENT_BYTES = 4_096
"""A device that does not read costs no more; what is dropped is repeated anyway."""
MAX_NODES = 16
SPEAK_WITHIN_MS = 60_000
"""A socket from which no frame came for so long is closed."""


class Line:
    """A serial port or a socket, and the devices behind it."""

    def __init__(
        self, name: str, peer: str, fd: int, close: Callable[[], None], office: Office, now_ms: int
    ) -> None:
        """Build around an open, non-blocking file descriptor.

        Args:
            name: For people.
            peer: Where it leads: the same for a line that comes back.
            fd: What is read and written.
            close: Closes it.
            office: The bridge.
            now_ms: Host milliseconds.
        """
        self.name, self.peer, self.fd = name, peer, fd
        self.sessions: dict[int, Session] = {}
        self.is_closed = False
        self.heard_ms = now_ms
        self._close = close
        self._office = office
        self._decoder = FrameDecoder()
        self._out = bytearray()
        self._seq = secrets.randbelow(256)

    def read(self, now_ms: int, wall_s: float) -> None:
        """Take in what has come."""
        try:
            data = os.read(self.fd, READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self.close(error.strerror or "read failed")
            return
        if not data:
            self.close("hung up")
            return
        for kind, seq, node, body in self._decoder.feed(data):
            self.heard_ms = now_ms
            session = self.sessions.get(node) or self._meet(node)
            if session is not None:
                session.heard(kind, seq, body, now_ms, wall_s)

    def _meet(self, node: int) -> Session | None:
        if len(self.sessions) >= MAX_NODES:
            return None
        if not self.sessions:
            self._out += b"\0"  # What stands in the device's buffer ends here.
        name = self.name if node == 0 else f"{self.name} node {node}"

        def send(kind: Kind, body: Body) -> None:
            self.send(node, kind, body)

        session = Session(name, send, self._office, secrets.randbits(32))
        self.sessions[node] = session
        return session

    def send(self, node: int, kind: Kind, body: Body) -> None:
        """Queue a frame; one that does not fit is dropped, as everything is repeated."""
        try:
            frame = encode_frame(kind, self._seq, node, body)
        except DataError as error:
            _LOGGER.warning("%s: not sent: %s", self.name, error)
            return
        if len(self._out) + len(frame) <= MAX_UNSENT_BYTES:
            self._seq = (self._seq + 1) % 256
            self._out += frame

    @property
    def has_unsent(self) -> bool:
        """Whether bytes wait to be written."""
        return bool(self._out)

    def write(self) -> None:
        """Write what the line takes now."""
        if not self._out:
            return
        try:
            done = os.write(self.fd, self._out)
        except BlockingIOError:
            return
        except OSError as error:
            self.close(error.strerror or "write failed")
            return
        del self._out[:done]

    def close(self, why: str) -> None:
        """Close the line; its devices are gone."""
        if self.is_closed:
            return
        self.is_closed = True
        _LOGGER.info("Line %s closed: %s", self.name, why)
        for session in self.sessions.values():
            session.gone()
        with contextlib.suppress(OSError):
            self._close()

    def tally(self) -> tuple[int, int]:
        """Return how many frames were whole, and how many stretches were none."""
        return self._decoder.tally()


class SerialPorts:
    """Finds serial ports by the patterns of the settings, as they come and go."""

    def __init__(self, patterns: Sequence[str], office: Office) -> None:
        self._patterns = tuple(patterns)
        self._office = office
        self._complained: set[str] = set()

    def appeared(self, open_lines: Sequence[Line], now_ms: int) -> Iterator[Line]:
        """Open and return the ports that are there and not open."""
        known = {line.peer for line in open_lines}
        for path in sorted({path for pattern in self._patterns for path in glob.glob(pattern)}):  # noqa: PTH207 - patterns are absolute
            peer = str(Path(path).resolve())
            if peer in known:
                continue
            known.add(peer)
            line = self._open(path, peer, now_ms)
            if line is not None:
                yield line

    def _open(self, path: str, peer: str, now_ms: int) -> Line | None:
        try:
            port = serial.Serial(path, BAUD, timeout=0, write_timeout=0, exclusive=True)
        except (OSError, ValueError) as error:  # SerialException is an OSError.
            if path not in self._complained:
                self._complained.add(path)
                _LOGGER.warning("Cannot open %s: %s", path, error)
            return None
        self._complained.discard(path)
        _LOGGER.info("Opened %s", path)
        return Line(Path(path).name, peer, port.fileno(), port.close, self._office, now_ms)


class Listener:
    """Takes in devices that connect over TCP."""

    def __init__(self, host: str, port: int, office: Office) -> None:
        """Listen.

        Raises:
            OSError: When the address cannot be used.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=16)
        self._socket.setblocking(False)
        self._office = office

    @property
    def fd(self) -> int:
        """What is ready when a device connects."""
        return self._socket.fileno()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._socket.getsockname()[1])

    def accept(self, now_ms: int) -> Line | None:
        """Take in one device."""
        try:
            connection, address = self._socket.accept()
        except OSError:
            return None
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = f"{address[0]}:{address[1]}"
        return Line(name, address[0], connection.fileno(), connection.close, self._office, now_ms)

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()
