"""The hub as a process of its own: signals, kills, and what systemd hears."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.clock import SystemClock
from hubagent.context.store import ContextStore
from hubagent.errors import TransportError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.broker, pytest.mark.slow]

WaitUntil = Callable[..., None]
RUN = "from hubagent.config import load_config; from hubagent.daemon import run_daemon; run_daemon(load_config())"


@pytest.fixture
def start_hub(tmp_path: Path, port: int) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    made: list[subprocess.Popen[bytes]] = []

    def start(**variables: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "HUBAGENT_HUB_STATE_DIR": str(tmp_path / "hub"),
            "HUBAGENT_HUB_NAME": "test",
            "HUBAGENT_MQTT_PORT": str(port),
            "HUBAGENT_MQTT_EMBEDDED_AUTOSAVE_S": "1",
            **variables,
        }
        made.append(
            subprocess.Popen([sys.executable, "-c", RUN], env=environment, stderr=subprocess.PIPE)
        )
        return made[-1]

    yield start
    for process in made:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


@pytest.fixture
def notify(tmp_path: Path) -> Iterator[tuple[str, Callable[[], str]]]:
    """A socket like systemd's, and everything heard on it so far."""
    heard: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)

        def read() -> str:
            while True:
                try:
                    heard.append(listener.recv(4096).decode())
                except BlockingIOError:
                    return "\n".join(heard)

        yield str(tmp_path / "notify"), read


def entities(folder: Path) -> set[str]:
    store = ContextStore(folder / "store", clock=SystemClock())
    return {entity.entity_id for entity in store.view().entities()}


def test_systemd_hears_ready_watchdog_and_stopping_and_sigterm_ends_it_cleanly(
    start_hub: Any, make_lamp: Any, notify: Any, wait_until: WaitUntil, tmp_path: Path, port: int
) -> None:
    name, heard = notify
    hub = start_hub(NOTIFY_SOCKET=name, WATCHDOG_USEC="2000000")
    wait_until(lambda: "READY=1" in heard(), 30.0)
    wait_until(lambda: heard().count("WATCHDOG=1") >= 3, 20.0)
    assert "STATUS=0 entities, connected to 127.0.0.1" in heard()
    make_lamp()
    wait_until(lambda: "STATUS=1 entities, connected" in heard())
    hub.send_signal(signal.SIGTERM)
    assert hub.wait(20.0) == 0
    assert "STOPPING=1" in heard()
    recovery = ContextStore(tmp_path / "hub" / "store", clock=SystemClock()).recovery
    assert recovery is not None
    assert recovery.snapshot is not None
    assert recovery.is_complete
    # The own broker went with it.
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=1.0)


def test_not_ready_before_the_broker_is_there(
    start_hub: Any, make_broker: Any, notify: Any, wait_until: WaitUntil
) -> None:
    name, heard = notify
    start_hub(NOTIFY_SOCKET=name, HUBAGENT_MQTT_EMBEDDED="never")
    wait_until(lambda: "waiting for the broker" in heard(), 30.0)
    assert "READY=1" not in heard()
    make_broker()
    wait_until(lambda: "READY=1" in heard(), 60.0)


def test_a_hub_killed_again_and_again_loses_no_entity(
    start_hub: Any, make_broker: Any, make_lamp: Any, wait_until: WaitUntil, tmp_path: Path
) -> None:
    """Devices are announced while it dies; what it knew at a kill it knows after the next start."""
    make_broker()
    rng = random.Random(7)  # noqa: S311 - repeatable chance, no secret
    known: set[str] = set()
    for round_number in range(5):
        hub = start_hub(HUBAGENT_MQTT_EMBEDDED="never")
        lamps = [make_lamp(f"Lamp {round_number} {n}", f"l{round_number}x{n}") for n in range(3)]
        wait_until(lambda hub=hub: is_up(tmp_path), 30.0)
        for _ in range(rng.randrange(5, 60)):
            rng.choice(lamps).report(rng.choice(["ON", "OFF"]))
        hub.kill()
        hub.wait()
        found = entities(tmp_path / "hub")
        assert known <= found
        known = found
    hub = start_hub(HUBAGENT_MQTT_EMBEDDED="never")
    wait_until(lambda: is_up(tmp_path), 30.0)
    wait_until(lambda: status(tmp_path)["entities"] == 15, 20.0)
    assert status(tmp_path)["faults"] == {
        "pump": 0,
        "store": 0,
        "schedule": 0,
        "turns": 0,
        "learning": 0,
    }


def status(folder: Path) -> dict[str, Any]:
    from hubagent import control

    return next(control.call(folder / "hub" / control.SOCKET_NAME, "status", {}))


def is_up(folder: Path) -> bool:
    try:
        return bool(status(folder)["connected"])
    except TransportError:
        return False


def test_the_own_broker_dies_with_a_killed_hub_and_the_next_hub_starts_at_once(
    start_hub: Any, wait_until: WaitUntil, tmp_path: Path
) -> None:
    for _ in range(2):
        hub = start_hub()
        wait_until(lambda: is_up(tmp_path), 30.0)
        assert status(tmp_path)["broker"] is not None
        hub.kill()
        hub.wait()
