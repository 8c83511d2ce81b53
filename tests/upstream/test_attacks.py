"""What the service does not take, however it comes."""

from __future__ import annotations

import json
import socket
import tracemalloc
from typing import TYPE_CHECKING, Any

import jwt
import msgpack
import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from running import RawHub, base64, batch

from hubagent.sync.client import LaterError
from hubagent.upstream import app
from hubagent.upstream.landing import MERGE_AT
from hubagent.upstream.store import Store
from hubagent.wire import BATCH, CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable

    from running import Running

    from hubagent.clock import ManualClock


@pytest.fixture
def hub(service: Running) -> RawHub:
    made = RawHub(service)
    assert made.enrol().status == 201
    return made


def _nothing_was_taken(service: Running) -> bool:
    service.land()
    return not service.landed()["src"].to_pylist()


# --- who it is ------------------------------------------------------------------------------------


def test_tokens_that_were_not_made_here_are_none(
    service: Running, hub: RawHub, clock: ManualClock
) -> None:
    good = hub.token()
    key = (service.settings.state_dir / "token.key").read_bytes()
    claims = jwt.decode(good, options={"verify_signature": False})
    header, payload, signature = good.split(".")
    other = base64(json.dumps({**claims, "sub": "f" * 32}).encode())
    private = Ed25519PrivateKey.generate()
    forged = {
        "none": jwt.encode(claims, "", algorithm="none"),
        "None, spelt otherwise": f"{base64(json.dumps({'alg': 'nOnE'}).encode())}.{payload}.",
        "another key": jwt.encode(claims, bytes(32), algorithm="HS256"),
        "another algorithm": jwt.encode(claims, private, algorithm="EdDSA"),
        "another hash": jwt.encode(claims, key + key, algorithm="HS512"),
        "another hub": f"{header}.{other}.{signature}",
        "another audience": jwt.encode({**claims, "aud": "else"}, key),
        "no end": jwt.encode({k: v for k, v in claims.items() if k != "exp"}, key),
        "an end that is no number": jwt.encode({**claims, "exp": "never"}, key),
        "not yet": jwt.encode({**claims, "iat": claims["iat"] + 600}, key),
        "cut": good[:-1],
        "nothing": "",
        "dots": "..",
    }
    taken = {how: service.send(token, batch(clock, 1)).status for how, token in forged.items()}
    assert taken == dict.fromkeys(forged, 401)
    assert service.send(good, batch(clock, 1)).status == 202


def test_a_token_of_a_hub_that_never_enrolled_is_told_so(
    service: Running, hub: RawHub, clock: ManualClock
) -> None:
    key = (service.settings.state_dir / "token.key").read_bytes()
    claims = jwt.decode(hub.token(), options={"verify_signature": False})
    answer = service.send(jwt.encode({**claims, "sub": "f" * 32}, key), batch(clock, 1))
    assert (answer.status, answer.error) == (401, "unknown_hub")


def test_a_token_is_good_for_an_hour(service: Running, hub: RawHub, clock: ManualClock) -> None:
    token = hub.token()
    clock.advance(service.settings.token_s - 1)
    assert service.send(token, batch(clock, 1)).status == 202
    clock.advance(2)
    assert service.send(token, batch(clock, 2)).error == "token"


def test_a_token_request_counts_once_and_only_now(
    service: Running, hub: RawHub, clock: ManualClock
) -> None:
    asked = hub.asked()
    assert service.post("/v1/token", asked).status == 200
    again = service.post("/v1/token", asked)
    assert (again.status, again.error) == (401, "replay")
    clock.advance(301)
    late = service.post("/v1/token", hub.asked(at=asked["time"], nonce=b"another number.."))
    assert (late.status, late.error) == (401, "clock")
    assert json.loads(late.body)["now"] == int(clock.now_s())
    assert service.post("/v1/token", asked).error == "clock"  # its number may be forgotten by now


def test_a_token_is_for_who_has_the_key(service: Running, hub: RawHub) -> None:
    thief = RawHub(service, hub_id=hub.hub_id)
    assert service.post("/v1/token", thief.asked()).error == "signature"
    asked = {**hub.asked(), "nonce": base64(b"another number..")}
    assert service.post("/v1/token", asked).error == "signature"
    assert service.post("/v1/token", {**hub.asked(), "hub_id": "f" * 32}).error == "unknown_hub"


def test_a_revoked_hub_is_out_at_once_and_cannot_come_back(
    service: Running, clock: ManualClock
) -> None:
    from hubagent.upstream.intake import registry_in

    secret = service.secret()
    hub = RawHub(service)
    hub.enrol(secret)
    token = hub.token()
    registry = registry_in(service.settings.state_dir)
    registry.revoke(hub.hub_id)
    registry.close()
    assert service.send(token, batch(clock, 1)).error == "revoked"
    assert service.post("/v1/token", hub.asked(nonce=b"another number..")).error == "revoked"
    assert hub.enrol(secret).error == "revoked"


