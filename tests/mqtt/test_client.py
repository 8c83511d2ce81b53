from __future__ import annotations

import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hubagent.clock import SystemClock
from hubagent.config import MqttConfig, Secret
from hubagent.errors import TransportError
from hubagent.mqtt.broker import EmbeddedBroker, Login, find_mosquitto
from hubagent.mqtt.client import MqttClient
from hubagent.types import Message, Publication

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.broker

BrokerMaker = Callable[..., EmbeddedBroker]
ClientMaker = Callable[..., MqttClient]
WaitUntil = Callable[..., None]
DrainUntil = Callable[[MqttClient, Callable[[list[Message]], bool]], list[Message]]


def heard(topic: str, payload: bytes | None = None) -> Callable[[list[Message]], bool]:
    return lambda messages: any(
        item.topic == topic and payload in (None, item.payload) for item in messages
    )


def kill(broker: EmbeddedBroker) -> None:
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)


def needs_mosquitto() -> None:
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")


def test_a_message_goes_from_one_client_to_another(
    make_broker: BrokerMaker, make_client: ClientMaker, drain_until: DrainUntil, program: str
) -> None:
    make_broker(program)
    only_311 = program == "amqtt"
    one, other = make_client("one", only_311=only_311), make_client("other", only_311=only_311)
    one.publish(Publication("room/lamp", b"ON", qos=1))
    message = next(m for m in drain_until(other, heard("room/lamp")) if m.topic == "room/lamp")
    assert message.payload == b"ON"
    assert not message.retained
    assert abs(message.heard_at_s - SystemClock().now_s()) < 60


def test_version_5_is_spoken_where_possible_and_3_1_1_where_not(
    make_broker: BrokerMaker, make_client: ClientMaker, program: str
) -> None:
    make_broker(program)
    assert make_client().standing().protocol == ("5" if program == "mosquitto" else "3.1.1")


class _OldBroker:
    """Refuses version 5 with the answer of 3.1.1, as its standard says; then accepts 3.1.1."""

    def __init__(self) -> None:
        self.levels: list[int] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while len(self.levels) < 2:
            connection, _ = self._server.accept()
            with connection:
                packet = connection.recv(1024)
                self.levels.append(packet[packet.index(b"MQTT") + 4])
                connection.sendall(b"\x20\x02\x00" + (b"\x01" if self.levels[-1] == 5 else b"\x00"))
                while self.levels[-1] == 4 and (packet := connection.recv(1024)):
                    if packet[0] == 0x82:  # SUBSCRIBE
                        connection.sendall(b"\x90\x03" + packet[2:4] + b"\x00")

    def stop(self) -> None:
        self._thread.join(10)
        self._server.close()


def test_an_unsupported_version_answer_leads_to_3_1_1_at_once(make_client: ClientMaker) -> None:
    old = _OldBroker()
    client = make_client(settings=MqttConfig(port=old.port))
    assert old.levels == [5, 4]
    assert client.standing().protocol == "3.1.1"
    client.stop()
    old.stop()


def test_bytes_that_are_not_mqtt_end_the_connection_and_not_the_client(
    make_client: ClientMaker, wait_until: WaitUntil, caplog: pytest.LogCaptureFixture
) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    attempts: list[int] = []

    def babble() -> None:
        for junk in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x02", b"\x30\x03\x00\xff\xff"):
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(junk)
                attempts.append(1)

    thread = threading.Thread(target=babble)
    thread.start()
    client = make_client(settings=MqttConfig(port=server.getsockname()[1]), wait=False)
    wait_until(lambda: len(attempts) == 3, 20.0)
    assert not client.standing().connected
    client.stop()
    thread.join()
    server.close()
    assert "Exception in thread" not in caplog.text


def test_publishing_while_offline_is_refused_and_never_sent_later(
    make_broker: BrokerMaker,
    make_client: ClientMaker,
    drain_until: DrainUntil,
    wait_until: WaitUntil,
    program: str,
) -> None:
    only_311 = program == "amqtt"
    client = make_client(wait=False, only_311=only_311)
    with pytest.raises(TransportError, match="not connected"):
        client.publish(Publication("early", b"1"))
    broker = make_broker(program)
    assert client.wait_connected(15.0)
    broker.stop()
    wait_until(lambda: not client.standing().connected)
    with pytest.raises(TransportError):
        client.publish(Publication("between", b"1"))
    broker.start()
    assert client.wait_connected(30.0)
    client.publish(Publication("now", b"1"))
    # Version 5 does not let us hear ourselves, so somebody else listens.
    other = make_client("other", only_311=only_311)
    client.publish(Publication("later", b"1"))
    topics = {message.topic for message in drain_until(other, heard("later"))}
    assert topics & {"early", "between"} == set()
    assert client.counters()["refused"] == 2


