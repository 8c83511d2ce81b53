"""A broker in memory with MQTT's rules, moved by a hand-driven clock: no sockets, no sleeping.

Delivery is synchronous and in order of publication. A retained message is kept for its topic, an
empty one clears it; a new subscription hears what is retained, marked so; who is subscribed already
hears it unmarked. A client that overlaps its own filters hears a message once.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from hubagent.errors import DataError, TransportError
from hubagent.types import Message, Publication

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from hubagent.clock import ManualClock

    class Sleeper(Protocol):
        """Something that wants to act at a time of its own."""

        @property
        def wake_s(self) -> float | None:
            """Monotonic time of its next act, ``None`` when there is none."""
            ...

        def wake(self) -> None:
            """Do what is due."""
            ...


def matches(filter_: str, topic: str) -> bool:
    """Return whether a topic fits a filter (MQTT 5, section 4.7)."""
    wanted, found = filter_.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in {"#", "+"}:
        return False
    for index, level in enumerate(wanted):
        if level == "#":
            return True
        if index >= len(found) or level not in {"+", found[index]}:
            return False
    return len(wanted) == len(found)


def check_filter(filter_: str) -> None:
    """Raise ``DataError`` for a filter that a broker would refuse."""
    levels = filter_.split("/")
    misplaced = any("#" in level and level != "#" for level in levels) or "#" in levels[:-1]
    if not filter_ or misplaced or any("+" in level and level != "+" for level in levels):
        raise DataError(f"`{filter_}` is no topic filter")


class BusClient:
    """One connection to the bus; implements ``ports.Transport``.

    Messages wait in ``receive`` unless a handler takes them at once. The client never hears what
    it sends itself (MQTT 5, no local).
    """

    def __init__(
        self, bus: MemoryBus, name: str, on_message: Callable[[Message], None] | None
    ) -> None:
        self.name = name
        self._bus = bus
        self._on_message = on_message
        self._inbox: deque[Message] = deque()
        self._exact: set[str] = set()
        self._patterns: list[str] = []
        self.connected = True

    def subscribe(self, *filters: str) -> None:
        """Hear topics from now on, and what is retained on them at once."""
        for filter_ in filters:
            check_filter(filter_)
            if "+" in filter_ or "#" in filter_:
                self._patterns.append(filter_)
            else:
                self._exact.add(filter_)
            self._bus.send_retained(self, filter_)

    def publish(self, publication: Publication) -> None:
        """Hand a message over; raise ``TransportError`` after ``disconnect``."""
        if not self.connected:
            raise TransportError("memory", f"`{self.name}` is not connected")
        self._bus.route(self, publication)

    def receive(self) -> tuple[Message, ...]:
        """Take what has come in, in order."""
        found = tuple(self._inbox)
        self._inbox.clear()
        return found

    def disconnect(self) -> None:
        """Leave; what comes later is not kept."""
        self.connected = False
        self._exact.clear()
        self._patterns.clear()

    def wants(self, topic: str) -> bool:
        """Return whether a subscription fits."""
        return topic in self._exact or any(matches(item, topic) for item in self._patterns)

    def deliver(self, message: Message) -> None:
        """Take a message from the bus."""
        if self._on_message is None:
            self._inbox.append(message)
        else:
            self._on_message(message)


class MemoryBus:
    """The broker; time passes only in ``advance``."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self._clients: list[BusClient] = []
        self._retained: dict[str, Publication] = {}
        self._sleepers: list[Sleeper] = []
        self._queue: deque[tuple[BusClient, Publication]] = deque()
        self._routing = False
        self.published = 0

    def client(self, name: str, on_message: Callable[[Message], None] | None = None) -> BusClient:
        """Connect; with a handler, messages go to it as they come."""
        found = BusClient(self, name, on_message)
        self._clients.append(found)
        return found

    def drive(self, sleeper: Sleeper) -> None:
        """Wake something at its times when the clock is moved."""
        self._sleepers.append(sleeper)

    def retained(self, filter_: str = "#") -> tuple[Publication, ...]:
        """Return retained messages whose topics fit, by topic."""
        return tuple(
            self._retained[topic] for topic in sorted(self._retained) if matches(filter_, topic)
        )

    def route(self, sender: BusClient, publication: Publication) -> None:
        """Deliver one message to all who want it, after those published before it."""
        if not publication.topic or "+" in publication.topic or "#" in publication.topic:
            raise DataError(f"`{publication.topic}` is no topic to publish on")
        self._queue.append((sender, publication))
        if self._routing:
            return
        self._routing = True
        try:
            while self._queue:
                self._route_next()
        finally:
            self._routing = False

    def _route_next(self) -> None:
        sender, publication = self._queue.popleft()
        self.published += 1
        if publication.retain and publication.payload:
            self._retained[publication.topic] = publication
        elif publication.retain:
            self._retained.pop(publication.topic, None)
        message = Message(publication.topic, publication.payload, False, self.clock.now_s())
        for client in self._clients:
            if client is not sender and client.wants(publication.topic):
                client.deliver(message)

    def send_retained(self, client: BusClient, filter_: str) -> None:
        """Send a new subscriber what is retained."""
        for publication in self.retained(filter_):
            client.deliver(
                Message(publication.topic, publication.payload, True, self.clock.now_s())
            )

    def advance(self, seconds: float) -> None:
        """Move the clock on, stopping whenever something has to act on the way."""
        end_s = self.clock.monotonic_s() + seconds
        while True:
            times = [item.wake_s for item in self._sleepers]
            due_s = min((time for time in times if time is not None), default=end_s)
            now_s = self.clock.monotonic_s()
            self.clock.advance(max(0.0, min(due_s, end_s) - now_s))
            for sleeper in self._sleepers:
                sleeper.wake()
            if due_s >= end_s:
                return
