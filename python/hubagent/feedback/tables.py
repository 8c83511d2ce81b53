"""The tables of the journal, its statements, and how a connection to it works.

In: a path's connection. Out: one that waits for the card seldom, overwrites what is deleted, and holds the
tables of this version, or an error that says whose file it is.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hubagent.evidence import SignalKind, source_key
from hubagent.feedback import rows
from hubagent.types import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = 1
"""Of the tables and of what is packed in them; a file of a higher one is set aside."""
SCHEMA = (
    """CREATE TABLE turns (
        id INTEGER PRIMARY KEY, turn_id TEXT NOT NULL UNIQUE, at_s REAL NOT NULL,
        place TEXT NOT NULL, speaker TEXT NOT NULL, heard TEXT NOT NULL, read TEXT NOT NULL,
        rewrite TEXT, decision TEXT NOT NULL, intent TEXT NOT NULL, reason TEXT NOT NULL,
        interpretation TEXT NOT NULL, probability REAL NOT NULL, margin REAL NOT NULL,
        out_of_scope REAL NOT NULL, asr_confidence REAL, done TEXT NOT NULL,
        response TEXT NOT NULL, ms REAL NOT NULL, embedding BLOB NOT NULL, stages BLOB NOT NULL)""",
    "CREATE INDEX turns_at ON turns (at_s)",
    """CREATE TABLE signals (
        turn INTEGER NOT NULL REFERENCES turns (id) ON DELETE CASCADE, kind TEXT NOT NULL,
        at_s REAL NOT NULL, strength REAL NOT NULL, detail TEXT NOT NULL)""",
    "CREATE INDEX signals_turn ON signals (turn)",
)
_COLUMNS = ", ".join(rows.COLUMNS)
INSERT = f"INSERT INTO turns ({_COLUMNS}) VALUES ({', '.join('?' * len(rows.COLUMNS))})"  # noqa: S608 - field names of ours
RENAME = "UPDATE turns SET turn_id = turn_id || '@' || id WHERE turn_id = ?"
PAGE = (
    f"SELECT id, {_COLUMNS} FROM turns WHERE (at_s, id) > (?, ?) AND at_s < ?"  # noqa: S608
    " ORDER BY at_s, id LIMIT ?"
)
SIGNALS = (
    "SELECT turn_id, kind, signals.at_s, strength, detail FROM signals JOIN turns ON turn = id"
    " WHERE turn_id IN ({}) ORDER BY signals.at_s, signals.rowid"
)
KINDS = frozenset(kind.value for kind in SignalKind)
SAID = (
    "source_key(heard) = ?1 OR source_key(read) = ?1"
    " OR source_key(json_extract(rewrite, '$.source')) = ?1"
    " OR source_key(json_extract(rewrite, '$.target')) = ?1"
)
"""Turns that are about words; a turn is found by any form of them."""
NAMED = (
    f"{SAID} OR ((?2 OR decision = '{Decision.REFUSE.value}' OR rewrite IS NOT NULL)"
    " AND instr(' ' || source_key(heard) || ' ', ' ' || ?1 || ' ') > 0)"
)
"""Turns that words can be learned from again: those, and what was refused or rewritten with them in
it, as a name that was not known. With ``?2`` every turn with them in it: a name that was learned."""


class NotOursError(sqlite3.DatabaseError):
    """The file is a database, and not one that this version may write."""


def check(db: sqlite3.Connection) -> None:
    """Raise ``NotOursError`` for a file that this version may not write."""
    version = number(db, "PRAGMA user_version")
    if version > FORMAT:
        raise NotOursError("written by a newer hubagent")
    if version == 0 and number(db, "SELECT count(*) FROM sqlite_master"):
        raise NotOursError("another program's")


def prepare(db: sqlite3.Connection) -> None:
    """Settle how the connection works, and make the tables of a new file."""
    for pragma in (
        "auto_vacuum = INCREMENTAL",
        "journal_mode = WAL",
        # A power cut may take the last turns, never the file: with a log written ahead the card is
        # waited for at checkpoints only, once in some hundred turns, not at each turn. Waiting at
        # each would cost a cheap card tens of milliseconds and a block erased per turn, to save
        # evidence that is only counted in dozens.
        "synchronous = NORMAL",
        "secure_delete = ON",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        # Checkpoints are made while nobody speaks; this is for homes in which somebody always does.
        "wal_autocheckpoint = 8000",
        "journal_size_limit = 4194304",
        "busy_timeout = 2000",
    ):
        db.execute(f"PRAGMA {pragma}").fetchall()
    db.create_function(
        "source_key", 1, lambda text: None if text is None else source_key(text), deterministic=True
    )
    with transaction(db):
        if number(db, "PRAGMA user_version") == 0:
            for statement in SCHEMA:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {FORMAT}")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit what is done inside, or nothing of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def used_bytes(db: sqlite3.Connection) -> int:
    """Return how much of the file is in use."""
    pages, free, size = (
        number(db, f"PRAGMA {name}") for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def number(db: sqlite3.Connection, statement: str) -> int:
    """Return the one number that a statement yields."""
    return int(db.execute(statement).fetchone()[0])


def is_damage(error: Exception) -> bool:
    """Return whether an error means that the file itself is no good, not the disk."""
    code = getattr(error, "sqlite_errorcode", None)
    damaged = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
    return isinstance(error, NotOursError) or (code is not None and code & 0xFF in damaged)
