"""What came in: each batch once, on the disk before it is acknowledged, until it has landed.

``seen`` says which batches of the open epochs were ever taken; ``waiting`` holds the rows of those that have
not landed. ``rounds``, ``files``, ``merges`` and ``erasures`` are the landing's notes, by which it goes on
after it was cut at any point. Nothing here knows by which id a hub enrolled.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgpack

from hubagent.upstream.writer import Writer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from hubagent.wire import Row

_SCHEMA = """
CREATE TABLE IF NOT EXISTS names (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS epochs (epoch INTEGER PRIMARY KEY, buckets INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS seen (
    epoch INTEGER, hub BLOB, seq INTEGER, PRIMARY KEY (epoch, hub, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waiting (
    id INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL, bucket INTEGER NOT NULL,
    hub BLOB NOT NULL, seq INTEGER NOT NULL, day INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS waiting_by_bucket ON waiting (epoch, bucket);
CREATE TABLE IF NOT EXISTS rounds (part INTEGER PRIMARY KEY AUTOINCREMENT, up_to INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS files (
    epoch INTEGER, bucket INTEGER, name TEXT, size INTEGER NOT NULL,
    PRIMARY KEY (epoch, bucket, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS merges (
    id INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL, bucket INTEGER NOT NULL,
    sources TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS erasures (epoch INTEGER, hub BLOB, PRIMARY KEY (epoch, hub)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One batch that has not landed."""

    hub: bytes
    """Pseudonym within its epoch."""
    seq: int
    """What stands for the batch's number."""
    day: int
    """When it came, in days since 1970, UTC."""
    locale: str
    rows: Sequence[tuple[str, str | int, int, int, int]]
    """(src, dst, n, sig, rewritten) of the wire."""


class Received:
    """The file of what came in."""

    def __init__(self, path: Path) -> None:
        """Open or make the file."""
        self.writer = Writer(path, _SCHEMA)
        """What changes it; see there for errors."""
        self._reader = self.writer.reader()
        fresh = secrets.token_hex(4)
        self.name = str(self.writer.do(lambda it: _name(it, fresh)))
        """Of this service among others that land in the same place."""

    def close(self) -> None:
        """Finish what waits and close the file."""
        self._reader.close()
        self.writer.close()

    def reader(self) -> sqlite3.Connection:
        """Return a connection for another thread, to read only."""
        return self.writer.reader()

    def buckets(self, epoch: int) -> int | None:
        """Return into how many buckets an epoch is split; ``None`` if it was never opened here."""
        text = "SELECT buckets FROM epochs WHERE epoch = ?"
        row = self._reader.execute(text, (epoch,)).fetchone()
        return None if row is None else int(row[0])

    async def open_epoch(self, epoch: int, buckets: int) -> None:
        """Note that an epoch is open, and how it is split for good."""
        text = "INSERT OR IGNORE INTO epochs VALUES (?, ?)"
        await self.writer.asked(lambda it: it.execute(text, (epoch, buckets)))

    async def take(
        self,
        epoch: int,
        bucket: int,
        batch: Waiting,
    ) -> bool:
        """Keep a batch unless it was taken before; on the disk on return. Return whether it is new."""
        body = msgpack.packb((batch.locale, batch.rows))

        def taken(it: sqlite3.Connection) -> bool:
            key = (epoch, batch.hub, batch.seq)
            if it.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", key).rowcount == 0:
                return False
            if batch.rows:
                row = (epoch, bucket, batch.hub, batch.seq, batch.day, body)
                it.execute(_WAIT, row)
            return True

        return await self.writer.asked(taken)

    async def forget(self, epoch: int, hub: bytes) -> int:
        """Drop what waits of a hub and note that its landed rows must go; return how many rows waited.

        That its batches were seen is kept: sent once more, they are not counted after all.
        """

        def forgotten(it: sqlite3.Connection) -> int:
            text = "DELETE FROM waiting WHERE epoch = ? AND hub = ? RETURNING body"
            bodies = it.execute(text, (epoch, hub)).fetchall()
            it.execute("INSERT OR IGNORE INTO erasures VALUES (?, ?)", (epoch, hub))
            return sum(len(_opened(body)[1]) for (body,) in bodies)

        return await self.writer.asked(forgotten)

    async def check(self) -> None:
        """Write something; raises ``sqlite3.Error`` when the disk does not take it."""
        text = "INSERT OR REPLACE INTO names VALUES ('checked', hex(randomblob(4)))"
        await self.writer.asked(lambda it: it.execute(text))

    def counts(self) -> dict[str, int]:
        """Return how many batches wait and how many files have landed and not been dropped."""
        waiting = self._reader.execute("SELECT COUNT(*) FROM waiting").fetchone()[0]
        files = self._reader.execute("SELECT COUNT(*) FROM files").fetchone()[0]
        return {"waiting": int(waiting), "files": int(files)}


_WAIT = "INSERT INTO waiting (epoch, bucket, hub, seq, day, body) VALUES (?, ?, ?, ?, ?, ?)"


def wire_rows(rows: Sequence[Row]) -> list[tuple[str, str | int, int, int, int]]:
    """Return rows of the wire as they wait."""
    return [(row.src, row.dst, row.n, row.sig, int(row.rewritten)) for row in rows]


def waiting_in(reader: sqlite3.Connection, epoch: int, bucket: int, up_to: int) -> list[Waiting]:
    """Return what waits for a bucket, by hub and number and not in the order in which it came."""
    text = """SELECT hub, seq, day, body FROM waiting
        WHERE epoch = ? AND bucket = ? AND id <= ? ORDER BY hub, seq"""
    found = reader.execute(text, (epoch, bucket, up_to))
    return [Waiting(hub, seq, day, *_opened(body)) for hub, seq, day, body in found]


def _opened(body: bytes) -> tuple[str, Any]:
    locale, rows = msgpack.unpackb(body)
    return str(locale), rows


def _name(it: sqlite3.Connection, fresh: str) -> str:
    it.execute("INSERT OR IGNORE INTO names VALUES ('service', ?)", (fresh,))
    return str(it.execute("SELECT value FROM names WHERE name = 'service'").fetchone()[0])
