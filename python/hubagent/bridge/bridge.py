"""The bridge: lines on one side, the broker on the other, one thread that never waits for either.

Everything that may wait is repeated by someone: a device repeats what was not acknowledged, the bridge
what was not answered. So a line, a device or the broker may go at any moment.
"""

from __future__ import annotations

import json
import logging
import os
import selectors
from collections import deque
from typing import TYPE_CHECKING, Any

from hubagent.bridge import announce
from hubagent.bridge.lines import SPEAK_WITHIN_MS, Line, Listener, SerialPorts
from hubagent.bridge.session import Memory, Session
from hubagent.bridge.update import Transfer
from hubagent.errors import DataError, TransportError
from hubagent.types import Publication

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubagent.bridge.update import ImageFile
    from hubagent.clock import Clock
    from hubagent.ports import BrokerLink
    from hubagent.types import Message

_LOGGER = logging.getLogger(__name__)

FILTERS = ((f"{announce.ROOT}/+/+", 1), (f"{announce.ROOT}/+/+/set", 1))
SETTLE_MS = 1_000
"""After a connect the broker says what it remembers; so long we listen before we speak."""
SCAN_EVERY_MS = 1_000
MAX_SOCKETS = 64
MAX_DEVICES = 256
MAX_REMEMBERED_BYTES = 1_024
_IDLE_S, _BUSY_S = 0.02, 0.002


