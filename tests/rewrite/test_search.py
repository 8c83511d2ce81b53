"""Search over what works here and everywhere, and what keeps it from doing harm."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from hubagent.errors import DataError
from hubagent.evidence import Affinity, Changes, Entry, Pair, Stage, Tally, source_key
from hubagent.rewrite import rank
from hubagent.rewrite.pairs import LearnedStore
from hubagent.rewrite.personal import PersonalIndex
from hubagent.rewrite.rank import Candidate, Commonness, Query
from hubagent.rewrite.search import WEIGHTS_SETTING, RankedSearch
from hubagent.rewrite.table import GlobalTable, Row, read_table, write_table
from hubagent.types import Clause, Hypothesis, Layer, TurnId, Understanding, Utterance

if TYPE_CHECKING:
    from pathlib import Path

    from hubagent.ports import ContextView
    from hubagent.rewrite.guardrail import Guardrail
    from hubagent.types import Rewrite

AT_S = 1_790_000_000.0


def own(text: str, good: float = 4.0, interpretation: str = "") -> Entry:
    return Entry(
        source_key(text),
        interpretation or f"i|{text}",
        Affinity.OWN,
        Tally(good, 0.0),
        AT_S - 3600,
        embedding=bytes([100, 60]),
    )


def search(
    words: str,
    entries: list[Entry],
    guard: Guardrail,
    view: ContextView,
    table: GlobalTable | None = None,
    doubt: float = 1.0,
) -> Rewrite | None:
    store = LearnedStore()
    store.change(Changes(entries=tuple(entries)))
    read = Understanding(words, (Clause(0, len(words), (Hypothesis("i", 0.4),)),), 0.2, (0.8, 0.6))
    return RankedSearch(store, guard, table).best(
        Utterance(TurnId("t"), words, AT_S), read, view, doubt
    )


def test_own_words_are_found_by_their_sound(guard: Guardrail, view: ContextView) -> None:
    entries = [
        own("play some smooth jazz"),
        own("turn on the kitchen light"),
        own("start movie night"),
    ]
    found = search("play some smooth jass", entries, guard, view)
    assert found is not None
    assert (found.target, found.layer, found.online) == (
        "play some smooth jazz", Layer.PERSONAL, True
    )  # fmt: skip
    assert found.score >= rank.load().least
    assert dict(found.features)["success"] > 0.5


def test_less_is_enough_where_the_words_were_refused(guard: Guardrail, view: ContextView) -> None:
    entries = [own("play some smooth jazz")]
    words = "play some smooth chass"
    found = search(words, entries, guard, view)
    assert found is not None
    assert found.score < rank.load().least
    assert search(words, entries, guard, view, doubt=0.95) is None


def test_a_name_of_the_home_is_put_where_strange_words_stand(
    guard: Guardrail, view: ContextView
) -> None:
    texts = {c.text for c in PersonalIndex(LearnedStore()).near("turn on gand elf", None, view)}
    assert "turn on gandalf" in texts


def test_unlike_words_are_left_alone(guard: Guardrail, view: ContextView) -> None:
    entries = [own("turn on the kitchen light"), own("start movie night"), own("play some jazz")]
    for words in ("order a pizza", "turn on the attic light", "what is love", "brew the coffee"):
        assert search(words, entries, guard, view) is None


def test_nothing_is_found_against_a_guard_rail(guard: Guardrail, view: ContextView) -> None:
    assert search("turn off gandolf", [own("turn on gandalf")], guard, view) is None or (
        search("turn off gandolf", [own("turn on gandalf")], guard, view).target  # type: ignore[union-attr] # just seen
        == "turn off gandalf"
    )
    assert search("unlog the front door", [own("unlock the front door")], guard, view) is None
    assert search("set dimmer to 20", [own("set dimmer to 30")], guard, view) is None


def test_one_success_is_no_habit(guard: Guardrail, view: ContextView) -> None:
    assert search("play some smooth jass", [own("play some smooth jazz", 1.0)], guard, view) is None


def test_two_that_are_as_near_are_none(guard: Guardrail, view: ContextView) -> None:
    entries = [own("play the red album"), own("play the read album")]
    assert search("play the rad album", entries, guard, view) is None


def test_a_doubt_that_is_small_needs_a_surer_candidate(guard: Guardrail, view: ContextView) -> None:
    entries = [own("play some smooth jazz")]
    found = search("play some smooth jass", entries, guard, view)
    assert found is not None
    too_little = (1.0 - found.score) / 2
    assert search("play some smooth jass", entries, guard, view, doubt=too_little) is None


# --- the global layer -----------------------------------------------------------------------------


def test_what_goes_well_everywhere_is_never_rewritten(guard: Guardrail, view: ContextView) -> None:
    """ "We Don't Talk About Bruno" is no "We Don't Talk Anymore", however often that is played here."""
    said, habit = "play we dont talk about bruno", own("play we dont talk anymore", 50.0)
    rows = [Row(said, said, 90.0, 2.0, 60)]
    assert search(said, [habit], guard, view, GlobalTable(rows=rows)) is None
    near = "play we dont talk about brueno"
    entries = [own("play we dont talk about bruno", 9.0), habit]
    found = search(near, entries, guard, view, GlobalTable(rows=rows))
    assert found is not None
    assert found.target == said


def test_homes_without_a_past_are_served_by_all_others(
    guard: Guardrail, view: ContextView, tmp_path: Path
) -> None:
    others = [
        f"play song {word}" for word in ("one", "bright", "house", "seven", "velvet", "river")
    ]
    rows = [Row(text, text, 40.0, 2.0, 30) for text in ("play imagine dragons", *others)]
    write_table(tmp_path / "table", rows, embed=lambda _text: [0.8, 0.6])
    table = GlobalTable(tmp_path / "table")
    found = search("play imagine dragon", [], guard, view, table)
    assert found is not None
    assert (found.target, found.layer) == ("play imagine dragons", Layer.GLOBAL)


def test_few_or_mixed_turns_are_no_proof() -> None:
    table = GlobalTable(
        rows=[
            Row("a b", "a b", 9.0, 0.0, 9),
            Row("c d", "c d", 60.0, 40.0, 9),
            Row("e", "e", 40, 1, 9),
        ]
    )
    assert [table.goes_well(words) for words in ("a b", "c d", "e", "f")] == [
        False,
        False,
        True,
        False,
    ]
    assert table.tally("c d") == Tally(60.0, 40.0)


ROWS = [
    Row("play jazz", "play jazz", 20.0, 1.0, 12),
    Row("play chess", "play jazz", 9.0, 1.0, 7),
    Row("play chess", "play chips", 3.0, 1.0, 2),
]


def test_a_table_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "table.mpk"
    assert write_table(path, ROWS, embed=lambda text: [1.0, float(len(text)), 0.5]) == 3
    table = GlobalTable(path)
    assert len(table) == 3
    assert [row.target for row in table.rewrites("play chess")] == ["play jazz", "play chips"]
    assert table.rewrites("play jazz") == ()
    vector = np.array([1.0, 9.0, 0.5], dtype=np.float32)
    for found in (table.near("play jass", vector), table.near("play jass", None)):
        assert [candidate.text for candidate in found] == ["play jazz"]


def test_no_turn_waits_for_a_table_that_is_being_read(tmp_path: Path) -> None:
    path = tmp_path / "table.mpk"
    write_table(path, ROWS)
    table = GlobalTable(path)
    with table._loading:  # as if the disk were slow
        table.load_meanwhile()
        assert table.rewrites("play chess") == ()
    for thread in threading.enumerate():
        if thread.name == "global-table":
            thread.join()
    assert len(table.rewrites("play chess")) == 2


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_changed_byte_is_never_believed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:  # fmt: skip
    path = tmp_path_factory.mktemp("table") / "table.mpk"
    write_table(path, ROWS)
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with pytest.raises(DataError):
        read_table(path)
    assert len(GlobalTable(path)) == 0


def test_a_cut_or_hostile_table_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import zlib

    path = tmp_path / "table.mpk"
    write_table(path, ROWS)
    good = path.read_bytes()
    index = msgpack.unpackb(msgpack.unpackb(good)[2])["index"]

    def packed(rows: object) -> bytes:
        body = msgpack.packb({"rows": rows, "index": index})
        return bytes(msgpack.packb([1, zlib.crc32(body), body]))

    hostile = [
        b"", good[:-3], good + b"x", b"\x93\x01", msgpack.packb([1, 0, [[]] * 9]),
        packed(7), packed([["a", "b"]]), packed([["a", "a\u202e", 1, 1, 1]]),
        packed([["A", "a", 1, 1, 1]]), packed([["a", "a", float("nan"), 1, 1]]),
        packed([["a", "a" * 999, 1, 1, 1]]), packed([]),
    ]  # fmt: skip
    for content in hostile:
        path.write_bytes(content)
        with pytest.raises(DataError):
            read_table(path)
        assert GlobalTable(path).near("play jazz", None) == []
    assert "refused" in caplog.text
    assert len(GlobalTable(tmp_path / "none")) == 0


def test_a_table_that_maps_everything_to_unlocking_changes_nothing(
    guard: Guardrail, view: ContextView
) -> None:
    target = "unlock the front door"
    rows = [Row(target, target, 1e9, 0.0, 9999)]
    for words in ("unlog the front door", "un lock the front door", "hello", "lock the front door"):
        assert search(words, [], guard, view, GlobalTable(rows=rows)) is None


# --- ranking --------------------------------------------------------------------------------------

QUERY = Query("play some smooth jass", intent="i", at_s=AT_S, hour=7, place="kitchen")
PLAIN = Candidate(
    "play some smooth jazz", Layer.PERSONAL, 0.5, 0.7, "i|x", Tally(3.0, 1.0), AT_S - 9e5
)


def probability(candidate: Candidate, query: Query = QUERY) -> float:
    return rank.load().probability(rank.features(query, candidate, Commonness()))


@pytest.mark.parametrize(
    "better",
    [
        {"tally": Tally(9.0, 0.0)},
        {"last_s": AT_S - 60.0},
        {"place": "kitchen"},
        {"followed": 1.0},
        {"similarity": 0.9},
        {"hours": tuple(float(hour == 7) for hour in range(24))},
    ],
)
def test_what_speaks_for_a_candidate_raises_it(better: dict[str, object]) -> None:
    assert probability(replace(PLAIN, **better)) > probability(PLAIN)  # type: ignore[arg-type] # fields


def test_history_alone_never_makes_a_candidate_of_unlike_words() -> None:
    loved = Candidate("start movie night", Layer.PERSONAL, 0.0, 0.0, "i|x", Tally(1e6, 0.0), AT_S,
                      (1.0,) * 24, "kitchen")  # fmt: skip
    assert probability(loved) < rank.load().least / 2


def test_a_home_moves_weights_within_bounds_and_only_those_of_history() -> None:
    shipped = rank.load()
    moved = shipped.moved({"success": 99.0, "hour": -99.0, "sound": 9.0, "nonsense": 1.0,
                           "often": float("nan")})  # fmt: skip
    assert moved.words == shipped.words
    assert moved.history["success"] == pytest.approx(shipped.history["success"] + 1.0)
    assert moved.history["hour"] == pytest.approx(shipped.history["hour"] - 1.0)
    assert moved.history["often"] == shipped.history["often"]
    assert "nonsense" not in moved.history


def test_own_weights_are_a_setting_and_nonsense_in_it_is_none(guard: Guardrail) -> None:
    store = LearnedStore()
    ranked = RankedSearch(store, guard)
    for text in ("[]", "7", "{", '{"success": "x"}'):
        store.change(Changes(settings=((WEIGHTS_SETTING, text),)))
        assert ranked.weights == rank.load()
    store.change(Changes(settings=((WEIGHTS_SETTING, json.dumps({"success": 0.9})),)))
    assert ranked.weights.history["success"] == 0.9
    store.change(Changes(settings=((WEIGHTS_SETTING, ""),)))
    assert ranked.weights == rank.load()


def test_the_index_follows_the_tables(view: ContextView) -> None:
    store = LearnedStore()
    index = PersonalIndex(store)

    def texts() -> set[str]:
        return {candidate.text for candidate in index.near("play jazz", None, view)}

    assert "play jazz" not in texts()
    vector = bytes([100, 0, 28])
    store.change(Changes(entries=(replace(own("play jazz"), embedding=vector), own("play bach"))))
    assert "play jazz" in texts()
    (near, *_) = index.near("play jazz", np.array([1.0, 0.0, 0.28], dtype=np.float32), view)
    assert near.similarity == pytest.approx(1.0, abs=0.01)
    store.change(Changes(entries=(replace(own("play jazz"), embedding=b"\x00\x01\x00"),)))
    (near, *_) = index.near("play jazz", np.array([1.0, 0.0, 0.28], dtype=np.float32), view)
    assert near.similarity == pytest.approx(0.0, abs=0.01)
    store.change(Changes(forget_entries=("play jazz",)))
    assert "play jazz" not in texts()


@given(st.text("ab cdefglmnotu", max_size=30), st.text("ab cdefglmnotu", max_size=30))
@settings(max_examples=200, deadline=None)
def test_features_stay_in_range(one: str, other: str) -> None:
    query = Query(source_key(one), at_s=AT_S)
    candidate = Candidate(other, Layer.GLOBAL, 0.3, 0.2)
    seen = rank.features(query, candidate, Commonness([one, other]))
    assert all(0.0 <= value <= 1.0 for value in seen.values()), seen
    assert 0.0 <= rank.load().probability(seen) <= 1.0


def test_a_pair_in_the_shadow_is_evidence(guard: Guardrail, view: ContextView) -> None:
    store = LearnedStore()
    store.put([
        Pair("movie tine", "start movie night", Layer.PERSONAL, Stage.SHADOW, "rephrase", "i|m",
             sessions=2.0)
    ])  # fmt: skip
    ranked = RankedSearch(store, guard)
    read = Understanding("movie tine", (), 0.2)
    found = [c.text for _, c, _ in ranked._scored(Query("movie tine"), (), view)]
    assert "start movie night" in found
    assert ranked.best(Utterance(TurnId("t"), "movie tine", AT_S), read, view, 1.0) is None
