"""What the client makes of answers, good and bad; the real service is in test_service.py."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hubagent.clock import ManualClock
from hubagent.errors import HubagentError
from hubagent.sync.client import Client, Identity, LaterError, RefusedError
from hubagent.wire import CONTENT_TYPE

Scripted = Any
OPEN = "sesame"


def _client(scripted: Scripted, identity: Identity | None = None) -> Client:
    return Client(scripted.url, identity or Identity(), ManualClock(), secret=OPEN)


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_hub_enrols_once_proves_who_it_is_and_hands_in(scripted: Scripted) -> None:
    identity = Identity()
    client = _client(scripted, identity)
    assert client.send(b"one")
    assert client.send(b"two")
    assert scripted.paths() == ["/v1/enrol", "/v1/token", "/v1/batch", "/v1/batch"]
    enrolled = json.loads(scripted.asked[0][3])
    asked = json.loads(scripted.asked[1][3])
    assert enrolled["secret"] == OPEN
    signed = f"hubagent-token-1\nhub-1\n{asked['time']}\n{asked['nonce']}".encode()
    Ed25519PublicKey.from_public_bytes(_bytes(enrolled["public_key"])).verify(
        _bytes(asked["signature"]), signed
    )
    _, _, headers, body = scripted.asked[2]
    assert body == b"one"
    assert headers["Authorization"] == "Bearer t"
    assert headers["Content-Type"] == CONTENT_TYPE
    again = Identity.from_text(identity.as_text())
    assert again.hub_id == "hub-1"
    assert again.key.private_bytes_raw() == identity.key.private_bytes_raw()


def test_what_the_service_had_is_no_news(scripted: Scripted) -> None:
    scripted.answers["/v1/batch"] = [(200, {}, {})]
    assert not _client(scripted).send(b"one")


def test_an_expired_token_is_renewed_once(scripted: Scripted) -> None:
    scripted.answers["/v1/batch"] = [(401, {"error": "token"}, {}), (202, {}, {})]
    assert _client(scripted).send(b"one")
    scripted.answers["/v1/batch"] = [(401, {"error": "token"}, {})]
    with pytest.raises(RefusedError) as caught:
        _client(scripted).send(b"one")
    assert caught.value.status == 401


def test_a_clock_that_is_off_is_put_right_for_the_signature(scripted: Scripted) -> None:
    scripted.answers["/v1/token"] = [
        (401, {"error": "clock", "now": 1_800_000_000}, {}),
        (200, {"token": "t", "expires": 4e9}, {}),
    ]
    assert _client(scripted).send(b"one")
    times = [json.loads(body)["time"] for _, path, _, body in scripted.asked if path == "/v1/token"]
    assert times == [1_700_000_000, 1_800_000_000]


def test_a_hub_that_is_not_known_any_more_enrols_again(scripted: Scripted) -> None:
    identity = Identity(hub_id="old")
    scripted.answers["/v1/token"] = [
        (401, {"error": "unknown_hub"}, {}),
        (200, {"token": "t", "expires": 4e9}, {}),
    ]
    assert _client(scripted, identity).send(b"one")
    assert identity.hub_id == "hub-1"


def test_a_revoked_hub_does_not_enrol_again(scripted: Scripted) -> None:
    scripted.answers["/v1/token"] = [(403, {"error": "revoked"}, {})]
    with pytest.raises(RefusedError) as caught:
        _client(scripted, Identity(hub_id="old")).send(b"one")
    assert caught.value.code == "revoked"
    assert scripted.paths() == ["/v1/token"]


@pytest.mark.parametrize(
    ("header", "after_s"),
    [
        ("120", 120.0),
        (format_datetime(datetime.fromtimestamp(1_700_000_090, UTC), usegmt=True), 90.0),
        ("9999999999", 86_400.0),
        ("-5", 0.0),
        ("soon", 0.0),
        ("", 0.0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_asks_to_wait_is_left_alone(
    scripted: Scripted, status: int, header: str, after_s: float
) -> None:
    scripted.answers["/v1/batch"] = [(status, {"error": "busy"}, {"Retry-After": header})]
    with pytest.raises(LaterError) as caught:
        _client(scripted).send(b"one")
    assert caught.value.after_s == after_s


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422])
def test_what_is_refused_is_told_with_its_reason(scripted: Scripted, status: int) -> None:
    scripted.answers["/v1/batch"] = [(status, {"error": "why", "detail": "because"}, {})]
    with pytest.raises(RefusedError, match="because") as caught:
        _client(scripted).send(b"one")
    assert (caught.value.status, caught.value.code) == (status, "why")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_nobody_is_sent_elsewhere(scripted: Scripted, status: int) -> None:
    there = {"Location": f"{scripted.url}/elsewhere"}
    scripted.answers["/v1/batch"] = [(status, {}, there)]
    with pytest.raises(RefusedError):
        _client(scripted).send(b"one")
    assert "/elsewhere" not in scripted.paths()


def test_an_epoch_that_is_closed_is_no_error(scripted: Scripted) -> None:
    scripted.answers["/v1/epoch/2900"] = [(200, {"deleted": 3}, {})]
    scripted.answers["/v1/epoch/2899"] = [(410, {"error": "closed"}, {})]
    client = _client(scripted)
    assert client.delete(2900) == 3
    assert client.delete(2899) is None


def test_an_answer_that_is_no_json_is_none(scripted: Scripted) -> None:
    scripted.answers["/v1/enrol"] = [(201, {}, {})]
    with pytest.raises(LaterError):
        _client(scripted).send(b"one")


def test_nobody_there_is_a_reason_to_wait() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(LaterError, match="cannot be reached"):
        Client(url, Identity(), ManualClock()).send(b"one")


@pytest.mark.parametrize(
    "url", ["http://example.org", "ftp://127.0.0.1", "example.org", "https://", ""]
)
def test_only_https_leaves_this_machine(url: str) -> None:
    with pytest.raises(HubagentError, match="no https address"):
        Client(url, Identity(), ManualClock())


def test_a_service_that_drips_is_left() -> None:
    """Each byte comes in time, and the whole never would."""
    clock = ManualClock()
    with socket.create_server(("127.0.0.1", 0)) as server:
        served: list[int] = []

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
                with suppress(OSError):
                    while len(served) < 60_000:
                        connection.sendall(b" ")
                        served.append(1)
                        clock.advance(1.0)
                        time.sleep(0.001)

        thread = threading.Thread(target=drip)
        thread.start()
        client = Client(f"http://127.0.0.1:{server.getsockname()[1]}", Identity(), clock)
        with pytest.raises(LaterError, match="takes too long"):
            client.send(b"one")
        thread.join()
    assert len(served) < 60_000


@pytest.mark.parametrize(
    "answer",
    [
        {"token": "a\r\nX-Evil: b", "expires": 4e9},
        {"token": "t", "expires": "soon"},
        {"token": "\u2603", "expires": 4e9},
        {},
    ],
)
def test_a_token_that_is_none_is_not_used(scripted: Scripted, answer: dict[str, Any]) -> None:
    scripted.answers["/v1/token"] = [(200, answer, {})]
    with pytest.raises(LaterError):
        _client(scripted).send(b"one")
    assert "/v1/batch" not in scripted.paths()
