"""What waits survives anything, once; what was told is told once."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from hubagent.sync.consent import VERSION, Consent, digest_of
from hubagent.sync.outbox import FILE_NAME, MOST_BYTES, MOST_DAYS, Draft, Outbox
from hubagent.wire import epoch_of, epoch_starts_s

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW_S = epoch_starts_s(2900) + 1000.0
DAY_S = 86_400.0
AGREED = Consent(True, NOW_S, VERSION, digest_of("https://x"), "https://x")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / FILE_NAME)
    yield made
    made.close()


def _draft(epoch: int, *names: str, body: bytes = b"") -> Draft:
    return Draft(epoch, names, lambda seq: body or f"{epoch} {seq}".encode())


def test_numbers_begin_anew_with_each_epoch_and_are_never_used_twice(box: Outbox) -> None:
    box.put([_draft(2900, "a"), _draft(2900, "b"), _draft(2899, "a")], NOW_S)
    assert [(it.epoch, it.seq, it.body) for it in box.waiting()] == [
        (2900, 0, b"2900 0"), (2900, 1, b"2900 1"), (2899, 0, b"2899 0"),
    ]  # fmt: skip
    for batch in box.waiting():
        box.done(batch, "sent")
    box.put([_draft(2900, "c")], NOW_S)
    assert [(it.epoch, it.seq) for it in box.waiting()] == [(2900, 2)]
    assert box.told(2900) == {"a", "b", "c"}
    assert box.counts() == {"sent": 3}


def test_a_row_cannot_be_told_twice_and_nothing_of_such_a_batch_is_kept(box: Outbox) -> None:
    box.put([_draft(2900, "a")], NOW_S, due_s="1")
    with pytest.raises(sqlite3.IntegrityError):
        box.put([_draft(2900, "b"), _draft(2900, "a")], NOW_S, due_s="2")
    assert box.told(2900) == {"a"}
    assert len(box.waiting()) == 1
    assert box.setting("due_s") == "1"


def test_an_acknowledgement_that_comes_twice_counts_once(box: Outbox) -> None:
    box.put([_draft(2900, "a")], NOW_S)
    (batch,) = box.waiting()
    box.done(batch, "sent")
    box.done(batch, "sent")
    assert box.counts() == {"sent": 1}


def test_the_oldest_go_after_thirty_days_and_beyond_two_megabytes(box: Outbox) -> None:
    box.put([_draft(2900, "a")], NOW_S)
    later_s = NOW_S + (MOST_DAYS + 1) * DAY_S
    box.put([_draft(epoch_of(later_s), "b")], later_s)
    assert [it.seq for it in box.waiting()] == [0]
    assert box.counts() == {"dropped": 1}
    big = bytes(MOST_BYTES // 3)
    for number in range(4):
        box.put([_draft(epoch_of(later_s), f"big {number}", body=big)], later_s)
    assert [it.seq for it in box.waiting()] == [2, 3, 4]
    assert box.counts() == {"dropped": 3}


def test_a_full_disk_costs_the_batch_of_the_day_and_nothing_else(tmp_path: Path) -> None:
    box = Outbox(tmp_path / FILE_NAME)
    box.put([_draft(2900, "a")], NOW_S)
    pages = box._db.execute("PRAGMA page_count").fetchone()[0]
    box._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        box.put([_draft(2900, "b", body=bytes(100_000))], NOW_S)
    assert box.told(2900) == {"a"}
    assert len(box.waiting()) == 1
    box._db.execute("PRAGMA max_page_count = 1000000")
    box.put([_draft(2900, "b", body=bytes(100_000))], NOW_S)
    assert [it.seq for it in box.waiting()] == [0, 1]
    box.close()


def test_what_the_owner_has_forgotten_does_not_wait(box: Outbox, tmp_path: Path) -> None:
    box.put([_draft(2900, "a", body=b"CANARY")], NOW_S)
    assert box.drop_waiting() == 1
    assert box.waiting() == []
    assert box.next_number(2900) == 1
    for file in tmp_path.iterdir():
        assert b"CANARY" not in file.read_bytes()


def test_decisions_stay_when_all_else_is_forgotten(box: Outbox, tmp_path: Path) -> None:
    box.decide(AGREED)
    box.put([_draft(2900, "a", body=b"CANARY")], NOW_S, identity="CANARY")
    box.decide(Consent(False, NOW_S, 0, "", "https://x"))
    assert box.waiting() == []
    box.forget()
    assert [it.agreed for it in box.consents()] == [True, False]
    assert box.told(2900) == frozenset()
    for file in tmp_path.iterdir():
        assert b"CANARY" not in file.read_bytes()


def test_an_agreement_is_to_this_text_and_this_service() -> None:
    assert AGREED.holds_for("https://x")
    assert not AGREED.holds_for("https://y")
    assert not Consent(True, NOW_S, VERSION, "0" * 64, "https://x").holds_for("https://x")
    assert not Consent(False, NOW_S, VERSION, digest_of("https://x"), "https://x").holds_for(
        "https://x"
    )


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    Outbox(tmp_path / FILE_NAME).close()
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o077 == 0


_WRITER = """
import sys
from pathlib import Path
from hubagent.sync.outbox import Draft, Outbox
box = Outbox(Path(sys.argv[1]))
number = len(box.told(2900))
print("ready", flush=True)
while True:
    box.put([Draft(2900, [f"row {number}"], lambda seq: f"{seq} {number}".encode())], 1.75e9)
    print("put", number, flush=True)
    number += 1
    if number % 3 == 0:
        batch = box.waiting()[0]
        print("gone", batch.seq, flush=True)
        box.done(batch, "sent")
"""


def test_killed_at_any_point_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    put: set[int] = set()
    gone: set[int] = set()
    for number in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.02 + 0.017 * number)
        process.send_signal(signal.SIGKILL)
        lines, _ = process.communicate()
        for line in lines.splitlines(keepends=True):
            what, _, seq = line.partition(" ")
            if seq.endswith("\n"):  # else it was cut off
                (put if what == "put" else gone).add(int(seq))
    box = Outbox(path)
    waiting = {batch.seq for batch in box.waiting()}
    told = {int(name.removeprefix("row ")) for name in box.told(2900)}
    assert put <= told == set(range(len(told)))
    assert len(told) == box.next_number(2900)
    assert all(batch.body == f"{batch.seq} {batch.seq}".encode() for batch in box.waiting())
    # All that was put waits, unless it was about to go.
    assert set(range(box.next_number(2900))) - waiting <= gone
    box.close()


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as newer:
        newer.execute("PRAGMA user_version = 2")
    with pytest.raises(sqlite3.DatabaseError, match="newer"):
        Outbox(tmp_path / FILE_NAME)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 1000)
    with pytest.raises(sqlite3.DatabaseError):
        Outbox(tmp_path / FILE_NAME)
