"""The same from DuckDB and from Spark; runs where pyspark is installed (the extra ``spark``) with a Java runtime."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from landed import EPOCH, fleet, land

from hubagent.upstream.engines import DuckEngine, sql_of
from hubagent.upstream.spark import SparkEngine, open_session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyspark.sql import SparkSession

pytest.importorskip("pyspark", reason="pyspark is not installed (pip install 'hubagent[spark]')")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def session() -> Iterator[SparkSession]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        session = open_session("local[2]")
        yield session
        session.stop()


def test_counts_are_the_same_row_for_row(session: SparkSession, tmp_path: Path) -> None:
    rows = list(fleet(800, seed=7))
    land(tmp_path, rows)
    land(tmp_path, rows[::3])
    sql = sql_of(EPOCH, 3)
    ours = DuckEngine(tmp_path, EPOCH).counts(sql, floor=1)
    theirs = SparkEngine(session, tmp_path, EPOCH).counts(sql, floor=1)
    assert ours.num_rows > 20
    assert theirs.to_pylist() == ours.to_pylist()
