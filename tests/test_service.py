from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hubagent.clock import ManualClock
from hubagent.config import Systemd, read_systemd
from hubagent.service import Notifier, unit_text

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent


@pytest.fixture(params=["file", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """The socket systemd would listen on, and its name as systemd gives it."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    if request.param == "file":
        name = str(tmp_path / "notify")
        listener.bind(name)
    else:
        name = f"@hubagent-test-{os.getpid()}"
        listener.bind("\0" + name[1:])
    listener.setblocking(False)
    yield name, listener
    listener.close()


def heard(listener: socket.socket) -> list[str]:
    found = []
    while True:
        try:
            found.append(listener.recv(4096).decode())
        except BlockingIOError:
            return found


def test_systemd_is_told_of_start_status_and_stop(systemd: tuple[str, socket.socket]) -> None:
    name, listener = systemd
    notifier = Notifier(Systemd(name), ManualClock())
    notifier.ready("12 entities")
    notifier.status("12 entities")
    notifier.status("13 entities")
    notifier.stopping()
    assert heard(listener) == [
        "READY=1\nSTATUS=12 entities",
        "STATUS=13 entities",
        "STOPPING=1\nSTATUS=stopping",
    ]


def test_the_watchdog_is_fed_at_half_its_time_and_only_when_well(
    systemd: tuple[str, socket.socket],
) -> None:
    name, listener = systemd
    clock = ManualClock()
    notifier = Notifier(Systemd(name, watchdog_s=60.0), clock)
    fed = []
    for second in range(1, 181):
        clock.advance(1.0)
        notifier.feed_watchdog(well=second <= 100)
        fed += [second for _ in heard(listener)]
    assert fed == [30, 60, 90]


def test_without_a_watchdog_none_is_fed(systemd: tuple[str, socket.socket]) -> None:
    name, listener = systemd
    clock = ManualClock()
    notifier = Notifier(Systemd(name), clock)
    clock.advance(1_000.0)
    notifier.feed_watchdog(well=True)
    assert heard(listener) == []


def test_nobody_listening_is_no_error(tmp_path: Path) -> None:
    for name in ("", str(tmp_path / "gone"), "@gone-for-sure"):
        notifier = Notifier(Systemd(name), ManualClock())
        notifier.ready("x")
        notifier.stopping()


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, Systemd()),
        ({"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "60000000"}, Systemd("/run/x", 60.0)),
        ({"WATCHDOG_USEC": "5", "WATCHDOG_PID": "1"}, Systemd()),
        ({"WATCHDOG_USEC": "soon"}, Systemd()),
        ({"WATCHDOG_USEC": "-5"}, Systemd()),
    ],
)
def test_what_systemd_says_is_read(variables: dict[str, str], expected: Systemd) -> None:
    assert read_systemd(variables) == expected


def test_the_unit_names_the_program_installed() -> None:
    unit = unit_text("/home/ann/.venv/bin/hubagent")
    assert "ExecStart=/home/ann/.venv/bin/hubagent run\n" in unit
    assert "/opt/" not in unit


def test_the_unit_keeps_what_the_hub_relies_on() -> None:
    lines = set(unit_text().splitlines())
    assert {
        "Type=notify",
        "WatchdogSec=60",
        "Restart=always",
        "StateDirectory=hubagent",
        "ProtectSystem=strict",
        "KillMode=mixed",
        "After=network-online.target mosquitto.service",
    } <= lines
    assert not any(line.startswith("Requires=") for line in lines)


def test_the_packaged_unit_is_the_one_shipped() -> None:
    assert (ROOT / "packaging" / "hubagent.service").read_text() == unit_text()


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    unit = tmp_path / "hubagent.service"
    unit.write_text(unit_text("/bin/true"))
    found = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert "hubagent.service:" not in found.stderr, found.stderr
    exposure = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=30", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert exposure.returncode == 0, exposure.stdout + exposure.stderr
