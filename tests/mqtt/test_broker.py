from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hubagent.clock import SystemClock
from hubagent.config import MqttConfig, Secret
from hubagent.errors import TransportError
from hubagent.mqtt.amqtt_child import verify
from hubagent.mqtt.broker import EmbeddedBroker, Login, password_line
from hubagent.mqtt.client import MqttClient
from hubagent.types import Message, Publication

pytestmark = pytest.mark.broker

BrokerMaker = Callable[..., EmbeddedBroker]
ClientMaker = Callable[..., MqttClient]
WaitUntil = Callable[..., None]
DrainUntil = Callable[[MqttClient, Callable[[list[Message]], bool]], list[Message]]

STORE = {"mosquitto": "retained.db", "amqtt": "retained.sqlite"}


def retained(client: MqttClient, drain_until: DrainUntil) -> dict[str, bytes]:
    """Return the retained messages as a client just connected is told them, ended by `zz`."""
    messages = drain_until(client, lambda found: any(m.topic == "zz" for m in found))
    return {m.topic: m.payload for m in messages if m.retained and m.topic.startswith("r/")}


def fill(client: MqttClient, wait_until: WaitUntil) -> None:
    for number in range(50):
        client.publish(Publication(f"r/{number}", f"first {number}".encode(), retain=True))
    for number in range(10):
        client.publish(Publication(f"r/{number}", f"second {number}".encode(), retain=True))
    for number in range(40, 50):
        client.publish(Publication(f"r/{number}", b"", retain=True))
    client.publish(Publication("r/bytes", bytes(range(256)), retain=True))


def expected() -> dict[str, bytes]:
    found = {f"r/{n}": f"{'second' if n < 10 else 'first'} {n}".encode() for n in range(40)}
    return {**found, "r/bytes": bytes(range(256))}


def test_retained_messages_survive_a_clean_stop(
    make_broker: BrokerMaker,
    make_client: ClientMaker,
    drain_until: DrainUntil,
    wait_until: WaitUntil,
    program: str,
) -> None:
    # Nothing is saved on the way, so what is found was written by the stop.
    broker = make_broker(program, autosave_s=3600)
    client = make_client("one", only_311=program == "amqtt")
    fill(client, wait_until)
    client.stop()
    broker.stop()
    broker.start()
    other = make_client("other", only_311=program == "amqtt")
    helper = make_client("helper", only_311=program == "amqtt")
    helper.publish(Publication("zz", b"1"))
    assert retained(other, drain_until) == expected()


def test_retained_messages_survive_kill_9(
    make_broker: BrokerMaker,
    make_client: ClientMaker,
    drain_until: DrainUntil,
    wait_until: WaitUntil,
    program: str,
) -> None:
    broker = make_broker(program, autosave_s=1)
    client = make_client("one", only_311=program == "amqtt")
    fill(client, wait_until)
    # Two autosaves later, whatever the phase.
    wait_until(_after(2.5))
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)
    wait_until(lambda: client.standing().connects == 2, 20.0)
    assert broker.restarts == 1
    other = make_client("other", only_311=program == "amqtt")
    client.publish(Publication("zz", b"1"))
    assert retained(other, drain_until) == expected()


def _after(seconds: float) -> Callable[[], bool]:
    clock = SystemClock()
    end_s = clock.monotonic_s() + seconds
    return lambda: clock.monotonic_s() > end_s


def test_a_damaged_store_of_retained_messages_is_set_aside(
    make_broker: BrokerMaker, make_client: ClientMaker, tmp_path: Path, program: str
) -> None:
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker" / STORE[program]).write_bytes(b"\x13not a store at all" * 100)
    make_broker(program)
    assert make_client(only_311=program == "amqtt").standing().connected
    assert (tmp_path / "broker" / f"{STORE[program]}.damaged").exists()


def test_a_taken_port_is_said(make_broker: BrokerMaker, program: str, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)), pytest.raises(TransportError, match="in use"):
        make_broker(program)


def test_two_brokers_do_not_share_a_folder(
    make_broker: BrokerMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hubagent.mqtt.broker.LOCK_TIMEOUT_S", 0.2)
    make_broker()
    with pytest.raises(TransportError, match="another hub"):
        make_broker(port=1)


def test_it_listens_on_loopback_only_unless_told(make_broker: BrokerMaker, port: int) -> None:
    broker = make_broker()
    assert broker.login is None
    listening = {line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]}
    assert f"0100007F:{port:04X}" in listening
    assert f"00000000:{port:04X}" not in listening


def test_it_listens_on_version_6_of_ip_too(
    make_broker: BrokerMaker, make_client: ClientMaker, program: str, port: int
) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    broker = make_broker(program, listen="::1")
    assert broker.login is None
    settings = MqttConfig(host=broker.address, port=port)
    assert make_client(settings=settings, only_311=program == "amqtt").standing().connected


def test_listening_on_the_network_makes_a_password_that_stays(
    make_broker: BrokerMaker,
    make_client: ClientMaker,
    wait_until: WaitUntil,
    program: str,
    port: int,
    tmp_path: Path,
) -> None:
    broker = make_broker(program, listen="0.0.0.0")  # noqa: S104 - what is tested
    login = broker.login
    assert login is not None
    assert len(login.password.reveal()) >= 20
    assert broker.address == "127.0.0.1"
    stranger = make_client("stranger", wait=False, only_311=program == "amqtt")
    wait_until(lambda: "refused" in stranger.standing().reason)
    settings = MqttConfig(port=port, username=login.username, password=login.password)
    assert make_client("known", settings=settings, only_311=program == "amqtt").standing().connected
    for name in ("password", "passwords"):
        assert (tmp_path / "broker" / name).stat().st_mode & 0o077 == 0
    broker.stop()
    again = make_broker(program, listen="0.0.0.0")  # noqa: S104 - what is tested
    assert again.login == login


def test_our_password_line_is_the_one_mosquitto_makes() -> None:
    login = Login("ann", Secret("se:cret$"))
    name, known = password_line(login).strip().split(":", 1)
    assert name == "ann"
    assert verify("se:cret$", known)
    assert not verify("secret", known)
    assert "se:cret" not in known


def test_the_child_dies_with_a_hub_that_is_killed(
    tmp_path: Path, port: int, wait_until: WaitUntil, program: str
) -> None:
    script = (
        "import sys, time, pathlib; from hubagent.clock import SystemClock;"
        "from hubagent.mqtt.broker import EmbeddedBroker;"
        "b = EmbeddedBroker(pathlib.Path(sys.argv[1]), clock=SystemClock(), port=int(sys.argv[2]),"
        " program=sys.argv[3]); b.start(); print(b.pid, flush=True); time.sleep(60)"
    )
    hub = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), str(port), program], stdout=subprocess.PIPE
    )
    assert hub.stdout is not None
    child = int(hub.stdout.readline())
    hub.kill()
    hub.wait()
    hub.stdout.close()

    def gone() -> bool:
        stat = Path(f"/proc/{child}/stat")
        return not stat.exists() or stat.read_text().split()[2] == "Z"

    wait_until(gone)


def test_stopping_twice_and_stopping_what_never_ran_is_fine(
    make_broker: BrokerMaker, tmp_path: Path, port: int
) -> None:
    broker = make_broker()
    broker.stop()
    broker.stop()
    EmbeddedBroker(tmp_path / "other", clock=SystemClock(), port=port).stop()
    assert broker.pid is None