def test_a_command_in_flight_when_the_broker_freezes_is_not_repeated_afterwards(
    make_broker: BrokerMaker,
    make_client: ClientMaker,
    drain_until: DrainUntil,
    wait_until: WaitUntil,
) -> None:
    needs_mosquitto()
    broker = make_broker("mosquitto")
    client = make_client()
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGSTOP)
    client.publish(Publication("lock/set", b"UNLOCK", qos=1))
    kill(broker)
    wait_until(lambda: client.standing().connects == 2, 20.0)
    other = make_client("other")
    client.publish(Publication("after", b"1"))
    assert not heard("lock/set")(drain_until(other, heard("after")))


def test_the_client_comes_back_after_a_kill_and_hears_retained_messages_again(
    make_broker: BrokerMaker,
    make_client: ClientMaker,
    drain_until: DrainUntil,
    wait_until: WaitUntil,
    caplog: pytest.LogCaptureFixture,
) -> None:
    needs_mosquitto()
    broker = make_broker("mosquitto")
    client = make_client("hub")

    def said() -> list[str]:
        records = [it for it in caplog.records if it.name == "hubagent.mqtt.client"]
        return [record.message.split()[0] for record in records]

    with caplog.at_level(logging.INFO, "hubagent.mqtt.client"):
        kill(broker)
        wait_until(lambda: client.standing().connects == 2, 20.0)
        wait_until(lambda: len(said()) >= 2)  # the line is written after the count
    other = make_client("other")
    other.publish(Publication("after", b"1"))
    drain_until(client, heard("after"))
    assert said()[:2] == ["Lost", "Connected"]


def test_a_broker_that_is_not_there_is_mentioned_once(
    make_client: ClientMaker, wait_until: WaitUntil, caplog: pytest.LogCaptureFixture, port: int
) -> None:
    waits: list[float] = []

    class Quick:
        def uniform(self, _low: float, _high: float) -> float:
            waits.append(1.0)
            return 0.001

    make_client(wait=False, rng=Quick())
    wait_until(lambda: len(waits) > 5)
    assert sum("No broker" in record.message for record in caplog.records) == 1


def test_birth_and_will_tell_whether_the_hub_is_there(
    make_broker: BrokerMaker, make_client: ClientMaker, drain_until: DrainUntil, program: str
) -> None:
    make_broker(program)
    only_311 = program == "amqtt"
    hub = make_client("hub", only_311=only_311)
    watcher = make_client("watcher", only_311=only_311)
    drain_until(watcher, heard("hubagent/hub/status", b'{"state": "online"}'))
    hub.stop()
    drain_until(watcher, heard("hubagent/hub/status", b'{"state": "offline"}'))
    # A process that dies says nothing: the broker speaks its will.
    script = (
        "import sys, time; from hubagent.clock import SystemClock;"
        "from hubagent.config import MqttConfig; from hubagent.mqtt.client import MqttClient;"
        "c = MqttClient(MqttConfig(port=int(sys.argv[1])), hub='dying', clock=SystemClock(),"
        f" only_311={only_311}); c.start(); c.wait_connected(20); time.sleep(60)"
    )
    port = str(hub._config.port)
    process = subprocess.Popen([sys.executable, "-c", script, port])
    try:
        drain_until(watcher, heard("hubagent/dying/status", b'{"state": "online"}'))
    finally:
        process.kill()
        process.wait()
    drain_until(watcher, heard("hubagent/dying/status", b'{"state": "offline"}'))


def test_the_hub_does_not_hear_itself_in_version_5(
    make_broker: BrokerMaker, make_client: ClientMaker, drain_until: DrainUntil
) -> None:
    needs_mosquitto()
    make_broker("mosquitto")
    client, other = make_client("one"), make_client("other")
    client.publish(Publication("mine", b"1"))
    other.publish(Publication("theirs", b"1"))
    assert not heard("mine")(drain_until(client, heard("theirs")))


