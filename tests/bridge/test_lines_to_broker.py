"""Devices on pseudo-terminals, the real bridge and a real broker: what arrives, and what must not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import sign_image
from device import Device, Flash, Noise, Port

from hubagent.bridge.update import read_image
from hubagent.clock import SystemClock
from hubagent.config import BridgeConfig, Config, HubConfig, MqttConfig
from hubagent.daemon.bridging import BridgeService
from hubagent.types import Publication

if TYPE_CHECKING:
    from pathlib import Path

    from hubagent.bridge.bridge import Bridge
    from hubagent.mqtt.client import MqttClient

WaitUntil = Callable[..., None]
PARTS: list[dict[int, Any]] = [
    {0: 0, 1: "switch", 2: "relay", 3: "Relay", 9: True},
    {0: 1, 1: "sensor", 2: "temp", 3: "Temperature", 4: "°C", 5: "temperature"},
    {0: 2, 1: "event", 2: "knob", 3: "Knob", 10: "single,double"},
]


class Watcher:
    """Everything that is published, as a subscriber of its own hears it."""

    def __init__(self, client: MqttClient) -> None:
        self.client = client
        self.heard: list[tuple[str, bytes]] = []

    def all(self) -> list[tuple[str, bytes]]:
        self.heard += [(it.topic, it.payload) for it in self.client.drain(1000, 0.0)]
        return self.heard

    def last(self, topic: str) -> bytes | None:
        return next((payload for name, payload in reversed(self.all()) if name == topic), None)

    def values(self, topic: str) -> list[bytes]:
        return [payload for name, payload in self.all() if name == topic]

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.client.publish(Publication(topic, payload, retain=retain))


@pytest.fixture
def broker(make_broker: Any) -> Any:
    return make_broker()


@pytest.fixture
def watcher(broker: Any, make_client: Any) -> Watcher:
    return Watcher(make_client("watcher"))


@pytest.fixture
def make_bridge(
    tmp_path: Path, port: int, watcher: Watcher
) -> Iterator[Callable[..., BridgeService]]:
    made: list[Any] = []

    def make(**lines: Any) -> Any:
        lines = lines or {"serial": (str(tmp_path / "by-id" / "*"),)}
        mqtt = MqttConfig(port=port)
        config = Config(
            hub=HubConfig(name="test", state_dir=tmp_path), mqtt=mqtt, bridge=BridgeConfig(**lines)
        )
        service = BridgeService(config, mqtt, SystemClock())
        made.append(service)
        service.start()
        return service

    yield make
    for service in made:
        if service.bridge._lines is not None:
            service.stop()


@pytest.fixture
def make_device(tmp_path: Path) -> Iterator[Callable[..., tuple[Device, Port]]]:
    made: list[Device] = []

    def make(
        name: str = "relay-7f", flash: Flash | None = None, noise: Noise | None = None,
        states: dict[int, Any] | None = None, port: str = "usb-relay",
    ) -> tuple[Device, Port]:  # fmt: skip
        device = Device(name, PARTS, states or {0: False, 1: 21.5}, flash or Flash())
        device.noise = noise or Noise()
        line = Port(tmp_path / "by-id", port)
        made.append(device)
        device.start(line.fd)
        return device, line

    yield make
    for device in made:
        device.stop()


def test_a_device_appears_reports_and_obeys(
    watcher: Watcher, make_bridge: Any, make_device: Any, wait_until: WaitUntil
) -> None:
    make_bridge()
    device, _ = make_device()
    wait_until(lambda: watcher.last("hub/relay-7f/$state") == b"online")
    assert watcher.last("hub/relay-7f/relay") == b"OFF"
    assert watcher.last("hub/relay-7f/temp") == b"21.5"
    said = json.loads(watcher.last("homeassistant/device/hub-relay-7f/config") or b"")
    assert sorted(said["components"]) == ["knob", "relay", "temp"]
    watcher.say("hub/relay-7f/relay/set", b"ON")
    wait_until(lambda: watcher.last("hub/relay-7f/relay") == b"ON")
    device.set(1, 22.25)
    device.event(2, "double")
    device.event(2, "single")
    wait_until(lambda: len(watcher.values("hub/relay-7f/knob")) == 2)
    assert [json.loads(it)["event_type"] for it in watcher.values("hub/relay-7f/knob")] == [
        "double",
        "single",
    ]
    assert watcher.last("hub/relay-7f/temp") == b"22.25"
    assert [(number, value) for _, number, value in device.done] == [(0, True)]


def test_a_retained_command_or_a_wrong_one_is_not_obeyed(
    watcher: Watcher, make_bridge: Any, make_device: Any, wait_until: WaitUntil
) -> None:
    watcher.say("hub/relay-7f/relay/set", b"ON", retain=True)
    make_bridge()
    device, _ = make_device()
    wait_until(lambda: watcher.last("hub/relay-7f/$state") == b"online")
    for topic, payload in (
        ("relay", b"maybe"),
        ("temp", b"30"),
        ("none", b"ON"),
        ("relay", b"\xff"),
    ):
        watcher.say(f"hub/relay-7f/{topic}/set", payload)
    wait_until(lambda: len(watcher.values("hub/relay-7f/$result")) >= 4)
    assert device.done == []


@pytest.mark.slow
def test_noise_loses_nothing_and_invents_nothing(
    watcher: Watcher, make_bridge: Any, make_device: Any, wait_until: WaitUntil
) -> None:
    """1 % of the bytes flipped, frames dropped and doubled, both ways."""
    make_bridge()
    device, _ = make_device(noise=Noise(flip=0.01, drop=0.05, double=0.1))
    wait_until(lambda: watcher.last("hub/relay-7f/$state") == b"online", 30)
    said: list[bool] = []
    for turn in range(8):
        value = turn % 2 == 0
        watcher.say("hub/relay-7f/relay/set", b"ON" if value else b"OFF")
        results = turn + 1
        wait_until(
            lambda results=results: len(watcher.values("hub/relay-7f/$result")) == results, 20
        )
        result = json.loads(watcher.last("hub/relay-7f/$result") or b"")
        if result["result"] == "done":
            said.append(value)
        device.event(2, "single")
        wait_until(lambda results=results: len(watcher.values("hub/relay-7f/knob")) == results, 20)
    device.set(1, -4.5)
    wait_until(lambda: watcher.last("hub/relay-7f/temp") == b"-4.5", 20)
    ids = [number for number, _, _ in device.done]
    assert len(ids) == len(set(ids)), "a command was done twice"
    assert len(said) >= 6
    assert set(watcher.values("hub/relay-7f/relay")) <= {b"ON", b"OFF"}
    assert set(watcher.values("hub/relay-7f/temp")) == {b"21.5", b"-4.5"}
    known = {"hub", "homeassistant", "hubagent"}
    assert {name.split("/")[0] for name, _ in watcher.all()} <= known
    devices = {name.split("/")[1] for name, _ in watcher.all() if name.startswith("hub/")}
    assert devices == {"relay-7f"}


def test_unplugged_is_offline_and_plugged_in_again_is_as_it_was(
    watcher: Watcher, make_bridge: Any, make_device: Any, wait_until: WaitUntil
) -> None:
    make_bridge()
    flash = Flash()
    first, line = make_device(flash=flash, states={0: False, 1: 20})
    wait_until(lambda: watcher.last("hub/relay-7f/$state") == b"online")
    watcher.say("hub/relay-7f/relay/set", b"ON")
    wait_until(lambda: watcher.last("hub/relay-7f/relay") == b"ON")
    first.stop()
    line.unplug()
    wait_until(lambda: watcher.last("hub/relay-7f/$state") == b"offline")
    watcher.say("hub/relay-7f/relay/set", b"OFF")  # Nobody hears it, and nobody obeys it later.
    second, _ = make_device(flash=flash, states={0: False, 1: 20})
    wait_until(lambda: watcher.last("hub/relay-7f/$state") == b"online")
    wait_until(lambda: second.states[0] is True)
    wait_until(lambda: watcher.last("hub/relay-7f/relay") == b"ON")
    assert [(number, value) for _, number, value in second.done] == [(0, True)]


def test_a_restarted_bridge_sets_again_what_a_device_lost_meanwhile(
    watcher: Watcher, make_bridge: Any, make_device: Any, wait_until: WaitUntil
) -> None:
    bridge = make_bridge()
    flash = Flash()
    first, line = make_device(flash=flash, states={0: True, 1: 20})
    wait_until(lambda: watcher.last("hub/relay-7f/relay") == b"ON")
    wait_until(lambda: watcher.last("hub/relay-7f/$state") == b"online")
    bridge.stop()
    bridge.bridge._lines = None  # stopped already
    first.stop()
    line.unplug()
    make_bridge()
    second, _ = make_device(flash=flash, states={0: False, 1: 20})
    wait_until(lambda: second.states[0] is True, 20)
    assert len(second.done) == 1


def test_a_line_that_stalls_makes_commands_late_not_obeyed(
    watcher: Watcher, make_bridge: Any, make_device: Any, wait_until: WaitUntil
) -> None:
    make_bridge()
    device, _ = make_device()
    wait_until(lambda: watcher.last("hub/relay-7f/$state") == b"online")
    device.stall_s = 3.5
    watcher.say("hub/relay-7f/relay/set", b"ON")
    wait_until(lambda: b"no_answer" in (watcher.last("hub/relay-7f/$result") or b""), 20)
    device.stall_s = 0.0
    wait_until(lambda: device.late > 0, 20)
    assert device.done == []
    assert watcher.last("hub/relay-7f/relay") == b"OFF"


def test_a_hostile_line_is_nothing_and_the_others_go_on(
    tmp_path: Path, watcher: Watcher, make_bridge: Any, make_device: Any, wait_until: WaitUntil
) -> None:
    make_bridge()
    make_device()
    wait_until(lambda: watcher.last("hub/relay-7f/$state") == b"online")
    make_device("../../homeassistant", port="usb-a")
    make_device("relay-7f", states={0: True, 1: 99}, port="usb-b")
    noise = Port(tmp_path / "by-id", "usb-c")
    os.set_blocking(noise.fd, False)
    for _ in range(50):
        try:
            os.write(noise.fd, os.urandom(4000))
        except BlockingIOError:
            break
    make_device("lamp", port="usb-d")
    wait_until(lambda: watcher.last("hub/lamp/$state") == b"online")
    assert set(watcher.values("hub/relay-7f/relay")) == {b"OFF"}
    names = {name.split("/")[1] for name, _ in watcher.all() if name.startswith("hub/")}
    assert names == {"relay-7f", "lamp"}


def test_a_socket_is_a_line_too(watcher: Watcher, make_bridge: Any, wait_until: WaitUntil) -> None:
    import socket

    service = make_bridge(listen="127.0.0.1", port=0)
    device = Device("wifi", PARTS, {0: False, 1: 3}, Flash())
    connection = socket.create_connection(("127.0.0.1", service.bridge.port or 0))
    device.start(connection.fileno())
    wait_until(lambda: watcher.last("hub/wifi/$state") == b"online")
    watcher.say("hub/wifi/relay/set", b"ON")
    wait_until(lambda: watcher.last("hub/wifi/relay") == b"ON")
    device.stop()
    connection.close()
    wait_until(lambda: watcher.last("hub/wifi/$state") == b"offline")


@pytest.fixture
def image(tmp_path: Path) -> bytes:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    from make_vectors import _key

    return sign_image.image(bytes(range(256)) * 100, "relay-1", "2.0.0", _key(tmp_path, 1))


def _update(service: BridgeService, data: bytes) -> Any:
    bridge: Bridge = service.bridge
    return service._ask(lambda: bridge.update("relay-7f", read_image(data)))


def test_an_update_that_was_cut_off_goes_on_and_proves_itself(
    watcher: Watcher, make_bridge: Any, make_device: Any, wait_until: WaitUntil, image: bytes
) -> None:
    service = make_bridge()
    flash = Flash(trusts=read_image(image).signature)
    device, line = make_device(flash=flash)
    wait_until(lambda: watcher.last("hub/relay-7f/$state") == b"online")
    transfer = _update(service, image)
    wait_until(lambda: device.stored > 1000)
    device.stop()
    line.unplug()
    wait_until(lambda: watcher.last("hub/relay-7f/$state") == b"offline")
    assert flash.installed == []
    device, line = make_device(flash=flash)  # It rebooted and forgot: begun again.
    device.noise = Noise(flip=0.0005)
    wait_until(device.restart.is_set, 30)
    device.stop()
    line.unplug()
    wait_until(lambda: watcher.last("hub/relay-7f/$state") == b"offline")
    device, line = make_device(flash=flash)
    wait_until(lambda: b"on_trial" in (watcher.last("hub/relay-7f/$info") or b""))
    assert transfer.outcome is None
    device.confirm()
    wait_until(lambda: transfer.outcome is not None)
    assert transfer.outcome == ""
    assert flash.installed == ["2.0.0"]


def test_an_update_that_is_wrongly_signed_is_refused_before_a_byte(
    watcher: Watcher, make_bridge: Any, make_device: Any, wait_until: WaitUntil, image: bytes
) -> None:
    service = make_bridge()
    device, _ = make_device(flash=Flash(trusts=b"another"))
    wait_until(lambda: watcher.last("hub/relay-7f/$state") == b"online")
    transfer = _update(service, image)
    wait_until(lambda: transfer.outcome is not None)
    assert "signature" in transfer.outcome
    assert device.stored == 0
    assert device.flash.firmware == "1.0.0"


def test_the_command_updates_a_device_and_says_why_it_cannot(
    tmp_path: Path,
    watcher: Watcher,
    make_bridge: Any,
    make_device: Any,
    wait_until: WaitUntil,
    image: bytes,
) -> None:
    make_bridge()
    flash = Flash(trusts=read_image(image).signature)
    device, line = make_device(flash=flash)
    wait_until(lambda: watcher.last("hub/relay-7f/$state") == b"online")
    file = tmp_path / "relay.hubimg"
    file.write_bytes(image[:-1])
    command = [sys.executable, "-m", "hubagent", "bridge", "ota", "relay-7f", str(file)]
    command += ["--state-dir", str(tmp_path)]
    cut = subprocess.run(command, check=False, capture_output=True, text=True)
    assert cut.returncode == 1
    assert "cut" in cut.stderr
    file.write_bytes(image)
    other = [*command[:5], "nobody", *command[6:]]
    nobody = subprocess.run(other, check=False, capture_output=True, text=True)
    assert nobody.returncode == 1
    assert "online: relay-7f" in nobody.stderr
    status = subprocess.run(
        [*command[:4], "status", "--json", *command[-2:]],
        check=False,
        capture_output=True,
        text=True,
    )
    assert json.loads(status.stdout)["lines"][0]["devices"][0]["id"] == "relay-7f"
    good = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    wait_until(device.restart.is_set, 20)
    device.stop()
    line.unplug()
    wait_until(lambda: watcher.last("hub/relay-7f/$state") == b"offline")
    device, _ = make_device(flash=flash)
    wait_until(lambda: b"on_trial" in (watcher.last("hub/relay-7f/$info") or b""))
    device.confirm()
    assert "runs 2.0.0" in good.communicate(timeout=20)[0]
    assert good.returncode == 0


def test_what_happens_while_the_broker_is_away_is_told_when_it_is_back(
    broker: Any,
    watcher: Watcher,
    make_bridge: Any,
    make_device: Any,
    wait_until: WaitUntil,
) -> None:
    make_bridge()
    device, _ = make_device()
    wait_until(lambda: watcher.last("hub/relay-7f/$state") == b"online")
    broker.stop()
    wait_until(lambda: not watcher.client.standing().connected)
    device.event(2, "double")
    device.set(1, 30)
    device.event(2, "single")
    broker.start()
    wait_until(lambda: watcher.last("hub/relay-7f/temp") == b"30", 30)
    wait_until(lambda: len(watcher.values("hub/relay-7f/knob")) == 2, 30)
    events = [json.loads(it)["event_type"] for it in watcher.values("hub/relay-7f/knob")]
    assert events == ["double", "single"]
