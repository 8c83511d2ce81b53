"""One client of the broker: queues what is heard, publishes what is said; understands neither.

Each connection has a paho client of its own, thrown away when it ends. So nothing that was waiting
to be sent, and no command in flight, is delivered late over the next connection; and after each
connect the broker replays its retained messages, which tells what was missed.

paho's callbacks run under its locks: they only append to the queue of :mod:`hubagent.mqtt.inbox`.
"""

from __future__ import annotations

import json
import logging
import random
import socket
import ssl
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paho.mqtt import MQTTException
from paho.mqtt.client import MQTT_ERR_SUCCESS, Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from hubagent.errors import TransportError
from hubagent.mqtt.inbox import Inbox
from hubagent.mqtt.publications import publication_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paho.mqtt.client import ConnectFlags, DisconnectFlags, MQTTMessage, SocketLike
    from paho.mqtt.reasoncodes import ReasonCode

    from hubagent.clock import Clock
    from hubagent.config import MqttConfig
    from hubagent.mqtt.publications import Received
    from hubagent.types import Message, Publication

_LOGGER = logging.getLogger(__name__)
_PAHO = logging.getLogger(f"{__name__}.paho")
"""Lets a bug of our callbacks be seen, and nothing else of paho's chatter, which is not even put together."""
_PAHO.setLevel(logging.ERROR)
_PAHO.addFilter(lambda record: str(record.msg).startswith("Caught exception"))

MAX_PACKET_BYTES = 1 << 20
RECEIVE_BYTES = 1 << 16
CONNECT_TIMEOUT_S = 5.0
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 60.0
_REFUSED_VERSION = "Unsupported protocol version"
_WRONG_BYTES = (OSError, ValueError, LookupError, struct.error, MQTTException)
"""What paho raises when a broker sends what is not MQTT."""


