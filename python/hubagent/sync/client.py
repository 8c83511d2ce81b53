"""The service of a fleet over HTTPS: enrol, get a token, hand in a batch, have an epoch deleted.

Requests in, what became of them out; the only place that speaks HTTP upwards. Standard library alone
(``urllib``): a batch a day needs no pool of connections. Redirects are refused, as one could lead to a place
that nobody agreed to; answers are bounded.

The hub proves who it is with an Ed25519 key of its own (RFC 8032), made at the first enrolment.
"""

from __future__ import annotations

import base64
import json
import secrets
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hubagent.errors import HubagentError, TransportError
from hubagent.wire import CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from hubagent.clock import Clock

T = TypeVar("T")

TIMEOUT_S = 30.0
MOST_ANSWER = 64 << 10
_LONGEST_WAIT_S = 86_400.0
_MOST_FIELD = 4096
_LEFT_S = 60.0
"""A token that expires sooner is not used any more."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class LaterError(TransportError):
    """The service cannot be reached or asks to be left alone for a while.

    Attributes:
        after_s: Seconds that it asked for; 0 = it did not say.
    """

    def __init__(self, endpoint: str, message: str, *, after_s: float = 0.0) -> None:
        super().__init__(endpoint, message)
        self.after_s = after_s


class RefusedError(HubagentError):
    """The service will not take this however often it is sent.

    Attributes:
        status: Of HTTP.
        code: What the service calls it.
    """

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"the service refused ({status} {code}): {detail}")
        self.status, self.code = status, code


@dataclass(slots=True)
class Identity:
    """By what the service knows this hub."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate, repr=False)
    hub_id: str = ""
    """Empty before it is enrolled."""

    @classmethod
    def from_text(cls, text: str) -> Identity:
        """Return what :meth:`as_text` wrote; a new one for nothing."""
        if not text:
            return cls()
        document = json.loads(text)
        raw = _from_base64(document["key"])
        return cls(Ed25519PrivateKey.from_private_bytes(raw), document["hub_id"])

    def as_text(self) -> str:
        """Return it to be kept."""
        return json.dumps({"key": _base64(self.key.private_bytes_raw()), "hub_id": self.hub_id})


