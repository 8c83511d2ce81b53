"""What the service of a fleet takes in on one core, and what a batch weighs.

    python benchmarks/ingest.py [--hubs 200] [--batches 40] [--rows 20] [--connections 32] [--json]

``hubagent upstream serve`` as a process on one core, on a real socket and a real disk with every batch synced
before it is acknowledged; this process is the hubs: enrolment, tokens, batches over keep-alive
connections, no TLS. Batches are of 20 rows of words off the list that hubs may send, in random order, which compresses worse than
speech. Requests a second are told by the wall clock and, as the machine may be shared, by processor seconds of
the service alone. Each batch is then sent again and must be known.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hubagent import fleet
from hubagent.clock import SystemClock
from hubagent.config import UpstreamConfig
from hubagent.sync.scrub import public_words
from hubagent.upstream.tokens import signed_bytes
from hubagent.wire import CONTENT_TYPE, Batch, Row, batch_body, epoch_of, pack

if TYPE_CHECKING:
    from collections.abc import Sequence

SEED = 7
PORT = 8479


def batches(hubs: int, each: int, rows: int) -> tuple[list[list[bytes]], list[int]]:
    """Return the batches of each hub as sent, and the size of each before it was compressed."""
    generator = random.Random(SEED)  # noqa: S311
    words = sorted(public_words())
    epoch = epoch_of(SystemClock().now_s())

    def said() -> str:
        return " ".join(generator.choices([*words, "{name}", "{area}"], k=generator.randint(3, 7)))

    found: list[list[bytes]] = []
    sizes: list[int] = []
    for _ in range(hubs):
        found.append([])
        for seq in range(each):
            told = tuple(Row(said()[:80].strip(), said()[:80].strip(), 1, 1) for _ in range(rows))
            batch = Batch(epoch, seq, "en", told, 1, "0.1", 1)
            sizes.append(len(batch_body(batch)))
            found[-1].append(pack(batch))
    return found, sizes


class Line:
    """One keep-alive connection."""

    async def open(self) -> Line:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", PORT)
        return self

    async def ask(self, path: str, body: bytes, headers: str = "") -> tuple[int, bytes]:
        """Return status and body of the answer."""
        head = f"POST {path} HTTP/1.1\r\nHost: it\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        told = await self._reader.readuntil(b"\r\n\r\n")
        fields = dict(line.split(b": ", 1) for line in told.lower().split(b"\r\n")[1:-2])
        return int(told[9:12]), await self._reader.readexactly(int(fields[b"content-length"]))

    async def token(self, secret: str) -> str:
        """Enrol a hub; return its token."""
        key = Ed25519PrivateKey.generate()
        public = _base64(key.public_key().public_bytes_raw())
        asked = json.dumps({"public_key": public, "secret": secret}).encode()
        hub_id = json.loads((await self.ask("/v1/enrol", asked))[1])["hub_id"]
        at, nonce = int(SystemClock().now_s()), _base64(os.urandom(16))
        signature = _base64(key.sign(signed_bytes(hub_id, at, nonce)))
        fields = {"hub_id": hub_id, "time": at, "nonce": nonce, "signature": signature}
        return str(json.loads((await self.ask("/v1/token", json.dumps(fields).encode()))[1])["token"])  # fmt: skip

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


async def _all(
    lines: Sequence[Line], tokens: Sequence[str], each: Sequence[Sequence[bytes]]
) -> Counter[int]:
    """Hand in all batches, as many at once as there are lines; return how many had which status."""
    waiting = [(tokens[hub], body) for hub, told in enumerate(each) for body in told]
    random.Random(SEED).shuffle(waiting)  # noqa: S311
    statuses: Counter[int] = Counter()

    async def work(line: Line) -> None:
        while waiting:
            token, body = waiting.pop()
            headers = f"Authorization: Bearer {token}\r\nContent-Type: {CONTENT_TYPE}\r\n"
            statuses[(await line.ask("/v1/batch", body, headers))[0]] += 1

    await asyncio.gather(*map(work, lines))
    return statuses


def _processor_s(pid: int) -> float:
    """Return the processor seconds of a process so far (proc(5): utime, stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _measured(
    pid: int, secret: str, each: Sequence[Sequence[bytes]], connections: int
) -> dict[str, Any]:
    lines = [await Line().open() for _ in range(connections)]
    figures: dict[str, Any] = {}

    def note(what: str, count: int, since: tuple[float, float]) -> None:
        wall_s, own_s = time.perf_counter() - since[0], _processor_s(pid) - since[1]
        figures[what] = {"requests": count, "per_s": round(count / wall_s), "per_core_s": round(count / own_s)}  # fmt: skip

    began = (time.perf_counter(), _processor_s(pid))
    tokens = [await lines[0].token(secret) for _ in each]
    note("enrolments with a token, one after the other", 2 * len(each), began)
    total = sum(map(len, each))
    for what, status in (("new batches", 202), ("batches had before", 200)):
        began = (time.perf_counter(), _processor_s(pid))
        statuses = await _all(lines, tokens, each)
        note(what, total, began)
        if statuses != {status: total}:
            raise SystemExit(f"{what}: expected {total} answers {status}, got {dict(statuses)}")
    for line in lines:
        line.close()
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--hubs", type=int, default=200)
    parser.add_argument("--batches", type=int, default=40)
    parser.add_argument("--rows", type=int, default=20)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    each, sizes = batches(given.hubs, given.batches, given.rows)
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        settings = Path(folder) / "hubagent.toml"
        settings.write_text(
            f'[upstream]\nport = {PORT}\nstate_dir = "{state}"\nland_every_s = 86400\n'
            "batches_per_hour = 10000\nenrolments_per_hour = 1000000\nbuckets = 16\n"
        )
        config = UpstreamConfig(state_dir=state)
        secret = fleet.add_secret(config, uses=given.hubs, days=1, note="")["secret"]
        command = [sys.executable, "-m", "hubagent", "upstream", "serve", "--config", str(settings)]
        core = max(os.sched_getaffinity(0))
        served = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        os.sched_setaffinity(served.pid, {core})  # before it has any threads
        try:
            _wait_for(served)
            figures = asyncio.run(_measured(served.pid, secret, each, given.connections))
            resident = Path(f"/proc/{served.pid}/status").read_text().partition("VmHWM:")[2].split()[0]  # fmt: skip
        finally:
            served.terminate()
            served.wait(30)
        landed = _landed(config)
    packed = [len(body) for told in each for body in told]
    figures["bytes a batch"] = {
        "rows": given.rows, "msgpack": round(sum(sizes) / len(sizes)), "sent": round(sum(packed) / len(packed))
    }  # fmt: skip
    figures["landed"] = landed
    figures["peak resident MB"] = round(int(resident) / 1024)
    sys.stdout.write(json.dumps(figures, indent=None if given.json else 2) + "\n")


def _wait_for(served: subprocess.Popen[bytes]) -> None:
    while served.poll() is None:
        try:
            asyncio.run(_opened())
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the service ended")


async def _opened() -> None:
    (await Line().open()).close()


def _landed(config: UpstreamConfig) -> dict[str, Any]:
    """Land everything in one go and return how long that took, and how large the files are."""
    from hubagent.upstream.landing import Landing
    from hubagent.upstream.received import Received
    from hubagent.upstream.store import Store

    received = Received(config.state_dir / "received.sqlite3")
    landing = Landing(received, Store(config.landing_url))
    began_s = time.perf_counter()
    done = landing.run()
    took_s = time.perf_counter() - began_s
    landing.close()
    received.close()
    files = list(config.state_dir.glob("landed/raw/*/*/*.parquet"))
    rows = sum(pq.read_metadata(file).num_rows for file in files)
    if rows != done.rows:
        raise SystemExit(f"{rows} rows in files, {done.rows} landed")
    size = sum(file.stat().st_size for file in files)
    return {"rows": rows, "rows_per_s": round(rows / took_s), "bytes_a_row": round(size / rows, 1)}


if __name__ == "__main__":
    main()
