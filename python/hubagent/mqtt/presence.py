"""Home Assistant's place on the broker: is it taken, and who says `online` there.

Devices listen to `homeassistant/status` and announce themselves again when it says `online`. Where
Home Assistant runs that is its word; where it does not, nobody would ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.types import Publication

if TYPE_CHECKING:
    from hubagent.clock import Clock
    from hubagent.config import Choice
    from hubagent.mqtt.client import Standing
    from hubagent.types import Message

STATUS_TOPIC = "homeassistant/status"
GRACE_S = 10.0
"""How long after a connect we listen before we speak."""


class Presence:
    """Decides when to speak in Home Assistant's place."""

    def __init__(self, mode: Choice, clock: Clock) -> None:
        self._mode = mode
        self._clock = clock
        self._heard = False
        self._connects = 0
        self._since_s = 0.0
        self._said = False
        self._echo_due = False

    @property
    def home_assistant_heard(self) -> bool:
        """Whether a Home Assistant spoke since the start."""
        return self._heard

    def hear(self, message: Message) -> None:
        """Note a message on ``STATUS_TOPIC``; our own comes back to us in MQTT 3.1.1."""
        if self._echo_due and message.payload == b"online":
            self._echo_due = False
        else:
            self._heard = True

    def due(self, standing: Standing) -> Publication | None:
        """Return what to say now, once a connection, if anything."""
        if self._mode == "never" or not standing.connected:
            return None
        now_s = self._clock.monotonic_s()
        if standing.connects != self._connects:
            self._connects, self._since_s, self._said = standing.connects, now_s, False
        waiting = self._mode == "auto" and (self._heard or now_s - self._since_s < GRACE_S)
        if self._said or waiting:
            return None
        self._said = True
        self._echo_due = standing.protocol != "5"
        return Publication(STATUS_TOPIC, b"online", qos=0)
