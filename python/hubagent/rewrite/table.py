"""The global table: what many homes say and mean, as one checked file.

Rows are (source, target, good, bad, homes), in words without the names of any home (``template.py``). A row whose target is its own source is a request as such,
and says how well it goes everywhere; the others are rewrites. The file is MessagePack with a version and a
checksum; it comes from outside, so it is looked through before anything of it is believed, and every
row still has to pass the guard-rails and this home's own experience.
"""

from __future__ import annotations

import logging
import math
import threading
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgpack
import numpy as np

from hubagent.errors import DataError
from hubagent.evidence import Pair, Stage, Tally
from hubagent.rewrite.documents import MOST_CHARACTERS, speakable
from hubagent.rewrite.index import PhraseIndex
from hubagent.rewrite.rank import Candidate, Commonness
from hubagent.rewrite.template import template_key
from hubagent.types import Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_LOGGER = logging.getLogger(__name__)

FILE_NAME = "global.msgpack"
FORMAT = 1
MOST_ROWS = 100_000
MOST_BYTES = 128 * 1024 * 1024
LIMIT = 20
_HOMES = 5
"""Homes that must agree before a rewrite is live in another."""
_SURE = 10.0
"""Turns from which a request is known to go well everywhere, ..."""
_WELL = 0.8
"""... and the share of them, at the lower bound of 95 %."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    source: str
    """As :func:`hubagent.rewrite.template.template_key` makes it."""
    target: str
    good: float
    bad: float
    homes: int

    @property
    def is_request(self) -> bool:
        """Whether it tells how a request goes as it is said."""
        return self.target == self.source or template_key(self.target) == self.source


class GlobalTable:
    """The rows of a file, read at the first look-up; a file that is wrong is as good as none."""

    def __init__(self, path: Path | None = None, *, rows: Sequence[Row] = ()) -> None:
        """Keep where the file is.

        Args:
            path: The file; ``None`` for no file.
            rows: Rows instead of a file, searched by sound alone.
        """
        self._path = path
        self._loading = threading.Lock()
        self._awaited = True
        self._loaded: _Loaded | None = None
        if path is None:
            index = PhraseIndex(0)
            requests = [row for row in rows if row.is_request]
            for number, row in enumerate(requests):
                index.add(number, row.target, np.zeros(0, dtype=np.float32))
            self._loaded = _Loaded(tuple(rows), index)

    def load_meanwhile(self) -> None:
        """Read the file on a thread of its own; until it is read nothing is known, and no turn waits."""
        if self._loaded is None and self._path is not None and self._path.exists():
            self._awaited = False
            threading.Thread(target=self._load, name="global-table", daemon=True).start()

    def switch(self, path: Path | None) -> None:
        """Take the rows of another file in the place of these, from one look-up to the next.

        Args:
            path: The file; ``None`` for no rows.

        Raises:
            DataError: If anything in it is not as it must be; the rows stay then.
            OSError: If it cannot be read; likewise.
        """
        loaded = _NOTHING if path is None else read_table(path)
        with self._loading:
            self._path, self._loaded = path, loaded

    def rewrites(self, source: str) -> tuple[Row, ...]:
        """Return the rewrites of these words, the one that went well most often first."""
        return self._content().rewrites.get(source, ())

    def pairs(self, source: str) -> tuple[Pair, ...]:
        """Return the rewrites of these words as pairs of the global layer, the best first.

        Live from the start only where many homes agree; else on trial.
        """
        return tuple(
            Pair(
                source,
                row.target,
                Layer.GLOBAL,
                Stage.LIVE if _is_sure(row) else Stage.TRIAL,
                "global",
                "",
                why=f"{row.homes} homes say so",
            )
            for row in self.rewrites(source)
        )

    def goes_well(self, source: str) -> bool:
        """Return whether these words are known to go well everywhere as they are said.

        Such a request is never rewritten, whatever one home's habit ("We Don't Talk About Bruno").
        """
        tally = self._content().requests.get(source, Tally())
        return tally.total >= _SURE and _lower_bound(tally) >= _WELL

    def tally(self, source: str) -> Tally:
        """Return how turns with these words went everywhere."""
        return self._content().requests.get(source, Tally())

    def near(self, text: str, vector: NDArray[np.float32] | None) -> list[Candidate]:
        """Return requests near to what was said, by meaning and by sound."""
        content = self._content()
        index = content.index
        if vector is not None and index.width != len(vector):
            vector = None
        near = index.nearest(text, vector, limit=LIMIT)
        return [
            Candidate(
                text=row.target,
                layer=Layer.GLOBAL,
                similarity=item.similarity,
                sound=item.sound,
                tally=Tally(row.good, row.bad),
            )
            for item in near
            if item.id < len(content.ordered)
            for row in (content.ordered[item.id],)
        ]

    @property
    def common(self) -> Commonness:
        """How common words are in its requests."""
        return self._content().common

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._content().rows)

    def _content(self) -> _Loaded:
        if self._loaded is not None:
            return self._loaded
        return self._load() if self._awaited else _NOTHING

    def _load(self) -> _Loaded:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._read()
            return self._loaded

    def _read(self) -> _Loaded:
        assert self._path is not None  # noqa: S101 # else it is loaded from the start
        try:
            return read_table(self._path)
        except FileNotFoundError:
            _LOGGER.debug("There is no global table %s", self._path)
        except (OSError, DataError) as error:
            _LOGGER.warning("The global table %s is refused: %s", self._path, error)
        return _NOTHING


class _Loaded:
    """Rows with their look-ups."""

    def __init__(self, rows: tuple[Row, ...], index: PhraseIndex) -> None:
        self.rows, self.index = rows, index
        self.ordered = [row for row in rows if row.is_request]
        self.requests = {row.source: Tally(row.good, row.bad) for row in self.ordered}
        self.common = Commonness(row.source for row in self.ordered)
        found: dict[str, list[Row]] = {}
        for row in rows:
            if not row.is_request:
                found.setdefault(row.source, []).append(row)
        self.rewrites: Mapping[str, tuple[Row, ...]] = {
            source: tuple(sorted(each, key=self._worth, reverse=True))
            for source, each in found.items()
        }

    def _worth(self, row: Row) -> tuple[float, float]:
        """Return how often it went well, then how surely the target does as it is said."""
        as_said = self.requests.get(template_key(row.target), Tally())
        return row.good, _lower_bound(as_said) if as_said.total else 0.0


_NOTHING = _Loaded((), PhraseIndex(0))


def write_table(
    path: Path,
    rows: Iterable[Row],
    *,
    embed: Callable[[str], Sequence[float]] | None = None,
) -> int:
    """Write a table beside an older one and put it in its place; return the number of rows.

    Args:
        path: The file.
        rows: At most 100,000; those that went well most often are kept.
        embed: Returns the embedding of a request; without it the table is searched by sound.

    Raises:
        OSError: If it cannot be written; the old file is still there then.
    """
    kept = sorted(rows, key=lambda row: (-row.good, row.source, row.target))[:MOST_ROWS]
    requests = [row for row in kept if row.is_request]
    vectors = [np.asarray(embed(row.target), dtype=np.float32) for row in requests] if embed else []
    index = PhraseIndex(len(vectors[0]) if vectors else 0)
    for number, row in enumerate(requests):
        index.add(number, row.target, vectors[number] if vectors else np.zeros(0, dtype=np.float32))
    body = msgpack.packb(
        {
            "rows": [[row.source, row.target, row.good, row.bad, row.homes] for row in kept],
            "index": index.to_bytes(),
        }
    )
    beside = path.with_suffix(".new")
    beside.write_bytes(msgpack.packb([FORMAT, zlib.crc32(body), body]))
    beside.replace(path)
    return len(kept)


def read_table(path: Path) -> _Loaded:
    """Read a table and look through all of it.

    Raises:
        DataError: If anything in it is not as it must be.
        OSError: If it cannot be read.
    """
    if path.stat().st_size > MOST_BYTES:
        raise DataError(f"it has more than {MOST_BYTES} bytes")
    try:
        content = msgpack.unpackb(path.read_bytes())
        form, checksum, body = content
        if form != FORMAT:
            raise DataError(f"it is of format `{form}`, this version reads {FORMAT}")
        if not isinstance(body, bytes) or zlib.crc32(body) != checksum:
            raise DataError("its checksum is wrong")
        table = msgpack.unpackb(body)
        given, index = table["rows"], PhraseIndex.from_bytes(table["index"])
    except (ValueError, TypeError, KeyError, RecursionError, msgpack.UnpackException) as error:
        raise DataError(f"it is no table: {error}") from error
    if not isinstance(given, list) or len(given) > MOST_ROWS:
        raise DataError(f"it has no list of at most {MOST_ROWS} rows")
    rows = tuple(map(_row, given))
    if len(index) != sum(row.is_request for row in rows):
        raise DataError("its index is of other rows")
    return _Loaded(rows, index)


def _row(given: Any) -> Row:  # noqa: ANN401 # anything may come
    match given:
        case [str() as source, str() as target, good, bad, int() as homes]:
            words = source == template_key(source) and all(
                0 < len(text) <= MOST_CHARACTERS and speakable(text) for text in (source, target)
            )
            counts = all(
                isinstance(count, int | float) and math.isfinite(count) and 0 <= count <= 1e12
                for count in (good, bad, homes)
            )
            if words and counts:
                return Row(source, target, float(good), float(bad), homes)
    raise DataError("a row is not (source, target, good, bad, homes)")


def _is_sure(row: Row) -> bool:
    """Return whether a rewrite goes well in enough homes to be used before anything is understood."""
    some = row.homes >= _HOMES and row.good + row.bad > 0
    return some and _lower_bound(Tally(row.good, row.bad)) >= _WELL


def _lower_bound(tally: Tally) -> float:
    """Return the lower end of the 95 % interval of the share that went well (Wilson)."""
    n, share, z = tally.total, tally.good / tally.total, 1.96
    middle = share + z * z / (2 * n)
    return (middle - z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))) / (1 + z * z / n)
