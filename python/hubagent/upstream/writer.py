"""One SQLite file that one thread writes; what is asked at about the same time is committed together.

Work in, its result out once it is on the disk: one ``fsync`` serves all that waited for the one before.

Source: group commit as in DeWitt et al., "Implementation techniques for main memory database systems"
(SIGMOD 1984), 3; ``synchronous=FULL`` of https://www.sqlite.org/wal.html.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from hubagent.errors import HubagentError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

MOST_WAITING = 4096
"""Pieces of work that may wait; who comes later is told to come back."""


class BusyError(HubagentError):
    """More waits to be written than the disk takes: try again later."""


class Writer:
    """The file, open from building until :meth:`close`."""

    def __init__(self, path: Path, schema: str) -> None:
        """Open the file or make it.

        Raises:
            HubagentError: If it cannot be opened.
        """
        self._path = path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._connection = self._connected()
            self._connection.executescript(schema)
        except sqlite3.Error as error:
            raise HubagentError(f"cannot open `{path}`: {error}") from error
        path.chmod(0o600)
        self._changed = threading.Condition()
        self._waiting: list[tuple[Callable[[sqlite3.Connection], Any], Future[Any]]] = []
        self._open = True
        self._thread = threading.Thread(target=self._run, name=path.stem, daemon=True)
        self._thread.start()

    def reader(self) -> sqlite3.Connection:
        """Return another connection, which sees what is committed and waits for nobody."""
        return self._connected()

    def submit(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Do some work in a transaction; the result is there once it is on the disk.

        Work is done anew when that of others in its transaction failed, so it changes nothing else.

        Raises:
            BusyError: If too much waits already.
        """
        future: Future[T] = Future()
        with self._changed:
            if len(self._waiting) >= MOST_WAITING or not self._open:
                raise BusyError(f"{len(self._waiting)} changes wait for `{self._path.name}`")
            self._waiting.append((work, future))
            self._changed.notify()
        return future

    def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do some work and wait for it; raises what it raises, and ``sqlite3.Error``."""
        return self.submit(work).result()

    def execute(self, text: str, *values: object) -> None:
        """Run one statement and wait for it; raises what :meth:`do` does."""
        self.do(lambda it: it.execute(text, values))

    async def asked(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do some work without keeping the event loop; raises what :meth:`do` and :meth:`submit` do."""
        # Shielded: who hangs up must not take away what a transaction is about to answer.
        return await asyncio.shield(asyncio.wrap_future(self.submit(work)))

    def close(self) -> None:
        """Finish what waits and close the file."""
        with self._changed:
            self._open = False
            self._changed.notify()
        self._thread.join()
        self._connection.close()

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=10.0, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        # What is deleted is overwritten, not only forgotten.
        connection.execute("PRAGMA secure_delete=ON")
        return connection

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or not self._open)
                group, self._waiting = self._waiting, []
            if not group:
                return
            self._settle(group)

    def _settle(self, group: list[tuple[Callable[[sqlite3.Connection], Any], Future[Any]]]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            results = [work(self._connection) for work, _ in group]
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 # it is handed to who asked for the work
            if self._connection.in_transaction:
                with suppress(sqlite3.Error):  # a dead disk must not end this thread
                    self._connection.execute("ROLLBACK")
            if len(group) == 1:
                group[0][1].set_exception(error)
                return
            for one in group:
                self._settle([one])
        else:
            for (_, future), result in zip(group, results, strict=True):
                future.set_result(result)
