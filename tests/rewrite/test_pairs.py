"""The learned tables: exact, durable, bounded, and what is forgotten is gone from the disk."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings, strategies as st

from hubagent.errors import DataError, HubagentError
from hubagent.evidence import Affinity, Changes, Entry, Pair, Stage, Tally, source_key
from hubagent.rewrite.documents import entry_document, pair_document, read_entry, read_pair
from hubagent.rewrite.pairs import LearnedStore
from hubagent.types import Layer

if TYPE_CHECKING:
    from pathlib import Path


def pair(source: str, target: str = "turn on the lamp", **changes: object) -> Pair:
    plain = Pair(source, target, Layer.PERSONAL, Stage.LIVE, "rephrase", "HassTurnOn|lamp")
    return replace(plain, **changes)  # type: ignore[arg-type] # fields of the test


def entry(text: str, good: float = 1.0, at_s: float = 0.0) -> Entry:
    return Entry(text, "HassTurnOn|lamp", Affinity.OWN, Tally(good, 0.0), at_s)


def test_words_are_found_with_the_pair_of_the_home_first() -> None:
    store = LearnedStore()
    ours, theirs = pair("lamp one"), pair("lamp one", "turn on lamp one", layer=Layer.GLOBAL)
    store.put([theirs, ours])
    assert store.find("lamp one") == (ours, theirs)
    assert store.find("lamp") == ()
    assert store.pairs() == (ours, theirs)


def test_every_change_makes_a_new_version_and_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "learned.sqlite"
    store = LearnedStore(path)
    assert store.version == 0
    full = pair("a b", on=Tally(1.5, 0.25), days=(20000, 20001), since_s=1.5, why="because")
    spoken = replace(entry("turn on the lamp"), hours=(0.5,) * 24, embedding=b"\x81\x00\x7f")
    assert store.put([full]) == 1
    assert store.change(Changes(entries=(spoken,), settings=(("muted", "yes"),))) == 2
    store.close()
    again = LearnedStore(path)
    assert (again.version, again.pairs(), again.entries()) == (2, (full,), (spoken,))
    assert again.setting("muted") == "yes"
    again.change(Changes(settings=(("muted", ""),)))
    assert again.setting("muted", "no") == "no"


def test_the_least_worth_go_first() -> None:
    store = LearnedStore(most_pairs=2, most_entries=2)
    live, retired = pair("a"), pair("b", stage=Stage.RETIRED)
    store.put([live, retired, pair("c", stage=Stage.SHADOW)])
    assert store.pairs() == (live, retired)
    store.change(Changes(entries=(entry("x", 3.0), entry("y", 1.0, 1.0), entry("z", 1.0, 2.0))))
    assert [item.text for item in store.entries()] == ["x", "z"]


def test_what_is_forgotten_is_in_no_file(tmp_path: Path) -> None:
    store = LearnedStore(tmp_path / "learned.sqlite")
    store.put([pair(f"filler {number}", "turn on the lamp " * 8) for number in range(200)])
    secret = pair("zebra canary", "sing to the xylophone")
    store.change(Changes(pairs=(secret,), entries=(entry("sing to the xylophone"),)))

    def on_disk(words: bytes) -> bool:
        return any(words in file.read_bytes() for file in tmp_path.iterdir())

    assert on_disk(b"zebra canary")
    store.change(
        Changes(
            forget_pairs=((Layer.PERSONAL, "zebra canary"),),
            forget_entries=("sing to the xylophone",),
        )
    )
    assert not on_disk(b"zebra canary")
    assert not on_disk(b"xylophone")
    assert len(store.pairs()) == 200


_WRITER = """
import sys
from pathlib import Path
from hubagent.evidence import Changes, Entry, Pair, Stage
from hubagent.rewrite.pairs import LearnedStore
from hubagent.types import Layer
store = LearnedStore(Path(sys.argv[1]))
print("ready", flush=True)
number = store.version
while True:
    number += 1
    store.change(Changes(
        pairs=tuple(Pair(f"s{i}", f"t {number}", Layer.PERSONAL, Stage.LIVE, "chain", "") for i in range(40)),
        entries=(Entry("e", str(number)),),
    ))
