"""Either side is killed, the disk fills: what was acknowledged lands, and nothing lands twice."""

from __future__ import annotations

import random
import resource
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

import hub_process
import pyarrow.parquet as pq
import pytest

from hubagent import fleet
from hubagent.clock import SystemClock
from hubagent.config import UpstreamConfig
from hubagent.sync.client import Client, Identity, LaterError
from hubagent.wire import Batch, Row, epoch_of, pack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAND_EVERY_S = 0.1
STEPS = 15
NO_LIMIT = resource.RLIM_INFINITY


class Process:
    """`hubagent upstream serve`, started and killed as often as one likes."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.state = folder / "state"
        self._file = folder / "hubagent.toml"
        self._file.write_text(
            f'[upstream]\nport = {self.port}\nstate_dir = "{self.state}"\n'
            f"land_every_s = {LAND_EVERY_S}\nbuckets = 3\nbatches_per_hour = 10_000\n"
        )
        settings = UpstreamConfig(state_dir=self.state)
        self.secret = str(fleet.add_secret(settings, uses=99, days=1, note="")["secret"])
        self.start()

    def start(self) -> None:
        command = [
            sys.executable, "-m", "hubagent", "upstream", "serve", "--config", str(self._file)
        ]  # fmt: skip
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10.0)

    def limit_files(self, most: int) -> None:
        """Let no file of the process grow beyond so many bytes: to it the disk is full."""
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (most, NO_LIMIT))

    def landed(self) -> Counter[str]:
        files = self.state.glob("landed/raw/*/*/*.parquet")
        return Counter(src for file in files for src in pq.ParquetFile(file).read()["src"].to_pylist())  # fmt: skip

    def lands(self, wanted: Counter[str]) -> None:
        """Wait until just this has landed, and see that nothing comes after it."""
        deadline_s = SystemClock().monotonic_s() + 20.0
        while self.landed() != wanted and SystemClock().monotonic_s() < deadline_s:
            time.sleep(0.1)
        time.sleep(3 * LAND_EVERY_S)
        assert self.landed() == wanted


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Process]:
    made = Process(tmp_path)
    yield made
    made.kill()


@contextmanager
def _hub(service: Process, folder: Path, name: str) -> Iterator[subprocess.Popen[str]]:
    command = [
        sys.executable, hub_process.__file__, str(folder / name), service.url, service.secret, name, str(STEPS)
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_both_sides_are_killed_at_any_time(service: Process, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    moments = random.Random(seed)  # noqa: S311 # it says when, not what
    for _ in range(5):
        with _hub(service, tmp_path, "one"), _hub(service, tmp_path, "two"):
            time.sleep(moments.uniform(0.3, 1.0))
            if moments.random() < 0.7:
                service.kill()
                service.start()
                time.sleep(moments.uniform(0.0, 0.5))
    for name in ("one", "two"):
        with _hub(service, tmp_path, name) as hub:
            assert hub.communicate(timeout=40.0)[0] == "done\n", f"seed {seed}"
    service.lands(Counter(f"{name} {n}" for name in ("one", "two") for n in range(STEPS)))


def test_a_full_disk_refuses_and_goes_on_when_there_is_room(service: Process) -> None:
    client = Client(service.url, Identity(), SystemClock(), secret=service.secret)
    acknowledged: list[int] = []
    refused: list[int] = []
    waits: set[float] = set()

    def send(number: int) -> None:
        row = Row(f"words {number}", 2)
        body = pack(Batch(epoch_of(SystemClock().now_s()), number, "en", (row,)))
        try:
            client.send(body)
        except LaterError as error:
            if "503" not in str(error):
                raise
            waits.add(error.after_s)
            refused.append(number)
        else:
            acknowledged.append(number)

    deadline_s = SystemClock().monotonic_s() + 20.0
    while not acknowledged:
        try:
            send(0)
        except LaterError:  # it is not up yet
            assert SystemClock().monotonic_s() < deadline_s
            time.sleep(0.05)
    for number in range(1, 8):
        send(number)
    service.limit_files(service.state.joinpath("received.sqlite3-wal").stat().st_size + 10_000)
    for number in range(8, 40):
        send(number)
    assert refused
    assert waits == {60.0}
    assert len(acknowledged) >= 8
    service.limit_files(NO_LIMIT)
    for number in refused[:]:
        send(number)
    service.lands(Counter(f"words {number}" for number in range(40)))
