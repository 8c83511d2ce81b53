"""What the service lands and the aggregate reads: Parquet files by epoch and bucket.

``raw/epoch=E/bucket=B/*.parquet``. All rows of a hub in an epoch stand in one bucket, so that counts
of homes add up over buckets. ``hub`` is a pseudonym of one epoch: rows of two epochs cannot be joined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from hubagent.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RAW = pa.schema(
    [
        ("epoch", pa.int32()),
        ("bucket", pa.int32()),
        ("hub", pa.string()),
        ("seq", pa.int64()),
        ("locale", pa.string()),
        ("src", pa.string()),
        ("dst", pa.string()),
        ("n", pa.int32()),
        ("sig", pa.int32()),
        ("rewritten", pa.int32()),
        ("day", pa.int32()),
    ]
)
"""``dst`` may be ``SUCCESS`` or ``FAIL`` of the wire; ``day`` is that of receipt, since 1970, UTC."""


def epoch_folder(root: Path, epoch: int) -> Path:
    """Return where the rows of an epoch are."""
    return root / f"epoch={epoch}"


def epochs(root: Path) -> list[int]:
    """Return the epochs that have landed, oldest first."""
    names = (path.name.partition("=")[2] for path in root.glob("epoch=*") if path.is_dir())
    return sorted(int(name) for name in names if name.isdigit())


def portions(root: Path, epoch: int, most_rows: int) -> Iterator[list[str]]:
    """Yield the files of whole buckets, as many together as have so many rows, and one at least.

    Raises:
        DataError: If nothing has landed for the epoch, or a file is no Parquet file.
    """
    folder = epoch_folder(root, epoch)
    buckets = sorted(path for path in folder.glob("bucket=*") if path.is_dir())
    if not buckets:
        raise DataError(
            f"nothing has landed in `{folder}`", hint="is the folder that of the service's --data?"
        )
    taken: list[str] = []
    rows = 0
    for bucket in buckets:
        files = sorted(str(path) for path in bucket.glob("*.parquet"))
        size = sum(_rows(path) for path in files)
        if taken and rows + size > most_rows:
            yield taken
            taken, rows = [], 0
        taken += files
        rows += size
    if taken:
        yield taken


def _rows(path: str) -> int:
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"`{path}` is no Parquet file: {error}") from error
