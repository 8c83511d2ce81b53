"""The journal: every turn and the feedback on it, in one SQLite file, as far back as the bounds allow.

In: turns as they end and signals as they are found. Out: the same again, for the learning pass, for
``explain`` and for the owner, who may export and erase them. A disk that is full or a file that is
damaged costs evidence, never a turn: every method but the erasing ones goes on without the file.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from hubagent.errors import DataError, HubagentError
from hubagent.evidence import Signal, SignalKind, source_key
from hubagent.feedback import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from hubagent.evidence import JournalTurn
    from hubagent.types import TurnId

T = TypeVar("T")

_LOGGER = logging.getLogger(__name__)

FORMAT = 1
"""Of the tables and of what is packed in them; a file of a higher one is set aside."""
SET_ASIDE = ".set-aside"
DAY_S = 86_400.0
_PRUNE_EVERY = 16
"""Turns between looks at the bounds."""
_PRUNED_SHARE = 20
"""One in so many turns, the oldest, goes when the file is too big."""
_PAGE_TURNS = 256
"""Turns read at a time, so that a turn that ends meanwhile waits for no more than these."""
_MOST_ASKED = 500
"""Turns asked about at a time: below the bound on parameters of any SQLite."""
_SCHEMA = (
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
_INSERT = f"INSERT INTO turns ({_COLUMNS}) VALUES ({', '.join('?' * len(rows.COLUMNS))})"  # noqa: S608 - field names of ours
_RENAME = "UPDATE turns SET turn_id = turn_id || '@' || id WHERE turn_id = ?"
_PAGE = (
    f"SELECT id, {_COLUMNS} FROM turns WHERE (at_s, id) > (?, ?) AND at_s < ?"  # noqa: S608
    " ORDER BY at_s, id LIMIT ?"
)
_SIGNALS = (
    "SELECT turn_id, kind, signals.at_s, strength, detail FROM signals JOIN turns ON turn = id"
    " WHERE turn_id IN ({}) ORDER BY signals.at_s, signals.rowid"
)
_KINDS = frozenset(kind.value for kind in SignalKind)
_SAID = (
    "source_key(heard) = ?1 OR source_key(read) = ?1"
    " OR source_key(json_extract(rewrite, '$.source')) = ?1"
    " OR source_key(json_extract(rewrite, '$.target')) = ?1"
)
"""Turns that are about words; a turn is found by any form of them."""


class Journal:
    """Append-only but for the owner's erasing; every method may be called from any thread."""

    def __init__(self, path: Path | None, *, days: float = 90.0, max_bytes: int = 64 << 20) -> None:
        """Open or begin; never fails because of what is in the file or of the disk.

        Args:
            path: The file; ``None`` keeps everything in memory.
            days: Age beyond which turns go, measured from the turn that ends.
            max_bytes: Size beyond which the oldest turns go.
        """
        self._path = path
        self._keep_s = days * DAY_S
        self._max_bytes = max_bytes
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._since_pruned = 0
        self._suspended: str | None = None
        self._lost = 0
        with self._lock:
            self._try_open()

    # --- keeping -----------------------------------------------------------------------------------

    def append(self, turn: JournalTurn | None, signals: Sequence[Signal] = ()) -> None:
        """Keep a turn and the signals found meanwhile, in one transaction.

        A signal on a turn that is gone, or never was, is left out. Where the disk refuses, both are
        lost and counted, and the next call tries again. A turn whose id was used before takes it
        over; the older one keeps a longer one.
        """

        def write(db: sqlite3.Connection) -> bool:
            if turn is not None:
                db.execute(_RENAME, (turn.turn_id,))
                db.execute(_INSERT, rows.to_row(turn))
                self._since_pruned += 1
                if self._since_pruned >= _PRUNE_EVERY:
                    self._prune(db, turn.at_s)
            db.executemany(
                "INSERT INTO signals SELECT id, ?, ?, ?, ? FROM turns WHERE turn_id = ?",
                [(it.kind.value, it.at_s, it.strength, it.detail, it.turn_id) for it in signals],
            )
            return True

        if not self._work(write, False):
            self._lost += (turn is not None) + len(signals)
        elif self._suspended is not None:
            self._suspended = None
            _LOGGER.info("The journal is being kept again")

    def absorb(self, documents: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
        """Take in documents of :meth:`export`; return how many were taken and how many were none.

        A turn that is known by its id and time is passed over, so that taking in twice adds nothing.
        """
        taken = wrong = 0
        for document in documents:
            try:
                turn, signals = rows.from_document(document)
            except DataError as error:
                wrong += 1
                _LOGGER.info("A document is left out: %s", error)
                continue
            key = (turn.turn_id, turn.at_s)
            if not self._all("SELECT 1 FROM turns WHERE turn_id = ? AND at_s = ?", key):
                self.append(turn, signals)
                taken += 1
        return taken, wrong

    # --- reading -----------------------------------------------------------------------------------

    def turns(self, *, since_s: float = 0.0, until_s: float | None = None) -> Iterator[JournalTurn]:
        """Yield turns heard in [since, until), oldest first.

        Turns that end meanwhile may or may not be among them; a row that cannot be read is left out.
        """
        until_s = float("inf") if until_s is None else until_s
        after = (since_s, -1)
        while True:
            page = self._all(_PAGE, (*after, until_s, _PAGE_TURNS))
            for number, *row in page:
                try:
                    turn = rows.from_row(row)
                except DataError as error:
                    _LOGGER.warning("Row %d of the journal is left out: %s", number, error)
                    continue
                yield turn
            if len(page) < _PAGE_TURNS:
                return
            after = (page[-1][1 + rows.COLUMNS.index("at_s")], page[-1][0])

    def signals(self, turn_ids: Sequence[TurnId]) -> dict[TurnId, tuple[Signal, ...]]:
        """Return the signals on these turns, oldest first; turns without any are left out."""
        found: dict[TurnId, list[Signal]] = {}
        for start in range(0, len(turn_ids), _MOST_ASKED):
            asked = turn_ids[start : start + _MOST_ASKED]
            marks = ", ".join("?" * len(asked))
            for turn_id, kind, *rest in self._all(_SIGNALS.format(marks), asked):
                if kind in _KINDS:
                    found.setdefault(turn_id, []).append(Signal(turn_id, SignalKind(kind), *rest))
        return {turn_id: tuple(items) for turn_id, items in found.items()}

    def export(self) -> Iterator[dict[str, Any]]:
        """Yield every turn with its signals as a plain document, oldest first."""
        for turn in self.turns():
            yield rows.to_document(turn, self.signals([turn.turn_id]).get(turn.turn_id, ()))

    # --- forgetting --------------------------------------------------------------------------------

    def erase(self, *, words: str | None = None, turn_id: TurnId | None = None) -> int:
        """Forget turns with all that is on them; return how many.

        The bytes are gone from the files when it returns: deleted rows are overwritten, the log
        written ahead is emptied, and files that were set aside, which nobody can look into, go.

        Args:
            words: Turns in which these words were said, read, or a side of a rewrite.
            turn_id: One turn. With neither, everything.

        Raises:
            HubagentError: If the disk refuses.
        """
        statement, what = "DELETE FROM turns", list[str]()
        if words is not None:
            statement, what = f"{statement} WHERE {_SAID}", [source_key(words)]
        elif turn_id is not None:
            statement, what = f"{statement} WHERE turn_id = ?1", [turn_id]
        with self._lock:
            self._all("PRAGMA user_version", ())  # opens it
            try:
                count = 0 if self._db is None else self._erase(self._db, statement, what)
                for file in self._set_aside_files():
                    file.unlink()
            except (sqlite3.Error, OSError) as error:
                raise HubagentError(
                    f"the journal cannot be erased: {error}",
                    hint="end other programs that have it open, make room on the disk, try again",
                ) from error
        return count

    def _erase(self, db: sqlite3.Connection, statement: str, what: Sequence[str]) -> int:
        try:
            with _transaction(db):
                count = db.execute(statement, what).rowcount
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            self._refused(error)  # set aside, and so gone with all that is in it
            return 0
        db.executescript("PRAGMA incremental_vacuum")  # runs to its end, unlike execute
        if db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            raise sqlite3.OperationalError("the old bytes are still being read")
        return count

    # --- life --------------------------------------------------------------------------------------

    @property
    def suspended(self) -> str | None:
        """Why nothing is being kept; ``None`` while all is well."""
        return self._suspended

    def counters(self) -> dict[str, int]:
        """Return how many turns and signals there are, their size, and what the disk refused."""
        return {
            "turns": self._work(lambda db: _number(db, "SELECT count(*) FROM turns"), 0),
            "signals": self._work(lambda db: _number(db, "SELECT count(*) FROM signals"), 0),
            "bytes": self._work(_used_bytes, 0),
            "lost": self._lost,
        }

    def close(self) -> None:
        """Close the file; what is called afterwards opens it again."""
        with self._lock:
            if self._db is not None and self._path is not None:
                self._db.close()
                self._db = None

    def _work(self, do: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Return what is done in one transaction; ``otherwise`` where the disk or the file fails."""
        with self._lock:
            if self._db is None:
                self._try_open()
            if self._db is None:
                return otherwise
            try:
                with _transaction(self._db):
                    return do(self._db)
            except sqlite3.Error as error:
                self._refused(error)
                return otherwise

    def _all(self, statement: str, values: Sequence[object]) -> list[Any]:
        return self._work(lambda db: db.execute(statement, values).fetchall(), [])

    def _refused(self, error: Exception) -> None:
        if _is_damage(error):
            self._replace(f"damaged ({error})")
        elif self._suspended is None:
            self._suspended = str(error)
            _LOGGER.warning("The journal is not being kept: %s", error)

    def _try_open(self) -> None:
        try:
            self._db = self._open()
        except (sqlite3.Error, OSError) as error:
            if _is_damage(error):
                self._replace(f"damaged ({error})")
            else:
                self._refused(error)

    def _open(self) -> sqlite3.Connection:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(
            ":memory:" if self._path is None else self._path,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            _check(db)
            _prepare(db)
            with _transaction(db):
                self._prune(db, None)
            db.executescript("PRAGMA incremental_vacuum")  # runs to its end, unlike execute
        except BaseException:
            db.close()
            raise
        return db

    def _replace(self, why: str) -> None:
        """Set the file aside and begin a new one."""
        if self._db is not None:
            self._db.close()
            self._db = None
        if self._path is None:
            return
        aside = self._path.with_name(self._path.name + SET_ASIDE)
        _LOGGER.error("The journal %s is %s; set aside as %s", self._path, why, aside.name)
        try:
            for end in ("", "-wal", "-shm"):
                file = self._path.with_name(self._path.name + end)
                if file.exists():
                    file.replace(aside.with_name(aside.name + end))
            self._db = self._open()
        except (sqlite3.Error, OSError) as error:
            self._suspended = str(error)
            _LOGGER.warning("The journal is not being kept: %s", error)

    def _set_aside_files(self) -> list[Path]:
        if self._path is None:
            return []
        return list(self._path.parent.glob(f"{self._path.name}{SET_ASIDE}*"))

    def _prune(self, db: sqlite3.Connection, now_s: float | None) -> None:
        """Let go of what is too old, then of the oldest until the rest is small enough."""
        self._since_pruned = 0
        if now_s is not None:
            db.execute("DELETE FROM turns WHERE at_s < ?", (now_s - self._keep_s,))
        while _used_bytes(db) > self._max_bytes:
            count = _number(db, "SELECT count(*) FROM turns")
            if not count:
                return
            db.execute(
                "DELETE FROM turns WHERE id IN (SELECT id FROM turns ORDER BY at_s, id LIMIT ?)",
                (count // _PRUNED_SHARE + 1,),
            )


class _NotOursError(sqlite3.DatabaseError):
    """The file is a database, and not one that this version may write."""


def _check(db: sqlite3.Connection) -> None:
    version = _number(db, "PRAGMA user_version")
    if version > FORMAT:
        raise _NotOursError("written by a newer hubagent")
    if version == 0 and _number(db, "SELECT count(*) FROM sqlite_master"):
        raise _NotOursError("another program's")


def _prepare(db: sqlite3.Connection) -> None:
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
        "journal_size_limit = 4194304",
        "busy_timeout = 2000",
    ):
        db.execute(f"PRAGMA {pragma}").fetchall()
    db.create_function(
        "source_key", 1, lambda text: None if text is None else source_key(text), deterministic=True
    )
    with _transaction(db):
        if _number(db, "PRAGMA user_version") == 0:
            for statement in _SCHEMA:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {FORMAT}")


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit what is done inside, or nothing of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _used_bytes(db: sqlite3.Connection) -> int:
    pages, free, size = (
        _number(db, f"PRAGMA {name}") for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _number(db: sqlite3.Connection, statement: str) -> int:
    return int(db.execute(statement).fetchone()[0])


def _is_damage(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    damaged = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
    return isinstance(error, _NotOursError) or (code is not None and code & 0xFF in damaged)
