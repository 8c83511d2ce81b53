"""What passes between a hub and the service of its fleet, as bytes: batches up, tables of rewrites down.

Records in, MessagePack arrays in a zstd frame out, and back. Both ends share this module and nothing else.
The records are append-only: a field is never moved or reused, an older reader passes over what stands
behind the fields it knows, and a newer one fills in what an older writer left out. What a reader
cannot live without is a new ``VERSION``.

Bytes from outside are bounded before they are decoded: first as they came, then by the size that the zstd
frame declares (and cannot exceed), then by the lengths within the MessagePack.

Sources: MessagePack specification; zstd frame format, RFC 8878 (3.1.1: content size, checksum).
"""

from __future__ import annotations

import enum
import threading
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgpack
import zstandard

from hubagent.errors import DataError, UnknownVersionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

VERSION = 1
CONTENT_TYPE = "application/vnd.hubagent.batch+msgpack+zstd"
SUCCESS, FAIL = 1, 2
"""In the place of words that followed: the dialogue ended there, well or badly."""
MOST_TIMES = 3
"""What is counted of one transition of one hub, however often it happened."""
_U8, _U16, _U32, _U64 = 0xFF, 0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF
_OF_THREAD = threading.local()
_LEAST_ARRAY = 32
"""Fields that a record may have, known or not."""


class Sign(enum.IntFlag):
    """What people did at a transition, as bits."""

    REPHRASE = 1
    BARGE_IN = 2
    TERMINATE = 4
    """Cancelled, undone or switched back by hand."""
    ACCEPT = 8
    """Thanked for, agreed to, or left so."""


class FailedAt(enum.StrEnum):
    """The stage at which turns came to nothing."""

    UNDERSTAND = "understand"
    RESOLVE = "resolve"
    ACT = "act"


_STAGES = frozenset(FailedAt)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is taken from outside at most."""

    packed: int = 16 << 10
    """Bytes as they come."""
    body: int = 64 << 10
    """Bytes when decompressed."""
    rows: int = 64
    text: int = 80
    """Bytes of one text."""


BATCH = Limits()
TABLE = Limits(packed=16 << 20, body=64 << 20, rows=100_000)


class Row(NamedTuple):
    """One transition: what was said, and what was said next or how it ended."""

    src: str
    """Scrubbed words, at most 80 bytes."""
    dst: str | int
    """Scrubbed words, or :data:`SUCCESS` or :data:`FAIL`."""
    n: int = 1
    """How often, 1 to 3."""
    sig: int = 0
    """Bits of :class:`Sign`."""
    rewritten: bool = False
    """Whether a rewrite of the global table was applied to ``src``: else a table would prove itself right."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one hub sends of one epoch and locale."""

    epoch: int
    """Week since 1970, see :func:`epoch_of`."""
    seq: int
    """Number of the batch at its hub, never used twice: with the hub it makes the batch unique."""
    locale: str
    rows: tuple[Row, ...]
    policy: int = 0
    """Version of the rules by which the hub scrubbed."""
    software: str = ""
    """``major.minor``."""
    table: int = 0
    """Version of the global table that was in force; 0 = none."""
    hub: bytes = b""
    """16 bytes by which the service knows the hub within the epoch; empty from a hub."""
    failures: tuple[tuple[str, int], ...] = ()
    """(stage of :class:`FailedAt`, how many turns came to nothing there, at most 255)."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One row of a table: words and what they most likely mean; the same twice for a request as such."""

    src: str
    dst: str
    p: int
    """255 times the probability that ``dst`` goes well."""
    support: int
    """Logarithm to the base of 2 of the (noisy) number of homes, rounded down."""
    flags: int = 0
    """None are in use."""


@dataclass(frozen=True, slots=True)
class Table:
    """The rewrites of one locale."""

    locale: str
    version: int
    """Rises by one with each release."""
    epoch: int
    """Last week that is in it."""
    rule: str
    """How it was released: ``plain`` or ``dp``."""
    rows: tuple[Rewrite, ...] = field(repr=False)


