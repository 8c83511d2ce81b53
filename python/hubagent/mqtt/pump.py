"""From the queue of what was heard to those whom it concerns, on one thread, a batch at a time.

States go to the context, announcements to the directory, requests to whoever takes turns. Nothing
here waits for a device or a person, so hearing never stops.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Protocol

from hubagent.errors import DataError, TransportError
from hubagent.mqtt.presence import STATUS_TOPIC
from hubagent.mqtt.topics import decode_event, decode_utterance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubagent.clock import Clock
    from hubagent.mqtt.client import MqttClient
    from hubagent.mqtt.presence import Presence
    from hubagent.mqtt.topics import SpeechEvent, Topics
    from hubagent.ports import ChangeListener, Context
    from hubagent.types import Message, Publication, Utterance

_LOGGER = logging.getLogger(__name__)

BATCH_MESSAGES = 256
IDLE_WAIT_S = 0.2


class Announcements(Protocol):
    """Takes in what devices say of themselves."""

    def handle(self, adapter: str, message: Message) -> tuple[Publication, ...]:
        """Take in one announcement; return messages to be sent."""
        ...


class Pump:
    """Moves one batch at a time; :meth:`run_once` is called again and again."""

    def __init__(
        self,
        client: MqttClient,
        context: Context,
        announcements: Announcements,
        *,
        topics: Topics,
        presence: Presence,
        clock: Clock,
        listeners: Sequence[ChangeListener],
        on_utterance: Callable[[Utterance], object],
        on_event: Callable[[SpeechEvent], object],
        on_command: Callable[[Message], object],
    ) -> None:
        """Build.

        Args:
            client: Where messages come from, and where announcements' requests go.
            context: Takes the states.
            announcements: Takes what the context reports as watched.
            topics: The hub's own topics; what is said there is no state.
            presence: Hears Home Assistant's status.
            clock: Stamps :attr:`beat_s`.
            listeners: Told of every change.
            on_utterance: Takes a request; must return at once.
            on_event: Takes an event of a satellite; must return at once.
            on_command: Takes what is sent to the hub as a device; must return at once.
        """
        self._client = client
        self._context = context
        self._announcements = announcements
        self._topics = topics
        self._own = topics.utterance.removesuffix("utterance")
        self._presence = presence
        self._clock = clock
        self._listeners = tuple(listeners)
        self._on_utterance = on_utterance
        self._on_event = on_event
        self._on_command = on_command
        self._refused: Counter[str] = Counter()
        self._counts = dict.fromkeys(("batches", "changes", "unclaimed", "failed"), 0)
        self.beat_s = clock.monotonic_s()
        """Monotonic time at which the last pass ended."""

    def run_once(self) -> None:
        """Take one batch, waiting a moment for it, and hand it on."""
        messages = self._client.drain(BATCH_MESSAGES, IDLE_WAIT_S)
        states = [item for item in messages if not item.topic.startswith(self._own)]
        if states:
            self._hear(states)
        for message in messages:
            if message.topic == STATUS_TOPIC:
                self._presence.hear(message)
            elif message.topic in (self._topics.utterance, self._topics.event):
                self._hear_speech(message)
            elif message.topic in (self._topics.undo, self._topics.learning_set):
                self._on_command(message)
        due = self._presence.due(self._client.standing())
        if due is not None:
            self._send(due)
        self.beat_s = self._clock.monotonic_s()

    def counters(self) -> dict[str, int]:
        """Return what was counted since the start."""
        return dict(self._counts)

    def refused(self) -> dict[str, int]:
        """Return how many requests and events were refused, by reason."""
        return dict(self._refused)

    def _hear(self, messages: Sequence[Message]) -> None:
        report = self._context.ingest(messages)
        self._counts["batches"] += 1
        self._counts["changes"] += len(report.changes)
        self._counts["unclaimed"] += report.unclaimed
        self._counts["failed"] += report.failed
        if report.changes:
            for listener in self._listeners:
                listener.changed(report.changes)
        for name, index in report.watched:
            for publication in self._announcements.handle(name, messages[index]):
                self._send(publication)

    def _hear_speech(self, message: Message) -> None:
        try:
            if message.topic == self._topics.utterance:
                self._on_utterance(decode_utterance(message))
            else:
                self._on_event(decode_event(message))
        except DataError as error:
            reason = str(error).partition(":")[0]
            self._refused[reason] += 1
            if self._refused[reason] == 1:
                _LOGGER.warning("Message on %s refused: %s", message.topic, error)

    def _send(self, publication: Publication) -> None:
        try:
            self._client.publish(publication)
        except TransportError as error:
            _LOGGER.debug("Not sent to %s: %s", publication.topic, error)