def test_strangers_cannot_use_up_what_may_enrol_in_an_hour(serve: Callable[..., Running]) -> None:
    service = serve(enrolments_per_hour=2)
    assert [RawHub(service).enrol("guessed").status for _ in range(5)] == [403] * 5
    assert [RawHub(service).enrol().status for _ in range(3)] == [201, 201, 429]


# --- what comes -----------------------------------------------------------------------------------


def _bomb() -> bytes:
    """Return 100 MB of nothing in a few bytes, its size told."""
    return zstandard.ZstdCompressor(19).compress(bytes(100 << 20))


def _silent_bomb() -> bytes:
    """Return the same without a word of its size."""
    return zstandard.ZstdCompressor(19, write_content_size=False).compress(bytes(100 << 20))


def _lying_bomb() -> bytes:
    """Return a frame that says it is small and is not."""
    frame = bytearray(zstandard.ZstdCompressor(19, write_checksum=False).compress(bytes(1 << 20)))
    assert frame[4] >> 6 == 2  # four bytes of content size behind the descriptor
    place = 5 if frame[4] & 32 else 6
    frame[place : place + 4] = (1000).to_bytes(4, "little")
    return bytes(frame)


def _packed(document: object) -> bytes:
    return zstandard.ZstdCompressor().compress(msgpack.packb(document))


_NO_BATCHES = [
    b"",
    b"no frame",
    _bomb(),
    _silent_bomb(),
    _lying_bomb(),
    _packed([1, 2900, b"", 0, "en", [["a", 2, 1, 0, 0]] * (BATCH.rows + 1)]),
    _packed([1, 2900, b"", 0, "en", [["a" * (BATCH.text + 1), 2, 1, 0, 0]]]),
    _packed([1, 2900, b"", 0, "en", [["a\u202eb", 2, 1, 0, 0]]]),
    _packed([1, 2900, b"", 0, "en", [["a", 2, 200, 0, 0]]]),
    _packed([1, 2900, b"", -1, "en", []]),
    _packed({"v": 1}),
    zstandard.ZstdCompressor().compress(b"\x91" * 60_000),
    zstandard.ZstdCompressor().compress(b"\xdd\xff\xff\xff\xff"),
]


def test_bytes_that_are_no_batch_cost_nothing(service: Running, hub: RawHub) -> None:
    token = hub.token()
    tracemalloc.start()
    try:
        statuses = [service.send(token, body).status for body in _NO_BATCHES]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert statuses == [400] * len(_NO_BATCHES)
    assert peak < 8 << 20
    assert _nothing_was_taken(service)


def test_what_a_hub_may_not_say_of_itself(
    service: Running, hub: RawHub, clock: ManualClock
) -> None:
    token = hub.token()
    answers = [
        service.send(token, batch(clock, 1, hub=bytes(16))),
        service.send(token, batch(clock, 1, locale="the locale")),
        service.send(token, batch(clock, (1 << 64) - 1)),
        service.send(token, _packed([2, 2900, b"", 0, "en", []])),
        service.send(token, batch(clock, 1), **{"Content-Type": "application/json"}),
    ]
    assert [(answer.status, answer.error) for answer in answers] == [
        (422, "hub"), (422, "locale"), (422, "seq"), (415, "version"), (415, "type"),
    ]  # fmt: skip
    assert _nothing_was_taken(service)


def test_a_large_body_is_refused_before_it_is_read(service: Running, hub: RawHub) -> None:
    token = hub.token()
    head = (
        f"POST /v1/batch HTTP/1.1\r\nHost: it\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\n"
    )
    with socket.create_connection(("127.0.0.1", service.port), 10.0) as line:
        line.sendall(f"{head}Content-Length: 1000000000\r\n\r\n".encode())
        assert line.recv(4096).startswith(b"HTTP/1.1 413 ")
    with socket.create_connection(("127.0.0.1", service.port), 10.0) as line:
        line.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        line.sendall(b"4000\r\n" + bytes(0x4000) + b"\r\n" + b"1\r\n\x00\r\n")  # and no end
        assert line.recv(4096).startswith(b"HTTP/1.1 413 ")
    assert service.post("/v1/enrol", {"public_key": "A" * 5000, "secret": ""}).status == 413


def test_a_slow_body_is_not_waited_for(
    service: Running, hub: RawHub, monkeypatch: pytest.MonkeyPatch, clock: ManualClock
) -> None:
    monkeypatch.setattr(app, "_BODY_S", 0.3)
    token = hub.token()
    with socket.create_connection(("127.0.0.1", service.port), 10.0) as line:
        line.sendall(
            f"POST /v1/batch HTTP/1.1\r\nHost: it\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: 500\r\n\r\nxyz".encode()
        )
        assert line.recv(4096).startswith(b"HTTP/1.1 408 ")
    assert service.send(token, batch(clock, 1)).status == 202


