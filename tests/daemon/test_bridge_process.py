"""The example relay in C, a process of its own, behind a line that spoils bytes: with the whole hub."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from device import Noise, Port
from line import Line

from hubagent.clock import SystemClock
from hubagent.config import BridgeConfig, Config
from hubagent.control import call
from hubagent.types import Decision, TurnId, Utterance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubagent.daemon import Daemon

SOURCES = Path(__file__).parents[2] / "firmware_bridge"
pytestmark = pytest.mark.skipif(
    not (SOURCES / "Makefile").exists() or shutil.which("cc") is None,
    reason="no sources of the device library, or no C compiler",
)


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("programs")
    subprocess.run(["make", "-s", "-C", str(SOURCES), f"OUT={out}", str(out / "relay")], check=True)
    return out / "relay"


class Relay:
    """The process, its memory in a folder, and the port that leads to it through the noise."""

    def __init__(self, program: Path, folder: Path, noise: Noise) -> None:
        link = folder / "device"
        self.port = Port(folder / "by-id", "usb-relay")
        state = folder / "memory"
        state.mkdir(exist_ok=True)
        self._said = (folder / "said").open("ab")
        command = [str(program), "--pty", str(link), "--state", str(state)]
        self.process = subprocess.Popen(command, stdout=self._said)
        deadline_s = SystemClock().monotonic_s() + 10
        while not link.exists():
            assert SystemClock().monotonic_s() < deadline_s
        self._line = Line(link, self.port, noise)

    def quieten(self) -> None:
        self._line.noise = Noise()

    def unplug(self) -> None:
        self.process.kill()
        self.process.wait()
        self._line.close()
        self.port.unplug()
        self._said.close()


@pytest.fixture
def plug(relay: Path, tmp_path: Path) -> Iterator[Callable[..., Relay]]:
    made: list[Relay] = []

    def make(noise: Noise | None = None) -> Relay:
        made.append(Relay(relay, tmp_path, noise or Noise()))
        return made[-1]

    yield make
    for device in made:
        if device.process.poll() is None:
            device.unplug()


def _pins(folder: Path) -> list[str]:
    """Return what the relay did, over all boots."""
    lines = (folder / "said").read_text().splitlines()
    return [line for line in lines if line.startswith("pin")]


def _rows(hub: Daemon) -> list[dict[str, Any]]:
    answers = call(hub.config.hub.state_dir / "control.sock", "devices", {})
    return [row for answer in answers for row in answer["entities"] if row["available"]]


def _state(hub: Daemon) -> object:
    return next((row["state"] for row in _rows(hub) if row["entity_id"].startswith("switch")), None)


def _say(hub: Daemon, text: str) -> Decision:
    return hub.say(Utterance(TurnId(uuid.uuid4().hex), text, SystemClock().now_s())).decision


@pytest.mark.slow
def test_the_relay_in_c_obeys_and_survives(
    config: Config,
    make_broker: Any,
    make_daemon: Any,
    wait_until: Callable[..., None],
    tmp_path: Path,
    plug: Callable[..., Relay],
) -> None:
    make_broker()
    settings = replace(config, bridge=BridgeConfig(serial=(str(tmp_path / "by-id" / "*"),)))
    hub = make_daemon(settings)
    relay = plug()
    wait_until(lambda: _state(hub) == "off", 20)
    assert _say(hub, "turn on the hall relay") is Decision.ACT
    assert _state(hub) == "on"
    relay.unplug()
    wait_until(lambda: _rows(hub) == [], 20)
    assert _say(hub, "turn off the hall relay") is Decision.REFUSE
    # Plugged in again, in the noise: it is as it was, and nothing is done that was said meanwhile.
    relay = plug(Noise(flip=0.01, drop=0.03, double=0.1))
    wait_until(lambda: _state(hub) == "on", 40)
    assert _pins(tmp_path) == ["pin 0 off", "pin 0 on"] * 2
    acted = 0
    for turn in range(6):
        word = ("off", "on")[turn % 2]
        acted += _say(hub, f"turn {word} the hall relay") is Decision.ACT and _state(hub) == word
    assert acted >= 3
    assert len(_pins(tmp_path)) <= 4 + 6, "a command was done twice"
    hub.stop()
    hub = make_daemon(settings)
    relay.quieten()
    wait_until(lambda: _state(hub) in ("on", "off"), 40)
    assert _say(hub, "turn on the hall relay") in (Decision.ACT, Decision.ANSWER)
    wait_until(lambda: _state(hub) == "on")
