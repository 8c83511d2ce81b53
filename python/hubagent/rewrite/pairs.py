"""The learned tables on disk: pairs, words that work in this home, a few settings.

One SQLite file in WAL mode. Every change set is one transaction, so that a power cut leaves the old
tables or the new ones. Readers never touch the disk: they read dictionaries that are replaced as a
whole once a transaction is through, so a look-up costs a microsecond on any thread.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from hubagent.errors import DataError, HubagentError
from hubagent.evidence import Changes, Entry, Pair, Stage
from hubagent.rewrite.documents import entry_document, pair_document, read_entry, read_pair
from hubagent.types import Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

_Item = TypeVar("_Item", Pair, Entry)

_LOGGER = logging.getLogger(__name__)

FILE_NAME = "learned.sqlite"
MOST_PAIRS = 5_000
MOST_ENTRIES = 5_000
"""A search over them stays under a millisecond (method sheet, section 3.3)."""
_FORMAT = 1
_SCHEMA = """
CREATE TABLE pairs (layer TEXT, source TEXT, document TEXT NOT NULL, PRIMARY KEY (layer, source));
CREATE TABLE entries (text TEXT PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_LAYERS = {Layer.PERSONAL: 0, Layer.GLOBAL: 1}
_WORTH = {Stage.LIVE: 3, Stage.RETIRED: 2, Stage.TRIAL: 1, Stage.SHADOW: 0}
"""What is kept longest when there are too many; a retired pair keeps a bad idea from coming back."""


@dataclass(frozen=True, slots=True)
class _Tables:
    """All that is learned at one version."""

    version: int = 0
    pairs: Mapping[tuple[Layer, str], Pair] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    by_source: Mapping[str, tuple[Pair, ...]] = field(default_factory=dict)


class LearnedStore:
    """Implements :class:`hubagent.ports.PairStore`; every method may be called from any thread."""

    def __init__(
        self,
        path: Path | None = None,
        *,
        most_pairs: int = MOST_PAIRS,
        most_entries: int = MOST_ENTRIES,
    ) -> None:
        """Open or create the file.

        Args:
            path: The file; ``None`` keeps everything in memory.
            most_pairs: Pairs kept; the least worth go first.
            most_entries: Entries kept, likewise.

        Raises:
            HubagentError: If the file cannot be opened or was written by a newer version.
        """
        self._most_pairs, self._most_entries = most_pairs, most_entries
        self._lock = threading.Lock()
        self._path = path
        self._connection = self._opened()
        self._tables = self._read()

    # -- reading -----------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """Number that grows with every change."""
        return self._tables.version

    def pairs(self) -> tuple[Pair, ...]:
        """Return all pairs of both layers, by layer and source."""
        return tuple(self._tables.pairs.values())

    def find(self, source: str) -> tuple[Pair, ...]:
        """Return the pairs of these words, the personal one first."""
        return self._tables.by_source.get(source, ())

    def entries(self) -> tuple[Entry, ...]:
        """Return the words that work in this home, by text."""
        return tuple(self._tables.entries.values())

    def setting(self, name: str, default: str = "") -> str:
        """Return what a setting is; ``default`` if it was never changed."""
        return self._tables.settings.get(name, default)

    def settings(self) -> Mapping[str, str]:
        """Return all settings that were changed."""
        return MappingProxyType(dict(self._tables.settings))

    # -- writing -----------------------------------------------------------------------------------

    def put(self, pairs: Sequence[Pair]) -> int:
        """Add or replace pairs in one transaction; return the new version."""
        return self.change(Changes(pairs=tuple(pairs)))

    def change(self, changes: Changes) -> int:
        """Make all changes in one transaction; return the new version.

        Raises:
            HubagentError: If the disk refuses; the old tables are in force then.
        """
        with self._lock:
            after = self._after(changes)
            try:
                with self._connection as transaction:
                    transaction.execute("BEGIN IMMEDIATE")
                    self._write(transaction, after)
                if changes.forget_pairs or changes.forget_entries:
                    self._wipe()
            except sqlite3.Error as error:
                raise HubagentError(
                    f"what was learned cannot be kept: {error}",
                    hint="look at the free space and the rights of the state folder",
                ) from error
            self._tables = after
            return after.version

    def close(self) -> None:
        """Close the file; the store can still be read."""
        with self._lock:
            self._connection.close()

    def _after(self, changes: Changes) -> _Tables:
        before = self._tables
        gone = set(changes.forget_pairs)
        pairs = {key: pair for key, pair in before.pairs.items() if key not in gone}
        pairs |= {(pair.layer, pair.source): pair for pair in changes.pairs}
        entries = dict(before.entries)
        for text in changes.forget_entries:
            entries.pop(text, None)
        entries |= {entry.text: entry for entry in changes.entries}
        settings = {**before.settings, **dict(changes.settings)}
        return _tables(
            before.version + 1,
            _best(pairs.values(), self._most_pairs, _worth_of_pair),
            _best(entries.values(), self._most_entries, _worth_of_entry),
            {name: value for name, value in settings.items() if value},
        )

    def _write(self, transaction: sqlite3.Connection, after: _Tables) -> None:
        """Bring the file from the tables in force to those of ``after``."""
        before = self._tables
        transaction.executemany(
            "DELETE FROM pairs WHERE layer = ? AND source = ?",
            [(layer.value, source) for layer, source in before.pairs.keys() - after.pairs.keys()],
        )
        transaction.executemany(
            "DELETE FROM entries WHERE text = ?",
            [(text,) for text in before.entries.keys() - after.entries.keys()],
        )
        transaction.executemany(
            "INSERT OR REPLACE INTO pairs VALUES (?, ?, ?)",
            [
                (layer.value, source, json.dumps(pair_document(pair)))
                for (layer, source), pair in after.pairs.items()
                if before.pairs.get((layer, source)) != pair
            ],
        )
        transaction.executemany(
            "INSERT OR REPLACE INTO entries VALUES (?, ?)",
            [
                (text, json.dumps(entry_document(entry)))
                for text, entry in after.entries.items()
                if before.entries.get(text) != entry
            ],
        )
        if before.settings != after.settings:
            transaction.execute("DELETE FROM settings")
            transaction.executemany(
                "INSERT INTO settings VALUES (?, ?)", list(after.settings.items())
            )
        transaction.execute(f"PRAGMA user_version = {after.version}")

    def _wipe(self) -> None:
        """Take what was forgotten out of the log too; deleted rows are overwritten as they go.

        A file that was set aside goes as a whole: nobody can look into it.
        """
        ((busy, *_),) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if busy:
            raise sqlite3.OperationalError("the old bytes are still being read")
        if self._path is not None:
            self._path.with_suffix(".damaged").unlink(missing_ok=True)

    # -- opening -----------------------------------------------------------------------------------

    def _opened(self) -> sqlite3.Connection:
        if self._path is None:
            return _connected(":memory:")
        try:
            return _connected(str(self._path))
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise HubagentError(f"`{self._path}` cannot be opened: {error}") from error
            self._set_aside(error)
        try:
            return _connected(str(self._path))
        except sqlite3.DatabaseError as error:
            raise HubagentError(f"`{self._path}` cannot be opened: {error}") from error

    def _set_aside(self, error: Exception) -> None:
        assert self._path is not None  # noqa: S101 # only files can be damaged
        aside = self._path.with_suffix(".damaged")
        _LOGGER.error(
            "What was learned (%s) is damaged and set aside as %s: %s", self._path, aside, error
        )
        self._path.replace(aside)
        for ending in ("-wal", "-shm"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)

    def _read(self) -> _Tables:
        wrong = 0
        pairs: list[Pair] = []
        entries: list[Entry] = []
        with closing(self._connection.cursor()) as cursor:
            for (document,) in cursor.execute("SELECT document FROM pairs"):
                try:
                    pairs.append(read_pair(json.loads(document)))
                except (DataError, ValueError, TypeError, RecursionError):
                    wrong += 1
            for (document,) in cursor.execute("SELECT document FROM entries"):
                try:
                    entries.append(read_entry(json.loads(document)))
                except (DataError, ValueError, TypeError, RecursionError):
                    wrong += 1
            rows = cursor.execute("SELECT name, value FROM settings").fetchall()
            settings = {str(name): str(value) for name, value in rows}
            (version,) = cursor.execute("PRAGMA user_version").fetchone()
        if wrong:
            _LOGGER.error("%d rows of what was learned are damaged and left out", wrong)
        return _tables(version, pairs, entries, settings)


def _connected(name: str) -> sqlite3.Connection:
    """Return a connection to a file that was looked through and has the tables."""
    connection = sqlite3.connect(name, isolation_level=None, check_same_thread=False, timeout=5.0)
    try:
        _prepare(connection, name)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, name: str) -> None:
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON").fetchall()
    ((health,), *_) = connection.execute("PRAGMA quick_check(1)").fetchall()
    if health != "ok":
        raise sqlite3.DatabaseError(health)
    (kind,) = connection.execute("PRAGMA application_id").fetchone()
    if kind == 0:
        connection.executescript(
            f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id = {_FORMAT}; COMMIT;"
        )
    elif kind != _FORMAT:
        raise HubagentError(
            f"`{name}` is of format {kind}, this version reads {_FORMAT}",
            hint="use the version of hubagent that wrote it, or move the file away",
        )


def _tables(
    version: int, pairs: Iterable[Pair], entries: Iterable[Entry], settings: Mapping[str, str]
) -> _Tables:
    ordered = sorted(pairs, key=lambda pair: (_LAYERS[pair.layer], pair.source))
    by_source: dict[str, tuple[Pair, ...]] = {}
    for pair in ordered:
        by_source[pair.source] = (*by_source.get(pair.source, ()), pair)
    return _Tables(
        version,
        {(pair.layer, pair.source): pair for pair in ordered},
        {entry.text: entry for entry in sorted(entries, key=lambda entry: entry.text)},
        settings,
        by_source,
    )


def _best(
    items: Iterable[_Item], most: int, worth: Callable[[_Item], tuple[float, ...]]
) -> list[_Item]:
    found = list(items)
    if len(found) <= most:
        return found
    return sorted(found, key=worth, reverse=True)[:most]


def _worth_of_pair(pair: Pair) -> tuple[float, ...]:
    return (_WORTH[pair.stage], pair.on.good + pair.sessions, pair.last_s)


def _worth_of_entry(entry: Entry) -> tuple[float, ...]:
    return (entry.tally.good - entry.tally.bad, entry.last_s)
