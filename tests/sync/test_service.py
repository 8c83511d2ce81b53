"""Hub and service, both real, over TLS on loopback: what is sent is landed once, whoever is killed when."""

from __future__ import annotations

import datetime
import ipaddress
import json
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hubagent.clock import SystemClock
from hubagent.evidence import Request, Transition
from hubagent.sync.choose import DAY_S
from hubagent.sync.client import Client, Identity, LaterError, RefusedError
from hubagent.sync.courier import Courier, Service
from hubagent.sync.outbox import FILE_NAME, Outbox
from hubagent.wire import BATCH, Batch, Row, epoch_of, pack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

pytest.importorskip("hubagent.upstream.serve", reason="the service is an extra")


LAND_EVERY_S = 0.2


class ServiceProcess:
    """`hubagent upstream serve` as its operator starts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca_file = folder / "cert.pem"
        _make_certificate(self.ca_file, folder / "key.pem")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.settings = folder / "hubagent.toml"
        self.settings.write_text(
            f'[upstream]\nport = {self.port}\nstate_dir = "{folder / "state"}"\nland_every_s = {LAND_EVERY_S}\n'
            f'tls_cert_file = "{self.ca_file}"\ntls_key_file = "{folder / "key.pem"}"\nbuckets = 4\n'
        )
        self.url = f"https://127.0.0.1:{self.port}"
        self.secret = json.loads(self._command("secrets", "add", "--uses", "9", "--json"))["secret"]
        self.process: subprocess.Popen[bytes] | None = None

    def _command(self, *words: str) -> str:
        command = [
            sys.executable,
            "-m",
            "hubagent",
            "upstream",
            *words,
            "--config",
            str(self.settings),
        ]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "hubagent",
            "upstream",
            "serve",
            "--config",
            str(self.settings),
        ]
        self.process = subprocess.Popen(command)
        deadline_s = SystemClock().monotonic_s() + 30.0
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
            except OSError:
                assert SystemClock().monotonic_s() < deadline_s, "the service did not start"
                assert self.process.poll() is None, "the service ended"
                time.sleep(0.02)
            else:
                return

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(30.0)
            self.process = None

    def lands(self, wanted: Mapping[str, int]) -> None:
        """Wait until just this has landed, and see that nothing comes after it."""
        deadline_s = SystemClock().monotonic_s() + 20.0
        while self._landed() != wanted and SystemClock().monotonic_s() < deadline_s:
            time.sleep(0.05)
        time.sleep(2 * LAND_EVERY_S)
        assert self._landed() == wanted

    def _landed(self) -> Counter[str]:
        """Return how often each source is in the landed files."""
        parquet = import_module("pyarrow.parquet")
        found: Counter[str] = Counter()
        for file in (self.folder / "state" / "landed").rglob("*.parquet"):
            try:
                table = parquet.ParquetFile(file).read(["src"])
            except FileNotFoundError:
                continue  # rewritten meanwhile
            found.update(table.column("src").to_pylist())
        return found


def _make_certificate(cert: Path, key_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hubagent test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@pytest.fixture
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    made = ServiceProcess(tmp_path_factory.mktemp("service"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """One for all tests of which nothing lands."""
    made = ServiceProcess(tmp_path_factory.mktemp("standing"))
    made.start()
    yield made
    made.stop()


class _Told:
    """A home that has said the same things on two days of this week, or of the last where it has just begun."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def transitions(self, since_s: float) -> Iterator[Transition]:
        now_s = SystemClock().now_s()
        for at_s in (now_s - DAY_S, now_s):
            for words in self.words:
                if at_s >= since_s - 2 * DAY_S:
                    yield Transition(at_s, Request(words), None, 0.1, frozenset(), False)

    def failures(self, since_s: float) -> Mapping[str, int]:
        return {}

    def scrub(self, request: Request) -> str | None:
        return request.words


@pytest.fixture
def hub(tmp_path: Path, service: ServiceProcess) -> Iterator[Callable[..., Courier]]:
    made: list[Courier] = []

    def begin(name: str, *words: str) -> Courier:
        place = Service(service.url, service.secret, service.ca_file)
        outbox = Outbox(tmp_path / name / FILE_NAME)
        made.append(Courier(outbox, place, SystemClock(), telling=_Told(*words)))
        made[-1].agree()
        return made[-1]

    yield begin
    for one in made:
        one.close()


