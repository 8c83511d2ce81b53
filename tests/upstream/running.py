"""The real service on a real socket of this machine, by a clock that is moved by hand."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import threading
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hubagent.sync.client import Client, Identity
from hubagent.upstream.app import make_app
from hubagent.upstream.intake import Intake, registry_in
from hubagent.upstream.raw import RAW
from hubagent.upstream.tokens import signed_bytes
from hubagent.wire import CONTENT_TYPE, Batch, Row, epoch_of, pack

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from hubagent.clock import ManualClock
    from hubagent.config import UpstreamConfig


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def error(self) -> str:
        """The short code of a refusal."""
        return str(json.loads(self.body)["error"])


class Running:
    """A service from building until :meth:`stop`; what it keeps is there for the next one."""

    def __init__(self, settings: UpstreamConfig, clock: ManualClock) -> None:
        self.settings, self.clock = settings, clock
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(started,))
        self._thread.start()
        assert started.wait(10.0)

    def _serve(self, started: threading.Event) -> None:
        async def served() -> None:
            self.intake = Intake(self.settings, self.clock)
            app = make_app(self.intake, self.settings.tables_folder)
            config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="on")
            self._server = uvicorn.Server(config)
            started.set()  # the socket listens already: who comes early waits
            await self._server.serve([self._socket])

        self.settings.tables_folder.mkdir(parents=True, exist_ok=True)
        self._loop.run_until_complete(served())
        self._loop.close()

    def stop(self) -> None:
        """End it as a signal would."""
        self._server.should_exit = True
        self._thread.join(20.0)
        assert not self._thread.is_alive()

    def do(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run some work on the service's own event loop."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30.0)

    def land(self) -> None:
        """Do now what the service does every quarter of an hour."""
        self.do(self.intake.upkeep())

    def secret(self, uses: int = 99, days: int = 1) -> str:
        """Return a new secret to enrol by."""
        registry = registry_in(self.settings.state_dir)
        try:
            return registry.add_secret(uses=uses, ends_s=self.clock.now_s() + days * 86_400.0)[1]
        finally:
            registry.close()

    def client(self, identity: Identity | None = None, secret: str | None = None) -> Client:
        """Return a hub's own client."""
        given = self.secret() if secret is None else secret
        return Client(self.url, identity or Identity(), self.clock, secret=given)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer to one request, however odd."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20.0)
        try:
            connection.request(method, path, body, dict(headers or {}))
            reply = connection.getresponse()
            return Answer(reply.status, reply.read(), {k.lower(): v for k, v in reply.getheaders()})
        finally:
            connection.close()

    def send(self, token: str, body: bytes, **headers: str) -> Answer:
        """Hand in bytes as a batch."""
        given = {"Authorization": f"Bearer {token}", "Content-Type": CONTENT_TYPE, **headers}
        return self.ask("POST", "/v1/batch", body, given)

    def post(self, path: str, document: object) -> Answer:
        """Hand in JSON."""
        return self.ask("POST", path, json.dumps(document).encode())

    def landed(self) -> pa.Table:
        """Return all rows that have landed, by epoch, hub and number."""
        files = sorted(self.settings.state_dir.glob("landed/raw/epoch=*/bucket=*/*.parquet"))
        tables = [pq.ParquetFile(file).read() for file in files]
        for table in tables:
            assert table.schema == RAW
        found = pa.concat_tables(tables) if tables else RAW.empty_table()
        return found.sort_by([(key, "ascending") for key in ("epoch", "hub", "seq", "src")])


@dataclass
class RawHub:
    """A hub that says what it is told to, right or wrong."""

    service: Running
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    hub_id: str = ""

    def enrol(self, secret: str | None = None) -> Answer:
        """Ask to be let in."""
        given = self.service.secret() if secret is None else secret
        public = base64(self.key.public_key().public_bytes_raw())
        answer = self.service.post("/v1/enrol", {"public_key": public, "secret": given})
        if answer.status in (200, 201):
            self.hub_id = json.loads(answer.body)["hub_id"]
        return answer

    def asked(self, *, at: int | None = None, nonce: bytes = b"") -> dict[str, Any]:
        """Return what a token is asked for with."""
        time = int(self.service.clock.now_s()) if at is None else at
        nonce = nonce or os.urandom(16)
        signature = self.key.sign(signed_bytes(self.hub_id, time, base64(nonce)))
        return {
            "hub_id": self.hub_id, "time": time, "nonce": base64(nonce), "signature": base64(signature)
        }  # fmt: skip

    def token(self) -> str:
        """Return a token; enrols first when it must."""
        if not self.hub_id:
            assert self.enrol().status == 201
        return str(json.loads(self.service.post("/v1/token", self.asked()).body)["token"])


def base64(data: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def batch(
    clock: ManualClock, seq: int, *words: str, epoch: int | None = None, **more: Any
) -> bytes:  # fields of a batch
    """Return a batch of this week in which each of these words came to nothing."""
    week = epoch_of(clock.now_s()) if epoch is None else epoch
    rows = tuple(Row(text, 2) for text in words or ("lights of",))
    return pack(Batch(week, seq, more.pop("locale", "en"), rows, **more))
