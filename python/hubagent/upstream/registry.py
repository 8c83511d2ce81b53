"""Which hubs there are, and by which secrets they may enrol: kept apart from everything they send.

Secrets are 24 random bytes, so that their plain SHA-256 is all that is kept: a slow hash is for words
that people choose. Every secret has a number of uses, which bounds how many hubs anyone can invent.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.errors import HubagentError
from hubagent.upstream.writer import Writer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS secrets (
    id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, note TEXT NOT NULL,
    uses_left INTEGER NOT NULL, ends_s INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS hubs (
    id TEXT PRIMARY KEY, public_key BLOB NOT NULL UNIQUE, secret INTEGER NOT NULL,
    day INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS hubs_by_secret ON hubs (secret);
CREATE TABLE IF NOT EXISTS nonces (nonce BLOB PRIMARY KEY, ends_s INTEGER NOT NULL) WITHOUT ROWID;
"""


class SecretError(HubagentError):
    """The secret is wrong, used up, over or withdrawn."""


class RevokedError(HubagentError):
    """The hub may not come back."""


@dataclass(frozen=True, slots=True)
class Hub:
    """One hub."""

    hub_id: str
    public_key: bytes
    secret: int
    """Id of the secret it enrolled by."""
    day: int
    """When, in days since 1970."""
    revoked: bool


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret, which nobody can read any more."""

    secret_id: int
    note: str
    uses_left: int
    ends_s: int
    """s since 1970."""
    hubs: int
    """How many enrolled by it."""


class Registry:
    """The hubs and secrets of one service."""

    def __init__(self, path: Path) -> None:
        """Open or make the file."""
        self._writer = Writer(path, _SCHEMA)
        self._reader = self._writer.reader()

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
        self._writer.close()

    def hub(self, hub_id: str) -> Hub | None:
        """Return the hub of an id; a look-up of some microseconds."""
        row = self._reader.execute("SELECT * FROM hubs WHERE id = ?", (hub_id,)).fetchone()
        return _hub(row) if row else None

    def knows(self, secret: str) -> bool:
        """Return whether there is such a secret, for whatever it is still good."""
        text = "SELECT 1 FROM secrets WHERE digest = ?"
        return self._reader.execute(text, (_digest(secret),)).fetchone() is not None

    def hubs(self) -> Iterator[Hub]:
        """Yield all hubs, by id."""
        yield from map(_hub, self._reader.execute("SELECT * FROM hubs ORDER BY id"))

    async def enrol(self, public_key: bytes, secret: str, now_s: float) -> tuple[str, bool]:
        """Return the id of the hub with this key, and whether it is new.

        The same key with the same secret gets the same id and costs no use: an answer may be lost.

        Raises:
            SecretError: If the secret does not allow it.
            RevokedError: If the hub of this key was revoked.
        """
        return await self._writer.asked(lambda it: _enrolled(it, public_key, secret, now_s))

    async def is_fresh(self, nonce: bytes, now_s: float, ends_s: float) -> bool:
        """Return whether a number was not used before; it is remembered until ``ends_s``."""

        def used(it: sqlite3.Connection) -> bool:
            it.execute("DELETE FROM nonces WHERE ends_s < ?", (int(now_s),))
            digest = hashlib.sha256(nonce).digest()
            row = (digest, int(ends_s) + 1)
            return it.execute("INSERT OR IGNORE INTO nonces VALUES (?, ?)", row).rowcount == 1

        return await self._writer.asked(used)

    # --- for the operator -----------------------------------------------------------------------

    def add_secret(self, *, uses: int, ends_s: float, note: str = "") -> tuple[int, str]:
        """Make a secret; return its id and the secret itself, which is kept nowhere."""
        secret = secrets.token_urlsafe(24)
        row = (_digest(secret), note, uses, int(ends_s))
        text = "INSERT INTO secrets (digest, note, uses_left, ends_s) VALUES (?, ?, ?, ?)"
        return self._writer.do(lambda it: int(it.execute(text, row).lastrowid or 0)), secret

    def secrets(self) -> list[Secret]:
        """Return all secrets, oldest first."""
        text = """SELECT id, note, uses_left, ends_s,
            (SELECT COUNT(*) FROM hubs WHERE secret = secrets.id) FROM secrets ORDER BY id"""
        return [Secret(*row) for row in self._reader.execute(text)]

    def withdraw(self, secret_id: int, *, with_hubs: bool) -> int:
        """Let nobody enrol by a secret any more; return how many of its hubs were revoked.

        Raises:
            HubagentError: If there is no such secret.
        """

        def withdrawn(it: sqlite3.Connection) -> int:
            spent = it.execute("UPDATE secrets SET uses_left = 0 WHERE id = ?", (secret_id,))
            if not spent.rowcount:
                raise HubagentError(f"there is no secret `{secret_id}`")
            if not with_hubs:
                return 0
            text = "UPDATE hubs SET revoked = 1 WHERE secret = ? AND NOT revoked"
            return it.execute(text, (secret_id,)).rowcount

        return self._writer.do(withdrawn)

    def revoke(self, hub_id: str) -> None:
        """Take nothing more from a hub.

        Raises:
            HubagentError: If there is no such hub.
        """
        text = "UPDATE hubs SET revoked = 1 WHERE id = ?"
        if not self._writer.do(lambda it: it.execute(text, (hub_id,)).rowcount):
            raise HubagentError(f"there is no hub `{hub_id}`")


def _enrolled(
    it: sqlite3.Connection, public_key: bytes, secret: str, now_s: float
) -> tuple[str, bool]:
    text = "SELECT id, uses_left, ends_s FROM secrets WHERE digest = ?"
    allowed = it.execute(text, (_digest(secret),)).fetchone()
    if allowed is None:
        raise SecretError("the secret is wrong")
    secret_id, uses_left, ends_s = allowed
    row = it.execute("SELECT * FROM hubs WHERE public_key = ?", (public_key,)).fetchone()
    if row is not None:
        known = _hub(row)
        if known.secret != secret_id:
            raise SecretError("the hub enrolled by another secret")
        if known.revoked:
            raise RevokedError("the hub was revoked")
        return known.hub_id, False
    if uses_left < 1 or now_s >= ends_s:
        raise SecretError("the secret is used up or over")
    it.execute("UPDATE secrets SET uses_left = uses_left - 1 WHERE id = ?", (secret_id,))
    hub_id = secrets.token_hex(16)
    hub = (hub_id, public_key, secret_id, int(now_s // 86_400))
    it.execute("INSERT INTO hubs (id, public_key, secret, day) VALUES (?, ?, ?, ?)", hub)
    return hub_id, True


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _hub(row: tuple[str, bytes, int, int, int]) -> Hub:
    hub_id, public_key, secret, day, revoked = row
    return Hub(hub_id, public_key, secret, day, bool(revoked))