"""


def test_a_kill_at_any_moment_leaves_old_or_new_tables(tmp_path: Path) -> None:
    path = tmp_path / "learned.sqlite"
    for attempt in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, env=os.environ
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.005 + 0.013 * attempt)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        store = LearnedStore(path)
        if store.version:
            assert {item.target for item in store.pairs()} == {f"t {store.version}"}
            assert len(store.pairs()) == 40
            assert [item.interpretation for item in store.entries()] == [str(store.version)]
        store.close()


def test_a_log_cut_at_any_byte_leaves_old_or_new_tables(tmp_path: Path) -> None:
    path = tmp_path / "learned.sqlite"
    store = LearnedStore(path)
    for number in (1, 2, 3):
        store.put([pair("a", f"t {number}"), pair("b", f"t {number}")])
    whole = {name: (tmp_path / name).read_bytes() for name in (path.name, path.name + "-wal")}
    versions = set()
    log = whole[path.name + "-wal"]
    for size in [*range(0, len(log), 997), len(log)]:
        folder = tmp_path / "cut"
        folder.mkdir()
        (folder / path.name).write_bytes(whole[path.name])
        (folder / (path.name + "-wal")).write_bytes(log[:size])
        cut = LearnedStore(folder / path.name)
        versions.add(cut.version)
        wanted = {f"t {cut.version}"} if cut.version else set()
        assert {item.target for item in cut.pairs()} == wanted
        cut.close()
        shutil.rmtree(folder)
    store.close()
    assert versions == {0, 1, 2, 3}


@pytest.mark.parametrize("damage", ["noise", "page"])
def test_a_damaged_file_is_set_aside_and_said_to_be(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "learned.sqlite"
    store = LearnedStore(path)
    store.put([pair(f"words {number}") for number in range(300)])
    store.close()
    content = path.read_bytes()
    noise = b"no database at all" * 99
    path.write_bytes(noise if damage == "noise" else content[:4096] + b"\xff" * 9000)
    again = LearnedStore(path)
    assert again.pairs() == ()
    assert (tmp_path / "learned.damaged").exists()
    assert "damaged and set aside" in caplog.text
    again.put([pair("a")])
    assert len(again.pairs()) == 1
    again.close()


def test_a_damaged_row_does_not_take_the_others_along(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "learned.sqlite"
    store = LearnedStore(path)
    store.put([pair("a"), pair("b")])
    store.close()
    with sqlite3.connect(path) as file:
        file.execute("UPDATE pairs SET document = '{\"source\": 7}' WHERE source = 'a'")
    file.close()
    again = LearnedStore(path)
    assert [item.source for item in again.pairs()] == ["b"]
    assert "1 rows" in caplog.text
    again.close()


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "learned.sqlite"
    LearnedStore(path).close()
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA application_id = 99")
    file.close()
    with pytest.raises(HubagentError, match="format 99"):
        LearnedStore(path)
    assert path.exists()


# --- documents ------------------------------------------------------------------------------------

WORDS = st.text("abzäßİΣ7²%.' -", min_size=1, max_size=30).filter(source_key)
NORMAL = WORDS.map(lambda words: " ".join(words.split()))
TALLIES = st.builds(Tally, st.floats(0, 1e6), st.floats(0, 1e6))
PAIRS = st.builds(
    Pair,
    WORDS.map(source_key),
    NORMAL,
    st.sampled_from(Layer),
    st.sampled_from(Stage),
    WORDS,
    WORDS,
    on=TALLIES,
    off=TALLIES,
    days=st.lists(st.integers(0, 100_000), max_size=16).map(tuple),
    since_s=st.floats(0, 1e12),
)


@given(st.text())
def test_the_key_of_a_key_is_itself(words: str) -> None:
    assert source_key(source_key(words)) == source_key(words)


@given(PAIRS)
@settings(max_examples=100, deadline=None)
def test_a_pair_comes_back_as_it_was(made: Pair) -> None:
    assert read_pair(json.loads(json.dumps(pair_document(made)))) == made


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.sampled_from(["source", "target", "layer", "stage", "on", "days", "since", "why"]),
)
@settings(max_examples=200, deadline=None)
def test_whatever_comes_in_is_a_good_pair_or_a_data_error(junk: object, name: str) -> None:
    for document in (junk, {**pair_document(pair("a")), name: junk}):
        try:
            read = read_pair(document)
        except DataError:
            continue
        assert read_pair(pair_document(read)) == read


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"source": "a" * 201}, "more than 200"),
        ({"target": "turn on\u202e the lamp"}, "cannot be said"),
        ({"target": "turn on\x00"}, "cannot be said"),
        ({"target": " ?! "}, "no words"),
        ({"on": [float("inf"), 0]}, "out of range"),
        ({"on": [10**400, 0]}, "out of range"),
        ({"days": [1] * 17}, "at most 16"),
        ({"stage": "eternal"}, "none of"),
        ({"sessions": True}, "not a number"),
    ],
)
def test_hostile_fields_are_named(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(DataError, match=told):
        read_pair({**pair_document(pair("a")), **wrong})


def test_an_entry_comes_back_and_a_wrong_one_is_named() -> None:
    made = replace(entry("a b"), hours=(1.0,) * 24, embedding=bytes(range(256)), place="hall")
    document = json.loads(json.dumps(entry_document(made)))
    assert read_entry(document) == made
    with pytest.raises(DataError, match="24"):
        read_entry({**document, "hours": [1]})
    with pytest.raises(DataError, match="base 64"):
        read_entry({**document, "embedding": "!!"})
