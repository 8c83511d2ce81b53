"""What waits to be sent, in one SQLite file: survives being cut off at any point, and full disks.

In: batches. Out: the same bytes until the service has acknowledged them. A batch and the note that its rows
were told are one transaction, so a row is told at most once an epoch; it is deleted only after the
acknowledgement, and the service knows a batch by its number, so that sending twice counts once. Numbers begin
anew with each epoch: a running one would join them.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

from hubagent.sync.consent import Consent

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

FILE_NAME = "sync.sqlite"
MOST_DAYS = 30
MOST_BYTES = 2 << 20
_DAY_S = 86_400.0
_EPOCHS_NOTED = 3
_FORMAT = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    made_s REAL NOT NULL, body BLOB NOT NULL, UNIQUE (epoch, seq));
CREATE TABLE IF NOT EXISTS numbers (epoch INTEGER PRIMARY KEY, next INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS told (epoch INTEGER, name TEXT, PRIMARY KEY (epoch, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS consents (id INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
"""


class Waiting(NamedTuple):
    """A batch that is not acknowledged yet."""

    id: int
    epoch: int
    seq: int
    made_s: float
    body: bytes


class Draft(NamedTuple):
    """A batch that has no number yet."""

    epoch: int
    names: Collection[str]
    """Of its rows."""
    make: Callable[[int], bytes]
    """Returns its bytes, given its number."""


class Outbox:
    """The file; every method may be called from any thread and raises ``sqlite3.Error`` if it fails."""

    def __init__(self, path: Path) -> None:
        """Open or begin the file, for its owner alone.

        Raises:
            sqlite3.Error: If it cannot be opened or is none.
            OSError: If the folder cannot be made.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        if self._db.execute("PRAGMA user_version").fetchone()[0] > _FORMAT:
            self._db.close()
            raise sqlite3.DatabaseError("it was made by a newer hubagent")
        self._db.executescript(
            f"PRAGMA user_version = {_FORMAT};"
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
            + _SCHEMA
        )

    # --- batches -------------------------------------------------------------------------------------

    def put(self, drafts: Iterable[Draft], made_s: float, **settings: str) -> None:
        """Keep batches, note that their rows are told, and keep notes: all of it or nothing."""
        with self._transaction() as db:
            for draft in drafts:
                seq = self.next_number(draft.epoch)
                told = [(draft.epoch, name) for name in draft.names]
                db.execute("INSERT OR REPLACE INTO numbers VALUES (?, ?)", (draft.epoch, seq + 1))
                db.executemany("INSERT INTO told VALUES (?, ?)", told)
                db.execute(
                    "INSERT INTO outbox (epoch, seq, made_s, body) VALUES (?, ?, ?, ?)",
                    (draft.epoch, seq, made_s, draft.make(seq)),
                )
            self._keep(db, settings)
            for table in ("told", "numbers"):
                newest = "(SELECT max(epoch) FROM numbers)"
                db.execute(f"DELETE FROM {table} WHERE epoch < {newest} - ?", (_EPOCHS_NOTED,))  # noqa: S608
            self._prune(db, made_s)

    def next_number(self, epoch: int) -> int:
        """Return the number that the next batch of an epoch gets."""
        found = self._rows("SELECT next FROM numbers WHERE epoch = ?", epoch)
        return int(found[0][0]) if found else 0

    def told(self, epoch: int) -> frozenset[str]:
        """Return the names of the rows that were told in an epoch."""
        return frozenset(
            name for (name,) in self._rows("SELECT name FROM told WHERE epoch = ?", epoch)
        )

    def told_epochs(self) -> tuple[int, ...]:
        """Return the epochs of which anything was put here, the oldest first."""
        return tuple(epoch for (epoch,) in self._rows("SELECT epoch FROM numbers ORDER BY epoch"))

    def waiting(self) -> list[Waiting]:
        """Return what is not acknowledged, the oldest first."""
        rows = self._rows("SELECT id, epoch, seq, made_s, body FROM outbox ORDER BY id")
        return [Waiting(*row) for row in rows]

    def done(self, batch: Waiting, how: str) -> None:
        """Let a batch go and count how it went: ``sent``, or why it was refused for good."""
        with self._transaction() as db:
            if db.execute("DELETE FROM outbox WHERE id = ?", (batch.id,)).rowcount:
                self._count(db, how, 1)

    def _prune(self, db: sqlite3.Connection, now_s: float) -> None:
        """Drop the oldest beyond 30 days and 2 MB."""
        gone = db.execute(
            "DELETE FROM outbox WHERE made_s < ?", (now_s - MOST_DAYS * _DAY_S,)
        ).rowcount
        while (
            db.execute("SELECT coalesce(sum(length(body)), 0) FROM outbox").fetchone()[0]
            > MOST_BYTES
        ):
            gone += db.execute(
                "DELETE FROM outbox WHERE id = (SELECT min(id) FROM outbox)"
            ).rowcount
        if gone:
            self._count(db, "dropped", gone)

    # --- notes ---------------------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """Return what became of batches, by how."""
        return dict(self._rows("SELECT name, count FROM counts ORDER BY name"))

    def count(self, name: str, by: int = 1) -> None:
        """Count something."""
        with self._transaction() as db:
            self._count(db, name, by)

    def setting(self, name: str) -> str:
        """Return a note; empty for none."""
        found = self._rows("SELECT value FROM settings WHERE name = ?", name)
        return str(found[0][0]) if found else ""

    def note(self, **settings: str) -> None:
        """Keep notes, all or none; an empty one is removed."""
        with self._transaction() as db:
            self._keep(db, settings)

    # --- the owner -----------------------------------------------------------------------------------

    def consents(self) -> list[Consent]:
        """Return every decision, the oldest first."""
        rows = self._rows("SELECT document FROM consents ORDER BY id")
        return [Consent(**json.loads(document)) for (document,) in rows]

    def decide(self, consent: Consent) -> None:
        """Record a decision; what waits was agreed to by an earlier one and goes."""
        with self._transaction() as db:
            db.execute("INSERT INTO consents (document) VALUES (?)", (json.dumps(asdict(consent)),))
            db.execute("DELETE FROM outbox")

    def drop_waiting(self) -> int:
        """Delete what waits, for good; return how many batches."""
        with self._transaction() as db:
            gone = db.execute("DELETE FROM outbox").rowcount
        self._wipe()
        return gone

    def forget(self) -> None:
        """Delete all but the decisions; the bytes are gone from the file when it returns."""
        with self._transaction() as db:
            for table in ("outbox", "told", "numbers", "settings", "counts"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608
        self._wipe()

    def _wipe(self) -> None:
        """Empty the log written ahead, in which deleted bytes may still be."""
        with self._lock:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    @staticmethod
    def _keep(db: sqlite3.Connection, settings: Mapping[str, str]) -> None:
        for name, value in settings.items():
            if value:
                db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))
            else:
                db.execute("DELETE FROM settings WHERE name = ?", (name,))

    @staticmethod
    def _count(db: sqlite3.Connection, name: str, by: int) -> None:
        db.execute(
            "INSERT INTO counts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = count + ?",
            (name, by, by),
        )
