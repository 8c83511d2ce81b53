"""A C device with two slots, the real bridge and a real broker: updates that go well, are cut off, or must not be."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import sign_image
from make_vectors import BOARD
from updated import Home, Workshop

from hubagent.bridge.update import read_image
from hubagent.clock import SystemClock
from hubagent.config import BridgeConfig, Config, HubConfig, MqttConfig
from hubagent.daemon.bridging import BridgeService
from hubagent.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from hubagent.mqtt.client import MqttClient

WaitUntil = Callable[..., None]


class Bench:
    """The device at the bridge, and what the broker has of it."""

    def __init__(self, home: Home, client: MqttClient, service: BridgeService) -> None:
        self.home, self.client, self.service = home, client, service
        self._last: dict[str, bytes] = {}

    def info(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.last("$info") or b"{}")
        return said

    def last(self, level: str) -> bytes | None:
        self._last |= {it.topic: it.payload for it in self.client.drain(1000, 0.0)}
        return self._last.get(f"hub/relay-1/{level}")

    def runs(self, version: str, image: str = "confirmed") -> bool:
        info = self.info()
        here = self.last("$state") == b"online"
        return here and (info.get("firmware"), info.get("image")) == (version, image)

    def update(self, data: bytes) -> Any:
        bridge = self.service.bridge
        return self.service._ask(lambda: bridge.update("relay-1", read_image(data)))


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop.open(tmp_path_factory.mktemp("workshop"))


@pytest.fixture
def bench(
    workshop: Workshop,
    tmp_path: Path,
    make_broker: Any,
    make_client: Any,
    port: int,
    wait_until: WaitUntil,
) -> Iterator[Bench]:
    make_broker()
    mqtt = MqttConfig(port=port)
    lines = BridgeConfig(serial=(str(tmp_path / "by-id" / "*"),))
    config = Config(hub=HubConfig(name="test", state_dir=tmp_path), mqtt=mqtt, bridge=lines)
    service = BridgeService(config, mqtt, SystemClock())
    service.start()
    home = Home(workshop, tmp_path / "home", tmp_path / "by-id" / "usb-relay")
    bench = Bench(home, make_client("watcher"), service)
    home.plug_in()
    wait_until(lambda: bench.runs("1.0.0"), 20)
    yield bench
    home.cut()
    service.stop()


def test_an_update_that_power_cuts_off_goes_on_where_it_was(
    bench: Bench, workshop: Workshop, wait_until: WaitUntil
) -> None:
    data = workshop.image("2.0.0")
    transfer = bench.update(data)
    wait_until(lambda: bench.home.stored > 5000)
    bench.home.cut()
    stored = bench.home.stored
    assert stored < len(data)
    wait_until(lambda: bench.last("$state") == b"offline")
    bench.home.plug_in()
    wait_until(lambda: transfer.offset > 0 and bench.home.stored > stored)
    assert data.startswith((bench.home.folder / "slot-b").read_bytes())
    wait_until(lambda: transfer.outcome is not None, 40)
    assert transfer.outcome == ""
    wait_until(lambda: bench.runs("2.0.0"))
    bench.home.cut()
    bench.home.plug_in()
    wait_until(lambda: bench.info().get("boot") == 4 and bench.runs("2.0.0"), 20)


def test_an_image_that_ends_is_taken_back(
    bench: Bench, workshop: Workshop, wait_until: WaitUntil
) -> None:
    broken = workshop.image("2.0.0", b"#!/bin/sh\necho broken\nexit 1\n")
    transfer = bench.update(broken)
    wait_until(lambda: transfer.outcome is not None, 20)
    assert "did not prove itself" in transfer.outcome
    wait_until(lambda: bench.runs("1.0.0", "went_back"))
    assert bench.home.said().count("broken") == 3
    better = bench.update(workshop.image("2.0.0"))
    wait_until(lambda: better.outcome is not None, 40)
    assert better.outcome == ""


def test_what_is_signed_by_another_for_another_board_or_older_is_refused(
    bench: Bench, workshop: Workshop, wait_until: WaitUntil
) -> None:
    program = workshop.program["2.0.0"]
    foreign = bench.update(sign_image.image(program, BOARD, "2.0.0", workshop.other_key))
    wait_until(lambda: foreign.outcome is not None)
    assert "signature" in foreign.outcome
    other = bench.update(workshop.image("2.0.0", board="relay-2"))
    wait_until(lambda: other.outcome is not None)
    assert "another board" in other.outcome
    older = bench.update(workshop.image("0.9.0", program))
    wait_until(lambda: older.outcome is not None)
    assert "older" in older.outcome
    with pytest.raises(DataError, match="damaged"):
        bench.update(workshop.image("2.0.0")[:-1] + b"?")
    assert bench.home.stored == 0
    wait_until(lambda: bench.runs("1.0.0"))


def test_a_slot_that_was_tampered_with_is_not_started(
    bench: Bench, workshop: Workshop, tmp_path: Path, wait_until: WaitUntil
) -> None:
    file = tmp_path / "relay.hubimg"
    file.write_bytes(workshop.image("2.0.0"))
    command = [sys.executable, "-m", "hubagent", "bridge", "ota", "relay-1", str(file)]
    done = subprocess.run(
        [*command, "--state-dir", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "runs 2.0.0" in done.stdout, done.stderr
    bench.home.cut()
    slot = bench.home.folder / "slot-b"
    data = bytearray(slot.read_bytes())
    data[5000] ^= 1
    slot.write_bytes(data)
    bench.home.plug_in()
    wait_until(lambda: bench.runs("1.0.0", "went_back"), 20)