class Client:
    """One service."""

    def __init__(
        self,
        url: str,
        identity: Identity,
        clock: Clock,
        *,
        secret: str = "",
        ca_file: Path | None = None,
    ) -> None:
        """Keep where the service is.

        Args:
            url: ``https://host[:port][/path]``; ``http`` only on this machine.
            identity: By what it knows this hub; its ``hub_id`` is set by enrolling.
            clock: Tells the time that is signed.
            secret: Lets a hub enrol.
            ca_file: Certificate authority of the service; ``None`` = those of the system.

        Raises:
            HubagentError: If the address is none, or the file cannot be read.
        """
        self._opener = opener_of(url, ca_file)
        self._url = url.rstrip("/")
        self._identity, self._clock, self._secret = identity, clock, secret
        self._token, self._expires_s = "", 0.0
        self._ahead_s = 0.0
        """By how much the clock of the service is ahead."""

    def send(self, body: bytes) -> bool:
        """Hand in a batch; return whether it was new to the service.

        Raises:
            LaterError: To be tried again.
            RefusedError: Never to be tried again.
        """
        status, _ = self._authorised("POST", "/v1/batch", body)
        return status == 202

    def delete(self, epoch: int) -> int | None:
        """Have everything of this hub in an epoch deleted; return how many rows, ``None`` if it is closed.

        Raises:
            LaterError: To be tried again.
            RefusedError: Never to be tried again.
        """
        try:
            _, answer = self._authorised("DELETE", f"/v1/epoch/{epoch}", None)
        except RefusedError as error:
            if error.status == 410:
                return None
            raise
        return self._field(answer, "deleted", int)

    # --- who this is ---------------------------------------------------------------------------------

    def _authorised(
        self, method: str, path: str, body: bytes | None
    ) -> tuple[int, Mapping[str, Any]]:
        for last in (False, True):
            headers = {"Authorization": f"Bearer {self._valid_token()}"}
            try:
                return self._ask(method, path, body, CONTENT_TYPE, headers)
            except RefusedError as error:
                if error.status != 401 or last:
                    raise
                self._token = ""
        raise AssertionError

    def _valid_token(self) -> str:
        if not self._token or self._now_s() > self._expires_s - _LEFT_S:
            if not self._identity.hub_id:
                self._enrol()
            try:
                answer = self._ask_token()
            except RefusedError as error:
                if error.code == "unknown_hub":
                    self._enrol()
                elif error.code != "clock":
                    raise
                answer = self._ask_token()  # the time was put right by `_ask`
            self._token = self._field(answer, "token", str)
            self._expires_s = self._field(answer, "expires", float)
        return self._token

    def _ask_token(self) -> Mapping[str, Any]:
        hub_id, time, nonce = (
            self._identity.hub_id,
            int(self._now_s()),
            _base64(secrets.token_bytes(16)),
        )
        signed = f"hubagent-token-1\n{hub_id}\n{time}\n{nonce}".encode()
        return self._post(
            "/v1/token",
            hub_id=hub_id,
            time=time,
            nonce=nonce,
            signature=_base64(self._identity.key.sign(signed)),
        )

    def _enrol(self) -> None:
        key = self._identity.key.public_key().public_bytes_raw()
        answer = self._post("/v1/enrol", public_key=_base64(key), secret=self._secret)
        self._identity.hub_id = self._field(answer, "hub_id", str)

    def _field(self, answer: Mapping[str, Any], name: str, kind: Callable[[Any], T]) -> T:
        try:
            return kind(str(answer[name])[:_MOST_FIELD])
        except (KeyError, TypeError, ValueError) as error:
            raise LaterError(self._url, f"its answer has no `{name}`") from error

    def _now_s(self) -> float:
        return self._clock.now_s() + self._ahead_s

    # --- HTTP ----------------------------------------------------------------------------------------

    def _post(self, path: str, **fields: object) -> Mapping[str, Any]:
        body = json.dumps(fields).encode()
        return self._ask("POST", path, body, "application/json", {})[1]

    def _ask(
        self, method: str, path: str, body: bytes | None, kind: str, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, Any]]:
        """Return (status, answer) of a request that was taken."""
        told = {"User-Agent": "hubagent", **headers}
        if body is not None:
            told["Content-Type"] = kind
        request = urllib.request.Request(self._url + path, body, told, method=method)  # noqa: S310 # checked above
        try:
            try:
                with self._opener.open(request, timeout=TIMEOUT_S) as reply:
                    return reply.status, _object(self._read(reply))
            except urllib.error.HTTPError as error:
                with error:
                    raise self._refusal(error, _object(self._read(error))) from error
        except (OSError, HTTPException, ValueError) as error:
            raise LaterError(self._url, f"it cannot be reached: {error}") from error

    def _read(self, reply: Any) -> bytes:  # noqa: ANN401 # what urllib gives has no type
        """Return an answer, of bounded length and in bounded time, however slowly it drips."""
        until_s = self._clock.monotonic_s() + TIMEOUT_S
        data = b""
        while chunk := reply.read1(MOST_ANSWER - len(data)):
            data += chunk
            if self._clock.monotonic_s() > until_s:
                raise TimeoutError("its answer takes too long")
        return data

    def _refusal(self, error: urllib.error.HTTPError, answer: Mapping[str, Any]) -> HubagentError:
        code = str(answer.get("error", error.reason))[:80]
        detail = str(answer.get("detail", ""))[:200]
        if error.code == 401 and code == "clock" and isinstance(answer.get("now"), int | float):
            self._ahead_s = float(answer["now"]) - self._clock.now_s()
        if error.code in (408, 425, 429) or error.code >= 500:
            after_s = self._wait_s(error.headers.get("Retry-After", ""))
            return LaterError(self._url, f"it asks to wait ({error.code} {code})", after_s=after_s)
        return RefusedError(error.code, code, detail)

    def _wait_s(self, text: str) -> float:
        """Return the seconds of a ``Retry-After`` (RFC 9110, 10.2.3), at most a day; 0 if it is none."""
        if text.isascii() and text.isdigit():
            return min(float(text), _LONGEST_WAIT_S)
        try:
            until_s = parsedate_to_datetime(text).timestamp()
        except ValueError:
            return 0.0
        return min(max(0.0, until_s - self._now_s()), _LONGEST_WAIT_S)


def opener_of(url: str, ca_file: Path | None) -> urllib.request.OpenerDirector:
    """Return what opens addresses at a place: without redirects, by https unless it is this machine.

    Raises:
        HubagentError: If the address is none of these, or the file cannot be read.
    """
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or local):
        raise HubagentError(f"`{url}` is no https address", hint="see [sync] in the settings")
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise HubagentError(
            f"`{ca_file}` cannot be used: {error}", hint="set sync.ca_file"
        ) from error
    https = urllib.request.HTTPSHandler(context=context)
    return urllib.request.build_opener(https, _NoRedirects)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object) -> None:
        """Leave the redirect as the error it is."""


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_base64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