def test_who_hangs_up_disturbs_nobody(service: Running, hub: RawHub, clock: ManualClock) -> None:
    token, body = hub.token(), batch(clock, 1)
    head = (
        f"POST /v1/batch HTTP/1.1\r\nHost: it\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    for cut in (len(head) // 2, len(head) + 10, len(head) + len(body)):
        with socket.create_connection(("127.0.0.1", service.port), 10.0) as line:
            line.sendall((head + body)[:cut])
    assert service.send(token, body).status in (200, 202)
    service.land()
    assert service.landed().num_rows == 1


_NO_DOCUMENTS = [
    b"", b"[]", b"null", b"{", b"\xff", b"[" * 4000, b'{"public_key": 1, "secret": ""}',
    b'{"public_key": "\\ud800", "secret": "\\ud800"}', b'{"public_key": "AA", "secret": "x"}',
    b'{"hub_id": "\\ud800", "time": 1, "nonce": "", "signature": ""}',
    b'{"hub_id": "a", "time": 1' + b"0" * 900 + b', "nonce": "", "signature": ""}',
    b'{"hub_id": "a", "time": -1, "nonce": "", "signature": ""}',
]  # fmt: skip


def test_odd_json_is_refused(service: Running) -> None:
    for path in ("/v1/enrol", "/v1/token"):
        statuses = [service.ask("POST", path, body).status for body in _NO_DOCUMENTS]
        assert statuses == [400] * len(_NO_DOCUMENTS)


def test_odd_addresses_are_refused(service: Running, hub: RawHub) -> None:
    bearer = {"Authorization": f"Bearer {hub.token()}"}
    for epoch, status in (("0", 410), ("9" * 5000, 404), ("-1", 404), ("²", 404), ("x", 404)):
        path = f"/v1/epoch/{epoch}".encode().decode("latin-1")
        quoted = path.encode("latin-1").hex(":").split(":")
        answer = service.ask("DELETE", "/%" + "%".join(quoted[1:]) if len(epoch) < 9 else path, None, bearer)  # fmt: skip
        assert answer.status == status, epoch
    assert service.ask("GET", "/v1/batch").status == 405
    assert service.ask("GET", "/elsewhere").error == "http"


# --- too much -------------------------------------------------------------------------------------


def test_a_hub_that_sends_too_often_is_told_when_to_come_back(
    serve: Callable[..., Running], clock: ManualClock
) -> None:
    service = serve(batches_per_hour=3)
    hub, other = RawHub(service), RawHub(service)
    token = hub.token()
    answers = [service.send(token, batch(clock, seq)) for seq in range(5)]
    assert [answer.status for answer in answers] == [202, 202, 202, 429, 429]
    wait_s = int(answers[-1].headers["retry-after"])
    assert 0 < wait_s <= 1200
    assert service.send(other.token(), batch(clock, 1)).status == 202
    clock.advance(wait_s)
    assert service.send(token, batch(clock, 3)).status == 202


def test_the_hub_s_client_waits_as_long_as_it_is_told(
    serve: Callable[..., Running], clock: ManualClock
) -> None:
    client = serve(batches_per_hour=1).client()
    assert client.send(batch(clock, 1))
    with pytest.raises(LaterError) as caught:
        client.send(batch(clock, 2))
    clock.advance(caught.value.after_s)
    assert client.send(batch(clock, 2))


def test_a_hub_with_another_clock_is_told_the_time(service: Running, clock: ManualClock) -> None:
    from hubagent.clock import ManualClock as Other
    from hubagent.sync.client import Client, Identity

    for off_s in (-3 * 86_400.0, -290.0, 290.0, 3 * 86_400.0):
        own = Other(clock.now_s() + off_s)
        client = Client(service.url, Identity(), own, secret=service.secret())
        assert client.send(batch(clock, 1))


def test_many_names_of_limits_are_forgotten_when_they_may_be(clock: ManualClock) -> None:
    from hubagent.upstream.limits import RateLimit

    limit: Any = RateLimit(2, clock)
    limit._tidy_at = 10
    assert limit.wait_s("kept") == limit.wait_s("kept") == 0.0
    for number in range(9):
        limit.wait_s(str(number))
    clock.advance(1800.0)
    limit.wait_s("one more")
    assert set(limit._free_at) == {"kept", "one more"}
    assert limit.wait_s("kept") == 0.0
    assert limit.wait_s("kept") > 0.0


def test_a_landing_that_is_cut_anywhere_goes_on(
    serve: Callable[..., Running], clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk gives up before or after each single file of a landing and a merge."""
    service = serve(buckets=1)
    client, seq = service.client(), 0
    real = Store.write
    for fails_at in range(MERGE_AT + 6):
        for before in (True, False):
            calls = 0

            def write(self: Any, path: str, data: bytes, *, at: int = fails_at % 3, first: bool = before) -> None:  # fmt: skip
                nonlocal calls
                calls += 1
                if calls == at + 1 and first:
                    raise OSError("the disk is gone")
                real(self, path, data)
                if calls == at + 1:
                    raise OSError("the disk is gone")

            client.send(batch(clock, seq, f"words {seq}"))
            seq += 1
            monkeypatch.setattr(Store, "write", write)
            service.land()
            monkeypatch.setattr(Store, "write", real)
            clock.advance(120.0)
    service.land()
    landed = service.landed()["src"].to_pylist()
    assert sorted(landed) == sorted(f"words {number}" for number in range(seq))
