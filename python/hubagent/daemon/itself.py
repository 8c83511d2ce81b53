"""The hub as a device of Home Assistant: its last answer, what it has learned, undo, and learning on or off.

Source: home-assistant.io, "MQTT discovery", device discovery payload. One retained announcement on
``homeassistant/device/hubagent-<hub>/config``; whoever reads discovery here knows it by ``OWN_DEVICE`` and
leaves it alone, so that no hub takes itself or another one for a thing in the home.
"""

from __future__ import annotations

import json
import logging
import uuid
from typing import TYPE_CHECKING, Any

from hubagent import __version__
from hubagent.devices.home_assistant import OWN_DEVICE
from hubagent.errors import TransportError
from hubagent.evidence import Stage
from hubagent.types import Decision, Publication, TurnId, Utterance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hubagent.brain import Brain
    from hubagent.clock import Clock
    from hubagent.mqtt.client import MqttClient
    from hubagent.mqtt.topics import Topics
    from hubagent.ports import PairStore
    from hubagent.types import Message, StateChange, TurnRecord

_LOGGER = logging.getLogger(__name__)

COUNT_EVERY_S = 10.0


class LearningSwitch:
    """Passes on what there is to learn from while it is on; remembers over restarts that it is off.

    What was learned before stays in use either way.
    """

    def __init__(self, file: Path, brain: Brain) -> None:
        """Build.

        Args:
            file: Is there while it is off.
            brain: Learns.
        """
        self._file = file
        self._brain = brain
        self.is_on = not file.exists()

    def set(self, *, on: bool) -> None:
        """Switch it; a disk that refuses costs only that the next start does not know."""
        self.is_on = on
        try:
            if on:
                self._file.unlink(missing_ok=True)
            else:
                self._file.touch()
        except OSError as error:
            _LOGGER.warning("Whether to learn is not kept over a restart: %s", error)

    def turn_over(self, record: TurnRecord, *, took_back: Sequence[TurnId] = ()) -> None:
        """Pass on a turn that is over."""
        if self.is_on:
            self._brain.turn_over(record, took_back=took_back)

    def came_due(self, record: TurnRecord) -> None:
        """Pass on what came due."""
        if self.is_on:
            self._brain.came_due(record)

    def changed(self, changes: Sequence[StateChange]) -> None:
        """Pass on changes of the home."""
        if self.is_on:
            self._brain.changed(changes)


class Itself:
    """Announces the hub, keeps its states published and takes its commands.

    :meth:`run_once` and :meth:`command` may be called from two threads.
    """

    def __init__(
        self,
        topics: Topics,
        client: MqttClient,
        clock: Clock,
        *,
        shown: bool,
        learning: LearningSwitch | None,
        learned: PairStore | None,
        turns: Callable[[], Sequence[TurnRecord]],
        say: Callable[[Utterance], object],
    ) -> None:
        """Build.

        Args:
            topics: Of this hub.
            client: Publishes.
            clock: Says when to count again.
            shown: Whether to be a device at all; if not, a former announcement is taken back.
            learning: The switch; ``None`` where nothing learns.
            learned: What is counted; ``None`` where nothing learns.
            turns: Returns the last turns, newest first.
            say: Takes a request as if somebody had said it.
        """
        self._topics = topics
        self._client = client
        self._clock = clock
        self._shown = shown
        self._learning = learning
        self._learned = learned
        self._turns = turns
        self._say = say
        self._connects = 0
        self._counted_s = 0.0
        self._count = 0
        self._told: dict[str, bytes] = {}

    def run_once(self) -> None:
        """Announce after each connect, and publish what has changed since."""
        standing = self._client.standing()
        if not standing.connected:
            return
        try:
            if standing.connects != self._connects:
                self._told = {}
                self._client.publish(self.announcement())
                self._connects = standing.connects
            for topic, payload in self._states().items() if self._shown else ():
                if self._told.get(topic) != payload:
                    self._client.publish(Publication(topic, payload, retain=True))
                    self._told[topic] = payload
        except TransportError as error:
            _LOGGER.debug("Not announced: %s", error)

    def command(self, message: Message) -> None:
        """Obey the button or the switch, whichever topic it came on; a retained command is an old one and is left alone."""
        if not self._shown or message.retained:
            return
        if message.topic == self._topics.undo:
            if message.payload == b"PRESS":
                self._say(self._undoing())
        elif self._learning is not None and message.payload in (b"ON", b"OFF"):
            self._learning.set(on=message.payload == b"ON")

    def announcement(self) -> Publication:
        """Return the announcement, or what takes it back."""
        topic = f"homeassistant/device/hubagent-{self._topics.hub}/config"
        body = json.dumps(self._document()).encode() if self._shown else b""
        return Publication(topic, body, retain=True)

    def _document(self) -> dict[str, Any]:
        hub, topics = self._topics.hub, self._topics
        parts: dict[str, Any] = {
            "answer": {
                "platform": "sensor",
                "name": "Last answer",
                "icon": "mdi:message-reply-text",
                "state_topic": topics.response,
                # Home Assistant takes no longer state; an empty one says nothing.
                "value_template": "{{ (value_json.text | default('', true))[:255] }}",
                "json_attributes_topic": topics.response,
                "json_attributes_template": (
                    "{{ {'decision': value_json.decision, 'intent': value_json.intent} | tojson }}"
                ),
            },
            "undo": {
                "platform": "button",
                "name": "Undo",
                "icon": "mdi:undo",
                "command_topic": topics.undo,
            },
            "learned": {"platform": "sensor"},
            "learning": {"platform": "switch"},
        }
        if self._learning is not None:
            parts["learned"] |= {
                "name": "Learned",
                "icon": "mdi:school",
                "state_topic": topics.learned,
                "state_class": "measurement",
                "entity_category": "diagnostic",
            }
            parts["learning"] |= {
                "name": "Learning",
                "icon": "mdi:brain",
                "state_topic": topics.learning,
                "command_topic": topics.learning_set,
                "entity_category": "config",
            }
        for name, part in parts.items():
            if len(part) > 1:  # else it is taken back
                part["unique_id"] = f"{OWN_DEVICE}{hub}_{name}"
        return {
            "device": {
                "identifiers": [f"{OWN_DEVICE}{hub}"],
                "name": "Hubagent" if hub == "home" else f"Hubagent {hub}",
                "sw_version": __version__,
            },
            "origin": {"name": "hubagent", "sw_version": __version__},
            "availability": [
                {"topic": topics.status, "value_template": "{{ value_json.state }}"},
            ],
            "components": parts,
        }

    def _states(self) -> dict[str, bytes]:
        if self._learning is None or self._learned is None:
            return {}
        now_s = self._clock.monotonic_s()
        if not self._told or now_s - self._counted_s >= COUNT_EVERY_S:
            self._counted_s = now_s
            self._count = sum(
                pair.stage in (Stage.TRIAL, Stage.LIVE) for pair in self._learned.pairs()
            )
        return {
            self._topics.learned: str(self._count).encode(),
            self._topics.learning: b"ON" if self._learning.is_on else b"OFF",
        }

    def _undoing(self) -> Utterance:
        """Return the words that take back the last thing done, as if said where that was asked for."""
        last = next((item for item in self._turns() if item.decision is Decision.ACT), None)
        said = None if last is None else last.utterance
        return Utterance(
            turn_id=TurnId(uuid.uuid4().hex),
            text="undo that",
            heard_at_s=self._clock.now_s(),
            area_id=None if said is None else said.area_id,
            device=None if said is None else said.device,
        )
