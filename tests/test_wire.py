"""Batches and tables as bytes: golden bytes, both ways across versions, and what comes from outside."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import msgpack
import pytest
import zstandard
from hypothesis import given, strategies as st

from hubagent.errors import DataError, UnknownVersionError
from hubagent.wire import (
    BATCH,
    FAIL,
    SUCCESS,
    TABLE,
    Batch,
    FailedAt,
    Limits,
    Rewrite,
    Row,
    Sign,
    Table,
    apply_patch,
    batch_body,
    epoch_of,
    epoch_starts_s,
    make_patch,
    pack,
    pack_table,
    unpack,
    unpack_table,
)

GOLDEN = Batch(
    epoch=2968,
    seq=7,
    locale="en",
    rows=(
        Row("turn on the {name}", "switch on the {name}", 3, int(Sign.REPHRASE)),
        Row("lights of", FAIL, 1, int(Sign.TERMINATE), rewritten=True),
        Row("good night", SUCCESS),
    ),
    policy=1,
    software="0.1",
    table=12,
    failures=(("understand", 4), ("act", 1)),
)
GOLDEN_HEX = (
    "9a01cd0b98c40007a2656e9395b27475726e206f6e20746865207b6e616d657db4737769746368206f6e207468"
    "65207b6e616d657d03010095a96c6967687473206f660201040195aa676f6f64206e696768740101000001a330"
    "2e310c9292aa756e6465727374616e640492a361637401"
)
GOLDEN_PACKED = (
    "28b52ffd24713d0300f205171da0edb37d8f22bb77d1d106fd004e89b35a93e6ff0f46b72f6fffdb2403fc49cc"
    "ae203dbe7da67468bbb7408c23630899bd65adcb56b1c08052db3e5d9846ab2007347926b2dd349de8524ffaed"
    "b5fd819eab289fd8003d8bf8f80a0200de0cc6519e6495036658"
)
WORDS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=20
)
ROWS = st.builds(
    Row,
    WORDS,
    WORDS | st.sampled_from((SUCCESS, FAIL)),
    st.integers(1, 3),
    st.integers(0, 255),
    st.booleans(),
)
BATCHES = st.builds(
    Batch,
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**64 - 1),
    st.sampled_from(("en", "de")),
    st.lists(ROWS, max_size=20).map(tuple),
    st.integers(0, 2**16 - 1),
    st.sampled_from(("", "0.1")),
    st.integers(0, 2**32 - 1),
    st.sampled_from((b"", bytes(range(16)))),
    st.lists(st.tuples(st.sampled_from(list(FailedAt)), st.integers(0, 255)), max_size=3).map(
        tuple
    ),
)


def _packed(fields: object, **wrong: Any) -> bytes:
    return zstandard.ZstdCompressor(**wrong).compress(msgpack.packb(fields))


def _fields(batch: Batch = GOLDEN) -> list[Any]:
    fields = msgpack.unpackb(batch_body(batch))
    assert isinstance(fields, list)
    return fields


@given(BATCHES)
def test_a_batch_comes_back_as_it_went(batch: Batch) -> None:
    assert unpack(pack(batch)) == batch


def test_the_bytes_of_a_batch_never_change() -> None:
    assert batch_body(GOLDEN).hex() == GOLDEN_HEX
    assert unpack(bytes.fromhex(GOLDEN_PACKED)) == GOLDEN


def test_a_day_is_small() -> None:
    rows = tuple(Row(f"turn on the {{name}} {n} times please", SUCCESS) for n in range(20))
    assert len(pack(replace(GOLDEN, rows=rows))) < 500


def test_an_older_reader_passes_over_what_a_newer_writer_adds() -> None:
    fields = _fields()
    fields[5] = [[*row, "later", {}][:6] for row in fields[5]]
    assert unpack(_packed([*fields, "later", [1, 2]])) == GOLDEN


@pytest.mark.parametrize("known", range(6, 10))
def test_a_newer_reader_fills_in_what_an_older_writer_left_out(known: int) -> None:
    read = unpack(_packed(_fields()[:known]))
    defaults = {"policy": 0, "software": "", "table": 0, "failures": ()}
    for name in list(defaults)[: known - 6]:
        del defaults[name]
    assert read == replace(GOLDEN, **defaults)  # type: ignore[arg-type]


@pytest.mark.parametrize("version", [0, 2, "1", True, None, 1.5])
def test_another_version_is_told_apart(version: object) -> None:
    with pytest.raises(UnknownVersionError):
        unpack(_packed([version, *_fields()[1:]]))


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (1, -1), (1, 2**32), (1, "5"), (1, 1.0), (1, True),
        (2, b"short"), (2, "text"),
        (3, -1), (4, ""), (4, 5), (4, "en\n"),
        (5, {}), (5, None), (5, [[]]), (5, ["row"]),
        (5, [["", 1, 1, 0, 0]]), (5, [["a", 0, 1, 0, 0]]), (5, [["a", 3, 1, 0, 0]]),
        (5, [["a", True, 1, 0, 0]]), (5, [["a", 1, 0, 0, 0]]), (5, [["a", 1, 4, 0, 0]]),
        (5, [["a", 1, 1, 256, 0]]), (5, [["a", 1, 1, 0, 2]]), (5, [["a", 1, 1, 0]]),
        (5, [["a  b", 1, 1, 0, 0]]), (5, [["a\x00", 1, 1, 0, 0]]), (5, [["a\u202eb", 1, 1, 0, 0]]),
        (5, [["x" * 81, 1, 1, 0, 0]]), (5, [["\u00e9" * 41, 1, 1, 0, 0]]),
        (6, 2**16), (7, 1), (8, -1),
        (9, 0), (9, [["elsewhere", 1]]), (9, [["act", 256]]), (9, [["act"]]),
    ],
)  # fmt: skip
def test_a_field_that_is_wrong_is_refused(at: int, value: object) -> None:
    fields = _fields()
    fields[at] = value
    with pytest.raises(DataError):
        unpack(_packed(fields))


def test_too_many_rows_are_refused() -> None:
    rows = [["a", 1, 1, 0, 0]] * (BATCH.rows + 1)
    fields = _fields()
    fields[5] = rows
    with pytest.raises(DataError):
        unpack(_packed(fields))


def test_too_much_is_refused_before_it_is_decompressed() -> None:
    with pytest.raises(DataError, match="more than"):
        unpack(bytes(BATCH.packed + 1))
    bomb = zstandard.ZstdCompressor().compress(bytes(1 << 30))
    assert len(bomb) > BATCH.packed
    small_bomb = zstandard.ZstdCompressor(22).compress(bytes(1 << 22))
    assert len(small_bomb) < BATCH.packed
    with pytest.raises(DataError, match="at most"):
        unpack(small_bomb)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=40,
)


@given(st.lists(ANYTHING, max_size=12), st.integers(0, 12), ANYTHING)
def test_whatever_msgpack_can_say_is_a_record_or_refused(
    fields: list[Any], at: int, value: object
) -> None:
    mended = _fields()
    mended[at % len(mended)] = value
    for record in (fields, [1, *fields], mended):
        for read in (unpack, unpack_table):
            with suppress(DataError):
                read(_packed(record))


def test_a_frame_that_hides_its_size_is_refused() -> None:
    with pytest.raises(DataError, match="does not say"):
        unpack(_packed(_fields(), write_content_size=False))


def test_a_frame_that_lies_about_its_size_is_refused() -> None:
    honest = zstandard.ZstdCompressor(write_checksum=False).compress(bytes(60_000))
    # RFC 8878, 3.1.1.1: magic 4, descriptor 1, (no window: single segment), content size 2 (+256).
    assert zstandard.frame_content_size(honest) == 60_000
    lying = honest[:5] + (100).to_bytes(2, "little") + honest[7:]
    assert zstandard.frame_content_size(lying) == 356
    with pytest.raises(DataError):
        unpack(lying)


@given(st.binary(max_size=300))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(DataError):
        unpack(noise)
    with pytest.raises(DataError):
        unpack(zstandard.ZstdCompressor().compress(noise))


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_flipped_bit_is_noticed(at: int, bits: int) -> None:
    """The frame has a checksum; what is left unharmed is the same batch."""
    data = bytearray(pack(GOLDEN))
    data[at % len(data)] ^= bits
    try:
        read = unpack(bytes(data))
    except DataError:
        return
    assert read == GOLDEN


def test_more_behind_the_frame_is_refused() -> None:
    with pytest.raises(DataError):
        unpack(pack(GOLDEN) + b"more")


def test_nesting_is_no_way_in() -> None:
    with pytest.raises(DataError):
        unpack(zstandard.ZstdCompressor().compress(b"\x91" * 60_000))


OLD = Table(
    "en",
    4,
    2967,
    "plain",
    tuple(
        Rewrite(f"put on the {{name}} {n}", f"turn on the {{name}} {n}", 250, 7) for n in range(500)
    ),
)
NEW = replace(OLD, version=5, rows=(*OLD.rows[:-1], Rewrite("lights of", "lights off", 200, 5)))


def test_a_table_comes_back_as_it_went() -> None:
    assert unpack_table(pack_table(OLD)) == OLD
    assert unpack_table(pack_table(replace(OLD, rows=()))).rows == ()


def test_a_patch_makes_the_new_table_of_the_old_one() -> None:
    patch = make_patch(OLD, NEW)
    assert apply_patch(OLD, patch) == NEW
    assert len(patch) < len(pack_table(NEW)) / 4


def test_a_patch_for_another_table_is_refused() -> None:
    other = replace(OLD, rows=tuple(replace(row, p=1) for row in OLD.rows))
    with pytest.raises(DataError):
        apply_patch(other, make_patch(OLD, NEW))


@pytest.mark.parametrize(
    "row",
    [["a", "b", 256, 1, 0], ["a", "b", 1, -1, 0], ["a", 1, 1, 1, 0], ["a", "b", 1, 1], [], 5],
)
def test_a_row_of_a_table_that_is_wrong_is_refused(row: object) -> None:
    with pytest.raises(DataError):
        unpack_table(_packed([1, "en", 1, 1, "dp", [row]]))


def test_a_table_that_is_too_big_is_refused() -> None:
    with pytest.raises(DataError):
        unpack_table(pack_table(OLD), Limits(packed=1 << 20, body=1 << 20, rows=499))
    with pytest.raises(DataError):
        unpack_table(pack_table(OLD), replace(TABLE, body=1000))


@given(st.floats(0, 4e9))
def test_a_week_begins_when_it_says(at_s: float) -> None:
    epoch = epoch_of(at_s)
    assert epoch_starts_s(epoch) <= at_s < epoch_starts_s(epoch + 1)


def test_weeks_begin_on_monday() -> None:
    assert epoch_of(345_599) == 0  # Sunday 1970-01-04, 23:59:59
    assert epoch_of(345_600) == 1
