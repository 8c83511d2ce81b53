"""The journal on real files: kept, bounded, forgotten to the last byte, and never in the way."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hubagent.errors import DataError, HubagentError
from hubagent.evidence import Done, Signal, SignalKind, source_key
from hubagent.feedback import rows
from hubagent.feedback.journal import DAY_S, Journal
from hubagent.feedback.tables import FORMAT
from hubagent.types import EntityId, OutcomeKind, TurnId

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW_S = 1_800_000_000.0
ONE, TWO = TurnId("t1"), TurnId("t2")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "journal.sqlite")
    yield made
    made.close()


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def thanks(turn_id: TurnId, at_s: float = NOW_S) -> Signal:
    return Signal(turn_id, SignalKind.THANKS, at_s, 0.9, "thank you")


def unit(width: int = 384) -> tuple[float, ...]:
    vector = np.random.default_rng(1).normal(size=width)
    return tuple((vector / np.linalg.norm(vector)).tolist())


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_turn_comes_back_as_it_went_in(
    in_memory: bool, tmp_path: Path, make_turn: Any, rewrite: Any
) -> None:
    journal = Journal(None if in_memory else tmp_path / "journal.sqlite")
    done = Done(EntityId("light.desk"), "turn_on", {"rgb_color": [255, 0, 0]}, OutcomeKind.SILENT)
    turn = make_turn(rewrite=rewrite, asr_confidence=0.4, done=(done,), speaker="Zoë")
    journal.append(turn, [thanks(ONE)])
    if not in_memory:
        journal.close()
    assert list(journal.turns()) == [turn]
    assert journal.signals([ONE, TWO]) == {ONE: (thanks(ONE),)}
    journal.close()


def test_the_direction_of_an_embedding_is_kept_in_a_byte_a_component() -> None:
    packed = rows.pack_embedding(unit())
    assert len(packed) == 384
    kept = np.array(rows.unpack_embedding(packed))
    assert np.linalg.norm(kept) == pytest.approx(1.0)
    assert np.degrees(np.arccos(kept @ np.array(unit()))) < 0.7
    assert rows.unpack_embedding(rows.pack_embedding(())) == ()
    assert rows.unpack_embedding(rows.pack_embedding((0.0, 0.0))) == ()
    assert rows.pack_embedding((float("nan"), 1.0)) == b""


@given(st.lists(st.tuples(st.text(), st.text(), st.text())))
def test_any_stages_come_back(stages: list[tuple[str, str, str]]) -> None:
    assert [tuple(row) for row in rows._inflated(rows._deflated(rows._json(stages)))] == stages


def test_turns_come_oldest_first_between_bounds_and_over_pages(make_turn: Any) -> None:
    journal = Journal(None)
    count = 600
    for number in reversed(range(count)):
        # three at each moment, so that a page ends amid equal times
        journal.append(make_turn(f"t{number}", at_s=NOW_S + number // 3))
    times = [turn.at_s for turn in journal.turns()]
    assert len(times) == count
    assert times == sorted(times)
    assert len({turn.turn_id for turn in journal.turns()}) == count
    between = list(journal.turns(since_s=NOW_S + 10, until_s=NOW_S + 12))
    assert [turn.at_s - NOW_S for turn in between] == [10, 10, 10, 11, 11, 11]


def test_signals_found_later_and_of_many_turns(make_turn: Any) -> None:
    journal = Journal(None)
    ids = [TurnId(f"t{number}") for number in range(1200)]
    for turn_id in ids:
        journal.append(make_turn(turn_id))
    journal.append(None, [thanks(ids[0], NOW_S + 2), thanks(ids[0], NOW_S + 1), thanks(ids[-1])])
    journal.append(None, [thanks(TurnId("never was"))])
    found = journal.signals(ids)
    assert list(found) == [ids[-1], ids[0]] or set(found) == {ids[0], ids[-1]}
    assert [signal.at_s for signal in found[ids[0]]] == [NOW_S + 1, NOW_S + 2]
    assert journal.counters()["signals"] == 3


def test_an_id_used_again_is_that_of_the_newer_turn(make_turn: Any) -> None:
    journal = Journal(None)
    journal.append(make_turn("1", "first"), [thanks(TurnId("1"))])
    journal.append(make_turn("1", "second", at_s=NOW_S + 5))
    older, newer = journal.turns()
    assert (newer.turn_id, newer.heard) == ("1", "second")
    assert older.turn_id != "1"
    assert list(journal.signals([older.turn_id, newer.turn_id])) == [older.turn_id]


# --- bounds ---------------------------------------------------------------------------------------


def test_what_is_too_old_goes_with_its_signals(make_turn: Any) -> None:
    journal = Journal(None, days=10)
    journal.append(make_turn("old"), [thanks(TurnId("old"))])
    for number in range(20):
        journal.append(make_turn(f"t{number}", at_s=NOW_S + 11 * DAY_S))
    assert "old" not in {turn.turn_id for turn in journal.turns()}
    assert journal.counters()["signals"] == 0


def test_a_file_that_is_too_big_loses_the_oldest(tmp_path: Path, make_turn: Any) -> None:
    most = 200_000
    journal = Journal(tmp_path / "j", max_bytes=most)
    for number in range(600):
        journal.append(make_turn(f"t{number}", at_s=NOW_S + number, embedding=unit()))
    kept = [turn.turn_id for turn in journal.turns()]
    assert 50 < len(kept) < 600
    assert kept == [f"t{number}" for number in range(600 - len(kept), 600)]
    assert journal.counters()["bytes"] < most * 1.3
    journal.close()
    assert (tmp_path / "j").stat().st_size < most * 1.3
    smaller = Journal(tmp_path / "j", max_bytes=most // 4)
    assert smaller.counters()["bytes"] <= most // 4
    smaller.close()
    assert (tmp_path / "j").stat().st_size <= most // 4


def test_a_turn_costs_little_room(tmp_path: Path, make_turn: Any) -> None:
    journal = Journal(tmp_path / "j")
    for number in range(500):
        journal.append(
            make_turn(f"{number:032x}", at_s=NOW_S + number, embedding=unit()),
            [thanks(TurnId(f"{number:032x}"))],
        )
    assert journal.counters()["bytes"] / 500 < 1_400
    journal.close()


def test_the_log_is_written_into_the_file_while_nobody_waits(
    tmp_path: Path, make_turn: Any
) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    for number in range(50):
        journal.append(make_turn(f"t{number}", f"the magic words {number}", at_s=NOW_S + number))
    assert b"magic" not in path.read_bytes()
    journal.append(None, [thanks(TurnId("t1"))])
    assert b"magic" in path.read_bytes()
    assert len(list(journal.turns())) == 50
    journal.close()


# --- forgetting -----------------------------------------------------------------------------------


def test_forgotten_words_are_in_no_file(tmp_path: Path, make_turn: Any, rewrite: Any) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    said = "Turn on the XYZZY lamp"
    long = said + " and the moomintroll light" * 400
    for number in range(40):
        journal.append(make_turn(f"a{number}", said, response="PLUGH", at_s=NOW_S + number))
        journal.append(make_turn(f"b{number}", f"turn on lamp {number}", at_s=NOW_S + number))
    journal.append(make_turn("long", long))
    journal.append(make_turn("r", "other words", rewrite=rewrite), [thanks(TurnId("r"))])
    assert b"XYZZY" in bytes_of(tmp_path)
    assert journal.erase(words="turn on the xyzzy, lamp!") == 40
    assert journal.erase(words=long) == 1
    assert journal.erase(words=rewrite.source) == 1
    left = bytes_of(tmp_path)
    for gone in (b"XYZZY", b"xyzzy", b"PLUGH", b"moomintroll", b"tess lamp"):
        assert gone not in left
    assert len(list(journal.turns())) == 40
    assert journal.counters()["signals"] == 0
    journal.close()


def test_one_turn_and_all_of_them_can_be_forgotten(tmp_path: Path, make_turn: Any) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    for number in range(30):
        journal.append(make_turn(f"turn-{number}", f"words number {number}"))
    assert journal.erase(turn_id=TurnId("turn-3")) == 1
    assert b"words number 3\0" not in bytes_of(tmp_path)
    assert journal.erase(turn_id=TurnId("turn-3")) == 0
    assert journal.erase(words="") == 0
    (tmp_path / "journal.sqlite.set-aside").write_bytes(b"words number 5")
    assert journal.erase() == 29
    assert b"words number" not in bytes_of(tmp_path)
    assert list(journal.turns()) == []
    journal.append(make_turn())
    assert len(list(journal.turns())) == 1
    journal.close()


def test_a_reader_that_holds_old_bytes_is_told_of(tmp_path: Path, make_turn: Any) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.append(make_turn())
    other = sqlite3.connect(tmp_path / "journal.sqlite")
    other.execute("BEGIN")
    other.execute("SELECT * FROM turns").fetchall()
    with pytest.raises(HubagentError, match="still being read"):
        journal.erase()
    other.close()
    journal.erase()
    assert b"desk lamp" not in bytes_of(tmp_path)
    journal.close()


# --- export ---------------------------------------------------------------------------------------


def test_an_export_is_plain_and_can_be_taken_in(make_turn: Any, rewrite: Any) -> None:
    journal = Journal(None)
    journal.append(make_turn(rewrite=rewrite, embedding=unit()), [thanks(ONE)])
    journal.append(make_turn("t2", "stop", at_s=NOW_S + 1))
    documents = [json.loads(json.dumps(item)) for item in journal.export()]
    assert documents[0]["heard"] == "turn on the desk lamp"
    assert documents[0]["signals"][0]["kind"] == "thanks"
    other = Journal(None)
    assert other.absorb(documents) == (2, 0)
    assert other.absorb(documents) == (0, 0)
    assert other.signals([ONE, TWO]) == journal.signals([ONE, TWO])
    kept = [rows.to_document(turn) for turn in other.turns()]
    assert [{**item, "embedding": 0} for item in kept] == [
        {**item, "embedding": 0, "signals": []} for item in documents
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"heard": 7}, {"at_s": "now"}, {"at_s": float("inf")}, {"decision": "obey"}, {"done": [1]},
        {"rewrite": {"source": "x"}}, {"signals": [{"kind": "shrug"}]}, {"embedding": ["x"]},
        {"stages": [["one"]]}, {"done": [{"entity_id": "a", "command": "b", "data": 3, "outcome": "?"}]},
    ],
)  # fmt: skip
def test_a_document_that_is_wrong_is_left_out(change: dict[str, Any], make_turn: Any) -> None:
    document = {**rows.to_document(make_turn()), **change}
    with pytest.raises(DataError):
        rows.from_document(document)
    journal = Journal(None)
    assert journal.absorb([document, rows.to_document(make_turn())]) == (1, 1)


# --- what goes wrong ------------------------------------------------------------------------------


def test_a_damaged_file_is_set_aside(
    tmp_path: Path, make_turn: Any, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"no database at all" * 100)
    journal = Journal(path)
    assert "damaged" in caplog.text
    assert (tmp_path / "journal.sqlite.set-aside").read_bytes().startswith(b"no database")
    journal.append(make_turn())
    assert len(list(journal.turns())) == 1
    journal.close()


def test_damage_found_in_the_middle_is_set_aside_too(tmp_path: Path, make_turn: Any) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    for number in range(200):
        journal.append(make_turn(f"t{number}", embedding=unit()))
    journal.close()
    whole = bytearray(path.read_bytes())
    whole[8192:] = b"\xff" * (len(whole) - 8192)
    path.write_bytes(whole)
    journal = Journal(path)
    assert list(journal.turns()) == []
    journal.append(make_turn())
    assert [turn.turn_id for turn in journal.turns()] == ["t1"]
    assert path.with_name("journal.sqlite.set-aside").exists()
    journal.close()


@pytest.mark.parametrize("of", ["newer", "other"])
def test_a_file_of_a_newer_version_or_another_program_is_kept_aside(
    of: str, tmp_path: Path, make_turn: Any, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "journal.sqlite"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE something (x)")
    db.execute("INSERT INTO something VALUES ('precious')")
    db.execute(f"PRAGMA user_version = {FORMAT + 1 if of == 'newer' else 0}")
    db.commit()
    db.close()
    journal = Journal(path)
    journal.append(make_turn())
    assert len(list(journal.turns())) == 1
    assert ("newer" if of == "newer" else "another program") in caplog.text
    assert b"precious" in (tmp_path / "journal.sqlite.set-aside").read_bytes()
    journal.close()


def test_a_full_disk_stops_the_journal_and_nothing_else(
    tmp_path: Path, make_turn: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    journal = Journal(tmp_path / "journal.sqlite")
    journal.append(make_turn("first"))
    assert journal._db is not None
    journal._db.execute("PRAGMA max_page_count = 12")
    for number in range(100):
        journal.append(make_turn(f"t{number}", embedding=unit()), [thanks(TurnId(f"t{number}"))])
    kept = [turn.turn_id for turn in journal.turns()]
    assert kept[0] == "first"
    assert len(kept) < 100
    assert journal.counters()["lost"] == 2 * (101 - len(kept))
    assert "full" in (journal.suspended or "")
    assert caplog.text.count("not being kept") == 1
    journal._db.execute("PRAGMA max_page_count = 100000")
    journal.append(make_turn("room again"))
    assert journal.suspended is None
    assert "kept again" in caplog.text
    journal.close()


def test_a_folder_that_cannot_be_is_no_reason_to_stop(tmp_path: Path, make_turn: Any) -> None:
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "journal.sqlite")
    journal.append(make_turn())
    assert list(journal.turns()) == []
    assert journal.signals([ONE]) == {}
    assert journal.suspended
    assert journal.counters()["lost"] == 1
    (tmp_path / "file").unlink()
    journal.append(make_turn("now"))
    assert [turn.turn_id for turn in journal.turns()] == ["now"]
    journal.close()


def test_turns_may_end_while_others_read(tmp_path: Path, make_turn: Any) -> None:
    journal = Journal(tmp_path / "journal.sqlite")

    def write(start: int) -> None:
        for number in range(start, start + 100):
            journal.append(make_turn(f"t{number}"), [thanks(TurnId(f"t{number}"))])

    threads = [threading.Thread(target=write, args=(start,)) for start in (0, 100, 200)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        for turn in journal.turns():
            assert turn.heard
    assert len(list(journal.turns())) == 300
    assert journal.counters() == {**journal.counters(), "turns": 300, "signals": 300, "lost": 0}
    journal.close()


def test_words_are_found_by_any_form(make_turn: Any) -> None:
    journal = Journal(None)
    journal.append(make_turn("a", "Set it to 20.5 %!"))
    journal.append(make_turn("b", "set it to 205 %"))
    assert source_key("set it to 20.5 %") != source_key("set it to 205 %")
    assert journal.erase(words="set it to 20.5 %") == 1
    assert [turn.turn_id for turn in journal.turns()] == ["b"]
