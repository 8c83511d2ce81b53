"""A real hub tells the real service of a week; every byte between them is kept and searched."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
import zstandard
from running import Running

from hubagent.brain import Brain
from hubagent.config import SyncConfig, UpstreamConfig
from hubagent.replay import MemoryHub
from hubagent.sharing import HomeTelling, open_courier
from hubagent.simulate.home import load_home
from hubagent.types import TurnId, Utterance
from hubagent.understand import values
from hubagent.understand.understander import Understander
from hubagent.wire import epoch_starts_s

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY_S = 86_400.0
HOME: dict[str, Any] = {
    "areas": [{"id": "den", "name": "Xanadu", "aliases": ["snuggery"]}, {"id": "hall", "name": "Hall"}],
    "entities": [
        {"id": "light.a", "name": "Marlene", "area": "den", "state": "off"},
        {"id": "light.b", "name": "Quixote Lamp", "area": "hall", "state": "off"},
        {"id": "person.w", "name": "Ngozi Okonkwo", "state": "home"},
    ],
}  # fmt: skip
CANARIES = (
    "marlene",
    "xanadu",
    "snuggery",
    "quixote",
    "ngozi",
    "okonkwo",
    "zaphod",
    "4711",
    "elm street",
)
SAID = (
    "turn on marlene in xanadu", "turn on the quixote lamp", "turn on the quicksote lamp", "turn on marlene",
    "turn on zaphod", "turn on the lights at elm street", "set marlene to 47 percent", "turn on okonkwo 4711",
    "tell ngozi that dinner is ready", "call zaphod at 4711", "turn on the lights in the snuggery",
)  # fmt: skip


class Tap:
    """Passes bytes on between a hub and a service, and keeps what the hub sent."""

    def __init__(self, port: int) -> None:
        self._behind = port
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.requests: list[bytes] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                front, _ = self._socket.accept()
            except OSError:
                return
            with front, socket.create_connection(("127.0.0.1", self._behind)) as back:
                kept = bytearray()
                reader = threading.Thread(target=self._pass, args=(back, front, bytearray()))
                reader.start()
                self._pass(front, back, kept)
                reader.join()
                self.requests.append(bytes(kept))

    @staticmethod
    def _pass(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
        while data := source.recv(65_536):
            kept += data
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10.0)


@pytest.fixture
def hub() -> MemoryHub:
    made = MemoryHub(load_home(HOME))
    made.clock.advance(epoch_starts_s(2900) + 8 * 3600.0 - made.clock.now_s())
    return made


@pytest.fixture
def running(tmp_path: Path, hub: MemoryHub) -> Iterator[Running]:
    made = Running(UpstreamConfig(state_dir=tmp_path / "state", buckets=2), hub.clock)
    yield made
    made.stop()


@pytest.fixture
def tap(running: Running) -> Iterator[Tap]:
    made = Tap(running.port)
    yield made
    made.close()


def test_no_name_leaves(running: Running, hub: MemoryHub, tap: Tap, tmp_path: Path) -> None:
    understand = Understander.load()
    brain = Brain(context=hub.store, understand=understand, clock=hub.clock)
    pipeline = brain.pipeline(values=values, act=hub.executor)
    telling = HomeTelling(brain, hub.store.view, understand, hub.clock)
    secret = tmp_path / "secret"
    settings = SyncConfig(service=tap.url, secret_file=secret)
    secret.write_text(running.secret(days=7))
    courier = open_courier(tmp_path / "hub", settings, hub.clock, telling=telling)
    courier.agree()
    for day in range(3):
        for number, text in enumerate(SAID):
            hub.advance(600.0)
            turn = TurnId(f"{day}-{number}")
            pipeline.run_turn(Utterance(turn, text, hub.clock.now_s(), device="sat"))
        hub.clock.advance(DAY_S - 600.0 * len(SAID))
    assert courier.now() == {"sent": 1, "waiting": 0, "error": ""}
    courier.close()
    running.land()
    said = set(running.landed()["src"].to_pylist())
    assert "turn on {name} in {area}" in said
    assert {"turn on {name}", "turn on the {name}"} & said
    heads, bodies = zip(*(request.split(b"\r\n\r\n", 1) for request in tap.requests), strict=True)
    [told] = [zstandard.decompress(b) for h, b in zip(heads, bodies, strict=True) if b"/batch" in h]
    files = [file.read_bytes() for file in running.settings.state_dir.rglob("*") if file.is_file()]
    landed = str(running.landed().to_pylist()).encode()
    for data in (*tap.requests, told, landed, *files):
        assert [word for word in CANARIES if word.encode() in data.lower()] == []