class _Recorder:
    """Accepts one client and keeps what it sends; speaks just enough of version 5."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._server.accept()
        with connection:
            self.data += connection.recv(4096)
            connection.sendall(b"\x20\x03\x00\x00\x00" + b"\x90\x04\x00\x01\x00\x00")
            while chunk := connection.recv(4096):
                self.data += chunk
        self._server.close()


def test_a_command_carries_its_expiry_on_the_wire_and_is_never_retained(
    make_client: ClientMaker, wait_until: WaitUntil
) -> None:
    recorder = _Recorder()
    client = make_client(settings=MqttConfig(port=recorder.port))
    client.publish(Publication("z/lock/set", b"LOCK", qos=1, expiry_s=10))
    wait_until(lambda: b"LOCK" in recorder.data)
    start = recorder.data.index(b"z/lock/set") - 4
    header = recorder.data[start]
    assert header & 0b0000_0001 == 0
    assert header >> 4 == 3
    # Topic, packet id, 5 bytes of properties: message expiry interval (2), ten seconds.
    rest = recorder.data[start + 4 + len(b"z/lock/set") + 2 :]
    assert rest[:6] == b"\x05\x02" + struct.pack("!I", 10)
    # CONNECT: maximum packet size (39), one mebibyte.
    assert b"\x27" + struct.pack("!I", 1 << 20) in recorder.data
    client.stop()


def test_an_expired_command_is_not_delivered(
    make_broker: BrokerMaker, make_client: ClientMaker, drain_until: DrainUntil
) -> None:
    """mosquitto counts the seconds of a retained message that nobody asked for in time."""
    needs_mosquitto()
    make_broker("mosquitto")
    client = make_client("one")
    client.publish(Publication("soon/gone", b"1", retain=True, expiry_s=1))
    client.publish(Publication("stays", b"1", retain=True))
    threading.Event().wait(2.5)
    assert not heard("soon/gone")(drain_until(make_client("other"), heard("stays")))


def test_a_topic_that_cannot_be_published_to_is_refused(
    make_broker: BrokerMaker, make_client: ClientMaker, program: str
) -> None:
    make_broker(program)
    client = make_client(only_311=program == "amqtt")
    for topic in ("with/#/wildcard", "", "a" * 70_000, "nul\0", "half \ud800"):
        with pytest.raises(TransportError):
            client.publish(Publication(topic, b"1"))
    assert client.standing().connects == 1
    client.publish(Publication("fine", b"1"))


def test_a_wrong_password_is_refused_and_the_right_one_let_in(
    make_broker: BrokerMaker,
    make_client: ClientMaker,
    wait_until: WaitUntil,
    program: str,
    port: int,
) -> None:
    make_broker(program, login=Login("ann", Secret("right")))
    settings = MqttConfig(port=port, username="ann", password=Secret("right"))
    assert make_client("good", settings=settings, only_311=program == "amqtt").standing().connected
    for wrong in (
        MqttConfig(port=port),
        replace(settings, password=Secret("wrong")),
        replace(settings, username="bob"),
    ):
        client = make_client("bad", settings=wrong, wait=False, only_311=program == "amqtt")
        wait_until(lambda client=client: "refused" in client.standing().reason)
        assert client.standing().connects == 0
        client.stop()


@pytest.fixture
def tls_port(tmp_path: Path, port: int, wait_until: WaitUntil) -> Iterator[int]:
    needs_mosquitto()
    _make_certificates(tmp_path)
    (tmp_path / "tls.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\ncafile {tmp_path}/ca.crt\n"
        f"certfile {tmp_path}/server.crt\nkeyfile {tmp_path}/server.key\nuser root\n"
    )
    process = subprocess.Popen(
        [str(find_mosquitto()), "-c", str(tmp_path / "tls.conf")], stderr=subprocess.DEVNULL
    )

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(answers)
    yield port
    process.terminate()
    process.wait()


def _make_certificates(folder: Path) -> None:
    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    try:
        openssl("version")
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    (folder / "san.cnf").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=Test CA")
    openssl("req", *new, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    openssl(
        "x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
        "-CAcreateserial", "-extfile", "san.cnf", "-out", "server.crt",
    )  # fmt: skip


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:unclosed <ssl:ResourceWarning")
def test_tls_is_spoken_with_the_own_authority_and_with_no_other(
    make_client: ClientMaker, wait_until: WaitUntil, tls_port: int, tmp_path: Path
) -> None:
    settings = MqttConfig(port=tls_port, tls=True, tls_ca_file=tmp_path / "ca.crt")
    assert make_client("good", settings=settings).standing().connected
    stranger = make_client("bad", settings=replace(settings, tls_ca_file=None), wait=False)
    wait_until(lambda: "certificate" in stranger.standing().reason.lower())


def test_a_large_home_is_heard_completely_at_the_first_connect(
    make_broker: BrokerMaker, make_client: ClientMaker, drain_until: DrainUntil
) -> None:
    """A subscription of quality 1 loses what exceeds mosquitto's queue of 1,000; ours must not."""
    needs_mosquitto()
    make_broker("mosquitto")
    producer = make_client("producer")
    for number in range(2_000):
        producer.publish(Publication(f"retained/{number}", b"x" * 200, qos=1, retain=True))
    producer.stop()
    hub = make_client("hub")
    drain_until(hub, lambda messages: sum(m.retained for m in messages) >= 2_000)


def test_retained_commands_are_warned_about_once_each(
    make_broker: BrokerMaker,
    make_client: ClientMaker,
    drain_until: DrainUntil,
    caplog: pytest.LogCaptureFixture,
    program: str,
) -> None:
    make_broker(program)
    only_311 = program == "amqtt"
    careless = make_client("careless", only_311=only_311)
    for topic in ("cmnd/plug/POWER", "z2m/lamp/set", "shellies/x/relay/0/command", "fine/state"):
        careless.publish(Publication(topic, b"ON", retain=True))
    careless.publish(Publication("last", b"1", retain=True))
    careless.stop()
    for _ in range(2):
        hub = make_client("hub", only_311=only_311)
        drain_until(hub, lambda messages: len([m for m in messages if m.retained]) >= 6)
        assert hub.counters()["retained_commands"] >= 3  # amqtt replays more than once
        hub.stop()
    warned = [r.message for r in caplog.records if r.message.startswith("Retained command")]
    assert len(warned) == 6  # three topics, two clients
