"""Proof of who sends: a signature by the hub's key for a token, a token for an hour of batches.

Sources: RFC 8037 (Ed25519), RFC 7519 (JWT), RFC 8725 (one algorithm, audience and issuer checked).
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hubagent.errors import DataError
from hubagent.upstream import keyfile

if TYPE_CHECKING:
    from pathlib import Path

    from hubagent.clock import Clock

SKEW_S = 300.0
"""How far a hub's clock may be off when it asks for a token."""
_ALGORITHM = "HS256"
"""Whoever makes tokens also reads them, so no second key is needed."""
_AUDIENCE = "hubagent-upstream"
_EARLY_S = 5.0


class Tokens:
    """Makes and reads tokens."""

    def __init__(self, key: bytes, clock: Clock, *, lifetime_s: int) -> None:
        """Use a key of 32 bytes."""
        self._key, self._clock, self._lifetime_s = key, clock, lifetime_s

    def issue(self, hub_id: str) -> tuple[str, int]:
        """Return a token and when it ends (s since 1970)."""
        now = int(self._clock.now_s())
        claims = {"sub": hub_id, "aud": _AUDIENCE, "iat": now, "exp": now + self._lifetime_s}
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM), now + self._lifetime_s

    def hub_of(self, token: str) -> str:
        """Return whose token it is.

        Raises:
            DataError: If it is forged, for something else, or over.
        """
        try:
            # Times are checked below, by the clock that everything else goes by.
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                options={
                    "require": ["sub", "aud", "iat", "exp"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise DataError(f"the token is not good: {error}") from error
        now, begins, ends = self._clock.now_s(), claims["iat"], claims["exp"]
        if type(begins) is not int or type(ends) is not int:
            raise DataError("the token's times are no whole numbers")
        if not begins - _EARLY_S <= now < ends:
            raise DataError("the token is over")
        return str(claims["sub"])


def signed_bytes(hub_id: str, time: int, nonce: str) -> bytes:
    """Return what a hub signs to get a token."""
    return b"hubagent-token-1\n" + f"{hub_id}\n{time}\n{nonce}".encode()


def is_signed(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether the hub with this key signed."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def unbase64(text: str, size: int) -> bytes:
    """Return so many bytes that stand in base64url without padding.

    Raises:
        DataError: If they do not.
    """
    try:
        data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise DataError(f"it is no base64url: {error}") from error
    if len(data) != size:
        raise DataError(f"it has {len(data)} bytes, expected {size}")
    return data


def key_in(path: Path) -> bytes:
    """Return the key in a file, drawn when there is none."""
    keyfile.make(path)
    key = path.read_bytes()
    if len(key) != keyfile.KEY_BYTES:
        raise DataError(f"`{path}` is no key", hint="remove it: hubs will then ask for new tokens")
    return key
