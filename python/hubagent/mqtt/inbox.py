"""Bounded queue between paho's thread and the pump; never blocks the one who adds.

Too much at once costs plain states first, oldest first: the next report of the device repairs them.
Announcements and requests are kept as long as anything else can go.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING

from hubagent.types import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.clock import Clock

_LOGGER = logging.getLogger(__name__)

MAX_MESSAGES = 20_000
MAX_BYTES = 32 << 20
MAX_PAYLOAD_BYTES = 1 << 20
MAX_WARNED_TOPICS = 1_000
KNOWN_TOPICS = 4_096
"""Topics whose filters are not looked at anew; a large home has fewer."""


class Inbox:
    """Messages heard and not yet worked on."""

    def __init__(
        self,
        clock: Clock,
        *,
        excluded: Sequence[str] = (),
        precious: Sequence[str] = (),
        max_messages: int = MAX_MESSAGES,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        """Build an empty queue.

        Args:
            clock: Stamps each message.
            excluded: Beginnings of topics that are not let in.
            precious: Topic filters whose messages are dropped last.
            max_messages: Most messages held.
            max_bytes: Most bytes of topics and payloads held.
        """
        self._clock = clock
        self._excluded = tuple(excluded)
        matches = re.compile("|".join(map(_as_pattern, precious)) or r"(?!)").fullmatch
        self._is_precious = lru_cache(KNOWN_TOPICS)(matches)
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._ready = threading.Condition()
        # Each entry has its running number, so that the two queues are read in order of arrival.
        self._plain: deque[tuple[int, Message]] = deque()
        self._kept: deque[tuple[int, Message]] = deque()
        self._number = 0
        self._bytes = 0
        self._dropped_since_connect = 0
        self._warned: set[str] = set()
        self._retained_commands: set[str] = set()
        self._counts = dict.fromkeys(
            ("received", "dropped", "excluded", "oversize", "bad_topics", "retained_commands"), 0
        )

    def add(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """Take one message in; drop others, or it, when there is no room."""
        if self._excluded and topic.startswith(self._excluded):
            self._counts["excluded"] += 1
            return
        if len(payload) > MAX_PAYLOAD_BYTES:
            self._counts["oversize"] += 1
            self._warn_once(topic, "Message of %d bytes on %s is not read", len(payload), topic)
            return
        if retained and is_command_topic(topic):
            self._counts["retained_commands"] += 1
            if len(self._retained_commands) < MAX_WARNED_TOPICS:
                self._retained_commands.add(topic)
            self._warn_once(
                topic,
                "Retained command on %s: the device obeys it again at each reconnect; clear it by"
                " publishing an empty retained message there",
                topic,
            )
        message = Message(topic, payload, retained, self._clock.now_s())
        queue = self._kept if self._is_precious(topic) else self._plain
        with self._ready:
            self._number += 1
            queue.append((self._number, message))
            self._bytes += _size(message)
            self._counts["received"] += 1
            while len(self._plain) + len(self._kept) > self._max_messages or (
                self._bytes > self._max_bytes
            ):
                self._drop_one()
            self._ready.notify()

    def drain(self, max_messages: int, max_wait_s: float) -> list[Message]:
        """Return up to ``max_messages`` in order of arrival; wait for the first, not for more."""
        with self._ready:
            if not self._plain and not self._kept:
                self._ready.wait(max_wait_s)
            messages: list[Message] = []
            while len(messages) < max_messages and (self._plain or self._kept):
                first = self._plain if _is_earlier(self._plain, self._kept) else self._kept
                messages.append(first.popleft()[1])
                self._bytes -= _size(messages[-1])
            return messages

    def new_connection(self) -> None:
        """Let the next overflow be logged again."""
        self._dropped_since_connect = 0

    def count_bad_topic(self) -> None:
        """Note a topic that is not UTF-8."""
        self._counts["bad_topics"] += 1

    def counters(self) -> dict[str, int]:
        """Return the counts, with ``queued``: messages waiting now."""
        return {**self._counts, "queued": len(self._plain) + len(self._kept)}

    def retained_commands(self) -> tuple[str, ...]:
        """Return the topics on which retained commands were heard, sorted."""
        return tuple(sorted(self._retained_commands.copy()))

    def _drop_one(self) -> None:
        queue = self._plain or self._kept
        self._bytes -= _size(queue.popleft()[1])
        self._counts["dropped"] += 1
        self._dropped_since_connect += 1
        if self._dropped_since_connect == 1:
            _LOGGER.warning("Messages come faster than they are worked on; oldest states dropped")

    def _warn_once(self, topic: str, text: str, *facts: object) -> None:
        """Log a line the first time, for so many topics that a stranger cannot fill the memory."""
        if topic not in self._warned and len(self._warned) < MAX_WARNED_TOPICS:
            self._warned.add(topic)
            _LOGGER.warning(text, *facts)


def is_command_topic(topic: str) -> bool:
    """Return whether devices obey what is published there, as far as conventions tell."""
    return topic.startswith("cmnd/") or topic.endswith(("/set", "/command")) or "/set/" in topic


def _is_earlier(one: deque[tuple[int, Message]], other: deque[tuple[int, Message]]) -> bool:
    return bool(one) and (not other or one[0][0] < other[0][0])


def _as_pattern(topic_filter: str) -> str:
    """Return the regular expression of an MQTT topic filter."""
    levels = {"+": "[^/]*", "#": ".*"}
    return "/".join(levels.get(part) or re.escape(part) for part in topic_filter.split("/"))


def _size(message: Message) -> int:
    return len(message.topic) + len(message.payload)