def _client(service: ServiceProcess, identity: Identity | None = None) -> Client:
    return Client(
        service.url,
        identity or Identity(),
        SystemClock(),
        secret=service.secret,
        ca_file=service.ca_file,
    )


def _body(seq: int, src: str = "lights of", **more: Any) -> bytes:
    epoch = more.pop("epoch", epoch_of(SystemClock().now_s()))
    return pack(Batch(epoch=epoch, seq=seq, locale="en", rows=(Row(src, 2),), **more))


def test_what_is_told_lands_once(service: ServiceProcess, hub: Callable[..., Courier]) -> None:
    assert hub("one", "lights of", "put on {name}").now()["error"] == ""
    assert hub("two", "lights of").now() == {"sent": 1, "waiting": 0, "error": ""}
    assert hub("one", "lights of").now()["error"] == ""
    service.lands({"lights of": 2, "put on {name}": 1})


def test_the_same_batch_counts_once_and_another_hub_s_of_the_same_number_besides(
    service: ServiceProcess,
) -> None:
    client = _client(service)
    assert [client.send(_body(0)) for _ in range(3)] == [True, False, False]
    assert _client(service).send(_body(0))
    service.lands({"lights of": 2})


def test_the_network_goes_away_and_comes_back(
    service: ServiceProcess, hub: Callable[..., Courier]
) -> None:
    courier = hub("one", "lights of")
    service.stop()
    gone = courier.now()
    assert "cannot be reached" in gone["error"]
    assert gone["waiting"] == 1
    service.start()
    assert courier.now() == {"sent": 1, "waiting": 0, "error": ""}
    service.lands({"lights of": 1})


def test_the_service_is_killed_while_hubs_send(service: ServiceProcess) -> None:
    """What was acknowledged lands, once; what was not may be sent again, and lands once too."""
    identity, acknowledged = Identity(), 0
    client = _client(service, identity)
    for round_ in range(3):
        for number in range(6):
            client.send(_body(6 * round_ + number, f"words {6 * round_ + number}"))
            acknowledged += 1
        service.stop(signal.SIGKILL)
        with pytest.raises(LaterError):
            client.send(_body(99))
        service.start()
    again = _client(service, identity)
    assert [again.send(_body(n, f"words {n}")) for n in range(acknowledged)] == [
        False
    ] * acknowledged
    service.lands({f"words {n}": 1 for n in range(acknowledged)})


def test_erasing_takes_back_what_the_service_has(
    service: ServiceProcess, hub: Callable[..., Courier]
) -> None:
    courier, other = hub("one", "lights of"), hub("two", "lights of")
    courier.now()
    other.now()
    erased = courier.refuse(erase=True)
    assert erased == {"agreed": False, "erased": True, "deleted": 1, "error": ""}
    service.lands({"lights of": 1})


def test_a_service_with_another_certificate_is_not_spoken_to(standing: ServiceProcess) -> None:
    with pytest.raises(LaterError, match="certificate"):
        Client(standing.url, Identity(), SystemClock(), secret=standing.secret).send(_body(0))


def test_who_has_no_secret_does_not_enrol(standing: ServiceProcess) -> None:
    with pytest.raises(RefusedError) as caught:
        Client(standing.url, Identity(), SystemClock(), ca_file=standing.ca_file).send(_body(0))
    assert caught.value.status == 403


def test_a_clock_that_is_off_by_hours_is_no_hindrance(standing: ServiceProcess) -> None:
    class Ahead(SystemClock):
        def now_s(self) -> float:
            return super().now_s() + 7 * 3600.0

    client = Client(
        standing.url, Identity(), Ahead(), secret=standing.secret, ca_file=standing.ca_file
    )
    assert client.send(_body(0))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"no frame", 400),
        (_body(0, epoch=2000), 409),
        (bytes(BATCH.packed + 1), 413),
    ],
)
def test_what_it_will_not_take_it_says_so(
    standing: ServiceProcess, body: bytes, status: int
) -> None:
    with pytest.raises(RefusedError) as caught:
        _client(standing).send(body)
    assert caught.value.status == status
