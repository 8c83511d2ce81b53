"""Where the counting is done: one adapter of two methods, in this process or on a cluster.

``counts`` runs one SQL text over what has landed (the only part that is ever large); ``map_components``
runs one function over parts of a small table. DuckDB is the engine of one machine and has its memory
bounded by a setting; :mod:`hubagent.upstream.spark` is that of whose data lies in a lake already.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from hubagent.errors import DataError
from hubagent.upstream.raw import portions

if TYPE_CHECKING:
    from collections.abc import Callable

Part: TypeAlias = "Callable[[pa.Table], pa.Table]"
KEY = ("locale", "src", "dst", "rewritten")
_ROWS_PER_MB = 1250
"""Rows counted at once for each MB: 1.9 million took 1.5 GB."""
ADD_UP = """
    SELECT locale, src, dst, CAST(rewritten AS INTEGER) AS rewritten, CAST(SUM(hubs) AS BIGINT) AS hubs,
        CAST(MIN(first_day) AS INTEGER) AS first_day, CAST(MAX(last_day) AS INTEGER) AS last_day
    FROM parts GROUP BY locale, src, dst, rewritten HAVING SUM(hubs) > {floor}
    ORDER BY locale, src, dst, rewritten
"""
"""Parts of buckets to whole counts; below the floor nothing leaves the engine."""


class Engine(Protocol):
    """What an engine can do."""

    def counts(self, sql: str, *, floor: int) -> pa.Table:
        """Return the counts of the relation ``raw`` by key, in the order of the keys.

        Args:
            sql: ``counts.sql`` with its parameters filled in.
            floor: Only counts above it come back.
        """
        ...

    def map_components(self, table: pa.Table, part: Part, schema: pa.Schema) -> pa.Table:
        """Return what a function makes of all rows with the same ``batch``, for each of them.

        Args:
            table: Has a column ``batch``, int32.
            part: Rows of one batch in any order to rows of ``schema``; depends on nothing else.
            schema: Of what comes back, in no particular order.
        """
        ...


class DuckEngine:
    """DuckDB in this process: buckets after each other, so that memory is bounded."""

    def __init__(self, root: Path, epoch: int, *, memory_mb: int = 1500, threads: int = 1) -> None:
        """Keep what is to be counted and how much may be used.

        Args:
            root: Folder of the landed epochs.
            epoch: Which of them.
            memory_mb: What DuckDB may hold; what is more goes to disk.
            threads: How many it may use.
        """
        self._root, self._epoch = root, epoch
        self._memory_mb, self._threads = memory_mb, threads

    def counts(self, sql: str, *, floor: int) -> pa.Table:
        """Implements :meth:`Engine.counts`."""
        with tempfile.TemporaryDirectory(prefix="hubagent-counts-") as beside:
            database = duckdb.connect(
                config={
                    "memory_limit": f"{self._memory_mb}MB",
                    "threads": self._threads,
                    "temp_directory": beside,
                    "preserve_insertion_order": False,
                }
            )
            try:
                most = self._memory_mb * _ROWS_PER_MB
                for number, files in enumerate(portions(self._root, self._epoch, most)):
                    raw = database.read_parquet(files, hive_partitioning=False)
                    raw.create_view("raw", replace=True)
                    database.sql(sql).write_parquet(f"{beside}/part-{number}.parquet")
                database.read_parquet(f"{beside}/part-*.parquet").create_view("parts")
                return database.sql(ADD_UP.format(floor=floor)).to_arrow_table()
            except duckdb.Error as error:
                raise DataError(f"epoch {self._epoch} cannot be counted: {error}") from error
            finally:
                database.close()

    def map_components(self, table: pa.Table, part: Part, schema: pa.Schema) -> pa.Table:
        """Implements :meth:`Engine.map_components`."""
        batches = sorted(pc.unique(table["batch"]).to_pylist())
        parts = [part(table.filter(pc.equal(table["batch"], batch))) for batch in batches]
        return pa.concat_tables([schema.empty_table(), *parts])


def sql_of(epoch: int, bound: int) -> str:
    """Return the text that counts an epoch.

    Args:
        epoch: The week.
        bound: How many distinct transitions of one hub count.
    """
    text = Path(__file__).with_name("counts.sql").read_text(encoding="utf-8")
    return text.format(epoch=int(epoch), bound=int(bound))
