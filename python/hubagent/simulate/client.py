"""The simulated home on a real broker: its own connection, its own thread.

Paho's thread only queues; one worker owns the devices, so that nothing in ``simulate`` needs a
lock. Whoever wants to touch the home from elsewhere hands the worker a function with ``do``.
"""

from __future__ import annotations

import logging
import queue
import socket
import threading
from typing import TYPE_CHECKING

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from hubagent.errors import TransportError
from hubagent.simulate.makers.wire import STATUS_TOPIC
from hubagent.types import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.client import SocketLike
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

    from hubagent.clock import Clock
    from hubagent.simulate.world import SimulatedHome
    from hubagent.types import Publication

_LOGGER = logging.getLogger(__name__)

LONGEST_NAP_S = 1.0
SUBSCRIBE_AT_ONCE = 200
"""Filters in one request; a home of thousands would not fit one packet."""


class BrokerHome:
    """Runs a simulated home on a broker until it is stopped.

    Args:
        home: The home; only the worker touches it once it is started.
        clock: The clock that the home was built with.
        host: Where the broker is.
        port: Its port.
        username: Name to log in with; ``None`` for a broker without passwords.
        password: Password that goes with it.
        on_start: Called by the worker once everything is announced, for instance ``Life.start``.
    """

    def __init__(
        self,
        home: SimulatedHome,
        clock: Clock,
        host: str,
        port: int,
        *,
        username: str | None = None,
        password: str | None = None,
        on_start: Callable[[], None] | None = None,
    ) -> None:
        self._home = home
        self._clock = clock
        self._endpoint = f"{host}:{port}"
        self._address = (host, port)
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._announced = threading.Event()
        self._stopping = threading.Event()
        self._on_start = on_start
        self._last_sent: MQTTMessageInfo | None = None
        self._worker = threading.Thread(target=self._run, name="simulated-home", daemon=True)
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id="hubagent-simulated-home",
            protocol=MQTTProtocolVersion.MQTTv311,
        )
        if username is not None:
            self._client.username_pw_set(username, password)
        self._client.will_set(STATUS_TOPIC, b"offline", qos=1, retain=True)
        self._client.reconnect_delay_set(1, 10)
        self._client.on_socket_open = _send_at_once
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message

    def start(self, timeout_s: float = 10.0) -> None:
        """Connect and announce everything.

        Raises:
            TransportError: If the broker does not let it in within the time.
        """
        try:
            self._client.connect(*self._address, keepalive=30)
        except OSError as error:
            raise TransportError(self._endpoint, f"cannot connect: {error}") from error
        self._client.loop_start()
        self._worker.start()
        if not self._announced.wait(timeout_s):
            self.stop()
            raise TransportError(self._endpoint, "the broker did not let the simulated home in")

    def stop(self) -> None:
        """Say that all devices go, and leave."""
        if self._announced.is_set() and not self._stopping.is_set():
            self.do(self._home.stop)
            self._wait_sent()
        self._stopping.set()
        self._work.put(lambda: None)
        if self._worker.is_alive():
            self._worker.join(5.0)
        self._client.disconnect()
        self._client.loop_stop()

    def _wait_sent(self) -> None:
        """Let the last words out; a broker that is gone does not hold us back."""
        if self._last_sent is not None and self._client.is_connected():
            self._last_sent.wait_for_publish(2.0)

    def do(self, act: Callable[[], None], timeout_s: float = 5.0) -> None:
        """Let the worker do something with the home and wait until it is done.

        Raises:
            TransportError: If the worker does not come to it in time.
        """
        done = threading.Event()

        def run() -> None:
            try:
                act()
            finally:
                done.set()

        self._work.put(run)
        if not done.wait(timeout_s):
            raise TransportError(self._endpoint, "the simulated home does not answer")

    # --- paho's thread ----------------------------------------------------------------------------

    def _on_connect(
        self,
        _client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            _LOGGER.warning(
                "The broker at %s refuses the simulated home: %s", self._endpoint, reason
            )
            return
        topics = self._home.topics()
        for start in range(0, len(topics), SUBSCRIBE_AT_ONCE):
            self._client.subscribe(
                [(item, 1) for item in topics[start : start + SUBSCRIBE_AT_ONCE]]
            )
        self._work.put(self._announce)

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        heard = Message(message.topic, bytes(message.payload), message.retain, self._clock.now_s())
        self._work.put(lambda: self._home.handle(heard))

    # --- the worker -------------------------------------------------------------------------------

    def _announce(self) -> None:
        self._home.start(self._publish)
        first = not self._announced.is_set()
        self._announced.set()
        if first and self._on_start is not None:
            self._on_start()

    def _publish(self, publication: Publication) -> None:
        self._last_sent = self._client.publish(
            publication.topic, publication.payload, qos=publication.qos, retain=publication.retain
        )

    def _run(self) -> None:
        while not (self._stopping.is_set() and self._work.empty()):
            wake_s = self._home.wake_s
            nap_s = LONGEST_NAP_S
            if wake_s is not None:
                nap_s = min(nap_s, max(0.0, wake_s - self._clock.monotonic_s()))
            try:
                act = self._work.get(timeout=nap_s) if nap_s > 0 else self._work.get_nowait()
            except queue.Empty:
                pass
            else:
                act()
            self._home.wake()


def _send_at_once(_client: Client, _userdata: object, connection: SocketLike) -> None:
    """Answer as fast as a device does: without Nagle's wait."""
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
