"""The same counts on the user's Spark; the extra ``spark`` installs it, or their cluster has it.

Needs Spark 4 (``toArrow``, ``applyInArrow``). Workers must have hubagent, for the chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from hubagent.errors import DataError
from hubagent.upstream.engines import ADD_UP
from hubagent.upstream.raw import epoch_folder

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from hubagent.upstream.engines import Part


class SparkEngine:
    """Implements :class:`hubagent.upstream.engines.Engine` over a session that is open already."""

    def __init__(self, session: SparkSession, root: Path | str, epoch: int) -> None:
        """Keep the session and where the epoch has landed; any path that the session can read."""
        self._session = session
        self._folder = (
            f"{root}/epoch={epoch}" if isinstance(root, str) else str(epoch_folder(root, epoch))
        )

    def counts(self, sql: str, *, floor: int) -> pa.Table:
        """Implements :meth:`Engine.counts`."""
        from pyspark.errors import AnalysisException

        try:
            raw = self._session.read.parquet(self._folder)
        except AnalysisException as error:
            raise DataError(f"nothing has landed in `{self._folder}`") from error
        raw.createOrReplaceTempView("raw")
        self._session.sql(sql).createOrReplaceTempView("parts")
        return self._session.sql(ADD_UP.format(floor=floor)).toArrow()

    def map_components(self, table: pa.Table, part: Part, schema: pa.Schema) -> pa.Table:
        """Implements :meth:`Engine.map_components`."""
        rows = self._session.createDataFrame(table)
        return rows.groupBy("batch").applyInArrow(part, _spelled(schema)).toArrow()


def _spelled(schema: pa.Schema) -> str:
    """Return an Arrow schema as Spark spells it."""
    names = {pa.string(): "string", pa.int32(): "int", pa.int64(): "bigint", pa.float64(): "double"}
    return ", ".join(f"{field.name} {names[field.type]}" for field in schema)


def open_session(master: str | None = None) -> SparkSession:
    """Return a session of the machine or cluster named, or of what the environment says.

    Raises:
        DataError: If Spark is not installed.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise DataError(
            "Spark is not installed", hint="pip install 'hubagent[spark]', and a Java runtime"
        ) from error
    builder = SparkSession.builder.appName("hubagent")
    if master is not None:
        builder = builder.master(master)
    return builder.config("spark.ui.enabled", "false").getOrCreate()