class Bridge:
    """Carries between lines and broker; :meth:`run_once` is called again and again by one thread."""

    def __init__(
        self,
        broker: BrokerLink,
        clock: Clock,
        *,
        bridge_status: str,
        serial: Sequence[str] = (),
        listen: tuple[str, int] | None = None,
    ) -> None:
        """Build; listens at once if it is to.

        Args:
            broker: Connected by whoever made it, subscribed to ``FILTERS``.
            clock: Time.
            bridge_status: Topic of the broker connection's will.
            serial: Patterns of paths of serial ports.
            listen: Address and port for devices that connect.

        Raises:
            TransportError: When the address cannot be used.
        """
        self.bridge_status = bridge_status
        self._broker = broker
        self._clock = clock
        self._lines: list[Line] = []
        self._ports = SerialPorts(serial, self)
        self._selector = selectors.DefaultSelector()
        self._listener: Listener | None = None
        if listen is not None:
            try:
                self._listener = Listener(*listen, self)
            except OSError as error:
                raise TransportError(
                    f"{listen[0]}:{listen[1]}",
                    f"cannot listen: {error.strerror}",
                    hint="choose another `bridge.listen` and `bridge.port`",
                ) from error
            self._selector.register(self._listener.fd, selectors.EVENT_READ, None)
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        self._calls: deque[Callable[[], None]] = deque()
        self._memories: dict[str, Memory] = {}
        self._connects = 0
        self._connected_ms: int | None = None
        self._open = False
        self._scanned_ms: int | None = None
        self._commands_refused = 0

    # --- what sessions need ------------------------------------------------------------------------

    def is_open(self) -> bool:
        """Return whether the broker is there and what it remembers has been heard."""
        return self._open and self._broker.standing().connected

    def post(self, publication: Publication) -> Callable[[], bool]:
        """Publish; the result tells whether the broker has it."""
        try:
            return self._broker.deliver(publication)
        except TransportError as error:
            _LOGGER.debug("Not published: %s", error)
            return lambda: False

    def claim(self, device_id: str, session: Session) -> Memory | None:
        """Return the memory of a device, or ``None`` when another live line has that id."""
        for line in self._lines:
            for other in line.sessions.values():
                if other is session or other.hello is None or other.hello.id != device_id:
                    continue
                if not self._is_same_peer(line, session):
                    return None
                other.gone()  # A connection that came back; the old one is dead.
        if device_id not in self._memories and len(self._memories) >= MAX_DEVICES:
            return None
        return self._memories.setdefault(device_id, Memory())

    def _is_same_peer(self, line: Line, session: Session) -> bool:
        mine = next(line for line in self._lines if session in line.sessions.values())
        return mine is not line and mine.peer == line.peer

    # --- the thread --------------------------------------------------------------------------------

    def run_once(self) -> None:
        """Do what there is to do; wait up to 20 ms for something."""
        for message in self._broker.drain(256, 0.0):
            self._hear(message)
        self._follow_broker()
        knocked = self._serve_lines()
        while self._calls:
            self._calls.popleft()()
        now_ms = self._now_ms()
        for session in self._sessions():
            session.tick(now_ms)
        self._look_after_lines(now_ms)
        if knocked:
            self._accept()  # After closed lines were taken out, whose numbers it may get.

    def _serve_lines(self) -> bool:
        """Read and write what is ready; return whether a device wants to connect."""
        waits = any(session.is_waiting for session in self._sessions())
        for line in self._lines:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.has_unsent else 0)
            if self._selector.get_key(line.fd).events != wanted:
                self._selector.modify(line.fd, wanted, line)
        knocked = False
        for key, events in self._selector.select(_BUSY_S if waits else _IDLE_S):
            if isinstance(key.data, Line):
                if events & selectors.EVENT_READ:
                    key.data.read(self._now_ms(), self._clock.now_s())
                if events & selectors.EVENT_WRITE and not key.data.is_closed:
                    key.data.write()
            elif self._listener is not None and key.fd == self._listener.fd:
                knocked = True
            elif key.fd == self._wake_read:
                os.read(self._wake_read, 4096)
        return knocked

    def wake(self) -> None:
        """End the wait of :meth:`run_once`; from any thread."""
        try:
            os.write(self._wake_write, b"\0")
        except BlockingIOError:
            return  # It is awake enough.

    def call(self, what: Callable[[], None]) -> None:
        """Let the thread of the bridge do something; from any thread."""
        self._calls.append(what)
        self.wake()

    def close(self) -> None:
        """Say that the devices are gone and close the lines."""
        for line in self._lines:
            self._selector.unregister(line.fd)
            line.close("the bridge stops")
        self._lines.clear()
        if self._listener is not None:
            self._listener.close()
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    # --- for people --------------------------------------------------------------------------------

    @property
    def port(self) -> int | None:
        """The port it listens on."""
        return self._listener.port if self._listener is not None else None

    def update(self, device_id: str, image: ImageFile) -> Transfer:
        """Begin, or go on with, the update of a device; on the bridge's thread.

        Raises:
            DataError: When there is no such device, or it is being updated.
        """
        session = self._session_of(device_id)
        if session is None or session.hello is None:
            known = ", ".join(sorted(self._online())) or "none"
            raise DataError(f"no device `{device_id}` is online", hint=f"online: {known}")
        transfer = Transfer(image, session.hello)
        session.update(transfer)
        return transfer

    def document(self) -> dict[str, Any]:
        """Return how lines and devices stand."""
        return {
            "port": self.port,
            "broker": self.is_open(),
            "commands_refused": self._commands_refused,
            "lines": [
                {
                    "name": line.name,
                    "frames": line.tally()[0],
                    "broken": line.tally()[1],
                    "devices": [
                        {
                            "id": session.hello.id,
                            "firmware": session.hello.firmware,
                            "image": session.hello.image.name.lower(),
                            "online": session.online,
                            "refused": session.refused,
                        }
                        for session in list(line.sessions.values())
                        if session.hello is not None
                    ],
                }
                for line in list(self._lines)
            ],
        }

    # --- helpers -----------------------------------------------------------------------------------

    def _now_ms(self) -> int:
        return int(self._clock.monotonic_s() * 1000)

    def _sessions(self) -> list[Session]:
        return [session for line in self._lines for session in line.sessions.values()]

    def _session_of(self, device_id: str) -> Session | None:
        for session in self._sessions():
            if session.hello is not None and session.hello.id == device_id:
                return session
        return None

    def _online(self) -> set[str]:
        return {session.hello.id for session in self._sessions() if session.hello is not None}

    def _accept(self) -> None:
        assert self._listener is not None  # noqa: S101 - only a listener accepts
        line = self._listener.accept(self._now_ms())
        if line is None:
            return
        if len(self._lines) >= MAX_SOCKETS:
            line.close("too many")
            return
        self._add(line)

    def _add(self, line: Line) -> None:
        self._lines.append(line)
        self._selector.register(line.fd, selectors.EVENT_READ, line)

    def _look_after_lines(self, now_ms: int) -> None:
        for line in self._lines.copy():
            idle = now_ms - line.heard_ms > SPEAK_WITHIN_MS
            if idle and ":" in line.name and not line.is_closed:
                self._selector.unregister(line.fd)
                line.close("silent")
                self._lines.remove(line)
            elif line.is_closed:
                self._lines.remove(line)
                self._forget(line.fd)
        if self._scanned_ms is None or now_ms - self._scanned_ms >= SCAN_EVERY_MS:
            self._scanned_ms = now_ms
            for line in self._ports.appeared(self._lines, now_ms):
                self._add(line)

    def _forget(self, fd: int) -> None:
        """Take a closed descriptor out of the selector."""
        try:
            self._selector.unregister(fd)
        except (KeyError, ValueError, OSError):
            _LOGGER.debug("Descriptor %d was gone", fd)

    def _follow_broker(self) -> None:
        """Note when the broker goes and comes back."""
        standing = self._broker.standing()
        now_ms = self._now_ms()
        if not standing.connected or standing.connects != self._connects:
            if self._open:
                self._open = False
                for session in self._sessions():
                    session.broker_lost()
            self._connects = standing.connects
            self._connected_ms = now_ms if standing.connected else None
        elif self._connected_ms is None:
            self._connected_ms = now_ms
        if self._open or self._connected_ms is None or now_ms - self._connected_ms < SETTLE_MS:
            return
        self._open = True
        online = self._online()
        for device_id in self._memories.keys() - online:
            self.post(announce.retained(device_id, "$state", b"offline"))
        for session in self._sessions():
            session.broker_back()

    def _hear(self, message: Message) -> None:
        """Take in a command, or what the broker remembers of the time before this run."""
        _, device_id, level, *rest = message.topic.split("/")
        if rest:
            self._command(device_id, level, message)
        elif message.retained and not self._open and self._session_of(device_id) is None:
            self._remember(device_id, level, message.payload)

    def _command(self, device_id: str, part_id: str, message: Message) -> None:
        if message.retained:
            self._commands_refused += 1  # It was said to who knows whom, who knows when.
            return
        session = self._session_of(device_id)
        why = f"`{device_id}` is not online"
        if session is not None:
            try:
                session.command(part_id, message.payload, self._now_ms())
            except DataError as error:
                why = str(error)
            else:
                return
        self._commands_refused += 1
        _LOGGER.info("Command refused: %s", why)
        said = json.dumps({"entity": part_id, "result": "refused", "why": why}).encode()
        self.post(Publication(announce.topic(device_id, "$result"), said))

    def _remember(self, device_id: str, level: str, payload: bytes) -> None:
        if len(payload) > MAX_REMEMBERED_BYTES * 4 or not payload:
            return
        if device_id not in self._memories and len(self._memories) >= MAX_DEVICES:
            return
        memory = self._memories.setdefault(device_id, Memory())
        try:
            text = payload.decode()
            if level == "$info":
                _read_info(memory, json.loads(text))
            elif not level.startswith("$") and len(payload) <= MAX_REMEMBERED_BYTES:
                memory.states[level] = payload
        except (ValueError, RecursionError) as error:
            _LOGGER.warning("What the broker remembers on %s/%s: %s", device_id, level, error)


def _read_info(memory: Memory, document: object) -> None:
    if not isinstance(document, dict):
        return
    boot, event = document.get("boot"), document.get("event")
    memory.boot = boot if isinstance(boot, int) else None
    memory.event = event if isinstance(event, int) else None
    memory.platforms = _texts(document.get("platforms"))
    memory.wanted = {key: text.encode() for key, text in _texts(document.get("wanted")).items()}


def _texts(table: object) -> dict[str, str]:
    if not isinstance(table, dict):
        return {}
    return {key: value for key, value in table.items() if isinstance(value, str)}
