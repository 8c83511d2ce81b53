"""Commands to one device: one under way, repeated until answered or too late, never done twice.

The id makes a repeated command harmless, the deadline a late one; see ``firmware_bridge/README.md``,
"Commands". Ids rise by one from a random start, every command has the same time to live.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubagent.bridge.frames import Body
    from hubagent.bridge.values import Scalar

TIME_TO_LIVE_MS = 3_000
"""As long as the hub waits for a confirmation: after that it says "no", so nothing may happen."""
REPEAT_AFTER_MS = 250
MAX_WAITING = 16


class Code(enum.IntEnum):
    """What a device answers; the last two are the host's own."""

    DONE = 0
    REFUSED = 1
    TOO_LATE = 2
    NO_SUCH = 3
    OTHER_BOOT = 4
    NO_CLOCK = 5
    NO_ANSWER = 6
    TOO_MANY = 7


@dataclass(slots=True)
class Order:
    """One command."""

    id: int
    part: str
    number: int
    value: Scalar
    deadline_ms: int
    sent_ms: int | None = None


class Orders:
    """The commands of one device, first come first served."""

    def __init__(self, first_id: int) -> None:
        """Start with no command; ``first_id`` is random, so that ids of an earlier run do not recur."""
        self._next_id = first_id
        self._waiting: deque[Order] = deque()

    def add(self, part: str, number: int, value: Scalar, now_ms: int) -> Order | None:
        """Take a command in; ``None`` when too many wait."""
        if len(self._waiting) >= MAX_WAITING:
            return None
        order = Order(self._next_id, part, number, value, now_ms + TIME_TO_LIVE_MS)
        self._next_id = (self._next_id + 1) % 2**32
        self._waiting.append(order)
        return order

    def due(self, now_ms: int, boot: int) -> Body | None:
        """Return the body to send now, if it is time."""
        if not self._waiting:
            return None
        order = self._waiting[0]
        if order.sent_ms is not None and now_ms - order.sent_ms < REPEAT_AFTER_MS:
            return None
        order.sent_ms = now_ms
        return {0: order.id, 1: order.deadline_ms % 2**32, 2: order.number, 3: order.value, 4: boot}

    def answered(self, order_id: object) -> Order | None:
        """Take the command under way off if a result is of it; return it."""
        if (
            self._waiting
            and self._waiting[0].sent_ms is not None
            and self._waiting[0].id == order_id
        ):
            return self._waiting.popleft()
        return None

    def late(self, now_ms: int) -> list[Order]:
        """Take off and return the commands whose deadline has passed."""
        found = []
        while self._waiting and now_ms > self._waiting[0].deadline_ms:
            found.append(self._waiting.popleft())
        return found

    def drop(self) -> list[Order]:
        """Take off and return all: the device is gone, or is another boot."""
        found = list(self._waiting)
        self._waiting.clear()
        return found
