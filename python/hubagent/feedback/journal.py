"""The journal: every turn and the feedback on it, in one SQLite file, as far back as the bounds allow.

In: turns as they end and signals as they are found. Out: the same again, for the learning pass, for
``explain`` and for the owner, who may export and erase them. A disk that is full or a file that is
damaged costs evidence, never a turn: every method but the erasing ones goes on without the file.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from hubagent.errors import DataError, HubagentError
from hubagent.evidence import Signal, SignalKind, source_key
from hubagent.feedback import rows, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from hubagent.evidence import JournalTurn
    from hubagent.types import TurnId

T = TypeVar("T")

_LOGGER = logging.getLogger(__name__)

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
        lost and counted, and the next call tries again. A call without a turn, on which nobody
        waits, also writes the log into the file. A turn whose id was used before takes it
        over; the older one keeps a longer one.
        """

        def write(db: sqlite3.Connection) -> bool:
            if turn is not None:
                db.execute(tables.RENAME, (turn.turn_id,))
                db.execute(tables.INSERT, rows.to_row(turn))
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
        if turn is None:
            self._checkpoint()

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
            page = self._all(tables.PAGE, (*after, until_s, _PAGE_TURNS))
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
            for turn_id, kind, *rest in self._all(tables.SIGNALS.format(marks), asked):
                if kind in tables.KINDS:
                    found.setdefault(turn_id, []).append(Signal(turn_id, SignalKind(kind), *rest))
        return {turn_id: tuple(items) for turn_id, items in found.items()}

    def speakers(self) -> frozenset[str]:
        """Return the names of all who spoke and were recognised."""
        return frozenset(
            name for (name,) in self._all("SELECT DISTINCT speaker FROM turns", ()) if name
        )

    def export(self) -> Iterator[dict[str, Any]]:
        """Yield every turn with its signals as a plain document, oldest first."""
        for turn in self.turns():
            yield rows.to_document(turn, self.signals([turn.turn_id]).get(turn.turn_id, ()))

    # --- forgetting --------------------------------------------------------------------------------

    def erase(
        self, *, words: str | None = None, name: bool = False, turn_id: TurnId | None = None
    ) -> int:
        """Forget turns with all that is on them; return how many.

        The bytes are gone from the files when it returns: deleted rows are overwritten, the log
        written ahead is emptied, and files that were set aside, which nobody can look into, go.

        Args:
            words: Turns in which these words were said, read, or a side of a rewrite; and those that
                were refused or rewritten with them in it, from which they could be learned again.
            name: The words are a name that was learned: every turn with them in it.
            turn_id: One turn. With neither, everything.

        Raises:
            HubagentError: If the disk refuses.
        """
        statement, what = "DELETE FROM turns", list[str | bool]()
        if words is not None and source_key(words):
            statement, what = f"{statement} WHERE {tables.NAMED}", [source_key(words), name]
        elif words is not None:
            return 0
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

    def _erase(self, db: sqlite3.Connection, statement: str, what: Sequence[str | bool]) -> int:
        try:
            with tables.transaction(db):
                count = db.execute(statement, what).rowcount
        except sqlite3.DatabaseError as error:
            if not tables.is_damage(error):
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
            "turns": self._work(lambda db: tables.number(db, "SELECT count(*) FROM turns"), 0),
            "signals": self._work(lambda db: tables.number(db, "SELECT count(*) FROM signals"), 0),
            "bytes": self._work(tables.used_bytes, 0),
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
                with tables.transaction(self._db):
                    return do(self._db)
            except sqlite3.Error as error:
                self._refused(error)
                return otherwise

    def _all(self, statement: str, values: Sequence[object]) -> list[Any]:
        return self._work(lambda db: db.execute(statement, values).fetchall(), [])

    def _checkpoint(self) -> None:
        """Write the log into the file, on a connection of its own, so that no turn waits for it."""
        if self._path is None or self._suspended is not None:
            return
        try:
            db = sqlite3.connect(self._path, timeout=0.0)
        except sqlite3.Error:
            return  # the next one will do
        try:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error:
            _LOGGER.debug("The log of the journal is written later", exc_info=True)
        finally:
            db.close()

    def _refused(self, error: Exception) -> None:
        if tables.is_damage(error):
            self._replace(f"damaged ({error})")
        elif self._suspended is None:
            self._suspended = str(error)
            _LOGGER.warning("The journal is not being kept: %s", error)

    def _try_open(self) -> None:
        try:
            self._db = self._open()
        except (sqlite3.Error, OSError) as error:
            if tables.is_damage(error):
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
            tables.check(db)
            tables.prepare(db)
            with tables.transaction(db):
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
        while tables.used_bytes(db) > self._max_bytes:
            count = tables.number(db, "SELECT count(*) FROM turns")
            if not count:
                return
            db.execute(
                "DELETE FROM turns WHERE id IN (SELECT id FROM turns ORDER BY at_s, id LIMIT ?)",
                (count // _PRUNED_SHARE + 1,),
            )
