"""Dialogues from the journal: what belongs together and what does not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from hubagent.evidence import JournalTurn, source_key
from hubagent.learn.sessions import GAP_S, LONGEST, Session, ended_s, gap_s, sessions
from hubagent.types import Decision, TurnId


def turn(at_s: float, heard: str, *, place: str = "kitchen", speaker: str = "",
         meant: str = "", response: str = "") -> JournalTurn:  # fmt: skip
    return JournalTurn(
        turn_id=TurnId(f"{place}-{at_s}"), at_s=at_s, place=place, speaker=speaker, heard=heard,
        read=heard, rewrite=None, decision=Decision.ACT, intent="", reason="", interpretation=meant,
        probability=1.0, margin=1.0, out_of_scope=0.0, asr_confidence=None, done=(),
        response=response, ms=20.0,
    )  # fmt: skip


def words(found: Session) -> list[str]:
    return [step.turn.heard for step in found.steps]


def test_a_long_silence_ends_a_dialogue() -> None:
    found = list(sessions([turn(0, "a"), turn(40, "b"), turn(90, "c"), turn(91, "d")]))
    assert [words(one) for one in found] == [["a", "b"], ["c", "d"]]


def test_the_silence_is_counted_from_the_end_of_the_answer() -> None:
    long_answer = turn(0, "a", response="x" * 300)
    assert ended_s(long_answer) == pytest.approx(20.02)
    after = turn(60, "b")
    assert gap_s(long_answer, after) == pytest.approx(39.98)
    assert len(list(sessions([long_answer, after]))) == 1
    assert len(list(sessions([turn(0, "a"), after]))) == 2


def test_words_that_break_into_an_answer_come_after_no_silence() -> None:
    assert gap_s(turn(0, "a", response="x" * 300), turn(3, "b")) == 0.0


def test_places_have_their_own_dialogues() -> None:
    found = sessions([turn(0, "a"), turn(1, "x", place="hall"), turn(2, "b")])
    assert sorted(words(one) for one in found) == [["a", "b"], ["x"]]


def test_another_person_does_not_break_into_a_dialogue() -> None:
    said = [turn(0, "a", speaker="ann"), turn(3, "x", speaker="bob"), turn(6, "b", speaker="ann")]
    found = {one.speaker: words(one) for one in sessions(said)}
    assert found == {"ann": ["a", "b"], "bob": ["x"]}


def test_an_unknown_speaker_goes_on_with_the_last_dialogue_of_the_place() -> None:
    said = [turn(0, "a", speaker="ann"), turn(3, "x", speaker="bob"), turn(6, "b")]
    assert {one.speaker: words(one) for one in sessions(said)} == {"ann": ["a"], "bob": ["x", "b"]}
    named_later = [turn(0, "a"), turn(3, "b", speaker="ann"), turn(6, "x", speaker="bob")]
    found = [(one.speaker, words(one)) for one in sessions(named_later)]
    assert found == [("ann", ["a", "b"]), ("bob", ["x"])]


def test_the_same_again_is_one_step_with_a_count() -> None:
    said = [turn(0, "Louder!", meant="up"), turn(5, "louder", meant="up"),
            turn(9, "louder", meant="up"), turn(12, "stop", meant="stop")]  # fmt: skip
    (found,) = sessions(said)
    assert [(step.turn.heard, step.repeats) for step in found.steps] == [("louder", 2), ("stop", 0)]
    first, last = found.steps[0].turns
    assert (first.at_s, last.at_s) == (0, 9)
    assert found.steps[1].gap_s == gap_s(said[2], said[3])


def test_the_same_words_to_another_effect_are_a_step() -> None:
    (found,) = sessions([turn(0, "do it", meant="UNH|do it"), turn(5, "do it", meant="done")])
    assert len(found.steps) == 2


def test_a_new_topic_begins_a_dialogue() -> None:
    said = [turn(0, "a"), turn(5, "b"), turn(9, "news")]
    found = sessions(said, new_topic=lambda _, now: now.heard == "news")
    assert [words(one) for one in found] == [["a", "b"], ["news"]]


def test_later_turns_are_few() -> None:
    (found,) = sessions([turn(i, f"word {i}") for i in range(9)])
    assert [item.heard for item in found.later(1)] == [f"word {i}" for i in range(2, 7)]
    assert found.later(8) == ()


def test_a_wake_word_heard_in_vain_is_passed_over() -> None:
    assert list(sessions([turn(0, ""), turn(1, " . ")])) == []


SAID = st.lists(
    st.tuples(
        st.floats(-5.0, 120.0), st.sampled_from("abc"), st.sampled_from(["kitchen", "hall"]),
        st.sampled_from(["", "ann", "bob"]), st.sampled_from(["", "x" * 200]),
    ),
    max_size=120,
)  # fmt: skip


@given(SAID)
def test_every_turn_is_in_one_dialogue_and_no_dialogue_is_too_long(
    drawn: list[tuple[float, str, str, str, str]],
) -> None:
    at_s, said = 0.0, []
    for after_s, heard, place, speaker, response in drawn:
        at_s += after_s
        said.append(turn(at_s, heard, place=place, speaker=speaker, response=response))
    found = list(sessions(said))
    assert sum(step.repeats + 1 for one in found for step in one.steps) == len(said)
    for one in found:
        assert 1 <= len(one.steps) <= LONGEST
        turns = [item for step in one.steps for item in step.turns]
        assert {item.place for item in turns} == {one.place}
        assert {item.speaker for item in turns} <= {"", one.speaker}
        assert all(0.0 <= step.gap_s <= GAP_S for step in one.steps)
        for before, after in pairwise(one.steps):
            same_words = source_key(before.turn.heard) == source_key(after.turn.heard)
            assert not (same_words and before.turn.interpretation == after.turn.interpretation)
