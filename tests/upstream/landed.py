"""Rows as the service lands them, for tests of what is made of them."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from hubagent.upstream.raw import RAW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

BUCKETS = 4
EPOCH = 2960
SUCCESS, FAIL = "\x01", "\x02"


class Told(NamedTuple):
    """One row, without what the path says."""

    hub: str
    seq: int
    src: str
    dst: str
    n: int = 1
    rewritten: int = 0
    day: int = EPOCH * 7
    locale: str = "en"


def land(root: Path, rows: Iterable[Told], epoch: int = EPOCH) -> None:
    """Write rows as one more file a bucket."""
    buckets: dict[int, list[Told]] = defaultdict(list)
    for row in rows:
        buckets[sum(row.hub.encode()) % BUCKETS].append(row)
    for bucket, told in buckets.items():
        folder = root / f"epoch={epoch}" / f"bucket={bucket}"
        folder.mkdir(parents=True, exist_ok=True)
        documents = [{**row._asdict(), "epoch": epoch, "bucket": bucket, "sig": 0} for row in told]
        name = f"{len(list(folder.iterdir()))}.parquet"
        pq.write_table(pa.Table.from_pylist(documents, schema=RAW), folder / name)


def fleet(homes: int, seed: int) -> Iterator[Told]:
    """Yield what homes tell in one epoch: words that fail and are mended, some sent twice, some of one home."""
    draw = random.Random(seed)  # noqa: S311 # no secret
    for number in range(homes):
        hub = f"{number:032x}"
        for seq in range(draw.randint(1, 4)):
            day, rewritten = EPOCH * 7 + draw.randrange(7), int(draw.random() < 0.1)
            wish = int(draw.expovariate(0.2))
            said, mended = f"lite {wish} on", f"turn on light {wish}"
            rows = [
                Told(hub, seq, said, mended, draw.randint(1, 3), rewritten, day),
                Told(hub, seq, mended, SUCCESS if draw.random() < 0.9 else FAIL, 1, 0, day),
                Told(hub, seq, f"word {number}", FAIL, 1, 0, day),
            ]
            yield from rows * (2 if draw.random() < 0.2 else 1)