class _Connection(Client):
    """A paho client for one connection; says when its loop has ended, whatever the reason."""

    def __init__(
        self,
        client_id: str,
        protocol: MQTTProtocolVersion,
        on_publication: Callable[[Received], None],
    ) -> None:
        """Make it; ``on_publication`` takes what paho's ``on_message`` would, all but what is rare."""
        self.answered = threading.Event()
        self.ended = threading.Event()
        self.reason = "connection closed"
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=protocol,
            clean_session=None if protocol is MQTTProtocolVersion.MQTTv5 else True,
            reconnect_on_failure=False,
        )
        self.suppress_exceptions = True
        self.enable_logger(_PAHO)
        self._on_publication = on_publication
        self._ahead, self._read = b"", 0
        self._may_receive = False
        self._has_properties = protocol is MQTTProtocolVersion.MQTTv5

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Work on every packet that came at once; paho asks the system three times for each."""
        self._may_receive = True
        code = super().loop_read(max_packets)
        while code == MQTT_ERR_SUCCESS and self._read < len(self._ahead):
            self._take_publications()
            if self._read < len(self._ahead):
                code = super().loop_read(max_packets)
        return code

    def _take_publications(self) -> None:
        # Whenever bytes are left, paho has just finished a packet.
        while self._read < len(self._ahead):
            found = publication_at(self._ahead, self._read, has_properties=self._has_properties)
            if found is None:
                return
            self._read = found.end
            self._on_publication(found)

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._read == len(self._ahead):
            # Once a pass: else a flood would leave no time to write and to be found alive.
            if not self._may_receive:
                raise BlockingIOError
            self._may_receive = False
            self._ahead, self._read = super()._sock_recv(RECEIVE_BYTES), 0
        found = self._ahead[self._read : self._read + bufsize]
        self._read += len(found)
        return found

    def loop_forever(self, timeout: float = 1.0, retry_first_connection: bool = False) -> Any:  # noqa: ANN401, FBT001 - paho's signature
        try:
            return super().loop_forever(timeout, retry_first_connection)
        except _WRONG_BYTES as error:
            self.reason = f"the broker sent what is not MQTT: {error}"
            return None
        finally:
            self.answered.set()
            self.ended.set()


@dataclass(frozen=True, slots=True)
class Standing:
    """How the connection is."""

    connected: bool
    protocol: str
    """``5`` or ``3.1.1``; of the connection, or of the next attempt."""
    connects: int
    """Connections made since the start."""
    reason: str
    """Why there is none; empty while connected."""


class MqttClient:
    """Keeps a connection to the broker for as long as it is started."""

    def __init__(
        self,
        config: MqttConfig,
        *,
        hub: str,
        clock: Clock,
        filters: Sequence[tuple[str, int]] = (("#", 0),),
        precious: Sequence[str] = (),
        only_311: bool = False,
        tells_status: bool = True,
        rng: random.Random | None = None,
    ) -> None:
        """Build; nothing is connected before :meth:`start`.

        Args:
            config: Where the broker is and how to speak to it.
            hub: Name of the hub, for its client id and status topic.
            clock: Says when a message was heard.
            filters: Topic filters and the quality of service asked for. Filters must not overlap,
                as brokers deliver once for each.
            precious: Filters of messages that overflow must not drop before plain states, such as
                announcements of devices and requests of people.
            only_311: The broker is known to speak 3.1.1 only, so 5 is not tried first.
            tells_status: Say on the status topic whether we are there; not for one who only listens.
            rng: Source of the jitter between attempts.
        """
        self._config = config
        self._client_id = f"hubagent-{hub}"
        self._status_topic = f"hubagent/{hub}/status"
        self._tells_status = tells_status
        self._filters = tuple(filters)
        self._inbox = Inbox(clock, excluded=config.excluded_prefixes, precious=precious)
        self._rng = rng or random.Random()  # noqa: S311 - jitter, no secret
        self._protocol = MQTTProtocolVersion.MQTTv5
        self._only_311 = only_311
        self._unanswered = 0
        self._connection: _Connection | None = None
        self._stopping = threading.Event()
        self._up = threading.Event()
        self._connects = 0
        self._published = 0
        self._refused = 0
        self._reason = "not started"
        self._thread: threading.Thread | None = None

    # --- life --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to connect, in a thread; return at once."""
        self._stopping.clear()
        self._reason = "not connected yet"
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye, disconnect, and wait for the thread; may be called twice."""
        connection = self._connection
        if connection is not None and self._tells_status and self._up.is_set():
            info = connection.publish(self._status_topic, _status("offline"), qos=1, retain=True)
            if info.rc == MQTT_ERR_SUCCESS:
                info.wait_for_publish(1.0)
        self._stopping.set()
        if connection is not None and connection.is_connected():
            connection.disconnect()
        if self._thread is not None:
            self._thread.join(CONNECT_TIMEOUT_S + 5.0)
            self._thread = None

    def wait_connected(self, timeout_s: float) -> bool:
        """Wait until connected; return whether it is."""
        return self._up.wait(timeout_s)

    def standing(self) -> Standing:
        """Return how the connection is."""
        connected = self._up.is_set()
        protocol = "5" if self._protocol is MQTTProtocolVersion.MQTTv5 else "3.1.1"
        return Standing(connected, protocol, self._connects, "" if connected else self._reason)

    def counters(self) -> dict[str, int]:
        """Return what was counted since the start."""
        return {
            "connects": self._connects,
            "published": self._published,
            "refused": self._refused,
            **self._inbox.counters(),
        }

    def retained_commands(self) -> tuple[str, ...]:
        """Return the topics on which retained commands were heard, sorted."""
        return self._inbox.retained_commands()

    # --- messages ----------------------------------------------------------------------------------

    def drain(self, max_messages: int = 256, max_wait_s: float = 0.005) -> list[Message]:
        """Return what was heard, in order, waiting up to ``max_wait_s`` for the first message."""
        return self._inbox.drain(max_messages, max_wait_s)

    def publish(self, publication: Publication) -> None:
        """Hand a message to the broker now, or not at all.

        Raises:
            TransportError: When there is no connection, or the topic cannot be published to.
        """
        self.deliver(publication)

    def deliver(self, publication: Publication) -> Callable[[], bool]:
        """Publish, and return what tells whether the broker has confirmed it.

        It stays false when the connection is lost first.

        Raises:
            TransportError: As for :meth:`publish`.
        """
        connection = self._connection
        if connection is None or not self._up.is_set():
            self._refused += 1
            reason = f" ({self._reason})" if self._reason else ""
            raise TransportError(self._endpoint(), f"not connected{reason}")
        properties = None
        if publication.expiry_s is not None and self._protocol is MQTTProtocolVersion.MQTTv5:
            properties = _properties(PacketTypes.PUBLISH)
            properties.MessageExpiryInterval = publication.expiry_s
        if not _is_topic(publication.topic):
            self._refused += 1
            raise TransportError(self._endpoint(), f"not a topic: `{publication.topic[:80]}`")
        try:
            info = connection.publish(
                publication.topic,
                publication.payload,
                qos=publication.qos,
                retain=publication.retain,
                properties=properties,
            )
        except ValueError as error:
            self._refused += 1
            raise TransportError(
                self._endpoint(), f"cannot publish to `{publication.topic}`: {error}"
            ) from error
        if info.rc != MQTT_ERR_SUCCESS:
            self._refused += 1
            raise TransportError(self._endpoint(), f"not sent: {info.rc.name}")
        self._published += 1
        return lambda: info.rc == MQTT_ERR_SUCCESS and info.is_published()

    # --- connecting --------------------------------------------------------------------------------

    def _endpoint(self) -> str:
        return f"{self._config.host}:{self._config.port}"

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            connects, spoken = self._connects, self._protocol
            self._serve_one_connection()
            if self._stopping.is_set():
                return
            if self._connects > connects:
                failures = 0
                _LOGGER.warning("Lost the broker at %s: %s", self._endpoint(), self._reason)
            elif self._only_311 and spoken is MQTTProtocolVersion.MQTTv5:
                continue
            elif failures == 0:
                _LOGGER.warning("No broker at %s: %s", self._endpoint(), self._reason)
            longest = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2**failures)
            failures = min(failures + 1, 16)
            self._stopping.wait(longest * self._rng.uniform(0.5, 1.0))

    def _choose_protocol(self) -> MQTTProtocolVersion:
        """Return version 5 unless refused; where it gets no answer (amqtt), take turns."""
        if self._only_311 or self._unanswered % 2:
            return MQTTProtocolVersion.MQTTv311
        return MQTTProtocolVersion.MQTTv5

    def _serve_one_connection(self) -> None:
        self._protocol = self._choose_protocol()
        connection = _Connection(self._client_id, self._protocol, self._on_publication)
        connection.on_socket_open = _send_at_once
        connection.on_connect = self._on_connect
        connection.on_disconnect = self._on_disconnect
        connection.on_subscribe = self._on_subscribe
        connection.on_message = self._on_message
        connection.connect_timeout = CONNECT_TIMEOUT_S
        if self._tells_status:
            connection.will_set(self._status_topic, _status("offline"), qos=1, retain=True)
        if self._config.username:
            connection.username_pw_set(self._config.username, self._config.password.reveal())
        self._connection = connection
        try:
            if self._config.tls:
                connection.tls_set_context(_tls_context(self._config))
            self._open(connection)
        except _WRONG_BYTES as error:
            self._reason = str(error) or type(error).__name__
            return
        self._reason = ""
        self._unanswered += 1
        connection.loop_start()
        if not connection.answered.wait(CONNECT_TIMEOUT_S) and not connection.ended.is_set():
            connection.disconnect()
            self._reason = "the broker does not answer"
        while not connection.ended.wait(1.0):
            if self._stopping.is_set() and connection.is_connected():
                connection.disconnect()
        self._up.clear()
        self._connection = None
        connection.loop_stop()
        if not self._reason:
            self._reason = connection.reason

    def _open(self, connection: _Connection) -> None:
        config = self._config
        if self._protocol is MQTTProtocolVersion.MQTTv5:
            properties = _properties(PacketTypes.CONNECT)
            properties.MaximumPacketSize = MAX_PACKET_BYTES
            connection.connect(
                config.host,
                config.port,
                config.keepalive_s,
                clean_start=True,
                properties=properties,
            )
        else:
            connection.connect(config.host, config.port, config.keepalive_s)

    def _on_connect(
        self,
        client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._unanswered = 0
        if self._connection is not None:
            self._connection.answered.set()
        if code.is_failure:
            self._reason = f"the broker refused: {code}"
            if str(code) == _REFUSED_VERSION:
                self._only_311 = True
                _LOGGER.info("The broker at %s speaks only MQTT 3.1.1", self._endpoint())
            client.disconnect()
            return
        self._connects += 1
        self._reason = ""
        self._inbox.new_connection()
        client.subscribe(self._subscriptions())
        if self._tells_status:
            client.publish(self._status_topic, _status("online"), qos=1, retain=True)

    def _subscriptions(self) -> Any:  # noqa: ANN401 - paho takes a list of either kind of pair
        if self._protocol is not MQTTProtocolVersion.MQTTv5:
            return list(self._filters)
        # Without retainAsPublished the flag means "replayed", as it does in 3.1.1.
        return [
            (name, SubscribeOptions(qos=qos, noLocal=True, retainAsPublished=False))
            for name, qos in self._filters
        ]

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: object,
        _mid: int,
        codes: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        # Only now is anything heard: whoever waits for the connection wants that.
        self._up.set()
        _LOGGER.info("Connected to the broker at %s", self._endpoint())
        for (name, _), code in zip(self._filters, codes, strict=False):
            if code.is_failure:
                _LOGGER.error(
                    "The broker refuses a subscription to %s: %s; its access list must let `%s` read",
                    name,
                    code,
                    self._config.username or "anonymous",
                )

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._up.clear()
        if not self._reason:
            self._reason = f"connection closed: {code}"

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            self._inbox.count_bad_topic()
            return
        self._inbox.add(topic, bytes(message.payload), retained=message.retain)

    def _on_publication(self, received: Received) -> None:
        self._inbox.add(received.topic, received.payload, retained=received.retained)


def _send_at_once(_client: Client, _userdata: object, connection: SocketLike) -> None:
    """Switch off Nagle's wait: with delayed acknowledgements it costs a command 40 ms."""
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _properties(kind: int) -> Properties:
    return Properties(kind)  # type: ignore[no-untyped-call] # paho leaves it without types


def _is_topic(name: str) -> bool:
    """Return whether a broker would take a message there; one that would not hangs up on us."""
    wild = any(character in name for character in "#+\0")
    return 0 < len(name.encode(errors="replace")) <= 65_535 and not wild


def _status(word: str) -> bytes:
    return json.dumps({"state": word}).encode()


def _tls_context(config: MqttConfig) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=config.tls_ca_file)
    if config.tls_cert_file is not None and config.tls_key_file is not None:
        context.load_cert_chain(config.tls_cert_file, config.tls_key_file)
    return context
