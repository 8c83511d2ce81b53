"""What came in becomes Parquet files by epoch and bucket; small files become larger ones; old ones go.

Every step is noted before and after in the file of what came in, and does the same when it is done again,
so that a landing that is cut anywhere goes on where it was: rows are in a file or still waiting, and a
file that is written twice has the same name.

All of it runs on one thread at a time.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hubagent.upstream.raw import RAW
from hubagent.upstream.received import waiting_in
from hubagent.wire import epoch_starts_s

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from hubagent.upstream.received import Received, Waiting
    from hubagent.upstream.store import Store

FULL_BYTES = 128 << 20
"""Size that files are merged up to."""
MERGE_AT = 16
"""Files below half that size in a bucket at which they are merged."""
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Landed:
    """What one landing did."""

    rows: int = 0
    files: int = 0
    merged: int = 0
    """Files that became parts of others."""


class Landing:
    """Lands what came in. Built on one thread and used on one, not always the same."""

    def __init__(self, received: Received, store: Store, *, full_bytes: int = FULL_BYTES) -> None:
        """Land from ``received`` below ``raw/`` in ``store``."""
        self._received, self._store, self._full_bytes = received, store, full_bytes
        self._writer = received.writer
        self._reader = received.reader()

    def close(self) -> None:
        """Let go of the file; what waits goes on waiting."""
        self._reader.close()

    def run(self) -> Landed:
        """Finish what was cut, land all that waits, merge.

        Raises:
            OSError: If the storage fails; nothing is lost and the next run goes on.
            sqlite3.Error: If the file does.
        """
        self._finish_merges()
        rows = files = 0
        for part, up_to in self._query("SELECT part, up_to FROM rounds ORDER BY part"):
            rows, files = _sum((rows, files), self._round(part, up_to))
        if self._query("SELECT 1 FROM waiting LIMIT 1"):
            part, up_to = self._writer.do(_new_round)
            rows, files = _sum((rows, files), self._round(part, up_to))
        for epoch, hub in self._query("SELECT epoch, hub FROM erasures"):
            self.erase(epoch, hub)
        return Landed(rows, files, self._merge())

    def erase(self, epoch: int, hub: bytes) -> int:
        """Take the rows of a hub out of all files of its bucket; return how many there were."""
        self._finish_merges()
        removed = 0
        [(buckets,)] = self._query("SELECT buckets FROM epochs WHERE epoch = ?", epoch)
        bucket = bucket_of(hub, buckets)
        folder = _folder(epoch, bucket)
        # Of the storage and not of the notes: those may have been lost, the rows must go all the same.
        names = self._store.files(folder)
        for path in (f"{folder}/{name}" for name in names if name.endswith(".parquet")):
            table = _opened(self._store.read(path))
            kept = table.filter(pc.not_equal(table["hub"], hub.hex()))
            if kept.num_rows < table.num_rows:
                removed += table.num_rows - kept.num_rows
                self._store.write(path, _parquet(kept))
        self._writer.execute("DELETE FROM erasures WHERE epoch = ? AND hub = ?", epoch, hub)
        return removed

    def forget_epochs_before(self, epoch: int) -> None:
        """Forget which batches of earlier epochs were seen; all of them must have landed."""
        self._writer.execute("DELETE FROM seen WHERE epoch < ?", epoch)

    def drop_raw(self, now_s: float, days: int) -> list[int]:
        """Drop the rows of epochs that ended so many days ago; return which."""
        gone = []
        for folder in self._store.folders("raw"):
            label, _, number = folder.partition("=")
            if label != "epoch" or not number.isdecimal():
                continue
            epoch = int(number)
            if epoch_starts_s(epoch + 1) + days * _DAY_S > now_s:
                continue
            self._store.remove_folder(f"raw/{folder}")
            self._writer.execute("DELETE FROM files WHERE epoch = ?", epoch)
            gone.append(epoch)
        return gone

    # --- rounds ---------------------------------------------------------------------------------

    def _round(self, part: int, up_to: int) -> tuple[int, int]:
        """Land all that came up to some batch, bucket by bucket; return how many rows and files."""
        name = f"{self._received.name}-{part:08}"
        rows = files = 0
        text = "SELECT DISTINCT epoch, bucket FROM waiting WHERE id <= ? ORDER BY epoch, bucket"
        for epoch, bucket in self._query(text, up_to):
            table = _table(epoch, bucket, waiting_in(self._reader, epoch, bucket, up_to))
            data = _parquet(table)
            self._store.write(_path(epoch, bucket, name), data)
            key = (epoch, bucket, name, len(data))
            self._writer.do(partial(_note_landed, key=key, up_to=up_to))
            rows, files = rows + table.num_rows, files + 1
        self._writer.execute("DELETE FROM rounds WHERE part = ?", part)
        return rows, files

    # --- merging --------------------------------------------------------------------------------

    def _merge(self) -> int:
        """Merge the small files of each bucket that has many; return how many went into others."""
        small = self._full_bytes // 2
        text = """SELECT epoch, bucket FROM files WHERE size < ?
            GROUP BY epoch, bucket HAVING COUNT(*) >= ?"""
        merged = 0
        for epoch, bucket in self._query(text, small, MERGE_AT):
            text = """SELECT name, size FROM files
                WHERE epoch = ? AND bucket = ? AND size < ? ORDER BY name"""
            names = _up_to(self._query(text, epoch, bucket, small), self._full_bytes)
            text = "INSERT INTO merges (epoch, bucket, sources) VALUES (?, ?, ?)"
            self._writer.execute(text, epoch, bucket, json.dumps(names))
            self._finish_merges()
            merged += len(names)
        return merged

    def _finish_merges(self) -> None:
        """Do the merges that are noted: write the new file, note it, then remove the old ones.

        A reader that lists files in between may find rows twice; the aggregate takes each
        (hub, seq) once.
        """
        for number, epoch, bucket, sources in self._query("SELECT * FROM merges ORDER BY id"):
            name = f"{self._received.name}-m{number:08}"
            target, names = _path(epoch, bucket, name), json.loads(sources)
            paths = [_path(epoch, bucket, source) for source in names]
            # Old files are removed only once the new one is there, so it can be made unless it is.
            if not self._store.exists(target):
                self._store.write(target, _merged(self._store.read(path) for path in paths))
            for path in paths:
                self._store.remove(path)
            size = len(self._store.read(target))
            key = (epoch, bucket, name, size)
            self._writer.do(partial(_note_merged, number=number, key=key, sources=names))

    def _query(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        return self._reader.execute(text, values).fetchall()


def bucket_of(hub: bytes, buckets: int) -> int:
    """Return the bucket of a pseudonym, which is random already."""
    return int.from_bytes(hub[:4], "big") % buckets


def _folder(epoch: int, bucket: int) -> str:
    return f"raw/epoch={epoch}/bucket={bucket}"


def _path(epoch: int, bucket: int, name: str) -> str:
    return f"{_folder(epoch, bucket)}/{name}.parquet"


def _new_round(it: sqlite3.Connection) -> tuple[int, int]:
    up_to = int(it.execute("SELECT MAX(id) FROM waiting").fetchone()[0])
    return int(it.execute("INSERT INTO rounds (up_to) VALUES (?)", (up_to,)).lastrowid or 0), up_to


def _note_landed(it: sqlite3.Connection, *, key: tuple[int, int, str, int], up_to: int) -> None:
    it.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", key)
    text = "DELETE FROM waiting WHERE epoch = ? AND bucket = ? AND id <= ?"
    it.execute(text, (*key[:2], up_to))


def _note_merged(
    it: sqlite3.Connection, *, number: int, key: tuple[int, int, str, int], sources: Sequence[str]
) -> None:
    text = "DELETE FROM files WHERE epoch = ? AND bucket = ? AND name = ?"
    it.executemany(text, [(*key[:2], source) for source in sources])
    it.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", key)
    it.execute("DELETE FROM merges WHERE id = ?", (number,))


def _table(epoch: int, bucket: int, batches: Sequence[Waiting]) -> pa.Table:
    """Return the rows of a bucket as they land."""
    rows = [
        (epoch, bucket, batch.hub.hex(), batch.seq, batch.locale, src, _words(dst), n, sig, by, batch.day)
        for batch in batches
        for src, dst, n, sig, by in batch.rows
    ]  # fmt: skip
    columns = list(zip(*rows, strict=True)) or [()] * len(RAW)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, RAW.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=RAW)


def _words(dst: str | int) -> str:
    """Return what followed as text: an end of the dialogue is its number as one character."""
    return dst if isinstance(dst, str) else chr(dst)


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _opened(data: bytes) -> pa.Table:
    return pq.read_table(io.BytesIO(data), schema=RAW)


def _merged(files: Iterable[bytes]) -> bytes:
    """Return one file with the rows of all, holding no more than one of them as a table."""
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, RAW, compression="zstd") as writer:
        for data in files:
            writer.write_table(_opened(data))
    return sink.getvalue()


def _up_to(files: Iterable[tuple[str, int]], most_bytes: int) -> list[str]:
    """Return the names of the first files that have so many bytes together, two at least."""
    names: list[str] = []
    total = 0
    for name, size in files:
        if len(names) >= 2 and total + size > most_bytes:
            break
        names.append(name)
        total += size
    return names


def _sum(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]
