"""One device at the end of a line: what it says is checked, published and acknowledged.

No input or output here: bytes come and go through ``send``, messages to the broker through ``Office``,
time comes as an argument (milliseconds of the host's monotonic clock). See ``firmware_bridge/README.md``,
"How the two ends talk".
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from hubagent.bridge import announce
from hubagent.bridge.described import PartKind, read_hello, read_part
from hubagent.bridge.frames import Kind
from hubagent.bridge.orders import Code, Order, Orders
from hubagent.bridge.values import STATELESS, UNKNOWN, payload_of, wish_of
from hubagent.errors import DataError
from hubagent.types import Publication

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.bridge.described import Hello, Part
    from hubagent.bridge.frames import Body
    from hubagent.bridge.update import Transfer

_LOGGER = logging.getLogger(__name__)

SILENCE_MS = 35_000
ASK_EVERY_MS = 1_000
POSTS_PER_S, POSTS_AT_ONCE = 50.0, 100.0
"""What one device may make the broker carry; beyond it is not acknowledged, so it waits."""
_LEVELS = {1: "error", 2: "warning", 3: "info"}


@dataclass(slots=True)
class Memory:
    """What is known of a device beyond its line and its boot; kept retained on the broker."""

    boot: int | None = None
    event: int | None = None
    """Number of the last event passed on."""
    platforms: dict[str, str] = field(default_factory=dict)
    """Platform of each entity that was announced."""
    states: dict[str, bytes] = field(default_factory=dict)
    """What each entity last reported, as its topic carries it."""
    wanted: dict[str, bytes] = field(default_factory=dict)
    """What it was before the reboot, and is not yet again."""
    transfer: Transfer | None = None
    """The last update of this run, perhaps still under way."""


class Office(Protocol):
    """What a session needs of the bridge."""

    bridge_status: str
    """Topic whose will says that the bridge is gone."""

    def is_open(self) -> bool:
        """Return whether the broker is there and what it remembers has been heard."""
        ...

    def post(self, publication: Publication) -> Callable[[], bool]:
        """Publish; the result tells whether the broker has it."""
        ...

    def claim(self, device_id: str, session: Session) -> Memory | None:
        """Return the memory of a device, or ``None`` when another live line has that id."""
        ...


@dataclass(slots=True)
class _Pending:
    seq: int
    kept: list[Callable[[], bool]]


class Session:
    """A device, from the first frame of a line until the line is gone."""

    def __init__(
        self, line: str, send: Callable[[Kind, Body], None], office: Office, first_id: int
    ) -> None:
        """Build.

        Args:
            line: Name of the line, for people.
            send: Sends a frame to the device.
            office: The bridge.
            first_id: Random number that command ids begin with.
        """
        self.line = line
        self.hello: Hello | None = None
        self.parts: dict[int, Part] = {}
        self.online = False
        self.refused = 0
        """Frames that were whole and made no sense."""
        self._send = send
        self._office = office
        self._memory = Memory()
        self._orders = Orders(first_id)
        self._heard_ms = 0
        self._asked_ms: int | None = None
        self._posted: dict[str, bytes] = {}
        self._pending: list[_Pending] = []
        self._announced: tuple[Hello, tuple[Part, ...]] | None = None
        self._restoring: set[str] = set()
        self._in_step = False
        self._budget, self._budget_ms = POSTS_AT_ONCE, 0

    # --- from the device ---------------------------------------------------------------------------

    def heard(self, kind: int, seq: int, body: Body, now_ms: int, wall_s: float) -> None:
        """Take in one frame."""
        self._heard_ms = now_ms
        try:
            if kind == Kind.PING:
                self._send(Kind.TIME, {0: _token(body), 1: now_ms % 2**32, 2: int(wall_s)})
                self._in_step = True
                if self.hello is None:
                    self._ask(now_ms)
            elif kind == Kind.HELLO:
                self._on_hello(seq, body)
            elif kind == Kind.LOG:
                self._on_log(body, now_ms)
            elif kind in (Kind.DESCRIBE, Kind.STATE, Kind.EVENT):
                self._on_report(kind, seq, body, now_ms)
            elif kind == Kind.RESULT and self.hello is not None:
                self._on_result(body)
            elif kind == Kind.OTA_STATE and self._memory.transfer is not None:
                self._memory.transfer.answered(body)
        except DataError as error:
            self._refuse(error)

    def _on_report(self, kind: int, seq: int, body: Body, now_ms: int) -> None:
        if self.hello is None or (kind != Kind.DESCRIBE and not self._is_described()):
            self._ask(now_ms)
        elif any(pending.seq == seq for pending in self._pending) or not self._office.is_open():
            pass  # It says so again; by then the broker may have it.
        elif not self._may_post(now_ms):
            pass
        elif kind == Kind.DESCRIBE:
            self._on_describe(seq, body)
        elif kind == Kind.STATE:
            self._on_state(seq, body)
        else:
            self._on_event(seq, body)

    def _on_hello(self, seq: int, body: Body) -> None:
        hello = read_hello(body)
        if not self._office.is_open():
            return
        memory = self._office.claim(hello.id, self)
        if memory is None:
            raise DataError(f"the id {hello.id} is that of a device on another line")
        before, self._memory = self.hello, memory
        if before is None or (before.id, before.boot, before.parts) != (
            hello.id,
            hello.boot,
            hello.parts,
        ):
            self.parts.clear()
            self._announced = None
        if memory.boot != hello.boot:
            # What it was before, under what is still to be set again from the boot before that.
            memory.wanted = {**memory.states, **memory.wanted} if memory.boot is not None else {}
            memory.boot, memory.event = hello.boot, None
            self._end(self._orders.drop(), Code.OTHER_BOOT)
            self._restoring.clear()
        self.hello = hello
        if self._memory.transfer is not None:
            self._memory.transfer.hello(hello)
        self._pending.clear()
        self._keep(seq, [self._post_info()])
        self._send_ack_if_kept()

    def _on_describe(self, seq: int, body: Body) -> None:
        assert self.hello is not None  # noqa: S101 - _on_report asked
        part = read_part(body, self.hello)
        if any(
            other.id == part.id and other.number != part.number for other in self.parts.values()
        ):
            raise DataError(f"two entities have the id {part.id}")
        self.parts[part.number] = part
        self._keep(seq, self._announce() if self._is_described() else [])

    def _on_state(self, seq: int, body: Body) -> None:
        kept = []
        for number, value in body.items():
            part = self.parts.get(number)
            if part is None:
                self._refuse(DataError(f"there is no entity {number}"))
                continue
            try:
                payload = payload_of(part, value)
            except DataError as error:
                self._refuse(error)
                continue
            if self._posted.get(part.id) != payload:
                kept.append(self._post_retained(part.id, payload))
                self._posted[part.id] = payload
            self._memory.states[part.id] = payload
        kept += self._go_online()
        self._keep(seq, kept)

    def _on_event(self, seq: int, body: Body) -> None:
        assert self.hello is not None  # noqa: S101 - _on_report asked
        key, what, number = body.get(0), body.get(1), body.get(2)
        part = self.parts.get(key) if isinstance(key, int) and not isinstance(key, bool) else None
        if part is None or part.kind is not PartKind.EVENT or what not in part.choices:
            self._send(Kind.ACK, {0: seq})  # Repeating it would not help.
            raise DataError("an event that was not described")
        if isinstance(number, bool) or not isinstance(number, int):
            raise DataError("an event without a number")
        kept = []
        if number != self._memory.event:
            self._memory.event = number
            topic = announce.topic(self.hello.id, part.id)
            said = json.dumps({"event_type": what}).encode()
            kept = [self._office.post(Publication(topic, said)), self._post_info()]
        self._keep(seq, kept)

    def _on_log(self, body: Body, now_ms: int) -> None:
        level, text = body.get(0), body.get(1)
        if self.hello is None or not isinstance(text, str) or not self._may_post(now_ms):
            return
        if self._office.is_open():
            word = _LEVELS.get(level, "info") if isinstance(level, int) else "info"
            said = "".join(character for character in text if character.isprintable())
            line = json.dumps({"level": word, "text": said}).encode()
            self._office.post(Publication(announce.topic(self.hello.id, "$log"), line, qos=0))

    def _on_result(self, body: Body) -> None:
        code = body.get(1)
        if code == Code.NO_CLOCK:
            return  # It pings at once; the command is repeated until its deadline.
        order = self._orders.answered(body.get(0))
        if order is None:
            return
        if isinstance(code, bool) or not isinstance(code, int) or code > Code.NO_CLOCK or code < 0:
            raise DataError(f"no code of a result: {code!r}")
        why = body.get(2)
        self._end([order], Code(code), why if isinstance(why, str) else "")

    # --- to the device -----------------------------------------------------------------------------

    def command(self, part_id: str, payload: bytes, now_ms: int) -> None:
        """Command an entity as the broker asks; what cannot be is told on `$result`.

        Raises:
            DataError: When there is no such entity, it is offline, or cannot be set to that.
        """
        part = next((part for part in self.parts.values() if part.id == part_id), None)
        if part is None or not self.online:
            raise DataError(f"`{part_id}`: no such entity is online")
        value = wish_of(part, payload)
        self._no_longer_wanted(part_id)
        if self._orders.add(part.id, part.number, value, now_ms) is None:
            self._end([Order(0, part.id, part.number, value, 0)], Code.TOO_MANY)

    def tick(self, now_ms: int) -> None:
        """Do what is due: acknowledge, repeat, give up."""
        self._send_ack_if_kept()
        if self.hello is None:
            return
        if now_ms - self._heard_ms > SILENCE_MS:
            self.gone()
            return
        self._end(self._orders.late(now_ms), Code.NO_ANSWER)
        if self._in_step:
            self._set_again(now_ms)
            body = self._orders.due(now_ms, self.hello.boot)
            if body is not None:
                self._send(Kind.COMMAND, body)
        if self._memory.transfer is not None:
            due = self._memory.transfer.due(now_ms)
            if due is not None:
                self._send(*due)

    def broker_lost(self) -> None:
        """Forget what was on its way to the broker; the device will say it again."""
        self._pending.clear()
        self._posted.clear()

    def broker_back(self) -> None:
        """Tell the broker all again: it may be another one, or have forgotten."""
        if self.hello is None or not self._is_described():
            return
        self._post_info()
        self._announced = None
        self._announce()
        if self.online:
            for part in self.parts.values():
                payload = self._memory.states.get(part.id)
                if payload is not None and part.kind not in STATELESS:
                    self._post_retained(part.id, payload)
                    self._posted[part.id] = payload
            self._post_retained("$state", b"online")

    def gone(self) -> None:
        """The line is gone, or the device silent."""
        if self.hello is not None and self._office.is_open():
            self._end(self._orders.drop(), Code.NO_ANSWER)
            self._post_retained("$state", b"offline")
        self._orders.drop()
        if self.hello is not None and self._memory.transfer is not None:
            self._memory.transfer.line_lost()
        self.online, self.hello, self._announced = False, None, None
        self.parts.clear()
        self._restoring.clear()
        self._pending.clear()
        self._posted.clear()

    # --- helpers -----------------------------------------------------------------------------------

    def _is_described(self) -> bool:
        return self.hello is not None and len(self.parts) == self.hello.parts

    def _announce(self) -> list[Callable[[], bool]]:
        assert self.hello is not None  # noqa: S101 - only a described device is announced
        said = (self.hello, tuple(self.parts.values()))
        if said == self._announced:
            return []
        self._announced = said
        platforms = {part.id: announce.PLATFORMS[part.kind] for part in said[1]}
        gone = {
            name: platform
            for name, platform in self._memory.platforms.items()
            if platforms.get(name) != platform
        }
        # Where an id has another platform now, the removal of the old one stands in its own message.
        kept = []
        if gone:
            kept.append(self._office.post(self._discovery((), gone)))
        for name in gone.keys() - platforms.keys():
            kept.append(self._post_retained(name, b""))
            self._memory.states.pop(name, None)
        kept.append(self._office.post(self._discovery(said[1], {})))
        self._memory.platforms = platforms
        restored = {part.id for part in said[1] if part.restore and part.kind not in STATELESS}
        for name in self._memory.wanted.keys() - restored:
            del self._memory.wanted[name]
        kept.append(self._post_info())
        if all(part.kind in STATELESS for part in said[1]):
            kept += self._go_online()  # No state will come.
        return kept

    def _discovery(self, parts: tuple[Part, ...], gone: dict[str, str]) -> Publication:
        assert self.hello is not None  # noqa: S101 - see _announce
        return announce.discovery(self.hello, parts, gone.items(), self._office.bridge_status)

    def _go_online(self) -> list[Callable[[], bool]]:
        if self.online:
            return []
        self.online = True
        return [self._post_retained("$state", b"online")]

    def _set_again(self, now_ms: int) -> None:
        """Command what was before the reboot and is not yet again, until the device has it."""
        wanted = self._memory.wanted
        if not wanted or not self.online or not self._office.is_open():
            return
        for part in self.parts.values():
            payload = wanted.get(part.id)
            if payload is None or part.id in self._restoring:
                continue
            if payload in (self._memory.states.get(part.id), UNKNOWN):
                self._no_longer_wanted(part.id)
                continue
            try:
                value = wish_of(part, payload)
            except DataError as error:
                _LOGGER.info("Not set again after a reboot: %s", error)
                self._no_longer_wanted(part.id)
                continue
            if self._orders.add(part.id, part.number, value, now_ms) is not None:
                self._restoring.add(part.id)

    def _no_longer_wanted(self, part_id: str) -> None:
        self._restoring.discard(part_id)
        if self._memory.wanted.pop(part_id, None) is not None:
            self._post_info()

    def _post_info(self) -> Callable[[], bool]:
        assert self.hello is not None  # noqa: S101 - every caller has one
        memory = self._memory
        document = {
            "boot": memory.boot,
            "event": memory.event,
            "firmware": self.hello.firmware,
            "board": self.hello.board,
            "image": self.hello.image.name.lower(),
            "line": self.line,
            "platforms": memory.platforms,
            "wanted": {name: payload.decode() for name, payload in memory.wanted.items()},
        }
        return self._post_retained("$info", json.dumps(document).encode())

    def _post_retained(self, level: str, payload: bytes) -> Callable[[], bool]:
        assert self.hello is not None  # noqa: S101 - every caller has one
        return self._office.post(announce.retained(self.hello.id, level, payload))

    def _end(self, orders: list[Order], code: Code, why: str = "") -> None:
        """Tell what became of commands."""
        for order in orders:
            if self.hello is None or not self._office.is_open():
                return
            document = {
                "entity": order.part,
                "id": order.id,
                "code": int(code),
                "result": code.name.lower(),
                "why": "".join(character for character in why if character.isprintable()),
            }
            topic = announce.topic(self.hello.id, "$result")
            self._office.post(Publication(topic, json.dumps(document).encode()))
            if code in (Code.NO_ANSWER, Code.TOO_LATE):
                self._restoring.discard(order.part)  # What was before is commanded once more.
            elif order.part in self._restoring:
                self._no_longer_wanted(order.part)

    def _keep(self, seq: int, kept: list[Callable[[], bool]]) -> None:
        self._pending.append(_Pending(seq, kept))
        self._send_ack_if_kept()

    def _send_ack_if_kept(self) -> None:
        while self._pending and all(has() for has in self._pending[0].kept):
            self._send(Kind.ACK, {0: self._pending.pop(0).seq})

    def update(self, transfer: Transfer) -> None:
        """Begin to send an image, which goes on when the device was away meanwhile.

        Raises:
            DataError: When another is under way.
        """
        running = self._memory.transfer
        if running is not None and running.is_running:
            raise DataError("the device is being updated")
        self._memory.transfer = transfer

    @property
    def is_waiting(self) -> bool:
        """Whether something the broker has not yet confirmed is to be acknowledged."""
        return bool(self._pending)

    def _ask(self, now_ms: int) -> None:
        """Ask the device to say all again, not too often."""
        if self._asked_ms is None or now_ms - self._asked_ms >= ASK_EVERY_MS:
            self._asked_ms = now_ms
            self._in_step = False
            self._send(Kind.HELLO, {})

    def _may_post(self, now_ms: int) -> bool:
        passed_s = (now_ms - self._budget_ms) / 1000
        self._budget = min(POSTS_AT_ONCE, self._budget + passed_s * POSTS_PER_S)
        self._budget_ms = now_ms
        if self._budget < 1:
            return False
        self._budget -= 1
        return True

    def _refuse(self, error: DataError) -> None:
        self.refused += 1
        if self.refused in (1, 10, 100) or self.refused % 1000 == 0:
            _LOGGER.warning("%s: refused (%d so far): %s", self.line, self.refused, error)


def _token(body: Body) -> int:
    token = body.get(0)
    if isinstance(token, bool) or not isinstance(token, int):
        raise DataError("a ping without a token")
    return token