def epoch_of(at_s: float) -> int:
    """Return the week of a wall clock (s since 1970); weeks begin on Monday, 00:00 UTC."""
    return int((at_s // 86_400 + 3) // 7)


def epoch_starts_s(epoch: int) -> float:
    """Return the wall clock at which a week begins, s since 1970."""
    return (epoch * 7 - 3) * 86_400.0


def pack(batch: Batch) -> bytes:
    """Return a batch as it is sent."""
    return _compressed(batch_body(batch), level=19)


def batch_body(batch: Batch) -> bytes:
    """Return a batch before it is compressed."""
    it = batch
    rows = [[row.src, row.dst, row.n, row.sig, int(row.rewritten)] for row in it.rows]
    fields = [VERSION, it.epoch, it.hub, it.seq, it.locale, rows, it.policy, it.software, it.table]
    return bytes(msgpack.packb([*fields, [list(pair) for pair in it.failures]]))


def unpack(data: bytes, limits: Limits = BATCH) -> Batch:
    """Return the batch that bytes from outside hold.

    Raises:
        UnknownVersionError: If it is of another version.
        DataError: If it is too big or anything in it is not as it must be.
    """
    return _record(_decompressed(data, limits), limits, _batch)


def table_body(table: Table) -> bytes:
    """Return a table before it is compressed."""
    rows = [list(astuple(row)) for row in table.rows]
    fields = [VERSION, table.locale, table.version, table.epoch, table.rule, rows]
    return bytes(msgpack.packb(fields))


def pack_table(table: Table) -> bytes:
    """Return a table as it is published."""
    return _compressed(table_body(table), level=19)


def unpack_table(data: bytes, limits: Limits = TABLE) -> Table:
    """Return the table that bytes from outside hold.

    Raises:
        UnknownVersionError: If it is of another version.
        DataError: If it is too big or anything in it is not as it must be.
    """
    return _record(_decompressed(data, limits), limits, _table)


def make_patch(old: Table, new: Table) -> bytes:
    """Return what makes the new table of the old one: the new one, compressed with the old as dictionary."""
    return _compressed(table_body(new), level=19, known=table_body(old))


def apply_patch(old: Table, patch: bytes, limits: Limits = TABLE) -> Table:
    """Return the new table.

    Raises:
        UnknownVersionError: If it is of another version.
        DataError: If the patch is damaged, for another table, too big, or what it makes is wrong.
    """
    return _record(_decompressed(patch, limits, known=table_body(old)), limits, _table)


# --- bytes ----------------------------------------------------------------------------------------


def _compressed(body: bytes, *, level: int, known: bytes | None = None) -> bytes:
    made = zstandard.ZstdCompressor(level, _dictionary(known), write_checksum=True)
    return made.compress(body)


def _decompressed(data: bytes, limits: Limits, known: bytes | None = None) -> bytes:
    if len(data) > limits.packed:
        raise DataError(f"it has more than {limits.packed} bytes")
    try:
        declared = zstandard.frame_content_size(data)
        if not 0 <= declared <= limits.body:
            raise DataError(f"it does not say that it is of at most {limits.body} bytes")
        opened = _plain() if known is None else zstandard.ZstdDecompressor(_dictionary(known))
        return opened.decompress(data, max_output_size=limits.body, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise DataError(f"it is no zstd frame: {error}") from error


def _plain() -> zstandard.ZstdDecompressor:
    """Return the decompressor of this thread: making one takes longer than a batch."""
    found = getattr(_OF_THREAD, "decompressor", None)
    if found is None:
        found = _OF_THREAD.decompressor = zstandard.ZstdDecompressor()
    return found


def _dictionary(known: bytes | None) -> zstandard.ZstdCompressionDict | None:
    if known is None:
        return None
    return zstandard.ZstdCompressionDict(known, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


# --- records --------------------------------------------------------------------------------------


def _record(body: bytes, limits: Limits, read: Callable[[Sequence[Any], Limits], T]) -> T:
    """Return the record of a body; its first field is the version."""
    try:
        given = msgpack.unpackb(
            body,
            max_str_len=limits.text,
            max_bin_len=limits.text,
            max_array_len=max(limits.rows, _LEAST_ARRAY),
            max_map_len=0,
            max_ext_len=0,
        )
    except (ValueError, RecursionError, msgpack.UnpackException) as error:
        raise DataError(f"it is no MessagePack within the limits: {error}") from error
    if not isinstance(given, list) or not given:
        raise DataError("it is no record")
    if given[0] != VERSION or isinstance(given[0], bool):
        raise UnknownVersionError(f"it is of version `{given[0]}`, this software reads {VERSION}")
    return read(given, limits)


def _batch(given: Sequence[Any], limits: Limits) -> Batch:
    match given:
        case [_, epoch, bytes() as hub, seq, str() as locale, list() as rows, *rest]:
            policy, software, table, failures = _filled(rest, (0, "", 0, []))
        case _:
            raise DataError("it is not (version, epoch, hub, seq, locale, rows, ...)")
    whole = _is_whole(epoch, _U32) and _is_whole(seq, _U64) and len(hub) in (0, 16)
    whole = whole and _is_whole(policy, _U16) and _is_whole(table, _U32)
    if not whole or not _is_text(locale, limits) or len(rows) > limits.rows:
        raise DataError("a number, the locale or the number of rows is out of bounds")
    if not isinstance(software, str) or not isinstance(failures, list):
        raise DataError("`software` or `failures` is of another kind")
    kept = tuple(_row(row, limits) for row in rows)
    counts = tuple(map(_failure, failures))
    return Batch(epoch, seq, locale, kept, policy, software, table, hub, counts)


def _row(given: Any, limits: Limits) -> Row:  # noqa: ANN401 # anything may come
    if isinstance(given, list) and len(given) >= 5:
        src, dst, n, sig, rewritten = given[:5]
        ends = _is_whole(dst, FAIL) and dst != 0
        words = _is_text(src, limits) and (ends or _is_text(dst, limits))
        counts = _is_whole(n, MOST_TIMES) and n > 0 and _is_whole(sig, _U8)
        if words and counts and _is_whole(rewritten, 1):
            return Row(src, dst, n, sig, rewritten == 1)
    raise DataError("a row is not (src, dst, n, sig, rewritten)")


def _failure(given: Any) -> tuple[str, int]:  # noqa: ANN401 # anything may come
    match given:
        case [str() as stage, n, *_] if stage in _STAGES and _is_whole(n, _U8):
            return stage, n
    raise DataError("a failure is not (stage, how many)")


def _table(given: Sequence[Any], limits: Limits) -> Table:
    match given:
        case [_, str() as locale, version, epoch, str() as rule, list() as rows, *_]:
            whole = _is_whole(version, _U32) and _is_whole(epoch, _U32)
            if whole and _is_text(locale, limits) and len(rows) <= limits.rows:
                kept = tuple(_rewrite(row, limits) for row in rows)
                return Table(locale, version, epoch, rule, kept)
    raise DataError("it is not (version, locale, number, epoch, rule, rows)")


def _rewrite(given: Any, limits: Limits) -> Rewrite:  # noqa: ANN401 # anything may come
    match given:
        case [str() as src, str() as dst, p, support, flags, *_]:
            counts = all(_is_whole(number, _U8) for number in (p, support, flags))
            if counts and _is_text(src, limits) and _is_text(dst, limits):
                return Rewrite(src, dst, p, support, flags)
    raise DataError("a row is not (src, dst, p, support, flags)")


def _filled(given: Sequence[Any], otherwise: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the trailing fields that are known, with defaults for those that are not there."""
    return (*given[: len(otherwise)], *otherwise[len(given) :])


def _is_whole(value: object, most: int) -> bool:
    return type(value) is int and 0 <= value <= most


def _is_text(value: object, limits: Limits) -> bool:
    """Return whether it is words with single blanks between them, of which nothing is hidden."""
    return (
        isinstance(value, str)
        and 0 < len(value.encode()) <= limits.text
        and value.isprintable()
        and value == " ".join(value.split())
    )
